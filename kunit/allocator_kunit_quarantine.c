// SPDX-License-Identifier: GPL-2.0
/*
 * Caches whose freed objects are kept in quarantine: for as long as it is said, and who
 * writes to them or frees them again meanwhile is found.
 */
#include <linux/kthread.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "allocator_kunit.h"

#define SIZE	100
/* Objects in a cache's quarantine */
#define HELD	4U
#define QUARANTINE	(SQ_DEBUG_ON | SQ_DEBUG_QUARANTINE)

/* One whose quarantine holds so many. */
static struct squirrel_cache *quarantined(struct kunit *test, u32 debug,
					  const struct squirrel_cache_args *args)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, args);

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, SQ_DEBUG_ON), 0);
	sq_quarantine_set_bytes(HELD * c->twin->size);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, QUARANTINE | debug), 0);
	return c;
}

static long held(struct kunit *test, struct squirrel_cache *c)
{
	return sq_fixture_cache_figure(test, c, "objects_in_quarantine");
}

static bool among(void *const *objs, unsigned int nr, const void *obj)
{
	while (nr--)
		if (objs[nr] == obj)
			return true;
	return false;
}

/* None of those that were freed last is handed out, and who was first is the first again. */
static void is_kept(struct kunit *test)
{
	struct squirrel_cache *c = quarantined(test, 0, NULL);
	void *old[HELD], *obj;
	unsigned int i;

	for (i = 0; i < HELD; i++)
		old[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < HELD; i++)
		squirrel_cache_free(c, old[i]);
	KUNIT_EXPECT_EQ(test, held(test, c), HELD);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 0);
	for (i = 0; i < HELD; i++) {
		obj = sq_fixture_alloc(test, c);
		KUNIT_EXPECT_FALSE(test, among(old + i, HELD - i, obj));
		squirrel_cache_free(c, obj);
		KUNIT_EXPECT_EQ(test, held(test, c), HELD);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* A map shows them, until they are given back. */
static void is_in_map(struct kunit *test)
{
	struct squirrel_cache *c = quarantined(test, 0, NULL);
	void *objs[HELD + 1];
	unsigned int i, n = 0;
	const char *at;
	struct seq_file *s = sq_fixture_seq(test);

	for (i = 0; i <= HELD; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < HELD; i++)
		squirrel_cache_free(c, objs[i]);
	sq_cache_show_map(s, c);
	at = sq_fixture_text(test, s);
	KUNIT_EXPECT_NOT_NULL(test, strstr(at, "q free, in quarantine"));
	/* From the first line of cells on, up to the legend. */
	for (at = strchrnul(at, '\n'); *at && strncmp(at, "\n#", 2); at++)
		n += *at == 'q';
	KUNIT_EXPECT_EQ(test, n, HELD);
	squirrel_cache_free(c, objs[HELD]);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Found when it leaves, though nobody is to have it again. */
static void writes_are_found(struct kunit *test)
{
	struct squirrel_cache *c = quarantined(test, SQ_DEBUG_POISON | SQ_DEBUG_REDZONE, NULL);
	static const int offs[] = { 0, SIZE - 1, SIZE, -1 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		u8 *obj = sq_fixture_alloc(test, c);

		squirrel_cache_free(c, obj);
		OPTIMIZER_HIDE_VAR(obj);
		obj[offs[i]] = 0x5a;
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
		squirrel_cache_shrink(c);
		KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), 1, "byte %d", offs[i]);
	}
	KUNIT_EXPECT_EQ(test, held(test, c), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->twin->retired), ARRAY_SIZE(offs));
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* At any time, and whatever was written to it. */
static void second_frees(struct kunit *test)
{
	struct squirrel_cache *c = quarantined(test, 0, NULL);
	void *obj = sq_fixture_alloc(test, c);

	squirrel_cache_free(c, obj);
	squirrel_cache_free(c, obj);
	memset(obj, 0xff, SIZE);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 2);
	KUNIT_EXPECT_EQ(test, held(test, c), 1);
	KUNIT_EXPECT_EQ(test, sq_debug_switch_cache(c, 0), 0);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* It ends when it is switched off, for who wants memory back, and with the cache. */
