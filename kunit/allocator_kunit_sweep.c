// SPDX-License-Identifier: GPL-2.0
/*
 * Failure sweep: the Nth fails and no other, and nothing of it stays.
 */
#include <linux/string.h>

#include "allocator_kunit.h"

#define SIZE	100
#define LETTERS	(SQ_DEBUG_ON | SQ_DEBUG_CHECK | SQ_DEBUG_REDZONE)

static const char *shown(struct kunit *test)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_allocator_show_fail(s);
	return sq_fixture_text(test, s);
}

static void expect_shown(struct kunit *test, long fails, long counted, long hit)
{
	const char *text = shown(test);

	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "fails"), fails);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "counted"), counted);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "hit"), hit);
}

static void sweep_cache(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct squirrel_cache *other = sq_fixture_cache(test, SIZE, NULL);
	unsigned int at, i;

	for (at = 1; at <= 4; at++) {
		void *objs[4];
		char word[4];

		snprintf(word, sizeof(word), "%u", at);
		KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, word), 0);
		for (i = 0; i < 4; i++) {
			squirrel_cache_free(other, sq_fixture_alloc(test, other));
			objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
			KUNIT_EXPECT_EQ(test, !objs[i], i + 1 == at);
		}
		expect_shown(test, at, 4, 1);
		KUNIT_EXPECT_NOT_NULL(test, strstr(shown(test), "sweep_cache"));
		for (i = 0; i < 4; i++)
			squirrel_cache_free(c, objs[i]);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "failed_injected"), 4);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "failed_nomem"), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(c, "0"), 0);
	expect_shown(test, 0, 4, 1);
	KUNIT_EXPECT_EQ(test, c->debug, 0);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	expect_shown(test, 0, 4, 1);
}

static void sweep_heap(struct kunit *test)
{
	static const size_t sizes[] = { 10, 5000, 30000 };
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct seq_file *s = sq_fixture_seq(test);
	unsigned int at, i;

	for (at = 1; at <= 3; at++) {
		char word[4];

		snprintf(word, sizeof(word), "%u", at);
		KUNIT_ASSERT_EQ(test, sq_heap_set_fail(heap, word), 0);
		for (i = 0; i < 3; i++) {
			void *obj = squirrel_heap_alloc(heap, sizes[i], GFP_KERNEL);

			KUNIT_EXPECT_EQ(test, !obj, i + 1 == at);
			squirrel_heap_free(heap, obj);
		}
		expect_shown(test, at, 3, 1);
	}
	sq_heap_show_stats(s, heap);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, sq_fixture_text(test, s),
						"failed_injected"), 3);
	KUNIT_EXPECT_EQ(test, sq_heap_set_fail(heap, "0"), 0);
	KUNIT_EXPECT_EQ(test, heap->debug, 0);
}

static noinline void *alloc_here(struct squirrel_cache *c)
{
	void *obj = squirrel_cache_alloc(c, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

static noinline void *alloc_there(struct squirrel_cache *c)
{
	void *obj = squirrel_cache_alloc(c, GFP_ATOMIC);

	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

/* Each place once, however often it allocates; @sites of them have failed then. */
static void expect_sites(struct kunit *test, struct squirrel_cache *c, unsigned int at,
			 long hit, long sites)
{
	void *objs[3];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, "site"), 0);
	objs[0] = alloc_here(c);
	objs[1] = alloc_there(c);
	objs[2] = alloc_here(c);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, !objs[i], i == at);
		squirrel_cache_free(c, objs[i]);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, shown(test), "counted"), 3);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, shown(test), "hit"), hit);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, shown(test), "sites"), 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, shown(test), "sites_failed"), sites);
}

static void sweep_sites(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	const char *text;

	expect_sites(test, c, 0, 1, 1);
	expect_sites(test, c, 1, 1, 2);
	expect_sites(test, c, 3, 0, 2);
	text = shown(test);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "fails: site\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "site: 1 3 failed alloc_here+"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "site: 2 2 failed alloc_there+"));
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "sites_lost"), 0);
	/* A number in between forgets nothing, the end does. */
	KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, "9"), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, shown(test), "sites"), 2);
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(c, "0"), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, shown(test), "sites"), 0);
}

