// SPDX-License-Identifier: GPL-2.0
/*
 * Caches: what a client is promised.
 */
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "allocator_kunit.h"

#define MANY	300

/* ---- size, alignment, content --------------------------------------------- */

static void objects_are_aligned(struct kunit *test)
{
	static const struct { unsigned int size, align, flags, expect; } t[] = {
		{ 1, 0, 0, 8 }, { 64, 0, 0, 64 }, { 512, 0, 0, 512 },
		{ 4096, 0, 0, 4096 }, { 24, 0, 0, 8 }, { 100, 64, 0, 64 },
		{ 10, 4096, 0, 4096 }, { 600, 256, 0, 256 },
		{ 200, 0, SQUIRREL_HWCACHE_ALIGN, SMP_CACHE_BYTES },
		{ 64, 64, SQUIRREL_TYPESAFE_BY_RCU, 64 },
		{ 8192, 0, 0, 8192 }, { 16384, 0, 0, 16384 },
		{ 100, 8192, 0, 8192 }, { 9000, 8192, 0, 8192 },
		{ 16384, 32768, 0, 32768 }, { 100, 65536, 0, 65536 },
		{ 8192, 8192, SQUIRREL_TYPESAFE_BY_RCU, 8192 },
	};
	struct squirrel_cache *page = sq_fixture_cache(test, PAGE_SIZE, NULL);
	struct sq_model *pages = sq_model_new(test, 100);
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		const struct squirrel_cache_args args = {
			.align = t[i].align, .flags = t[i].flags,
		};
		struct squirrel_cache *c = sq_fixture_cache(test, t[i].size, &args);
		struct sq_model *m = sq_model_new(test, 100);

		KUNIT_EXPECT_EQ(test, squirrel_cache_size(c), t[i].size);
		for (k = 0; k < 100; k++) {
			void *obj = sq_fixture_alloc(test, c);

			KUNIT_EXPECT_EQ_MSG(test,
					    (unsigned long)obj % t[i].expect, 0,
					    "size %u", t[i].size);
			KUNIT_EXPECT_TRUE(test, sq_model_add(m, obj, t[i].size,
							     0));
			/* The next block may begin anywhere. */
			KUNIT_EXPECT_TRUE(test,
					  sq_model_add(pages, sq_fixture_alloc(test, page),
						       PAGE_SIZE, 0));
		}
		KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
		while (m->nr)
			squirrel_cache_free(c, sq_model_del(m, 0));
		while (pages->nr)
			squirrel_cache_free(page, sq_model_del(pages, 0));
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	}
}

/* As many as there is room for share a line, and none lies across two. */
static void small_objects_share_a_line(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_HWCACHE_ALIGN,
	};
	unsigned int line = cache_line_size(), size;

	for (size = 1; size <= 2 * line + 1; size++) {
		struct squirrel_cache *c = sq_fixture_cache(test, size, &args);
		unsigned int align = max_t(unsigned int, 8,
					   min_t(unsigned int, line,
						 roundup_pow_of_two(size)));

		KUNIT_EXPECT_EQ_MSG(test, c->align, align, "size %u", size);
		KUNIT_EXPECT_EQ_MSG(test, c->size, ALIGN(size, align), "size %u",
				    size);
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	}
}

static bool is_filled(const u8 *obj, u8 with, size_t size)
{
	return !memchr_inv(obj, with, size);
}

/* An object that was left dirty comes back clean, to its last byte. */
static void zalloc_clears_dirt(struct kunit *test)
{
	static const unsigned int sizes[] = {
		1, 7, 8, 9, 24, 127, 128, 129, 1000, 4096, 9000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct squirrel_cache *c = sq_fixture_cache(test, sizes[i], NULL);
		void *obj = sq_fixture_alloc(test, c), *again;

		memset(obj, 0xff, sizes[i]);
		squirrel_cache_free(c, obj);
		again = squirrel_cache_zalloc(c, GFP_KERNEL);
		KUNIT_EXPECT_PTR_EQ(test, again, obj);
		KUNIT_EXPECT_TRUE_MSG(test, is_filled(again, 0, sizes[i]),
				      "size %u", sizes[i]);
		memset(again, 0xff, sizes[i]);
		squirrel_cache_free(c, again);
		/* Bulk, fresh slabs, and the slow path. */
		KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL |
						__GFP_ZERO, 1, &again), 1);
		KUNIT_EXPECT_TRUE(test, is_filled(again, 0, sizes[i]));
		squirrel_cache_free(c, again);
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	}
}