static void ends(struct kunit *test)
{
	struct squirrel_cache *c = quarantined(test, 0, NULL);
	struct sq_reclaim_work work = {};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		squirrel_cache_free(c, sq_fixture_alloc(test, c));
		KUNIT_EXPECT_EQ(test, held(test, c), 1);
		if (i == 0)
			sq_debug_switch_cache(c, SQ_DEBUG_ON);
		else if (i == 1)
			squirrel_cache_shrink(c);
		else
			sq_allocator_release_slabs(true, &work);
		KUNIT_EXPECT_EQ_MSG(test, held(test, c), 0, "way %u", i);
		sq_debug_switch_cache(c, QUARANTINE);
	}
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	sq_allocator_release_slabs(false, &work);
	KUNIT_EXPECT_EQ(test, held(test, c), 1);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* A cache that is switched off as soon as anything is reported of it */
static struct squirrel_cache *off_at_once;

/* As apply_and_release() in switch.c, which may sleep. */
static int switch_off(struct notifier_block *nb, unsigned long unused, void *report)
{
	struct squirrel_cache *t = off_at_once->twin;

	WRITE_ONCE(t->debug, SQ_DEBUG_ON);
	sq_debug_release(t, ULONG_MAX);
	return NOTIFY_DONE;
}

static struct notifier_block off_nb = { .notifier_call = switch_off };

/* Who was on his way there when it ended does not stay in it. */
static void ends_for_who_is_late(struct kunit *test)
{
	struct squirrel_cache *c = quarantined(test, SQ_DEBUG_REDZONE, NULL);
	u8 *obj = sq_fixture_alloc(test, c);

	OPTIMIZER_HIDE_VAR(obj);
	obj[SIZE] = 0;
	off_at_once = c;
	KUNIT_ASSERT_EQ(test, squirrel_report_register(&off_nb), 0);
	squirrel_cache_free(c, obj);
	squirrel_report_unregister(&off_nb);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, held(test, c), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Who finds no memory has what is in it. */
static void gives_way(struct kunit *test)
{
	struct squirrel_cache *c;
	void **objs;
	unsigned int nr, again;

	sq_fixture_fake_heap(test, "segregated", 64);
	c = sq_fixture_fake_cache(test, SIZE);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, QUARANTINE), 0);
	objs = kunit_kcalloc(test, 100000, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (nr = 0; nr < 100000; nr++) {
		objs[nr] = squirrel_cache_alloc(c, GFP_NOWAIT | __GFP_NOWARN);
		if (!objs[nr])
			break;
	}
	KUNIT_ASSERT_LT(test, nr, 100000);
	for (again = 0; again < nr; again++)
		squirrel_cache_free(c, objs[again]);
	KUNIT_EXPECT_GT(test, held(test, c), 0);
	for (again = 0; again < nr; again++) {
		objs[again] = squirrel_cache_alloc(c, GFP_NOWAIT | __GFP_NOWARN);
		if (!objs[again])
			break;
	}
	KUNIT_EXPECT_EQ(test, again, nr);
	while (again--)
		squirrel_cache_free(c, objs[again]);
}

/* A heap's classes have it as well; one that is made when it is on, too. */
static void of_a_heap(struct kunit *test)
{
	struct squirrel_heap *h = sq_fixture_heap(test, NULL);
	void *obj;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(h, QUARANTINE | SQ_DEBUG_POISON), 0);
	obj = squirrel_heap_alloc(h, SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	squirrel_heap_free(h, obj);
	*(u8 *)obj = 1;
	KUNIT_EXPECT_EQ(test, sq_debug_switch_heap(h, 0), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_debug_switch_heap(h, QUARANTINE), 0);
	squirrel_heap_free(h, squirrel_heap_alloc(h, SIZE, GFP_KERNEL));
	sq_fixture_put_heap(test, h);
}

/* ---- a long one ends ------------------------------------------------------------- */

/* More than go between two looks whether somebody waits */
#define LONG	2000U

static struct squirrel_cache *ending;
static struct task_struct *waiting;
static unsigned long held_then;

