// SPDX-License-Identifier: GPL-2.0
/*
 * Caches that are debugged: each flag finds the error it is for, what was there before
 * stays what it is, and nobody who uses the cache notices otherwise.
 */
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocator_kunit.h"

#define SIZE	100
#define ALL	(SQ_DEBUG_ON | SQ_DEBUG_CHECK | SQ_DEBUG_REDZONE | SQ_DEBUG_POISON | \
		 SQ_DEBUG_USER)

static struct squirrel_cache *owner_of(const void *obj)
{
	struct squirrel_cache *owner;

	preempt_disable();
	sq_obj_agent(obj, &owner);
	preempt_enable();
	return owner;
}

static struct squirrel_cache *debugged(struct kunit *test, unsigned int size,
				       const struct squirrel_cache_args *args, u32 debug)
{
	struct squirrel_cache *c = sq_fixture_cache(test, size, args);

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, debug), 0);
	KUNIT_ASSERT_NOT_NULL(test, c->twin);
	return c;
}

/* Objects from before, and those of when it was on, are freed at any time. */
static void old_objects_stay(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *old[3], *new[3];
	unsigned int i;

	for (i = 0; i < 3; i++)
		old[i] = sq_fixture_alloc(test, c);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, ALL), 0);
	for (i = 0; i < 3; i++) {
		new[i] = sq_fixture_alloc(test, c);
		memset(new[i], 0xff, SIZE);
		memset(old[i], 0xff, SIZE);
		KUNIT_EXPECT_PTR_EQ(test, owner_of(new[i]), c->twin);
		KUNIT_EXPECT_PTR_EQ(test, owner_of(old[i]), c);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 6);
	squirrel_cache_free(c, old[0]);
	squirrel_cache_free(c, new[0]);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, 0), 0);
	squirrel_cache_free(c, old[1]);
	squirrel_cache_free(c, new[1]);
	old[0] = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_PTR_EQ(test, owner_of(old[0]), c);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, ALL), 0);
	squirrel_cache_free(c, old[2]);
	squirrel_cache_free(c, new[2]);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "live_objects"), 1);
	squirrel_cache_free(c, old[0]);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "frees"), 7);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* Sizes and alignments: an object is aligned as it was, and all of it can be used. */
static void is_as_it_was(struct kunit *test)
{
	static const unsigned int sizes[] = { 1, 8, 24, 100, 1000, 4096, 5000, 20000 };
	unsigned int i, shift;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (shift = 3; shift <= 13; shift += 2) {
			struct squirrel_cache_args args = { .align = 1U << shift };
			struct squirrel_cache *c = debugged(test, sizes[i], &args, ALL);
			void *a = sq_fixture_alloc(test, c), *b = sq_fixture_alloc(test, c);

			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)a, args.align));
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)b, args.align));
			KUNIT_EXPECT_EQ(test, squirrel_usable_size(a), sizes[i]);
			memset(a, 0xff, sizes[i]);
			memset(b, 0, sizes[i]);
			squirrel_cache_free(c, a);
			squirrel_cache_free(c, b);
			KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
		}
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

static void expect_one(struct kunit *test, struct squirrel_cache *c, const char *what)
{
	KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), 1, "%s", what);
	/* Told once. */
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), 0, "%s, again", what);
}

static void redzones(struct kunit *test)
{
	static const int offs[] = { SIZE, SIZE + 15, -1, -(int)SQ_REDZONE_BYTES };
	struct squirrel_cache *c = debugged(test, SIZE, NULL,
					    SQ_DEBUG_ON | SQ_DEBUG_REDZONE);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		u8 *obj = sq_fixture_alloc(test, c);

		memset(obj, 0, SIZE);
		OPTIMIZER_HIDE_VAR(obj);
		obj[offs[i]] = 0;
		squirrel_cache_free(c, obj);
		expect_one(test, c, "redzone");
	}
	/* All that is in front of it, by who has its neighbour. */
	{
		u8 *obj = sq_fixture_alloc(test, c);

		OPTIMIZER_HIDE_VAR(obj);
		memset(obj - c->twin->lead + sizeof(long), 0x11,
		       c->twin->lead - sizeof(long));
		squirrel_cache_free(c, obj);
		KUNIT_EXPECT_GE(test, sq_fixture_misuse(test), 1);
	}
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

