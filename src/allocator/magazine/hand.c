// SPDX-License-Identifier: GPL-2.0
/*
 * What CPUs have at hand: where magazines come from, how much they hold, and looking at
 * them from elsewhere.
 *
 * A CPU that never uses a cache has none. It gets one at its first miss, and exchanges
 * that for a larger one by itself when it keeps running over, in whatever context that
 * is: it has the claim, so nobody else is at it, and a pointer and the top are all that
 * changes. The reclaimer, on the CPU itself, has it exchanged for a smaller one.
 *
 * Magazines are squirrel's own objects, of a few sizes, taken from what is at hand:
 * preemption is off, and a free must not wake anybody up in order to have memory.
 * Where there is none all stays as it is, and more are made as soon as that is
 * possible; see mags_make().
 *
 * Who looks at what other CPUs have may find one that was exchanged just then. Such
 * memory stays what it is, a magazine or a hand of some cache, for a grace period more
 * (hands have a cache of their own), so that what is read may be wrong but no more than
 * that: a hand may have no magazine for a moment.
 */
#include <linux/atomic.h>
#include <linux/hardirq.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/processor.h>
#include <linux/seqlock.h>
#include <linux/string.h>

#include "magazine.h"

/* One for each order, and one for hands. */
struct squirrel_cache *sq_mag_cache[SQ_MAG_CACHES];
EXPORT_SYMBOL_SQ_KUNIT(sq_mag_cache);
static DEFINE_RAW_SPINLOCK(fold_lock);	/* what a hand counted moves to its cache */
static seqcount_raw_spinlock_t fold_seq = SEQCNT_RAW_SPINLOCK_ZERO(fold_seq, &fold_lock);
static unsigned long orders_short;	/* one bit each: there was none at hand */

/* The magazine of a CPU that has none: nothing in it, no room. */
static struct {
	void *bottom;
	void *end;
} no_mag = { .end = SQ_MAG_END };

static_assert(offsetof(struct sq_mag, obj) ==
	      offsetof(struct sq_mag, bottom) + sizeof(void *));

/* ---- memory for them ------------------------------------------------------------ */

static void *memory_at_hand(struct squirrel_cache *from)
{
	int here = numa_mem_id(), nid = here;
	unsigned long flags;
	void *obj = NULL;

	do {
		struct sq_node *n = from->node[nid];

		if (sq_read_racy(n->nr_free) && sq_node_lock(from, n, &flags)) {
			sq_node_take(from, n, &obj, 1);
			sq_node_unlock(n, flags);
		}
		nid = next_node_in(nid, node_possible_map);
	} while (!obj && nid != here);
	return obj;
}

/*
 * Memory of an order for @c, from what is at hand; if there is none, NULL, and some is
 * owed. What is in it is for the caller to set up. Preemption is off.
 */
void *sq_mag_memory(struct squirrel_cache *c, unsigned int order)
{
	struct squirrel_cache *from = sq_mag_cache[order];
	void *obj;

	if (in_nmi())
		return NULL;
	obj = memory_at_hand(from);
	if (!obj) {
		set_bit(order, &orders_short);
		sq_owe(c);
		return NULL;
	}
	sq_count_allocs(from, 1);
	return obj;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_mag_memory);

void sq_mag_memory_free(void *memory, unsigned int order)
{
	struct squirrel_cache *from = sq_mag_cache[order];

	/* It is gone as a whole: see sq_allocator_exit(). */
	if (!from)
		return;
	preempt_disable();
	sq_obj_free_prep(from, memory);
	sq_count_frees(from, 1);
	sq_slabs_put(from, &memory, 1);
	preempt_enable();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_mag_memory_free);

/* An order that was short of memory, which is forgotten by that; or NULL. */
struct squirrel_cache *sq_mags_short(void)
{
	unsigned int order;

	if (likely(!READ_ONCE(orders_short)))
		return NULL;
	for (order = 0; order < SQ_MAG_CACHES; order++)
		if (test_and_clear_bit(order, &orders_short))
			return sq_mag_cache[order];
	return NULL;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_mags_short);

