/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cases that know how many objects of theirs fill a page of 4096 bytes, or a slab of
 * several such pages. Where pages are larger all of them may fit into one, and there
 * is nothing to trim, to pin, or to be short of: the case is skipped, and says so.
 */
#ifndef _SQ_KUNIT_PAGES4K_H
#define _SQ_KUNIT_PAGES4K_H

#include <kunit/test.h>
#include <linux/mm.h>

#if PAGE_SHIFT == 12
#define SQ_CASE_4K(run)	KUNIT_CASE(run)
#else
static inline void sq_skip_large_pages(struct kunit *test)
{
	kunit_skip(test, "counts in pages of 4096 bytes");
}

/* The case is named, or it would be one that nobody uses. */
#define SQ_CASE_4K(run) \
	{ .run_case = PAGE_SHIFT == 12 ? (run) : sq_skip_large_pages, .name = #run }
#endif

#endif /* _SQ_KUNIT_PAGES4K_H */
