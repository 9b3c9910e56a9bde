/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Size classes of a heap: pure arithmetic.
 *
 * Up to 64 bytes a class every 8 bytes, above that eight per power of two:
 * 72 80 … 128, 144 … 256, and so on up to 8192. Neighbours are at most 1/8
 * apart, so an object wastes 1/16 of its size on average.
 */
#ifndef _SQ_SIZE_CLASS_H
#define _SQ_SIZE_CLASS_H

#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#define SQ_CLASS_MAX_SIZE	8192UL
#define SQ_NR_CLASSES		64U

/* @size is 1 to SQ_CLASS_MAX_SIZE. */
static __always_inline unsigned int sq_class_of(size_t size)
{
	unsigned int last = size - 1, shift;

	if (size <= 64)
		return last >> 3;
	shift = __fls(last) - 3;
	return ((shift - 3) << 3) + (last >> shift);
}

static __always_inline unsigned int sq_class_size(unsigned int class)
{
	unsigned int group;

	if (class < 8)
		return (class + 1) << 3;
	group = (class - 8) >> 3;
	return (9 + (class & 7)) << (group + 3);
}

#endif /* _SQ_SIZE_CLASS_H */
