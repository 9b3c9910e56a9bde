// SPDX-License-Identifier: GPL-2.0
/*
 * Debugged objects, out and in. Nothing of this is hot; there are no magazines, so what is
 * not live is in its slab, and the slab's bits decide.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "allocator/common/kasan.h"
#include "allocator/magazine/magazine.h"
#include "allocator/pages/pages.h"
#include "allocator/slab/guard.h"

#include "debug.h"

/* ---- out -------------------------------------------------------------------- */

/* The twin's objects count for the cache's limit, beside its own. */
static bool charge(struct squirrel_cache *c, struct squirrel_cache *t, gfp_t gfp)
{
	unsigned long live;

	sq_count_allocs(t, 1);
	if (!c->limit_objs)
		return true;
	/* Who sums up may have been interrupted: in NMI what there is in all will do. */
	live = in_nmi() ? atomic_long_read(&c->counts.objs) : sq_cache_live(c);
	live += atomic_long_read(&t->counts.allocs) - atomic_long_read(&t->counts.frees);
	if (live <= c->limit_objs || sq_gfp_nofail(gfp))
		return true;
	sq_count_allocs(t, -1L);
	atomic_long_inc(&c->counts.limit_hits);
	return false;
}

/* It is found damaged, and handed out no more. */
static void retire(struct squirrel_cache *t, struct sq_slot *s,
		   const struct sq_damage *damage, unsigned long caller)
{
	sq_trouble_slot(t, s, damage, caller);
	WRITE_ONCE(s->state, SQ_SLOT_RETIRED);
	atomic_long_inc(&t->retired);
}

/* May the object be handed out? If not it never is. */
static bool slot_fit(struct squirrel_cache *t, void *slot, unsigned long caller)
{
	struct sq_damage damage = { .what = "a live object was to be handed out again" };
	struct sq_slot *s = slot;
	u32 debug = READ_ONCE(t->debug);
	bool fit = s->state != SQ_SLOT_LIVE;

	if (!fit) {
		damage.at = (u8 *)&s->state;
		damage.want = SQ_SLOT_FREE & 0xff;
	}
	if (fit && debug & SQ_DEBUG_POISON)
		fit = sq_slot_poison_sound(t, slot, &damage);
	if (fit && debug & SQ_DEBUG_REDZONE)
		fit = sq_slot_zones_sound(t, slot, &damage);
	if (!fit)
		retire(t, s, &damage, caller);
	return fit;
}

static void *take_fit(struct squirrel_cache *t, gfp_t gfp, int node, unsigned long caller)
{
	void *slot;

	do {
		slot = sq_take_slow(t, gfp, node);
	} while (slot && !slot_fit(t, slot, caller));
	return slot;
}

/* Where no slab can be made for the twin: what the cache itself has at hand is as good. */
static void *take_plain(struct squirrel_cache *c, gfp_t gfp, int node)
{
	void *obj = sq_may_grow() ? NULL : sq_take_slow(c, gfp, node);

	if (!obj)
		return NULL;
	sq_count_allocs(c, 1);
	sq_obj_alloc_prep(c, obj, gfp);
	return obj;
}

/* It is the caller's alone until this returns. */
static void *hand_out(struct squirrel_cache *c, struct sq_slot *s, size_t size, gfp_t gfp,
		      u32 debug, unsigned long caller)
{
	struct squirrel_cache *t = c->twin;
	void *obj = (char *)s + t->lead;

	sq_obj_unmark_at(&s->mark);
	sq_track_set(&s->alloc, debug, caller);
	/* Who checks sees that before anything else changes: see check.c. */
	smp_wmb();
	if (SQ_HAS_KASAN)
		sq_slot_show(t, s);
	s->asked = size;
	s->flags = debug & SQ_DEBUG_ON;
	if (want_init_on_alloc(gfp))
		sq_obj_zero(t, obj, gfp);
	if (debug & SQ_DEBUG_REDZONE)
		sq_slot_fill_zones(t, s);
	if (SQ_HAS_KASAN && debug & SQ_DEBUG_KASAN)
		sq_slot_hide_zones(t, s);
	/* Who looks for what is live finds it as it is. */
	smp_store_release(&s->state, SQ_SLOT_LIVE);
	sq_peak_add(c, c->object_size);
	if (unlikely(debug & SQ_DEBUG_TRACE))
		sq_debug_log(c, obj, size, &s->alloc);
	return obj;
}

