// SPDX-License-Identifier: GPL-2.0
/* Caches whose allocations and frees are lines of the log: all of them, in their order. */
#include <linux/kmsg_dump.h>
#include <linux/string.h>

#include "allocator_kunit.h"

#define SIZE	100
#define TRACE	(SQ_DEBUG_ON | SQ_DEBUG_TRACE)
/* More than may wait */
#define MANY	160

/* Are the next lines these? */
static void expect_lines(struct kunit *test, struct kmsg_dump_iter *iter,
			 const char *const *wanted, unsigned int nr)
{
	unsigned int i = 0;
	char line[256];
	size_t len;

	sq_debug_log_flush();
	while (sq_fixture_heard(iter, line, sizeof(line), &len)) {
		if (!strstr(line, "kunit-"))
			continue;
		KUNIT_ASSERT_LT(test, i, nr);
		KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(line, wanted[i]), "'%s' in '%s'",
					  wanted[i], line);
		KUNIT_EXPECT_NOT_NULL(test, strstr(line, " on CPU "));
		i++;
	}
	KUNIT_EXPECT_EQ(test, i, nr);
}

static void each_is_a_line(struct kunit *test)
{
	static const char *const wanted[] = {
		"kunit-0-100: alloc ", ", 100 bytes, by kunit", "kunit-0-100: free ", "free ",
	};
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct kmsg_dump_iter iter;
	void *a, *b;

	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, TRACE), 0);
	sq_fixture_listen(&iter);
	a = sq_fixture_alloc(test, c);
	b = sq_fixture_alloc(test, c);
	squirrel_cache_free(c, a);
	squirrel_cache_free(c, b);
	expect_lines(test, &iter, wanted, ARRAY_SIZE(wanted));
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, SQ_DEBUG_ON), 0);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	expect_lines(test, &iter, NULL, 0);
}

/* Nobody prints while they come: what finds no room is counted, and later ones are heard. */
static void too_many_are_counted(struct kunit *test)
{
	static const char *const wanted[] = { "alloc ", "free " };
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned long flags, lost = 0;
	struct kmsg_dump_iter iter;
	unsigned int i, nr;
	char line[256];
	size_t len;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, TRACE), 0);
	/* So that it has its slabs. */
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	sq_debug_log_flush();
	sq_fixture_listen(&iter);
	local_irq_save(flags);
	for (i = 0; i < MANY / 2; i++)
		squirrel_cache_free(c, squirrel_cache_alloc(c, GFP_ATOMIC));
	local_irq_restore(flags);
	sq_debug_log_flush();
	while (sq_fixture_heard(&iter, line, sizeof(line), &len)) {
		char *more = strstr(line, " lines of flag T");

		if (more && sscanf(strrchr(line, ':') + 1, "%u", &nr) == 1)
			lost += nr;
	}
	KUNIT_EXPECT_EQ(test, lost, MANY - SQ_DEBUG_LINES);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	expect_lines(test, &iter, wanted, ARRAY_SIZE(wanted));
}

static struct kunit_case log_cases[] = {
	KUNIT_CASE(each_is_a_line),
	KUNIT_CASE(too_many_are_counted),
	{}
};

static struct kunit_suite log_suite = {
	.name = "squirrel-log",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = log_cases,
};

kunit_test_suite(log_suite);
