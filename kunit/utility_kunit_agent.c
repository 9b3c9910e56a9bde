// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_agent: agents, and the descriptors they live in.
 */
#include <linux/mm.h>

#include "utility_kunit.h"

static void agent_carries_its_block(struct kunit *test)
{
	struct sq_agent agent = {};

	sq_block_init(sq_agent_block(&agent), PAGE_OFFSET + 5 * P, 3 * P);
	KUNIT_EXPECT_EQ(test, sq_agent_addr(&agent), PAGE_OFFSET + 5 * P);
	KUNIT_EXPECT_EQ(test, sq_agent_size(&agent), 3 * P);
	KUNIT_EXPECT_EQ(test, sq_agent_pages(&agent), 3);
	KUNIT_EXPECT_EQ(test, sq_agent_end(&agent), PAGE_OFFSET + 8 * P);
	KUNIT_EXPECT_FALSE(test, sq_agent_used(&agent));
	sq_block_set_used(sq_agent_block(&agent), true);
	KUNIT_EXPECT_TRUE(test, sq_agent_used(&agent));
	KUNIT_EXPECT_PTR_EQ(test, sq_block_agent(sq_agent_block(&agent)),
			    &agent);
	KUNIT_EXPECT_PTR_EQ(test, sq_links_agent(sq_agent_links(&agent)), &agent);
}

/* free -> taken -> used -> free, as the table in agent.c says */
static void agent_states(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	const struct sq_request req = {
		.pages = 2,
		.gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
		.kind = 7,
	};
	struct sq_agent *agent = sq_manager_take(fx->m, &req);

	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_TRUE(test, sq_agent_used(agent));
	KUNIT_EXPECT_NULL(test, agent->owner);
	KUNIT_EXPECT_EQ(test, agent->kind, 7);
	KUNIT_EXPECT_PTR_EQ(test, agent->manager, fx->m);
	KUNIT_EXPECT_NULL(test, memchr_inv(agent->priv, 0, sizeof(agent->priv)));

	memset(agent->priv, 0x55, sizeof(agent->priv));
	sq_agent_publish(agent, test);
	KUNIT_EXPECT_PTR_EQ(test, agent->owner, (const void *)test);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);

	sq_manager_give(fx->m, agent);
	KUNIT_EXPECT_NULL(test, agent->owner);
	KUNIT_EXPECT_FALSE(test, sq_agent_used(agent));

	KUNIT_EXPECT_PTR_EQ(test, sq_manager_take(fx->m, &req), agent);
	KUNIT_EXPECT_NULL(test, memchr_inv(agent->priv, 0, sizeof(agent->priv)));
}

/* Descriptors of blocks that are gone say so, until their page goes. */
static void agent_gone_reads_as_spare(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = sq_fixture_take(fx, 1, sq_pool_fit);
	struct sq_agent gone;

	KUNIT_ASSERT_NOT_NULL(test, agent);
	sq_agent_publish(agent, test);
	sq_manager_give(fx->m, agent);
	preempt_disable();
	sq_manager_trim(fx->m, 0, ~0UL);
	sq_utility_trim();
	gone = *agent;
	preempt_enable();
	KUNIT_EXPECT_NULL(test, gone.owner);
	KUNIT_EXPECT_NULL(test, gone.manager);
	KUNIT_EXPECT_EQ(test, sq_agent_addr(&gone), 0);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
}

#define DESCS	300

/* Pages of descriptors come when needed, and go when none is in use. */
static void agent_pages_come_and_go(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent **agents;
	struct sq_pool *pool = sq_fixture_pool(fx);
	unsigned long before, most, irq;
	unsigned int i, round;

	agents = kunit_kcalloc(test, DESCS, sizeof(*agents), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, agents);
	/* The one page that is kept shall be there from the start. */
	KUNIT_ASSERT_TRUE(test, sq_desc_refill(GFP_KERNEL));
	sq_fixture_settle();
	before = sq_utility_meta_pages();

	for (round = 0; round < 3; round++) {
		for (i = 0; i < DESCS;) {
			raw_spin_lock_irqsave(&pool->lock, irq);
			agents[i] = sq_desc_get(pool);
			raw_spin_unlock_irqrestore(&pool->lock, irq);
			if (!agents[i])
				KUNIT_ASSERT_TRUE(test,
						  sq_desc_refill(GFP_KERNEL));
			else
				i++;
		}
		most = sq_utility_meta_pages();
		KUNIT_EXPECT_GE(test, most, before + DESCS * 128 / P - 1);
		sq_fixture_settle();
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), most);

		/* Every other one first: no page is free of them yet. */
		for (i = 0; i < DESCS; i += 2)
			sq_desc_put(agents[i]);
		for (i = 1; i < DESCS; i += 2)
			sq_desc_put(agents[i]);
		sq_fixture_settle();
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before);
	}
}

/* No page goes back before readers have had their grace period. */
static void agent_pages_wait(struct kunit *test)
{
	unsigned long before, given, between;

	sq_fixture_settle();
	KUNIT_ASSERT_TRUE(test, sq_desc_refill(GFP_KERNEL));
	KUNIT_ASSERT_TRUE(test, sq_desc_refill(GFP_KERNEL));
	before = sq_utility_meta_pages();

	preempt_disable();
	given = sq_utility_trim();
	given += sq_utility_trim();
	between = sq_utility_meta_pages();
	preempt_enable();
	/* On one CPU without preemption a grace period can be over at once. */
	if (!IS_ENABLED(CONFIG_TINY_RCU)) {
		KUNIT_EXPECT_EQ(test, given, 0);
		KUNIT_EXPECT_EQ(test, between, before);
	}
	sq_fixture_settle();
	KUNIT_EXPECT_LT(test, sq_utility_meta_pages(), before);
}

/*
 * What lookups lead to stays for their readers: of a manager that was emptied,
 * agents and leaves, however often somebody trims meanwhile.
 */
static void emptied_waits_for_readers(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned long before, between;
	struct sq_agent **agents;

	agents = kunit_kcalloc(test, DESCS, sizeof(*agents), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, agents);
	sq_fixture_settle();
	sq_fixture_take_n(test, agents, DESCS, 1);
	sq_fixture_give_n(test, agents, DESCS);
	sq_manager_coalesce(fx->m, ~0UL);

	rcu_read_lock();
	sq_manager_trim(fx->m, 0, ~0UL);
	before = sq_utility_meta_pages();
	sq_utility_trim();
	sq_utility_trim();
	between = sq_utility_meta_pages();
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, between, before);

	synchronize_rcu();
	sq_utility_trim();
	KUNIT_EXPECT_LT(test, sq_utility_meta_pages(), before);
}

static struct kunit_case agent_cases[] = {
	KUNIT_CASE(agent_carries_its_block),
	KUNIT_CASE(agent_states),
	KUNIT_CASE(agent_gone_reads_as_spare),
	KUNIT_CASE(agent_pages_come_and_go),
	KUNIT_CASE(agent_pages_wait),
	KUNIT_CASE(emptied_waits_for_readers),
	{}
};

static struct kunit_suite agent_suite = {
	.name = "squirrel_agent",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = agent_cases,
};

kunit_test_suites(&agent_suite);
