/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Debugging, switched on and off while a cache or heap is in use.
 *
 * A cache that is debugged allocates from a twin: an ordinary cache of the same objects,
 * whose slots are longer. In front of the object is what is kept of it and a redzone,
 * behind it another. Whose an object is its page says, so what was allocated
 * before stays what it is, and is freed as that.
 *
 * Off the hot path that costs nothing: the door is the pointer to what the CPUs have at
 * hand. When it is shut all of a cache's allocations find nothing there and come to the
 * slow path, which looks here; a free of a twin's object is none of its cache's to the hot
 * path, and comes there as well.
 */
#ifndef _SQ_ALLOCATOR_DEBUG_H
#define _SQ_ALLOCATOR_DEBUG_H

#include "allocator/cache/cache.h"
#include "allocator/common/track.h"

struct seq_file;
struct sq_guard;

/* Longest word that says how to debug, and its end */
#define SQ_DEBUG_WORD	16

/* sample.c */
bool sq_sample_take(struct squirrel_cache *c);
bool sq_sample_take_large(struct squirrel_heap *heap);
bool sq_sample_look(void);
void sq_sample_show(struct seq_file *s, unsigned long sample);
unsigned long sq_sample_for_new(void);
void sq_sample_start(void);
void sq_sample_exit(void);

/*
 * How an allocation of @c that is on the slow path is to be debugged, SQ_DEBUG_*, or 0. If not
 * 0 there is a twin. To be asked once for each.
 */
static inline u32 sq_debugged(struct squirrel_cache *c)
{
	/* Pairs with apply() in switch.c. */
	u32 debug = smp_load_acquire(&c->debug);

	if (likely(!debug) || debug & SQ_DEBUG_ON)
		return debug;
	return sq_sample_take(c) ? debug : 0;
}

/* Might one of the next be? For who takes many at once, and one by one if so. */
static inline bool sq_debugged_soon(const struct squirrel_cache *c)
{
	u32 debug = READ_ONCE(c->debug);

	return debug & SQ_DEBUG_ON || (debug && atomic_read(&c->sample_left) > 0);
}

/* What is debugged of a cache or heap that is sampled so. */
static inline u32 sq_sampled_letters(unsigned long sample)
{
	return sample & SQ_SAMPLE_PLAIN ? SQ_DEBUG_SAMPLED & ~SQ_DEBUG_GUARD :
					  SQ_DEBUG_SAMPLED;
}

/* Is any of it to be guarded, of what is debugged and sampled so? */
static inline bool sq_debug_guards(u32 debug, unsigned long sample)
{
	if (debug == SQ_DEBUG_SAMPLE)
		debug = sq_sampled_letters(sample);
	return debug & SQ_DEBUG_GUARD;
}

static inline struct sq_slot *sq_slot_head(void *slot)
{
	return slot;
}

/* The state of a slot, for who looks while others change it. */
static inline bool sq_slot_live(const struct sq_slot *s)
{
	return sq_read_racy(s->state) == SQ_SLOT_LIVE;
}

/* lock.c */
void sq_debug_lock(void);
void sq_debug_unlock(void);
void sq_debug_assert_locked(void);

/* track.c */
int sq_track_init(void);
u64 sq_track_now(void);
void sq_track_set(struct sq_track *track, u32 debug, unsigned long caller);
bool sq_track_sound(const struct sq_track *track);
u64 sq_track_age_ms(const struct sq_track *track);
unsigned int sq_track_stack(const struct sq_track *track, unsigned long **entries);
void sq_track_print(const char *what, const struct sq_track *track);
void sq_track_show(struct seq_file *s, const char *what, const struct sq_track *track);

/**
 * struct sq_damage - memory that is not as it was left
 * @what: where
 * @at: the first such byte
 * @want: what it should be
 */
struct sq_damage {
	const char *what;
	const u8 *at;
	u8 want;
};

/* slot.c */
void sq_slot_fill_zones(const struct squirrel_cache *t, void *slot);
bool sq_slot_zones_sound(const struct squirrel_cache *t, void *slot,
			 struct sq_damage *damage);
bool sq_slot_may_poison(const struct squirrel_cache *t);
void sq_slot_show(const struct squirrel_cache *t, void *slot);
void sq_slot_hide_zones(const struct squirrel_cache *t, void *slot);
void sq_slot_hide(const struct squirrel_cache *t, void *slot);
void sq_slot_poison(const struct squirrel_cache *t, void *slot);
bool sq_slot_poison_sound(const struct squirrel_cache *t, void *slot,
			  struct sq_damage *damage);

/* peak.c */
int sq_peak_make(struct squirrel_cache *c);
void sq_peak_add(const struct squirrel_cache *c, size_t size);
void sq_peak_sub(const struct squirrel_cache *c, size_t size);
void sq_peak_flush(void);

/* check.c */
unsigned int sq_debug_check_slab(struct squirrel_cache *t, const struct sq_agent *agent);
unsigned int sq_debug_check_guards(const struct squirrel_cache *only,
				   const struct squirrel_heap *heap);

/* quarantine.c */
void sq_quarantine_set_bytes(unsigned long bytes);
int sq_quarantine_make(struct squirrel_cache *t, gfp_t gfp);
void *sq_quarantine_swap(struct squirrel_cache *t, void *slot);
void *sq_quarantine_take(struct squirrel_cache *t);

