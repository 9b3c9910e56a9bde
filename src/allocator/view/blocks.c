// SPDX-License-Identifier: GPL-2.0
/*
 * The blocks of a heap, or a cache's slabs among them, for programs: a line for each, by
 * address. It has what a map has no room for: of which size, how old, and whose.
 *
 * What a slab's objects are is known of those that are debugged. The manager's lock is
 * dropped after a few of them.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocator/debug/debug.h"

#include "notes.h"

/* Objects looked at in one hold of the manager's lock, and what a line counts as */
#define HOLD_OBJS	256
#define LINE_OBJS	8
#define HOLD_LINES	(HOLD_OBJS / LINE_OBJS)

/**
 * struct sq_line - a block, as it is listed
 * @addr: where it is
 * @pages: its pages
 * @kind: what it is, in a word
 * @size: slab: bytes of an object; large block: bytes asked for
 * @objs: slab: how many objects it has; large block: 1
 * @live: how many of them are live
 * @age_ms: for how long the oldest of them is, or the block free
 * @aged: that is known
 * @site: where most of them were allocated, if any place has more than half, or 0
 * @votes: for that, less those against it
 * @name: of the slab's cache
 */
struct sq_line {
	unsigned long addr;
	unsigned long pages;
	const char *kind;
	u32 size;
	unsigned int objs;
	unsigned int live;
	u64 age_ms;
	bool aged;
	unsigned long site;
	unsigned int votes;
	char name[SQUIRREL_NAME_MAX + 1];
};

/**
 * struct sq_blocks - while they are listed
 * @notes: the heap, or the cache, and its objects that are neither live nor in slabs
 * @left: objects to be looked at in this hold
 * @nr: lines of this hold
 * @lines: they; written when the lock is dropped, for names of places take long
 */
struct sq_blocks {
	struct sq_notes notes;
	int left;
	unsigned int nr;
	struct sq_line lines[HOLD_LINES];
};

static void vote(struct sq_line *line, const struct sq_track *track)
{
	const struct sq_track copy = *track;

	if (!sq_track_sound(&copy))
		return;
	line->age_ms = max(line->age_ms, sq_track_age_ms(&copy));
	line->aged = true;
	if (!line->votes)
		line->site = copy.caller;
	line->votes += copy.caller == line->site ? 1 : -1;
}

/* Who is left of the votes is the only one who may have more than half: has he? */
static void count_votes(struct sq_line *line, unsigned int yes, unsigned int all)
{
	line->votes = 2 * yes > all ? yes : 0;
}

static void vote_slab(struct sq_blocks *b, struct sq_line *line, const struct sq_agent *agent,
		      const struct squirrel_cache *t)
{
	unsigned int nr = sq_read_racy(sq_slab_of((struct sq_agent *)agent)->nr_objs), i;
	const char *base = (const char *)sq_slab_base(agent);
	unsigned int yes = 0, all = 0;

	b->left -= 2 * nr;
	for (i = 0; i < nr; i++) {
		const struct sq_slot *s = (const struct sq_slot *)(base + i * t->size);

		if (sq_slot_live(s))
			vote(line, &s->alloc);
	}
	for (i = 0; i < nr; i++) {
		const struct sq_slot *s = (const struct sq_slot *)(base + i * t->size);

		if (!sq_slot_live(s))
			continue;
		all++;
		yes += READ_ONCE(s->alloc.caller) == line->site;
	}
	count_votes(line, yes, all);
}

static void look_at_slab(struct sq_blocks *b, struct sq_line *line,
			 const struct sq_agent *agent, struct squirrel_cache *owner)
{
	unsigned int nr[SQ_NR_PLACES], i;

	line->kind = "slab";
	line->size = owner->object_size;
	sq_slab_counts_racy((const struct sq_slab *)agent->priv, &line->objs, &line->live);
	sq_notes_count(&b->notes, line->addr, line->addr + sq_agent_size(agent), nr);
	for (i = 0; i < SQ_NR_PLACES; i++)
		line->live -= min(nr[i], line->live);
	strscpy(line->name, sq_client_of(owner)->name, sizeof(line->name));
	if (owner->client)
		vote_slab(b, line, agent, owner);
}

