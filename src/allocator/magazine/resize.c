// SPDX-License-Identifier: GPL-2.0
/*
 * How much the CPUs' arrays hold. Most caches never hold more than a few objects
 * there, so their arrays begin with space for those, and are replaced when a
 * cache wants to hold more. The hot path knows nothing of it: it loads c->cpu
 * with preemption off, and has to get the claim of what it found there.
 *
 *            c->cpu   c->resize.old   what holds
 *   settled  A        -        c->cap <= c->resize.max <= room in A
 *     | begin: B is made, its magazines are empty and claimed on all CPUs;
 *     | the hot path goes on to the slow one, which moves its CPU first
 *   moving   B        A        an object is in A or B; c->resize.max is A's
 *     | move: each CPU, interrupts off, claims A for good, takes what is in
 *     | there to B and lets go of B. When all CPUs have: c->resize.max is B's
 *   moved    B        A        nobody gets at objects in A any more, but who
 *     |                        found A before may still count in there
 *     | a grace period; what was counted in A is added to c->resize.folded
 *   settled  B        -
 *     | a grace period for those who look at c->resize.old; A is freed
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
 * objects there. So c->resize.max stays A's for a grace period more, and what is in A
 * after the next one goes to the slabs.
 *
 * Who counts loads c->cpu and adds in one section with preemption off. Who adds
 * up takes c->resize.folded, c->cpu and c->resize.old under resize_seq. Who looks for objects
 * looks into A before B, and again if c->cpu has changed.
 *
 * resize_mutex serialises all of it, and is not held over a grace period, for
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

static DEFINE_MUTEX(resize_mutex);
static DEFINE_SEQLOCK(resize_seq);

/* The cache whose arrays are being replaced, and how many objects the new ones hold. */
static struct squirrel_cache *resizing;
static u32 resizing_to;

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

	if (!READ_ONCE(c->busy))
		sq_set_cap(c, max(half, sq_cap_start(c)));
	WRITE_ONCE(c->busy, false);
}

/* Claimed: misses go on. It may hold more, up to what there is. */
void sq_cap_double(struct squirrel_cache *c, struct sq_cpu *cc)
{
	u32 cap = min(2 * READ_ONCE(c->cap), c->cpu_max);

	if (cap <= READ_ONCE(c->resize.max))
		sq_set_cap(c, cap);
	else
		sq_resize_ask(c);
	cc->misses = 0;
}

/* ---- arrays --------------------------------------------------------------- */

static size_t array_bytes(u32 objs)
{
	return ALIGN(sizeof(struct sq_cpu) + objs * sizeof(void *),
		     cache_line_size());
}

/* As many objects as there is room for anyhow when there is for @objs. */
static u32 array_round(const struct squirrel_cache *c, u32 objs)
{
	size_t bytes = array_bytes(objs) - sizeof(struct sq_cpu);

	return min_t(size_t, bytes / sizeof(void *), c->cpu_max);
}

static struct sq_cpu __percpu *array_alloc(u32 objs, gfp_t gfp)
{
	return (struct sq_cpu __percpu *)
		__alloc_percpu_gfp(array_bytes(objs), cache_line_size(), gfp);
}

/* A new cache's. Returns 0 or -ENOMEM. */
int sq_array_init(struct squirrel_cache *c, gfp_t gfp)
{
	c->resize.max = array_round(c, sq_cap_start(c));
	c->cpu = array_alloc(c->resize.max, gfp);
	return c->cpu ? 0 : -ENOMEM;
}

/* Of a cache that nobody knows any more. */
void sq_array_free(struct squirrel_cache *c)
{
	free_percpu(c->cpu);
	free_percpu(c->resize.old);
	free_percpu(c->resize.retired);
}

/* ---- looking at them ------------------------------------------------------ */

static u32 array_nr(const struct squirrel_cache *c, struct sq_cpu *cc)
{
	/* Pairs with migrate_cpu(): A is empty, so see what is in B. */
	return (u16)smp_load_acquire(&sq_word_in(c, cc)->word);
}

