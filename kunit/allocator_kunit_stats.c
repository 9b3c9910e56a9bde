// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_stats: what stats and histograms say of memory that is held
 * and not used, over the fake page source.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include "allocator/view/sums.h"

#include "allocator_kunit.h"
#include "urgent.h"

static long heap_figure(struct kunit *test, struct squirrel_heap *heap,
			const char *key)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_heap_show_stats(s, heap);
	return sq_fixture_figure(test, sq_fixture_text(test, s), key);
}

/* ---- internal waste ------------------------------------------------------- */

/* 100 bytes in slots of 104, and what is behind the last of a slab. */
static void waste_of_a_cache(struct kunit *test)
{
	struct squirrel_cache *c;
	unsigned long tail, i;
	void *objs[10];

	sq_fixture_fake_heap(test, "first", 64);
	c = sq_fixture_fake_cache(test, 100);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "internal_waste_bytes"), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "internal_waste_permille"),
			0);
	for (i = 0; i < 10; i++)
		objs[i] = sq_fixture_alloc(test, c);
	tail = sq_fixture_node(c)->nr_pages * PAGE_SIZE -
	       sq_fixture_node(c)->nr_objs * 104;
	KUNIT_EXPECT_GT(test, tail, 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "padding_bytes"), 40);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slab_tail_bytes"), tail);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "internal_waste_bytes"),
			40 + tail);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "internal_waste_permille"),
			1000 * (40 + tail) / (1040 + tail));
	for (i = 0; i < 10; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "padding_bytes"), 0);
}

/* A large block knows what was asked for; a class knows a bound. */
static void waste_of_a_heap(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 256);
	unsigned int class = squirrel_class_of(600);
	unsigned int gap = squirrel_class_size(class) -
			   squirrel_class_size(class - 1) - 1;
	void *large = squirrel_heap_alloc(heap, SQ_PAGED(9000), GFP_KERNEL);
	void *small = squirrel_heap_alloc(heap, 600, GFP_KERNEL);
	struct sq_block_stats blocks = {};
	long tail;

	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_ASSERT_NOT_NULL(test, small);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "large_rounding_bytes"),
			3 * PAGE_SIZE - SQ_PAGED(9000));
	tail = heap_figure(test, heap, "slab_tail_bytes");
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "internal_waste_bytes"),
			3 * PAGE_SIZE - SQ_PAGED(9000) + tail);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap,
					  "class_rounding_bytes_at_most"), gap);
	sq_block_stats(heap, &blocks);
	KUNIT_EXPECT_EQ(test, blocks.large_pages, 3);
	KUNIT_EXPECT_EQ(test, blocks.large_bytes, SQ_PAGED(9000));
	squirrel_heap_free(heap, large);
	squirrel_heap_free(heap, small);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "large_rounding_bytes"),
			0);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap,
					  "class_rounding_bytes_at_most"), 0);
}

/* ---- slabs that one object keeps ------------------------------------------ */

static unsigned long slab_of(void *obj)
{
	unsigned long addr;

	preempt_disable();
	addr = sq_agent_addr(sq_map_lookup(obj));
	preempt_enable();
	return addr;
}

/* Keep one object of the first slab, two of the last, none of the others. */
static void pinned_by_one(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 256);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 512);
	struct sq_block_stats blocks = { .only = c };
	unsigned int i, nr = 200;
	void **objs;

	objs = kunit_kcalloc(test, nr, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < nr; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 1; slab_of(objs[nr - 1 - i]) != slab_of(objs[nr - 1]); i++)
		;
	swap(objs[nr - 1 - i], objs[nr - 2]);
	KUNIT_ASSERT_NE(test, slab_of(objs[0]), slab_of(objs[nr - 1]));
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "pages_pinned_by_one"), 0);
	sq_fixture_keep(c);
	for (i = 1; i < nr - 2; i++)
		squirrel_cache_free(c, objs[i]);
	/* Nobody keeps an empty slab but the cache. */
	sq_fixture_drain(c, false);
	sq_depot_drain(c, true);
	KUNIT_EXPECT_GT(test, sq_fixture_cache_figure(test, c, "slabs_empty"), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slabs_pinned_by_one"), 1);
	squirrel_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slabs"), 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slabs_pinned_by_one"), 1);
	sq_block_stats(heap, &blocks);
	KUNIT_EXPECT_EQ(test, blocks.slabs_pinned, 1);
	KUNIT_EXPECT_GT(test, blocks.pages_pinned, 0);
	KUNIT_EXPECT_LT(test, blocks.pages_pinned, sq_fixture_node(c)->nr_pages);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "pages_pinned_by_one"),
			blocks.pages_pinned);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "pages_pinned_by_one"),
			blocks.pages_pinned);
	squirrel_cache_free(c, objs[nr - 1]);
	squirrel_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slabs_pinned_by_one"), 2);
	squirrel_cache_free(c, objs[0]);
	squirrel_cache_free(c, objs[nr - 2]);
}

