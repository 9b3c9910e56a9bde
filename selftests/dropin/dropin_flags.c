// SPDX-License-Identifier: GPL-2.0
/* Every SLAB_* flag: obeyed, accepted without effect, or refused. No pr_fmt here. */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#define DROPIN_OBJS	200

/* What is no flag of 6.1 or any later kernel of clients; and all that is obeyed */
#define DROPIN_NO_FLAG	0x80000000U
#define DROPIN_KEPT	(SLAB_HWCACHE_ALIGN | SLAB_TYPESAFE_BY_RCU | SLAB_PANIC | \
			 SLAB_NOLEAKTRACE | SLAB_DEBUG_OBJECTS |		\
			 SLAB_NO_USER_FLAGS | SLAB_SKIP_KFENCE)

/* The object form says each once as long as the module is there. */
static void dropin_forget(void)
{
#ifdef _SQUIRREL_KMEM_CACHE_H
	squirrel_kmem_said = 0;
#endif
}

static unsigned long *dropin_seen[DROPIN_OBJS];

struct dropin_flag {
	const char *name;
	slab_flags_t flag;
	bool refused;
};

#define DROPIN_FLAG(flag)	{ #flag, flag, false }

/* Those of 6.1, then those that came later; some are 0 where it is not configured. */
static const struct dropin_flag dropin_flags[] = {
	DROPIN_FLAG(SLAB_CONSISTENCY_CHECKS),
	DROPIN_FLAG(SLAB_RED_ZONE),
	DROPIN_FLAG(SLAB_POISON),
	DROPIN_FLAG(SLAB_STORE_USER),
	DROPIN_FLAG(SLAB_TRACE),
	DROPIN_FLAG(SLAB_DEBUG_OBJECTS),
	DROPIN_FLAG(SLAB_NOLEAKTRACE),
	DROPIN_FLAG(SLAB_FAILSLAB),
	DROPIN_FLAG(SLAB_KASAN),
	DROPIN_FLAG(SLAB_RECLAIM_ACCOUNT),
	DROPIN_FLAG(SLAB_TEMPORARY),
	DROPIN_FLAG(SLAB_PANIC),
	DROPIN_FLAG(SLAB_HWCACHE_ALIGN),
	DROPIN_FLAG(SLAB_TYPESAFE_BY_RCU),
	DROPIN_FLAG(SLAB_ACCOUNT),
	{ "SLAB_CACHE_DMA", SLAB_CACHE_DMA, true },
#ifdef SLAB_CACHE_DMA32
	{ "SLAB_CACHE_DMA32", SLAB_CACHE_DMA32, true },
#endif
#ifdef SLAB_KMALLOC
	DROPIN_FLAG(SLAB_KMALLOC),
#endif
#ifdef SLAB_MEM_SPREAD
	DROPIN_FLAG(SLAB_MEM_SPREAD),
#endif
#ifdef SLAB_NO_USER_FLAGS
	DROPIN_FLAG(SLAB_NO_USER_FLAGS),
#endif
#ifdef SLAB_SKIP_KFENCE
	DROPIN_FLAG(SLAB_SKIP_KFENCE),
#endif
#ifdef SLAB_NO_MERGE
	DROPIN_FLAG(SLAB_NO_MERGE),
#endif
};

static void dropin_granted(struct kmem_cache *s, const char *flag)
{
	void *obj;

	if (!DROPIN_EXPECT_OF(flag, s))
		return;
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	if (DROPIN_EXPECT_OF(flag, obj)) {
		DROPIN_EXPECT_OF(flag, dropin_ours(obj));
		kmem_cache_free(s, obj);
	}
	dropin_put_cache(s, "dropin_flag");
}