/*
 * As sq_cache_alloc_slow(), of a cache that is debugged. @size: what was asked for, if
 * that is known, up to its objects' size.
 */
void *sq_debug_alloc(struct squirrel_cache *c, size_t size, gfp_t gfp, int node,
		     unsigned long caller)
{
	struct squirrel_cache *t = c->twin;
	u32 debug = READ_ONCE(c->debug);
	struct sq_slot *s;
	void *obj;

	if (!in_nmi())
		might_alloc(gfp);
	if (unlikely(gfp & SQ_GFP_ZONES))
		return sq_zone_alloc(c, gfp, node);
	if (debug == SQ_DEBUG_SAMPLE)
		debug = sq_sampled_letters(READ_ONCE(c->sample));
	if (unlikely(debug & SQ_DEBUG_SWEEP) && sq_sweep_fails(c, size, gfp, caller))
		return NULL;
	if (!charge(c, t, gfp))
		return NULL;
	obj = debug & SQ_DEBUG_GUARD ? sq_guard_alloc(c, size, gfp, debug, caller) : NULL;
	if (obj)
		return obj;
	do {
		s = take_fit(t, gfp, node, caller);
		/* What is in quarantine is better than nothing. */
		if (!s && sq_debug_release(t, SQ_QUARANTINE_RELEASE))
			s = take_fit(t, gfp, node, caller);
	} while (!s && sq_wait_for_memory(gfp));
	if (!s) {
		sq_count_allocs(t, -1L);
		return take_plain(c, gfp, node);
	}
	return hand_out(c, s, size, gfp, debug, caller);
}

/* ---- in --------------------------------------------------------------------- */

static bool books_wrong(const struct sq_slab *slab)
{
	unsigned int w, bits = 0;

	for (w = 0; w < SQ_SLAB_WORDS; w++)
		bits += hweight64(slab->free[w]);
	return bits != slab->nr_free || slab->nr_free >= slab->nr_objs ||
	       slab->fullness == SQ_FULLNESS_EMPTY;
}

/*
 * The lock of the slab's node is held, but for an NMI that could not have it. What is
 * wrong with a free of the object that @f is, or NULL; then it is live no more.
 */
static const char *claim_locked(struct squirrel_cache *t, const void *obj, struct sq_found *f,
				bool locked, bool *broken)
{
	struct sq_slab *slab;
	struct sq_slot *s;
	u32 state;

	sq_obj_look(obj, f);
	if (f->owner != t)
		return "second free, or free of memory given back,";
	slab = sq_slab_of(f->agent);
	if (!f->start)
		return "free of a pointer into the middle";
	if (f->index >= sq_read_racy(slab->nr_objs))
		return "free of a pointer behind the last object";
	if (sq_read_racy(slab->free[f->index >> 6]) & BIT_ULL(f->index & 63))
		return "second free";
	s = sq_slot_of(t, obj);
	state = READ_ONCE(s->state);
	if (state == SQ_SLOT_FREE || state == SQ_SLOT_HELD || state == SQ_SLOT_RETIRED ||
	    (state == SQ_SLOT_FRESH && !s->alloc.when))
		return "second free";
	/* Without the lock somebody may be at them. */
	*broken = locked && READ_ONCE(t->debug) & SQ_DEBUG_CHECK && books_wrong(slab);
	return NULL;
}

