// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's fault injection, where it has that: which allocations of what is swept
 * (sweep.c) fail is up to should_fail(), as it is for SLUB's with failslab. What people set
 * is in debugfs, in fail_squirrel/, as the kernel makes it, and in /proc/PID/fail-nth.
 *
 * It asks for random numbers, which takes locks that NMI must not wait for, and that sleep on
 * PREEMPT_RT: it is not asked there. And it prints at once, whatever lock the caller holds,
 * unless told not to.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fault-inject.h>

#include "allocator/pages/pages.h"
#include "compat.h"

#include "inject.h"

static DECLARE_FAULT_ATTR(attr);
static struct dentry *dir;

/* Is an allocation of @size bytes to fail? Any context. */
bool sq_inject_fails(size_t size)
{
	return sq_may_grow() && should_fail(&attr, size);
}

/* Without its directory a task's own fail-nth is still obeyed. */
void sq_inject_init(void)
{
	attr.verbose = 0;
	dir = fault_create_debugfs_attr("fail_squirrel", NULL, &attr);
}

void sq_inject_exit(void)
{
	if (!IS_ERR(dir))
		debugfs_remove_recursive(dir);
	sq_fault_attr_end(&attr);
}
