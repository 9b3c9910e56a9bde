// SPDX-License-Identifier: GPL-2.0
/*
 * Misuse: each kind of bad free is reported once, changes nothing, and the
 * cache goes on without ever handing anything out twice.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "allocator_kunit.h"

/* 85 objects in a page, and 16 bytes where an 86th one would begin. */
#define SIZE	48
#define LIVE	40
#define DRAIN	700

/**
 * struct scene - where a misuse takes place
 * @test: the test
 * @c: the cache in question, with LIVE objects, all of them in @m
 * @other: another cache for objects of the same size
 * @heap: a heap
 * @heap2: another heap
 * @m: everything that is live
 * @small: a live object of @heap
 * @large: a large one
 * @gone: an object of @c that was freed
 * @bulk: for bulk calls
 */
struct scene {
	struct kunit *test;
	struct squirrel_cache *c;
	struct squirrel_cache *other;
	struct squirrel_heap *heap;
	struct squirrel_heap *heap2;
	struct sq_model *m;
	void *small;
	void *large;
	void *gone;
	void *bulk[2 * SQ_MAG_MAX + 16];
};

static void enter(struct kunit *test, struct sq_model *m, void *obj,
		  size_t size)
{
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_ASSERT_TRUE_MSG(test, sq_model_add(m, obj, size, 0),
			      "%#lx was handed out twice", (unsigned long)obj);
}

static void *any(struct scene *s)
{
	return (void *)s->m->objs[LIVE / 2]->addr;
}

static struct scene *set(struct kunit *test)
{
	struct scene *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->test = test;
	s->m = sq_model_new(test, LIVE + 3 * DRAIN + 2);
	s->c = sq_fixture_cache(test, SIZE, NULL);
	s->other = sq_fixture_cache(test, SIZE, NULL);
	s->heap = sq_fixture_heap(test, NULL);
	s->heap2 = sq_fixture_heap(test, NULL);
	for (i = 0; i < LIVE; i++)
		enter(test, s->m, sq_fixture_alloc(test, s->c), SIZE);
	s->small = squirrel_heap_alloc(s->heap, SIZE, GFP_KERNEL);
	s->large = squirrel_heap_alloc(s->heap, 5 * PAGE_SIZE, GFP_KERNEL);
	enter(test, s->m, s->small, SIZE);
	enter(test, s->m, s->large, 5 * PAGE_SIZE);
	s->gone = sq_fixture_alloc(test, s->c);
	squirrel_cache_free(s->c, s->gone);
	return s;
}

/*
 * Take far more than there is at hand: whatever is in a place where it should
 * not be comes out, and the model sees it.
 */
static void drain_all(struct kunit *test, struct scene *s)
{
	unsigned int i, others = LIVE + 2;

	KUNIT_EXPECT_TRUE(test, sq_model_intact(s->m));
	for (i = 0; i < DRAIN; i++)
		enter(test, s->m, sq_fixture_alloc(test, s->c), SIZE);
	while (s->m->nr > others)
		squirrel_cache_free(s->c, sq_model_del(s->m, others));
	for (i = 0; i < DRAIN; i++)
		enter(test, s->m, sq_fixture_alloc(test, s->other), SIZE);
	while (s->m->nr > others)
		squirrel_cache_free(s->other, sq_model_del(s->m, others));
	for (i = 0; i < DRAIN; i++)
		enter(test, s->m, squirrel_heap_alloc(s->heap, SIZE,
						      GFP_KERNEL), SIZE);
	while (s->m->nr > others)
		squirrel_heap_free(s->heap, sq_model_del(s->m, others));
}

/* sq_model_del() puts the last one in the place of the one that went. */
static void clear(struct kunit *test, struct scene *s)
{
	while (s->m->nr) {
		void *obj = sq_model_del(s->m, s->m->nr - 1);

		if (obj == s->small || obj == s->large)
			squirrel_heap_free(s->heap, obj);
		else
			squirrel_cache_free(s->c, obj);
	}
	KUNIT_EXPECT_EQ(test, s->m->damaged, 0);
	KUNIT_EXPECT_EQ(test, s->m->overlaps, 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(s->c), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(s->other), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, s->c));
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, s->other));
	sq_fixture_put_heap(test, s->heap);
	sq_fixture_put_heap(test, s->heap2);
}

/* ---- the kinds of misuse -------------------------------------------------- */

