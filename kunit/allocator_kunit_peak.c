// SPDX-License-Identifier: GPL-2.0
/* The most there was of a cache or heap that is debugged, and who had it. */
#include <linux/string.h>

#include "allocator_kunit.h"

#define SIZE	100
#define MANY	50U
#define ALL	(SQ_DEBUG_ON | SQ_DEBUG_USER)

static noinline void *taken_here(struct kunit *test, struct squirrel_cache *c)
{
	void *obj = squirrel_cache_alloc(c, GFP_KERNEL);

	KUNIT_EXPECT_NOT_NULL(test, obj);
	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

static char *peak_of(struct kunit *test, struct squirrel_cache *c, struct squirrel_heap *h)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_peak_flush();
	if (c)
		sq_cache_show_peak(s, c);
	else
		sq_heap_show_peak(s, h);
	return sq_fixture_text(test, s);
}

static long figure_of(struct kunit *test, struct squirrel_cache *c, const char *key)
{
	return sq_fixture_figure(test, peak_of(test, c, NULL), key);
}

static void take(struct kunit *test, struct squirrel_cache *c, void **objs, unsigned int from,
		 unsigned int to)
{
	for (; from < to; from++)
		objs[from] = taken_here(test, c);
}

/*
 * It stays when less is live, until there is more again. Who writes it down does so at some
 * moment while there is more than before.
 */
static void of_a_cache(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *objs[2 * MANY];
	unsigned int i;
	long seen, then;

	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_EXPECT_EQ(test, figure_of(test, c, "most_bytes"), 0);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, ALL), 0);
	take(test, c, objs, 0, MANY);
	seen = figure_of(test, c, "seen_bytes");
	KUNIT_EXPECT_GT(test, seen, 4096);
	KUNIT_EXPECT_LE(test, seen, MANY * SIZE);
	KUNIT_EXPECT_NOT_NULL(test, strstr(peak_of(test, c, NULL), "taken_here+"));
	for (i = 10; i < MANY; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, figure_of(test, c, "most_bytes"), MANY * SIZE);
	KUNIT_EXPECT_EQ(test, figure_of(test, c, "seen_bytes"), seen);
	take(test, c, objs, 10, 2 * MANY);
	then = figure_of(test, c, "seen_bytes");
	KUNIT_EXPECT_EQ(test, figure_of(test, c, "most_bytes"), 2 * MANY * SIZE);
	KUNIT_EXPECT_GT(test, then, seen);
	for (i = 0; i < 2 * MANY; i++)
		squirrel_cache_free(c, objs[i]);
	squirrel_cache_free(c, taken_here(test, c));
	objs[0] = taken_here(test, c);
	KUNIT_EXPECT_EQ(test, figure_of(test, c, "seen_bytes"), then);
	squirrel_cache_free(c, objs[0]);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Of all sizes together, and what is large. */
static void of_a_heap(struct kunit *test)
{
	struct squirrel_heap *h = sq_fixture_heap(test, NULL);
	void *small, *large;
	char *text;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(h, ALL), 0);
	small = squirrel_heap_alloc(h, 4000, GFP_KERNEL);
	large = squirrel_heap_alloc(h, 50000, GFP_KERNEL);
	text = peak_of(test, NULL, h);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "most_bytes"), 50000 + 4096);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "seen_bytes"), 50000 + 4096);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "    1        50000 "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "    1         4000 "));
	squirrel_heap_free(h, small);
	squirrel_heap_free(h, large);
	large = squirrel_heap_alloc(h, 50000, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, peak_of(test, NULL, h), "most_bytes"),
			50000 + 4096);
	squirrel_heap_free(h, large);
}

static struct kunit_case peak_cases[] = {
	KUNIT_CASE(of_a_cache),
	KUNIT_CASE(of_a_heap),
	{}
};

static struct kunit_suite peak_suite = {
	.name = "squirrel-peak",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = peak_cases,
};

kunit_test_suite(peak_suite);