/* What was written to while it was free is handed out no more. */
static void poison(struct kunit *test)
{
	static const unsigned int offs[] = { 0, 8, SIZE - 1 };
	struct squirrel_cache *c = debugged(test, SIZE, NULL,
					    SQ_DEBUG_ON | SQ_DEBUG_POISON);
	unsigned int i, k, nr;
	void **objs;
	u8 *obj;

	for (i = 0; i < ARRAY_SIZE(offs); i++) {
		obj = sq_fixture_alloc(test, c);
		squirrel_cache_free(c, obj);
		obj[offs[i]] ^= 0x40;
		nr = sq_fixture_node(c->twin)->nr_objs + 1;
		objs = sq_fixture_take(test, c, nr);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&c->twin->retired), i + 1);
		for (k = 0; k < nr; k++) {
			KUNIT_EXPECT_PTR_NE(test, objs[k], (void *)obj);
			squirrel_cache_free(c, objs[k]);
		}
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	/* They do not hold the cache up. */
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* What is broken is found in the cache it is in, also among what is debugged. */
static void checked_alone(struct kunit *test)
{
	struct squirrel_cache *c = debugged(test, SIZE, NULL, SQ_DEBUG_ON);
	struct squirrel_cache *sound = debugged(test, SIZE, NULL, SQ_DEBUG_ON);
	void *obj = sq_fixture_alloc(test, c);

	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 0);
	sq_fixture_node(c->twin)->nr_free++;
	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_check(sound), 0);
	KUNIT_EXPECT_EQ(test, sq_heap_check(sq_default_heap), 0);
	sq_fixture_node(c->twin)->nr_free--;
	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 0);
	squirrel_cache_free(c, obj);
}

/* Whatever was done to the object in between */
static void second_frees(struct kunit *test)
{
	struct squirrel_cache *c = debugged(test, SIZE, NULL, ALL & ~SQ_DEBUG_POISON);
	void *obj, *other;

	obj = sq_fixture_alloc(test, c);
	other = sq_fixture_alloc(test, c);
	squirrel_cache_free(c, obj);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	memset(obj, 0x11, SIZE);
	squirrel_cache_free(c, other);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_cache_free(c, other);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c->twin), 0);
}

static void bad_pointers(struct kunit *test)
{
	struct squirrel_cache *c = debugged(test, SIZE, NULL, ALL);
	struct squirrel_cache *d = debugged(test, SIZE, NULL, ALL);
	struct squirrel_cache *plain = sq_fixture_cache(test, SIZE, NULL);
	void *obj = sq_fixture_alloc(test, c), *other = sq_fixture_alloc(test, plain);

	squirrel_cache_free(c, obj + 8);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_cache_free(c, obj - c->twin->lead);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_cache_free(d, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	if (static_key_enabled(&sq_hardened)) {
		squirrel_cache_free(plain, obj);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	}
	squirrel_cache_free(c, other);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_cache_free(c, test);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c->twin), 1);
	squirrel_cache_free(c, obj);
	squirrel_cache_free(plain, other);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* Found by who checks, while the object is live or free, and found again each time. */
static void check_looks_at_bytes(struct kunit *test)
{
	struct squirrel_cache *c = debugged(test, SIZE, NULL, ALL);
	u8 *obj = sq_fixture_alloc(test, c), *old = sq_fixture_alloc(test, c);

	OPTIMIZER_HIDE_VAR(obj);
	OPTIMIZER_HIDE_VAR(old);
	squirrel_cache_free(c, old);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 0);
	obj[SIZE] ^= 1;
	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 1);
	KUNIT_EXPECT_EQ(test, sq_heap_check(c->heap), 1);
	old[8] ^= 1;
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 4);
	obj[SIZE] ^= 1;
	old[8] ^= 1;
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	/* What is no letter of it is not looked at. */
	obj[SIZE] ^= 1;
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, SQ_DEBUG_ON | SQ_DEBUG_POISON), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_check(c), 0);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* The twin's count for the cache's. */
static void limit(struct kunit *test)
{
	const struct squirrel_cache_args args = { .limit = 10 * 104 };
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, &args);
	void **old = sq_fixture_take(test, c, 4), *new[10];
	unsigned int nr = 0, i;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, ALL), 0);
	while (nr < 10 && (new[nr] = squirrel_cache_alloc(c, GFP_KERNEL)))
		nr++;
	KUNIT_EXPECT_EQ(test, nr, c->limit_objs - 4);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.limit_hits), 1);
	squirrel_cache_free(c, old[0]);
	old[0] = squirrel_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, old[0]);
	for (i = 0; i < 4; i++)
		squirrel_cache_free(c, old[i]);
	for (i = 0; i < nr; i++)
		squirrel_cache_free(c, new[i]);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c->twin), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

