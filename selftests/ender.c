// SPDX-License-Identifier: GPL-2.0
/*
 * ender: ends caches whose objects are all free, while another CPU runs the reclaimer.
 *
 *	insmod ender.ko seconds=3
 *
 * On its way from a magazine to its slab an object is in no place where one could look
 * for it, and yet it is free: the cache must go. In each round CPU 1 makes a cache and
 * frees so much that its depots are full, tells CPU 0 to reclaim, and some moment while
 * that lasts the cache is to go. How often it did not is counted; then loading fails with
 * -EIO.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <squirrel/squirrel.h>

#define ENDER_OBJECTS	2000
#define ENDER_SIZE	64
#define ENDER_WARM	4	/* times they come and go */
#define ENDER_WAIT_NS	(300 * NSEC_PER_USEC)
#define ENDER_ROUNDS	20	/* at least, however slow the machine */

static unsigned int seconds = 3;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long at least (default 3)");

static void *ender_objs[ENDER_OBJECTS];
static unsigned long ender_rounds, ender_refused;
static struct rnd_state ender_rnd;
static DECLARE_COMPLETION(ender_done);
static bool ender_go;

/* So many that depots are full of magazines when it is to go. */
static void ender_fill(struct squirrel_cache *c)
{
	unsigned int i, k;

	for (k = 0; k < ENDER_WARM; k++) {
		for (i = 0; i < ENDER_OBJECTS; i++)
			ender_objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
		for (i = 0; i < ENDER_OBJECTS; i++)
			squirrel_cache_free(c, ender_objs[i]);
	}
}

static int ender_once(void)
{
	struct squirrel_cache *c = squirrel_cache_create("ender", ENDER_SIZE, NULL);

	if (IS_ERR(c))
		return PTR_ERR(c);
	ender_fill(c);
	/* Pairs with ender_reclaim(): the objects are back. */
	smp_store_release(&ender_go, true);
	while (squirrel_cache_destroy(c)) {
		ender_refused++;
		cond_resched();
	}
	/* Pairs with ender_reclaim(): the run is over. */
	while (smp_load_acquire(&ender_go))
		cond_resched();
	ender_rounds++;
	return 0;
}

static int ender_end(void *unused)
{
	unsigned long end = jiffies + seconds * HZ;
	int err = 0;

	while (!err && (ender_rounds < ENDER_ROUNDS || time_before(jiffies, end))) {
		err = ender_once();
		cond_resched();
	}
	complete(&ender_done);
	return err;
}

/* Any moment of what the other one does. */
static void ender_wait(void)
{
	u64 end = ktime_get_ns() + prandom_u32_state(&ender_rnd) % ENDER_WAIT_NS;

	while (ktime_get_ns() < end)
		cpu_relax();
}

static int ender_reclaim(void *unused)
{
	while (!kthread_should_stop()) {
		cond_resched();
		/* Pairs with ender_once(), as does the other. */
		if (!smp_load_acquire(&ender_go))
			continue;
		ender_wait();
		squirrel_reclaim();
		/* Pairs with ender_once() */
		smp_store_release(&ender_go, false);
	}
	return 0;
}

static struct task_struct *ender_start(int (*fn)(void *), unsigned int cpu)
{
	struct task_struct *task = kthread_create(fn, NULL, "ender/%u", cpu);

	if (IS_ERR(task))
		return task;
	kthread_bind(task, cpu);
	get_task_struct(task);
	wake_up_process(task);
	return task;
}

/* No work that waits for CPU 1 would ever have its turn if this were one. */
static int __init ender_init(void)
{
	struct task_struct *reclaim, *end;
	int err;

	if (!cpu_online(0) || nr_cpu_ids < 2 || !cpu_online(1))
		return -ENODEV;
	prandom_seed_state(&ender_rnd, get_random_u64());
	reclaim = ender_start(ender_reclaim, 0);
	if (IS_ERR(reclaim))
		return PTR_ERR(reclaim);
	end = ender_start(ender_end, 1);
	if (!IS_ERR(end)) {
		wait_for_completion(&ender_done);
		err = kthread_stop(end);
		put_task_struct(end);
	} else {
		err = PTR_ERR(end);
	}
	kthread_stop(reclaim);
	put_task_struct(reclaim);
	pr_info("%lu caches ended, refused %lu times\n", ender_rounds, ender_refused);
	return err ?: ender_refused ? -EIO : 0;
}
module_init(ender_init);

/* Nothing is left by then. */
static void __exit ender_exit(void)
{
}
module_exit(ender_exit);

MODULE_DESCRIPTION("Ends caches while the reclaimer empties them");
MODULE_LICENSE("GPL");
