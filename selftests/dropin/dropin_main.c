// SPDX-License-Identifier: GPL-2.0
/*
 * dropin: a client that knows the kernel's calls only, one scene per load.
 *
 *	insmod dropin.ko scene=free
 *
 * Loading fails with -EIO if an answer was wrong. dropin.sh looks at the counts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

static char *scene = "";
module_param(scene, charp, 0444);
MODULE_PARM_DESC(scene, "name of the scene to play");

bool dropin_bad(bool bad, const char *what, const char *func, int line)
{
	if (bad)
		pr_err("%s:%d: %s does not hold\n", func, line, what);
	return bad;
}

static const struct {
	const char *name;
	int (*play)(void);
} dropin_scenes[] = {
	{ "free", dropin_free },
	{ "rcu", dropin_rcu },
	{ "lru", dropin_lru },
	{ "create", dropin_create },
	{ "typesafe", dropin_typesafe },
};

static int __init dropin_init(void)
{
	int i, err = -ENOENT;

	for (i = 0; i < ARRAY_SIZE(dropin_scenes); i++)
		if (!strcmp(scene, dropin_scenes[i].name))
			err = dropin_scenes[i].play();
	if (!err)
		pr_info("%s ok\n", scene);
	return err;
}

static void __exit dropin_exit(void)
{
}

module_init(dropin_init);
module_exit(dropin_exit);

MODULE_DESCRIPTION("kfree() and its relatives on objects of squirrel's caches");
MODULE_LICENSE("GPL");
