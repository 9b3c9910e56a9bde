// SPDX-License-Identifier: GPL-2.0
/*
 * guarded: a client that touches what is not its own, once, in a thread of its own. It says
 * "went on" if it does; with guard_oops=Y the kernel ends it.
 *
 *	insmod guarded.ko touch=read_behind of=heap
 *
 * The cache, the heap and, of what was touched behind its end, the object stay until unload.
 * "guarded: all is well" is said then, if nothing has happened to anybody's data.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include <squirrel/squirrel.h>

static char *touch = "none";
module_param(touch, charp, 0444);
MODULE_PARM_DESC(touch, "none, read_behind, read_after or write_after");

static char *of = "cache";
module_param(of, charp, 0444);
MODULE_PARM_DESC(of, "cache or heap");

static char *debug = "GU";
module_param(debug, charp, 0444);
MODULE_PARM_DESC(debug, "how cache and heap are debugged");

static bool sampled;
module_param(sampled, bool, 0444);
MODULE_PARM_DESC(sampled, "neither is debugged, and some object is that is sampled");

/* A multiple of what it is aligned to, so that nothing lies between it and the hole. */
#define SIZE		(8 * SQUIRREL_MIN_ALIGN)
#define BYSTANDERS	16

static struct squirrel_cache *cache, *other;
static struct squirrel_heap *heap;
static u8 *bystanders[BYSTANDERS];
static u8 *obj;
static bool in_heap;

/* Allocations until one that is sampled is among them, for certain, and between two naps */
#define TRIES		10000
#define NAP		100

static __always_inline u8 *alloc_one(void)
{
	return in_heap ? squirrel_heap_alloc(heap, SIZE, GFP_KERNEL) :
			 squirrel_cache_alloc(cache, GFP_KERNEL);
}

static __always_inline void free_one(u8 *old)
{
	if (in_heap)
		squirrel_heap_free(heap, old);
	else
		squirrel_cache_free(cache, old);
}

static noinline u8 *guarded_alloc(void)
{
	unsigned int tries = sampled ? TRIES : 0;
	u8 *new = alloc_one();

	while (new && tries-- && !is_vmalloc_addr(new)) {
		free_one(new);
		/* Somebody is to look how many are due. */
		if (!(tries % NAP))
			msleep(20);
		new = alloc_one();
	}
	if (new)
		memset(new, 0x11, SIZE);
	OPTIMIZER_HIDE_VAR(new);
	return new;
}

static noinline void guarded_free(u8 *old)
{
	free_one(old);
	/* So that it is no jump, and who called is this. */
	barrier();
}

/*
 * Where a module's code begins the kernel has overwritten what was touched, when squirrel
 * comes to ask: the second is further on for certain, the first is not.
 */
static noinline void guarded_touch(u8 *at, bool write)
{
	if (write)
		WRITE_ONCE(*at, 1);
	else
		READ_ONCE(*at);
}

static noinline void guarded_touch_later(u8 *at, bool write)
{
	asm volatile(".rept 64\n nop\n .endr");
	if (write)
		WRITE_ONCE(*at, 1);
	else
		READ_ONCE(*at);
}

static int guarded_thread(void *unused)
{
	void (*touch_it)(u8 *at, bool write) = in_heap ? guarded_touch_later : guarded_touch;
	u8 *it = obj;

	if (strcmp(touch, "read_behind")) {
		obj = NULL;
		guarded_free(it);
		/* It is unmapped a moment later. */
		msleep(500);
	}
	if (!strcmp(touch, "read_behind"))
		touch_it(it + SIZE, false);
	else if (strcmp(touch, "none"))
		touch_it(it + SIZE / 2, !strcmp(touch, "write_after"));
	pr_info("went on\n");
	return 0;
}

static int run(void)
{
	struct task_struct *thread;

	in_heap = !strcmp(of, "heap");
	obj = guarded_alloc();
	if (!obj)
		return -ENOMEM;
	thread = kthread_create(guarded_thread, NULL, "guarded");
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
	wake_up_process(thread);
	/* Whatever becomes of it. */
	msleep(2000);
	kthread_stop(thread);
	put_task_struct(thread);
	return 0;
}

static bool all_well(void)
{
	bool well = !obj || !memchr_inv(obj, 0x11, SIZE);
	unsigned int i;

	for (i = 0; i < BYSTANDERS; i++)
		well &= bystanders[i] && !memchr_inv(bystanders[i], 0x5c, SIZE);
	return well;
}

static int set_up(void)
{
	const struct squirrel_cache_args args = { .debug = sampled ? NULL : debug };
	const struct squirrel_heap_args heap_args = { .debug = args.debug };
	unsigned int i;

	cache = squirrel_cache_create("guarded", SIZE, &args);
	other = squirrel_cache_create("guarded_other", SIZE, &args);
	heap = squirrel_heap_create("guarded", &heap_args);
	if (IS_ERR(cache) || IS_ERR(other) || IS_ERR(heap))
		return -ENOMEM;
	for (i = 0; i < BYSTANDERS; i++) {
		bystanders[i] = squirrel_cache_alloc(i % 2 ? other : cache, GFP_KERNEL);
		if (!bystanders[i])
			return -ENOMEM;
		memset(bystanders[i], 0x5c, SIZE);
	}
	return 0;
}

static void clean_up(void)
{
	unsigned int i;

	if (obj)
		guarded_free(obj);
	for (i = 0; i < BYSTANDERS; i++)
		if (bystanders[i])
			squirrel_cache_free(i % 2 ? other : cache, bystanders[i]);
	squirrel_cache_destroy(cache);
	squirrel_cache_destroy(other);
	squirrel_heap_destroy(IS_ERR(heap) ? NULL : heap);
}

static int __init guarded_init(void)
{
	int err = set_up();

	if (!err)
		err = run();
	if (err)
		clean_up();
	return err;
}
module_init(guarded_init);

static void __exit guarded_exit(void)
{
	if (all_well())
		pr_info("all is well\n");
	clean_up();
}
module_exit(guarded_exit);

MODULE_DESCRIPTION("squirrel: a client that touches what is not its own");
MODULE_LICENSE("GPL");
