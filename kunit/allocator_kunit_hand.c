// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines that are exchanged for larger and smaller ones: nothing is lost, counts stay
 * exact, and whoever uses them meanwhile notices nothing.
 */
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "allocator_kunit.h"

#define SIZE	128
#define BURST	256

static unsigned long made(struct squirrel_cache *c)
{
	unsigned long allocs, frees;

	sq_cache_counts(c, &allocs, &frees);
	return allocs;
}

/* Nobody is at the cache: every object is somewhere, and nowhere twice. */
static void expect_whole(struct kunit *test, struct squirrel_cache *c,
			 unsigned long live)
{
	unsigned long free = sq_cache_in_magazines(c), objs = 0;
	int nid;

	for_each_node(nid) {
		free += c->node[nid]->nr_free + sq_depots_objs(c->node[nid]);
		objs += c->node[nid]->nr_objs;
	}
	KUNIT_EXPECT_EQ(test, free + live, objs);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), live);
	KUNIT_EXPECT_LE(test, sq_fixture_cap(c), c->cpu_max);
	KUNIT_EXPECT_LE(test, sq_fixture_loaded_nr(c), sq_fixture_cap(c));
}

static void burst(struct kunit *test, struct squirrel_cache *c)
{
	static void *objs[BURST];
	unsigned int i;

	for (i = 0; i < BURST; i++) {
		objs[i] = squirrel_cache_alloc(c, GFP_ATOMIC);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	for (i = 0; i < BURST; i++)
		squirrel_cache_free(c, objs[i]);
}

/* Interrupts are off all the while, as in a context that cannot sleep. */
static void grow_fully(struct kunit *test, unsigned int size)
{
	struct squirrel_cache *c = sq_fixture_cache(test, size, NULL);
	unsigned long bursts = 0, steps = 0, flags;
	u32 cap = sq_fixture_cap(c);

	KUNIT_EXPECT_EQ(test, cap, sq_cap_start(c));
	while (sq_fixture_cap(c) < c->cpu_max && bursts++ < 30) {
		local_irq_save(flags);
		burst(test, c);
		local_irq_restore(flags);
		KUNIT_EXPECT_GE(test, sq_fixture_cap(c), cap);
		steps += sq_fixture_cap(c) != cap;
		cap = sq_fixture_cap(c);
		expect_whole(test, c, 0);
		KUNIT_EXPECT_EQ(test, made(c), bursts * BURST);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	KUNIT_EXPECT_LE(test, steps, 6);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	expect_whole(test, c, 0);
	sq_fixture_put_cache(test, c);
}

static void grows_by_itself(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 32, 128, 512, 2048, 8192 };
	unsigned int i;

	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		kunit_skip(test, "there is no new memory with interrupts off on PREEMPT_RT");
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		grow_fully(test, sizes[i]);
}

static unsigned long used(struct squirrel_cache *c)
{
	unsigned long uses;

	preempt_disable();
	uses = sq_hand_used(c, sq_fixture_cpu(c)->hand, sq_fixture_loaded_nr(c));
	preempt_enable();
	return uses;
}

/* What is in it is in the next one, in the same order, and what was counted. */
static void what_is_held_moves(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *objs[3], *live = sq_fixture_alloc(test, c);
	struct sq_mag *before;
	unsigned long uses;
	u32 nr, i;

	for (i = 0; i < 3; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, objs[i]);
	before = sq_fixture_loaded(c);
	nr = sq_fixture_nr(c);
	KUNIT_ASSERT_GE(test, nr, 3);
	memcpy(objs, before->obj + nr - 3, sizeof(objs));
	uses = used(c);
	sq_fixture_set_cap(test, c, c->cpu_max);
	KUNIT_EXPECT_PTR_NE(test, sq_fixture_loaded(c), before);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr);
	KUNIT_EXPECT_EQ(test, used(c), uses);
	expect_whole(test, c, 1);
	for (i = 3; i--;)
		KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), objs[i]);
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, objs[i]);
	squirrel_cache_free(c, live);
	KUNIT_EXPECT_EQ(test, made(c), 7);
}

/* Its end is where it may hold no more, wherever that was before. */
static void holds_what_it_may(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void **objs = sq_fixture_take(test, c, 2 * c->cpu_max);
	u32 cap, i;

	for (cap = 2; cap <= c->cpu_max; cap += 2) {
		sq_fixture_drain(c, false);
		sq_fixture_set_cap(test, c, cap);
		for (i = 0; i < cap; i++)
			squirrel_cache_free(c, objs[i]);
		KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), cap);
		KUNIT_EXPECT_PTR_EQ(test, sq_fixture_loaded(c)->obj[cap], SQ_MAG_END);
		expect_whole(test, c, 2 * c->cpu_max - cap);
		for (i = cap; i--;)
			objs[i] = sq_fixture_alloc(test, c);
	}
	squirrel_cache_free_bulk(c, 2 * c->cpu_max, objs);
	expect_whole(test, c, 0);
}

