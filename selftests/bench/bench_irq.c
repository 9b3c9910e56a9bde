// SPDX-License-Identifier: GPL-2.0
/*
 * Row (e): one object with GFP_ATOMIC, in softirq and in hardirq. The loop runs
 * and is timed in one go inside the handler.
 */
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include "bench.h"

static __always_inline void atomic_loop(const enum bench_subject s,
					struct bench_run *r)
{
	bench_pairs(s, r, GFP_ATOMIC);
}

BENCH_LOOPS(atomic);

/* What the handlers are to do; one at a time. */
static struct {
	bench_loop_t loop;
	struct bench_run *run;
	bool done;
} irq_job;

static void irq_do(void)
{
	bench_time(irq_job.loop, irq_job.run);
	irq_job.done = true;
}

static void irq_in_softirq(struct tasklet_struct *unused)
{
	if (WARN_ON_ONCE(!in_serving_softirq()))
		return;
	irq_do();
}

static DECLARE_TASKLET(irq_tasklet, irq_in_softirq);

static void irq_in_hardirq(struct irq_work *unused)
{
	if (WARN_ON_ONCE(!in_hardirq()))
		return;
	irq_do();
}

static struct irq_work irq_hard = IRQ_WORK_INIT_HARD(irq_in_hardirq);

static void irq_prepare(bench_loop_t loop, struct bench_run *r)
{
	irq_job.loop = loop;
	irq_job.run = r;
	irq_job.done = false;
}

static void enter_softirq(bench_loop_t loop, struct bench_run *r)
{
	irq_prepare(loop, r);
	/* Enabling is where it runs. */
	local_bh_disable();
	tasklet_schedule(&irq_tasklet);
	local_bh_enable();
	tasklet_kill(&irq_tasklet);
	r->failed |= !irq_job.done;
}

static void enter_hardirq(bench_loop_t loop, struct bench_run *r)
{
	irq_prepare(loop, r);
	irq_work_queue(&irq_hard);
	irq_work_sync(&irq_hard);
	r->failed |= !irq_job.done;
}

int bench_irq(void)
{
	static const size_t sizes[] = { 128, 512 };
	struct bench_run r = {};
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(sizes) && !err; i++) {
		const struct bench_case soft = {
			atomics, "softirq", sizes[i], 1, enter_softirq,
		};
		const struct bench_case hard = {
			atomics, "hardirq", sizes[i], 1, enter_hardirq,
		};

		err = bench_caches_create(&r, sizes[i], NULL);
		if (err)
			return err;
		err = bench_measure(&soft, &r);
		if (!err)
			err = bench_measure(&hard, &r);
		bench_caches_destroy(&r);
	}
	return err;
}