static void nothing(struct scene *s)
{
	squirrel_cache_free(s->c, NULL);
	squirrel_cache_free(s->c, ZERO_SIZE_PTR);
	squirrel_heap_free(s->heap, NULL);
	squirrel_heap_free(s->heap, ZERO_SIZE_PTR);
	squirrel_free(NULL);
	squirrel_free(ZERO_SIZE_PTR);
}

static void into_the_middle(struct scene *s)
{
	squirrel_cache_free(s->c, any(s) + 8);
}

static void by_one_byte(struct scene *s)
{
	squirrel_cache_free(s->c, any(s) + 1);
}

static void last_byte(struct scene *s)
{
	squirrel_cache_free(s->c, any(s) + SIZE - 1);
}

/* The slab's end is not an object, though it begins where one would. */
static void behind_the_last(struct scene *s)
{
	struct sq_agent *agent;

	preempt_disable();
	agent = sq_map_lookup(any(s));
	preempt_enable();
	squirrel_cache_free(s->c, (void *)sq_agent_addr(agent) +
			    sq_slab_of(agent)->nr_objs * SIZE);
}

static void second_free(struct scene *s)
{
	squirrel_cache_free(s->c, s->gone);
}

/* With others between: the object lies deep in the array. */
static void second_free_later(struct scene *s)
{
	void *a = squirrel_cache_alloc(s->other, GFP_KERNEL);
	void *objs[20];

	squirrel_cache_alloc_bulk(s->c, GFP_KERNEL, 20, objs);
	squirrel_cache_free_bulk(s->c, 20, objs);
	squirrel_cache_free(s->other, a);
	squirrel_cache_free(s->c, objs[3]);
}

static void second_free_from_slab(struct scene *s)
{
	sq_fixture_drain(s->c, false);
	squirrel_cache_free(s->c, s->gone);
}

static void second_free_from_depot(struct scene *s)
{
	struct sq_depot *d = sq_fixture_depot(s->c);
	unsigned int nr, take = min_t(u32, 2 * s->c->cpu_max + 10, ARRAY_SIZE(s->bulk));

	sq_fixture_grown(s->test, s->c);
	/* However often there was no memory for a magazine. */
	for (nr = 0; !d->full && nr < 3; nr++) {
		squirrel_cache_alloc_bulk(s->c, GFP_KERNEL, take, s->bulk);
		squirrel_cache_free_bulk(s->c, take, s->bulk);
	}
	KUNIT_ASSERT_NOT_NULL(s->test, d->full);
	squirrel_cache_free(s->c, d->full->obj[0]);
}

/* Its mark overwritten by a write after free: seen once it is in its slab. */
static void second_free_after_write(struct scene *s)
{
	sq_fixture_drain(s->c, false);
	*sq_mark_at(s->c, s->gone) = 0;
	squirrel_cache_free(s->c, s->gone);
	sq_fixture_drain(s->c, false);
	sq_set_mark(s->c, s->gone);
}

/* The same object twice among others, which are freed. */
static void second_free_bulk(struct scene *s)
{
	void *objs[6];

	squirrel_cache_alloc_bulk(s->c, GFP_KERNEL, 5, objs);
	objs[5] = objs[2];
	squirrel_cache_free_bulk(s->c, 6, objs);
}

static void wrong_cache(struct scene *s)
{
	squirrel_cache_free(s->other, any(s));
}

static void freed_to_wrong_cache(struct scene *s)
{
	squirrel_cache_free(s->other, s->gone);
}

static void cache_to_heap(struct scene *s)
{
	squirrel_heap_free(s->heap, any(s));
}

static void cache_to_default_heap(struct scene *s)
{
	squirrel_free(any(s));
}

static void heap_to_cache(struct scene *s)
{
	squirrel_cache_free(s->c, s->small);
}

static void large_to_cache(struct scene *s)
{
	squirrel_cache_free(s->c, s->large);
}

static void wrong_heap(struct scene *s)
{
	squirrel_heap_free(s->heap2, s->small);
}

static void large_to_wrong_heap(struct scene *s)
{
	squirrel_heap_free(s->heap2, s->large);
}

static void large_to_default_heap(struct scene *s)
{
	squirrel_free(s->large);
}

static void into_small(struct scene *s)
{
	squirrel_heap_free(s->heap, s->small + 8);
}

static void into_large(struct scene *s)
{
	squirrel_heap_free(s->heap, s->large + 8);
}

static void into_large_at_page(struct scene *s)
{
	squirrel_heap_free(s->heap, s->large + PAGE_SIZE);
}

