/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the reclaimer share. */
#ifndef _SQ_RECLAIMER_INTERNAL_H
#define _SQ_RECLAIMER_INTERNAL_H

/* reclaimer.c */
unsigned long sq_reclaimer_pressure(void);

/* shrinker.c */
int sq_shrinker_init(void);
void sq_shrinker_exit(void);
unsigned long sq_shrinker_count(void);
unsigned long sq_shrinker_scan(void);

#endif /* _SQ_RECLAIMER_INTERNAL_H */
