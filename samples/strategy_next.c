// SPDX-License-Identifier: GPL-2.0
/*
 * A strategy from outside: next fit. The search goes on where the last one
 * ended, so that requests spread over the memory instead of crowding at its
 * start, and comes around once.
 *
 *	insmod strategy_next.ko
 *	echo next > /sys/kernel/debug/squirrel/heaps/default/strategy
 *
 * While a heap uses it, the module cannot be unloaded.
 */
#include <linux/module.h>
#include <squirrel/strategy.h>

static struct squirrel_block *next_find(struct squirrel_pool *pool,
					unsigned long pages)
{
	unsigned long *rover = squirrel_pool_state(pool);
	struct squirrel_block *block;

	block = squirrel_pool_from(pool, *rover, pages);
	if (!block)
		block = squirrel_pool_lowest(pool, pages);
	if (block)
		*rover = squirrel_block_addr(block) + pages * PAGE_SIZE;
	return block;
}

static struct squirrel_strategy next = {
	.name = "next",
	.find = next_find,
};

static int __init next_init(void)
{
	return squirrel_strategy_register(&next);
}
module_init(next_init);

static void __exit next_exit(void)
{
	squirrel_strategy_unregister(&next);
}
module_exit(next_exit);

MODULE_DESCRIPTION("squirrel sample: next fit");
MODULE_LICENSE("GPL");
