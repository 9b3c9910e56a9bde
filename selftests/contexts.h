/* SPDX-License-Identifier: GPL-2.0 */
/* Where a client's mistakes are made: in a task, in softirq and in hardirq. */
#ifndef _SELFTESTS_CONTEXTS_H
#define _SELFTESTS_CONTEXTS_H

#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/timer.h>

enum context { IN_TASK, IN_SOFTIRQ, IN_HARDIRQ, NR_CONTEXTS };

static const char *const contexts[NR_CONTEXTS] = { "task", "softirq", "hardirq" };

static DECLARE_COMPLETION(context_done);
static void (*context_fn)(void);

static void context_timer_fn(struct timer_list *unused)
{
	context_fn();
	complete(&context_done);
}

static DEFINE_TIMER(context_timer, context_timer_fn);

static void context_work_fn(struct irq_work *unused)
{
	context_fn();
	complete(&context_done);
}

static struct irq_work context_work = IRQ_WORK_INIT_HARD(context_work_fn);

/* From a task; returns when @fn did. */
static void call_in(enum context context, void (*fn)(void))
{
	context_fn = fn;
	switch (context) {
	case IN_SOFTIRQ:
		mod_timer(&context_timer, jiffies + 1);
		break;
	case IN_HARDIRQ:
		irq_work_queue(&context_work);
		break;
	default:
		fn();
		return;
	}
	wait_for_completion(&context_done);
	irq_work_sync(&context_work);
}

#endif /* _SELFTESTS_CONTEXTS_H */
