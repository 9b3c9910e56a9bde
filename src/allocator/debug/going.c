// SPDX-License-Identifier: GPL-2.0
/*
 * A module goes: what it leaves behind is told while its symbols are there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "debug.h"

/**
 * struct sq_left - the next cache of a module's
 * @owner: the module's name
 * @skip: how many are passed over
 * @c: the cache, or NULL
 */
struct sq_left {
	const char *owner;
	unsigned int skip;
	struct squirrel_cache *c;
};

static void find_left(struct squirrel_cache *c, void *ctx)
{
	struct sq_left *left = ctx;

	if (left->c || strcmp(c->owner, left->owner))
		return;
	if (c->flags & (SQ_CACHE_GONE | SQ_CACHE_INTERNAL | SQ_CACHE_TWIN | SQ_CACHE_CLASS))
		return;
	if (!left->skip--)
		left->c = c;
}

static void tell_cache(const char *module, struct squirrel_cache *c)
{
	pr_warn("module '%s' goes and leaves cache '%s', %lu objects of it live\n", module,
		c->name, sq_debug_live(c));
	sq_debug_print_left(c);
}

/* What is left of a module's, or it has of others' */
struct sq_left_heaps {
	const struct module *module;
	unsigned int nr;
};

static void tell_heap(struct squirrel_heap *heap, void *ctx)
{
	struct sq_left_heaps *left = ctx;
	const struct module *module = left->module;

	if (heap != sq_default_heap && !strcmp(heap->owner, module->name)) {
		pr_warn("module '%s' goes and leaves heap '%s'\n", module->name, heap->name);
		sq_debug_print_left_heap(heap, NULL);
		left->nr++;
	} else if (READ_ONCE(heap->debug)) {
		left->nr += !!sq_debug_print_left_heap(heap, module);
	}
}

/**
 * sq_allocator_client_left() - say what a module leaves behind
 * @module: the module, whose exit has returned
 *
 * Its caches and heaps, with who has what is live of those that are debugged; and what it
 * has itself of others' heaps that are.
 *
 * Context: Process context. May sleep.
 * Return: how many caches and heaps that were.
 */
unsigned int sq_allocator_client_left(const struct module *module)
{
	struct sq_left_heaps heaps = { .module = module };
	struct sq_left left = { .owner = module->name };
	unsigned int nr = 0;

	/* A cache that is found stays meanwhile: see sq_debug_end(). */
	sq_debug_lock();
	do {
		left.skip = nr++;
		left.c = NULL;
		sq_walk_caches(find_left, &left);
		if (left.c)
			tell_cache(module->name, left.c);
	} while (left.c);
	sq_debug_unlock();
	sq_walk_heaps_slowly(tell_heap, &heaps);
	return nr - 1 + heaps.nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_client_left);
