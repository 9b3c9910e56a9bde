// SPDX-License-Identifier: GPL-2.0
/*
 * Debugging is switched on and off, for a cache, a heap, or all whose names match.
 *
 * A cache's twin is made when it is first debugged and stays with it, for there may be
 * objects of it as long; off, it holds no more memory than they need. All twins of a cache
 * have one layout, whatever the flags: so these may change at any time.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "allocator/magazine/magazine.h"
#include "allocator/pages/pages.h"

#include "debug.h"

/* ---- twins ------------------------------------------------------------------ */

/* As the cache's objects are, and those of a heap's classes by their size. */
static unsigned int twin_align(const struct squirrel_cache *c)
{
	if (!(c->flags & SQ_CACHE_CLASS))
		return c->align;
	return is_power_of_2(c->object_size) ? c->object_size :
	       max_t(unsigned int, c->align, SQUIRREL_MIN_ALIGN);
}

/* With what is kept of an object. */
static bool is_too_large(const struct squirrel_cache *c)
{
	return 2UL * max(twin_align(c), 256U) + c->object_size > SQUIRREL_MAX_SIZE;
}

/* -E2BIG: it is too large. */
static int twin_make(struct squirrel_cache *c, gfp_t gfp)
{
	const struct squirrel_cache_args args = {
		.align = twin_align(c),
		.flags = c->flags & SQUIRREL_CACHE_FLAGS,
		.ctor = c->ctor,
		.node = c->pref_node,
	};
	struct squirrel_cache *t;

	if (c->twin)
		return 0;
	if (is_too_large(c))
		return -E2BIG;
	t = sq_cache_make(c->name, c->owner, c->object_size, &args, c->heap,
			  SQ_CACHE_TWIN, gfp);
	if (IS_ERR(t))
		return PTR_ERR(t);
	t->client = c;
	if (cmpxchg(&c->twin, NULL, t))
		sq_cache_free_memory(t);
	else
		sq_registry_add_cache(t, false);
	return 0;
}

/* ---- on and off ------------------------------------------------------------- */

/*
 * Without hardening a free does not ask whose the object is: so as long as there are such
 * of the twin, none may get to the hot path.
 */
static bool may_open(struct squirrel_cache *c)
{
	return static_key_enabled(&sq_hardened) || !sq_cache_live(c->twin);
}

/* There is a twin. */
static void apply(struct squirrel_cache *c, u32 debug)
{
	if (!c->twin)
		return;
	WRITE_ONCE(c->twin->debug, debug == SQ_DEBUG_SAMPLE ? sq_sampled_letters(c->sample) :
							      debug & ~SQ_DEBUG_SAMPLE);
	/* Before the first object of the twin's is out: see may_open(). */
	if (debug & SQ_DEBUG_ON)
		sq_door_shut(c);
	/* Who finds it debugged finds a twin. */
	smp_store_release(&c->debug, debug);
	if (debug & SQ_DEBUG_ON) {
		/* Who opened it since, after the last sample, did not see that: see sample.c. */
		smp_mb();
		sq_door_shut(c);
	} else if (may_open(c)) {
		sq_door_open(c);
	}
}

/* Returns whether nothing more comes into quarantine: then what is in it is to go. */
static bool apply_and_end(struct squirrel_cache *c, u32 debug)
{
	apply(c, debug);
	/* Pairs with hold() in object.c. */
	smp_mb();
	return c->twin && !(debug & SQ_DEBUG_QUARANTINE);
}

/* That goes as well. May sleep. */
static void apply_and_release(struct squirrel_cache *c, u32 debug)
{
	if (apply_and_end(c, debug))
		sq_debug_release_all(c->twin);
}