static void dropin_refused(slab_flags_t flags, const char *flag)
{
	static const char line[] =
		"squirrel: kmem_cache_create(d_dma) failed with error -22";

	dropin_mark();
	DROPIN_EXPECT_OF(flag, !kmem_cache_create("d_dma", 64, 0, flags, NULL));
	DROPIN_EXPECT_OF(flag, !kmem_cache_create_usercopy("d_dma", 64, 0, flags,
							   0, 8, NULL));
	DROPIN_EXPECT_OF(flag, dropin_said(line) == 2);
	DROPIN_EXPECT_OF(flag, dropin_said("squirrel:") == 2);
	DROPIN_EXPECT_OF(flag, !dropin_named("d_dma"));
}

void dropin_flags_each(void)
{
	const slab_flags_t beside = SLAB_HWCACHE_ALIGN | SLAB_PANIC;
	int i;

	for (i = 0; i < ARRAY_SIZE(dropin_flags); i++) {
		const struct dropin_flag *f = &dropin_flags[i];

		if (f->refused) {
			dropin_refused(f->flag, f->name);
			dropin_refused(f->flag | beside, f->name);
			continue;
		}
		dropin_granted(kmem_cache_create("dropin_flag", 100, 0, f->flag,
						 NULL), f->name);
		dropin_granted(kmem_cache_create("dropin_flag", 100, 0,
						 f->flag | beside, NULL),
			       f->name);
	}
}

/* How many of some objects begin a line of the CPU's cache. */
static unsigned int dropin_at_line(slab_flags_t flags)
{
	struct kmem_cache *s;
	void *objs[16];
	unsigned int nr = 0;
	int i;

	s = kmem_cache_create_usercopy("dropin_line", 104, 0, flags, 0, 8, NULL);
	if (!DROPIN_EXPECT(s))
		return 0;
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		nr += IS_ALIGNED((unsigned long)objs[i], cache_line_size());
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	dropin_put_cache(s, "dropin_line");
	return nr;
}

void dropin_flags_line(void)
{
	DROPIN_EXPECT(dropin_at_line(SLAB_HWCACHE_ALIGN) == 16);
	DROPIN_EXPECT(dropin_at_line(SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT |
				     SLAB_RECLAIM_ACCOUNT) == 16);
	DROPIN_EXPECT(dropin_at_line(0) < 16);
}

