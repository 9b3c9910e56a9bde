// SPDX-License-Identifier: GPL-2.0
/*
 * stingy: whoever loads squirrel.ko is refused memory, as far as failslab has it, from the
 * moment that squirrel's own code runs. What the kernel wants before that for any module,
 * and warns of if it cannot have it (events to be traced), is its own affair.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/string.h>

static int stingy_seen(struct notifier_block *nb, unsigned long state, void *data)
{
	const struct module *mod = data;

	if (!strcmp(mod->name, "squirrel"))
		current->make_it_fail = state == MODULE_STATE_COMING;
	return NOTIFY_DONE;
}

/* After all others when a module comes. */
static struct notifier_block stingy_nb = {
	.notifier_call = stingy_seen,
	.priority = INT_MIN,
};

static int __init stingy_init(void)
{
	return register_module_notifier(&stingy_nb);
}
module_init(stingy_init);

static void __exit stingy_exit(void)
{
	unregister_module_notifier(&stingy_nb);
}
module_exit(stingy_exit);

MODULE_DESCRIPTION("Refuses memory to who loads squirrel");
MODULE_LICENSE("GPL");