/* An object in a slab of its own is no waste. */
static void alone_pins_nothing(struct kunit *test)
{
	struct squirrel_cache *c;
	void *obj;

	sq_fixture_fake_heap(test, "first", 256);
	c = sq_fixture_fake_cache(test, 25 * PAGE_SIZE);
	obj = sq_fixture_alloc(test, c);
	KUNIT_ASSERT_EQ(test, sq_slab_of(sq_map_lookup(obj))->nr_objs, 1);
	squirrel_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slabs"), 1);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slabs_pinned_by_one"), 0);
	squirrel_cache_free(c, obj);
}

/* ---- free memory by place ------------------------------------------------- */

/* The row of a class in a heap's histogram: its columns. */
static void class_row(struct kunit *test, struct squirrel_heap *heap,
		      unsigned int size, unsigned long col[7])
{
	struct seq_file *s = sq_fixture_seq(test);
	char head[16];
	char *row;
	int got;

	sq_heap_show_histogram(s, heap);
	row = strstr(sq_fixture_text(test, s), "\nclass ");
	KUNIT_ASSERT_NOT_NULL(test, row);
	snprintf(head, sizeof(head), "\n%-12u ", size);
	row = strstr(row, head);
	KUNIT_ASSERT_NOT_NULL(test, row);
	got = sscanf(row + strlen(head), "%lu %lu %lu %lu %lu %lu %lu",
		     &col[0], &col[1], &col[2], &col[3], &col[4], &col[5],
		     &col[6]);
	KUNIT_ASSERT_EQ(test, got, 7);
}

static void free_bytes_by_place(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 512);
	unsigned int size = 256, i, nr = 2000;
	struct squirrel_cache *c;
	unsigned long col[7];
	void **objs;

	objs = kunit_kcalloc(test, nr, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < nr; i++) {
		objs[i] = squirrel_heap_alloc(heap, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	c = heap->class[squirrel_class_of(size)];
	KUNIT_ASSERT_NOT_NULL(test, c);
	sq_fixture_grown(test, c);
	for (i = 0; i < nr - 7; i++)
		squirrel_heap_free(heap, objs[i]);

	class_row(test, heap, size, col);
	KUNIT_EXPECT_EQ(test, col[0], 7);
	KUNIT_EXPECT_EQ(test, col[1], sq_fixture_node(c)->nr_objs);
	KUNIT_EXPECT_EQ(test, col[2], sq_fixture_node(c)->nr_slabs);
	KUNIT_EXPECT_EQ(test, col[3], sq_fixture_node(c)->nr_pages);
	KUNIT_EXPECT_GT(test, col[3], col[2]);
	KUNIT_EXPECT_GT(test, col[4], 0);
	KUNIT_EXPECT_GT(test, col[5], 0);
	KUNIT_EXPECT_GT(test, col[6], 0);
	KUNIT_EXPECT_EQ(test, col[5], sq_fixture_nr(c) * size);
	KUNIT_EXPECT_EQ(test, col[4] + col[5] + col[6], (col[1] - 7) * size);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "free_bytes_in_slabs"),
			col[4]);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap,
					  "free_bytes_in_magazines"), col[5]);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "free_bytes_in_depots"),
			col[6]);

	squirrel_cache_shrink(c);
	class_row(test, heap, size, col);
	KUNIT_EXPECT_EQ(test, col[4], (col[1] - 7) * size);
	KUNIT_EXPECT_EQ(test, col[5], 0);
	KUNIT_EXPECT_EQ(test, col[6], 0);
	for (i = nr - 7; i < nr; i++)
		squirrel_heap_free(heap, objs[i]);
}

