// SPDX-License-Identifier: GPL-2.0
/* Every SLAB_* flag: obeyed, accepted without effect, or refused. No pr_fmt here. */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#define DROPIN_OBJS	200

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

/* Once in a module, however many sources and caches: this is not the first. */
void dropin_flags_uncharged(void)
{
	const bool lost = IS_ENABLED(CONFIG_MEMCG) && !SQ_CHARGED_IS_SAFE;
	struct kmem_cache *s;
	int i;

	squirrel_kmem_said_uncharged = false;
	dropin_mark();
	for (i = 0; i < 3; i++) {
		s = kmem_cache_create("dropin_charged", 64, 0, SLAB_ACCOUNT, NULL);
		DROPIN_EXPECT(s);
		dropin_put_cache(s, "dropin_charged");
	}
	dropin_lru_create();
	DROPIN_EXPECT(dropin_said("SLAB_ACCOUNT is not obeyed on this kernel") ==
		      lost);
	dropin_mark();
	squirrel_kmem_said_uncharged = false;
	s = kmem_cache_create("dropin_free", 64, 0, SLAB_RECLAIM_ACCOUNT, NULL);
	dropin_put_cache(s, "dropin_free");
	DROPIN_EXPECT(!dropin_said("SLAB_ACCOUNT"));
	squirrel_kmem_said_uncharged = true;
}

void dropin_flags_no_prefix(void)
{
	dropin_mark();
	pr_info("dropin has no prefix\n");
	DROPIN_EXPECT(dropin_said("dropin has no prefix") == 1);
	DROPIN_EXPECT(!dropin_said(": dropin has no prefix"));
}
