// SPDX-License-Identifier: GPL-2.0
/*
 * Where the pages are while a trace is played. Two things are noted:
 *
 *   - touched=1: in how many pages a live object is. The replayer knows all of those
 *     and counts them by page, whatever the subject is. In what else a subject holds
 *     nothing is live; what these pages have beyond the live objects is free, but
 *     cannot be given back.
 *   - looks=N: what squirrel says of itself, N times evenly over the sample points
 *     and once more where the most is live ("evenly: 0"): the
 *     "key: value" lines of its summary in debugfs. A look takes time in
 *     which no record is played and the background goes on, so a play with looks
 *     is one of its own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include "replay.h"

#define REPLAY_SUMMARY		"/sys/kernel/debug/squirrel/summary"

/* A table of two hundred caches, and the totals */
#define REPLAY_TEXT_SIZE	SZ_64K
/* Forty lines of forty bytes a look */
#define REPLAY_NOTES_SIZE	(REPLAY_POINTS * 1600)

/* ---- pages with live objects ---------------------------------------------- */

static unsigned long replay_last_pfn(void)
{
	unsigned long last = 0;
	int node;

	for_each_online_node(node)
		last = max(last, node_end_pfn(node));
	return last;
}

/**
 * replay_touch() - an object is live from now on, or not any more
 * @l: of a run with touched=1
 * @obj: the object
 * @bytes: its size as it was asked for, not 0
 * @live: which of the two
 *
 * Context: Any context.
 */
void replay_touch(struct replay_looks *l, const void *obj, size_t bytes,
		  bool live)
{
	unsigned long pfn = page_to_pfn(virt_to_page(obj));
	unsigned long last = page_to_pfn(virt_to_page(obj + bytes - 1));

	for (; pfn <= last; pfn++) {
		if (live && atomic_inc_return(&l->touching[pfn]) == 1)
			atomic_long_inc(&l->touched);
		else if (!live && atomic_dec_and_test(&l->touching[pfn]))
			atomic_long_dec(&l->touched);
	}
}

/* ---- looks at the summary ------------------------------------------------- */

/*
 * The kernel reads no file for a module that has no read_iter, and those of
 * debugfs have none. Squirrel's are seq_files, whose own reader is for all. The
 * buffer is as large as is ever needed: one that had to grow would be filled, and
 * all blocks be walked over, more than once.
 */
static struct file *replay_look_open(void)
{
	struct file *file = filp_open(REPLAY_SUMMARY, O_RDONLY, 0);
	struct seq_file *seq;

	if (IS_ERR(file))
		return file;
	seq = file->private_data;
	seq->buf = kvmalloc(REPLAY_TEXT_SIZE, GFP_KERNEL);
	if (!seq->buf) {
		filp_close(file, NULL);
		return ERR_PTR(-ENOMEM);
	}
	seq->size = REPLAY_TEXT_SIZE;
	return file;
}

static ssize_t replay_look_read(struct replay_looks *l)
{
	struct kvec vec = {
		.iov_base = l->text,
		.iov_len = REPLAY_TEXT_SIZE - 1,
	};
	struct kiocb iocb = { .ki_filp = l->summary };
	struct iov_iter iter;

	iov_iter_kvec(&iter, READ, &vec, 1, vec.iov_len);
	return seq_read_iter(&iocb, &iter);
}

__printf(2, 3)
static void replay_note(struct replay_looks *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	l->noted += vscnprintf(l->notes + l->noted,
			       REPLAY_NOTES_SIZE - l->noted, fmt, args);
	va_end(args);
}

static void replay_look_note(struct replay_looks *l, bool evenly,
			     const struct replay_sample *s)
{
	char *text = l->text, *line;

	replay_note(l, "evenly: %d\nrecord: %u\nheld: %ld\nasked_bytes: %lld\ntouched: %ld\n",
		    evenly, s->record, s->pages, s->live_bytes, s->touched);
	while ((line = strsep(&text, "\n")))
		if (strstr(line, ": "))
			replay_note(l, "%s\n", line);
}

