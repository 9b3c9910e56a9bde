// SPDX-License-Identifier: GPL-2.0
/*
 * hoard: a client that takes many objects on one CPU, frees them there but for
 * some, and holds those until it is unloaded.
 *
 *	insmod hoard.ko where=cache objects=1000 size=256 cpu=1 keep=10
 *
 * For the tests of what happens to memory that is free but near at hand, and of
 * what may not be unloaded when. scatter=1 frees in random order, so that what
 * is kept lies here and there; /sys/module/hoard/parameters/touched says in how
 * many pages. swings=<n> first frees and takes a few at random so many times.
 * shrink=<cpu> has that CPU shrink the cache at the end. leave=1 forgets the kept
 * objects of a cache or of the default heap instead of freeing them, and says
 * where they are; another load with free=<address> [of=<cache>] makes good for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <squirrel/squirrel.h>

static char *where = "cache";
module_param(where, charp, 0444);
MODULE_PARM_DESC(where, "cache (default), heap or default");

static unsigned int objects = 1000;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "how many to take");

static unsigned int keep;
module_param(keep, uint, 0444);
MODULE_PARM_DESC(keep, "how many of them to hold until unload");

static unsigned int size = 256;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of each");

static int cpu = -1;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "on which CPU (default: any)");

static bool scatter;
module_param(scatter, bool, 0444);
MODULE_PARM_DESC(scatter, "free in random order");

static unsigned int touched;
module_param(touched, uint, 0444);
MODULE_PARM_DESC(touched, "pages that the kept objects lie in; to be read");

static unsigned int swings;
module_param(swings, uint, 0444);
MODULE_PARM_DESC(swings, "how often to free a few at random and take them again");

static int shrink = -1;
module_param(shrink, int, 0444);
MODULE_PARM_DESC(shrink, "shrink the cache from that CPU (default: not at all)");

static bool leave;
module_param(leave, bool, 0444);
MODULE_PARM_DESC(leave, "leave what is kept at unload");

static unsigned long adopt;
module_param_named(free, adopt, ulong, 0444);
MODULE_PARM_DESC(free, "address of an object to free, and nothing else");

static unsigned long of;
module_param(of, ulong, 0444);
MODULE_PARM_DESC(of, "address of the cache it is of, which is then destroyed");

static struct squirrel_cache *cache;
static struct squirrel_heap *heap;
static void **hoard;
static unsigned int taken;

static void *hoard_alloc(void)
{
	if (cache)
		return squirrel_cache_alloc(cache, GFP_KERNEL);
	if (heap)
		return squirrel_heap_alloc(heap, size, GFP_KERNEL);
	return squirrel_alloc(size, GFP_KERNEL);
}

static void hoard_free(void *obj)
{
	if (cache)
		squirrel_cache_free(cache, obj);
	else if (heap)
		squirrel_heap_free(heap, obj);
	else
		squirrel_free(obj);
}

/* Frees from the first on, so that what is kept shares slabs with it. */
static void hoard_trim(unsigned int kept)
{
	unsigned int i;

	for (i = 0; i + kept < taken; i++) {
		hoard_free(hoard[i]);
		cond_resched();
	}
	memmove(hoard, hoard + i, (taken - i) * sizeof(*hoard));
	taken -= i;
}

static void hoard_shuffle(void)
{
	unsigned int i, k;

	for (i = taken; i > 1; i--) {
		k = get_random_u32() % i;
		swap(hoard[i - 1], hoard[k]);
	}
}

static int hoard_order(const void *a, const void *b)
{
	unsigned long x = *(unsigned long *)a, y = *(unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* Leaves the kept objects in order of their addresses. */
static void hoard_count(void)
{
	unsigned long first, last, end = 0;
	unsigned int i;

	sort(hoard, taken, sizeof(*hoard), hoard_order, NULL);
	for (i = 0; i < taken; i++) {
		first = max((unsigned long)hoard[i] >> PAGE_SHIFT, end);
		last = ((unsigned long)hoard[i] + size - 1) >> PAGE_SHIFT;
		if (last >= first)
			touched += last - first + 1;
		end = max(end, last + 1);
	}
}

static int hoard_take(void)
{
	while (taken < objects) {
		hoard[taken] = hoard_alloc();
		if (!hoard[taken])
			return -ENOMEM;
		memset(hoard[taken], 0x5a, size);
		taken++;
		cond_resched();
	}
	return 0;
}

static int hoard_gather(void *unused)
{
	int err = hoard_take();
	unsigned int i;

	for (i = 0; !err && i < swings; i++) {
		hoard_shuffle();
		hoard_trim(objects - objects / 16);
		msleep(20);
		err = hoard_take();
	}
	if (err)
		return err;
	if (scatter)
		hoard_shuffle();
	hoard_trim(min(keep, objects));
	hoard_count();
	return 0;
}

/* From one CPU, for all of them. */
static int hoard_shrink(void *unused)
{
	squirrel_cache_shrink(cache);
	return 0;
}

static int hoard_open(void)
{
	if (!strcmp(where, "default"))
		return 0;
	if (!strcmp(where, "cache")) {
		cache = squirrel_cache_create("hoard", size, NULL);
		return PTR_ERR_OR_ZERO(cache);
	}
	if (!strcmp(where, "heap")) {
		heap = squirrel_heap_create("hoard", NULL);
		return PTR_ERR_OR_ZERO(heap);
	}
	pr_err("where=%s: cache, heap or default\n", where);
	return -EINVAL;
}

static void hoard_close(void)
{
	if (hoard)
		hoard_trim(0);
	squirrel_heap_destroy(heap);
	squirrel_cache_destroy(cache);
	vfree(hoard);
}

static int __init hoard_init(void)
{
	int err;

	if (of) {
		squirrel_cache_free((void *)of, (void *)adopt);
		squirrel_cache_destroy((void *)of);
		return 0;
	}
	if (adopt) {
		squirrel_free((void *)adopt);
		return 0;
	}
	if (cpu >= 0 && (cpu >= nr_cpu_ids || !cpu_online(cpu)))
		return -ENODEV;
	err = hoard_open();
	if (err)
		return err;
	err = -ENOMEM;
	hoard = vzalloc(array_size(max(objects, 1U), sizeof(*hoard)));
	if (hoard && cpu < 0)
		err = hoard_gather(NULL);
	else if (hoard)
		err = smp_call_on_cpu(cpu, hoard_gather, NULL, false);
	if (!err && cache && shrink >= 0)
		err = smp_call_on_cpu(shrink, hoard_shrink, NULL, false);
	if (err) {
		hoard_close();
		return err;
	}
	pr_info("holding %u of %u\n", taken, objects);
	return 0;
}
module_init(hoard_init);

static void __exit hoard_exit(void)
{
	unsigned int i;

	if (leave && !heap) {
		for (i = 0; i < taken; i++)
			pr_info("left free=0x%lx of=0x%lx\n",
				(unsigned long)hoard[i], (unsigned long)cache);
		taken = 0;
	}
	hoard_close();
}
module_exit(hoard_exit);

MODULE_DESCRIPTION("Takes memory from squirrel and holds it");
MODULE_LICENSE("GPL");
