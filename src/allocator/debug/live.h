/* SPDX-License-Identifier: GPL-2.0 */
/* What is live by where it was allocated: a table that is filled and shown. */
#ifndef _SQ_ALLOCATOR_LIVE_H
#define _SQ_ALLOCATOR_LIVE_H

#include "debug.h"

/**
 * struct sq_site - where objects were allocated
 * @nr: live ones
 * @bytes: of them, as asked for
 * @oldest: when the oldest was allocated
 * @last: the youngest: who and when; its stack is that of all
 */
struct sq_site {
	unsigned long nr;
	unsigned long bytes;
	u64 oldest;
	struct sq_track last;
};

/**
 * struct sq_live_sites - a table of them
 * @only: the cache, or
 * @heap: the heap
 * @by: only what this module has allocated, or NULL
 * @since: only what was allocated after that
 * @sites: by hash; in order when all is done
 * @used: how many are in use
 * @others: objects of places there was no room for, or whose track was overwritten
 * @bytes: of those
 * @older: objects that were allocated before @since
 * @left: objects to be looked at in this hold
 */
struct sq_live_sites {
	const struct squirrel_cache *only;
	const struct squirrel_heap *heap;
	const struct module *by;
	u64 since;
	struct sq_site *sites;
	unsigned int used;
	unsigned long others;
	unsigned long bytes;
	unsigned long older;
	int left;
};

bool sq_live_collect(struct sq_live_sites *l, struct sq_manager *m);
void sq_live_show(struct seq_file *s, const struct sq_live_sites *l);

#endif /* _SQ_ALLOCATOR_LIVE_H */