/* Each slab is counted once, by what is out of it. */
static void slabs_by_fullness(struct kunit *test)
{
	struct squirrel_cache *c;
	struct sq_block_stats blocks = {};
	struct squirrel_heap *heap;
	unsigned long sum = 0;
	unsigned int i;
	void *obj;

	heap = sq_fixture_fake_heap(test, "first", 64);
	c = sq_fixture_fake_cache(test, 64);
	obj = sq_fixture_alloc(test, c);
	sq_fixture_drain(c, false);
	blocks.only = c;
	sq_block_stats(heap, &blocks);
	for (i = 0; i < ARRAY_SIZE(blocks.tenths); i++)
		sum += blocks.tenths[i];
	KUNIT_EXPECT_EQ(test, sum, sq_fixture_node(c)->nr_slabs);
	KUNIT_EXPECT_EQ(test, blocks.tenths[0], 1);
	squirrel_cache_free(c, obj);
}

/* ---- free blocks ---------------------------------------------------------- */

/* [4 free][4 used][4 free][4 used] ...: nothing touches, then all does. */
static void blocks_of_a_heap(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 256);
	struct sq_view view;
	unsigned int i;
	void *objs[16];

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(heap->manager, 64, GFP_KERNEL,
					       NUMA_NO_NODE), 64);
	for (i = 0; i < 16; i++) {
		objs[i] = squirrel_heap_alloc(heap, 4 * PAGE_SIZE - 9,
					      GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	for (i = 0; i < 16; i += 2)
		squirrel_heap_free(heap, objs[i]);
	sq_manager_coalesce(heap->manager, ~0UL);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap,
					  "external_fragmentation_permille"),
			1000 - 1000 * 4 / 32);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "coalesce_hits_permille"),
			0);
	for (i = 1; i < 16; i += 2)
		squirrel_heap_free(heap, objs[i]);
	sq_manager_coalesce(heap->manager, ~0UL);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap,
					  "external_fragmentation_permille"),
			0);
	sq_viewer_count(heap->manager, &view);
	KUNIT_EXPECT_GT(test, view.merges, 0);
	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "coalesce_hits_permille"),
			sq_viewer_coalesce_hits(&view));
}

static bool make_old(const struct sq_agent *agent, void *ctx)
{
	if (!sq_agent_used(agent))
		((struct sq_agent *)agent)->freed_at = (u32)jiffies - 60 * HZ;
	return true;
}

static void age_of_a_heap(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 64);

	KUNIT_EXPECT_EQ(test, heap_figure(test, heap, "free_age_ms_oldest"), 0);
	KUNIT_ASSERT_EQ(test, sq_manager_fetch(heap->manager, 8, GFP_KERNEL,
					       NUMA_NO_NODE), 8);
	KUNIT_EXPECT_LT(test, heap_figure(test, heap, "free_age_ms_oldest"),
			10000);
	sq_viewer_walk(heap->manager, make_old, NULL);
	KUNIT_EXPECT_GE(test, heap_figure(test, heap, "free_age_ms_oldest"),
			60000);
	KUNIT_EXPECT_GE(test, heap_figure(test, heap, "free_age_ms_mean"),
			60000);
	KUNIT_EXPECT_LT(test, heap_figure(test, heap, "free_age_ms_mean"),
			70000);
}

/* The summary has the figures of all heaps together. */
static void summary_has_them_all(struct kunit *test)
{
	static const char * const keys[] = {
		"internal_waste_bytes", "internal_waste_permille",
		"external_fragmentation_permille", "coalesce_hits_permille",
		"free_bytes_in_slabs", "free_bytes_in_magazines",
		"free_bytes_in_depots", "free_age_ms_mean",
	};
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 64);
	void *large = squirrel_heap_alloc(heap, SQ_PAGED(9000), GFP_KERNEL);
	struct seq_file *s = sq_fixture_seq(test);
	const char *text;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, large);
	sq_manager_fetch(heap->manager, 8, GFP_KERNEL, NUMA_NO_NODE);
	sq_viewer_walk(heap->manager, make_old, NULL);
	sq_allocator_show_summary(s, false);
	text = sq_fixture_text(test, s);
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		KUNIT_EXPECT_GE(test, sq_fixture_figure(test, text, keys[i]), 0);
	KUNIT_EXPECT_GE(test, sq_fixture_figure(test, text, "large_rounding_bytes"),
			3 * PAGE_SIZE - SQ_PAGED(9000));
	KUNIT_EXPECT_GE(test, sq_fixture_figure(test, text, "free_age_ms_oldest"),
			60000);
	squirrel_heap_free(heap, large);
}

