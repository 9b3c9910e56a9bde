// SPDX-License-Identifier: GPL-2.0
/* squirrel map: the file map, read and shown in colour. */
#include <errno.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

static const struct look looks[] = {
	{ '#', "#b03a1a", 130, "live" },
	{ '9', "#c4552e", 166, "tenths live" },
	{ 'm', "#e0b020", 178, "free, in magazine or depot" },
	{ '-', "#8fc48a", 108, "free, in slab" },
	{ 'L', "#3b4ca0", 62, "large block begins" },
	{ 'l', "#6f80d0", 68, "large block goes on" },
	{ '.', "#d8dde0", 250, "free block" },
};

#define NR_LOOKS ((int)(sizeof(looks) / sizeof(looks[0])))

const struct look *look_nr(int nr)
{
	return nr < NR_LOOKS ? &looks[nr] : NULL;
}

const struct look *look_of(char ch)
{
	int i;

	if (isdigit((unsigned char)ch))
		ch = '9';
	for (i = 0; i < NR_LOOKS; i++)
		if (looks[i].ch == ch)
			return &looks[i];
	return NULL;
}

bool picture_has(const struct picture *p, const struct look *look)
{
	int i, k;

	for (i = 0; i < p->nr; i++)
		for (k = 0; k < p->rows[i].width; k++)
			if (look_of(p->rows[i].cells[k]) == look)
				return true;
	return false;
}

/* "ADDRESS CELLS", " +4M" or " x104" behind it: blanks in between are cells. */
static void read_row(struct picture *p, const char *line, size_t len)
{
	struct row *r = &p->rows[p->nr];
	size_t addr = strcspn(line, " "), gap;

	if (addr >= sizeof(r->addr) || addr + 1 >= len ||
	    p->nr == (int)(sizeof(p->rows) / sizeof(p->rows[0])))
		return;
	memcpy(r->addr, line, addr);
	r->cells = line + addr + 1;
	r->width = len - addr - 1;
	for (gap = 0; (int)gap < r->width; gap++)
		if (r->cells[gap] == '+' || r->cells[gap] == 'x')
			break;
	if ((int)gap < r->width) {
		snprintf(r->gap, sizeof(r->gap), "%.*s", (int)(r->width - gap),
			 r->cells + gap);
		r->width = gap ? gap - 1 : 0;
	}
	p->nr++;
}

struct picture *picture_read(const char *path)
{
	struct picture *p = calloc(1, sizeof(*p));
	const char *line, *end;

	if (!p)
		die("out of memory");
	p->text = tree_read("%s/map", path);
	if (!p->text)
		die("%s/map: %s", path, strerror(errno));
	for (line = p->text; *line; line = end + (*end == '\n')) {
		size_t len = strcspn(line, "\n");

		end = line + len;
		if (*line == '#') {
			if (!p->scale[0] && len > 2)
				snprintf(p->scale, sizeof(p->scale), "%.*s", (int)len - 2,
					 line + 2);
		} else if (len) {
			read_row(p, line, len);
		}
	}
	return p;
}

void picture_free(struct picture *p)
{
	free(p->text);
	free(p);
}

/* The characters stay: a colour alone is nothing for who cannot see it. */
static void paint_row(const struct row *r)
{
	const struct look *last = NULL, *look;
	int i;

	printf("\033[2m%s\033[0m ", r->addr);
	for (i = 0; i < r->width; i++) {
		look = look_of(r->cells[i]);
		if (look != last) {
			fputs("\033[0m", stdout);
			if (look)
				printf("\033[48;5;%dm\033[38;5;%dm", look->ansi,
				       look->ansi >= 100 ? 16 : 231);
		}
		last = look;
		putchar(r->cells[i]);
	}
	printf("\033[0m%s%s\n", r->gap[0] ? " " : "", r->gap);
}

static void paint(const struct picture *p)
{
	const struct look *look;
	int i;

	puts(p->scale);
	for (i = 0; i < p->nr; i++)
		paint_row(&p->rows[i]);
	for (i = 0; (look = look_nr(i)); i++)
		if (picture_has(p, look))
			printf("\033[48;5;%dm\033[38;5;%dm%s\033[0m %s   ", look->ansi,
			       look->ansi >= 100 ? 16 : 231,
			       look->ch == '9' ? "0-9" : (char[]) { look->ch, 0 },
			       look->means);
	putchar('\n');
}

static int write_svg(const struct picture *p, const char *name, const char *file)
{
	FILE *out = strcmp(file, "-") ? fopen(file, "w") : stdout;
	int bad;

	if (!out)
		die("%s: %s", file, strerror(errno));
	bad = svg_write(p, name, out);
	if (out != stdout)
		bad |= fclose(out);
	if (bad)
		die("%s: cannot be written", file);
	return EXIT_OK;
}

int cmd_map(int argc, char **argv)
{
	const char *name = NULL, *file = NULL;
	struct picture *p;
	char *path;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--svg")) {
			if (++i == argc)
				usage_error("--svg wants a file");
			file = argv[i];
		} else if (argv[i][0] == '-' || name) {
			usage_error("'%s' is not understood", argv[i]);
		} else {
			name = argv[i];
		}
	}
	if (!name)
		usage_error("a cache or heap is wanted");
	tree_there();
	path = tree_find(name);
	p = picture_read(path);
	if (file)
		write_svg(p, path, file);
	else if (colours())
		paint(p);
	else
		fputs(p->text, stdout);
	picture_free(p);
	free(path);
	return EXIT_OK;
}
