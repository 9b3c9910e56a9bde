// SPDX-License-Identifier: GPL-2.0
/*
 * What people write and read of debugging: flags of a cache, of a heap, and a rule of
 * names, by which all that exist are switched, and all that come.
 *
 * Lock order: rule_mutex, heaps_mutex (registry.c), debug_mutex (lock.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "debug.h"

/* Who writes a rule: all obey the last one, and none that was being carried out. */
static DEFINE_MUTEX(rule_mutex);
/* Under sq_debug_lock(). */
static u32 rule_debug;
static char rule_names[SQUIRREL_NAME_MAX + 1] = "*";

static void show_word(struct seq_file *s, u32 debug)
{
	char word[SQ_DEBUG_WORD];

	sq_debug_word(debug, word);
	seq_printf(s, "%s\n", word);
}

/**
 * sq_cache_show_debug() - how a cache is debugged
 * @s: where to
 * @c: the cache
 *
 * Context: Process context.
 */
void sq_cache_show_debug(struct seq_file *s, struct squirrel_cache *c)
{
	show_word(s, READ_ONCE(c->debug));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_debug);

/**
 * sq_heap_show_debug() - how a heap is debugged
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context.
 */
void sq_heap_show_debug(struct seq_file *s, struct squirrel_heap *heap)
{
	show_word(s, READ_ONCE(heap->debug));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_debug);

/**
 * sq_cache_set_debug() - switch a cache's debugging
 * @c: the cache
 * @word: letters of FZPUQGT (K: with KASAN only), + or - and some of them, or -
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL for another word, -E2BIG for objects that are too large, -EPERM for
 * squirrel's own caches, or -ENOMEM. There is a line of it.
 */
int sq_cache_set_debug(struct squirrel_cache *c, const char *word)
{
	u32 debug;
	int err;

	sq_debug_lock();
	err = sq_debug_parse(c->name, word, c->debug, &debug);
	if (!err)
		err = sq_debug_switch_cache_locked(c, debug);
	sq_debug_switched();
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_set_debug);

/**
 * sq_heap_set_debug() - switch a heap's debugging
 * @heap: the heap
 * @word: as for sq_cache_set_debug()
 *
 * Context: Process context. May sleep.
 * Return: As sq_cache_set_debug().
 */
int sq_heap_set_debug(struct squirrel_heap *heap, const char *word)
{
	u32 debug;
	int err;

	sq_debug_lock();
	err = sq_debug_parse(heap->name, word, heap->debug, &debug);
	if (!err)
		err = sq_debug_switch_heap_locked(heap, debug);
	sq_debug_switched();
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_set_debug);

/* ---- the rule ----------------------------------------------------------------- */

/* How a cache or heap of that name begins. */
static u32 rule_for(const char *name)
{
	sq_debug_assert_locked();
	return sq_debug_match(rule_names, name) ? rule_debug : 0;
}

/* A cache that came has been told of the rule: a line says if it cannot be obeyed. */
void sq_debug_new_cache(struct squirrel_cache *c)
{
	unsigned long every;
	u32 debug;

	sq_debug_lock();
	debug = c->debug ? : rule_for(c->name);
	every = sq_sample_for_new();
	if (every)
		sq_sample_start();
	if (sq_sweep_wants_cache(c) || every || debug != c->debug) {
		sq_debug_sample_cache_locked(c, every, debug);
	} else if (debug & SQ_DEBUG_GUARD) {
		/* Who asked what is still wanted did not see it before it was registered. */
		sq_guard_want(c, SQ_DEBUG_GUARD);
	} else {
		sq_debug_unlock();
		return;
	}
	sq_debug_switched();
}

void sq_debug_new_heap(struct squirrel_heap *heap)
{
	u32 debug;

	sq_debug_lock();
	debug = heap->debug ? : rule_for(heap->name);
	WRITE_ONCE(heap->sample, sq_sample_for_new());
	if (heap->sample)
		sq_sample_start();
	if (sq_sweep_wants_heap(heap) || heap->sample || debug != heap->debug) {
		sq_debug_switch_heap_locked(heap, debug);
	} else if (debug & SQ_DEBUG_GUARD) {
		sq_guard_want(heap->large, SQ_DEBUG_GUARD);
	} else {
		sq_debug_unlock();
		return;
	}
	sq_debug_switched();
}

