// SPDX-License-Identifier: GPL-2.0
/*
 * torture: all contexts of all CPUs use squirrel at once, for some seconds, and on a
 * busy machine for as long as it takes until each kind has done a few hundred steps.
 *
 *	insmod torture.ko seconds=5
 *
 * On each CPU two threads, a tasklet, a timer in hardirq, irq_work sent by any
 * CPU and, on x86, NMI from other CPUs allocate from random caches and heaps, write a
 * pattern, hand objects to other CPUs, check the pattern and free. Threads make and
 * destroy caches and heaps meanwhile, and change the mode. Debugging, strategies, CPUs and
 * memory are torture.sh's to change. A gate lets all of them start together. It ends in
 * one line,
 *
 *	torture: SUCCESS seed=... or torture: FAILURE seed=... wrong='...'
 *
 * and in the second case loading fails with -EIO. The caches stay until unload.
 * busted=NAME plants a bug of torture_bust.c, and goes on until it is noticed. It must
 * end in FAILURE and say what was wrong: so the checks are known to work.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include "nmi.h"
#include "torture.h"

static unsigned int seconds = 5;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long at least (default 5)");

static unsigned int seed;
module_param(seed, uint, 0444);
MODULE_PARM_DESC(seed, "of the random numbers; 0 (default) for a random one");

static unsigned int timer_us = 300;
module_param(timer_us, uint, 0444);
MODULE_PARM_DESC(timer_us, "mean time between interrupts of a CPU (default 300)");

static char *busted;
module_param(busted, charp, 0444);
MODULE_PARM_DESC(busted, "name of a bug to plant, which must be noticed");

/* What an interrupt does at most, so that tasks get on. */
#define TORTURE_IRQ_STEPS	8
#define TORTURE_REPORTS		5

/* What each kind of context does at least, however slow the machine; the net. */
#define TORTURE_STEPS		300
#define TORTURE_SECONDS_MAX	120
/* The timer is off for so many times as long as it took. */
#define TORTURE_PAUSE		4

/**
 * struct torture_cpu - what one CPU has to do
 * @ctx: its contexts
 * @task: the two threads
 * @timer: runs the hardirq context and wakes the others
 * @tasklet: runs the softirq context
 * @work: runs the irq_work context, at the request of any CPU
 * @nmi: an NMI was sent
 */
struct torture_cpu {
	struct torture_ctx *ctx[TORTURE_KINDS];
	struct task_struct *task[2];
	struct hrtimer timer;
	struct tasklet_struct tasklet;
	struct irq_work work;
	atomic_t nmi;
};

static DEFINE_PER_CPU(struct torture_cpu, torture_cpus);
static struct cpumask torture_mask;
static DECLARE_COMPLETION(torture_gate);
static bool torture_stop;
static struct torture_ctx *torture_first;	/* plants what is to be planted */
static bool torture_nmi_there, torture_had_nmi;
static atomic_t torture_errors;
static const char *torture_what;	/* the first that was wrong */

/* How many things were before? */
static int torture_wrong(const char *what)
{
	cmpxchg(&torture_what, NULL, what);
	return atomic_inc_return(&torture_errors) - 1;
}

bool torture_is_wrong(void)
{
	return atomic_read(&torture_errors);
}

/* Something is not as it must be. */
void torture_error(const struct torture_ctx *ctx, const struct torture_obj *o,
		   const char *what)
{
	if (torture_wrong(what) >= TORTURE_REPORTS)
		return;
	pr_err("cpu %u context %d: object 0x%lx of source %u, %u bytes: %s\n",
	       ctx->cpu, ctx->kind, (unsigned long)o->p, o->source, o->size,
	       what);
}

/* Squirrel has to say something of what is ours. Any context. */
static int torture_told(struct notifier_block *nb, unsigned long unused, void *data)
{
	const struct squirrel_report *r = data;

	/* What somebody has still is told when a cache or a heap is to go. */
	if (strstarts(r->name, "torture"))
		torture_wrong(r->what);
	return NOTIFY_OK;
}

static struct notifier_block torture_nb = { .notifier_call = torture_told };

/* ---- the contexts --------------------------------------------------------- */

static void torture_steps(struct torture_ctx *ctx)
{
	unsigned int n = 1 + prandom_u32_state(&ctx->rnd) % TORTURE_IRQ_STEPS;

	while (n--)
		torture_step(ctx);
}

static void torture_tasklet(struct tasklet_struct *t)
{
	struct torture_cpu *tc = container_of(t, struct torture_cpu, tasklet);

	torture_steps(tc->ctx[TORTURE_SOFTIRQ]);
}

