// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_history: what is told about single runs of the reclaimer.
 */
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "reclaimer_kunit.h"

#define RUNS	16

static long stat(struct kunit *test, const char *key)
{
	return sq_fixture_stat(test, sq_reclaimer_show_stats, key);
}

static char *history(struct kunit *test)
{
	char *text = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct seq_file s = { .buf = text, .size = PAGE_SIZE - 1 };

	KUNIT_ASSERT_NOT_NULL(test, text);
	sq_reclaimer_show_history(&s);
	KUNIT_EXPECT_FALSE(test, seq_has_overflowed(&s));
	return text;
}

static unsigned int lines(const char *text)
{
	unsigned int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Of 16 objects one stays: whatever slabs become of it, it is a run that takes them apart. */
static void thin_out(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned int i, nr = 0;

	for (i = 0; i < fx->nr; i++) {
		if (i % 16) {
			squirrel_cache_free(fx->cache, fx->objs[i]);
			continue;
		}
		memset(fx->objs[i], nr, SQ_FIXTURE_SIZE);
		fx->objs[nr++] = fx->objs[i];
	}
	fx->nr = nr;
}

/* What a run yields is what is told of it, and what the caller is told. */
static void run_is_told(struct kunit *test)
{
	unsigned long us, ago, objects, slabs, merges, pages, given;
	long before = stat(test, "runs_useful");
	char *text;
	int got;

	sq_fixture_fill(test, 2000);
	thin_out(test);
	given = squirrel_reclaim();
	KUNIT_EXPECT_GT(test, given, 2000 * SQ_FIXTURE_SIZE / PAGE_SIZE / 2);
	KUNIT_EXPECT_EQ(test, stat(test, "runs_useful"), before + 1);
	KUNIT_EXPECT_EQ(test, stat(test, "last_run_pages"), given);
	KUNIT_EXPECT_GT(test, stat(test, "last_run_objects"), 0);
	KUNIT_EXPECT_GT(test, stat(test, "last_run_slabs"), 0);

	text = strchr(history(test), '\n');
	KUNIT_ASSERT_NOT_NULL(test, text);
	got = sscanf(text, "\nasked %lu %lu %lu %lu %lu %lu", &ago, &objects,
		     &slabs, &merges, &pages, &us);
	KUNIT_ASSERT_EQ(test, got, 6);
	KUNIT_EXPECT_EQ(test, pages, given);
	KUNIT_EXPECT_EQ(test, objects, stat(test, "last_run_objects"));
	KUNIT_EXPECT_EQ(test, slabs, stat(test, "last_run_slabs"));
	KUNIT_EXPECT_EQ(test, merges, stat(test, "last_run_merges"));
	KUNIT_EXPECT_EQ(test, us, stat(test, "last_run_us"));
	KUNIT_EXPECT_LT(test, ago, 60000);
}

static void mean_is_over_useful_runs(struct kunit *test)
{
	long useful, pages, per_run;

	sq_fixture_fill(test, 500);
	sq_fixture_empty(test, 0);
	squirrel_reclaim();
	useful = stat(test, "runs_useful");
	pages = stat(test, "pages_given_back");
	per_run = stat(test, "reclaim_pages_per_run");
	KUNIT_ASSERT_GT(test, useful, 0);
	KUNIT_EXPECT_EQ(test, per_run, (pages + useful / 2) / useful);
	KUNIT_EXPECT_EQ(test, sq_fixture_stat(test, sq_reclaimer_show_summary,
					      "reclaim_pages_per_run"), per_run);
}

/* Runs that find nothing are counted and leave the last one in sight. */
static void idle_runs_are_not_told(struct kunit *test)
{
	long useful, idle, pages;
	unsigned int i;

	sq_fixture_fill(test, 500);
	sq_fixture_empty(test, 0);
	squirrel_reclaim();
	sq_fixture_settle(test);
	pages = stat(test, "last_run_pages");
	useful = stat(test, "runs_useful");
	idle = stat(test, "runs_idle");
	for (i = 0; i < 3; i++)
		squirrel_reclaim();
	KUNIT_EXPECT_EQ(test, stat(test, "runs_useful"), useful);
	KUNIT_EXPECT_EQ(test, stat(test, "runs_idle"), idle + 3);
	KUNIT_EXPECT_EQ(test, stat(test, "last_run_pages"), pages);
}

static void history_has_an_end(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 2 * RUNS; i++) {
		sq_fixture_fill(test, 50 + i);
		sq_fixture_empty(test, 0);
		squirrel_reclaim();
	}
	KUNIT_EXPECT_EQ(test, lines(history(test)), 1 + RUNS);
}

static struct kunit_case history_cases[] = {
	SQ_CASE_4K(run_is_told),
	KUNIT_CASE(mean_is_over_useful_runs),
	KUNIT_CASE(idle_runs_are_not_told),
	KUNIT_CASE(history_has_an_end),
	{}
};

static struct kunit_suite history_suite = {
	.name = "squirrel_history",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = history_cases,
};

kunit_test_suites(&history_suite);
