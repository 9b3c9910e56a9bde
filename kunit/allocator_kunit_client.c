// SPDX-License-Identifier: GPL-2.0
/*
 * The heap that <squirrel/kunit.h> gives to tests of others: a test of somebody who does
 * something wrong is run here, and has to fail and to say why.
 */
#include <linux/kmsg_dump.h>
#include <linux/string.h>

#include <squirrel/kunit.h>

#include "allocator_kunit.h"

struct wrong {
	struct kunit client;
	struct squirrel_heap *heap;
	struct kmsg_dump_iter log;
};

static noinline void *client_alloc(struct squirrel_heap *heap, size_t size)
{
	u8 *obj = squirrel_heap_alloc(heap, size, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

/* Somebody's test begins. */
static struct wrong *begin(struct kunit *test)
{
	struct wrong *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	kunit_init_test(&w->client, "client", NULL);
	w->heap = squirrel_kunit_heap(&w->client);
	KUNIT_ASSERT_NOT_NULL(test, w->heap);
	KUNIT_EXPECT_EQ(test, w->client.status, KUNIT_SUCCESS);
	return w;
}

/* And ends, as it should: it failed, @times, and said @what, with who allocated it. */
static void end(struct kunit *test, struct wrong *w, unsigned int times, const char *what,
		bool known)
{
	unsigned int whats = 0, allocs = 0;
	static char line[1024];
	size_t len;

	sq_fixture_listen(&w->log);
	kunit_cleanup(&w->client);
	KUNIT_EXPECT_EQ(test, w->client.status, times ? KUNIT_FAILURE : KUNIT_SUCCESS);
	while (sq_fixture_heard(&w->log, line, sizeof(line), &len)) {
		/* One message of several lines; reports of squirrel itself are others. */
		if (!what || !strstr(line, "EXPECTATION") || !strstr(line, what))
			continue;
		whats++;
		allocs += !!strstr(line, "allocated by client_alloc+");
	}
	KUNIT_EXPECT_EQ(test, whats, times);
	KUNIT_EXPECT_EQ(test, allocs, known ? times : 0);
	sq_fixture_misuse(test);
}

static void nothing_wrong(struct kunit *test)
{
	static const size_t sizes[] = { 1, 100, 4096, 20000 };
	struct wrong *w = begin(test);
	unsigned int i;
	u8 *obj;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		obj = client_alloc(w->heap, sizes[i]);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		memset(obj, 0x11, sizes[i]);
		obj = squirrel_heap_realloc(w->heap, obj, sizes[i] + 10, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		squirrel_heap_free(w->heap, obj);
	}
	end(test, w, 0, NULL, false);
}

static void leak(struct kunit *test)
{
	struct wrong *w = begin(test);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		/* One place. */
		OPTIMIZER_HIDE_VAR(i);
		KUNIT_EXPECT_NOT_NULL(test, client_alloc(w->heap, 100));
	}
	end(test, w, 1, "left in use: 3 objects of 300 bytes in all", true);
}

static void large_leak(struct kunit *test)
{
	struct wrong *w = begin(test);

	KUNIT_EXPECT_NOT_NULL(test, client_alloc(w->heap, 50000));
	end(test, w, 1, "left in use: 1 objects of 50000 bytes in all", true);
}

static void freed_twice(struct kunit *test)
{
	struct wrong *w = begin(test);
	u8 *obj = client_alloc(w->heap, 100), *next = client_alloc(w->heap, 100);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	squirrel_heap_free(w->heap, obj);
	squirrel_heap_free(w->heap, obj);
	squirrel_heap_free(w->heap, next);
	squirrel_heap_free(w->heap, obj);
	end(test, w, 2, "second free", true);
}

static void written_behind(struct kunit *test)
{
	struct wrong *w = begin(test);
	u8 *obj = client_alloc(w->heap, 100), *large = client_alloc(w->heap, 20000);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_ASSERT_NOT_NULL(test, large);
	obj[100] = 0;
	large[20000] = 0;
	squirrel_heap_free(w->heap, obj);
	squirrel_heap_free(w->heap, large);
	end(test, w, 2, "write behind", true);
}

static void written_in_front(struct kunit *test)
{
	struct wrong *w = begin(test);
	u8 *obj = client_alloc(w->heap, 64);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	obj[-1] = 0;
	squirrel_heap_free(w->heap, obj);
	end(test, w, 1, "write in front of an object: byte -1 of 64", true);
}

/* Another heap's memory: that of one that is debugged, too. */
static void not_its_own(struct kunit *test)
{
	struct wrong *w = begin(test), *other = begin(test);
	u8 *obj = client_alloc(other->heap, 100);
	static u8 nobodys[64];

	KUNIT_ASSERT_NOT_NULL(test, obj);
	squirrel_heap_free(w->heap, obj);
	squirrel_heap_free(other->heap, obj);
	end(test, w, 1, "free of another heap's memory", true);
	end(test, other, 0, NULL, false);

	w = begin(test);
	squirrel_heap_free(w->heap, nobodys);
	end(test, w, 1, "not squirrel's", false);

	w = begin(test);
	obj = client_alloc(w->heap, 100);
	squirrel_heap_free(w->heap, obj + 8);
	squirrel_heap_free(w->heap, obj);
	end(test, w, 1, "free of a pointer into the middle", true);
}

static void more_than_are_told(struct kunit *test)
{
	struct wrong *w = begin(test);
	u8 *obj = client_alloc(w->heap, 100);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, obj);
	for (i = 0; i < SQUIRREL_KUNIT_TOLD + 4; i++)
		squirrel_heap_free(w->heap, obj);
	end(test, w, 1, "and 3 more", false);
}

static struct kunit_case client_cases[] = {
	KUNIT_CASE(nothing_wrong),
	KUNIT_CASE(leak),
	KUNIT_CASE(large_leak),
	KUNIT_CASE(freed_twice),
	KUNIT_CASE(written_behind),
	KUNIT_CASE(written_in_front),
	KUNIT_CASE(not_its_own),
	KUNIT_CASE(more_than_are_told),
	{}
};

static struct kunit_suite client_suite = {
	.name = "squirrel_client",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = client_cases,
};

kunit_test_suites(&client_suite);
