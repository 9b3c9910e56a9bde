// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody touched what is not mapped, and the kernel is about to end the task for it: if
 * there is, or was, a guarded object, it is told which, and who had it. The kernel's own
 * report stands around it. Then, where that can be done, who touched it goes on.
 */
#include <linux/kdebug.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/ptrace.h>

#include "compat.h"

#include "guard.h"

/* Who touches it is to end as the kernel ends it. */
bool sq_guard_oops;

/* Preemption off. Which object that is of, or NULL. *@in_hole: it is beside its area. */
static struct sq_guard *near(const u8 *addr, bool *in_hole)
{
	struct sq_guard *g = sq_guard_at(addr), *next = sq_guard_at(addr + PAGE_SIZE);
	bool live = g && READ_ONCE(g->state) == SQ_GUARD_LIVE;

	if (g && addr < g->base + g->bytes && READ_ONCE(g->state) != SQ_GUARD_READY)
		return g;
	*in_hole = true;
	/* In front of one that is live, rather than behind one that was. */
	if (!live && next && READ_ONCE(next->state) == SQ_GUARD_LIVE)
		return next;
	return g && READ_ONCE(g->state) != SQ_GUARD_READY ? g : NULL;
}

static const char *what_of(const struct sq_guard *g, const u8 *addr, bool in_hole, bool write)
{
	if (READ_ONCE(g->state) != SQ_GUARD_LIVE)
		return write ? "write after free" : "read after free";
	if (!in_hole)
		return NULL;
	if (addr < g->base)
		return write ? "write in front of an object" : "read in front of an object";
	return write ? "write behind an object" : "read behind an object";
}

/*
 * Who is at @ip touched @addr, where nothing is mapped; with @guess that is most likely. With
 * *@open it is to go on, and does if that is left. Any context. Returns whether it was told.
 */
bool sq_guard_fault(unsigned long addr, bool write, unsigned long ip, bool guess, bool *open)
{
	const char *what = NULL;
	bool in_hole = false;
	struct sq_guard *g;

	preempt_disable();
	g = near((const u8 *)addr, &in_hole);
	if (g)
		what = what_of(g, (const u8 *)addr, in_hole, write);
	if (what) {
		sq_trouble_fault(g, what, addr, ip, guess);
		*open = *open && sq_guard_open(g, addr, guess);
	}
	preempt_enable();
	return what;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_guard_fault);

/*
 * The kernel has printed the code around @ip before it calls us, and if that begins in a page
 * that is not mapped, what it says was touched is there.
 */
static bool overwritten(unsigned long addr, unsigned long ip)
{
	return addr - (ip - PAGE_SIZE) < 2 * PAGE_SIZE;
}

/* By what registers hold then: one of them was most likely made into the address. */
static bool fault_by_registers(struct pt_regs *regs, bool write, bool *open)
{
	const unsigned long *reg = (const unsigned long *)regs, ip = instruction_pointer(regs);
	unsigned int i;

	for (i = 0; i < sizeof(*regs) / sizeof(*reg); i++)
		if (sq_guard_fault(reg[i], write, ip, true, open))
			return true;
	return false;
}

static int on_die(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct die_args *args = data;
	unsigned long addr, ip;
	bool write, told, open;

	if (event != DIE_OOPS || !args->regs || !sq_die_address(args, &addr, &write))
		return NOTIFY_DONE;
	ip = instruction_pointer(args->regs);
	/* Who runs what is no code may come back here for ever. */
	open = !READ_ONCE(sq_guard_oops) && addr != ip;
	told = overwritten(addr, ip) ? fault_by_registers(args->regs, write, &open) :
				       sq_guard_fault(addr, write, ip, false, &open);
	return told && open ? NOTIFY_STOP : NOTIFY_DONE;
}

static struct notifier_block die_nb = {
	.notifier_call = on_die,
};

void sq_guard_fault_init(void)
{
	register_die_notifier(&die_nb);
}

void sq_guard_fault_exit(void)
{
	unregister_die_notifier(&die_nb);
}
