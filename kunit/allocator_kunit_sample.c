// SPDX-License-Identifier: GPL-2.0
/*
 * Caches and heaps of which some allocations are debugged: as many as they should be, the
 * others on the hot path, and whatever is switched meanwhile.
 */
#include <linux/string.h>

#include "allocator_kunit.h"

#define SIZE	100
#define EVERY	"10"
/* Allocations after which some, but not as many as there may be, are due */
#define MANY	500U
#define DUE	(MANY / 10)

static void use_many(struct kunit *test, struct squirrel_cache *c, unsigned int nr)
{
	while (nr--)
		squirrel_cache_free(c, sq_fixture_alloc(test, c));
}

static bool on_the_hot_path(const struct squirrel_cache *c)
{
	return c->cpu >= c->hands - 1 && c->cpu <= c->hands;
}

/* How many of the next @nr allocations are debugged. */
static unsigned int debugged_of(struct kunit *test, struct squirrel_cache *c, unsigned int nr)
{
	unsigned long before = atomic_long_read(&c->twin->counts.allocs);

	use_many(test, c, nr);
	return atomic_long_read(&c->twin->counts.allocs) - before;
}

static struct squirrel_cache *sampled(struct kunit *test,
				      const struct squirrel_cache_args *args)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, args);

	use_many(test, c, 3);
	KUNIT_ASSERT_EQ(test, sq_cache_set_sample(c, EVERY), 0);
	KUNIT_ASSERT_NOT_NULL(test, c->twin);
	/* Nobody looks but these tests. */
	sq_sample_exit();
	sq_sample_look();
	debugged_of(test, c, 1);
	return c;
}

/* So many are due after so many, never more at a time than there may be, and then none. */
static void as_many_as_are_due(struct kunit *test)
{
	struct squirrel_cache *c = sampled(test, NULL);

	KUNIT_EXPECT_TRUE(test, on_the_hot_path(c));
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, MANY), 0);
	KUNIT_EXPECT_TRUE(test, sq_sample_look());
	KUNIT_EXPECT_FALSE(test, on_the_hot_path(c));
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, DUE), DUE);
	KUNIT_EXPECT_TRUE(test, on_the_hot_path(c));
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, 100 * SQ_SAMPLES), 0);
	sq_sample_look();
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, 2 * SQ_SAMPLES), SQ_SAMPLES);
	/* What was not used is not added up. */
	sq_sample_look();
	sq_sample_look();
	KUNIT_EXPECT_LE(test, debugged_of(test, c, 2 * SQ_SAMPLES), SQ_SAMPLES);
}

/* Those of before and those that are not are freed at any time, and errors are found. */
static void what_it_finds(struct kunit *test)
{
	struct squirrel_cache *c = sampled(test, NULL);
	void *plain = sq_fixture_alloc(test, c);
	u8 *obj;

	use_many(test, c, MANY);
	sq_sample_look();
	obj = sq_fixture_alloc(test, c);
	OPTIMIZER_HIDE_VAR(obj);
	obj[SIZE] = 0;
	squirrel_cache_free(c, plain);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, sq_cache_set_sample(c, "0"), 0);
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, MANY), 0);
	sq_sample_look();
	KUNIT_EXPECT_TRUE(test, on_the_hot_path(c));
	obj[-1] = 0;
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 0);
	/* It is checked for what it was filled with, as long as that is on. */
	KUNIT_EXPECT_LE(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* How many of @nr are guarded; all of them are freed again. */
static unsigned int guarded_of(struct kunit *test, struct squirrel_cache *c, unsigned int nr)
{
	void *objs[SQ_SAMPLES];
	unsigned int i, found = 0;

	for (i = 0; i < nr; i++) {
		objs[i] = sq_fixture_alloc(test, c);
		found += sq_fixture_guarded(objs[i]);
	}
	squirrel_cache_free_bulk(c, nr, objs);
	return found;
}

/* A few are ready for those that are sampled; the others are so, as they always were. */
static void are_guarded(struct kunit *test)
{
	struct squirrel_cache *c = sampled(test, NULL);
	unsigned int guarded;
	bool open = false;
	u8 *obj;

	use_many(test, c, MANY);
	sq_sample_look();
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(obj));
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "objects_guarded"), 1);
	squirrel_cache_free(c, obj);
	sq_guard_flush();
	KUNIT_EXPECT_TRUE(test, sq_guard_fault((unsigned long)obj, false, _THIS_IP_, false,
					       &open));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	use_many(test, c, 100 * SQ_SAMPLES);
	sq_sample_look();
	sq_guard_flush();
	guarded = guarded_of(test, c, SQ_SAMPLES);
	KUNIT_EXPECT_GE(test, guarded, 1);
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, 1), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Who hands pages of an object on has none guarded, if he says so. */
static void plain_ones(struct kunit *test)
{
	struct squirrel_cache *c = sampled(test, NULL);

	KUNIT_ASSERT_EQ(test, sq_cache_set_sample(c, EVERY "-G"), 0);
	use_many(test, c, MANY);
	sq_sample_look();
	KUNIT_EXPECT_EQ(test, guarded_of(test, c, DUE), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "objects_guard_missed"), 0);
	KUNIT_ASSERT_EQ(test, sq_cache_set_sample(c, EVERY), 0);
	use_many(test, c, MANY);
	sq_sample_look();
	KUNIT_EXPECT_GE(test, guarded_of(test, c, DUE), 1);
}