static void torture_irq_work(struct irq_work *work)
{
	struct torture_cpu *tc = container_of(work, struct torture_cpu, work);

	torture_steps(tc->ctx[TORTURE_IRQ_WORK]);
}

static void torture_poked(void *unused)
{
	irq_work_queue(&this_cpu_ptr(&torture_cpus)->work);
}

/* An interrupt on any CPU, this one too. One that is not there is no error. */
static void torture_poke(struct torture_ctx *ctx)
{
	unsigned int cpu = prandom_u32_state(&ctx->rnd) % nr_cpu_ids;

	preempt_disable();
	if (cpu == smp_processor_id())
		torture_poked(NULL);
	else if (cpumask_test_cpu(cpu, &torture_mask))
		smp_call_function_single_async(cpu, &ctx->poke);
	preempt_enable();
}

/* Another CPU, in the middle of whatever it does; never two at once. */
static void torture_send_nmi(struct torture_ctx *ctx)
{
	unsigned int cpu = prandom_u32_state(&ctx->rnd) % nr_cpu_ids;

	if (!torture_nmi_there)
		return;
	preempt_disable();
	if (cpu != smp_processor_id() && cpu_online(cpu) &&
	    cpumask_test_cpu(cpu, &torture_mask) &&
	    !atomic_cmpxchg(&per_cpu_ptr(&torture_cpus, cpu)->nmi, 0, 1))
		nmi_send(cpu);
	preempt_enable();
}

#ifdef HAVE_NMI
static int torture_nmi(unsigned int type, struct pt_regs *regs)
{
	struct torture_cpu *tc = this_cpu_ptr(&torture_cpus);

	if (atomic_read(&tc->nmi) != 1)
		return NMI_DONE;
	torture_steps(tc->ctx[TORTURE_NMI]);
	atomic_set(&tc->nmi, 0);
	return NMI_HANDLED;
}

static int torture_nmi_start(void)
{
	if (num_online_cpus() < 2)
		return 0;
	if (register_nmi_handler(NMI_LOCAL, torture_nmi, 0, "squirrel_torture"))
		return -EBUSY;
	torture_nmi_there = true;
	torture_had_nmi = true;
	return 0;
}

/* Nobody sends any more; the last one may be on its way. */
static void torture_nmi_stop(void)
{
	if (!torture_nmi_there)
		return;
	msleep(20);
	unregister_nmi_handler(NMI_LOCAL, "squirrel_torture");
	torture_nmi_there = false;
}
#else
static int torture_nmi_start(void)
{
	return 0;
}

static void torture_nmi_stop(void)
{
}
#endif

/* When all CPUs have done this, no poke is under way. */
static void torture_nothing(void *unused)
{
}

static enum hrtimer_restart torture_timer(struct hrtimer *timer)
{
	struct torture_cpu *tc = container_of(timer, struct torture_cpu, timer);
	struct torture_ctx *ctx = tc->ctx[TORTURE_HARDIRQ];
	u32 us = 1 + prandom_u32_state(&ctx->rnd) % (2 * timer_us);
	u64 start = ktime_get_ns(), pause;

	if (READ_ONCE(torture_stop))
		return HRTIMER_NORESTART;
	torture_steps(ctx);
	tasklet_schedule(&tc->tasklet);
	torture_poke(ctx);
	/*
	 * The tasklet and pokes take as long as this did, or longer: tasks of a slow machine,
	 * squirrel's workers among them, are to have some of this CPU, too.
	 */
	pause = max((u64)us * NSEC_PER_USEC, TORTURE_PAUSE * (ktime_get_ns() - start));
	hrtimer_forward_now(timer, ns_to_ktime(pause));
	return HRTIMER_RESTART;
}

