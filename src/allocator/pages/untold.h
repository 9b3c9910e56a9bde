/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects freed in NMI of which kmemleak is still to be told, where the kernel has it. Elsewhere
 * nothing of this is there.
 */
#ifndef _SQ_ALLOCATOR_UNTOLD_H
#define _SQ_ALLOCATOR_UNTOLD_H

#include <linux/atomic.h>
#include <linux/types.h>

#ifdef CONFIG_DEBUG_KMEMLEAK
extern atomic_t sq_untold;
extern bool sq_untold_missed;

void sq_untold_add(const void *obj);
void sq_untold_tell_all(void);
void sq_untold_flush(void);

/* Whatever was freed before is told after this. Any context but NMI. */
static inline void sq_untold_tell(void)
{
	if (unlikely(atomic_read_acquire(&sq_untold)))
		sq_untold_tell_all();
}
#else
static inline void sq_untold_tell(void)
{
}

static inline void sq_untold_flush(void)
{
}
#endif

#endif /* _SQ_ALLOCATOR_UNTOLD_H */
