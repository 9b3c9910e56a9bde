// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_pool: the index of free blocks, without any memory behind the
 * blocks, against a search of everything.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "utility_kunit.h"

#define BLOCKS		128
#define MODEL_OPS	100000
/* Blocks lie this far apart, so that each may have any size. */
#define SPACING		(4UL << 32)

struct pool_fixture {
	struct sq_pool pool;
	struct sq_agent agents[BLOCKS];
	bool in[BLOCKS];
};

static int pool_suite_init(struct kunit *test)
{
	struct pool_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	sq_pool_init(&fx->pool, NULL, 0);
	test->priv = fx;
	return 0;
}

/* The index wants its lock held; the blocks have no memory to be afraid for. */
static void insert(struct pool_fixture *fx, unsigned int i, unsigned long pages)
{
	unsigned long irq;

	sq_block_init(sq_agent_block(&fx->agents[i]), (i + 1) * SPACING,
		      pages << PAGE_SHIFT);
	raw_spin_lock_irqsave(&fx->pool.lock, irq);
	sq_pool_insert(&fx->pool, &fx->agents[i]);
	raw_spin_unlock_irqrestore(&fx->pool.lock, irq);
	fx->in[i] = true;
}

static void drop(struct pool_fixture *fx, unsigned int i)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&fx->pool.lock, irq);
	sq_pool_remove(&fx->pool, &fx->agents[i]);
	raw_spin_unlock_irqrestore(&fx->pool.lock, irq);
	fx->in[i] = false;
}

static long index_of(struct pool_fixture *fx, struct sq_agent *agent)
{
	return agent ? agent - fx->agents : -1;
}

/* Bins follow each other without gap or overlap, and are 1/8 wide. */
static void pool_bins_partition_sizes(struct kunit *test)
{
	unsigned long pages, first = 1;
	unsigned int bin;

	KUNIT_EXPECT_EQ(test, sq_pool_bin(1), 1);
	for (pages = 2; pages <= 1UL << 16; pages++) {
		bin = sq_pool_bin(pages);
		if (bin == sq_pool_bin(pages - 1)) {
			KUNIT_ASSERT_LE(test, 8 * (pages - first), first);
			continue;
		}
		KUNIT_ASSERT_EQ(test, bin, sq_pool_bin(pages - 1) + 1);
		first = pages;
	}
	KUNIT_EXPECT_LT(test, sq_pool_bin((1UL << 20) - 1),
			sq_pool_bin(1UL << 20));
	KUNIT_EXPECT_EQ(test, sq_pool_bin(1UL << 20), sq_pool_bin(1UL << 40));
	KUNIT_EXPECT_LT(test, sq_pool_bin(ULONG_MAX), SQ_POOL_BINS);
}

/* A row for each power of two, and the last is for all that is longer. */
static void pool_rows_have_an_end(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < BITS_PER_LONG; i++) {
		KUNIT_EXPECT_EQ(test, sq_pool_hist(1UL << i),
				min(i, SQ_VIEW_BINS - 1U));
		KUNIT_EXPECT_EQ(test, sq_pool_hist((1UL << i) | ((1UL << i) - 1)),
				min(i, SQ_VIEW_BINS - 1U));
	}
}

static void pool_empty_has_nothing(struct kunit *test)
{
	struct pool_fixture *fx = test->priv;

	KUNIT_EXPECT_NULL(test, sq_pool_fit(&fx->pool, 1));
	KUNIT_EXPECT_NULL(test, sq_pool_lowest(&fx->pool, 1));
	KUNIT_EXPECT_NULL(test, sq_pool_lowest_from(&fx->pool, 0, 1));
	KUNIT_EXPECT_NULL(test, sq_pool_tightest(&fx->pool, 1));
	KUNIT_EXPECT_NULL(test, sq_pool_first(&fx->pool));
}

/* 9, 3, 20, 3 by address: each strategy has its own answer. */
static void pool_strategies_differ(struct kunit *test)
{
	struct pool_fixture *fx = test->priv;
	struct sq_pool *pool = &fx->pool;

	insert(fx, 0, 9);
	insert(fx, 1, 3);
	insert(fx, 2, 20);
	insert(fx, 3, 3);

	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_lowest(pool, 2)), 0);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_tightest(pool, 4)), 0);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_fit(pool, 3)), 3);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_lowest(pool, 10)), 2);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_fit(pool, 20)), 2);
	KUNIT_EXPECT_NULL(test, sq_pool_lowest(pool, 21));
	KUNIT_EXPECT_NULL(test, sq_pool_tightest(pool, 21));
	KUNIT_EXPECT_NULL(test, sq_pool_fit(pool, 21));

	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_first(pool)), 0);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_next(pool, &fx->agents[0])),
			1);
	KUNIT_EXPECT_NULL(test, sq_pool_next(pool, &fx->agents[3]));
}