static void second_free_of_small(struct scene *s)
{
	void *obj = squirrel_heap_alloc(s->heap, 100, GFP_KERNEL);

	squirrel_heap_free(s->heap, obj);
	squirrel_heap_free(s->heap, obj);
}

static void second_free_of_large(struct scene *s)
{
	void *obj = squirrel_heap_alloc(s->heap, SQ_PAGED(40000), GFP_KERNEL);

	squirrel_heap_free(s->heap, obj);
	squirrel_heap_free(s->heap, obj);
}

/* The block is not even squirrel's any more. */
static void second_free_of_returned(struct scene *s)
{
	void *obj = squirrel_heap_alloc(s->heap, SQ_PAGED(40000), GFP_KERNEL);

	squirrel_heap_free(s->heap, obj);
	squirrel_reclaim();
	squirrel_heap_free(s->heap, obj);
}

static void second_free_sensitive(struct scene *s)
{
	void *obj = squirrel_alloc(SIZE, GFP_KERNEL);

	squirrel_free_sensitive(obj);
	squirrel_free_sensitive(obj);
}

/* Not to be wiped either. */
static void sensitive_of_foreign(struct scene *s)
{
	squirrel_free_sensitive(any(s));
}

static const struct misuse {
	const char *what;
	void (*act)(struct scene *s);
	unsigned int reports;
} misuses[] = {
	{ "NULL and ZERO_SIZE_PTR", nothing, 0 },
	{ "into the middle", into_the_middle, 1 },
	{ "one byte off", by_one_byte, 1 },
	{ "last byte", last_byte, 1 },
	{ "behind the last object", behind_the_last, 1 },
	{ "second free", second_free, 1 },
	{ "second free, others between", second_free_later, 1 },
	{ "second free, object in slab", second_free_from_slab, 1 },
	{ "second free, object in depot", second_free_from_depot, 1 },
	{ "second free, mark overwritten", second_free_after_write, 1 },
	{ "second free within a bulk", second_free_bulk, 1 },
	{ "wrong cache", wrong_cache, 1 },
	{ "freed object to wrong cache", freed_to_wrong_cache, 1 },
	{ "cache's object to heap", cache_to_heap, 1 },
	{ "cache's object to default heap", cache_to_default_heap, 1 },
	{ "heap's object to cache", heap_to_cache, 1 },
	{ "large block to cache", large_to_cache, 1 },
	{ "wrong heap", wrong_heap, 1 },
	{ "large block to wrong heap", large_to_wrong_heap, 1 },
	{ "large block to default heap", large_to_default_heap, 1 },
	{ "into a heap's object", into_small, 1 },
	{ "into a large block", into_large, 1 },
	{ "into a large block at a page", into_large_at_page, 1 },
	{ "second free of heap's object", second_free_of_small, 1 },
	{ "second free of large block", second_free_of_large, 1 },
	{ "second free of returned block", second_free_of_returned, 1 },
	{ "second free by free_sensitive", second_free_sensitive, 1 },
	{ "free_sensitive of a cache's object", sensitive_of_foreign, 1 },
};

static void every_misuse_is_reported_once(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(misuses); i++) {
		struct scene *s = set(test);

		misuses[i].act(s);
		KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test),
				    misuses[i].reports, "%s", misuses[i].what);
		KUNIT_EXPECT_TRUE_MSG(test, sq_model_intact(s->m), "%s",
				      misuses[i].what);
		drain_all(test, s);
		clear(test, s);
		KUNIT_EXPECT_EQ_MSG(test, sq_allocator_check(), 0, "%s",
				    misuses[i].what);
	}
}

/* ---- foreign pointers ----------------------------------------------------- */

static u64 static_words[8];

/* By each call that frees: as many reports as calls. */
static void free_foreign(struct kunit *test, struct scene *s, void *obj,
			 const char *what)
{
	void *bulk[3] = { NULL, obj, NULL };

	squirrel_cache_free(s->c, obj);
	squirrel_cache_free_bulk(s->c, 3, bulk);
	squirrel_heap_free(s->heap, obj);
	squirrel_free(obj);
	squirrel_free_sensitive(obj);
	KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), 5, "%s: %#lx", what,
			    (unsigned long)obj);
	KUNIT_EXPECT_FALSE(test, squirrel_owns(obj));
}

