// SPDX-License-Identifier: GPL-2.0
/*
 * squirrel map --by: the cells of a map are drawn anew by what the file blocks has of the
 * memory they show: how full it is, of which size, how old, or by which call site.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

#define NO_AGE (-1.0)
/* Call sites that have a look of their own, 'A' and on */
#define NR_SITES 8

struct span {
	unsigned long long addr, end;
	char kind;		/* 's'lab, 'l'arge, 'f'ree */
	double size, objs, live, age;
	const char *site;	/* "-": nobody knows */
	char look;
};

struct spans {
	struct span *all;
	size_t nr;
};

/* ---- looks -------------------------------------------------------------------- */

static const struct look fullness[] = {
	{ '4', "#7f2512", 88, "all live" },
	{ '3', "#c4552e", 166, "3/4 live, or more" },
	{ '2', "#e08a50", 173, "half live, or more" },
	{ '1', "#f0c090", 223, "less" },
	{ '0', "#8fc48a", 108, "nothing live" },
	{ '.', "#d8dde0", 250, "free block" },
	{ '?', "#ffffff", 231, "changed meanwhile" },
};

static const struct look classes[] = {
	{ 'a', "#440154", 53, "up to 16 bytes" },
	{ 'b', "#482878", 54, "32" },
	{ 'c', "#3e4a89", 60, "64" },
	{ 'd', "#31688e", 24, "128" },
	{ 'e', "#26828e", 30, "256" },
	{ 'f', "#1f9e89", 36, "512" },
	{ 'g', "#35b779", 35, "1024" },
	{ 'h', "#6dcd59", 77, "2048" },
	{ 'i', "#b4de2c", 148, "4096" },
	{ 'j', "#fde725", 220, "larger objects of slabs" },
	{ 'L', "#b03a1a", 130, "large blocks" },
	{ '.', "#d8dde0", 250, "free block" },
	{ '?', "#ffffff", 231, "changed meanwhile" },
};

static const struct look ages[] = {
	{ '0', "#fcae91", 216, "less than 1 s" },
	{ '1', "#fb6a4a", 203, "10 s" },
	{ '2', "#de2d26", 160, "1 min" },
	{ '3', "#a50f15", 124, "10 min" },
	{ '4', "#4a0608", 52, "older" },
	{ '*', "#9ab0c8", 110, "not known: not debugged" },
	{ '-', "#8fc48a", 108, "nothing live" },
	{ '.', "#d8dde0", 250, "free block" },
	{ '?', "#ffffff", 231, "changed meanwhile" },
};

/* Call sites get theirs when they are known. */
static struct look sites[] = {
	{ 'A', "#b03a1a", 130, "" },
	{ 'B', "#3b4ca0", 62, "" },
	{ 'C', "#e0b020", 178, "" },
	{ 'D', "#1f8a70", 29, "" },
	{ 'E', "#9a5fb0", 97, "" },
	{ 'F', "#d8708a", 168, "" },
	{ 'G', "#4aa3c8", 74, "" },
	{ 'H', "#7a5c3a", 95, "" },
	{ '%', "#707070", 242, "other places, or no place has half of it" },
	{ '*', "#9ab0c8", 110, "not known: not debugged" },
	{ '-', "#8fc48a", 108, "nothing live" },
	{ '.', "#d8dde0", 250, "free block" },
	{ '?', "#ffffff", 231, "changed meanwhile" },
};

/* ---- the file blocks ------------------------------------------------------------ */

/* next() - up to one of @ends, or the end, and ended by 0 then */
static char *next(char **at, const char *ends)
{
	char *begin = *at;

	*at += strcspn(*at, ends);
	if (**at)
		*(*at)++ = '\0';
	return begin;
}

static char *field(char **at)
{
	return next(at, "\t");
}

static bool read_span(struct span *s, char *line, double page)
{
	char **at = &line;
	const char *age;

	s->addr = strtoull(field(at), NULL, 16);
	/* As a number with a point an address is not exact. */
	s->end = s->addr + (unsigned long long)(strtod(field(at), NULL) * page);
	s->kind = *field(at);
	s->size = strtod(field(at), NULL);
	s->objs = strtod(field(at), NULL);
	s->live = strtod(field(at), NULL);
	age = field(at);
	s->age = *age == '-' || !*age ? NO_AGE : strtod(age, NULL) / 1000;
	field(at);
	s->site = field(at);
	return s->end > s->addr && strchr("slf", s->kind) && s->kind;
}

