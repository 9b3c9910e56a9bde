// SPDX-License-Identifier: GPL-2.0
/*
 * Caches and heaps whose objects are guarded: each has an area of its own, is found by its
 * address wherever that is asked for, and is told of when somebody touches what is not
 * mapped. That this faults is for a kernel that survives it: guard.sh.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include "allocator/slab/guard.h"

#include "allocator_kunit.h"

#define SIZE	100
#define GUARD	(SQ_DEBUG_ON | SQ_DEBUG_GUARD)
#define MANY	(SQ_GUARD_AHEAD_MAX + 10)

static struct squirrel_cache *guarded(struct kunit *test, const struct squirrel_cache_args *args)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, args);

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, GUARD), 0);
	return c;
}

static long figure(struct kunit *test, struct squirrel_cache *c)
{
	return sq_fixture_cache_figure(test, c, "objects_guarded");
}

/* ---- what was told last ------------------------------------------------------- */

static struct squirrel_report heard;

static int hear(struct notifier_block *nb, unsigned long unused, void *report)
{
	heard = *(const struct squirrel_report *)report;
	return NOTIFY_DONE;
}

static struct notifier_block ear = { .notifier_call = hear };

/* One report since it was asked last, and this. */
static void told(struct kunit *test, const char *what, const void *obj, long offset, bool freed)
{
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_STREQ(test, heard.what, what);
	KUNIT_EXPECT_PTR_EQ(test, heard.obj, obj);
	KUNIT_EXPECT_EQ(test, heard.offset, offset);
	KUNIT_EXPECT_NE(test, heard.allocated_by, 0UL);
	KUNIT_EXPECT_EQ(test, !!heard.freed_by, freed);
}

/* Somebody touched @at, and cannot go on, for it is mapped in fact. */
static bool touched(const void *at, bool write, bool guess)
{
	bool open = false;

	return sq_guard_fault((unsigned long)at, write, _THIS_IP_, guess, &open);
}

/* ---- while nothing is unmapped, nor made ----------------------------------------- */

struct quiet {
	struct kunit *test;
	struct squirrel_cache *c;
	void (*fn)(struct quiet *q);
	void *objs[MANY];
	unsigned int nr;
	bool done;
};

static void call_once(struct sq_guard *g, void *ctx)
{
	struct quiet *q = ctx;

	if (!q->done)
		q->fn(q);
	q->done = true;
}

/* Some object of a guarded cache is live. */
static void quietly(struct quiet *q)
{
	q->done = false;
	sq_guard_walk(call_once, q);
	KUNIT_EXPECT_TRUE(q->test, q->done);
}

/* ---- cases ---------------------------------------------------------------------- */

static void own_area(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL);
	u8 *obj = sq_fixture_alloc(test, c);

	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(obj));
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(obj + ALIGN(SIZE, c->align)));
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), SIZE);
	KUNIT_EXPECT_TRUE(test, squirrel_owns(obj));
	KUNIT_EXPECT_TRUE(test, sq_is_live(NULL, obj));
	KUNIT_EXPECT_EQ(test, figure(test, c), 1);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 1);
	KUNIT_EXPECT_EQ(test, squirrel_cache_destroy(c), -EBUSY);
	memset(obj, 0x11, SIZE);
	squirrel_cache_free(c, obj);
	sq_guard_flush();
	KUNIT_EXPECT_FALSE(test, squirrel_owns(obj));
	KUNIT_EXPECT_FALSE(test, sq_is_live(NULL, obj));
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), 0);
	KUNIT_EXPECT_EQ(test, figure(test, c), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Up to 64 KiB; it is counted as a large block, and found by whatever frees. */
static void large_blocks(struct kunit *test)
{
	const size_t size = 5 * PAGE_SIZE - 480, most = SQ_GUARD_PAGES << PAGE_SHIFT;
	struct squirrel_heap *h = sq_fixture_heap(test, NULL), *other = sq_fixture_heap(test, NULL);
	u8 *obj, *longest;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(h, GUARD), 0);
	obj = squirrel_heap_alloc(h, size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(obj));
	KUNIT_EXPECT_TRUE(test, PAGE_ALIGNED(obj + size));
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), size);
	KUNIT_EXPECT_TRUE(test, sq_is_live(h, obj));
	KUNIT_EXPECT_FALSE(test, sq_is_live(other, obj));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->large->guarded), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->large_live), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->large_bytes), size);
	squirrel_heap_free(h, obj + 8);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_heap_free(other, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	obj[-1] = 0;
	squirrel_heap_free(h, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_heap_free(h, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	longest = squirrel_heap_zalloc(h, most - 8, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(longest));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(longest, 0, most - 8), NULL);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(longest));
	longest = squirrel_heap_alloc(h, most + 8, GFP_KERNEL);
	KUNIT_EXPECT_FALSE(test, sq_fixture_guarded(longest));
	squirrel_heap_free(h, longest);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&h->large_bytes), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_EQ(test, sq_heap_check(h), 0);
	sq_fixture_put_heap(test, h);
	sq_fixture_put_heap(test, other);
}

