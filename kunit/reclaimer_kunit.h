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

#include "pages4k.h"

#define SQ_FIXTURE_SIZE	1000
#define SQ_FIXTURE_MAX	3000

/**
 * struct sq_fixture - a cache and what is live in it
 * @mode: the reclaim mode before the test
 * @cache: objects of SQ_FIXTURE_SIZE bytes
 * @objs: its live objects, each filled with the low byte of its index
 * @nr: how many
 */
struct sq_fixture {
	char mode[64];
	struct squirrel_cache *cache;
	u8 *objs[SQ_FIXTURE_MAX];
	unsigned int nr;
};

int sq_fixture_init(struct kunit *test);
void sq_fixture_exit(struct kunit *test);
void sq_fixture_fill(struct kunit *test, unsigned int to);
void sq_fixture_empty(struct kunit *test, unsigned int to);
long sq_fixture_stat(struct kunit *test, void (*show)(struct seq_file *s),
		     const char *key);
unsigned long sq_fixture_held(struct kunit *test);
void sq_fixture_settle(struct kunit *test);
void sq_fixture_set_mode(struct kunit *test, const char *text);
bool sq_fixture_soon(struct kunit *test, bool (*is_so)(struct kunit *test,
						       long arg), long arg);

#endif /* _SQ_RECLAIMER_KUNIT_H */
