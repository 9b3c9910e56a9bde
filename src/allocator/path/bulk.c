// SPDX-License-Identifier: GPL-2.0
/*
 * Many objects in one call: the checks and the finish of each object as on the
 * hot path, the moves a run at a time.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "path.h"
#include "trace.h"

static __always_inline void bulk_pop_one(void **to, void **from,
					 unsigned long off)
{
	void *obj = *from;

	sq_obj_unmark_at(obj + off);
	*to = obj;
}

static __always_inline void bulk_pop_four(void **to, void **from, unsigned long off)
{
	bulk_pop_one(to, from, off);
	bulk_pop_one(to + 1, from + 1, off);
	bulk_pop_one(to + 2, from + 2, off);
	bulk_pop_one(to + 3, from + 3, off);
}

/*
 * The topmost @nr of the @have in a magazine, made fit on the way. Eight at a time: to
 * count takes nearly as long as to move one.
 */
static unsigned int bulk_pop(struct squirrel_cache *c, struct sq_mag *mag,
			     u32 have, void **objs, unsigned int nr)
{
	void **from = mag->obj + have - nr, **end = objs + nr;
	unsigned long off = c->mark_off;

	for (; end - objs >= 8; objs += 8, from += 8) {
		bulk_pop_four(objs, from, off);
		bulk_pop_four(objs + 4, from + 4, off);
	}
	for (; objs < end; objs++, from++)
		bulk_pop_one(objs, from, off);
	return nr;
}

/* From slabs, past what is at hand. */
static unsigned int bulk_take_slabs(struct squirrel_cache *c, void **objs,
				    unsigned int nr)
{
	struct sq_node *n = c->node[numa_mem_id()];
	unsigned int got, i;
	unsigned long flags;

	if (!sq_node_lock(c, n, &flags))
		return 0;
	got = sq_node_take(c, n, objs, nr);
	sq_node_unlock(n, flags);
	for (i = 0; i < got; i++)
		sq_obj_unmark_at(sq_mark_at(c, objs[i]));
	return got;
}

/* Up to @nr objects at hand; all of them free of marks, none zeroed. */
static unsigned int bulk_take(struct squirrel_cache *c, void **objs,
			      unsigned int nr)
{
	unsigned int got = 0;
	struct sq_hand *h;
	u32 have;

	preempt_disable();
	h = sq_cpu_get(c, &have, true);
	if (!h) {
		got = bulk_take_slabs(c, objs, nr);
		sq_count_allocs(c, got);
		preempt_enable();
		return got;
	}
	for (;;) {
		unsigned int some = min(nr - got, have);

		got += bulk_pop(c, h->loaded, have, objs + got, some);
		have -= some;
		if (got == nr || !sq_hand_refill(c, h, &have))
			break;
	}
	if (got < nr) {
		h->slow[SQ_SLOW_ALLOC_MISS]++;
		sq_hand_miss(c, h, 0, 1 + (nr - got) / h->loaded->cap, false);
		got += bulk_take_slabs(c, objs + got, nr - got);
	}
	sq_cpu_put_counted(c, h, have, got, 0);
	preempt_enable();
	return got;
}

static bool bulk_fill(struct squirrel_cache *c, gfp_t gfp, size_t n,
		      void **objs, size_t *got)
{
	while (*got < n) {
		unsigned int more;

		more = bulk_take(c, objs + *got,
				 min_t(size_t, n - *got, SQ_BULK_CHUNK));
		if (!more) {
			objs[*got] = sq_cache_alloc_slow(c, gfp, NUMA_NO_NODE);
			more = !!objs[*got];
		}
		if (!more)
			return false;
		*got += more;
		if (unlikely(sq_racy(sq_series_n)))
			sq_series_tick(gfp, more);
	}
	return true;
}

/*
 * The hot path for a few objects: out of the loaded magazine, as far as it goes. Who asks
 * for many is better served by bulk_pop(), which knows how many there are.
 */
