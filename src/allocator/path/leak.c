// SPDX-License-Identifier: GPL-2.0
/*
 * What kmemleak knows of objects: that they are live, how long they are, and so that what
 * they point to is not lost. It is told when an object is out, and before it goes back: then
 * nobody else can have it yet.
 *
 * It takes locks that NMI must not wait for. What is allocated there it does not know; what is
 * freed there it is told a moment later (pages/untold.c).
 */
#include <linux/hardirq.h>
#include <linux/kmemleak.h>
#include <linux/slab.h>

#include "allocator/pages/pages.h"

#include "path.h"

/* @obj is out, of @c or, if that is NULL, of some heap. It may be NULL. Any context. */
void sq_leak_alloc(const struct squirrel_cache *c, void *obj, gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(obj) || !sq_may_grow() || (c && sq_is_secret(c)))
		return;
	/* It may not know yet of frees in NMI, and must not find what overlaps. */
	sq_untold_tell();
	if (unlikely(READ_ONCE(sq_untold_missed)))
		kmemleak_free(obj);
	/* All that is the client's: he may use it up to there, or ask for more of it later. */
	kmemleak_alloc(obj, squirrel_usable_size(obj), 1, gfp);
}

/* @obj, of @c, is about to be free. Any context. */
void sq_leak_free(const struct squirrel_cache *c, const void *obj)
{
	if (sq_is_secret(c))
		return;
	if (in_nmi())
		sq_untold_add(obj);
	else
		kmemleak_free(obj);
}