static DEFINE_MUTEX(keep_lock);
static unsigned int keepers;

/*
 * A cache with a reserve comes (+1) or goes (-1). While there is one, a slab of each kind
 * stays of what magazines are made of, once there is one: else the first allocations after
 * a run that gives all back would have to fetch pages though there is a reserve. May sleep.
 */
void sq_mags_keep(int by)
{
	unsigned int order;

	mutex_lock(&keep_lock);
	keepers += by;
	for (order = 0; order < SQ_MAG_CACHES; order++)
		WRITE_ONCE(sq_mag_cache[order]->reserve, !!keepers);
	mutex_unlock(&keep_lock);
}

/* ---- magazines ------------------------------------------------------------------ */

static unsigned int order_for(u32 cap)
{
	unsigned int order = 0;

	while (SQ_MAG_ROOM(order) < cap)
		order++;
	return order;
}

/* Preemption is off. NULL: there is no memory at hand. */
struct sq_mag *sq_mag_new(struct squirrel_cache *c, u32 cap)
{
	unsigned int order = order_for(cap);
	struct sq_mag *mag = sq_mag_memory(c, order);

	if (!mag)
		return NULL;
	/*
	 * Nobody looks at the places above the topmost object but for an end. Should one be
	 * there by chance, then a push goes the slow way once, which takes no notice of it.
	 */
	*mag = (struct sq_mag){ .cap = cap, .order = order };
	mag->obj[cap] = SQ_MAG_END;
	return mag;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_mag_new);

void sq_mag_free(struct sq_mag *mag)
{
	sq_mag_memory_free(mag, mag->order);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_mag_free);

/* All of a list of them. */
void sq_mags_free(struct sq_mag *mag)
{
	struct sq_mag *next;

	/* At the end what they were made of goes first, as a whole. */
	if (!sq_mag_cache[0])
		return;
	for (; mag; mag = next) {
		next = mag->next;
		sq_mag_free(mag);
	}
}

/*
 * Of a cache that was drained though nobody asked whether it is in use, the next are as
 * large at once: as the largest, if several CPUs had some.
 */
void sq_cap_keep(struct squirrel_cache *c, u32 cap)
{
	if (time_before32((u32)jiffies, READ_ONCE(c->cap_until)))
		cap = max_t(u32, cap, READ_ONCE(c->cap_was));
	WRITE_ONCE(c->cap_was, cap);
	WRITE_ONCE(c->cap_until, (u32)jiffies + msecs_to_jiffies(SQ_CAP_KEPT_MS));
}

static u32 cap_first(const struct squirrel_cache *c)
{
	u32 cap = sq_cap_start(c), was = READ_ONCE(c->cap_was);

	return was > cap && time_before32((u32)jiffies, READ_ONCE(c->cap_until)) ? was : cap;
}

/* The CPU's first. It has the claim. */
struct sq_hand *sq_hand_first(struct squirrel_cache *c, struct sq_cpu __percpu *cc)
{
	struct sq_mag *mag;
	struct sq_hand *h;

	/* What magazines are made of has none itself, nor what is debugged. */
	if (c->flags & (SQ_CACHE_INTERNAL | SQ_CACHE_TWIN))
		return NULL;
	mag = sq_mag_new(c, cap_first(c));
	if (!mag)
		return NULL;
	h = sq_mag_memory(c, SQ_MAG_HANDS);
	if (!h) {
		sq_mag_free(mag);
		return NULL;
	}
	memset(h, 0, sizeof(*h));
	/* What it did before is no use of this one. */
	h->seen = 2 * raw_cpu_read(cc->frees);
	h->looked = h->seen;
	h->loaded = mag;
	raw_cpu_write(cc->top, sq_mag_top(h->loaded, 0) | SQ_CLAIMED);
	/* Who finds it finds it set up. */
	smp_wmb();
	raw_cpu_write(cc->hand, h);
	return h;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_hand_first);

