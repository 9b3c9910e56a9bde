// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts that allocate and free while the task they interrupt is doing the
 * same: the irq_work is a lazy one, so it runs in the next tick, wherever the
 * task is then, and raises a softirq.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>

#include "allocator_kunit.h"

#define OWN	24

/**
 * struct actor - a context that uses the cache
 * @m: its live objects
 * @rnd: what it does next
 * @rounds: how often it ran
 * @misses: allocations that failed
 * @bad: something was wrong
 */
struct actor {
	struct sq_model *m;
	struct rnd_state rnd;
	unsigned long rounds;
	unsigned long misses;
	bool bad;
};

static struct play {
	struct squirrel_cache *c;
	struct actor task;
	struct actor softirq;
	struct actor hardirq;
	bool stop;
} play;

/* Take or give a few, each with its pattern. */
static void act(struct actor *a, gfp_t gfp)
{
	unsigned int i;

	a->rounds++;
	for (i = 0; i < 8; i++) {
		void *obj;

		if (a->m->nr == OWN || (a->m->nr && sq_fixture_random(&a->rnd, 2))) {
			obj = sq_model_del(a->m,
					   sq_fixture_random(&a->rnd, a->m->nr));
			squirrel_cache_free(play.c, obj);
			continue;
		}
		obj = squirrel_cache_alloc(play.c, gfp);
		if (!obj)
			a->misses++;
		else
			a->bad |= !sq_model_add(a->m, obj, 64, 0);
	}
}

static void softirq_fn(struct tasklet_struct *unused)
{
	act(&play.softirq, GFP_ATOMIC);
}

static DECLARE_TASKLET(play_tasklet, softirq_fn);

static void hardirq_fn(struct irq_work *work)
{
	act(&play.hardirq, GFP_ATOMIC);
	tasklet_schedule(&play_tasklet);
	if (!READ_ONCE(play.stop))
		irq_work_queue(work);
}

static struct irq_work play_work = IRQ_WORK_INIT_LAZY(hardirq_fn);

static void start(struct kunit *test, struct actor *a, u32 seed)
{
	memset(a, 0, sizeof(*a));
	a->m = sq_model_new(test, OWN);
	prandom_seed_state(&a->rnd, seed);
}

static void finish(struct kunit *test, struct actor *a)
{
	KUNIT_EXPECT_FALSE(test, a->bad);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(a->m));
	KUNIT_EXPECT_GT(test, a->rounds, 0);
	KUNIT_EXPECT_EQ(test, a->misses, 0);
	while (a->m->nr)
		squirrel_cache_free(play.c, sq_model_del(a->m, 0));
	KUNIT_EXPECT_EQ(test, a->m->damaged, 0);
}

/* No object is in two of the models. */
static void expect_disjoint(struct kunit *test, const struct actor *a,
			    const struct actor *b)
{
	unsigned int i;

	for (i = 0; i < a->m->nr; i++) {
		void *obj = (void *)a->m->objs[i]->addr;

		KUNIT_EXPECT_NULL(test, sq_model_find(b->m, obj));
	}
}

static void task_softirq_and_hardirq(struct kunit *test)
{
	unsigned long end = jiffies + HZ / 2;

	play.c = sq_fixture_cache(test, 64, NULL);
	play.stop = false;
	start(test, &play.task, SQ_FIXTURE_SEED);
	start(test, &play.softirq, SQ_FIXTURE_SEED + 1);
	start(test, &play.hardirq, SQ_FIXTURE_SEED + 2);
	kunit_info(test, "seed %u\n", SQ_FIXTURE_SEED);
	irq_work_queue(&play_work);
	while (time_before(jiffies, end) || play.hardirq.rounds < 5)
		act(&play.task, GFP_KERNEL);
	WRITE_ONCE(play.stop, true);
	irq_work_sync(&play_work);
	tasklet_kill(&play_tasklet);
	expect_disjoint(test, &play.task, &play.softirq);
	expect_disjoint(test, &play.task, &play.hardirq);
	expect_disjoint(test, &play.softirq, &play.hardirq);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	kunit_info(test, "rounds: task %lu, softirq %lu, hardirq %lu\n",
		   play.task.rounds, play.softirq.rounds, play.hardirq.rounds);
	finish(test, &play.task);
	finish(test, &play.softirq);
	finish(test, &play.hardirq);
	KUNIT_EXPECT_EQ(test, sq_cache_live(play.c), 0);
}

/* With interrupts off nothing may sleep or switch them on. */
static void with_interrupts_off(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	void *objs[40], *small, *large;
	unsigned long flags;
	int got;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "there is no new memory with interrupts off on PREEMPT_RT");
	local_irq_save(flags);
	got = squirrel_cache_alloc_bulk(c, GFP_ATOMIC, 40, objs);
	squirrel_cache_free_bulk(c, got, objs);
	small = squirrel_heap_alloc(heap, 300, GFP_ATOMIC);
	large = squirrel_heap_alloc(heap, SQ_PAGED(30000), GFP_ATOMIC);
	squirrel_heap_free(heap, small);
	squirrel_heap_free(heap, large);
	KUNIT_EXPECT_TRUE(test, irqs_disabled());
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, got, 40);
	KUNIT_EXPECT_NOT_NULL(test, small);
	KUNIT_EXPECT_NOT_NULL(test, large);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

/* ---- an irq_work that nobody comes to do ------------------------------------------- */

static void nothing(struct irq_work *unused)
{
}

static struct irq_work stuck = IRQ_WORK_INIT(nothing);
static DECLARE_COMPLETION(waited);

static int wait_for_stuck(void *unused)
{
	sq_irq_work_wait(&stuck);
	kthread_complete_and_exit(&waited, 0);
}

/* As one that NMI queued on a CPU which went offline. Who brings it back has to run. */
static void others_run_meanwhile(struct kunit *test)
{
	reinit_completion(&waited);
	atomic_or(IRQ_WORK_BUSY, &stuck.node.a_flags);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(wait_for_stuck, NULL, "kunit-waiter")));
	msleep(50);
	KUNIT_EXPECT_FALSE(test, completion_done(&waited));
	atomic_andnot(IRQ_WORK_BUSY, &stuck.node.a_flags);
	wait_for_completion(&waited);
}

static struct kunit_case context_cases[] = {
	KUNIT_CASE(task_softirq_and_hardirq),
	KUNIT_CASE(others_run_meanwhile),
	KUNIT_CASE(with_interrupts_off),
	{}
};

static struct kunit_suite context_suite = {
	.name = "squirrel_context",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = context_cases,
};

kunit_test_suites(&context_suite);
