// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints of trace.h, and who wants to know of allocations and frees: squirrel's
 * own two events, and the kernel's kmem:kmalloc and kmem:kfree if that is switched on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/hardirq.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>

#ifdef SQ_KMEM_EVENTS
#include <trace/events/kmem.h>
#endif

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Frames looked at for the client's */
#define SITE_DEPTH	16

#define WANT_ALLOCS	BIT(0)
#define WANT_FREES	BIT(1)
#define WANT_KMEM	BIT(2)

DEFINE_STATIC_KEY_FALSE(sq_trace_allocs);
DEFINE_STATIC_KEY_FALSE(sq_trace_frees);

/* Protects the next two. Taken within the lock of all tracepoints. */
static DEFINE_MUTEX(want_mutex);
static unsigned int wanted;
static void (*want_hook)(void);

static void want_update(void)
{
	lockdep_assert_held(&want_mutex);
	sq_key_set(&sq_trace_allocs.key, wanted & (WANT_ALLOCS | WANT_KMEM));
	sq_key_set(&sq_trace_frees.key, wanted & (WANT_FREES | WANT_KMEM));
	if (want_hook)
		want_hook();
}

static void want(unsigned int what, bool on)
{
	mutex_lock(&want_mutex);
	if (on)
		WRITE_ONCE(wanted, wanted | what);
	else
		WRITE_ONCE(wanted, wanted & ~what);
	want_update();
	mutex_unlock(&want_mutex);
}

/* Called as the first begins to listen to the event, and as the last ends. */
int sq_trace_allocs_on(void)
{
	want(WANT_ALLOCS, true);
	return 0;
}

void sq_trace_allocs_off(void)
{
	want(WANT_ALLOCS, false);
}

int sq_trace_frees_on(void)
{
	want(WANT_FREES, true);
	return 0;
}

void sq_trace_frees_off(void)
{
	want(WANT_FREES, false);
}

/*
 * @hook is called whenever it changes who wants to know, and now: it sees to it that
 * allocations and frees leave the hot path, which says nothing, as long as somebody does.
 * NULL: there are none any more. May sleep.
 */
void sq_trace_set_hook(void (*hook)(void))
{
	mutex_lock(&want_mutex);
	want_hook = hook;
	want_update();
	mutex_unlock(&want_mutex);
}

/*
 * Allocations and frees are told as the kernel's own, to whoever listens to kmem:kmalloc
 * and kmem:kfree. May sleep. -EOPNOTSUPP: this kernel does not let modules do that.
 */
int sq_trace_set_kmem(bool on)
{
#ifdef SQ_KMEM_EVENTS
	want(WANT_KMEM, on);
	return 0;
#else
	if (!on)
		return 0;
	pr_err("kmem_events: this kernel has no kmem:kmalloc for modules\n");
	return -EOPNOTSUPP;
#endif
}

bool sq_trace_kmem(void)
{
	return READ_ONCE(wanted) & WANT_KMEM;
}

/*
 * Frames of squirrel's own tell nothing, nor do those of who saves the stack, which some
 * architectures leave on it. Returns where the first other one is; @nr: nowhere.
 */
unsigned int sq_trace_skip_ours(const unsigned long *entries, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr && !within_module(entries[i], THIS_MODULE))
		i++;
	while (i < nr && within_module(entries[i], THIS_MODULE))
		i++;
	return i;
}

/*
 * Where a call at the end of a function is no jump, as with KASAN or on arm64, who calls is
 * one of ours: the client is the first on the stack that is not.
 */
static unsigned long client_site(unsigned long site)
{
#ifdef CONFIG_STACKTRACE
	unsigned long entries[SITE_DEPTH];
	unsigned int nr, i;

	if (likely(!within_module(site, THIS_MODULE)) || in_nmi())
		return site;
	nr = stack_trace_save(entries, SITE_DEPTH, 0);
	i = sq_trace_skip_ours(entries, nr);
	if (i < nr)
		site = entries[i];
#endif
	return site;
}

/* Somebody has got @ptr, of @bytes, in a place of @bytes_slot. Any context. */
void sq_trace_alloc(const char *name, unsigned long call_site, const void *ptr,
		    size_t bytes, size_t bytes_slot, gfp_t gfp, int node)
{
	call_site = client_site(call_site);
	trace_squirrel_alloc(name, call_site, ptr, bytes, bytes_slot, gfp, node);
#ifdef SQ_KMEM_EVENTS
	if (sq_trace_kmem())
		trace_kmalloc(call_site, ptr, bytes, bytes_slot, gfp, node);
#endif
}

/* It is about to be given back; afterwards it may be anybody's. Any context. */
void sq_trace_free(const char *name, unsigned long call_site, const void *ptr)
{
	call_site = client_site(call_site);
	trace_squirrel_free(name, call_site, ptr);
#ifdef SQ_KMEM_EVENTS
	if (sq_trace_kmem())
		trace_kfree(call_site, ptr);
#endif
}
