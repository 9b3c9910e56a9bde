// SPDX-License-Identifier: GPL-2.0
/*
 * The fixture: see allocator_kunit.h.
 */
#include <linux/cpumask.h>
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/sched.h>

#include "allocator/slab/guard.h"

#include "allocator_kunit.h"

/* The background would drain magazines while a test looks at them. */
int sq_fixture_suite_init(struct kunit_suite *suite)
{
	return squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0);
}

void sq_fixture_suite_exit(struct kunit_suite *suite)
{
	squirrel_reclaim_mode(SQUIRREL_RECLAIM_PARALLEL, 0);
}

/* Each case has a thread of its own: it need not be unpinned. */
int sq_fixture_init(struct kunit *test)
{
	struct sq_fixture *fix = kunit_kzalloc(test, sizeof(*fix), GFP_KERNEL);

	if (!fix)
		return -ENOMEM;
	set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	fix->misuse = sq_misuse_count();
	test->priv = fix;
	return 0;
}

/* For cases about marks, before they have taken anything. */
void sq_fixture_need_hardened(struct kunit *test)
{
	if (!static_key_enabled(&sq_hardened))
		kunit_skip(test, "needs hardened=1");
}

int sq_fixture_init_hardened(struct kunit *test)
{
	sq_fixture_need_hardened(test);
	return sq_fixture_init(test);
}

/* As if the client had freed what it still has: the test has failed anyway. */
static void forget_live(struct squirrel_cache *c)
{
	sq_count_frees(c, sq_cache_live(c));
}

