// SPDX-License-Identifier: GPL-2.0
/*
 * Playing a trace. One thread per recorded CPU, each bound to a CPU of its
 * own, plays the records of that CPU in file order. Two things hold threads
 * together:
 *
 *   - a free waits until the object's allocation has been played (by whatever
 *     thread): its address is published in objs[] with release semantics
 *   - no thread runs more than opts->window records ahead of the slowest one,
 *     so that about as much is live at a time as was in the recording
 *
 * Neither can deadlock. Among the records not yet played take the first in the
 * file. Its thread has played all its earlier ones, so it is at it; whatever
 * it waits for comes earlier in the file, so it has been played; and no thread
 * is behind it. So it is played.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/vmalloc.h>
#include "replay.h"

/* Records between two looks at the clock, the scheduler and the others */
#define REPLAY_BREATH		64
#define REPLAY_SPINS		200

/* One step of waiting for another thread, first hot, then by sleeping */
static void replay_wait(unsigned int *spins)
{
	if (++*spins < REPLAY_SPINS)
		cpu_relax();
	else
		usleep_range(20, 100);
}

static void *replay_await_object(struct replay_run *run, u32 id)
{
	unsigned int spins = 0;
	void *obj;

	/* pairs with the release in replay_publish() */
	while (!(obj = smp_load_acquire(&run->objs[id])))
		replay_wait(&spins);
	return obj;
}

static void replay_await_others(struct replay_worker *w)
{
	struct replay_run *run = w->run;
	unsigned int spins, i;

	for (i = 0; i < run->nworkers && run->opts->window; i++) {
		spins = 0;
		while (w->pos > READ_ONCE(run->workers[i].pos) +
				(u64)run->opts->window)
			replay_wait(&spins);
	}
}

/* ---- contexts ------------------------------------------------------------- */

/*
 * PREEMPT_RT runs handlers in threads, and leaves interrupts on where a spinlock is held:
 * what was recorded on another kernel would be called with them on there.
 */
static bool replay_irqs_off(const struct replay_run *run, u8 flags)
{
	return run->opts->contexts && !IS_ENABLED(CONFIG_PREEMPT_RT) &&
	       (flags & (REPLAY_HARDIRQ | REPLAY_IRQS_OFF));
}

static bool replay_bh_off(const struct replay_run *run, u8 flags)
{
	return run->opts->contexts && (flags & REPLAY_SOFTIRQ);
}

static void replay_enter(const struct replay_run *run, u8 flags,
			 unsigned long *irqs)
{
	if (replay_irqs_off(run, flags))
		local_irq_save(*irqs);
	else if (replay_bh_off(run, flags))
		local_bh_disable();
}

static void replay_leave(const struct replay_run *run, u8 flags,
			 unsigned long irqs)
{
	if (replay_irqs_off(run, flags))
		local_irq_restore(irqs);
	else if (replay_bh_off(run, flags))
		local_bh_enable();
}

static gfp_t replay_gfp(const struct replay_run *run, u32 c, u8 flags)
{
	gfp_t gfp = GFP_KERNEL;

	if (flags & (REPLAY_ATOMIC | REPLAY_SOFTIRQ | REPLAY_HARDIRQ |
		     REPLAY_IRQS_OFF))
		gfp = GFP_ATOMIC;
	/* zeroing would undo the constructor; no allocator allows both */
	if ((flags & REPLAY_ZERO) && !replay_has_ctor(run, c))
		gfp |= __GFP_ZERO;
	return gfp | __GFP_NOWARN;
}

/* ---- one record, or a group that was one bulk call ------------------------ */

static void replay_count(struct replay_worker *w, long objects, s64 bytes)
{
	struct replay_run *run = w->run;
	long live = 0;
	unsigned int i;

	WRITE_ONCE(w->live, w->live + objects);
	WRITE_ONCE(w->live_bytes, w->live_bytes + bytes);
	if (objects < 0)
		return;
	w->allocs += objects;
	/* the others' counters are in their cache lines: not every time */
	if (run->nworkers > 1 && w->allocs % 16)
		return;
	for (i = 0; i < run->nworkers; i++)
		live += READ_ONCE(run->workers[i].live);
	w->peak = max(w->peak, live);
}

static void replay_publish(struct replay_worker *w, const struct replay_rec *r,
			   void *obj, gfp_t gfp)
{
	struct replay_run *run = w->run;
	u32 id = le32_to_cpu(r->id);

	if (obj) {
		replay_pattern_fresh(w, id, obj, gfp & __GFP_ZERO);
		if (unlikely(run->opts->busted))
			obj = replay_bust(w, id, obj, gfp);
	}
	if (obj)
		replay_count(w, 1, le32_to_cpu(r->bytes));
	else
		w->failed++;
	if (obj && run->looks.touching)
		replay_touch(&run->looks, obj, le32_to_cpu(r->bytes), true);
	/* pairs with the acquire in replay_await_object() */
	smp_store_release(&run->objs[id], obj ? obj : REPLAY_FAILED);
}

