// SPDX-License-Identifier: GPL-2.0
/*
 * The CPUs' arrays: where their memory comes from, how much they hold, and looking at
 * them from elsewhere.
 *
 * A CPU that never uses a cache has none. It gets one at its first miss, and exchanges
 * that for a larger one by itself when it keeps running over, in whatever context that
 * is: it has the claim, so nobody else is at the array, and one pointer and the top are
 * all that changes. The reclaimer, on the CPU itself, has it exchanged for a smaller one.
 *
 * Memory for arrays is squirrel's own objects, of a few sizes, taken from what is at
 * hand: preemption is off, and a free must not wake anybody up in order to have
 * memory. Where there is none the array stays as it is, and more are made as soon as
 * that is possible; see sq_arrays_make().
 *
 * Who looks at other CPUs' arrays may find one that was exchanged just then. Such
 * memory stays what it is, an array or a magazine of some cache, for a grace period
 * more, so that what is read may be wrong but no more than that.
 */
#include <linux/atomic.h>
#include <linux/hardirq.h>
#include <linux/minmax.h>
#include <linux/processor.h>
#include <linux/string.h>

#include "magazine.h"

/* One for each order. */
struct squirrel_cache *sq_array_cache[SQ_ARRAY_ORDERS];
EXPORT_SYMBOL_SQ_KUNIT(sq_array_cache);
static unsigned long orders_short;	/* one bit each: there was none at hand */

/* The array of a CPU that has none: nothing in it, no room. */
static struct {
	void *bottom;
	void *end;
} no_array = { .end = SQ_ARRAY_END };

static_assert(offsetof(struct sq_array, obj) ==
	      offsetof(struct sq_array, bottom) + sizeof(void *));

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
 * owed. Preemption is off.
 */
void *sq_array_memory(struct squirrel_cache *c, unsigned int order)
{
	struct squirrel_cache *from = sq_array_cache[order];
	void *obj;

	if (in_nmi())
		return NULL;
	obj = memory_at_hand(from);
	if (!obj) {
		set_bit(order, &orders_short);
		WRITE_ONCE(c->owed, true);
		return NULL;
	}
	sq_count_allocs(from, 1);
	sq_obj_alloc_prep(from, obj, 0);
	return obj;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_array_memory);

void sq_array_memory_free(void *memory, unsigned int order)
{
	struct squirrel_cache *from = sq_array_cache[order];

	/* It is gone as a whole: see sq_allocator_exit(). */
	if (!from)
		return;
	preempt_disable();
	sq_obj_free_prep(from, memory);
	sq_count_frees(from, 1);
	sq_slabs_put(from, &memory, 1);
	preempt_enable();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_array_memory_free);

/* An order that was short of memory, which is forgotten by that; or NULL. */
struct squirrel_cache *sq_arrays_short(void)
{
	unsigned int order;

	if (likely(!READ_ONCE(orders_short)))
		return NULL;
	for (order = 0; order < SQ_ARRAY_ORDERS; order++)
		if (test_and_clear_bit(order, &orders_short))
			return sq_array_cache[order];
	return NULL;
}

static void exchange(struct sq_cpu __percpu *cc, struct sq_array *a, u32 nr)
{
	/* Who looks from elsewhere tells by the distance if they do not match. */
	raw_cpu_write(cc->top, sq_array_top(a, nr) | SQ_CLAIMED);
	raw_cpu_write(cc->array, a);
}

static unsigned int order_for(u32 cap)
{
	unsigned int order = 0;

	while (SQ_ARRAY_ROOM(order) < cap)
		order++;
	return order;
}

/* The CPU's first one. It has the claim. */
struct sq_array *sq_array_first(struct squirrel_cache *c, struct sq_cpu __percpu *cc)
{
	u32 cap = sq_cap_start(c);
	unsigned int order = order_for(cap);
	struct sq_array *a;

	/* What arrays are made of has none itself. */
	if (c->flags & SQ_CACHE_INTERNAL)
		return NULL;
	a = sq_array_memory(c, order);
	if (!a)
		return NULL;
	memset(a, 0, SQ_ARRAY_BYTES << order);
	a->cap = cap;
	a->order = order;
	a->obj[cap] = SQ_ARRAY_END;
	exchange(cc, a, 0);
	return a;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_array_first);

/*
 * Let the claimed array @a with @nr objects hold @cap of them, at least @nr, even and at
 * most c->cpu_max. Returns the array, which is another one if there was memory for that;
 * if not it is as it was.
 */
struct sq_array *sq_array_resize(struct squirrel_cache *c, struct sq_array *a, u32 nr,
				 u32 cap)
{
	unsigned int order = order_for(cap), was = a->order;
	struct sq_array *new = a;

	sq_assert(nr <= cap && nr <= a->cap && cap <= c->cpu_max);
	if (cap == a->cap)
		return a;
	if (order != was) {
		new = sq_array_memory(c, order);
		if (!new)
			return a;
		memset(new, 0, SQ_ARRAY_BYTES << order);
		memcpy(new, a, offsetof(struct sq_array, bottom));
		sq_move(new->obj, a->obj, nr);
		new->order = order;
		exchange(sq_cpu_of(c), new, nr);
	}
	/* Or the next array made of this would end there. */
	a->obj[a->cap] = NULL;
	new->cap = cap;
	new->obj[cap] = SQ_ARRAY_END;
	if (new != a)
		sq_array_memory_free(a, was);
	return new;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_array_resize);

/* ---- how much they hold --------------------------------------------------------- */