/* ---- all of them ---------------------------------------------------------- */

static const char *summary_text(struct kunit *test)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_allocator_show_summary(s, false);
	return sq_fixture_text(test, s);
}

/* How much more @key is in @now than in @was. */
static long more(struct kunit *test, const char *now, const char *was,
		 const char *key)
{
	return sq_fixture_figure(test, now, key) - sq_fixture_figure(test, was, key);
}

/*
 * 300 objects come and 100 go; one more is refused, one more freed twice, if that is
 * looked at.
 */
static void figures_of_a_cache(struct kunit *test)
{
	const unsigned int misuse = static_key_enabled(&sq_hardened);
	const struct squirrel_cache_args args = { .limit = 300 * 104 };
	struct squirrel_cache *c = sq_fixture_cache(test, 100, &args);
	struct sq_node *n = sq_fixture_node(c);
	struct seq_file *s = sq_fixture_seq(test);
	void **objs = kunit_kcalloc(test, 300, sizeof(*objs), GFP_KERNEL);
	const char *text;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < 300; i++)
		objs[i] = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
	for (i = 200; i < 300; i++)
		squirrel_cache_free(c, objs[i]);
	if (misuse)
		squirrel_cache_free(c, objs[299]);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), misuse);
	sq_cache_show_stats(s, c);
	text = sq_fixture_text(test, s);

#define IS(key, number) \
	KUNIT_EXPECT_EQ_MSG(test, sq_fixture_figure(test, text, key), \
			    (long)(number), "%s", key)
	IS("object_size", 100);
	IS("slot_size", 104);
	IS("align", 8);
	IS("limit_objects", 300);
	IS("reserve_objects", 0);
	IS("pages_per_slab", sq_slab_pages(c, ULONG_MAX));
	IS("objects_per_slab", (sq_slab_pages(c, ULONG_MAX) << PAGE_SHIFT) / 104);
	IS("allocs", 300);
	IS("frees", 100);
	IS("live_objects", 200);
	IS("live_bytes", 200 * 100);
	IS("slabs", n->nr_slabs);
	IS("slabs_empty", n->nr_empty);
	IS("slab_pages", n->nr_pages);
	IS("slab_bytes", n->nr_pages << PAGE_SHIFT);
	IS("objects", n->nr_objs);
	IS("objects_in_slabs", n->nr_free);
	IS("objects_in_magazines", sq_fixture_nr(c));
	IS("objects_in_depots", sq_depots_objs(n));
	IS("objects", 200 + n->nr_free + sq_fixture_nr(c) + sq_depots_objs(n));
	IS("slabs_made", atomic_long_read(&c->counts.grown));
	IS("slabs_released", atomic_long_read(&c->counts.released));
	IS("slabs", atomic_long_read(&c->counts.grown) - atomic_long_read(&c->counts.released));
	IS("failed_nomem", 0);
	IS("failed_limit", 1);
	IS("misuse", misuse);
	IS("pages_stolen", 0);
	squirrel_cache_free_bulk(c, 200, objs);
}

