// SPDX-License-Identifier: GPL-2.0
/*
 * What the allocator tells: figures as "key: value" lines with plain decimal
 * numbers, keys that stay: Documentation/debugfs.rst says what each means.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "allocator/cache/cache.h"

#include "sums.h"
#include "table.h"

/* The most that a class's object can be larger than what was asked for. */
static unsigned int class_gap(const struct squirrel_cache *c)
{
	unsigned int class;

	if (!(c->flags & SQ_CACHE_CLASS))
		return 0;
	class = squirrel_class_of(c->object_size);
	return c->object_size - 1 - (class ? squirrel_class_size(class - 1) : 0);
}

static void node_sum_up(const struct squirrel_cache *c,
			const struct sq_node *n, struct sq_cache_sum *sum)
{
	unsigned long pages = sq_racy(n->nr_pages), objs = sq_racy(n->nr_objs);
	unsigned long free = sq_racy(n->nr_free);
	unsigned long depot = sq_depots_objs(n);

	sum->slabs += sq_racy(n->nr_slabs);
	sum->empty += sq_racy(n->nr_empty);
	sum->pages += pages;
	sum->objs += objs;
	sum->tail_bytes += (pages << PAGE_SHIFT) - objs * c->size;
	sum->in_slabs += free;
	sum->free_slabs += free * c->size;
	sum->in_depots += depot;
	sum->free_depots += depot * c->size;
}

static void slow_sum_up(const struct squirrel_cache *c, struct sq_cache_sum *sum)
{
	unsigned int i;

	for (i = 0; i < SQ_NR_SLOW; i++)
		sum->slow[i] += sq_cache_slow(c, i);
}

static void cache_sum_up(struct squirrel_cache *c, struct sq_cache_sum *sum)
{
	unsigned long allocs, frees, live, magazines;
	int nid;

	sq_cache_counts(c, &allocs, &frees);
	live = sq_live_of(allocs, frees);
	sum->allocs += allocs;
	sum->frees += frees;
	slow_sum_up(c, sum);
	sum->live += live;
	sum->live_bytes += live * c->object_size;
	sum->slot_bytes += live * c->size;
	sum->rounding_most += live * class_gap(c);
	for_each_node(nid)
		node_sum_up(c, c->node[nid], sum);
	magazines = sq_cache_in_magazines(c);
	sum->in_magazines += magazines;
	sum->in_quarantine += sq_quarantined(c);
	sum->guarded += atomic_long_read(&c->guarded);
	sum->guard_missed += atomic_long_read(&c->guard_missed);
	sum->free_magazines += magazines * c->size;
	sum->nomem += atomic_long_read(&c->counts.nomem);
	sum->limit_hits += atomic_long_read(&c->counts.limit_hits);
	sum->injected += atomic_long_read(&c->counts.injected);
	sum->misuse += atomic_long_read(&c->counts.misuse);
	sum->stolen += atomic_long_read(&c->counts.stolen);
	sum->grown += atomic_long_read(&c->counts.grown);
	sum->released += atomic_long_read(&c->counts.released);
}

/*
 * A sq_cache_fn: what @c has is added to the struct sq_cache_sum at @ctx, and what its twin
 * has with it.
 */
void sq_cache_sum_up(struct squirrel_cache *c, void *ctx)
{
	struct squirrel_cache *twin = READ_ONCE(c->twin);
	struct sq_cache_sum *sum = ctx;

	if (c->flags & SQ_CACHE_TWIN || (sum->only && c->heap_key != sum->only))
		return;
	sum->caches++;
	cache_sum_up(c, sum);
	if (twin)
		cache_sum_up(twin, sum);
}

/*
 * Internal waste: what live objects take beyond what was asked for, as far as
 * it is known. A cache knows its objects' size, a large block what it was asked
 * for. An object of a size class does not: that would cost the hot path or a
 * header. For it there is only a bound, which is not part of the sum.
 */
