// SPDX-License-Identifier: GPL-2.0
/*
 * What an address is.
 */
#include <linux/kstrtox.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "guard.h"

/* The last that was asked for, all bits of it inverted: for kmemleak it is not found here. */
static unsigned long whose_hidden = ~0UL;

/**
 * struct sq_whose - what was found out with preemption off
 * @f: whose
 * @offset: from the object's start
 * @size: the object's
 * @state: in words
 * @name: of the cache or heap
 * @heap: it is a heap
 * @alloc: who allocated it, if that is known
 * @free: who freed it
 */
struct sq_whose {
	struct sq_found f;
	long offset;
	size_t size;
	const char *state;
	char name[SQUIRREL_NAME_MAX + 1];
	bool heap;
	struct sq_track alloc;
	struct sq_track free;
};

static bool in_slab(const struct sq_found *f)
{
	unsigned int i = f->index;

	return sq_read_racy(sq_slab_of(f->agent)->free[i >> 6]) & BIT_ULL(i & 63);
}

static const char *zone_of(const struct sq_whose *w)
{
	if (w->offset < 0)
		return w->offset < -(long)(w->f.owner->lead - sizeof(struct sq_slot)) ?
		       "squirrel's own, in front of an object" : "redzone, in front of an object";
	return w->offset >= w->size ? "redzone, behind an object" : NULL;
}

static void look_twin(struct sq_whose *w)
{
	const struct sq_slot *s = sq_slot_of(w->f.owner, (void *)w->f.base);

	w->alloc = s->alloc;
	w->free = s->free;
	w->size = min(s->asked, w->f.owner->object_size);
	if (s->state == SQ_SLOT_RETIRED)
		w->state = "found damaged, out of use";
	else if (s->state == SQ_SLOT_HELD)
		w->state = "free, in quarantine";
	else if (s->state != SQ_SLOT_LIVE)
		w->state = "free";
	else
		w->state = zone_of(w) ? : "live";
}

static void look_slab(struct sq_whose *w)
{
	struct squirrel_cache *c = w->f.owner;

	w->size = c->object_size;
	if (w->f.index >= sq_slab_of(w->f.agent)->nr_objs)
		w->state = "behind the last object of a slab";
	else if (c->client)
		look_twin(w);
	else if (in_slab(&w->f))
		w->state = "free, in its slab";
	else if (static_key_enabled(&sq_hardened) && sq_marked(c, (void *)w->f.base))
		w->state = "free, in a magazine";
	else
		w->state = w->offset < w->size ? "live" : "behind a live object";
}

static void look_large(struct sq_whose *w)
{
	const struct sq_large *large = sq_large_of(w->f.agent);

	w->size = large->size;
	if (large->debug)
		w->alloc = large->track;
	w->state = w->offset < w->size ? "live" : "behind a large block";
}

/* Of one that is gone its owner is not told any more, for it may be gone as well. */
static void look_guard(struct sq_whose *w)
{
	const struct sq_guard *g = sq_guard_of(w->f.agent);

	w->alloc = g->alloc;
	w->free = g->free;
	w->size = g->asked;
	if (READ_ONCE(g->state) != SQ_GUARD_LIVE)
		w->state = "free, guarded";
	else if (w->offset < 0)
		w->state = "redzone, in front of an object";
	else
		w->state = w->offset < w->size ? "live" : "redzone, behind an object";
}

/* Nothing of an area that is nobody's changes any more, if it was an object's. */
static void look_unmapped(struct sq_whose *w)
{
	const struct sq_guard *g = sq_guard_of(w->f.agent);

	w->state = "ready to be guarded";
	if (!sq_guard_was_used(w->f.agent))
		return;
	w->state = "unmapped, was guarded";
	w->alloc = g->alloc;
	w->free = g->free;
}

static void look(struct sq_whose *w, unsigned long addr)
{
	struct squirrel_cache *c;

	preempt_disable();
	sq_obj_find((void *)addr, &w->f);
	c = sq_client_of(w->f.owner);
	w->offset = addr - w->f.base;
	if (!c) {
		w->state = w->f.agent == &sq_agent_null ? "not squirrel's" : "a free page";
		if (w->f.agent->kind == SQ_KIND_GUARD)
			look_unmapped(w);
	} else {
		w->heap = c->heap_key || c->flags & SQ_CACHE_LARGE;
		strscpy(w->name, w->heap ? c->heap->name : c->name, sizeof(w->name));
		if (w->f.agent->kind == SQ_KIND_SLAB)
			look_slab(w);
		else if (w->f.agent->kind == SQ_KIND_GUARD)
			look_guard(w);
		else
			look_large(w);
	}
	preempt_enable();
}

/**
 * sq_allocator_show_whose() - what the address is that was asked for
 * @s: where to
 *
 * Context: Process context. May sleep.
 */
void sq_allocator_show_whose(struct seq_file *s)
{
	struct sq_whose *w = kzalloc(sizeof(*w), GFP_KERNEL);
	unsigned long addr = ~READ_ONCE(whose_hidden);

	if (!w)
		return;
	look(w, addr);
	seq_printf(s, "address: 0x%lx\n", addr);
	seq_printf(s, "state: %s\n", w->state);
	if (w->f.owner) {
		seq_printf(s, "%s: %s\n", w->heap ? "heap" : "cache", w->name);
		seq_printf(s, "object: 0x%lx\n", w->f.base);
		seq_printf(s, "offset: %ld\n", w->offset);
		seq_printf(s, "size: %zu\n", w->size);
	}
	sq_track_show(s, "allocated", &w->alloc);
	sq_track_show(s, "freed", &w->free);
	kfree(w);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_show_whose);

/**
 * sq_allocator_set_whose() - ask what an address is
 * @word: the address, in hexadecimal, with 0x or without
 *
 * Context: Process context.
 * Return: 0, or -EINVAL if that is no number.
 */
int sq_allocator_set_whose(const char *word)
{
	unsigned long addr;
	int err = kstrtoul(word, 16, &addr);

	if (!err)
		WRITE_ONCE(whose_hidden, ~addr);
	return err ? -EINVAL : 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_whose);
