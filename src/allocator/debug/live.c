// SPDX-License-Identifier: GPL-2.0
/*
 * Who has what is live: debugged objects and large blocks, by where they were allocated.
 *
 * The walk is over the manager's blocks, whose lock is dropped after every few; so what
 * changes meanwhile may be counted as before or as after.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hash.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include <squirrel/report.h>

#include "allocator/slab/guard.h"

#include "live.h"

/* Places that are told apart; what is beyond is summed up. */
#define NR_SITES	1024U
/* Objects looked at in one hold of the manager's lock */
#define HOLD_OBJS	256
#define SQ_LEFT		"left in use"
/* Places that are told in the log */
#define PRINT_SITES	8U

/* When all were marked, if ever: see sq_allocator_set_snapshot(). */
static u64 all_marked;

static bool same_site(const struct sq_track *a, const struct sq_track *b)
{
	return a->stack == b->stack && a->caller == b->caller;
}

static struct sq_site *site_of(struct sq_live_sites *l, const struct sq_track *track)
{
	unsigned int at = hash_64(track->caller ^ track->stack, 10) % NR_SITES;

	if (!sq_track_sound(track))
		return NULL;
	for (;; at = (at + 1) % NR_SITES) {
		struct sq_site *site = &l->sites[at];

		if (site->nr && same_site(&site->last, track))
			return site;
		if (site->nr)
			continue;
		/* One is left: so there is an end. */
		if (l->used == NR_SITES - 1)
			return NULL;
		l->used++;
		return site;
	}
}

static void count_live(struct sq_live_sites *l, const struct sq_track *track, size_t bytes)
{
	struct sq_track copy = *track;
	struct sq_site *site;

	if (l->by && !within_module(copy.caller, l->by))
		return;
	if (copy.when <= l->since && sq_track_sound(&copy)) {
		l->older++;
		return;
	}
	site = site_of(l, &copy);
	if (!site) {
		l->others++;
		l->bytes += bytes;
		return;
	}
	if (!site->nr || copy.when < site->oldest)
		site->oldest = copy.when;
	if (!site->nr || copy.when > site->last.when)
		site->last = copy;
	site->nr++;
	site->bytes += bytes;
}

static void count_slab(struct sq_live_sites *l, const struct sq_agent *agent,
		       const struct squirrel_cache *t)
{
	unsigned int nr = sq_read_racy(sq_slab_of((struct sq_agent *)agent)->nr_objs), i;
	char *slot = (char *)sq_slab_base(agent);

	l->left -= nr;
	for (i = 0; i < nr; i++, slot += t->size) {
		const struct sq_slot *s = (const struct sq_slot *)slot;

		if (sq_slot_live(s))
			count_live(l, &s->alloc, min(s->asked, t->object_size));
	}
}

/* With neither a cache nor a heap all are. */
static bool is_wanted(const struct sq_live_sites *l, const struct squirrel_cache *c)
{
	if (l->only)
		return c == l->only;
	return !l->heap || c->heap_key == l->heap || c == l->heap->large;
}

static bool look_at(const struct sq_agent *agent, void *ctx)
{
	struct squirrel_cache *owner = sq_owner_acquire(agent), *c = sq_client_of(owner);
	struct sq_live_sites *l = ctx;
	const struct sq_large *large;

	l->left--;
	if (!owner || !sq_agent_used(agent))
		return l->left > 0;
	if (!is_wanted(l, c))
		return l->left > 0;
	if (agent->kind == SQ_KIND_SLAB) {
		if (owner->client)
			count_slab(l, agent, owner);
		return l->left > 0;
	}
	large = (const struct sq_large *)agent->priv;
	/* Pairs with sq_debug_large_alloc(). */
	if (smp_load_acquire(&large->debug))
		count_live(l, &large->track, large->size);
	return l->left > 0;
}

static void count_guard(struct sq_guard *g, void *ctx)
{
	struct squirrel_cache *c = sq_client_of(sq_owner_acquire(&g->agent));
	struct sq_live_sites *l = ctx;

	if (c && is_wanted(l, c) && sq_guard_live(&g->agent))
		count_live(l, &g->alloc, g->asked);
}

static int by_number(const void *a, const void *b)
{
	const struct sq_site *left = a, *right = b;

	if (left->nr == right->nr)
		return 0;
	return left->nr < right->nr ? 1 : -1;
}

static void look_at_all(struct sq_live_sites *l, struct sq_manager *m)
{
	unsigned long addr = 0;

	do {
		l->left = HOLD_OBJS;
		cond_resched();
	} while (sq_viewer_step(m, &addr, look_at, l) || l->left <= 0);
}

