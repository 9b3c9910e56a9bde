// SPDX-License-Identifier: GPL-2.0
/*
 * Fill a cache, thin it out, and look at its books: what the lists, the counts
 * and the model say must agree.
 */
#include <linux/mm.h>

#include "allocator_kunit_trim.h"

/* On a heap of so many pages, all of which come back. */
void sq_trim_each_size(struct kunit *test, const char *strategy,
		       unsigned int pages, sq_trim_fn fn)
{
	static const unsigned int sizes[] = SQ_TRIM_SIZES;
	struct sq_fixture *fix = test->priv;
	struct rnd_state rnd;
	unsigned int i;

	sq_fake_seed(test, &rnd);
	sq_fixture_fake_heap(test, strategy, pages);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		fn(test, sizes[i], &rnd);
	sq_manager_trim(fix->over_fake->manager, 0, ~0UL);
	KUNIT_EXPECT_EQ(test, fix->fake.out, 0);
}

void fill_upper(struct kunit *test, struct squirrel_cache *c,
		struct sq_model *m, unsigned int nr)
{
	while (m->nr < nr)
		KUNIT_ASSERT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c),
						     c->object_size, 0));
}

/* Every free object into its slab. */
void list_part(struct squirrel_cache *c)
{
	sq_fixture_drain(c, false);
	sq_depot_drain(c, true);
}

/*
 * Free most, in runs of up to a few pages, so that also where objects are small
 * there are pages that nobody touches.
 */
void sq_trim_thin(struct squirrel_cache *c, struct sq_model *m,
		  struct rnd_state *rnd)
{
	unsigned long end = 0;
	struct rb_node *rb;
	bool keep = false;
	unsigned int i;

	for (rb = rb_first(&m->tree); rb; rb = rb_next(rb)) {
		struct sq_live *live = rb_entry(rb, struct sq_live, rb);

		if (live->addr >= end) {
			keep = !keep && !sq_fixture_random(rnd, 2);
			end = live->addr + (keep ? 1 + sq_fixture_random(rnd, 1000) :
				sq_fixture_random(rnd, 5 * PAGE_SIZE));
		}
		live->tag = keep;
	}
	for (i = m->nr; i--;)
		if (!m->objs[i]->tag)
			squirrel_cache_free(c, sq_model_del(m, i));
	list_part(c);
}

/* Pages that live objects lie in. */
unsigned long sq_trim_touched(struct sq_model *m)
{
	unsigned long pages = 0, first, last, end = 0;
	struct rb_node *rb;

	for (rb = rb_first(&m->tree); rb; rb = rb_next(rb)) {
		struct sq_live *live = rb_entry(rb, struct sq_live, rb);

		first = max(live->addr >> PAGE_SHIFT, end);
		last = (live->addr + live->size - 1) >> PAGE_SHIFT;
		if (last >= first)
			pages += last - first + 1;
		end = max(end, last + 1);
	}
	return pages;
}

/* All is free that is not live, and counted where it is. */
void sq_trim_books(struct kunit *test, struct squirrel_cache *c,
		   struct sq_model *m)
{
	struct sq_node *n = sq_fixture_node(c);
	unsigned long pages = 0, slabs = 0;
	struct sq_slab *slab;
	unsigned int i;

	for (i = 0; i < SQ_NR_FULLNESS; i++) {
		list_for_each_entry(slab, &n->lists[i], list) {
			pages += sq_agent_pages(sq_slab_agent(slab));
			slabs++;
		}
	}
	KUNIT_EXPECT_EQ(test, n->nr_pages, pages);
	KUNIT_EXPECT_EQ(test, n->nr_slabs, slabs);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), m->nr);
	KUNIT_EXPECT_EQ(test, n->nr_free + sq_depots_objs(n) + sq_fixture_nr(c) + m->nr,
			n->nr_objs);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.objs), n->nr_objs);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.grown) -
			atomic_long_read(&c->counts.released), slabs);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
}

/* After all that can be trimmed was: each page is touched by something live. */
void sq_trim_full(struct kunit *test, struct squirrel_cache *c,
		  struct sq_model *m)
{
	struct sq_node *n = sq_fixture_node(c);
	unsigned long touched = sq_trim_touched(m), pages = n->nr_pages;
	struct sq_slab *slab;

	/* Those go in another way; these may have pages behind the last object. */
	list_for_each_entry(slab, &n->lists[SQ_FULLNESS_EMPTY], list)
		pages -= sq_agent_pages(sq_slab_agent(slab));
	list_for_each_entry(slab, &n->lists[SQ_FULLNESS_FULL], list)
		pages -= sq_agent_pages(sq_slab_agent(slab)) -
			 DIV_ROUND_UP(slab->off + slab->nr_objs * c->size,
				      PAGE_SIZE);
	KUNIT_EXPECT_EQ_MSG(test, pages, touched, "size %u", c->object_size);
}
