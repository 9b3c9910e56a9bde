// SPDX-License-Identifier: GPL-2.0
/*
 * fickle: registers the strategy "fickle", which always finds the same, and
 * that wrong:
 *
 *	insmod fickle.ko give=none
 *
 * With forget=1 it is not unregistered when the module goes; with heap=1 the
 * module has a heap that uses it, destroyed at unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <squirrel/squirrel.h>
#include <squirrel/strategy.h>

static char *give = "none";
module_param(give, charp, 0444);
MODULE_PARM_DESC(give, "none (default), used, small, inside or wild");

static bool forget;
module_param(forget, bool, 0444);
MODULE_PARM_DESC(forget, "do not unregister (default n)");

static bool heap;
module_param(heap, bool, 0444);
MODULE_PARM_DESC(heap, "have a heap of its own that uses it (default n)");

static const char * const kinds[] = { "none", "used", "small", "inside", "wild" };
enum { GIVE_NONE, GIVE_USED, GIVE_SMALL, GIVE_INSIDE, GIVE_WILD };

static int kind;
static void *used;
static struct squirrel_heap *mine;

static struct squirrel_block *fickle_small(struct squirrel_pool *pool,
					   unsigned long pages)
{
	struct squirrel_block *b = squirrel_pool_first(pool);

	while (b && squirrel_pool_pages(pool, b) >= pages)
		b = squirrel_pool_next(pool, b);
	return b;
}

static struct squirrel_block *fickle_find(struct squirrel_pool *pool,
					  unsigned long pages)
{
	unsigned long addr = squirrel_block_addr(squirrel_pool_first(pool));

	switch (kind) {
	case GIVE_USED:
		return used;
	case GIVE_SMALL:
		return fickle_small(pool, pages);
	case GIVE_INSIDE:
		return (struct squirrel_block *)(addr + 64);
	case GIVE_WILD:
		return (struct squirrel_block *)0x5a5a5a5a5a5a5a5aUL;
	}
	return NULL;
}

static struct squirrel_strategy fickle = {
	.name = "fickle",
	.find = fickle_find,
};

static int fickle_heap(void)
{
	static const struct squirrel_heap_args args = {
		.strategy_name = "fickle",
	};
	struct squirrel_heap *h = squirrel_heap_create("fickle", &args);

	if (IS_ERR(h))
		return PTR_ERR(h);
	mine = h;
	return 0;
}

static int __init fickle_init(void)
{
	int err;

	kind = match_string(kinds, ARRAY_SIZE(kinds), give);
	if (kind < 0)
		return kind;
	used = squirrel_alloc(100000, GFP_KERNEL);
	if (!used)
		return -ENOMEM;
	err = squirrel_strategy_register(&fickle);
	if (!err && heap) {
		err = fickle_heap();
		if (err)
			squirrel_strategy_unregister(&fickle);
	}
	if (err)
		squirrel_free(used);
	return err;
}
module_init(fickle_init);

static void __exit fickle_exit(void)
{
	squirrel_heap_destroy(mine);
	if (!forget)
		squirrel_strategy_unregister(&fickle);
	squirrel_free(used);
}
module_exit(fickle_exit);

MODULE_DESCRIPTION("squirrel: a strategy that is always wrong");
MODULE_LICENSE("GPL");
