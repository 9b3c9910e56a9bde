/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the kernel's fault injection has an allocation fail (inject.c). Elsewhere nothing
 * of this is there.
 */
#ifndef _SQ_ALLOCATOR_INJECT_H
#define _SQ_ALLOCATOR_INJECT_H

#include <linux/types.h>

#ifdef CONFIG_FAULT_INJECTION
bool sq_inject_fails(size_t size);
void sq_inject_init(void);
void sq_inject_exit(void);
#else
static inline bool sq_inject_fails(size_t size)
{
	return false;
}

static inline void sq_inject_init(void)
{
}

static inline void sq_inject_exit(void)
{
}
#endif

#endif /* _SQ_ALLOCATOR_INJECT_H */