/* If the kernel clears all allocations, so does squirrel. */
static void init_on_alloc_is_obeyed(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 200, NULL);
	void *obj, *again;

	if (!want_init_on_alloc(0) && !want_init_on_free())
		kunit_skip(test, "needs init_on_alloc=1 or init_on_free=1");
	obj = sq_fixture_alloc(test, c);
	memset(obj, 0xff, 200);
	squirrel_cache_free(c, obj);
	if (want_init_on_free())
		KUNIT_EXPECT_TRUE(test, is_filled(obj + 8, 0, 192));
	again = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_PTR_EQ(test, again, obj);
	KUNIT_EXPECT_TRUE(test, is_filled(again, 0, 200));
	squirrel_cache_free(c, again);
}

/* Many at a time as well, of which none is looked at one by one otherwise. */
static void init_of_bulks_is_obeyed(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 200, NULL);
	void *objs[20];
	unsigned int i;

	if (!want_init_on_alloc(0) && !want_init_on_free())
		kunit_skip(test, "needs init_on_alloc=1 or init_on_free=1");
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = memset(sq_fixture_alloc(test, c), 0xff, 200);
	squirrel_cache_free_bulk(c, ARRAY_SIZE(objs), objs);
	for (i = 0; i < ARRAY_SIZE(objs) && want_init_on_free(); i++)
		KUNIT_EXPECT_TRUE(test, is_filled(objs[i] + 8, 0, 192));
	KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL,
							ARRAY_SIZE(objs), objs),
			ARRAY_SIZE(objs));
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		KUNIT_EXPECT_TRUE(test, is_filled(objs[i], 0, 200));
	squirrel_cache_free_bulk(c, ARRAY_SIZE(objs), objs);
}

/* Whatever the kernel clears: a reader may still look at such an object. */
static void typesafe_object_is_not_cleared(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *c = sq_fixture_cache(test, 200, &args);
	void *obj = sq_fixture_alloc(test, c), *again;

	memset(obj, 0x5a, 200);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_TRUE(test, is_filled(obj, 0x5a, 200));
	again = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_PTR_EQ(test, again, obj);
	KUNIT_EXPECT_TRUE(test, is_filled(obj, 0x5a, 200));
	squirrel_cache_free_bulk(c, 1, &obj);
	KUNIT_EXPECT_TRUE(test, is_filled(obj, 0x5a, 200));
	/* But if its next owner says so. */
	again = squirrel_cache_zalloc(c, GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, again, obj);
	KUNIT_EXPECT_TRUE(test, is_filled(obj, 0, 200));
	squirrel_cache_free(c, again);
}

static bool ascending(void **objs, unsigned int n)
{
	unsigned int i;

	for (i = 1; i < n; i++)
		if (objs[i] < objs[i - 1])
			return false;
	return true;
}

/* A fresh slab's objects come in an order that an attacker does not know. */
static void fresh_slab_is_in_random_order(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 128, NULL);
	void *objs[30];

	if (!IS_ENABLED(CONFIG_SLAB_FREELIST_RANDOM))
		kunit_skip(test, "needs CONFIG_SLAB_FREELIST_RANDOM");
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 30,
							objs), 30);
	KUNIT_EXPECT_FALSE(test, ascending(objs, 30));
	squirrel_cache_free_bulk(c, 30, objs);
}

/* ---- constructors --------------------------------------------------------- */

static unsigned int ctor_calls;

/* Each object knows its own address. */
static void ctor(void *obj)
{
	ctor_calls++;
	memset(obj, 0x5a, 100);
	*(void **)obj = obj;
}

static bool is_constructed(void *obj)
{
	return *(void **)obj == obj && is_filled(obj + 8, 0x5a, 92);
}

static void ctor_is_called_once_per_object(struct kunit *test)
{
	const struct squirrel_cache_args args = { .ctor = ctor };
	struct squirrel_cache *c = sq_fixture_cache(test, 100, &args);
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	struct sq_node *n = sq_fixture_node(c);
	unsigned int round, i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	ctor_calls = 0;
	for (round = 0; round < 5; round++) {
		for (i = 0; i < MANY; i++) {
			objs[i] = squirrel_cache_alloc(c, GFP_KERNEL |
						       (round & 1 ? __GFP_ZERO :
							0));
			KUNIT_ASSERT_NOT_NULL(test, objs[i]);
			KUNIT_EXPECT_TRUE(test, is_constructed(objs[i]));
		}
		/* Once in each slab's life; some have come and gone. */
		KUNIT_ASSERT_EQ(test, n->nr_objs % n->nr_slabs, 0);
		KUNIT_EXPECT_EQ(test, ctor_calls, n->nr_objs / n->nr_slabs *
				atomic_long_read(&c->counts.grown));
		for (i = 0; i < MANY; i++)
			squirrel_cache_free(c, objs[i]);
		for (i = 0; i < MANY; i += 7)
			KUNIT_EXPECT_TRUE(test, is_constructed(objs[i]));
		if (round < 3)
			continue;
		squirrel_cache_shrink(c);
		KUNIT_EXPECT_EQ(test, n->nr_objs, 0);
	}
}

