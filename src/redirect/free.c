// SPDX-License-Identifier: GPL-2.0
/*
 * What frees memory by its address alone, or asks about it. Each asks whose it is.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/string_helpers.h>

#include <squirrel/kernel.h>
#include <squirrel/kmem_free.h>
#include <squirrel/squirrel.h>

#include "redirect.h"

SQ_DROPIN_EXPORT(kfree);
void notrace squirrel_dropin_kfree(const void *obj)
{
	squirrel_kfree(obj);
}

SQ_DROPIN_EXPORT(kvfree);
void notrace squirrel_dropin_kvfree(const void *obj)
{
	squirrel_kvfree(obj);
}

SQ_DROPIN_EXPORT(kfree_const);
void squirrel_dropin_kfree_const(const void *obj)
{
	squirrel_kfree_const(obj);
}

SQ_DROPIN_EXPORT(kfree_sensitive);
void squirrel_dropin_kfree_sensitive(const void *obj)
{
	squirrel_kfree_sensitive(obj);
}

SQ_DROPIN_EXPORT(kvfree_sensitive);
void squirrel_dropin_kvfree_sensitive(const void *obj, size_t len)
{
	squirrel_kvfree_sensitive(obj, len);
}

/* As the callback that inode operations name. */
SQ_DROPIN_EXPORT(kfree_link);
void squirrel_dropin_kfree_link(void *obj)
{
	squirrel_kfree(obj);
}

SQ_DROPIN_EXPORT(kfree_strarray);
void squirrel_dropin_kfree_strarray(char **array, size_t n)
{
	size_t i;

	if (!array)
		return;
	for (i = 0; i < n; i++)
		squirrel_kfree(array[i]);
	squirrel_kfree(array);
}

SQ_DROPIN_EXPORT(ksize);
size_t squirrel_dropin_ksize(const void *obj)
{
	return squirrel_ksize(obj);
}

/* ---- what is told of an object ------------------------------------------------ */

#ifdef CONFIG_PRINTK
static bool dump(void *obj)
{
	if (!squirrel_owns(obj))
		return false;
	pr_cont(" squirrel: %zu bytes usable from here (0: the start of no object)\n",
		squirrel_usable_size(obj));
	return true;
}

SQ_DROPIN_EXPORT(kmem_dump_obj);
#ifdef DROPIN_DUMP_SAYS
bool squirrel_dropin_kmem_dump_obj(void *obj)
{
	return dump(obj) || kmem_dump_obj(obj);
}
#else
/* The first releases of 6.1 do not say whether it was theirs: one asks before. */
void squirrel_dropin_kmem_dump_obj(void *obj)
{
	if (!dump(obj))
		kmem_dump_obj(obj);
}

SQ_DROPIN_EXPORT(kmem_valid_obj);
bool squirrel_dropin_kmem_valid_obj(void *obj)
{
	return squirrel_owns(obj) || kmem_valid_obj(obj);
}
#endif

SQ_DROPIN_EXPORT(mem_dump_obj);
void squirrel_dropin_mem_dump_obj(void *obj)
{
	if (!dump(obj))
		mem_dump_obj(obj);
}
#endif

#if SQ_HAVE_NOLOCK
SQ_DROPIN_EXPORT(kfree_nolock);
void squirrel_dropin_kfree_nolock(const void *obj)
{
	if (!squirrel_free_any(obj))
		kfree_nolock(obj);
}

SQ_DROPIN_EXPORT(kvfree_atomic);
void squirrel_dropin_kvfree_atomic(const void *obj)
{
	if (!squirrel_free_any(obj))
		kvfree_atomic(obj);
}
#endif
