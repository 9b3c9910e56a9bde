// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines whose arrays are replaced by larger ones: nothing is lost, counts
 * stay exact, and whoever uses them meanwhile notices nothing.
 */
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include "allocator_kunit.h"

#define SIZE	128
#define BURST	256

/* More than a CPU's part of per-CPU memory may be at once */
#define TOO_MUCH	20000

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
		free += c->node[nid]->nr_free + c->node[nid]->depot_objs;
		objs += c->node[nid]->nr_objs;
	}
	KUNIT_EXPECT_EQ(test, free + live, objs);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), live);
	KUNIT_EXPECT_LE(test, c->cap, c->resize.max);
	KUNIT_EXPECT_LE(test, c->resize.max, c->cpu_max);
}

static void burst(struct kunit *test, struct squirrel_cache *c)
{
	static void *objs[BURST];
	unsigned int i;

	for (i = 0; i < BURST; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < BURST; i++)
		squirrel_cache_free(c, objs[i]);
}

static void grow_fully(struct kunit *test, unsigned int size)
{
	struct squirrel_cache *c = sq_fixture_cache(test, size, NULL);
	unsigned long bursts = 0, steps = 0;
	u32 room = c->resize.max;

	KUNIT_EXPECT_GE(test, room, sq_cap_start(c));
	KUNIT_EXPECT_LE(test, room, sq_cap_start(c) + 8);
	while (sq_fixture_cap(c) < c->cpu_max && bursts++ < 100) {
		burst(test, c);
		sq_resize_flush();
		KUNIT_EXPECT_GE(test, c->resize.max, room);
		steps += c->resize.max != room;
		room = c->resize.max;
		expect_whole(test, c, 0);
		KUNIT_EXPECT_EQ(test, made(c), bursts * BURST);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	KUNIT_EXPECT_EQ(test, c->resize.max, c->cpu_max);
	KUNIT_EXPECT_LE(test, steps, 3);
	KUNIT_EXPECT_TRUE(test, !c->resize.old);
	KUNIT_EXPECT_TRUE(test, !c->resize.retired);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	expect_whole(test, c, 0);
	sq_fixture_put_cache(test, c);
}

static void resize_follows_the_load(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 32, 128, 512, 2048, 8192 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		grow_fully(test, sizes[i]);
}

/* The reader sees the objects as they were, and in the same order. */
static void what_is_held_moves(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_cpu *before = sq_fixture_cpu(c);
	void *objs[4], *live = sq_fixture_alloc(test, c);
	unsigned long uses;
	u32 nr, i;

	for (i = 0; i < 3; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, objs[i]);
	nr = sq_fixture_nr(c);
	KUNIT_ASSERT_GE(test, nr, 3);
	memcpy(objs, before->obj + nr - 3, sizeof(objs[0]) * 3);
	uses = sq_cpu_used(before) - before->seen;
	KUNIT_EXPECT_EQ(test, sq_fixture_renew(c, c->cpu_max), 0);
	KUNIT_EXPECT_PTR_NE(test, sq_fixture_cpu(c), before);
	KUNIT_EXPECT_EQ(test, c->resize.max, c->cpu_max);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr);
	KUNIT_EXPECT_EQ(test, sq_cpu_used(sq_fixture_cpu(c)) - sq_fixture_cpu(c)->seen,
			uses);
	expect_whole(test, c, 1);
	for (i = 3; i--;)
		KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), objs[i]);
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, objs[i]);
	squirrel_cache_free(c, live);
	KUNIT_EXPECT_EQ(test, made(c), 7);
}

/* Somebody on this CPU was interrupted at the magazines: nothing moves yet. */
static void a_cache_that_is_moving(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_cpu *from = sq_fixture_cpu(c);
	void *obj, *other;
	u32 nr;

	sq_fixture_need_hardened(test);
	obj = sq_fixture_alloc(test, c);
	squirrel_cache_free(c, obj);
	nr = sq_fixture_nr(c);
	sq_fixture_set_busy(c, true);
	sq_resize_flush();
	KUNIT_ASSERT_EQ(test, sq_resize_now_begin(c, c->cpu_max), 0);
	KUNIT_EXPECT_EQ(test, sq_resize_now_begin(c, c->cpu_max), -EBUSY);
	KUNIT_EXPECT_PTR_NE(test, sq_fixture_cpu(c), from);
	KUNIT_EXPECT_EQ(test, sq_fixture_drain(c, false), 0);
	expect_whole(test, c, 0);
	/* Past the magazines. */
	other = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_PTR_NE(test, other, obj);
	expect_whole(test, c, 1);
	squirrel_cache_free(c, other);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_in_magazines(c), nr);
	/* A free object is known as one wherever it is. */
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	/* It goes on, and the drain finds what there is. */
	sq_word_in(c, from)->claimed = 0;
	KUNIT_EXPECT_EQ(test, sq_fixture_drain(c, false), nr);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
	sq_resize_ask(c);
	sq_resize_flush();
	KUNIT_EXPECT_TRUE(test, !c->resize.old);
	KUNIT_EXPECT_EQ(test, c->resize.max, c->cpu_max);
	KUNIT_EXPECT_EQ(test, made(c), 2);
	expect_whole(test, c, 0);
}

