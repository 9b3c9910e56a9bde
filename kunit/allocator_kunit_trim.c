// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs that are taken apart: what is live stays what it is, what nobody touches
 * goes, and the books agree.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "allocator_kunit_trim.h"

#define MANY	1500

static const unsigned int sizes[] = SQ_TRIM_SIZES;

/* About 60 pages of objects, but enough for slabs to grow long. */
static unsigned int some(const struct squirrel_cache *c)
{
	return clamp_t(unsigned int, 60 * PAGE_SIZE / c->size, 60, MANY);
}

/* ---- pages go, objects stay ----------------------------------------------- */

static void trim_one_size(struct kunit *test, unsigned int size,
			  struct rnd_state *rnd)
{
	struct sq_fixture *fix = test->priv;
	struct squirrel_cache *c = sq_fixture_fake_cache(test, size);
	struct sq_manager *manager = fix->over_fake->manager;
	struct sq_model *m = sq_model_new(test, MANY);
	struct sq_node *n = sq_fixture_node(c);
	unsigned int round;
	unsigned long held;

	for (round = 0; round < 4; round++) {
		fill_upper(test, c, m, some(c));
		sq_trim_thin(c, m, rnd);
		held = n->nr_pages;
		sq_cache_trim(c, true);
		KUNIT_EXPECT_LE(test, n->nr_pages, held);
		KUNIT_EXPECT_EQ(test, sq_manager_pages_used(manager),
				n->nr_pages);
		sq_trim_full(test, c, m);
		sq_trim_books(test, c, m);
		/* There is nothing more to do. */
		KUNIT_EXPECT_EQ(test, sq_cache_trim(c, true), 0);
	}
	/* And with what is left one can go on. */
	fill_upper(test, c, m, some(c));
	sq_trim_books(test, c, m);
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, sq_fixture_random(rnd,
									 m->nr)));
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, n->nr_pages, 0);
	KUNIT_EXPECT_EQ(test, n->nr_objs, 0);
	sq_trim_books(test, c, m);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(manager), 0);
	sq_fixture_put_cache(test, c);
}

static void untouched_pages_go(struct kunit *test)
{
	sq_trim_each_size(test, "segregated", 2048, trim_one_size);
}

/*
 * One slab by hand. 3000 bytes, so that objects lie across pages:
 *
 *	pages    |    0    |    1    |    2    |    3    |    4    |    5    |
 *	objects  |   0  |   1  |   2  |   3  |   4   |   5  |   6  |   7   |
 */
static void parts_are_where_they_should(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 3000, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	struct sq_agent *agent, *upper;
	unsigned int nr = 0, i;
	void *base, *last;

	sq_fixture_need_hardened(test);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	do {
		KUNIT_ASSERT_LT(test, nr, MANY);
		objs[nr] = sq_fixture_alloc(test, c);
		agent = sq_map_lookup(objs[nr++]);
	} while (sq_agent_pages(agent) < 4 ||
		 sq_slab_of(agent)->nr_free || sq_fixture_nr(c));
	base = (void *)sq_agent_addr(agent);
	last = base + (sq_slab_of(agent)->nr_objs - 1) * c->size;
	/* Of all, the first and the last of this one stay. */
	for (i = 0; i < nr; i++)
		if (objs[i] != base && objs[i] != last)
			squirrel_cache_free(c, objs[i]);
	squirrel_cache_shrink(c);
	KUNIT_ASSERT_EQ(test, n->nr_slabs, 1);
	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, true), 1);
	KUNIT_EXPECT_EQ(test, n->nr_slabs, 2);
	KUNIT_EXPECT_PTR_EQ(test, sq_map_lookup(base), agent);
	KUNIT_EXPECT_EQ(test, sq_agent_pages(agent), 1);
	KUNIT_EXPECT_EQ(test, sq_slab_of(agent)->nr_objs, 1);
	KUNIT_EXPECT_EQ(test, sq_slab_of(agent)->off, 0);
	upper = sq_map_lookup(last);
	KUNIT_EXPECT_PTR_NE(test, upper, agent);
	KUNIT_EXPECT_PTR_EQ(test, sq_owner(upper), c);
	KUNIT_EXPECT_EQ(test, (unsigned long)(last - sq_slab_base(upper)) %
			c->size, 0);
	KUNIT_EXPECT_LE(test, sq_slab_of(upper)->off, c->size);
	KUNIT_EXPECT_EQ(test, sq_slab_of(upper)->nr_free + 1,
			sq_slab_of(upper)->nr_objs);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	/* Where the second began there is none now, whatever lies there. */
	*(unsigned long *)(base + c->size) = 0;
	squirrel_cache_free(c, base + c->size);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(base + c->size), 0);
	squirrel_cache_free(c, base);
	squirrel_cache_free(c, last);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

