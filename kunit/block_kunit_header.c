// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_block: layer 0 alone. Headers here describe memory that is
 * never touched.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "block/block.h"
#include "compat.h"

#include "fake.h"

#define P	PAGE_SIZE
#define BASE	(PAGE_OFFSET + 64 * PAGE_SIZE)

union header {
	unsigned long words[SQ_BLOCK_HEADER_BYTES / sizeof(unsigned long)];
};

static struct sq_block *block(union header *h)
{
	return (struct sq_block *)h;
}

/* Everything a header says, in one expectation each. */
static void expect_block(struct kunit *test, union header *h,
			 unsigned long addr, size_t size, bool used)
{
	KUNIT_EXPECT_EQ(test, sq_block_addr(block(h)), addr);
	KUNIT_EXPECT_EQ(test, h->words[SQ_BLOCK_ADDR_WORD], addr);
	KUNIT_EXPECT_EQ(test, sq_block_size(block(h)), size);
	KUNIT_EXPECT_EQ(test, sq_block_used(block(h)), used);
	KUNIT_EXPECT_EQ(test, sq_block_check(block(h)), 0);
}

static void block_get_and_set(struct kunit *test)
{
	union header h;

	sq_block_init(block(&h), BASE, 3 * P);
	expect_block(test, &h, BASE, 3 * P, false);
	KUNIT_EXPECT_NULL(test, sq_block_next(block(&h)));
	KUNIT_EXPECT_NULL(test, sq_block_prev(block(&h)));

	sq_block_set_used(block(&h), true);
	expect_block(test, &h, BASE, 3 * P, true);
	sq_block_set_size(block(&h), 5 * P);
	expect_block(test, &h, BASE, 5 * P, true);
	sq_block_set_used(block(&h), true);
	sq_block_set_used(block(&h), false);
	expect_block(test, &h, BASE, 5 * P, false);
}

/* [a] [b] gap [c] */
static void block_link_only_adjacent(struct kunit *test)
{
	union header a, b, c;

	sq_block_init(block(&a), BASE, P);
	sq_block_init(block(&b), BASE + P, P);
	sq_block_init(block(&c), BASE + 3 * P, P);

	KUNIT_EXPECT_FALSE(test, sq_block_link(block(&b), block(&c)));
	KUNIT_EXPECT_FALSE(test, sq_block_link(block(&b), block(&a)));
	KUNIT_EXPECT_FALSE(test, sq_block_link(block(&a), block(&a)));
	KUNIT_EXPECT_TRUE(test, sq_block_link(block(&a), block(&b)));
	KUNIT_EXPECT_PTR_EQ(test, sq_block_next(block(&a)), block(&b));
	KUNIT_EXPECT_PTR_EQ(test, sq_block_prev(block(&b)), block(&a));
	KUNIT_EXPECT_FALSE(test, sq_block_link(block(&a), block(&b)));

	sq_block_unlink(block(&b));
	KUNIT_EXPECT_NULL(test, sq_block_next(block(&a)));
	KUNIT_EXPECT_NULL(test, sq_block_prev(block(&b)));
}

/* [a][b][c] -> a and c lose b and do not become neighbours */
static void block_unlink_middle(struct kunit *test)
{
	union header a, b, c;

	sq_block_init(block(&a), BASE, P);
	sq_block_init(block(&b), BASE + P, P);
	sq_block_init(block(&c), BASE + 2 * P, P);
	sq_block_link(block(&a), block(&b));
	sq_block_link(block(&b), block(&c));
	sq_block_unlink(block(&b));
	KUNIT_EXPECT_NULL(test, sq_block_next(block(&a)));
	KUNIT_EXPECT_NULL(test, sq_block_prev(block(&c)));
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&a)), 0);
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&c)), 0);
}

