// SPDX-License-Identifier: GPL-2.0
/*
 * Room in the CPUs' magazines. Most caches never hold more than a few objects
 * there, so their arrays begin with room for those, and are replaced when a
 * cache wants to hold more. The hot path knows nothing of it: it loads c->cpu
 * with preemption off, and has to get the claim of what it found there.
 *
 *            c->cpu   c->old   what holds
 *   settled  A        -        c->cap <= c->room <= room in A
 *     | begin: B is made, its magazines are empty and claimed on all CPUs;
 *     | the hot path goes on to the slow one, which moves its CPU first
 *   moving   B        A        an object is in A or B; c->room is A's
 *     | move: each CPU, interrupts off, claims A for good, takes what is in
 *     | there to B and lets go of B. When all CPUs have: c->room is B's
 *   moved    B        A        nobody gets at objects in A any more, but who
 *     |                        found A before may still count in there
 *     | a grace period; what was counted in A is added to c->past
 *   settled  B        -
 *     | a grace period for those who look at c->old; A is freed
 *
 * A CPU moves when it is interrupted for that, when the slow path wants its
 * magazines, or when they are being drained; if somebody on it was interrupted who
 * has A claimed, then a tick later, and until then the slow path goes past them, to
 * the slabs. Others move a CPU that is offline: the claim decides who does. So an
 * interrupt, an NMI included, finds on its CPU either A as usual, or A claimed, as
 * if it had interrupted somebody who uses the magazines, or it moves them itself.
 *
 * Where the claim is two instructions (see sq_claim()), whoever the move
 * interrupts between them takes A to be empty and not claimed, and may put
 * objects there. So c->room stays A's for a grace period more, and what is in A
 * after the next one goes to the slabs.
 *
 * Who counts loads c->cpu and adds in one section with preemption off. Who adds
 * up takes c->past, c->cpu and c->old under sq_room_seq. Who looks for objects
 * looks into A before B, and again if c->cpu has changed.
 *
 * sq_room_mutex serialises all of it, and is not held over a grace period, for
 * destroy waits for it. Nor may it wait for CPU hotplug, since a client may
 * destroy a cache from there: where the hotplug lock is not to be had, the work
 * goes on later. A cache that goes away is forgotten in whatever state it is.
 */
#include <linux/cpu.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/seqlock.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "magazine.h"

/* How much more room there is each time. */
#define SQ_ROOM_STEP	4U
/* Ticks to wait for a CPU whose magazines are in use, before doing else. */
#define SQ_MOVE_TRIES	8U

/*
 * Trips to the depot or the slabs, between two looks of the reclaimer, before
 * the magazines grow: a trip costs a few hundred instructions, so fewer do not
 * matter, while what lies in magazines keeps slabs from becoming empty.
 */
#define SQ_TRIPS_TO_GROW	16

static DEFINE_MUTEX(sq_room_mutex);
static DEFINE_SEQLOCK(sq_room_seq);

/* The cache that is moving, and the room that it moves to. */
static struct squirrel_cache *sq_moving;
static u32 sq_moving_to;

/* ---- how much magazines may hold ------------------------------------------- */

unsigned int sq_cap_start(const struct squirrel_cache *c)
{
	return min(c->cpu_max, max(2U, SQ_CPU_START / c->size) & ~1U);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cap_start);

/*
 * Once per look of the reclaimer, after it has been on all CPUs: where none of
 * them used its magazines much, they may hold less.
 */
void sq_cap_decay(struct squirrel_cache *c)
{
	u32 half = (READ_ONCE(c->cap) / 2) & ~1U;

	if (!READ_ONCE(c->warm))
		sq_set_cap(c, max(half, sq_cap_start(c)));
	WRITE_ONCE(c->warm, false);
}

/*
 * Claimed: they ran full or empty for @nr objects. If that goes on, let them
 * hold more, up to what there is.
 */
void sq_cap_grow(struct squirrel_cache *c, struct sq_cpu *cc, unsigned int nr)
{
	u32 cap = READ_ONCE(c->cap);

	if (cap >= c->cpu_max)
		return;
	cc->trips += 1 + nr / cap;
	if (cc->trips >= SQ_TRIPS_TO_GROW) {
		cap = min(2 * cap, c->cpu_max);
		if (cap <= READ_ONCE(c->room))
			sq_set_cap(c, cap);
		else
			sq_room_wish(c);
		cc->trips = 0;
	}
}

/* ---- arrays --------------------------------------------------------------- */

static size_t sq_room_bytes(u32 objs)
{
	return ALIGN(sizeof(struct sq_cpu) + objs * sizeof(void *),
		     cache_line_size());
}