/* Those that are due wait for the next allocation, but frees do not go the slow way meanwhile. */
static void who_only_frees(struct kunit *test)
{
	struct squirrel_cache *c = sampled(test, NULL);
	void **objs = kunit_kcalloc(test, 4 * SQ_SAMPLES, sizeof(*objs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 4 * SQ_SAMPLES, objs),
			4 * SQ_SAMPLES);
	sq_sample_look();
	KUNIT_EXPECT_FALSE(test, on_the_hot_path(c));
	squirrel_cache_free_bulk(c, 2 * SQ_SAMPLES, objs);
	sq_sample_look();
	KUNIT_EXPECT_TRUE(test, on_the_hot_path(c));
	squirrel_cache_free_bulk(c, 2 * SQ_SAMPLES, objs + 2 * SQ_SAMPLES);
	sq_sample_look();
	KUNIT_EXPECT_TRUE(test, on_the_hot_path(c));
	sq_sample_look();
	KUNIT_EXPECT_FALSE(test, on_the_hot_path(c));
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, 10), 10);
}

/* All of it is debugged while a letter is on, and then some of it again. */
static void with_letters(struct kunit *test)
{
	struct squirrel_cache *c = sampled(test, NULL);

	use_many(test, c, MANY);
	sq_sample_look();
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, 1), 1);
	KUNIT_ASSERT_EQ(test, sq_cache_set_debug(c, "P"), 0);
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, MANY), MANY);
	sq_sample_look();
	KUNIT_EXPECT_EQ(test, debugged_of(test, c, MANY), MANY);
	KUNIT_ASSERT_EQ(test, sq_cache_set_debug(c, "-P"), 0);
	sq_sample_look();
	KUNIT_EXPECT_LE(test, debugged_of(test, c, MANY), SQ_SAMPLES);
	KUNIT_EXPECT_TRUE(test, on_the_hot_path(c));
	KUNIT_EXPECT_EQ(test, c->debug, SQ_DEBUG_SAMPLE);
	/* Somebody has written that it is to end, and waits for who looks. */
	WRITE_ONCE(c->sample, 0);
	sq_sample_look();
	KUNIT_ASSERT_EQ(test, sq_cache_set_sample(c, "0"), 0);
	KUNIT_EXPECT_EQ(test, c->debug, 0);
}

/* Bulks have their part; and a limit holds for both kinds. */
static void bulks_and_limits(struct kunit *test)
{
	const struct squirrel_cache_args args = { .limit = 40 * 104 };
	struct squirrel_cache *c = sampled(test, &args);
	void *objs[60];
	unsigned long before;

	use_many(test, c, MANY);
	sq_sample_look();
	before = atomic_long_read(&c->twin->counts.allocs);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 30, objs), 30);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->twin->counts.allocs) - before, 30);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 30, objs + 30), 0);
	squirrel_cache_free_bulk(c, 30, objs);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Each class for itself, those that come later as well; of large blocks each so manieth. */