/* Who was interrupted at it goes on where he was. */
static void claimed_is_not_exchanged(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_mag *mag;
	u32 nr;

	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	nr = sq_fixture_nr(c);
	mag = sq_fixture_loaded(c);
	sq_fixture_set_busy(c, true);
	burst(test, c);
	burst(test, c);
	KUNIT_EXPECT_EQ(test, sq_fixture_drain(c, false), 0);
	sq_fixture_set_busy(c, false);
	KUNIT_EXPECT_PTR_EQ(test, sq_fixture_loaded(c), mag);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr);
	KUNIT_EXPECT_EQ(test, made(c), 1 + 2 * BURST);
	expect_whole(test, c, 0);
}

/* A CPU has an array once it needs one; a cache of those that arrays are made of, none. */
static void none_before_the_first_miss(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned int order;
	int cpu;

	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_NULL(test, per_cpu_ptr(sq_cpu_of(c), cpu)->hand);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	for_each_possible_cpu(cpu)
		KUNIT_EXPECT_EQ(test, !!per_cpu_ptr(sq_cpu_of(c), cpu)->hand,
				cpu == raw_smp_processor_id());
	for (order = 0; order < SQ_MAG_CACHES; order++)
		KUNIT_EXPECT_NULL(test, sq_fixture_loaded(sq_mag_cache[order]));
}

static void a_constructed_cache(struct kunit *test)
{
	static const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, &args);
	void *obj = sq_fixture_alloc(test, c);
	u32 nr;

	squirrel_cache_free(c, obj);
	nr = sq_fixture_nr(c);
	KUNIT_ASSERT_GT(test, nr, 0);
	/* The hot path knows of nothing. */
	KUNIT_EXPECT_NULL(test, per_cpu_ptr(c->cpu, raw_smp_processor_id())->hand);
	sq_fixture_set_cap(test, c, c->cpu_max);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr);
	KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), obj);
	squirrel_cache_free(c, obj);
	burst(test, c);
	expect_whole(test, c, 0);
}

static void take_all_memory(struct squirrel_cache *c, void ***taken)
{
	unsigned int order;
	void **memory;

	for (order = 0; order < SQ_MAG_CACHES; order++) {
		while ((memory = sq_mag_memory(c, order))) {
			memory[0] = *taken;
			memory[1] = (void *)(unsigned long)order;
			*taken = memory;
		}
	}
}

static void give_all_memory(void **taken)
{
	while (taken) {
		void **next = taken[0];

		sq_mag_memory_free(taken, (unsigned long)taken[1]);
		taken = next;
	}
}

/* Where there is no memory for a larger one, the one there is serves. */
static void without_memory_all_stays(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_mag *mag, *after;
	struct sq_hand *h;
	void **taken = NULL;
	u32 nr, cap;

	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	preempt_disable();
	take_all_memory(c, &taken);
	h = sq_cpu_get(c, &nr, true);
	mag = h->loaded;
	cap = mag->cap;
	sq_hand_resize(c, h, nr, c->cpu_max);
	after = h->loaded;
	sq_cpu_put(c, h, nr);
	preempt_enable();
	KUNIT_EXPECT_PTR_EQ(test, after, mag);
	KUNIT_EXPECT_EQ(test, after->cap, cap);
	give_all_memory(taken);
	expect_whole(test, c, 0);
	for (nr = 0; nr < 10; nr++)
		burst(test, c);
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	expect_whole(test, c, 0);
}

/* All it wants is at hand but for a magazine, and nobody frees anything: it gets one. */
static void who_only_allocates_gets_one(struct kunit *test)
{
	static const struct squirrel_cache_args args = { .reserve = BURST };
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, &args);
	static void *objs[BURST];
	void **taken = NULL;
	unsigned int i;

	preempt_disable();
	take_all_memory(c, &taken);
	preempt_enable();
	while (sq_mags_short())
		;
	WRITE_ONCE(c->owed, false);
	for (i = 0; i < BURST; i++)
		objs[i] = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_GT(test, sq_fixture_cap(c), 0);
	/* Three go past it: one finds no magazine, one no hand, one fills the first. */
	KUNIT_EXPECT_LE(test, atomic_read(&c->counts.slow[SQ_SLOW_ALLOC_MISS]), 3);
	squirrel_cache_free_bulk(c, BURST, objs);
	give_all_memory(taken);
	expect_whole(test, c, 0);
}

