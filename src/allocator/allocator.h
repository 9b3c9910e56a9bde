/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Face of layer 2, the allocator, towards the reclaimer, debugfs and main.
 * Clients use <squirrel/squirrel.h>.
 */
#ifndef _SQ_ALLOCATOR_H
#define _SQ_ALLOCATOR_H

#include <linux/gfp.h>
#include <linux/types.h>

struct module;
struct seq_file;
struct sq_block_ops;
struct sq_manager;
struct squirrel_cache;
struct squirrel_heap;

/**
 * struct sq_allocator_config - set once at load, by main.c
 * @source: where pages come from
 * @strategy: name of the strategy of heaps that do not choose
 * @hardened: check every free before the pointer enters a magazine
 * @debug: what is debugged from the start, as for sq_allocator_set_debug(), or ""
 * @sample: every how manieth allocation is, as for sq_allocator_set_sample()
 * @quarantine: bytes of freed objects that a cache's quarantine keeps, or 0 for what is usual
 */
struct sq_allocator_config {
	const struct sq_block_ops *source;
	const char *strategy;
	bool hardened;
	const char *debug;
	const char *sample;
	unsigned long quarantine;
};

/* Parameters, of guard_fault.c and report.c */
extern bool sq_guard_oops;
extern bool sq_warn;

int sq_allocator_init(const struct sq_allocator_config *config);
void sq_allocator_exit(void);

/* ---- what the reclaimer needs --------------------------------------------- */

/**
 * enum sq_event - why the allocator calls its hook
 * @SQ_EVENT_ALLOCS: in series mode, N allocations have been made
 * @SQ_EVENT_ACTIVE: objects went past the magazines: there may be work soon
 * @SQ_EVENT_HIGH_WATERMARK: more free pages have gathered in a heap than it should keep,
 *	or empty slabs where they cannot be given back
 * @SQ_EVENT_VOLUME: so much went back to slabs since that it is worth a look
 * @SQ_EVENT_CPU_DEAD: a CPU went away and left its magazines full
 */
enum sq_event {
	SQ_EVENT_ALLOCS,
	SQ_EVENT_ACTIVE,
	SQ_EVENT_HIGH_WATERMARK,
	SQ_EVENT_VOLUME,
	SQ_EVENT_CPU_DEAD,
};

/**
 * typedef sq_hook_fn - called by the allocator, without any of its locks
 * @event: what happened
 * @gfp: what the caller's context allows
 *
 * Context: Any context but NMI, with whatever locks the client holds.
 */
typedef void (*sq_hook_fn)(enum sq_event event, gfp_t gfp);

sq_hook_fn sq_allocator_set_hook(sq_hook_fn hook);
void sq_allocator_set_series(unsigned long n);
void sq_allocator_set_shed(bool shed);

/**
 * struct sq_reclaim_work - what one reclaim run did
 * @objects: objects moved out of magazines and depots into slabs
 * @released: objects let go out of quarantine
 * @slabs: empty slabs, and empty parts of slabs, given to the manager
 * @merges: free blocks coalesced
 * @pages: pages given back to the source
 * @refilled: objects added to reserves
 */
struct sq_reclaim_work {
	unsigned long objects;
	unsigned long released;
	unsigned long slabs;
	unsigned long merges;
	unsigned long pages;
	unsigned long refilled;
};

void sq_allocator_drain_local(bool idle_only, struct sq_reclaim_work *work);
bool sq_allocator_look_due(unsigned int cpu);
void sq_allocator_look_done(bool gained);
void sq_allocator_look_local(struct sq_reclaim_work *work);
void sq_allocator_look_slabs(struct sq_reclaim_work *work);
void sq_allocator_drain_dead(struct sq_reclaim_work *work);
void sq_allocator_drain_depots(bool all, struct sq_reclaim_work *work);
void sq_allocator_end_quarantine(void);
void sq_allocator_release_slabs(bool all, struct sq_reclaim_work *work);
void sq_allocator_trim_slabs(bool all, struct sq_reclaim_work *work);
void sq_allocator_flush(void);
void sq_allocator_coalesce(unsigned long budget, struct sq_reclaim_work *work);
void sq_allocator_give_back(unsigned long keep, unsigned long budget,
			    unsigned long age, struct sq_reclaim_work *work);
