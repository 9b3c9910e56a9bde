// SPDX-License-Identifier: GPL-2.0
/* A map as a picture for a browser: cell by cell what the text shows. */
#include <string.h>

#include "squirrel.h"

#define CELL_W	10
#define CELL_H	14
#define LEFT	140
#define TOP	50
#define WIDTH	(LEFT + 64 * CELL_W + 90)

static void escaped(const char *text, FILE *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		default: fputc(*text, out);
		}
	}
}

static void text_at(int x, int y, const char *style, const char *text, FILE *out)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\"%s>", x, y, style);
	escaped(text, out);
	fputs("</text>\n", out);
}

/* @ch: of tenths, which: as strong as they are many */
static void rect(int x, int y, int w, const struct look *look, char ch, FILE *out)
{
	double strong = ch >= '0' && ch <= '9' ? 0.25 + (ch - '0') * 0.075 : 1;

	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"", x, y,
		w, CELL_H - 2, look->colour);
	if (strong < 1)
		fprintf(out, " fill-opacity=\"%.2f\"", strong);
	fputs("/>\n", out);
}

static void row(const struct picture *p, const struct row *r, int y, FILE *out)
{
	int i, first;

	text_at(8, y + CELL_H - 4, " class=\"a\"", r->addr, out);
	/* Equal cells are one rectangle, or the file is as large as the heap. */
	for (i = 0; i < r->width; i++) {
		const struct look *look = look_of(p, r->cells[i]);

		first = i;
		while (i + 1 < r->width && r->cells[i + 1] == r->cells[first])
			i++;
		if (look)
			rect(LEFT + first * CELL_W, y, (i - first + 1) * CELL_W - 1, look,
			     p->tenths ? r->cells[first] : 0, out);
	}
	if (r->gap[0])
		text_at(LEFT + r->width * CELL_W + 6, y + CELL_H - 4, " class=\"a\"",
			r->gap, out);
}

/* One entry; returns how wide it is. Tenths are three: some, half, most. Without @out it is
 * only measured.
 */
static int entry(const struct picture *p, const struct look *look, int x, int y, FILE *out)
{
	bool tenths = p->tenths && look->ch == '9';
	const char *more = tenths ? ": few, half, most" : "";
	int boxes = tenths ? 3 : 1, i;
	char means[120];

	snprintf(means, sizeof(means), "%s%s", look->means, more);
	for (i = 0; out && i < boxes; i++)
		rect(x + i * CELL_H, y, CELL_H - 2, look, tenths ? "159"[i] : 0, out);
	if (out)
		text_at(x + boxes * CELL_H + 4, y + CELL_H - 4, "", means, out);
	return boxes * CELL_H + 22 + 7 * strlen(means);
}

/* Returns how high it is; without @out it is only measured. */
static int legend(const struct picture *p, int y, FILE *out)
{
	int i, x = LEFT, top = y, width;

	for (i = 0; i < p->nr_looks; i++) {
		const struct look *look = &p->looks[i];

		if (!picture_has(p, look))
			continue;
		width = entry(p, look, x, y, NULL);
		if (x > LEFT && x + width - 18 > WIDTH) {
			x = LEFT;
			y += 20;
		}
		x += entry(p, look, x, y, out);
	}
	y += 20;
	if (out)
		text_at(LEFT, y + CELL_H - 4, " class=\"a\"",
			"blank, and +N behind a line: so much is others' memory", out);
	return y + 20 - top;
}

int svg_write(const struct picture *p, const char *title, FILE *out)
{
	int i, height = TOP + p->nr * CELL_H + 20 + legend(p, 0, NULL), width = WIDTH;

	for (i = 0; i < p->nr; i++)
		if (LEFT + p->rows[i].width * CELL_W + 90 > width)
			width = LEFT + p->rows[i].width * CELL_W + 90;
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\">\n<style>text { font: 12px sans-serif; fill: #333 } "
		".a { font: 11px monospace; fill: #777 } .t { font-size: 16px; "
		"font-weight: bold }</style>\n<rect width=\"%d\" height=\"%d\" "
		"fill=\"#fff\"/>\n", width, height, width, height, width, height);
	text_at(8, 20, " class=\"t\"", title, out);
	text_at(8, 38, "", p->scale, out);
	for (i = 0; i < p->nr; i++)
		row(p, &p->rows[i], TOP + i * CELL_H, out);
	legend(p, TOP + p->nr * CELL_H + 12, out);
	fputs("</svg>\n", out);
	return ferror(out);
}
