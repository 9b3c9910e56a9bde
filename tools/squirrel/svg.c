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

static void rect(int x, int y, int w, const struct look *look, char ch, FILE *out)
{
	/* Tenths: as strong as they are many. */
	double strong = ch >= '0' && ch <= '9' ? 0.25 + (ch - '0') * 0.075 : 1;

	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"", x, y,
		w, CELL_H - 2, look->colour);
	if (strong < 1)
		fprintf(out, " fill-opacity=\"%.2f\"", strong);
	fputs("/>\n", out);
}

static void row(const struct row *r, int y, FILE *out)
{
	int i, first;

	text_at(8, y + CELL_H - 4, " class=\"a\"", r->addr, out);
	/* Equal cells are one rectangle, or the file is as large as the heap. */
	for (i = 0; i < r->width; i++) {
		const struct look *look = look_of(r->cells[i]);

		first = i;
		while (i + 1 < r->width && r->cells[i + 1] == r->cells[first])
			i++;
		if (look)
			rect(LEFT + first * CELL_W, y, (i - first + 1) * CELL_W - 1, look,
			     r->cells[first], out);
	}
	if (r->gap[0])
		text_at(LEFT + r->width * CELL_W + 6, y + CELL_H - 4, " class=\"a\"",
			r->gap, out);
}

static void legend(const struct picture *p, int y, FILE *out)
{
	const struct look *look;
	int i, x = LEFT;

	for (i = 0; (look = look_nr(i)); i++) {
		if (!picture_has(p, look))
			continue;
		if (x + 22 + 7 * (int)strlen(look->means) > WIDTH) {
			x = LEFT;
			y += 20;
		}
		rect(x, y, CELL_H - 2, look, look->ch, out);
		text_at(x + 18, y + CELL_H - 4, "", look->means, out);
		x += 36 + 7 * strlen(look->means);
	}
}

int svg_write(const struct picture *p, const char *title, FILE *out)
{
	int i, height = TOP + p->nr * CELL_H + 60, width = WIDTH;

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
		row(&p->rows[i], TOP + i * CELL_H, out);
	legend(p, TOP + p->nr * CELL_H + 12, out);
	fputs("</svg>\n", out);
	return ferror(out);
}
