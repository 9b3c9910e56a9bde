// SPDX-License-Identifier: GPL-2.0
/*
 * Areas for guarded objects. The kernel makes and takes them away in process context only,
 * so a worker makes some ahead, of each length that somebody may want, and unmaps what was
 * freed; who allocates takes one that is ready, and does without if there is none.
 *
 * An area is pages of the page allocator's that are mapped by vmap(), with a hole behind them
 * (guard_map.c). The pages go when no CPU can have them mapped any more. A while it is
 * remembered whose it was.
 *
 * Locks: guard_mutex, inside of all other mutexes, is held by who maps and unmaps, and by
 * who walks. ready_lock (raw, irqs off; in NMI only tried) is a leaf.
 */
#include <linux/hardirq.h>
#include <linux/irq_work.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "guard.h"

static DEFINE_MUTEX(guard_mutex);
static LIST_HEAD(guards);		/* under guard_mutex, as what follows */
static LIST_HEAD(past);
static unsigned int nr_past;

/* Areas that are ready, by pages */
static DEFINE_RAW_SPINLOCK(ready_lock);
static struct list_head ready[SQ_GUARD_PAGES + 1];
static unsigned int nr_ready[SQ_GUARD_PAGES + 1];

/* Of which lengths some are to be, for all objects or for those that are sampled: a bit each */
static DECLARE_BITMAP(wanted, SQ_GUARD_PAGES + 1);
static DECLARE_BITMAP(sampled, SQ_GUARD_PAGES + 1);
static LLIST_HEAD(freed);
/* Memory is short: none are, until somebody wants one. */
static bool yielded;

/* ---- one --------------------------------------------------------------------- */

/* They are hidden, and found by nobody who comes now. May sleep. */
static void free_gone(struct list_head *gone)
{
	struct sq_guard *g, *next;

	if (list_empty(gone))
		return;
	/* Who found it by an address may be about to open it. */
	synchronize_rcu();
	list_for_each_entry_safe(g, next, gone, all) {
		sq_guard_unmap(g);
		kfree(g);
	}
}

static struct sq_guard *area_make(unsigned int pages)
{
	struct sq_guard *g = kzalloc(struct_size(g, page, pages + 2),
				     GFP_KERNEL | __GFP_NOWARN);
	LIST_HEAD(gone);

	if (!g)
		return NULL;
	/* What is in it nobody misses; it would hide the object from kmemleak. */
	kmemleak_ignore(g);
	g->bytes = pages << PAGE_SHIFT;
	g->agent.kind = SQ_KIND_GUARD;
	g->agent.node = NUMA_NO_NODE;
	if (!sq_guard_map(g)) {
		kfree(g);
		return NULL;
	}
	memset(g->base, SQ_REDZONE, g->bytes);
	if (!sq_guard_enter(g)) {
		list_add(&g->all, &guards);
		return g;
	}
	sq_guard_hide(&g->freed);
	sq_guard_free_pages(g);
	list_add(&g->all, &gone);
	free_gone(&gone);
	return NULL;
}

/* ---- ready ------------------------------------------------------------------- */

/* How many are made ahead while there is memory. */
static unsigned int usual_of(unsigned int pages)
{
	unsigned int ahead = clamp(SQ_GUARD_AHEAD_BYTES / (pages << PAGE_SHIFT),
				   SQ_GUARD_AHEAD_MIN, SQ_GUARD_AHEAD_MAX);

	if (test_bit(pages, wanted))
		return ahead;
	return test_bit(pages, sampled) ? min_t(unsigned int, ahead, SQ_GUARD_SAMPLE_AHEAD) : 0;
}

static unsigned int ahead_of(unsigned int pages)
{
	return READ_ONCE(yielded) ? 0 : usual_of(pages);
}

