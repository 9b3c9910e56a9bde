// SPDX-License-Identifier: GPL-2.0
/* Who switches debugging, looks what is due, or takes a cache apart: one at a time. */
#include <linux/lockdep.h>
#include <linux/mutex.h>

#include "debug.h"

static DEFINE_MUTEX(debug_mutex);

/* A cache that is found under it stays until it is given up: see sq_debug_end(). May sleep. */
void sq_debug_lock(void)
{
	mutex_lock(&debug_mutex);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_lock);

void sq_debug_unlock(void)
{
	mutex_unlock(&debug_mutex);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_unlock);

void sq_debug_assert_locked(void)
{
	lockdep_assert_held(&debug_mutex);
}
