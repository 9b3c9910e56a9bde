// SPDX-License-Identifier: GPL-2.0
/*
 * Who had an object: recorded, and told.
 *
 * Stacks are in the kernel's stack depot, where it has one: an object then carries four
 * bytes of it. What an object carries may be overwritten by who has its neighbour; so
 * there is a sum, and nothing is made of what does not fit it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hardirq.h>
#include <linux/jhash.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/stackdepot.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "allocator/pages/pages.h"

#include "debug.h"
#include "trace.h"

#define STACK_DEPTH	16U

static u32 track_sum(const struct sq_track *track)
{
	const u32 words[] = {
		track->caller, (u64)track->caller >> 32, track->when, track->when >> 32,
		track->stack, track->pid, track->cpu,
	};

	return jhash2(words, ARRAY_SIZE(words), 0);
}

/* Before stacks are wanted; what is done is not undone. May sleep. */
int sq_track_init(void)
{
#if IS_ENABLED(CONFIG_STACKDEPOT)
	return stack_depot_init();
#else
	return 0;
#endif
}

#if IS_ENABLED(CONFIG_STACKTRACE)

/* *@caller is the first who is not squirrel's. */
static u32 save_stack(bool keep, unsigned long *caller)
{
	unsigned long entries[STACK_DEPTH];
	unsigned int nr, skip;

	/* It may be between two tasks' stacks; and the depot's lock it might find taken. */
	if (in_nmi())
		return 0;
	nr = stack_trace_save(entries, STACK_DEPTH, 1);
	skip = sq_trace_skip_ours(entries, nr);
	if (skip == nr)
		return 0;
	*caller = entries[skip];
#if IS_ENABLED(CONFIG_STACKDEPOT)
	/*
	 * The depot has pages by no flags at all: not even kswapd is woken, for the caller
	 * may hold any lock.
	 */
	if (keep && sq_may_grow())
		return stack_depot_save(entries + skip, nr - skip, __GFP_NOWARN);
#endif
	return 0;
}

#else

static u32 save_stack(bool keep, unsigned long *caller)
{
	return 0;
}

#endif

/*
 * Any context. Who reads this clock of the kernel's and who writes it take no notice of each
 * other, and need not: KCSAN is told.
 */
u64 sq_track_now(void)
{
	/* A sequence count's latch: see the kernel's timekeeping.c. */
	return data_race(ktime_get_mono_fast_ns());
}

/* Any context. @caller is a guess, for who has no stack traces. */
void sq_track_set(struct sq_track *track, u32 debug, unsigned long caller)
{
	track->stack = save_stack(debug & SQ_DEBUG_USER, &caller);
	track->caller = caller;
	track->when = sq_track_now();
	track->pid = current->pid;
	track->cpu = raw_smp_processor_id();
	memcpy(track->comm, current->comm, sizeof(track->comm));
	track->comm[sizeof(track->comm) - 1] = '\0';
	track->sum = track_sum(track);
}

bool sq_track_sound(const struct sq_track *track)
{
	return track->when && track->sum == track_sum(track);
}

u64 sq_track_age_ms(const struct sq_track *track)
{
	u64 now = sq_track_now();

	return now > track->when ? div_u64(now - track->when, NSEC_PER_MSEC) : 0;
}

/* How many entries, if there are any; of a sound track. */
unsigned int sq_track_stack(const struct sq_track *track, unsigned long **entries)
{
#if IS_ENABLED(CONFIG_STACKDEPOT)
	if (track->stack)
		return stack_depot_fetch(track->stack, entries);
#endif
	return 0;
}

void sq_track_print(const char *what, const struct sq_track *track)
{
	unsigned long *entries;
	unsigned int nr, i;

	if (!sq_track_sound(track)) {
		if (track->when)
			pr_err("  %s: overwritten\n", what);
		return;
	}
	pr_err("  %s %llu ms ago by %.15s[%d] on CPU %u, from %pS\n", what,
	       sq_track_age_ms(track), track->comm, track->pid, track->cpu,
	       (void *)track->caller);
	nr = sq_track_stack(track, &entries);
	for (i = 0; i < nr; i++)
		pr_err("    %pS\n", (void *)entries[i]);
}

void sq_track_show(struct seq_file *s, const char *what, const struct sq_track *track)
{
	unsigned long *entries;
	unsigned int nr, i;

	if (!sq_track_sound(track)) {
		if (track->when)
			seq_printf(s, "%s: overwritten\n", what);
		return;
	}
	seq_printf(s, "%s: %llu ms ago by %.15s[%d] on CPU %u, from %pS\n", what,
		   sq_track_age_ms(track), track->comm, track->pid, track->cpu,
		   (void *)track->caller);
	nr = sq_track_stack(track, &entries);
	for (i = 0; i < nr; i++)
		seq_printf(s, "    %pS\n", (void *)entries[i]);
}
