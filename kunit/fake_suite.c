// SPDX-License-Identifier: GPL-2.0
/*
 * The fake source must be beyond doubt before anything is tested over it.
 */
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "fake.h"

static int fake_suite_init(struct kunit *test)
{
	struct sq_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	if (sq_fake_init(fake, 100))
		kunit_skip(test, "no memory for the arena");
	test->priv = fake;
	return 0;
}

static void fake_suite_exit(struct kunit *test)
{
	struct sq_fake *fake = test->priv;

	if (fake)
		KUNIT_EXPECT_EQ(test, sq_fake_exit(fake), 0);
}

static void *get(struct sq_fake *fake, unsigned int order)
{
	return fake->ops.get(&fake->ops, order, GFP_KERNEL, NUMA_NO_NODE);
}

static void put(struct sq_fake *fake, void *addr, unsigned int order)
{
	fake->ops.put(&fake->ops, addr, order);
}

/* Lowest first, aligned to the size, adjacent. */
static void fake_hands_out_in_order(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	unsigned long base = sq_fake_page(fake, 0);
	void *a = get(fake, 0), *b = get(fake, 2), *c = get(fake, 0);

	KUNIT_EXPECT_EQ(test, (unsigned long)a, base);
	KUNIT_EXPECT_EQ(test, (unsigned long)b, base + 4 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, (unsigned long)c, base + PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake->out, 6);
	KUNIT_EXPECT_EQ(test, sq_fake_index(fake, (unsigned long)b + 5), 4);
	KUNIT_EXPECT_EQ(test, sq_fake_index(fake, base - 1), -1);
	KUNIT_EXPECT_TRUE(test, sq_fake_is_out(fake, (unsigned long)c));
	KUNIT_EXPECT_FALSE(test, sq_fake_is_out(fake, base + 2 * PAGE_SIZE));
	put(fake, a, 0);
	put(fake, b, 2);
	put(fake, c, 0);
	KUNIT_EXPECT_EQ(test, fake->out, 0);
	KUNIT_EXPECT_EQ(test, fake->errors, 0);
}

static void fake_keeps_its_budget(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	void *a = get(fake, 6), *b;

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_EXPECT_NULL(test, get(fake, 6));
	b = get(fake, 5);
	KUNIT_EXPECT_NOT_NULL(test, b);
	KUNIT_EXPECT_NULL(test, get(fake, 3));
	KUNIT_EXPECT_EQ(test, fake->fails, 2);
	put(fake, a, 6);
	put(fake, b, 5);
	KUNIT_EXPECT_EQ(test, fake->errors, 0);
}

static void fake_fails_at_nth(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	void *a, *b;

	fake->fail_in = 2;
	a = get(fake, 0);
	KUNIT_EXPECT_NOT_NULL(test, a);
	KUNIT_EXPECT_NULL(test, get(fake, 0));
	b = get(fake, 0);
	KUNIT_EXPECT_NOT_NULL(test, b);
	put(fake, a, 0);
	put(fake, b, 0);
	KUNIT_EXPECT_EQ(test, fake->gets, 3);
	KUNIT_EXPECT_EQ(test, fake->puts, 2);
	KUNIT_EXPECT_EQ(test, fake->fails, 1);
}

/* A piece may go back in parts, and parts of several gets as one piece. */
static void fake_takes_parts_back(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	void *a = get(fake, 2), *b = get(fake, 2);

	KUNIT_ASSERT_PTR_EQ(test, b, a + 4 * PAGE_SIZE);
	put(fake, a, 0);
	KUNIT_EXPECT_EQ(test, fake->out, 7);
	put(fake, a + PAGE_SIZE, 0);
	put(fake, a + 2 * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, fake->out, 4);
	a = get(fake, 2);
	put(fake, a, 3);
	KUNIT_EXPECT_EQ(test, fake->out, 0);
	KUNIT_EXPECT_EQ(test, fake->errors, 0);
}

