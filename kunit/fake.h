/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page source for tests: real pages from an arena of its own, handed out
 * lowest first, so that a test knows what is adjacent to what. It has a budget,
 * fails when told to, and keeps a ledger of every page that is out: a put of a
 * page that is not out, or out of line, is counted as an error, and so is a
 * page that was written to after it was put. It also keeps what it was asked for.
 *
 * The pages have references as those of the real source. One that is put while
 * somebody else refers to it, or after he put it, stays out of the arena until
 * the test has mended that and calls sq_fake_settle().
 */
#ifndef _SQ_KUNIT_FAKE_H
#define _SQ_KUNIT_FAKE_H

#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/spinlock.h>

#include "block/block.h"

#define SQ_FAKE_CHUNK_PAGES	BIT(SQ_BLOCK_MAX_ORDER)
#define SQ_FAKE_CHUNKS		8

/**
 * struct sq_fake_chunk - a part of the arena, aligned to its size
 * @base: where it starts
 * @out: one bit for each page that is out
 * @odd: one bit for each that was put with wrong references; they are out
 */
struct sq_fake_chunk {
	unsigned long base;
	DECLARE_BITMAP(out, SQ_FAKE_CHUNK_PAGES);
	DECLARE_BITMAP(odd, SQ_FAKE_CHUNK_PAGES);
};

/**
 * struct sq_fake - a fake page source
 * @ops: what the code under test is given; a test may lower its max_order
 * @lock: protects the rest
 * @chunks: the arena
 * @nr_chunks: how many there are
 * @budget: pages that may be out at a time
 * @fail_in: fail the get after this many more; 0: none. Set by the test
 * @refuse: fail this many gets from now on. Set by the test
 * @singles: free memory has no two adjacent pages: fail every get of an order
 *	above 0. Set by the test
 * @asked: what gets asked for, of order 0 and above, since the last
 *	sq_fake_forget()
 * @strict: a call with preemption off is an error. Set by the test
 * @out: pages that are out
 * @gets: calls of get
 * @puts: calls of put
 * @fails: gets that returned NULL
 * @errors: wrong puts, calls where there should be none, and pages written to
 *	after a put
 */
struct sq_fake {
	struct sq_fake_asked {
		unsigned long gets;
		unsigned long fails;
		gfp_t any;	/* flags that one of them had */
		gfp_t all;	/* flags that all of them had */
		int node;	/* of the last */
		unsigned int order;
	} asked[2];
	struct sq_block_ops ops;
	raw_spinlock_t lock;
	struct sq_fake_chunk *chunks;
	unsigned int nr_chunks;
	unsigned long budget;
	unsigned long fail_in;
	unsigned long refuse;
	bool singles;
	bool strict;
	unsigned long out;
	unsigned long gets;
	unsigned long puts;
	unsigned long fails;
	unsigned long errors;
};

void sq_fake_forget(struct sq_fake *fake);
int sq_fake_init(struct sq_fake *fake, unsigned long pages);
int sq_fake_init_one(struct sq_fake *fake);
unsigned long sq_fake_exit(struct sq_fake *fake);
unsigned long sq_fake_settle(struct sq_fake *fake);
unsigned long sq_fake_page(const struct sq_fake *fake, unsigned long index);
long sq_fake_index(const struct sq_fake *fake, unsigned long addr);
bool sq_fake_is_out(struct sq_fake *fake, unsigned long addr);

/* The seed of a property test: said in the log, so that it can be repeated. */
static inline void sq_fake_seed(struct kunit *test, struct rnd_state *rnd)
{
#ifdef SQ_SEED
	u32 seed = SQ_SEED;
#else
	u32 seed = get_random_u32();
#endif

	kunit_info(test, "seed %u (repeat with make SQ_SEED=%u)\n", seed, seed);
	prandom_seed_state(rnd, seed);
}

/* 0 to @below - 1 */
static inline u32 sq_fake_random(struct rnd_state *rnd, u32 below)
{
	return prandom_u32_state(rnd) % below;
}

#endif /* _SQ_KUNIT_FAKE_H */
