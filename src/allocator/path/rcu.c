// SPDX-License-Identifier: GPL-2.0
/*
 * Frees after a grace period.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/llist.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>

#include "path.h"

static atomic_long_t rcu_pending;

/* @head lies anywhere in an object: find where that starts and whose it is. */
static void free_around(const void *head)
{
	struct squirrel_cache *c;
	struct sq_found f;

	preempt_disable();
	sq_obj_find(head, &f);
	preempt_enable();
	c = sq_client_of(f.owner);
	if (!c)
		sq_report(NULL, "RCU free", head, 0);
	else if (c->heap_key || (c->flags & SQ_CACHE_LARGE))
		squirrel_heap_free(c->heap, (void *)f.base);
	else
		squirrel_cache_free(c, (void *)f.base);
	/* Pairs with sq_rcu_free_wait(): the free was counted before. */
	atomic_long_dec_return_release(&rcu_pending);
}

static void rcu_free(struct rcu_head *head)
{
	free_around(head);
}

/*
 * Does live memory of somebody's start at @obj? If not, say so. What is free already must
 * not be chained: whoever gets it next would write to the chain.
 */
static bool rcu_check(const void *obj, unsigned long caller)
{
	struct squirrel_cache *c;
	struct sq_found f;
	bool ok;

	preempt_disable();
	sq_obj_find(obj, &f);
	c = sq_client_of(f.owner);
	ok = f.start && sq_is_live(NULL, obj);
	if (!f.start)
		sq_report(c, f.owner ? "RCU free of a pointer into the middle" : "RCU free",
			  obj, caller);
	else if (!ok && f.owner->client)
		sq_trouble_misuse(c, "second free, by RCU,", obj, &f, caller);
	else if (!ok)
		sq_report(c, "second free, by RCU,", obj, caller);
	preempt_enable();
	return ok;
}

/**
 * __squirrel_free_rcu() - free after a grace period; use the macro
 * @obj: the object
 * @head: the struct rcu_head within it
 *
 * Context: Any context but NMI.
 */
void __squirrel_free_rcu(const void *obj, struct rcu_head *head)
{
	if (!rcu_check(obj, _RET_IP_))
		return;
	atomic_long_inc(&rcu_pending);
	call_rcu(head, rcu_free);
}
EXPORT_SYMBOL_GPL(__squirrel_free_rcu);

/* ---- by one word --------------------------------------------------------------- */

/*
 * Objects that have room for a pointer only, chained by it. One grace period is waited
 * for at a time: for those that were there when it began, the others wait for it first.
 */
static LLIST_HEAD(words_waiting);
static struct llist_node *words_ripening;
static unsigned long words_busy;
static struct rcu_head words_rcu;

static void words_free(struct rcu_head *head);

static void words_begin(void)
{
	/* Who waits for what is taken here waits for the call that goes with it. */
	rcu_read_lock();
	/* Whoever finds it busy has added before, and is looked for again after that. */
	while (!llist_empty(&words_waiting) && !test_and_set_bit(0, &words_busy)) {
		words_ripening = llist_del_all(&words_waiting);
		if (words_ripening) {
			call_rcu(&words_rcu, words_free);
			break;
		}
		clear_bit_unlock(0, &words_busy);
		/* Not busy before looking: pairs with llist_add() before the bit is asked. */
		smp_mb__after_atomic();
	}
	rcu_read_unlock();
}

static void words_free(struct rcu_head *head)
{
	struct llist_node *node = words_ripening, *next;

	clear_bit_unlock(0, &words_busy);
	/* As in words_begin(), which looks. */
	smp_mb__after_atomic();
	words_begin();
	for (; node; node = next) {
		next = node->next;
		free_around(node);
	}
}

/**
 * __squirrel_free_rcu_word() - free after a grace period, with one word to spare
 * @obj: the object
 * @word: a pointer's worth of room within it, aligned as one
 *
 * As __squirrel_free_rcu(), where the object has no struct rcu_head. It may wait for a
 * grace period more, and one of NMI context for the next free of the kind.
 *
 * Context: Any context.
 */
void __squirrel_free_rcu_word(const void *obj, void *word)
{
	if (!rcu_check(obj, _RET_IP_))
		return;
	atomic_long_inc(&rcu_pending);
	llist_add(word, &words_waiting);
	/* There it waits for the next, or for who destroys the cache. */
	if (!in_nmi())
		words_begin();
}
EXPORT_SYMBOL_GPL(__squirrel_free_rcu_word);

/* ---- waiting ------------------------------------------------------------------- */

/*
 * Until all RCU frees asked for so far are done. May sleep. Returns whether there
 * were any.
 */
bool sq_rcu_free_wait(void)
{
	/* None left: then what they freed is seen to be free. */
	if (!atomic_long_read_acquire(&rcu_pending))
		return false;
	words_begin();
	/* Others may be in words_begin(), with what they took but not yet asked for. */
	synchronize_rcu_expedited();
	rcu_barrier();
	/* What was put aside meanwhile, which the first has begun to wait for. */
	if (atomic_long_read_acquire(&rcu_pending)) {
		synchronize_rcu_expedited();
		rcu_barrier();
	}
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_rcu_free_wait);

/**
 * squirrel_free_rcu_barrier() - wait until what was freed after a grace period is free
 *
 * Of all RCU frees that were asked for before this call, of whatever cache or heap.
 *
 * Context: May sleep.
 */
void squirrel_free_rcu_barrier(void)
{
	might_sleep();
	sq_rcu_free_wait();
}
EXPORT_SYMBOL_GPL(squirrel_free_rcu_barrier);
