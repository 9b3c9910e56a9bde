// SPDX-License-Identifier: GPL-2.0
/*
 * Flag T: each allocation and each free of who is debugged so is a line of the log.
 *
 * They come from any context, also while the log's own locks are held; so they are written
 * down in a ring, and printed in their order a moment later. What comes while the ring is
 * full is lost, and how many that were is said.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/irq_work.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "debug.h"

#define NR_LINES	SQ_DEBUG_LINES
/* Lines that are printed with interrupts off */
#define MAX_AT_ONCE	16

/**
 * struct sq_line - a line to be printed
 * @turn: twice how often the ring has gone round, and one more when it is to be printed
 * @size: bytes asked for, of an allocation; 0: it is a free
 * @obj: of which object
 * @who: by whom
 * @name: of which cache
 */
struct sq_line {
	u32 turn;
	u32 size;
	const void *obj;
	struct sq_track who;
	char name[SQUIRREL_NAME_MAX + 1];
};

static struct sq_line lines[NR_LINES];
static atomic_t next_line = ATOMIC_INIT(0);
static u32 next_print;
static unsigned long printing;	/* bit 0: somebody does, and next_print is his */
static atomic_t lost_lines = ATOMIC_INIT(0);

/* The turn of a line's place when its number is @at, as long as that is not taken. */
static u32 turn_of(u32 at)
{
	return at / NR_LINES * 2;
}

static void print_line(const struct sq_line *l)
{
	if (l->size)
		pr_info("%s: alloc %p, %u bytes, by %.15s[%d] on CPU %u, from %pS\n", l->name,
			l->obj, l->size, l->who.comm, l->who.pid, l->who.cpu,
			(void *)l->who.caller);
	else
		pr_info("%s: free %p by %.15s[%d] on CPU %u, from %pS\n", l->name, l->obj,
			l->who.comm, l->who.pid, l->who.cpu, (void *)l->who.caller);
}

static bool line_waits(void)
{
	u32 at = READ_ONCE(next_print);

	/* Pairs with sq_debug_log(). */
	return smp_load_acquire(&lines[at % NR_LINES].turn) == turn_of(at) + 1;
}

static void print_next(void)
{
	struct sq_line *l = &lines[next_print % NR_LINES];

	print_line(l);
	/* kmemleak reads this: who was printed may be lost, and is not found here. */
	l->obj = NULL;
	/* Printed before it is used again. */
	smp_store_release(&l->turn, turn_of(next_print + NR_LINES));
	WRITE_ONCE(next_print, next_print + 1);
}

static void print_lines(struct irq_work *work)
{
	int i, lost;

	/* Another CPU may be at it: it looks again when it is through. */
	if (test_and_set_bit_lock(0, &printing))
		return;
	for (i = 0; i < MAX_AT_ONCE && line_waits(); i++)
		print_next();
	clear_bit_unlock(0, &printing);
	/* Before it is looked for more: who comes by now finds nobody at it. */
	smp_mb__after_atomic();
	if (line_waits()) {
		irq_work_queue(work);
		return;
	}
	lost = atomic_xchg(&lost_lines, 0);
	if (lost)
		pr_info("%d lines of flag T were too many at a time\n", lost);
}

static DEFINE_IRQ_WORK(lines_work, print_lines);

/* The next line's place and number; NULL: what was there last time is not printed yet. */
static struct sq_line *line_get(u32 *number)
{
	int at = atomic_read(&next_line);
	struct sq_line *l;

	do {
		l = &lines[(u32)at % NR_LINES];
		/* Pairs with print_lines(). */
		if (smp_load_acquire(&l->turn) != turn_of(at))
			return NULL;
	} while (!atomic_try_cmpxchg(&next_line, &at, at + 1));
	*number = at;
	return l;
}

/* @obj was allocated, with so many bytes, or it is freed: 0. Any context. */
void sq_debug_log(const struct squirrel_cache *c, const void *obj, size_t size,
		  const struct sq_track *who)
{
	u32 number;
	struct sq_line *l = line_get(&number);

	if (l) {
		strscpy(l->name, c->name, sizeof(l->name));
		l->obj = obj;
		l->size = size;
		l->who = *who;
		/* Complete before it is printed. */
		smp_store_release(&l->turn, turn_of(number) + 1);
	} else {
		atomic_inc(&lost_lines);
	}
	irq_work_queue(&lines_work);
}

/* Until what was written down is printed. May sleep. */
void sq_debug_log_flush(void)
{
	do {
		sq_irq_work_wait(&lines_work);
	} while (line_waits());
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_log_flush);
