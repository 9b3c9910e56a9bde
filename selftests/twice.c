// SPDX-License-Identifier: GPL-2.0
/*
 * twice: frees objects a second time while another CPU empties the magazines and
 * depots that they are in.
 *
 *	insmod twice.ko seconds=3
 *
 * On its way from there to its slab an object is in no place where one could look
 * for it; a second free must be refused all the same. In each round CPU 1 takes and
 * frees all objects that the cache can have, some times, so that depots are used.
 * Then CPU 0 shrinks the cache, and until it is through CPU 1 frees some of them again
 * and again. What was refused, twice.sh reads from the cache's figures and compares
 * with the number printed here. One that was taken all the same is in two places, and
 * is had twice in the next round, at least for as long as it has not come to light in
 * its slab: then loading fails with -EIO.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <squirrel/squirrel.h>

#define TWICE_OBJECTS	4000
#define TWICE_SIZE	64
#define TWICE_WARM	4	/* times they come and go before each shrink */
#define TWICE_BULK	50
#define TWICE_ROUNDS	5	/* at least, however slow the machine */

static unsigned int seconds = 3;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long at least (default 3)");

static struct squirrel_cache *twice_cache;
static void *twice_objs[TWICE_OBJECTS];
static unsigned int twice_nr;
static unsigned long twice_rounds, twice_frees, twice_bad;
static struct rnd_state twice_rnd;
static DECLARE_COMPLETION(twice_go);
static DECLARE_COMPLETION(twice_done);

/* What is in the other CPU's magazines is not to be had. */
static void twice_take(void)
{
	twice_nr = 0;
	while (twice_nr < TWICE_OBJECTS) {
		void *obj = squirrel_cache_alloc(twice_cache, GFP_KERNEL);

		if (!obj)
			break;
		twice_objs[twice_nr++] = obj;
	}
}

static void twice_give(void)
{
	unsigned int i;

	for (i = 0; i < twice_nr; i++)
		squirrel_cache_free(twice_cache, twice_objs[i]);
}

/* Whoever has one twice finds what he wrote first overwritten. */
static unsigned int twice_owned_twice(void)
{
	unsigned int i, bad = 0;

	for (i = 0; i < twice_nr; i++)
		*(unsigned long *)twice_objs[i] = i;
	for (i = 0; i < twice_nr; i++)
		bad += *(unsigned long *)twice_objs[i] != i;
	return bad;
}

/* All of them are free, so any of them will do: one by one, or some at once. */
static void twice_again(bool bulk)
{
	void *some[TWICE_BULK];
	unsigned int i, k;

	for (i = 0; i < TWICE_OBJECTS / TWICE_BULK; i++) {
		for (k = 0; k < TWICE_BULK; k++)
			some[k] = twice_objs[prandom_u32_state(&twice_rnd) %
					     twice_nr];
		if (bulk)
			squirrel_cache_free_bulk(twice_cache, TWICE_BULK, some);
		for (k = 0; k < TWICE_BULK && !bulk; k++)
			squirrel_cache_free(twice_cache, some[k]);
		twice_frees += TWICE_BULK;
	}
}

static int twice_free(void *unused)
{
	unsigned long end = jiffies + seconds * HZ;
	unsigned int i;

	while (twice_rounds < TWICE_ROUNDS || time_before(jiffies, end)) {
		for (i = 0; i < TWICE_WARM; i++) {
			twice_take();
			twice_bad += twice_owned_twice();
			twice_give();
		}
		complete(&twice_go);
		do {
			twice_again(twice_rounds & 1);
		} while (!completion_done(&twice_done));
		wait_for_completion(&twice_done);
		twice_rounds++;
		cond_resched();
	}
	return 0;
}

/* At once when it may: the other one does not wait. */
static int twice_shrink(void *unused)
{
	while (!kthread_should_stop()) {
		cond_resched();
		if (!try_wait_for_completion(&twice_go))
			continue;
		squirrel_cache_shrink(twice_cache);
		complete(&twice_done);
	}
	return 0;
}

/* Each object is somewhere, and at one place only. */
static int twice_look(void *unused)
{
	squirrel_cache_shrink(twice_cache);
	twice_take();
	twice_bad += twice_owned_twice();
	pr_info("%u objects in the end, %lu were had twice\n", twice_nr, twice_bad);
	twice_give();
	return twice_bad || twice_nr != TWICE_OBJECTS ? -EIO : 0;
}

static int twice_run(void)
{
	struct task_struct *task;
	int err;

	task = kthread_create(twice_shrink, NULL, "twice");
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, 0);
	wake_up_process(task);
	err = smp_call_on_cpu(1, twice_free, NULL, false);
	kthread_stop(task);
	return err;
}

static int __init twice_init(void)
{
	/* None of its slabs ever goes: the memory stays what it is. */
	const struct squirrel_cache_args args = {
		.limit = TWICE_OBJECTS * TWICE_SIZE,
		.reserve = TWICE_OBJECTS,
	};
	int err;

	if (!cpu_online(0) || nr_cpu_ids < 2 || !cpu_online(1))
		return -ENODEV;
	twice_cache = squirrel_cache_create("twice", TWICE_SIZE, &args);
	if (IS_ERR(twice_cache))
		return PTR_ERR(twice_cache);
	prandom_seed_state(&twice_rnd, get_random_u64());
	err = twice_run();
	pr_info("%lu second frees in %lu rounds\n", twice_frees, twice_rounds);
	if (!err)
		err = smp_call_on_cpu(1, twice_look, NULL, false);
	if (err)
		squirrel_cache_destroy(twice_cache);
	return err;
}
module_init(twice_init);

static void __exit twice_exit(void)
{
	squirrel_cache_destroy(twice_cache);
}
module_exit(twice_exit);

MODULE_DESCRIPTION("Frees objects twice while they are on their way");
MODULE_LICENSE("GPL");