/* Three large blocks and three small objects, of each one goes; one is refused. */
static void figures_of_a_heap(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "best", 256);
	unsigned int size = squirrel_class_size(squirrel_class_of(600));
	const char *was = summary_text(test), *now, *text;
	struct seq_file *s = sq_fixture_seq(test);
	struct sq_fixture *fix = test->priv;
	struct sq_view view;
	void *large[3], *small[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		large[i] = squirrel_heap_alloc(heap, SQ_PAGED(9000) + i, GFP_KERNEL);
		small[i] = squirrel_heap_alloc(heap, 600, GFP_KERNEL);
		KUNIT_ASSERT_TRUE(test, large[i] && small[i]);
	}
	squirrel_heap_free(heap, large[0]);
	squirrel_heap_free(heap, small[0]);
	squirrel_heap_free(heap, large[1] + 8);
	fix->fake.budget = fix->fake.out;
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, SQ_PAGED(258000), GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	sq_viewer_count(heap->manager, &view);
	sq_heap_show_stats(s, heap);
	text = sq_fixture_text(test, s);
	IS("strategy_faults", 0);
	IS("limit_bytes", 0);
	IS("reserve_bytes", 0);
	IS("classes", 1);
	IS("large_objects", 2);
	IS("large_bytes", SQ_PAGED(9001) + SQ_PAGED(9002));
	IS("allocs", 6);
	IS("frees", 2);
	IS("live_objects", 4);
	IS("live_bytes", SQ_PAGED(9001) + SQ_PAGED(9002) + 2 * size);
	IS("failed_nomem", 1);
	IS("failed_limit", 0);
	IS("misuse", 1);
	IS("pages_stolen", 0);
	IS("blocks_used", view.used_blocks);
	IS("blocks_free", view.free_blocks);
	IS("pages_used", view.used_pages);
	IS("pages_free", view.free_pages);
	IS("pages_held", fix->fake.out);
	IS("bytes_held", fix->fake.out << PAGE_SHIFT);
	IS("pages_fetched", view.fetched);
	IS("pages_returned", view.fetched - fix->fake.out);
	IS("largest_free", view.largest_free << PAGE_SHIFT);
	IS("source_gets", fix->fake.gets);
	IS("source_puts", fix->fake.puts);
	IS("source_fails", fix->fake.fails);
	IS("splits", view.splits);
	IS("merges", view.merges);
	IS("coalesce_tries", view.coalesce_tries);

	/* The summary has it all, beside what was there before. */
	now = summary_text(test);
	KUNIT_EXPECT_EQ(test, more(test, now, was, "live_objects"), 4);
	KUNIT_EXPECT_EQ(test, more(test, now, was, "live_bytes"),
			SQ_PAGED(9001) + SQ_PAGED(9002) + 2 * size);
	KUNIT_EXPECT_EQ(test, more(test, now, was, "pages_used"), view.used_pages);
	KUNIT_EXPECT_EQ(test, more(test, now, was, "pages_free"), view.free_pages);
	KUNIT_EXPECT_EQ(test, more(test, now, was, "misuse"), 1);
	KUNIT_EXPECT_EQ(test, more(test, now, was, "pages_stolen"), 0);
	KUNIT_EXPECT_EQ(test, more(test, now, was, "caches"), 1);
	text = now;
	IS("heaps", sq_fixture_nr_heaps());
	IS("pages_meta", sq_utility_meta_pages());
	IS("pages_map_tables", sq_utility_map_tables());
	IS("pages_held", sq_fixture_figure(test, text, "pages_used") +
	   sq_fixture_figure(test, text, "pages_free") + sq_utility_meta_pages());
#undef IS
	fix->fake.budget = 256;
	for (i = 1; i < 3; i++) {
		squirrel_heap_free(heap, large[i]);
		squirrel_heap_free(heap, small[i]);
	}
}

/* ---- the check ------------------------------------------------------------ */

/*
 * It takes time for each page that is held: who is to run on its CPU need not wait
 * for its end, even where nobody is preempted.
 */
static void check_lets_others_run(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	void *large = squirrel_heap_alloc(heap, 600 * PAGE_SIZE, GFP_KERNEL);
	struct sq_urgent urgent;
	unsigned int bad;

	KUNIT_ASSERT_NOT_NULL(test, large);
	sq_urgent_wake(test, &urgent);
	bad = sq_allocator_check();
	KUNIT_EXPECT_TRUE(test, sq_urgent_end(&urgent));
	KUNIT_EXPECT_EQ(test, bad, 0);
	squirrel_heap_free(heap, large);
}

static struct kunit_case figures_cases[] = {
	KUNIT_CASE(waste_of_a_cache),
	KUNIT_CASE(waste_of_a_heap),
	SQ_CASE_4K(pinned_by_one),
	KUNIT_CASE(alone_pins_nothing),
	SQ_CASE_4K(free_bytes_by_place),
	KUNIT_CASE(slabs_by_fullness),
	KUNIT_CASE(blocks_of_a_heap),
	KUNIT_CASE(age_of_a_heap),
	KUNIT_CASE(summary_has_them_all),
	KUNIT_CASE(figures_of_a_cache),
	KUNIT_CASE(figures_of_a_heap),
	SQ_CASE_4K(check_lets_others_run),
	{}
};

static struct kunit_suite figures_suite = {
	.name = "squirrel_stats",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = figures_cases,
};

kunit_test_suites(&figures_suite);