static int cache_on(struct squirrel_cache *c, u32 debug, gfp_t gfp)
{
	int err = debug ? twin_make(c, gfp) : 0;
	bool fill;

	if (!err && debug && !c->heap_key)
		err = sq_peak_make(c);
	if (!err && debug & SQ_DEBUG_QUARANTINE)
		err = sq_quarantine_make(c->twin, gfp);
	if (err)
		return err;
	if (sq_debug_guards(debug, c->sample))
		sq_guard_want(c, debug);
	apply_and_release(c, debug);
	if (!c->twin || !c->reserve)
		return 0;
	/* What is at hand in it is as good; where none is, an allocation tells. */
	fill = debug && !(READ_ONCE(c->flags) & SQ_CACHE_DYING);	/* its constructor */
	c->twin->reserve = fill ? c->reserve : 0;
	if (fill)
		sq_cache_fill(c->twin, gfp | __GFP_NORETRY | __GFP_NOWARN, UINT_MAX);
	return 0;
}

/* A line that says why not. */
static int tell_failed(const char *kind, const char *name, int err)
{
	if (err == -E2BIG)
		pr_err("%s '%s': objects are too large to be debugged\n", kind, name);
	else if (err == -EPERM)
		pr_err("%s '%s': is squirrel's own, and not debugged\n", kind, name);
	else if (err)
		pr_err("%s '%s': cannot be debugged now: %d\n", kind, name, err);
	return err;
}

/* As it is to be debugged, and swept if that is wanted. */
static u32 with_sweep(u32 debug, bool wanted)
{
	bool was = debug & SQ_DEBUG_SWEEP;

	if (wanted)
		return debug | SQ_DEBUG_SWEEP | SQ_DEBUG_ON;
	debug &= ~SQ_DEBUG_SWEEP;
	return was && debug == SQ_DEBUG_ON ? 0 : debug;
}

/* And whether some are debugged if not all are. */
static u32 with_sample(u32 debug, unsigned long every)
{
	debug &= ~SQ_DEBUG_SAMPLE;
	return every ? debug | SQ_DEBUG_SAMPLE : debug;
}

/* Why it can never be debugged, with a line; or 0. */
int sq_debug_refuses(const struct squirrel_cache *c)
{
	if (c->flags & SQ_CACHE_INTERNAL)
		return tell_failed("cache", c->name, -EPERM);
	return is_too_large(c) ? tell_failed("cache", c->name, -E2BIG) : 0;
}

/* Under sq_debug_lock(), as who asked how it is debugged has it. May sleep. */
int sq_debug_switch_cache_locked(struct squirrel_cache *c, u32 debug)
{
	u32 was = READ_ONCE(c->debug);
	int err = 0;

	sq_debug_assert_locked();
	if (c->flags & SQ_CACHE_GONE)
		return -ENODEV;
	if (c->flags & SQ_CACHE_INTERNAL)
		return sq_debug_refuses(c);
	debug = with_sweep(debug & ~SQ_DEBUG_SAMPLE, sq_sweep_wants_cache(c));
	debug = with_sample(debug, READ_ONCE(c->sample));
	if (debug & (SQ_DEBUG_USER | SQ_DEBUG_SAMPLE))
		err = sq_track_init();
	if (!err)
		err = cache_on(c, debug, GFP_KERNEL);
	if (!err && was)
		sq_guard_unwant();
	return tell_failed("cache", c->name, err);
}

/* The same with so many sampled; after an error it is as it was. */
int sq_debug_sample_cache_locked(struct squirrel_cache *c, unsigned long every, u32 debug)
{
	unsigned long was = c->sample;
	int err;

	WRITE_ONCE(c->sample, every);
	err = sq_debug_switch_cache_locked(c, debug);
	if (err)
		WRITE_ONCE(c->sample, was);
	return err;
}

/* Nobody is on the old way any more of what was switched before. Without a lock. May sleep. */
void sq_debug_settle(void)
{
	sq_guard_settle();
	synchronize_rcu();
}

