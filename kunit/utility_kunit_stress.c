// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_stress: the manager under random load, against a model, and
 * from several threads at once.
 */
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "utility_kunit.h"

static const sq_find_fn strategies[] = {
	sq_pool_fit, sq_pool_lowest, sq_pool_tightest,
};

/* ---- property test ---- */

#define MODEL_PAGES	(2 * SQ_FAKE_CHUNK_PAGES)
#define MODEL_HELD	192
#define MODEL_OPS	150000

/* The model: who holds what, and which pages of the arena are held. */
struct manager_model {
	struct sq_agent *held[MODEL_HELD];
	unsigned long addr[MODEL_HELD];
	unsigned long pages[MODEL_HELD];
	unsigned long used;
	unsigned long blocks;
	DECLARE_BITMAP(map, MODEL_PAGES);
};

/* Mostly a few pages, sometimes many. */
static unsigned long random_pages(struct rnd_state *rnd)
{
	return 1 + (prandom_u32_state(rnd) >> (24 + sq_fake_random(rnd, 8)));
}

static void model_take(struct kunit *test, struct manager_model *model,
		       struct rnd_state *rnd, unsigned int i)
{
	struct sq_fixture *fx = test->priv;
	struct sq_request req = {
		.pages = random_pages(rnd),
		.align = sq_fake_random(rnd, 4) ? 0 :
			 1UL << sq_fake_random(rnd, 6),
		.gfp = GFP_KERNEL | __GFP_NOWARN |
		       (sq_fake_random(rnd, 16) ? 0 : __GFP_ACCOUNT),
		.node = NUMA_NO_NODE,
		.find = strategies[sq_fake_random(rnd, 3)],
		.kind = i,
	};
	struct sq_agent *agent = sq_manager_take(fx->m, &req);
	unsigned long at, end;

	if (!agent)
		return;
	at = sq_fake_index(&fx->fake, sq_agent_addr(agent));
	end = at + req.pages;
	KUNIT_ASSERT_EQ(test, sq_agent_pages(agent), req.pages);
	KUNIT_ASSERT_LE(test, end, MODEL_PAGES);
	KUNIT_ASSERT_GE(test, find_next_bit(model->map, end, at), end);
	if (req.align)
		KUNIT_ASSERT_TRUE(test, IS_ALIGNED(sq_agent_addr(agent),
						   req.align * P));
	KUNIT_ASSERT_TRUE(test, sq_fake_is_out(&fx->fake,
					       sq_agent_addr(agent)));
	bitmap_set(model->map, at, req.pages);
	model->held[i] = agent;
	model->addr[i] = sq_agent_addr(agent);
	model->pages[i] = req.pages;
	model->used += req.pages;
	model->blocks++;
	memset(agent->priv, i, sizeof(agent->priv));
	*(unsigned long *)sq_agent_addr(agent) = i;
	sq_agent_publish(agent, &model->held[i]);
}

static void model_give(struct kunit *test, struct manager_model *model,
		       unsigned int i)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = model->held[i];

	KUNIT_ASSERT_EQ(test, sq_agent_addr(agent), model->addr[i]);
	KUNIT_ASSERT_EQ(test, sq_agent_pages(agent), model->pages[i]);
	KUNIT_ASSERT_PTR_EQ(test, agent->owner,
			    (const void *)&model->held[i]);
	KUNIT_ASSERT_EQ(test, agent->kind, i);
	KUNIT_ASSERT_NULL(test, memchr_inv(agent->priv, i,
					   sizeof(agent->priv)));
	KUNIT_ASSERT_EQ(test, *(unsigned long *)model->addr[i], i);
	bitmap_clear(model->map, sq_fake_index(&fx->fake, model->addr[i]),
		     model->pages[i]);
	model->held[i] = NULL;
	model->used -= model->pages[i];
	model->blocks--;
	sq_manager_give(fx->m, agent);
}

