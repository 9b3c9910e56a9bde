// SPDX-License-Identifier: GPL-2.0
/*
 * The painter of maps: memory as a picture in text, in address order, of at
 * most SQ_PIC_LINES lines whatever the size.
 *
 * The first walk measures how many lines each scale would take; the second
 * draws at the finest that fits:
 *
 *	objects		a character per object, a line or more per block
 *	2^k pages	a character per cell of that many pages, aligned to them
 *
 * Where nothing is ours there are blanks within a line; where that reaches
 * beyond its end, the line ends with how much it is.
 */
#include <linux/bitmap.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>

#include "allocator/cache/cache.h"

#include "render.h"

/* Up to 2 GiB a character: the lines hold any memory there is. */
#define SQ_PIC_SCALES	20U
#define SQ_MAP_WIDTH	78U
/* Live parts of a page, per page. */
#define SQ_MAP_PARTS	1024UL

/* What a character means. One that was not drawn is not explained. */
static const struct {
	char ch;
	const char *name;
	const char *means;
} sq_legend[] = {
	{ SQ_PIC_LIVE, "#", "live" },
	{ SQ_MAP_TENTHS, "0-9", "tenths live" },
	{ SQ_MAP_WAITING, "m", "free, in magazine" },
	{ SQ_MAP_DEPOT, "d", "free, in depot" },
	{ SQ_MAP_HELD, "q", "free, in quarantine" },
	{ SQ_MAP_IN_SLAB, "-", "free, in slab" },
	{ SQ_MAP_LARGE, "L", "large block" },
	{ SQ_MAP_FURTHER, "l", "its further pages" },
	{ SQ_MAP_FREE, ".", "free block" },
};

/* ---- measuring ------------------------------------------------------------ */

/* One scale: how many lines it takes, and where the last of them ends. */
struct sq_ruler {
	unsigned long row_end;
	unsigned int lines;
};

struct sq_survey {
	unsigned long pages;
	unsigned int object_lines;
	struct sq_ruler rulers[SQ_PIC_SCALES];
};

static unsigned long piece_end(const struct sq_piece *piece)
{
	return piece->addr + (piece->pages << PAGE_SHIFT);
}

static unsigned int object_chars(const struct sq_piece *piece)
{
	return piece->kind == SQ_PIECE_SLAB ? piece->objs :
	       min(piece->pages, 0UL + U16_MAX);
}

/* Cells @first to @last are drawn: how many lines more is that? */
static void ruler_add(struct sq_ruler *r, unsigned long first,
		      unsigned long last)
{
	if (r->lines > SQ_PIC_LINES)
		return;
	if (!r->lines || first >= r->row_end) {
		r->lines++;
		r->row_end = first + SQ_PIC_COLUMNS;
	}
	if (last >= r->row_end) {
		unsigned long rows = (last - r->row_end) / SQ_PIC_COLUMNS + 1;

		r->lines += min(rows, 2UL * SQ_PIC_LINES);
		r->row_end += rows * SQ_PIC_COLUMNS;
	}
}

static bool survey_piece(const struct sq_piece *piece, void *ctx)
{
	unsigned long end = piece_end(piece);
	struct sq_survey *v = ctx;
	unsigned int k;

	if (v->object_lines <= SQ_PIC_OBJECT_LINES)
		v->object_lines += DIV_ROUND_UP(object_chars(piece),
						SQ_PIC_COLUMNS);
	v->pages += piece->pages;
	for (k = 0; k < SQ_PIC_SCALES; k++)
		ruler_add(&v->rulers[k], piece->addr >> (PAGE_SHIFT + k),
			  (end - 1) >> (PAGE_SHIFT + k));
	return true;
}

/* ---- drawing -------------------------------------------------------------- */

/* What is in a cell, in pages; @live in parts of them. */
struct sq_cell {
	unsigned long at;
	unsigned long pages;
	unsigned long free;
	unsigned long large;
	unsigned long live;
	bool starts;		/* a large block does */
	bool waits;
	bool depot;
	bool held;
	bool holes;
};

/**
 * struct sq_render - while it is drawn
 * @s: where to
 * @drawing: what
 * @shift: a cell is 2^@shift bytes
 * @objects: each object is shown
 * @cell: is being filled
 * @next: number of the cell behind the last one drawn
 * @row_end: of the cell behind the line's last
 * @at: address behind the last piece drawn, with @objects
 * @lines: lines begun
 * @sizes: one ended with the bytes of its objects
 * @gaps: one ended with what is not ours
 * @drawn: characters that occurred
 */
