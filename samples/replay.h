/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of replay.ko share; see replay_main.c for what it does. */
#ifndef _REPLAY_H
#define _REPLAY_H

#include <linux/completion.h>
#include <linux/gfp.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "replay_file.h"
#include "replay_look.h"

/* ---- one run -------------------------------------------------------------- */

enum replay_pattern { REPLAY_NONE, REPLAY_EDGES, REPLAY_FULL };
enum replay_bust { REPLAY_BUST_OFF, REPLAY_BUST_OVERRUN, REPLAY_BUST_EARLY };

/* The module's parameters, parsed */
struct replay_opts {
	enum replay_pattern pattern;
	enum replay_bust busted;
	const char *strategy;	/* name, or NULL for the default heap's */
	bool own_heap;
	bool bulk;
	bool ctors;
	bool contexts;
	bool free_all;
	bool reclaim;
	bool keep;
	bool pagecalls;
	bool touched;
	unsigned int looks;
	unsigned int window;
	unsigned int settle_ms;
};

#define REPLAY_POINTS		200
#define REPLAY_BULK_MAX		64

struct replay_sample {
	s64 live_bytes;
	long pages;
	long touched;
	u32 record;
};

/**
 * struct replay_calls - calls of the page allocator
 * @allocs: for memory
 * @frees: to give some back
 * @batched: those of them that were on a list
 */
struct replay_calls {
	u64 allocs;
	u64 frees;
	u64 batched;
};

struct replay_run;
struct squirrel_heap;

/**
 * struct replay_subject - an allocator that a trace can be played on
 * @name: for the report
 * @setup: create caches and heap; on failure leaves what @teardown undoes
 * @teardown: destroy them; all objects are free, but those of an own heap if
 *	free_all is off
 * @reclaim: give idle memory back now
 * @hold: do nothing more in the background, if it does; may be NULL
 * @alloc: one object of cache number @c
 * @free: one object
 * @alloc_bulk: @n objects of a named cache, or 0
 * @free_bulk: @n objects of a named cache
 */
struct replay_subject {
	const char *name;
	int (*setup)(struct replay_run *run);
	void (*teardown)(struct replay_run *run);
	void (*reclaim)(struct replay_run *run);
	void (*hold)(struct replay_run *run);
	void *(*alloc)(struct replay_run *run, unsigned int c, size_t bytes,
		       gfp_t gfp);
	void (*free)(struct replay_run *run, unsigned int c, void *obj);
	int (*alloc_bulk)(struct replay_run *run, unsigned int c, gfp_t gfp,
			  size_t n, void **objs);
	void (*free_bulk)(struct replay_run *run, unsigned int c, size_t n,
			  void **objs);
};

extern const struct replay_subject replay_on_squirrel;
extern const struct replay_subject replay_on_slab;

/**
 * struct replay_worker - the thread that plays one recorded CPU
 * @run: what it belongs to
 * @task: the thread
 * @index: which worker; plays the records with cpu % nworkers == index
 * @pos: number of the record it is at; read by the others
 * @live: its allocations less its frees; may be negative; read by the others
 * @live_bytes: the same in bytes
 * @peak: most objects live that it has seen
 * @allocs: objects it has allocated
 * @frees: objects it has freed
 * @failed: allocations that returned NULL
 * @errors: objects it found damaged
 * @last: busted only: the object it allocated before
 * @last_id: busted only: that object's id
 * @batch: the objects of the call being made
 */
struct replay_worker {
	struct replay_run *run;
	struct task_struct *task;
	unsigned int index;
	u32 pos;
	long live;
	s64 live_bytes;
	long peak;
	u64 allocs;
	u64 frees;
	u64 failed;
	u64 errors;
	void *last;
	u32 last_id;
	void *batch[REPLAY_BULK_MAX];
} ____cacheline_aligned_in_smp;

/**
 * struct replay_run - a trace being played on a subject
 * @trace: the trace
 * @opts: the module's parameters
 * @subject: what it is played on
 * @objs: per object id: NULL until allocated, then its address, then one of
 *	the marks below. Published with release, read with acquire
 * @handles: per cache: the subject's cache, NULL for kmalloc caches
 * @heap: squirrel: where kmalloc requests go; NULL for the default heap
 * @workers: the threads' state
 * @nworkers: how many
 * @gate: completed when all threads stand ready
 * @done: completed once by each thread
 * @reported: damaged objects reported so far
 * @planted: busted: defects planted
 * @sample_lock: protects the three below
 * @next_sample: record at which the next sample is due
 * @nsamples: samples taken
 * @samples: REPLAY_POINTS of them
 * @looks: where the pages are
 * @ns: time from the first record to the last
 * @drained: objects freed after the last record
 * @calls_idle: pagecalls: calls of the page allocator a second, before
 * @calls_start: those made until the first record
 * @calls_end: until the last one
 * @calls_freed: until all was freed and settled
 * @free_before: free pages before the subject was set up
 * @pages_end: pages held at the end of the trace
 * @pages_settled: settle_ms later
 * @pages_freed: after all is freed and another settle_ms
 * @pages_left: after the subject was torn down
 */
struct replay_run {
	const struct replay_trace *trace;
	const struct replay_opts *opts;
	const struct replay_subject *subject;
	void **objs;
	void **handles;
	struct squirrel_heap *heap;
	struct replay_worker *workers;
	unsigned int nworkers;
	struct completion gate;
	struct completion done;
	atomic_t reported;
	atomic_t planted;

	/* held for a moment by whoever comes first; never waited for */
	spinlock_t sample_lock;
	u32 next_sample;
	unsigned int nsamples;
	struct replay_sample *samples;

	struct replay_looks looks;

	u64 ns;
	u64 drained;
	u64 calls_idle;
	struct replay_calls calls_start;
	struct replay_calls calls_end;
	struct replay_calls calls_freed;
	long free_before;
	long pages_end;
	long pages_settled;
	long pages_freed;
	long pages_left;
};

#define REPLAY_FAILED		((void *)1UL)	/* the allocation failed */
#define REPLAY_FREED		((void *)2UL)	/* freed again */

static inline bool replay_is_object(const void *p)
{
	return (unsigned long)p > (unsigned long)REPLAY_FREED;
}

/* A constructor plays a part, so nothing may be written to free objects */
static inline bool replay_has_ctor(const struct replay_run *run, unsigned int c)
{
	return run->opts->ctors &&
	       (run->trace->caches[c].flags & REPLAY_CACHE_CTOR);
}

/* replay_trace.c */
int replay_trace_load(struct replay_trace *t, const char *path);
void replay_trace_unload(struct replay_trace *t);

/* replay_play.c */
int replay_play(struct replay_run *run);
void replay_end(struct replay_run *run);

/* replay_pattern.c */
void replay_ctor(void *obj);
void replay_pattern_fresh(struct replay_worker *w, u32 id, void *obj,
			  bool zeroed);
void replay_pattern_check(struct replay_worker *w, u32 id, void *obj);
void *replay_bust(struct replay_worker *w, u32 id, void *obj, gfp_t gfp);

/* replay_sample.c */
long replay_free_pages(void);
s64 replay_live_bytes(const struct replay_run *run);
void replay_sample(struct replay_run *run, u32 pos);
int replay_samples_show(const struct replay_run *runs, unsigned int n);
void replay_samples_hide(void);

/* replay_calls.c */
int replay_calls_start(void);
void replay_calls_stop(void);
void replay_calls_read(struct replay_calls *sum);
u64 replay_calls_idle(void);

/* replay_report.c */
u64 replay_report(struct replay_run *run);

#endif /* _REPLAY_H */
