// SPDX-License-Identifier: GPL-2.0
/*
 * Size classes where DMA does not tolerate a shared line: as on arm64, whatever
 * the machine is.
 */
#define SQUIRREL_MIN_ALIGN	128

#include "allocator_kunit.h"

static void classes_are_multiples(struct kunit *test)
{
	size_t size;

	for (size = 1; size <= SQUIRREL_CLASS_MAX_SIZE; size++) {
		unsigned int class = squirrel_class_of(size), got;

		KUNIT_ASSERT_LT_MSG(test, class, SQUIRREL_NR_CLASSES, "%zu", size);
		got = squirrel_class_size(class);
		KUNIT_ASSERT_GE_MSG(test, got, size, "%zu", size);
		KUNIT_ASSERT_EQ_MSG(test, got % SQUIRREL_MIN_ALIGN, 0, "%zu", size);
		KUNIT_ASSERT_EQ_MSG(test, squirrel_class_of(got), class, "%zu",
				    size);
	}
}

static struct kunit_case min_align_cases[] = {
	KUNIT_CASE(classes_are_multiples),
	{}
};

static struct kunit_suite min_align_suite = {
	.name = "squirrel_min_align",
	.test_cases = min_align_cases,
};

kunit_test_suites(&min_align_suite);