static void replay_alloc(struct replay_worker *w, const struct replay_rec *r,
			 u32 n)
{
	struct replay_run *run = w->run;
	u32 c = le16_to_cpu(r->cache);
	gfp_t gfp = replay_gfp(run, c, r->flags);
	unsigned long irqs = 0;
	void *obj;
	u32 i;

	replay_enter(run, r->flags, &irqs);
	if (n == 1) {
		obj = run->subject->alloc(run, c, le32_to_cpu(r->bytes), gfp);
		w->batch[0] = obj;
	} else if (!run->subject->alloc_bulk(run, c, gfp, n, w->batch)) {
		memset(w->batch, 0, n * sizeof(w->batch[0]));
	}
	replay_leave(run, r->flags, irqs);
	for (i = 0; i < n; i++)
		replay_publish(w, r + i, w->batch[i], gfp);
}

/* Take the objects of @n free records out of objs[]; return how many exist */
static u32 replay_withdraw(struct replay_worker *w, const struct replay_rec *r,
			   u32 n)
{
	struct replay_run *run = w->run;
	const struct replay_trace *t = run->trace;
	u32 i, id, bytes, got = 0;
	void *obj;

	for (i = 0; i < n; i++) {
		id = le32_to_cpu(r[i].id);
		obj = replay_await_object(run, id);
		if (obj == REPLAY_FAILED)
			continue;
		replay_pattern_check(w, id, obj);
		WRITE_ONCE(run->objs[id], REPLAY_FREED);
		bytes = le32_to_cpu(t->recs[t->alloc_rec[id]].bytes);
		replay_count(w, -1, -(s64)bytes);
		if (run->looks.touching)
			replay_touch(&run->looks, obj, bytes, false);
		w->batch[got++] = obj;
	}
	return got;
}

static void replay_free(struct replay_worker *w, const struct replay_rec *r,
			u32 n)
{
	struct replay_run *run = w->run;
	u32 c = le16_to_cpu(r->cache);
	unsigned long irqs = 0;
	u32 got = replay_withdraw(w, r, n);

	replay_enter(run, r->flags, &irqs);
	if (got == 1)
		run->subject->free(run, c, w->batch[0]);
	else if (got)
		run->subject->free_bulk(run, c, got, w->batch);
	replay_leave(run, r->flags, irqs);
	w->frees += got;
}

/* How many records from @pos on belong to the same bulk call; 1 for none */
static u32 replay_group(const struct replay_run *run, u32 pos)
{
	const struct replay_trace *t = run->trace;
	const struct replay_rec *r = &t->recs[pos];
	u32 n = 1;

	/* the kernel's bulk calls want interrupts on and a named cache */
	if (!run->opts->bulk || !(r->flags & REPLAY_BULK) ||
	    !run->handles[le16_to_cpu(r->cache)] ||
	    replay_irqs_off(run, r->flags))
		return 1;
	while (n < REPLAY_BULK_MAX && pos + n < t->nevents &&
	       r[n].op == r->op && r[n].cpu == r->cpu &&
	       r[n].cache == r->cache && r[n].flags == r->flags)
		n++;
	return n;
}

static int replay_worker(void *data)
{
	struct replay_worker *w = data;
	struct replay_run *run = w->run;
	const struct replay_trace *t = run->trace;
	unsigned int done = 0;
	u32 pos, n;

	wait_for_completion(&run->gate);
	for (pos = 0; pos < t->nevents; pos += n) {
		const struct replay_rec *r = &t->recs[pos];

		n = 1;
		if (r->cpu % run->nworkers != w->index)
			continue;
		n = replay_group(run, pos);
		WRITE_ONCE(w->pos, pos);
		if (++done % REPLAY_BREATH == 0) {
			cond_resched();
			replay_await_others(w);
		}
		if (r->op == REPLAY_OP_ALLOC)
			replay_alloc(w, r, n);
		else
			replay_free(w, r, n);
		if (unlikely(pos >= READ_ONCE(run->next_sample)))
			replay_sample(run, pos);
	}
	WRITE_ONCE(w->pos, t->nevents);
	complete(&run->done);
	return 0;
}

/* ---- all threads ---------------------------------------------------------- */