/* As many objects as there is room for anyhow when there is for @objs. */
static u32 sq_room_round(const struct squirrel_cache *c, u32 objs)
{
	size_t bytes = sq_room_bytes(objs) - sizeof(struct sq_cpu);

	return min_t(size_t, bytes / sizeof(void *), c->cpu_max);
}

static struct sq_cpu __percpu *sq_room_alloc(u32 objs, gfp_t gfp)
{
	return (struct sq_cpu __percpu *)
		__alloc_percpu_gfp(sq_room_bytes(objs), cache_line_size(), gfp);
}

/* A new cache's. Returns 0 or -ENOMEM. */
int sq_room_init(struct squirrel_cache *c, gfp_t gfp)
{
	c->room = sq_room_round(c, sq_cap_start(c));
	c->cpu = sq_room_alloc(c->room, gfp);
	return c->cpu ? 0 : -ENOMEM;
}

/* Of a cache that nobody knows any more. */
void sq_room_free(struct squirrel_cache *c)
{
	free_percpu(c->cpu);
	free_percpu(c->old);
	free_percpu(c->spent);
}

/* ---- looking at them ------------------------------------------------------ */

static u32 sq_array_nr(const struct squirrel_cache *c, struct sq_cpu *cc)
{
	/* Pairs with sq_room_move_cpu(): A is empty, so see what is in B. */
	return (u16)smp_load_acquire(&sq_word_in(c, cc)->word);
}

/* Objects in a CPU's magazines, roughly; preemption off or under RCU. */
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu)
{
	struct sq_cpu __percpu *old = READ_ONCE(c->old);
	u32 nr = old ? sq_array_nr(c, per_cpu_ptr(old, cpu)) : 0;

	return nr + sq_array_nr(c, per_cpu_ptr(READ_ONCE(c->cpu), cpu));
}

/*
 * Call @fn for each array of @cpu, with what it holds, until it returns true:
 * an object that is on its way from one to the other is in either.
 * Preemption off or under RCU.
 */
static bool sq_each_array(struct squirrel_cache *c, int cpu,
			  struct sq_cpu __percpu *at, sq_array_fn fn, void *ctx)
{
	struct sq_cpu __percpu *old = READ_ONCE(c->old);
	struct sq_cpu *cc;

	if (old) {
		cc = per_cpu_ptr(old, cpu);
		if (fn(cc->obj, sq_array_nr(c, cc), ctx))
			return true;
	}
	cc = per_cpu_ptr(at, cpu);
	return fn(cc->obj, sq_array_nr(c, cc), ctx);
}

/* The same for all CPUs; an object may be come by more than once. */
bool sq_look_in_magazines(struct squirrel_cache *c, sq_array_fn fn, void *ctx)
{
	struct sq_cpu __percpu *at;
	int cpu;

	do {
		/* Pairs with sq_room_begin(): c->old is at least as recent. */
		at = smp_load_acquire(&c->cpu);
		for_each_possible_cpu(cpu)
			if (sq_each_array(c, cpu, at, fn, ctx))
				return true;
		/* What was looked at before c->cpu is looked at again. */
		smp_rmb();
	} while (at != READ_ONCE(c->cpu));
	return false;
}

static void sq_count_in(struct sq_cpu __percpu *at, unsigned long *allocs,
			unsigned long *frees)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct sq_cpu *cc = per_cpu_ptr(at, cpu);

		*allocs += sq_peek(cc->allocs) + sq_peek(cc->other_allocs);
		*frees += sq_peek(cc->frees) + sq_peek(cc->other_frees);
	}
}

/* Objects ever handed out and taken back; exact when nobody is at it. */
void sq_cache_counts(struct squirrel_cache *c, unsigned long *allocs,
		     unsigned long *frees)
{
	unsigned int seq;

	rcu_read_lock();
	do {
		seq = read_seqbegin(&sq_room_seq);
		*allocs = c->past.allocs;
		*frees = c->past.frees;
		sq_count_in(c->cpu, allocs, frees);
		if (c->old)
			sq_count_in(c->old, allocs, frees);
	} while (read_seqretry(&sq_room_seq, seq));
	rcu_read_unlock();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_counts);

/* ---- replacing them ------------------------------------------------------- */

/* Claimed on all CPUs: nobody uses it before its CPU has moved. */
static struct sq_cpu __percpu *sq_room_make(struct squirrel_cache *c, u32 room)
{
	struct sq_cpu __percpu *at;
	int cpu;

	at = sq_room_alloc(room, GFP_KERNEL | __GFP_NOWARN);
	if (!at)
		return NULL;
	for_each_possible_cpu(cpu)
		sq_word_in(c, per_cpu_ptr(at, cpu))->word = BIT_ULL(SQ_BUSY_BIT);
	return at;
}

