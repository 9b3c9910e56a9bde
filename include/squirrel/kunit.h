/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A heap for a test of KUnit's: not part of <squirrel/squirrel.h>.
 *
 *	struct squirrel_heap *heap = squirrel_kunit_heap(test);
 *
 *	KUNIT_ASSERT_NOT_NULL(test, heap);
 *	KUNIT_EXPECT_EQ(test, nuts_parse(heap, "..."), 0);
 *
 * When the test is over the heap is destroyed, and the test fails, once for each, if what
 * it tried has left memory in it, freed something twice, freed to it what is not its own,
 * or written beyond what it had allocated. Who allocated that is part of the message.
 */
#ifndef _SQUIRREL_KUNIT_H
#define _SQUIRREL_KUNIT_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/notifier.h>
#include <linux/random.h>
#include <linux/slab.h>

#include <squirrel/heap.h>
#include <squirrel/report.h>

/**
 * define SQUIRREL_KUNIT_TOLD - failures of a heap that are told one by one
 */
#define SQUIRREL_KUNIT_TOLD	16

/**
 * struct squirrel_kunit - a heap that is bound to a test
 * @test: the test
 * @heap: the heap
 * @nb: called for what squirrel reports
 * @nr: reports so far
 * @told: the first of them
 */
struct squirrel_kunit {
	struct kunit *test;
	struct squirrel_heap *heap;
	struct notifier_block nb;
	atomic_t nr;
	struct squirrel_report told[SQUIRREL_KUNIT_TOLD];
};

/* Any context. */
static inline int squirrel_kunit_hear(struct notifier_block *nb, unsigned long unused,
				      void *data)
{
	struct squirrel_kunit *k = container_of(nb, struct squirrel_kunit, nb);
	const struct squirrel_report *r = data;
	int at;

	if (r->heap != k->heap)
		return NOTIFY_DONE;
	at = atomic_inc_return(&k->nr) - 1;
	if (at < SQUIRREL_KUNIT_TOLD)
		k->told[at] = *r;
	return NOTIFY_OK;
}

/* An address of 0 is one that nobody knows. */
static inline void squirrel_kunit_fail(struct kunit *test, const struct squirrel_report *r)
{
	if (!r->obj)
		KUNIT_FAIL(test, "%s: %lu objects of %zu bytes in all, allocated by %pS\n",
			   r->what, r->nr, r->size, (void *)r->allocated_by);
	else
		KUNIT_FAIL(test,
			   "%s: byte %ld of %zu, allocated by %pS, freed by %pS, found by %pS\n",
			   r->what, r->offset, r->size, (void *)r->allocated_by,
			   (void *)r->freed_by, (void *)r->found_by);
}

static inline void squirrel_kunit_exit(struct kunit_resource *res)
{
	struct squirrel_kunit *k = res->data;
	int nr, i;

	if (!k)
		return;
	/* That tells what is left in it. */
	squirrel_heap_destroy(k->heap);
	squirrel_report_unregister(&k->nb);
	nr = atomic_read(&k->nr);
	for (i = 0; i < min(nr, SQUIRREL_KUNIT_TOLD); i++)
		squirrel_kunit_fail(k->test, &k->told[i]);
	if (nr > SQUIRREL_KUNIT_TOLD)
		KUNIT_FAIL(k->test, "and %d more\n", nr - SQUIRREL_KUNIT_TOLD);
	kfree(k);
}

static inline int squirrel_kunit_init(struct kunit_resource *res, void *test)
{
	const struct squirrel_heap_args args = { .debug = "FZPU" };
	char name[SQUIRREL_NAME_MAX + 1];
	struct squirrel_kunit *k;

	k = kzalloc(sizeof(*k), GFP_KERNEL);
	if (!k)
		return -ENOMEM;
	k->test = test;
	k->nb.notifier_call = squirrel_kunit_hear;
	snprintf(name, sizeof(name), "kunit-%08x-%.32s", get_random_u32(), k->test->name);
	k->heap = squirrel_heap_create(name, &args);
	if (IS_ERR(k->heap)) {
		int err = PTR_ERR(k->heap);

		kfree(k);
		return err;
	}
	squirrel_report_register(&k->nb);
	res->data = k;
	return 0;
}

/**
 * squirrel_kunit_heap() - a heap that fails the test if it is not used well
 * @test: the test; it may have several
 *
 * The heap is debugged from the start (FZPU, see Documentation/debugging.rst). A write
 * beyond an object is seen when the object is freed, one to what is free when it is
 * handed out again. Of what was large, or whose memory was given back, nobody knows any more
 * who allocated it when it is freed again.
 *
 * Context: Process context. May sleep.
 * Return: The heap, or NULL: no memory. It must not be destroyed by the test.
 */
static inline struct squirrel_heap *squirrel_kunit_heap(struct kunit *test)
{
	struct squirrel_kunit *k;

	k = kunit_alloc_resource(test, squirrel_kunit_init, squirrel_kunit_exit, GFP_KERNEL,
				 test);
	return k ? k->heap : NULL;
}

#endif /* _SQUIRREL_KUNIT_H */