static __always_inline unsigned int hot_take(struct squirrel_cache *c, void **objs,
					     unsigned int nr)
{
	struct sq_cpu __percpu *cc;
	unsigned int i = 0;
	void **top;

	preempt_disable();
	cc = c->cpu;
	if (likely(sq_claim(cc))) {
		top = (void **)(raw_cpu_read(cc->top) - SQ_CLAIMED);
		for (; i < nr; i++) {
			void *obj = *top;

			if (unlikely(!obj))
				break;
			sq_obj_unmark_at(obj);
			objs[i] = obj;
			top--;
		}
		sq_unclaim(cc, (unsigned long)top);
	}
	preempt_enable();
	return i;
}

/* One by one; what the hot path has found is as good. */
static int alloc_bulk_debugged(struct squirrel_cache *c, gfp_t gfp, size_t n, void **objs,
			       size_t got)
{
	for (; got < n; got++) {
		objs[got] = sq_cache_alloc_slow(c, gfp, NUMA_NO_NODE);
		if (!objs[got]) {
			squirrel_cache_free_bulk(c, got, objs);
			return 0;
		}
		if (unlikely(sq_racy(sq_series_n)))
			sq_series_tick(gfp, 1);
	}
	return n;
}

/* One by one as well, and somebody wants to know of each. */
static noinline int alloc_bulk_told(struct squirrel_cache *c, gfp_t gfp, size_t n,
				    void **objs, size_t got, unsigned long caller)
{
	size_t i;

	for (i = 0; i < got; i++)
		sq_trace_alloc(c->name, caller, objs[i], c->object_size, c->size, gfp,
			       NUMA_NO_NODE);
	for (; got < n; got++) {
		objs[got] = sq_cache_alloc_told(c, gfp, NUMA_NO_NODE, caller);
		if (!objs[got]) {
			squirrel_cache_free_bulk(c, got, objs);
			return 0;
		}
	}
	return n;
}

/* All but what the hot path has found already. */
static noinline int alloc_bulk_slow(struct squirrel_cache *c, gfp_t gfp, size_t n,
				    void **objs, size_t got)
{
	size_t i;

	if (static_branch_unlikely(&sq_trace_allocs))
		return alloc_bulk_told(c, gfp, n, objs, got, _RET_IP_);
	if (unlikely(sq_debugged_soon(c)))
		return alloc_bulk_debugged(c, gfp, n, objs, got);
	if (unlikely(gfp & SQ_GFP_ZONES)) {
		sq_zone_alloc(c, gfp, NUMA_NO_NODE);	/* says why */
		return 0;
	}
	if (!bulk_fill(c, gfp, n, objs, &got)) {
		squirrel_cache_free_bulk(c, got, objs);
		return 0;
	}
	if (want_init_on_alloc(gfp))
		for (i = 0; i < n; i++)
			sq_obj_alloc_prep(c, objs[i], gfp);
	return n;
}

static __always_inline int alloc_bulk_hot(struct squirrel_cache *c, gfp_t gfp, size_t n,
					  void **objs)
{
	size_t got = 0;

	if (n > INT_MAX)
		return 0;
	if (n <= SQ_BULK_FEW && likely(!sq_racy(sq_slow_alloc_needed)) &&
	    likely(!(gfp & (__GFP_ZERO | SQ_GFP_ZONES)))) {
		got = hot_take(c, objs, n);
		if (likely(got == n))
			return n;
	}
	return alloc_bulk_slow(c, gfp, n, objs, got);
}

/**
 * squirrel_cache_alloc_bulk() - take many objects from a cache
 * @c: the cache
 * @gfp: as for squirrel_cache_alloc()
 * @n: how many
 * @objs: where their addresses go; undefined if 0 is returned
 *
 * Context: As squirrel_cache_alloc().
 * Return: @n, or 0 if not all of them were to be had: then none is taken.
 */