static void show_waste(struct seq_file *s, const struct sq_cache_sum *sum,
		       const struct sq_block_stats *blocks)
{
	unsigned long large = blocks->large_pages << PAGE_SHIFT;
	unsigned long padding = sum->slot_bytes - sum->live_bytes;
	unsigned long rounding = large - blocks->large_bytes;
	unsigned long waste = padding + sum->tail_bytes + rounding;
	unsigned long given = sum->slot_bytes + sum->tail_bytes + large;

	seq_printf(s, "padding_bytes: %lu\n", padding);
	seq_printf(s, "slab_tail_bytes: %lu\n", sum->tail_bytes);
	seq_printf(s, "large_rounding_bytes: %lu\n", rounding);
	seq_printf(s, "internal_waste_bytes: %lu\n", waste);
	seq_printf(s, "internal_waste_permille: %llu\n",
		   given ? div64_ul(1000ULL * waste, given) : 0);
	seq_printf(s, "class_rounding_bytes_at_most: %lu\n",
		   sum->rounding_most);
}

static void show_free(struct seq_file *s, const struct sq_cache_sum *sum)
{
	seq_printf(s, "free_bytes_in_slabs: %lu\n", sum->free_slabs);
	seq_printf(s, "free_bytes_in_magazines: %lu\n", sum->free_magazines);
	seq_printf(s, "free_bytes_in_depots: %lu\n", sum->free_depots);
}

static void show_pinned(struct seq_file *s, const struct sq_block_stats *blocks)
{
	seq_printf(s, "slabs_pinned_by_one: %lu\n", blocks->slabs_pinned);
	seq_printf(s, "pages_pinned_by_one: %lu\n", blocks->pages_pinned);
}

static void show_age(struct seq_file *s, const struct sq_age *age)
{
	seq_printf(s, "free_age_ms_oldest: %llu\n", sq_viewer_oldest_ms(age));
	seq_printf(s, "free_age_ms_mean: %llu\n", sq_viewer_mean_ms(age));
}

/* Why allocations and frees left the hot path. */
static void show_slow(struct seq_file *s, const struct sq_cache_sum *sum)
{
	static const char * const names[] = {
		[SQ_SLOW_ALLOC_MISS] = "slow_alloc_misses",
		[SQ_SLOW_DEPOT_GET] = "slow_depot_gets",
		[SQ_SLOW_FREE_FLUSH] = "slow_free_flushes",
		[SQ_SLOW_DEPOT_PUT] = "slow_depot_puts",
		[SQ_SLOW_FREE] = "slow_frees_checked",
		[SQ_SLOW_LOCK_WAIT] = "slow_lock_waits",
	};
	unsigned int i;

	for (i = 0; i < SQ_NR_SLOW; i++)
		seq_printf(s, "%s: %lu\n", names[i], sum->slow[i]);
}

static void show_sum(struct seq_file *s, const struct sq_cache_sum *sum)
{
	seq_printf(s, "allocs: %lu\n", sum->allocs);
	seq_printf(s, "frees: %lu\n", sum->frees);
	seq_printf(s, "live_objects: %lu\n", sum->live);
	seq_printf(s, "live_bytes: %lu\n", sum->live_bytes);
	seq_printf(s, "slabs: %lu\n", sum->slabs);
	seq_printf(s, "slabs_empty: %lu\n", sum->empty);
	seq_printf(s, "slab_pages: %lu\n", sum->pages);
	seq_printf(s, "slab_bytes: %lu\n", sum->pages << PAGE_SHIFT);
	seq_printf(s, "objects: %lu\n", sum->objs);
	seq_printf(s, "objects_in_slabs: %lu\n", sum->in_slabs);
	seq_printf(s, "objects_in_magazines: %lu\n", sum->in_magazines);
	seq_printf(s, "objects_in_depots: %lu\n", sum->in_depots);
	seq_printf(s, "objects_in_quarantine: %lu\n", sum->in_quarantine);
	seq_printf(s, "objects_guarded: %lu\n", sum->guarded);
	seq_printf(s, "objects_guard_missed: %lu\n", sum->guard_missed);
	seq_printf(s, "slabs_made: %lu\n", sum->grown);
	seq_printf(s, "slabs_released: %lu\n", sum->released);
	seq_printf(s, "failed_nomem: %lu\n", sum->nomem);
	seq_printf(s, "failed_limit: %lu\n", sum->limit_hits);
	seq_printf(s, "failed_injected: %lu\n", sum->injected);
	seq_printf(s, "misuse: %lu\n", sum->misuse);
	seq_printf(s, "pages_stolen: %lu\n", sum->stolen);
}

