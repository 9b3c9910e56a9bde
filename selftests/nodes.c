// SPDX-License-Identifier: GPL-2.0
/*
 * nodes: a client that takes objects by NUMA node, says on which nodes they are
 * and holds them until it is unloaded.
 *
 *	insmod nodes.ko where=cache objects=1000 size=1000 node=2 thisnode=1
 *
 * It always loads if it can set up what it needs; how many objects it got, on
 * which nodes, and how many of them lie beyond a page frame, is to be read from
 * /sys/module/nodes/parameters. With full=<node> all free pages of that node are
 * taken first. where=slub takes them from the kernel's own allocator.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <squirrel/squirrel.h>

#define NODES_SHOWN	4

static char *where = "cache";
module_param(where, charp, 0444);
MODULE_PARM_DESC(where, "cache (default), heap, default or slub");

static unsigned int objects = 1000;
module_param(objects, uint, 0444);
MODULE_PARM_DESC(objects, "how many to take");

static unsigned int size = 1000;
module_param(size, uint, 0444);
MODULE_PARM_DESC(size, "bytes of each");

static int node = NUMA_NO_NODE;
module_param(node, int, 0444);
MODULE_PARM_DESC(node, "asked for in each call (default: none)");

static int home = NUMA_NO_NODE;
module_param(home, int, 0444);
MODULE_PARM_DESC(home, "of the cache or heap (default: none)");

static unsigned int reserve;
module_param(reserve, uint, 0444);
MODULE_PARM_DESC(reserve, "of the cache, in objects; of the heap, in bytes");

static bool thisnode;
module_param(thisnode, bool, 0444);
MODULE_PARM_DESC(thisnode, "no other node will do (default n)");

static int full = NUMA_NO_NODE;
module_param(full, int, 0444);
MODULE_PARM_DESC(full, "take all pages of this node first (default: none)");

static int cpu;
module_param(cpu, int, 0444);
MODULE_PARM_DESC(cpu, "on which CPU objects are taken (default 0)");

static int free_cpu = -1;
module_param(free_cpu, int, 0444);
MODULE_PARM_DESC(free_cpu, "free them there and take them again on cpu (default: no)");

static bool account;
module_param(account, bool, 0444);
MODULE_PARM_DESC(account, "charge whole pages to who loads this (default n)");

static bool quiet;
module_param(quiet, bool, 0444);
MODULE_PARM_DESC(quiet, "nobody is to reclaim for it (default n)");

static unsigned int first;
module_param(first, uint, 0444);
MODULE_PARM_DESC(first, "objects taken before all were freed; to be read");

static int again = INT_MIN;
module_param(again, int, 0444);
MODULE_PARM_DESC(again, "node asked for when they are taken again (default: node)");

static unsigned long beyond = ULONG_MAX;
module_param(beyond, ulong, 0444);
MODULE_PARM_DESC(beyond, "page frame from which on objects count as far");

static unsigned int got;
module_param(got, uint, 0444);
MODULE_PARM_DESC(got, "objects taken; to be read");

static unsigned int far;
module_param(far, uint, 0444);
MODULE_PARM_DESC(far, "those of them in page frames from beyond on; to be read");

static unsigned int on[NODES_SHOWN];
module_param_array(on, uint, NULL, 0444);
MODULE_PARM_DESC(on, "objects on each node; to be read");

static struct squirrel_cache *cache;
static struct squirrel_heap *heap;
static struct kmem_cache *slub;
static void **taken;
static LIST_HEAD(filling);

static void *nodes_alloc(void)
{
	gfp_t gfp = (quiet ? 0 : GFP_KERNEL) | __GFP_NOWARN;

	if (thisnode)
		gfp |= __GFP_THISNODE;
	if (account)
		gfp |= __GFP_ACCOUNT;
	if (cache)
		return squirrel_cache_alloc_node(cache, gfp, node);
	if (heap)
		return squirrel_heap_alloc_node(heap, size, gfp, node);
	if (slub)
		return kmem_cache_alloc_node(slub, gfp, node);
	return squirrel_alloc_node(size, gfp, node);
}

static void nodes_free(void *obj)
{
	if (cache)
		squirrel_cache_free(cache, obj);
	else if (heap)
		squirrel_heap_free(heap, obj);
	else if (slub)
		kmem_cache_free(slub, obj);
	else
		squirrel_free(obj);
}

/* Down to where nobody gets any more, however urgent. */
static void nodes_fill(void)
{
	const gfp_t gfp = (GFP_ATOMIC & ~__GFP_RECLAIM) | __GFP_THISNODE |
			  __GFP_NOWARN;
	unsigned long n = 0;
	struct page *page;

	while ((page = alloc_pages_node(full, gfp, 0))) {
		list_add(&page->lru, &filling);
		n++;
		cond_resched();
	}
	pr_info("%lu pages fill node %d\n", n, full);
}

