/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The size classes of heaps, which the compiler works out where it knows the size:
 * part of <squirrel/squirrel.h>.
 */
#ifndef _SQUIRREL_SIZE_CLASS_H
#define _SQUIRREL_SIZE_CLASS_H

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <asm/page.h>

/*
 * Size classes of a heap: up to 64 bytes one every 8 bytes, above that eight
 * per power of two: 72 80 ... 128, 144 ... 256, and so on up to 8192, or to a page if
 * that is more.
 * Above 64 bytes neighbours are at most 1/8 apart, so an object wastes 1/16 of its
 * size on average; below, at most 7 bytes. Larger ones are blocks of pages.
 *
 * Where kmalloc() aligns to more than 8 bytes, or a buffer for DMA must not share
 * a line of the cache, only those that are multiples of that are in use.
 */
#define SQUIRREL_CLASS_MAX_SHIFT	(PAGE_SHIFT > 13 ? PAGE_SHIFT : 13)
#define SQUIRREL_CLASS_MAX_SIZE		BIT(SQUIRREL_CLASS_MAX_SHIFT)
#define SQUIRREL_NR_CLASSES		(8U * (SQUIRREL_CLASS_MAX_SHIFT - 5))

#ifndef SQUIRREL_MIN_ALIGN
#ifndef ARCH_DMA_MINALIGN
#define SQUIRREL_MIN_ALIGN	(0UL + ARCH_KMALLOC_MINALIGN)
#else
#define SQUIRREL_MIN_ALIGN						\
	((0UL + ARCH_DMA_MINALIGN) / ARCH_KMALLOC_MINALIGN ?		\
	 (0UL + ARCH_DMA_MINALIGN) : (0UL + ARCH_KMALLOC_MINALIGN))
#endif
#endif

/* @size is 1 to SQUIRREL_CLASS_MAX_SIZE. */
static __always_inline unsigned int squirrel_class_of(size_t size)
{
	unsigned int last, shift;

	if (SQUIRREL_MIN_ALIGN > 8)
		size = ALIGN(size, SQUIRREL_MIN_ALIGN);
	last = size - 1;
	if (size <= 64)
		return last >> 3;
	shift = __fls(last) - 3;
	return ((shift - 3) << 3) + (last >> shift);
}

static __always_inline unsigned int squirrel_class_size(unsigned int class)
{
	unsigned int group;

	if (class < 8)
		return (class + 1) << 3;
	group = (class - 8) >> 3;
	return (9 + (class & 7)) << (group + 3);
}

#endif /* _SQUIRREL_SIZE_CLASS_H */