/**
 * sq_cache_show_stats() - one cache's figures
 * @s: where to
 * @c: the cache
 *
 * Context: Process context. May sleep.
 */
void sq_cache_show_stats(struct seq_file *s, struct squirrel_cache *c)
{
	struct sq_block_stats blocks = { .only = c };
	struct sq_cache_sum sum = {};

	sq_cache_sum_up(c, &sum);
	sq_block_stats(c->heap, &blocks);
	seq_printf(s, "name: %s\n", c->name);
	seq_printf(s, "owner: %s\n", c->owner[0] ? c->owner : "-");
	seq_printf(s, "object_size: %u\n", c->object_size);
	seq_printf(s, "slot_size: %u\n", c->size);
	seq_printf(s, "align: %u\n", c->align);
	seq_printf(s, "pages_per_slab: %u\n", sq_slab_pages(c, ULONG_MAX));
	seq_printf(s, "objects_per_slab: %u\n", sq_slab_objs(c, sq_slab_pages(c, ULONG_MAX)));
	seq_printf(s, "limit_objects: %lu\n", c->limit_objs);
	seq_printf(s, "reserve_objects: %u\n", c->reserve);
	show_sum(s, &sum);
	show_waste(s, &sum, &blocks);
	show_free(s, &sum);
	show_pinned(s, &blocks);
	show_slow(s, &sum);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_stats);

static void show_view(struct seq_file *s, const struct sq_view *v)
{
	seq_printf(s, "blocks_used: %lu\n", v->used_blocks);
	seq_printf(s, "blocks_free: %lu\n", v->free_blocks);
	seq_printf(s, "pages_used: %lu\n", v->used_pages);
	seq_printf(s, "pages_free: %lu\n", v->free_pages);
	seq_printf(s, "pages_held: %lu\n", v->used_pages + v->free_pages);
	seq_printf(s, "bytes_held: %lu\n",
		   (v->used_pages + v->free_pages) << PAGE_SHIFT);
	seq_printf(s, "largest_free: %lu\n", v->largest_free << PAGE_SHIFT);
	seq_printf(s, "external_fragmentation_permille: %u\n",
		   sq_viewer_fragmentation(v));
	seq_printf(s, "pages_fetched: %llu\n", v->fetched);
	seq_printf(s, "pages_returned: %llu\n", v->returned);
	seq_printf(s, "source_gets: %llu\n", v->source_gets);
	seq_printf(s, "source_puts: %llu\n", v->source_puts);
	seq_printf(s, "source_fails: %llu\n", v->source_fails);
	seq_printf(s, "splits: %llu\n", v->splits);
	seq_printf(s, "merges: %llu\n", v->merges);
	seq_printf(s, "coalesce_tries: %llu\n", v->coalesce_tries);
	seq_printf(s, "coalesce_hits_permille: %u\n",
		   sq_viewer_coalesce_hits(v));
}