/*
 * From settled to moving. Returns 0; -EBUSY if a cache is moving or this one
 * still has old arrays; -ENOMEM: then nothing has changed.
 */
static int sq_room_begin(struct squirrel_cache *c, u32 room)
{
	struct sq_cpu __percpu *at;

	lockdep_assert_held(&sq_room_mutex);
	if (sq_moving || c->old || c->spent)
		return -EBUSY;
	at = sq_room_make(c, room);
	if (!at)
		return -ENOMEM;
	sq_moving = c;
	sq_moving_to = room;
	write_seqlock_irq(&sq_room_seq);
	WRITE_ONCE(c->old, c->cpu);
	/* Who sees the new one sees the old one, and what was put into both. */
	smp_store_release(&c->cpu, at);
	write_sequnlock_irq(&sq_room_seq);
	return 0;
}

/* On @cpu itself with interrupts off; or it is offline, and remains so. */
static void sq_room_move_cpu(struct squirrel_cache *c, int cpu)
{
	struct sq_cpu __percpu *from = READ_ONCE(c->old);
	struct sq_cpu __percpu *to = READ_ONCE(c->cpu);
	struct sq_cpu *a, *b;
	u32 nr;

	if (!from || from == to)
		return;
	a = per_cpu_ptr(from, cpu);
	b = per_cpu_ptr(to, cpu);
	if (b->moved || !sq_claim_there(sq_word_in(c, a), &nr))
		return;
	sq_move(b->obj, a->obj, nr);
	/* What it did so far counts for the reclaimer's next look. */
	b->seen = a->seen - sq_cpu_used(a);
	WRITE_ONCE(b->moved, true);
	/* In this order: who finds nothing in A finds it in B. */
	smp_store_release(&sq_word_in(c, b)->word, nr);
	/* Pairs with sq_array_nr(). */
	smp_store_release(&sq_word_in(c, a)->word, BIT_ULL(SQ_BUSY_BIT));
}

/*
 * Before @cpu's magazines are used the slow way, or drained: they may be about to
 * move. On @cpu with preemption off; or it is offline, and remains so.
 */
void sq_room_arrive(struct squirrel_cache *c, int cpu)
{
	unsigned long flags;

	if (likely(!READ_ONCE(c->old)))
		return;
	local_irq_save(flags);
	sq_room_move_cpu(c, cpu);
	local_irq_restore(flags);
}

static void sq_room_move_here(void *c)
{
	sq_room_move_cpu(c, smp_processor_id());
}

static bool sq_room_left(int cpu, void *c)
{
	struct sq_cpu __percpu *at = ((struct squirrel_cache *)c)->cpu;

	return !READ_ONCE(per_cpu_ptr(at, cpu)->moved);
}

/* Have all CPUs moved? If not, try again later. */
static bool sq_room_move_all(struct squirrel_cache *c)
{
	bool left = false;
	int cpu;

	if (!cpus_read_trylock())
		return false;
	on_each_cpu_cond(sq_room_left, sq_room_move_here, c, true);
	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu))
			sq_room_arrive(c, cpu);
		left |= sq_room_left(cpu, c);
	}
	cpus_read_unlock();
	return !left;
}

/* From moving to moved. False if some CPU could not yet. */
static bool sq_room_move(void)
{
	struct squirrel_cache *c = sq_moving;
	unsigned int tries;

	lockdep_assert_held(&sq_room_mutex);
	for (tries = SQ_MOVE_TRIES; !sq_room_move_all(c);) {
		if (!--tries)
			return false;
		schedule_timeout_uninterruptible(1);
	}
	/* Until nobody fills A by mistake: see the top of this file. */
	if (!SQ_CLAIMED)
		synchronize_rcu();
	WRITE_ONCE(c->room, sq_moving_to);
	sq_moving = NULL;
	return true;
}

/* What a free that was interrupted at the worst moment left behind. */
static void sq_room_sweep(struct squirrel_cache *c)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct sq_cpu *cc = per_cpu_ptr(c->old, cpu);

		preempt_disable();
		sq_slabs_put(c, cc->obj, sq_word_in(c, cc)->nr);
		preempt_enable();
		sq_slabs_tidy(c);
	}
}

/* From moved to settled, a grace period after the move. */
static void sq_room_fold(struct squirrel_cache *c, void *unused)
{
	unsigned long flags;

	if (!c->old || c == sq_moving)
		return;
	sq_room_sweep(c);
	c->spent = c->old;
	write_seqlock_irqsave(&sq_room_seq, flags);
	sq_count_in(c->old, &c->past.allocs, &c->past.frees);
	WRITE_ONCE(c->old, NULL);
	write_sequnlock_irqrestore(&sq_room_seq, flags);
}

