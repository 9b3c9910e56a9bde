// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_map: page frame to agent.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "utility_kunit.h"

static int some_data = 1;

static struct sq_agent *lookup(unsigned long addr)
{
	struct sq_agent *agent;

	preempt_disable();
	agent = sq_map_lookup((void *)addr);
	preempt_enable();
	return agent;
}

/* Any address may be asked for; what is not ours is nobody's. */
static void map_foreign_is_nobodys(struct kunit *test)
{
	unsigned long odd[] = {
		0, 1, PAGE_SIZE, 0x400000, PAGE_OFFSET - 1, PAGE_OFFSET, ~0UL,
		(unsigned long)&some_data, (unsigned long)&odd,
		(unsigned long)map_foreign_is_nobodys, (unsigned long)test,
		0xdead000000000100UL, 1UL << (BITS_PER_LONG - 1),
	};
	void *vm = vmalloc(P), *km = kmalloc(64, GFP_KERNEL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++)
		KUNIT_EXPECT_PTR_EQ(test, lookup(odd[i]), &sq_agent_null);
	KUNIT_EXPECT_PTR_EQ(test, lookup((unsigned long)vm), &sq_agent_null);
	KUNIT_EXPECT_PTR_EQ(test, lookup((unsigned long)km), &sq_agent_null);
	KUNIT_EXPECT_NULL(test, sq_agent_null.owner);
	vfree(vm);
	kfree(km);
}

/* Each byte of a block leads to its agent, used or free. */
static void map_finds_every_page(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = sq_fixture_take(fx, 5, sq_pool_fit);
	unsigned long addr, end;

	KUNIT_ASSERT_NOT_NULL(test, agent);
	addr = sq_agent_addr(agent);
	end = sq_agent_end(agent);
	for (; addr != end; addr += P) {
		KUNIT_EXPECT_PTR_EQ(test, lookup(addr), agent);
		KUNIT_EXPECT_PTR_EQ(test, lookup(addr + P - 1), agent);
	}
	KUNIT_EXPECT_PTR_NE(test, lookup(end), agent);
	KUNIT_EXPECT_PTR_NE(test, lookup(sq_agent_addr(agent) - 1), agent);

	addr = sq_agent_addr(agent);
	sq_manager_give(fx->m, agent);
	KUNIT_EXPECT_PTR_EQ(test, lookup(addr), agent);
	sq_manager_trim(fx->m, 0, ~0UL);
	KUNIT_EXPECT_PTR_EQ(test, lookup(addr), &sq_agent_null);
}

/* What a window, a span, a leaf is for. No test machine has this much memory. */
#define WINDOW	(1UL << (SQ_MAP_LEAF_SHIFT + SQ_MAP_WINDOW_BITS))
#define SPAN	(1UL << (SQ_MAP_LEAF_SHIFT + SQ_MAP_SPAN_BITS))
#define LEAF	BIT(SQ_MAP_LEAF_SHIFT)

/* The page at @addr is @agent's, those beside it are nobody's. */
static void expect_alone(struct kunit *test, unsigned long addr,
			 struct sq_agent *agent)
{
	KUNIT_EXPECT_PTR_EQ(test, lookup(addr), agent);
	KUNIT_EXPECT_PTR_EQ(test, lookup(addr + P - 1), agent);
	KUNIT_EXPECT_PTR_EQ(test, lookup(addr - 1), &sq_agent_null);
	KUNIT_EXPECT_PTR_EQ(test, lookup(addr + P), &sq_agent_null);
}

static void enter(struct kunit *test, unsigned long addr,
		  struct sq_agent *agent)
{
	KUNIT_ASSERT_EQ(test, sq_map_hold(addr, P, GFP_KERNEL), 0);
	sq_map_set(addr, P, agent);
}

static void leave(unsigned long addr)
{
	sq_map_set(addr, P, NULL);
	sq_map_drop(addr, P);
}

