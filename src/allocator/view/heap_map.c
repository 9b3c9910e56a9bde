// SPDX-License-Identifier: GPL-2.0
/*
 * What a map shows: the blocks of a heap, or a cache's slabs among them, and
 * which of their objects wait in magazines and depots.
 *
 * A slab does not know where its objects are that are not in it. So those in
 * magazines are noted first: their addresses, sorted. Magazines are read while
 * their CPUs use them, hence an address may be listed twice or be out of date;
 * it is only ever compared with, never followed.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "allocator/cache/cache.h"

#include "render.h"

/**
 * struct sq_heap_map - a heap or a cache as a drawing
 * @drawing: the painter's part
 * @heap: the heap, or the cache's
 * @only: the cache, or NULL
 * @waiting: sorted addresses of the objects in magazines and depots
 * @nr: how many
 * @max: how many there is room for
 */
struct sq_heap_map {
	struct sq_drawing drawing;
	struct squirrel_heap *heap;
	const struct squirrel_cache *only;
	unsigned long *waiting;
	size_t nr;
	size_t max;
};

static struct sq_heap_map *heap_map_of(struct sq_drawing *drawing)
{
	return container_of(drawing, struct sq_heap_map, drawing);
}

/* ---- objects in magazines ------------------------------------------------- */

static bool map_has(const struct sq_heap_map *hs,
		    const struct squirrel_cache *c)
{
	return hs->only ? c == hs->only : c->heap == hs->heap;
}

static void count_waiting(struct squirrel_cache *c, void *ctx)
{
	struct sq_heap_map *hs = ctx;
	int nid;

	if (!map_has(hs, c))
		return;
	hs->max += sq_cache_in_magazines(c);
	for_each_node(nid)
		hs->max += sq_depots_objs(c->node[nid]);
}

static void note_object(struct sq_heap_map *hs, const void *obj)
{
	if (hs->nr < hs->max)
		hs->waiting[hs->nr++] = (unsigned long)obj;
}

/*
 * Another CPU may show a number before the pointer that makes it up: then an old
 * one is noted, which is all that a picture may be.
 */
static bool note_objects(void **objs, u32 nr, void *hs)
{
	u32 i;

	for (i = 0; i < nr; i++)
		note_object(hs, sq_read_racy(objs[i]));
	return false;
}

static void note_depot(struct sq_heap_map *hs, struct sq_depot *d)
{
	struct sq_mag *mag;
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&d->lock, flags);
	for (mag = d->full; mag; mag = mag->next)
		for (i = 0; i < mag->nr; i++)
			note_object(hs, mag->obj[i]);
	raw_spin_unlock_irqrestore(&d->lock, flags);
}

static void note_waiting(struct squirrel_cache *c, void *ctx)
{
	struct sq_heap_map *hs = ctx;
	unsigned int i;
	int nid;

	if (!map_has(hs, c))
		return;
	sq_look_in_hands(c, note_objects, hs);
	for_each_node(nid)
		for (i = 0; i < c->node[nid]->nr_depots; i++)
			note_depot(hs, &c->node[nid]->depot[i]);
}