/* Fill @l, whose sites the caller frees. False: no memory. May sleep. */
bool sq_live_collect(struct sq_live_sites *l, struct sq_manager *m)
{
	l->sites = kvcalloc(NR_SITES, sizeof(*l->sites), GFP_KERNEL);
	if (!l->sites)
		return false;
	look_at_all(l, m);
	sq_guard_walk(count_guard, l);
	sort(l->sites, NR_SITES, sizeof(*l->sites), by_number, NULL);
	return true;
}

static u64 age_ms(u64 when)
{
	const struct sq_track track = { .when = when };

	return sq_track_age_ms(&track);
}

void sq_live_show(struct seq_file *s, const struct sq_live_sites *l)
{
	unsigned long *entries;
	unsigned int i, k, nr;

	seq_printf(s, "%10s %12s %10s %10s %8s %-16s %s\n", "live", "bytes", "oldest_ms",
		   "youngest_ms", "pid", "comm", "allocated_by");
	for (i = 0; i < l->used; i++) {
		const struct sq_site *site = &l->sites[i];

		seq_printf(s, "%10lu %12lu %10llu %10llu %8d %-16.15s %pS\n", site->nr,
			   site->bytes, age_ms(site->oldest), age_ms(site->last.when),
			   site->last.pid, site->last.comm, (void *)site->last.caller);
		nr = sq_track_stack(&site->last, &entries);
		for (k = 0; k < nr; k++)
			seq_printf(s, "    %pS\n", (void *)entries[k]);
	}
	seq_printf(s, "others: %lu\n", l->others);
}

static void show_sites(struct seq_file *s, struct sq_live_sites *l, unsigned long untracked)
{
	sq_live_show(s, l);
	seq_printf(s, "untracked: %lu\n", untracked);
}

static void show_live(struct seq_file *s, struct sq_live_sites *l, struct sq_manager *m,
		      unsigned long untracked)
{
	if (!sq_live_collect(l, m)) {
		seq_puts(s, "no memory\n");
		return;
	}
	show_sites(s, l, untracked);
	kvfree(l->sites);
}

/**
 * sq_cache_show_live() - who has what is live of a cache
 * @s: where to
 * @c: the cache
 *
 * Context: Process context. May sleep.
 */
void sq_cache_show_live(struct seq_file *s, struct squirrel_cache *c)
{
	struct sq_live_sites l = { .only = c };

	show_live(s, &l, c->heap->manager, sq_cache_live(c));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_live);

/* Objects of a cache that are live, debugged or not. */
unsigned long sq_debug_live(struct squirrel_cache *c)
{
	return sq_cache_live(c) + (c->twin ? sq_cache_live(c->twin) : 0);
}

struct sq_total {
	const struct squirrel_heap *heap;
	unsigned long live;
};

static void add_live(struct squirrel_cache *c, void *ctx)
{
	struct sq_total *total = ctx;

	if (c->heap_key == total->heap)
		total->live += sq_debug_live(c);
}

static void show_heap(struct seq_file *s, struct squirrel_heap *heap, u64 since)
{
	struct sq_live_sites l = { .heap = heap, .since = since };
	struct sq_total total = {
		.heap = heap,
		.live = atomic_long_read(&heap->large_live),
	};
	unsigned int i;

	if (!sq_live_collect(&l, heap->manager)) {
		seq_puts(s, "no memory\n");
		return;
	}
	sq_walk_caches(add_live, &total);
	for (i = 0; i < l.used; i++)
		total.live -= min(total.live, l.sites[i].nr);
	show_sites(s, &l, total.live - min(total.live, l.others + l.older));
	kvfree(l.sites);
}

/**
 * sq_heap_show_live() - who has what is live of a heap
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context. May sleep.
 */
void sq_heap_show_live(struct seq_file *s, struct squirrel_heap *heap)
{
	show_heap(s, heap, 0);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_live);

/* ---- since a mark -------------------------------------------------------------- */

static int set_mark(u64 *mark, const char *word)
{
	if (strcmp(word, "1"))
		return -EINVAL;
	WRITE_ONCE(*mark, sq_track_now());
	return 0;
}

/**
 * sq_cache_set_snapshot() - mark this moment, for sq_cache_show_snapshot()
 * @c: the cache
 * @word: "1"
 *
 * Context: Any context.
 * Return: 0, or -EINVAL if @word is another.
 */