/* What was counted before is, in every state of the move. */
static void counts_move_with_the_cache(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *live[3], *obj;
	unsigned int i;

	for (i = 0; i < 3; i++)
		live[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < 10; i++)
		squirrel_cache_free(c, sq_fixture_alloc(test, c));
	sq_resize_flush();
	KUNIT_ASSERT_EQ(test, sq_resize_now_begin(c, c->cpu_max), 0);
	KUNIT_EXPECT_EQ(test, made(c), 13);
	expect_whole(test, c, 3);
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, made(c), 14);
	expect_whole(test, c, 4);
	sq_resize_ask(c);
	sq_resize_flush();
	KUNIT_EXPECT_TRUE(test, !c->resize.old);
	KUNIT_EXPECT_EQ(test, made(c), 14);
	expect_whole(test, c, 4);
	squirrel_cache_free(c, obj);
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, live[i]);
	expect_whole(test, c, 0);
}

/* While its last arrays wait for readers a wish is not lost. */
static void wish_waits_for_the_spent(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	u32 room = c->resize.max;

	KUNIT_ASSERT_LT(test, room, c->cpu_max);
	sq_resize_flush();
	c->resize.retired = (struct sq_cpu __percpu *)
		   __alloc_percpu(sizeof(struct sq_cpu), sizeof(u64));
	KUNIT_ASSERT_TRUE(test, c->resize.retired);
	sq_resize_ask(c);
	sq_resize_flush();
	KUNIT_EXPECT_TRUE(test, !c->resize.retired);
	KUNIT_EXPECT_FALSE(test, c->resize.wanted);
	KUNIT_EXPECT_GT(test, c->resize.max, room);
	expect_whole(test, c, 0);
}

/* What waits in the old arrays is to be had: there may be no other, nor ever be. */
static void at_its_limit_a_moving_cache_serves(struct kunit *test)
{
	const struct squirrel_cache_args args = { .limit = 2 * SIZE };
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, &args);
	void *one = sq_fixture_alloc(test, c), *two = sq_fixture_alloc(test, c);
	struct sq_cpu *from = sq_fixture_cpu(c);

	squirrel_cache_free(c, one);
	squirrel_cache_free(c, two);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 2);
	sq_resize_flush();
	KUNIT_ASSERT_EQ(test, sq_resize_now_begin(c, c->cpu_max), 0);
	one = squirrel_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, one);
	KUNIT_EXPECT_PTR_NE(test, sq_fixture_cpu(c), from);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 1);
	squirrel_cache_free(c, one);
	sq_resize_ask(c);
	sq_resize_flush();
	KUNIT_EXPECT_TRUE(test, !c->resize.old);
	expect_whole(test, c, 0);
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
	KUNIT_EXPECT_EQ(test, sq_fixture_renew(c, c->cpu_max), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr);
	KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), obj);
	squirrel_cache_free(c, obj);
	expect_whole(test, c, 0);
}

static void without_memory_all_stays(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_cpu __percpu *before = c->cpu;
	u32 room = c->resize.max;

	burst(test, c);
	sq_resize_flush();
	before = c->cpu;
	room = c->resize.max;
	KUNIT_EXPECT_EQ(test, sq_fixture_renew(c, TOO_MUCH), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, before == c->cpu);
	KUNIT_EXPECT_EQ(test, c->resize.max, room);
	burst(test, c);
	expect_whole(test, c, 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_renew(c, c->cpu_max), 0);
	KUNIT_EXPECT_EQ(test, c->resize.max, c->cpu_max);
	expect_whole(test, c, 0);
}

/* The next one can move all the same. */
static void destroy_while_moving(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);

	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	sq_resize_flush();
	KUNIT_ASSERT_EQ(test, sq_resize_now_begin(c, c->cpu_max), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	c = sq_fixture_cache(test, SIZE, NULL);
	KUNIT_EXPECT_EQ(test, sq_fixture_renew(c, c->cpu_max), 0);
}

/* ---- readers --------------------------------------------------------------- */

/* Milliseconds: for one look; for one that has seen them go. */
#define LOOK	3
#define STARE	150
/* Caches: it must be looking at just that moment. */
#define READER_TRIES	4

/**
 * struct reader - looks at a cache's arrays, on a CPU of its own
 * @c: the cache
 * @looks: how often
 * @seen: old arrays went while it looked
 * @kept: and were there until it had stopped looking
 */
struct reader {
	struct squirrel_cache *c;
	unsigned long looks;
	bool seen;
	bool kept;
};

/* Interrupts are on, so that the CPU can move. */
static void reader_wait(struct squirrel_cache *c, unsigned int ms, bool old)
{
	ktime_t end = ktime_add_ms(ktime_get(), ms);

	while (ktime_before(ktime_get(), end) && (!old || READ_ONCE(c->resize.old)))
		cpu_relax();
}

