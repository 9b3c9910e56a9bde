// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for a heap, and back: what goes with each block that is taken or given, whoever
 * it is for.
 */
#include <linux/atomic.h>
#include <linux/module.h>

#include "pages.h"

void sq_module_pin(void)
{
	__module_get(THIS_MODULE);
}

void sq_module_unpin(void)
{
	module_put(THIS_MODULE);
}

/*
 * A block was not to be had: count whether for the heap's limit or for memory. Not if
 * the taker can do with less, or asks again.
 */
void sq_heap_count_failure(const struct squirrel_heap *heap,
			   const struct sq_request *req,
			   atomic_long_t *limit_hits, atomic_long_t *nomem)
{
	unsigned long used = sq_manager_pages_used(heap->manager);

	if (req->optional || sq_gfp_nofail(req->gfp))
		return;
	if (heap->limit && used + req->pages > heap->limit >> PAGE_SHIFT)
		atomic_long_inc(limit_hits);
	else
		atomic_long_inc(nomem);
}
