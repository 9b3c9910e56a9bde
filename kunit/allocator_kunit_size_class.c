// SPDX-License-Identifier: GPL-2.0
/*
 * Size classes: pure arithmetic, so every size there is. As they are where nothing is
 * aligned to more than a word; see allocator_kunit_min_align.c.
 */
#define SQUIRREL_MIN_ALIGN	8UL

#include <linux/log2.h>

#include "allocator_kunit.h"

static void class_fits_every_size(struct kunit *test)
{
	size_t size;

	for (size = 1; size <= SQUIRREL_CLASS_MAX_SIZE; size++) {
		unsigned int class = squirrel_class_of(size);

		KUNIT_ASSERT_LT_MSG(test, class, SQUIRREL_NR_CLASSES, "%zu", size);
		KUNIT_ASSERT_GE_MSG(test, squirrel_class_size(class), size, "%zu",
				    size);
		if (class)
			KUNIT_ASSERT_LT_MSG(test, squirrel_class_size(class - 1),
					    size, "%zu", size);
	}
}

static void class_grows_with_size(struct kunit *test)
{
	size_t size;

	for (size = 2; size <= SQUIRREL_CLASS_MAX_SIZE; size++) {
		int step = squirrel_class_of(size) - squirrel_class_of(size - 1);

		KUNIT_ASSERT_TRUE_MSG(test, step == 0 || step == 1, "%zu", size);
	}
	KUNIT_EXPECT_EQ(test, squirrel_class_of(1), 0);
	KUNIT_EXPECT_EQ(test, squirrel_class_of(SQUIRREL_CLASS_MAX_SIZE),
			SQUIRREL_NR_CLASSES - 1);
}

/* 8 bytes apart where an eighth would be less than a word. */
static void class_neighbours_are_an_eighth_apart(struct kunit *test)
{
	unsigned int class;

	for (class = 1; class < SQUIRREL_NR_CLASSES; class++) {
		unsigned int size = squirrel_class_size(class);
		unsigned int gap = size - squirrel_class_size(class - 1);

		KUNIT_EXPECT_LE_MSG(test, gap, max(8U, (size - gap) / 8),
				    "class %u", class);
		KUNIT_EXPECT_EQ_MSG(test, size % 8, 0, "class %u", class);
	}
}

static void class_of_class_size_is_itself(struct kunit *test)
{
	unsigned int class;

	for (class = 0; class < SQUIRREL_NR_CLASSES; class++)
		KUNIT_EXPECT_EQ(test, squirrel_class_of(squirrel_class_size(class)), class);
}

/* Or they could not be naturally aligned. */
static void class_per_power_of_two(struct kunit *test)
{
	size_t size;

	for (size = 8; size <= SQUIRREL_CLASS_MAX_SIZE; size *= 2)
		KUNIT_EXPECT_EQ(test, squirrel_class_size(squirrel_class_of(size)), size);
}

static struct kunit_case size_class_cases[] = {
	KUNIT_CASE(class_fits_every_size),
	KUNIT_CASE(class_grows_with_size),
	KUNIT_CASE(class_neighbours_are_an_eighth_apart),
	KUNIT_CASE(class_of_class_size_is_itself),
	KUNIT_CASE(class_per_power_of_two),
	{}
};

static struct kunit_suite size_class_suite = {
	.name = "squirrel_size_class",
	.test_cases = size_class_cases,
};

kunit_test_suites(&size_class_suite);
