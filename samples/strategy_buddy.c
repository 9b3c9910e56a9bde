// SPDX-License-Identifier: GPL-2.0
/*
 * A strategy from outside: blocks as a buddy allocator has them, powers of two
 * of pages, aligned to their size, out of the smallest free block that will do.
 * A heap then wastes up to half of a block, and its rests fit together again.
 *
 *	insmod strategy_buddy.ko
 *	echo buddy > /sys/kernel/debug/squirrel/heaps/default/strategy
 */
#include <linux/log2.h>
#include <linux/module.h>
#include <squirrel/strategy.h>

static void buddy_shape(unsigned long *pages, unsigned long *align)
{
	*pages = roundup_pow_of_two(*pages);
	*align = max(*align, *pages);
}

static struct squirrel_block *buddy_find(struct squirrel_pool *pool,
					 unsigned long pages)
{
	return squirrel_pool_tightest(pool, pages);
}

static struct squirrel_strategy buddy = {
	.name = "buddy",
	.find = buddy_find,
	.shape = buddy_shape,
};

static int __init buddy_init(void)
{
	return squirrel_strategy_register(&buddy);
}
module_init(buddy_init);

static void __exit buddy_exit(void)
{
	squirrel_strategy_unregister(&buddy);
}
module_exit(buddy_exit);

MODULE_DESCRIPTION("squirrel sample: blocks of a buddy allocator");
MODULE_LICENSE("GPL");
