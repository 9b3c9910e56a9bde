// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_blocks: a heap's blocks, as programs read them.
 */
#include <linux/mm.h>
#include <linux/string.h>

#include "allocator/view/render.h"

#include "allocator_kunit.h"

/* How many lines have @word in them, which no line has twice */
static unsigned int lines_with(const char *text, const char *word)
{
	unsigned int n = 0;

	for (; (text = strstr(text, word)); text++)
		n++;
	return n;
}

/* The same for programs: a line for each block, of a cache only its slabs. */
static void blocks_are_listed(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 256);
	void *large = squirrel_heap_alloc(heap, SQ_PAGED(20000), GFP_KERNEL);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 100);
	struct seq_file *s = sq_fixture_seq(test);
	void *obj[2] = { sq_fixture_alloc(test, c), sq_fixture_alloc(test, c) };
	char word[64];
	const char *text;

	KUNIT_ASSERT_NOT_NULL(test, large);
	squirrel_cache_free(c, obj[0]);
	sq_heap_show_blocks(s, heap);
	text = sq_fixture_text(test, s);
	sprintf(word, "\tlarge\t%zu\t1\t1\t-\t-\t-\n", SQ_PAGED(20000));
	KUNIT_EXPECT_EQ(test, lines_with(text, word), 1);
	sprintf(word, "\tslab\t100\t%lu\t1\t-\t%s\t-\n", sq_fixture_node(c)->nr_objs,
		c->name);
	KUNIT_EXPECT_EQ(test, lines_with(text, word), 1);
	KUNIT_EXPECT_GT(test, lines_with(text, "\tfree\t0\t0\t0\t"), 0);
	s = sq_fixture_seq(test);
	sq_cache_show_blocks(s, c);
	text = sq_fixture_text(test, s);
	KUNIT_EXPECT_EQ(test, lines_with(text, "\n"), 2);
	KUNIT_EXPECT_EQ(test, lines_with(text, word), 1);
	squirrel_cache_free(c, obj[1]);
	squirrel_heap_free(heap, large);
}

static noinline void *site_of_most(struct squirrel_cache *c)
{
	void *obj = squirrel_cache_alloc(c, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

static noinline void *site_of_some(struct squirrel_cache *c)
{
	void *obj = squirrel_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN);

	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

static noinline void *site_of_others(struct squirrel_cache *c)
{
	void *obj = squirrel_cache_alloc(c, GFP_ATOMIC);

	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

/* Where most was allocated: of three places with as much each it is none. */
static void blocks_have_sites(struct kunit *test)
{
	struct squirrel_cache_args args = { .debug = "U" };
	struct squirrel_cache *c = sq_fixture_cache(test, 100, &args);
	void *obj[] = {
		site_of_most(c), site_of_some(c), site_of_others(c),
		site_of_most(c), site_of_most(c),
	};
	struct seq_file *s = sq_fixture_seq(test);
	const char *text;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(obj); i++)
		KUNIT_ASSERT_NOT_NULL(test, obj[i]);
	sq_cache_show_blocks(s, c);
	text = sq_fixture_text(test, s);
	KUNIT_EXPECT_EQ(test, lines_with(text, "\tsite_of_most+"), 1);
	squirrel_cache_free(c, obj[3]);
	squirrel_cache_free(c, obj[4]);
	s = sq_fixture_seq(test);
	sq_cache_show_blocks(s, c);
	text = sq_fixture_text(test, s);
	KUNIT_EXPECT_EQ(test, lines_with(text, "\tsite_of_"), 0);
	KUNIT_EXPECT_EQ(test, lines_with(text, "\t-\n"), 1);
	squirrel_cache_free(c, obj[0]);
	squirrel_cache_free(c, obj[1]);
	squirrel_cache_free(c, obj[2]);
}

static struct kunit_case blocks_cases[] = {
	KUNIT_CASE(blocks_are_listed),
	KUNIT_CASE(blocks_have_sites),
	{}
};

static struct kunit_suite blocks_suite = {
	.name = "squirrel_blocks",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = blocks_cases,
};

kunit_test_suites(&blocks_suite);
