// SPDX-License-Identifier: GPL-2.0
/*
 * Reports of what debugging found: what, where, the bytes around, who allocated and freed
 * the object, and who is at it now. As with report.c nothing is printed with interrupts
 * off: all of it is written down, and printed a moment later.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hardirq.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include <squirrel/report.h>

#include "guard.h"
#include "trace.h"

#define NR_NOTES	8
#define NOTE_BYTES	64

enum note_state {
	NOTE_FREE,
	NOTE_TAKEN,
	NOTE_READY,
};

/**
 * struct sq_trouble - a report
 * @state: enum note_state
 * @what: what is wrong
 * @obj: with which object
 * @size: its bytes
 * @misuse: it is a free that was refused
 * @fault: it is of what is not mapped
 * @guess: and @off is not known
 * @caller: of that
 * @off: the first byte that is wrong, from the object's start
 * @got: what it is
 * @want: what it should be
 * @from: where @bytes begin, from the object's start
 * @nr: how many there are
 * @alloc: who allocated the object
 * @free: who freed it
 * @now: who found it
 * @bytes: around that place
 * @name: the cache's or heap's
 */
struct sq_trouble {
	int state;
	const char *what;
	const void *obj;
	u32 size;
	bool misuse;
	bool fault;
	bool guess;
	unsigned long caller;
	long off;
	u8 got;
	u8 want;
	long from;
	unsigned int nr;
	struct sq_track alloc;
	struct sq_track free;
	struct sq_track now;
	u8 bytes[NOTE_BYTES];
	char name[SQUIRREL_NAME_MAX + 1];
};

static struct sq_trouble troubles[NR_NOTES];
static DEFINE_RATELIMIT_STATE(trouble_limit, DEFAULT_RATELIMIT_INTERVAL,
			      DEFAULT_RATELIMIT_BURST);

static void print_bytes(const struct sq_trouble *n)
{
	unsigned int i;

	for (i = 0; i < n->nr; i += 16)
		pr_err("  %+5ld: %*ph\n", n->from + i, (int)min(16U, n->nr - i),
		       n->bytes + i);
}

/*
 * Printed, and free for the next. Nothing stays of an object that may be lost: kmemleak
 * reads what is static here, and would take it for found.
 */
static void note_put(struct sq_trouble *n)
{
	memset((char *)n + sizeof(n->state), 0, sizeof(*n) - sizeof(n->state));
	/* Empty before it is used again. */
	smp_store_release(&n->state, NOTE_FREE);
}

static void print_trouble(const struct sq_trouble *n)
{
	if (!__ratelimit(&trouble_limit))
		return;
	if (n->misuse)
		pr_err("%s: %s of %p, called from %pS; ignored\n", n->name, n->what,
		       n->obj, (void *)n->caller);
	else if (n->fault && n->guess)
		pr_err("%s: %s: %p of %u bytes, most likely, by a register, from %pS\n", n->name,
		       n->what, n->obj, n->size, (void *)n->caller);
	else if (n->fault)
		pr_err("%s: %s: %p of %u bytes, byte %ld, from %pS\n", n->name, n->what, n->obj,
		       n->size, n->off, (void *)n->caller);
	else
		pr_err("%s: %s: %p of %u bytes, byte %ld is 0x%02x and not 0x%02x\n",
		       n->name, n->what, n->obj, n->size, n->off, n->got, n->want);
	sq_track_print("allocated", &n->alloc);
	sq_track_print("freed", &n->free);
	sq_track_print("found", &n->now);
	print_bytes(n);
}

/* One in each interrupt: it may have some fifty lines. */
static void print_troubles(struct irq_work *work)
{
	unsigned int i;

	for (i = 0; i < NR_NOTES; i++) {
		/* Pairs with tell(). */
		if (smp_load_acquire(&troubles[i].state) != NOTE_READY)
			continue;
		print_trouble(&troubles[i]);
		note_put(&troubles[i]);
		irq_work_queue(work);
		return;
	}
}

static DEFINE_IRQ_WORK(troubles_work, print_troubles);

static struct sq_trouble *note_get(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_NOTES; i++) {
		struct sq_trouble *n = &troubles[i];

		if (cmpxchg(&n->state, NOTE_FREE, NOTE_TAKEN) != NOTE_FREE)
			continue;
		strscpy(n->name, name, sizeof(n->name));
		return n;
	}
	return NULL;
}

/* Counted in any case; NULL if there are too many to be told. */
static struct sq_trouble *note(struct squirrel_cache *c)
{
	sq_misuse_add(c);
	return note_get(c->name);
}

/* Of damage it is not known who did it: the tracepoint has who found it. */
static void tell_listeners(const struct squirrel_cache *c, const struct sq_trouble *n)
{
	struct squirrel_report r = {
		.what = n->what,
		/* Of whom is gone. */
		.name = n->name,
		.obj = n->obj,
		.size = n->size,
		.nr = 1,
		.offset = n->off,
		.allocated_by = n->alloc.caller,
		.freed_by = n->free.caller,
		.found_by = n->now.caller,
	};

	trace_squirrel_misuse(n->name, n->what, n->obj, n->caller ?: n->now.caller);
	sq_report_tell(c, &r);
}

static void tell(struct squirrel_cache *c, struct sq_trouble *n)
{
	tell_listeners(c, n);
	if ((irqs_disabled() || in_nmi()) && !sq_report_warns()) {
		/* Complete before it is printed. */
		smp_store_release(&n->state, NOTE_READY);
		irq_work_queue(&troubles_work);
		return;
	}
	print_trouble(n);
	sq_report_warn(n->name, n->what);
	note_put(n);
}