/* Ends what began with sq_debug_lock(). May sleep. */
void sq_debug_switched(void)
{
	sq_debug_unlock();
	sq_debug_settle();
}

/**
 * sq_debug_switch_cache() - debug what a cache allocates from now on, or do not
 * @c: the cache
 * @debug: SQ_DEBUG_*, or 0
 *
 * Context: Process context. May sleep.
 * Return: 0, or an error, of which a line was printed.
 */
int sq_debug_switch_cache(struct squirrel_cache *c, u32 debug)
{
	int err;

	sq_debug_lock();
	err = sq_debug_switch_cache_locked(c, debug);
	sq_debug_switched();
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_switch_cache);

static int heap_on(struct squirrel_heap *heap, u32 debug)
{
	u32 was = READ_ONCE(heap->debug);
	unsigned int i;
	int err = 0, one;

	debug = with_sweep(debug & ~SQ_DEBUG_SAMPLE, sq_sweep_wants_heap(heap));
	debug = with_sample(debug, READ_ONCE(heap->sample));
	if (debug)
		err = sq_peak_make(heap->large);
	if (err)
		return err;
	if (sq_debug_guards(debug, heap->sample))
		sq_guard_want(heap->large, debug);
	WRITE_ONCE(heap->debug, debug);
	/* A class that is made meanwhile sees it; see sq_debug_join(). */
	smp_mb();
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++) {
		struct squirrel_cache *c = READ_ONCE(heap->made[i]);

		if (c)
			WRITE_ONCE(c->sample, READ_ONCE(heap->sample));
		one = c ? cache_on(c, debug, GFP_KERNEL) : 0;
		err = err ? err : one;
		sq_heap_show_class(heap, i);
	}
	if (was)
		sq_guard_unwant();
	return err;
}

/* The same of a heap; after an error it is off. */
int sq_debug_switch_heap_locked(struct squirrel_heap *heap, u32 debug)
{
	int err = 0;

	sq_debug_assert_locked();
	if (debug & SQ_DEBUG_USER || READ_ONCE(heap->sample))
		err = sq_track_init();
	if (!err)
		err = heap_on(heap, debug);
	if (err) {
		WRITE_ONCE(heap->sample, 0);
		heap_on(heap, 0);
	}
	return tell_failed("heap", heap->name, err);
}

/**
 * sq_debug_switch_heap() - debug what a heap allocates from now on, or do not
 * @heap: the heap
 * @debug: SQ_DEBUG_*, or 0
 *
 * Context: Process context. May sleep.
 * Return: 0, or an error, of which a line was printed; then it is off.
 */
int sq_debug_switch_heap(struct squirrel_heap *heap, u32 debug)
{
	int err;

	sq_debug_lock();
	err = sq_debug_switch_heap_locked(heap, debug);
	sq_debug_switched();
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_switch_heap);

/*
 * A class of a heap that is debugged, found on the slow path: it may have been made just
 * now. As the heap is switched meanwhile, what was seen last holds. Any context.
 */
void sq_debug_join(struct squirrel_heap *heap, struct squirrel_cache *c, gfp_t gfp)
{
	u32 debug;

	if (!sq_may_grow() ||
	    twin_make(c, (gfp & (GFP_KERNEL | GFP_ATOMIC)) | __GFP_NOWARN))
		return;
	do {
		debug = READ_ONCE(heap->debug);
		WRITE_ONCE(c->sample, READ_ONCE(heap->sample));
		if (debug & SQ_DEBUG_QUARANTINE)
			sq_quarantine_make(c->twin, gfp | __GFP_NOWARN);
		if (apply_and_end(c, debug))
			sq_debug_release(c->twin, ULONG_MAX);
		smp_mb();	/* pairs with the one in heap_on() */
	} while (debug != READ_ONCE(heap->debug));
}

/*
 * Those of these names, or if there are none, those that are to be sampled otherwise, or if
 * that is none, those that are to be swept or no more.
 */
