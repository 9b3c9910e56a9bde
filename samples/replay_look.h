/* SPDX-License-Identifier: GPL-2.0 */
/* What is noted of where the pages are; see replay_look.c. */
#ifndef _REPLAY_LOOK_H
#define _REPLAY_LOOK_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct file;
struct replay_run;
struct seq_file;

/**
 * struct replay_looks - of one run
 * @touched: touched=1: pages with live objects
 * @touching: how many in each, by page frame; or NULL
 * @fullest: looks: the sample point where the most is live
 * @lock: protects what follows
 * @summary: looks: the file, or NULL
 * @text: what it said
 * @notes: what is kept of that, of all looks, to the end of the module
 * @noted: bytes of @notes
 */
struct replay_looks {
	atomic_long_t touched;
	atomic_t *touching;
	unsigned int fullest;
	struct mutex lock;	/* a look at a time */
	struct file *summary;
	char *text;
	char *notes;
	size_t noted;
};

void replay_touch(struct replay_looks *l, const void *obj, size_t bytes,
		  bool live);
void replay_look(struct replay_run *run, unsigned int nr);
void replay_looks_show(struct seq_file *s, const struct replay_run *run);
int replay_looks_start(struct replay_run *run);
void replay_looks_stop(struct replay_run *run);
void replay_looks_end(struct replay_run *run);

#endif /* _REPLAY_LOOK_H */
