// SPDX-License-Identifier: GPL-2.0
/*
 * Property tests: 100,000 random operations on caches and on a heap, against
 * the model, with the invariant check along the way. The seed is a constant,
 * so a failure comes again; SQ_SEED changes it.
 *
 * First: that the invariant check sees what is planted.
 */
#include <linux/sched.h>

#include "allocator_kunit.h"

#define OPS	100000
#define MOST	2000
#define BULK	100

/* ---- the checker ---------------------------------------------------------- */

static struct sq_slab *first_slab(struct squirrel_cache *c)
{
	struct sq_node *n = sq_fixture_node(c);
	unsigned int i;

	for (i = 0; i < SQ_NR_FULLNESS; i++)
		if (!list_empty(&n->lists[i]))
			return list_first_entry(&n->lists[i], struct sq_slab,
						list);
	return NULL;
}

/* Flip a bit, expect that it is seen, and take it back. */
static void plant(struct kunit *test, void *at, const char *what)
{
	*(u8 *)at ^= 1;
	KUNIT_EXPECT_GT_MSG(test, sq_allocator_check(), 0, "%s", what);
	*(u8 *)at ^= 1;
	KUNIT_EXPECT_EQ_MSG(test, sq_allocator_check(), 0, "%s", what);
}

static void check_sees_planted_defects(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void *obj = sq_fixture_alloc(test, c);
	struct sq_slab *slab = first_slab(c);

	KUNIT_ASSERT_NOT_NULL(test, slab);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	plant(test, &slab->free[0], "bit of an object");
	plant(test, &slab->free[4], "bit of no object");
	plant(test, &slab->nr_free, "slab's free objects");
	plant(test, &slab->nr_objs, "slab's objects");
	plant(test, &slab->fullness, "slab's list");
	plant(test, &n->nr_free, "node's free objects");
	plant(test, &n->nr_slabs, "node's slabs");
	plant(test, &n->nr_objs, "node's objects");
	plant(test, &sq_slab_agent(slab)->owner, "slab's owner");
	squirrel_cache_free(c, obj);
}

/* ---- caches --------------------------------------------------------------- */

static void fill_words(void *obj)
{
	memset(obj, 0x3c, 120);
}

/* Odd, constructed, aligned, with an RCU grace period, with a limit. */
static const struct {
	unsigned int size;
	struct squirrel_cache_args args;
} cache_kinds[] = {
	{ 20, {} },
	{ 120, { .ctor = fill_words } },
	{ 700, { .align = 128, .limit = 300 * 768 } },
	{ 64, { .flags = SQUIRREL_TYPESAFE_BY_RCU, .reserve = 100 } },
	{ 3000, {} },
};

#define KINDS	ARRAY_SIZE(cache_kinds)

/**
 * struct cache_run - a run over some caches
 * @test: the test
 * @c: the caches; an object's tag is the index of its cache
 * @m: what is live
 * @rnd: what comes next
 * @bulk: for bulk calls
 * @misses: allocations that found nothing
 */
struct cache_run {
	struct kunit *test;
	struct squirrel_cache *c[KINDS];
	struct sq_model *m;
	struct rnd_state rnd;
	void *bulk[BULK];
	unsigned long misses;
};

static void run_alloc(struct cache_run *r)
{
	u32 kind = sq_fixture_random(&r->rnd, KINDS);
	void *obj;

	if (r->m->nr == MOST)
		return;
	obj = squirrel_cache_alloc(r->c[kind], GFP_KERNEL);
	if (obj)
		sq_model_add(r->m, obj, cache_kinds[kind].size, kind);
	else
		r->misses++;
}

static void run_free(struct cache_run *r)
{
	unsigned int index;
	u32 kind;

	if (!r->m->nr)
		return;
	index = sq_fixture_random(&r->rnd, r->m->nr);
	kind = r->m->objs[index]->tag;
	squirrel_cache_free(r->c[kind], sq_model_del(r->m, index));
}

static void run_bulk_alloc(struct cache_run *r)
{
	u32 kind = sq_fixture_random(&r->rnd, KINDS);
	u32 n = 1 + sq_fixture_random(&r->rnd, BULK), i;

	if (r->m->nr + n > MOST)
		return;
	if (!squirrel_cache_alloc_bulk(r->c[kind], GFP_KERNEL, n, r->bulk)) {
		r->misses++;
		return;
	}
	for (i = 0; i < n; i++)
		sq_model_add(r->m, r->bulk[i], cache_kinds[kind].size, kind);
}