static void destroy_is_refused(struct kunit *test)
{
	struct squirrel_cache *c = debugged(test, SIZE, NULL, ALL);
	void *obj = sq_fixture_alloc(test, c);

	KUNIT_EXPECT_EQ(test, squirrel_cache_destroy(c), -EBUSY);
	KUNIT_EXPECT_EQ(test, sq_debug_switch_cache(c, 0), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_destroy(c), -EBUSY);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

static void construct(void *obj)
{
	memset(obj, 0x2a, SIZE);
}

static void constructed_stays(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.ctor = construct,
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *c = debugged(test, SIZE, &args, ALL);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		void *obj = squirrel_cache_zalloc(c, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0x2a, SIZE));
		squirrel_cache_free(c, obj);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0x2a, SIZE));
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

struct head {
	u64 data[4];
	struct rcu_head rcu;
};

static void other_calls(struct kunit *test)
{
	struct squirrel_cache *c = debugged(test, sizeof(struct head), NULL, ALL);
	void *objs[20];
	struct head *h;

	KUNIT_ASSERT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_KERNEL, 20, objs), 20);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c->twin), 20);
	squirrel_cache_free_bulk(c, 20, objs);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c->twin), 0);
	h = squirrel_cache_alloc_node(c, GFP_KERNEL | __GFP_ZERO, numa_mem_id());
	KUNIT_ASSERT_NOT_NULL(test, h);
	KUNIT_EXPECT_NULL(test, memchr_inv(h, 0, sizeof(*h)));
	KUNIT_EXPECT_TRUE(test, sq_is_live(NULL, h));
	KUNIT_EXPECT_TRUE(test, squirrel_owns(h));
	squirrel_free_rcu(h, rcu);
	sq_rcu_free_wait();
	KUNIT_EXPECT_FALSE(test, sq_is_live(NULL, h));
	KUNIT_EXPECT_EQ(test, sq_cache_live(c->twin), 0);
	h = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(h));
	h = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any_sensitive(h));
	KUNIT_EXPECT_EQ(test, sq_cache_live(c->twin), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* Slabs of it are cut, and go, as all do. */
static void trimmed(struct kunit *test)
{
	struct squirrel_cache *c = debugged(test, SIZE, NULL, ALL);
	void **objs = sq_fixture_take(test, c, 1000);
	unsigned int i;

	for (i = 0; i < 1000; i++)
		if (i % 50)
			squirrel_cache_free(c, objs[i]);
	sq_cache_trim(c->twin, true);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	for (i = 0; i < 1000; i += 50) {
		memset(objs[i], 0, SIZE);
		squirrel_cache_free(c, objs[i]);
	}
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* ---- under load ----------------------------------------------------------------- */

#define LOAD_OBJS	64

static struct {
	struct squirrel_cache *c;
	struct hrtimer timer;
	void *in_timer[8];
	unsigned int next;
	bool stop;
	unsigned long bad;
} load;

static void use(void **obj, u8 pattern)
{
	if (*obj) {
		if (memchr_inv(*obj, pattern, SIZE))
			load.bad++;
		squirrel_cache_free(load.c, *obj);
		*obj = NULL;
		return;
	}
	*obj = squirrel_cache_alloc(load.c, GFP_ATOMIC);
	if (*obj)
		memset(*obj, pattern, SIZE);
}

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	use(&load.in_timer[load.next++ % 8], 0x99);
	hrtimer_forward_now(timer, ns_to_ktime(50000));
	return load.stop ? HRTIMER_NORESTART : HRTIMER_RESTART;
}

static int user(void *pattern)
{
	void **objs = kcalloc(LOAD_OBJS, sizeof(*objs), GFP_KERNEL);
	unsigned int i = 0;

	while (objs && !kthread_should_stop()) {
		use(&objs[i * 7 % LOAD_OBJS], (unsigned long)pattern);
		if (!(++i % 100))
			cond_resched();
	}
	for (i = 0; objs && i < LOAD_OBJS; i++)
		squirrel_cache_free(load.c, objs[i]);
	kfree(objs);
	return 0;
}

static void switched_under_load(struct kunit *test)
{
	struct task_struct *users[2];
	unsigned int i;

	memset(&load, 0, sizeof(load));
	load.c = sq_fixture_cache(test, SIZE, NULL);
	for (i = 0; i < 2; i++) {
		users[i] = kthread_run(user, (void *)(0x33UL + i), "kunit-user%u", i);
		KUNIT_ASSERT_FALSE(test, IS_ERR(users[i]));
	}
	sq_hrtimer_setup(&load.timer, tick, HRTIMER_MODE_REL_HARD);
	hrtimer_start(&load.timer, ns_to_ktime(50000), HRTIMER_MODE_REL_HARD);
	for (i = 0; i < 40; i++) {
		u32 debug = i % 3 ? ALL & ~(1U << i % 4) : 0;

		KUNIT_EXPECT_EQ(test, sq_debug_switch_cache(load.c, debug), 0);
		schedule_timeout_interruptible(1);
	}
	WRITE_ONCE(load.stop, true);
	hrtimer_cancel(&load.timer);
	for (i = 0; i < 2; i++)
		kthread_stop(users[i]);
	for (i = 0; i < 8; i++)
		squirrel_cache_free(load.c, load.in_timer[i]);
	KUNIT_EXPECT_EQ(test, load.bad, 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(load.c), 0);
	KUNIT_EXPECT_GT(test, atomic_long_read(&load.c->twin->counts.allocs), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(load.c->twin), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* ---- words ---------------------------------------------------------------------- */

static void expect_word(struct kunit *test, const char *word, u32 was, const char *is)
{
	char text[SQ_DEBUG_WORD];
	u32 debug = 0;

	KUNIT_EXPECT_EQ(test, sq_debug_parse("kunit", word, was, &debug), 0);
	sq_debug_word(debug, text);
	KUNIT_EXPECT_STREQ(test, text, is);
}

static void words(struct kunit *test)
{
	static const char * const bad[] = { "", "+", "FX", "f", "+-F", "F ", "--" };
	u32 debug = 0;
	unsigned int i;

	expect_word(test, "FZPU", 0, "FZPU");
	expect_word(test, "UG", ALL, "UG");
	expect_word(test, "UF", ALL, "FU");
	expect_word(test, "+Z", SQ_DEBUG_ON | SQ_DEBUG_USER, "ZU");
	expect_word(test, "+Z", 0, "Z");
	expect_word(test, "-FU", ALL, "ZP");
	expect_word(test, "-FZPU", ALL, "-");
	expect_word(test, "-", ALL, "-");
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test, sq_debug_parse("kunit", bad[i], 0, &debug),
				    -EINVAL, "%s", bad[i]);
	KUNIT_EXPECT_TRUE(test, sq_debug_match("nut*", "nuts"));
	KUNIT_EXPECT_TRUE(test, sq_debug_match("*", "nuts"));
	KUNIT_EXPECT_TRUE(test, sq_debug_match("n*t?", "nutnuts"));
	KUNIT_EXPECT_FALSE(test, sq_debug_match("nut", "nuts"));
	KUNIT_EXPECT_FALSE(test, sq_debug_match("nuts?", "nuts"));
	KUNIT_EXPECT_FALSE(test, sq_debug_match("*x", "nuts"));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(old_objects_stay),
	KUNIT_CASE(is_as_it_was),
	KUNIT_CASE(redzones),
	KUNIT_CASE(poison),
	KUNIT_CASE(checked_alone),
	KUNIT_CASE(second_frees),
	KUNIT_CASE(bad_pointers),
	KUNIT_CASE(check_looks_at_bytes),
	KUNIT_CASE(limit),
	KUNIT_CASE(destroy_is_refused),
	KUNIT_CASE(constructed_stays),
	KUNIT_CASE(other_calls),
	KUNIT_CASE(trimmed),
	KUNIT_CASE(switched_under_load),
	KUNIT_CASE(words),
	{}
};

static struct kunit_suite suite = {
	.name = "squirrel-debug",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
