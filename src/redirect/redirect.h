/* SPDX-License-Identifier: GPL-2.0 */
/*
 * squirrel_dropin.ko: functions with the signatures of the kernel's, for objects whose
 * calls are redirected by name (include/squirrel/dropin.mk). Each does what the
 * kernel's of that name does, in the same contexts, for what is squirrel's, and hands
 * on to it what is not. It is a client of squirrel's like any other.
 */
#ifndef _SQ_REDIRECT_H
#define _SQ_REDIRECT_H

#include <linux/export.h>
#include <linux/slab.h>

/* Since 6.10 most allocation calls are macros over functions that are called so. */
#ifdef kmem_cache_alloc
#define SQ_KERNELS(name)	name##_noprof
#else
#define SQ_KERNELS(name)	name
#endif

#define SQ_DROPIN__(name)	squirrel_dropin_##name
#define SQ_DROPIN_(name)	SQ_DROPIN__(name)

/* The name under which the kernel's function @name is exported here. */
#define SQ_DROPIN(name)		SQ_DROPIN_(name)

/* In front of the definition, which has to be of the same type. */
#define SQ_DROPIN_EXPORT(name)						\
	extern typeof(name) SQ_DROPIN(name);					\
	EXPORT_SYMBOL_GPL(SQ_DROPIN(name))

/* A second one of that name, for who has kmalloc() redirected as well. */
#define SQ_DROPIN_OWN__(name)	squirrel_dropin_own_##name
#define SQ_DROPIN_OWN_(name)	SQ_DROPIN_OWN__(name)
#define SQ_DROPIN_OWN(name)	SQ_DROPIN_OWN_(name)
#define SQ_DROPIN_EXPORT_OWN(name)					\
	extern typeof(name) SQ_DROPIN_OWN(name);				\
	EXPORT_SYMBOL_GPL(SQ_DROPIN_OWN(name))

#endif /* _SQ_REDIRECT_H */
