// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_said: who is refused finds out why in the kernel's log. It is read
 * here as a dumper would.
 */
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/string.h>

#include "allocator_kunit.h"

/* Lines with @text in them, since the last call. */
static unsigned int said(struct kmsg_dump_iter *iter, const char *text)
{
	unsigned int lines = 0;
	char line[256];
	size_t len;

	while (sq_fixture_heard(iter, line, sizeof(line), &len))
		lines += !!strstr(line, text);
	return lines;
}

/* One line for each, and it names whom it is about. */
static void bad_caches_are_told_why(struct kunit *test)
{
	static const struct {
		const char *name;
		unsigned int size;
		struct squirrel_cache_args args;
		const char *why;
	} bad[] = {
		{ "", 8, {}, "name must have" },
		{ "a/b", 8, {}, "'a/b'" },
		{ "..", 8, {}, "'..'" },
		{ "said", 0, {}, "'said': size" },
		{ "said", UINT_MAX, {}, "'said': size" },
		{ "said", 8, { .align = 24 }, "'said': align 24" },
		{ "said", 8, { .flags = 1U << 31 }, "'said': unknown flags" },
		{ "said", 8, { .limit = 7 }, "'said': limit 7" },
		{ "said", 8, { .limit = 80, .reserve = 11 }, "'said': limit 80" },
		{ "said", 8, { .node = MAX_NUMNODES + 1 }, "'said': no such node" },
		{ "said", SQUIRREL_MAX_SIZE, { .flags = SQUIRREL_TYPESAFE_BY_RCU },
		  "'said': size" },
		{ "said", SQUIRREL_MAX_SIZE, { .reserve = UINT_MAX },
		  "'said': no memory for the reserve" },
	};
	struct kmsg_dump_iter iter;
	struct squirrel_cache *c;
	unsigned int i;

	sq_fixture_listen(&iter);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		c = squirrel_cache_create(bad[i].name, bad[i].size, &bad[i].args);
		KUNIT_EXPECT_TRUE(test, IS_ERR(c));
		KUNIT_EXPECT_EQ_MSG(test, said(&iter, bad[i].why), 1, "%s",
				    bad[i].why);
	}
	c = squirrel_cache_create("said", 8, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c));
	KUNIT_EXPECT_EQ(test, said(&iter, "said"), 0);
	KUNIT_EXPECT_TRUE(test, IS_ERR(squirrel_cache_create("said", 8, NULL)));
	KUNIT_EXPECT_EQ(test, said(&iter, "'said': exists already"), 1);
	squirrel_cache_destroy(c);
	KUNIT_EXPECT_EQ(test, said(&iter, "said"), 0);
}

static void bad_heaps_are_told_why(struct kunit *test)
{
	static const struct {
		struct squirrel_heap_args args;
		const char *why;
	} bad[] = {
		{ { .strategy = 77 }, "'said': unknown strategy 77" },
		{ { .strategy_name = "worst" }, "'said': unknown strategy 'worst'" },
		{ { .limit = PAGE_SIZE - 1 }, "is below one page" },
		{ { .limit = 2 * PAGE_SIZE, .reserve = 3 * PAGE_SIZE },
		  "is below the reserve" },
		{ { .node = -1 }, "'said': no such node" },
		{ { .reserve = 1UL << 50 }, "'said': no memory for the reserve" },
	};
	struct kmsg_dump_iter iter;
	struct squirrel_heap *h;
	unsigned int i;

	sq_fixture_listen(&iter);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		h = squirrel_heap_create("said", &bad[i].args);
		KUNIT_EXPECT_TRUE(test, IS_ERR(h));
		KUNIT_EXPECT_EQ_MSG(test, said(&iter, bad[i].why), 1, "%s",
				    bad[i].why);
	}
	h = squirrel_heap_create("said", NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(h));
	KUNIT_EXPECT_EQ(test, said(&iter, "said"), 0);
	KUNIT_EXPECT_TRUE(test, IS_ERR(squirrel_heap_create("said", NULL)));
	KUNIT_EXPECT_EQ(test, said(&iter, "'said': exists already"), 1);
	/* Too much at a time, unless nobody wants to know. */
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(h, SIZE_MAX, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, said(&iter, "'said': 18446744073709551615 bytes"), 1);
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(h, SIZE_MAX, GFP_KERNEL |
						    __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, said(&iter, "said"), 0);
	/* What was forgotten in it, by number and bytes. */
	KUNIT_EXPECT_NOT_NULL(test, squirrel_heap_alloc(h, 128, GFP_KERNEL));
	KUNIT_EXPECT_NOT_NULL(test, squirrel_heap_alloc(h, 900000, GFP_KERNEL));
	squirrel_heap_destroy(h);
	KUNIT_EXPECT_EQ(test, said(&iter, "'said': destroyed with 2 objects (900128 bytes) live"),
			1);
}

