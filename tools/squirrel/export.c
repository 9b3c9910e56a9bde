// SPDX-License-Identifier: GPL-2.0
/* For programs: json and metrics. Keys are those of debugfs. */
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

/* Grows when a key changes what it means or goes; new keys do not count. */
#define SCHEMA 1

static void quoted(const char *text, size_t len)
{
	size_t i;

	putchar('"');
	for (i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/* next() - the next "key: value" line at or behind *@at */
static bool next(const char **at, const char **key, size_t *key_len, const char **value,
		 size_t *len)
{
	while (**at) {
		size_t n = strcspn(*at, "\n"), k = strcspn(*at, ": \n");

		*key = *at;
		*key_len = k;
		*value = *at + k + 2;
		*at += n + ((*at)[n] == '\n');
		if (k && (*key)[k] == ':' && (*key)[k + 1] == ' ' && n >= k + 2) {
			*len = n - k - 2;
			return true;
		}
	}
	return false;
}

static bool is_number(const char *value, size_t len)
{
	return len && strspn(value, "0123456789") == len &&
	       (len == 1 || *value != '0');
}

/* One stats file's lines; a name that looks like a number is a name. */
static void object(const char *text)
{
	const char *at = text, *key, *value;
	size_t key_len, len;
	bool any = false;

	putchar('{');
	while (next(&at, &key, &key_len, &value, &len)) {
		bool name = (key_len == 4 && !memcmp(key, "name", 4)) ||
			    (key_len == 5 && !memcmp(key, "owner", 5));

		if (any)
			putchar(',');
		any = true;
		quoted(key, key_len);
		putchar(':');
		if (!name && is_number(value, len))
			printf("%.*s", (int)len, value);
		else
			quoted(value, len);
	}
	putchar('}');
}

static void list(const struct items *items, bool heap)
{
	bool any = false;
	size_t i;

	for (i = 0; i < items->nr; i++) {
		if (items->all[i].heap != heap)
			continue;
		fputs(any ? ",\n  " : "\n  ", stdout);
		any = true;
		object(items->all[i].stats);
	}
}

static void no_arguments(int argc, char **argv)
{
	if (argc > 1)
		usage_error("'%s' is too much", argv[1]);
	tree_there();
}

int cmd_json(int argc, char **argv)
{
	char *summary, *reclaim;
	struct items items;

	no_arguments(argc, argv);
	summary = tree_need("summary");
	reclaim = tree_need("reclaim/stats");
	items = tree_items();
	printf("{\"schema\":%d,\n \"summary\":", SCHEMA);
	object(summary);
	fputs(",\n \"reclaim\":", stdout);
	object(reclaim);
	fputs(",\n \"caches\":[", stdout);
	list(&items, false);
	fputs("],\n \"heaps\":[", stdout);
	list(&items, true);
	puts("]}");
	items_free(&items);
	free(reclaim);
	free(summary);
	return EXIT_OK;
}

/* What is counted, and what is as it is now. */
static const struct metric {
	const char *key;
	bool counter;
	const char *help;
} metrics[] = {
	{ "live_objects", false, "Objects handed out." },
	{ "live_bytes", false, "Bytes of objects handed out." },
	{ "slab_bytes", false, "Bytes of slabs." },
	{ "objects_in_magazines", false, "Free objects waiting at CPUs." },
	{ "objects_in_depots", false, "Free objects waiting in depots." },
	{ "internal_waste_bytes", false, "Bytes lost to padding, tails and rounding." },
	{ "pages_pinned_by_one", false, "Pages kept by a single object." },
	{ "allocs", true, "Objects handed out since it was made." },
	{ "frees", true, "Objects taken back." },
	{ "slow_alloc_misses", true, "Allocations that found no object at hand." },
	{ "failed_nomem", true, "Allocations failed for want of memory." },
	{ "failed_limit", true, "Allocations failed at the limit." },
	{ "misuse", true, "Bad frees." },
};

static const struct metric totals[] = {
	{ "pages_held", false, "Pages from the kernel." },
	{ "pages_free", false, "Of them, pages in free blocks." },
	{ "pages_meta", false, "Of them, pages of descriptors and page map." },
	{ "external_fragmentation_permille", false, "Free memory outside largest blocks." },
};

static void head(const char *prefix, const struct metric *m)
{
	const char *end = m->counter ? "_total" : "";

	printf("# HELP squirrel_%s%s%s %s\n# TYPE squirrel_%s%s%s %s\n", prefix, m->key,
	       end, m->help, prefix, m->key, end, m->counter ? "counter" : "gauge");
}

static void label(const char *name)
{
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			putchar('\\');
		putchar(*name);
	}
}

int cmd_metrics(int argc, char **argv)
{
	struct items items;
	char *summary;
	size_t i, m;

	no_arguments(argc, argv);
	summary = tree_need("summary");
	items = tree_items();
	for (m = 0; m < sizeof(totals) / sizeof(totals[0]); m++) {
		head("", &totals[m]);
		printf("squirrel_%s %.0f\n", totals[m].key, key_of(summary, totals[m].key));
	}
	for (m = 0; m < sizeof(metrics) / sizeof(metrics[0]); m++) {
		head("pool_", &metrics[m]);
		for (i = 0; i < items.nr; i++) {
			printf("squirrel_pool_%s%s{kind=\"%s\",name=\"", metrics[m].key,
			       metrics[m].counter ? "_total" : "",
			       items.all[i].heap ? "heap" : "cache");
			label(items.all[i].name);
			printf("\"} %.0f\n", key_of(items.all[i].stats, metrics[m].key));
		}
	}
	items_free(&items);
	free(summary);
	return EXIT_OK;
}
