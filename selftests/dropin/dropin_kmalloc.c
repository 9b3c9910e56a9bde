// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc() and its relatives, where they are squirrel's as well. The source knows the
 * kernel's calls only; dropin_kmalloc has it with the header, dropin_all as an object.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "dropin.h"

#define DROPIN_HUGE	SZ_1G
#define DROPIN_ERROR	(GFP_KERNEL | __GFP_NOWARN)
#define DROPIN_FILL	0x37

/* Squirrel's, at least of that size, and zeroed if so: then it is filled. */
static void dropin_good(const char *of, char *obj, size_t size, bool zeroed)
{
	if (!DROPIN_EXPECT_OF(of, !ZERO_OR_NULL_PTR(obj)))
		return;
	DROPIN_EXPECT_OF(of, dropin_ours(obj));
	DROPIN_EXPECT_OF(of, ksize(obj) >= size);
	DROPIN_EXPECT_OF(of, !zeroed || !memchr_inv(obj, 0, size));
	memset(obj, DROPIN_FILL, size);
}

/* Memory of the kernel's kmalloc(): of a constant string only the address is given. */
static char *dropin_theirs(void)
{
	char text[] = "not squirrel's, and of some length";
	const char *obj = kstrdup_const(text, GFP_KERNEL);

	DROPIN_EXPECT(obj && !dropin_ours(obj));
	return (char *)obj;
}

/* What the compiler sees the size of goes another way in the kernel's headers. */
void dropin_kmalloc_constant(void)
{
	void *a = kmalloc(8, GFP_KERNEL), *b = kzalloc(96, GFP_KERNEL);
	void *c = kmalloc(8192, GFP_KERNEL), *d = kzalloc(8200, GFP_KERNEL);
	void *e = kmalloc(100000, GFP_KERNEL), *f = kmalloc(0, GFP_KERNEL);
	void *g = kmalloc_node(100, GFP_KERNEL, NUMA_NO_NODE);
	void *h = kzalloc_node(100000, GFP_KERNEL, 0);

	dropin_good("8", a, 8, false);
	dropin_good("96", b, 96, true);
	dropin_good("8192", c, 8192, false);
	dropin_good("8200", d, 8200, true);
	dropin_good("100000", e, 100000, false);
	DROPIN_EXPECT(f == ZERO_SIZE_PTR);
	dropin_good("node, 100", g, 100, false);
	dropin_good("node, 100000", h, 100000, true);
	kfree(a);
	kfree(b);
	kfree(c);
	kfree(d);
	kfree(e);
	kfree(f);
	kfree(g);
	kfree(h);
}

/* What the compiler does not see through. */
static noinline size_t dropin_some(size_t n)
{
	OPTIMIZER_HIDE_VAR(n);
	return n;
}

/* Sizes known at run time only, each aligned as kmalloc() promises. */
void dropin_kmalloc_sizes(void)
{
	size_t size;
	char *obj;

	for (size = 1; size <= SZ_256K; size += size / 3 + 1) {
		obj = kmalloc(size, GFP_KERNEL);
		dropin_good("kmalloc", obj, size, false);
		kfree(obj);
		obj = kzalloc_node(size, GFP_KERNEL, NUMA_NO_NODE);
		dropin_good("kzalloc_node", obj, size, true);
		kfree(obj);
	}
	for (size = 8; size <= SZ_256K; size *= 2) {
		obj = kmalloc(size, GFP_KERNEL);
		DROPIN_EXPECT(IS_ALIGNED((unsigned long)obj, size));
		kfree(obj);
	}
}

