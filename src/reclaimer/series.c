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

static unsigned long sq_series_owed;	/* bit 0: a worker is to do a run */

static void sq_series_do(struct work_struct *unused)
{
	clear_bit(0, &sq_series_owed);
	sq_series_run();
}

static DECLARE_WORK(sq_series_work, sq_series_do);

static void sq_series_ask(struct irq_work *unused)
{
	schedule_work(&sq_series_work);
}

static DEFINE_IRQ_WORK(sq_series_asked, sq_series_ask);

/*
 * In the allocating context, but not with interrupts off, since how long a run
 * takes depends on how much there is: then a worker does it a moment later.
 * Any context but NMI.
 */
void sq_series(void)
{
	if (!irqs_disabled() && !in_hardirq() && sq_may_call_pages())
		sq_series_run();
	else if (!test_and_set_bit(0, &sq_series_owed))
		irq_work_queue(&sq_series_asked);
}

/* Nobody calls sq_series() any more. May sleep. */
void sq_series_exit(void)
{
	irq_work_sync(&sq_series_asked);
	cancel_work_sync(&sq_series_work);
}
