// SPDX-License-Identifier: GPL-2.0
/*
 * acorn: the smallest useful client of squirrel. Read it from the top; each
 * part shows one thing: a typed cache, a bulk call, a heap, the default heap.
 *
 *	insmod squirrel.ko; insmod acorn.ko; dmesg | grep acorn; rmmod acorn
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/string.h>

/* This header is all a client needs. */
#include <squirrel/squirrel.h>

static bool hold;
module_param(hold, bool, 0444);
MODULE_PARM_DESC(hold, "keep some objects until the module is unloaded");

/* The things we want to keep many of. */
struct acorn {
	unsigned int weight;
	char tree[24];
};

/*
 * A typed cache. This one line defines acorn_cache_init(), acorn_cache_exit(),
 * acorn_alloc(), acorn_zalloc() and acorn_free(). They take and return
 * struct acorn *, so the compiler catches an object of the wrong type.
 */
DEFINE_SQUIRREL_CACHE(acorn, struct acorn);

/* A heap serves objects of any size and can be destroyed as a whole. */
static struct squirrel_heap *hollow;

/* What hold=1 leaves in place until the module goes. */
static struct acorn *held_acorn;
static char *held_note;

static int acorn_show_cache(void)
{
	/* zalloc: zeroed. GFP_KERNEL may sleep; GFP_ATOMIC never does. */
	struct acorn *a = acorn_zalloc(GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->weight = 7;
	strscpy(a->tree, "oak", sizeof(a->tree));
	pr_info("one acorn of %u g from the %s, %u bytes per object\n",
		a->weight, a->tree, squirrel_cache_size(acorn_cache));

	if (hold)
		held_acorn = a;
	else
		acorn_free(a);
	return 0;
}

static int acorn_show_bulk(void)
{
	void *basket[16];
	int n;

	/* All or nothing: the result is the number asked for, or 0. */
	n = squirrel_cache_alloc_bulk(acorn_cache, GFP_KERNEL,
				      ARRAY_SIZE(basket), basket);
	if (!n)
		return -ENOMEM;
	pr_info("a basket of %d in one call\n", n);
	squirrel_cache_free_bulk(acorn_cache, n, basket);
	return 0;
}

static int acorn_show_heap(void)
{
	char *note = squirrel_heap_alloc(hollow, 32, GFP_KERNEL);
	char *longer;

	if (!note)
		return -ENOMEM;
	strscpy(note, "buried under the", 32);

	/* realloc keeps the content; on failure the old object stays valid. */
	longer = squirrel_heap_realloc(hollow, note, 10000, GFP_KERNEL);
	if (!longer) {
		squirrel_heap_free(hollow, note);
		return -ENOMEM;
	}
	strlcat(longer, " third birch", 10000);
	pr_info("a note of %zu bytes: %s\n", squirrel_usable_size(longer),
		longer);

	if (hold)
		held_note = longer;
	else
		squirrel_heap_free(hollow, longer);
	return 0;
}

static int acorn_show_default_heap(void)
{
	/* As kmalloc() and kfree(), nothing to set up first. */
	u32 *tally = squirrel_calloc(100, sizeof(*tally), GFP_KERNEL);

	if (!tally)
		return -ENOMEM;
	pr_info("a tally, squirrel's own: %s\n",
		squirrel_owns(tally) ? "yes" : "no");
	squirrel_free(tally);
	return 0;
}

static int __init acorn_init(void)
{
	/* At most 1 MiB, each request from the tightest block that fits. */
	const struct squirrel_heap_args args = {
		.strategy = SQUIRREL_BEST_FIT,
		.limit = 1 << 20,
	};
	int err;

	err = acorn_cache_init();
	if (err)
		return err;

	/* Create calls return an ERR_PTR, never NULL. */
	hollow = squirrel_heap_create("acorn_hollow", &args);
	if (IS_ERR(hollow)) {
		err = PTR_ERR(hollow);
		goto err_cache;
	}

	err = acorn_show_cache();
	if (!err)
		err = acorn_show_bulk();
	if (!err)
		err = acorn_show_heap();
	if (!err)
		err = acorn_show_default_heap();
	if (err)
		goto err_heap;

	pr_info("ok%s\n", hold ? ", holding two objects" : "");
	return 0;

err_heap:
	/* Frees what is left in it, and says so. A cache would refuse. */
	squirrel_heap_destroy(hollow);
	if (held_acorn)
		acorn_free(held_acorn);
err_cache:
	acorn_cache_exit();
	return err;
}

static void __exit acorn_exit(void)
{
	/* A free of NULL does nothing, so no test for hold is needed. */
	squirrel_heap_free(hollow, held_note);
	acorn_free(held_acorn);

	squirrel_heap_destroy(hollow);
	acorn_cache_exit();
	pr_info("gone\n");
}

module_init(acorn_init);
module_exit(acorn_exit);

MODULE_DESCRIPTION("The smallest useful client of squirrel");
MODULE_LICENSE("GPL");
