// SPDX-License-Identifier: GPL-2.0
/*
 * cone: a module written against <linux/slab.h> and nothing else. It is built
 * twice from this one source: as cone.ko with <squirrel/kmem_cache.h> forced in
 * front, where its caches are squirrel's, and as cone_slab.ko without, where
 * they are the kernel's. Both must print "ok".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/mempool.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#define CONE_BATCH	40
#define CONE_BUILT	0x636f6e65U

struct cone {
	u64 seeds;
	u32 built;
	char label[20];
};

struct cone_box {
	char data[200];
};

/* The cache of these is another one. */
struct cone_safe {
	struct cone_box box;
};

#define CONE_BAD(cond)	cone_bad(!(cond), #cond, __LINE__)

static bool cone_bad(bool bad, const char *what, int line)
{
	if (bad)
		pr_err("line %d: %s does not hold\n", line, what);
	return bad;
}

/* Taken as pointers, as tables of operations do. */
#ifndef alloc_hooks
static void *(*const cone_zalloc)(struct kmem_cache *, gfp_t) =
	kmem_cache_zalloc;
#else
/* Since 6.10 the kernel's is a macro with arguments. */
static void *cone_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	return kmem_cache_zalloc(s, gfp);
}
#endif
static void (*const cone_destroy)(struct kmem_cache *) = kmem_cache_destroy;

static void cone_ctor(void *obj)
{
	struct cone *c = obj;

	memset(c, 0, sizeof(*c));
	c->built = CONE_BUILT;
}

static int cone_single(struct kmem_cache *s)
{
	struct cone *a = NULL, *b = NULL;
	int err = -EIO;

	a = kmem_cache_alloc(s, GFP_KERNEL);
	b = kmem_cache_alloc_node(s, GFP_ATOMIC, NUMA_NO_NODE);
	if (CONE_BAD(a && b && a != b))
		goto fail;
	if (CONE_BAD(a->built == CONE_BUILT && b->built == CONE_BUILT))
		goto fail;
	if (CONE_BAD(IS_ALIGNED((unsigned long)a, 64)))
		goto fail;
	if (CONE_BAD(kmem_cache_size(s) >= sizeof(*a)))
		goto fail;
	err = 0;
fail:
	if (a)
		kmem_cache_free(s, a);
	if (b)
		kmem_cache_free(s, b);
	return err;
}

static int cone_zeroed(struct kmem_cache *s)
{
	struct cone_box *a = NULL, *b = NULL;
	int err = -EIO;

	a = cone_zalloc(s, GFP_KERNEL);
	if (CONE_BAD(a && !memchr_inv(a, 0, sizeof(*a))))
		goto fail;
	memset(a, 0xff, sizeof(*a));
	kmem_cache_free(s, a);
	/* likely the same object again, and zero again */
	a = kmem_cache_zalloc(s, GFP_KERNEL);
	if (CONE_BAD(a && !memchr_inv(a, 0, sizeof(*a))))
		goto fail;
	b = kmem_cache_alloc_lru(s, NULL, GFP_KERNEL);
	if (CONE_BAD(b && a != b))
		goto fail;
	err = 0;
fail:
	if (a)
		kmem_cache_free(s, a);
	if (b)
		kmem_cache_free(s, b);
	return err;
}

static int cone_bulk(struct kmem_cache *s)
{
	void *objs[CONE_BATCH];
	int err = -EIO;
	int i, n;

	n = kmem_cache_alloc_bulk(s, GFP_KERNEL, CONE_BATCH, objs);
	if (CONE_BAD(n))
		goto fail;
	for (i = 0; i < CONE_BATCH; i++)
		memset(objs[i], i, sizeof(struct cone_box));
	for (i = 0; i < CONE_BATCH; i++)
		if (CONE_BAD(!memchr_inv(objs[i], i, sizeof(struct cone_box))))
			goto fail;
	err = 0;
fail:
	if (n)
		kmem_cache_free_bulk(s, CONE_BATCH, objs);
	return err;
}