/* An object in a magazine is not in its slab: its pages stay. */
static void magazines_hold_pages(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 5000, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void *objs[60];
	unsigned long held;
	unsigned int i;

	sq_fixture_set_cap(test, c, 2);
	for (i = 0; i < 60; i++)
		objs[i] = sq_fixture_alloc(test, c);
	squirrel_cache_free_bulk(c, 60, objs);
	held = sq_fixture_loaded_nr(c);
	KUNIT_ASSERT_GT(test, held, 0);
	sq_cache_trim(c, true);
	KUNIT_EXPECT_EQ(test, sq_fixture_loaded_nr(c), held);
	for (i = 0; i < held; i++)
		KUNIT_EXPECT_TRUE(test, squirrel_owns(sq_fixture_loaded(c)->obj[i]));
	for (i = 0; i < 60; i++)
		objs[i] = sq_fixture_alloc(test, c);
	squirrel_cache_free_bulk(c, 60, objs);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, n->nr_pages, 0);
}

/* ---- misuse is still seen ------------------------------------------------- */

/* Second frees, whether the object is still there or went with its page. */
static void second_free_is_seen(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int k, i, gone;

	sq_fixture_need_hardened(test);
	sq_fake_seed(test, &rnd);
	for (k = 0; k < ARRAY_SIZE(sizes); k++) {
		struct squirrel_cache *c = sq_fixture_cache(test, sizes[k], NULL);
		struct sq_model *m = sq_model_new(test, MANY);
		void **was = kunit_kcalloc(test, MANY, sizeof(*was),
					   GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, was);
		fill_upper(test, c, m, some(c));
		for (i = 0; i < m->nr; i++)
			was[i] = (void *)m->objs[i]->addr;
		gone = m->nr;
		sq_trim_thin(c, m, &rnd);
		sq_cache_trim(c, true);
		for (i = 0; i < gone; i++)
			if (!sq_model_find(m, was[i]))
				squirrel_cache_free(c, was[i]);
		KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), gone - m->nr,
				    "size %u", sizes[k]);
		sq_trim_books(test, c, m);
		/* Twice in a row, in every part. */
		while (m->nr) {
			void *obj = sq_model_del(m, 0);

			squirrel_cache_free(c, obj);
			squirrel_cache_free(c, obj);
			KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), 1,
					    "size %u", sizes[k]);
		}
		sq_trim_books(test, c, m);
		sq_fixture_put_cache(test, c);
	}
}

/* A pointer is the start of an object, or it is not: in every part. */
static void middle_is_seen(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int k, i, off;

	sq_fixture_need_hardened(test);
	sq_fake_seed(test, &rnd);
	for (k = 0; k < ARRAY_SIZE(sizes); k++) {
		struct squirrel_cache *c = sq_fixture_cache(test, sizes[k], NULL);
		struct sq_model *m = sq_model_new(test, MANY);

		fill_upper(test, c, m, some(c));
		sq_trim_thin(c, m, &rnd);
		sq_cache_trim(c, true);
		for (i = 0; i < m->nr; i++) {
			void *obj = (void *)m->objs[i]->addr;

			off = 1 + sq_fixture_random(&rnd, max(sizes[k] - 1, 1U));
			KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj),
					sizes[k]);
			KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj + off),
					0);
			KUNIT_EXPECT_TRUE(test, squirrel_owns(obj));
			squirrel_cache_free(c, obj + off);
			KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), 1,
					    "size %u + %u", sizes[k], off);
		}
		sq_trim_books(test, c, m);
		while (m->nr)
			squirrel_cache_free(c, sq_model_del(m, 0));
		sq_fixture_put_cache(test, c);
	}
}

/* ---- when it is done ------------------------------------------------------ */