struct sq_next {
	const char *names;
	u32 debug;
	const unsigned long *every;
	u32 round;
	struct squirrel_cache *c;
};

static bool is_wrong(const struct squirrel_cache *c, const struct sq_next *next)
{
	if (next->names)
		return (c->debug & ~SQ_DEBUG_SAMPLE) != next->debug &&
		       sq_debug_match(next->names, c->name);
	if (next->every)
		return c->sample != *next->every;
	return sq_sweep_wants_cache(c) != !!(c->debug & SQ_DEBUG_SWEEP);
}

/* The first that is not yet as it should be and was not tried. */
static void find_next(struct squirrel_cache *c, void *ctx)
{
	struct sq_next *next = ctx;

	if (next->c || c->debug_round == next->round)
		return;
	if (c->flags & (SQ_CACHE_GONE | SQ_CACHE_INTERNAL | SQ_CACHE_TWIN | SQ_CACHE_CLASS))
		return;
	if (is_wrong(c, next))
		next->c = c;
}

/* One that is found stays as long as this has the mutex: see sq_debug_end(). May sleep. */
static void switch_found(struct sq_next *next)
{
	static u32 round;

	sq_debug_lock();
	next->round = ++round;
	do {
		next->c = NULL;
		sq_walk_caches(find_next, next);
		if (next->c) {
			next->c->debug_round = round;
			sq_debug_sample_cache_locked(next->c, next->every ? *next->every :
						     next->c->sample,
						     next->names ? next->debug :
						     next->c->debug);
		}
	} while (next->c);
	sq_debug_switched();
}

/* All caches whose names match. May sleep. */
void sq_debug_switch_caches(const char *names, u32 debug)
{
	struct sq_next next = { .names = names, .debug = debug };

	switch_found(&next);
}

/* All caches. May sleep. */
void sq_debug_sample_caches(unsigned long every)
{
	struct sq_next next = { .every = &every };

	switch_found(&next);
}

/* All caches that are to be swept are, and no others. May sleep. */
void sq_debug_refresh_caches(void)
{
	struct sq_next next = {};

	switch_found(&next);
}

/* A cache is about to be taken apart: it is off, and stays so. May sleep. */
void sq_debug_end(struct squirrel_cache *c)
{
	bool guarded;

	sq_debug_lock();
	c->flags |= SQ_CACHE_GONE;
	sq_sweep_forget(c);
	guarded = c->twin && sq_debug_guards(c->debug, c->sample);
	if (c->twin)
		apply_and_release(c, 0);
	if (guarded)
		sq_guard_unwant();
	sq_debug_unlock();
	if (!c->twin)
		return;
	if (guarded)
		sq_guard_settle();
	/* Nobody finds it any more. What it had is unmapped. */
	if (atomic_long_read(&c->twin->guarded))
		sq_guard_end(c->twin);
	sq_guard_disown(c, NULL);
}

/* The same of a heap, which nobody uses any more. */
void sq_debug_end_heap(struct squirrel_heap *heap)
{
	sq_debug_lock();
	sq_sweep_forget(heap);
	sq_debug_unlock();
}

/* What it has of guarded objects goes as well, live or not; then it is off. */
void sq_debug_forget_heap(struct squirrel_heap *heap)
{
	bool guarded = sq_debug_guards(READ_ONCE(heap->debug), heap->sample);
	unsigned int i;

	WRITE_ONCE(heap->debug, 0);
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++) {
		struct squirrel_cache *c = heap->made[i];

		if (c && c->twin && atomic_long_read(&c->twin->guarded))
			sq_guard_end(c->twin);
	}
	if (atomic_long_read(&heap->large->guarded))
		sq_guard_end(heap->large);
	sq_guard_disown(NULL, heap);
	if (!guarded)
		return;
	sq_debug_lock();
	sq_guard_unwant();
	sq_debug_unlock();
	sq_guard_settle();
}