static void run_bulk_free(struct cache_run *r)
{
	u32 kind = sq_fixture_random(&r->rnd, KINDS), n = 0, i;

	for (i = r->m->nr; i-- && n < BULK;)
		if (r->m->objs[i]->tag == kind)
			r->bulk[n++] = sq_model_del(r->m, i);
	squirrel_cache_free_bulk(r->c[kind], n, r->bulk);
}

/* What else happens to a cache; rarely, and reclaim more rarely. */
static void run_event(struct cache_run *r)
{
	struct squirrel_cache *c = r->c[sq_fixture_random(&r->rnd, KINDS)];
	struct sq_reclaim_work work = {};

	switch (sq_fixture_random(&r->rnd, 8)) {
	case 0:
	case 1:
		sq_fixture_drain(c, false);
		break;
	case 2:
		sq_allocator_drain_local(true, &work);
		break;
	case 3:
		sq_depot_drain(c, false);
		break;
	case 4:
		sq_allocator_release_slabs(false, &work);
		break;
	case 5:
		squirrel_cache_shrink(c);
		break;
	case 6:
		sq_fixture_set_busy(c, true);
		run_alloc(r);
		run_free(r);
		sq_fixture_set_busy(c, false);
		break;
	case 7:
		if (!sq_fixture_random(&r->rnd, 10))
			squirrel_reclaim();
		break;
	}
}

/* The mix leans to allocating, then to freeing, in turns. */
static void run_op(struct cache_run *r, unsigned int op)
{
	unsigned int lean = op / 4000 % 2 ? 40 : 56;
	u32 dice = sq_fixture_random(&r->rnd, 1000);

	if (dice < 10)
		run_event(r);
	else if (dice < 15)
		run_bulk_alloc(r);
	else if (dice < 20)
		run_bulk_free(r);
	else if (dice < 10 * lean)
		run_alloc(r);
	else
		run_free(r);
}

static void expect_live(struct cache_run *r)
{
	unsigned long live[KINDS] = {};
	unsigned int i;

	for (i = 0; i < r->m->nr; i++)
		live[r->m->objs[i]->tag]++;
	for (i = 0; i < KINDS; i++)
		KUNIT_EXPECT_EQ(r->test, sq_cache_live(r->c[i]), live[i]);
}

static void caches_behave_like_the_model(struct kunit *test)
{
	struct cache_run *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->test = test;
	r->m = sq_model_new(test, MOST);
	for (i = 0; i < KINDS; i++)
		r->c[i] = sq_fixture_cache(test, cache_kinds[i].size,
					   &cache_kinds[i].args);
	prandom_seed_state(&r->rnd, SQ_FIXTURE_SEED);
	kunit_info(test, "seed %u, %u operations\n", SQ_FIXTURE_SEED, OPS);
	for (i = 1; i <= OPS; i++) {
		run_op(r, i);
		if (i % 1000)
			continue;
		KUNIT_ASSERT_EQ_MSG(test, sq_allocator_check(), 0, "op %u", i);
		KUNIT_ASSERT_EQ_MSG(test, r->m->overlaps, 0, "op %u", i);
		KUNIT_ASSERT_EQ_MSG(test, r->m->damaged, 0, "op %u", i);
		expect_live(r);
		cond_resched();
	}
	KUNIT_EXPECT_TRUE(test, sq_model_intact(r->m));
	kunit_info(test, "%u ids, %u live at the end, %lu misses\n",
		   r->m->next_id, r->m->nr, r->misses);
	while (r->m->nr)
		run_free(r);
	KUNIT_EXPECT_EQ(test, r->m->damaged, 0);
}

/* ---- heap ----------------------------------------------------------------- */

/**
 * struct heap_run - a run over a heap
 * @heap: the heap
 * @m: what is live
 * @rnd: what comes next
 * @misses: allocations that found nothing
 */
struct heap_run {
	struct squirrel_heap *heap;
	struct sq_model *m;
	struct rnd_state rnd;
	unsigned long misses;
};

/* Mostly small; one in 64 is large, and one in 1024 very. */
static size_t some_size(struct rnd_state *rnd)
{
	u32 dice = sq_fixture_random(rnd, 1024);

	if (!dice)
		return 1 + sq_fixture_random(rnd, 1U << 20);
	if (dice < 16)
		return 8193 + sq_fixture_random(rnd, 60000);
	return 1 + sq_fixture_random(rnd, 16U << sq_fixture_random(rnd, 10));
}

static void heap_alloc(struct heap_run *r)
{
	size_t size = some_size(&r->rnd);
	gfp_t zero = sq_fixture_random(&r->rnd, 4) ? 0 : __GFP_ZERO;
	void *obj;

	if (r->m->nr == MOST)
		return;
	obj = squirrel_heap_alloc(r->heap, size, GFP_KERNEL | zero);
	if (!obj) {
		r->misses++;
		return;
	}
	if (zero && memchr_inv(obj, 0, min_t(size_t, size, 8192)))
		r->m->damaged++;
	if (squirrel_usable_size(obj) < size)
		r->m->damaged++;
	sq_model_add(r->m, obj, size, 0);
}

