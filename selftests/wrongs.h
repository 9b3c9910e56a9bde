/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What leaver.ko leaves when it goes, for wrongs.ko to free; and what the files of wrongs.ko
 * share.
 */
#ifndef _SELFTESTS_WRONGS_H
#define _SELFTESTS_WRONGS_H

#include <linux/types.h>

struct squirrel_cache;
struct squirrel_heap;

#define WRONGS_SIZES	3	/* small, a page, large */
/* Of no class of a heap's, however large pages are; 20000 where they have 4096 bytes. */
#define WRONGS_LARGE	(5 * PAGE_SIZE - 480)
#define WRONGS_OBJECTS	3	/* from task, softirq and hardirq */

struct wrongs_left {
	struct squirrel_cache *cache[WRONGS_SIZES];
	struct squirrel_heap *heap[WRONGS_SIZES];
	u8 *obj[WRONGS_SIZES][WRONGS_OBJECTS];
};

/* wrongs_left.c */
void wrongs_keep(struct wrongs_left *left);
void wrongs_free_kept(void);

#endif /* _SELFTESTS_WRONGS_H */
