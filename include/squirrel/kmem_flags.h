/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What becomes of each SLAB_* flag: part of <squirrel/kmem_cache.h>. What a client
 * asks for and does not get is said, once for each client and flag; the table in
 * Documentation/porting.rst has them all.
 */
#ifndef _SQUIRREL_KMEM_FLAGS_H
#define _SQUIRREL_KMEM_FLAGS_H

#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <squirrel/cache.h>
#include <squirrel/kernel.h>

/* What came later than 6.1, or went away since */
#ifdef SLAB_CACHE_DMA32
#define SQUIRREL_KMEM_DMA	(SLAB_CACHE_DMA | SLAB_CACHE_DMA32)
#else
#define SQUIRREL_KMEM_DMA	SLAB_CACHE_DMA
#endif
#ifdef SLAB_NO_MERGE
#define SQUIRREL_KMEM_NO_MERGE	SLAB_NO_MERGE
#else
#define SQUIRREL_KMEM_NO_MERGE	0
#endif
#ifdef SLAB_MEM_SPREAD
#define SQUIRREL_KMEM_SPREAD	SLAB_MEM_SPREAD
#else
#define SQUIRREL_KMEM_SPREAD	0
#endif

/* Obeyed, refused, or as if always set: nothing to say. */
#define SQUIRREL_KMEM_KEPT						\
	(SQUIRREL_KMEM_DMA | SQUIRREL_KMEM_NO_MERGE | SLAB_HWCACHE_ALIGN | \
	 SLAB_TYPESAFE_BY_RCU | SLAB_ACCOUNT | SLAB_PANIC |		\
	 SLAB_NOLEAKTRACE | SLAB_DEBUG_OBJECTS | SLAB_NO_USER_FLAGS |	\
	 SLAB_SKIP_KFENCE)

struct squirrel_kmem_lost {
	slab_flags_t flag;
	const char *name;
	const char *why;
};

#define SQUIRREL_KMEM_LOST(flag, why)	{ flag, #flag, why }

/*
 * Bits of what was said: the index in squirrel_kmem_say_flags(), and these. One for
 * all sources of a module, as the linker has it.
 */
enum squirrel_kmem_said {
	SQUIRREL_KMEM_SAID_UNKNOWN = 16,
	SQUIRREL_KMEM_SAID_ACCOUNT,
	SQUIRREL_KMEM_SAID_WINDOW,
	SQUIRREL_KMEM_SAID_SHEAVES,
	SQUIRREL_KMEM_SAID_CHARGE,
};

extern unsigned long squirrel_kmem_said;
unsigned long __weak squirrel_kmem_said;

static inline void squirrel_kmem_say(unsigned int bit, const char *client,
				     const char *what, const char *name,
				     const char *why)
{
	if (!test_and_set_bit(bit, &squirrel_kmem_said))
		pr_info("squirrel: %s: %s of cache '%s' has no effect: %s\n",
			client, what, name, why);
}

static inline void squirrel_kmem_say_flags(slab_flags_t flags,
					   const char *client, const char *name)
{
	static const struct squirrel_kmem_lost lost[] = {
		SQUIRREL_KMEM_LOST(SLAB_RECLAIM_ACCOUNT,
				   "its pages are not counted as reclaimable"),
		SQUIRREL_KMEM_LOST(SLAB_CONSISTENCY_CHECKS,
				   "squirrel's own checks are on or off for all (hardened=)"),
		SQUIRREL_KMEM_LOST(SLAB_RED_ZONE, "there are no red zones"),
		SQUIRREL_KMEM_LOST(SLAB_POISON, "free objects are not poisoned"),
		SQUIRREL_KMEM_LOST(SLAB_STORE_USER,
				   "no object knows who allocated it"),
		SQUIRREL_KMEM_LOST(SLAB_TRACE, "nothing is traced"),
		SQUIRREL_KMEM_LOST(SLAB_FAILSLAB,
				   "no allocation is made to fail"),
		{ SQUIRREL_KMEM_SPREAD, "SLAB_MEM_SPREAD",
		  "its pages come from the node of who needs them" },
	};
	char unknown[16];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lost); i++) {
		if (flags & lost[i].flag)
			squirrel_kmem_say(i, client, lost[i].name, name,
					  lost[i].why);
		flags &= ~lost[i].flag;
	}
	flags &= ~SQUIRREL_KMEM_KEPT;
	if (!flags)
		return;
	snprintf(unknown, sizeof(unknown), "flag 0x%x",
		 (__force unsigned int)flags);
	squirrel_kmem_say(SQUIRREL_KMEM_SAID_UNKNOWN, client, unknown, name,
			  "it is no flag of clients");
}

/* Charged objects on a list_lru would be the end of the kernel: see kernel.h. */
static inline unsigned int squirrel_kmem_account(const char *client,
						 const char *name)
{
	if (SQ_CHARGED_IS_SAFE)
		return SQUIRREL_ACCOUNT;
	if (IS_ENABLED(CONFIG_MEMCG))
		squirrel_kmem_say(SQUIRREL_KMEM_SAID_ACCOUNT, client,
				  "SLAB_ACCOUNT", name,
				  "objects are charged to no cgroup on this kernel");
	return 0;
}

/* Those of a cache. False: refused. */
static inline bool squirrel_kmem_flags(slab_flags_t flags, unsigned int *out)
{
	*out = SQUIRREL_NUMBERED;
	if (flags & SLAB_HWCACHE_ALIGN)
		*out |= SQUIRREL_HWCACHE_ALIGN;
	if (flags & SLAB_TYPESAFE_BY_RCU)
		*out |= SQUIRREL_TYPESAFE_BY_RCU;
	if (flags & SLAB_NOLEAKTRACE)
		*out |= SQUIRREL_NOLEAKTRACE;
	return !(flags & SQUIRREL_KMEM_DMA);
}

#endif /* _SQUIRREL_KMEM_FLAGS_H */
