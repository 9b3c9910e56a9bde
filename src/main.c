// SPDX-License-Identifier: GPL-2.0
/*
 * Squirrel as a module: the only file that puts the layers together.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/sysfs.h>

#include <squirrel/squirrel.h>

#include "allocator/allocator.h"
#include "block/block.h"
#include "compat.h"
#include "debugfs/debugfs.h"
#include "reclaimer/reclaimer.h"
#include "trace.h"
#include "utility/utility.h"

static char *strategy = "segregated";
module_param(strategy, charp, 0444);
MODULE_PARM_DESC(strategy,
		 "how heaps pick among free blocks at first: segregated (default), first or best");

static bool hardened = true;
module_param(hardened, bool, 0444);
MODULE_PARM_DESC(hardened,
		 "check every free before the pointer enters a magazine (default: Y)");

static char *debug = "";
module_param(debug, charp, 0444);
MODULE_PARM_DESC(debug,
		 "what is debugged from the start: letters of FZPUQGT, and names, as FZPU,nut*");

static char *sample = "0";
module_param(sample, charp, 0444);
MODULE_PARM_DESC(sample, "every how manieth allocation is debugged (default: 0, none)");

static unsigned long quarantine;
module_param(quarantine, ulong, 0444);
MODULE_PARM_DESC(quarantine,
		 "bytes of freed objects that each cache debugged with Q keeps (default: 1048576)");

module_param_named(guard_oops, sq_guard_oops, bool, 0644);
MODULE_PARM_DESC(guard_oops,
		 "who touches guarded memory (G) is ended by the kernel, and does not go on (default: N)");

module_param_named(warn, sq_warn, bool, 0644);
MODULE_PARM_DESC(warn,
		 "each report is a kernel warning as well, for panic_on_warn (default: N)");

/* At load and later; whether it is lives where the events are. */
static int kmem_events_set(const char *val, const struct kernel_param *kp)
{
	bool on;
	int err = kstrtobool(val, &on);

	return err ? err : sq_trace_set_kmem(on);
}

static int kmem_events_get(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%c\n", sq_trace_kmem() ? 'Y' : 'N');
}

static const struct kernel_param_ops kmem_events_ops = {
	.set = kmem_events_set,
	.get = kmem_events_get,
};
module_param_cb(kmem_events, &kmem_events_ops, NULL, 0644);
__MODULE_PARM_TYPE(kmem_events, "bool");
MODULE_PARM_DESC(kmem_events,
		 "allocations and frees are told as the kernel's kmem:kmalloc and kmem:kfree too (default: N)");

/* The mode lives in the reclaimer; the parameter is a door to it. */
static char reclaim_at_load[32] = "parallel";
static bool loaded;

static int reclaim_set(const char *val, const struct kernel_param *kp)
{
	if (loaded)
		return sq_reclaimer_set_mode_string(val);
	/* The reclaimer judges it when it starts. */
	return strscpy(reclaim_at_load, val, sizeof(reclaim_at_load)) < 0 ?
	       -EINVAL : 0;
}

static int reclaim_get(char *buffer, const struct kernel_param *kp)
{
	return sq_reclaimer_get_mode_string(buffer, PAGE_SIZE);
}

static const struct kernel_param_ops reclaim_ops = {
	.set = reclaim_set,
	.get = reclaim_get,
};
module_param_cb(reclaim, &reclaim_ops, NULL, 0644);
/* What modinfo shows of it: the macro above leaves that to others. */
__MODULE_PARM_TYPE(reclaim, "charp");
MODULE_PARM_DESC(reclaim,
		 "when the reclaimer runs: off, series [allocations] or parallel [ms] (default: parallel)");

/*
 * Live memory of the default heap pins this module, but so does free memory
 * in magazines: when a client goes, see to it that only live memory does. And
 * that no strategy of it is called any more.
 */
static int client_gone(struct notifier_block *nb, unsigned long state,
		       void *module)
{
	if (state == MODULE_STATE_GOING && module != THIS_MODULE) {
		sq_allocator_client_left(module);
		sq_allocator_client_gone(module);
		squirrel_reclaim();
	}
	return NOTIFY_DONE;
}

static struct notifier_block client_nb = {
	.notifier_call = client_gone,
};

static int __init squirrel_init(void)
{
	const struct sq_allocator_config config = {
		.source = &sq_block_pages,
		.strategy = strategy,
		.hardened = hardened,
		.debug = debug,
		.sample = sample,
		.quarantine = quarantine,
	};
	int err;

	err = sq_allocator_init(&config);
	if (err)
		goto utility;
	err = sq_reclaimer_init(reclaim_at_load);
	if (err)
		goto allocator;
	err = sq_debugfs_init();
	if (err)
		goto reclaimer;
	err = register_module_notifier(&client_nb);
	if (err)
		goto debugfs;
	loaded = true;
	return 0;
debugfs:
	sq_debugfs_exit();
reclaimer:
	sq_reclaimer_exit();
allocator:
	sq_allocator_exit();
utility:
	sq_utility_exit();
	return err;
}
module_init(squirrel_init);

static void __exit squirrel_exit(void)
{
	/*
	 * The parameter's file stays until after this function. Whoever writes
	 * to it is in reclaim_set() with this lock held: either he was there
	 * first, and is through with the reclaimer when we have the lock, or he
	 * comes later, finds the module not loaded and leaves it alone.
	 */
	kernel_param_lock(THIS_MODULE);
	loaded = false;
	kernel_param_unlock(THIS_MODULE);
	unregister_module_notifier(&client_nb);
	sq_debugfs_exit();
	sq_reclaimer_exit();
	sq_allocator_exit();
	sq_utility_exit();
}
module_exit(squirrel_exit);

MODULE_DESCRIPTION("Slab-style memory allocator for kernel modules");
MODULE_AUTHOR("The squirrel authors");
MODULE_VERSION(SQUIRREL_VERSION);
MODULE_LICENSE("GPL");