/* Objects in a CPU's magazines, roughly; preemption off or under RCU. */
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu)
{
	struct sq_cpu __percpu *old = READ_ONCE(c->resize.old);
	u32 nr = old ? array_nr(c, per_cpu_ptr(old, cpu)) : 0;

	return nr + array_nr(c, per_cpu_ptr(READ_ONCE(c->cpu), cpu));
}

/*
 * Call @fn for each array of @cpu, with what it holds, until it returns true:
 * an object that is on its way from one to the other is in either.
 * Preemption off or under RCU.
 */
static bool each_array(struct squirrel_cache *c, int cpu,
		       struct sq_cpu __percpu *at, sq_array_fn fn, void *ctx)
{
	struct sq_cpu __percpu *old = READ_ONCE(c->resize.old);
	struct sq_cpu *cc;

	if (old) {
		cc = per_cpu_ptr(old, cpu);
		if (fn(cc->obj, array_nr(c, cc), ctx))
			return true;
	}
	cc = per_cpu_ptr(at, cpu);
	return fn(cc->obj, array_nr(c, cc), ctx);
}

/* The same for all CPUs; an object may be come by more than once. */
bool sq_look_in_magazines(struct squirrel_cache *c, sq_array_fn fn, void *ctx)
{
	struct sq_cpu __percpu *at;
	int cpu;

	do {
		/* Pairs with resize_begin(): c->resize.old is at least as recent. */
		at = smp_load_acquire(&c->cpu);
		for_each_possible_cpu(cpu)
			if (each_array(c, cpu, at, fn, ctx))
				return true;
		/* What was looked at before c->cpu is looked at again. */
		smp_rmb();
	} while (at != READ_ONCE(c->cpu));
	return false;
}

static void count_in(struct sq_cpu __percpu *at, struct sq_folded *sum)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct sq_cpu *cc = per_cpu_ptr(at, cpu);

		sum->allocs += sq_racy(cc->allocs) + sq_racy(cc->other_allocs);
		sum->frees += sq_racy(cc->frees) + sq_racy(cc->other_frees);
	}
}

/* Objects ever handed out and taken back; exact when nobody is at it. */
void sq_cache_counts(struct squirrel_cache *c, unsigned long *allocs,
		     unsigned long *frees)
{
	struct sq_folded sum;
	unsigned int seq;

	rcu_read_lock();
	do {
		seq = read_seqbegin(&resize_seq);
		sum = c->resize.folded;
		count_in(c->cpu, &sum);
		if (c->resize.old)
			count_in(c->resize.old, &sum);
	} while (read_seqretry(&resize_seq, seq));
	rcu_read_unlock();
	*allocs = sum.allocs;
	*frees = sum.frees;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_counts);

/* ---- replacing them ------------------------------------------------------- */

/* Claimed on all CPUs: nobody uses it before its CPU has moved. */
static struct sq_cpu __percpu *array_make(struct squirrel_cache *c, u32 objs)
{
	struct sq_cpu __percpu *at;
	int cpu;

	at = array_alloc(objs, GFP_KERNEL | __GFP_NOWARN);
	if (!at)
		return NULL;
	for_each_possible_cpu(cpu)
		sq_word_in(c, per_cpu_ptr(at, cpu))->word = BIT_ULL(SQ_CLAIM_BIT);
	return at;
}

/*
 * From settled to moving. Returns 0; -EBUSY if a cache is moving or this one
 * still has old arrays; -ENOMEM: then nothing has changed.
 */
static int resize_begin(struct squirrel_cache *c, u32 objs)
{
	struct sq_cpu __percpu *at;

	lockdep_assert_held(&resize_mutex);
	if (resizing || c->resize.old || c->resize.retired)
		return -EBUSY;
	at = array_make(c, objs);
	if (!at)
		return -ENOMEM;
	resizing = c;
	resizing_to = objs;
	write_seqlock_irq(&resize_seq);
	WRITE_ONCE(c->resize.old, c->cpu);
	/* Who sees the new one sees the old one, and what was put into both. */
	smp_store_release(&c->cpu, at);
	write_sequnlock_irq(&resize_seq);
	return 0;
}

