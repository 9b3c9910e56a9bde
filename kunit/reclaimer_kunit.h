/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the reclaimer share: a cache and a heap to fill and empty,
 * and the figures that squirrel shows.
 */
#ifndef _SQ_RECLAIMER_KUNIT_H
#define _SQ_RECLAIMER_KUNIT_H

#include <kunit/test.h>

#include <squirrel/squirrel.h>

#include "allocator/allocator.h"
#include "compat.h"
#include "reclaimer/internal.h"
#include "reclaimer/reclaimer.h"

#define SQ_YARD_SIZE	1000
#define SQ_YARD_MAX	3000

/**
 * struct sq_yard - a cache and what is live in it
 * @mode: the reclaim mode before the test
 * @cache: objects of SQ_YARD_SIZE bytes
 * @objs: its live objects, each filled with the low byte of its index
 * @nr: how many
 */
struct sq_yard {
	char mode[64];
	struct squirrel_cache *cache;
	u8 *objs[SQ_YARD_MAX];
	unsigned int nr;
};

int sq_yard_init(struct kunit *test);
void sq_yard_exit(struct kunit *test);
void sq_yard_fill(struct kunit *test, unsigned int to);
void sq_yard_empty(struct kunit *test, unsigned int to);
long sq_yard_stat(struct kunit *test, void (*show)(struct seq_file *s),
		  const char *key);
unsigned long sq_yard_held(struct kunit *test);
void sq_yard_settle(struct kunit *test);
void sq_yard_set_mode(struct kunit *test, const char *text);
bool sq_yard_soon(struct kunit *test, bool (*is_so)(struct kunit *test,
						    long arg), long arg);

#endif /* _SQ_RECLAIMER_KUNIT_H */
