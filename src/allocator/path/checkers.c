// SPDX-License-Identifier: GPL-2.0
/*
 * An object is about to be free: kmemleak forgets it, lockdep looks for a lock in it that is
 * held, KCSAN whether somebody is at it still. What will be refused stays as it is, as far
 * as that is seen at once.
 *
 * debugobjects has the same, for timers and work that are still to run, but exports it to no
 * module.
 */
#include <linux/debug_locks.h>
#include <linux/hardirq.h>
#include <linux/kcsan-checks.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "allocator/pages/pages.h"

#include "path.h"

/* The client's cache whose live object @obj can be; NULL if there is none. Preemption off. */
static const struct squirrel_cache *freed_of(const struct squirrel_cache *c,
					     const struct squirrel_heap *heap, const void *obj)
{
	const struct squirrel_cache *owner;
	struct sq_found f;

	sq_obj_find(obj, &f);
	owner = sq_client_of(f.owner);
	if (!owner || !f.start || (c && owner != c))
		return NULL;
	if (heap && owner->heap_key != heap && owner != heap->large)
		return NULL;
	return owner;
}

/*
 * @obj is to be freed to @c, or if that is NULL to @heap, or to whose it is if both are. Any
 * context; in NMI lockdep may be at work below, and is not asked.
 */
void sq_checkers_free(const struct squirrel_cache *c, const struct squirrel_heap *heap,
		      const void *obj)
{
	const struct squirrel_cache *owner;
	size_t size;

	if (ZERO_OR_NULL_PTR(obj))
		return;
	preempt_disable();
	owner = freed_of(c, heap, obj);
	if (owner) {
		size = squirrel_usable_size(obj);
		if (!in_nmi())
			debug_check_no_locks_freed(obj, size);
		/*
		 * Readers may be there after it is free, by design; and with what is freed a
		 * second time squirrel may be at work.
		 */
		if (!(owner->flags & SQUIRREL_TYPESAFE_BY_RCU) && sq_is_live(heap, obj))
			__kcsan_check_access(obj, size, KCSAN_ACCESS_WRITE | KCSAN_ACCESS_ASSERT);
		sq_leak_free(owner, obj);
	}
	preempt_enable();
}
