// SPDX-License-Identifier: GPL-2.0
/*
 * Rows "irqs-off-*": the longest section with interrupts off while squirrel does
 * what takes long: give a million slabs back, destroy a heap of a million blocks,
 * merge and check them. The watch is in bench_watch.c; it begins with a row of
 * nothing at all and one of a section planted for it. Some 5 GiB of memory.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/umh.h>
#include <linux/vmalloc.h>
#include "bench.h"

/* The largest order there is; where the old name means one less, that will do. */
#ifdef MAX_PAGE_ORDER
#define OFF_ORDER_MAX	MAX_PAGE_ORDER
#else
#define OFF_ORDER_MAX	(MAX_ORDER - 1)
#endif

#define OFF_SIZE	4096UL
#define OFF_OBJS	1000000UL
#define OFF_LARGE	((unsigned long)SZ_4M)
#define OFF_LARGES	700UL
#define OFF_GATHER	SZ_1M
#define OFF_HELD_ORDER	8
#define OFF_SERIES	100UL
#define OFF_CHECK	"cat /sys/kernel/debug/squirrel/check"
#define OFF_LOOK	"cat /sys/kernel/debug/squirrel/summary; " \
			"cd /sys/kernel/debug/squirrel/heaps/bench_off; " \
			"cat stats histogram map"
#define OFF_SCAN	"echo 2 >/proc/sys/vm/drop_caches"

static void **off_objs;
static struct squirrel_heap *off_heap;

/* A shell of the guest: what a person does who looks at squirrel's files. */
static int off_shell(char *command)
{
	char *envp[2] = { "PATH=/bin", NULL };
	char *argv[4] = { "/bin/sh", "-c", command, NULL };

	return call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC) < 0 ?
	       -ENOENT : 0;
}

static int off_watch_shell(const char *name, char *command)
{
	int err;

	bench_watch_start();
	err = off_shell(command);
	bench_watch_stop(name, OFF_SIZE);
	return err;
}

/* Twice, since descriptors and leaves wait for a grace period. */
static void off_reclaim(void)
{
	squirrel_reclaim();
	synchronize_rcu();
	squirrel_reclaim();
}

static void off_watch_reclaim(const char *name, size_t size)
{
	bench_watch_start();
	off_reclaim();
	bench_watch_stop(name, size);
}

static void off_watch_destroy(const char *name, size_t size)
{
	bench_watch_start();
	squirrel_heap_destroy(off_heap);
	bench_watch_stop(name, size);
	off_heap = NULL;
}

/* ---- a cache of a million empty slabs ------------------------------------- */

/*
 * Slabs of a cache of that kind are not given back where interrupts are off. So
 * all of them are on hand, empty, when the cache is shrunk.
 */
static int off_shrink(void)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	/* A word of each is squirrel's. */
	struct squirrel_cache *c = squirrel_cache_create("bench_off", OFF_SIZE -
							 sizeof(long), &args);
	unsigned long i, n, flags;

	if (IS_ERR(c))
		return PTR_ERR(c);
	for (n = 0; n < OFF_OBJS; n++) {
		off_objs[n] = squirrel_cache_alloc(c, GFP_KERNEL);
		if (!off_objs[n])
			break;
	}
	for (i = 0; i < n; i++) {
		local_irq_save(flags);
		squirrel_cache_free(c, off_objs[i]);
		local_irq_restore(flags);
	}
	bench_watch_start();
	squirrel_cache_shrink(c);
	rcu_barrier();
	bench_watch_stop("irqs-off-shrink", OFF_SIZE);
	squirrel_cache_destroy(c);
	return n < OFF_OBJS ? -ENOMEM : 0;
}

/* A reserve is empty slabs, all of them. */
static int off_destroy_cache(void)
{
	const struct squirrel_cache_args args = { .reserve = OFF_OBJS };
	struct squirrel_cache *c = squirrel_cache_create("bench_off", OFF_SIZE,
							 &args);

	if (IS_ERR(c))
		return PTR_ERR(c);
	bench_watch_start();
	squirrel_cache_destroy(c);
	bench_watch_stop("irqs-off-cache", OFF_SIZE);
	return 0;
}

/* ---- a heap of a million blocks ------------------------------------------- */

static int off_open(void)
{
	off_heap = squirrel_heap_create("bench_off", NULL);
	return PTR_ERR_OR_ZERO(off_heap);
}

static int off_fill(size_t size, unsigned long n)
{
	unsigned long i;

	for (i = 0; i < n; i++) {
		off_objs[i] = squirrel_heap_alloc(off_heap, size, GFP_KERNEL);
		if (!off_objs[i])
			break;
		cond_resched();
	}
	if (i == n)
		return 0;
	while (i--)
		squirrel_heap_free(off_heap, off_objs[i]);
	return -ENOMEM;
}

/* A million blocks of one page, every other one free, then none at all */
static int off_sparse(void)
{
	unsigned long i;
	int err = off_open();

	if (err)
		return err;
	err = off_fill(OFF_SIZE, OFF_OBJS);
	if (!err) {
		for (i = 0; i < OFF_OBJS; i += 2)
			squirrel_heap_free(off_heap, off_objs[i]);
		err = off_watch_shell("irqs-off-check", OFF_CHECK);
	}
	if (!err)
		err = off_watch_shell("irqs-off-look", OFF_LOOK);
	if (!err) {
		off_watch_destroy("irqs-off-destroy", OFF_SIZE);
		off_watch_reclaim("irqs-off-idle", OFF_SIZE);
	}
	squirrel_heap_destroy(off_heap);
	return err;
}

/* ---- free blocks that lie side by side ------------------------------------ */

