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
#include "utility/tunables.h"

#include "fake.h"

#define P	PAGE_SIZE

/**
 * struct sq_fixture - a manager over a fake source
 * @fake: its source
 * @m: the manager
 */
struct sq_fixture {
	struct sq_fake fake;
	struct sq_manager *m;
};

int sq_fixture_init(struct kunit *test);
void sq_fixture_exit(struct kunit *test);
struct sq_agent *sq_fixture_take(struct sq_fixture *fx, unsigned long pages,
				 sq_find_fn find);
long sq_fixture_page(struct sq_fixture *fx, struct sq_agent *agent);
void sq_fixture_take_n(struct kunit *test, struct sq_agent **agents,
		       unsigned int n, unsigned long pages);
void sq_fixture_give_n(struct kunit *test, struct sq_agent **agents,
		       unsigned int n);
void sq_fixture_sound(struct kunit *test, struct sq_fixture *fx);
struct sq_pool *sq_fixture_pool(struct sq_fixture *fx);
void sq_fixture_settle(void);
void sq_fixture_meta_fail(unsigned long nth, unsigned long times);
gfp_t sq_fixture_meta_asked(void);
void sq_fixture_meta_restore(void);
void sq_fixture_descs_hide(struct sq_fixture *fx);
void sq_fixture_descs_show(void);

#endif /* _SQ_UTILITY_KUNIT_H */
