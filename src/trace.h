/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints squirrel:*, for all layers. They know the types of none: an event is told
 * names, numbers and addresses.
 *
 * What happens on a slow path is an event of its own there, a nop while it is off. An
 * allocation or a free is one on the hot path, which must not have so much as that: see
 * sq_trace_set_hook(). Names are padded with zeroes: tools compare all of the array.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM squirrel

#if !defined(_SQ_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _SQ_TRACE_H

#include <linux/gfp.h>
#include <linux/jump_label.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#ifndef SQ_TRACE_NAME
/* Of the longest name of a cache or heap, and of a report, with its end */
#define SQ_TRACE_NAME	48
#define SQ_TRACE_WHAT	64

int sq_trace_allocs_on(void);
void sq_trace_allocs_off(void);
int sq_trace_frees_on(void);
void sq_trace_frees_off(void);
#endif

TRACE_EVENT_FN(squirrel_alloc,
	TP_PROTO(const char *name, unsigned long call_site, const void *ptr,
		 size_t bytes, size_t bytes_slot, gfp_t gfp, int node),
	TP_ARGS(name, call_site, ptr, bytes, bytes_slot, gfp, node),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__field(size_t, bytes)
		__field(size_t, bytes_slot)
		__field(unsigned long, gfp)
		__field(int, node)
		__array(char, name, SQ_TRACE_NAME)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
		__entry->bytes = bytes;
		__entry->bytes_slot = bytes_slot;
		__entry->gfp = (__force unsigned long)gfp;
		__entry->node = node;
		strscpy_pad(__entry->name, name, SQ_TRACE_NAME);
	),
	TP_printk("name=%s call_site=%pS ptr=%p bytes=%zu bytes_slot=%zu gfp=0x%lx node=%d",
		  __entry->name, (void *)__entry->call_site, __entry->ptr,
		  __entry->bytes, __entry->bytes_slot, __entry->gfp, __entry->node),
	sq_trace_allocs_on, sq_trace_allocs_off
);

TRACE_EVENT_FN(squirrel_free,
	TP_PROTO(const char *name, unsigned long call_site, const void *ptr),
	TP_ARGS(name, call_site, ptr),
	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__array(char, name, SQ_TRACE_NAME)
	),
	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = ptr;
		strscpy_pad(__entry->name, name, SQ_TRACE_NAME);
	),
	TP_printk("name=%s call_site=%pS ptr=%p", __entry->name,
		  (void *)__entry->call_site, __entry->ptr),
	sq_trace_frees_on, sq_trace_frees_off
);

/* Objects that went to where a CPU has them at hand, or from there to slabs or depots. */
DECLARE_EVENT_CLASS(squirrel_move,
	TP_PROTO(const char *name, unsigned long objects),
	TP_ARGS(name, objects),
	TP_STRUCT__entry(
		__field(unsigned long, objects)
		__array(char, name, SQ_TRACE_NAME)
	),
	TP_fast_assign(
		__entry->objects = objects;
		strscpy_pad(__entry->name, name, SQ_TRACE_NAME);
	),
	TP_printk("name=%s objects=%lu", __entry->name, __entry->objects)
);

DEFINE_EVENT(squirrel_move, squirrel_refill,
	TP_PROTO(const char *name, unsigned long objects),
	TP_ARGS(name, objects)
);

DEFINE_EVENT(squirrel_move, squirrel_drain,
	TP_PROTO(const char *name, unsigned long objects),
	TP_ARGS(name, objects)
);

/* Free neighbours of one manager that were merged. */
TRACE_EVENT(squirrel_coalesce,
	TP_PROTO(unsigned long merges),
	TP_ARGS(merges),
	TP_STRUCT__entry(
		__field(unsigned long, merges)
	),
	TP_fast_assign(
		__entry->merges = merges;
	),
	TP_printk("merges=%lu", __entry->merges)
);

/* The source was asked for pages; an address of 0: it had none. */
TRACE_EVENT(squirrel_fetch,
	TP_PROTO(unsigned long addr, unsigned long pages, gfp_t gfp, int node),
	TP_ARGS(addr, pages, gfp, node),
	TP_STRUCT__entry(
		__field(unsigned long, addr)
		__field(unsigned long, pages)
		__field(unsigned long, gfp)
		__field(int, node)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->pages = pages;
		__entry->gfp = (__force unsigned long)gfp;
		__entry->node = node;
	),
	TP_printk("addr=%p pages=%lu gfp=0x%lx node=%d", (void *)__entry->addr,
		  __entry->pages, __entry->gfp, __entry->node)
);