struct sq_render {
	struct seq_file *s;
	struct sq_drawing *drawing;
	unsigned int shift;
	bool objects;
	struct sq_cell cell;
	unsigned long next;
	unsigned long row_end;
	unsigned long at;
	unsigned int lines;
	bool sizes;
	bool gaps;
	DECLARE_BITMAP(drawn, 128);
};

static void pic_putc(struct sq_render *p, char ch)
{
	seq_putc(p->s, ch);
	__set_bit(ch >= '0' && ch <= '9' ? '0' : ch, p->drawn);
}

static void pic_put_size(struct seq_file *s, unsigned long bytes)
{
	if (bytes < 10000UL * SZ_1K)
		seq_printf(s, "%luK", bytes / SZ_1K);
	else if (bytes < 10000UL * SZ_1M)
		seq_printf(s, "%luM", bytes / SZ_1M);
	else
		seq_printf(s, "%luG", bytes / SZ_1G);
}

/* Begin a line at @addr, @gap bytes behind where the last one ended. */
static void pic_begin_line(struct sq_render *p, unsigned long addr,
			   unsigned long gap)
{
	if (p->lines && gap) {
		seq_puts(p->s, " +");
		pic_put_size(p->s, gap);
		p->gaps = true;
	}
	if (p->lines++)
		seq_putc(p->s, '\n');
	seq_printf(p->s, "%016lx ", addr);
}

static char cell_char(const struct sq_cell *cell)
{
	if (cell->free == cell->pages)
		return SQ_MAP_FREE;
	if (cell->large == cell->pages)
		return cell->starts ? SQ_MAP_LARGE : SQ_MAP_FURTHER;
	if (!cell->live)
		return cell->waits ? SQ_MAP_WAITING :
		       cell->depot ? SQ_MAP_DEPOT :
		       cell->held ? SQ_MAP_HELD : SQ_MAP_IN_SLAB;
	if (!cell->holes)
		return SQ_PIC_LIVE;
	return SQ_MAP_TENTHS +
	       min(10 * cell->live / (cell->pages * SQ_MAP_PARTS), 9UL);
}

/* The cell is complete. */
static void draw_cell(struct sq_render *p)
{
	unsigned long at = p->cell.at;

	if (!p->cell.pages)
		return;
	if (!p->lines || at >= p->row_end) {
		pic_begin_line(p, at << p->shift, (at - p->next) << p->shift);
		p->row_end = at + SQ_PIC_COLUMNS;
	} else {
		for (; p->next < at; p->next++)
			pic_putc(p, SQ_MAP_FOREIGN);
	}
	pic_putc(p, cell_char(&p->cell));
	p->next = at + 1;
}

/* @pages of @piece, its first if @first, are in the cell. */
static void fill_cell(struct sq_cell *cell, const struct sq_piece *piece,
		      unsigned long pages, bool first)
{
	cell->pages += pages;
	switch (piece->kind) {
	case SQ_PIECE_FREE:
		cell->free += pages;
		cell->holes = true;
		break;
	case SQ_PIECE_LARGE:
		cell->large += pages;
		cell->live += pages * SQ_MAP_PARTS;
		cell->starts |= first;
		break;
	case SQ_PIECE_SLAB:
		/* A few in a large slab are not none. */
		cell->live += DIV_ROUND_UP(pages * SQ_MAP_PARTS * piece->live,
					   piece->objs);
		cell->waits |= piece->waiting;
		cell->depot |= piece->depot;
		cell->held |= piece->held;
		cell->holes |= piece->live != piece->objs;
		break;
	}
}

static void draw_cells(struct sq_render *p, const struct sq_piece *piece)
{
	unsigned long addr = piece->addr, end = piece_end(piece);
	unsigned long bytes = 1UL << p->shift, part;

	/* Lines bound the work too: memory may have grown since the survey. */
	for (; addr < end && p->lines <= 2 * SQ_PIC_LINES; addr += part) {
		if (addr >> p->shift != p->cell.at) {
			draw_cell(p);
			p->cell = (struct sq_cell){ .at = addr >> p->shift };
		}
		part = min(end - addr, bytes - (addr & (bytes - 1)));
		fill_cell(&p->cell, piece, part >> PAGE_SHIFT,
			  addr == piece->addr);
	}
}

static char object_char(struct sq_render *p, const struct sq_piece *piece,
			unsigned int i)
{
	switch (piece->kind) {
	case SQ_PIECE_FREE:
		return SQ_MAP_FREE;
	case SQ_PIECE_LARGE:
		return i ? SQ_MAP_FURTHER : SQ_MAP_LARGE;
	default:
		return p->drawing->object(p->drawing, piece, i);
	}
}

