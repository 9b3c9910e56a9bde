// SPDX-License-Identifier: GPL-2.0
/*
 * Sampling: every so manieth allocation is debugged, the others stay on the hot path, which
 * pays nothing for it.
 *
 * A few times a second somebody looks how many allocations of a cache there were, and how
 * many of them should have been debugged. For these the door is shut (see debug.h), and the
 * next allocations are debugged, on whatever CPU they are; who is the last opens it. So it
 * is right in the mean, and not each Nth exactly; and as there are no more than SQ_SAMPLES
 * at a time, it costs no more than these, however many there are in between. Large blocks,
 * which have no hot path, are counted one by one.
 *
 * Lock: sq_debug_lock(), which all that switches a cache holds, but for who opens the door.
 * Outside of it, and of heaps_mutex (registry.c), sample_mutex.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "allocator/magazine/magazine.h"

#include "debug.h"

/* Who writes what holds for all: it is what the last one wrote. */
static DEFINE_MUTEX(sample_mutex);
/* Of all caches and heaps that come; 0: they are not sampled. Under sq_debug_lock(). */
static unsigned long sample_all;

/* Of what comes. */
unsigned long sq_sample_for_new(void)
{
	return READ_ONCE(sample_all);
}

/* ---- who is sampled ------------------------------------------------------------- */

/* Unless all of it is debugged by now. */
static void open_door(struct squirrel_cache *c)
{
	sq_door_open(c);
	/* Pairs with apply() in switch.c: one of both sees the other. */
	smp_mb();
	if (READ_ONCE(c->debug) & SQ_DEBUG_ON)
		sq_door_shut(c);
}

/* Every how manieth, of what was written. */
static unsigned long every_of(unsigned long sample)
{
	return sample & ~SQ_SAMPLE_PLAIN;
}

/*
 * An allocation of @c, which is sampled, is on the slow path: is it to be debugged? Any
 * context.
 */
bool sq_sample_take(struct squirrel_cache *c)
{
	int left = atomic_dec_if_positive(&c->sample_left);

	if (left > 0)
		return true;
	open_door(c);
	return !left;
}

/* The same for a large block of @heap. */
bool sq_sample_take_large(struct squirrel_heap *heap)
{
	unsigned long every = every_of(READ_ONCE(heap->sample));

	return every && !(atomic_long_inc_return(&heap->sample_seen) % every);
}

/* Allocations up to now. *@freeing: since the last look there were many frees. */
static unsigned long allocs_of(struct squirrel_cache *c, bool *freeing)
{
	unsigned long allocs, frees, of_twin, twins_frees;

	sq_cache_counts(c, &allocs, &frees);
	sq_cache_counts(c->twin, &of_twin, &twins_frees);
	*freeing = frees - c->sample_frees >= SQ_SAMPLES;
	c->sample_frees = frees;
	return allocs + of_twin;
}

/*
 * How many are due by now; there may be some of the last time. How many it is to be somebody
 * may write meanwhile; what follows of that waits for the lock.
 */
static void look_at(struct squirrel_cache *c, void *ctx)
{
	/* Pairs with apply() in switch.c: there is a twin. */
	u32 debug = smp_load_acquire(&c->debug);
	unsigned long every = every_of(READ_ONCE(c->sample)), due;
	bool *sampled = ctx, freeing;
	int left;

	if (!every)
		return;
	*sampled = true;
	if (!(debug & SQ_DEBUG_SAMPLE))
		return;
	due = (allocs_of(c, &freeing) - c->sample_seen) / every;
	c->sample_seen += due * every;
	left = atomic_read(&c->sample_left);
	left += min(due, SQ_SAMPLES - min_t(unsigned long, left, SQ_SAMPLES));
	if (!left || debug & SQ_DEBUG_ON)
		return;
	atomic_set(&c->sample_left, left);
	/* Who only frees is not to pay for what hardly anybody allocates. */
	if (freeing && !due)
		open_door(c);
	else
		sq_door_shut(c);
}

/* Its classes may be yet to come. */
static void look_at_heap(struct squirrel_heap *heap, void *ctx)
{
	if (READ_ONCE(heap->sample))
		*(bool *)ctx = true;
}

/* True if anything is sampled. May sleep. */
bool sq_sample_look(void)
{
	bool sampled = sq_sample_for_new();

	sq_debug_lock();
	sq_walk_caches(look_at, &sampled);
	sq_debug_unlock();
	sq_walk_heaps(look_at_heap, &sampled);
	return sampled;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_sample_look);

static void look_fn(struct work_struct *unused)
{
	if (sq_sample_look())
		sq_sample_start();
}

/* A machine that is idle is not woken. */
static DECLARE_DEFERRABLE_WORK(look_work, look_fn);

/*
 * Something is to be sampled: somebody looks from now on, and goes on as long as anything
 * is.
 */
void sq_sample_start(void)
{
	schedule_delayed_work(&look_work, msecs_to_jiffies(SQ_SAMPLE_MS));
}