static void ready_add(struct sq_guard *g)
{
	unsigned int pages = g->bytes >> PAGE_SHIFT;
	unsigned long flags;

	raw_spin_lock_irqsave(&ready_lock, flags);
	/* The address that was somebody's last comes last. */
	list_add_tail(&g->link, &ready[pages]);
	WRITE_ONCE(nr_ready[pages], nr_ready[pages] + 1);
	raw_spin_unlock_irqrestore(&ready_lock, flags);
}

static struct sq_guard *take_locked(unsigned int pages)
{
	struct sq_guard *g = list_first_entry_or_null(&ready[pages], struct sq_guard, link);

	if (g) {
		list_del(&g->link);
		WRITE_ONCE(nr_ready[pages], nr_ready[pages] - 1);
	}
	return g;
}

static struct sq_guard *ready_take(unsigned int pages)
{
	struct sq_guard *g;
	unsigned long flags;

	if (in_nmi()) {
		/* Somebody may be at it who waits for us. */
		if (!raw_spin_trylock(&ready_lock))
			return NULL;
		g = take_locked(pages);
		raw_spin_unlock(&ready_lock);
		return g;
	}
	raw_spin_lock_irqsave(&ready_lock, flags);
	g = take_locked(pages);
	raw_spin_unlock_irqrestore(&ready_lock, flags);
	return g;
}

static void make_ahead(unsigned int pages)
{
	unsigned int most = ahead_of(pages);
	struct sq_guard *g;

	/* Others take them meanwhile, maybe as fast as they are made: this ends. */
	while (most-- && READ_ONCE(nr_ready[pages]) < ahead_of(pages)) {
		g = area_make(pages);
		if (!g)
			break;
		ready_add(g);
	}
}

/* ---- gone -------------------------------------------------------------------- */

/* It is nobody's any more to who looks, and nobody is at it who may be. */
static void retract(struct sq_guard *g)
{
	struct squirrel_cache *t = (struct squirrel_cache *)READ_ONCE(g->agent.owner);
	struct sq_damage damage;

	if (!t)
		return;
	if (!sq_guard_sound(g, &damage))
		sq_trouble_guard(t, g, &damage, _RET_IP_);
	WRITE_ONCE(g->agent.owner, NULL);
	atomic_long_dec(&t->guarded);
}

/* The oldest of those that are remembered is no more, once nobody can be at it. */
static void forget_oldest(struct list_head *gone)
{
	struct sq_guard *g = list_last_entry(&past, struct sq_guard, all);

	list_move(&g->all, gone);
	nr_past--;
	sq_guard_leave(g);
}

/* One that was an object's is remembered. */
static void remember(struct sq_guard *g, struct list_head *gone)
{
	bool used = READ_ONCE(g->state) != SQ_GUARD_READY;

	list_move(&g->all, &past);
	nr_past++;
	if (!used || nr_past > SQ_GUARD_PAST) {
		if (!used)
			list_move_tail(&g->all, &past);
		forget_oldest(gone);
	}
}

/* Hide them, and let their pages go once no CPU can have them mapped. */
static void unmap(struct llist_node *first)
{
	struct sq_guard *g, *next;
	bool readers = false;
	LIST_HEAD(gone);

	if (!first)
		return;
	llist_for_each_entry(g, first, freed) {
		const struct squirrel_cache *t = g->agent.owner;

		readers |= t && t->flags & SQUIRREL_TYPESAFE_BY_RCU;
	}
	if (readers)
		synchronize_rcu();
	llist_for_each_entry(g, first, freed) {
		retract(g);
		/* Freed in NMI it may not have been told, and must not look there any more. */
		if (READ_ONCE(g->state) != SQ_GUARD_READY)
			kmemleak_free(g->obj);
	}
	sq_guard_hide(first);
	llist_for_each_entry_safe(g, next, first, freed) {
		sq_guard_free_pages(g);
		if (g->state == SQ_GUARD_FREE)
			WRITE_ONCE(g->state, SQ_GUARD_GONE);
		remember(g, &gone);
	}
	free_gone(&gone);
}