/* The heap's large blocks beside its classes. */
static void heap_sum_up(struct squirrel_heap *heap, struct sq_cache_sum *sum)
{
	unsigned long large = atomic_long_read(&heap->large_live);
	unsigned long allocs = atomic_long_read(&heap->large_allocs);

	sum->allocs += allocs;
	sum->frees += allocs - large;
	sum->live += large;
	sum->live_bytes += atomic_long_read(&heap->large_bytes);
	sum->nomem += atomic_long_read(&heap->nomem);
	sum->limit_hits += atomic_long_read(&heap->limit_hits);
	sum->injected += atomic_long_read(&heap->large->counts.injected);
	sum->misuse += atomic_long_read(&heap->large->counts.misuse);
	sum->guarded += atomic_long_read(&heap->large->guarded);
	sum->guard_missed += atomic_long_read(&heap->large->guard_missed);
	sum->stolen += atomic_long_read(&heap->large->counts.stolen);
}

/* What the manager's viewer tells; a frame of its own, for these structs are large. */
static noinline_for_stack void show_manager(struct seq_file *s,
					    struct sq_manager *manager,
					    const struct sq_block_stats *blocks)
{
	struct sq_age age = {};
	struct sq_view view;

	sq_viewer_count(manager, &view);
	sq_viewer_age(manager, &age);
	show_view(s, &view);
	show_pinned(s, blocks);
	show_age(s, &age);
}

/**
 * sq_heap_show_stats() - one heap's figures
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context. May sleep.
 */
void sq_heap_show_stats(struct seq_file *s, struct squirrel_heap *heap)
{
	struct sq_cache_sum classes = { .only = heap }, all;
	struct sq_block_stats blocks = {};

	sq_walk_caches(sq_cache_sum_up, &classes);
	all = classes;
	heap_sum_up(heap, &all);
	sq_block_stats(heap, &blocks);
	seq_printf(s, "name: %s\n", heap->name);
	seq_printf(s, "owner: %s\n", heap->owner[0] ? heap->owner : "-");
	rcu_read_lock();
	seq_printf(s, "strategy: %s\n", READ_ONCE(heap->strategy)->name);
	rcu_read_unlock();
	seq_printf(s, "strategy_faults: %lu\n",
		   atomic_long_read(&heap->strategy_faults));
	seq_printf(s, "limit_bytes: %zu\n", heap->limit);
	seq_printf(s, "reserve_bytes: %zu\n", heap->reserve);
	seq_printf(s, "classes: %lu\n", classes.caches);
	seq_printf(s, "large_objects: %lu\n", all.live - classes.live);
	seq_printf(s, "large_bytes: %lu\n",
		   all.live_bytes - classes.live_bytes);
	show_sum(s, &all);
	show_waste(s, &classes, &blocks);
	show_free(s, &classes);
	show_manager(s, heap->manager, &blocks);
	show_slow(s, &classes);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_stats);

struct sq_heap_sum {
	struct sq_table *table;
	unsigned long heaps;
	struct sq_cache_sum large;	/* large blocks only */
	struct sq_view view;		/* @largest_free: sum over heaps */
	struct sq_block_stats blocks;
	struct sq_age age;
};

static void row_of(struct sq_row *row, const char *name, const struct sq_cache_sum *sum,
		   unsigned long pages)
{
	strscpy(row->name, name, sizeof(row->name));
	row->live = sum->live;
	row->live_bytes = sum->live_bytes;
	row->pages = pages;
	row->misuse = sum->misuse;
}

static void summary_cache(struct squirrel_cache *c, void *ctx)
{
	struct sq_cache_sum sum = {};
	struct sq_row *row;

	if (c->flags & (SQ_CACHE_CLASS | SQ_CACHE_TWIN))
		return;
	sq_cache_sum_up(c, &sum);
	row = sq_table_add(ctx);
	if (!row)
		return;
	row_of(row, c->name, &sum, sum.pages);
	row->of = c->heap;
	snprintf(row->size, sizeof(row->size), "%u", c->object_size);
}