void sq_fixture_exit(struct kunit *test)
{
	struct sq_fixture *fix = test->priv;
	unsigned int i;

	if (!fix)
		return;
	for (i = 0; i < SQ_FIXTURE_MAX; i++) {
		/* Who had the magazines has let go of them. */
		if (fix->caches[i])
			KUNIT_EXPECT_FALSE(test, sq_fixture_busy(fix->caches[i]));
		if (fix->caches[i] && !sq_fixture_put_cache(test, fix->caches[i])) {
			KUNIT_FAIL(test, "objects of cache %u left live", i);
			forget_live(fix->caches[i]);
			sq_fixture_put_cache(test, fix->caches[i]);
		}
	}
	for (i = 0; i < SQ_FIXTURE_MAX; i++)
		if (fix->heaps[i])
			sq_fixture_put_heap(test, fix->heaps[i]);
	if (fix->over_fake) {
		sq_heap_discard(fix->over_fake);
		KUNIT_EXPECT_EQ(test, fix->fake.errors, 0);
		KUNIT_EXPECT_EQ(test, sq_fake_exit(&fix->fake), 0);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

/* Memory for a magazine of each order is at hand, so that no test has to wait for it. */
static void stock_mags(struct kunit *test, struct squirrel_cache *c)
{
	unsigned int order, tries;
	void *memory;

	for (order = 0; order < SQ_MAG_CACHES; order++) {
		for (tries = 2, memory = NULL; !memory && tries; tries--) {
			preempt_disable();
			memory = sq_mag_memory(c, order);
			preempt_enable();
			if (!memory)
				sq_cache_tidy_slow(c);
		}
		KUNIT_ASSERT_NOT_NULL(test, memory);
		sq_mag_memory_free(memory, order);
	}
}

void sq_fixture_set_cap(struct kunit *test, struct squirrel_cache *c, u32 cap)
{
	struct sq_hand *h;
	u32 nr, left;

	stock_mags(test, c);
	preempt_disable();
	h = sq_cpu_get(c, &nr, true);
	if (h) {
		left = min(nr, cap);
		sq_slabs_put(c, h->loaded->obj + left, nr - left);
		sq_hand_resize(c, h, left, cap);
		sq_cpu_put(c, h, left);
	}
	preempt_enable();
	sq_cache_tidy(c);
	KUNIT_ASSERT_EQ(test, sq_fixture_cap(c), cap);
}

void sq_fixture_grown(struct kunit *test, struct squirrel_cache *c)
{
	struct sq_hand *h;

	sq_fixture_set_cap(test, c, c->cpu_max);
	sq_fixture_depot(c)->cap = c->depot_max;
	preempt_disable();
	h = sq_fixture_cpu(c)->hand;
	if (!h->spare)
		h->spare = sq_mag_new(c, c->cpu_max);
	preempt_enable();
	KUNIT_ASSERT_NOT_NULL(test, h->spare);
}

struct squirrel_cache *sq_fixture_cache(struct kunit *test, unsigned int size,
					const struct squirrel_cache_args *args)
{
	struct sq_fixture *fix = test->priv;
	unsigned int i = 0;
	char name[24];

	while (i < SQ_FIXTURE_MAX && fix->caches[i])
		i++;
	KUNIT_ASSERT_LT(test, i, SQ_FIXTURE_MAX);
	snprintf(name, sizeof(name), "kunit-%u-%u", i, size);
	fix->caches[i] = squirrel_cache_create(name, size, args);
	if (IS_ERR(fix->caches[i])) {
		int err = PTR_ERR(fix->caches[i]);

		fix->caches[i] = NULL;
		KUNIT_ASSERT_EQ(test, err, 0);
	}
	stock_mags(test, fix->caches[i]);
	return fix->caches[i];
}

/* False if the destroy was refused. */
bool sq_fixture_put_cache(struct kunit *test, struct squirrel_cache *c)
{
	struct sq_fixture *fix = test->priv;
	unsigned int i;

	for (i = 0; i < SQ_FIXTURE_MAX && fix->caches[i] != c; i++)
		;
	if (fix->over_fake && c->heap == fix->over_fake) {
		/* Unlike a client's it may have live objects still: their slabs go as they are. */
		sq_heap_forget(fix->over_fake);
		if (c->twin)
			sq_cache_discard(c->twin);
		sq_cache_discard(c);
	} else {
		unsigned long before = sq_fixture_nr_caches();

		squirrel_cache_destroy(c);
		if (sq_fixture_nr_caches() == before)
			return false;
	}
	fix->caches[i] = NULL;
	return true;
}

struct squirrel_heap *sq_fixture_heap(struct kunit *test,
				      const struct squirrel_heap_args *args)
{
	struct sq_fixture *fix = test->priv;
	unsigned int i = 0;
	char name[24];

	while (i < SQ_FIXTURE_MAX && fix->heaps[i])
		i++;
	KUNIT_ASSERT_LT(test, i, SQ_FIXTURE_MAX);
	snprintf(name, sizeof(name), "kunit-%u", i);
	fix->heaps[i] = squirrel_heap_create(name, args);
	if (IS_ERR(fix->heaps[i])) {
		int err = PTR_ERR(fix->heaps[i]);

		fix->heaps[i] = NULL;
		KUNIT_ASSERT_EQ(test, err, 0);
	}
	return fix->heaps[i];
}

void sq_fixture_put_heap(struct kunit *test, struct squirrel_heap *heap)
{
	struct sq_fixture *fix = test->priv;
	unsigned int i;

	for (i = 0; i < SQ_FIXTURE_MAX; i++)
		if (fix->heaps[i] == heap)
			fix->heaps[i] = NULL;
	squirrel_heap_destroy(heap);
}

/* A heap of its own source: what it takes and from where is under control. */
struct squirrel_heap *sq_fixture_fake_heap(struct kunit *test, const char *strategy,
					   unsigned long pages)
{
	static const struct squirrel_heap_args args;
	struct sq_fixture *fix = test->priv;
	struct squirrel_heap *heap;

	KUNIT_ASSERT_NULL(test, fix->over_fake);
	if (sq_fake_init(&fix->fake, pages))
		kunit_skip(test, "no memory for the fake source");
	heap = sq_heap_new("kunit-fake", &args, &fix->fake.ops, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(heap));
	INIT_LIST_HEAD(&heap->link);
	fix->over_fake = heap;
	KUNIT_ASSERT_EQ(test, sq_heap_set_strategy(heap, strategy), 0);
	KUNIT_ASSERT_EQ(test, sq_registry_add_heap(heap), 0);
	return heap;
}

/* A cache over the fake source. */
struct squirrel_cache *sq_fixture_fake_cache(struct kunit *test, unsigned int size)
{
	return sq_fixture_fake_cache_args(test, size, NULL);
}

struct squirrel_cache *
sq_fixture_fake_cache_args(struct kunit *test, unsigned int size,
			   const struct squirrel_cache_args *args)
{
	struct sq_fixture *fix = test->priv;
	struct squirrel_cache *c;
	unsigned int i = 0;

	while (i < SQ_FIXTURE_MAX && fix->caches[i])
		i++;
	KUNIT_ASSERT_LT(test, i, SQ_FIXTURE_MAX);
	c = sq_cache_new("kunit-over-fake", size, args, fix->over_fake, 0,
			 GFP_KERNEL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c));
	fix->caches[i] = c;
	KUNIT_ASSERT_EQ(test, sq_registry_add_cache(c, false), 0);
	return c;
}

/* Reports of misuse since the last call. */
unsigned long sq_fixture_misuse(struct kunit *test)
{
	struct sq_fixture *fix = test->priv;
	unsigned long now = sq_misuse_count(), more = now - fix->misuse;

	fix->misuse = now;
	return more;
}

/* Is @obj in memory of its own, or was it, or beside it? */
bool sq_fixture_guarded(const void *obj)
{
	bool found;

	preempt_disable();
	found = sq_guard_at(obj);
	preempt_enable();
	return found;
}

static void count_cache(struct squirrel_cache *c, void *ctx)
{
	*(unsigned long *)ctx += !(c->flags & (SQ_CACHE_CLASS | SQ_CACHE_TWIN));
}

static void count_heap(struct squirrel_heap *heap, void *ctx)
{
	*(unsigned long *)ctx += 1;
}

/* Caches in the registry, without the size classes of heaps. */
unsigned long sq_fixture_nr_caches(void)
{
	unsigned long nr = 0;

	sq_walk_caches(count_cache, &nr);
	return nr;
}

unsigned long sq_fixture_nr_heaps(void)
{
	unsigned long nr = 0;

	sq_walk_heaps(count_heap, &nr);
	return nr;
}

/* Empty this CPU's magazines. */
unsigned long sq_fixture_drain(struct squirrel_cache *c, bool idle_only)
{
	unsigned long moved;

	preempt_disable();
	moved = sq_cpu_drain(c, idle_only);
	preempt_enable();
	/* All of it now, or a worker does it while the test is looking. */
	while (READ_ONCE(c->owed))
		sq_cache_tidy(c);
	/* What comes next does not depend on how long that took. */
	c->cap_was = 0;
	return moved;
}

void *sq_fixture_alloc(struct kunit *test, struct squirrel_cache *c)
{
	void *obj = squirrel_cache_alloc(c, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	return obj;
}

/* @n distinct objects, in an array that the test owns. */
void **sq_fixture_take(struct kunit *test, struct squirrel_cache *c,
		       unsigned int n)
{
	void **objs = kunit_kcalloc(test, n, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < n; i++)
		objs[i] = sq_fixture_alloc(test, c);
	return objs;
}

/* What a show function writes to. */
struct seq_file *sq_fixture_seq(struct kunit *test)
{
	struct seq_file *s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, s);
	s->buf = kunit_kzalloc(test, SQ_FIXTURE_TEXT, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, s->buf);
	s->size = SQ_FIXTURE_TEXT - 1;
	return s;
}

/* What it wrote, as a string. */
char *sq_fixture_text(struct kunit *test, struct seq_file *s)
{
	KUNIT_EXPECT_FALSE(test, seq_has_overflowed(s));
	return s->buf;
}

/* The number in the line "key: number"; -1 if there is none. */
long sq_fixture_figure(struct kunit *test, const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *line = text;
	long value;

	while (line) {
		if (!strncmp(line, key, len) &&
		    sscanf(line + len, ": %ld", &value) == 1)
			return value;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	KUNIT_FAIL(test, "no key '%s'", key);
	return -1;
}

SQ_IMPORT_FOR_KUNIT();
MODULE_DESCRIPTION("squirrel: KUnit suites of the allocator");
MODULE_LICENSE("GPL");

/* One figure of what stats says of a cache. */
long sq_fixture_cache_figure(struct kunit *test, struct squirrel_cache *c,
			     const char *key)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_cache_show_stats(s, c);
	return sq_fixture_figure(test, sq_fixture_text(test, s), key);
}

void sq_fixture_listen(struct kmsg_dump_iter *iter)
{
	kmsg_dump_rewind(iter);
	iter->cur_seq = iter->next_seq;
}

/* False: no more lines. */
bool sq_fixture_heard(struct kmsg_dump_iter *iter, char *line, size_t size, size_t *len)
{
	if (!kmsg_dump_get_line(iter, false, line, size - 1, len))
		return false;
	line[*len] = '\0';
	return true;
}
