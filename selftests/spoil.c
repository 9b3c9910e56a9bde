// SPDX-License-Identifier: GPL-2.0
/*
 * spoil: takes a reference of one page away that squirrel has in use, so that debugfs'
 * "check" has something to find, and gives it back when it is unloaded. For the
 * tests of who reads "check".
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page_ref.h>
#include <squirrel/squirrel.h>

#define SPOIL_SIZE	256

static struct squirrel_cache *spoil_cache;
static void *spoil_obj;

static int __init spoil_init(void)
{
	spoil_cache = squirrel_cache_create("spoil", SPOIL_SIZE, NULL);
	if (IS_ERR(spoil_cache))
		return PTR_ERR(spoil_cache);
	spoil_obj = squirrel_cache_alloc(spoil_cache, GFP_KERNEL);
	if (!spoil_obj) {
		squirrel_cache_destroy(spoil_cache);
		return -ENOMEM;
	}
	page_ref_dec(virt_to_page(spoil_obj));
	return 0;
}

static void __exit spoil_exit(void)
{
	page_ref_inc(virt_to_page(spoil_obj));
	squirrel_cache_free(spoil_cache, spoil_obj);
	squirrel_cache_destroy(spoil_cache);
}

module_init(spoil_init);
module_exit(spoil_exit);
MODULE_DESCRIPTION("Breaks a rule that squirrel's check looks at");
MODULE_LICENSE("GPL");