/* What the reclaimer does on the way takes two looks that find the same. */
static void second_look_trims(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 5000, NULL);
	struct sq_model *m = sq_model_new(test, MANY);
	struct sq_node *n = sq_fixture_node(c);
	unsigned long held;
	struct rnd_state rnd;
	unsigned int i;

	sq_fake_seed(test, &rnd);
	fill_upper(test, c, m, 300);
	sq_trim_thin(c, m, &rnd);
	held = n->nr_pages;
	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, false), 0);
	/* One more goes of each slab that was seen. */
	for (i = m->nr; i--;) {
		struct sq_slab *slab;

		slab = sq_slab_of(sq_map_lookup((void *)m->objs[i]->addr));
		if (!(slab->flags & SQ_SLAB_SEEN))
			continue;
		squirrel_cache_free(c, sq_model_del(m, i));
		list_part(c);
	}
	squirrel_cache_shrink(c);
	KUNIT_EXPECT_LE(test, n->nr_pages, held);
	held = n->nr_pages;
	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, false), 0);
	KUNIT_EXPECT_EQ(test, n->nr_pages, held);
	KUNIT_EXPECT_GT(test, sq_cache_trim(c, false), 0);
	KUNIT_EXPECT_LT(test, n->nr_pages, held);
	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, false), 0);
	sq_trim_books(test, c, m);
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
}

/*
 * The cache's one slab, of at least @pages, with nothing out of it but its
 * @keep-th object, which is returned.
 */
static void *one_slab(struct kunit *test, struct squirrel_cache *c,
		      unsigned int pages, unsigned int keep)
{
	unsigned int nr = 0, most = 3 * MANY;
	struct sq_agent *agent;
	void **objs, *stays;

	objs = kunit_kcalloc(test, most, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	do {
		KUNIT_ASSERT_LT(test, nr, most);
		objs[nr] = sq_fixture_alloc(test, c);
		agent = sq_map_lookup(objs[nr++]);
	} while (sq_agent_pages(agent) < pages ||
		 sq_slab_of(agent)->nr_free || sq_fixture_nr(c));
	stays = (void *)sq_slab_base(agent) + keep * c->size;
	while (nr--)
		if (objs[nr] != stays)
			squirrel_cache_free(c, objs[nr]);
	list_part(c);
	squirrel_cache_shrink(c);
	KUNIT_ASSERT_EQ(test, sq_fixture_node(c)->nr_slabs, 1);
	kunit_kfree(test, objs);
	return stays;
}

/*
 * Wherever in its slab the one is that stays: its pages stay with it. In three
 * pages there are just two words of bits.
 */
static void any_object_keeps_its_pages(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 96, NULL);
	struct sq_node *n = sq_fixture_node(c);
	unsigned int keep, nr = 6 * PAGE_SIZE / 96;

	for (keep = 0; keep < nr; keep += 5) {
		unsigned long first, last;
		void *obj = one_slab(test, c, 6, keep);

		KUNIT_ASSERT_EQ(test, n->nr_objs, nr);
		first = (unsigned long)obj >> PAGE_SHIFT;
		last = ((unsigned long)obj + 95) >> PAGE_SHIFT;
		sq_cache_trim(c, true);
		KUNIT_EXPECT_EQ_MSG(test, n->nr_pages, last - first + 1,
				    "object %u", keep);
		KUNIT_EXPECT_EQ(test, n->nr_free + 1, n->nr_objs);
		KUNIT_EXPECT_TRUE(test, squirrel_owns(obj));
		KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
		squirrel_cache_free(c, obj);
		KUNIT_ASSERT_EQ(test, squirrel_cache_shrink(c), 0);
	}
}

/* An object that ends with its page does not touch the next. */
static void page_behind_an_object_goes(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 512, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void *obj = one_slab(test, c, 4, 2 * PAGE_SIZE / 512 - 1);

	KUNIT_EXPECT_EQ(test, ((unsigned long)obj + 512) % PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, true), 2);
	KUNIT_EXPECT_EQ(test, n->nr_pages, 1);
	KUNIT_EXPECT_EQ(test, n->nr_objs, PAGE_SIZE / 512);
	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, true), 0);
	squirrel_cache_free(c, obj);
}

/* What was taken from since the last look is seen anew. */
static void slab_in_use_is_not_trimmed(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 5000, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void *obj = one_slab(test, c, 8, 0), *more;
	unsigned long pages = n->nr_pages;

	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, false), 0);
	/* One, and no other comes back. */
	sq_fixture_set_cap(test, c, 2);
	more = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_trim(c, false), 0);
	KUNIT_EXPECT_EQ(test, n->nr_pages, pages);
	KUNIT_EXPECT_GT(test, sq_cache_trim(c, false), 0);
	KUNIT_EXPECT_LT(test, n->nr_pages, pages);
	squirrel_cache_free(c, more);
	squirrel_cache_free(c, obj);
}