/* Whose page is it: the model and the page map agree. */
static void model_lookup(struct kunit *test, struct manager_model *model,
			 unsigned long page)
{
	struct sq_fixture *fx = test->priv;
	unsigned long addr = sq_fake_page(&fx->fake, page);
	struct sq_agent *agent;

	preempt_disable();
	agent = sq_map_lookup((void *)addr);
	preempt_enable();
	KUNIT_ASSERT_EQ(test, !!agent->owner, !!test_bit(page, model->map));
	KUNIT_ASSERT_EQ(test, agent != &sq_agent_null,
			sq_fake_is_out(&fx->fake, addr));
	if (agent != &sq_agent_null) {
		KUNIT_ASSERT_LE(test, sq_agent_addr(agent), addr);
		KUNIT_ASSERT_GT(test, sq_agent_end(agent), addr);
	}
}

static void model_verify(struct kunit *test, struct manager_model *model)
{
	struct sq_fixture *fx = test->priv;
	struct sq_view view;
	unsigned long i;

	sq_fixture_sound(test, fx);
	sq_viewer_count(fx->m, &view);
	KUNIT_ASSERT_EQ(test, view.used_pages, model->used);
	KUNIT_ASSERT_EQ(test, view.used_blocks, model->blocks);
	for (i = 0; i < MODEL_PAGES; i++)
		model_lookup(test, model, i);
}

static void model_step(struct kunit *test, struct manager_model *model,
		       struct rnd_state *rnd)
{
	struct sq_fixture *fx = test->priv;
	unsigned int i = sq_fake_random(rnd, MODEL_HELD);

	switch (sq_fake_random(rnd, 64)) {
	case 0:
		sq_manager_coalesce(fx->m, sq_fake_random(rnd, 40));
		break;
	case 1:
		sq_manager_trim(fx->m, sq_fake_random(rnd, 200),
				sq_fake_random(rnd, 200));
		break;
	case 2:
		sq_manager_fetch(fx->m, sq_fake_random(rnd, 40),
				 GFP_KERNEL | __GFP_NOWARN, NUMA_NO_NODE);
		sq_manager_set_reserve(fx->m, sq_fake_random(rnd, 100));
		break;
	case 3:
		sq_manager_set_limit(fx->m, sq_fake_random(rnd, MODEL_PAGES));
		break;
	case 4:
		fx->fake.fail_in = sq_fake_random(rnd, 4);
		break;
	case 5:
		sq_fixture_meta_fail(sq_fake_random(rnd, 4),
				     1 + sq_fake_random(rnd, 3));
		break;
	case 6:
		sq_utility_trim();
		break;
	case 7:
		model_lookup(test, model, sq_fake_random(rnd, MODEL_PAGES));
		break;
	default:
		if (model->held[i])
			model_give(test, model, i);
		else
			model_take(test, model, rnd, i);
	}
}

