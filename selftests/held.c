// SPDX-License-Identifier: GPL-2.0
/*
 * held: a client that frees what is in use, for the kernel's own checkers to find.
 *
 *	insmod held.ko what=lock	frees an object whose lock it holds: lockdep
 *	insmod held.ko what=race	frees objects that another CPU still writes to: KCSAN
 *	insmod held.ko what=behind debug=K	reads a byte behind an object: KASAN
 *	insmod held.ko what=after debug=K	reads an object after its free: KASAN
 *
 * -EOPNOTSUPP without lockdep or KCSAN, -EINVAL where there is no K. What is written to lies
 * behind the first two words, which are squirrel's while an object is free.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debug_locks.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/stop_machine.h>
#include <linux/string.h>

#include <squirrel/squirrel.h>

static char *what = "lock";
module_param(what, charp, 0444);
MODULE_PARM_DESC(what, "lock, race, behind or after");

static char *debug;
module_param(debug, charp, 0444);
MODULE_PARM_DESC(debug, "how the cache is debugged");

struct held {
	unsigned long squirrels[2];
	raw_spinlock_t lock;
	unsigned long count;
};

static struct squirrel_cache *cache;
static struct held *now;

/*
 * A report turns lockdep off, and whoever lets go of a lock after that is taken to hold it
 * still. So nobody else runs, and it is turned on again before anything is let go of.
 */
static int free_held(void *unused)
{
	struct held *obj = squirrel_cache_alloc(cache, GFP_NOWAIT);
	int were = debug_locks;

	if (!obj)
		return -ENOMEM;
	raw_spin_lock_init(&obj->lock);
	raw_spin_lock(&obj->lock);
	squirrel_cache_free(cache, obj);
	debug_locks = were;
	raw_spin_unlock(&obj->lock);
	return 0;
}

static noinline void write_late(void)
{
	struct held *obj = READ_ONCE(now);

	if (obj)
		obj->count++;
}

static int writer(void *unused)
{
	while (!kthread_should_stop()) {
		write_late();
		cond_resched();
	}
	return 0;
}

static int free_raced(void)
{
	/* So that the slab stays: what is written late is in it. */
	void *other = squirrel_cache_alloc(cache, GFP_KERNEL);
	unsigned long end = jiffies + 5 * HZ;
	struct task_struct *t = kthread_run(writer, NULL, "held");

	if (IS_ERR(t)) {
		squirrel_cache_free(cache, other);
		return PTR_ERR(t);
	}
	while (time_before(jiffies, end)) {
		struct held *obj = squirrel_cache_zalloc(cache, GFP_KERNEL);

		WRITE_ONCE(now, obj);
		cond_resched();
		squirrel_cache_free(cache, obj);
	}
	WRITE_ONCE(now, NULL);
	kthread_stop(t);
	squirrel_cache_free(cache, other);
	return 0;
}

static noinline char read_at(const char *obj, size_t at)
{
	return READ_ONCE(obj[at]);
}

/* KASAN's reports turn lockdep off as well: as free_held(). */
static int read_astray(void *after)
{
	char *obj = squirrel_cache_zalloc(cache, GFP_NOWAIT);
	int were = debug_locks;

	if (!obj)
		return -ENOMEM;
	/* What is its own is no matter. */
	read_at(obj, 0);
	read_at(obj, sizeof(struct held) - 1);
	if (!after)
		read_at(obj, sizeof(struct held));
	squirrel_cache_free(cache, obj);
	if (after)
		read_at(obj, sizeof(struct held) / 2);
	debug_locks = were;
	return 0;
}

static int __init held_init(void)
{
	const struct squirrel_cache_args args = { .debug = debug };
	int err = -EINVAL;

	cache = squirrel_cache_create("held", sizeof(struct held), &args);
	if (IS_ERR(cache))
		return PTR_ERR(cache);
	if (!strcmp(what, "lock"))
		err = IS_ENABLED(CONFIG_LOCKDEP) ? stop_machine(free_held, NULL, NULL) :
						   -EOPNOTSUPP;
	else if (!strcmp(what, "race"))
		err = IS_ENABLED(CONFIG_KCSAN) ? free_raced() : -EOPNOTSUPP;
	else if (!strcmp(what, "behind"))
		err = stop_machine(read_astray, NULL, NULL);
	else if (!strcmp(what, "after"))
		err = stop_machine(read_astray, cache, NULL);
	squirrel_cache_destroy(cache);
	return err;
}

static void __exit held_exit(void)
{
}

module_init(held_init);
module_exit(held_exit);
MODULE_DESCRIPTION("squirrel: a client that frees what is in use");
MODULE_LICENSE("GPL");
