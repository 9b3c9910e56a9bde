// SPDX-License-Identifier: GPL-2.0
/*
 * plant: a client with one bug, in a cache, and in memory of a heap that is small, a page
 * and large.
 *
 *	insmod plant.ko bug=behind from=softirq debug=FZPU
 *
 * Loading makes all of it, so that debug.sh can read what squirrel says; the cache and the
 * heap stay until unload. "plant: N planted" says how many reports there should be.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <squirrel/squirrel.h>

#include "contexts.h"

static char *bug = "none";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "which bug");

static char *from = "task";
module_param(from, charp, 0444);
MODULE_PARM_DESC(from, "task, softirq or hardirq");

static char *debug;
module_param(debug, charp, 0444);
MODULE_PARM_DESC(debug, "how cache and heap are debugged");

#define SIZE	100
#define DRIPS	4000
#define MANY	400	/* objects, in which a free one is sure to be */

static const size_t sizes[] = { SIZE, 4096, 5 * PAGE_SIZE - 480 };

static struct squirrel_cache *cache, *other_cache;
static struct squirrel_heap *heap, *other_heap;
static unsigned int planted;
static bool bad;
static u8 *bystander, *leaked;

/* One way to have memory: the cache, or the heap with a size. */
static size_t size_now;
static bool in_cache;

static noinline u8 *plant_alloc(void)
{
	u8 *obj = in_cache ? squirrel_cache_alloc(cache, GFP_ATOMIC) :
			     squirrel_heap_alloc(heap, size_now, GFP_ATOMIC);

	bad |= !obj;
	if (obj)
		memset(obj, 0x11, size_now);
	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

static noinline void plant_free(void *obj)
{
	if (in_cache)
		squirrel_cache_free(cache, obj);
	else
		squirrel_heap_free(heap, obj);
}

static void behind(u8 *obj)
{
	obj[size_now] = 0;
	plant_free(obj);
}

static void front(u8 *obj)
{
	obj[-1] = 0;
	plant_free(obj);
}

/* It comes to light when it is to be handed out again. */
static void after_free(u8 *obj)
{
	static u8 *objs[MANY];
	unsigned int i;

	plant_free(obj);
	obj[size_now / 2] = 0;
	for (i = 0; i < MANY; i++) {
		objs[i] = plant_alloc();
		bad |= objs[i] == obj;
	}
	for (i = 0; i < MANY; i++)
		plant_free(objs[i]);
}

static void second(u8 *obj)
{
	plant_free(obj);
	plant_free(obj);
}

static void second_later(u8 *obj)
{
	u8 *next = plant_alloc();

	plant_free(obj);
	plant_free(next);
	plant_free(obj);
}

static void middle(u8 *obj)
{
	plant_free(obj + 8);
	plant_free(obj);
}

static void other(u8 *obj)
{
	if (in_cache)
		squirrel_cache_free(other_cache, obj);
	else
		squirrel_heap_free(other_heap, obj);
	plant_free(obj);
}

static void foreign(u8 *obj)
{
	static u8 mine[SIZE];

	plant_free(mine);
	plant_free(obj);
}

static void none(u8 *obj)
{
	plant_free(obj);
}

static void leak(u8 *obj)
{
	if (in_cache)
		leaked = obj;
}

/* For a second much comes and goes, of the heap's smallest, and a tenth of it stays. */
static void drip(u8 *obj)
{
	unsigned int i;

	plant_free(obj);
	for (i = 0; i < DRIPS && !in_cache && size_now == SIZE; i++) {
		obj = plant_alloc();
		if (i % 10)
			plant_free(obj);
		if (i % (DRIPS / 40) == 0)
			msleep(25);
	}
}

static const struct {
	const char *name;
	void (*plant)(u8 *obj);
	bool large;		/* also in large blocks */
} bugs[] = {
	{ "none", none, true },
	{ "behind", behind, true },
	{ "front", front, false },
	{ "after_free", after_free, false },
	{ "second", second, true },
	{ "second_later", second_later, true },
	{ "middle", middle, true },
	{ "other", other, true },
	{ "foreign", foreign, true },
	{ "leak", leak, true },
	{ "drip", drip, true },		/* from task only */
};

static unsigned int which;

static void plant_all(void)
{
	unsigned int i;

	in_cache = true;
	size_now = SIZE;
	bugs[which].plant(plant_alloc());
	planted++;
	in_cache = false;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_now = sizes[i];
		if (size_now > SQUIRREL_CLASS_MAX_SIZE && !bugs[which].large)
			continue;
		bugs[which].plant(plant_alloc());
		planted++;
	}
}

static void plant_from(void)
{
	unsigned int i;

	for (i = NR_CONTEXTS - 1; i > IN_TASK && strcmp(from, contexts[i]); i--)
		;
	call_in(i, plant_all);
}

/* What leaked is told when the cache is to go, which it does then. */
static void clean_up(void)
{
	if (squirrel_cache_destroy(cache) && leaked) {
		squirrel_cache_free(cache, leaked);
		squirrel_cache_destroy(cache);
	}
	squirrel_cache_destroy(other_cache);
	squirrel_heap_destroy(heap);
	squirrel_heap_destroy(other_heap);
}

static int set_up(void)
{
	const struct squirrel_cache_args args = { .debug = debug };
	const struct squirrel_heap_args heap_args = { .debug = debug };

	cache = squirrel_cache_create("plant", SIZE, &args);
	other_cache = squirrel_cache_create("plant_other", SIZE, &args);
	heap = squirrel_heap_create("plant", &heap_args);
	other_heap = squirrel_heap_create("plant_other", &heap_args);
	if (IS_ERR(cache) || IS_ERR(other_cache) || IS_ERR(heap) || IS_ERR(other_heap))
		return -ENOMEM;
	/* A neighbour, which nothing may happen to. */
	bystander = squirrel_cache_alloc(cache, GFP_KERNEL);
	if (!bystander)
		return -ENOMEM;
	memset(bystander, 0x5c, SIZE);
	return 0;
}

static int __init plant_init(void)
{
	int err = set_up();

	while (!err && strcmp(bugs[which].name, bug))
		if (++which == ARRAY_SIZE(bugs))
			err = -EINVAL;
	if (!err) {
		plant_from();
		bad |= !!memchr_inv(bystander, 0x5c, SIZE);
		pr_info("%u planted%s\n", planted,
			bad ? ", and memory is not as it should be" : "");
	}
	if (!IS_ERR_OR_NULL(bystander))
		squirrel_cache_free(cache, bystander);
	if (err || bad)
		clean_up();
	return err ? err : bad ? -EIO : 0;
}
module_init(plant_init);

static void __exit plant_exit(void)
{
	clean_up();
}
module_exit(plant_exit);

MODULE_DESCRIPTION("squirrel: one bug of a client's");
MODULE_LICENSE("GPL");