void sq_allocator_refill(struct sq_reclaim_work *work);
unsigned long sq_allocator_reclaimable(void);
bool sq_allocator_cpu_idle(unsigned int cpu);

/* ---- what debugfs shows --------------------------------------------------- */

/**
 * struct sq_registry_hook - told when caches and heaps come and go
 * @cache_added: a cache exists under this name and id
 * @cache_removed: it is about to go; no reader may hold it afterwards
 * @heap_added: a heap exists
 * @heap_removed: it is about to go
 *
 * Called in process context, without locks that a reader takes.
 */
struct sq_registry_hook {
	void (*cache_added)(const char *name, struct squirrel_cache *cache);
	void (*cache_removed)(struct squirrel_cache *cache);
	void (*heap_added)(const char *name, struct squirrel_heap *heap);
	void (*heap_removed)(struct squirrel_heap *heap);
};

void sq_allocator_set_registry_hook(const struct sq_registry_hook *hook);

void sq_cache_show_stats(struct seq_file *s, struct squirrel_cache *cache);
void sq_cache_show_map(struct seq_file *s, struct squirrel_cache *cache);
void sq_cache_show_blocks(struct seq_file *s, struct squirrel_cache *cache);
void sq_cache_show_histogram(struct seq_file *s, struct squirrel_cache *cache);
void sq_heap_show_stats(struct seq_file *s, struct squirrel_heap *heap);
void sq_heap_show_map(struct seq_file *s, struct squirrel_heap *heap);
void sq_heap_show_blocks(struct seq_file *s, struct squirrel_heap *heap);
void sq_heap_show_histogram(struct seq_file *s, struct squirrel_heap *heap);
void sq_heap_show_strategy(struct seq_file *s, struct squirrel_heap *heap);
int sq_heap_set_strategy(struct squirrel_heap *heap, const char *name);
void sq_cache_show_debug(struct seq_file *s, struct squirrel_cache *cache);
int sq_cache_set_debug(struct squirrel_cache *cache, const char *word);
void sq_cache_show_peak(struct seq_file *s, struct squirrel_cache *cache);
void sq_cache_show_sample(struct seq_file *s, struct squirrel_cache *cache);
int sq_cache_set_sample(struct squirrel_cache *cache, const char *word);
void sq_cache_show_live(struct seq_file *s, struct squirrel_cache *cache);
int sq_cache_set_snapshot(struct squirrel_cache *cache, const char *word);
void sq_cache_show_snapshot(struct seq_file *s, struct squirrel_cache *cache);
void sq_heap_show_debug(struct seq_file *s, struct squirrel_heap *heap);
int sq_heap_set_debug(struct squirrel_heap *heap, const char *word);
void sq_heap_show_peak(struct seq_file *s, struct squirrel_heap *heap);
void sq_heap_show_sample(struct seq_file *s, struct squirrel_heap *heap);
int sq_heap_set_sample(struct squirrel_heap *heap, const char *word);
void sq_heap_show_live(struct seq_file *s, struct squirrel_heap *heap);
int sq_heap_set_snapshot(struct squirrel_heap *heap, const char *word);
void sq_heap_show_snapshot(struct seq_file *s, struct squirrel_heap *heap);
int sq_allocator_set_snapshot(const char *word);
void sq_allocator_show_snapshot(struct seq_file *s);
void sq_allocator_show_debug(struct seq_file *s);
int sq_allocator_set_debug(const char *line);
void sq_allocator_show_sample(struct seq_file *s);
int sq_allocator_set_sample(const char *word);
int sq_cache_set_fail(struct squirrel_cache *cache, const char *word);
int sq_heap_set_fail(struct squirrel_heap *heap, const char *word);
int sq_allocator_set_fail(const char *line);
void sq_allocator_show_fail(struct seq_file *s);
void sq_allocator_show_whose(struct seq_file *s);
int sq_allocator_set_whose(const char *word);
unsigned int sq_allocator_client_left(const struct module *module);
void sq_allocator_client_gone(const struct module *module);
void sq_allocator_show_summary(struct seq_file *s, bool all);
unsigned int sq_allocator_check(void);
unsigned int sq_cache_check(struct squirrel_cache *cache);
unsigned int sq_heap_check(struct squirrel_heap *heap);

#endif /* _SQ_ALLOCATOR_H */
