// SPDX-License-Identifier: GPL-2.0
/*
 * Creating caches and heaps with bad arguments: the errno that is promised, and
 * nothing left behind.
 */
#include "allocator_kunit.h"

#define LONGEST	"a23456789b23456789c23456789d23456789e2345678901"
static_assert(sizeof(LONGEST) - 1 == SQUIRREL_NAME_MAX);

static void no_ctor(void *obj)
{
}

struct bad_cache {
	const char *name;
	unsigned int size;
	struct squirrel_cache_args args;
	int err;
};

static const struct bad_cache bad_caches[] = {
	{ NULL, 64, {}, -EINVAL },
	{ "", 64, {}, -EINVAL },
	{ LONGEST "x", 64, {}, -EINVAL },
	{ "a/b", 64, {}, -EINVAL },
	{ "a b", 64, {}, -EINVAL },
	{ "a\n", 64, {}, -EINVAL },
	{ "\x7f", 64, {}, -EINVAL },
	{ ".", 64, {}, -EINVAL },
	{ "..", 64, {}, -EINVAL },
	{ "bad", 0, {}, -EINVAL },
	{ "bad", SQUIRREL_MAX_SIZE + 1, {}, -E2BIG },
	{ "bad", UINT_MAX, {}, -E2BIG },
	{ "bad", 64, { .align = 3 }, -EINVAL },
	{ "bad", 64, { .align = 24 }, -EINVAL },
	{ "bad", 64, { .align = PAGE_SIZE + 1 }, -EINVAL },
	{ "bad", 64, { .align = UINT_MAX }, -EINVAL },
	{ "bad", 64, { .align = 2 * SQUIRREL_MAX_SIZE }, -EINVAL },
	{ "bad", SQUIRREL_MAX_SIZE, { .ctor = no_ctor }, -E2BIG },
	{ "bad", SQUIRREL_MAX_SIZE - sizeof(long) + 1, { .ctor = no_ctor },
	  -E2BIG },
	{ "bad", SQUIRREL_MAX_SIZE, { .flags = SQUIRREL_TYPESAFE_BY_RCU },
	  -E2BIG },
	{ "bad", 64, { .flags = SQUIRREL_CACHE_FLAGS + 1 }, -EINVAL },
	{ "bad", 64, { .flags = 0x80000000 }, -EINVAL },
	{ "bad", 64, { .flags = SQ_CACHE_CLASS }, -EINVAL },
	{ "bad", 64, { .node = -1 }, -EINVAL },
	{ "bad", 64, { .node = INT_MIN }, -EINVAL },
	{ "bad", 64, { .node = INT_MAX }, -EINVAL },
	{ "bad", 64, { .node = MAX_NUMNODES + 1 }, -EINVAL },
	{ "bad", 64, { .limit = 63 }, -EINVAL },
	{ "bad", 64, { .limit = 640, .reserve = 11 }, -EINVAL },
};

struct state {
	unsigned long caches;
	unsigned long heaps;
	unsigned long pages;
};

static struct state state_now(void)
{
	return (struct state) {
		.caches = sq_fixture_nr_caches(),
		.heaps = sq_fixture_nr_heaps(),
		.pages = sq_manager_pages_used(sq_default_heap->manager),
	};
}

static void expect_state(struct kunit *test, const struct state *before)
{
	struct state now = state_now();

	KUNIT_EXPECT_EQ(test, now.caches, before->caches);
	KUNIT_EXPECT_EQ(test, now.heaps, before->heaps);
	KUNIT_EXPECT_EQ(test, now.pages, before->pages);
}

static void bad_cache_leaves_nothing(struct kunit *test)
{
	const struct state before = state_now();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_caches); i++) {
		const struct bad_cache *bad = &bad_caches[i];
		struct squirrel_cache *c;

		c = squirrel_cache_create(bad->name, bad->size, &bad->args);
		KUNIT_EXPECT_TRUE_MSG(test, IS_ERR(c), "case %u", i);
		if (IS_ERR(c))
			KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(c), bad->err,
					    "case %u", i);
		else
			squirrel_cache_destroy(c);
	}
	expect_state(test, &before);
}

static const struct bad_cache good_caches[] = {
	{ LONGEST, 64, {}, 0 },
	{ "x", 1, {}, 0 },
	{ "~!@#$%^&*()", 64, {}, 0 },
	{ "...", 64, {}, 0 },
	{ "largest", SQUIRREL_MAX_SIZE, {}, 0 },
	{ "largest", SQUIRREL_MAX_SIZE - sizeof(long), { .ctor = no_ctor }, 0 },
	{ "aligned", 64, { .align = 2 * PAGE_SIZE }, 0 },
	{ "aligned", 64, { .align = SQUIRREL_MAX_SIZE }, 0 },
	{ "align1", 64, { .align = 1 }, 0 },
	{ "alignpage", 64, { .align = PAGE_SIZE }, 0 },
	{ "flags", 64, { .flags = SQUIRREL_CACHE_FLAGS }, 0 },
	{ "ctor", 64, { .ctor = no_ctor }, 0 },
	{ "node", 64, { .node = 1 }, 0 },
	{ "limit", 64, { .limit = 64 }, 0 },
	{ "reserve", 64, { .limit = 640, .reserve = 10 }, 0 },
};

