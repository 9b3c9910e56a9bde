// SPDX-License-Identifier: GPL-2.0
/*
 * forget: a client that forgets an object of a cache, one of a heap and some large blocks, and
 * remembers others, some of them only in objects. What it forgets kmemleak is to find.
 *
 * It knows where they are all the same, so that it can free them at unload, but not by
 * anything that kmemleak takes for a pointer.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include <squirrel/squirrel.h>

static char *debug;
module_param(debug, charp, 0444);
MODULE_PARM_DESC(debug, "how cache and heap are debugged");

/* What points to others, or to none. */
struct link {
	struct link *next;
	unsigned long filler[20];
};

#define LARGE	100000
#define FREED	40
/* Something may point into one of so much memory by chance. */
#define LARGES	4

static struct squirrel_cache *cache, *secret;
static struct squirrel_heap *heap;
static struct link *first;
static unsigned long hidden[3], hidden_large[LARGES];

static unsigned long hide(const void *obj)
{
	return ~(unsigned long)obj;
}

static void *unhide(unsigned long value)
{
	return value ? (void *)~value : NULL;
}

/* With interrupts off the report waits for one, in memory of squirrel's. */
static void misuse(void *obj)
{
	unsigned long irqs;

	local_irq_save(irqs);
	squirrel_cache_free(cache, obj);
	local_irq_restore(irqs);
}

/* A report of it is not where it is found, either. */
static noinline void forget_cache(void)
{
	char *obj = squirrel_cache_zalloc(cache, GFP_KERNEL);

	hidden[0] = hide(obj);
	if (obj)
		misuse(obj + sizeof(struct link) / 2);
}

static noinline void forget_heap(void)
{
	hidden[1] = hide(squirrel_heap_zalloc(heap, 300, GFP_KERNEL));
}

static noinline void forget_large(void)
{
	unsigned int i;

	for (i = 0; i < LARGES; i++)
		hidden_large[i] = hide(squirrel_heap_zalloc(heap, LARGE, GFP_KERNEL));
}

/* Its cache says that kmemleak is not to be told. */
static noinline void forget_secret(void)
{
	hidden[2] = hide(squirrel_cache_zalloc(secret, GFP_KERNEL));
}

/* A chain, of a cache, a heap and a large block, which only the first is known of. */
static noinline bool remember(void)
{
	struct link *large = squirrel_heap_zalloc(heap, LARGE, GFP_KERNEL), *of_heap;

	first = squirrel_cache_zalloc(cache, GFP_KERNEL);
	of_heap = squirrel_heap_zalloc(heap, sizeof(*of_heap), GFP_KERNEL);
	if (!large || !first || !of_heap)
		return false;
	first->next = large;
	/* Far behind its beginning. */
	*(struct link **)((char *)large + LARGE / 2) = of_heap;
	of_heap->next = squirrel_cache_zalloc(cache, GFP_KERNEL);
	return true;
}

static noinline void use_and_free(void)
{
	void *objs[FREED];
	unsigned int i;

	if (squirrel_cache_alloc_bulk(cache, GFP_KERNEL, FREED, objs))
		squirrel_cache_free_bulk(cache, FREED, objs);
	for (i = 0; i < FREED; i++)
		objs[i] = squirrel_heap_alloc(heap, 300 * i + 1, GFP_KERNEL);
	for (i = 0; i < FREED; i++)
		squirrel_heap_free(heap, objs[i]);
	for (i = 0; i < FREED; i++)
		squirrel_free_any(squirrel_cache_alloc(cache, GFP_KERNEL));
}

static void clean_up(void)
{
	struct link *large = first ? first->next : NULL;
	struct link *of_heap = large ? *(struct link **)((char *)large + LARGE / 2) : NULL;

	if (of_heap)
		squirrel_cache_free(cache, of_heap->next);
	if (first)
		squirrel_cache_free(cache, first);
	squirrel_cache_free(cache, unhide(hidden[0]));
	if (!IS_ERR_OR_NULL(secret))
		squirrel_cache_free(secret, unhide(hidden[2]));
	squirrel_cache_destroy(cache);
	squirrel_cache_destroy(secret);
	/* With all that it has. */
	squirrel_heap_destroy(IS_ERR(heap) ? NULL : heap);
}

static int __init forget_init(void)
{
	const struct squirrel_cache_args args = { .debug = debug };
	const struct squirrel_cache_args secret_args = { .flags = SQUIRREL_NOLEAKTRACE };
	const struct squirrel_heap_args heap_args = { .debug = debug };

	cache = squirrel_cache_create("forget", sizeof(struct link), &args);
	secret = squirrel_cache_create("forget_secret", sizeof(struct link), &secret_args);
	heap = squirrel_heap_create("forget", &heap_args);
	if (IS_ERR(cache) || IS_ERR(secret) || IS_ERR(heap) || !remember()) {
		clean_up();
		return -ENOMEM;
	}
	use_and_free();
	forget_cache();
	forget_heap();
	forget_large();
	forget_secret();
	return 0;
}
module_init(forget_init);

static void __exit forget_exit(void)
{
	clean_up();
}
module_exit(forget_exit);

MODULE_DESCRIPTION("squirrel: a client that forgets what it has");
MODULE_LICENSE("GPL");
