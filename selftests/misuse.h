/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of misuse.ko share; see misuse_main.c for what it does. */
#ifndef _MISUSE_H
#define _MISUSE_H

#include <linux/kernel.h>
#include <linux/types.h>
#include <squirrel/squirrel.h>

#define MISUSE_OBJS	4
#define MISUSE_SIZE	100

/*
 * At hand for every scene: two caches, two heaps, and some live objects of the
 * first cache and of the first heap, each full of its index. A scene that frees
 * one sets it to NULL; at the end of the scene the others must be as they were.
 */
extern struct squirrel_cache *misuse_cache[2];
extern struct squirrel_heap *misuse_heap[2];
extern void *misuse_obj[MISUSE_OBJS];
extern void *misuse_mem[MISUSE_OBJS];

/**
 * struct misuse_scene - one thing a client must not do
 * @name: as in the parameter scene
 * @play: do it; returns 0 or -EIO if the answer was wrong
 */
struct misuse_scene {
	const char *name;
	int (*play)(void);
};

extern const struct misuse_scene misuse_create_scenes[];
extern const struct misuse_scene misuse_cache_scenes[];
extern const struct misuse_scene misuse_heap_scenes[];
extern const struct misuse_scene misuse_page_scenes[];

bool misuse_bad(bool bad, const char *what, const char *func, int line);
/* For what must hold: says so if it does not. */
#define MISUSE_BAD(cond)	misuse_bad(!(cond), #cond, __func__, __LINE__)

void misuse_tell(const void *obj);
void misuse_fill(void *obj, int index);
bool misuse_intact(const void *obj, int index);

#endif /* _MISUSE_H */
