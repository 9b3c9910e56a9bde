// SPDX-License-Identifier: GPL-2.0
/*
 * What a free leaves for later: objects that wait for the lock of their node,
 * slabs that became empty, large blocks; and how much is done at a time.
 */
#include <linux/kmemleak.h>
#include <linux/mm.h>

#include "allocator_kunit.h"

#define MANY	600

/* Freed in NMI, with the lock of the node taken. */
static void defer(struct squirrel_cache *c, void *obj)
{
	kmemleak_free(obj);
	preempt_disable();
	sq_count_frees(c, 1);
	sq_defer_free(c, obj);
	preempt_enable();
}

/* Its slab is taken apart before it gets there. */
static void deferred_free_follows_its_slab(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 3000, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	unsigned long flags, parts;
	struct sq_agent *agent;
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
	for (i = 0; i < nr; i++)
		if (objs[i] != base && objs[i] != last)
			squirrel_cache_free(c, objs[i]);
	squirrel_cache_shrink(c);
	local_irq_save(flags);
	defer(c, last);
	parts = sq_cache_trim(c, true);
	local_irq_restore(flags);
	sq_deferred_flush();
	KUNIT_EXPECT_EQ(test, parts, 1);
	KUNIT_EXPECT_PTR_NE(test, sq_map_lookup(last), agent);
	KUNIT_EXPECT_EQ(test, n->nr_free + sq_fixture_nr(c) + 1, n->nr_objs);
	squirrel_cache_free(c, last);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_cache_free(c, base);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

/* What has no owner any more is passed over. */
static void deferred_free_of_nobody_is_let_go(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void *obj = sq_fixture_alloc(test, c);
	struct sq_agent *agent = sq_map_lookup(obj);
	unsigned long flags, free = n->nr_free;

	local_irq_save(flags);
	defer(c, obj);
	agent->owner = NULL;
	local_irq_restore(flags);
	sq_deferred_flush();
	agent->owner = c;
	KUNIT_EXPECT_EQ(test, n->nr_free, free);
	sq_set_mark(c, obj);
	preempt_disable();
	sq_slabs_put(c, &obj, 1);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, n->nr_free, free + 1);
}

/*
 * More than one interrupt takes care of: a flush waits for the last of them. They
 * are in their slabs then, and not in the hands of anybody.
 */
static void flush_waits_for_all(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < MANY; i++)
		objs[i] = sq_fixture_alloc(test, c);
	sq_fixture_drain(c, false);
	for (i = 0; i < MANY; i++)
		defer(c, objs[i]);
	sq_deferred_flush();
	KUNIT_EXPECT_EQ(test, n->nr_free, n->nr_objs);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

/* ---- so much at a time ---------------------------------------------------- */

/* Slabs that are empty and were not given back, as after a reserve is lowered. */
static void make_empty(struct kunit *test, struct squirrel_cache *c,
		       unsigned int nr)
{
	void **objs = kunit_kcalloc(test, nr, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	sq_fixture_alone(c);
	for (i = 0; i < nr; i++)
		objs[i] = sq_fixture_alloc(test, c);
	c->reserve = 2 * nr;
	for (i = 0; i < nr; i++)
		squirrel_cache_free(c, objs[i]);
	sq_fixture_drain(c, false);
	sq_depot_drain(c, true);
	c->reserve = 0;
	kunit_kfree(test, objs);
	KUNIT_ASSERT_GE(test, sq_fixture_node(c)->nr_empty, nr);
}

/* However many are empty, the lock of the node is not held for all of them. */
static void empty_slabs_go_by_and_by(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, PAGE_SIZE, NULL);
	struct sq_node *n = sq_fixture_node(c);
	unsigned long flags, empty;
	LIST_HEAD(out);
	void *obj;

	make_empty(test, c, 2000);
	empty = n->nr_empty;
	raw_spin_lock_irqsave(&n->lock, flags);
	sq_node_detach_empty(c, n, 0, &out);
	raw_spin_unlock_irqrestore(&n->lock, flags);
	KUNIT_EXPECT_GE(test, n->nr_empty, empty - 64);
	KUNIT_EXPECT_LT(test, n->nr_empty, empty);
	sq_slabs_release(c, &out);
	/* Nor does one free with interrupts off pay for all of them. */
	obj = sq_fixture_alloc(test, c);
	sq_fixture_drain(c, false);
	sq_fixture_set_busy(c, true);
	empty = n->nr_empty;
	/* On PREEMPT_RT it gives back nothing then, so there as it comes. */
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		squirrel_cache_free(c, obj);
	} else {
		local_irq_save(flags);
		squirrel_cache_free(c, obj);
		local_irq_restore(flags);
	}
	sq_fixture_set_busy(c, false);
	KUNIT_EXPECT_GE(test, n->nr_empty, empty - 64);
	KUNIT_EXPECT_LT(test, n->nr_empty, empty);
	/* But the reclaimer gets at all of them. */
	empty = n->nr_empty;
	KUNIT_EXPECT_EQ(test, sq_node_release(c, n, 7), empty - 7);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 7);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