/* [a:4][z] -> [a:1][r:3][z] */
static void block_split_keeps_front(struct kunit *test)
{
	union header a, r, z;

	sq_block_init(block(&a), BASE, 4 * P);
	sq_block_init(block(&z), BASE + 4 * P, P);
	sq_block_link(block(&a), block(&z));

	KUNIT_EXPECT_TRUE(test, sq_block_split(block(&a), P, block(&r)));
	expect_block(test, &a, BASE, P, false);
	expect_block(test, &r, BASE + P, 3 * P, false);
	expect_block(test, &z, BASE + 4 * P, P, false);
	KUNIT_EXPECT_PTR_EQ(test, sq_block_next(block(&a)), block(&r));
	KUNIT_EXPECT_PTR_EQ(test, sq_block_next(block(&r)), block(&z));
	KUNIT_EXPECT_PTR_EQ(test, sq_block_prev(block(&z)), block(&r));
}

/* [z][a:4] -> [z][f:1][a:3] */
static void block_split_front_keeps_rest(struct kunit *test)
{
	union header a, f, z;

	sq_block_init(block(&z), BASE - P, P);
	sq_block_init(block(&a), BASE, 4 * P);
	sq_block_link(block(&z), block(&a));
	sq_block_set_used(block(&a), true);

	KUNIT_EXPECT_TRUE(test, sq_block_split_front(block(&a), P, block(&f)));
	expect_block(test, &f, BASE, P, true);
	expect_block(test, &a, BASE + P, 3 * P, true);
	KUNIT_EXPECT_PTR_EQ(test, sq_block_next(block(&z)), block(&f));
	KUNIT_EXPECT_PTR_EQ(test, sq_block_next(block(&f)), block(&a));
	KUNIT_EXPECT_PTR_EQ(test, sq_block_prev(block(&a)), block(&f));
}

/* A split that makes no sense is refused and leaves both headers alone. */
static void block_split_refuses_nonsense(struct kunit *test)
{
	static const size_t bad[] = { 0, 1, P - 1, P + 1, 4 * P, 5 * P,
				      3 * P + 8, ~0UL, ~0UL << PAGE_SHIFT };
	union header a, r, a0, r0;
	unsigned int i;

	sq_block_init(block(&a), BASE, 4 * P);
	memset(&r, 0x5a, sizeof(r));
	a0 = a;
	r0 = r;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_FALSE(test, sq_block_split(block(&a), bad[i],
							block(&r)));
		KUNIT_EXPECT_FALSE(test,
				   sq_block_split_front(block(&a), bad[i],
							block(&r)));
		KUNIT_EXPECT_EQ(test, memcmp(&a, &a0, sizeof(a)), 0);
		KUNIT_EXPECT_EQ(test, memcmp(&r, &r0, sizeof(r)), 0);
	}
}

/* [a][b][c] all free -> [a] by two merges; [c] by two from the other side */
static void block_coalesce_both_ways(struct kunit *test)
{
	union header h[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		sq_block_init(block(&h[i]), BASE + i * P, P);
	sq_block_link(block(&h[0]), block(&h[1]));
	sq_block_link(block(&h[1]), block(&h[2]));
	KUNIT_EXPECT_TRUE(test, sq_block_coalesce(block(&h[0])));
	expect_block(test, &h[0], BASE, 2 * P, false);
	KUNIT_EXPECT_NULL(test, sq_block_next(block(&h[1])));
	KUNIT_EXPECT_NULL(test, sq_block_prev(block(&h[1])));
	KUNIT_EXPECT_TRUE(test, sq_block_coalesce(block(&h[0])));
	expect_block(test, &h[0], BASE, 3 * P, false);
	KUNIT_EXPECT_FALSE(test, sq_block_coalesce(block(&h[0])));

	for (i = 0; i < 3; i++)
		sq_block_init(block(&h[i]), BASE + i * P, P);
	sq_block_link(block(&h[0]), block(&h[1]));
	sq_block_link(block(&h[1]), block(&h[2]));
	KUNIT_EXPECT_TRUE(test, sq_block_coalesce_prev(block(&h[2])));
	KUNIT_EXPECT_TRUE(test, sq_block_coalesce_prev(block(&h[2])));
	expect_block(test, &h[2], BASE, 3 * P, false);
	KUNIT_EXPECT_FALSE(test, sq_block_coalesce_prev(block(&h[2])));
	KUNIT_EXPECT_NULL(test, sq_block_next(block(&h[0])));
}

static void block_coalesce_only_free(struct kunit *test)
{
	union header a, b;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		sq_block_init(block(&a), BASE, P);
		sq_block_init(block(&b), BASE + P, P);
		if (i)
			sq_block_link(block(&a), block(&b));
		sq_block_set_used(block(&a), i == 1);
		sq_block_set_used(block(&b), i == 2);
		KUNIT_EXPECT_FALSE(test, sq_block_coalesce(block(&a)));
		KUNIT_EXPECT_FALSE(test, sq_block_coalesce_prev(block(&b)));
		KUNIT_EXPECT_EQ(test, sq_block_size(block(&a)), P);
		KUNIT_EXPECT_EQ(test, sq_block_size(block(&b)), P);
	}
}