/* Memory that comes later, or lies far off, is entered like any other. */
static void map_reaches_everywhere(struct kunit *test)
{
	const unsigned long at[] = {
		PAGE_OFFSET - P, PAGE_OFFSET + 64 * (1UL << 40),
		PAGE_OFFSET / 2, 16 * P, 1UL << (BITS_PER_LONG - 1), -2 * P,
	};
	struct sq_agent *agents = kunit_kzalloc(test, sizeof(*agents) *
						ARRAY_SIZE(at), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, agents);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		enter(test, at[i], &agents[i]);
		expect_alone(test, at[i], &agents[i]);
		leave(at[i]);
		expect_alone(test, at[i], &sq_agent_null);
	}
	/* The last page of all: what comes after it is 0. */
	enter(test, -P, &agents[0]);
	expect_alone(test, -P, &agents[0]);
	leave(-P);
	expect_alone(test, -P, &sq_agent_null);
}

/*
 * While some pages wait for readers no others are looked for: else who trims
 * often would put off the day again and again.
 */
static void map_pages_wait_in_turn(struct kunit *test)
{
	unsigned long first = PAGE_OFFSET + 7 * WINDOW, second = first + LEAF;
	struct sq_agent *agent = kunit_kzalloc(test, sizeof(*agent), GFP_KERNEL);
	unsigned long before, after;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, agent);
	enter(test, first, agent);
	enter(test, second, agent);
	sq_fixture_settle();

	rcu_read_lock();
	leave(first);
	sq_utility_trim();
	leave(second);
	sq_utility_trim();
	before = sq_utility_meta_pages();
	err = sq_map_hold(second, P, GFP_ATOMIC);
	after = sq_utility_meta_pages();
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, err, 0);
	/* It was still there. The first was not. */
	KUNIT_EXPECT_EQ(test, after, before);
	KUNIT_EXPECT_EQ(test, sq_map_hold(first, P, GFP_KERNEL), 0);
	KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before + 1);
	sq_map_drop(first, P);
	sq_map_drop(second, P);
	sq_fixture_settle();
	KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before - 2);
}

#define SHARERS	6

/* One slot, several spans: each address has its own, and they do not mix. */
static void map_shares_slots(struct kunit *test)
{
	struct sq_agent *agents = kunit_kzalloc(test, sizeof(*agents) * SHARERS,
						GFP_KERNEL);
	unsigned long addr = PAGE_OFFSET + 3 * WINDOW + 5 * LEAF;
	unsigned int i, j;

	KUNIT_ASSERT_NOT_NULL(test, agents);
	for (i = 0; i < SHARERS; i++) {
		enter(test, addr + i * WINDOW, &agents[i]);
		for (j = 0; j < SHARERS; j++)
			expect_alone(test, addr + j * WINDOW, j <= i ?
				     &agents[j] : &sq_agent_null);
	}
	/* The leaf of each goes and comes back while the others stay. */
	for (i = 0; i < SHARERS; i++) {
		leave(addr + i * WINDOW);
		sq_fixture_settle();
		for (j = 0; j < SHARERS; j++)
			expect_alone(test, addr + j * WINDOW, i != j ?
				     &agents[j] : &sq_agent_null);
		enter(test, addr + i * WINDOW, &agents[i]);
		expect_alone(test, addr + i * WINDOW, &agents[i]);
	}
	for (i = 0; i < SHARERS; i++)
		leave(addr + i * WINDOW);
}

/* A range over the end of a leaf, of a span, of a window. */
static void map_crosses_edges(struct kunit *test)
{
	const unsigned long edges[] = { LEAF, SPAN, WINDOW };
	struct sq_agent *agent = kunit_kzalloc(test, sizeof(*agent), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, agent);
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		unsigned long addr = PAGE_OFFSET + 11 * WINDOW + edges[i] - P;

		KUNIT_ASSERT_EQ(test, sq_map_hold(addr, 2 * P, GFP_KERNEL), 0);
		sq_map_set(addr, 2 * P, agent);
		KUNIT_EXPECT_PTR_EQ(test, lookup(addr - 1), &sq_agent_null);
		KUNIT_EXPECT_PTR_EQ(test, lookup(addr), agent);
		KUNIT_EXPECT_PTR_EQ(test, lookup(addr + P), agent);
		KUNIT_EXPECT_PTR_EQ(test, lookup(addr + 2 * P),
				    &sq_agent_null);
		sq_map_set(addr, 2 * P, NULL);
		sq_map_drop(addr, 2 * P);
	}
}

