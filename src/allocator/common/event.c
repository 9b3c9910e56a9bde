// SPDX-License-Identifier: GPL-2.0
/*
 * Events, for the reclaimer: what happened, out of any context.
 */
#include <linux/atomic.h>
#include <linux/hardirq.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>

#include "common.h"

static sq_hook_fn event_hook;
static atomic_long_t series_count;

/* What went back to slabs on a CPU since it told, and whether it has: a look is due. */
static DEFINE_PER_CPU(unsigned long, volume);
static DEFINE_PER_CPU(bool, look_due);
static unsigned long look_bytes = SQ_LOOK_BYTES;

/**
 * sq_allocator_set_hook() - who is told of events
 * @hook: what to call, or NULL for nobody
 *
 * Context: Process context. May sleep: when it returns, nobody is in the hook
 * that was set before.
 * Return: the hook that was set before.
 */
sq_hook_fn sq_allocator_set_hook(sq_hook_fn hook)
{
	sq_hook_fn before = xchg(&event_hook, hook);

	synchronize_rcu();
	return before;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_hook);

/**
 * sq_allocator_set_series() - ask for SQ_EVENT_ALLOCS
 * @n: every how many allocations; 0 for not at all
 *
 * Context: Process context. May sleep. The caller sees to it that two calls do not overlap.
 */
void sq_allocator_set_series(unsigned long n)
{
	WRITE_ONCE(sq_series_n, n);
	sq_mode_update();
}

void sq_event(enum sq_event event, gfp_t gfp)
{
	sq_hook_fn hook;

	if (in_nmi())
		return;
	rcu_read_lock();
	hook = READ_ONCE(event_hook);
	if (hook)
		hook(event, gfp);
	rcu_read_unlock();
}

/*
 * Preemption off. Objects of so many bytes went back to their slabs: of whom the memory
 * is, and whether it is wanted again, is for the reclaimer to see.
 */
void sq_count_volume(unsigned long bytes)
{
	if (likely(this_cpu_add_return(volume, bytes) < READ_ONCE(look_bytes)))
		return;
	this_cpu_write(volume, 0);
	this_cpu_write(look_due, true);
	sq_event(SQ_EVENT_VOLUME, 0);
}

/**
 * sq_allocator_look_due() - has a CPU asked for a look since the last call?
 * @cpu: the CPU
 *
 * Context: Any context.
 * Return: true if so.
 */
bool sq_allocator_look_due(unsigned int cpu)
{
	return sq_read_racy(per_cpu(look_due, cpu)) &&
	       xchg(per_cpu_ptr(&look_due, cpu), false);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_look_due);

/**
 * sq_allocator_look_done() - a look by volume is over
 * @gained: it has given something back
 *
 * While looks gain nothing there are fewer and fewer: what they cost is a part of what
 * they are worth.
 *
 * Context: Any context. The caller sees to it that two calls do not overlap.
 */
void sq_allocator_look_done(bool gained)
{
	unsigned long bytes = READ_ONCE(look_bytes);

	bytes = gained ? bytes / 2 : bytes * 2;
	WRITE_ONCE(look_bytes, clamp(bytes, SQ_LOOK_BYTES, SQ_LOOK_BYTES_MAX));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_look_done);

/* @nr allocations were made: has the count passed a multiple of N? */
void sq_series_tick(gfp_t gfp, unsigned long nr)
{
	unsigned long n = READ_ONCE(sq_series_n), count;

	if (!n)
		return;
	count = atomic_long_add_return(nr, &series_count);
	if (count / n != (count - nr) / n)
		sq_event(SQ_EVENT_ALLOCS, gfp);
}