/* On @cpu itself with interrupts off; or it is offline, and remains so. */
static void migrate_cpu(struct squirrel_cache *c, int cpu)
{
	struct sq_cpu __percpu *from = READ_ONCE(c->resize.old);
	struct sq_cpu __percpu *to = READ_ONCE(c->cpu);
	struct sq_cpu *a, *b;
	u32 nr;

	if (!from || from == to)
		return;
	a = per_cpu_ptr(from, cpu);
	b = per_cpu_ptr(to, cpu);
	if (b->migrated || !sq_claim_there(sq_word_in(c, a), &nr))
		return;
	sq_assert(nr <= c->resize.max);
	sq_move(b->obj, a->obj, nr);
	/* What it did so far counts for the reclaimer's next look. */
	b->seen = a->seen - sq_cpu_used(a);
	WRITE_ONCE(b->migrated, true);
	/* In this order: who finds nothing in A finds it in B. */
	smp_store_release(&sq_word_in(c, b)->word, nr);
	/* Pairs with array_nr(). */
	smp_store_release(&sq_word_in(c, a)->word, BIT_ULL(SQ_CLAIM_BIT));
}

/*
 * Before @cpu's magazines are used the slow way, or drained: they may be about to
 * move. On @cpu with preemption off; or it is offline, and remains so.
 */
void sq_resize_migrate(struct squirrel_cache *c, int cpu)
{
	unsigned long flags;

	if (likely(!READ_ONCE(c->resize.old)))
		return;
	local_irq_save(flags);
	migrate_cpu(c, cpu);
	local_irq_restore(flags);
}

static void migrate_here(void *c)
{
	migrate_cpu(c, smp_processor_id());
}

static bool not_migrated(int cpu, void *c)
{
	struct sq_cpu __percpu *at = ((struct squirrel_cache *)c)->cpu;

	return !READ_ONCE(per_cpu_ptr(at, cpu)->migrated);
}

/* Have all CPUs moved? If not, try again later. */
static bool migrate_all(struct squirrel_cache *c)
{
	bool left = false;
	int cpu;

	if (!cpus_read_trylock())
		return false;
	on_each_cpu_cond(not_migrated, migrate_here, c, true);
	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu))
			sq_resize_migrate(c, cpu);
		left |= not_migrated(cpu, c);
	}
	cpus_read_unlock();
	return !left;
}

/* From moving to moved. False if some CPU could not yet. */
static bool resize_migrate(void)
{
	struct squirrel_cache *c = resizing;
	unsigned int tries;

	lockdep_assert_held(&resize_mutex);
	for (tries = SQ_MIGRATE_TRIES; !migrate_all(c);) {
		if (!--tries)
			return false;
		schedule_timeout_uninterruptible(1);
	}
	/* Until nobody fills A by mistake: see the top of this file. */
	if (!SQ_CLAIMED)
		synchronize_rcu();
	WRITE_ONCE(c->resize.max, resizing_to);
	resizing = NULL;
	return true;
}

/* What a free that was interrupted at the worst moment left behind. */
static void flush_old_array(struct squirrel_cache *c)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct sq_cpu *cc = per_cpu_ptr(c->resize.old, cpu);

		preempt_disable();
		sq_slabs_put(c, cc->obj, sq_word_in(c, cc)->nr);
		preempt_enable();
		sq_slabs_tidy(c);
	}
}

/* From moved to settled, a grace period after the move. */
static void resize_fold(struct squirrel_cache *c, void *unused)
{
	unsigned long flags;

	if (!c->resize.old || c == resizing)
		return;
	flush_old_array(c);
	c->resize.retired = c->resize.old;
	write_seqlock_irqsave(&resize_seq, flags);
	count_in(c->resize.old, &c->resize.folded);
	WRITE_ONCE(c->resize.old, NULL);
	write_sequnlock_irqrestore(&resize_seq, flags);
}

/* Another grace period later. */
static void free_retired(struct squirrel_cache *c, void *unused)
{
	free_percpu(c->resize.retired);
	c->resize.retired = NULL;
}

/* ---- when they are -------------------------------------------------------- */

