// SPDX-License-Identifier: GPL-2.0
/*
 * The tests of selftests/dropin as a suite, and of each what a client cannot see:
 * bad frees that were reported are those that it makes, and all rules hold. This one
 * is built without the drop-in header, and as it is into the suite of redirected
 * objects.
 */
#include <kunit/test.h>
#include <dropin/dropin.h>

#include "allocator/allocator.h"
#include "allocator/cache/cache.h"
#include "allocator/path/path.h"
#include "compat.h"

/* The case has the test's name: that is all it is told. */
static void dropin_case(struct kunit *test)
{
	unsigned long before = sq_misuse_count();
	const struct dropin_test *t = dropin_tests;

	while (t->name && strcmp(t->name, test->name))
		t++;
	KUNIT_ASSERT_NOT_NULL(test, t->run);
	if (t->misuse && !static_key_enabled(&sq_hardened))
		kunit_skip(test, "needs hardened=1");
	KUNIT_EXPECT_TRUE_MSG(test, dropin_run(t), "%s: see the log", t->title);
	KUNIT_EXPECT_EQ(test, sq_misuse_count(), before + t->misuse);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

static struct kunit_case dropin_cases[] = {
#define DROPIN_TEST(id, misuse, title)	{ .run_case = dropin_case, .name = #id },
#include <dropin/dropin_tests.h>
	{}
};

static struct kunit_suite dropin_suite = {
#ifdef DROPIN_OBJECTS
	.name = "squirrel_redirected",
#else
	.name = "squirrel_dropin",
#endif
	.test_cases = dropin_cases,
};

kunit_test_suites(&dropin_suite);

SQ_IMPORT_FOR_KUNIT();
MODULE_DESCRIPTION("KUnit suite of squirrel's drop-in");
MODULE_LICENSE("GPL");
