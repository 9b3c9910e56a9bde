// SPDX-License-Identifier: GPL-2.0
/*
 * The table of the summary: what holds most memory comes first, and what holds
 * nothing is left out unless asked for.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "allocator/cache/cache.h"

#include "table.h"

/* As many more may come between the count and the walk. */
#define TABLE_MORE	16

/* A number that is as long as can be, a point and what follows it */
#define TABLE_HUMAN	32

static void count_cache(struct squirrel_cache *c, void *ctx)
{
	if (!(c->flags & (SQ_CACHE_CLASS | SQ_CACHE_TWIN)))
		++*(unsigned int *)ctx;
}

static void count_heap(struct squirrel_heap *heap, void *ctx)
{
	++*(unsigned int *)ctx;
}

/* Room for a row each; without memory there is none, and the totals must do. May sleep. */
void sq_table_make(struct sq_table *t)
{
	unsigned int room = TABLE_MORE;

	sq_walk_caches(count_cache, &room);
	sq_walk_heaps(count_heap, &room);
	t->rows = kvcalloc(room, sizeof(*t->rows), GFP_KERNEL);
	t->room = t->rows ? room : 0;
}

/* A row to be filled in, or NULL if there is no room. Any context. */
struct sq_row *sq_table_add(struct sq_table *t)
{
	if (t->nr < t->room)
		return &t->rows[t->nr++];
	t->missed++;
	return NULL;
}

/* The pages of the rows of caches that have them from that heap. */
unsigned long sq_table_pages_of(const struct sq_table *t, const void *heap)
{
	unsigned long pages = 0;
	unsigned int i;

	for (i = 0; i < t->nr; i++)
		if (t->rows[i].of == heap)
			pages += t->rows[i].pages;
	return pages;
}

static int by_pages(const void *a, const void *b)
{
	const struct sq_row *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* With a unit, and one digit behind the point: people compare, they do not add up. */
static void human(unsigned long pages, char *buf)
{
	unsigned long tenths = pages * (PAGE_SIZE >> 10) * 10;
	const char *unit = "KMGTP";

	for (; tenths >= 10240 && unit[1]; unit++)
		tenths /= 1024;
	snprintf(buf, TABLE_HUMAN, "%lu.%lu%c", tenths / 10, tenths % 10, *unit);
}

/* All in it, then it is no more. */
void sq_table_show(struct seq_file *s, struct sq_table *t, bool all)
{
	char held[TABLE_HUMAN];
	unsigned int i;

	if (t->nr)
		sort(t->rows, t->nr, sizeof(*t->rows), by_pages, NULL);
	seq_printf(s, "%-34s %8s %10s %12s %8s %6s %8s\n", "name", "size", "live",
		   "live bytes", "pages", "misuse", "held");
	for (i = 0; i < t->nr; i++) {
		const struct sq_row *r = &t->rows[i];

		if (!all && !r->pages && !r->live && !r->misuse)
			continue;
		human(r->pages, held);
		seq_printf(s, "%-5s %-28s %8s %10lu %12lu %8lu %6lu %8s\n",
			   r->heap ? "heap" : "cache", r->name, r->size, r->live,
			   r->live_bytes, r->pages, r->misuse, held);
	}
	kvfree(t->rows);
}
