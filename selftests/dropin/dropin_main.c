// SPDX-License-Identifier: GPL-2.0
/*
 * dropin: a client that knows the kernel's calls only; dropin.h says what is tested.
 *
 *	insmod dropin.ko [only=free] [trust=1]
 *
 * A line for each test; dropin.sh makes results of them. Loading fails with -ENOENT if
 * there is none, but not if one fails: insmod would try once more.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

static char *only = "";
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "run the tests whose name begins so");

static bool trust;
module_param(trust, bool, 0444);
MODULE_PARM_DESC(trust, "leave out the tests that make bad frees");

static int __init dropin_init(void)
{
	unsigned int ran = 0, misuse = 0;
	const struct dropin_test *test;

	for (test = dropin_tests; test->name; test++) {
		if (strncmp(test->name, only, strlen(only)))
			continue;
		ran++;
		if (trust && test->misuse) {
			pr_info("test skipped %s\n", test->title);
			continue;
		}
		pr_info("test %s %s\n", dropin_run(test) ? "ok" : "failed",
			test->title);
		misuse += test->misuse;
	}
	pr_info("misuse %u\n", misuse);
#ifdef SQ_CHARGED_IS_SAFE	/* the header is there */
	pr_info("lost %d\n", !SQ_CHARGED_IS_SAFE);
#endif
	pr_info("ran %u\n", ran);
	return ran ? 0 : -ENOENT;
}

static void __exit dropin_exit(void)
{
}

module_init(dropin_init);
module_exit(dropin_exit);

MODULE_DESCRIPTION("Tests of squirrel's drop-in, from source without change");
MODULE_LICENSE("GPL");
