/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be tuned in the reclaimer. What a heap keeps by itself is the
 * allocator's to tune; here is how often there are runs and how much each does.
 */
#ifndef _SQ_RECLAIMER_TUNABLES_H
#define _SQ_RECLAIMER_TUNABLES_H

/* ---- when: reclaimer.c ---- */

/* Allocations from one run of series mode to the next, if nothing is said. */
#define SQ_SERIES_DEFAULT	10000UL
/*
 * Milliseconds from one run of the background to the next in parallel mode, if
 * nothing is said: long enough to cost little, short against a person's patience.
 */
#define SQ_PARALLEL_DEFAULT	20UL
/* The least and the most of them that may be said. */
#define SQ_PERIOD_MIN		1UL
#define SQ_PERIOD_MAX		60000UL
/*
 * Milliseconds between two idle scans, which find free objects that raised no
 * event. They are few, so there is no hurry; the timer is deferrable.
 */
#define SQ_IDLE_SCAN_MS		1000U
/*
 * Runs in a row that gained nothing before the background stops: depots and
 * slabs are trimmed to what was in use since the last run, so the last of what
 * is idle goes in the second or third.
 */
#define SQ_IDLE_RUNS_MAX	3U

/* ---- how much: run.c ---- */

/* Merges per heap and run, and pages given back: a run's length is bounded. */
#define SQ_RUN_MERGES		1024UL
#define SQ_RUN_PAGES		4096UL
/*
 * Parts of the quarantines that one call of the shrinker lets go while no page comes of it:
 * with 256 objects of each cache as many as a quarantine of the usual size has.
 */
#define SQ_PRESSURE_TRIES	32
/* Looks by volume from one that takes slabs apart to the next. */
#define SQ_TRIM_LOOKS		4
/* Free pages a heap keeps while it is in use, for the next slabs. */
#define SQ_KEEP_PAGES		8UL
/*
 * Milliseconds that small free blocks wait for neighbours to become free, as
 * larger pieces cost the source less. Below SQ_PARALLEL_DEFAULT, so that the
 * next run finds them aged.
 */
#define SQ_AGED_MS		12U

/* ---- what is remembered: history.c ---- */

/* Runs that found something and are shown one by one. */
#define SQ_HISTORY_RUNS		16U

#endif /* _SQ_RECLAIMER_TUNABLES_H */