/* What a client leaves in an object it finds there again. */
static void constructed_objects_keep_state(struct kunit *test)
{
	const struct squirrel_cache_args args = { .ctor = ctor };
	struct squirrel_cache *c = sq_fixture_cache(test, 100, &args);
	struct sq_model *m = sq_model_new(test, MANY);
	void *fresh[100], *obj;
	unsigned int i, n = 0;

	while (m->nr < MANY)
		KUNIT_ASSERT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c),
						     100, 0));
	/* Every second one, so that each slab stays; and into the slabs. */
	for (i = 0; i < MANY; i += 2)
		squirrel_cache_free(c, (void *)m->objs[i]->addr);
	sq_fixture_drain(c, false);
	sq_depot_drain(c, true);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (n < 100 && sq_cache_live(c) < sq_fixture_node(c)->nr_objs) {
		obj = sq_fixture_alloc(test, c);
		if (!sq_model_find(m, obj))
			fresh[n++] = obj;
	}
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), MANY + n);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
	squirrel_cache_free_bulk(c, n, fresh);
}

/* ---- bulk, node ----------------------------------------------------------- */

static void bulk_is_all_or_nothing(struct kunit *test)
{
	const struct squirrel_cache_args args = { .limit = 100 * 64 };
	struct squirrel_cache *c = sq_fixture_cache(test, 64, &args);
	struct sq_model *m = sq_model_new(test, MANY);
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 0, objs),
			0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 101,
							objs), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL,
							(size_t)INT_MAX + 1,
							objs), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 100,
							objs), 100);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 100);
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, sq_model_add(m, objs[i], 64, 0));
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 1,
							objs + 100), 0);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	objs[100] = objs[50];
	objs[50] = NULL;
	squirrel_cache_free_bulk(c, 101, objs);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.nomem), 0);
}

enum odd_one {
	ODD_NULL,
	ODD_FOREIGN,
	ODD_FREE,
	ODD_ONES,
};

/*
 * Wherever in a bulk it is that nobody can free: the others go, each once. What was
 * freed by itself before has a mark only if frees are checked.
 */
static void bulk_passes_over_the_odd_one(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	unsigned int odd, n, at, i, ones;
	void *objs[9], *other;
	u64 foreign[8];

	ones = static_key_enabled(&sq_hardened) ? ODD_ONES : ODD_FREE;
	for (odd = 0; odd < ones; odd++)
		for (n = 2; n <= ARRAY_SIZE(objs); n++)
			for (at = 0; at < n; at++) {
				other = sq_fixture_alloc(test, c);
				for (i = 0; i < n; i++)
					objs[i] = sq_fixture_alloc(test, c);
				squirrel_cache_free(c, other);
				squirrel_cache_free(c, objs[at]);
				if (odd == ODD_NULL)
					objs[at] = NULL;
				else if (odd == ODD_FOREIGN)
					objs[at] = foreign;
				squirrel_cache_free_bulk(c, n, objs);
				KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test),
						odd != ODD_NULL);
				KUNIT_EXPECT_EQ_MSG(test, sq_cache_live(c), 0,
						    "%u of %u", at, n);
			}
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

/* What a bulk has freed is as free as any other. */
static void bulk_is_freed_once(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	unsigned int i, n;
	void *objs[40];

	sq_fixture_need_hardened(test);
	for (n = 2; n <= ARRAY_SIZE(objs); n++) {
		KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, n,
								objs), n);
		squirrel_cache_free_bulk(c, n, objs);
		for (i = 0; i < n; i++)
			squirrel_cache_free(c, objs[i]);
		KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), n, "%u", n);
	}
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

static void node_is_obeyed(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	int node = numa_mem_id();
	void *obj;

	obj = squirrel_cache_alloc_node(c, GFP_KERNEL, node);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, page_to_nid(virt_to_page(obj)), node);
	squirrel_cache_free(c, obj);
	obj = squirrel_cache_alloc_node(c, GFP_KERNEL | __GFP_THISNODE, node);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	squirrel_cache_free(c, obj);
	obj = squirrel_cache_alloc_node(c, GFP_KERNEL, NUMA_NO_NODE);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc_node(c, GFP_KERNEL, -2));
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc_node(c, GFP_KERNEL,
							  nr_node_ids));
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc_node(c, GFP_KERNEL,
							  INT_MAX));
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

