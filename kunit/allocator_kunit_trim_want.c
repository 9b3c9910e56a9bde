// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs that are to be taken apart while agents for their parts are short.
 */
#include <linux/mm.h>

#include "allocator_kunit_trim.h"
#include "utility_kunit_hide.h"

#define SIZE	3000
#define KEEP	3		/* lies in page 2 alone */

static void want_exit(struct kunit *test)
{
	utility_kunit_show_agents();
	sq_fixture_exit(test);
}

/* The cache's one slab, of six pages, with one object out of it. */
static void *thin_slab(struct kunit *test, struct squirrel_cache *c)
{
	struct sq_model *m = sq_model_new(test, 400);
	struct sq_agent *agent = NULL;
	unsigned long keep;

	while (m->nr < 400 && (!agent || sq_agent_pages(agent) < 6)) {
		fill_upper(test, c, m, m->nr + 1);
		agent = sq_map_lookup((void *)m->objs[m->nr - 1]->addr);
	}
	KUNIT_ASSERT_EQ(test, sq_agent_pages(agent), 6);
	fill_upper(test, c, m, 400);
	keep = sq_slab_base(agent) + KEEP * SIZE;
	while (m->nr) {
		void *obj = sq_model_del(m, m->nr - 1);

		if ((unsigned long)obj != keep)
			squirrel_cache_free(c, obj);
	}
	squirrel_cache_shrink(c);
	KUNIT_ASSERT_EQ(test, sq_fixture_node(c)->nr_slabs, 1);
	KUNIT_ASSERT_EQ(test, sq_cache_live(c), 1);
	return (void *)keep;
}

/*
 * Two cuts are to be made, and there are agents for none, for one, for both: what
 * could not be done is done at the next look, though nothing came or went since.
 * With @all there is more than one look in a call, without the first only notes.
 */
static void trim_with_few_agents(struct kunit *test, struct squirrel_cache *c,
				 unsigned int agents, bool all)
{
	struct sq_node *n = sq_fixture_node(c);
	void *obj = thin_slab(test, c);

	if (!all)
		KUNIT_EXPECT_EQ(test, sq_cache_trim(c, false), 0);
	utility_kunit_hide_agents(c->heap->manager, agents);
	sq_cache_trim(c, all);
	utility_kunit_show_agents();
	KUNIT_EXPECT_EQ(test, n->nr_pages, agents == 0 ? 6 :
			agents == 1 ? 4 : 1);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	sq_cache_trim(c, false);
	KUNIT_EXPECT_EQ_MSG(test, n->nr_pages, 1, "%u agents", agents);
	KUNIT_EXPECT_EQ(test, n->nr_free + 1, n->nr_objs);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

static void trim_goes_on_when_there_are_agents(struct kunit *test)
{
	struct squirrel_cache *c;
	unsigned int agents;

	sq_fixture_fake_heap(test, "first", 1024);
	c = sq_fixture_fake_cache(test, SIZE);
	for (agents = 0; agents <= 2; agents++) {
		trim_with_few_agents(test, c, agents, true);
		trim_with_few_agents(test, c, agents, false);
	}
}

static struct kunit_case want_cases[] = {
	SQ_CASE_4K(trim_goes_on_when_there_are_agents),
	{}
};

static struct kunit_suite want_suite = {
	.name = "squirrel_trim_slabs_want",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = want_exit,
	.test_cases = want_cases,
};

kunit_test_suites(&want_suite);
