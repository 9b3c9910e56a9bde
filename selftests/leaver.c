// SPDX-License-Identifier: GPL-2.0
/*
 * leaver: a client that goes and leaves what it has: three caches and three heaps, each with
 * an object from a task, one from softirq and one from hardirq. wrongs.ko frees it all
 * later; what squirrel has to say when the module goes is for wrongs.sh.
 */
#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include <squirrel/squirrel.h>

#include "wrongs.h"

static const size_t sizes[WRONGS_SIZES] = { 100, 4096, WRONGS_LARGE };

static struct wrongs_left *left;
static bool bad;
static DECLARE_COMPLETION(done);

/* A place of its own for each context, which has its caller's name. */
static __always_inline void leave(unsigned int context)
{
	unsigned int i;

	for (i = 0; i < WRONGS_SIZES; i++) {
		left->obj[i][context] = squirrel_cache_alloc(left->cache[i], GFP_ATOMIC);
		bad |= !left->obj[i][context] ||
		       !squirrel_heap_alloc(left->heap[i], sizes[i], GFP_ATOMIC);
	}
}

static noinline void leave_in_task(void)
{
	leave(0);
}

static noinline void leave_in_softirq(struct timer_list *unused)
{
	leave(1);
	complete(&done);
}

static DEFINE_TIMER(timer, leave_in_softirq);

static noinline void leave_in_hardirq(struct irq_work *unused)
{
	leave(2);
	complete(&done);
}

static struct irq_work work = IRQ_WORK_INIT_HARD(leave_in_hardirq);

static int make(void)
{
	const struct squirrel_cache_args args = { .debug = "FZPU" };
	const struct squirrel_heap_args heap_args = { .debug = "FZPU" };
	unsigned int i;

	for (i = 0; i < WRONGS_SIZES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "leaver_%zu", sizes[i]);
		left->cache[i] = squirrel_cache_create(name, sizes[i], &args);
		left->heap[i] = squirrel_heap_create(name, &heap_args);
		if (IS_ERR(left->cache[i]) || IS_ERR(left->heap[i]))
			return -ENOMEM;
	}
	return 0;
}

static int __init leaver_init(void)
{
	left = kzalloc(sizeof(*left), GFP_KERNEL);
	/* What there is by then stays, as it may: it is a test. */
	if (!left || make())
		return -ENOMEM;
	leave_in_task();
	mod_timer(&timer, jiffies);
	wait_for_completion(&done);
	irq_work_queue(&work);
	wait_for_completion(&done);
	irq_work_sync(&work);
	wrongs_keep(left);
	return bad ? -ENOMEM : 0;
}
module_init(leaver_init);

static void __exit leaver_exit(void)
{
	/* All is left: that is what it is for. */
}
module_exit(leaver_exit);

MODULE_DESCRIPTION("squirrel: a client that leaves all it has");
MODULE_LICENSE("GPL");
