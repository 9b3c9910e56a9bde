// SPDX-License-Identifier: GPL-2.0
/*
 * Marks: each free object has its own, wherever it is or is on its way to, and
 * no live one has. What one of them tells of others. And what destroy makes of
 * a second free that was taken all the same.
 */
#include "allocator_kunit.h"

#define SIZE	48
#define MANY	(2 * SQ_MAG_MAX + 16)
#define SOME	20

static void fill(void *obj)
{
	memset(obj, 0x5a, SIZE);
}

/* The mark within the object, and behind it. */
static const struct squirrel_cache_args kinds[] = {
	{ },
	{ .ctor = fill },
	{ .flags = SQUIRREL_TYPESAFE_BY_RCU },
};

/* A cache with magazines in its depot; all objects are free. */
static struct squirrel_cache *with_depot(struct kunit *test, unsigned int kind)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, &kinds[kind]);
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	unsigned int tries;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	sq_fixture_grown(test, c);
	sq_fixture_keep(c);
	/* There may be no magazine for the first ones; then some are made. */
	for (tries = 0; !sq_fixture_depot(c)->full && tries < 3; tries++) {
		KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL,
								MANY, objs),
				MANY);
		squirrel_cache_free_bulk(c, MANY, objs);
	}
	KUNIT_ASSERT_NOT_NULL(test, sq_fixture_depot(c)->full);
	return c;
}

/* ---- second frees of what is in nobody's books ---------------------------- */

/* Objects are in the test's hands as they are in a refill's or a drain's. */
static void refused(struct kunit *test, struct squirrel_cache *c, void **objs,
		    unsigned int nr)
{
	unsigned int i;

	KUNIT_ASSERT_GE(test, nr, 4);
	for (i = 0; i < nr; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), nr);
	squirrel_cache_free_bulk(c, nr, objs);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), nr);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 0);
}

static void out_of_the_depot(struct kunit *test, struct squirrel_cache *c)
{
	struct sq_depot *d = sq_fixture_depot(c);
	struct sq_mag *mag = d->full;

	d->full = mag->next;
	d->objs -= mag->nr;
	d->nr--;
	refused(test, c, mag->obj, mag->nr);
	mag->next = d->full;
	d->full = mag;
	d->objs += mag->nr;
	d->nr++;
}

static void out_of_the_slabs(struct kunit *test, struct squirrel_cache *c)
{
	struct sq_node *n = sq_fixture_node(c);
	unsigned long flags;
	unsigned int got;
	void *objs[SOME];

	sq_fixture_drain(c, false);
	sq_depot_drain(c, true);
	raw_spin_lock_irqsave(&n->lock, flags);
	got = sq_node_take(c, n, objs, SOME);
	raw_spin_unlock_irqrestore(&n->lock, flags);
	refused(test, c, objs, got);
	preempt_disable();
	sq_slabs_put(c, objs, got);
	preempt_enable();
}

static void out_of_the_array(struct kunit *test, struct squirrel_cache *c)
{
	u32 nr = sq_fixture_loaded_nr(c);

	sq_fixture_set_nr(c, 0);
	refused(test, c, sq_fixture_loaded(c)->obj, nr);
	KUNIT_EXPECT_EQ(test, sq_fixture_loaded_nr(c), 0);
	sq_fixture_set_nr(c, nr);
}

static void second_free_on_the_way(struct kunit *test)
{
	unsigned int kind;

	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		struct squirrel_cache *c = with_depot(test, kind);

		out_of_the_array(test, c);
		out_of_the_depot(test, c);
		out_of_the_slabs(test, c);
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	}
}

/* The calls that look before they touch ask the mark as well. */
static void realloc_on_the_way(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	void *obj = squirrel_heap_alloc(heap, SIZE, GFP_KERNEL);
	struct squirrel_cache *c = heap->class[squirrel_class_of(SIZE)];
	u32 nr;

	squirrel_heap_free(heap, obj);
	nr = sq_fixture_nr(c);
	KUNIT_ASSERT_PTR_EQ(test, sq_fixture_loaded(c)->obj[nr - 1], obj);
	sq_fixture_set_nr(c, nr - 1);
	KUNIT_EXPECT_NULL(test, squirrel_heap_realloc(heap, obj, 4 * SIZE,
						      GFP_KERNEL));
	squirrel_heap_free(heap, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 2);
	sq_fixture_set_nr(c, nr);
}

/* ---- what a mark is ------------------------------------------------------- */

/* A client may copy what a free object holds: that makes nothing else free. */
static void copied_mark_is_no_misuse(struct kunit *test)
{
	unsigned int kind;
	void *objs[3];

	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		struct squirrel_cache *c = sq_fixture_cache(test, SIZE,
							    &kinds[kind]);

		KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL,
								3, objs), 3);
		squirrel_cache_free(c, objs[0]);
		memcpy(objs[1], objs[0], c->size);
		memcpy(objs[2], objs[0], c->size);
		squirrel_cache_free(c, objs[1]);
		objs[1] = sq_fixture_alloc(test, c);
		memcpy(objs[1], objs[2], c->size);
		squirrel_cache_free_bulk(c, 2, objs + 1);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
		KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 0);
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	}
}

/* Its own mark, which it cannot know: that is a free object, and stays one. */
static void planted_mark_decides(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *obj = sq_fixture_alloc(test, c);

	sq_set_mark(c, obj);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 1);
	*sq_mark_at(c, obj) = 0;
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 0);
}