TRACE_EVENT(squirrel_give_back,
	TP_PROTO(unsigned long addr, unsigned long pages, unsigned long lost),
	TP_ARGS(addr, pages, lost),
	TP_STRUCT__entry(
		__field(unsigned long, addr)
		__field(unsigned long, pages)
		__field(unsigned long, lost)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->pages = pages;
		__entry->lost = lost;
	),
	TP_printk("addr=%p pages=%lu lost=%lu", (void *)__entry->addr, __entry->pages,
		  __entry->lost)
);

TRACE_EVENT(squirrel_reclaim_run,
	TP_PROTO(const char *mode, unsigned long objects, unsigned long slabs,
		 unsigned long merges, unsigned long pages, unsigned long us),
	TP_ARGS(mode, objects, slabs, merges, pages, us),
	TP_STRUCT__entry(
		__array(char, mode, SQ_TRACE_NAME)
		__field(unsigned long, objects)
		__field(unsigned long, slabs)
		__field(unsigned long, merges)
		__field(unsigned long, pages)
		__field(unsigned long, us)
	),
	TP_fast_assign(
		strscpy_pad(__entry->mode, mode, SQ_TRACE_NAME);
		__entry->objects = objects;
		__entry->slabs = slabs;
		__entry->merges = merges;
		__entry->pages = pages;
		__entry->us = us;
	),
	TP_printk("mode=%s objects=%lu slabs=%lu merges=%lu pages=%lu us=%lu",
		  __entry->mode, __entry->objects, __entry->slabs, __entry->merges,
		  __entry->pages, __entry->us)
);

/* The kernel's shrinker asked for memory, and got so many pages. */
TRACE_EVENT(squirrel_pressure,
	TP_PROTO(unsigned long pages),
	TP_ARGS(pages),
	TP_STRUCT__entry(
		__field(unsigned long, pages)
	),
	TP_fast_assign(
		__entry->pages = pages;
	),
	TP_printk("pages=%lu", __entry->pages)
);

TRACE_EVENT(squirrel_misuse,
	TP_PROTO(const char *name, const char *what, const void *ptr,
		 unsigned long call_site),
	TP_ARGS(name, what, ptr, call_site),
	TP_STRUCT__entry(
		__field(const void *, ptr)
		__field(unsigned long, call_site)
		__array(char, name, SQ_TRACE_NAME)
		__array(char, what, SQ_TRACE_WHAT)
	),
	TP_fast_assign(
		__entry->ptr = ptr;
		__entry->call_site = call_site;
		strscpy_pad(__entry->name, name, SQ_TRACE_NAME);
		strscpy_pad(__entry->what, what, SQ_TRACE_WHAT);
	),
	TP_printk("name=%s call_site=%pS ptr=%p what=%s", __entry->name,
		  (void *)__entry->call_site, __entry->ptr, __entry->what)
);

#endif /* _SQ_TRACE_H */

#ifndef _SQ_TRACE_CALLS
#define _SQ_TRACE_CALLS

/* Does anybody want to know of allocations, or of frees? */
DECLARE_STATIC_KEY_FALSE(sq_trace_allocs);
DECLARE_STATIC_KEY_FALSE(sq_trace_frees);

/* Patches code. May sleep. */
static inline void sq_key_set(struct static_key *key, bool on)
{
	if (on)
		static_key_enable(key);
	else
		static_key_disable(key);
}

unsigned int sq_trace_skip_ours(const unsigned long *entries, unsigned int nr);
void sq_trace_alloc(const char *name, unsigned long call_site, const void *ptr,
		    size_t bytes, size_t bytes_slot, gfp_t gfp, int node);
void sq_trace_free(const char *name, unsigned long call_site, const void *ptr);
void sq_trace_set_hook(void (*hook)(void));
int sq_trace_set_kmem(bool on);
bool sq_trace_kmem(void);

#endif /* _SQ_TRACE_CALLS */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