/* A slab that readers may look at goes by RCU, but not with interrupts off. */
static void rcu_is_not_asked_with_interrupts_off(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *c = sq_fixture_cache(test, PAGE_SIZE - 8, &args);
	struct sq_node *n = sq_fixture_node(c);
	unsigned long flags, slabs;
	void *obj;

	make_empty(test, c, 100);
	obj = sq_fixture_alloc(test, c);
	sq_fixture_set_busy(c, true);
	slabs = n->nr_slabs;
	local_irq_save(flags);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, n->nr_slabs, slabs);
	local_irq_restore(flags);
	obj = sq_fixture_alloc(test, c);
	squirrel_cache_free(c, obj);
	sq_fixture_set_busy(c, false);
	KUNIT_EXPECT_LT(test, n->nr_slabs, slabs);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

/* ---- where the page source may be called ---------------------------------- */

static void churn(struct kunit *test, struct squirrel_cache *c)
{
	void **objs = kunit_kcalloc(test, MANY, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < MANY; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < MANY / 2; i++)
		squirrel_cache_free(c, objs[i]);
	squirrel_cache_free_bulk(c, MANY - i, objs + i);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

/*
 * With preemption on, as the callers here have it, the source is not called
 * within a section where squirrel has it off. Accounted memory goes straight
 * back to it.
 */
static void source_is_called_with_preemption_on(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 2048);
	struct sq_fixture *fix = test->priv;
	struct squirrel_cache *c;
	void *large;

	if (!IS_ENABLED(CONFIG_PREEMPT_COUNT))
		kunit_skip(test, "needs CONFIG_PREEMPT_COUNT");
	c = sq_fixture_fake_cache(test, 1000);
	fix->fake.strict = true;
	churn(test, c);
	c->flags |= SQUIRREL_ACCOUNT;
	churn(test, c);
	large = squirrel_heap_alloc(heap, SQ_PAGED(50000), GFP_KERNEL_ACCOUNT);
	KUNIT_EXPECT_NOT_NULL(test, large);
	squirrel_heap_free(heap, large);
	KUNIT_EXPECT_EQ(test, fix->fake.errors, 0);
	fix->fake.strict = false;
}

static struct kunit_case defer_cases[] = {
	SQ_CASE_4K(deferred_free_follows_its_slab),
	KUNIT_CASE(deferred_free_of_nobody_is_let_go),
	KUNIT_CASE(flush_waits_for_all),
	SQ_CASE_4K(empty_slabs_go_by_and_by),
	KUNIT_CASE(rcu_is_not_asked_with_interrupts_off),
	KUNIT_CASE(source_is_called_with_preemption_on),
	{}
};

static struct kunit_suite defer_suite = {
	.name = "squirrel_defer",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = defer_cases,
};

kunit_test_suites(&defer_suite);