/* What is more than is to be there. */
static void drop_ready(unsigned int pages)
{
	struct llist_head gone = LLIST_HEAD_INIT(gone);
	struct sq_guard *g;

	while (READ_ONCE(nr_ready[pages]) > ahead_of(pages) && (g = ready_take(pages)))
		llist_add(&g->freed, &gone);
	unmap(gone.first);
}

/* ---- the worker ---------------------------------------------------------------- */

static void work_fn(struct work_struct *unused)
{
	unsigned int i;

	/*
	 * First: so the addresses of what goes are not used again at once. Who looks for what is
	 * live waits for one length, and not for all of them.
	 */
	for (i = 1; i <= SQ_GUARD_PAGES; i++) {
		mutex_lock(&guard_mutex);
		make_ahead(i);
		drop_ready(i);
		mutex_unlock(&guard_mutex);
	}
	mutex_lock(&guard_mutex);
	unmap(llist_del_all(&freed));
	mutex_unlock(&guard_mutex);
}

static DECLARE_WORK(work, work_fn);

static void call_fn(struct irq_work *unused)
{
	schedule_work(&work);
}

static DEFINE_IRQ_WORK(call, call_fn);

/* One that is ready, or NULL. It is the caller's alone. Any context. */
struct sq_guard *sq_guard_take(unsigned int pages)
{
	unsigned int usual = usual_of(pages);
	struct sq_guard *g = ready_take(pages);

	/* Of what nobody wants there is none, and none comes. */
	if (usual && READ_ONCE(nr_ready[pages]) <= usual / 2) {
		WRITE_ONCE(yielded, false);
		irq_work_queue(&call);
	}
	return g;
}

/* What was made ahead goes, a moment later. Any context. */
void sq_guard_yield(void)
{
	if (bitmap_empty(wanted, SQ_GUARD_PAGES + 1) &&
	    bitmap_empty(sampled, SQ_GUARD_PAGES + 1))
		return;
	WRITE_ONCE(yielded, true);
	irq_work_queue(&call);
}

/* It is free, and is to be unmapped. Any context. */
void sq_guard_put(struct sq_guard *g)
{
	if (llist_add(&g->freed, &freed))
		irq_work_queue(&call);
}

/*
 * Until what was freed so far is unmapped, and what is wanted is ready: by a run of its own,
 * whoever was called for it before. May sleep.
 */
void sq_guard_flush(void)
{
	schedule_work(&work);
	flush_work(&work);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_guard_flush);

/* ---- what is wanted ------------------------------------------------------------- */

/* Large blocks are guarded as well, but none that are only sampled: that is memory. */
static void want_heap(unsigned long *bits, bool all)
{
	bitmap_set(bits, 1, all ? SQ_GUARD_PAGES : PFN_UP(SQUIRREL_CLASS_MAX_SIZE));
}

static void want(const struct squirrel_cache *c, unsigned long *bits, bool all)
{
	if (c->flags & (SQ_CACHE_CLASS | SQ_CACHE_LARGE))
		want_heap(bits, all);
	else
		set_bit(sq_guard_pages(c, c->object_size), bits);
}

/*
 * Areas for objects of @c, or if it is of a heap, of all of the heap's; a few of them if it
 * is only sampled. They are there after sq_guard_settle().
 */
void sq_guard_want(const struct squirrel_cache *c, u32 debug)
{
	bool all = debug & SQ_DEBUG_GUARD;

	WRITE_ONCE(yielded, false);
	want(c, all ? wanted : sampled, all);
	schedule_work(&work);
}

struct still {
	DECLARE_BITMAP(all, SQ_GUARD_PAGES + 1);
	DECLARE_BITMAP(some, SQ_GUARD_PAGES + 1);
};