/* Only while CPUs neither come nor go. */
static void torture_move_home(struct torture_ctx *ctx)
{
	struct hrtimer *timer = &per_cpu_ptr(&torture_cpus, ctx->cpu)->timer;

	if (!cpu_online(ctx->cpu) ||
	    set_cpus_allowed_ptr(current, cpumask_of(ctx->cpu)))
		return;
	if (ctx->kind == TORTURE_TASK) {
		hrtimer_cancel(timer);
		hrtimer_start(timer, ns_to_ktime((u64)timer_us * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_PINNED);
	}
}

/*
 * The CPU was away, and took its threads and its timer elsewhere. One that is on its
 * way out is still online: set_cpus_allowed_ptr() succeeds for it, the stopper then does
 * not move the thread there ("XXX __migrate_task() can fail"), and it goes on where it
 * was, outside of its own mask. On PREEMPT_RT, where locks disable migration, the next
 * migrate_enable() warns of that, in affine_move_task(). Hence the lock; who does not
 * get it comes again.
 */
static void torture_come_home(struct torture_ctx *ctx)
{
	if (raw_smp_processor_id() == ctx->cpu || !cpus_read_trylock())
		return;
	torture_move_home(ctx);
	cpus_read_unlock();
}

static int torture_thread(void *data)
{
	struct torture_ctx *ctx = data;
	struct torture_cpu *tc = per_cpu_ptr(&torture_cpus, ctx->cpu);
	unsigned long n = 0;

	wait_for_completion(&torture_gate);
	if (ctx->kind == TORTURE_TASK)
		hrtimer_start(&tc->timer, ns_to_ktime((u64)timer_us * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_PINNED);
	while (!READ_ONCE(torture_stop)) {
		torture_step(ctx);
		if (++n % 16 == 0)
			torture_sleep(ctx);
		if (n % 16 == 8)
			torture_send_nmi(ctx);
		if (n % 64 == 0)
			torture_poke(ctx);
		if (n % 256 == 0)
			torture_come_home(ctx);
		if (busted && n % 64 == 0 && ctx == torture_first)
			torture_bust(ctx);
		cond_resched();
	}
	return 0;
}

/* ---- setting up and taking down ------------------------------------------- */

static void torture_timer_init(struct hrtimer *timer)
{
#ifdef TORTURE_HRTIMER_SETUP
	hrtimer_setup(timer, torture_timer, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	timer->function = torture_timer;
#endif
}

static int torture_cpu_init(unsigned int cpu)
{
	struct torture_cpu *tc = per_cpu_ptr(&torture_cpus, cpu);
	struct task_struct *task;
	int i;

	torture_timer_init(&tc->timer);
	tasklet_setup(&tc->tasklet, torture_tasklet);
	init_irq_work(&tc->work, torture_irq_work);
	cpumask_set_cpu(cpu, &torture_mask);
	for (i = 0; i < TORTURE_KINDS; i++) {
		tc->ctx[i] = vzalloc_node(sizeof(*tc->ctx[i]),
					  cpu_to_node(cpu));
		if (!tc->ctx[i])
			return -ENOMEM;
		tc->ctx[i]->cpu = cpu;
		tc->ctx[i]->kind = i;
		INIT_CSD(&tc->ctx[i]->poke, torture_poked, NULL);
		prandom_seed_state(&tc->ctx[i]->rnd,
				   seed + (u64)cpu * TORTURE_KINDS + i);
	}
	torture_first = torture_first ?: tc->ctx[TORTURE_TASK];
	for (i = 0; i < ARRAY_SIZE(tc->task); i++) {
		task = kthread_create(torture_thread,
				      tc->ctx[TORTURE_TASK + i],
				      "torture/%u.%d", cpu, i);
		if (IS_ERR(task))
			return PTR_ERR(task);
		kthread_bind(task, cpu);
		tc->task[i] = get_task_struct(task);
	}
	return 0;
}

static bool torture_is_enough(void)
{
	unsigned int cpu, kind;

	if (busted)
		return torture_is_wrong() || torture_bust_done();
	for (kind = 0; kind < TORTURE_KINDS; kind++) {
		unsigned long steps = 0;

		if (kind == TORTURE_NMI && !torture_nmi_there)
			continue;

		for_each_cpu(cpu, &torture_mask)
			steps += READ_ONCE(per_cpu_ptr(&torture_cpus, cpu)
					   ->ctx[kind]->steps);
		if (steps < TORTURE_STEPS)
			return false;
	}
	return true;
}

static void torture_wait(void)
{
	unsigned int tries = TORTURE_SECONDS_MAX * 10, i;

	/* In slices, so that the kernel does not take it for a task that hangs. */
	for (i = 0; !busted && i < seconds; i++)
		msleep(MSEC_PER_SEC);
	while (!torture_is_enough() && tries--)
		msleep(100);
}

/* Wake all, wait, and stop all; also what never started. */
static void torture_run(bool start)
{
	struct torture_cpu *tc;
	unsigned int cpu;
	int i;

	for_each_cpu(cpu, &torture_mask) {
		tc = per_cpu_ptr(&torture_cpus, cpu);
		for (i = 0; i < ARRAY_SIZE(tc->task) && start; i++)
			wake_up_process(tc->task[i]);
	}
	complete_all(&torture_gate);
	if (start)
		torture_wait();
	WRITE_ONCE(torture_stop, true);
	for_each_cpu(cpu, &torture_mask) {
		tc = per_cpu_ptr(&torture_cpus, cpu);
		for (i = 0; i < ARRAY_SIZE(tc->task); i++) {
			if (!tc->task[i])
				continue;
			kthread_stop(tc->task[i]);
			put_task_struct(tc->task[i]);
		}
	}
	torture_nmi_stop();
	for_each_cpu(cpu, &torture_mask)
		hrtimer_cancel(&per_cpu_ptr(&torture_cpus, cpu)->timer);
	on_each_cpu(torture_nothing, NULL, 1);
	for_each_cpu(cpu, &torture_mask) {
		tc = per_cpu_ptr(&torture_cpus, cpu);
		/*
		 * Asleep: what NMI queued on a CPU on its way offline is done when it is back,
		 * and irq_work_sync() would not let anybody bring it back.
		 */
		while (irq_work_is_busy(&tc->work))
			msleep(20);
		tasklet_kill(&tc->tasklet);
	}
}

/* ---- the verdict ---------------------------------------------------------- */

static void torture_add(struct torture_ctx *sum, struct torture_ctx *ctx)
{
	sum->steps += ctx->steps;
	sum->allocs += ctx->allocs;
	sum->frees += ctx->frees;
	sum->handed += ctx->handed;
	sum->nomem += ctx->nomem;
}

/* Free what is left, add up, and see that every context has had a part. */
static void torture_finish(struct torture_ctx *sum, unsigned long *steps)
{
	struct torture_ctx *ctx, *last = NULL;
	unsigned int cpu;
	int i;

	for_each_cpu(cpu, &torture_mask) {
		for (i = 0; i < TORTURE_KINDS; i++) {
			ctx = per_cpu_ptr(&torture_cpus, cpu)->ctx[i];
			if (!ctx)
				continue;
			torture_drain(ctx);
			steps[i] += ctx->steps;
			last = ctx;
		}
	}
	if (last)
		torture_drain_rings(last);
	for_each_cpu(cpu, &torture_mask) {
		for (i = 0; i < TORTURE_KINDS; i++) {
			ctx = per_cpu_ptr(&torture_cpus, cpu)->ctx[i];
			if (ctx)
				torture_add(sum, ctx);
			vfree(ctx);
		}
	}
}

static int torture_verdict(void)
{
	unsigned long steps[TORTURE_KINDS] = { };
	struct torture_ctx *sum = vzalloc(sizeof(*sum));
	unsigned long ops = 0;
	bool ok;
	int i;

	if (!sum)
		return -ENOMEM;
	torture_finish(sum, steps);
	if (sum->allocs != sum->frees)
		torture_wrong("leaked");
	for (i = 0; i < TORTURE_KINDS; i++) {
		ops += steps[i];
		if (!steps[i] && !busted && (i != TORTURE_NMI || torture_had_nmi))
			torture_wrong("a context had no turn");
	}
	ok = !torture_is_wrong();
	pr_info("%s seed=%u seconds=%u cpus=%u allocs=%lu frees=%lu handed=%lu nomem=%lu steps_task=%lu steps_softirq=%lu steps_hardirq=%lu steps_irq_work=%lu steps_nmi=%lu ops=%lu errors=%d wrong='%s'\n",
		ok ? "SUCCESS" : "FAILURE", seed, seconds,
		cpumask_weight(&torture_mask), sum->allocs, sum->frees,
		sum->handed, sum->nomem,
		steps[TORTURE_TASK] + steps[TORTURE_TASK2],
		steps[TORTURE_SOFTIRQ], steps[TORTURE_HARDIRQ],
		steps[TORTURE_IRQ_WORK], steps[TORTURE_NMI], ops,
		atomic_read(&torture_errors), torture_what ?: "nothing");
	vfree(sum);
	return ok ? 0 : -EIO;
}

/* The contexts of all CPUs; on failure some of them. */
static int torture_set_up(void)
{
	unsigned int cpu;
	int err = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		err = torture_cpu_init(cpu);
		if (err)
			break;
	}
	cpus_read_unlock();
	return err ?: torture_nmi_start();
}

static int __init torture_init(void)
{
	int err, ret;

	if (!timer_us)
		return -EINVAL;
	seed = seed ?: get_random_u32();
	pr_info("seed=%u\n", seed);
	err = torture_slots_init();
	if (err)
		return err;
	if (busted)
		err = torture_bust_init(busted);
	if (err)
		goto out;
	squirrel_report_register(&torture_nb);
	err = torture_set_up();
	torture_run(!err);
	ret = torture_verdict();
	squirrel_report_unregister(&torture_nb);
	err = err ?: ret;
	if (busted)
		torture_bust_exit();
out:
	if (err)
		torture_slots_exit();
	return err;
}
module_init(torture_init);

static void __exit torture_exit(void)
{
	torture_slots_exit();
}
module_exit(torture_exit);

MODULE_DESCRIPTION("Uses squirrel from all contexts at once");
MODULE_LICENSE("GPL");