static void foreign_pointers_are_left_alone(struct kunit *test)
{
	u64 on_stack[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct page *page = alloc_page(GFP_KERNEL);
	void *slab = kmalloc(64, GFP_KERNEL), *virtual = vmalloc(PAGE_SIZE);
	struct scene *s = set(test);

	KUNIT_ASSERT_TRUE(test, page && slab && virtual);
	memset(page_address(page), 0x77, PAGE_SIZE);
	memset(slab, 0x77, 64);
	memset(virtual, 0x77, PAGE_SIZE);
	memset(static_words, 0x77, sizeof(static_words));
	free_foreign(test, s, on_stack, "stack");
	free_foreign(test, s, page_address(page), "page");
	free_foreign(test, s, slab, "kmalloc");
	free_foreign(test, s, virtual, "vmalloc");
	free_foreign(test, s, static_words, "static");
	KUNIT_EXPECT_EQ(test, on_stack[0], 1);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0x77,
					   PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(slab, 0x77, 64));
	KUNIT_EXPECT_NULL(test, memchr_inv(virtual, 0x77, PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, memchr_inv(static_words, 0x77,
					   sizeof(static_words)));
	__free_page(page);
	kfree(slab);
	vfree(virtual);
	drain_all(test, s);
	clear(test, s);
}

/* Nothing there can be read, let alone freed. */
static void senseless_pointers_are_left_alone(struct kunit *test)
{
	const unsigned long bad[] = {
		17, 4096, 0xdeadbeef, 1UL << 40, TASK_SIZE - 8, PAGE_OFFSET - 8,
		ULONG_MAX, ULONG_MAX - 7, ULONG_MAX - 4095, 1UL << 63,
		(1UL << 63) - 8, (unsigned long)ERR_PTR(-ENOMEM),
		(unsigned long)squirrel_alloc,
		PAGE_OFFSET + (1UL << (SQ_MAP_LEAF_SHIFT + SQ_MAP_WINDOW_BITS)),
	};
	struct scene *s = set(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		free_foreign(test, s, (void *)bad[i], "number");
	drain_all(test, s);
	clear(test, s);
}

/* A limit makes a slab shorter than its pages: the rest are not objects. */
static void slots_beyond_the_limit_are_foreign(struct kunit *test)
{
	struct squirrel_cache_args args = { .limit = 10 * 64 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct squirrel_cache *c = sq_fixture_cache(test, 64, &args);
		struct sq_model *m = sq_model_new(test, 64);
		struct sq_agent *agent;
		void *obj;

		while ((obj = squirrel_cache_alloc(c, GFP_KERNEL)))
			KUNIT_ASSERT_TRUE(test, sq_model_add(m, obj, 64, 0));
		agent = sq_map_lookup((void *)m->objs[0]->addr);
		squirrel_cache_free(c, (void *)sq_agent_addr(agent) +
				    c->size * sq_slab_of(agent)->nr_objs);
		squirrel_cache_free(c, (void *)sq_agent_addr(agent) +
				    c->size * (PAGE_SIZE / c->size - 1));
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 2);
		KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
		KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
		while (m->nr)
			squirrel_cache_free(c, sq_model_del(m, 0));
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
		args.flags = SQUIRREL_TYPESAFE_BY_RCU;
		args.limit = 10 * 72;
	}
}

/* A second free that was taken hides a live object from the counts, not from this. */
static void destroy_sees_what_is_hidden(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	void *live = sq_fixture_alloc(test, c), *gone = sq_fixture_alloc(test, c);

	squirrel_cache_free(c, gone);
	*sq_mark_at(c, gone) = 0;
	squirrel_cache_free(c, gone);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 0);
	KUNIT_EXPECT_FALSE(test, sq_fixture_put_cache(test, c));
	KUNIT_EXPECT_TRUE(test, squirrel_owns(live));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_cache_free(c, live);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

static struct kunit_case misuse_cases[] = {
	KUNIT_CASE(every_misuse_is_reported_once),
	KUNIT_CASE(foreign_pointers_are_left_alone),
	KUNIT_CASE(senseless_pointers_are_left_alone),
	KUNIT_CASE(slots_beyond_the_limit_are_foreign),
	KUNIT_CASE(destroy_sees_what_is_hidden),
	{}
};

static struct kunit_suite misuse_suite = {
	.name = "squirrel_misuse",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init_hardened,
	.exit = sq_fixture_exit,
	.test_cases = misuse_cases,
};

kunit_test_suites(&misuse_suite);
