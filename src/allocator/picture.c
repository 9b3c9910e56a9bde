// SPDX-License-Identifier: GPL-2.0
/*
 * Maps: memory as a picture in text.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "internal.h"

#define SQ_MAP_COLUMNS	64

/* ---- heap: one character per page ----------------------------------------- */

struct sq_picture {
	struct seq_file *s;
	const struct squirrel_cache *only;
	unsigned long at;
	unsigned int column;
};

/* A digit for a slab: how many tenths of it are out. */
static char sq_slab_char(struct sq_slab *slab)
{
	unsigned int out = slab->nr_objs - READ_ONCE(slab->nr_free);

	if (!out)
		return 'e';
	if (out == slab->nr_objs)
		return '#';
	return '0' + 10 * out / slab->nr_objs;
}

static void sq_picture_page(struct sq_picture *p, unsigned long addr, char ch)
{
	if (addr != p->at || p->column == SQ_MAP_COLUMNS) {
		if (p->column)
			seq_putc(p->s, '\n');
		seq_printf(p->s, "%016lx ", addr);
		p->column = 0;
	}
	seq_putc(p->s, ch);
	p->column++;
	p->at = addr + PAGE_SIZE;
}

static bool sq_picture_block(const struct sq_agent *agent, void *ctx)
{
	struct sq_picture *p = ctx;
	unsigned long addr = sq_agent_addr(agent), i;
	const void *owner = sq_owner(agent);
	char first, rest;

	if (p->only && owner != p->only)
		return true;
	if (!sq_agent_used(agent)) {
		first = '.';
		rest = '.';
	} else if (agent->kind == SQ_KIND_LARGE) {
		first = 'L';
		rest = '-';
	} else {
		first = sq_slab_char(sq_slab_of((struct sq_agent *)agent));
		rest = first;
	}
	for (i = 0; i < sq_agent_pages(agent); i++)
		sq_picture_page(p, addr + i * PAGE_SIZE, i ? rest : first);
	return true;
}

static void sq_picture_draw(struct seq_file *s, struct squirrel_heap *heap,
			    const struct squirrel_cache *only)
{
	struct sq_picture p = { .s = s, .only = only };

	seq_puts(s, "# one character per page: . free  L- large block  e empty slab\n");
	seq_puts(s, "# 0-9 tenths of the slab's objects out (live or in a magazine)  # all\n");
	sq_viewer_walk(heap->manager, sq_picture_block, &p);
	if (p.column)
		seq_putc(s, '\n');
}

/**
 * sq_heap_show_map() - a heap's blocks as a picture
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context.
 */
void sq_heap_show_map(struct seq_file *s, struct squirrel_heap *heap)
{
	sq_picture_draw(s, heap, NULL);
}

/**
 * sq_cache_show_map() - a cache's slabs as a picture
 * @s: where to
 * @c: the cache
 *
 * Context: Process context.
 */
void sq_cache_show_map(struct seq_file *s, struct squirrel_cache *c)
{
	sq_picture_draw(s, c->heap, c);
}