/* Nobody else frees it as well: who does finds it free. Preemption is off. */
static const char *claim(struct squirrel_cache *t, const void *obj, struct sq_found *f,
			 u32 *was, bool *broken)
{
	struct sq_slot *s = sq_slot_of(t, obj);
	const char *what;
	unsigned long flags;
	struct sq_node *n;
	bool locked;

	do {
		sq_obj_look(obj, f);
		n = t->node[max_t(int, f->agent->node, 0)];
		locked = sq_node_lock(t, n, &flags);
		what = claim_locked(t, obj, f, locked, broken);
		if (!what) {
			*was = READ_ONCE(s->state);
			WRITE_ONCE(s->state, SQ_SLOT_FREE);
		}
		if (locked)
			sq_node_unlock(n, flags);
	} while (what && sq_obj_moved(obj, f->agent));
	return what;
}

/* It is the caller's alone. */
static void check_freed(struct squirrel_cache *t, void *slot, u32 was, unsigned long caller)
{
	struct sq_damage damage;
	struct sq_slot *s = slot;

	if (was != SQ_SLOT_LIVE) {
		damage.what = "write far in front of an object";
		damage.at = (u8 *)&s->state;
		damage.want = SQ_SLOT_LIVE & 0xff;
		sq_trouble_slot(t, slot, &damage, caller);
		s->flags = 0;
	}
	if (READ_ONCE(t->debug) & SQ_DEBUG_REDZONE &&
	    !sq_slot_zones_sound(t, slot, &damage)) {
		sq_trouble_slot(t, slot, &damage, caller);
		/* Told once. */
		sq_slot_fill_zones(t, slot);
	}
}

/* @node: the slab's, or NUMA_NO_NODE */
static void put_slot(struct squirrel_cache *t, int node, void *slot)
{
	struct sq_node *n = t->node[max(node, 0)];

	/* Memory that is given back nobody can check: some empty slabs stay for a while. */
	if (READ_ONCE(t->debug) && READ_ONCE(n->keep) < SQ_DEBUG_KEEP)
		WRITE_ONCE(n->keep, SQ_DEBUG_KEEP);
	sq_set_mark(t, slot);
	preempt_disable();
	sq_slabs_put(t, &slot, 1);
	preempt_enable();
	sq_count_volume(t->size);
	sq_cache_tidy(t);
}

/* Out of quarantine: what was filled is to be as it was left, whatever is on by now. */
static void let_go(struct squirrel_cache *t, void *slot)
{
	struct sq_damage damage;
	struct sq_slot *s = slot;
	struct sq_found f;

	if (!sq_slot_poison_sound(t, slot, &damage) ||
	    !sq_slot_zones_sound(t, slot, &damage)) {
		retire(t, s, &damage, _RET_IP_);
		return;
	}
	WRITE_ONCE(s->state, SQ_SLOT_FREE);
	preempt_disable();
	sq_obj_look((char *)slot + t->lead, &f);
	preempt_enable();
	put_slot(t, f.agent->node, slot);
}

/*
 * Up to @most objects leave the quarantine of a twin, the oldest first; of none, and of
 * those that come meanwhile, none. Any context. Returns how many left.
 */
unsigned long sq_debug_release(struct squirrel_cache *t, unsigned long most)
{
	unsigned long done = 0, nr = min(most, sq_quarantined(t));
	void *slot;

	while (done < nr && (slot = sq_quarantine_take(t))) {
		let_go(t, slot);
		done++;
	}
	return done;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_release);

/* All that are in it by now; others may run in between. May sleep. */
void sq_debug_release_all(struct squirrel_cache *t)
{
	unsigned long left = sq_quarantined(t), done;

	for (; left; left -= done) {
		done = sq_debug_release(t, min_t(unsigned long, left, SQ_QUARANTINE_STEP));
		if (!done)
			break;
		cond_resched();
	}
}

