/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of slabs that are taken apart share.
 */
#ifndef _SQ_ALLOCATOR_KUNIT_TRIM_H
#define _SQ_ALLOCATOR_KUNIT_TRIM_H

#include "allocator_kunit.h"

/* From what fills a page with 512 to what needs twelve pages. */
#define SQ_TRIM_SIZES	{ 8, 24, 100, 192, 520, 700, 1000, 1500, 2500, 3000, \
			  5000, 6000, 10000, 20000, 33000, 48 << 10, \
			  (48 << 10) - 8 }

/* What is done with objects of one size. */
typedef void (*sq_trim_fn)(struct kunit *test, unsigned int size,
			   struct rnd_state *rnd);

void sq_trim_each_size(struct kunit *test, const char *strategy,
		       unsigned int pages, sq_trim_fn fn);
void fill_upper(struct kunit *test, struct squirrel_cache *c,
		struct sq_model *m, unsigned int nr);
void sq_trim_thin(struct squirrel_cache *c, struct sq_model *m,
		  struct rnd_state *rnd);
void list_part(struct squirrel_cache *c);
unsigned long sq_trim_touched(struct sq_model *m);
void sq_trim_books(struct kunit *test, struct squirrel_cache *c,
		   struct sq_model *m);
void sq_trim_full(struct kunit *test, struct squirrel_cache *c,
		  struct sq_model *m);

#endif /* _SQ_ALLOCATOR_KUNIT_TRIM_H */
