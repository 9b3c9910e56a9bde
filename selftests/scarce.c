// SPDX-License-Identifier: GPL-2.0
/*
 * scarce: of what squirrel asks the kernel for, each piece is refused once.
 *
 *	insmod scarce.ko scene=cache
 *
 * A scene is played with its first allocation of kernel memory refused, then with the
 * second, until none was left to refuse (the kernel's own fault injection does it, for
 * this task alone). Each play must be a success or end with -ENOMEM, and leave nothing;
 * what is left, scarce.sh sees. It ends in one line,
 *
 *	scarce: heap: plays=38 refused=5
 *
 * or loading fails: with the error that was none of the two.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <squirrel/squirrel.h>

static char *scene = "cache";
module_param(scene, charp, 0444);
MODULE_PARM_DESC(scene, "cache (default), heap, objects, sizes or bulk");

#define SCARCE_OBJECTS	200
#define SCARCE_PLAYS	2000	/* a net: no scene needs so many */

static struct squirrel_cache *scarce_cache;
static struct squirrel_heap *scarce_heap;
static void *scarce_objs[SCARCE_OBJECTS];

/* What is made before the play, with nothing refused; and goes after it. */
static int scarce_prepare(void)
{
	const struct squirrel_cache_args args = { };

	/* Nothing is at hand. */
	squirrel_reclaim();
	scarce_heap = squirrel_heap_create("scarce", NULL);
	if (IS_ERR(scarce_heap))
		return PTR_ERR(scarce_heap);
	scarce_cache = squirrel_cache_create("scarce", 3000, &args);
	if (!IS_ERR(scarce_cache))
		return 0;
	squirrel_heap_destroy(scarce_heap);
	return PTR_ERR(scarce_cache);
}

static void scarce_clear(void)
{
	squirrel_cache_destroy(scarce_cache);
	squirrel_heap_destroy(scarce_heap);
}

static int scarce_play_cache(void)
{
	const struct squirrel_cache_args args = { .reserve = 50, };
	struct squirrel_cache *c;

	c = squirrel_cache_create("scarce_own", 700, &args);
	if (IS_ERR(c))
		return PTR_ERR(c);
	squirrel_cache_destroy(c);
	return 0;
}

static int scarce_play_heap(void)
{
	const struct squirrel_heap_args args = { .reserve = SZ_64K, };
	struct squirrel_heap *heap;

	heap = squirrel_heap_create("scarce_own", &args);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	squirrel_heap_destroy(heap);
	return 0;
}

static int scarce_play_objects(void)
{
	unsigned int nr = 0;
	int err = 0;

	while (nr < SCARCE_OBJECTS && !err) {
		scarce_objs[nr] = squirrel_cache_alloc(scarce_cache, GFP_KERNEL);
		if (scarce_objs[nr])
			memset(scarce_objs[nr++], 0x5a, 3000);
		else
			err = -ENOMEM;
	}
	while (nr)
		squirrel_cache_free(scarce_cache, scarce_objs[--nr]);
	return err;
}

static int scarce_play_bulk(void)
{
	int nr = squirrel_cache_alloc_bulk(scarce_cache, GFP_KERNEL,
					   SCARCE_OBJECTS, scarce_objs);

	if (nr && nr != SCARCE_OBJECTS)
		return -EPROTO;
	squirrel_cache_free_bulk(scarce_cache, nr, scarce_objs);
	return nr ? 0 : -ENOMEM;
}

/* Caches of the heap are made for the first of a size. */
static int scarce_play_sizes(void)
{
	static const size_t sizes[] = {
		8, 100, 5000, 8192, PAGE_SIZE * 5, SZ_256K,
	};
	unsigned int nr = 0;
	int err = 0;

	while (nr < ARRAY_SIZE(sizes) && !err) {
		scarce_objs[nr] = squirrel_heap_alloc(scarce_heap, sizes[nr],
						      GFP_KERNEL);
		if (scarce_objs[nr])
			memset(scarce_objs[nr], 0x5a, sizes[nr]);
		else
			err = -ENOMEM;
		nr += !err;
	}
	while (nr)
		squirrel_heap_free(scarce_heap, scarce_objs[--nr]);
	return err;
}

static const struct {
	const char *name;
	int (*play)(void);
} scarce_scenes[] = {
	{ "cache", scarce_play_cache },
	{ "heap", scarce_play_heap },
	{ "objects", scarce_play_objects },
	{ "bulk", scarce_play_bulk },
	{ "sizes", scarce_play_sizes },
};

/* scarce_once() - play with the @n-th allocation refused; none was if *@none */
static int scarce_once(int (*play)(void), unsigned int n, bool *none)
{
	int err = scarce_prepare();

	if (err)
		return err;
	current->fail_nth = n;
	err = play();
	*none = current->fail_nth;
	current->fail_nth = 0;
	scarce_clear();
	return err;
}

static int __init scarce_init(void)
{
	unsigned int i, n, refused = 0;
	bool none = false;
	int err;

	for (i = 0; i < ARRAY_SIZE(scarce_scenes); i++)
		if (!strcmp(scarce_scenes[i].name, scene))
			break;
	if (i == ARRAY_SIZE(scarce_scenes))
		return -EINVAL;
	for (n = 1; n < SCARCE_PLAYS && !none; n++) {
		err = scarce_once(scarce_scenes[i].play, n, &none);
		refused += err == -ENOMEM;
		if (err && (err != -ENOMEM || none)) {
			pr_err("%s: play %u ended with %d\n", scene, n, err);
			return err;
		}
	}
	pr_info("%s: plays=%u refused=%u\n", scene, n - 1, refused);
	return none ? 0 : -ELOOP;
}
module_init(scarce_init);

static void __exit scarce_exit(void)
{
}
module_exit(scarce_exit);

MODULE_DESCRIPTION("Refuses each piece of memory that squirrel asks for");
MODULE_LICENSE("GPL");
