// SPDX-License-Identifier: GPL-2.0
/*
 * One CPU, four contexts at once: a task allocates and frees as fast as it can,
 * a timer interrupts it, a tasklet runs behind the timer, and another CPU sends
 * NMIs that hit all of them in the middle of whatever they do. Each context has
 * its own objects with a pattern in them; all share one cache and one heap.
 *
 * The module's init runs the whole thing and fails if a pattern was broken or an
 * object was handed out twice. busted=1 lets the NMI write into an object of the
 * task's: that must be noticed. Cache and heap stay until unload, so that the
 * script can compare what was counted: with keep=N, N objects too many are
 * live then.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <squirrel/squirrel.h>

#include "nmi.h"

#define STORM_SLOTS	48
#define STORM_PERIOD_NS	100000
#define STORM_STEPS	4	/* of an interrupting context each time */

static unsigned long ops = 2000000;
module_param(ops, ulong, 0444);
MODULE_PARM_DESC(ops, "how many steps the task makes (default 2000000)");

static unsigned int seed = 1;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "seed of the random steps");

static bool busted;
module_param(busted, bool, 0444);
MODULE_PARM_DESC(busted, "NMI writes into an object of the task: must be noticed");

static unsigned int keep;
module_param(keep, uint, 0444);
MODULE_PARM_DESC(keep, "objects of the task to keep until unload: must be noticed");

enum storm_context {
	STORM_TASK,
	STORM_SOFTIRQ,
	STORM_HARDIRQ,
	STORM_IN_NMI,
	STORM_CONTEXTS,
};

/* What one context holds; nobody else touches it. */
struct storm {
	struct rnd_state rnd;
	void *obj[STORM_SLOTS];
	u32 size[STORM_SLOTS];	/* 0: from the cache */
	unsigned long steps;
	unsigned long nomem;
	unsigned long broken;
};

static struct storm storms[STORM_CONTEXTS];
static struct squirrel_cache *cache;
static struct squirrel_heap *heap;
static struct task_struct *worker;
static struct hrtimer timer;
static bool running;
static DECLARE_COMPLETION(worker_done);

static u8 storm_byte(enum storm_context ctx, unsigned int slot)
{
	return 0x40 + ctx * STORM_SLOTS + slot;
}

static u32 storm_bytes(const struct storm *s, unsigned int slot)
{
	return s->size[slot] ?: squirrel_cache_size(cache);
}

static void storm_take(enum storm_context ctx, unsigned int slot)
{
	struct storm *s = &storms[ctx];
	u32 roll = prandom_u32_state(&s->rnd);
	void *obj;

	s->size[slot] = roll & 1 ? 8 + (roll >> 8) % 500 : 0;
	obj = s->size[slot] ?
	      squirrel_heap_alloc(heap, s->size[slot], GFP_NOWAIT | __GFP_NOWARN) :
	      squirrel_cache_alloc(cache, GFP_NOWAIT | __GFP_NOWARN);
	if (obj)
		memset(obj, storm_byte(ctx, slot), storm_bytes(s, slot));
	else
		s->nomem++;
	s->obj[slot] = obj;
}

static void storm_drop(enum storm_context ctx, unsigned int slot)
{
	struct storm *s = &storms[ctx];
	void *obj = s->obj[slot];

	s->obj[slot] = NULL;
	if (memchr_inv(obj, storm_byte(ctx, slot), storm_bytes(s, slot)))
		s->broken++;
	if (s->size[slot])
		squirrel_heap_free(heap, obj);
	else
		squirrel_cache_free(cache, obj);
}

static void storm_step(enum storm_context ctx)
{
	struct storm *s = &storms[ctx];
	unsigned int slot = prandom_u32_state(&s->rnd) % STORM_SLOTS;

	s->steps++;
	if (s->obj[slot])
		storm_drop(ctx, slot);
	else
		storm_take(ctx, slot);
}

static void storm_steps(enum storm_context ctx)
{
	unsigned int i;

	for (i = 0; i < STORM_STEPS; i++)
		storm_step(ctx);
}

/* ---- the contexts --------------------------------------------------------- */

static void storm_tasklet(struct tasklet_struct *t)
{
	storm_steps(STORM_SOFTIRQ);
}

static DECLARE_TASKLET(tasklet, storm_tasklet);