static void heap_free(struct heap_run *r)
{
	if (!r->m->nr)
		return;
	squirrel_heap_free(r->heap,
			   sq_model_del(r->m, sq_fixture_random(&r->rnd,
								r->m->nr)));
}

static void heap_realloc(struct heap_run *r)
{
	size_t size = some_size(&r->rnd);
	unsigned int index;
	void *obj;

	if (!r->m->nr)
		return;
	index = sq_fixture_random(&r->rnd, r->m->nr);
	obj = squirrel_heap_realloc(r->heap, (void *)r->m->objs[index]->addr,
				    size, GFP_KERNEL);
	if (obj)
		sq_model_resize(r->m, index, obj, size);
	else
		r->misses++;
}

static void heap_event(struct heap_run *r)
{
	static const char * const names[] = { "first", "best", "segregated" };
	struct sq_reclaim_work work = {};

	switch (sq_fixture_random(&r->rnd, 6)) {
	case 0:
		sq_heap_set_strategy(r->heap, names[sq_fixture_random(&r->rnd, 3)]);
		break;
	case 1:
		sq_allocator_drain_local(false, &work);
		break;
	case 2:
		sq_allocator_drain_depots(false, &work);
		break;
	case 3:
		sq_allocator_release_slabs(true, &work);
		break;
	case 4:
		sq_allocator_coalesce(50, &work);
		break;
	case 5:
		if (!sq_fixture_random(&r->rnd, 10))
			squirrel_reclaim();
		else
			sq_allocator_give_back(64, 200, 0, &work);
		break;
	}
}

static void heap_op(struct heap_run *r, unsigned int op)
{
	unsigned int lean = op / 4000 % 2 ? 40 : 56;
	u32 dice = sq_fixture_random(&r->rnd, 1000);

	if (dice < 10)
		heap_event(r);
	else if (dice < 50)
		heap_realloc(r);
	else if (dice < 10 * lean)
		heap_alloc(r);
	else
		heap_free(r);
}

static void heap_run(struct kunit *test, struct heap_run *r, u32 seed)
{
	unsigned int i;

	r->m = sq_model_new(test, MOST);
	prandom_seed_state(&r->rnd, seed);
	kunit_info(test, "seed %u, %u operations\n", seed, OPS);
	for (i = 1; i <= OPS; i++) {
		heap_op(r, i);
		if (i % 1000)
			continue;
		KUNIT_ASSERT_EQ_MSG(test, sq_allocator_check(), 0, "op %u", i);
		KUNIT_ASSERT_EQ_MSG(test, r->m->overlaps, 0, "op %u", i);
		KUNIT_ASSERT_EQ_MSG(test, r->m->damaged, 0, "op %u", i);
		cond_resched();
	}
	KUNIT_EXPECT_TRUE(test, sq_model_intact(r->m));
	kunit_info(test, "%u ids, %u live at the end, %lu misses\n",
		   r->m->next_id, r->m->nr, r->misses);
	while (r->m->nr)
		heap_free(r);
	KUNIT_EXPECT_EQ(test, r->m->damaged, 0);
}

static void heap_behaves_like_the_model(struct kunit *test)
{
	struct heap_run *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->heap = sq_fixture_heap(test, NULL);
	heap_run(test, r, SQ_FIXTURE_SEED);
	KUNIT_EXPECT_EQ(test, r->misses, 0);
}

/*
 * The same over a source that is small, so that often nothing is to be had,
 * and that notices every page put twice or written to after it was put.
 */
static void scarce_heap_behaves_like_the_model(struct kunit *test)
{
	struct heap_run *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	struct sq_fixture *fix = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, r);
	r->heap = sq_fixture_fake_heap(test, "segregated", 1024);
	fix->fake.budget = 400;
	heap_run(test, r, SQ_FIXTURE_SEED + 1);
	KUNIT_EXPECT_GT(test, r->misses, 0);
	squirrel_reclaim();
	KUNIT_EXPECT_EQ(test, fix->fake.out, 0);
}

static struct kunit_case property_cases[] = {
	KUNIT_CASE(check_sees_planted_defects),
	KUNIT_CASE(caches_behave_like_the_model),
	KUNIT_CASE(heap_behaves_like_the_model),
	SQ_CASE_4K(scarce_heap_behaves_like_the_model),
	{}
};

static struct kunit_suite property_suite = {
	.name = "squirrel_allocator_property",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = property_cases,
};

kunit_test_suites(&property_suite);