/* A cache has no memory of a zone; and it does not go with what is live. */
static void refusals_of_a_cache_are_said(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	struct kmsg_dump_iter iter;
	void *obj, *objs[2];

	sq_fixture_listen(&iter);
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL | GFP_DMA32));
	KUNIT_EXPECT_EQ(test, said(&iter, "certain zone"), 1);
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL | GFP_DMA32 |
						     __GFP_NOWARN));
	KUNIT_EXPECT_EQ(test, said(&iter, "certain zone"), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL | GFP_DMA32,
							2, objs), 0);
	KUNIT_EXPECT_EQ(test, said(&iter, "certain zone"), 1);
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, squirrel_cache_destroy(c), -EBUSY);
	KUNIT_EXPECT_EQ(test, said(&iter, "destroy refused, 1 objects (64 bytes)"),
			1);
	squirrel_cache_free(c, obj);
}

static struct squirrel_block *find_nonsense(struct squirrel_pool *pool,
					    unsigned long pages)
{
	return (struct squirrel_block *)PAGE_SIZE;
}

static struct squirrel_strategy nonsense = {
	.name = "said",
	.find = find_nonsense,
};

/* A strategy is blamed once, however often it is wrong; and each wrong is counted. */
static void strategy_is_blamed_once(struct kunit *test)
{
	const struct squirrel_heap_args args = { .strategy_name = "said" };
	struct squirrel_heap *heap;
	struct kmsg_dump_iter iter;
	unsigned int i;
	void *obj;

	KUNIT_ASSERT_EQ(test, squirrel_strategy_register(&nonsense), 0);
	sq_fixture_listen(&iter);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_register(&nonsense), -EEXIST);
	KUNIT_EXPECT_EQ(test, said(&iter, "'said': exists already"), 1);
	heap = sq_fixture_heap(test, &args);
	for (i = 0; i < 5; i++) {
		obj = squirrel_heap_alloc(heap, SQ_PAGED(9000), GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, obj);
		squirrel_heap_free(heap, obj);
	}
	KUNIT_EXPECT_GE(test, atomic_long_read(&heap->strategy_faults), 4);
	KUNIT_EXPECT_EQ(test, said(&iter, "strategy 'said': gave"), 1);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&nonsense), -EBUSY);
	KUNIT_EXPECT_EQ(test, said(&iter, "'said': not unregistered"), 1);
	sq_fixture_put_heap(test, heap);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&nonsense), 0);
	KUNIT_EXPECT_EQ(test, said(&iter, "said"), 0);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&nonsense), -ENOENT);
	KUNIT_EXPECT_EQ(test, said(&iter, "not registered"), 1);
}

static struct kunit_case said_cases[] = {
	KUNIT_CASE(bad_caches_are_told_why),
	KUNIT_CASE(bad_heaps_are_told_why),
	KUNIT_CASE(refusals_of_a_cache_are_said),
	KUNIT_CASE(strategy_is_blamed_once),
	{}
};

static struct kunit_suite said_suite = {
	.name = "squirrel_said",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = said_cases,
};

kunit_test_suites(&said_suite);
