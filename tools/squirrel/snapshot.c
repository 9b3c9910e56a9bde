// SPDX-License-Identifier: GPL-2.0
/*
 * squirrel snapshot and diff: what all caches and heaps have, by call site as far as that
 * is known, into a file; and what became more or less since.
 *
 * A line of such a file: kind, where (caches/NAME), live, bytes, pages, call site; between
 * tabs. The first says what it is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

#define MAGIC "squirrel-snapshot 1"

struct have {
	char *where, *site;	/* site: "" for the whole cache or heap */
	double live, bytes, pages;
};

struct shot {
	struct have *all;
	size_t nr;
};

static void add(struct shot *s, const struct have *h)
{
	s->all = realloc(s->all, (s->nr + 1) * sizeof(*s->all));
	if (!s->all)
		die("out of memory");
	s->all[s->nr] = *h;
	s->all[s->nr].where = strdup(h->where);
	s->all[s->nr].site = strdup(h->site);
	if (!s->all[s->nr].where || !s->all[s->nr].site)
		die("out of memory");
	s->nr++;
}

/* Lines of one file "live": figures, and the site behind them; stacks are passed over. */
static void add_sites(struct shot *s, char *where)
{
	char *text = tree_read("%s/live", where), *line, *next, *end;
	char site[160];

	for (line = text; line && *line; line = next) {
		struct have h = { .where = where, .site = site };

		next = strchr(line, '\n');
		next = next ? next + 1 : line + strlen(line);
		h.live = strtod(line, &end);
		if (end == line || !strncmp(line, "    ", 4) == !!strncmp(line, "        ", 8))
			continue;
		if (sscanf(end, "%lf %*s %*s %*s %*s %159[^\n]", &h.bytes, site) == 2)
			add(s, &h);
	}
	free(text);
}

static struct shot shot_now(void)
{
	struct items items = tree_items();
	struct shot s = { 0 };
	char where[160];
	size_t i;

	for (i = 0; i < items.nr; i++) {
		const struct item *item = &items.all[i];
		struct have h = {
			.where = where, .site = "",
			.live = key_of(item->stats, "live_objects"),
			.bytes = key_of(item->stats, "live_bytes"),
			.pages = item_pages(item),
		};

		snprintf(where, sizeof(where), "%s/%s", item->heap ? "heaps" : "caches",
			 item->name);
		add(&s, &h);
		add_sites(&s, where);
	}
	items_free(&items);
	return s;
}

static void shot_free(struct shot *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++) {
		free(s->all[i].where);
		free(s->all[i].site);
	}
	free(s->all);
}

static struct shot shot_read(const char *path)
{
	char line[512], where[161], site[161];
	FILE *in = fopen(path, "r");
	struct shot s = { 0 };
	int nr = 1;

	if (!in)
		die("%s: %s", path, strerror(errno));
	if (!fgets(line, sizeof(line), in) || strcmp(line, MAGIC "\n"))
		die("%s: is no snapshot", path);
	while (fgets(line, sizeof(line), in)) {
		struct have h = { .where = where, .site = site };

		nr++;
		*site = '\0';
		if (sscanf(line, "%160[^\t]\t%lf\t%lf\t%lf\t%160[^\n]", where, &h.live,
			   &h.bytes, &h.pages, site) < 4)
			die("%s: line %d is none of a snapshot", path, nr);
		add(&s, &h);
	}
	fclose(in);
	return s;
}

int cmd_snapshot(int argc, char **argv)
{
	struct shot s;
	FILE *out;
	size_t i;

	if (argc != 2)
		usage_error(argc < 2 ? "a file is wanted" : "'%s' is too much", argv[2]);
	tree_there();
	s = shot_now();
	out = strcmp(argv[1], "-") ? fopen(argv[1], "w") : stdout;
	if (!out)
		die("%s: %s", argv[1], strerror(errno));
	fputs(MAGIC "\n", out);
	for (i = 0; i < s.nr; i++)
		fprintf(out, "%s\t%.0f\t%.0f\t%.0f\t%s\n", s.all[i].where, s.all[i].live,
			s.all[i].bytes, s.all[i].pages, s.all[i].site);
	if (out != stdout && (ferror(out) | fclose(out)))
		die("%s: %s", argv[1], strerror(errno));
	shot_free(&s);
	return EXIT_OK;
}

/* ---- diff ------------------------------------------------------------------- */

static int by_more(const void *a, const void *b)
{
	const struct have *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return strcmp(x->where, y->where);
}

static struct have *find(struct shot *s, const struct have *h)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (!strcmp(s->all[i].where, h->where) && !strcmp(s->all[i].site, h->site))
			return &s->all[i];
	return NULL;
}

/* @now less @was; what is in @was only goes as a row of its own. */
static void subtract(struct shot *now, const struct shot *was)
{
	size_t i;

	for (i = 0; i < was->nr; i++) {
		struct have none = was->all[i], *h = find(now, &was->all[i]);

		if (!h) {
			none.live = none.bytes = none.pages = 0;
			add(now, &none);
			h = &now->all[now->nr - 1];
		}
		h->live -= was->all[i].live;
		h->bytes -= was->all[i].bytes;
		h->pages -= was->all[i].pages;
	}
}

static const char *more(double n, bool bytes, char buf[20])
{
	char b[16];

	snprintf(buf, 20, "%s%s", n > 0 ? "+" : n < 0 ? "-" : "",
		 human(n < 0 ? -n : n, bytes, b));
	return buf;
}

int cmd_diff(int argc, char **argv)
{
	struct shot was, now;
	char b[3][20];
	size_t i, rows = 0;

	if (argc < 2 || argc > 3)
		usage_error(argc < 2 ? "a file is wanted" : "'%s' is too much", argv[3]);
	was = shot_read(argv[1]);
	if (argc == 3) {
		now = shot_read(argv[2]);
	} else {
		tree_there();
		now = shot_now();
	}
	subtract(&now, &was);
	if (now.nr)
		qsort(now.all, now.nr, sizeof(*now.all), by_more);
	for (i = 0; i < now.nr; i++) {
		const struct have *h = &now.all[i];

		if (!h->live && !h->bytes && !h->pages)
			continue;
		if (!rows++)
			printf("%8s %8s %8s  %-28s %s\n", "LIVE", "BYTES", "PAGES", "IN",
			       "ALLOCATED BY");
		printf("%8s %8s %8s  %-28s %s\n", more(h->live, false, b[0]),
		       more(h->bytes, true, b[1]),
		       *h->site ? "" : more(h->pages, false, b[2]), h->where, h->site);
	}
	if (!rows)
		puts("nothing changed");
	shot_free(&was);
	shot_free(&now);
	return EXIT_OK;
}