/* A request in the middle of a bin may be served by the bin's larger blocks. */
static void pool_fit_looks_at_own_bin(struct kunit *test)
{
	struct pool_fixture *fx = test->priv;

	/* 32 to 35 pages share a bin. */
	insert(fx, 0, 35);
	insert(fx, 1, 32);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_fit(&fx->pool, 33)), 0);
	KUNIT_EXPECT_NULL(test, sq_pool_fit(&fx->pool, 36));
}

static void pool_top_bin_is_searched(struct kunit *test)
{
	struct pool_fixture *fx = test->priv;
	unsigned long top = 1UL << SQ_POOL_TOP_SHIFT;

	insert(fx, 0, top + 5);
	insert(fx, 1, top);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_fit(&fx->pool, top + 3)), 0);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_tightest(&fx->pool, top)), 1);
	KUNIT_EXPECT_NULL(test, sq_pool_fit(&fx->pool, top + 6));
}

static void pool_latest_goes_first(struct kunit *test)
{
	struct pool_fixture *fx = test->priv;

	insert(fx, 0, 4);
	insert(fx, 1, 4);
	insert(fx, 2, 4);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_fit(&fx->pool, 4)), 2);
	drop(fx, 2);
	KUNIT_EXPECT_EQ(test, index_of(fx, sq_pool_fit(&fx->pool, 4)), 1);
}

/* ---- property test ---- */

/* Sizes of all magnitudes, small ones more often. */
static unsigned long random_pages(struct rnd_state *rnd)
{
	return 1 + (prandom_u32_state(rnd) >> (12 + sq_fake_random(rnd, 20)));
}

static void expect_lowest(struct kunit *test, struct pool_fixture *fx,
			  unsigned long pages)
{
	long want = -1;
	unsigned int i;

	for (i = 0; i < BLOCKS && want < 0; i++) {
		if (fx->in[i] && sq_agent_pages(&fx->agents[i]) >= pages)
			want = i;
	}
	KUNIT_ASSERT_EQ(test, index_of(fx, sq_pool_lowest(&fx->pool, pages)),
			want);
}

/* From block @from on, at its start or one page further. */
static void expect_lowest_from(struct kunit *test, struct pool_fixture *fx,
			       struct rnd_state *rnd)
{
	unsigned long pages = random_pages(rnd);
	unsigned int from = sq_fake_random(rnd, BLOCKS), i;
	unsigned int past = sq_fake_random(rnd, 2);
	long want = -1;

	for (i = from + past; i < BLOCKS && want < 0; i++) {
		if (fx->in[i] && sq_agent_pages(&fx->agents[i]) >= pages)
			want = i;
	}
	KUNIT_ASSERT_EQ(test,
			index_of(fx, sq_pool_lowest_from(&fx->pool,
							 (from + 1) * SPACING +
							 past * PAGE_SIZE,
							 pages)),
			want);
}

static void expect_tightest(struct kunit *test, struct pool_fixture *fx,
			    unsigned long pages)
{
	struct sq_agent *got = sq_pool_tightest(&fx->pool, pages);
	unsigned long size, best = ULONG_MAX;
	unsigned int i, crowd = 0;

	for (i = 0; i < BLOCKS; i++) {
		size = sq_agent_pages(&fx->agents[i]);
		if (fx->in[i] && size >= pages)
			best = min(best, size);
	}
	for (i = 0; i < BLOCKS; i++)
		crowd += fx->in[i] && sq_pool_bin(sq_agent_pages(&fx->agents[i]))
				     == sq_pool_bin(best);
	/* With few blocks in its bin the smallest is found for certain. */
	if (best == ULONG_MAX)
		KUNIT_ASSERT_NULL(test, got);
	else if (crowd <= 32)
		KUNIT_ASSERT_EQ(test, got ? sq_agent_pages(got) : 0, best);
	else if (got)
		KUNIT_ASSERT_GE(test, sq_agent_pages(got), pages);
}

