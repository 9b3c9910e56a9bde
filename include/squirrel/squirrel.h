/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Squirrel: a private slab-style allocator for kernel modules.
 *
 * This is all a client needs. Three things are on offer:
 *
 *   caches  objects of one size            squirrel_cache_*()
 *   heaps   objects of any size, destroyed at once   squirrel_heap_*()
 *   the default heap, shaped like kmalloc()          squirrel_alloc()/_free()
 *
 * Errors: create calls return an ERR_PTR and print one line that says why.
 * Allocation calls return NULL. A refused operation changes nothing.
 * Zero-copy: memory of a heap of more than SQUIRREL_CLASS_MAX_SIZE bytes may be
 * handed to what takes references to its pages (the network by sendpage or
 * splice, a bio, a mapping), as that of kmalloc() may: a page that is still
 * referred to when the memory is freed is not used again before its holder put
 * it. Smaller objects, and those of caches, share their pages with others and are
 * used again when they are freed, whoever refers to the page. They are no PageSlab
 * and have references, so sendpage_ok() and the like call them fit; they are so
 * only until they are freed. Whoever sends one by reference must keep it until the
 * other side is through with it.
 * Other CPUs: who hands an object on to another CPU does so by what would order its
 * content as well: a lock, a release, RCU. A bare WRITE_ONCE() of its address, before a
 * word was written to it, is not enough: its free may be refused there as a second one.
 * Contexts: an allocation without __GFP_DIRECT_RECLAIM and every free work
 * from task, softirq, hardirq and NMI context, unless a function's own
 * Context: line says otherwise.
 */
#ifndef _SQUIRREL_SQUIRREL_H
#define _SQUIRREL_SQUIRREL_H

#include <squirrel/alloc.h>
#include <squirrel/cache.h>
#include <squirrel/heap.h>
#include <squirrel/limits.h>
#include <squirrel/reclaim.h>
#include <squirrel/report.h>
#include <squirrel/size_class.h>
#include <squirrel/version.h>

#endif /* _SQUIRREL_SQUIRREL_H */