/* What there is before the first page, and what one page anywhere costs. */
static void map_costs_what_is_held(struct kunit *test)
{
	unsigned long addr = PAGE_OFFSET + 21 * WINDOW, before;
	struct sq_agent *agent = kunit_kzalloc(test, sizeof(*agent), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_LE(test, sizeof(sq_map) + sizeof(sq_map_windows) +
			sizeof(struct sq_map_span), 65536);
	sq_fixture_settle();
	before = sq_utility_meta_pages();
	enter(test, addr, agent);
	KUNIT_EXPECT_LE(test, sq_utility_meta_pages(), before + 3);
	enter(test, addr + 500 * WINDOW, agent);
	KUNIT_EXPECT_LE(test, sq_utility_meta_pages(), before + 6);
	leave(addr);
	leave(addr + 500 * WINDOW);
	sq_fixture_settle();
	KUNIT_EXPECT_LE(test, sq_utility_meta_pages(), before + 4);
}

/* From one page to the next over 64 TiB of nothing, in a few steps. */
static void map_walk_skips_holes(struct kunit *test)
{
	unsigned long low = PAGE_OFFSET + 31 * WINDOW, high = low + 512 * WINDOW;
	struct sq_agent *agent = kunit_kzalloc(test, sizeof(*agent), GFP_KERNEL);
	unsigned long at = low, leaf, steps = 0;
	int node;

	KUNIT_ASSERT_NOT_NULL(test, agent);
	agent->manager = (void *)test;
	agent->node = 7;
	enter(test, low, agent);
	enter(test, high, agent);

	KUNIT_EXPECT_TRUE(test, sq_map_next(&at, high + P, agent->manager,
					    &node));
	KUNIT_EXPECT_EQ(test, at, low);
	at += P;
	KUNIT_EXPECT_TRUE(test, sq_map_next(&at, high + P, agent->manager,
					    &node));
	KUNIT_EXPECT_EQ(test, at, high);
	KUNIT_EXPECT_EQ(test, node, 7);
	at += P;
	KUNIT_EXPECT_FALSE(test, sq_map_next(&at, at + 64 * WINDOW,
					     agent->manager, &node));
	for (leaf = low >> SQ_MAP_LEAF_SHIFT; leaf < high >> SQ_MAP_LEAF_SHIFT;
	     leaf = sq_map_skip(leaf))
		steps++;
	KUNIT_EXPECT_EQ(test, leaf, high >> SQ_MAP_LEAF_SHIFT);
	KUNIT_EXPECT_LT(test, steps, 100);
	leave(low);
	leave(high);
}

/* Windows and spans are there, and stay; leaves are not. */
static void map_tables(struct kunit *test, unsigned long addr, size_t size)
{
	KUNIT_ASSERT_EQ(test, sq_map_hold(addr, size, GFP_KERNEL), 0);
	sq_map_drop(addr, size);
	sq_fixture_settle();
}

/* Leaves are given back once none of their frames is held. */
static void map_leaves_come_and_go(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned long addr = sq_fake_page(&fx->fake, 0);
	size_t size = P << SQ_BLOCK_MAX_ORDER;
	unsigned long before, leaves = DIV_ROUND_UP(size, LEAF);
	unsigned int i;

	map_tables(test, addr, size);
	before = sq_utility_meta_pages();
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, sq_map_hold(addr, size, GFP_KERNEL), 0);
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(),
				before + leaves);
		/* A second hold, and a hold of an empty leaf, cost nothing. */
		sq_map_drop(addr, size);
		KUNIT_ASSERT_EQ(test, sq_map_hold(addr + P, P, GFP_KERNEL), 0);
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(),
				before + leaves);
		sq_fixture_settle();
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before + 1);
		sq_map_drop(addr + P, P);
		sq_fixture_settle();
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before);
	}
}

/* Of three leaves the nth fails: those before are let go again. */
static void map_hold_fails_whole(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned long leaf = LEAF;
	unsigned long addr = sq_fake_page(&fx->fake, 0);
	unsigned long before, n;

	map_tables(test, addr, 2 * leaf);
	before = sq_utility_meta_pages();
	for (n = 1; n <= 2; n++) {
		sq_fixture_meta_fail(n, 1);
		KUNIT_EXPECT_EQ(test, sq_map_hold(addr, 2 * leaf, GFP_KERNEL),
				-ENOMEM);
		sq_fixture_meta_restore();
		sq_fixture_settle();
		KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before);
	}
}

