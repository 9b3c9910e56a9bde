// SPDX-License-Identifier: GPL-2.0
/*
 * Series mode: where a run that has come due is done.
 */
#include <linux/bitops.h>
#include <linux/hardirq.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/workqueue.h>

#include "compat.h"

#include "internal.h"

static unsigned long series_owed;	/* bit 0: a worker is to do a run */

static void series_run_fn(struct work_struct *unused)
{
	clear_bit(0, &series_owed);
	sq_series_run();
}

static DECLARE_WORK(series_run_work, series_run_fn);

static void series_queue_fn(struct irq_work *unused)
{
	schedule_work(&series_run_work);
}

static DEFINE_IRQ_WORK(series_queue_work, series_queue_fn);

/*
 * In the allocating context, but not with interrupts off, since how long a run
 * takes depends on how much there is: then a worker does it a moment later.
 * Any context but NMI.
 */
void sq_series(void)
{
	if (!irqs_disabled() && !in_hardirq() && sq_may_call_pages())
		sq_series_run();
	else if (!test_and_set_bit(0, &series_owed))
		irq_work_queue(&series_queue_work);
}

/* Nobody calls sq_series() any more. May sleep. */
void sq_series_exit(void)
{
	sq_irq_work_wait(&series_queue_work);
	cancel_work_sync(&series_run_work);
}