static void of_a_heap(struct kunit *test)
{
	struct squirrel_heap *h = sq_fixture_heap(test, NULL);
	unsigned int i, large = 0;
	struct squirrel_cache *c;

	squirrel_heap_free(h, squirrel_heap_alloc(h, SIZE, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, sq_heap_set_sample(h, EVERY), 0);
	/* Nobody looks but this test, however long it takes. */
	sq_sample_exit();
	squirrel_heap_free(h, squirrel_heap_alloc(h, 2 * SIZE, GFP_KERNEL));
	for (i = 0; i < 2; i++) {
		unsigned int nr;

		c = h->made[squirrel_class_of((i + 1) * SIZE)];
		KUNIT_ASSERT_NOT_NULL(test, c);
		KUNIT_ASSERT_NOT_NULL(test, c->twin);
		for (nr = 0; nr < 1000; nr++)
			squirrel_heap_free(h, squirrel_heap_alloc(h, (i + 1) * SIZE,
								  GFP_KERNEL));
		sq_sample_look();
		for (nr = 0; nr < 1000; nr++)
			squirrel_heap_free(h, squirrel_heap_alloc(h, (i + 1) * SIZE,
								  GFP_KERNEL));
		nr = atomic_long_read(&c->twin->counts.allocs);
		KUNIT_EXPECT_GE(test, nr, SQ_SAMPLES);
		KUNIT_EXPECT_LE(test, nr, 2 * SQ_SAMPLES);
	}
	for (i = 0; i < 100; i++) {
		void *obj = squirrel_heap_alloc(h, 20000, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, obj);
		preempt_disable();
		large += !!sq_large_of(sq_map_lookup(obj))->debug;
		preempt_enable();
		squirrel_heap_free(h, obj);
	}
	KUNIT_EXPECT_EQ(test, large, 10);
	KUNIT_EXPECT_EQ(test, sq_heap_set_sample(h, "0"), 0);
	sq_fixture_put_heap(test, h);
}

/* What comes is sampled as all are. */
static void of_all(struct kunit *test)
{
	struct squirrel_cache *before = sq_fixture_cache(test, SIZE, NULL), *c;
	struct squirrel_heap *h;

	KUNIT_ASSERT_EQ(test, sq_allocator_set_sample("10"), 0);
	c = sq_fixture_cache(test, SIZE, NULL);
	h = sq_fixture_heap(test, NULL);
	KUNIT_EXPECT_EQ(test, before->sample, 10);
	KUNIT_EXPECT_EQ(test, c->sample, 10);
	KUNIT_EXPECT_EQ(test, h->sample, 10);
	KUNIT_EXPECT_EQ(test, c->debug, SQ_DEBUG_SAMPLE);
	KUNIT_ASSERT_EQ(test, sq_allocator_set_sample("0"), 0);
	KUNIT_EXPECT_EQ(test, before->debug | c->debug | h->debug, 0);
	KUNIT_EXPECT_FALSE(test, sq_sample_look());
}

static void words(struct kunit *test)
{
	static const char *const bad[] = { "", "x", "-1", "10 ", "10,x", "-G", "10-F" };
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, sq_cache_set_sample(c, bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, sq_allocator_set_sample(bad[i]), -EINVAL);
	}
	KUNIT_EXPECT_EQ(test, c->sample, 0);
	KUNIT_EXPECT_EQ(test, c->debug, 0);
	c = sq_fixture_cache(test, SQUIRREL_MAX_SIZE, NULL);
	KUNIT_EXPECT_EQ(test, sq_cache_set_sample(c, "1"), -E2BIG);
	KUNIT_EXPECT_EQ(test, c->sample, 0);
}

static struct kunit_case sample_cases[] = {
	KUNIT_CASE(as_many_as_are_due),
	KUNIT_CASE(what_it_finds),
	KUNIT_CASE(are_guarded),
	KUNIT_CASE(plain_ones),
	KUNIT_CASE(who_only_frees),
	KUNIT_CASE(with_letters),
	KUNIT_CASE(bulks_and_limits),
	KUNIT_CASE(of_a_heap),
	KUNIT_CASE(of_all),
	KUNIT_CASE(words),
	{}
};

static struct kunit_suite sample_suite = {
	.name = "squirrel-sample",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init_hardened,
	.exit = sq_fixture_exit,
	.test_cases = sample_cases,
};

kunit_test_suite(sample_suite);
