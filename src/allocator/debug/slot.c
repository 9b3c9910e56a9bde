// SPDX-License-Identifier: GPL-2.0
/*
 * What a twin's memory is filled with while nobody may write to it, and whether it still
 * is: redzones around an object, poison in a free one. What was filled the slot's head
 * says, for flags come and go. And what KASAN reports whoever touches (K): the same bytes.
 * This file is built without KASAN, and so may.
 */
#include <linux/string.h>

#include "allocator/common/kasan.h"

#include "debug.h"

static u8 *left_zone(void *slot)
{
	return (u8 *)slot + sizeof(struct sq_slot);
}

/* From behind what was asked for to the end of the slot */
static u8 *right_zone(const struct squirrel_cache *t, void *slot, size_t *bytes)
{
	/* It may have been overwritten. */
	size_t asked = min(sq_slot_head(slot)->asked, t->object_size);

	*bytes = t->size - t->lead - asked;
	return (u8 *)slot + t->lead + asked;
}

void sq_slot_fill_zones(const struct squirrel_cache *t, void *slot)
{
	size_t bytes;
	u8 *right = right_zone(t, slot, &bytes);

	memset(left_zone(slot), SQ_REDZONE, t->lead - sizeof(struct sq_slot));
	memset(right, SQ_REDZONE, bytes);
	sq_slot_head(slot)->flags |= SQ_DEBUG_REDZONE;
}

/* The kernel's own is built with KASAN. */
static const u8 *first_other(const u8 *from, u8 want, size_t bytes)
{
	if (!SQ_HAS_KASAN)
		return memchr_inv(from, want, bytes);
	for (; bytes; from++, bytes--)
		if (*from != want)
			return from;
	return NULL;
}

static bool sound(const u8 *from, u8 want, size_t bytes, const char *what,
		  struct sq_damage *damage)
{
	const u8 *at = first_other(from, want, bytes);

	if (!at)
		return true;
	*damage = (struct sq_damage){ .what = what, .at = at, .want = want };
	return false;
}

bool sq_slot_zones_sound(const struct squirrel_cache *t, void *slot,
			 struct sq_damage *damage)
{
	size_t bytes;
	u8 *right = right_zone(t, slot, &bytes);

	if (!(sq_slot_head(slot)->flags & SQ_DEBUG_REDZONE))
		return true;
	return sound(right, SQ_REDZONE, bytes, "write behind an object", damage) &&
	       sound(left_zone(slot), SQ_REDZONE, t->lead - sizeof(struct sq_slot),
		     "write in front of an object", damage);
}

/* What a constructor made, or a reader may still see, stays. */
bool sq_slot_may_poison(const struct squirrel_cache *t)
{
	return !t->ctor && !(t->flags & SQUIRREL_TYPESAFE_BY_RCU);
}

void sq_slot_poison(const struct squirrel_cache *t, void *slot)
{
	u8 *obj = (u8 *)slot + t->lead;

	memset(obj, SQ_POISON, t->object_size - 1);
	obj[t->object_size - 1] = SQ_POISON_END;
	/* What was redzone in it is so no more. */
	sq_slot_head(slot)->asked = t->object_size;
	sq_slot_head(slot)->flags |= SQ_DEBUG_POISON;
}

bool sq_slot_poison_sound(const struct squirrel_cache *t, void *slot,
			  struct sq_damage *damage)
{
	static const char what[] = "write after free";
	u8 *obj = (u8 *)slot + t->lead, *end = obj + t->object_size - 1;

	if (!(sq_slot_head(slot)->flags & SQ_DEBUG_POISON))
		return true;
	return sound(obj, SQ_POISON, t->object_size - 1, what, damage) &&
	       sound(end, SQ_POISON_END, 1, what, damage);
}

/* ---- KASAN --------------------------------------------------------------------- */

#if SQ_HAS_KASAN
/* Whatever it was: all behind the head may be touched. */
void sq_slot_show(const struct squirrel_cache *t, void *slot)
{
	sq_kasan_show(left_zone(slot), t->size - sizeof(struct sq_slot));
}

/* Live: but for the object itself, which a reader under RCU may be looking at. */
void sq_slot_hide_zones(const struct squirrel_cache *t, void *slot)
{
	size_t asked = sq_slot_head(slot)->asked, whole = round_up(asked, SQ_KASAN_GRANULE);
	u8 *obj = (u8 *)slot + t->lead;

	sq_kasan_hide(left_zone(slot), t->lead - sizeof(struct sq_slot), SQ_KASAN_REDZONE);
	sq_kasan_hide(obj + whole, t->size - t->lead - whole, SQ_KASAN_REDZONE);
	sq_kasan_show(obj, asked);
}

/* Free: the object as well, if nobody may look at it. */
void sq_slot_hide(const struct squirrel_cache *t, void *slot)
{
	if (sq_slot_may_poison(t))
		sq_kasan_hide(left_zone(slot), t->size - sizeof(struct sq_slot),
			      SQ_KASAN_FREED);
}
#endif
