// SPDX-License-Identifier: GPL-2.0
/*
 * kfree_rcu() and its relatives are macros: this is what they come down to.
 */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <squirrel/kmem_handle.h>
#include <squirrel/squirrel.h>

#include "redirect.h"

/* Offsets of a head are below this, functions above. */
#define RCU_OFFSET_END	4096UL

static void free_after(void *obj)
{
	might_sleep();
	synchronize_rcu();
	squirrel_free_any(obj);
}

/* Kbuild looks which it is: the second was an offset at first, the first a rcu_head. */
#if defined(DROPIN_RCU_OFFSET)
SQ_DROPIN_EXPORT(kvfree_call_rcu);
void squirrel_dropin_kvfree_call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	void *obj = head ? (char *)head - (unsigned long)func : (void *)func;

	if (!squirrel_owns(obj))
		kvfree_call_rcu(head, func);
	else if (head)
		__squirrel_free_rcu(obj, head);
	else
		free_after(obj);
}
#elif defined(DROPIN_KVFREE_HEAD)
/* Of a head there may be the first word only. */
SQ_DROPIN_EXPORT(kvfree_call_rcu);
void squirrel_dropin_kvfree_call_rcu(struct kvfree_rcu_head *head, void *obj)
{
	if (!squirrel_owns(obj))
		kvfree_call_rcu(head, obj);
	else if (head)
		__squirrel_free_rcu_word(obj, head);
	else
		free_after(obj);
}

SQ_DROPIN_EXPORT(kfree_call_rcu_nolock);
void squirrel_dropin_kfree_call_rcu_nolock(struct kvfree_rcu_head *head,
					   void *obj)
{
	if (squirrel_owns(obj))
		__squirrel_free_rcu_word(obj, head);
	else
		kfree_call_rcu_nolock(head, obj);
}
#else
SQ_DROPIN_EXPORT(kvfree_call_rcu);
void squirrel_dropin_kvfree_call_rcu(struct rcu_head *head, void *obj)
{
	if (!squirrel_owns(obj))
		kvfree_call_rcu(head, obj);
	else if (head)
		__squirrel_free_rcu(obj, head);
	else
		free_after(obj);
}
#endif

#ifdef DROPIN_BARRIER
SQ_DROPIN_EXPORT(kvfree_rcu_barrier);
void squirrel_dropin_kvfree_rcu_barrier(void)
{
	squirrel_free_rcu_barrier();
	kvfree_rcu_barrier();
}
#endif

#ifdef DROPIN_BARRIER_ON_CACHE
SQ_DROPIN_EXPORT(kvfree_rcu_barrier_on_cache);
void squirrel_dropin_kvfree_rcu_barrier_on_cache(struct kmem_cache *s)
{
	if (squirrel_kmem_ours(s))
		squirrel_free_rcu_barrier();
	else
		kvfree_rcu_barrier_on_cache(s);
}
#endif

/*
 * A kernel for one CPU may have kvfree_call_rcu() as an inline function, which
 * passes an offset to this instead of a function.
 */
SQ_DROPIN_EXPORT(call_rcu);
void squirrel_dropin_call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	unsigned long offset = (unsigned long)func;

	if (offset < RCU_OFFSET_END && squirrel_owns((char *)head - offset))
		__squirrel_free_rcu((char *)head - offset, head);
	else
		call_rcu(head, func);
}
