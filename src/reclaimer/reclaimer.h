/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Face of layer 3, the reclaimer, towards debugfs and main. Clients use
 * squirrel_reclaim() and squirrel_reclaim_mode() of <squirrel/squirrel.h>.
 */
#ifndef _SQ_RECLAIMER_H
#define _SQ_RECLAIMER_H

#include <linux/types.h>

struct seq_file;

int sq_reclaimer_init(const char *mode);
void sq_reclaimer_exit(void);
int sq_reclaimer_set_mode_string(const char *text);
int sq_reclaimer_get_mode_string(char *buf, size_t size);
void sq_reclaimer_show_mode(struct seq_file *s);
void sq_reclaimer_show_stats(struct seq_file *s);
void sq_reclaimer_show_history(struct seq_file *s);
void sq_reclaimer_show_summary(struct seq_file *s);
unsigned long sq_reclaimer_run(void);

#endif /* _SQ_RECLAIMER_H */
