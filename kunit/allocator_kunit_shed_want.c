// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs that are to be taken apart while agents for their parts are short.
 */
#include <linux/mm.h>

#include "allocator_kunit_shed.h"
#include "utility/internal.h"

#define SIZE	3000
#define KEEP	3		/* lies in page 2 alone */

static struct sq_agent *hidden;

/* There are @left spare agents, and no page for more. */
static void hide_agents(struct squirrel_cache *c, unsigned int left)
{
	struct sq_pool *pool = sq_manager_pool(c->heap->manager, numa_mem_id());
	struct sq_agent *agent;
	unsigned long irq;

	raw_spin_lock_irqsave(&pool->lock, irq);
	while ((agent = sq_desc_get(pool))) {
		WRITE_ONCE(agent->manager, NULL);
		agent->owner = hidden;
		hidden = agent;
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	for (; left && hidden; left--) {
		agent = hidden;
		hidden = (struct sq_agent *)agent->owner;
		sq_desc_put(agent);
	}
}

static void show_agents(void)
{
	struct sq_agent *agent;

	while (hidden) {
		agent = hidden;
		hidden = (struct sq_agent *)agent->owner;
		sq_desc_put(agent);
	}
}

static void *no_page(const struct sq_block_ops *ops, unsigned int order,
		     gfp_t gfp, int node)
{
	return NULL;
}

static struct sq_block_lost put_page_back(const struct sq_block_ops *ops,
					  void *addr, unsigned int order)
{
	return sq_block_pages.put(&sq_block_pages, addr, order);
}

static const struct sq_block_ops no_meta = {
	.name = "none",
	.get = no_page,
	.put = put_page_back,
};

static int want_init(struct kunit *test)
{
	hidden = NULL;
	return sq_kit_init(test);
}

static void want_exit(struct kunit *test)
{
	WRITE_ONCE(sq_meta_source, &sq_block_pages);
	show_agents();
	sq_kit_exit(test);
}

/* The cache's one slab, of six pages, with one object out of it. */
static void *thin_slab(struct kunit *test, struct squirrel_cache *c)
{
	struct sq_model *m = sq_model_new(test, 400);
	struct sq_agent *agent = NULL;
	unsigned long keep;

	while (m->nr < 400 && (!agent || sq_agent_pages(agent) < 6)) {
		sq_shed_fill(test, c, m, m->nr + 1);
		agent = sq_map_lookup((void *)m->objs[m->nr - 1]->addr);
	}
	KUNIT_ASSERT_EQ(test, sq_agent_pages(agent), 6);
	sq_shed_fill(test, c, m, 400);
	keep = sq_slab_base(agent) + KEEP * SIZE;
	while (m->nr) {
		void *obj = sq_model_del(m, m->nr - 1);

		if ((unsigned long)obj != keep)
			squirrel_cache_free(c, obj);
	}
	squirrel_cache_shrink(c);
	KUNIT_ASSERT_EQ(test, sq_kit_node(c)->nr_slabs, 1);
	KUNIT_ASSERT_EQ(test, sq_cache_live(c), 1);
	return (void *)keep;
}

/*
 * Two cuts are to be made, and there are agents for none, for one, for both: what
 * could not be done is done at the next look, though nothing came or went since.
 * With @all there is more than one look in a call, without the first only notes.
 */
static void shed_with_few_agents(struct kunit *test, struct squirrel_cache *c,
				 unsigned int agents, bool all)
{
	struct sq_node *n = sq_kit_node(c);
	void *obj = thin_slab(test, c);

	if (!all)
		KUNIT_EXPECT_EQ(test, sq_cache_shed(c, false), 0);
	hide_agents(c, agents);
	WRITE_ONCE(sq_meta_source, &no_meta);
	sq_cache_shed(c, all);
	WRITE_ONCE(sq_meta_source, &sq_block_pages);
	show_agents();
	KUNIT_EXPECT_EQ(test, n->nr_pages, agents == 0 ? 6 :
			agents == 1 ? 4 : 1);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	sq_cache_shed(c, false);
	KUNIT_EXPECT_EQ_MSG(test, n->nr_pages, 1, "%u agents", agents);
	KUNIT_EXPECT_EQ(test, n->nr_free + 1, n->nr_objs);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

static void shed_goes_on_when_there_are_agents(struct kunit *test)
{
	struct squirrel_cache *c;
	unsigned int agents;

	sq_kit_fake_heap(test, "first", 1024);
	c = sq_kit_fake_cache(test, SIZE);
	for (agents = 0; agents <= 2; agents++) {
		shed_with_few_agents(test, c, agents, true);
		shed_with_few_agents(test, c, agents, false);
	}
}

static struct kunit_case want_cases[] = {
	KUNIT_CASE(shed_goes_on_when_there_are_agents),
	{}
};

static struct kunit_suite want_suite = {
	.name = "squirrel_shed_want",
	.suite_init = sq_kit_suite_init,
	.suite_exit = sq_kit_suite_exit,
	.init = want_init,
	.exit = want_exit,
	.test_cases = want_cases,
};

kunit_test_suites(&want_suite);
