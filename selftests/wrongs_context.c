// SPDX-License-Identifier: GPL-2.0
/* Where mistakes are made: in a task, in softirq and in hardirq. */
#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/timer.h>

#include "wrongs.h"

const char *const wrongs_contexts[WRONGS_OBJECTS] = { "task", "softirq", "hardirq" };

static DECLARE_COMPLETION(done);
static void (*call)(void);

static void in_timer(struct timer_list *unused)
{
	call();
	complete(&done);
}

static DEFINE_TIMER(timer, in_timer);

static void in_hard_work(struct irq_work *unused)
{
	call();
	complete(&done);
}

static struct irq_work work = IRQ_WORK_INIT_HARD(in_hard_work);

/* From a task; returns when @fn did. */
void wrongs_call_in(unsigned int context, void (*fn)(void))
{
	call = fn;
	if (!context) {
		call();
		return;
	}
	if (context == 1)
		mod_timer(&timer, jiffies);
	else
		irq_work_queue(&work);
	wait_for_completion(&done);
	irq_work_sync(&work);
}
