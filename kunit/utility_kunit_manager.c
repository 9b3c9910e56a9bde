// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_manager: take and give, limits, direct blocks, contexts, the
 * end. The fake source hands out lowest first, so a test knows which blocks
 * touch.
 */
#include <linux/irq_work.h>
#include <linux/mm.h>

#include "utility_kunit.h"

/* ---- take and give ---- */

static void manager_takes_exact(struct kunit *test)
{
	static const unsigned long sizes[] = { 1, 2, 3, 5, 8, 13, 100, 1024 };
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		agent = sq_fixture_take(fx, sizes[i], sq_pool_fit);
		KUNIT_ASSERT_NOT_NULL(test, agent);
		KUNIT_EXPECT_EQ(test, sq_agent_pages(agent), sizes[i]);
		memset((void *)sq_agent_addr(agent), i, sq_agent_size(agent));
		sq_fixture_sound(test, fx);
	}
}

/* A given block serves the next request; the source is not asked again. */
static void manager_reuses(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = sq_fixture_take(fx, 8, sq_pool_fit);
	unsigned long gets = fx->fake.gets, addr = sq_agent_addr(agent);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		sq_manager_give(fx->m, agent);
		agent = sq_fixture_take(fx, 8, sq_pool_fit);
		KUNIT_ASSERT_NOT_NULL(test, agent);
		KUNIT_EXPECT_EQ(test, sq_agent_addr(agent), addr);
	}
	KUNIT_EXPECT_EQ(test, fx->fake.gets, gets);
	sq_manager_give(fx->m, agent);

	/* [8 free] -> [3 used][5 free] -> [3 used][5 used] */
	agent = sq_fixture_take(fx, 3, sq_pool_fit);
	KUNIT_EXPECT_EQ(test, sq_agent_addr(agent), addr);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 5);
	agent = sq_fixture_take(fx, 5, sq_pool_fit);
	KUNIT_EXPECT_EQ(test, sq_agent_addr(agent), addr + 3 * P);
	KUNIT_EXPECT_EQ(test, fx->fake.gets, gets);
	sq_fixture_sound(test, fx);
}

/* What a round number of pages brings too much is kept if it is little. */
static void manager_keeps_small_rests(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 13, sq_pool_fit));
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 3);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 16);
	KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 513, sq_pool_fit));
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 3);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 16 + 513);
	sq_fixture_sound(test, fx);
}

/* The more it holds, the more it fetches at a time, up to 16 pages. */
static void manager_fetches_ahead(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned int i;

	for (i = 0; i < 256; i++)
		KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 1, sq_pool_fit));
	KUNIT_EXPECT_LT(test, fx->fake.gets, 256 / 2);
	KUNIT_EXPECT_LE(test, fx->fake.out, 256 + 16);
	sq_fixture_sound(test, fx);
}

static void manager_aligns(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_request req = {
		.gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE,
	};
	static const sq_find_fn finds[] = {
		sq_pool_fit, sq_pool_lowest, sq_pool_tightest,
	};
	struct sq_agent *agent;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 300, GFP_KERNEL,
					       NUMA_NO_NODE), 300);
	for (i = 0; i < 48; i++) {
		req.pages = 1 + i % 7;
		req.align = 1UL << (i % 5);
		req.find = finds[i % 3];
		agent = sq_manager_take(fx->m, &req);
		KUNIT_ASSERT_NOT_NULL(test, agent);
		KUNIT_EXPECT_EQ(test, sq_agent_pages(agent), req.pages);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(sq_agent_addr(agent),
						   req.align * P));
		sq_fixture_sound(test, fx);
		if (i % 4 == 3)
			sq_manager_give(fx->m, agent);
	}
}

