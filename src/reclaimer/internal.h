/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the reclaimer share. */
#ifndef _SQ_RECLAIMER_INTERNAL_H
#define _SQ_RECLAIMER_INTERNAL_H

#include <linux/mutex.h>
#include <linux/types.h>

#include <squirrel/squirrel.h>

struct seq_file;
struct sq_reclaim_work;

/* What made a run happen. */
enum sq_run_kind {
	SQ_RUN_SERIES,
	SQ_RUN_PARALLEL,
	SQ_RUN_ASKED,
	SQ_RUN_PRESSURE,
};

/* history.c */
void sq_history_add(enum sq_run_kind kind, u64 start,
		    const struct sq_reclaim_work *work);
void sq_history_show_stats(struct seq_file *s);

/* run.c; the mode is changed by reclaimer.c alone, under the mutex */
extern struct mutex sq_reclaim_mutex;
extern enum squirrel_reclaim_mode sq_reclaim_mode;

int sq_run_init(void);
void sq_run_exit(void);
bool sq_run_background(u64 start, bool idle, bool volume);
unsigned long sq_reclaimer_pressure(void);
void sq_series_run(void);
void sq_run_cpu_dead(void);

/* series.c */
void sq_series(void);
void sq_series_exit(void);

/* shrinker.c */
int sq_shrinker_init(void);
void sq_shrinker_exit(void);
unsigned long sq_shrinker_count(void);
unsigned long sq_shrinker_scan(void);

#endif /* _SQ_RECLAIMER_INTERNAL_H */