/*
 * The CPU uses it no more; it is claimed, or the CPU is offline. The @nr objects that were
 * loaded have gone, and there is no spare. What was counted in it is counted without it.
 * The caller lets go of the claim, at sq_no_top().
 */
void sq_hand_free(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr)
{
	struct sq_hand *h = cc->hand;
	unsigned long flags;
	unsigned int i;

	sq_assert(!h->spare);
	raw_spin_lock_irqsave(&fold_lock, flags);
	write_seqcount_begin(&fold_seq);
	WRITE_ONCE(cc->hand, NULL);
	atomic_long_add(h->base - nr, &c->counts.allocs);
	for (i = 0; i < SQ_NR_SLOW_CLAIMED; i++)
		atomic_add(h->slow[i], &c->counts.slow[i]);
	write_seqcount_end(&fold_seq);
	raw_spin_unlock_irqrestore(&fold_lock, flags);
	sq_mag_free(h->loaded);
	sq_mag_memory_free(h, SQ_MAG_HANDS);
}

/* Where the top is of a CPU that has none. */
unsigned long sq_no_top(void)
{
	return (unsigned long)&no_mag.bottom;
}

/*
 * Let the loaded magazine of a claimed hand, with @nr objects in it, hold @cap of them:
 * at least @nr, even and at most c->cpu_max. It is exchanged if there is memory for that;
 * if not all stays as it was.
 */
void sq_hand_resize(struct squirrel_cache *c, struct sq_hand *h, u32 nr, u32 cap)
{
	struct sq_mag *mag = h->loaded, *new;

	sq_assert(nr <= cap && nr <= mag->cap && cap <= c->cpu_max);
	if (cap == mag->cap)
		return;
	if (order_for(cap) == mag->order) {
		mag->obj[mag->cap] = NULL;
		mag->cap = cap;
		mag->obj[cap] = SQ_MAG_END;
		return;
	}
	new = sq_mag_new(c, cap);
	if (!new)
		return;
	sq_move(new->obj, mag->obj, nr);
	/* Both, or who sums up meanwhile finds nothing in it. */
	raw_cpu_write(sq_cpu_of(c)->top, sq_mag_top(new, nr) | SQ_CLAIMED);
	/* Who looks from elsewhere finds what was moved. */
	smp_store_release(&h->loaded, new);
	sq_mag_free(mag);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_hand_resize);

/* ---- how much they hold --------------------------------------------------------- */

unsigned int sq_cap_start(const struct squirrel_cache *c)
{
	return min(c->cpu_max, clamp(SQ_CPU_START / c->size, 2U, SQ_MAG_ROOM(0)) & ~1U);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cap_start);

/*
 * Claimed: it ran full, or empty, with @nr objects in the loaded magazine now. If that
 * goes on let that hold more: soon where it runs over in both directions, for then it is
 * smaller than what the load swings by. True if it is as large as it can be, and more is
 * wanted still.
 */
bool sq_hand_miss(struct squirrel_cache *c, struct sq_hand *h, u32 nr,
		  unsigned int worth, bool full)
{
	if (full != h->was_full)
		worth += SQ_SWING_WORTH;
	h->was_full = full;
	h->misses += min(worth, SQ_MISSES_TO_GROW);
	if (h->misses < SQ_MISSES_TO_GROW)
		return false;
	if (h->loaded->cap >= c->cpu_max) {
		h->misses = SQ_MISSES_TO_GROW;
		return true;
	}
	h->misses = 0;
	sq_hand_resize(c, h, nr, min(2U * h->loaded->cap, c->cpu_max));
	return false;
}

/* ---- the door ------------------------------------------------------------------- */

/*
 * What the hot path finds of a cache whose door is shut: nothing to take, and no room. So
 * all go the slow way, where it is asked why. Two, for caches with their mark outside.
 */
static DEFINE_PER_CPU(struct sq_cpu [2], shut);

static struct sq_cpu __percpu *first_cpu(const struct squirrel_cache *c)
{
	return c->hands - !!(c->flags & SQ_CACHE_MARK_OUTSIDE);
}

