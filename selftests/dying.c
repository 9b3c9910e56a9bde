// SPDX-License-Identifier: GPL-2.0
/*
 * dying: queues an irq_work on a CPU that goes offline, where it can hear no interrupt any
 * more, as NMI might there. The kernel never does it: that CPU raises none for what is queued
 * behind it either.
 *
 *	insmod dying.ko; then a CPU goes and comes; parameters queued, ran: how often
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/irq_work.h>
#include <linux/module.h>

/* Of a machine of another kind; on the way out irq_work was run before for the last time. */
#define STATE	CPUHP_AP_ARM_XEN_STARTING

static unsigned int queued, ran;
module_param(queued, uint, 0444);
MODULE_PARM_DESC(queued, "how often it was queued");
module_param(ran, uint, 0444);
MODULE_PARM_DESC(ran, "how often it was done");

static void done_fn(struct irq_work *unused)
{
	WRITE_ONCE(ran, ran + 1);
	module_put(THIS_MODULE);
}

static DEFINE_IRQ_WORK(work, done_fn);

static int dying(unsigned int cpu)
{
	__module_get(THIS_MODULE);
	if (irq_work_queue(&work))
		WRITE_ONCE(queued, queued + 1);
	else
		module_put(THIS_MODULE);
	return 0;
}

static int __init dying_init(void)
{
	return cpuhp_setup_state_nocalls(STATE, "squirrel:dying", NULL, dying);
}

static void __exit dying_exit(void)
{
	cpuhp_remove_state_nocalls(STATE);
}

module_init(dying_init);
module_exit(dying_exit);
MODULE_DESCRIPTION("An irq_work queued on a CPU that goes offline");
MODULE_LICENSE("GPL");