/* Each rule of sq_block_check() is broken by hand and must be counted. */
static void block_check_finds_damage(struct kunit *test)
{
	union header a, b, h;

	sq_block_init(block(&a), BASE, P);
	sq_block_init(block(&b), BASE + P, P);
	sq_block_link(block(&a), block(&b));
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&a)), 0);

	h = a;
	a.words[0] += 8;
	KUNIT_EXPECT_GE(test, sq_block_check(block(&a)), 1);
	a = h;
	a.words[1] += 8;
	KUNIT_EXPECT_GE(test, sq_block_check(block(&a)), 1);
	a = h;
	a.words[1] = 0;
	KUNIT_EXPECT_GE(test, sq_block_check(block(&a)), 1);
	a = h;
	a.words[1] = ~0UL << PAGE_SHIFT;
	KUNIT_EXPECT_GE(test, sq_block_check(block(&a)), 1);
	a = h;
	sq_block_set_size(block(&a), 2 * P);
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&a)), 1);
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&b)), 1);
	a = h;
	b.words[3] = 0;
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&a)), 1);
	b.words[3] = (unsigned long)&a;
	a.words[2] = 0;
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&b)), 1);
	a = h;
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&a)), 0);
	KUNIT_EXPECT_EQ(test, sq_block_check(block(&b)), 0);
}

/* ---- property test ---- */

#define MODEL_PAGES	64
#define MODEL_OPS	200000

/*
 * The model: for each page the first page of its block, and whether that is
 * used. Headers are found by the first page: header i serves the block that
 * starts at page i, so a header that survives a merge must be copied over.
 */
struct model {
	union header *at[MODEL_PAGES];	/* header of the block starting there */
	bool used[MODEL_PAGES];		/* of that block */
	union header pool[MODEL_PAGES];
	DECLARE_BITMAP(taken, MODEL_PAGES);	/* headers in use */
};

static union header *new_header(struct model *m)
{
	unsigned int i = find_first_zero_bit(m->taken, MODEL_PAGES);

	__set_bit(i, m->taken);
	return &m->pool[i];
}

static void old_header(struct model *m, union header *h)
{
	__clear_bit(h - m->pool, m->taken);
}

static unsigned int model_end(const struct model *m, unsigned int first)
{
	do {
		first++;
	} while (first < MODEL_PAGES && !m->at[first]);
	return first;
}

