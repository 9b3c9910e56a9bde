// SPDX-License-Identifier: GPL-2.0
/*
 * gone: a cache is used on a CPU, which goes offline, and as soon as it is the cache is to
 * go, before the reclaimer comes to what that CPU left of it.
 *
 *	insmod gone.ko cpu=1 rounds=10
 *
 * It ends in "gone: refused N of M": no object is live, so none may be.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include <squirrel/squirrel.h>

static unsigned int cpu = 1;
module_param(cpu, uint, 0444);
MODULE_PARM_DESC(cpu, "the CPU that goes (default 1)");

static unsigned int rounds = 10;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "how often (default 10)");

#define GONE_OBJECTS	20

/* On that CPU: some are freed, and stay at hand there. */
static int gone_use(void *cache)
{
	void *objs[GONE_OBJECTS];
	unsigned int i;

	for (i = 0; i < GONE_OBJECTS; i++)
		objs[i] = squirrel_cache_alloc(cache, GFP_KERNEL);
	for (i = 0; i < GONE_OBJECTS; i++)
		squirrel_cache_free(cache, objs[i]);
	return 0;
}

static int gone_removed;

static void gone_remove(struct work_struct *work)
{
	gone_removed = remove_cpu(cpu);
}

static DECLARE_WORK(gone_work, gone_remove);

/* It is offline when this returns, but the kernel is not done with it. */
static void gone_until_offline(void)
{
	queue_work_on(cpumask_any_but(cpu_online_mask, cpu), system_wq, &gone_work);
	while (cpu_online(cpu) && work_busy(&gone_work))
		cond_resched();
}

/* Is it refused? If so once more, when the CPU is back. */
static int gone_once(void)
{
	struct squirrel_cache *c = squirrel_cache_create("gone", 100, NULL);
	int err, refused;

	if (IS_ERR(c))
		return PTR_ERR(c);
	err = smp_call_on_cpu(cpu, gone_use, c, false);
	gone_until_offline();
	refused = !!squirrel_cache_destroy(c);
	flush_work(&gone_work);
	err = err ?: gone_removed ?: add_cpu(cpu);
	if (refused && squirrel_cache_destroy(c))
		err = err ?: -EBUSY;
	return err ?: refused;
}

static int __init gone_init(void)
{
	unsigned int i, refused = 0;
	int got;

	for (i = 0; i < rounds; i++) {
		got = gone_once();
		if (got < 0)
			return got;
		refused += got;
	}
	pr_info("refused %u of %u\n", refused, rounds);
	return 0;
}
module_init(gone_init);

static void __exit gone_exit(void)
{
}
module_exit(gone_exit);

MODULE_DESCRIPTION("Test: a cache goes after a CPU that used it");
MODULE_LICENSE("GPL");
