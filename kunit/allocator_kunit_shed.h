/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of slabs that are taken apart share.
 */
#ifndef _SQ_ALLOCATOR_KUNIT_SHED_H
#define _SQ_ALLOCATOR_KUNIT_SHED_H

#include "allocator_kunit.h"

/* From what fills a page with 512 to what needs twelve pages. */
#define SQ_SHED_SIZES	{ 8, 24, 100, 192, 520, 700, 1000, 1500, 2500, 3000, \
			  5000, 6000, 10000, 20000, 33000, 48 << 10, \
			  (48 << 10) - 8 }

/* What is done with objects of one size. */
typedef void (*sq_shed_fn)(struct kunit *test, unsigned int size,
			   struct rnd_state *rnd);

void sq_shed_each_size(struct kunit *test, const char *strategy,
		       unsigned int pages, sq_shed_fn fn);
void sq_shed_fill(struct kunit *test, struct squirrel_cache *c,
		  struct sq_model *m, unsigned int nr);
void sq_shed_thin(struct squirrel_cache *c, struct sq_model *m,
		  struct rnd_state *rnd);
void sq_shed_settle(struct squirrel_cache *c);
unsigned long sq_shed_touched(struct sq_model *m);
void sq_shed_books(struct kunit *test, struct squirrel_cache *c,
		   struct sq_model *m);
void sq_shed_tight(struct kunit *test, struct squirrel_cache *c,
		   struct sq_model *m);

#endif /* _SQ_ALLOCATOR_KUNIT_SHED_H */