static void expect_fit(struct kunit *test, struct pool_fixture *fx,
		       unsigned long pages)
{
	struct sq_agent *got = sq_pool_fit(&fx->pool, pages);
	unsigned long size, sure;
	unsigned int i;

	if (got) {
		KUNIT_ASSERT_TRUE(test, fx->in[index_of(fx, got)]);
		KUNIT_ASSERT_GE(test, sq_agent_pages(got), pages);
		return;
	}
	/* Nothing found: then no block is an eighth larger, or of the size. */
	sure = pages + pages / 8;
	for (i = 0; i < BLOCKS; i++) {
		size = sq_agent_pages(&fx->agents[i]);
		if (fx->in[i])
			KUNIT_ASSERT_LE(test, size, sure);
	}
}

static void expect_walk(struct kunit *test, struct pool_fixture *fx)
{
	struct sq_agent *agent = sq_pool_first(&fx->pool);
	unsigned long irq, blocks = 0, pages = 0;
	struct sq_agent *from;
	unsigned int i;

	for (i = 0; i < BLOCKS; i++) {
		if (!fx->in[i])
			continue;
		KUNIT_ASSERT_PTR_EQ(test, agent, &fx->agents[i]);
		raw_spin_lock_irqsave(&fx->pool.lock, irq);
		from = sq_pool_from(&fx->pool, sq_agent_addr(agent) - 1);
		raw_spin_unlock_irqrestore(&fx->pool.lock, irq);
		KUNIT_ASSERT_PTR_EQ(test, from, agent);
		KUNIT_ASSERT_EQ(test, sq_agent_links(agent)->most,
				sq_links_most(sq_agent_links(agent)));
		agent = sq_pool_next(&fx->pool, agent);
		pages += sq_agent_pages(&fx->agents[i]);
		blocks++;
	}
	KUNIT_ASSERT_NULL(test, agent);
	KUNIT_ASSERT_EQ(test, sq_pool_free_blocks(&fx->pool), blocks);
	KUNIT_ASSERT_EQ(test, fx->pool.free_pages, pages);
}

static void expect_largest(struct kunit *test, struct pool_fixture *fx)
{
	unsigned long longest = 0, irq;
	unsigned int i, top;
	struct sq_agent *got;

	for (i = 0; i < BLOCKS; i++) {
		if (fx->in[i])
			longest = max(longest, sq_agent_pages(&fx->agents[i]));
	}
	top = longest ? sq_pool_bin(longest) : 0;
	raw_spin_lock_irqsave(&fx->pool.lock, irq);
	got = sq_pool_largest(&fx->pool);
	raw_spin_unlock_irqrestore(&fx->pool.lock, irq);
	KUNIT_ASSERT_EQ(test, got ? sq_pool_bin(sq_agent_pages(got)) : 0, top);
	/* Without looking at the blocks: the least that bin may have. */
	KUNIT_ASSERT_LE(test, sq_pool_longest(&fx->pool), longest);
	if (longest)
		KUNIT_ASSERT_EQ(test, sq_pool_bin(sq_pool_longest(&fx->pool)),
				top);
}

static void pool_property(struct kunit *test)
{
	struct pool_fixture *fx = test->priv;
	struct rnd_state rnd;
	unsigned int i, at;

	sq_fake_seed(test, &rnd);
	for (i = 0; i < MODEL_OPS; i++) {
		at = sq_fake_random(&rnd, BLOCKS);
		if (fx->in[at])
			drop(fx, at);
		else
			insert(fx, at, random_pages(&rnd));
		switch (sq_fake_random(&rnd, 8)) {
		case 0:
			expect_lowest(test, fx, random_pages(&rnd));
			break;
		case 1:
			expect_tightest(test, fx, random_pages(&rnd));
			break;
		case 2:
			expect_fit(test, fx, random_pages(&rnd));
			break;
		case 3:
			expect_largest(test, fx);
			break;
		case 4:
			expect_lowest_from(test, fx, &rnd);
		}
		if (i % 1000 == 0)
			expect_walk(test, fx);
	}
	for (at = 0; at < BLOCKS; at++) {
		if (fx->in[at])
			drop(fx, at);
	}
	expect_walk(test, fx);
	KUNIT_EXPECT_EQ(test, fx->pool.rows, 0);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(pool_bins_partition_sizes),
	KUNIT_CASE(pool_rows_have_an_end),
	KUNIT_CASE(pool_empty_has_nothing),
	KUNIT_CASE(pool_strategies_differ),
	KUNIT_CASE(pool_fit_looks_at_own_bin),
	KUNIT_CASE(pool_top_bin_is_searched),
	KUNIT_CASE(pool_latest_goes_first),
	KUNIT_CASE(pool_property),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "squirrel_pool",
	.init = pool_suite_init,
	.test_cases = pool_cases,
};

kunit_test_suites(&pool_suite);
