/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the allocator share: a fixture that makes caches and heaps
 * and puts them away after the test, whatever became of it, and a model of the
 * objects that are live.
 */
#ifndef _SQ_ALLOCATOR_KUNIT_H
#define _SQ_ALLOCATOR_KUNIT_H

#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/rbtree.h>
#include <linux/seq_file.h>

#include <squirrel/squirrel.h>

#include "allocator/cache/cache.h"
#include "allocator/path/path.h"
#include "block/block.h"
#include "compat.h"

#include "fake.h"
#include "pages4k.h"

/*
 * As it says where pages have 4096 bytes; where they have more, as many pages and as
 * much more than these.
 */
#define SQ_PAGED(bytes)	((bytes) / 4096 * PAGE_SIZE + (bytes) % 4096)

/* Of the property tests: fixed, so that a failure comes again. */
#ifdef SQ_SEED
#define SQ_FIXTURE_SEED	SQ_SEED
#else
#define SQ_FIXTURE_SEED	20250731U
#endif

#define SQ_FIXTURE_MAX	6

/**
 * struct sq_fixture - what a test has made
 * @caches: caches, by creation
 * @heaps: heaps, by creation
 * @fake: page source of the heap over it
 * @over_fake: the heap over @fake, or NULL
 * @misuse: reports of misuse that are accounted for
 */
struct sq_fixture {
	struct squirrel_cache *caches[SQ_FIXTURE_MAX];
	struct squirrel_heap *heaps[SQ_FIXTURE_MAX];
	struct sq_fake fake;
	struct squirrel_heap *over_fake;
	unsigned long misuse;
};

int sq_fixture_suite_init(struct kunit_suite *suite);
void sq_fixture_suite_exit(struct kunit_suite *suite);
int sq_fixture_init(struct kunit *test);
int sq_fixture_init_hardened(struct kunit *test);
void sq_fixture_need_hardened(struct kunit *test);
void sq_fixture_exit(struct kunit *test);
struct squirrel_cache *sq_fixture_cache(struct kunit *test, unsigned int size,
					const struct squirrel_cache_args *args);
struct squirrel_heap *sq_fixture_heap(struct kunit *test,
				      const struct squirrel_heap_args *args);
struct squirrel_heap *sq_fixture_fake_heap(struct kunit *test, const char *strategy,
					   unsigned long pages);
struct squirrel_cache *sq_fixture_fake_cache(struct kunit *test, unsigned int size);
struct squirrel_cache *
sq_fixture_fake_cache_args(struct kunit *test, unsigned int size,
			   const struct squirrel_cache_args *args);
bool sq_fixture_put_cache(struct kunit *test, struct squirrel_cache *c);
void sq_fixture_put_heap(struct kunit *test, struct squirrel_heap *heap);
unsigned long sq_fixture_misuse(struct kunit *test);
bool sq_fixture_guarded(const void *obj);
unsigned long sq_fixture_nr_caches(void);
unsigned long sq_fixture_nr_heaps(void);
unsigned long sq_fixture_drain(struct squirrel_cache *c, bool idle_only);
void *sq_fixture_alloc(struct kunit *test, struct squirrel_cache *c);
void **sq_fixture_take(struct kunit *test, struct squirrel_cache *c,
		       unsigned int n);

/* The kernel's log from now on, line by line. */
struct kmsg_dump_iter;
void sq_fixture_listen(struct kmsg_dump_iter *iter);
bool sq_fixture_heard(struct kmsg_dump_iter *iter, char *line, size_t size, size_t *len);

/* Text from a show function, until the test ends. */
#define SQ_FIXTURE_TEXT	16384

struct seq_file *sq_fixture_seq(struct kunit *test);
char *sq_fixture_text(struct kunit *test, struct seq_file *s);
long sq_fixture_figure(struct kunit *test, const char *text, const char *key);
long sq_fixture_cache_figure(struct kunit *test, struct squirrel_cache *c,
			     const char *key);

/* The pinned CPU's part of a cache, its loaded magazine (or NULL), and its node. */
static inline struct sq_cpu *sq_fixture_cpu(struct squirrel_cache *c)
{
	return per_cpu_ptr(sq_cpu_of(c), raw_smp_processor_id());
}

static inline struct sq_mag *sq_fixture_loaded(struct squirrel_cache *c)
{
	struct sq_hand *h = sq_fixture_cpu(c)->hand;

	return h ? h->loaded : NULL;
}

static inline struct sq_node *sq_fixture_node(struct squirrel_cache *c)
{
	return c->node[numa_mem_id()];
}