static void manager_refuses_nonsense(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_request req = {
		.gfp = GFP_KERNEL | __GFP_NOWARN,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	static const unsigned long bad[] = { 0, ~0UL, ~0UL / P, 1UL << 60 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		req.pages = bad[i];
		KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	}
	req.pages = 1;
	req.align = 3;
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	req.align = ~0UL;
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	req.align = 0;
	req.find = NULL;
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	/* Larger than the source ever gives at once. */
	KUNIT_EXPECT_NULL(test, sq_fixture_take(fx, SQ_FAKE_CHUNK_PAGES + 1,
						sq_pool_fit));
	KUNIT_EXPECT_EQ(test, fx->fake.gets, 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(fx->m), 0);
}

/* A block that is free, or another manager's, is left alone. */
static void manager_refuses_wrong_give(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *other = sq_manager_create(&fx->fake.ops, 0);
	struct sq_agent *agent = sq_fixture_take(fx, 4, sq_pool_fit);

	KUNIT_ASSERT_NOT_NULL(test, other);
	sq_agent_publish(agent, test);
	sq_manager_give(other, agent);
	KUNIT_EXPECT_PTR_EQ(test, agent->owner, (const void *)test);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(fx->m), 4);
	sq_manager_give(fx->m, agent);
	sq_manager_give(fx->m, agent);
	sq_manager_give(fx->m, &sq_agent_null);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(fx->m), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(other), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(other), 0);
	sq_fixture_sound(test, fx);
}

/* A strategy that picks too small a block: refused, new pages instead. */
static void manager_distrusts_strategies(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[3];

	sq_fixture_take_n(test, agents, 3, 1);
	sq_fixture_give_n(test, agents, 3);
	agents[0] = sq_fixture_take(fx, 2, (sq_find_fn)sq_pool_lowest);
	KUNIT_ASSERT_NOT_NULL(test, agents[0]);
	sq_fixture_sound(test, fx);
}

static struct sq_agent *find_first(struct sq_pool *pool, unsigned long pages)
{
	return sq_pool_first(pool);
}

static void manager_distrusts_first(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[5], *agent;

	sq_fixture_take_n(test, agents, 5, 1);
	sq_manager_give(fx->m, agents[0]);
	agent = sq_fixture_take(fx, 9, find_first);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_EQ(test, sq_agent_pages(agent), 9);
	sq_fixture_sound(test, fx);
}

/* ---- limit ---- */

static void manager_keeps_its_limit(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[4];
	struct sq_view view;

	sq_manager_set_limit(fx->m, 10);
	sq_fixture_take_n(test, agents, 3, 3);
	KUNIT_EXPECT_NULL(test, sq_fixture_take(fx, 2, sq_pool_fit));
	sq_fixture_take_n(test, agents + 3, 1, 1);
	KUNIT_EXPECT_NULL(test, sq_fixture_take(fx, 1, sq_pool_fit));
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.limit_hits, 2);
	KUNIT_EXPECT_EQ(test, view.limit, 10);
	KUNIT_EXPECT_EQ(test, view.used_pages, 10);
	sq_fixture_sound(test, fx);

	/* Lowered below what is used: stays sound, gives nothing more. */
	sq_manager_set_limit(fx->m, 4);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
	sq_manager_give(fx->m, agents[0]);
	KUNIT_EXPECT_NULL(test, sq_fixture_take(fx, 1, sq_pool_fit));
	sq_manager_give(fx->m, agents[1]);
	agents[0] = sq_fixture_take(fx, 1, sq_pool_fit);
	KUNIT_EXPECT_NULL(test, agents[0]);
	sq_manager_give(fx->m, agents[2]);
	KUNIT_EXPECT_NOT_NULL(test, sq_fixture_take(fx, 3, sq_pool_fit));
	KUNIT_EXPECT_NULL(test, sq_fixture_take(fx, 1, sq_pool_fit));
	sq_manager_set_limit(fx->m, 0);
	KUNIT_EXPECT_NOT_NULL(test, sq_fixture_take(fx, 100, sq_pool_fit));
}