int squirrel_cache_alloc_bulk(struct squirrel_cache *c, gfp_t gfp, size_t n,
			      void **objs)
{
	int i, nr = alloc_bulk_hot(c, gfp, n, objs);

	if (IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		for (i = 0; i < nr; i++)
			sq_leak_alloc(c, objs[i], gfp);
	return nr;
}
EXPORT_SYMBOL_GPL(squirrel_cache_alloc_bulk);

/* The agent of an object's page; NULL unless it is a local one of the cache. */
static __always_inline struct sq_agent *bulk_look(struct squirrel_cache *c,
						  void *obj)
{
	struct sq_agent *agent = sq_map_lookup(obj);

	if (unlikely(sq_owner_fast(agent) != c))
		return NULL;
	if (static_branch_unlikely(&sq_numa) && agent->node != numa_mem_id())
		return NULL;
	return agent;
}

/*
 * Check objects and put them into @to, at most @space: the checks of the hot
 * path, but neighbours in a page share one lookup. Stops at the first that
 * needs a closer look. Returns how many went.
 */
static unsigned int bulk_check(struct squirrel_cache *c, void **to,
			       void **objs, unsigned int space)
{
	unsigned long off = c->mark_off, page;
	struct sq_agent *agent = space ? bulk_look(c, objs[0]) : NULL;
	u64 recip = c->recip, limit = c->recip_limit, bias;
	long i;

	/* Without a page to begin with there is none to be in by mistake. */
	if (!agent)
		return 0;
	page = (unsigned long)objs[0] & PAGE_MASK;
	bias = sq_slab_of(agent)->recip_bias;
	/* Up to 0, which need not be compared with anything. */
	to += space;
	objs += space;
	for (i = -(long)space; i; i++) {
		void *obj = objs[i];
		unsigned long *mark = obj + off, value;

		if (((unsigned long)obj ^ page) >= PAGE_SIZE) {
			agent = bulk_look(c, obj);
			if (!agent)
				break;
			page = (unsigned long)obj & PAGE_MASK;
			bias = sq_slab_of(agent)->recip_bias;
		}
		if (!sq_slot_start_by(recip, limit, bias, obj))
			break;
		value = sq_mark_of(c, obj);
		if (*mark == value)
			break;
		sq_obj_mark_at(mark, value);
		to[i] = obj;
	}
	return space + i;
}

/*
 * Claimed: as many as can go without a closer look, into what is at hand. *@suspect: it
 * ended at one that is to be looked at.
 */
static unsigned int bulk_push(struct squirrel_cache *c, struct sq_hand *h, u32 *have,
			      void **objs, unsigned int nr, bool *suspect)
{
	unsigned int done = 0, space, some;
	bool more = false;

	for (;;) {
		space = min(nr - done, h->loaded->cap - *have);
		some = bulk_check(c, h->loaded->obj + *have, objs + done, space);
		*have += some;
		done += some;
		*suspect = some < space;
		if (*suspect || done == nr)
			return done;
		if (sq_hand_make_room(c, h, have, more))
			continue;
		if (more)
			return done;
		h->slow[SQ_SLOW_FREE_FLUSH]++;
		more = sq_hand_miss(c, h, *have, 1 + (nr - done) / h->loaded->cap, true);
		if (!more && *have == h->loaded->cap)
			return done;
	}
}

/*
 * Preemption off. As many as can go without a closer look: into what the CPU has at hand,
 * what is over past it.
 */
static unsigned int bulk_give(struct squirrel_cache *c, void **objs,
			      unsigned int nr)
{
	unsigned int done = 0;
	bool suspect = false;
	struct sq_hand *h;
	u32 have;

	h = sq_cpu_get(c, &have, true);
	if (h)
		done = bulk_push(c, h, &have, objs, nr, &suspect);
	if (!suspect && done < nr) {
		nr = bulk_check(c, objs + done, objs + done, nr - done);
		sq_slabs_put(c, objs + done, nr);
		sq_count_volume((unsigned long)nr * c->size);
		sq_event(SQ_EVENT_ACTIVE, 0);
		done += nr;
	}
	if (h)
		sq_cpu_put_counted(c, h, have, 0, done);
	else
		sq_count_frees(c, done);
	return done;
}

/*
 * The hot path for a few objects: into the loaded magazine, as long as there is room and
 * nothing to be looked at. The checks are those of bulk_check().
 */
static __always_inline unsigned int hot_give(struct squirrel_cache *c, void **objs,
					     unsigned int nr)
{
	struct sq_cpu __percpu *cc = c->cpu;
	u64 recip = c->recip, limit = c->recip_limit, bias;
	unsigned long page, value;
	struct sq_agent *agent;
	unsigned int i = 0;
	void **top;

	if (unlikely(!nr || !sq_claim(cc)))
		return 0;
	top = (void **)(raw_cpu_read(cc->top) - SQ_CLAIMED);
	page = (unsigned long)objs[0] & PAGE_MASK;
	for (; i < nr; i++) {
		void *obj = objs[i];

		if (!i || ((unsigned long)obj ^ page) >= PAGE_SIZE) {
			agent = sq_map_lookup(obj);
			if (unlikely(sq_owner_fast(agent) != c))
				break;
			page = (unsigned long)obj & PAGE_MASK;
			bias = sq_slab_of(agent)->recip_bias;
		}
		if (unlikely(!sq_slot_start_by(recip, limit, bias, obj)))
			break;
		value = sq_mark_of(c, obj);
		if (unlikely(*(unsigned long *)obj == value ||
			     sq_racy(top[1]) == SQ_MAG_END))
			break;
		sq_obj_mark_at(obj, value);
		*++top = obj;
	}
	raw_cpu_add(cc->frees, i);
	sq_unclaim(cc, (unsigned long)top);
	return i;
}

/* Somebody wants to know of each, before it may be anybody's. */
static noinline void tell_frees(struct squirrel_cache *c, size_t n, void **objs,
				unsigned long caller)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!ZERO_OR_NULL_PTR(objs[i]))
			sq_trace_free(c->name, caller, objs[i]);
}