/* ---- property test ---- */

#define MODEL_PAGES	(2 * SQ_FAKE_CHUNK_PAGES)
#define MODEL_AGENTS	16
#define MODEL_OPS	100000

struct map_model {
	struct sq_agent agents[MODEL_AGENTS];
	u8 entry[MODEL_PAGES];		/* 0: not held; else 1 + agent */
};

static void model_verify(struct kunit *test, struct sq_fixture *fx,
			 struct map_model *model, unsigned long from,
			 unsigned long to)
{
	struct sq_agent *want;
	unsigned long i;

	for (i = from; i < to; i++) {
		want = model->entry[i] ? &model->agents[model->entry[i] - 1] :
					 &sq_agent_null;
		KUNIT_ASSERT_PTR_EQ(test, lookup(sq_fake_page(&fx->fake, i)),
				    want);
	}
}

/* A run of pages that are all held or all not, within one chunk. */
static unsigned long model_run(struct map_model *model, unsigned long from,
			       unsigned long most)
{
	unsigned long n = 1;

	while (n < most && (from + n) % SQ_FAKE_CHUNK_PAGES &&
	       !model->entry[from + n] == !model->entry[from])
		n++;
	return n;
}

static void model_step(struct kunit *test, struct sq_fixture *fx,
		       struct map_model *model, struct rnd_state *rnd)
{
	unsigned long from = sq_fake_random(rnd, MODEL_PAGES);
	unsigned long n = model_run(model, from, 1 + sq_fake_random(rnd, 600));
	unsigned long addr = sq_fake_page(&fx->fake, from);
	unsigned int agent = sq_fake_random(rnd, MODEL_AGENTS + 4);

	if (!model->entry[from] && agent < MODEL_AGENTS) {
		KUNIT_ASSERT_EQ(test, sq_map_hold(addr, n * P, GFP_KERNEL), 0);
	} else if (model->entry[from] && agent >= MODEL_AGENTS) {
		sq_map_set(addr, n * P, NULL);
		sq_map_drop(addr, n * P);
		memset(model->entry + from, 0, n);
	}
	if (agent < MODEL_AGENTS) {
		sq_map_set(addr, n * P, &model->agents[agent]);
		memset(model->entry + from, agent + 1, n);
	}
	model_verify(test, fx, model, from ? from - 1 : 0,
		     min(from + n + 1, MODEL_PAGES));
}

static void map_property(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct map_model *model;
	struct rnd_state rnd;
	unsigned long before, i;

	for (i = 0; i < MODEL_PAGES; i += SQ_FAKE_CHUNK_PAGES)
		map_tables(test, sq_fake_page(&fx->fake, i),
			   SQ_FAKE_CHUNK_PAGES << PAGE_SHIFT);

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	sq_fake_seed(test, &rnd);
	sq_fixture_settle();
	before = sq_utility_meta_pages();

	for (i = 0; i < MODEL_OPS; i++) {
		model_step(test, fx, model, &rnd);
		if (i % 1000 == 0)
			model_verify(test, fx, model, 0, MODEL_PAGES);
		if (i % 64 == 0)
			sq_utility_trim();
	}
	for (i = 0; i < MODEL_PAGES; i++) {
		if (!model->entry[i])
			continue;
		sq_map_set(sq_fake_page(&fx->fake, i), P, NULL);
		sq_map_drop(sq_fake_page(&fx->fake, i), P);
	}
	sq_fixture_settle();
	KUNIT_EXPECT_EQ(test, sq_utility_meta_pages(), before);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(map_foreign_is_nobodys),
	KUNIT_CASE(map_finds_every_page),
	KUNIT_CASE(map_reaches_everywhere),
	KUNIT_CASE(map_pages_wait_in_turn),
	KUNIT_CASE(map_shares_slots),
	KUNIT_CASE(map_crosses_edges),
	KUNIT_CASE(map_costs_what_is_held),
	KUNIT_CASE(map_walk_skips_holes),
	KUNIT_CASE(map_leaves_come_and_go),
	KUNIT_CASE(map_hold_fails_whole),
	KUNIT_CASE(map_property),
	{}
};

static struct kunit_suite map_suite = {
	.name = "squirrel_map",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = map_cases,
};

kunit_test_suites(&map_suite);