/* What may never be used is not fetched either, also not ahead. */
static void manager_holds_no_more_than_its_limit(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned int n;

	sq_manager_set_limit(fx->m, 250);
	for (n = 0; sq_fixture_take(fx, 1, sq_pool_lowest); n++)
		KUNIT_ASSERT_LE(test, fx->fake.out, 250);
	KUNIT_EXPECT_EQ(test, n, 250);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 250);
	/* It did fetch ahead. */
	KUNIT_EXPECT_LT(test, fx->fake.gets, 125);
	sq_fixture_sound(test, fx);
}

/* Who must not be refused goes beyond it; who could do with less does not. */
static void manager_limit_holds_for_the_optional(struct kunit *test)
{
	struct sq_request req = {
		.pages = 2,
		.gfp = GFP_KERNEL | __GFP_NOFAIL,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
		.optional = true,
	};
	struct sq_fixture *fx = test->priv;

	sq_manager_set_limit(fx->m, 8);
	KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 7, sq_pool_fit));
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(fx->m), 7);
	req.optional = false;
	KUNIT_EXPECT_NOT_NULL(test, sq_manager_take(fx->m, &req));
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(fx->m), 9);
	sq_fixture_sound(test, fx);
}

/* ---- direct blocks ---- */

/* Charged to a memory cgroup: never mixed with the others. */
static void manager_direct_stays_apart(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_request req = {
		.pages = 3,
		.gfp = GFP_KERNEL | __GFP_ACCOUNT,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	struct sq_agent *agents[8];
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 8, GFP_KERNEL,
					       NUMA_NO_NODE), 8);
	for (i = 0; i < 8; i++) {
		req.gfp = i == 5 ? GFP_KERNEL | GFP_DMA : GFP_KERNEL_ACCOUNT;
		agents[i] = sq_manager_take(fx->m, &req);
		KUNIT_ASSERT_NOT_NULL(test, agents[i]);
		KUNIT_EXPECT_GE(test, sq_fixture_page(fx, agents[i]), 8);
	}
	KUNIT_EXPECT_EQ(test, fx->fake.out, 8 + 24);
	sq_fixture_sound(test, fx);
	for (i = 0; i < 8; i++) {
		sq_manager_give(fx->m, agents[i]);
		KUNIT_EXPECT_EQ(test, fx->fake.out, 8 + 21 - 3 * i);
		sq_fixture_sound(test, fx);
	}
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 0);
}

/* ---- the end ---- */

/* Memory may come to any node that can be, whether it has some now or not. */
static void manager_serves_all_nodes(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	int node;

	for_each_node(node)
		KUNIT_EXPECT_NOT_NULL(test, sq_manager_pool(fx->m, node));
}

/* The node that pages are wanted on is the one the source is asked for. */
static void manager_asks_for_the_node(struct kunit *test)
{
	static const gfp_t gfps[] = { GFP_KERNEL, GFP_KERNEL | __GFP_ACCOUNT };
	const int nodes[] = { numa_mem_id(), NUMA_NO_NODE };
	struct sq_fixture *fx = test->priv;
	struct sq_request req = { .find = sq_pool_fit };
	const struct sq_fake_asked *asked = fx->fake.asked;
	unsigned int i;

	/* Each of these has to be fetched, the single page among others. */
	for (i = 0; i < 16; i++) {
		req.pages = i & 1 ? 1 : 64;
		req.gfp = gfps[(i / 2) % 2];
		req.node = nodes[(i / 4) % 2];
		req.optional = i / 8;
		if (sq_manager_pages_free(fx->m))
			sq_fixture_take(fx, sq_manager_pages_free(fx->m),
					sq_pool_lowest);
		sq_fake_forget(&fx->fake);
		KUNIT_ASSERT_NOT_NULL(test, sq_manager_take(fx->m, &req));
		KUNIT_EXPECT_EQ(test, asked[0].gets + asked[1].gets, 1);
		KUNIT_EXPECT_EQ_MSG(test, asked[asked[1].gets].node, req.node,
				    "%u", i);
	}
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		sq_fake_forget(&fx->fake);
		KUNIT_EXPECT_EQ(test, sq_manager_fetch(fx->m, 4, GFP_KERNEL,
						       nodes[i]), 4);
		KUNIT_EXPECT_EQ(test, asked[1].node, nodes[i]);
	}
}