/* Each kind of wrong put is an error and changes nothing else. */
static void fake_notices_wrong_puts(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	void *a = get(fake, 2);

	put(fake, a + PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, fake->errors, 1);
	put(fake, a, 3);
	KUNIT_EXPECT_EQ(test, fake->errors, 2);
	put(fake, a - PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, fake->errors, 3);
	put(fake, a, SQ_BLOCK_MAX_ORDER + 1);
	KUNIT_EXPECT_EQ(test, fake->errors, 4);
	KUNIT_EXPECT_NULL(test, get(fake, SQ_BLOCK_MAX_ORDER + 1));
	KUNIT_EXPECT_EQ(test, fake->errors, 5);
	KUNIT_EXPECT_EQ(test, fake->out, 4);
	put(fake, a, 2);
	KUNIT_EXPECT_EQ(test, fake->errors, 5);
	put(fake, a, 2);
	KUNIT_EXPECT_EQ(test, fake->errors, 6);
	KUNIT_EXPECT_EQ(test, fake->out, 0);
}

static void fake_notices_late_writes(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	char *a = get(fake, 0);

	put(fake, a, 0);
	a[8] = 1;
	KUNIT_EXPECT_PTR_EQ(test, get(fake, 0), (void *)a);
	KUNIT_EXPECT_EQ(test, fake->errors, 1);
	put(fake, a, 0);
	KUNIT_EXPECT_PTR_EQ(test, get(fake, 0), (void *)a);
	put(fake, a, 0);
	KUNIT_EXPECT_EQ(test, fake->errors, 1);
}

/* A page that others have to do with is out until they have not any more. */
static void fake_keeps_odd_pages(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	void *a = get(fake, 2);
	struct page *page = virt_to_page(a);
	struct sq_block_lost lost;

	KUNIT_EXPECT_EQ(test, fake->ops.look(&fake->ops, (unsigned long)a, 4),
			SQ_BLOCK_ALONE);
	get_page(page + 1);
	KUNIT_EXPECT_EQ(test, fake->ops.look(&fake->ops, (unsigned long)a, 4),
			SQ_BLOCK_HELD);
	put_page(page + 2);
	KUNIT_EXPECT_EQ(test, fake->ops.look(&fake->ops, (unsigned long)a, 4),
			SQ_BLOCK_STOLEN);
	lost = fake->ops.put(&fake->ops, a, 2);
	KUNIT_EXPECT_EQ(test, lost.pages, 1);
	KUNIT_EXPECT_EQ(test, lost.addr, (unsigned long)a + 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake->out, 2);
	KUNIT_EXPECT_EQ(test, sq_fake_settle(fake), 2);
	put_page(page + 1);
	KUNIT_EXPECT_EQ(test, sq_fake_settle(fake), 1);
	get_page(page + 2);
	KUNIT_EXPECT_EQ(test, sq_fake_settle(fake), 0);
	KUNIT_EXPECT_EQ(test, fake->out, 0);
	KUNIT_EXPECT_EQ(test, fake->errors, 0);
}

static void fake_reports_what_is_out(struct kunit *test)
{
	struct sq_fake *fake = test->priv;
	void *a = get(fake, 1);

	KUNIT_EXPECT_EQ(test, sq_fake_exit(fake), 2);
	put(fake, a, 1);
}

static struct kunit_case fake_cases[] = {
	KUNIT_CASE(fake_hands_out_in_order),
	KUNIT_CASE(fake_keeps_its_budget),
	KUNIT_CASE(fake_fails_at_nth),
	KUNIT_CASE(fake_takes_parts_back),
	KUNIT_CASE(fake_notices_wrong_puts),
	KUNIT_CASE(fake_notices_late_writes),
	KUNIT_CASE(fake_keeps_odd_pages),
	KUNIT_CASE(fake_reports_what_is_out),
	{}
};

static struct kunit_suite fake_suite = {
	.name = "squirrel_fake",
	.init = fake_suite_init,
	.exit = fake_suite_exit,
	.test_cases = fake_cases,
};

kunit_test_suites(&fake_suite);
