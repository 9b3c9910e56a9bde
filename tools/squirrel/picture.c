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
	{ 'm', "#e0b020", 178, "free, in magazine" },
	{ 'd', "#f0dc82", 222, "free, in depot" },
	{ 'q', "#9a5fb0", 97, "free, in quarantine" },
	{ '-', "#8fc48a", 108, "free, in slab" },
	{ 'L', "#3b4ca0", 62, "large block begins" },
	{ 'l', "#6f80d0", 68, "large block goes on" },
	{ '.', "#d8dde0", 250, "free block" },
};

#define NR_LOOKS ((int)(sizeof(looks) / sizeof(looks[0])))

const struct look *look_of(const struct picture *p, char ch)
{
	int i;

	if (p->tenths && isdigit((unsigned char)ch))
		ch = '9';
	for (i = 0; i < p->nr_looks; i++)
		if (p->looks[i].ch == ch)
			return &p->looks[i];
	return NULL;
}

bool picture_has(const struct picture *p, const struct look *look)
{
	int i, k;

	for (i = 0; i < p->nr; i++)
		for (k = 0; k < p->rows[i].width; k++)
			if (look_of(p, p->rows[i].cells[k]) == look)
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
	p->looks = looks;
	p->nr_looks = NR_LOOKS;
	p->tenths = true;
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
	free(p->cells);
	free(p->blocks);
	free(p->text);
	free(p);
}

/* Its colour, and black or white on it. */
static void paint_as(const struct look *look)
{
	unsigned int r, g, b;

	if (sscanf(look->colour, "#%2x%2x%2x", &r, &g, &b) != 3)
		return;
	printf("\033[48;5;%dm\033[38;5;%dm", look->ansi,
	       3 * r + 6 * g + b > 1100 ? 16 : 231);
}

/* The characters stay: a colour alone is nothing for who cannot see it. */
static void paint_row(const struct picture *p, const struct row *r)
{
	const struct look *last = NULL, *look;
	int i;

	printf("\033[2m%s\033[0m ", r->addr);
	for (i = 0; i < r->width; i++) {
		look = look_of(p, r->cells[i]);
		if (look != last) {
			fputs("\033[0m", stdout);
			if (look)
				paint_as(look);
		}
		last = look;
		putchar(r->cells[i]);
	}
	printf("\033[0m%s%s\n", r->gap[0] ? " " : "", r->gap);
}

/* look_name() - what it is called in a legend */
static const char *look_name(const struct picture *p, const struct look *look, char buf[2])
{
	if (p->tenths && look->ch == '9')
		return "0-9";
	buf[0] = look->ch;
	buf[1] = '\0';
	return buf;
}

#define LEGEND_WIDTH 78

/* Three blanks between two, and lines that fit. */
static void legend(const struct picture *p, bool colour)
{
	int i, len, width = 0;
	char buf[2];

	for (i = 0; i < p->nr_looks; i++) {
		const struct look *look = &p->looks[i];
		const char *name = look_name(p, look, buf);

		if (!picture_has(p, look))
			continue;
		len = 4 + strlen(name) + strlen(look->means);
		if (!width || width + len > LEGEND_WIDTH) {
			printf("%s#", width ? "\n" : "");
			width = 1;
		}
		width += len;
		fputs("   ", stdout);
		if (colour)
			paint_as(look);
		printf("%s%s %s", name, colour ? "\033[0m" : "", look->means);
	}
	putchar('\n');
}

static void show(const struct picture *p, bool colour)
{
	int i;

	printf("# %s\n", p->scale);
	for (i = 0; i < p->nr; i++) {
		const struct row *r = &p->rows[i];

		if (colour)
			paint_row(p, r);
		else
			printf("%s %.*s%s%s\n", r->addr, r->width, r->cells,
			       r->gap[0] ? " " : "", r->gap);
	}
	legend(p, colour);
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

/* Options stand before or behind the name. */
static const char *parse(int argc, char **argv, const char **by, const char **file)
{
	const char *name = NULL;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--svg")) {
			if (++i == argc)
				usage_error("--svg wants a file");
			*file = argv[i];
		} else if (!strcmp(argv[i], "--by")) {
			if (++i == argc || !shade_known(argv[i]))
				usage_error("--by wants one of state %s", SHADES);
			*by = argv[i];
		} else if (argv[i][0] == '-' || name) {
			usage_error("'%s' is not understood", argv[i]);
		} else {
			name = argv[i];
		}
	}
	if (!name)
		usage_error("a cache or heap is wanted");
	return name;
}

int cmd_map(int argc, char **argv)
{
	const char *file = NULL, *by = "state";
	const char *name = parse(argc, argv, &by, &file);
	bool state = !strcmp(by, "state");
	struct picture *p;
	char *path;

	tree_there();
	path = tree_find(name);
	p = picture_read(path);
	if (!state)
		shade(p, path, by);
	if (file)
		write_svg(p, path, file);
	else if (colours() || !state)
		show(p, colours());
	else
		fputs(p->text, stdout);
	picture_free(p);
	free(path);
	return EXIT_OK;
}