/* As sq_look_in_magazines(), but slow. */
static void reader_look(struct reader *r)
{
	struct squirrel_cache *c = READ_ONCE(r->c);
	struct sq_cpu __percpu *old;

	rcu_read_lock();
	old = READ_ONCE(c->resize.old);
	r->looks++;
	if (old) {
		reader_wait(c, LOOK, true);
		WRITE_ONCE(r->seen, READ_ONCE(c->resize.old) != old);
	}
	if (r->seen) {
		reader_wait(c, STARE, false);
		r->kept = READ_ONCE(c->resize.retired) == old;
	}
	rcu_read_unlock();
}

static int reader_fn(void *arg)
{
	struct reader *r = arg;

	while (!kthread_should_stop()) {
		if (!r->seen)
			reader_look(r);
		cond_resched();
		if (r->seen || !READ_ONCE(READ_ONCE(r->c)->resize.old))
			schedule_timeout_uninterruptible(1);
	}
	return 0;
}

/* Arrays that nobody finds any more stay for those who have found them. */
static void spent_arrays_outlive_readers(struct kunit *test)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask,
					   raw_smp_processor_id());
	struct squirrel_cache *c[READER_TRIES];
	struct reader r = {};
	struct task_struct *task;
	unsigned int i;

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	for (i = 0; i < READER_TRIES; i++)
		c[i] = sq_fixture_cache(test, SIZE, NULL);
	r.c = c[0];
	task = kthread_create(reader_fn, &r, "sq-resize-reader");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_bind(task, cpu);
	wake_up_process(task);
	for (i = 0; !READ_ONCE(r.seen) && i < READER_TRIES; i++) {
		WRITE_ONCE(r.c, c[i]);
		while (!READ_ONCE(r.seen) && c[i]->resize.max < c[i]->cpu_max) {
			sq_resize_ask(c[i]);
			sq_resize_flush();
		}
	}
	kthread_stop(task);
	kunit_info(test, "%lu looks\n", r.looks);
	KUNIT_EXPECT_TRUE(test, r.seen);
	KUNIT_EXPECT_TRUE(test, r.kept);
	KUNIT_EXPECT_TRUE(test, !r.c->resize.old);
	KUNIT_EXPECT_TRUE(test, !r.c->resize.retired);
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
	w->task = kthread_create(worker_fn, w, "sq-resize-%u", i);
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

/* Threads on all CPUs and a timer, while arrays are replaced and drained. */
static void replaced_under_load(struct kunit *test)
{
	struct worker *w = kunit_kcalloc(test, WORKERS, sizeof(*w), GFP_KERNEL);
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned long end = jiffies + 5 * HZ, renewed = 0, total = 0;
	unsigned int n = 1, i;
	int cpu;

	KUNIT_ASSERT_NOT_NULL(test, w);
	worker_start(test, &w[0], c, 0, -1);
	for_each_online_cpu(cpu)
		for (i = 0; i < 2 && n < WORKERS; i++, n++)
			worker_start(test, &w[n], c, n, cpu);
	while (renewed < 30 && time_before(jiffies, end)) {
		int err = sq_resize_now(c, 0);

		/* -EBUSY: the load has just made it grow. */
		if (err != -EBUSY)
			KUNIT_EXPECT_EQ(test, err, 0);
		renewed += !err;
		KUNIT_EXPECT_LE(test, sq_cache_live(c), (n + 1) * OWN);
		if (renewed % 3)
			squirrel_cache_shrink(c);
		schedule_timeout_uninterruptible(1);
	}
	for (i = 0; i < n; i++) {
		worker_finish(test, &w[i]);
		total += w[i].made;
	}
	sq_resize_flush();
	kunit_info(test, "%lu arrays, %lu objects, timer %lu rounds\n", renewed,
		   total, w[0].rounds);
	KUNIT_EXPECT_GT(test, renewed, 0);
	KUNIT_EXPECT_EQ(test, made(c), total);
	expect_whole(test, c, 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

static struct kunit_case resize_cases[] = {
	KUNIT_CASE(resize_follows_the_load),
	KUNIT_CASE(what_is_held_moves),
	KUNIT_CASE(a_cache_that_is_moving),
	KUNIT_CASE(counts_move_with_the_cache),
	KUNIT_CASE(wish_waits_for_the_spent),
	KUNIT_CASE(at_its_limit_a_moving_cache_serves),
	KUNIT_CASE(a_constructed_cache),
	KUNIT_CASE(without_memory_all_stays),
	KUNIT_CASE(destroy_while_moving),
	KUNIT_CASE(spent_arrays_outlive_readers),
	KUNIT_CASE(replaced_under_load),
	{}
};

static struct kunit_suite resize_suite = {
	.name = "squirrel_resize",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = resize_cases,
};

kunit_test_suites(&resize_suite);