static void stress_property(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct manager_model *model;
	struct rnd_state rnd;
	struct sq_view view;
	unsigned long i;

	model = kunit_kzalloc(test, sizeof(*model), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	sq_fake_seed(test, &rnd);
	for (i = 0; i < MODEL_OPS; i++) {
		model_step(test, model, &rnd);
		if (i % 1000 == 0)
			model_verify(test, model);
	}
	for (i = 0; i < MODEL_HELD; i++) {
		if (model->held[i])
			model_give(test, model, i);
	}
	model_verify(test, model);
	sq_viewer_count(fx->m, &view);
	kunit_info(test, "%llu gets, %llu splits, %llu merges, %llu limit hits\n",
		   view.source_gets, view.splits, view.merges, view.limit_hits);
	sq_manager_coalesce(fx->m, ~0UL);
	sq_manager_set_reserve(fx->m, 0);
	sq_manager_trim(fx->m, 0, ~0UL);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
}

/* ---- threads ---- */

#define THREADS		4
#define THREAD_OPS	20000
#define THREAD_HELD	32

struct stress_thread {
	struct sq_fixture *fx;
	struct completion *gate;
	struct completion done;
	struct rnd_state rnd;
	unsigned int id;
	unsigned long errors;
	struct sq_agent *held[THREAD_HELD];
};

static void thread_take(struct stress_thread *t, unsigned int i)
{
	struct sq_request req = {
		.pages = random_pages(&t->rnd) % 32 + 1,
		.gfp = GFP_KERNEL | __GFP_NOWARN,
		.node = NUMA_NO_NODE,
		.find = strategies[sq_fake_random(&t->rnd, 3)],
		.kind = t->id,
	};
	struct sq_agent *agent = sq_manager_take(t->fx->m, &req);

	if (!agent)
		return;
	*(unsigned long *)sq_agent_addr(agent) = (unsigned long)&t->held[i];
	sq_agent_publish(agent, t);
	t->held[i] = agent;
}

/* What one holds keeps its place and its owner, whatever the others do. */
static void thread_look(struct stress_thread *t, unsigned int i)
{
	struct sq_agent *agent = t->held[i];
	unsigned long addr = sq_agent_addr(agent);

	preempt_disable();
	t->errors += sq_map_lookup((void *)(sq_agent_end(agent) - 1)) != agent;
	t->errors += READ_ONCE(sq_map_lookup((void *)addr)->owner) != t;
	preempt_enable();
	t->errors += *(unsigned long *)addr != (unsigned long)&t->held[i];
	t->errors += agent->kind != t->id;
}

/* Others' pages: no more than that a look at them is safe. */
static void thread_peek(struct stress_thread *t)
{
	unsigned long page = sq_fake_random(&t->rnd, MODEL_PAGES);
	struct sq_agent *agent;

	preempt_disable();
	agent = sq_map_lookup((void *)sq_fake_page(&t->fx->fake, page));
	t->errors += agent->kind > THREADS;
	preempt_enable();
}

static void thread_step(struct stress_thread *t)
{
	unsigned int i = sq_fake_random(&t->rnd, THREAD_HELD);
	struct sq_view view;

	switch (sq_fake_random(&t->rnd, 32)) {
	case 0:
		sq_manager_coalesce(t->fx->m, 20);
		break;
	case 1:
		sq_manager_trim(t->fx->m, 50, 100);
		break;
	case 2:
		sq_utility_trim();
		break;
	case 3:
		sq_viewer_count(t->fx->m, &view);
		t->errors += view.free_pages < view.largest_free;
		break;
	case 4:
		if (!sq_fake_random(&t->rnd, 50))
			t->errors += sq_viewer_check(t->fx->m);
		break;
	case 5:
		thread_peek(t);
		break;
	default:
		if (!t->held[i]) {
			thread_take(t, i);
			break;
		}
		thread_look(t, i);
		sq_manager_give(t->fx->m, t->held[i]);
		t->held[i] = NULL;
	}
}

static int thread_fn(void *arg)
{
	struct stress_thread *t = arg;
	unsigned int i;

	wait_for_completion(t->gate);
	for (i = 0; i < THREAD_OPS; i++) {
		thread_step(t);
		cond_resched();
	}
	for (i = 0; i < THREAD_HELD; i++) {
		if (!t->held[i])
			continue;
		thread_look(t, i);
		sq_manager_give(t->fx->m, t->held[i]);
	}
	complete(&t->done);
	return 0;
}

static void stress_threads(struct kunit *test)
{
	struct stress_thread *threads;
	struct sq_fixture *fx = test->priv;
	DECLARE_COMPLETION_ONSTACK(gate);
	struct rnd_state rnd;
	unsigned int i, started = 0;

	threads = kunit_kcalloc(test, THREADS, sizeof(*threads), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, threads);
	sq_fake_seed(test, &rnd);
	for (i = 0; i < THREADS; i++) {
		threads[i].fx = fx;
		threads[i].gate = &gate;
		threads[i].id = i + 1;
		init_completion(&threads[i].done);
		prandom_seed_state(&threads[i].rnd, prandom_u32_state(&rnd));
		if (IS_ERR(kthread_run(thread_fn, &threads[i], "sq_stress/%u",
				       i)))
			break;
		started++;
	}
	complete_all(&gate);
	for (i = 0; i < started; i++) {
		wait_for_completion(&threads[i].done);
		KUNIT_EXPECT_EQ(test, threads[i].errors, 0);
	}
	KUNIT_EXPECT_EQ(test, started, THREADS);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(fx->m), 0);
	sq_fixture_sound(test, fx);
}

static struct kunit_case stress_cases[] = {
	KUNIT_CASE(stress_property),
	KUNIT_CASE(stress_threads),
	{}
};

static struct kunit_suite stress_suite = {
	.name = "squirrel_stress",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = stress_cases,
};

kunit_test_suites(&stress_suite);