/* Free, but not to be handed out again at once. */
static void hold(struct squirrel_cache *t, struct sq_slot *s)
{
	void *old;

	WRITE_ONCE(s->state, SQ_SLOT_HELD);
	old = sq_quarantine_swap(t, s);
	if (old)
		let_go(t, old);
	/* Pairs with apply_and_release() in switch.c: one of both sees the other. */
	smp_mb();
	if (unlikely(!(READ_ONCE(t->debug) & SQ_DEBUG_QUARANTINE)))
		sq_debug_release(t, ULONG_MAX);
}

/* What was redzone behind a smaller object is so no more. */
static void wipe_slot(struct squirrel_cache *t, struct sq_slot *s, void *obj)
{
	sq_obj_wipe(t, obj);
	if (sq_slot_may_poison(t))
		s->asked = t->object_size;
}

/* As it is to stay until somebody has it again. */
static void fill_freed(struct squirrel_cache *t, struct sq_slot *s, void *obj, u32 debug)
{
	if (SQ_HAS_KASAN)
		sq_slot_show(t, s);
	if (debug & SQ_DEBUG_POISON && sq_slot_may_poison(t))
		sq_slot_poison(t, s);
	else if (want_init_on_free())
		wipe_slot(t, s, obj);
	if (SQ_HAS_KASAN && debug & SQ_DEBUG_KASAN)
		sq_slot_hide(t, s);
}

static void free_slot(struct squirrel_cache *t, void *obj, unsigned long caller)
{
	struct sq_damage damage = { .what = "a slab's books are wrong" };
	void *slot = sq_slot_of(t, obj);
	u32 debug = READ_ONCE(t->debug), was = 0;
	struct sq_slot *s = slot;
	bool broken = false;
	const char *what;
	struct sq_found f;

	preempt_disable();
	what = claim(t, obj, &f, &was, &broken);
	if (what && f.owner == t)
		sq_trouble_misuse(t->client, what, obj, &f, caller);
	else if (what)
		sq_report(t->client, what, obj, caller);
	preempt_enable();
	if (what)
		return;
	/* As in sq_debug_alloc(). */
	smp_wmb();
	if (broken) {
		damage.at = (u8 *)&s->state;
		sq_trouble_slot(t, slot, &damage, caller);
	}
	check_freed(t, slot, was, caller);
	sq_track_set(&s->free, debug, caller);
	if (unlikely(debug & SQ_DEBUG_TRACE))
		sq_debug_log(t->client, obj, 0, &s->free);
	fill_freed(t, s, obj, debug);
	if (debug & SQ_DEBUG_QUARANTINE)
		hold(t, s);
	else
		put_slot(t, f.agent->node, slot);
	sq_peak_sub(t->client, t->object_size);
	/* Last: what is counted as live is so. */
	sq_count_frees(t, 1);
}

/* As sq_cache_free_slow(), of an object of a twin, or of a large block that is guarded. */
void sq_debug_free(struct squirrel_cache *t, void *obj, unsigned long caller)
{
	if (sq_guard_free(t, obj, caller))
		return;
	/* What stands for large blocks has nothing else: somebody freed it just now. */
	if (t->flags & SQ_CACHE_LARGE)
		sq_report(t, "second free", obj, caller);
	else
		free_slot(t, obj, caller);
}

/* ---- questions -------------------------------------------------------------- */

/* Bytes of the live object that @f is, of a twin, or of a large block, or 0. */
size_t sq_debug_usable(const struct sq_found *f)
{
	const struct sq_slot *s;

	if (f->agent->kind == SQ_KIND_GUARD)
		return sq_guard_of(f->agent)->asked;
	if (f->agent->kind == SQ_KIND_LARGE)
		return sq_large_of(f->agent)->debug ? sq_large_of(f->agent)->size : 0;
	if (!f->owner->client)
		return 0;
	s = sq_slot_of(f->owner, (void *)f->base);
	return min(READ_ONCE(s->asked), f->owner->object_size);
}