/* After which sample point the most is live, from 1 on */
static unsigned int replay_fullest(const struct replay_trace *t)
{
	u32 step = max(t->nevents / REPLAY_POINTS, 1U), nr, pos = 0;
	unsigned int fullest = 0;
	s64 live = 0, most = 0;

	for (nr = 1; nr <= REPLAY_POINTS && nr * step < t->nevents; nr++) {
		for (; pos <= nr * step; pos++) {
			const struct replay_rec *r = &t->recs[pos];
			u32 from = t->alloc_rec[le32_to_cpu(r->id)];
			s64 bytes = le32_to_cpu(t->recs[from].bytes);

			live += r->op == REPLAY_OP_ALLOC ? bytes : -bytes;
		}
		if (live > most) {
			most = live;
			fullest = nr;
		}
	}
	return fullest;
}

/* Is an even look to be taken at sample point @nr, from 1 on? */
static bool replay_look_due(const struct replay_run *run, unsigned int nr)
{
	unsigned int looks = run->opts->looks;
	unsigned int then = (nr - 1) * looks + REPLAY_POINTS / 2;

	/* in the middle of their shares, or the mean would lag behind */
	return (then + looks) / REPLAY_POINTS > then / REPLAY_POINTS;
}

/**
 * replay_look() - note what squirrel says of itself, if it is time
 * @run: the run
 * @nr: the number of the sample that was just taken, from 1 on
 *
 * Context: Process context. May sleep.
 */
void replay_look(struct replay_run *run, unsigned int nr)
{
	struct replay_looks *l = &run->looks;
	bool evenly = replay_look_due(run, nr);
	ssize_t n;

	if (!l->summary || (!evenly && nr != l->fullest))
		return;
	mutex_lock(&l->lock);
	n = replay_look_read(l);
	if (n > 0) {
		l->text[n] = '\0';
		replay_look_note(l, evenly, &run->samples[nr - 1]);
	}
	mutex_unlock(&l->lock);
}

/**
 * replay_looks_show() - a file of debugfs: all that was noted
 * @s: where to
 * @run: a finished run
 *
 * Context: Process context. May sleep.
 */
void replay_looks_show(struct seq_file *s, const struct replay_run *run)
{
	if (run->looks.notes)
		seq_write(s, run->looks.notes, run->looks.noted);
}

/**
 * replay_looks_start() - get what touched=1 and looks=N need
 * @run: the run, before anything is counted; on failure replay_looks_end() is
 *	to be called as well
 *
 * Context: Process context. May sleep.
 * Return: 0 or a negative errno.
 */
int replay_looks_start(struct replay_run *run)
{
	struct replay_looks *l = &run->looks;

	mutex_init(&l->lock);
	if (run->opts->touched) {
		l->touching = vzalloc(array_size(replay_last_pfn(),
						 sizeof(*l->touching)));
		if (!l->touching)
			return -ENOMEM;
	}
	if (!run->opts->looks || run->subject != &replay_on_squirrel)
		return 0;
	l->text = vmalloc(REPLAY_TEXT_SIZE);
	l->notes = vmalloc(REPLAY_NOTES_SIZE);
	if (!l->text || !l->notes)
		return -ENOMEM;
	l->fullest = replay_fullest(run->trace);
	l->summary = replay_look_open();
	return PTR_ERR_OR_ZERO(l->summary);
}

/**
 * replay_looks_stop() - no more looks, what was noted stays
 * @run: the run
 *
 * Context: Process context. May sleep.
 */
void replay_looks_stop(struct replay_run *run)
{
	struct replay_looks *l = &run->looks;

	if (!IS_ERR_OR_NULL(l->summary))
		filp_close(l->summary, NULL);
	l->summary = NULL;
	vfree(l->text);
	l->text = NULL;
	vfree(l->touching);
	l->touching = NULL;
}

/**
 * replay_looks_end() - forget all
 * @run: the run
 *
 * Context: Process context. May sleep.
 */
void replay_looks_end(struct replay_run *run)
{
	replay_looks_stop(run);
	vfree(run->looks.notes);
	run->looks.notes = NULL;
}