void dropin_kmalloc_arrays(void)
{
	size_t n = dropin_some(12);
	char *obj = kmalloc_array(n, 20, GFP_KERNEL);

	dropin_good("kmalloc_array", obj, 240, false);
	kfree(obj);
	obj = kcalloc(n, 20, GFP_KERNEL);
	dropin_good("kcalloc", obj, 240, true);
	kfree(obj);
	obj = kcalloc(12, 20, GFP_KERNEL);
	dropin_good("kcalloc", obj, 240, true);
	kfree(obj);
	obj = kmalloc_array_node(n, 20, GFP_KERNEL, NUMA_NO_NODE);
	dropin_good("kmalloc_array_node", obj, 240, false);
	kfree(obj);
	obj = kcalloc_node(n, 20, GFP_KERNEL, NUMA_NO_NODE);
	dropin_good("kcalloc_node", obj, 240, true);
	kfree(obj);
	/* The product would be 4. */
	n = dropin_some(SIZE_MAX / 4 + 2);
	DROPIN_EXPECT(!kmalloc_array(n, 4, DROPIN_ERROR));
	DROPIN_EXPECT(!kcalloc(n, 4, DROPIN_ERROR));
	DROPIN_EXPECT(!kvmalloc_array(n, 4, DROPIN_ERROR));
	DROPIN_EXPECT(!krealloc_array(NULL, n, 4, DROPIN_ERROR));
	n = dropin_some(DROPIN_HUGE);
	DROPIN_EXPECT(!kmalloc(n, DROPIN_ERROR));
	obj = kmalloc_track_caller(100, GFP_KERNEL);
	dropin_good("kmalloc_track_caller", obj, 100, false);
	kfree(obj);
}

/* Near as long as there is squirrel's, else the kernel's. */
void dropin_kmalloc_far(void)
{
	char *obj = kvmalloc(3000, GFP_KERNEL);

	dropin_good("kvmalloc", obj, 3000, false);
	kvfree(obj);
	obj = kvzalloc(70000, GFP_KERNEL);
	dropin_good("kvzalloc", obj, 70000, true);
	kvfree(obj);
	obj = kvcalloc(100, 50, GFP_KERNEL);
	dropin_good("kvcalloc", obj, 5000, true);
	kvfree(obj);
	obj = kvzalloc_node(5000, GFP_KERNEL, 0);
	dropin_good("kvzalloc_node", obj, 5000, true);
	kvfree(obj);
	obj = kvzalloc(SZ_4M + PAGE_SIZE, GFP_KERNEL);
	if (DROPIN_EXPECT(obj && !dropin_ours(obj))) {
		DROPIN_EXPECT(is_vmalloc_addr(obj) ||
			      SZ_4M + PAGE_SIZE <= KMALLOC_MAX_SIZE);
		DROPIN_EXPECT(!obj[0] && !obj[SZ_4M + PAGE_SIZE - 1]);
	}
	kvfree(obj);
}

