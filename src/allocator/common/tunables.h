/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The allocator's tunables: numbers that could be others, and what speaks for these.
 * Those of the layers below and above stand in their own tunables.h; all of them are
 * in a table in Documentation/hacking.rst.
 */
#ifndef _SQ_ALLOCATOR_TUNABLES_H
#define _SQ_ALLOCATOR_TUNABLES_H

/* ---- how much free memory is kept ------------------------------------------- */

/*
 * Empty slabs a node keeps beyond the moment: so many, and one more for each so many
 * slabs that it has. A load that swings would make the same slabs again and again.
 */
#define SQ_KEEP_EMPTY		0U
#define SQ_KEEP_EMPTY_SHARE	1024U

/*
 * Bytes of objects that a CPU lets go back to slabs before it asks for a look: the least,
 * and the most, as looks that gain nothing become fewer.
 */
#define SQ_LOOK_BYTES		(36UL << 10)
#define SQ_LOOK_BYTES_MAX	(64 * SQ_LOOK_BYTES)

/* Free pages of a heap above which it gives some back at once: its high watermark. */
#define SQ_HIGH_WATERMARK	40UL
/* Pages that have become free since somebody looked, before somebody does again; */
#define SQ_SHED_STEP		16UL
/* merges of free neighbours that a look of such a kind does at most; */
#define SQ_SHED_MERGES		64UL
/* from so many times the watermark on single pages go as well, so many at a time. */
#define SQ_SHED_SINGLE		2
#define SQ_SHED_PAGES		32UL

/* The reclaimer leaves a heap no more free pages than this part of what is used. */
#define SQ_KEEP_SHARE		16U

/* ---- slabs ------------------------------------------------------------------- */

/* A slab wastes no more than this part at its end, if a longer one helps. */
#define SQ_SLAB_WASTE		16
/* A new slab is no longer than this part of what the cache holds. */
#define SQ_SLAB_SHARE		8

/* Empty slabs taken off a node in one hold of its lock. */
#define SQ_DETACH_HOLD		32U

/* Slabs looked at for pages to cut out, per cache, node and run; */
#define SQ_TRIM_SCAN		256U
/* of them in one hold of the lock: fewer where pages are larger, for more objects. */
#define SQ_TRIM_HOLD		(PAGE_SHIFT < 15 ? 8U >> (PAGE_SHIFT - 12) : 1U)
/* A part that was left for want of an agent may be on another list by then. */
#define SQ_TRIM_ROUNDS		4U

/* Deferred frees that one interrupt takes care of; the next one goes on. */
#define SQ_DEFERRED_BATCH	32U

/* ---- objects at hand ---------------------------------------------------------- */

/*
 * Bytes of objects in a magazine at the most, unless these are fewer objects than here,
 * and to begin with.
 */
#define SQ_MAG_BYTES_MAX	16384U
#define SQ_MAG_OBJS_MIN		16U
#define SQ_CPU_START		512U
/*
 * Objects in one refill from slabs, and slabs that it takes them from: up to 25 and 150
 * instructions each, while somebody waits.
 */
#define SQ_REFILL_OBJS		112U
#define SQ_REFILL_SLABS		4U
/*
 * Misses between two looks of the reclaimer before a magazine may hold more: each
 * costs a few hundred instructions, so fewer do not matter, while what lies in
 * magazines keeps slabs from becoming empty.
 */
#define SQ_MISSES_TO_GROW	16U
/* One that ran full and was empty before, or the other way round, counts for so many. */
#define SQ_SWING_WORTH		7U
/* Milliseconds for which it is remembered how large one was that had to go as a whole. */
#define SQ_CAP_KEPT_MS		200U
/* Uses per object of capacity between two looks that keep a magazine as large. */
#define SQ_BUSY_USES		32
/* Of a CPU that used it less, one object stays for so many uses. */
#define SQ_IDLE_USES		4

/* Depots that a node has at the most, for its CPUs to share; a power of two. */
#define SQ_DEPOTS		4U
/* Bytes of objects, and magazines, that a depot may hold. */
#define SQ_DEPOT_BYTES		(128U << 10)
#define SQ_DEPOT_MAGS		64U
/* Times that it had no space, between two looks, before it may hold more. */
#define SQ_DEPOT_MISSES		8

/* Times that a cache is drained at its end before objects are said to be live. */
#define SQ_SETTLE_TRIES		3U
/* Times that who sums up counts waits for a CPU that is at them. */
#define SQ_COUNT_TRIES		64U

/* ---- steps ------------------------------------------------------------------- */

/* Objects of a bulk call up to which they are taken and given one by one. */
#define SQ_BULK_FEW		16U
/* Objects moved by one bulk call with preemption off. */
#define SQ_BULK_CHUNK		128U
/* Larger classes to try before a whole page when a class cannot be made. */
#define SQ_CLASS_TRIES		8
/* Reports that may wait at a time; more are only counted. */
#define SQ_NOTES		8U
/* A check: slabs per hold of a node's lock, pages per hold of a manager's, */
#define SQ_CHECK_SLABS		32
#define SQ_CHECK_PAGES		256
/* of which one whose bytes are looked at counts so many times more; */
#define SQ_CHECK_BYTES_PAGES	7L
/* and how often a node that changes meanwhile is looked at. */
#define SQ_CHECK_ROUNDS		4

/* Bytes of freed objects that each cache in quarantine keeps, if nothing else is said; */
#define SQ_QUARANTINE_BYTES	1048576UL
/* of them are let go at a time, for who finds no memory. */
#define SQ_QUARANTINE_RELEASE	32U
/* and of all so many before others may run */
#define SQ_QUARANTINE_STEP	256U
/* Objects of a cache that are guarded at a time, and pages of the longest one's area; */
#define SQ_GUARD_OBJS		1024
#define SQ_GUARD_PAGES		((64UL << 10) >> PAGE_SHIFT)
/* bytes of areas of one length that are made ahead, and areas, at least and at most; */
#define SQ_GUARD_AHEAD_BYTES	(256UL << 10)
#define SQ_GUARD_AHEAD_MIN	4UL
#define SQ_GUARD_AHEAD_MAX	64UL
/* the same of a cache that is only sampled, and areas that are made ahead for such; */
#define SQ_GUARD_SAMPLE_OBJS	64
#define SQ_GUARD_SAMPLE_AHEAD	8UL
/* of so many that are gone it is remembered whose they were. */
#define SQ_GUARD_PAST		1024U
/* Sampling: how often somebody looks how many are due, and how many that are at most */
#define SQ_SAMPLE_MS		100U
#define SQ_SAMPLES		64UL
/* Lines of flag T that may wait to be printed; a power of two, for numbers wrap. */
#define SQ_DEBUG_LINES		128U
/* Empty slabs that a twin's node keeps, until the reclaimer comes by. */
#define SQ_DEBUG_KEEP		8

#endif /* _SQ_ALLOCATOR_TUNABLES_H */