/*
 * Who names a node is not served from the CPU's magazines: then what a new slab
 * has is not put there, for at the limit there is no other.
 */
static void node_has_all_of_a_slab(struct kunit *test)
{
	const struct squirrel_cache_args args = { .limit = 40 * 64 };
	struct squirrel_cache *c = sq_fixture_cache(test, 64, &args);
	int node = numa_mem_id();
	void *objs[40];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = squirrel_cache_alloc_node(c, GFP_KERNEL, node);
		KUNIT_EXPECT_NOT_NULL_MSG(test, objs[i], "object %u", i);
	}
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc_node(c, GFP_KERNEL, node));
	squirrel_cache_free_bulk(c, ARRAY_SIZE(objs), objs);
}

/* ---- typed ---------------------------------------------------------------- */

struct walnut {
	u64 weight;
	char shell[40];
} __aligned(32);

DEFINE_SQUIRREL_CACHE(walnut, struct walnut);

static void typed_cache_has_checked_calls(struct kunit *test)
{
	struct walnut *a, *b;

	KUNIT_ASSERT_EQ(test, walnut_cache_init(), 0);
	KUNIT_EXPECT_EQ(test, walnut_cache_init(), -EEXIST);
	KUNIT_EXPECT_EQ(test, squirrel_cache_size(walnut_cache),
			sizeof(struct walnut));
	a = walnut_alloc(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)a, 32));
	memset(a, 0xff, sizeof(*a));
	walnut_free(a);
	b = walnut_zalloc(GFP_KERNEL);
	KUNIT_EXPECT_PTR_EQ(test, a, b);
	KUNIT_EXPECT_EQ(test, b->weight, 0);
	KUNIT_EXPECT_EQ(test, b->shell[39], 0);
	/* Refused: all goes on, and it may be tried again. */
	walnut_cache_exit();
	KUNIT_ASSERT_NOT_NULL(test, walnut_cache);
	walnut_free(b);
	walnut_free(NULL);
	walnut_cache_exit();
	KUNIT_EXPECT_NULL(test, walnut_cache);
}

/* Charged pages bypass the free blocks; else it is a cache like any other. */
static void accounted_cache_works(struct kunit *test)
{
	const struct squirrel_cache_args args = { .flags = SQUIRREL_ACCOUNT };
	struct squirrel_cache *c = sq_fixture_cache(test, 100, &args);
	struct sq_model *m = sq_model_new(test, MANY);

	while (m->nr < MANY)
		KUNIT_ASSERT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c),
						     100, 0));
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, m->nr / 2));
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

static void largest_objects(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SQUIRREL_MAX_SIZE, NULL);
	struct sq_model *m = sq_model_new(test, 2);

	while (m->nr < 2)
		KUNIT_ASSERT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c),
						     SQUIRREL_MAX_SIZE, 0));
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
}

static long use_there(void *cache)
{
	void *obj = squirrel_cache_alloc(cache, GFP_KERNEL);

	squirrel_cache_free(cache, obj);
	return !obj;
}

/* A shrink reaches the magazines of the others. */
static void shrink_reaches_all_cpus(struct kunit *test)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask,
					   raw_smp_processor_id());
	struct squirrel_cache *c;

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	c = sq_fixture_cache(test, 64, NULL);
	KUNIT_EXPECT_EQ(test, work_on_cpu(cpu, use_there, c), 0);
	KUNIT_EXPECT_GT(test, sq_cache_in_magazines(c), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_in_magazines(c), 0);
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(objects_are_aligned),
	KUNIT_CASE(small_objects_share_a_line),
	KUNIT_CASE(zalloc_clears_dirt),
	KUNIT_CASE(init_on_alloc_is_obeyed),
	KUNIT_CASE(init_of_bulks_is_obeyed),
	KUNIT_CASE(typesafe_object_is_not_cleared),
	KUNIT_CASE(fresh_slab_is_in_random_order),
	KUNIT_CASE(ctor_is_called_once_per_object),
	KUNIT_CASE(constructed_objects_keep_state),
	KUNIT_CASE(bulk_is_all_or_nothing),
	KUNIT_CASE(bulk_passes_over_the_odd_one),
	KUNIT_CASE(bulk_is_freed_once),
	KUNIT_CASE(node_is_obeyed),
	KUNIT_CASE(node_has_all_of_a_slab),
	KUNIT_CASE(typed_cache_has_checked_calls),
	KUNIT_CASE(accounted_cache_works),
	KUNIT_CASE(largest_objects),
	KUNIT_CASE(shrink_reaches_all_cpus),
	{}
};

static struct kunit_suite cache_suite = {
	.name = "squirrel_cache",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = cache_cases,
};

kunit_test_suites(&cache_suite);