/* The depot of the pinned CPU. */
static inline struct sq_depot *sq_fixture_depot(struct squirrel_cache *c)
{
	struct sq_node *n = sq_fixture_node(c);

	return &n->depot[raw_smp_processor_id() & (n->nr_depots - 1)];
}

/* Objects that the pinned CPU has at hand, in the loaded magazine, and what that may hold */
static inline u32 sq_fixture_nr(struct squirrel_cache *c)
{
	return sq_cpu_nr(c, raw_smp_processor_id());
}

static inline u32 sq_fixture_loaded_nr(struct squirrel_cache *c)
{
	struct sq_hand *h = sq_fixture_cpu(c)->hand;

	return sq_fixture_nr(c) - (h && h->spare ? h->spare->nr : 0);
}

static inline u32 sq_fixture_cap(struct squirrel_cache *c)
{
	struct sq_mag *mag = sq_fixture_loaded(c);

	return mag ? mag->cap : sq_cap_start(c);
}

/* Somebody has the claim. */
static inline bool sq_fixture_busy(struct squirrel_cache *c)
{
#ifdef SQ_PERCPU_BTS
	return sq_fixture_cpu(c)->top & BIT(SQ_CLAIM_BIT);
#else
	return sq_fixture_cpu(c)->claimed;
#endif
}

/* As if the test had interrupted somebody who is at the array. */
static inline void sq_fixture_set_busy(struct squirrel_cache *c, bool busy)
{
#ifdef SQ_PERCPU_BTS
	if (busy)
		sq_fixture_cpu(c)->top |= BIT(SQ_CLAIM_BIT);
	else
		sq_fixture_cpu(c)->top &= ~BIT(SQ_CLAIM_BIT);
#else
	sq_fixture_cpu(c)->claimed = busy;
#endif
}

/* As if so many objects were loaded; the others are on their way. */
static inline void sq_fixture_set_nr(struct squirrel_cache *c, u32 nr)
{
	struct sq_cpu *cc = sq_fixture_cpu(c);

	cc->hand->base += nr;
	cc->hand->base -= sq_fixture_loaded_nr(c);
	cc->top = sq_mag_top(cc->hand->loaded, nr);
}

/* Let it hold so many at once: what it has beyond that goes to its slabs. */
void sq_fixture_set_cap(struct kunit *test, struct squirrel_cache *c, u32 cap);
/* Empty slabs stay, as under a load that needs them again and again. */
static inline void sq_fixture_keep(struct squirrel_cache *c)
{
	sq_fixture_node(c)->keep = 1000;
}

/* Each object is alone in its slab, however many there are. */
static inline void sq_fixture_alone(struct squirrel_cache *c)
{
	c->plan.most = c->plan.first;
}

/* As under a load that has gone on for a while: all may be as much as it ever may. */
void sq_fixture_grown(struct kunit *test, struct squirrel_cache *c);

/* 0 to @below - 1 */
static inline u32 sq_fixture_random(struct rnd_state *rnd, u32 below)
{
	return prandom_u32_state(rnd) % below;
}

/* ---- the model ------------------------------------------------------------ */

/**
 * struct sq_live - a live object
 * @rb: in the model's tree, by address
 * @addr: its address
 * @size: bytes the client may use
 * @id: what its pattern is derived from
 * @tag: the test's own
 */
struct sq_live {
	struct rb_node rb;
	unsigned long addr;
	size_t size;
	u32 id;
	u32 tag;
};

/**
 * struct sq_model - all live objects
 * @objs: dense array
 * @nr: how many there are
 * @max: how many fit
 * @next_id: of the next object
 * @overlaps: objects that were handed out over another one
 * @damaged: objects whose pattern was not what was written
 * @tree: by address
 */
struct sq_model {
	struct sq_live **objs;
	unsigned int nr;
	unsigned int max;
	u32 next_id;
	unsigned long overlaps;
	unsigned long damaged;
	struct rb_root tree;
};

struct sq_model *sq_model_new(struct kunit *test, unsigned int max);
bool sq_model_add(struct sq_model *m, void *obj, size_t size, u32 tag);
void *sq_model_del(struct sq_model *m, unsigned int index);
struct sq_live *sq_model_find(struct sq_model *m, const void *obj);
void sq_model_resize(struct sq_model *m, unsigned int index, void *obj,
		     size_t size);
bool sq_model_sound(const struct sq_live *live, size_t size);
bool sq_model_intact(struct sq_model *m);

#endif /* _SQ_ALLOCATOR_KUNIT_H */
