// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps that are debugged: by the byte, whatever the size.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/string.h>

#include "allocator_kunit.h"

#define ALL	(SQ_DEBUG_ON | SQ_DEBUG_CHECK | SQ_DEBUG_REDZONE | SQ_DEBUG_POISON | \
		 SQ_DEBUG_USER)

static const size_t sizes[] = { 1, 8, 13, 64, 100, 1000, 4096, 5000, 8192, 8193, 16384, 50001 };

static struct squirrel_heap *debugged(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);

	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(heap, ALL), 0);
	return heap;
}

static u8 *take(struct kunit *test, struct squirrel_heap *heap, size_t size)
{
	u8 *obj = squirrel_heap_zalloc(heap, size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	if (is_power_of_2(size))
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)obj, size));
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), size);
	KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0, size));
	memset(obj, 0xff, size);
	return obj;
}

static void heap_behind(struct kunit *test)
{
	struct squirrel_heap *heap = debugged(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *obj = take(test, heap, sizes[i]);

		squirrel_heap_free(heap, obj);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
		obj = take(test, heap, sizes[i]);
		OPTIMIZER_HIDE_VAR(obj);
		obj[sizes[i]] = 0;
		squirrel_heap_free(heap, obj);
		KUNIT_EXPECT_EQ_MSG(test, sq_fixture_misuse(test), 1, "%zu", sizes[i]);
	}
}

static void heap_old(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	u8 *old[ARRAY_SIZE(sizes)], *new[ARRAY_SIZE(sizes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		old[i] = squirrel_heap_alloc(heap, sizes[i], GFP_KERNEL);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(heap, ALL), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		new[i] = take(test, heap, sizes[i]);
	for (i = 0; i < ARRAY_SIZE(sizes); i += 2) {
		squirrel_heap_free(heap, old[i]);
		squirrel_heap_free(heap, new[i]);
	}
	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(heap, 0), 0);
	for (i = 1; i < ARRAY_SIZE(sizes); i += 2) {
		squirrel_heap_free(heap, old[i]);
		squirrel_heap_free(heap, new[i]);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	old[0] = squirrel_heap_alloc(heap, 100, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(old[0]),
			squirrel_class_size(squirrel_class_of(100)));
	squirrel_heap_free(heap, old[0]);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

static void heap_realloc(struct kunit *test)
{
	struct squirrel_heap *heap = debugged(test);
	u8 *obj = NULL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		obj = squirrel_heap_realloc(heap, obj, sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		if (i)
			KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0x5e, sizes[i - 1]));
		memset(obj, 0x5e, sizes[i]);
		KUNIT_EXPECT_TRUE(test, sq_is_live(heap, obj));
	}
	for (; i--;) {
		obj = squirrel_heap_realloc(heap, obj, sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0x5e, sizes[i]));
	}
	squirrel_heap_free(heap, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

static void heap_second(struct kunit *test)
{
	struct squirrel_heap *heap = debugged(test), *other = debugged(test);
	unsigned int i;
	u8 *obj;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		obj = take(test, heap, sizes[i]);
		squirrel_heap_free(other, obj);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
		if (sizes[i] > 8) {
			squirrel_heap_free(heap, obj + 8);
			KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
		}
		squirrel_heap_free(heap, obj);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
		squirrel_heap_free(heap, obj);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	}
}

/* It goes with all that is in it, whenever that was allocated. */
static void heap_goes(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_NOT_NULL(test, squirrel_heap_alloc(heap, sizes[i], GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(heap, ALL), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_NOT_NULL(test, squirrel_heap_alloc(heap, sizes[i], GFP_KERNEL));
	sq_fixture_put_heap(test, heap);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* The first place of all, in a table of live objects */
static void expect_place(struct kunit *test, struct seq_file *s, unsigned long nr,
			 unsigned long bytes)
{
	unsigned long is_nr = 0, is_bytes = 0;
	const char *text = sq_fixture_text(test, s);
	const char *line = strchr(text, '\n');

	KUNIT_ASSERT_NOT_NULL(test, line);
	if (sscanf(line, " %lu %lu", &is_nr, &is_bytes) != 2)
		KUNIT_FAIL(test, "no line of a place: %s", line);
	KUNIT_EXPECT_EQ(test, is_nr, nr);
	KUNIT_EXPECT_EQ(test, is_bytes, bytes);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "others"), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, text, "untracked"), 1);
}

static void who_has_it(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct squirrel_cache *c = sq_fixture_cache(test, 100, NULL);
	static const size_t how_much[] = { 50, 50, 50, 20000 };
	void *in_heap[4], *in_cache[4];
	struct seq_file *s;
	unsigned int i;

	/* The first of each is not tracked. */
	in_heap[0] = squirrel_heap_alloc(heap, how_much[0], GFP_KERNEL);
	in_cache[0] = sq_fixture_alloc(test, c);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(heap, ALL), 0);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, ALL), 0);
	for (i = 1; i < 4; i++) {
		/* Or the compiler makes several places of one. */
		OPTIMIZER_HIDE_VAR(i);
		in_heap[i] = squirrel_heap_alloc(heap, how_much[i], GFP_KERNEL);
		in_cache[i] = sq_fixture_alloc(test, c);
	}
	s = sq_fixture_seq(test);
	sq_cache_show_live(s, c);
	expect_place(test, s, 3, 300);
	s = sq_fixture_seq(test);
	sq_heap_show_live(s, heap);
	expect_place(test, s, 3, 20100);
	for (i = 0; i < 4; i++) {
		squirrel_heap_free(heap, in_heap[i]);
		squirrel_cache_free(c, in_cache[i]);
	}
}

