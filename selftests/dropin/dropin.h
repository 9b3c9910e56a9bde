/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The drop-in's own suite, as plain functions: dropin_main.c runs them where the kernel
 * has no KUnit, kunit/allocator_kunit_dropin.c where it has. The sources know
 * <linux/slab.h> only; two, dropin_look.c and dropin_kernel.c, are built without the
 * header. selftests/dropin_obj has them once more, with DROPIN_OBJECTS: none with the
 * header, and all but those two redirected.
 *
 * What there is, and the source whose tests call it:
 *
 *	kmem_cache_create, _create_usercopy		dropin_create.c
 *	KMEM_CACHE, KMEM_CACHE_USERCOPY			dropin_create.c
 *	kmem_cache_create with struct kmem_cache_args,
 *	__kmem_cache_create_args			dropin_args.c
 *	names of caches					dropin_names.c
 *	SLAB_* flags, one by one; a list_lru		dropin_flags.c
 *	alloc_inode_sb					dropin_lru.c
 *	kmem_cache_destroy, _shrink, _size		dropin_objects.c
 *	kmem_cache_alloc, _zalloc, _alloc_node,
 *	_alloc_lru, _free, _alloc_bulk, _free_bulk	dropin_objects.c
 *	kfree, kvfree, kfree_const, kfree_sensitive,
 *	kvfree_sensitive, kfree_bulk,
 *	kmem_cache_free_bulk(NULL), __free(kfree),
 *	__free(kvfree)					dropin_free.c
 *	ksize, krealloc, krealloc_array			dropin_size.c
 *	kfree_rcu, kvfree_rcu, both with and without a
 *	head, kfree_rcu_mightsleep, kvfree_rcu_mightsleep	dropin_rcu.c
 *	mempool_create_slab_pool, _init_slab_pool,
 *	mempool_alloc_slab, mempool_free_slab		dropin_pool.c
 *	all of them with caches that are the kernel's,
 *	their addresses					dropin_foreign.c
 *	the names after #undef				dropin_undef.c
 *	sheaves: names of nothing			dropin_foreign.c
 *	in objects: a call in another header's inline
 *	function, an object that is not compiled here	dropin_obj/dropin_inline.c
 */
#ifndef _DROPIN_H
#define _DROPIN_H

#include <linux/types.h>

struct kmem_cache;

/**
 * struct dropin_test - one test
 * @name: of its function, without what all begin with
 * @title: what holds
 * @run: calls dropin_expect() for what has to
 * @misuse: bad frees that it makes, each of which is reported
 */
struct dropin_test {
	const char *name;
	const char *title;
	void (*run)(void);
	unsigned int misuse;
};

/* All of them, up to one without a name. */
extern const struct dropin_test dropin_tests[];

/* void dropin_create_forms(void), dropin_create_sizes(void), and so on */
#define DROPIN_TEST(name, misuse, title)	dropin_##name(void),
void
#include "dropin_tests.h"
dropin_no_test(void);

/* Both are false, and an error line, if it does not hold; @of says for what. */
#define DROPIN_EXPECT(cond)	DROPIN_EXPECT_OF("it", cond)
#define DROPIN_EXPECT_OF(of, cond)					\
	dropin_expect(!!(cond), (of), #cond, __func__, __LINE__)

/* How many: the kernel's own call says that, or, in newer ones, only that all are there. */
#define DROPIN_BULK(s, gfp, n, objs)					\
({									\
	size_t __n = (n);						\
	typeof(kmem_cache_alloc_bulk((s), (gfp), __n, (objs))) __got =	\
		kmem_cache_alloc_bulk((s), (gfp), __n, (objs));		\
									\
	(int)(__same_type(__got, bool) ? __got * __n : __got);		\
})

bool dropin_expect(bool holds, const char *of, const char *what,
		   const char *func, int line);

/* ---- dropin_look.c: what a user sees --------------------------------------- */

bool dropin_run(const struct dropin_test *test);
bool dropin_there(const char *path);
bool dropin_named(const char *name);
bool dropin_copied(const void *obj, size_t size);
bool dropin_shows(const char *name, const char *line);
void dropin_mark(void);
unsigned int dropin_said(const char *text);
bool dropin_ours(const void *obj);
size_t dropin_usable(const void *obj);
void *dropin_squirrel_alloc(size_t size);
bool dropin_charged_is_safe(void);

/* ---- what sources need of others ------------------------------------------- */

void dropin_put_cache(struct kmem_cache *s, const char *name);
void dropin_lru_create(void);

/* ---- dropin_kernel.c: a client without the header -------------------------- */

/**
 * struct dropin_calls - addresses of the kernel's own functions
 * @destroy: kmem_cache_destroy()
 * @shrink: kmem_cache_shrink()
 * @size: kmem_cache_size()
 * @free: kmem_cache_free()
 * @free_bulk: kmem_cache_free_bulk()
 * @free_one: kfree()
 * @free_any: kvfree()
 * @free_const: kfree_const()
 * @wipe: kfree_sensitive()
 * @wipe_any: kvfree_sensitive()
 * @pool_alloc: mempool_alloc_slab()
 * @pool_free: mempool_free_slab()
 */
struct dropin_calls {
	void (*destroy)(struct kmem_cache *s);
	int (*shrink)(struct kmem_cache *s);
	unsigned int (*size)(struct kmem_cache *s);
	void (*free)(struct kmem_cache *s, void *obj);
	void (*free_bulk)(struct kmem_cache *s, size_t n, void **objs);
	void (*free_one)(const void *obj);
	void (*free_any)(const void *obj);
	void (*free_const)(const void *obj);
	void (*wipe)(const void *obj);
	void (*wipe_any)(const void *obj, size_t len);
	void *(*pool_alloc)(gfp_t gfp, void *s);
	void (*pool_free)(void *obj, void *s);
};

extern const struct dropin_calls dropin_kernels;

struct kmem_cache *dropin_kernel_create(const char *name, unsigned int size,
					bool typesafe);
void *dropin_kernel_alloc(struct kmem_cache *s);
void dropin_kernel_free(struct kmem_cache *s, void *obj);
void dropin_kernel_destroy(struct kmem_cache *s);
size_t dropin_kernel_ksize(const void *obj);
bool dropin_kernel_has(const char *name, bool otherwise);

#endif /* _DROPIN_H */
