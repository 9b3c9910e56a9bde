// SPDX-License-Identifier: GPL-2.0
/*
 * A client in the worst of places: probes on tracepoints that the kernel's timer,
 * scheduler and workqueue code passes with its own locks held. What allocates
 * and frees there must take none of them, or the CPU waits for itself for ever.
 *
 * The module's init does what passes the tracepoints, one after the other, until
 * each has been hit so many times; it fails if an object was damaged or is left.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timer.h>
#include <linux/tracepoint.h>
#include <linux/workqueue.h>

#include <squirrel/squirrel.h>

#define PROBE_OBJS	320U
#define PROBE_BYTES	200U
#define PROBE_LARGE	20000U
#define PROBE_MISUSE	10U	/* the hit that frees an object twice */

static unsigned int hits = 300;
module_param(hits, uint, 0444);
MODULE_PARM_DESC(hits, "how often each tracepoint is to be hit (default 300)");

/* Those on the way of a timer, a switch, a wakeup and a piece of work. */
static const char * const names[] = {
	"timer_start", "timer_cancel", "hrtimer_start", "hrtimer_cancel",
	"sched_switch", "sched_waking", "sched_wakeup",
	"workqueue_queue_work", "workqueue_activate_work",
};

/* What one CPU holds from one hit to the next. */
struct probe {
	bool inside;
	u8 fill;
	unsigned int nr;
	void *objs[PROBE_OBJS];
	void *seen[PROBE_OBJS];
	void *large;
};

static DEFINE_PER_CPU(struct probe, probes);
static struct squirrel_cache *cache;
static struct squirrel_cache *rcu_cache;
static void *spare;	/* for the misuse: on PREEMPT_RT a hit may get nothing */
static struct tracepoint *point;
static atomic_t nr_hits;
static atomic_t nr_nomem;
static atomic_t nr_broken;

static void probe_take(struct probe *p, unsigned int nr)
{
	p->fill++;
	for (p->nr = 0; p->nr < nr; p->nr++) {
		void *obj = squirrel_cache_alloc(cache, 0);

		if (!obj)
			break;
		memset(obj, p->fill, PROBE_BYTES);
		p->objs[p->nr] = obj;
		p->seen[p->nr] = squirrel_cache_alloc(rcu_cache, 0);
	}
	if (p->nr < nr)
		atomic_inc(&nr_nomem);
	p->large = squirrel_alloc(PROBE_LARGE, 0);
}

static void probe_drop(struct probe *p, bool bulk)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		if (memchr_inv(p->objs[i], p->fill, PROBE_BYTES))
			atomic_inc(&nr_broken);
		if (!bulk)
			squirrel_cache_free(cache, p->objs[i]);
		squirrel_cache_free(rcu_cache, p->seen[i]);
	}
	if (bulk)
		squirrel_cache_free_bulk(cache, p->nr, p->objs);
	p->nr = 0;
	squirrel_free(p->large);
	p->large = NULL;
}

/* Twice: reported, but from where printing takes no lock of the caller's. */
static void probe_misuse(void)
{
	void *obj = xchg(&spare, NULL);

	squirrel_cache_free(cache, obj);
	squirrel_cache_free(cache, obj);
}

/* Each hit frees what the last one left, and takes other than that did. */
static void probe_hit(struct probe *p, unsigned int hit)
{
	probe_drop(p, hit & 1);
	probe_take(p, 64 + hit * 37 % (PROBE_OBJS - 64));
	if (hit % 3)
		probe_drop(p, hit & 2);
	if (hit == PROBE_MISUSE)
		probe_misuse();
}

/*
 * What the tracepoint passes besides is of no interest. Preemption is off; what
 * interrupts a hit, or is hit within it, is passed over.
 *
 * PREEMPT_RT's interrupts are passed over, too: there irq_work wakes a thread, and if
 * each wakeup is a hit that leaves work for later, nothing else gets its turn.
 */
static void probe_fn(void *unused)
{
	struct probe *p = this_cpu_ptr(&probes);

	if (p->inside || (IS_ENABLED(CONFIG_PREEMPT_RT) && in_hardirq()))
		return;
	p->inside = true;
	barrier();
	probe_hit(p, atomic_inc_return(&nr_hits));
	barrier();
	p->inside = false;
}