/* Somebody who may go first looks how many are left. */
static int look_in(void *unused)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop())
		schedule();
	__set_current_state(TASK_RUNNING);
	held_then = sq_quarantined(ending->twin);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static int wake_waiting(struct notifier_block *nb, unsigned long unused, void *report)
{
	wake_up_process(waiting);
	return NOTIFY_DONE;
}

static struct notifier_block waker = { .notifier_call = wake_waiting };

/* One in whose quarantine are so many: @objs. */
static struct squirrel_cache *with_long_one(struct kunit *test, u32 debug, void ***objs)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, QUARANTINE | debug), 0);
	*objs = sq_fixture_take(test, c, LONG);
	for (i = 0; i < LONG; i++)
		squirrel_cache_free(c, (*objs)[i]);
	KUNIT_ASSERT_EQ(test, held(test, c), LONG);
	return c;
}

/* The first that goes is damaged: from then on somebody waits for the CPU. */
static void ends_and_others_run(struct kunit *test, void (*end)(struct squirrel_cache *c))
{
	void **objs;
	u8 *first;

	ending = with_long_one(test, SQ_DEBUG_POISON, &objs);
	first = objs[0];
	OPTIMIZER_HIDE_VAR(first);
	first[SIZE / 2] = 0;
	held_then = 0;
	waiting = kthread_create(look_in, NULL, "kunit-waiting");
	KUNIT_ASSERT_FALSE(test, IS_ERR(waiting));
	kthread_bind(waiting, raw_smp_processor_id());
	sched_set_fifo(waiting);
	wake_up_process(waiting);
	schedule_timeout_uninterruptible(2);
	KUNIT_EXPECT_EQ(test, squirrel_report_register(&waker), 0);
	end(ending);
	squirrel_report_unregister(&waker);
	kthread_stop(waiting);
	KUNIT_EXPECT_GT(test, held_then, 0UL);
	KUNIT_EXPECT_EQ(test, held(test, ending), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
}

static void by_switch(struct squirrel_cache *c)
{
	sq_debug_switch_cache(c, 0);
}

static void others_may_run(struct kunit *test)
{
	ends_and_others_run(test, by_switch);
}

static void by_reclaim(struct squirrel_cache *unused)
{
	squirrel_reclaim();
}

static void others_may_run_meanwhile(struct kunit *test)
{
	ends_and_others_run(test, by_reclaim);
}

/* Who may not sleep lets go of some; the rest is still to be had. */
static void pressure_takes_some(struct kunit *test)
{
	struct sq_reclaim_work work = {};
	void **objs;
	struct squirrel_cache *c = with_long_one(test, 0, &objs);

	sq_allocator_release_slabs(true, &work);
	KUNIT_EXPECT_EQ(test, held(test, c), LONG - SQ_QUARANTINE_STEP);
	KUNIT_EXPECT_GE(test, sq_allocator_reclaimable(),
			(LONG - SQ_QUARANTINE_STEP) * c->twin->size >> PAGE_SHIFT);
	squirrel_reclaim();
	KUNIT_EXPECT_EQ(test, held(test, c), 0);
}

static int quarantine_suite_init(struct kunit *test)
{
	sq_quarantine_set_bytes(SQ_QUARANTINE_BYTES);
	return sq_fixture_init_hardened(test);
}

static void quarantine_suite_exit(struct kunit *test)
{
	sq_quarantine_set_bytes(SQ_QUARANTINE_BYTES);
	sq_fixture_exit(test);
}

static struct kunit_case quarantine_cases[] = {
	KUNIT_CASE(is_kept),
	KUNIT_CASE(is_in_map),
	KUNIT_CASE(writes_are_found),
	KUNIT_CASE(second_frees),
	KUNIT_CASE(ends),
	KUNIT_CASE(ends_for_who_is_late),
	KUNIT_CASE(gives_way),
	KUNIT_CASE(of_a_heap),
	KUNIT_CASE(others_may_run),
	KUNIT_CASE(others_may_run_meanwhile),
	KUNIT_CASE(pressure_takes_some),
	{}
};

static struct kunit_suite quarantine_suite = {
	.name = "squirrel-quarantine",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = quarantine_suite_init,
	.exit = quarantine_suite_exit,
	.test_cases = quarantine_cases,
};

kunit_test_suite(quarantine_suite);