/* What it makes, and what it has of the default heap; nobody else's. */
static void sweep_module(struct kunit *test)
{
	const struct squirrel_cache_args others = { .owner = "kunit_others" };
	struct squirrel_cache *c, *other = sq_fixture_cache(test, SIZE, &others);
	struct squirrel_heap *heap;
	void *obj;

	KUNIT_ASSERT_EQ(test, sq_allocator_set_fail("1,allocator_kunit"), 0);
	c = squirrel_cache_create("kunit-swept", SIZE, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(c), -ENOMEM);
	KUNIT_ASSERT_EQ(test, sq_allocator_set_fail("1,allocator-kunit"), 0);
	heap = squirrel_heap_create("kunit-swept", NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(heap), -ENOMEM);
	KUNIT_ASSERT_EQ(test, sq_allocator_set_fail("2,allocator_kunit"), 0);
	c = sq_fixture_cache(test, SIZE, NULL);
	squirrel_cache_free(other, sq_fixture_alloc(test, other));
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, sq_allocator_set_fail("2,allocator_kunit"), 0);
	obj = squirrel_alloc(SIZE, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	KUNIT_EXPECT_NULL(test, squirrel_alloc(20000, GFP_KERNEL));
	squirrel_free(obj);
	expect_shown(test, 2, 2, 1);
	KUNIT_ASSERT_EQ(test, sq_allocator_set_fail("1,allocator_kuni"), 0);
	obj = squirrel_alloc(SIZE, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	squirrel_free(obj);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	expect_shown(test, 1, 0, 0);
	KUNIT_ASSERT_EQ(test, sq_allocator_set_fail("0"), 0);
	KUNIT_EXPECT_EQ(test, sq_default_heap->debug, 0);
	KUNIT_EXPECT_EQ(test, c->debug, 0);
}

static void sweep_nofail(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *obj, *objs[10];

	KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, "1"), 0);
	obj = squirrel_cache_alloc(c, GFP_KERNEL | __GFP_NOFAIL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	squirrel_cache_free(c, obj);
	expect_shown(test, 1, 0, 0);
	/* Of many at once none is left behind. */
	KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, "5"), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 10, objs), 0);
	expect_shown(test, 5, 5, 1);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(c, "0"), 0);
}

/* Letters and sweep do not know of each other. */
static void sweep_and_letters(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	char word[SQ_DEBUG_WORD];

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, LETTERS), 0);
	KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, "9"), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(c, "0"), 0);
	KUNIT_EXPECT_EQ(test, c->debug, LETTERS);
	KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, "1"), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_set_debug(c, "-"), 0);
	sq_debug_word(c->debug, word);
	KUNIT_EXPECT_STREQ(test, word, "-");
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
	/* To another: there is one at a time. */
	KUNIT_ASSERT_EQ(test, sq_heap_set_fail(heap, "1"), 0);
	KUNIT_EXPECT_EQ(test, c->debug, 0);
	KUNIT_EXPECT_EQ(test, sq_heap_set_debug(heap, "FZ"), 0);
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, SIZE, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, sq_heap_set_fail(heap, "0"), 0);
	KUNIT_EXPECT_EQ(test, heap->debug, LETTERS);
}

/* Another that comes to be where it was is another. */
static void sweep_gone(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);

	KUNIT_ASSERT_EQ(test, sq_cache_set_fail(c, "1"), 0);
	KUNIT_EXPECT_FALSE(test, sq_sweep_wants_cache(sq_default_heap->large));
	KUNIT_EXPECT_TRUE(test, sq_sweep_wants_cache(c));
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	expect_shown(test, 0, 0, 0);
	KUNIT_ASSERT_EQ(test, sq_heap_set_fail(heap, "1"), 0);
	sq_fixture_put_heap(test, heap);
	expect_shown(test, 0, 0, 0);
}

static void sweep_words(struct kunit *test)
{
	static const char * const bad[] = { "", "x", "1", "1,", "-1,a", ",a", "1 ,a",
		/* Those are words. */
		"18446744073709551614,a", "18446744073709551615,a" };
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, sq_allocator_set_fail(bad[i]), -EINVAL, "%s", bad[i]);
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(c, "1,x"), -EINVAL);
	/* Squirrel's own are not debugged; what was swept before still is. */
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(c, "1"), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(sq_mag_cache[0], "1"), -EINVAL);
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, sq_cache_set_fail(c, "kernel"),
			IS_ENABLED(CONFIG_FAULT_INJECTION) ? 0 : -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, sq_allocator_set_fail("0"), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(sweep_cache),
	KUNIT_CASE(sweep_heap),
	KUNIT_CASE(sweep_sites),
	KUNIT_CASE(sweep_module),
	KUNIT_CASE(sweep_nofail),
	KUNIT_CASE(sweep_and_letters),
	KUNIT_CASE(sweep_gone),
	KUNIT_CASE(sweep_words),
	{}
};

static struct kunit_suite suite = {
	.name = "squirrel-sweep",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