static enum hrtimer_restart storm_timer(struct hrtimer *t)
{
	storm_steps(STORM_HARDIRQ);
	tasklet_schedule(&tasklet);
	hrtimer_forward_now(t, STORM_PERIOD_NS);
	return READ_ONCE(running) ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

#ifdef HAVE_NMI
static struct task_struct *sender;
static atomic_t nmi_pending;

static int storm_nmi(unsigned int type, struct pt_regs *regs)
{
	u8 *victim = NULL;

	if (busted) {
		/* Whatever the interrupted task has there at the moment. */
		victim = data_race(READ_ONCE(storms[STORM_TASK].obj[0]));
	}
	if (!atomic_xchg(&nmi_pending, 0))
		return NMI_DONE;
	storm_steps(STORM_IN_NMI);
	if (victim)
		victim[1] = 0;
	return NMI_HANDLED;
}

/* Never two at once: the next is sent when the last has been taken. */
static int storm_sender(void *unused)
{
	struct rnd_state rnd;

	prandom_seed_state(&rnd, seed);
	while (!kthread_should_stop()) {
		if (!atomic_cmpxchg(&nmi_pending, 0, 1))
			nmi_send(0);
		udelay(1 + prandom_u32_state(&rnd) % 20);
		cond_resched();
	}
	return 0;
}

static int storm_nmi_start(void)
{
	struct task_struct *t;

	if (num_online_cpus() < 2)
		return 0;
	if (register_nmi_handler(NMI_LOCAL, storm_nmi, 0, "squirrel_storm"))
		return -EBUSY;
	t = kthread_create(storm_sender, NULL, "storm_sender");
	if (IS_ERR(t)) {
		unregister_nmi_handler(NMI_LOCAL, "squirrel_storm");
		return PTR_ERR(t);
	}
	kthread_bind(t, cpumask_any_but(cpu_online_mask, 0));
	sender = t;
	wake_up_process(t);
	return 0;
}

static void storm_nmi_stop(void)
{
	if (!sender)
		return;
	kthread_stop(sender);
	/* The last one may be on its way. */
	msleep(20);
	unregister_nmi_handler(NMI_LOCAL, "squirrel_storm");
}
#else
static int storm_nmi_start(void)
{
	return 0;
}

static void storm_nmi_stop(void)
{
}
#endif

static void storm_timer_setup(void)
{
#ifdef TORTURE_HRTIMER_SETUP
	hrtimer_setup(&timer, storm_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
#else
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer.function = storm_timer;
#endif
}

static int storm_worker(void *unused)
{
	unsigned long i;

	storm_timer_setup();
	hrtimer_start(&timer, STORM_PERIOD_NS, HRTIMER_MODE_REL_PINNED_HARD);
	for (i = 0; i < ops; i++) {
		storm_step(STORM_TASK);
		if (i % 256 == 0)
			cond_resched();
	}
	WRITE_ONCE(running, false);
	hrtimer_cancel(&timer);
	tasklet_kill(&tasklet);
	complete(&worker_done);
	return 0;
}

/* ---- the run -------------------------------------------------------------- */

static int storm_run(void)
{
	int err;

	running = true;
	worker = kthread_create(storm_worker, NULL, "storm_worker");
	if (IS_ERR(worker))
		return PTR_ERR(worker);
	kthread_bind(worker, 0);
	err = storm_nmi_start();
	if (err) {
		kthread_stop(worker);
		return err;
	}
	wake_up_process(worker);
	wait_for_completion(&worker_done);
	storm_nmi_stop();
	return 0;
}

/* Free all but @left objects; returns how many were broken so far. */
static unsigned long storm_finish(unsigned int left)
{
	unsigned long broken = 0;
	unsigned int ctx, slot;

	for (ctx = 0; ctx < STORM_CONTEXTS; ctx++) {
		for (slot = 0; slot < STORM_SLOTS; slot++) {
			if (!storms[ctx].obj[slot])
				continue;
			if (left)
				left--;
			else
				storm_drop(ctx, slot);
		}
		broken += storms[ctx].broken;
	}
	return broken;
}

static void storm_clean_up(void)
{
	storm_finish(0);
	squirrel_heap_destroy(heap);
	squirrel_cache_destroy(cache);
}

static int __init storm_init(void)
{
	unsigned long broken;
	unsigned int ctx;
	int err;

	for (ctx = 0; ctx < STORM_CONTEXTS; ctx++)
		prandom_seed_state(&storms[ctx].rnd, seed + ctx);
	cache = squirrel_cache_create("storm", 120, NULL);
	heap = squirrel_heap_create("storm", NULL);
	err = PTR_ERR_OR_ZERO(cache) ?: PTR_ERR_OR_ZERO(heap);
	if (!err)
		err = storm_run();
	if (err)
		goto out;
	broken = storm_finish(keep);
	pr_info("%s seed=%u broken=%lu steps_task=%lu steps_softirq=%lu steps_hardirq=%lu steps_nmi=%lu nomem_nmi=%lu\n",
		broken ? "FAILURE" : "SUCCESS", seed, broken,
		storms[STORM_TASK].steps, storms[STORM_SOFTIRQ].steps,
		storms[STORM_HARDIRQ].steps, storms[STORM_IN_NMI].steps,
		storms[STORM_IN_NMI].nomem);
	err = broken ? -EIO : 0;
out:
	if (err)
		storm_clean_up();
	return err;
}
module_init(storm_init);

static void __exit storm_exit(void)
{
	storm_clean_up();
}
module_exit(storm_exit);

MODULE_DESCRIPTION("Squirrel under four contexts on one CPU");
MODULE_LICENSE("GPL");