static void manager_destroy_refused_while_used(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *m = sq_manager_create(&fx->fake.ops, 0);
	const struct sq_request req = {
		.pages = 3,
		.gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	struct sq_agent *agent;

	KUNIT_ASSERT_NOT_NULL(test, m);
	agent = sq_manager_take(m, &req);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(m), 3);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(m), 0);
	KUNIT_EXPECT_TRUE(test, sq_agent_used(agent));
	sq_manager_give(m, agent);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(m), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(NULL), 0);
}

/*
 * Used and free blocks, direct ones and a reserve, with holes between them and
 * neighbours of another manager: all pages come back, each once, in pieces, and
 * the other manager's stay.
 */
static void manager_is_destroyed_with_all(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *m = sq_manager_create(&fx->fake.ops, 0);
	struct sq_request direct = {
		.pages = 3,
		.gfp = GFP_KERNEL | __GFP_ACCOUNT,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	struct sq_agent *agents[40], *others[10];
	unsigned long puts, out;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	for (i = 0; i < 10; i++) {
		swap(fx->m, m);
		sq_fixture_take_n(test, agents + 4 * i, 4, 1 + i);
		swap(fx->m, m);
		sq_fixture_take_n(test, others + i, 1, 2);
	}
	out = fx->fake.out;
	KUNIT_ASSERT_NOT_NULL(test, sq_manager_take(m, &direct));
	KUNIT_ASSERT_EQ(test, sq_manager_fetch(m, 20, GFP_KERNEL, NUMA_NO_NODE),
			20);
	KUNIT_ASSERT_GT(test, fx->fake.out, out);
	for (i = 0; i < 40; i += 3)
		sq_manager_give(m, agents[i]);
	puts = fx->fake.puts;
	sq_manager_destroy_all(m);
	KUNIT_EXPECT_EQ(test, fx->fake.errors, 0);
	/* Fewer puts than blocks. */
	KUNIT_EXPECT_LT(test, fx->fake.puts - puts, 40);
	KUNIT_EXPECT_EQ(test, fx->fake.out, sq_manager_pages_used(fx->m) +
					   sq_manager_pages_free(fx->m));
	for (i = 0; i < 10; i++)
		sq_manager_give(fx->m, others[i]);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
}

struct at_ctx {
	unsigned long addr;
	struct sq_agent *found;
	u64 *words;
};

static void look_at(struct sq_pool *pool, void *ctx)
{
	struct at_ctx *at = ctx;

	at->words = sq_pool_priv(pool);
	at->found = sq_pool_at(pool, at->addr);
}

static struct sq_agent *found_at(struct sq_manager *m, unsigned long addr)
{
	struct at_ctx at = { .addr = addr };

	sq_manager_each_pool(m, look_at, &at);
	return at.found;
}

/* Only the start of a free block of that pool will do; any address is safe. */
static void pool_names_by_address(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *other = sq_manager_create(&fx->fake.ops, 0);
	struct sq_agent *agents[2];
	struct at_ctx at = {};
	unsigned long addr;

	KUNIT_ASSERT_NOT_NULL(test, other);
	sq_fixture_take_n(test, agents, 2, 4);
	addr = sq_agent_addr(agents[0]);
	KUNIT_EXPECT_NULL(test, found_at(fx->m, addr));
	sq_manager_give(fx->m, agents[0]);
	KUNIT_EXPECT_PTR_EQ(test, found_at(fx->m, addr), agents[0]);
	KUNIT_EXPECT_NULL(test, found_at(other, addr));
	KUNIT_EXPECT_NULL(test, found_at(fx->m, addr + 1));
	KUNIT_EXPECT_NULL(test, found_at(fx->m, addr + PAGE_SIZE));
	KUNIT_EXPECT_NULL(test, found_at(fx->m, 0));
	KUNIT_EXPECT_NULL(test, found_at(fx->m, 0xdead));
	KUNIT_EXPECT_NULL(test, found_at(fx->m, ULONG_MAX));
	sq_manager_each_pool(other, look_at, &at);
	KUNIT_EXPECT_EQ(test, at.words[0] | at.words[1], 0);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(other), 0);
	sq_manager_give(fx->m, agents[1]);
}