/* Objects that shall be at hand are, however little they are used. */
static void reserve_is_not_trimmed(struct kunit *test)
{
	static const unsigned int reserves[] = { 1, 20, 150, 250, 299, 1000 };
	struct rnd_state rnd;
	unsigned int i, held;

	sq_fake_seed(test, &rnd);
	for (i = 0; i < ARRAY_SIZE(reserves); i++) {
		const struct squirrel_cache_args args = {
			.reserve = reserves[i],
		};
		struct squirrel_cache *c = sq_fixture_cache(test, 3000, &args);
		struct sq_model *m = sq_model_new(test, MANY);
		struct sq_node *n = sq_fixture_node(c);

		fill_upper(test, c, m, 300);
		sq_trim_thin(c, m, &rnd);
		held = n->nr_free;
		sq_cache_trim(c, true);
		KUNIT_EXPECT_GE(test, n->nr_free, min(held, reserves[i]));
		KUNIT_EXPECT_LE(test, n->nr_free, held);
		sq_trim_books(test, c, m);
		while (m->nr)
			squirrel_cache_free(c, sq_model_del(m, 0));
		squirrel_cache_shrink(c);
		sq_cache_trim(c, true);
		KUNIT_EXPECT_GE(test, n->nr_free, reserves[i]);
		sq_fixture_put_cache(test, c);
	}
}

/* ---- kinds of caches ------------------------------------------------------ */

static unsigned int ctor_calls;

static void ctor(void *obj)
{
	ctor_calls++;
	memset(obj, 0x5a, 2500);
	*(void **)obj = obj;
}

static bool is_constructed(void *obj)
{
	return *(void **)obj == obj &&
	       !memchr_inv(obj + 8, 0x5a, 2500 - 8);
}

/* Nothing is constructed again, and what stayed is as it was. */
static void constructed_objects_stay(struct kunit *test)
{
	const struct squirrel_cache_args args = { .ctor = ctor };
	struct squirrel_cache *c = sq_fixture_cache(test, 2500, &args);
	struct sq_node *n = sq_fixture_node(c);
	void **objs = kunit_kcalloc(test, 400, sizeof(*objs), GFP_KERNEL);
	unsigned int calls, i, k;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	sq_fake_seed(test, &rnd);
	for (i = 0; i < 400; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0, k = 0; i < 400; i++) {
		if (sq_fixture_random(&rnd, 10))
			squirrel_cache_free(c, objs[i]);
		else
			objs[k++] = objs[i];
	}
	list_part(c);
	calls = ctor_calls;
	KUNIT_EXPECT_GT(test, sq_cache_trim(c, true), 0);
	for (i = 0; i < k; i++)
		KUNIT_EXPECT_TRUE(test, is_constructed(objs[i]));
	while (n->nr_free || sq_fixture_nr(c)) {
		objs[k] = sq_fixture_alloc(test, c);
		KUNIT_EXPECT_TRUE(test, is_constructed(objs[k]));
		k++;
	}
	KUNIT_EXPECT_EQ(test, ctor_calls, calls);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), n->nr_objs);
	squirrel_cache_free_bulk(c, k, objs);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

struct sq_pages_of {
	const struct squirrel_heap *heap;
	unsigned long pages;
};

static void sq_add_pages(struct squirrel_cache *c, void *ctx)
{
	struct sq_pages_of *of = ctx;
	int nid;

	if (c->heap != of->heap)
		return;
	for_each_node(nid)
		of->pages += c->node[nid]->nr_pages;
}

/* Pages in use that are in no slab's books. */
static long sq_pages_nowhere(const struct squirrel_heap *heap)
{
	struct sq_pages_of of = { .heap = heap };

	sq_walk_caches(sq_add_pages, &of);
	return sq_manager_pages_used(heap->manager) - of.pages;
}