/* Neither the same nor a constant away; odd, and so never 0 nor an address. */
static void each_object_has_its_own(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	struct squirrel_cache *other = sq_fixture_cache(test, 64, NULL);
	const char *at = (const char *)PAGE_OFFSET;
	unsigned int i, j, same = 0;
	unsigned long marks[64];

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		marks[i] = sq_mark_of(c, at + i * 64);
		KUNIT_EXPECT_EQ(test, marks[i] & 1, 1);
		KUNIT_EXPECT_NE(test, marks[i], sq_mark_of(other, at + i * 64));
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_NE(test, marks[i], marks[j]);
		if (i > 1)
			same += (marks[i] ^ marks[i - 1]) ==
				(marks[1] ^ marks[0]);
	}
	KUNIT_EXPECT_LT(test, same, ARRAY_SIZE(marks) / 2);
}

/*
 * Of secrets that were one secret and the number of the cache, mixed, those of
 * every 16th cache had their low bits in common, and were found out by those.
 */
static void caches_have_nothing_in_common(struct kunit *test)
{
	unsigned long key[32], mul[32];
	unsigned int i, same_key = 0, same_mul = 0;

	for (i = 0; i < ARRAY_SIZE(key); i++) {
		struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);

		key[i] = c->mark_key;
		mul[i] = c->mark_mul;
		KUNIT_ASSERT_TRUE(test, sq_fixture_put_cache(test, c));
		if (i < 16)
			continue;
		same_key += !((key[i] ^ key[i - 16]) & 15);
		same_mul += !((mul[i] ^ mul[i - 16]) & 15);
	}
	KUNIT_EXPECT_LT(test, same_key, 16);
	KUNIT_EXPECT_LT(test, same_mul, 16);
}

/* ---- what is handed out has none ------------------------------------------ */

static void unmarked(struct kunit *test, struct squirrel_cache *c, void **objs,
		     unsigned int nr, const char *from)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_NOT_NULL_MSG(test, objs[i], "%s: %u", from, i);
		KUNIT_EXPECT_FALSE_MSG(test, sq_marked(c, objs[i]),
				       "%s: object %u of %u", from, i, nr);
	}
	squirrel_cache_free_bulk(c, nr, objs);
}

static void one_by_one(struct kunit *test, struct squirrel_cache *c)
{
	int node = numa_mem_id();
	void *objs[4];

	objs[0] = squirrel_cache_alloc(c, GFP_KERNEL);
	objs[1] = squirrel_cache_zalloc(c, GFP_KERNEL);
	objs[2] = squirrel_cache_alloc_node(c, GFP_KERNEL, node);
	sq_fixture_set_busy(c, true);
	objs[3] = squirrel_cache_alloc(c, GFP_NOWAIT);
	sq_fixture_set_busy(c, false);
	unmarked(test, c, objs, ARRAY_SIZE(objs), "single");
}

static void live_objects_have_none(struct kunit *test)
{
	static const unsigned int bulks[] = { 2, 7, 64, MANY };
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	unsigned int kind, i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		struct squirrel_cache *c = with_depot(test, kind);

		one_by_one(test, c);
		for (i = 0; i < ARRAY_SIZE(bulks); i++) {
			unsigned int nr = bulks[i];

			squirrel_cache_alloc_bulk(c, GFP_KERNEL, nr, objs);
			unmarked(test, c, objs, nr, "at hand");
			sq_fixture_drain(c, false);
			squirrel_cache_alloc_bulk(c, GFP_KERNEL, nr, objs);
			unmarked(test, c, objs, nr, "from the depot");
			sq_fixture_drain(c, false);
			sq_depot_drain(c, true);
			squirrel_cache_alloc_bulk(c, GFP_KERNEL, nr, objs);
			unmarked(test, c, objs, nr, "from the slabs");
		}
		squirrel_cache_shrink(c);
		one_by_one(test, c);
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	}
}

/* ---- when a second free was taken ----------------------------------------- */

/*
 * As if one object had been freed on two CPUs at once, while another is live:
 * that one must not go with the cache.
 */
static void destroy_sees_more_frees(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *live = sq_fixture_alloc(test, c), *twice = sq_fixture_alloc(test, c);

	squirrel_cache_free(c, twice);
	*sq_mark_at(c, twice) = 0;
	squirrel_cache_free(c, twice);
	sq_count_frees(c, 1);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), -1);
	KUNIT_ASSERT_FALSE(test, sq_fixture_put_cache(test, c));
	/* The twin has been found. */
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 0);
	squirrel_cache_free(c, live);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), -1);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

static struct kunit_case mark_cases[] = {
	KUNIT_CASE(second_free_on_the_way),
	KUNIT_CASE(realloc_on_the_way),
	KUNIT_CASE(copied_mark_is_no_misuse),
	KUNIT_CASE(planted_mark_decides),
	KUNIT_CASE(each_object_has_its_own),
	KUNIT_CASE(caches_have_nothing_in_common),
	KUNIT_CASE(live_objects_have_none),
	KUNIT_CASE(destroy_sees_more_frees),
	{}
};

static struct kunit_suite mark_suite = {
	.name = "squirrel_mark",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init_hardened,
	.exit = sq_fixture_exit,
	.test_cases = mark_cases,
};

kunit_test_suites(&mark_suite);