/* All from the @i-th on. */
static noinline void free_bulk_slow(struct squirrel_cache *c, size_t n, void **objs,
				    size_t i, unsigned long caller)
{
	bool fast = !want_init_on_free();

	if (static_branch_unlikely(&sq_trace_frees))
		tell_frees(c, n - i, objs + i, caller);
	while (i < n) {
		unsigned int nr = min_t(size_t, n - i, SQ_BULK_CHUNK), done = 0;

		if (fast) {
			preempt_disable();
			done = bulk_give(c, objs + i, nr);
			preempt_enable();
			sq_cache_tidy(c);
		}
		i += done;
		if (done < nr)
			sq_cache_free_slow(c, objs[i++], caller);
	}
}

/**
 * squirrel_cache_free_bulk() - give many objects back to their cache
 * @c: the cache
 * @n: how many
 * @objs: their addresses; NULLs are passed over
 *
 * A pointer that squirrel_cache_free() would refuse is reported and passed
 * over; the others are freed.
 *
 * Context: Any context.
 */
void squirrel_cache_free_bulk(struct squirrel_cache *c, size_t n, void **objs)
{
	size_t done = 0, i;

	if (SQ_HAS_CHECKERS)
		for (i = 0; i < n; i++)
			sq_checkers_free(c, NULL, objs[i]);
	if (n <= SQ_BULK_FEW && (static_branch_likely(&sq_default_free) ||
				 static_branch_likely(&sq_unchecked_free))) {
		preempt_disable();
		done = hot_give(c, objs, n);
		preempt_enable();
		if (likely(done == n))
			return;
	}
	free_bulk_slow(c, n, objs, done, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_cache_free_bulk);
