// SPDX-License-Identifier: GPL-2.0
/*
 * Failure sweep, continued: what people write to have an allocation fail (sweep.c), and
 * what they read.
 *
 * Lock order: sweep_mutex, heaps_mutex (registry.c), debug_mutex (lock.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "debug.h"

/* Who writes */
static DEFINE_MUTEX(sweep_mutex);

static void refresh_heap(struct squirrel_heap *heap, void *unused)
{
	sq_debug_lock();
	if (sq_sweep_wants_heap(heap) != !!(heap->debug & SQ_DEBUG_SWEEP))
		sq_debug_switch_heap_locked(heap, heap->debug);
	sq_debug_unlock();
}

/* Nobody is counted while it is set; then all that are wanted come by, and no others. */
static void begin(unsigned long at, const void *target, const char *module, const char *what)
{
	lockdep_assert_held(&sweep_mutex);
	sq_debug_lock();
	sq_sweep_aim(at ? target : NULL, at ? module : "");
	sq_debug_unlock();
	sq_debug_refresh_caches();
	sq_walk_heaps_slowly(refresh_heap, NULL);
	sq_debug_settle();
	/* What is switched off is still told. */
	if (at)
		sq_sweep_start(at, what);
}

static int parse(const char *what, const char *word, unsigned long *at)
{
	int err = 0;

	if (!strcmp(word, "kernel") && !IS_ENABLED(CONFIG_FAULT_INJECTION)) {
		pr_err("%s: fail 'kernel': the kernel has no fault injection\n", what);
		return -EOPNOTSUPP;
	}
	if (!strcmp(word, "kernel"))
		*at = SQ_SWEEP_KERNEL;
	else if (!strcmp(word, "site"))
		*at = SQ_SWEEP_SITES;
	else
		err = kstrtoul(word, 10, at) ?: *at < SQ_SWEEP_KERNEL ? 0 : -ERANGE;
	if (err)
		pr_err("%s: fail '%.32s': wanted is a number, 'site', 'kernel', or 0\n", what,
		       word);
	return err ? -EINVAL : sq_track_init();
}

/*
 * Of a cache or heap, in @debug of which it shows whether it is counted: not if it cannot
 * be debugged.
 */
static int set_fail(const char *kind, const char *name, const void *target,
		    const u32 *debug, const char *word)
{
	char what[SQ_SWEEP_WHAT];
	unsigned long at;
	int err = parse(name, word, &at);

	if (err)
		return err;
	snprintf(what, sizeof(what), "%s %s", kind, name);
	mutex_lock(&sweep_mutex);
	begin(at, target, "", what);
	if (at && !(READ_ONCE(*debug) & SQ_DEBUG_SWEEP)) {
		begin(0, NULL, "", what);
		err = -EINVAL;
	}
	mutex_unlock(&sweep_mutex);
	return err;
}

/**
 * sq_cache_set_fail() - let one of a cache's allocations fail
 * @c: the cache
 * @word: the how manieth from now on; "site": the first of a call site that has not failed
 *	since this cache is swept; "kernel": those for which should_fail() says so; or 0: none
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL for another word or if it cannot be debugged, -EOPNOTSUPP for "kernel"
 * where that has no fault injection, of all of which there is a line, or -ENOMEM.
 */
int sq_cache_set_fail(struct squirrel_cache *c, const char *word)
{
	/* What was swept before is not let go of for nothing. */
	if (strcmp(word, "0") && sq_debug_refuses(c))
		return -EINVAL;
	return set_fail("cache", c->name, c, &c->debug, word);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_set_fail);

/**
 * sq_heap_set_fail() - let one of a heap's allocations fail
 * @heap: the heap
 * @word: as for sq_cache_set_fail()
 *
 * Context: Process context. May sleep.
 * Return: as of sq_cache_set_fail().
 */
int sq_heap_set_fail(struct squirrel_heap *heap, const char *word)
{
	return set_fail("heap", heap->name, heap, &heap->debug, word);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_set_fail);

/**
 * sq_allocator_set_fail() - let one of the allocations of a module fail
 * @line: the how manieth, "site" or "kernel", as for sq_cache_set_fail(), a comma and the
 *	module's name, which need not be loaded; or 0
 *
 * What counts: caches and heaps that it makes, all that is allocated of these, by whomever,
 * and what it has of the default heap.
 *
 * Context: Process context. May sleep.
 * Return: as of sq_cache_set_fail().
 */
int sq_allocator_set_fail(const char *line)
{
	char word[24], module[MODULE_NAME_LEN] = "", what[SQ_SWEEP_WHAT];
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
	mutex_lock(&sweep_mutex);
	sq_sweep_show(s);
	mutex_unlock(&sweep_mutex);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_show_fail);