static void find_growing(struct squirrel_cache *c, void *ctx)
{
	struct squirrel_cache **found = ctx;

	/* One that has yet to drop its last arrays has its turn after that. */
	if (!*found && READ_ONCE(c->resize.wanted) && !c->resize.old && !c->resize.retired)
		*found = c;
}

/* What it wanted it may hold now. */
static void resize_raise_cap(struct squirrel_cache *c)
{
	u32 cap = min(2 * READ_ONCE(c->cap), c->cpu_max);

	if (cap <= READ_ONCE(c->resize.max))
		sq_set_cap(c, cap);
}

/* The next cache that wants larger arrays has them, or none. Returns whether one did */
static bool resize_next(void)
{
	struct squirrel_cache *c = resizing;

	lockdep_assert_held(&resize_mutex);
	if (!c) {
		/* Its destroy waits for the mutex. */
		sq_walk_caches(find_growing, &c);
		if (!c)
			return false;
		WRITE_ONCE(c->resize.wanted, false);
		/* Without memory it will ask again. */
		if (resize_begin(c, array_round(c, SQ_RESIZE_FACTOR * c->resize.max)))
			return true;
	}
	if (!resize_migrate())
		return false;
	resize_raise_cap(c);
	return true;
}

static void resize_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(resize_work, resize_work_fn);

static void resize_work_fn(struct work_struct *unused)
{
	struct squirrel_cache *c = NULL;

	mutex_lock(&resize_mutex);
	while (resize_next())
		cond_resched();
	mutex_unlock(&resize_mutex);

	synchronize_rcu();
	mutex_lock(&resize_mutex);
	sq_walk_caches(resize_fold, NULL);
	mutex_unlock(&resize_mutex);

	synchronize_rcu();
	mutex_lock(&resize_mutex);
	sq_walk_caches(free_retired, NULL);
	sq_walk_caches(find_growing, &c);
	if (resizing || c)
		queue_delayed_work(system_unbound_wq, &resize_work, 1);
	mutex_unlock(&resize_mutex);
}

/* Out of any context, where to queue work is not possible. */
static void resize_queue(struct irq_work *unused)
{
	queue_delayed_work(system_unbound_wq, &resize_work, 0);
}

static DEFINE_IRQ_WORK(resize_irq_work, resize_queue);

/* It would hold more than its arrays can. Any context. */
void sq_resize_ask(struct squirrel_cache *c)
{
	if (READ_ONCE(c->resize.wanted))
		return;
	WRITE_ONCE(c->resize.wanted, true);
	irq_work_queue(&resize_irq_work);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_resize_ask);

/*
 * A cache goes away: it is in no registry any more, so that it is not found
 * again, and nobody uses it. May sleep.
 */
void sq_resize_cancel(struct squirrel_cache *c)
{
	mutex_lock(&resize_mutex);
	if (resizing == c)
		resizing = NULL;
	mutex_unlock(&resize_mutex);
}

/* There are no caches left. May sleep. */
void sq_resize_exit(void)
{
	irq_work_sync(&resize_irq_work);
	cancel_delayed_work_sync(&resize_work);
}

/* ---- for tests ------------------------------------------------------------ */

#if IS_ENABLED(CONFIG_KUNIT)

/* Until all that was asked for so far is granted, or cannot be. */
void sq_resize_flush(void)
{
	irq_work_sync(&resize_irq_work);
	while (flush_delayed_work(&resize_work))
		;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_resize_flush);

/* Begin only, so that a test finds a cache that is moving. */
int sq_resize_now_begin(struct squirrel_cache *c, u32 objs)
{
	int err;

	mutex_lock(&resize_mutex);
	err = resize_begin(c, max(objs, c->resize.max));
	mutex_unlock(&resize_mutex);
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_resize_now_begin);

/* All the way. The mutex keeps the worker from doing half of it. */
int sq_resize_now(struct squirrel_cache *c, u32 objs)
{
	int err;

	mutex_lock(&resize_mutex);
	err = resize_begin(c, max(objs, c->resize.max));
	if (!err) {
		while (!resize_migrate())
			;
		synchronize_rcu();
		resize_fold(c, NULL);
		synchronize_rcu();
		free_retired(c, NULL);
	}
	mutex_unlock(&resize_mutex);
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_resize_now);

#endif