/* What a reader holds stays an object of the cache, though all were freed. */
void dropin_flags_typesafe(void)
{
	struct kmem_cache *s;
	int i, bad = 0;

	s = kmem_cache_create("dropin_safe", 1024, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	if (!DROPIN_EXPECT(s))
		return;
	for (i = 0; i < DROPIN_OBJS; i++) {
		dropin_seen[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (DROPIN_EXPECT(dropin_seen[i]))
			*dropin_seen[i] = i;
	}
	rcu_read_lock();
	for (i = 0; i < DROPIN_OBJS; i++)
		if (dropin_seen[i])
			kmem_cache_free(s, dropin_seen[i]);
	for (i = 0; i < DROPIN_OBJS; i++)
		bad += dropin_seen[i] && READ_ONCE(*dropin_seen[i]) != i;
	rcu_read_unlock();
	DROPIN_EXPECT(!bad);
	/* Before it is used again there is a grace period. */
	dropin_put_cache(s, "dropin_safe");
}

struct dropin_loss {
	const char *name;
	slab_flags_t flag;
};

#define DROPIN_LOSS(flag)	{ #flag " of cache 'd_first' has no effect", flag }

static const struct dropin_loss dropin_losses[] = {
	DROPIN_LOSS(SLAB_RECLAIM_ACCOUNT),
	DROPIN_LOSS(SLAB_CONSISTENCY_CHECKS),
	DROPIN_LOSS(SLAB_RED_ZONE),
	DROPIN_LOSS(SLAB_POISON),
	DROPIN_LOSS(SLAB_STORE_USER),
	DROPIN_LOSS(SLAB_TRACE),
	DROPIN_LOSS(SLAB_FAILSLAB),
#ifdef SLAB_MEM_SPREAD
	DROPIN_LOSS(SLAB_MEM_SPREAD),
#endif
	{ "flag 0x80000000 of cache 'd_first' has no effect",
	  (__force slab_flags_t)DROPIN_NO_FLAG },
};

/* Of each flag once, with its name and that of the first cache. */
void dropin_flags_lost(void)
{
	int i;

	dropin_forget();
	for (i = 0; i < ARRAY_SIZE(dropin_losses); i++) {
		const struct dropin_loss *l = &dropin_losses[i];

		dropin_mark();
		dropin_put_cache(kmem_cache_create("d_first", 64, 0, l->flag,
						   NULL), "d_first");
		DROPIN_EXPECT_OF(l->name, dropin_said(l->name) == !!l->flag);
		dropin_put_cache(kmem_cache_create("d_second", 64, 0, l->flag,
						   NULL), "d_second");
		DROPIN_EXPECT_OF(l->name, dropin_said("has no effect") ==
				 !!l->flag);
	}
	/* Nothing is lost of these. */
	dropin_mark();
	dropin_put_cache(kmem_cache_create("d_first", 64, 0, DROPIN_KEPT, NULL),
			 "d_first");
	DROPIN_EXPECT(!dropin_said("squirrel:"));
}

/* Once in a module, however many sources and caches: this is the first. */
void dropin_flags_uncharged(void)
{
	bool lost = IS_ENABLED(CONFIG_MEMCG) && !dropin_charged_is_safe();
	struct kmem_cache *s;
	int i;

	dropin_forget();
	dropin_mark();
	for (i = 0; i < 3; i++) {
		s = kmem_cache_create("dropin_charged", 64, 0, SLAB_ACCOUNT, NULL);
		DROPIN_EXPECT(s);
		dropin_put_cache(s, "dropin_charged");
	}
	dropin_lru_create();
	DROPIN_EXPECT(dropin_said("SLAB_ACCOUNT of cache 'dropin_charged' has no effect") ==
		      lost);
	DROPIN_EXPECT(dropin_said("has no effect") == lost);
}

/* The kernel checks it for its own slabs only. */
void dropin_flags_window(void)
{
	static const char line[] =
		"the usercopy window of cache 'd_seen' has no effect";
	const bool lost = IS_ENABLED(CONFIG_HARDENED_USERCOPY);
	struct kmem_cache *s;
	int i;

	dropin_forget();
	dropin_mark();
	for (i = 0; i < 2; i++) {
		s = kmem_cache_create_usercopy("d_whole", 64, 0, 0, 0, 64, NULL);
		dropin_put_cache(s, "d_whole");
		DROPIN_EXPECT(!i || dropin_said("d_whole") == 0);
	}
	for (i = 0; i < 2; i++) {
		s = kmem_cache_create_usercopy("d_seen", 64, 0, 0, 8, 8, NULL);
		dropin_put_cache(s, "d_seen");
	}
	DROPIN_EXPECT(dropin_said(line) == lost);
}

/* All of an object, small or across pages, whatever the window: no slab's page. */
void dropin_flags_copied(void)
{
	static const unsigned int sizes[] = { 64, 200, 6000, 40000 };
	struct kmem_cache *s;
	void *obj;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s = kmem_cache_create_usercopy("d_copied", sizes[i], 0, 0, 8, 8,
					       NULL);
		if (!DROPIN_EXPECT(s))
			return;
		obj = kmem_cache_zalloc(s, GFP_KERNEL);
		if (DROPIN_EXPECT(obj)) {
			DROPIN_EXPECT(dropin_copied(obj, sizes[i]));
			kmem_cache_free(s, obj);
		}
		dropin_put_cache(s, "d_copied");
	}
}

void dropin_flags_no_prefix(void)
{
	dropin_mark();
	pr_info("dropin has no prefix\n");
	DROPIN_EXPECT(dropin_said("dropin has no prefix") == 1);
	DROPIN_EXPECT(!dropin_said(": dropin has no prefix"));
}
