// SPDX-License-Identifier: GPL-2.0
/*
 * Who had what was live when most was: the table of live.c, written down whenever there is an
 * eighth more than when it was written last, a moment later, by a worker.
 *
 * What counts is bytes of objects that are debugged. A heap's are counted with what stands for
 * its large blocks.
 *
 * Lock: peak_mutex, inside of sq_debug_lock() and the registry's, protects the tables.
 */
#include <linux/irq_work.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "live.h"

/* Places that are kept; a smaller rise is not worth a walk. */
#define PEAK_SITES	32U
#define PEAK_STEP	(4UL << 10)

/**
 * struct sq_peak - the most there was of a cache or heap
 * @bytes: what is live now
 * @most: the most there was
 * @next: beyond this somebody is to look
 * @due: somebody is
 * @when: when the table was written, or 0
 * @then: what was live then
 * @used: how many places there were, of which so many are kept as there is room for
 * @others: objects of none of them
 * @sites: they, the most first
 */
struct sq_peak {
	atomic_long_t bytes;
	long most;
	long next;
	bool due;
	u64 when;
	long then;
	unsigned int used;
	unsigned long others;
	struct sq_site sites[PEAK_SITES];
};

static DEFINE_MUTEX(peak_mutex);

/* Where it is counted. */
static struct sq_peak *peak_of(const struct squirrel_cache *c)
{
	if (c->heap_key)
		c = c->heap->large;
	return READ_ONCE(c->peak);
}

/* Before the first object of @c is debugged, or of the heap that it stands for. May sleep. */
int sq_peak_make(struct squirrel_cache *c)
{
	struct sq_peak *p;

	if (c->peak)
		return 0;
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->next = PEAK_STEP;
	WRITE_ONCE(c->peak, p);
	return 0;
}

/* ---- counting ----------------------------------------------------------------- */

static void look_fn(struct work_struct *unused);
static DECLARE_WORK(look_work, look_fn);

static void call_fn(struct irq_work *unused)
{
	schedule_work(&look_work);
}

static DEFINE_IRQ_WORK(call_work, call_fn);

/* An object of @c, or of what stands for a heap's large blocks, is live now. Any context. */
void sq_peak_add(const struct squirrel_cache *c, size_t size)
{
	struct sq_peak *p = peak_of(c);
	long now;

	if (!p)
		return;
	now = atomic_long_add_return(size, &p->bytes);
	if (now > READ_ONCE(p->most))
		WRITE_ONCE(p->most, now);
	if (now <= READ_ONCE(p->next) || READ_ONCE(p->due))
		return;
	WRITE_ONCE(p->due, true);
	irq_work_queue(&call_work);
}

void sq_peak_sub(const struct squirrel_cache *c, size_t size)
{
	struct sq_peak *p = peak_of(c);

	if (p)
		atomic_long_sub(size, &p->bytes);
}

/* ---- writing down --------------------------------------------------------------- */

/* Less than there was last time is no peak; but the next is to come by again. */
static void write_down(struct sq_peak *p, struct sq_live_sites *l, struct sq_manager *m)
{
	long now = atomic_long_read(&p->bytes);
	unsigned int i;

	if (now > p->then && sq_live_collect(l, m)) {
		mutex_lock(&peak_mutex);
		p->when = sq_track_now();
		p->then = now;
		p->used = l->used;
		p->others = l->others;
		memcpy(p->sites, l->sites, sizeof(p->sites));
		for (i = PEAK_SITES; i < l->used; i++)
			p->others += l->sites[i].nr;
		mutex_unlock(&peak_mutex);
		kvfree(l->sites);
	}
	WRITE_ONCE(p->next, p->then + max_t(long, p->then / 8, PEAK_STEP));
	/* Who is beyond that may call again. */
	smp_store_release(&p->due, false);
}

static void find_due(struct squirrel_cache *c, void *ctx)
{
	struct squirrel_cache **found = ctx;

	if (!*found && !(c->flags & SQ_CACHE_GONE) && c->peak && READ_ONCE(c->peak->due))
		*found = c;
}

static void look_at_heap(struct squirrel_heap *heap, void *unused)
{
	struct sq_live_sites l = { .heap = heap };
	struct sq_peak *p = READ_ONCE(heap->large->peak);

	if (p && READ_ONCE(p->due))
		write_down(p, &l, heap->manager);
}

/* All that are due; a cache that is found stays as long as this has the lock. */
static void look_fn(struct work_struct *unused)
{
	struct squirrel_cache *c;

	do {
		c = NULL;
		sq_debug_lock();
		sq_walk_caches(find_due, &c);
		if (c) {
			struct sq_live_sites l = { .only = c };

			write_down(c->peak, &l, c->heap->manager);
		}
		sq_debug_unlock();
	} while (c);
	sq_walk_heaps_slowly(look_at_heap, NULL);
}

/* Until what was called for is written down; nobody calls meanwhile. May sleep. */
void sq_peak_flush(void)
{
	sq_irq_work_wait(&call_work);
	flush_work(&look_work);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_peak_flush);

/* ---- reading -------------------------------------------------------------------- */

static void show(struct seq_file *s, const struct sq_peak *p)
{
	struct sq_live_sites l = {};
	struct sq_track then;

	if (!p) {
		seq_puts(s, "most_bytes: 0\n");
		return;
	}
	mutex_lock(&peak_mutex);
	then.when = p->when;
	seq_printf(s, "most_bytes: %ld\n", READ_ONCE(p->most));
	if (p->when) {
		seq_printf(s, "seen_bytes: %ld\n", p->then);
		seq_printf(s, "seen_ms_ago: %llu\n", sq_track_age_ms(&then));
		l.sites = (struct sq_site *)p->sites;
		l.used = min(p->used, PEAK_SITES);
		l.others = p->others;
		sq_live_show(s, &l);
	}
	mutex_unlock(&peak_mutex);
}

/**
 * sq_cache_show_peak() - who had what was live of a cache when most was
 * @s: where to
 * @c: the cache
 *
 * Context: Process context. May sleep.
 */
void sq_cache_show_peak(struct seq_file *s, struct squirrel_cache *c)
{
	show(s, READ_ONCE(c->peak));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_show_peak);

/**
 * sq_heap_show_peak() - the same of a heap
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context. May sleep.
 */
void sq_heap_show_peak(struct seq_file *s, struct squirrel_heap *heap)
{
	show(s, READ_ONCE(heap->large->peak));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_show_peak);