/* Some bytes on either side of @at, but none beyond @start and @end. */
static void copy_around(struct sq_trouble *n, const u8 *obj, const u8 *at, const u8 *start,
			const u8 *end)
{
	const u8 *from = PTR_ALIGN_DOWN(at, 16) - 16;

	from = max(from, start);
	n->from = from - obj;
	n->nr = min_t(long, end - from, NOTE_BYTES);
	memcpy(n->bytes, from, n->nr);
}

static void note_damage(struct sq_trouble *n, const u8 *obj, const struct sq_damage *damage,
			const u8 *start, const u8 *end)
{
	n->what = damage->what;
	n->obj = obj;
	n->off = damage->at - obj;
	n->got = *damage->at;
	n->want = damage->want;
	copy_around(n, obj, damage->at, start, end);
}

/* The slot of a twin's, which is the caller's alone. Any context. */
void sq_trouble_slot(struct squirrel_cache *t, void *slot, const struct sq_damage *damage,
		     unsigned long caller)
{
	struct sq_trouble *n = note(t->client);
	struct sq_slot *s = slot;

	if (!n)
		return;
	note_damage(n, (u8 *)slot + t->lead, damage, (u8 *)slot + sizeof(*s),
		    (u8 *)slot + t->size);
	n->size = min(s->asked, t->object_size);
	n->alloc = s->alloc;
	n->free = s->free;
	sq_track_set(&n->now, t->debug, caller);
	tell(t->client, n);
}

/* An area of @t's, mapped and the caller's alone. */
void sq_trouble_guard(struct squirrel_cache *t, struct sq_guard *g,
		      const struct sq_damage *damage, unsigned long caller)
{
	struct squirrel_cache *c = sq_client_of(t);
	struct sq_trouble *n = note(c);

	if (!n)
		return;
	note_damage(n, g->obj, damage, g->base, g->base + g->bytes);
	n->size = g->asked;
	n->alloc = g->alloc;
	n->free = g->free;
	sq_track_set(&n->now, g->flags, caller);
	tell(c, n);
}

/*
 * Who is at @ip touched @addr, which is not mapped, or with @guess has it in a register and
 * touched something. It is told at once: the kernel may be about to end the task, or itself.
 * The cache may be gone, if the object is. Preemption is off.
 */
void sq_trouble_fault(const struct sq_guard *g, const char *what, unsigned long addr,
		      unsigned long ip, bool guess)
{
	struct squirrel_cache *c = READ_ONCE(g->client);
	struct sq_trouble *n;

	sq_misuse_add(c);
	n = note_get(g->name);
	if (!n)
		return;
	n->fault = true;
	n->guess = guess;
	n->what = what;
	n->obj = g->obj;
	n->size = g->asked;
	n->off = guess ? 0 : addr - (unsigned long)g->obj;
	n->caller = ip;
	n->alloc = g->alloc;
	n->free = g->free;
	/* The kernel says who found it. */
	n->now.caller = ip;
	tell_listeners(c, n);
	print_trouble(n);
	sq_report_warn(n->name, n->what);
	note_put(n);
}

/* A large block that is the caller's alone. */
void sq_trouble_large(struct squirrel_heap *heap, struct sq_agent *agent,
		      const struct sq_damage *damage, unsigned long caller)
{
	struct sq_trouble *n = note(heap->large);
	const u8 *obj = (const u8 *)sq_agent_addr(agent);

	if (!n)
		return;
	note_damage(n, obj, damage, obj, obj + sq_agent_size(agent));
	n->size = sq_large_of(agent)->size;
	n->alloc = sq_large_of(agent)->track;
	sq_track_set(&n->now, sq_large_of(agent)->debug, caller);
	tell(heap->large, n);
}

/* Is it known who had what @f is? Preemption is off. */
bool sq_trouble_knows(const struct sq_found *f)
{
	if (f->agent->kind == SQ_KIND_GUARD)
		return sq_guard_was_used(f->agent);
	if (!f->owner)
		return false;
	return f->owner->client ||
	       (f->agent->kind == SQ_KIND_LARGE && sq_large_of(f->agent)->debug);
}

/* The memory is there still, whosever it is. */
static u32 who_had(struct sq_trouble *n, const struct sq_found *f)
{
	struct squirrel_cache *t = f->owner;
	const struct sq_slot *s;

	if (f->agent->kind == SQ_KIND_GUARD) {
		n->size = sq_guard_of(f->agent)->asked;
		n->alloc = sq_guard_of(f->agent)->alloc;
		n->free = sq_guard_of(f->agent)->free;
		return sq_guard_of(f->agent)->flags;
	}
	if (f->agent->kind == SQ_KIND_LARGE) {
		n->size = sq_large_of(f->agent)->size;
		n->alloc = sq_large_of(f->agent)->track;
		return sq_large_of(f->agent)->debug;
	}
	if (f->index < sq_slab_of(f->agent)->nr_objs) {
		s = sq_slot_of(t, (void *)f->base);
		n->size = t->object_size;
		n->alloc = s->alloc;
		n->free = s->free;
	}
	return t->debug;
}

/*
 * A free of @obj to @c is refused. @f: what is known of it, see sq_trouble_knows(): who had
 * it is told. Preemption is off, so a slot is memory still.
 */
void sq_trouble_misuse(struct squirrel_cache *c, const char *what, const void *obj,
		       const struct sq_found *f, unsigned long caller)
{
	struct sq_trouble *n = note(c);

	if (!n)
		return;
	n->misuse = true;
	n->what = what;
	n->obj = obj;
	n->caller = caller;
	sq_track_set(&n->now, who_had(n, f), caller);
	tell(c, n);
}

/* Nobody is debugged any more. May sleep. */
void sq_trouble_exit(void)
{
	sq_irq_work_wait(&troubles_work);
}
