/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of which one lies beside another one. Without redzones no allocator can keep a
 * client from the byte beside its object; here that byte is the client's own as well.
 */
#ifndef _SELFTESTS_BESIDE_H
#define _SELFTESTS_BESIDE_H

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#define BESIDE_MAX	400	/* among which two neighbours are sure to be */
#define BESIDE_FILL	0x11

struct place;

/**
 * struct beside - objects of one size, held at once
 * @size: of each, in bytes
 * @nr: how many
 * @obj: which, all of them filled with BESIDE_FILL
 */
struct beside {
	size_t size;
	unsigned int nr;
	u8 *obj[BESIDE_MAX];
};

/*
 * Is nothing between both that is another's? No object of that size fits, and less than a
 * page is not shared with anybody.
 */
static bool beside_each_other(const u8 *lower, const u8 *upper, size_t size)
{
	return upper >= lower + size &&
	       upper - (lower + size) < min_t(size_t, size, PAGE_SIZE);
}

/* One of two neighbours, the newest among them: that in front, or that @behind. */
static u8 *beside_find(const struct beside *b, bool behind)
{
	u8 *newest = b->obj[b->nr - 1];
	unsigned int i;

	for (i = 0; i + 1 < b->nr; i++) {
		if (beside_each_other(newest, b->obj[i], b->size))
			return behind ? b->obj[i] : newest;
		if (beside_each_other(b->obj[i], newest, b->size))
			return behind ? newest : b->obj[i];
	}
	return NULL;
}

/*
 * Have of @place until two are neighbours: the one in front, or that @behind. NULL: there
 * is no memory, or there are none.
 */
static u8 *beside_get(struct beside *b, size_t size, bool behind, struct place *place,
		      u8 *(*alloc)(struct place *place))
{
	u8 *obj = NULL;

	b->size = size;
	b->nr = 0;
	while (!obj && b->nr < BESIDE_MAX) {
		b->obj[b->nr] = alloc(place);
		if (!b->obj[b->nr++])
			break;
		obj = beside_find(b, behind);
	}
	return obj;
}

/* All but @gone, which was freed already. */
static void beside_put(struct beside *b, const u8 *gone, struct place *place,
		       void (*free)(struct place *place, void *obj))
{
	while (b->nr--)
		if (b->obj[b->nr] != gone)
			free(place, b->obj[b->nr]);
}

/* All but @gone, which was freed, are as they were, but for the byte @hit. */
static bool beside_intact(const struct beside *b, const u8 *gone, const u8 *hit)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		u8 *obj = b->obj[i], *bad;

		if (!obj || obj == gone)
			continue;
		bad = memchr_inv(obj, BESIDE_FILL, b->size);
		if (bad == hit && bad)
			bad = memchr_inv(bad + 1, BESIDE_FILL, obj + b->size - bad - 1);
		if (bad)
			return false;
	}
	return true;
}

#endif /* _SELFTESTS_BESIDE_H */
