// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for a heap, and back: what goes with each block that is taken or given, whoever
 * it is for.
 */
#include <linux/module.h>

#include "allocator/internal.h"

/*
 * Live memory of the default heap pins the module: no client's reference may
 * do it, since any code may have been handed the memory.
 */
void sq_heap_pin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap && atomic_long_inc_return(&heap->pinned) == 1)
		__module_get(THIS_MODULE);
}

void sq_heap_unpin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap && atomic_long_dec_and_test(&heap->pinned))
		module_put(THIS_MODULE);
}