/* Nothing is sampled any more. May sleep. */
void sq_sample_exit(void)
{
	cancel_delayed_work_sync(&look_work);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_sample_exit);

/* ---- what people write and read --------------------------------------------------- */

/* Longest word, and its end */
#define WORD	24
#define PLAIN	"-G"

/* A number, and whether these are not guarded. */
static int parse_word(const char *word, unsigned long *sample)
{
	char number[WORD];
	size_t len;
	bool plain;
	int err;

	if (strscpy(number, word, sizeof(number)) < 0)
		return -EINVAL;
	len = strlen(number);
	plain = len > strlen(PLAIN) && !strcmp(number + len - strlen(PLAIN), PLAIN);
	if (plain)
		number[len - strlen(PLAIN)] = '\0';
	err = kstrtoul(number, 10, sample);
	if (!err && *sample >= SQ_SAMPLE_PLAIN)
		err = -EINVAL;
	if (!err && *sample && plain)
		*sample |= SQ_SAMPLE_PLAIN;
	return err;
}

/* The same, or an error, of which there is a line. */
static int parse(const char *of, const char *word, unsigned long *every)
{
	if (parse_word(word, every)) {
		pr_err("%s: sample '%.32s': wanted is a number, or 0\n", of, word);
		return -EINVAL;
	}
	if (*every && !static_key_enabled(&sq_hardened)) {
		pr_err("%s: with hardened=0 nothing is sampled\n", of);
		return -EOPNOTSUPP;
	}
	return 0;
}

/* What is debugged altogether stays so. */
static int sample_heap(struct squirrel_heap *heap, unsigned long every)
{
	int err;

	sq_debug_lock();
	WRITE_ONCE(heap->sample, every);
	sq_sample_start();
	err = sq_debug_switch_heap_locked(heap, heap->debug);
	sq_debug_unlock();
	return err;
}

/**
 * sq_cache_set_sample() - debug some of a cache's allocations
 * @c: the cache
 * @word: every how manieth, or 0: none; followed by -G these are not guarded
 *
 * Context: Process context. May sleep.
 * Return: 0; -EINVAL if @word is no number; -EOPNOTSUPP without hardening; or as
 * sq_cache_set_debug(). There is a line of it.
 */
int sq_cache_set_sample(struct squirrel_cache *c, const char *word)
{
	unsigned long every;
	int err = parse(c->name, word, &every);

	if (err)
		return err;
	sq_debug_lock();
	sq_sample_start();
	err = sq_debug_sample_cache_locked(c, every, c->debug);
	sq_debug_switched();
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_set_sample);

/**
 * sq_heap_set_sample() - debug some of a heap's allocations
 * @heap: the heap
 * @word: as for sq_cache_set_sample()
 *
 * Of each size class, and of its large blocks.
 *
 * Context: Process context. May sleep.
 * Return: As sq_cache_set_sample().
 */
int sq_heap_set_sample(struct squirrel_heap *heap, const char *word)
{
	unsigned long every;
	int err = parse(heap->name, word, &every);

	if (err)
		return err;
	err = sample_heap(heap, every);
	sq_debug_settle();
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_set_sample);

static void sample_heap_by(struct squirrel_heap *heap, void *ctx)
{
	sample_heap(heap, *(unsigned long *)ctx);
}

/**
 * sq_allocator_set_sample() - debug some allocations of all caches and heaps, now and when
 *	they are made
 * @word: as for sq_cache_set_sample()
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL or -EOPNOTSUPP, of which there is a line. What cannot be debugged is
 * told in a line.
 */
int sq_allocator_set_sample(const char *word)
{
	unsigned long every;
	int err = parse("sample", word, &every);

	if (err)
		return err;
	mutex_lock(&sample_mutex);
	sq_debug_lock();
	sample_all = every;
	sq_debug_unlock();
	sq_sample_start();
	sq_debug_sample_caches(every);
	sq_walk_heaps_slowly(sample_heap_by, &every);
	sq_debug_settle();
	mutex_unlock(&sample_mutex);
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_sample);

/* As it was written, and a newline. */
void sq_sample_show(struct seq_file *s, unsigned long sample)
{
	seq_printf(s, "%lu%s\n", every_of(sample), sample & SQ_SAMPLE_PLAIN ? PLAIN : "");
}

/**
 * sq_cache_show_sample() - every how manieth allocation of a cache is debugged
 * @s: where to
 * @c: the cache
 *
 * Context: Process context.
 */
void sq_cache_show_sample(struct seq_file *s, struct squirrel_cache *c)
{
	sq_sample_show(s, READ_ONCE(c->sample));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_sample);

/**
 * sq_heap_show_sample() - the same of a heap
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context.
 */
void sq_heap_show_sample(struct seq_file *s, struct squirrel_heap *heap)
{
	sq_sample_show(s, READ_ONCE(heap->sample));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_sample);

/**
 * sq_allocator_show_sample() - the same of what comes
 * @s: where to
 *
 * Context: Process context.
 */
void sq_allocator_show_sample(struct seq_file *s)
{
	sq_sample_show(s, sq_sample_for_new());
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_show_sample);