static int address_order(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static void drop_twins(struct sq_heap_map *hs)
{
	size_t from, to = 0;

	for (from = 0; from < hs->nr; from++)
		if (!to || hs->waiting[from] != hs->waiting[to - 1])
			hs->waiting[to++] = hs->waiting[from];
	hs->nr = to;
}

/*
 * Without memory for the list, or for all of it (some room is left for what
 * comes in between), objects in magazines are drawn as live.
 */
static void list_waiting(struct sq_heap_map *hs)
{
	sq_walk_caches(count_waiting, hs);
	hs->max += hs->max / 4 + 2 * SQ_MAG_MAX;
	hs->waiting = kvmalloc_array(hs->max, sizeof(*hs->waiting), GFP_KERNEL);
	if (!hs->waiting)
		hs->max = 0;
	sq_walk_caches(note_waiting, hs);
	sort(hs->waiting, hs->nr, sizeof(*hs->waiting), address_order, NULL);
	drop_twins(hs);
}

/* How many on the list are below @addr. */
static size_t waiting_below(const struct sq_heap_map *hs,
			    unsigned long addr)
{
	size_t low = 0, high = hs->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (hs->waiting[mid] < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- the drawing ------------------------------------------------------------ */

static void slab_piece(struct sq_heap_map *hs, struct sq_piece *piece,
		       const struct sq_agent *agent,
		       const struct squirrel_cache *c)
{
	const struct sq_slab *slab = (const struct sq_slab *)agent->priv;
	unsigned int out, waiting;

	sq_slab_counts_racy(slab, &piece->objs, &out);
	waiting = waiting_below(hs, piece->addr + sq_agent_size(agent)) -
		  waiting_below(hs, piece->addr);
	piece->kind = SQ_PIECE_SLAB;
	piece->size = c->size;
	piece->first = sq_slab_base(agent) - piece->addr;
	piece->waiting = min(waiting, out);
	piece->live = out - piece->waiting;
	piece->data = slab;
}

struct sq_heap_map_walk {
	struct sq_heap_map *hs;
	sq_piece_fn fn;
	void *ctx;
};

/* The manager's lock is held: a used block's owner is there. */
static bool map_block(const struct sq_agent *agent, void *ctx)
{
	struct squirrel_cache *owner = sq_owner_acquire(agent);
	struct sq_heap_map_walk *w = ctx;
	struct sq_piece piece = {
		.addr = sq_agent_addr(agent),
		.pages = sq_agent_pages(agent),
	};

	if (w->hs->only && sq_client_of(owner) != w->hs->only)
		return true;
	/* One that is just being taken is not anybody's yet. */
	if (!sq_agent_used(agent) || !owner)
		piece.kind = SQ_PIECE_FREE;
	else if (agent->kind == SQ_KIND_SLAB)
		slab_piece(w->hs, &piece, agent, owner);
	else
		piece.kind = SQ_PIECE_LARGE;
	return w->fn(&piece, w->ctx);
}

static void map_walk(struct sq_drawing *drawing, sq_piece_fn fn, void *ctx)
{
	struct sq_heap_map *hs = heap_map_of(drawing);
	struct sq_heap_map_walk w = { .hs = hs, .fn = fn, .ctx = ctx };

	sq_viewer_walk(hs->heap->manager, map_block, &w);
}

static char map_object(struct sq_drawing *drawing,
		       const struct sq_piece *piece, unsigned int i)
{
	unsigned long addr = sq_piece_object(piece, i);
	struct sq_heap_map *hs = heap_map_of(drawing);
	const struct sq_slab *slab = piece->data;
	size_t at;

	if (sq_read_racy(slab->free[i >> 6]) & BIT_ULL(i & 63))
		return SQ_MAP_IN_SLAB;
	at = waiting_below(hs, addr);
	if (at < hs->nr && hs->waiting[at] == addr)
		return SQ_MAP_WAITING;
	return SQ_PIC_LIVE;
}

static void show_map(struct seq_file *s, struct squirrel_heap *heap,
		     const struct squirrel_cache *only)
{
	struct sq_heap_map hs = {
		.drawing = {
			.not_ours = only ? "not this cache's" :
					   "not this heap's",
			.walk = map_walk,
			.object = map_object,
		},
		.heap = heap,
		.only = only,
	};

	list_waiting(&hs);
	sq_render_draw(s, &hs.drawing);
	kvfree(hs.waiting);
}

/**
 * sq_heap_show_map() - a heap's blocks as a picture
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context. May sleep.
 */
void sq_heap_show_map(struct seq_file *s, struct squirrel_heap *heap)
{
	show_map(s, heap, NULL);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_map);

/**
 * sq_cache_show_map() - a cache's slabs as a picture
 * @s: where to
 * @c: the cache
 *
 * Context: Process context. May sleep.
 */
void sq_cache_show_map(struct seq_file *s, struct squirrel_cache *c)
{
	show_map(s, c->heap, c);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_map);
