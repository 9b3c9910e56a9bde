/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The heap map: what is drawn (heap_map.c) and how (render.c). The painter knows
 * pieces of memory and nothing else, so a test can show it any memory at all.
 */
#ifndef _SQ_ALLOCATOR_PICTURE_H
#define _SQ_ALLOCATOR_PICTURE_H

#include <linux/types.h>

struct seq_file;

/* Characters of a line; with what is before and behind, at most 80. */
#define SQ_PIC_COLUMNS	48U
/* Lines of a picture, which 1 GiB takes at 128 pages per character. */
#define SQ_PIC_LINES	44U
/* Pages up to which each object is shown, if that takes no more lines. */
#define SQ_PIC_OBJECT_PAGES	32U
#define SQ_PIC_OBJECT_LINES	32U

enum sq_piece_kind {
	SQ_PIECE_FREE,		/* the manager's */
	SQ_PIECE_LARGE,
	SQ_PIECE_SLAB,
};

/**
 * struct sq_piece - a block, as it is drawn
 * @addr: where it starts
 * @pages: its pages
 * @kind: what it is
 * @first: slab: bytes up to its first object
 * @size: slab: bytes from one object to the next
 * @objs: slab: how many objects it has
 * @live: slab: how many of them are live
 * @waiting: slab: how many are in magazines
 * @depot: slab: how many are in depots
 * @held: slab: how many are in quarantine
 * @data: the drawing's own
 */
struct sq_piece {
	unsigned long addr;
	unsigned long pages;
	enum sq_piece_kind kind;
	unsigned int first;
	unsigned int size;
	unsigned int objs;
	unsigned int live;
	unsigned int waiting;
	unsigned int depot;
	unsigned int held;
	const void *data;
};

static inline unsigned long sq_piece_object(const struct sq_piece *piece,
					    unsigned int index)
{
	return piece->addr + piece->first + (unsigned long)index * piece->size;
}

/* Return false to see no more of them. */
typedef bool (*sq_piece_fn)(const struct sq_piece *piece, void *ctx);

/**
 * struct sq_drawing - memory to be drawn
 * @not_ours: what is said of gaps
 * @walk: show each piece to @fn, by address. Is called twice; what it shows
 *	may have changed in between
 * @object: the character of a slab's object: SQ_PIC_LIVE, SQ_MAP_WAITING, _DEPOT, _HELD,
 *	_IN_SLAB. Is called from within @walk
 */
struct sq_drawing {
	const char *not_ours;
	void (*walk)(struct sq_drawing *drawing, sq_piece_fn fn, void *ctx);
	char (*object)(struct sq_drawing *drawing, const struct sq_piece *piece,
		       unsigned int index);
};

#define SQ_PIC_LIVE	'#'
#define SQ_MAP_TENTHS	'0'	/* to '9' */
#define SQ_MAP_WAITING	'm'
#define SQ_MAP_DEPOT	'd'
#define SQ_MAP_HELD	'q'
#define SQ_MAP_IN_SLAB	'-'
#define SQ_MAP_LARGE	'L'
#define SQ_MAP_FURTHER	'l'
#define SQ_MAP_FREE	'.'
#define SQ_MAP_FOREIGN	' '

void sq_render_draw(struct seq_file *s, struct sq_drawing *drawing);

#endif /* _SQ_ALLOCATOR_PICTURE_H */