int sq_cache_set_snapshot(struct squirrel_cache *c, const char *word)
{
	return set_mark(&c->marked, word);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_set_snapshot);

/**
 * sq_heap_set_snapshot() - as sq_cache_set_snapshot(), of a heap
 * @heap: the heap
 * @word: "1"
 *
 * Context: Any context.
 * Return: 0, or -EINVAL if @word is another.
 */
int sq_heap_set_snapshot(struct squirrel_heap *heap, const char *word)
{
	return set_mark(&heap->marked, word);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_set_snapshot);

/**
 * sq_allocator_set_snapshot() - as sq_cache_set_snapshot(), of all caches and heaps
 * @word: "1"
 *
 * Context: Any context.
 * Return: 0, or -EINVAL if @word is another.
 */
int sq_allocator_set_snapshot(const char *word)
{
	return set_mark(&all_marked, word);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_snapshot);

/**
 * sq_allocator_show_snapshot() - when all were marked
 * @s: where to
 *
 * Context: Any context.
 */
void sq_allocator_show_snapshot(struct seq_file *s)
{
	u64 when = READ_ONCE(all_marked);

	if (when)
		seq_printf(s, "marked_ms_ago: %llu\n", age_ms(when));
	else
		seq_puts(s, "marked_ms_ago: never\n");
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_show_snapshot);

/**
 * sq_cache_show_snapshot() - who has what is live of a cache, and was not when it was marked
 * @s: where to
 * @c: the cache
 *
 * Context: Process context. May sleep.
 */
void sq_cache_show_snapshot(struct seq_file *s, struct squirrel_cache *c)
{
	struct sq_live_sites l = {
		.only = c,
		.since = max(READ_ONCE(c->marked), READ_ONCE(all_marked)),
	};

	show_live(s, &l, c->heap->manager, sq_cache_live(c));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_snapshot);

/**
 * sq_heap_show_snapshot() - the same of a heap
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context. May sleep.
 */
void sq_heap_show_snapshot(struct seq_file *s, struct squirrel_heap *heap)
{
	show_heap(s, heap, max(READ_ONCE(heap->marked), READ_ONCE(all_marked)));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_snapshot);

/* ---- what is left --------------------------------------------------------------- */

/* Who listens is told of all places, and of what has none. */
static void tell_left(const struct sq_live_sites *l, const struct squirrel_cache *c)
{
	unsigned int i;

	for (i = 0; i < l->used; i++) {
		struct squirrel_report r = {
			.what = SQ_LEFT,
			.size = l->sites[i].bytes,
			.nr = l->sites[i].nr,
			.allocated_by = l->sites[i].last.caller,
		};

		sq_report_tell(c, &r);
	}
	if (l->others) {
		struct squirrel_report r = {
			.what = SQ_LEFT,
			.size = l->bytes,
			.nr = l->others,
		};

		sq_report_tell(c, &r);
	}
}

/* Returns how many places there are. */
static unsigned int print_sites(struct sq_live_sites *l, struct sq_manager *m,
				const struct squirrel_cache *c)
{
	unsigned long *entries;
	unsigned int i, k, nr;

	if (!sq_live_collect(l, m))
		return 0;
	if (l->by && l->used)
		pr_warn("module '%s' goes and has memory of heap '%s'\n", l->by->name,
			l->heap->name);
	tell_left(l, c);
	for (i = 0; i < min(l->used, PRINT_SITES); i++) {
		const struct sq_site *site = &l->sites[i];

		pr_err("  %lu of %lu bytes in all, the last %llu ms ago by %.15s[%d], from %pS\n",
		       site->nr, site->bytes, age_ms(site->last.when), site->last.comm,
		       site->last.pid, (void *)site->last.caller);
		nr = sq_track_stack(&site->last, &entries);
		for (k = 0; k < nr; k++)
			pr_err("    %pS\n", (void *)entries[k]);
	}
	if (l->used > PRINT_SITES)
		pr_err("  and of %u other places\n", l->used - PRINT_SITES);
	kvfree(l->sites);
	return l->used;
}

/* Who has what is left of a cache that is to go, as far as it was debugged. May sleep. */
void sq_debug_print_left(struct squirrel_cache *c)
{
	struct sq_live_sites l = { .only = c };

	if (c->twin)
		print_sites(&l, c->heap->manager, c);
}

/* The same of a heap; with @by, what that module has of it. */
unsigned int sq_debug_print_left_heap(struct squirrel_heap *heap, const struct module *by)
{
	struct sq_live_sites l = { .heap = heap, .by = by };

	return print_sites(&l, heap->manager, heap->large);
}
