/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every room may use: events for the reclaimer, the modes, the registry,
 * reports, secrets.
 */
#ifndef _SQ_ALLOCATOR_COMMON_H
#define _SQ_ALLOCATOR_COMMON_H

#include <linux/gfp.h>
#include <linux/jump_label.h>
#include <linux/types.h>

#include "allocator/allocator.h"
#include "allocator/common/types.h"
#include "assert.h"
#include "compat.h"

#include "tunables.h"

/* Whose a cache's objects are to clients: a twin's are those of another cache. */
static inline struct squirrel_cache *sq_client_of(struct squirrel_cache *c)
{
	return c && c->client ? c->client : c;
}

/* The node that a client prefers by node + 1, or @otherwise if he does not. */
static inline int sq_pref_node(int pref_node, int otherwise)
{
	return pref_node ? pref_node - 1 : otherwise;
}

/* ---- mode.c: what is settled at load, and what a mode switches -------------- */

DECLARE_STATIC_KEY_TRUE(sq_hardened);
DECLARE_STATIC_KEY_TRUE(sq_default_free);
DECLARE_STATIC_KEY_FALSE(sq_unchecked_free);
DECLARE_STATIC_KEY_FALSE(sq_numa);

extern bool sq_slow_alloc_needed;
extern unsigned long sq_series_n;
extern struct squirrel_heap *sq_default_heap;

void sq_mode_update(void);
void sq_mode_init(void);
void sq_mode_exit(void);
void sq_source_init(const struct sq_block_ops *source);
const struct sq_block_ops *sq_source(void);

/* ---- event.c ----------------------------------------------------------------- */

void sq_event(enum sq_event event, gfp_t gfp);
void sq_series_tick(gfp_t gfp, unsigned long nr);
void sq_count_volume(unsigned long bytes);

/* ---- secret.c ---------------------------------------------------------------- */

void sq_secret_init(void);
u64 sq_secret(u64 what, u64 which);
u32 sq_next_order(void);
void sq_mark_init(struct squirrel_cache *c);

/* ---- report.c: the one place where misuse is told ---------------------------- */

void sq_report(struct squirrel_cache *c, const char *what, const void *obj,
	       unsigned long caller);
void sq_misuse_add(struct squirrel_cache *c);
unsigned long sq_misuse_count(void);
unsigned long sq_stolen_count(void);
void sq_report_lost(struct squirrel_cache *c, struct sq_lost lost);
struct squirrel_report;
void sq_report_tell(const struct squirrel_cache *c, struct squirrel_report *r);
bool sq_report_warns(void);
void sq_report_warn(const char *name, const char *what);
void sq_report_exit(void);

/* ---- registry.c: all caches and heaps ---------------------------------------- */

int sq_registry_add_cache(struct squirrel_cache *c, bool named);
void sq_registry_del_cache(struct squirrel_cache *c);
int sq_registry_add_heap(struct squirrel_heap *h);
void sq_registry_del_heap(struct squirrel_heap *h);
int sq_check_name(const char *kind, const char *name);
int sq_check_pref_node(const char *kind, const char *name, int home);
typedef void (*sq_cache_fn)(struct squirrel_cache *c, void *ctx);
typedef void (*sq_heap_fn)(struct squirrel_heap *h, void *ctx);
void sq_walk_caches(sq_cache_fn fn, void *ctx);
void sq_walk_heaps(sq_heap_fn fn, void *ctx);
void sq_walk_heaps_slowly(sq_heap_fn fn, void *ctx);

#endif /* _SQ_ALLOCATOR_COMMON_H */