/* What is no line of blocks is left out: its cells will be '?'. */
static struct spans read_spans(char *text, double page)
{
	struct spans spans = { 0 };
	char *at = text + strcspn(text, "\n");
	size_t room = 0;

	at += *at == '\n';
	while (*at) {
		if (spans.nr == room) {
			room = room ? 2 * room : 256;
			spans.all = realloc(spans.all, room * sizeof(*spans.all));
			if (!spans.all)
				die("out of memory");
		}
		if (read_span(&spans.all[spans.nr], next(&at, "\n"), page))
			spans.nr++;
	}
	return spans;
}

/* ---- what a block looks like ------------------------------------------------------- */

static char look_fullness(const struct span *s)
{
	if (!s->live || !s->objs)
		return '0';
	if (s->live >= s->objs)
		return '4';
	return 4 * s->live >= 3 * s->objs ? '3' : 2 * s->live >= s->objs ? '2' : '1';
}

static char look_class(const struct span *s)
{
	double most = 16;
	char ch = 'a';

	if (s->kind == 'l')
		return 'L';
	while (ch < 'j' && s->size > most) {
		most *= 2;
		ch++;
	}
	return ch;
}

static char look_age(const struct span *s)
{
	static const double most[] = { 1, 10, 60, 600 };
	char ch = '0';

	if (!s->live)
		return '-';
	if (s->age == NO_AGE)
		return '*';
	while (ch < '4' && s->age >= most[ch - '0'])
		ch++;
	return ch;
}

static char look_site(const struct span *s)
{
	char ch;

	if (!s->live)
		return '-';
	if (!strcmp(s->site, "-") || !*s->site)
		return s->age == NO_AGE ? '*' : '%';
	for (ch = 'A'; ch < 'A' + NR_SITES; ch++)
		if (!strcmp(sites[ch - 'A'].means, s->site))
			return ch;
	return '%';
}

/* ---- call sites: those that have most ------------------------------------------------ */

static int by_site(const void *a, const void *b)
{
	const struct span *const *x = a, *const *y = b;

	return strcmp((*x)->site, (*y)->site);
}

/* @site has @bytes: it has a look if it is among those that have most. */
static void rank_site(double best[NR_SITES], const char *site, double bytes)
{
	int i, k;

	if (!*site || !strcmp(site, "-"))
		return;
	for (i = 0; i < NR_SITES && best[i] >= bytes; i++)
		;
	if (i == NR_SITES)
		return;
	for (k = NR_SITES - 1; k > i; k--) {
		best[k] = best[k - 1];
		sites[k].means = sites[k - 1].means;
	}
	best[i] = bytes;
	sites[i].means = site;
}

static void rank_sites(const struct spans *spans)
{
	const struct span **by = malloc((spans->nr + 1) * sizeof(*by));
	double best[NR_SITES] = { 0 }, bytes = 0;
	size_t i;

	if (!by)
		die("out of memory");
	for (i = 0; i < spans->nr; i++)
		by[i] = &spans->all[i];
	qsort(by, spans->nr, sizeof(*by), by_site);
	for (i = 0; i < spans->nr; i++) {
		bytes += by[i]->live * by[i]->size;
		if (i + 1 < spans->nr && !strcmp(by[i]->site, by[i + 1]->site))
			continue;
		rank_site(best, by[i]->site, bytes);
		bytes = 0;
	}
	free(by);
}

/* ---- cells ---------------------------------------------------------------------------- */

/* cell_bytes() - of "... 16 pages (64K); ..."; 0: characters are objects */
static double cell_bytes(const char *scale, double *page)
{
	const char *size = strchr(scale, '(');
	char unit = 'K';
	double n, pages;

	*page = 4096;
	if (!size || sscanf(size, "(%lf%c", &n, &unit) != 2 ||
	    sscanf(scale, "one character: %lf page", &pages) != 1 || !(pages > 0))
		return 0;
	n *= unit == 'G' ? 1 << 30 : unit == 'M' ? 1 << 20 : 1 << 10;
	*page = n / pages;
	return n;
}