struct sq_rule {
	u32 debug;
	const char *names;
};

static void heap_by_rule(struct squirrel_heap *heap, void *ctx)
{
	const struct sq_rule *rule = ctx;

	sq_debug_lock();
	if (sq_debug_match(rule->names, heap->name) &&
	    (heap->debug & ~SQ_DEBUG_SAMPLE) != rule->debug)
		sq_debug_switch_heap_locked(heap, rule->debug);
	sq_debug_unlock();
}

/* "FZPU" for all, or "FZPU,names"; @names becomes part of @line. */
static int rule_parse(char *line, struct sq_rule *rule)
{
	char *names = strchr(line, ',');

	if (names)
		*names++ = '\0';
	rule->names = names ? names : "*";
	if (!rule->names[0] || strlen(rule->names) > SQUIRREL_NAME_MAX) {
		pr_err("debug: names must have 1 to %d characters\n", SQUIRREL_NAME_MAX);
		return -EINVAL;
	}
	return sq_debug_parse("debug", line, 0, &rule->debug);
}

/**
 * sq_allocator_set_debug() - switch all whose names match, now and when they are made
 * @line: as for sq_cache_set_debug(), or that, a comma and names, in which * is any
 *	characters and ? is one
 *
 * There is one rule for those that come: this one. With "-" there is none.
 *
 * Context: Process context. May sleep.
 * Return: 0, or -EINVAL, of which there is a line. What cannot be switched is told in a
 * line.
 */
int sq_allocator_set_debug(const char *line)
{
	char copy[SQUIRREL_NAME_MAX + SQ_DEBUG_WORD + 1];
	struct sq_rule rule;
	int err;

	if (strscpy(copy, line, sizeof(copy)) < 0) {
		pr_err("debug: '%.32s...' is too long\n", line);
		return -EINVAL;
	}
	err = rule_parse(copy, &rule);
	if (err)
		return err;
	mutex_lock(&rule_mutex);
	sq_debug_lock();
	rule_debug = rule.debug;
	strscpy(rule_names, rule.debug ? rule.names : "*", sizeof(rule_names));
	sq_debug_unlock();
	sq_debug_switch_caches(rule.names, rule.debug);
	sq_walk_heaps_slowly(heap_by_rule, &rule);
	sq_debug_settle();
	mutex_unlock(&rule_mutex);
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_debug);

static void show_every(struct seq_file *s, unsigned long sample)
{
	if (sample) {
		seq_puts(s, " sample=");
		sq_sample_show(s, sample);
	} else {
		seq_putc(s, '\n');
	}
}

static void show_cache(struct squirrel_cache *c, void *ctx)
{
	char word[SQ_DEBUG_WORD];

	if (!c->debug || c->flags & (SQ_CACHE_TWIN | SQ_CACHE_CLASS))
		return;
	sq_debug_word(c->debug, word);
	seq_printf(ctx, "cache %-28s %s", c->name, word);
	show_every(ctx, c->sample);
}

static void show_heap(struct squirrel_heap *heap, void *ctx)
{
	char word[SQ_DEBUG_WORD];

	if (!heap->debug)
		return;
	sq_debug_word(heap->debug, word);
	seq_printf(ctx, "heap  %-28s %s", heap->name, word);
	show_every(ctx, heap->sample);
}

/**
 * sq_allocator_show_debug() - the rule, and all that is debugged
 * @s: where to
 *
 * Context: Process context. May sleep.
 */
void sq_allocator_show_debug(struct seq_file *s)
{
	char word[SQ_DEBUG_WORD], names[SQUIRREL_NAME_MAX + 1];

	sq_debug_lock();
	sq_debug_word(rule_debug, word);
	strscpy(names, rule_names, sizeof(names));
	sq_debug_unlock();
	seq_printf(s, "%s,%s\n", word, names);
	sq_walk_caches(show_cache, s);
	sq_walk_heaps(show_heap, s);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_show_debug);
