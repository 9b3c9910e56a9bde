// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_failure: the manager when the source, descriptors or leaves of
 * the page map cannot be had, at each step of its work.
 */
#include <linux/mm.h>

#include "pages4k.h"
#include "utility_kunit.h"

static const unsigned long work_pages[] = { 1, 3, 1, 20, 2, 600, 1, 7, 1, 1 };

/* A bit of everything; false if something could not be had. */
static bool work(struct sq_manager *m, bool fetch)
{
	struct sq_agent *agents[ARRAY_SIZE(work_pages)];
	struct sq_request req = {
		.gfp = GFP_KERNEL | __GFP_NOWARN,
		.node = NUMA_NO_NODE,
		.find = sq_pool_lowest,
	};
	bool all = true;
	unsigned int i;

	if (fetch)
		all = sq_manager_fetch(m, 12, GFP_KERNEL, NUMA_NO_NODE) == 12;
	for (i = 0; i < ARRAY_SIZE(work_pages); i++) {
		req.pages = work_pages[i];
		req.align = i % 3 ? 0 : 2;
		if (i == 4)
			req.gfp |= __GFP_ACCOUNT;
		agents[i] = sq_manager_take(m, &req);
		req.gfp &= ~__GFP_ACCOUNT;
		all &= !!agents[i];
	}
	for (i = 0; i < ARRAY_SIZE(work_pages); i += 2) {
		if (agents[i])
			sq_manager_give(m, agents[i]);
	}
	sq_manager_coalesce(m, ~0UL);
	for (i = 1; i < ARRAY_SIZE(work_pages); i += 2) {
		if (agents[i])
			sq_manager_give(m, agents[i]);
	}
	return all;
}

/* The source fails at its nth get: nothing leaks, everything stays sound. */
static void manager_survives_source(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned long gets, n;
	struct sq_manager *m;

	for (n = 1; n < 100; n++) {
		m = sq_manager_create(&fx->fake.ops, 0);
		KUNIT_ASSERT_NOT_NULL(test, m);
		gets = fx->fake.gets;
		fx->fake.fail_in = n;
		work(m, n & 1);
		gets = fx->fake.gets - gets;
		fx->fake.fail_in = 0;
		KUNIT_EXPECT_EQ(test, sq_viewer_check(m), 0);
		KUNIT_EXPECT_EQ(test, sq_manager_pages_used(m), 0);
		KUNIT_ASSERT_EQ(test, sq_manager_destroy(m), 0);
		KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
		if (gets < n)
			break;
	}
	KUNIT_EXPECT_GT(test, n, 4);
	KUNIT_EXPECT_LT(test, n, 100);
}

/* Descriptors and leaves cannot be had at the nth time. */
static void manager_survives_meta(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *m;
	unsigned int failed = 0;
	unsigned long before, n;

	/* The one page that is kept shall be there from the start. */
	KUNIT_ASSERT_TRUE(test, sq_desc_refill(GFP_KERNEL));
	sq_fixture_settle();
	before = sq_utility_meta_pages();

	for (n = 1; n < 20; n++) {
		m = sq_manager_create(&fx->fake.ops, 0);
		KUNIT_ASSERT_NOT_NULL(test, m);
		sq_fixture_meta_fail(n, 1 + n % 3);
		failed += !work(m, n & 1);
		sq_fixture_meta_restore();
		KUNIT_EXPECT_EQ(test, sq_viewer_check(m), 0);
		KUNIT_EXPECT_EQ(test, sq_manager_pages_used(m), 0);
		KUNIT_ASSERT_EQ(test, sq_manager_destroy(m), 0);
		KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
		sq_fixture_settle();
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before);
	}
	KUNIT_EXPECT_GT(test, failed, 0);
}

/* No spare descriptor for a split, and none to be had: the split is refused. */
static void manager_split_without_descriptor(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent;
	unsigned long before;

	KUNIT_ASSERT_TRUE(test, sq_desc_refill(GFP_KERNEL));
	sq_fixture_settle();
	before = sq_utility_meta_pages();
	agent = sq_fixture_take(fx, 8, sq_pool_fit);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	sq_manager_give(fx->m, agent);

	sq_fixture_descs_hide(fx);
	sq_fixture_meta_fail(1, ~0UL);
	KUNIT_EXPECT_NULL(test, sq_fixture_take(fx, 3, sq_pool_fit));
	KUNIT_EXPECT_EQ(test, fx->fake.out, 8);
	agent = sq_fixture_take(fx, 8, sq_pool_fit);
	KUNIT_EXPECT_NOT_NULL(test, agent);
	sq_fixture_meta_restore();
	sq_fixture_descs_show();
	sq_fixture_sound(test, fx);

	/* What was refused left nothing behind in the page map. */
	KUNIT_ASSERT_NOT_NULL(test, agent);
	sq_manager_give(fx->m, agent);
	sq_manager_trim(fx->m, 0, ~0UL);
	sq_fixture_settle();
	KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before);
}

/*
 * Agents and the page map are everybody's: how hard to try for them is as the
 * caller says, whose they are and where they lie is not.
 */
static void meta_is_nobodys(struct kunit *test)
{
	const gfp_t not_ours = __GFP_ACCOUNT | __GFP_THISNODE | GFP_ZONEMASK |
			       __GFP_RECLAIMABLE | __GFP_WRITE | __GFP_HARDWALL;
	struct sq_request req = {
		.pages = 4,
		.gfp = GFP_KERNEL | not_ours,
		.node = numa_mem_id(),
		.find = sq_pool_fit,
	};
	struct sq_fixture *fx = test->priv;
	gfp_t asked;

	req.gfp &= ~GFP_ZONEMASK;
	sq_fixture_settle();
	sq_fixture_descs_hide(fx);
	sq_fixture_meta_fail(0, 0);
	KUNIT_EXPECT_NOT_NULL(test, sq_manager_take(fx->m, &req));
	asked = sq_fixture_meta_asked();
	KUNIT_EXPECT_EQ(test, (__force u32)(asked & GFP_KERNEL & ~not_ours),
			(__force u32)(GFP_KERNEL & ~not_ours));
	KUNIT_EXPECT_EQ(test, (__force u32)(asked & not_ours), 0);

	sq_fixture_descs_hide(fx);
	sq_fixture_meta_fail(0, 0);
	req.gfp = GFP_KERNEL | GFP_DMA32;
	KUNIT_EXPECT_NOT_NULL(test, sq_manager_take(fx->m, &req));
	asked = sq_fixture_meta_asked();
	KUNIT_EXPECT_NE(test, (__force u32)asked, 0);
	KUNIT_EXPECT_EQ(test, (__force u32)(asked & not_ours), 0);
	sq_fixture_meta_restore();
	sq_fixture_descs_show();
	sq_fixture_sound(test, fx);
}

static struct kunit_case failure_cases[] = {
	KUNIT_CASE(manager_survives_source),
	SQ_CASE_4K(manager_survives_meta),
	KUNIT_CASE(manager_split_without_descriptor),
	KUNIT_CASE(meta_is_nobodys),
	{}
};

static struct kunit_suite failure_suite = {
	.name = "squirrel_failure",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = failure_cases,
};

kunit_test_suites(&failure_suite);
