/* SPDX-License-Identifier: GPL-2.0 */
/* Guarded objects: what the files about them share. */
#ifndef _SQ_ALLOCATOR_DEBUG_GUARD_H
#define _SQ_ALLOCATOR_DEBUG_GUARD_H

#include "allocator/slab/guard.h"

#include "debug.h"

/* guard_area.c */
size_t sq_guard_align(const struct squirrel_cache *c, size_t size);
unsigned int sq_guard_pages(const struct squirrel_cache *c, size_t size);
bool sq_guard_sound(const struct sq_guard *g, struct sq_damage *damage);

/* guard_map.c */
bool sq_guard_map(struct sq_guard *g);
void sq_guard_hide(struct llist_node *first);
void sq_guard_free_pages(struct sq_guard *g);
void sq_guard_unmap(struct sq_guard *g);
void sq_guard_unmap_end(void);
bool sq_guard_open(const struct sq_guard *g, unsigned long addr, bool guess);

/* guard_pool.c */
struct sq_guard *sq_guard_take(unsigned int pages);
void sq_guard_put(struct sq_guard *g);

#endif /* _SQ_ALLOCATOR_DEBUG_GUARD_H */