unsigned int sq_cap_start(const struct squirrel_cache *c)
{
	return min(c->cpu_max, clamp(SQ_CPU_START / c->size, 2U, SQ_ARRAY_ROOM(0)) & ~1U);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cap_start);

/*
 * Claimed: it ran full, or empty, with @nr objects in it now. If that goes on let it hold
 * more: soon where it runs over in both directions, for then it is smaller than what the
 * load swings by. Returns the array.
 */
struct sq_array *sq_array_miss(struct squirrel_cache *c, struct sq_array *a, u32 nr,
			       unsigned int worth, bool full)
{
	if (a->cap >= c->cpu_max)
		return a;
	if (full != a->was_full)
		worth += SQ_SWING_WORTH;
	a->was_full = full;
	a->misses += min(worth, SQ_MISSES_TO_GROW);
	if (a->misses < SQ_MISSES_TO_GROW)
		return a;
	a->misses = 0;
	return sq_array_resize(c, a, nr, min(2U * a->cap, c->cpu_max));
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
	for_each_possible_cpu(cpu)
		for (i = 0; i < nr; i++)
			per_cpu_ptr(c->cpu, cpu)[i].top = (unsigned long)&no_array.bottom;
	return 0;
}

/* Of a cache that nobody knows any more. */
void sq_cpus_free(struct squirrel_cache *c)
{
	int cpu;

	if (!c->cpu)
		return;
	for_each_possible_cpu(cpu) {
		struct sq_array *a = per_cpu_ptr(sq_cpu_of(c), cpu)->array;

		/* At the end what arrays were made of goes first, as a whole. */
		if (!a || !sq_array_cache[0])
			continue;
		a->obj[a->cap] = NULL;
		if (a->mag)
			sq_array_memory_free(a->mag, SQ_MAG_ORDER);
		sq_array_memory_free(a, a->order);
	}
	free_percpu(c->cpu);
}

/* ---- looking at them ------------------------------------------------------------ */

/*
 * How many objects are in the array of a CPU that is in use meanwhile. While it is being
 * exchanged the two may not match: then none.
 */
static u32 nr_racy(const struct sq_cpu *cc, const struct sq_array *a)
{
	unsigned long top = READ_ONCE(cc->top) & ~BIT(SQ_CLAIM_BIT);
	unsigned long nr = (top - (unsigned long)&a->bottom) / sizeof(void *);

	return nr <= SQ_CPU_MAX ? nr : 0;
}

/* Objects in a CPU's array, roughly; preemption off or under RCU. */
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu)
{
	const struct sq_cpu *cc = per_cpu_ptr(sq_cpu_of(c), cpu);
	const struct sq_array *a = READ_ONCE(cc->array);

	return a ? nr_racy(cc, a) : 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_nr);

/*
 * Call @fn for each CPU's array, with what it holds, until it returns true: an object may
 * be come by more than once. Under RCU.
 */
bool sq_look_in_arrays(struct squirrel_cache *c, sq_array_fn fn, void *ctx)
{
	u32 room;
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct sq_cpu *cc = per_cpu_ptr(sq_cpu_of(c), cpu);
		struct sq_array *a = READ_ONCE(cc->array);

		if (!a)
			continue;
		/* What it was made for, whatever it is by now. */
		room = (sq_owner(sq_map_lookup(a))->size - sizeof(*a)) / sizeof(void *);
		if (fn(a->obj, min(nr_racy(cc, a), room), ctx))
			return true;
	}
	return false;
}

/* Handed out on a CPU, and taken back, by who had the claim. */
static unsigned long cpu_allocs(const struct sq_cpu *cc, const struct sq_array *a, u32 nr)
{
	return sq_racy(cc->frees) + READ_ONCE(a->base) - nr;
}

/* Uses of a claimed array of this CPU's that has @nr objects in it. */
unsigned long sq_array_used(const struct squirrel_cache *c, const struct sq_array *a,
			    u32 nr)
{
	const struct sq_cpu *cc = this_cpu_ptr(sq_cpu_of(c));

	return cpu_allocs(cc, a, nr) + cc->frees;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_array_used);

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
 * but waits for nobody.
 */
static void count_cpu(const struct sq_cpu *cc, unsigned long *allocs,
		      unsigned long *frees)
{
	unsigned int tries = SQ_COUNT_TRIES;
	const struct sq_array *a;
	unsigned long top, out, in;

	do {
		top = READ_ONCE(cc->top);
		smp_rmb();	/* the rest is not older */
		a = READ_ONCE(cc->array);
		in = sq_racy(cc->frees);
		out = a ? cpu_allocs(cc, a, nr_racy(cc, a)) : in;
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
	int cpu;

	*allocs = atomic_long_read(&c->counts.allocs);
	*frees = atomic_long_read(&c->counts.frees);
	rcu_read_lock();
	for_each_possible_cpu(cpu)
		count_cpu(per_cpu_ptr(sq_cpu_of(c), cpu), allocs, frees);
	rcu_read_unlock();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_counts);

/* How often something took an allocation or a free off the hot path. */
unsigned long sq_cache_slow(const struct squirrel_cache *c, enum sq_slow_event event)
{
	unsigned long nr = (u32)atomic_read(&c->counts.slow[event]);
	const struct sq_array *a;
	int cpu;

	if (event >= SQ_NR_SLOW_CLAIMED)
		return nr;
	rcu_read_lock();
	for_each_possible_cpu(cpu) {
		a = READ_ONCE(per_cpu_ptr(sq_cpu_of(c), cpu)->array);
		if (a)
			nr += sq_racy(a->slow[event]);
	}
	rcu_read_unlock();
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_slow);
