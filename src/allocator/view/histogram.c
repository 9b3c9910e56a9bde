// SPDX-License-Identifier: GPL-2.0
/*
 * Histograms: blocks by size, size classes, slabs by how full they are. Tables
 * of plain numbers under a line of headings.
 */
#include <linux/seq_file.h>

#include "allocator/cache/cache.h"

#include "sums.h"

static void class_row(struct seq_file *s, struct squirrel_cache *c)
{
	struct sq_cache_sum sum = {};

	sq_cache_sum_up(c, &sum);
	seq_printf(s, "%-12u %10lu %10lu %10lu %10lu %12lu %12lu %12lu\n",
		   c->object_size, sum.live, sum.objs, sum.slabs, sum.pages,
		   sum.free_slabs, sum.free_magazines, sum.free_depots);
}

/**
 * sq_heap_show_histogram() - a heap's blocks and objects by size
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context.
 */
void sq_heap_show_histogram(struct seq_file *s, struct squirrel_heap *heap)
{
	struct sq_view view;
	unsigned int i;

	sq_viewer_count(heap->manager, &view);
	seq_printf(s, "%-12s %10s %10s\n", "pages_from", "free", "used");
	for (i = 0; i < SQ_VIEW_BINS; i++)
		seq_printf(s, "%-12lu %10lu %10lu\n", 1UL << i,
			   view.free_bins[i], view.used_bins[i]);
	seq_printf(s, "\n%-12s %10s %10s %10s %10s %12s %12s %12s\n", "class",
		   "live", "objects", "slabs", "pages", "free_slabs",
		   "free_mags", "free_depots");
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++) {
		struct squirrel_cache *c = READ_ONCE(heap->made[i]);

		if (c)
			class_row(s, c);
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_histogram);

/**
 * sq_cache_show_histogram() - a cache's slabs by how full they are
 * @s: where to
 * @c: the cache
 *
 * Context: Process context. May sleep.
 */
void sq_cache_show_histogram(struct seq_file *s, struct squirrel_cache *c)
{
	struct sq_block_stats blocks = { .only = c };
	unsigned int i;

	sq_block_stats(c->heap, &blocks);
	seq_printf(s, "%-12s %10s\n", "percent_out", "slabs");
	for (i = 0; i < ARRAY_SIZE(blocks.tenths); i++)
		seq_printf(s, "%-12u %10lu\n", i * 10, blocks.tenths[i]);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_histogram);