/* To the byte, as far as it is aligned; what is aligned to more than a page has none. */
static void sizes_of_a_heap(struct kunit *test)
{
	static const size_t sizes[] = { 1, 7, 8, 100, 128, 1000, 4096, 5000 };
	struct squirrel_heap *h = sq_fixture_heap(test, NULL);
	unsigned int i;
	u8 *obj;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(h, GUARD), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		obj = squirrel_heap_zalloc(h, sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_TRUE_MSG(test, sq_fixture_guarded(obj), "%zu", sizes[i]);
		KUNIT_EXPECT_LT(test, PAGE_ALIGN((long)obj + sizes[i]) - (long)obj - sizes[i],
				SQUIRREL_MIN_ALIGN);
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(obj, 0, sizes[i]), NULL);
		KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), sizes[i]);
		if (sizes[i] == 4096)
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((long)obj, 4096));
		obj = squirrel_heap_realloc(h, obj, sizes[i] + 1, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), sizes[i] + 1);
		squirrel_heap_free(h, obj);
	}
	obj = squirrel_heap_alloc(h, 2 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_EXPECT_FALSE(test, sq_fixture_guarded(obj));
	squirrel_heap_free(h, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_EQ(test, sq_heap_check(h), 0);
	sq_fixture_put_heap(test, h);
}

/* Before it is unmapped, and after. */
static void wrong_frees(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL), *other = guarded(test, NULL);
	u8 *obj = sq_fixture_alloc(test, c);

	squirrel_cache_free(c, obj + 8);
	told(test, "free of a pointer into the middle", obj + 8, 0, false);
	squirrel_cache_free(other, obj);
	told(test, "free of another cache's object", obj, 0, false);
	KUNIT_EXPECT_TRUE(test, sq_is_live(NULL, obj));
	squirrel_cache_free(c, obj);
	squirrel_cache_free(c, obj);
	told(test, "second free", obj, 0, true);
	sq_guard_flush();
	squirrel_cache_free(c, obj);
	told(test, "second free", obj, 0, true);
	KUNIT_EXPECT_FALSE(test, squirrel_free_any(obj));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

static void spoil_free(struct quiet *q)
{
	u8 *obj = q->objs[0];

	squirrel_cache_free(q->c, obj);
	OPTIMIZER_HIDE_VAR(obj);
	obj[SIZE / 2] = 1;
}

static void writes_are_found(struct kunit *test)
{
	struct quiet *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);
	struct squirrel_cache *c = guarded(test, NULL);
	u8 *obj = sq_fixture_alloc(test, c);

	KUNIT_ASSERT_NOT_NULL(test, q);
	obj[-1] = 1;
	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 1);
	told(test, "write in front of an object", obj, -1, false);
	squirrel_cache_free(c, obj);
	told(test, "write in front of an object", obj, -1, true);
	obj = sq_fixture_alloc(test, c);
	if (SIZE % c->align) {
		OPTIMIZER_HIDE_VAR(obj);
		obj[SIZE] = 1;
		squirrel_cache_free(c, obj);
		told(test, "write behind an object", obj, SIZE, true);
		obj = sq_fixture_alloc(test, c);
	}
	*q = (struct quiet){ .test = test, .c = c, .fn = spoil_free };
	q->objs[0] = obj;
	quietly(q);
	sq_guard_flush();
	told(test, "write after free", obj, SIZE / 2, true);
}

static void take_many(struct quiet *q)
{
	for (q->nr = 0; q->nr < MANY; q->nr++)
		q->objs[q->nr] = sq_fixture_alloc(q->test, q->c);
}