/* What had to go though it was in use is back as large, if it is back soon. */
static void as_large_as_before(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned int i;

	for (i = 0; i < 10; i++)
		burst(test, c);
	KUNIT_ASSERT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	/* Memory for it may have to be made first. */
	for (i = 0; i < 4; i++)
		squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	c->cap_until = (u32)jiffies - 1;
	for (i = 0; i < 4; i++)
		squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), sq_cap_start(c));
	/* One that was idle goes for good. */
	c->cap_was = 0;
	sq_fixture_set_cap(test, c, c->cpu_max);
	preempt_disable();
	sq_cpu_drain(c, true);
	sq_cpu_drain(c, true);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, c->cap_was, 0);
	expect_whole(test, c, 0);
}

static bool one_slab_stays(void)
{
	unsigned int order;
	int nid;

	for (order = 0; order < SQ_MAG_CACHES; order++) {
		for_each_node(nid) {
			if (sq_mag_cache[order]->node[nid]->nr_empty > 1)
				return false;
		}
	}
	return sq_mag_cache[SQ_MAG_HANDS]->node[numa_mem_id()]->nr_free;
}

/*
 * Who has a reserve has one slab as well of what magazines are made of, after a run that
 * gives all back; with the cache that goes.
 */
static void some_memory_stays(struct kunit *test)
{
	const struct squirrel_cache_args args = { .reserve = 10 };
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct squirrel_cache *rich;
	unsigned int i;

	for (i = 0; i < 10; i++)
		burst(test, c);
	squirrel_reclaim();
	KUNIT_EXPECT_EQ(test, sq_mag_cache[SQ_MAG_HANDS]->node[numa_mem_id()]->nr_free, 0);
	rich = squirrel_cache_create("kunit-rich", SIZE, &args);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rich));
	for (i = 0; i < 10; i++)
		burst(test, rich);
	squirrel_reclaim();
	KUNIT_EXPECT_TRUE(test, one_slab_stays());
	KUNIT_EXPECT_EQ(test, squirrel_cache_destroy(rich), 0);
	squirrel_reclaim();
	KUNIT_EXPECT_EQ(test, sq_mag_cache[SQ_MAG_HANDS]->node[numa_mem_id()]->nr_free, 0);
	expect_whole(test, c, 0);
}

/* ---- under load ----------------------------------------------------------- */

#define OWN	96
#define WORKERS	8

/**
 * struct worker - a context that uses the cache
 * @c: the cache
 * @task: its thread, or NULL: a timer
 * @timer: then
 * @rnd: what it does next
 * @objs: its live objects; each holds its own address
 * @nr: how many
 * @made: objects it was ever given
 * @refused: bulk calls that found too little
 * @rounds: how often it ran
 * @bad: objects that were not as it left them
 * @stop: it is to stop
 */
struct worker {
	struct squirrel_cache *c;
	struct task_struct *task;
	struct hrtimer timer;
	struct rnd_state rnd;
	void *objs[OWN];
	unsigned int nr;
	unsigned long made;
	unsigned long refused;
	unsigned long rounds;
	unsigned long bad;
	bool stop;
};

static void worker_got(struct worker *w, unsigned int nr)
{
	for (w->made += nr; nr--; w->nr++)
		*(void **)(w->objs[w->nr] + 8) = w->objs[w->nr];
}

static void worker_gives(struct worker *w, unsigned int nr)
{
	while (nr--) {
		w->nr--;
		w->bad += *(void **)(w->objs[w->nr] + 8) != w->objs[w->nr];
		*(void **)(w->objs[w->nr] + 8) = NULL;
	}
}

/* Take or give some, one by one or at once. */
static void worker_round(struct worker *w)
{
	unsigned int nr = 1 + sq_fixture_random(&w->rnd, 24), i;

	w->rounds++;
	if (w->nr + nr <= OWN && sq_fixture_random(&w->rnd, 2)) {
		if (sq_fixture_random(&w->rnd, 2)) {
			nr = squirrel_cache_alloc_bulk(w->c, GFP_ATOMIC, nr,
						       w->objs + w->nr);
			w->refused += !nr;
			worker_got(w, nr);
			return;
		}
		for (i = 0; i < nr; i++) {
			w->objs[w->nr] = squirrel_cache_alloc(w->c, GFP_ATOMIC);
			if (w->objs[w->nr])
				worker_got(w, 1);
		}
		return;
	}
	nr = min(nr, w->nr);
	worker_gives(w, nr);
	if (sq_fixture_random(&w->rnd, 2)) {
		squirrel_cache_free_bulk(w->c, nr, w->objs + w->nr);
		return;
	}
	for (i = 0; i < nr; i++)
		squirrel_cache_free(w->c, w->objs[w->nr + i]);
}

