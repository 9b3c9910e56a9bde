// SPDX-License-Identifier: GPL-2.0
/*
 * Failure sweep: the Nth allocation from now on fails, once, of one cache, of one heap, or
 * of all that one module makes. There is one sweep at a time.
 *
 * What is swept is debugged, with no flag if there is none: so its allocations come by here,
 * and nobody else's. Of the default heap all come by; a module's are told by who called.
 * Who begins and ends one, see fail.c.
 */
#include <linux/seq_file.h>
#include <linux/string.h>

#include "debug.h"

/* Longest symbol and module that are told apart */
#define CALLER_TEXT	256

/**
 * struct sq_sweep - what is to fail
 * @at: the how manieth, or 0
 * @counted: allocations so far
 * @hit: it has failed, and @who and @of are complete
 * @target: the cache or heap, compared only, or
 * @module: the module whose name this is; under sq_debug_lock(), as @target
 * @what: either, in words
 * @who: whose allocation failed
 * @of: which cache or heap that was of
 */
static struct sq_sweep {
	unsigned long at;
	atomic_long_t counted;
	bool hit;
	const void *target;
	char module[MODULE_NAME_LEN];
	char what[SQ_SWEEP_WHAT];
	struct sq_track who;
	char of[SQUIRREL_NAME_MAX + 1];
} sweep;

/* ---- whose ---------------------------------------------------------------------- */

static bool by_module(const char *owner)
{
	return sweep.module[0] && !strcmp(owner, sweep.module);
}

/* Under sq_debug_lock(). A heap's classes are as the heap. */
bool sq_sweep_wants_cache(const struct squirrel_cache *c)
{
	if (c->flags & (SQ_CACHE_INTERNAL | SQ_CACHE_TWIN | SQ_CACHE_CLASS))
		return false;
	return sweep.target == c || by_module(c->owner);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_sweep_wants_cache);

/* Under sq_debug_lock(). */
bool sq_sweep_wants_heap(const struct squirrel_heap *heap)
{
	if (sweep.target == heap || by_module(heap->owner))
		return true;
	return sweep.module[0] && heap == sq_default_heap;
}

/* A cache or heap is about to go; another may be where it was. Under sq_debug_lock(). */
void sq_sweep_forget(const void *target)
{
	if (sweep.target != target)
		return;
	WRITE_ONCE(sweep.at, 0);
	sweep.target = NULL;
}

/* ---- failing ---------------------------------------------------------------------- */

static bool called_by_module(unsigned long caller)
{
	char text[CALLER_TEXT];
	struct sq_track who;
	const char *in;
	size_t len = strlen(sweep.module);

	sq_track_set(&who, 0, caller);
	snprintf(text, sizeof(text), "%ps", (void *)who.caller);
	in = strchr(text, '[');
	return in && !strncmp(in + 1, sweep.module, len) && in[1 + len] == ']';
}

static bool next_fails(const char *of, unsigned long at, unsigned long caller)
{
	if (atomic_long_inc_return(&sweep.counted) != at)
		return false;
	sq_track_set(&sweep.who, SQ_DEBUG_USER, caller);
	strscpy(sweep.of, of, sizeof(sweep.of));
	/* Who finds it hit finds by whom. */
	smp_store_release(&sweep.hit, true);
	return true;
}

/*
 * An allocation of @c, which is swept; a heap's large block is of what stands for those.
 * Any context. Returns whether it is to fail.
 */
bool sq_sweep_fails(struct squirrel_cache *c, gfp_t gfp, unsigned long caller)
{
	/* Pairs with sq_sweep_start(). */
	unsigned long at = smp_load_acquire(&sweep.at);
	bool of_heap = c->heap_key || c->flags & SQ_CACHE_LARGE;

	if (!at || sq_gfp_nofail(gfp))
		return false;
	if (of_heap && c->heap == sq_default_heap && sweep.module[0] &&
	    !called_by_module(caller))
		return false;
	if (!next_fails(of_heap ? c->heap->name : c->name, at, caller))
		return false;
	atomic_long_inc(&c->counts.injected);
	return true;
}

/* @owner's module makes a cache or heap: does that fail? */
bool sq_sweep_fails_create(const char *name, const char *owner, unsigned long caller)
{
	/* Pairs with sq_sweep_start(). */
	unsigned long at = smp_load_acquire(&sweep.at);

	return at && by_module(owner) && next_fails(name, at, caller);
}

/* ---- begin and end ------------------------------------------------------------------ */

/*
 * Nobody is counted from now on; next is @target, or what is @module's, or neither. Under
 * sq_debug_lock(). The caller sees to it that two sweeps do not overlap, as for the next.
 */
void sq_sweep_aim(const void *target, const char *module)
{
	WRITE_ONCE(sweep.at, 0);
	sweep.target = target;
	strscpy(sweep.module, module, sizeof(sweep.module));
}

/* All that is aimed at comes by; the how manieth is to fail. @what: that, in words */
void sq_sweep_start(unsigned long at, const char *what)
{
	strscpy(sweep.what, what, sizeof(sweep.what));
	atomic_long_set(&sweep.counted, 0);
	WRITE_ONCE(sweep.hit, false);
	/* All of the above is seen by who counts. */
	smp_store_release(&sweep.at, at);
}

void sq_sweep_show(struct seq_file *s)
{
	/* Pairs with next_fails(). */
	bool hit = smp_load_acquire(&sweep.hit);

	seq_printf(s, "of: %s\n", sweep.what[0] ? sweep.what : "-");
	seq_printf(s, "fails: %lu\n", READ_ONCE(sweep.at));
	seq_printf(s, "counted: %lu\n", atomic_long_read(&sweep.counted));
	seq_printf(s, "hit: %d\n", hit);
	if (hit) {
		seq_printf(s, "hit_in: %s\n", sweep.of);
		sq_track_show(s, "failed", &sweep.who);
	}
}