static void model_verify(struct kunit *test, struct model *m)
{
	struct sq_block *b, *prev = NULL;
	unsigned int first, end;

	for (first = 0; first < MODEL_PAGES; first = end) {
		end = model_end(m, first);
		b = block(m->at[first]);
		KUNIT_ASSERT_EQ(test, sq_block_check(b), 0);
		KUNIT_ASSERT_EQ(test, sq_block_addr(b), BASE + first * P);
		KUNIT_ASSERT_EQ(test, sq_block_size(b), (end - first) * P);
		KUNIT_ASSERT_EQ(test, sq_block_used(b), m->used[first]);
		KUNIT_ASSERT_PTR_EQ(test, sq_block_prev(b), prev);
		if (prev)
			KUNIT_ASSERT_PTR_EQ(test, sq_block_next(prev), b);
		prev = b;
	}
	KUNIT_ASSERT_NULL(test, sq_block_next(prev));
}

static void model_split(struct kunit *test, struct model *m,
			struct rnd_state *rnd, unsigned int first)
{
	unsigned int pages = model_end(m, first) - first;
	unsigned int cut = sq_fake_random(rnd, pages + 2);
	bool front = sq_fake_random(rnd, 2);
	bool ok = cut && cut < pages;
	union header *h = m->at[first];
	union header *spare = NULL, dummy;
	bool done;

	if (ok)
		spare = new_header(m);
	if (front)
		done = sq_block_split_front(block(h), cut * P,
					    block(spare ?: &dummy));
	else
		done = sq_block_split(block(h), cut * P,
				      block(spare ?: &dummy));
	KUNIT_ASSERT_EQ(test, done, ok);
	if (!ok)
		return;
	m->at[first] = front ? spare : h;
	m->at[first + cut] = front ? h : spare;
	m->used[first + cut] = m->used[first];
}

static void model_merge(struct kunit *test, struct model *m,
			struct rnd_state *rnd, unsigned int first)
{
	unsigned int next = model_end(m, first);
	bool up = sq_fake_random(rnd, 2);
	bool ok = next < MODEL_PAGES && !m->used[first] && !m->used[next];
	bool done;

	if (next == MODEL_PAGES)
		up = true;
	done = up ? sq_block_coalesce(block(m->at[first])) :
		    sq_block_coalesce_prev(block(m->at[next]));
	KUNIT_ASSERT_EQ(test, done, ok);
	if (!ok)
		return;
	old_header(m, up ? m->at[next] : m->at[first]);
	if (!up)
		m->at[first] = m->at[next];
	m->at[next] = NULL;
}

static void block_property(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int i, first;

	KUNIT_ASSERT_NOT_NULL(test, m);
	sq_fake_seed(test, &rnd);
	m->at[0] = new_header(m);
	sq_block_init(block(m->at[0]), BASE, MODEL_PAGES * P);

	for (i = 0; i < MODEL_OPS; i++) {
		first = sq_fake_random(&rnd, MODEL_PAGES);
		while (!m->at[first])
			first--;
		switch (sq_fake_random(&rnd, 4)) {
		case 0:
			m->used[first] = !m->used[first];
			sq_block_set_used(block(m->at[first]), m->used[first]);
			break;
		case 1:
			model_split(test, m, &rnd, first);
			break;
		default:
			model_merge(test, m, &rnd, first);
		}
		if (i % 100 == 0)
			model_verify(test, m);
	}
	model_verify(test, m);
}

static struct kunit_case block_cases[] = {
	KUNIT_CASE(block_get_and_set),
	KUNIT_CASE(block_link_only_adjacent),
	KUNIT_CASE(block_unlink_middle),
	KUNIT_CASE(block_split_keeps_front),
	KUNIT_CASE(block_split_front_keeps_rest),
	KUNIT_CASE(block_split_refuses_nonsense),
	KUNIT_CASE(block_coalesce_both_ways),
	KUNIT_CASE(block_coalesce_only_free),
	KUNIT_CASE(block_check_finds_damage),
	KUNIT_CASE(block_property),
	{}
};

static struct kunit_suite block_suite = {
	.name = "squirrel_block",
	.test_cases = block_cases,
};

kunit_test_suites(&block_suite);

SQ_IMPORT_FOR_KUNIT();
MODULE_DESCRIPTION("squirrel: KUnit suite of the block layer");
MODULE_LICENSE("GPL");