/* Another grace period later. */
static void sq_room_drop(struct squirrel_cache *c, void *unused)
{
	free_percpu(c->spent);
	c->spent = NULL;
}

/* ---- when they are -------------------------------------------------------- */

static void sq_room_find(struct squirrel_cache *c, void *ctx)
{
	struct squirrel_cache **found = ctx;

	/* One that has yet to drop its last arrays has its turn after that. */
	if (!*found && READ_ONCE(c->wish) && !c->old && !c->spent)
		*found = c;
}

/* What it wanted it may hold now. */
static void sq_room_settle(struct squirrel_cache *c)
{
	u32 cap = min(2 * READ_ONCE(c->cap), c->cpu_max);

	if (cap <= READ_ONCE(c->room))
		sq_set_cap(c, cap);
}

/* The next cache that wishes for room has it, or none. Returns whether one did */
static bool sq_room_next(void)
{
	struct squirrel_cache *c = sq_moving;

	lockdep_assert_held(&sq_room_mutex);
	if (!c) {
		/* Its destroy waits for the mutex. */
		sq_walk_caches(sq_room_find, &c);
		if (!c)
			return false;
		WRITE_ONCE(c->wish, false);
		/* Without memory it will wish again. */
		if (sq_room_begin(c, sq_room_round(c, SQ_ROOM_STEP * c->room)))
			return true;
	}
	if (!sq_room_move())
		return false;
	sq_room_settle(c);
	return true;
}

static void sq_room_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(sq_room_work, sq_room_work_fn);

static void sq_room_work_fn(struct work_struct *unused)
{
	struct squirrel_cache *c = NULL;

	mutex_lock(&sq_room_mutex);
	while (sq_room_next())
		cond_resched();
	mutex_unlock(&sq_room_mutex);

	synchronize_rcu();
	mutex_lock(&sq_room_mutex);
	sq_walk_caches(sq_room_fold, NULL);
	mutex_unlock(&sq_room_mutex);

	synchronize_rcu();
	mutex_lock(&sq_room_mutex);
	sq_walk_caches(sq_room_drop, NULL);
	sq_walk_caches(sq_room_find, &c);
	if (sq_moving || c)
		queue_delayed_work(system_unbound_wq, &sq_room_work, 1);
	mutex_unlock(&sq_room_mutex);
}

/* Out of any context, where to queue work is not possible. */
static void sq_room_ask(struct irq_work *unused)
{
	queue_delayed_work(system_unbound_wq, &sq_room_work, 0);
}

static DEFINE_IRQ_WORK(sq_room_asked, sq_room_ask);

/* It would hold more in its magazines than there is room for. Any context. */
void sq_room_wish(struct squirrel_cache *c)
{
	if (READ_ONCE(c->wish))
		return;
	WRITE_ONCE(c->wish, true);
	irq_work_queue(&sq_room_asked);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_room_wish);

/*
 * A cache goes away: it is in no registry any more, so that it is not found
 * again, and nobody uses it. May sleep.
 */
void sq_room_forget(struct squirrel_cache *c)
{
	mutex_lock(&sq_room_mutex);
	if (sq_moving == c)
		sq_moving = NULL;
	mutex_unlock(&sq_room_mutex);
}

/* There are no caches left. May sleep. */
void sq_room_exit(void)
{
	irq_work_sync(&sq_room_asked);
	cancel_delayed_work_sync(&sq_room_work);
}

/* ---- for tests ------------------------------------------------------------ */

#if IS_ENABLED(CONFIG_KUNIT)

/* Until all wishes made so far are granted, or cannot be. */
void sq_room_flush(void)
{
	irq_work_sync(&sq_room_asked);
	while (flush_delayed_work(&sq_room_work))
		;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_room_flush);

/* Begin only, so that a test finds a cache that is moving. */
int sq_room_renew_begin(struct squirrel_cache *c, u32 room)
{
	int err;

	mutex_lock(&sq_room_mutex);
	err = sq_room_begin(c, max(room, c->room));
	mutex_unlock(&sq_room_mutex);
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_room_renew_begin);

/* All the way. The mutex keeps the worker from doing half of it. */
int sq_room_renew(struct squirrel_cache *c, u32 room)
{
	int err;

	mutex_lock(&sq_room_mutex);
	err = sq_room_begin(c, max(room, c->room));
	if (!err) {
		while (!sq_room_move())
			;
		synchronize_rcu();
		sq_room_fold(c, NULL);
		synchronize_rcu();
		sq_room_drop(c, NULL);
	}
	mutex_unlock(&sq_room_mutex);
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_room_renew);

#endif