/* A reader finds a freed object where it was until it leaves its section. */
static void typesafe_pages_outlive_readers(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *c = sq_fixture_cache(test, 5000, &args);
	struct sq_model *m = sq_model_new(test, MANY);
	unsigned long **was, held, expect;
	struct sq_node *n = sq_fixture_node(c);
	struct rnd_state rnd;
	unsigned int i;
	long nowhere;

	was = kunit_kcalloc(test, 200, sizeof(*was), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, was);
	sq_fake_seed(test, &rnd);
	nowhere = sq_pages_nowhere(c->heap);
	fill_upper(test, c, m, 200);
	for (i = 0; i < 200; i++)
		was[i] = (unsigned long *)m->objs[i]->addr;
	rcu_read_lock();
	expect = *was[0];
	sq_trim_thin(c, m, &rnd);
	held = n->nr_pages;
	KUNIT_EXPECT_GT(test, sq_cache_trim(c, true), 0);
	KUNIT_EXPECT_LT(test, n->nr_pages, held);
	KUNIT_EXPECT_GE(test, sq_pages_nowhere(c->heap) - nowhere,
			(long)(held - n->nr_pages));
	for (i = 0; i < 200; i++)
		KUNIT_EXPECT_TRUE(test, squirrel_owns(was[i]));
	KUNIT_EXPECT_EQ(test, *was[0], expect);
	rcu_read_unlock();
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, sq_pages_nowhere(c->heap), nowhere);
	sq_trim_books(test, c, m);
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
}

/* The last slab has fewer objects than fit: pages without any go as well. */
static void limit_stays_exact(struct kunit *test)
{
	struct squirrel_cache_args args = {};
	unsigned int nr, i;

	for (nr = 1; nr < 60; nr += 1 + nr / 4) {
		struct sq_model *m = sq_model_new(test, nr);
		struct squirrel_cache *c;
		void *over;

		args.limit = nr * 3000;
		c = sq_fixture_cache(test, 3000, &args);
		for (i = 0; i < 3; i++) {
			fill_upper(test, c, m, nr);
			over = squirrel_cache_alloc(c, GFP_KERNEL);
			KUNIT_EXPECT_NULL(test, over);
			while (m->nr > 1)
				squirrel_cache_free(c, sq_model_del(m, i %
								    m->nr));
			list_part(c);
			sq_cache_trim(c, true);
			sq_trim_full(test, c, m);
			sq_trim_books(test, c, m);
		}
		squirrel_cache_free(c, sq_model_del(m, 0));
		sq_fixture_put_cache(test, c);
	}
}

/* Charged pages go straight back; the default heap is pinned by each slab. */
static void accounted_pages_and_pins(struct kunit *test)
{
	const struct squirrel_cache_args args = { .flags = SQUIRREL_ACCOUNT };
	struct squirrel_cache *c = sq_fixture_cache(test, 3000, &args);
	struct sq_model *m = sq_model_new(test, MANY);
	struct sq_node *n = sq_fixture_node(c);
	long pinned = atomic_long_read(&c->heap->pinned);
	struct rnd_state rnd;
	unsigned int i;

	sq_fake_seed(test, &rnd);
	for (i = 0; i < 3; i++) {
		fill_upper(test, c, m, 300);
		sq_trim_thin(c, m, &rnd);
		/* Others have slabs as well. */
		pinned = atomic_long_read(&c->heap->pinned) - n->nr_slabs;
		KUNIT_EXPECT_GT(test, sq_cache_trim(c, true), 0);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&c->heap->pinned),
				pinned + n->nr_slabs);
		sq_trim_full(test, c, m);
		sq_trim_books(test, c, m);
	}
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->heap->pinned), pinned);
}

static struct kunit_case trim_cases[] = {
	KUNIT_CASE(untouched_pages_go),
	SQ_CASE_4K(parts_are_where_they_should),
	KUNIT_CASE(magazines_hold_pages),
	KUNIT_CASE(second_free_is_seen),
	KUNIT_CASE(middle_is_seen),
	SQ_CASE_4K(second_look_trims),
	SQ_CASE_4K(any_object_keeps_its_pages),
	SQ_CASE_4K(page_behind_an_object_goes),
	KUNIT_CASE(slab_in_use_is_not_trimmed),
	KUNIT_CASE(reserve_is_not_trimmed),
	SQ_CASE_4K(constructed_objects_stay),
	SQ_CASE_4K(typesafe_pages_outlive_readers),
	KUNIT_CASE(limit_stays_exact),
	SQ_CASE_4K(accounted_pages_and_pins),
	{}
};

static struct kunit_suite trim_suite = {
	.name = "squirrel_trim_slabs",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = trim_cases,
};

kunit_test_suites(&trim_suite);
