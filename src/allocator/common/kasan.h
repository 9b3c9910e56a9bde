/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What KASAN takes for memory that nobody may touch, where the kernel has it (generic). It is
 * by granules of eight bytes; all that is told of here begins with one. Who touches it in
 * squirrel is built without KASAN (Kbuild). Any context.
 */
#ifndef _SQ_ALLOCATOR_KASAN_H
#define _SQ_ALLOCATOR_KASAN_H

#include <linux/kasan.h>
#include <linux/math.h>
#include <linux/types.h>

#define SQ_KASAN_GRANULE	8UL
/* As KASAN has them of objects (mm/kasan/kasan.h) */
#define SQ_KASAN_REDZONE	0xFC
#define SQ_KASAN_FREED		0xFB

#ifdef CONFIG_KASAN_GENERIC
#define SQ_HAS_KASAN		1
/* Exported to modules, but in no header of theirs. */
void kasan_poison(const void *addr, size_t size, u8 value, bool init);

static inline void sq_kasan_hide(const void *from, size_t size, u8 why)
{
	kasan_poison(from, round_up(size, SQ_KASAN_GRANULE), why, false);
}

static inline void sq_kasan_show(const void *from, size_t size)
{
	size_t whole = round_down(size, SQ_KASAN_GRANULE);

	kasan_poison(from, whole, 0, false);
	/* Of the last granule the first bytes. */
	if (size > whole)
		*(u8 *)kasan_mem_to_shadow((const char *)from + whole) = size - whole;
}
#else
#define SQ_HAS_KASAN		0
static inline void sq_kasan_hide(const void *from, size_t size, u8 why)
{
}

static inline void sq_kasan_show(const void *from, size_t size)
{
}
#endif

#endif /* _SQ_ALLOCATOR_KASAN_H */
