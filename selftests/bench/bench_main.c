// SPDX-License-Identifier: GPL-2.0
/*
 * bench: what squirrel, SLUB and the floor cost, side by side in one boot.
 *
 *	insmod squirrel.ko; insmod bench.ko cases=pair,bulk; dmesg; rmmod bench
 *
 * All of it happens while the module is loaded; every row is one line of the
 * kernel's log, in units of whatever the clock counts:
 *
 *	bench: row CASE SIZE SUBJECT PER_OP
 *
 * Loading fails if any row could not be measured. Documentation/performance-method.rst
 * has the method, tools/bench.sh runs it all.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include "bench.h"

static char *cases = "";
module_param(cases, charp, 0444);
MODULE_PARM_DESC(cases, "which groups of rows, with commas (default: all that one CPU can do)");

bool bench_native;
module_param_named(native, bench_native, bool, 0444);
MODULE_PARM_DESC(native, "the clock is a real one: repeat more often (default n)");

char *bench_suffix = "";
module_param_named(suffix, bench_suffix, charp, 0444);
MODULE_PARM_DESC(suffix, "what to append to the names of the rows");

/* The tail comes last: it leaves the reclaimer in another mode. */
static const struct bench_group {
	const char *name;
	int (*run)(void);
	bool by_default;
} bench_groups[] = {
	{ "pair", bench_pair, true },
	{ "pair-long", bench_pair_long, false },
	{ "pair-debugged", bench_pair_debugged, false },
	{ "batch", bench_batch, true },
	{ "batch-large", bench_batch_large, true },
	{ "bulk", bench_bulk, true },
	{ "bulk-more", bench_bulk_more, true },
	{ "heap", bench_heap, true },
	{ "large", bench_large, true },
	{ "irq", bench_irq, true },
	{ "live", bench_live, true },
	{ "arena", bench_arena, true },
	{ "cold", bench_cold, false },
	{ "cold-bulk", bench_cold_bulk, false },
	{ "cold-heap", bench_cold_heap, false },
	{ "cpus", bench_cpus, false },
	{ "irqs-off", bench_irqs_off, false },
	{ "tail-off", bench_tail_off, true },
	{ "tail-busy", bench_tail_busy, true },
	{ "tail-sizes", bench_tail_sizes, true },
};

static const struct bench_group *bench_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bench_groups); i++)
		if (!strcmp(bench_groups[i].name, name))
			return &bench_groups[i];
	return NULL;
}

static int bench_run_default(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(bench_groups) && !err; i++)
		if (bench_groups[i].by_default)
			err = bench_groups[i].run();
	return err;
}

static int bench_run_cases(char *list)
{
	const struct bench_group *group;
	char *name;
	int err = 0;

	while (!err && (name = strsep(&list, ",")) != NULL) {
		group = bench_find(name);
		if (!group) {
			pr_err("there is no group of cases '%s'\n", name);
			return -EINVAL;
		}
		err = group->run();
		if (err)
			pr_err("%s: not all rows measured: %d\n", name, err);
	}
	return err;
}

static int __init bench_init(void)
{
	int err = bench_floor_init();

	if (err)
		return err;
	if (cases[0])
		err = bench_run_cases(cases);
	else
		err = bench_run_default();
	bench_floor_exit();
	pr_info("%u lines reported\n", bench_reported());
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark of squirrel against SLUB and the least there can be");
MODULE_AUTHOR("The squirrel authors");
MODULE_LICENSE("GPL");