static int replay_threads_create(struct replay_run *run)
{
	int cpu = cpumask_first(cpu_online_mask);
	struct task_struct *task;
	unsigned int i;

	for (i = 0; i < run->nworkers; i++) {
		run->workers[i].run = run;
		run->workers[i].index = i;
		task = kthread_create(replay_worker, &run->workers[i],
				      "replay/%u", i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		kthread_bind(task, cpu);
		/* so that it can be joined after it has ended */
		run->workers[i].task = get_task_struct(task);
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
	}
	return 0;
}

/* Also for threads that never started: kthread_stop() ends those as they are */
static void replay_threads_join(struct replay_run *run)
{
	unsigned int i;

	for (i = 0; i < run->nworkers; i++) {
		if (!run->workers[i].task)
			continue;
		kthread_stop(run->workers[i].task);
		put_task_struct(run->workers[i].task);
	}
}

static int replay_threads(struct replay_run *run)
{
	u64 start;
	unsigned int i;
	int err;

	err = replay_threads_create(run);
	if (err)
		goto out;
	for (i = 0; i < run->nworkers; i++)
		wake_up_process(run->workers[i].task);
	replay_calls_read(&run->calls_start);
	start = ktime_get_ns();
	complete_all(&run->gate);
	for (i = 0; i < run->nworkers; i++) {
		/* woken now and then, or it counts as a hung task */
		while (!wait_for_completion_timeout(&run->done, 10 * HZ))
			;
	}
	run->ns = ktime_get_ns() - start;
	replay_calls_read(&run->calls_end);
out:
	replay_threads_join(run);
	return err;
}

/* ---- after the last record ------------------------------------------------ */

static void replay_drain(struct replay_run *run)
{
	const struct replay_trace *t = run->trace;
	struct replay_worker *w = &run->workers[0];
	u32 id, c;

	for (id = 0; id < t->nobjs; id++) {
		if (!(id % 1024))
			cond_resched();
		if (!replay_is_object(run->objs[id]))
			continue;
		c = le16_to_cpu(t->recs[t->alloc_rec[id]].cache);
		replay_pattern_check(w, id, run->objs[id]);
		/* an own heap can be left to free its objects itself */
		if (!run->opts->free_all && run->heap && !run->handles[c])
			continue;
		run->subject->free(run, c, run->objs[id]);
		run->objs[id] = REPLAY_FREED;
		run->drained++;
	}
}

static long replay_held(struct replay_run *run)
{
	return run->free_before - replay_free_pages();
}

static void replay_settle(struct replay_run *run)
{
	msleep(run->opts->settle_ms);
	run->pages_settled = replay_held(run);
	replay_drain(run);
	if (run->opts->reclaim)
		run->subject->reclaim(run);
	msleep(run->opts->settle_ms);
	run->pages_freed = replay_held(run);
	replay_calls_read(&run->calls_freed);
}

static void replay_tables_free(struct replay_run *run)
{
	replay_looks_stop(run);
	vfree(run->handles);
	vfree(run->objs);
}

static int replay_tables(struct replay_run *run)
{
	const struct replay_trace *t = run->trace;

	run->objs = vzalloc(array_size(t->nobjs, sizeof(void *)));
	run->handles = vzalloc(array_size(t->ncaches, sizeof(void *)));
	run->workers = vzalloc(array_size(run->nworkers,
					  sizeof(*run->workers)));
	if (!run->objs || !run->handles || !run->workers)
		return -ENOMEM;
	return replay_looks_start(run);
}

/**
 * replay_play() - play the records of a trace on a subject
 * @run: trace, opts, subject and samples set, the rest zero
 *
 * Context: Process context. May sleep, for as long as the trace takes.
 * Return: 0 if it was played, whatever it found: then replay_end() is to
 * follow. Else a negative errno, and nothing is left.
 */
int replay_play(struct replay_run *run)
{
	int err;

	run->nworkers = num_online_cpus() > 1 ? run->trace->ncpus : 1;
	run->next_sample = max(run->trace->nevents / REPLAY_POINTS, 1U);
	spin_lock_init(&run->sample_lock);
	init_completion(&run->gate);
	init_completion(&run->done);

	err = replay_tables(run);
	if (err)
		goto out;
	if (run->opts->pagecalls)
		run->calls_idle = replay_calls_idle();
	run->free_before = replay_free_pages();
	err = run->subject->setup(run);
	if (!err)
		err = replay_threads(run);
	if (!err && run->opts->keep && run->subject->hold)
		run->subject->hold(run);
	run->pages_end = replay_held(run);
	if (!err)
		return 0;
	run->subject->teardown(run);
out:
	replay_tables_free(run);
	vfree(run->workers);
	run->workers = NULL;
	return err;
}

/**
 * replay_end() - free all that is live, and the subject
 * @run: a run that was played. Afterwards its counters are valid, also those
 *	of workers, which the caller frees with vfree()
 *
 * Context: Process context. May sleep.
 */
void replay_end(struct replay_run *run)
{
	replay_settle(run);
	run->subject->teardown(run);
	run->pages_left = replay_held(run);
	replay_tables_free(run);
}