/* What is at the start of a line: an object's address, or a page's. */
static unsigned long object_addr(const struct sq_piece *piece, unsigned int i)
{
	return piece->kind == SQ_PIECE_SLAB ? sq_piece_object(piece, i) :
	       piece->addr + ((unsigned long)i << PAGE_SHIFT);
}

/* A slab's lines end with the bytes of its objects. */
static void draw_objects(struct sq_render *p, const struct sq_piece *piece)
{
	unsigned int i, n = object_chars(piece);

	for (i = 0; i < n && p->lines <= 2 * SQ_PIC_LINES; i++) {
		if (i % SQ_PIC_COLUMNS == 0)
			pic_begin_line(p, object_addr(piece, i),
				       i ? 0 : piece->addr - p->at);
		pic_putc(p, object_char(p, piece, i));
		if (piece->kind == SQ_PIECE_SLAB &&
		    (i + 1 == n || (i + 1) % SQ_PIC_COLUMNS == 0)) {
			seq_printf(p->s, " x%u", piece->size);
			p->sizes = true;
		}
	}
	p->at = piece_end(piece);
}

static bool draw_piece(const struct sq_piece *piece, void *ctx)
{
	struct sq_render *p = ctx;

	if (p->objects)
		draw_objects(p, piece);
	else
		draw_cells(p, piece);
	return p->lines <= 2 * SQ_PIC_LINES;
}

/* ---- the whole ------------------------------------------------------------ */

/* One more entry, three blanks behind the last. */
static void pic_put_entry(struct sq_render *p, unsigned int *width,
			  const char *name, const char *means)
{
	unsigned int len = 4 + strlen(name) + strlen(means);

	if (*width + len > SQ_MAP_WIDTH) {
		seq_puts(p->s, "\n#");
		*width = 1;
	}
	seq_printf(p->s, "   %s %s", name, means);
	*width += len;
}

static void draw_legend(struct sq_render *p)
{
	unsigned int i, width = SQ_MAP_WIDTH;

	for (i = 0; i < ARRAY_SIZE(sq_legend); i++)
		if (test_bit(sq_legend[i].ch, p->drawn))
			pic_put_entry(p, &width, sq_legend[i].name,
				      sq_legend[i].means);
	if (p->sizes)
		pic_put_entry(p, &width, "x", "bytes of each object");
	if (test_bit(SQ_MAP_FOREIGN, p->drawn))
		pic_put_entry(p, &width, "blank", p->drawing->not_ours);
	if (p->gaps)
		pic_put_entry(p, &width, "+", p->drawing->not_ours);
	seq_putc(p->s, '\n');
}

/* The finest scale that fits; its line comes first. */
static void choose_scale(struct sq_render *p, const struct sq_survey *v)
{
	unsigned int k = 0;

	p->objects = v->pages <= SQ_PIC_OBJECT_PAGES &&
		     v->object_lines <= SQ_PIC_OBJECT_LINES;
	while (k < SQ_PIC_SCALES - 1 && v->rulers[k].lines > SQ_PIC_LINES)
		k++;
	p->shift = PAGE_SHIFT + k;
	if (p->objects) {
		seq_puts(p->s, "# one character: 1 object, or 1 page");
	} else {
		seq_printf(p->s, "# one character: %lu page%s (", 1UL << k,
			   k ? "s" : "");
		pic_put_size(p->s, 1UL << p->shift);
		seq_putc(p->s, ')');
	}
	seq_printf(p->s, "; in all: %lu page%s\n", v->pages,
		   v->pages == 1 ? "" : "s");
}

/*
 * Draw @drawing. Its memory may change meanwhile: then the picture is of no one
 * moment, and cut off at twice the lines if it grew much. Two walks; what the
 * drawing's do, it may do.
 */
void sq_render_draw(struct seq_file *s, struct sq_drawing *drawing)
{
	struct sq_render p = { .s = s, .drawing = drawing };
	struct sq_survey survey = {};

	drawing->walk(drawing, survey_piece, &survey);
	choose_scale(&p, &survey);
	drawing->walk(drawing, draw_piece, &p);
	draw_cell(&p);
	if (p.lines > 2 * SQ_PIC_LINES)
		seq_puts(s, "\n# cut: it grew while it was drawn");
	if (p.lines)
		draw_legend(&p);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_render_draw);