static void summary_heap(struct squirrel_heap *heap, void *ctx)
{
	struct sq_cache_sum sum = { .only = heap };
	struct sq_heap_sum *h = ctx;
	unsigned long pages, single;
	struct sq_view view;
	struct sq_row *row;

	sq_walk_caches(sq_cache_sum_up, &sum);
	heap_sum_up(heap, &sum);
	heap_sum_up(heap, &h->large);
	sq_viewer_count(heap->manager, &view);
	sq_viewer_age(heap->manager, &h->age);
	sq_block_stats(heap, &h->blocks);
	h->heaps++;
	h->view.used_pages += view.used_pages;
	h->view.free_pages += view.free_pages;
	h->view.largest_free += view.largest_free;
	h->view.merges += view.merges;
	h->view.coalesce_tries += view.coalesce_tries;
	/* What single caches have of it is in their rows: the sum of all is what is held. */
	pages = view.used_pages + view.free_pages;
	single = sq_table_pages_of(h->table, heap);
	row = sq_table_add(h->table);
	if (!row)
		return;
	row_of(row, heap->name, &sum, pages - min(pages, single));
	row->heap = true;
	/* A strategy that was left, and unregistered, is there this long. */
	rcu_read_lock();
	strscpy(row->size, READ_ONCE(heap->strategy)->name, sizeof(row->size));
	rcu_read_unlock();
}

/* Squirrel's own magazines are in the table, but nobody's live objects. */
static void sum_of_clients(struct squirrel_cache *c, void *ctx)
{
	if (!(c->flags & SQ_CACHE_INTERNAL))
		sq_cache_sum_up(c, ctx);
}

static void show_totals(struct seq_file *s, const struct sq_cache_sum *all,
			const struct sq_heap_sum *h)
{
	unsigned long pages = h->view.used_pages + h->view.free_pages;

	seq_printf(s, "\ncaches: %lu\n", all->caches);
	seq_printf(s, "heaps: %lu\n", h->heaps);
	seq_printf(s, "live_objects: %lu\n", all->live + h->large.live);
	seq_printf(s, "live_bytes: %lu\n",
		   all->live_bytes + h->large.live_bytes);
	seq_printf(s, "pages_used: %lu\n", h->view.used_pages);
	seq_printf(s, "pages_free: %lu\n", h->view.free_pages);
	seq_printf(s, "pages_meta: %lu\n", sq_utility_meta_pages());
	seq_printf(s, "pages_map_tables: %lu\n", sq_utility_map_tables());
	seq_printf(s, "pages_held: %lu\n", pages + sq_utility_meta_pages());
	show_waste(s, all, &h->blocks);
	show_free(s, all);
	show_pinned(s, &h->blocks);
	seq_printf(s, "external_fragmentation_permille: %u\n",
		   sq_viewer_fragmentation(&h->view));
	seq_printf(s, "coalesce_hits_permille: %u\n",
		   sq_viewer_coalesce_hits(&h->view));
	show_age(s, &h->age);
	seq_printf(s, "misuse: %lu\n", sq_misuse_count());
	seq_printf(s, "pages_stolen: %lu\n", sq_stolen_count());
}

static noinline_for_stack void show_table(struct seq_file *s, struct sq_heap_sum *heaps,
					  bool all)
{
	struct sq_table table = {};

	sq_table_make(&table);
	heaps->table = &table;
	sq_walk_caches(summary_cache, &table);
	sq_walk_heaps_slowly(summary_heap, heaps);
	sq_table_show(s, &table, all);
}

static noinline_for_stack void show_sums(struct seq_file *s, struct sq_heap_sum *heaps)
{
	struct sq_cache_sum sum = {};

	sq_walk_caches(sum_of_clients, &sum);
	show_totals(s, &sum, heaps);
}

/**
 * sq_allocator_show_summary() - what a person reads first
 * @s: where to
 * @all: also the caches and heaps that have nothing
 *
 * Context: Process context. May sleep.
 */
void sq_allocator_show_summary(struct seq_file *s, bool all)
{
	struct sq_heap_sum heaps = {};

	show_table(s, &heaps, all);
	show_sums(s, &heaps);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_show_summary);