/* ---- contexts ---- */

struct irq_fixture {
	struct irq_work work;
	struct sq_fixture *fx;
	unsigned int taken;
};

/* Everything that any context may do. */
static unsigned int work_atomic(struct sq_fixture *fx)
{
	struct sq_request req = {
		.gfp = GFP_ATOMIC | __GFP_NOWARN,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	struct sq_agent *agents[8];
	unsigned int i, n = 0;
	struct sq_view view;

	for (i = 0; i < ARRAY_SIZE(agents); i++) {
		req.pages = 1 + i;
		agents[i] = sq_manager_take(fx->m, &req);
		n += !!agents[i];
	}
	for (i = 0; i < ARRAY_SIZE(agents); i++) {
		if (agents[i])
			sq_manager_give(fx->m, agents[i]);
	}
	sq_manager_coalesce(fx->m, 4);
	sq_manager_trim(fx->m, 0, 8);
	sq_manager_fetch(fx->m, 3, GFP_ATOMIC | __GFP_NOWARN, NUMA_NO_NODE);
	sq_viewer_count(fx->m, &view);
	sq_utility_trim();
	return n;
}

static void irq_fn(struct irq_work *work)
{
	struct irq_fixture *irq = container_of(work, struct irq_fixture, work);

	irq->taken = work_atomic(irq->fx);
}

static void manager_in_any_context(struct kunit *test)
{
	struct irq_fixture irq = { .fx = test->priv };
	unsigned long flags;
	unsigned int taken;

	local_irq_save(flags);
	taken = work_atomic(irq.fx);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, taken, 8);

	local_bh_disable();
	taken = work_atomic(irq.fx);
	local_bh_enable();
	KUNIT_EXPECT_EQ(test, taken, 8);

	irq.work = IRQ_WORK_INIT_HARD(irq_fn);
	irq_work_queue(&irq.work);
	irq_work_sync(&irq.work);
	KUNIT_EXPECT_EQ(test, irq.taken, 8);
	sq_fixture_sound(test, irq.fx);
}

static struct kunit_case manager_cases[] = {
	KUNIT_CASE(manager_takes_exact),
	KUNIT_CASE(manager_reuses),
	KUNIT_CASE(manager_keeps_small_rests),
	KUNIT_CASE(manager_fetches_ahead),
	KUNIT_CASE(manager_aligns),
	KUNIT_CASE(manager_refuses_nonsense),
	KUNIT_CASE(manager_refuses_wrong_give),
	KUNIT_CASE(manager_distrusts_strategies),
	KUNIT_CASE(manager_distrusts_first),
	KUNIT_CASE(manager_keeps_its_limit),
	KUNIT_CASE(manager_holds_no_more_than_its_limit),
	KUNIT_CASE(manager_limit_holds_for_the_optional),
	KUNIT_CASE(manager_direct_stays_apart),
	KUNIT_CASE(manager_serves_all_nodes),
	KUNIT_CASE(manager_asks_for_the_node),
	KUNIT_CASE(manager_destroy_refused_while_used),
	KUNIT_CASE(manager_is_destroyed_with_all),
	KUNIT_CASE(pool_names_by_address),
	KUNIT_CASE(manager_in_any_context),
	{}
};

static struct kunit_suite manager_suite = {
	.name = "squirrel_manager",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = manager_cases,
};

kunit_test_suites(&manager_suite);
