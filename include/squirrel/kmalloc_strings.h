/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kstrdup(), kmemdup(), kasprintf() and their relatives on squirrel's default heap: part
 * of <squirrel/kmalloc.h>, which gives them the kernel's names.
 */
#ifndef _SQUIRREL_KMALLOC_STRINGS_H
#define _SQUIRREL_KMALLOC_STRINGS_H

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <squirrel/kmalloc_calls.h>
#include <squirrel/kmem_free.h>

static inline void *squirrel_kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = squirrel_kmalloc(len, gfp);

	if (p)
		memcpy(p, src, len);
	return p;
}

static inline void *squirrel_kvmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *p = squirrel_kvmalloc(len, gfp);

	if (p)
		memcpy(p, src, len);
	return p;
}

static inline void *squirrel_kmemdup_array(const void *src, size_t n,
					   size_t size, gfp_t gfp)
{
	return squirrel_kmemdup(src, size_mul(size, n), gfp);
}

/* Not up to the nul behind it: the source may change meanwhile. */
static inline char *squirrel_kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *p;

	if (!s)
		return NULL;
	/* SIZE_MAX and one more is not zero here, and fails. */
	p = squirrel_kmalloc(size_add(len, 1), gfp);
	if (p) {
		memcpy(p, s, len);
		p[len] = '\0';
	}
	return p;
}

static inline char *squirrel_kstrdup(const char *s, gfp_t gfp)
{
	return s ? squirrel_kmemdup_nul(s, strlen(s), gfp) : NULL;
}

static inline char *squirrel_kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? squirrel_kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}

/* ---- formatted -------------------------------------------------------------- */

static inline __printf(2, 0) char *
squirrel_kvasprintf(gfp_t gfp, const char *fmt, va_list ap)
{
	va_list again;
	int len;
	char *p;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	p = squirrel_kmalloc(len + 1, gfp);
	if (p)
		vsnprintf(p, len + 1, fmt, ap);
	return p;
}

static inline __printf(2, 3) char *
squirrel_kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = squirrel_kvasprintf(gfp, fmt, ap);
	va_end(ap);
	return p;
}

/* ---- from user space: these have no gfp, and ERR_PTR for what fails ----------- */

static inline void *squirrel_fill_from_user(char *p, const void __user *src,
					    size_t len)
{
	if (!p)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(p, src, len))
		return p;
	squirrel_kvfree(p);
	return ERR_PTR(-EFAULT);
}

static inline void *squirrel_memdup_user(const void __user *src, size_t len)
{
	return squirrel_fill_from_user(squirrel_kmalloc(len, GFP_USER |
							__GFP_NOWARN),
				       src, len);
}

static inline void *squirrel_vmemdup_user(const void __user *src, size_t len)
{
	return squirrel_fill_from_user(squirrel_kvmalloc(len, GFP_USER), src,
				       len);
}

static inline void *squirrel_memdup_user_nul(const void __user *src, size_t len)
{
	char *p = squirrel_kmalloc(len + 1, GFP_KERNEL);

	p = squirrel_fill_from_user(p, src, len);
	if (!IS_ERR(p))
		p[len] = '\0';
	return p;
}

static inline char *squirrel_strndup_user(const char __user *s, long max)
{
	long len = strnlen_user(s, max);
	char *p;

	if (!len)
		return ERR_PTR(-EFAULT);
	if (len > max)
		return ERR_PTR(-EINVAL);
	p = squirrel_memdup_user(s, len);
	if (!IS_ERR(p))
		p[len - 1] = '\0';
	return p;
}

#endif /* _SQUIRREL_KMALLOC_STRINGS_H */
