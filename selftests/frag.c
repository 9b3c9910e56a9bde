// SPDX-License-Identifier: GPL-2.0
/*
 * frag: a client that takes objects where no two free pages are neighbours.
 *
 *	insmod frag.ko where=cache objects=60000 size=600 gfp=kernel
 *
 * It takes every page there is, also the last reserves, and frees those with an
 * odd number, about half: a block of two pages is not to be had from anybody. Then
 * it takes the objects, gives the pages back, and holds the objects until it is
 * unloaded. What came of it is to be read from /sys/module/frag/parameters:
 * how many it got, how long that took, and how often the kernel was about to look
 * for a process to kill. There is none: at each such time some pages are freed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <squirrel/squirrel.h>

/* More than any kernel's largest; what is above fails and that is that. */
#define FRAG_ORDER	10
/* Freed in a row when somebody would be killed */
#define FRAG_RELIEF	1024

static char *where = "cache";
module_param(where, charp, 0444);
MODULE_PARM_DESC(where, "cache (default), heap or slub");

static char *gfp = "kernel";
module_param(gfp, charp, 0444);
MODULE_PARM_DESC(gfp, "kernel (default), nofs, atomic or nofail");

static unsigned int objects = 60000;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "how many to take");

static unsigned int size = 600;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of each");

static unsigned int got;
module_param(got, uint, 0444);
MODULE_PARM_DESC(got, "objects taken; to be read");

static unsigned int single;
module_param(single, uint, 0444);
MODULE_PARM_DESC(single, "pages that were free, each alone; to be read");

static unsigned int ooms;
module_param(ooms, uint, 0444);
MODULE_PARM_DESC(ooms, "times an allocation of these was about to kill; to be read");

static unsigned int others;
module_param(others, uint, 0444);
MODULE_PARM_DESC(others, "times something else was; to be read");

static unsigned long us;
module_param(us, ulong, 0444);
MODULE_PARM_DESC(us, "what taking them took; to be read");

static struct squirrel_cache *cache;
static struct squirrel_heap *heap;
static struct kmem_cache *slub;
static void **taken;
static gfp_t flags;
static LIST_HEAD(kept);
static struct task_struct *taker;

static void frag_give(struct list_head *pages, unsigned int most)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		if (!most--)
			break;
		list_del(&page->lru);
		__free_page(page);
	}
}

/* Nobody is to be killed. Pages are freed that nobody else looks at now. */
static int frag_relief(struct notifier_block *nb, unsigned long unused, void *freed)
{
	if (current == taker)
		ooms++;
	else
		others++;
	frag_give(&kept, FRAG_RELIEF);
	*(unsigned long *)freed += FRAG_RELIEF;
	return NOTIFY_OK;
}

static struct notifier_block frag_oom = {
	.notifier_call = frag_relief,
};

static void frag_keep(struct page *page, unsigned int order, struct list_head *odd)
{
	unsigned int i;

	if (order)
		split_page(page, order);
	for (i = 0; i < 1U << order; i++)
		list_add(&page[i].lru, page_to_pfn(page + i) & 1 ? odd : &kept);
}

/* All of it, the largest pieces first, so that none is left on any list. */
static void frag_break(void)
{
	unsigned int order, reserves = memalloc_noreclaim_save();
	struct page *page;
	LIST_HEAD(odd);

	for (order = FRAG_ORDER + 1; order--;) {
		while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, order)))
			frag_keep(page, order, &odd);
	}
	memalloc_noreclaim_restore(reserves);
	list_for_each_entry(page, &odd, lru)
		single++;
	frag_give(&odd, UINT_MAX);
}

static void *frag_alloc(void)
{
	if (cache)
		return squirrel_cache_alloc(cache, flags);
	if (heap)
		return squirrel_heap_alloc(heap, size, flags);
	return kmem_cache_alloc(slub, flags);
}

static void frag_free(void *obj)
{
	if (cache)
		squirrel_cache_free(cache, obj);
	else if (heap)
		squirrel_heap_free(heap, obj);
	else
		kmem_cache_free(slub, obj);
}

static void frag_take(void)
{
	u64 start = ktime_get_ns();

	while (got < objects) {
		taken[got] = frag_alloc();
		if (!taken[got])
			break;
		got++;
	}
	us = (ktime_get_ns() - start) / NSEC_PER_USEC;
}

static int frag_gfp(void)
{
	static const char * const names[] = { "kernel", "nofs", "atomic", "nofail" };
	static const gfp_t values[] = {
		GFP_KERNEL, GFP_NOFS, GFP_ATOMIC, GFP_NOFS | __GFP_NOFAIL,
	};
	int i = match_string(names, ARRAY_SIZE(names), gfp);

	if (i < 0)
		return i;
	flags = values[i];
	/* A refusal is counted here. */
	if (!(flags & __GFP_NOFAIL))
		flags |= __GFP_NOWARN;
	return 0;
}

static int frag_open(void)
{
	if (!strcmp(where, "cache")) {
		cache = squirrel_cache_create("frag", size, NULL);
		return PTR_ERR_OR_ZERO(cache);
	}
	if (!strcmp(where, "heap")) {
		heap = squirrel_heap_create("frag", NULL);
		return PTR_ERR_OR_ZERO(heap);
	}
	if (strcmp(where, "slub"))
		return -EINVAL;
	slub = kmem_cache_create("frag", size, 0, 0, NULL);
	return slub ? 0 : -ENOMEM;
}

static int __init frag_init(void)
{
	int err = frag_gfp();

	if (err)
		return err;
	taken = vzalloc(array_size(objects, sizeof(*taken)));
	if (!taken)
		return -ENOMEM;
	err = frag_open();
	if (err) {
		vfree(taken);
		return err;
	}
	taker = current;
	register_oom_notifier(&frag_oom);
	frag_break();
	frag_take();
	unregister_oom_notifier(&frag_oom);
	frag_give(&kept, UINT_MAX);
	pr_info("%u of %u objects\n", got, objects);
	return 0;
}
module_init(frag_init);

static void __exit frag_exit(void)
{
	while (got)
		frag_free(taken[--got]);
	squirrel_heap_destroy(heap);
	squirrel_cache_destroy(cache);
	kmem_cache_destroy(slub);
	vfree(taken);
}
module_exit(frag_exit);

MODULE_DESCRIPTION("Takes memory where no two free pages are neighbours");
MODULE_LICENSE("GPL");