/* Objects of the kernel's own caches pass through unharmed. */
static int cone_foreign(void)
{
	void *kernels = kmalloc(100, GFP_KERNEL);
	char *name = __getname();
	int err = -ENOMEM;

	if (!kernels || !name)
		goto fail;
	memset(name, 'x', PATH_MAX);
	err = 0;
fail:
	if (name)
		__putname(name);
	if (kernels)
		kmem_cache_free_bulk(NULL, 1, &kernels);
	return err;
}

static int cone_mempool(struct kmem_cache *s)
{
	mempool_t *pool = mempool_create_slab_pool(4, s);
	void *obj;
	int err = -EIO;

	if (CONE_BAD(pool))
		goto fail;
	obj = mempool_alloc(pool, GFP_NOIO);
	if (CONE_BAD(obj))
		goto fail;
	mempool_free(obj, pool);
	err = 0;
fail:
	mempool_destroy(pool);
	return err;
}

/* A newer kernel with DEBUG_VM warns of a name that its own caches have twice. */
#if defined(CONFIG_DEBUG_VM) && !defined(_SQUIRREL_KMEM_CACHE_H)
#define CONE_AGAIN	"cone_again"
#else
#define CONE_AGAIN	"cone"
#endif

/* Arguments in a struct, where the kernel has that form (Kbuild looks). */
static struct kmem_cache *cone_create_args(void)
{
#ifdef CONE_HAVE_ARGS
	struct kmem_cache_args args = {
		.align = 64,
		.ctor = cone_ctor,
	};

	return kmem_cache_create(CONE_AGAIN, sizeof(struct cone), &args, 0);
#else
	return kmem_cache_create(CONE_AGAIN, sizeof(struct cone), 64, 0,
				 cone_ctor);
#endif
}

static int __init cone_init(void)
{
	struct kmem_cache *cones, *again, *boxes, *safe, *copied;
	int err = -EIO;

	cones = kmem_cache_create("cone", sizeof(struct cone), 64,
				  SLAB_RECLAIM_ACCOUNT, cone_ctor);
	again = cone_create_args();
	boxes = KMEM_CACHE(cone_box, 0);
	safe = KMEM_CACHE(cone_safe, SLAB_TYPESAFE_BY_RCU | SLAB_HWCACHE_ALIGN);
	copied = kmem_cache_create_usercopy("cone_copied", 128, 0, SLAB_ACCOUNT,
					    16, 64, NULL);
	if (!cones || !again || !boxes || !safe || !copied) {
		err = -ENOMEM;
		goto fail;
	}

	/* the same name twice is two caches */
	if (CONE_BAD(cones != again))
		goto fail;
	if (CONE_BAD(!cone_single(cones)))
		goto fail;
	if (CONE_BAD(!cone_single(again)))
		goto fail;
	if (CONE_BAD(!cone_zeroed(boxes)))
		goto fail;
	if (CONE_BAD(!cone_zeroed(safe)))
		goto fail;
	if (CONE_BAD(!cone_bulk(boxes)))
		goto fail;
	if (CONE_BAD(!cone_foreign()))
		goto fail;
	if (CONE_BAD(!cone_mempool(copied)))
		goto fail;
	/* What it returns is a hint only: 0 if all memory went back */
	pr_debug("shrink: %d\n", kmem_cache_shrink(boxes));
	pr_info("ok, 5 caches\n");
	err = 0;
fail:
	cone_destroy(copied);
	cone_destroy(safe);
	kmem_cache_destroy(boxes);
	kmem_cache_destroy(again);
	kmem_cache_destroy(cones);
	return err;
}

static void __exit cone_exit(void)
{
}

module_init(cone_init);
module_exit(cone_exit);

MODULE_DESCRIPTION("kmem_cache_*() through squirrel, from unmodified source");
MODULE_LICENSE("GPL");
