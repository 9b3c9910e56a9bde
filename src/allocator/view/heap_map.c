// SPDX-License-Identifier: GPL-2.0
/*
 * What a map shows: the blocks of a heap, or a cache's slabs among them, and
 * which of their objects wait in magazines, depots and quarantine.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "allocator/cache/cache.h"

#include "notes.h"
#include "render.h"

/**
 * struct sq_heap_map - a heap or a cache as a drawing
 * @drawing: the painter's part
 * @notes: the heap, or the cache, and its objects that are neither live nor in slabs
 */
struct sq_heap_map {
	struct sq_drawing drawing;
	struct sq_notes notes;
};

static struct sq_heap_map *heap_map_of(struct sq_drawing *drawing)
{
	return container_of(drawing, struct sq_heap_map, drawing);
}

/* ---- the drawing ------------------------------------------------------------ */

static void slab_piece(struct sq_heap_map *hs, struct sq_piece *piece,
		       const struct sq_agent *agent,
		       const struct squirrel_cache *c)
{
	const struct sq_slab *slab = (const struct sq_slab *)agent->priv;
	unsigned int out, nr[SQ_NR_PLACES];

	sq_slab_counts_racy(slab, &piece->objs, &out);
	sq_notes_count(&hs->notes, piece->addr, piece->addr + sq_agent_size(agent), nr);
	piece->kind = SQ_PIECE_SLAB;
	piece->size = c->size;
	piece->first = sq_slab_base(agent) - piece->addr;
	piece->waiting = min(nr[SQ_PLACE_MAGAZINE], out);
	out -= piece->waiting;
	piece->depot = min(nr[SQ_PLACE_DEPOT], out);
	out -= piece->depot;
	piece->held = min(nr[SQ_PLACE_QUARANTINE], out);
	piece->live = out - piece->held;
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

	if (w->hs->notes.only && sq_client_of(owner) != w->hs->notes.only)
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

	sq_viewer_walk(hs->notes.heap->manager, map_block, &w);
}

static char map_object(struct sq_drawing *drawing,
		       const struct sq_piece *piece, unsigned int i)
{
	static const char chars[] = { SQ_MAP_WAITING, SQ_MAP_DEPOT, SQ_MAP_HELD, SQ_PIC_LIVE };
	struct sq_heap_map *hs = heap_map_of(drawing);
	const struct sq_slab *slab = piece->data;

	static_assert(ARRAY_SIZE(chars) == SQ_NR_PLACES + 1);
	if (sq_read_racy(slab->free[i >> 6]) & BIT_ULL(i & 63))
		return SQ_MAP_IN_SLAB;
	return chars[sq_notes_place(&hs->notes, sq_piece_object(piece, i))];
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
		.notes = { .heap = heap, .only = only },
	};

	sq_notes_take(&hs.notes);
	sq_render_draw(s, &hs.drawing);
	sq_notes_drop(&hs.notes);
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