/* ---- what hits them ------------------------------------------------------- */

static void timer_fn(struct timer_list *unused)
{
}

static void work_fn(struct work_struct *unused)
{
}

static enum hrtimer_restart hrtimer_fn(struct hrtimer *unused)
{
	return HRTIMER_NORESTART;
}

static DEFINE_TIMER(timer, timer_fn);
static DECLARE_WORK(work, work_fn);
static struct hrtimer hrtimer;

static void hrtimer_prepare(void)
{
#ifdef TORTURE_HRTIMER_SETUP
	hrtimer_setup(&hrtimer, hrtimer_fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(&hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer.function = hrtimer_fn;
#endif
}

/* On PREEMPT_RT a hit gets only what is at hand: let there be some, on this CPU. */
static void stock_up(void)
{
	static void *objs[PROBE_OBJS];
	int n;

	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		return;
	n = squirrel_cache_alloc_bulk(cache, GFP_KERNEL, PROBE_OBJS, objs);
	squirrel_cache_free_bulk(cache, n, objs);
}

static void drive(void)
{
	stock_up();
	mod_timer(&timer, jiffies + HZ);
	hrtimer_start(&hrtimer, ms_to_ktime(1000), HRTIMER_MODE_REL);
	schedule_work(&work);
	flush_work(&work);
	hrtimer_cancel(&hrtimer);
	timer_delete_sync(&timer);
	schedule_timeout_uninterruptible(1);
}

/* ---- the run -------------------------------------------------------------- */

static void find_point(struct tracepoint *tp, void *name)
{
	if (!strcmp(tp->name, name))
		point = tp;
}

static void try_point(const char *name)
{
	unsigned int i;

	point = NULL;
	for_each_kernel_tracepoint(find_point, (void *)name);
	if (!point || tracepoint_probe_register(point, probe_fn, NULL)) {
		pr_info("no %s\n", name);
		return;
	}
	spare = squirrel_cache_alloc(cache, GFP_KERNEL);
	atomic_set(&nr_hits, 0);
	/* Each turn hits each of them once at least, but for the last two. */
	for (i = 0; i < 4 * hits && atomic_read(&nr_hits) < hits; i++)
		drive();
	tracepoint_probe_unregister(point, probe_fn, NULL);
	tracepoint_synchronize_unregister();
	squirrel_cache_free(cache, xchg(&spare, NULL));
	pr_info("%s: %d hits\n", name, atomic_read(&nr_hits));
}

static int run(void)
{
	unsigned int i;
	int cpu;

	hrtimer_prepare();
	for (i = 0; i < ARRAY_SIZE(names); i++)
		try_point(names[i]);
	for_each_possible_cpu(cpu)
		probe_drop(per_cpu_ptr(&probes, cpu), false);
	pr_info("%s broken=%d nomem=%d\n",
		atomic_read(&nr_broken) ? "FAILURE" : "SUCCESS",
		atomic_read(&nr_broken), atomic_read(&nr_nomem));
	return atomic_read(&nr_broken) ? -EIO : 0;
}

static int __init tracepoint_init(void)
{
	static const struct squirrel_cache_args rcu_args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	int err;

	cache = squirrel_cache_create("tracepoint", PROBE_BYTES, NULL);
	rcu_cache = squirrel_cache_create("tracepoint_rcu", PROBE_BYTES,
					  &rcu_args);
	err = PTR_ERR_OR_ZERO(cache) ?: PTR_ERR_OR_ZERO(rcu_cache);
	if (!err)
		err = run();
	if (err) {
		squirrel_cache_destroy(rcu_cache);
		squirrel_cache_destroy(cache);
	}
	return err;
}
module_init(tracepoint_init);

static void __exit tracepoint_exit(void)
{
	squirrel_cache_destroy(rcu_cache);
	squirrel_cache_destroy(cache);
}
module_exit(tracepoint_exit);

MODULE_DESCRIPTION("Squirrel from within timer, scheduler and workqueue code");
MODULE_LICENSE("GPL");
