// SPDX-License-Identifier: GPL-2.0
/*
 * The fixture that the utility's suites work on; see utility_kunit.h.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/topology.h>

#include "utility_kunit.h"

#define FIXTURE_PAGES	(2 * SQ_FAKE_CHUNK_PAGES)

int sq_fixture_init(struct kunit *test)
{
	struct sq_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	if (sq_fake_init(&fx->fake, FIXTURE_PAGES))
		kunit_skip(test, "no memory for the arena");
	fx->m = sq_manager_create(&fx->fake.ops, 0);
	KUNIT_ASSERT_NOT_NULL(test, fx->m);
	test->priv = fx;
	return 0;
}

/* Whatever the test left: it goes, and every page comes back. */
void sq_fixture_exit(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;

	sq_fixture_meta_restore();
	sq_fixture_descs_show();
	if (!fx)
		return;
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
	sq_manager_destroy_all(fx->m);
	KUNIT_EXPECT_EQ(test, fx->fake.errors, 0);
	KUNIT_EXPECT_EQ(test, sq_fake_exit(&fx->fake), 0);
}

struct sq_agent *sq_fixture_take(struct sq_fixture *fx, unsigned long pages,
				 sq_find_fn find)
{
	const struct sq_request req = {
		.pages = pages,
		.gfp = GFP_KERNEL | __GFP_NOWARN,
		.node = NUMA_NO_NODE,
		.find = find,
	};

	return sq_manager_take(fx->m, &req);
}

/* Which page of the arena a block starts with. */
long sq_fixture_page(struct sq_fixture *fx, struct sq_agent *agent)
{
	return sq_fake_index(&fx->fake, sq_agent_addr(agent));
}

void sq_fixture_take_n(struct kunit *test, struct sq_agent **agents,
		       unsigned int n, unsigned long pages)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		agents[i] = sq_fixture_take(test->priv, pages, sq_pool_lowest);
		KUNIT_ASSERT_NOT_NULL(test, agents[i]);
	}
}

void sq_fixture_give_n(struct kunit *test, struct sq_agent **agents,
		       unsigned int n)
{
	struct sq_fixture *fx = test->priv;
	unsigned int i;

	for (i = 0; i < n; i++)
		sq_manager_give(fx->m, agents[i]);
}

/* The manager is sound, and its figures agree with the ledger. */
void sq_fixture_sound(struct kunit *test, struct sq_fixture *fx)
{
	struct sq_view view;

	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.used_pages, sq_manager_pages_used(fx->m));
	KUNIT_EXPECT_EQ(test, view.free_pages, sq_manager_pages_free(fx->m));
	KUNIT_EXPECT_EQ(test, view.used_pages + view.free_pages, fx->fake.out);
	KUNIT_EXPECT_EQ(test, view.fetched - view.returned, fx->fake.out);
	KUNIT_EXPECT_EQ(test, view.source_gets, fx->fake.gets);
	KUNIT_EXPECT_EQ(test, view.source_puts, fx->fake.puts);
	KUNIT_EXPECT_EQ(test, view.source_fails, fx->fake.fails);
	KUNIT_EXPECT_EQ(test, fx->fake.errors, 0);
}

/* The pool that the arena's first page belongs to. */
struct sq_pool *sq_fixture_pool(struct sq_fixture *fx)
{
	void *page = (void *)sq_fake_page(&fx->fake, 0);

	return fx->m->pools[page_to_nid(virt_to_page(page))];
}

/* All that can be given back of the metadata has been. */
void sq_fixture_settle(void)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		sq_utility_trim();
		synchronize_rcu();
	}
	sq_utility_trim();
}

/* ---- metadata that fails ---- */

static unsigned long meta_fail_in;
static unsigned long meta_fail_for;
static gfp_t meta_asked;

static void *meta_get(const struct sq_block_ops *ops, unsigned int order,
		      gfp_t gfp, int node)
{
	meta_asked |= gfp;
	if (meta_fail_in && !--meta_fail_in && meta_fail_for) {
		meta_fail_in = --meta_fail_for ? 1 : 0;
		return NULL;
	}
	return sq_block_pages.get(&sq_block_pages, order, gfp, node);
}

static struct sq_block_lost meta_put(const struct sq_block_ops *ops, void *addr,
				     unsigned int order)
{
	return sq_block_pages.put(&sq_block_pages, addr, order);
}

static const struct sq_block_ops meta_ops = {
	.name = "failing",
	.get = meta_get,
	.put = meta_put,
};

/* From the @nth get from now on, so many @times in a row, there is nothing. */
void sq_fixture_meta_fail(unsigned long nth, unsigned long times)
{
	meta_fail_in = nth;
	meta_fail_for = times;
	meta_asked = 0;
	WRITE_ONCE(sq_meta_source, &meta_ops);
}

/* The flags that any of the gets had since then. */
gfp_t sq_fixture_meta_asked(void)
{
	return meta_asked;
}

void sq_fixture_meta_restore(void)
{
	WRITE_ONCE(sq_meta_source, &sq_block_pages);
}

/* Spare descriptors that are out of reach, as a list through their owners. */
static struct sq_agent *descs_hidden;

/* There is no spare descriptor any more. */
void sq_fixture_descs_hide(struct sq_fixture *fx)
{
	struct sq_pool *pool = sq_fixture_pool(fx);
	struct sq_agent *spare;
	unsigned long irq;

	raw_spin_lock_irqsave(&pool->lock, irq);
	while ((spare = sq_desc_get(pool))) {
		WRITE_ONCE(spare->manager, NULL);
		spare->owner = descs_hidden;
		descs_hidden = spare;
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);
}

void sq_fixture_descs_show(void)
{
	struct sq_agent *spare;

	while (descs_hidden) {
		spare = descs_hidden;
		descs_hidden = (struct sq_agent *)spare->owner;
		sq_desc_put(spare);
	}
}

SQ_IMPORT_FOR_KUNIT();
MODULE_DESCRIPTION("squirrel: KUnit suites of the utility layer");
MODULE_LICENSE("GPL");
