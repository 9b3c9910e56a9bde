// SPDX-License-Identifier: GPL-2.0
/* What a module has left that is gone, until wrongs.ko goes. */
#include <linux/module.h>
#include <linux/slab.h>

#include <squirrel/squirrel.h>

#include "wrongs.h"

static struct wrongs_left *kept;

/**
 * wrongs_keep() - free it when I go
 * @left: a client's caches, heaps and objects, in memory of the kernel's
 *
 * Context: Process context.
 */
void wrongs_keep(struct wrongs_left *left)
{
	kept = left;
}
EXPORT_SYMBOL_GPL(wrongs_keep);

/* Whatever is kept; nobody keeps more. */
void wrongs_free_kept(void)
{
	unsigned int i, k;

	for (i = 0; kept && i < WRONGS_SIZES; i++) {
		for (k = 0; k < WRONGS_OBJECTS; k++)
			squirrel_cache_free(kept->cache[i], kept->obj[i][k]);
		squirrel_cache_destroy(kept->cache[i]);
		squirrel_heap_destroy(kept->heap[i]);
	}
	kfree(kept);
}