/* guard.c */
void *sq_guard_alloc(struct squirrel_cache *c, size_t size, gfp_t gfp, u32 debug,
		     unsigned long caller);
bool sq_guard_free(struct squirrel_cache *t, void *obj, unsigned long caller);

/* guard_pool.c */
typedef void (*sq_guard_fn)(struct sq_guard *g, void *ctx);
void sq_guard_want(const struct squirrel_cache *c, u32 debug);
void sq_guard_unwant(void);
void sq_guard_settle(void);
void sq_guard_flush(void);
void sq_guard_yield(void);
void sq_guard_walk(sq_guard_fn fn, void *ctx);
void sq_guard_end(struct squirrel_cache *t);
void sq_guard_disown(const struct squirrel_cache *c, const struct squirrel_heap *heap);
void sq_guard_init(void);
void sq_guard_exit(void);

/* guard_fault.c */
bool sq_guard_fault(unsigned long addr, bool write, unsigned long ip, bool guess, bool *open);
void sq_guard_fault_init(void);
void sq_guard_fault_exit(void);

/* trouble.c */
void sq_trouble_slot(struct squirrel_cache *t, void *slot, const struct sq_damage *damage,
		     unsigned long caller);
void sq_trouble_guard(struct squirrel_cache *t, struct sq_guard *g,
		      const struct sq_damage *damage, unsigned long caller);
void sq_trouble_fault(const struct sq_guard *g, const char *what, unsigned long addr,
		      unsigned long ip, bool guess);
void sq_trouble_large(struct squirrel_heap *heap, struct sq_agent *agent,
		      const struct sq_damage *damage, unsigned long caller);
void sq_trouble_misuse(struct squirrel_cache *c, const char *what, const void *obj,
		       const struct sq_found *f, unsigned long caller);
bool sq_trouble_knows(const struct sq_found *f);
void sq_trouble_exit(void);

/* log.c */
void sq_debug_log(const struct squirrel_cache *c, const void *obj, size_t size,
		  const struct sq_track *who);
void sq_debug_log_flush(void);

/* object.c */
void *sq_debug_alloc(struct squirrel_cache *c, size_t size, gfp_t gfp, int node,
		     unsigned long caller);
void sq_debug_free(struct squirrel_cache *t, void *obj, unsigned long caller);
unsigned long sq_debug_release(struct squirrel_cache *t, unsigned long most);
void sq_debug_release_all(struct squirrel_cache *t);
size_t sq_debug_usable(const struct sq_found *f);

/* large.c */
void *sq_debug_large_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp, int node,
			   unsigned long caller);
void sq_debug_large_check(struct squirrel_heap *heap, struct sq_agent *agent,
			  unsigned long caller);

/* word.c */
int sq_debug_parse(const char *of, const char *word, u32 was, u32 *debug);
void sq_debug_word(u32 debug, char *word);
bool sq_debug_match(const char *glob, const char *name);

/* switch.c */
void sq_debug_settle(void);
void sq_debug_switched(void);
int sq_debug_refuses(const struct squirrel_cache *c);
int sq_debug_switch_cache_locked(struct squirrel_cache *c, u32 debug);
int sq_debug_sample_cache_locked(struct squirrel_cache *c, unsigned long every, u32 debug);
int sq_debug_switch_cache(struct squirrel_cache *c, u32 debug);
int sq_debug_switch_heap_locked(struct squirrel_heap *heap, u32 debug);
int sq_debug_switch_heap(struct squirrel_heap *heap, u32 debug);
void sq_debug_join(struct squirrel_heap *heap, struct squirrel_cache *c, gfp_t gfp);
void sq_debug_switch_caches(const char *names, u32 debug);
void sq_debug_sample_caches(unsigned long every);
void sq_debug_refresh_caches(void);
void sq_debug_end(struct squirrel_cache *c);
void sq_debug_end_heap(struct squirrel_heap *heap);
void sq_debug_forget_heap(struct squirrel_heap *heap);

/* sweep.c */
/* Longest description of what is swept */
#define SQ_SWEEP_WHAT	(SQUIRREL_NAME_MAX + 16)
/* Instead of the how manieth: the next of a call site's that has not failed */
#define SQ_SWEEP_SITES	ULONG_MAX
/* Instead of the how manieth: those that the kernel's fault injection chooses */
#define SQ_SWEEP_KERNEL	(ULONG_MAX - 1)

void sq_sweep_aim(const void *target, const char *module);
void sq_sweep_start(unsigned long at, const char *what);
void sq_sweep_show(struct seq_file *s);
bool sq_sweep_wants_cache(const struct squirrel_cache *c);
bool sq_sweep_wants_heap(const struct squirrel_heap *heap);
void sq_sweep_forget(const void *target);
bool sq_sweep_fails(struct squirrel_cache *c, size_t size, gfp_t gfp, unsigned long caller);
bool sq_sweep_fails_create(const char *name, const char *owner, unsigned long caller);

/* rule.c */
void sq_debug_new_cache(struct squirrel_cache *c);
void sq_debug_new_heap(struct squirrel_heap *heap);

/* live.c */
unsigned long sq_debug_live(struct squirrel_cache *c);
void sq_debug_print_left(struct squirrel_cache *c);
unsigned int sq_debug_print_left_heap(struct squirrel_heap *heap, const struct module *by);

#endif /* _SQ_ALLOCATOR_DEBUG_H */
