// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel's library allocates for its callers, from squirrel's default heap:
 * for who has kmalloc() redirected. Where the caller frees it, that is redirected too.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <squirrel/kmalloc_strings.h>

#include "redirect.h"

#ifdef kmemdup
#define KMEMDUP		kmemdup_noprof
#else
#define KMEMDUP		kmemdup
#endif

SQ_DROPIN_EXPORT(KMEMDUP);
void *SQ_DROPIN(KMEMDUP)(const void *src, size_t len, gfp_t gfp)
{
	return squirrel_kmemdup(src, len, gfp);
}

#if SQ_HAVE_KVMEMDUP
SQ_DROPIN_EXPORT(kvmemdup);
void *squirrel_dropin_kvmemdup(const void *src, size_t len, gfp_t gfp)
{
	return squirrel_kvmemdup(src, len, gfp);
}

SQ_DROPIN_EXPORT(kmemdup_array);
void *squirrel_dropin_kmemdup_array(const void *src, size_t n, size_t size,
				    gfp_t gfp)
{
	return squirrel_kmemdup_array(src, n, size, gfp);
}
#endif

SQ_DROPIN_EXPORT(kmemdup_nul);
char *squirrel_dropin_kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	return squirrel_kmemdup_nul(s, len, gfp);
}

SQ_DROPIN_EXPORT(kstrdup);
char *squirrel_dropin_kstrdup(const char *s, gfp_t gfp)
{
	return squirrel_kstrdup(s, gfp);
}

SQ_DROPIN_EXPORT(kstrndup);
char *squirrel_dropin_kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return squirrel_kstrndup(s, max, gfp);
}

SQ_DROPIN_EXPORT(kvasprintf);
char *squirrel_dropin_kvasprintf(gfp_t gfp, const char *fmt, va_list ap)
{
	return squirrel_kvasprintf(gfp, fmt, ap);
}

SQ_DROPIN_EXPORT(kasprintf);
char *squirrel_dropin_kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = squirrel_kvasprintf(gfp, fmt, ap);
	va_end(ap);
	return p;
}

SQ_DROPIN_EXPORT(memdup_user);
void *squirrel_dropin_memdup_user(const void __user *src, size_t len)
{
	return squirrel_memdup_user(src, len);
}

SQ_DROPIN_EXPORT(vmemdup_user);
void *squirrel_dropin_vmemdup_user(const void __user *src, size_t len)
{
	return squirrel_vmemdup_user(src, len);
}

SQ_DROPIN_EXPORT(memdup_user_nul);
void *squirrel_dropin_memdup_user_nul(const void __user *src, size_t len)
{
	return squirrel_memdup_user_nul(src, len);
}

SQ_DROPIN_EXPORT(strndup_user);
char *squirrel_dropin_strndup_user(const char __user *s, long max)
{
	return squirrel_strndup_user(s, max);
}