/*
 * The hot path does not get at a cache, or does again. What CPUs have at hand stays theirs:
 * who is on the slow path finds it by sq_cpu_of(). A grace period later nobody is on the
 * old way any more; either way is right for any object.
 */
void sq_door_shut(struct squirrel_cache *c)
{
	WRITE_ONCE(c->cpu, (struct sq_cpu __percpu *)shut);
}

void sq_door_open(struct squirrel_cache *c)
{
	WRITE_ONCE(c->cpu, first_cpu(c));
}

void sq_door_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		per_cpu(shut, cpu)[0].top = sq_no_top();
		per_cpu(shut, cpu)[1].top = sq_no_top();
	}
}

/* ---- a cache's ------------------------------------------------------------------ */

/* Returns 0 or -ENOMEM. */
int sq_cpus_init(struct squirrel_cache *c, gfp_t gfp)
{
	size_t nr = 1 + !!(c->flags & SQ_CACHE_MARK_OUTSIDE), i;
	int cpu;

	c->cpu = (struct sq_cpu __percpu *)
		__alloc_percpu_gfp(nr * sizeof(struct sq_cpu),
				   __alignof__(struct sq_cpu), gfp);
	if (!c->cpu)
		return -ENOMEM;
	c->hands = c->cpu + nr - 1;
	for_each_possible_cpu(cpu)
		for (i = 0; i < nr; i++)
			per_cpu_ptr(c->cpu, cpu)[i].top = sq_no_top();
	return 0;
}

/* Of a cache that nobody knows any more. */
void sq_cpus_free(struct squirrel_cache *c)
{
	struct sq_hand *h;
	int cpu;

	if (!c->hands)
		return;
	for_each_possible_cpu(cpu) {
		h = per_cpu_ptr(sq_cpu_of(c), cpu)->hand;
		/* As in sq_mags_free(). */
		if (!h || !sq_mag_cache[0])
			continue;
		sq_mag_free(h->loaded);
		if (h->spare)
			sq_mag_free(h->spare);
		sq_mag_memory_free(h, SQ_MAG_HANDS);
	}
	free_percpu(first_cpu(c));
}

/* ---- looking at them ------------------------------------------------------------ */

/*
 * How many objects are in a magazine that is loaded while it is looked at. While it is
 * being exchanged the two may not match: then none.
 */
static u32 nr_racy(const struct sq_cpu *cc, const struct sq_mag *mag)
{
	unsigned long top = READ_ONCE(cc->top) & ~BIT(SQ_CLAIM_BIT);
	unsigned long nr = (top - (unsigned long)&mag->bottom) / sizeof(void *);

	return nr <= SQ_MAG_MAX ? nr : 0;
}

/* Objects that a CPU has at hand, roughly. Under RCU, which preemption off is as well. */
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu)
{
	const struct sq_cpu *cc = per_cpu_ptr(sq_cpu_of(c), cpu);
	const struct sq_hand *h = sq_read_racy(cc->hand);
	const struct sq_mag *loaded, *spare;

	if (!h)
		return 0;
	loaded = sq_read_racy(h->loaded);
	spare = sq_read_racy(h->spare);
	return (loaded ? nr_racy(cc, loaded) : 0) +
	       (spare ? min_t(u32, sq_read_racy(spare->nr), SQ_MAG_MAX) : 0);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_nr);

/* No more than it was made for, whatever it is by now. */
static bool look_in(struct sq_mag *mag, u32 nr, sq_mag_fn fn, void *ctx)
{
	const struct squirrel_cache *of = sq_owner(sq_map_lookup(mag));
	u32 room;

	if (!of || !(of->flags & SQ_CACHE_INTERNAL))
		return false;
	room = (of->size - sizeof(*mag)) / sizeof(void *);
	return fn(mag->obj, min(nr, room), ctx);
}

/*
 * Call @fn for all magazines that CPUs have at hand, with what they hold, until it returns
 * true: an object may be come by more than once. Preemption is off.
 */
