// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs are taken apart again and again, in any order with everything else and
 * while others allocate and free.
 */
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "allocator_kunit_trim.h"

#define MOST	600
#define MOST_BYTES	(8U << 20)
#define OPS	6000

/* ---- against the model ---------------------------------------------------- */

static void free_any(struct squirrel_cache *c, struct sq_model *m,
		     struct rnd_state *rnd)
{
	squirrel_cache_free(c, sq_model_del(m, sq_fixture_random(rnd, m->nr)));
}

/* The source is small: in pieces as it may be, there is none at times. */
static void take_one(struct squirrel_cache *c, struct sq_model *m)
{
	void *obj = squirrel_cache_alloc(c, GFP_KERNEL);

	if (obj)
		sq_model_add(m, obj, c->object_size, 0);
}

static void run_some(struct squirrel_cache *c, struct sq_model *m,
		     struct rnd_state *rnd)
{
	unsigned int n = 1 + sq_fixture_random(rnd, 50);
	bool more = sq_fixture_random(rnd, 2);

	while (n--) {
		if (more && m->nr < m->max)
			take_one(c, m);
		else if (!more && m->nr)
			free_any(c, m, rnd);
	}
}

static void run_event(struct squirrel_cache *c, struct sq_model *m,
		      struct rnd_state *rnd)
{
	struct sq_reclaim_work work = {};

	switch (sq_fixture_random(rnd, 8)) {
	case 0:
		sq_trim_thin(c, m, rnd);
		break;
	case 1:
		sq_fixture_drain(c, sq_fixture_random(rnd, 2));
		break;
	case 2:
		sq_depot_drain(c, sq_fixture_random(rnd, 2));
		break;
	case 3:
		squirrel_cache_shrink(c);
		break;
	case 4:
		sq_allocator_release_slabs(false, &work);
		sq_allocator_coalesce(100, &work);
		break;
	case 5:
		sq_allocator_give_back(4, 200, 0, &work);
		break;
	default:
		sq_cache_trim(c, sq_fixture_random(rnd, 2));
		break;
	}
}

static void run_size(struct kunit *test, unsigned int size,
		     struct rnd_state *rnd)
{
	struct squirrel_cache *c = sq_fixture_fake_cache(test, size);
	struct sq_model *m = sq_model_new(test, min_t(unsigned int, MOST,
						      MOST_BYTES / size));
	unsigned int op;

	for (op = 0; op < OPS / ilog2(size); op++) {
		if (sq_fixture_random(rnd, 4))
			run_some(c, m, rnd);
		else
			run_event(c, m, rnd);
		if (op % 100)
			continue;
		sq_trim_books(test, c, m);
		KUNIT_ASSERT_EQ_MSG(test, m->overlaps + m->damaged, 0,
				    "size %u, op %u", size, op);
		cond_resched();
	}
	list_part(c);
	sq_cache_trim(c, true);
	sq_trim_full(test, c, m);
	sq_trim_books(test, c, m);
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, m->damaged, 0);
	sq_fixture_put_cache(test, c);
}

static void trim_behaves_like_the_model(struct kunit *test)
{
	sq_trim_each_size(test, "best", 4096, run_size);
}

/* ---- while others are at it ----------------------------------------------- */

#define CHURN	120
#define CHURNERS	2
#define TIME	(2 * HZ)

/**
 * struct churn - a thread that allocates and frees
 * @c: the cache
 * @heap: free by way of it, if it is a heap's
 * @done: when it has ended
 * @seed: of what it does
 * @stop: it is to end
 * @damaged: objects that were not as it had left them
 * @rounds: how far it got
 */
struct churn {
	struct squirrel_cache *c;
	struct squirrel_heap *heap;
	struct completion done;
	u32 seed;
	bool stop;
	unsigned long damaged;
	unsigned long rounds;
};

static u8 *churn_alloc(struct churn *churn, unsigned int i)
{
	u8 *obj = squirrel_cache_alloc(churn->c, GFP_KERNEL);

	if (obj)
		memset(obj, i + 1, churn->c->object_size);
	return obj;
}

