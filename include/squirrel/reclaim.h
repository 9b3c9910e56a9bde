/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving free memory back, at once or by a mode: part of <squirrel/squirrel.h>.
 */
#ifndef _SQUIRREL_RECLAIM_H
#define _SQUIRREL_RECLAIM_H

/**
 * enum squirrel_reclaim_mode - when the reclaimer runs
 * @SQUIRREL_RECLAIM_OFF: only when asked (and under memory pressure)
 * @SQUIRREL_RECLAIM_SERIES: in the allocating context, every N allocations
 * @SQUIRREL_RECLAIM_PARALLEL: on its own, in the background
 */
enum squirrel_reclaim_mode {
	SQUIRREL_RECLAIM_OFF,
	SQUIRREL_RECLAIM_SERIES,
	SQUIRREL_RECLAIM_PARALLEL,
};

unsigned long squirrel_reclaim(void);
int squirrel_reclaim_mode(enum squirrel_reclaim_mode mode, unsigned long n);

#endif /* _SQUIRREL_RECLAIM_H */