/* An allocation succeeds all the same, as it is otherwise debugged. */
static void none_is_ready(struct kunit *test)
{
	struct quiet *q = kunit_kzalloc(test, sizeof(*q), GFP_KERNEL);
	struct squirrel_cache *c = guarded(test, NULL);
	void *first = sq_fixture_alloc(test, c);

	KUNIT_ASSERT_NOT_NULL(test, q);
	q->test = test;
	q->c = c;
	q->fn = take_many;
	quietly(q);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(q->objs[0]));
	KUNIT_EXPECT_FALSE(test, sq_fixture_guarded(q->objs[MANY - 1]));
	KUNIT_EXPECT_GE(test, sq_fixture_cache_figure(test, c, "objects_guard_missed"), 10);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), MANY + 1);
	squirrel_cache_free_bulk(c, MANY, q->objs);
	squirrel_cache_free(c, first);
	sq_guard_flush();
	first = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(first));
	squirrel_cache_free(c, first);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Memory that was made ahead goes, until somebody wants some. */
static void gives_way(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL);
	struct sq_reclaim_work work = {};
	void *obj, *kept = sq_fixture_alloc(test, c);

	sq_allocator_release_slabs(false, &work);
	sq_guard_flush();
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(obj));
	squirrel_cache_free(c, obj);
	sq_allocator_release_slabs(true, &work);
	sq_guard_flush();
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_FALSE(test, sq_fixture_guarded(obj));
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "objects_guard_missed"), 1);
	squirrel_cache_free(c, obj);
	sq_guard_flush();
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(obj));
	squirrel_cache_free(c, obj);
	squirrel_cache_free(c, kept);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* Switched off they are freed as what they are; a heap's go with it. */
static void outlive_the_letter(struct kunit *test)
{
	struct squirrel_heap *h = sq_fixture_heap(test, NULL);
	struct squirrel_cache *c = guarded(test, NULL);
	void *obj = sq_fixture_alloc(test, c), *of_heap, *plain;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(h, GUARD), 0);
	of_heap = squirrel_heap_alloc(h, SIZE, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(of_heap));
	KUNIT_EXPECT_EQ(test, sq_debug_switch_cache(c, 0), 0);
	KUNIT_EXPECT_EQ(test, sq_debug_switch_heap(h, 0), 0);
	plain = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_FALSE(test, sq_fixture_guarded(plain));
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 2);
	squirrel_cache_free(c, plain);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(obj));
	sq_guard_flush();
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	sq_fixture_put_heap(test, h);
	KUNIT_EXPECT_FALSE(test, squirrel_owns(of_heap));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

static unsigned int constructed;

static void construct(void *obj)
{
	memset(obj, 0x77, SIZE);
	constructed++;
}

static void is_constructed(struct kunit *test)
{
	const struct squirrel_cache_args args = { .ctor = construct };
	struct squirrel_cache *c = guarded(test, &args);
	unsigned int before = constructed;
	void *obj = squirrel_cache_zalloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_TRUE(test, sq_fixture_guarded(obj));
	KUNIT_EXPECT_EQ(test, constructed, before + 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(obj, 0x77, SIZE), NULL);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

struct with_head {
	char space[40];
	struct rcu_head rcu;
};

static void after_a_grace_period(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL);
	struct with_head *obj = sq_fixture_alloc(test, c);

	static_assert(sizeof(*obj) <= SIZE);
	squirrel_free_rcu(obj, rcu);
	squirrel_free_rcu_barrier();
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* As the kernel calls when somebody has touched it. */
static void faults_are_told(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL);
	u8 *obj = sq_fixture_alloc(test, c);
	long end = PAGE_ALIGN((long)obj) - (long)obj;
	struct squirrel_heap *h;

	KUNIT_EXPECT_FALSE(test, touched(obj, false, false));
	KUNIT_EXPECT_FALSE(test, touched(test, false, false));
	KUNIT_EXPECT_TRUE(test, touched(obj + end, false, false));
	told(test, "read behind an object", obj, end, false);
	squirrel_cache_free(c, obj);
	sq_guard_flush();
	KUNIT_EXPECT_TRUE(test, touched(obj + 5, false, false));
	told(test, "read after free", obj, 5, true);
	KUNIT_EXPECT_TRUE(test, touched(obj + 6, true, false));
	told(test, "write after free", obj, 6, true);
	h = sq_fixture_heap(test, NULL);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(h, GUARD), 0);
	obj = squirrel_heap_alloc(h, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_TRUE(test, touched(obj - 1, true, false));
	told(test, "write in front of an object", obj, -1, false);
	squirrel_heap_free(h, obj);
	sq_guard_flush();
	/* Somewhere in it. */
	KUNIT_EXPECT_TRUE(test, touched(obj + 7, false, true));
	told(test, "read after free", obj, 0, true);
}