static void churn_free(struct churn *churn, u8 *obj, unsigned int i)
{
	churn->damaged += !!memchr_inv(obj, i + 1, churn->c->object_size);
	if (churn->heap)
		squirrel_heap_free(churn->heap, obj);
	else
		squirrel_cache_free(churn->c, obj);
}

static int churn_fn(void *data)
{
	struct churn *churn = data;
	u8 *objs[CHURN] = {};
	struct rnd_state rnd;
	unsigned int i, n;
	bool more = false;

	prandom_seed_state(&rnd, churn->seed);
	while (!READ_ONCE(churn->stop)) {
		/* In turns until most are live, and until few are. */
		more = !more;
		for (n = 0; n < 2 * CHURN; n++) {
			i = sq_fixture_random(&rnd, CHURN);
			if (objs[i] && (!more || !sq_fixture_random(&rnd, 4))) {
				churn_free(churn, objs[i], i);
				objs[i] = NULL;
			} else if (!objs[i] && more) {
				objs[i] = churn_alloc(churn, i);
			}
		}
		/* Few in magazines, more in slabs that can be taken apart. */
		sq_fixture_drain(churn->c, false);
		churn->rounds++;
		cond_resched();
	}
	for (i = 0; i < CHURN; i++)
		if (objs[i])
			churn_free(churn, objs[i], i);
	complete(&churn->done);
	return 0;
}

/* Until the time is over; what is trimmed meanwhile, in parts. */
static unsigned long trim_under(struct kunit *test, struct squirrel_cache *c,
				struct squirrel_heap *heap)
{
	struct churn *churns = kunit_kcalloc(test, CHURNERS, sizeof(*churns),
					     GFP_KERNEL);
	unsigned long end = jiffies + TIME, parts = 0, damaged = 0;
	struct task_struct *thread;
	struct rnd_state rnd;
	unsigned int i, started;

	KUNIT_ASSERT_NOT_NULL(test, churns);
	sq_fake_seed(test, &rnd);
	for (started = 0; started < CHURNERS; started++) {
		churns[started].c = c;
		churns[started].heap = heap;
		churns[started].seed = prandom_u32_state(&rnd);
		init_completion(&churns[started].done);
		thread = kthread_run(churn_fn, &churns[started], "sq-kunit-trim");
		if (IS_ERR(thread))
			break;
	}
	KUNIT_EXPECT_EQ(test, started, CHURNERS);
	while (time_before(jiffies, end)) {
		parts += sq_cache_trim(c, true);
		cond_resched();
	}
	for (i = 0; i < started; i++) {
		WRITE_ONCE(churns[i].stop, true);
		wait_for_completion(&churns[i].done);
		damaged += churns[i].damaged;
		KUNIT_EXPECT_GT(test, churns[i].rounds, 0);
	}
	KUNIT_EXPECT_EQ(test, damaged, 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	return parts;
}

static void trim_while_others_free(struct kunit *test)
{
	static const unsigned int sizes[] = { 700, 1500, 5000 };
	struct squirrel_cache *c;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		c = sq_fixture_cache(test, sizes[i], NULL);
		KUNIT_EXPECT_GT(test, trim_under(test, c, NULL), 0);
		KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.objs), 0);
	}
}

/* A heap finds whose an object is by its page, which is being recut. */
static void trim_while_others_free_to_a_heap(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct squirrel_cache *c;

	squirrel_heap_free(heap, squirrel_heap_alloc(heap, 1500, GFP_KERNEL));
	c = heap->class[squirrel_class_of(1500)];
	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_EXPECT_GT(test, trim_under(test, c, heap), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
}

static struct kunit_case trim_run_cases[] = {
	KUNIT_CASE(trim_behaves_like_the_model),
	SQ_CASE_4K(trim_while_others_free),
	SQ_CASE_4K(trim_while_others_free_to_a_heap),
	{}
};

static struct kunit_suite trim_run_suite = {
	.name = "squirrel_trim_slabs_run",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = trim_run_cases,
};

kunit_test_suites(&trim_run_suite);
