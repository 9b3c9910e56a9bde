// SPDX-License-Identifier: GPL-2.0
/*
 * The area of a guarded object: how long it is, where the object lies in it, and what the
 * rest holds.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "guard.h"

/* ---- layout ------------------------------------------------------------------ */

/* What was promised of an object of that size; the redzone fills the rest. */
size_t sq_guard_align(const struct squirrel_cache *c, size_t size)
{
	if (!(c->flags & (SQ_CACHE_CLASS | SQ_CACHE_LARGE)))
		return c->align;
	return is_power_of_2(size) ? size : max_t(size_t, c->align, SQUIRREL_MIN_ALIGN);
}

/* Pages of the area of such an object; 0: it has none. */
unsigned int sq_guard_pages(const struct squirrel_cache *c, size_t size)
{
	size_t align = sq_guard_align(c, size), pages = PFN_UP(ALIGN(size, align));

	return align <= PAGE_SIZE && pages <= SQ_GUARD_PAGES ? pages : 0;
}

/* ---- memory ------------------------------------------------------------------ */

static bool sound(const u8 *from, const u8 *end, u8 want, const char *what,
		  struct sq_damage *damage)
{
	const u8 *at = from < end ? memchr_inv(from, want, end - from) : NULL;

	if (!at)
		return true;
	*damage = (struct sq_damage){ .what = what, .at = at, .want = want };
	return false;
}

/* It is mapped, and stays so. */
bool sq_guard_sound(const struct sq_guard *g, struct sq_damage *damage)
{
	const u8 *end = g->obj + g->asked;

	if (g->poisoned && !sound(g->obj, end, SQ_POISON, "write after free", damage))
		return false;
	return sound(end, g->base + g->bytes, SQ_REDZONE, "write behind an object", damage) &&
	       sound(g->base, g->obj, SQ_REDZONE, "write in front of an object", damage);
}
