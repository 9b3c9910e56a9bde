// SPDX-License-Identifier: GPL-2.0
/*
 * misuse: a client that does what it must not, one scene per load.
 *
 *	insmod misuse.ko scene=cache_second
 *
 * It checks what a client can see: return values, objects left alone, nothing
 * handed out twice. What squirrel reports and counts, misuse.sh compares with
 * the line "bad pointer ..." printed here, both as %p. The caches and heaps stay until
 * unload, so that their figures can be read. Loading fails with -EIO if an
 * answer was wrong. With settle=1 all that waits in magazines goes to its slab
 * before anything is handed out again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/string.h>
#include "misuse.h"

static char *scene = "";
module_param(scene, charp, 0444);
MODULE_PARM_DESC(scene, "name of the scene to play");

static bool settle;
module_param(settle, bool, 0444);
MODULE_PARM_DESC(settle, "empty all magazines when it has been played");

struct squirrel_cache *misuse_cache[2];
struct squirrel_heap *misuse_heap[2];
void *misuse_obj[MISUSE_OBJS];
void *misuse_mem[MISUSE_OBJS];

bool misuse_bad(bool bad, const char *what, const char *func, int line)
{
	if (bad)
		pr_err("%s:%d: %s does not hold\n", func, line, what);
	return bad;
}

/* The address that the report must name. */
void misuse_tell(const void *obj)
{
	pr_info("bad pointer %p\n", obj);
}

void misuse_fill(void *obj, int index)
{
	memset(obj, 0xa0 + index, MISUSE_SIZE);
}

bool misuse_intact(const void *obj, int index)
{
	return !memchr_inv(obj, 0xa0 + index, MISUSE_SIZE);
}

static int misuse_set_up(void)
{
	static const char * const names[2] = { "misuse_a", "misuse_b" };
	int i;

	for (i = 0; i < 2; i++) {
		misuse_cache[i] = squirrel_cache_create(names[i], MISUSE_SIZE,
							NULL);
		if (IS_ERR(misuse_cache[i]))
			return PTR_ERR(misuse_cache[i]);
		misuse_heap[i] = squirrel_heap_create(names[i], NULL);
		if (IS_ERR(misuse_heap[i]))
			return PTR_ERR(misuse_heap[i]);
	}
	for (i = 0; i < MISUSE_OBJS; i++) {
		misuse_obj[i] = squirrel_cache_alloc(misuse_cache[0],
						     GFP_KERNEL);
		misuse_mem[i] = squirrel_heap_alloc(misuse_heap[0], MISUSE_SIZE,
						    GFP_KERNEL);
		if (!misuse_obj[i] || !misuse_mem[i])
			return -ENOMEM;
		misuse_fill(misuse_obj[i], i);
		misuse_fill(misuse_mem[i], i);
	}
	return 0;
}

static void misuse_clean_up(void)
{
	int i;

	for (i = 0; i < MISUSE_OBJS; i++) {
		squirrel_cache_free(misuse_cache[0], misuse_obj[i]);
		squirrel_heap_free(misuse_heap[0], misuse_mem[i]);
	}
	for (i = 0; i < 2; i++) {
		squirrel_cache_destroy(misuse_cache[i]);
		squirrel_heap_destroy(misuse_heap[i]);
	}
}

/* Nobody gets what is live, nor anything twice. */
static bool misuse_all_different(void **objs, void **live, int n)
{
	int i, j;

	for (i = 0; i < n; i++) {
		if (MISUSE_BAD(objs[i]))
			return false;
		for (j = 0; j < i; j++)
			if (MISUSE_BAD(objs[i] != objs[j]))
				return false;
		for (j = 0; j < MISUSE_OBJS; j++)
			if (MISUSE_BAD(objs[i] != live[j]))
				return false;
		memset(objs[i], 0, MISUSE_SIZE);
	}
	return true;
}

static int misuse_aftermath(void)
{
	void *objs[100];
	int i, n = ARRAY_SIZE(objs), err = 0;

	for (i = 0; i < n; i++)
		objs[i] = squirrel_cache_alloc(misuse_cache[0], GFP_KERNEL);
	if (!misuse_all_different(objs, misuse_obj, n))
		err = -EIO;
	for (i = 0; i < n && !err; i++)
		squirrel_cache_free(misuse_cache[0], objs[i]);

	for (i = 0; i < n; i++)
		objs[i] = squirrel_heap_alloc(misuse_heap[0], MISUSE_SIZE,
					      GFP_KERNEL);
	if (!misuse_all_different(objs, misuse_mem, n))
		err = -EIO;
	for (i = 0; i < n && !err; i++)
		squirrel_heap_free(misuse_heap[0], objs[i]);

	for (i = 0; i < MISUSE_OBJS; i++) {
		if (misuse_obj[i] && MISUSE_BAD(misuse_intact(misuse_obj[i], i)))
			err = -EIO;
		if (misuse_mem[i] && MISUSE_BAD(misuse_intact(misuse_mem[i], i)))
			err = -EIO;
	}
	return err;
}

static const struct misuse_scene *misuse_find(void)
{
	static const struct misuse_scene * const all[] = {
		misuse_create_scenes, misuse_cache_scenes, misuse_heap_scenes,
		misuse_page_scenes,
	};
	const struct misuse_scene *s;
	int i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		for (s = all[i]; s->name; s++)
			if (!strcmp(s->name, scene))
				return s;
	return NULL;
}

static int __init misuse_init(void)
{
	const struct misuse_scene *s = misuse_find();
	int err;

	if (!s) {
		pr_err("there is no scene '%s'\n", scene);
		return -EINVAL;
	}
	err = misuse_set_up();
	if (!err)
		err = s->play();
	if (!err && settle)
		squirrel_reclaim();
	if (!err)
		err = misuse_aftermath();
	if (err)
		misuse_clean_up();
	else
		pr_info("%s ok\n", scene);
	return err;
}
module_init(misuse_init);

static void __exit misuse_exit(void)
{
	misuse_clean_up();
}
module_exit(misuse_exit);

MODULE_DESCRIPTION("Does to squirrel what a client must not do");
MODULE_LICENSE("GPL");