static void good_cache_is_made(struct kunit *test)
{
	const struct state before = state_now();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good_caches); i++) {
		const struct bad_cache *good = &good_caches[i];
		struct squirrel_cache *c;
		void *obj;

		c = squirrel_cache_create(good->name, good->size, &good->args);
		KUNIT_ASSERT_FALSE_MSG(test, IS_ERR_OR_NULL(c), "%s",
				       good->name);
		KUNIT_EXPECT_EQ(test, sq_fixture_nr_caches(), before.caches + 1);
		KUNIT_EXPECT_EQ(test, squirrel_cache_size(c), good->size);
		obj = squirrel_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN);
		KUNIT_EXPECT_NOT_NULL_MSG(test, obj, "%s", good->name);
		squirrel_cache_free(c, obj);
		squirrel_cache_destroy(c);
	}
	rcu_barrier();
	expect_state(test, &before);
}

static void cache_name_is_taken_once(struct kunit *test)
{
	struct squirrel_cache *a, *b;
	struct state before;

	a = squirrel_cache_create("twice", 64, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(a));
	before = state_now();
	b = squirrel_cache_create("twice", 128, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(b), -EEXIST);
	expect_state(test, &before);
	/* A heap may be called the same. */
	KUNIT_EXPECT_FALSE(test, IS_ERR(sq_fixture_heap(test, NULL)));
	squirrel_cache_destroy(a);
	b = squirrel_cache_create("twice", 128, NULL);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(b), 0);
	squirrel_cache_destroy(b);
}

struct bad_heap {
	const char *name;
	struct squirrel_heap_args args;
	int err;
};

static const struct bad_heap bad_heaps[] = {
	{ NULL, {}, -EINVAL },
	{ "", {}, -EINVAL },
	{ LONGEST "x", {}, -EINVAL },
	{ "a/b", {}, -EINVAL },
	{ "a\tb", {}, -EINVAL },
	{ "default", {}, -EEXIST },
	{ "bad", { .strategy = SQUIRREL_BEST_FIT + 1 }, -EINVAL },
	{ "bad", { .strategy = -1 }, -EINVAL },
	{ "bad", { .limit = PAGE_SIZE - 1 }, -EINVAL },
	{ "bad", { .limit = 4 * PAGE_SIZE, .reserve = 5 * PAGE_SIZE },
	  -EINVAL },
	{ "bad", { .node = -1 }, -EINVAL },
	{ "bad", { .node = MAX_NUMNODES + 1 }, -EINVAL },
};

static void bad_heap_leaves_nothing(struct kunit *test)
{
	const struct state before = state_now();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad_heaps); i++) {
		const struct bad_heap *bad = &bad_heaps[i];
		struct squirrel_heap *heap;

		heap = squirrel_heap_create(bad->name, &bad->args);
		KUNIT_EXPECT_TRUE_MSG(test, IS_ERR(heap), "case %u", i);
		if (IS_ERR(heap))
			KUNIT_EXPECT_EQ_MSG(test, PTR_ERR(heap), bad->err,
					    "case %u", i);
		else
			squirrel_heap_destroy(heap);
	}
	expect_state(test, &before);
}

static void good_heap_is_made(struct kunit *test)
{
	static const struct bad_heap good[] = {
		{ LONGEST, {}, 0 },
		{ "first", { .strategy = SQUIRREL_FIRST_FIT }, 0 },
		{ "best", { .strategy = SQUIRREL_BEST_FIT }, 0 },
		{ "limit", { .limit = 16 * PAGE_SIZE }, 0 },
		{ "both", { .limit = 16 * PAGE_SIZE,
			    .reserve = 16 * PAGE_SIZE }, 0 },
		{ "node", { .node = 1 }, 0 },
	};
	const struct state before = state_now();
	struct squirrel_heap *heap;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		heap = squirrel_heap_create(good[i].name, &good[i].args);
		KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(heap));
		KUNIT_EXPECT_EQ(test, sq_fixture_nr_heaps(), before.heaps + 1);
		KUNIT_EXPECT_NOT_NULL(test, squirrel_heap_alloc(heap, 100,
								GFP_KERNEL));
		squirrel_heap_destroy(heap);
	}
	expect_state(test, &before);
}

static void destroy_takes_errors(struct kunit *test)
{
	const struct state before = state_now();

	squirrel_cache_destroy(NULL);
	squirrel_cache_destroy(ERR_PTR(-EINVAL));
	squirrel_heap_destroy(NULL);
	squirrel_heap_destroy(ERR_PTR(-ENOMEM));
	expect_state(test, &before);
}

static void strategies_have_names_and_numbers(struct kunit *test)
{
	static const struct {
		enum squirrel_fit id;
		const char *name;
	} all[] = {
		{ SQUIRREL_SEGREGATED_FIT, "segregated" },
		{ SQUIRREL_FIRST_FIT, "first" },
		{ SQUIRREL_BEST_FIT, "best" },
	};
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		KUNIT_EXPECT_STREQ(test, sq_strategy_name(all[i].id),
				   all[i].name);
		KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(heap, all[i].name),
				0);
		KUNIT_EXPECT_STREQ(test, heap->strategy->name, all[i].name);
	}
	KUNIT_EXPECT_NULL(test, sq_strategy_name(SQUIRREL_STRATEGY_DEFAULT));
	KUNIT_EXPECT_NULL(test, sq_strategy_name(SQUIRREL_BEST_FIT + 1));
	KUNIT_EXPECT_NULL(test, sq_strategy_name(-1));
}

static struct kunit_case args_cases[] = {
	KUNIT_CASE(bad_cache_leaves_nothing),
	KUNIT_CASE(good_cache_is_made),
	KUNIT_CASE(cache_name_is_taken_once),
	KUNIT_CASE(bad_heap_leaves_nothing),
	KUNIT_CASE(good_heap_is_made),
	KUNIT_CASE(destroy_takes_errors),
	KUNIT_CASE(strategies_have_names_and_numbers),
	{}
};

static struct kunit_suite args_suite = {
	.name = "squirrel_args",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = args_cases,
};

kunit_test_suites(&args_suite);
