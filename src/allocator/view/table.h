/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of the summary: a row for each cache and heap.
 */
#ifndef _SQ_ALLOCATOR_TABLE_H
#define _SQ_ALLOCATOR_TABLE_H

#include "allocator/common/types.h"

/**
 * struct sq_row - what one cache or heap has
 * @name: its name
 * @size: an object's, or the heap's strategy
 * @of: the heap that a cache has its pages from; compared only
 * @heap: it is a heap
 * @live: objects
 * @live_bytes: theirs
 * @pages: that are held for it; what single caches have is not their heap's
 * @misuse: reports
 */
struct sq_row {
	char name[SQUIRREL_NAME_MAX + 1];
	char size[SQUIRREL_NAME_MAX + 1];
	const void *of;
	bool heap;
	unsigned long live;
	unsigned long live_bytes;
	unsigned long pages;
	unsigned long misuse;
};

/**
 * struct sq_table - all of them
 * @rows: an array, or NULL if there was no memory
 * @nr: how many rows have something in them
 * @room: how many there are
 * @missed: for how many there was no room
 */
struct sq_table {
	struct sq_row *rows;
	unsigned int nr;
	unsigned int room;
	unsigned int missed;
};

void sq_table_make(struct sq_table *t);
struct sq_row *sq_table_add(struct sq_table *t);
unsigned long sq_table_pages_of(const struct sq_table *t, const void *heap);
void sq_table_show(struct seq_file *s, struct sq_table *t, bool all);

#endif /* _SQ_ALLOCATOR_TABLE_H */