/* It is told of its cache as long as there is one, and by the name then. */
static void of_a_cache_that_went(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL);
	u8 *obj = sq_fixture_alloc(test, c);

	squirrel_cache_free(c, obj);
	sq_guard_flush();
	KUNIT_EXPECT_TRUE(test, touched(obj, false, false));
	told(test, "read after free", obj, 0, true);
	KUNIT_EXPECT_PTR_EQ(test, heard.cache, (const struct squirrel_cache *)c);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	KUNIT_EXPECT_TRUE(test, touched(obj, false, false));
	KUNIT_EXPECT_PTR_EQ(test, heard.cache, NULL);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
}

static void is_in_live(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL);
	struct seq_file *s = sq_fixture_seq(test);
	void *obj = sq_fixture_alloc(test, c);
	char *text;

	sq_cache_show_live(s, c);
	text = sq_fixture_text(test, s);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "         1          100 "));
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "untracked"), 0);
	squirrel_cache_free(c, obj);
}

/* Unmapped, it is not forgotten who had it, and who gave it back. */
static void whose_it_was(struct kunit *test)
{
	struct squirrel_cache *c = guarded(test, NULL);
	struct seq_file *s = sq_fixture_seq(test);
	u8 *obj = sq_fixture_alloc(test, c);
	char word[24];
	char *text;

	snprintf(word, sizeof(word), "%lx", (unsigned long)obj + 5);
	squirrel_cache_free(c, obj);
	sq_guard_flush();
	KUNIT_EXPECT_EQ(test, sq_allocator_set_whose(word), 0);
	sq_allocator_show_whose(s);
	text = sq_fixture_text(test, s);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "state: unmapped, was guarded\n"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "allocated: "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "freed: "));
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* ---- who waits for areas is alone with that ---------------------------------------- */

static struct squirrel_cache *second;
static DECLARE_COMPLETION(second_guarded);
static DECLARE_COMPLETION(third_done);

static int guard_second(void *unused)
{
	sq_debug_switch_cache(second, GUARD);
	kthread_complete_and_exit(&second_guarded, 0);
}

static int make_third(void *unused)
{
	struct squirrel_cache *c = squirrel_cache_create("kunit_third", SIZE, NULL);

	if (!IS_ERR(c) && !squirrel_cache_destroy(c))
		kthread_complete_and_exit(&third_done, 0);
	return 0;
}

/* No area is made now. Somebody wants some, and somebody else makes a cache. */
static void both(struct quiet *q)
{
	KUNIT_EXPECT_FALSE(q->test, IS_ERR(kthread_run(guard_second, NULL, "kunit-second")));
	msleep(100);
	KUNIT_EXPECT_FALSE(q->test, completion_done(&second_guarded));
	KUNIT_EXPECT_FALSE(q->test, IS_ERR(kthread_run(make_third, NULL, "kunit-third")));
	KUNIT_EXPECT_TRUE(q->test, wait_for_completion_timeout(&third_done, 20 * HZ));
}

static void others_make_caches(struct kunit *test)
{
	struct quiet q = { .test = test, .c = guarded(test, NULL), .fn = both };
	void *obj = sq_fixture_alloc(test, q.c);

	second = sq_fixture_cache(test, SIZE, NULL);
	reinit_completion(&second_guarded);
	reinit_completion(&third_done);
	quietly(&q);
	KUNIT_EXPECT_TRUE(test, wait_for_completion_timeout(&second_guarded, 60 * HZ));
	squirrel_cache_free(q.c, obj);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, second));
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, q.c));
}

static int guard_suite_init(struct kunit *test)
{
	int err = sq_fixture_init(test);

	return err ? err : squirrel_report_register(&ear);
}

static void guard_suite_exit(struct kunit *test)
{
	squirrel_report_unregister(&ear);
	sq_fixture_exit(test);
}

static struct kunit_case guard_cases[] = {
	KUNIT_CASE(own_area),
	KUNIT_CASE(sizes_of_a_heap),
	KUNIT_CASE(large_blocks),
	KUNIT_CASE(wrong_frees),
	KUNIT_CASE(writes_are_found),
	KUNIT_CASE(none_is_ready),
	KUNIT_CASE(gives_way),
	KUNIT_CASE(outlive_the_letter),
	KUNIT_CASE(is_constructed),
	KUNIT_CASE(after_a_grace_period),
	KUNIT_CASE(faults_are_told),
	KUNIT_CASE(of_a_cache_that_went),
	KUNIT_CASE(is_in_live),
	KUNIT_CASE(whose_it_was),
	KUNIT_CASE(others_make_caches),
	{}
};

static struct kunit_suite guard_suite = {
	.name = "squirrel-guard",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = guard_suite_init,
	.exit = guard_suite_exit,
	.test_cases = guard_cases,
};

kunit_test_suite(guard_suite);