static void nodes_unfill(void)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &filling, lru) {
		list_del(&page->lru);
		__free_page(page);
		cond_resched();
	}
}

static int nodes_take(void *unused)
{
	while (got < objects) {
		void *obj = nodes_alloc();

		if (!obj)
			break;
		memset(obj, 0x5a, size);
		taken[got++] = obj;
		cond_resched();
	}
	return 0;
}

static int nodes_drop(void *unused)
{
	while (got) {
		nodes_free(taken[--got]);
		cond_resched();
	}
	return 0;
}

static void nodes_count(void)
{
	struct page *page;
	unsigned int i;

	for (i = 0; i < got; i++) {
		page = virt_to_page(taken[i]);
		far += page_to_pfn(page) >= beyond;
		if (page_to_nid(page) < NODES_SHOWN)
			on[page_to_nid(page)]++;
	}
}

static int nodes_open_squirrel(void)
{
	const struct squirrel_cache_args ca = {
		.reserve = reserve, .node = home + 1,
	};
	const struct squirrel_heap_args ha = {
		.reserve = reserve, .node = home + 1,
	};

	if (!strcmp(where, "cache"))
		cache = squirrel_cache_create("nodes", size, &ca);
	else if (!strcmp(where, "heap"))
		heap = squirrel_heap_create("nodes", &ha);
	else if (strcmp(where, "default"))
		return -EINVAL;
	return PTR_ERR_OR_ZERO(cache) ?: PTR_ERR_OR_ZERO(heap);
}

static int nodes_open(void)
{
	if (strcmp(where, "slub"))
		return nodes_open_squirrel();
	slub = kmem_cache_create("nodes", size, 0, 0, NULL);
	return slub ? 0 : -ENOMEM;
}

static void nodes_close(void)
{
	squirrel_heap_destroy(heap);
	squirrel_cache_destroy(cache);
	kmem_cache_destroy(slub);
}

static int nodes_run(void)
{
	int err;

	if (full != NUMA_NO_NODE)
		nodes_fill();
	/* A worker's pages are charged to nobody. */
	err = account ? nodes_take(NULL) :
			smp_call_on_cpu(cpu, nodes_take, NULL, false);
	first = got;
	if (!err && free_cpu >= 0) {
		err = smp_call_on_cpu(free_cpu, nodes_drop, NULL, false);
		if (again != INT_MIN)
			node = again;
		if (!err)
			err = smp_call_on_cpu(cpu, nodes_take, NULL, false);
	}
	return err;
}

static int __init nodes_init(void)
{
	int err;

	if (full != NUMA_NO_NODE && (full < 0 || full >= nr_node_ids ||
				     !node_state(full, N_MEMORY)))
		return -EINVAL;
	taken = vzalloc(array_size(objects, sizeof(*taken)));
	if (!taken)
		return -ENOMEM;
	err = nodes_open();
	if (err) {
		vfree(taken);
		return err;
	}
	err = nodes_run();
	nodes_unfill();
	if (err) {
		nodes_drop(NULL);
		nodes_close();
		vfree(taken);
		return err;
	}
	nodes_count();
	pr_info("%u of %u objects\n", got, objects);
	return 0;
}
module_init(nodes_init);

static void __exit nodes_exit(void)
{
	nodes_drop(NULL);
	nodes_close();
	vfree(taken);
}
module_exit(nodes_exit);

MODULE_DESCRIPTION("Takes memory from squirrel by NUMA node and says where it is");
MODULE_LICENSE("GPL");
