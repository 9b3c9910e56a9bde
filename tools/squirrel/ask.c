// SPDX-License-Identifier: GPL-2.0
/* Questions and orders of one line: leaks, whose, check, reclaim, debug. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

/* ---- leaks ------------------------------------------------------------------ */

struct place {
	double live, bytes;
	char *where;	/* owner of the objects, place, and the stack below it */
};

struct places {
	struct place *all;
	size_t nr;
	double untracked;
};

static int by_bytes(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 :
	       strcmp(x->where, y->where);
}

static void add_place(struct places *p, const char *item, const char *line, size_t len)
{
	double live, bytes, oldest, youngest;
	int pid, at = 0;
	struct place *new;
	size_t room = len + strlen(item) + 64;
	char *where;

	/* comm may have blanks in it: it is 16 wide. */
	if (sscanf(line, "%lf %lf %lf %lf %d %n", &live, &bytes, &oldest, &youngest, &pid,
		   &at) < 5 || !at || (size_t)at + 17 > len)
		return;
	new = realloc(p->all, (p->nr + 1) * sizeof(*p->all));
	where = malloc(room);
	if (!new || !where)
		die("out of memory");
	snprintf(where, room, "%7.0fs  %-20s %.*s\n", oldest / 1000, item,
		 (int)(len - at - 17), line + at + 17);
	p->all = new;
	p->all[p->nr++] = (struct place) { live, bytes, where };
}

static void add_stack(struct places *p, const char *line, size_t len)
{
	struct place *last = &p->all[p->nr - 1];
	size_t old = strlen(last->where);
	char *where = realloc(last->where, old + len + 64);

	if (!where)
		die("out of memory");
	sprintf(where + old, "%30s%.*s\n", "", (int)len, line);
	last->where = where;
}

static void leaks_of(struct places *p, const char *kind, const char *name)
{
	char *text = tree_read("%s/%s/live", kind, name), *line, item[128];
	size_t len, first = p->nr;

	if (!text)
		return;
	snprintf(item, sizeof(item), "%s%s", *kind == 'h' ? "heap " : "", name);
	for (line = text; *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (!strncmp(line, "    ", 4) && strcspn(line + 4, " ") &&
		    strspn(line + 4, " ") == 0 && !(line[4] >= '0' && line[4] <= '9')) {
			if (p->nr > first)
				add_stack(p, line, len);
		} else {
			add_place(p, item, line, len);
		}
	}
	p->untracked += key_of(text, "untracked") + key_of(text, "others");
	free(text);
}

int cmd_leaks(int argc, char **argv)
{
	struct places p = { 0 };
	struct items items;
	char b[2][16], *path;
	size_t i;

	if (argc > 2)
		usage_error("'%s' is too much", argv[2]);
	tree_there();
	if (argc == 2) {
		path = tree_find(argv[1]);
		leaks_of(&p, *path == 'h' ? "heaps" : "caches", strchr(path, '/') + 1);
		free(path);
	} else {
		items = tree_items();
		for (i = 0; i < items.nr; i++)
			leaks_of(&p, items.all[i].heap ? "heaps" : "caches",
				 items.all[i].name);
		items_free(&items);
	}
	if (p.nr) {
		qsort(p.all, p.nr, sizeof(*p.all), by_bytes);
		printf("%8s %8s %8s  %-20s %s\n", "LIVE", "BYTES", "OLDEST", "IN",
		       "ALLOCATED BY");
	}
	for (i = 0; i < p.nr; i++) {
		printf("%8.0f %8s %s", p.all[i].live, human(p.all[i].bytes, true, b[0]),
		       p.all[i].where);
		free(p.all[i].where);
	}
	printf("%s live objects of which nobody knows where they are from%s\n",
	       human(p.untracked, false, b[1]),
	       p.nr ? "" : "; to know: squirrel debug '*' FZPU");
	free(p.all);
	return EXIT_OK;
}

/* ---- the others ------------------------------------------------------------- */

static void no_more(int argc, char **argv, int most)
{
	if (argc > most)
		usage_error("'%s' is too much", argv[most]);
}

int cmd_whose(int argc, char **argv)
{
	char *text, *end;

	no_more(argc, argv, 2);
	if (argc < 2)
		usage_error("an address is wanted");
	errno = 0;
	strtoull(argv[1], &end, 16);
	if (end == argv[1] || *end || errno)
		usage_error("'%s' is no hexadecimal address", argv[1]);
	tree_there();
	if (tree_write(argv[1], "whose"))
		die("whose %s: %s", argv[1], strerror(errno));
	text = tree_need("whose");
	fputs(text, stdout);
	free(text);
	return EXIT_OK;
}

int cmd_check(int argc, char **argv)
{
	unsigned long broken;
	char *text, *end;

	no_more(argc, argv, 1);
	tree_there();
	text = tree_need("check");
	broken = strtoul(text, &end, 10);
	if (end == text)
		die("check: '%s' is no number", text);
	free(text);
	if (broken)
		printf("%lu broken rules; the kernel's log may say more\n", broken);
	else
		puts("sound");
	return broken ? EXIT_BAD : EXIT_OK;
}

int cmd_reclaim(int argc, char **argv)
{
	char *before, *after;

	no_more(argc, argv, 1);
	tree_there();
	before = tree_need("summary");
	if (tree_write("1", "reclaim/run"))
		die("reclaim/run: %s", strerror(errno));
	after = tree_need("summary");
	printf("pages held: %.0f, before: %.0f\n", key_of(after, "pages_held"),
	       key_of(before, "pages_held"));
	free(before);
	free(after);
	return EXIT_OK;
}

int cmd_debug(int argc, char **argv)
{
	char word[100], *text, *path;

	no_more(argc, argv, 3);
	if (argc == 2)
		usage_error("FLAGS are wanted");
	tree_there();
	if (argc == 1) {
		text = tree_need("debug");
		fputs(text, stdout);
		free(text);
		return EXIT_OK;
	}
	if (strpbrk(argv[1], "*?")) {
		path = strdup("debug");
		snprintf(word, sizeof(word), "%s,%s", argv[2], argv[1]);
	} else {
		text = tree_find(argv[1]);
		path = malloc(strlen(text) + 8);
		if (path)
			sprintf(path, "%s/debug", text);
		free(text);
		snprintf(word, sizeof(word), "%s", argv[2]);
	}
	if (!path)
		die("out of memory");
	if (tree_write(word, path))
		die("%s does not take '%s' (%s); the kernel's log says why", path, word,
		    strerror(errno));
	free(path);
	return EXIT_OK;
}