bool sq_look_in_hands(struct squirrel_cache *c, sq_mag_fn fn, void *ctx)
{
	struct sq_mag *mag;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct sq_cpu *cc = per_cpu_ptr(sq_cpu_of(c), cpu);
		struct sq_hand *h = sq_read_racy(cc->hand);

		if (!h)
			continue;
		mag = sq_read_racy(h->loaded);
		if (mag && look_in(mag, nr_racy(cc, mag), fn, ctx))
			return true;
		mag = sq_read_racy(h->spare);
		if (mag && look_in(mag, sq_read_racy(mag->nr), fn, ctx))
			return true;
	}
	return false;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_look_in_hands);

/* Handed out on a CPU, by who had the claim. */
static unsigned long cpu_allocs(const struct sq_cpu *cc, const struct sq_hand *h, u32 nr)
{
	return sq_racy(cc->frees) + READ_ONCE(h->base) - nr;
}

/* Uses of what this CPU has at hand; it is claimed, with @nr objects loaded. */
unsigned long sq_hand_used(const struct squirrel_cache *c, const struct sq_hand *h,
			   u32 nr)
{
	const struct sq_cpu *cc = this_cpu_ptr(sq_cpu_of(c));

	return cpu_allocs(cc, h, nr) + cc->frees;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_hand_used);

static bool claimed_racy(const struct sq_cpu *cc)
{
#ifdef SQ_PERCPU_BTS
	return READ_ONCE(cc->top) & BIT(SQ_CLAIM_BIT);
#else
	return READ_ONCE(cc->claimed);
#endif
}

/*
 * What belongs together changes under the claim. Who sums up tries to find it at rest,
 * but waits for nobody. On a CPU of weak order it may look so when it is not: nobody pays
 * for a barrier with each object. What was done before something that orders (the last
 * free before a destroy, a drain before the end of its work) is always seen.
 */
static void count_cpu(const struct sq_cpu *cc, unsigned long *allocs,
		      unsigned long *frees)
{
	unsigned int tries = SQ_COUNT_TRIES;
	const struct sq_hand *h;
	unsigned long top, out, in;

	do {
		top = READ_ONCE(cc->top);
		smp_rmb();	/* the rest is not older */
		h = sq_read_racy(cc->hand);
		in = sq_racy(cc->frees);
		out = h ? cpu_allocs(cc, h, nr_racy(cc, sq_read_racy(h->loaded))) : in;
		smp_rmb();	/* nor newer */
		if (!claimed_racy(cc) && top == READ_ONCE(cc->top))
			break;
		cpu_relax();
	} while (--tries);
	*allocs += out;
	*frees += in;
}

/* Objects ever handed out and taken back; exact when nobody is at it. */
void sq_cache_counts(struct squirrel_cache *c, unsigned long *allocs,
		     unsigned long *frees)
{
	unsigned int seq;
	int cpu;

	rcu_read_lock();
	do {
		seq = read_seqcount_begin(&fold_seq);
		*allocs = atomic_long_read(&c->counts.allocs);
		*frees = atomic_long_read(&c->counts.frees);
		for_each_possible_cpu(cpu)
			count_cpu(per_cpu_ptr(sq_cpu_of(c), cpu), allocs, frees);
	} while (read_seqcount_retry(&fold_seq, seq));
	rcu_read_unlock();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_counts);

/* How often something took an allocation or a free off the hot path. */
unsigned long sq_cache_slow(const struct squirrel_cache *c, enum sq_slow_event event)
{
	unsigned long nr = (u32)atomic_read(&c->counts.slow[event]);
	const struct sq_hand *h;
	int cpu;

	if (event >= SQ_NR_SLOW_CLAIMED)
		return nr;
	rcu_read_lock();
	for_each_possible_cpu(cpu) {
		h = sq_read_racy(per_cpu_ptr(sq_cpu_of(c), cpu)->hand);
		if (h)
			nr += sq_racy(h->slow[event]);
	}
	rcu_read_unlock();
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_slow);
