/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the utility share: a manager over a fake source, and a
 * source of metadata pages that fails when told to.
 */
#ifndef _SQ_UTILITY_KUNIT_H
#define _SQ_UTILITY_KUNIT_H

#include <kunit/test.h>

#include "block/block.h"
#include "compat.h"
#include "utility/internal.h"

#include "fake.h"

#define P	PAGE_SIZE

/**
 * struct sq_bench - a manager on the bench
 * @fake: its source
 * @m: the manager
 */
struct sq_bench {
	struct sq_fake fake;
	struct sq_manager *m;
};

int sq_bench_init(struct kunit *test);
void sq_bench_exit(struct kunit *test);
struct sq_agent *sq_bench_take(struct sq_bench *b, unsigned long pages,
			       sq_find_fn find);
long sq_bench_page(struct sq_bench *b, struct sq_agent *agent);
void sq_bench_take_n(struct kunit *test, struct sq_agent **agents,
		     unsigned int n, unsigned long pages);
void sq_bench_give_n(struct kunit *test, struct sq_agent **agents,
		     unsigned int n);
void sq_bench_sound(struct kunit *test, struct sq_bench *b);
struct sq_pool *sq_bench_pool(struct sq_bench *b);
void sq_bench_settle(void);
void sq_bench_meta_fail(unsigned long nth, unsigned long times);
gfp_t sq_bench_meta_asked(void);
void sq_bench_meta_restore(void);
void sq_bench_descs_hide(struct sq_bench *b);
void sq_bench_descs_show(void);

#endif /* _SQ_UTILITY_KUNIT_H */