/* From nothing to much and back; and the kernel's stays the kernel's. */
void dropin_kmalloc_resized(void)
{
	/* Who wants zeroes behind it later has to want them from the start. */
	char *obj = krealloc(NULL, 30, GFP_KERNEL | __GFP_ZERO), *more;

	dropin_good("krealloc", obj, 30, false);
	more = krealloc(obj, 3000, GFP_KERNEL | __GFP_ZERO);
	if (DROPIN_EXPECT(more && dropin_ours(more)))
		DROPIN_EXPECT(!memchr_inv(more, DROPIN_FILL, 30));
	DROPIN_EXPECT(more && !memchr_inv(more + 32, 0, 3000 - 32));
	obj = krealloc_array(more, 100, 200, GFP_KERNEL);
	DROPIN_EXPECT(obj && dropin_ours(obj));
	DROPIN_EXPECT(obj && !memchr_inv(obj, DROPIN_FILL, 30));
	DROPIN_EXPECT(krealloc(obj, 10, GFP_KERNEL) == obj);
	DROPIN_EXPECT(!krealloc(obj, DROPIN_HUGE, DROPIN_ERROR));
	DROPIN_EXPECT(krealloc(obj, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	obj = dropin_theirs();
	more = krealloc(obj, 5000, GFP_KERNEL);
	DROPIN_EXPECT(more && !dropin_ours(more));
	DROPIN_EXPECT(more && !strncmp(more, "not squirrel's", 14));
	kfree(more);
}

/* Each that copies. */
void dropin_kmalloc_copies(void)
{
	static const char text[] = "an acorn a day";
	char *obj = kstrdup(text, GFP_KERNEL);

	DROPIN_EXPECT(obj && dropin_ours(obj) && !strcmp(obj, text));
	kfree(obj);
	obj = kstrndup(text, 8, GFP_KERNEL);
	DROPIN_EXPECT(obj && dropin_ours(obj) && !strcmp(obj, "an acorn"));
	kfree(obj);
	obj = kstrndup(text, 80, GFP_KERNEL);
	DROPIN_EXPECT(obj && dropin_ours(obj) && !strcmp(obj, text));
	kfree(obj);
	obj = kmemdup(text, 5, GFP_KERNEL);
	DROPIN_EXPECT(obj && dropin_ours(obj) && !memcmp(obj, text, 5));
	kfree(obj);
	obj = kmemdup_nul(text, 5, GFP_KERNEL);
	DROPIN_EXPECT(obj && dropin_ours(obj) && !strcmp(obj, "an ac"));
	kfree(obj);
	obj = kasprintf(GFP_KERNEL, "%s and %d nuts", text, 12);
	DROPIN_EXPECT(obj && dropin_ours(obj) &&
		      !strcmp(obj, "an acorn a day and 12 nuts"));
	kfree(obj);
	/* With the nul it would be nothing. */
	DROPIN_EXPECT(!kmemdup_nul(text, dropin_some(SIZE_MAX), DROPIN_ERROR));
	DROPIN_EXPECT(!kstrdup(NULL, GFP_KERNEL));
	DROPIN_EXPECT(!kstrndup(NULL, 3, GFP_KERNEL));
}

struct dropin_late {
	char pad[100];
	struct rcu_head rcu;
};

/* The kernel's memory goes back to it, whatever frees it. */
void dropin_kmalloc_freed(void)
{
	struct dropin_late *late = kzalloc(sizeof(*late), GFP_KERNEL);
	void *objs[4];

	kfree(dropin_theirs());
	kvfree(dropin_theirs());
	kfree_sensitive(dropin_theirs());
	kfree_const(dropin_theirs());
	objs[0] = dropin_theirs();
	objs[1] = kmalloc(10, GFP_KERNEL);
	objs[2] = dropin_theirs();
	objs[3] = kmalloc(20000, GFP_KERNEL);
	kfree_bulk(4, objs);
	kvfree(vmalloc(PAGE_SIZE));
	if (DROPIN_EXPECT(late && dropin_ours(late)))
		kfree_rcu(late, rcu);
	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
	objs[0] = kmalloc(9000, GFP_KERNEL);
	kfree_sensitive(objs[0]);
}

/* Who is charged for a small object has it of the kernel. */
void dropin_kmalloc_charged(void)
{
	char *small = kmalloc(100, GFP_KERNEL_ACCOUNT);
	char *pages = kmalloc(max(SZ_64K, 2 * PAGE_SIZE), GFP_KERNEL_ACCOUNT);

	DROPIN_EXPECT(small && dropin_ours(small) == !IS_ENABLED(CONFIG_MEMCG));
	DROPIN_EXPECT(pages && dropin_ours(pages));
	kfree(small);
	kfree(pages);
}

void dropin_kmalloc_pools(void)
{
	mempool_t *pool = mempool_create_kmalloc_pool(3, 128);
	char *obj;

	if (!DROPIN_EXPECT(pool))
		return;
	obj = mempool_alloc(pool, GFP_KERNEL);
	if (DROPIN_EXPECT(obj)) {
		memset(obj, DROPIN_FILL, 128);
		mempool_free(obj, pool);
	}
	mempool_destroy(pool);
}