static void still_wanted(struct squirrel_cache *c, void *ctx)
{
	u32 debug = READ_ONCE(c->debug);
	bool all = debug & SQ_DEBUG_GUARD;
	struct still *still = ctx;

	if (!(c->flags & (SQ_CACHE_GONE | SQ_CACHE_TWIN)) &&
	    sq_debug_guards(debug, READ_ONCE(c->sample)))
		want(c, all ? still->all : still->some, all);
}

static void heap_still_wants(struct squirrel_heap *heap, void *ctx)
{
	u32 debug = READ_ONCE(heap->debug);
	bool all = debug & SQ_DEBUG_GUARD;
	struct still *still = ctx;

	if (sq_debug_guards(debug, READ_ONCE(heap->sample)))
		want_heap(all ? still->all : still->some, all);
}

/* Somebody wants none any more: what nobody does goes; see sq_guard_settle(). May sleep. */
void sq_guard_unwant(void)
{
	struct still still = {};

	sq_walk_caches(still_wanted, &still);
	sq_walk_heaps(heap_still_wants, &still);
	bitmap_copy(wanted, still.all, SQ_GUARD_PAGES + 1);
	bitmap_copy(sampled, still.some, SQ_GUARD_PAGES + 1);
	schedule_work(&work);
}

/*
 * What was wanted before is there, and gone what nobody wants. It may take its time: not under
 * sq_debug_lock(), which whoever makes a cache or destroys one waits for. May sleep.
 */
void sq_guard_settle(void)
{
	flush_work(&work);
}

/* ---- all of them ------------------------------------------------------------------ */

/* Each that is mapped, and stays so meanwhile. May sleep. */
void sq_guard_walk(sq_guard_fn fn, void *ctx)
{
	struct sq_guard *g;

	mutex_lock(&guard_mutex);
	list_for_each_entry(g, &guards, all) {
		if (READ_ONCE(g->state) != SQ_GUARD_READY)
			fn(g, ctx);
		cond_resched();
	}
	mutex_unlock(&guard_mutex);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_guard_walk);

/*
 * What is unmapped and was the cache's @c, or memory of @heap, is nobody's: they go. May
 * sleep.
 */
void sq_guard_disown(const struct squirrel_cache *c, const struct squirrel_heap *heap)
{
	struct sq_guard *g;

	mutex_lock(&guard_mutex);
	list_for_each_entry(g, &past, all)
		if (g->client && (g->client == c || (heap && g->client->heap == heap)))
			WRITE_ONCE(g->client, NULL);
	mutex_unlock(&guard_mutex);
}

static void take_away(struct sq_guard *g, void *t)
{
	if (sq_owner(&g->agent) == t &&
	    cmpxchg(&g->state, SQ_GUARD_LIVE, SQ_GUARD_FREE) == SQ_GUARD_LIVE) {
		kmemleak_free(g->obj);
		sq_guard_put(g);
	}
}

/* What @t has goes, live or not. Nobody uses it any more. May sleep. */
void sq_guard_end(struct squirrel_cache *t)
{
	sq_guard_walk(take_away, t);
	sq_guard_flush();
}

void sq_guard_init(void)
{
	unsigned int i;

	for (i = 0; i <= SQ_GUARD_PAGES; i++)
		INIT_LIST_HEAD(&ready[i]);
	sq_guard_fault_init();
}

/* Nothing of it is anybody's any more. May sleep. */
void sq_guard_exit(void)
{
	LIST_HEAD(gone);

	sq_guard_fault_exit();
	bitmap_zero(wanted, SQ_GUARD_PAGES + 1);
	bitmap_zero(sampled, SQ_GUARD_PAGES + 1);
	/* Nobody calls any more. */
	sq_irq_work_wait(&call);
	sq_guard_flush();
	mutex_lock(&guard_mutex);
	while (nr_past)
		forget_oldest(&gone);
	free_gone(&gone);
	mutex_unlock(&guard_mutex);
	sq_guard_unmap_end();
}
