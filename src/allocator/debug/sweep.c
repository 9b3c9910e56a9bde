// SPDX-License-Identifier: GPL-2.0
/*
 * Failure sweep: the Nth allocation from now on fails, once, of one cache, of one heap, or
 * of all that one module makes. There is one sweep at a time.
 *
 * What is swept is debugged, with no flag if there is none: so its allocations come by here,
 * and nobody else's. Of the default heap all come by; a module's are told by who called.
 *
 * Lock order: sweep_mutex, heaps_mutex (registry.c), debug_mutex (switch.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "debug.h"

/* Longest symbol and module that are told apart */
#define CALLER_TEXT	256

/* Who writes */
static DEFINE_MUTEX(sweep_mutex);

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
	char what[SQUIRREL_NAME_MAX + 16];
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
	/* Pairs with begin(). */
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
	/* Pairs with begin(). */
	unsigned long at = smp_load_acquire(&sweep.at);

	return at && by_module(owner) && next_fails(name, at, caller);
}

/* ---- what people write and read --------------------------------------------------- */

static void refresh_heap(struct squirrel_heap *heap, void *unused)
{
	bool wanted;

	sq_debug_lock();
	wanted = sq_sweep_wants_heap(heap);
	sq_debug_unlock();
	if (wanted != !!(READ_ONCE(heap->debug) & SQ_DEBUG_SWEEP))
		sq_debug_switch_heap(heap, READ_ONCE(heap->debug));
}

/* Nobody is counted while it is set; then all that are wanted come by, and no others. */
static void begin(unsigned long at, const void *target, const char *module, const char *what)
{
	lockdep_assert_held(&sweep_mutex);
	sq_debug_lock();
	WRITE_ONCE(sweep.at, 0);
	sweep.target = at ? target : NULL;
	strscpy(sweep.module, at ? module : "", sizeof(sweep.module));
	sq_debug_unlock();
	sq_debug_refresh_caches();
	sq_walk_heaps_slowly(refresh_heap, NULL);
	/* What is switched off is still told. */
	if (!at)
		return;
	strscpy(sweep.what, what, sizeof(sweep.what));
	atomic_long_set(&sweep.counted, 0);
	WRITE_ONCE(sweep.hit, false);
	/* All of the above is seen by who counts. */
	smp_store_release(&sweep.at, at);
}

static int parse(const char *what, const char *word, unsigned long *at)
{
	int err = kstrtoul(word, 10, at);

	if (err)
		pr_err("%s: fail '%.32s': wanted is a number, or 0\n", what, word);
	return err ? -EINVAL : sq_track_init();
}

/**
 * sq_cache_set_fail() - let one of a cache's allocations fail
 * @c: the cache
 * @word: the how manieth from now on, or 0: none
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL for another word or if it cannot be debugged, of which there is a
 * line, or -ENOMEM.
 */
int sq_cache_set_fail(struct squirrel_cache *c, const char *word)
{
	char what[sizeof(sweep.what)];
	unsigned long at;
	int err = parse(c->name, word, &at);

	if (err)
		return err;
	snprintf(what, sizeof(what), "cache %s", c->name);
	mutex_lock(&sweep_mutex);
	begin(at, c, "", what);
	if (at && !(READ_ONCE(c->debug) & SQ_DEBUG_SWEEP)) {
		begin(0, NULL, "", what);
		err = -EINVAL;
	}
	mutex_unlock(&sweep_mutex);
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_set_fail);

/**
 * sq_heap_set_fail() - let one of a heap's allocations fail
 * @heap: the heap
 * @word: as for sq_cache_set_fail()
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL for another word, of which there is a line, or -ENOMEM.
 */
int sq_heap_set_fail(struct squirrel_heap *heap, const char *word)
{
	char what[sizeof(sweep.what)];
	unsigned long at;
	int err = parse(heap->name, word, &at);

	if (err)
		return err;
	snprintf(what, sizeof(what), "heap %s", heap->name);
	mutex_lock(&sweep_mutex);
	begin(at, heap, "", what);
	mutex_unlock(&sweep_mutex);
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_set_fail);

/**
 * sq_allocator_set_fail() - let one of the allocations of a module fail
 * @line: the how manieth, a comma and the module's name, which need not be loaded; or 0
 *
 * What counts: caches and heaps that it makes, all that is allocated of these, by whomever,
 * and what it has of the default heap.
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL, of which there is a line, or -ENOMEM.
 */
int sq_allocator_set_fail(const char *line)
{
	char word[24], module[MODULE_NAME_LEN] = "", what[sizeof(sweep.what)];
	const char *comma = strchrnul(line, ',');
	unsigned long at;
	int err;

	snprintf(word, sizeof(word), "%.*s", (int)(comma - line), line);
	err = parse("fail", word, &at);
	if (err)
		return err;
	if (*comma)
		strscpy(module, comma + 1, sizeof(module));
	strreplace(module, '-', '_');
	if (at && !module[0]) {
		pr_err("fail '%.32s': of which module?\n", line);
		return -EINVAL;
	}
	snprintf(what, sizeof(what), "module %.*s", SQUIRREL_NAME_MAX, module);
	mutex_lock(&sweep_mutex);
	begin(at, NULL, module, what);
	mutex_unlock(&sweep_mutex);
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_fail);

/**
 * sq_allocator_show_fail() - how far the sweep has come; or the last, if there is none
 * @s: where to
 *
 * Context: Process context.
 */
void sq_allocator_show_fail(struct seq_file *s)
{
	bool hit;

	mutex_lock(&sweep_mutex);
	/* Pairs with next_fails(). */
	hit = smp_load_acquire(&sweep.hit);
	seq_printf(s, "of: %s\n", sweep.what[0] ? sweep.what : "-");
	seq_printf(s, "fails: %lu\n", READ_ONCE(sweep.at));
	seq_printf(s, "counted: %lu\n", atomic_long_read(&sweep.counted));
	seq_printf(s, "hit: %d\n", hit);
	if (hit) {
		seq_printf(s, "hit_in: %s\n", sweep.of);
		sq_track_show(s, "failed", &sweep.who);
	}
	mutex_unlock(&sweep_mutex);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_show_fail);