static void expect_whose(struct kunit *test, const void *addr, const char *state, long offset)
{
	struct seq_file *s = sq_fixture_seq(test);
	char word[20], want[64];
	const char *text;

	snprintf(word, sizeof(word), "%lx", (unsigned long)addr);
	KUNIT_EXPECT_EQ(test, sq_allocator_set_whose(word), 0);
	sq_allocator_show_whose(s);
	text = sq_fixture_text(test, s);
	snprintf(want, sizeof(want), "\nstate: %s\n", state);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, want), "%s", text);
	snprintf(want, sizeof(want), "\noffset: %ld\n", offset);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, want), "%s", text);
}

static void whose_it_is(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 100, NULL);
	void *old = sq_fixture_alloc(test, c), *new, *keep;

	KUNIT_ASSERT_EQ(test, sq_debug_switch_cache(c, ALL), 0);
	new = sq_fixture_alloc(test, c);
	keep = sq_fixture_alloc(test, c);
	expect_whose(test, old + 10, "live", 10);
	expect_whose(test, new + 99, "live", 99);
	expect_whose(test, new + 100, "redzone, behind an object", 100);
	expect_whose(test, new - 1, "redzone, in front of an object", -1);
	expect_whose(test, new - 100, "squirrel's own, in front of an object", -100);
	squirrel_cache_free(c, new);
	expect_whose(test, new + 5, "free", 5);
	squirrel_cache_free(c, keep);
	squirrel_cache_free(c, old);
	KUNIT_EXPECT_EQ(test, sq_allocator_set_whose("nut"), -EINVAL);
}

/* What a module leaves is told: what it made, and what it has of others' heaps. */
static void module_goes(struct kunit *test)
{
	const struct squirrel_cache_args others = { .owner = "kunit_others" };
	struct squirrel_cache *c, *other = sq_fixture_cache(test, 100, &others);
	struct squirrel_heap *heap;
	struct module *nobody = kunit_kzalloc(test, sizeof(*nobody), GFP_KERNEL);
	void *obj, *large;

	KUNIT_ASSERT_NOT_NULL(test, nobody);
	strscpy(nobody->name, "kunit_nobody", sizeof(nobody->name));
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(THIS_MODULE), 0);
	c = sq_fixture_cache(test, 100, NULL);
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(THIS_MODULE), 1);
	heap = debugged(test);
	obj = take(test, heap, 50);
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(THIS_MODULE), 2);
	squirrel_heap_free(heap, obj);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	sq_fixture_put_heap(test, heap);
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(THIS_MODULE), 0);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(sq_default_heap, ALL), 0);
	obj = squirrel_alloc(50, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(THIS_MODULE), 1);
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(nobody), 0);
	squirrel_free(obj);
	large = squirrel_alloc(50000, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(THIS_MODULE), 1);
	squirrel_free(large);
	KUNIT_EXPECT_EQ(test, sq_allocator_client_left(THIS_MODULE), 0);
	KUNIT_ASSERT_EQ(test, sq_debug_switch_heap(sq_default_heap, 0), 0);
	squirrel_cache_free(other, sq_fixture_alloc(test, other));
}

/* ---- several who write at once -------------------------------------------------- */

static struct squirrel_heap *written;
static struct squirrel_cache *written_cache;

static int write_debug(void *word)
{
	int err = sq_heap_set_debug(written, word) ? : sq_cache_set_debug(written_cache, word);

	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return err;
}

static int write_sample(void *word)
{
	int err = sq_heap_set_sample(written, word) ? : sq_cache_set_sample(written_cache, word);

	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return err;
}

/* They wait for the lock at the same time, in this order: what each wrote holds. */
static void written_at_once(struct kunit *test)
{
	const u32 want = SQ_DEBUG_ON | SQ_DEBUG_REDZONE | SQ_DEBUG_POISON;
	struct task_struct *writers[3];
	unsigned int i;

	sq_fixture_need_hardened(test);
	written = sq_fixture_heap(test, NULL);
	written_cache = sq_fixture_cache(test, 100, NULL);
	sq_debug_lock();
	writers[0] = kthread_run(write_debug, "+Z", "kunit-writer0");
	msleep(50);
	writers[1] = kthread_run(write_debug, "+P", "kunit-writer1");
	msleep(50);
	writers[2] = kthread_run(write_sample, "1000", "kunit-writer2");
	msleep(50);
	sq_debug_unlock();
	msleep(500);
	for (i = 0; i < ARRAY_SIZE(writers); i++)
		if (!IS_ERR(writers[i]))
			KUNIT_EXPECT_EQ(test, kthread_stop(writers[i]), 0);
	KUNIT_EXPECT_EQ(test, written->debug & ~SQ_DEBUG_SAMPLE, want);
	KUNIT_EXPECT_EQ(test, written_cache->debug & ~SQ_DEBUG_SAMPLE, want);
	KUNIT_EXPECT_EQ(test, sq_heap_set_sample(written, "0"), 0);
	KUNIT_EXPECT_EQ(test, sq_heap_set_debug(written, "-"), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, written_cache));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(heap_behind),
	KUNIT_CASE(heap_old),
	KUNIT_CASE(heap_realloc),
	KUNIT_CASE(heap_second),
	KUNIT_CASE(heap_goes),
	KUNIT_CASE(who_has_it),
	KUNIT_CASE(whose_it_is),
	KUNIT_CASE(written_at_once),
	KUNIT_CASE(module_goes),
	{}
};

static struct kunit_suite suite = {
	.name = "squirrel-debug-heap",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = cases,
};

kunit_test_suite(suite);