/* first_span() - of those that end above @addr */
static size_t first_span(const struct spans *spans, unsigned long long addr)
{
	size_t low = 0, high = spans->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (spans->all[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The look that most of what is from @addr to @end has; of two that have as much, not free. */
static char cell_look(const struct spans *spans, unsigned long long addr,
		      unsigned long long end)
{
	unsigned long long bytes[128] = { 0 };
	size_t i = first_span(spans, addr);
	int ch, best = '?';

	for (; i < spans->nr && spans->all[i].addr < end; i++) {
		const struct span *s = &spans->all[i];

		bytes[s->look & 127] += (s->end < end ? s->end : end) -
					(s->addr > addr ? s->addr : addr);
	}
	for (ch = 0; ch < 128; ch++)
		if (bytes[ch] > bytes[best] ||
		    (bytes[ch] && bytes[ch] == bytes[best] && ch != '.'))
			best = ch;
	return best;
}

static void shade_row(const struct spans *spans, struct row *r, double cell, char *to)
{
	unsigned long long addr = strtoull(r->addr, NULL, 16), step = cell;
	int i;

	for (i = 0; i < r->width; i++) {
		unsigned long long at = addr + i * step;

		if (r->cells[i] == ' ')
			to[i] = ' ';
		else
			to[i] = cell_look(spans, at, at + (step ? step : 1));
	}
	r->cells = to;
}

/* ---- the whole ------------------------------------------------------------------------ */

static const struct kind {
	const char *by;
	const char *what;
	const struct look *looks;
	int nr;
	char (*look)(const struct span *s);
} kinds[] = {
#define KIND(by, what, looks, fn) { by, what, looks, sizeof(looks) / sizeof((looks)[0]), fn }
	KIND("fullness", "by how full", fullness, look_fullness),
	KIND("class", "by size of objects", classes, look_class),
	KIND("age", "by age of the oldest object", ages, look_age),
	KIND("site", "by where most was allocated", sites, look_site),
};

static const struct kind *kind_of(const char *by)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].by, by))
			return &kinds[i];
	return NULL;
}

bool shade_known(const char *by)
{
	return !strcmp(by, "state") || kind_of(by);
}

/* A picture of nothing but "not known" wants a word. */
static void warn_unknown(const struct picture *p, const char *path)
{
	const struct look *unknown = look_of(p, '*');
	int i;

	if (!unknown || !picture_has(p, unknown))
		return;
	for (i = 0; i < p->nr_looks; i++)
		if (&p->looks[i] != unknown && !strchr("-.?", p->looks[i].ch) &&
		    picture_has(p, &p->looks[i]))
			return;
	warn_line("nothing live of %s is debugged; to know: squirrel debug %s FZPU", path, path);
}

void shade(struct picture *p, const char *path, const char *by)
{
	const struct kind *kind = kind_of(by);
	char *text = tree_read("%s/blocks", path), *to;
	double page, cell = cell_bytes(p->scale, &page);
	struct spans spans;
	size_t i, len;
	int r, width = 0;

	if (!text)
		die("%s/blocks: %s", path, strerror(errno));
	spans = read_spans(text, page);
	rank_sites(&spans);
	for (i = 0; i < spans.nr; i++)
		spans.all[i].look = spans.all[i].kind == 'f' ? '.' :
				    kind->look(&spans.all[i]);
	for (r = 0; r < p->nr; r++)
		width += p->rows[r].width;
	p->cells = malloc(width + 1);
	if (!p->cells)
		die("out of memory");
	to = p->cells;
	for (r = 0; r < p->nr; to += p->rows[r++].width)
		shade_row(&spans, &p->rows[r], cell, to);
	p->looks = kind->looks;
	p->nr_looks = kind->nr;
	p->tenths = false;
	len = strlen(p->scale);
	snprintf(p->scale + len, sizeof(p->scale) - len, "; %s", kind->what);
	warn_unknown(p, path);
	free(spans.all);
	/* The text stays: call sites are in the legend. */
	p->blocks = text;
}
