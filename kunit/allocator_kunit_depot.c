// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_depot: whose magazines a CPU takes up.
 */
#include <linux/cpumask.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "allocator_kunit.h"

/* One of two, with nothing in it, into the depot of the CPU that this runs on. */
static struct sq_mag *put_down(struct kunit *test, struct squirrel_cache *c)
{
	struct sq_mag *full = NULL, *empty = NULL;
	unsigned int tries = 10;

	sq_fixture_depot(c)->cap = 1;
	while (!empty && tries--) {
		preempt_disable();
		full = full ?: sq_mag_new(c, c->cpu_max);
		if (full)
			empty = sq_depot_put(c, sq_fixture_node(c), full);
		preempt_enable();
		sq_cache_tidy(c);
	}
	KUNIT_ASSERT_NOT_NULL(test, empty);
	sq_mag_free(empty);
	return full;
}

static void takes_up(struct kunit *test, struct squirrel_cache *c, struct sq_mag *mag)
{
	struct sq_mag *empty = NULL;

	KUNIT_EXPECT_PTR_EQ(test, sq_depot_get(c, sq_fixture_node(c), &empty), mag);
	if (mag)
		sq_mag_free(mag);
}

/* A CPU gets back what it put down, and what others did where it has nothing. */
static void depots_are_for_their_cpus(struct kunit *test)
{
	unsigned int here = raw_smp_processor_id();
	unsigned int there = cpumask_any_but(cpu_online_mask, here);
	struct squirrel_cache *c;
	struct sq_mag *mag[2];

	if (there >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	c = sq_fixture_cache(test, 512, NULL);
	if (!((there ^ here) & (sq_fixture_node(c)->nr_depots - 1)))
		kunit_skip(test, "both CPUs have the same depot");
	mag[0] = put_down(test, c);
	set_cpus_allowed_ptr(current, cpumask_of(there));
	mag[1] = put_down(test, c);
	set_cpus_allowed_ptr(current, cpumask_of(here));
	takes_up(test, c, mag[0]);
	takes_up(test, c, mag[1]);
	takes_up(test, c, NULL);
}

static struct kunit_case depot_cases[] = {
	KUNIT_CASE(depots_are_for_their_cpus),
	{}
};

static struct kunit_suite depot_suite = {
	.name = "squirrel_depot",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = depot_cases,
};

kunit_test_suites(&depot_suite);