static void look_at_large(struct sq_line *line, const struct sq_agent *agent)
{
	const struct sq_large *large = (const struct sq_large *)agent->priv;

	line->kind = "large";
	line->size = large->size;
	line->objs = 1;
	line->live = 1;
	/* Pairs with sq_debug_large_alloc(). */
	if (smp_load_acquire(&large->debug))
		vote(line, &large->track);
}

/* The manager's lock is held: a used block's owner is there. */
static bool look_at(const struct sq_agent *agent, void *ctx)
{
	struct squirrel_cache *owner = sq_owner_acquire(agent);
	struct sq_blocks *b = ctx;
	struct sq_line *line = &b->lines[b->nr];

	b->left -= LINE_OBJS;
	if (b->notes.only && sq_client_of(owner) != b->notes.only)
		return b->left > 0;
	b->nr++;
	*line = (struct sq_line){
		.addr = sq_agent_addr(agent),
		.pages = sq_agent_pages(agent),
		.kind = "free",
		.name = "-",
	};
	if (!sq_agent_used(agent) || !owner) {
		/* One that somebody is just taking has no owner yet. */
		line->aged = !sq_agent_used(agent);
		line->age_ms = jiffies_to_msecs((u32)jiffies - agent->freed_at);
	} else if (agent->kind == SQ_KIND_SLAB) {
		look_at_slab(b, line, agent, owner);
	} else {
		look_at_large(line, agent);
	}
	return b->left > 0;
}

static void show_line(struct seq_file *s, const struct sq_line *line)
{
	seq_printf(s, "%016lx\t%lu\t%s\t%u\t%u\t%u\t", line->addr, line->pages, line->kind,
		   line->size, line->objs, line->live);
	if (line->aged)
		seq_printf(s, "%llu\t", line->age_ms);
	else
		seq_puts(s, "-\t");
	seq_printf(s, "%s\t", line->name);
	if (line->votes)
		seq_printf(s, "%pS\n", (void *)line->site);
	else
		seq_puts(s, "-\n");
}

static void show_blocks(struct seq_file *s, struct squirrel_heap *heap,
			const struct squirrel_cache *only)
{
	struct sq_blocks *b = kzalloc(sizeof(*b), GFP_KERNEL);
	unsigned long addr = 0;
	unsigned int i;
	bool more;

	if (!b) {
		seq_puts(s, "no memory\n");
		return;
	}
	b->notes.heap = heap;
	b->notes.only = only;
	sq_notes_take(&b->notes);
	seq_puts(s, "address\tpages\tkind\tsize\tobjects\tlive\tage_ms\tname\tsite\n");
	do {
		b->left = HOLD_OBJS;
		b->nr = 0;
		more = sq_viewer_step(heap->manager, &addr, look_at, b) || b->left <= 0;
		for (i = 0; i < b->nr; i++)
			show_line(s, &b->lines[i]);
		cond_resched();
		/* It will be done again, with a larger buffer. */
	} while (more && !seq_has_overflowed(s));
	sq_notes_drop(&b->notes);
	kfree(b);
}

/**
 * sq_heap_show_blocks() - a heap's blocks, a line for each
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context. May sleep.
 */
void sq_heap_show_blocks(struct seq_file *s, struct squirrel_heap *heap)
{
	show_blocks(s, heap, NULL);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_blocks);

/**
 * sq_cache_show_blocks() - a cache's slabs, a line for each
 * @s: where to
 * @c: the cache
 *
 * Context: Process context. May sleep.
 */
void sq_cache_show_blocks(struct seq_file *s, struct squirrel_cache *c)
{
	show_blocks(s, c->heap, c);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_blocks);