/* What the kernel has of several pages in a row, so that it has no more */
static void off_take_long(struct list_head *held)
{
	unsigned int order;
	struct page *page;

	for (order = OFF_ORDER_MAX + 1; order-- > OFF_HELD_ORDER - 1;) {
		while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, order))) {
			set_page_private(page, order);
			list_add(&page->lru, held);
		}
	}
}

static void off_give_long(struct list_head *held)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, held, lru) {
		list_del(&page->lru);
		__free_pages(page, page_private(page));
	}
}

/*
 * The kernel has no row of pages as long as is wanted: an allocation that cannot
 * wait goes as far as it ever does.
 */
static void off_take_atomic(void)
{
	LIST_HEAD(held);
	void *obj;

	off_take_long(&held);
	bench_watch_start();
	obj = squirrel_heap_alloc(off_heap, OFF_GATHER, GFP_ATOMIC | __GFP_NOWARN);
	bench_watch_stop("irqs-off-gather", OFF_GATHER);
	off_give_long(&held);
	squirrel_heap_free(off_heap, obj);
}

/* A run is due every few allocations, and each of those has interrupts off. */
static int off_series(void)
{
	unsigned long flags, i;
	int err = squirrel_reclaim_mode(SQUIRREL_RECLAIM_SERIES, OFF_SERIES);

	if (err)
		return err;
	bench_watch_start();
	for (i = 0; i < OFF_SERIES * OFF_SERIES; i++) {
		local_irq_save(flags);
		off_objs[i] = squirrel_alloc(OFF_SIZE / 32, GFP_ATOMIC);
		local_irq_restore(flags);
	}
	bench_watch_stop("irqs-off-series", OFF_SIZE / 32);
	while (i--)
		squirrel_free(off_objs[i]);
	return squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0);
}

/* All blocks of a heap are free, none merged. */
static int off_gather(void)
{
	unsigned long i;
	int err = off_open();

	if (err)
		return err;
	err = off_fill(OFF_SIZE, OFF_OBJS);
	if (!err) {
		for (i = 0; i < OFF_OBJS; i++)
			squirrel_heap_free(off_heap, off_objs[i]);
		off_take_atomic();
		err = off_series();
	}
	if (!err)
		err = off_watch_shell("irqs-off-scan", OFF_SCAN);
	squirrel_heap_destroy(off_heap);
	return err;
}

/* ---- the longest blocks there are ----------------------------------------- */

static int off_by_address(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* The middle of the longest row of blocks that lie side by side */
static unsigned long off_middle(unsigned long n)
{
	unsigned long i, start = 0, best = 0, most = 0;

	for (i = 1; i <= n; i++) {
		if (i < n && off_objs[i] == off_objs[i - 1] + OFF_LARGE)
			continue;
		if (i - start > most) {
			most = i - start;
			best = start;
		}
		start = i;
	}
	pr_info("%lu blocks of 4 MiB side by side\n", most);
	return best + most / 2;
}

/* The reserve keeps what is free where it is. */
static int off_open_reserve(void)
{
	const struct squirrel_heap_args args = {
		.reserve = OFF_LARGE * OFF_LARGES,
	};

	off_heap = squirrel_heap_create("bench_off", &args);
	return PTR_ERR_OR_ZERO(off_heap);
}

/* Two blocks of some 500 MiB, one of 4 MiB between them: all three become one. */
static int off_merge(void)
{
	unsigned long i, middle;
	int err = off_open_reserve();

	if (err)
		return err;
	err = off_fill(OFF_LARGE, OFF_LARGES);
	if (err)
		goto out;
	sort(off_objs, OFF_LARGES, sizeof(*off_objs), off_by_address, NULL);
	middle = off_middle(OFF_LARGES);
	for (i = 0; i < OFF_LARGES; i++)
		if (i != middle)
			squirrel_heap_free(off_heap, off_objs[i]);
	off_watch_reclaim("irqs-off-coalesce", OFF_LARGE);
	squirrel_heap_free(off_heap, off_objs[middle]);
	off_watch_reclaim("irqs-off-merge", OFF_LARGE);
	off_watch_destroy("irqs-off-raze", OFF_LARGE);
out:
	squirrel_heap_destroy(off_heap);
	return err;
}

/* Two blocks with nothing of squirrel's in between */
static int off_holes(void)
{
	unsigned long i;
	int err = off_open();

	if (err)
		return err;
	err = off_fill(OFF_LARGE, OFF_LARGES);
	if (err)
		goto out;
	sort(off_objs, OFF_LARGES, sizeof(*off_objs), off_by_address, NULL);
	for (i = 1; i < OFF_LARGES - 1; i++)
		squirrel_heap_free(off_heap, off_objs[i]);
	off_reclaim();
	err = off_watch_shell("irqs-off-check-holes", OFF_CHECK);
	squirrel_heap_free(off_heap, off_objs[0]);
	squirrel_heap_free(off_heap, off_objs[OFF_LARGES - 1]);
out:
	squirrel_heap_destroy(off_heap);
	return err;
}

int bench_irqs_off(void)
{
	static int (* const rows[])(void) = {
		bench_watch_init, off_merge, off_holes, off_shrink,
		off_destroy_cache, off_sparse, off_gather,
	};
	unsigned int i;
	int err;

	off_objs = vmalloc(array_size(OFF_OBJS, sizeof(*off_objs)));
	if (!off_objs)
		return -ENOMEM;
	err = squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0);
	for (i = 0; i < ARRAY_SIZE(rows) && !err; i++) {
		err = rows[i]();
		off_heap = NULL;
		off_reclaim();
	}
	vfree(off_objs);
	return err;
}