static int worker_fn(void *arg)
{
	struct worker *w = arg;

	while (!kthread_should_stop()) {
		worker_round(w);
		if (!(w->rounds % 64))
			cond_resched();
	}
	return 0;
}

static enum hrtimer_restart worker_tick(struct hrtimer *timer)
{
	struct worker *w = container_of(timer, struct worker, timer);

	worker_round(w);
	if (READ_ONCE(w->stop))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, ns_to_ktime(200 * NSEC_PER_USEC));
	return HRTIMER_RESTART;
}

static void worker_start(struct kunit *test, struct worker *w,
			 struct squirrel_cache *c, unsigned int i, int cpu)
{
	w->c = c;
	prandom_seed_state(&w->rnd, SQ_FIXTURE_SEED + i);
	if (cpu < 0) {
		sq_hrtimer_setup(&w->timer, worker_tick, HRTIMER_MODE_REL_HARD);
		hrtimer_start(&w->timer, ns_to_ktime(NSEC_PER_MSEC),
			      HRTIMER_MODE_REL_HARD);
		return;
	}
	w->task = kthread_create(worker_fn, w, "sq-array-%u", i);
	KUNIT_ASSERT_FALSE(test, IS_ERR(w->task));
	kthread_bind(w->task, cpu);
	wake_up_process(w->task);
}

static void worker_finish(struct kunit *test, struct worker *w)
{
	unsigned int nr = w->nr;

	if (w->task) {
		kthread_stop(w->task);
	} else {
		WRITE_ONCE(w->stop, true);
		while (hrtimer_active(&w->timer))
			schedule_timeout_uninterruptible(1);
	}
	nr = w->nr;
	worker_gives(w, nr);
	squirrel_cache_free_bulk(w->c, nr, w->objs);
	KUNIT_EXPECT_EQ(test, w->bad, 0);
	KUNIT_EXPECT_GT(test, w->rounds, 0);
}

/* Threads on all CPUs and a timer, while arrays grow, are drained and shrink. */
static void exchanged_under_load(struct kunit *test)
{
	struct worker *w = kunit_kcalloc(test, WORKERS, sizeof(*w), GFP_KERNEL);
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned long end = jiffies + 3 * HZ, rounds = 0, total = 0, refused = 0;
	unsigned int n = 1, i;
	int cpu;

	KUNIT_ASSERT_NOT_NULL(test, w);
	worker_start(test, &w[0], c, 0, -1);
	for_each_online_cpu(cpu)
		for (i = 0; i < 2 && n < WORKERS; i++, n++)
			worker_start(test, &w[n], c, n, cpu);
	while (rounds++ < 30 || time_before(jiffies, end)) {
		/* Nobody else is on this CPU: interrupts may be. */
		if (rounds % 3)
			squirrel_cache_shrink(c);
		else
			sq_fixture_drain(c, true);
		KUNIT_EXPECT_LE(test, sq_cache_live(c), (n + 1) * OWN);
		schedule_timeout_uninterruptible(1);
	}
	for (i = 0; i < n; i++) {
		worker_finish(test, &w[i]);
		total += w[i].made;
		refused += w[i].refused;
	}
	kunit_info(test, "%lu looks, %lu objects, timer %lu rounds\n", rounds,
		   total, w[0].rounds);
	/* What a bulk call had already when there was no more was made, and went back. */
	KUNIT_EXPECT_GE(test, made(c), total);
	KUNIT_EXPECT_LE(test, made(c), total + 24 * refused);
	expect_whole(test, c, 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

static struct kunit_case hand_cases[] = {
	KUNIT_CASE(grows_by_itself),
	KUNIT_CASE(what_is_held_moves),
	KUNIT_CASE(holds_what_it_may),
	KUNIT_CASE(claimed_is_not_exchanged),
	KUNIT_CASE(none_before_the_first_miss),
	KUNIT_CASE(a_constructed_cache),
	KUNIT_CASE(without_memory_all_stays),
	KUNIT_CASE(who_only_allocates_gets_one),
	KUNIT_CASE(as_large_as_before),
	KUNIT_CASE(some_memory_stays),
	KUNIT_CASE(exchanged_under_load),
	{}
};

static struct kunit_suite hand_suite = {
	.name = "squirrel_hand",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = hand_cases,
};

kunit_test_suites(&hand_suite);
