// SPDX-License-Identifier: GPL-2.0
/*
 * Failure sweep: the Nth allocation from now on fails, once, of one cache, of one heap, or
 * of all that one module makes; or those that the kernel's fault injection chooses (inject.c).
 * There is one sweep at a time.
 *
 * What is swept is debugged, with no flag if there is none: so its allocations come by here,
 * and nobody else's. Of the default heap all come by; a module's are told by who called.
 * Who begins and ends one, see fail.c.
 *
 * Or the first one fails whose call site has not failed before: as often as that is asked for,
 * as many call sites there are. A module comes and goes meanwhile, perhaps to another
 * address, so call sites are known by their names. They are kept without a lock, for the
 * allocation may be anywhere.
 */
#include <linux/bitops.h>
#include <linux/jhash.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "debug.h"
#include "inject.h"

/* Longest symbol and module that are told apart */
#define CALLER_TEXT	256

/* As many call sites are told apart, by so much of their names */
#define SITES		128
#define SITE_TEXT	80

/**
 * struct sq_sweep_site - where allocations are called
 * @key: of its name, or 0: there is none
 * @failed: one of them has failed
 * @first: the how manieth allocation was its first, this time
 * @last: and its last
 * @text: its name
 */
struct sq_sweep_site {
	unsigned int key;
	bool failed;
	unsigned long first;
	unsigned long last;
	char text[SITE_TEXT];
};

/**
 * struct sq_sweep - what is to fail
 * @at: the how manieth, SQ_SWEEP_SITES, SQ_SWEEP_KERNEL, or 0
 * @counted: allocations so far
 * @hit: it, or the first, has failed, and @who and @of are complete
 * @target: the cache or heap, compared only, or
 * @module: the module whose name this is; under sq_debug_lock(), as @target
 * @what: either, in words
 * @who: whose allocation failed
 * @of: which cache or heap that was of
 * @taken: bit 0: one has failed that was not told by its number
 * @sites_lost: allocations of call sites for which there was no room
 * @site: those that came by since this is swept; by key, or in the next one that is free
 */
static struct sq_sweep {
	unsigned long at;
	atomic_long_t counted;
	bool hit;
	const void *target;
	char module[MODULE_NAME_LEN];
	char what[SQ_SWEEP_WHAT];
	struct sq_track who;
	char of[SQUIRREL_NAME_MAX + 1];
	unsigned long taken;
	atomic_long_t sites_lost;
	struct sq_sweep_site site[SITES];
} sweep;

/* ---- whose ---------------------------------------------------------------------- */

static bool by_module(const char *owner)
{
	return sweep.module[0] && !strcmp(owner, sweep.module);
}

/* Under sq_debug_lock(). A heap's classes are as the heap. */
bool sq_sweep_wants_cache(const struct squirrel_cache *c)
{
	if (c->flags & (SQ_CACHE_INTERNAL | SQ_CACHE_TWIN | SQ_CACHE_CLASS))
		return false;
	return sweep.target == c || by_module(c->owner);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_sweep_wants_cache);

/* Under sq_debug_lock(). */
bool sq_sweep_wants_heap(const struct squirrel_heap *heap)
{
	if (sweep.target == heap || by_module(heap->owner))
		return true;
	return sweep.module[0] && heap == sq_default_heap;
}

/* A cache or heap is about to go; another may be where it was. Under sq_debug_lock(). */
void sq_sweep_forget(const void *target)
{
	if (sweep.target != target)
		return;
	WRITE_ONCE(sweep.at, 0);
	sweep.target = NULL;
}

/* ---- failing ---------------------------------------------------------------------- */

static bool called_by_module(unsigned long caller)
{
	char text[CALLER_TEXT];
	struct sq_track who;
	const char *in;
	size_t len = strlen(sweep.module);

	sq_track_set(&who, 0, caller);
	snprintf(text, sizeof(text), "%ps", (void *)who.caller);
	in = strchr(text, '[');
	return in && !strncmp(in + 1, sweep.module, len) && in[1 + len] == ']';
}

static struct sq_sweep_site *site_of(unsigned long caller)
{
	char text[CALLER_TEXT];
	struct sq_track who;
	unsigned int key, i;

	sq_track_set(&who, 0, caller);
	snprintf(text, sizeof(text), "%pS", (void *)who.caller);
	key = jhash(text, strlen(text), 0) ?: 1;
	for (i = 0; i < SITES; i++) {
		struct sq_sweep_site *site = &sweep.site[(key + i) % SITES];
		unsigned int was = cmpxchg(&site->key, 0, key);

		if (!was)
			strscpy(site->text, text, sizeof(site->text));
		if (!was || was == key)
			return site;
	}
	return NULL;
}

/* The @nr-th allocation: is it the first of a call site's that has not failed? */
static bool new_site_fails(unsigned long nr, unsigned long caller)
{
	struct sq_sweep_site *site = site_of(caller);

	if (!site) {
		atomic_long_inc(&sweep.sites_lost);
		return false;
	}
	if (!READ_ONCE(site->first))
		WRITE_ONCE(site->first, nr);
	WRITE_ONCE(site->last, nr);
	if (READ_ONCE(site->failed) || test_and_set_bit(0, &sweep.taken))
		return false;
	WRITE_ONCE(site->failed, true);
	return true;
}

static bool next_fails(const char *of, size_t size, unsigned long at, unsigned long caller)
{
	unsigned long nr = atomic_long_inc_return(&sweep.counted);

	if (at == SQ_SWEEP_KERNEL) {
		if (!sq_inject_fails(size))
			return false;
		/* Only the first is told. */
		if (test_and_set_bit(0, &sweep.taken))
			return true;
	} else if (at == SQ_SWEEP_SITES ? !new_site_fails(nr, caller) : nr != at) {
		return false;
	}
	sq_track_set(&sweep.who, SQ_DEBUG_USER, caller);
	strscpy(sweep.of, of, sizeof(sweep.of));
	/* Who finds it hit finds by whom. */
	smp_store_release(&sweep.hit, true);
	return true;
}

/*
 * An allocation of @c, which is swept, of @size bytes; a heap's large block is of what stands
 * for those. Any context. Returns whether it is to fail.
 */
bool sq_sweep_fails(struct squirrel_cache *c, size_t size, gfp_t gfp, unsigned long caller)
{
	/* Pairs with sq_sweep_start(). */
	unsigned long at = smp_load_acquire(&sweep.at);
	bool of_heap = c->heap_key || c->flags & SQ_CACHE_LARGE;

	if (!at || sq_gfp_nofail(gfp))
		return false;
	if (of_heap && c->heap == sq_default_heap && sweep.module[0] &&
	    !called_by_module(caller))
		return false;
	if (!next_fails(of_heap ? c->heap->name : c->name, size, at, caller))
		return false;
	atomic_long_inc(&c->counts.injected);
	return true;
}

/* @owner's module makes a cache or heap: does that fail? */
bool sq_sweep_fails_create(const char *name, const char *owner, unsigned long caller)
{
	/* Pairs with sq_sweep_start(). */
	unsigned long at = smp_load_acquire(&sweep.at);

	return at && by_module(owner) && next_fails(name, 0, at, caller);
}

/* ---- begin and end ------------------------------------------------------------------ */

/*
 * Nobody is counted from now on; next is @target, or what is @module's, or neither. Under
 * sq_debug_lock(). The caller sees to it that two sweeps do not overlap, as for the next.
 */
void sq_sweep_aim(const void *target, const char *module)
{
	WRITE_ONCE(sweep.at, 0);
	if (target != sweep.target || strcmp(module, sweep.module)) {
		memset(sweep.site, 0, sizeof(sweep.site));
		atomic_long_set(&sweep.sites_lost, 0);
	}
	sweep.target = target;
	strscpy(sweep.module, module, sizeof(sweep.module));
}

/*
 * All that is aimed at comes by; the how manieth is to fail, or SQ_SWEEP_SITES: one of a
 * new call site, or SQ_SWEEP_KERNEL. @what: that, in words
 */
void sq_sweep_start(unsigned long at, const char *what)
{
	unsigned int i;

	for (i = 0; at == SQ_SWEEP_SITES && i < SITES; i++)
		WRITE_ONCE(sweep.site[i].first, 0);
	WRITE_ONCE(sweep.taken, 0);
	strscpy(sweep.what, what, sizeof(sweep.what));
	atomic_long_set(&sweep.counted, 0);
	WRITE_ONCE(sweep.hit, false);
	/* All of the above is seen by who counts. */
	smp_store_release(&sweep.at, at);
}

static void show_sites(struct seq_file *s)
{
	unsigned int i, nr = 0, failed = 0;

	for (i = 0; i < SITES; i++) {
		nr += !!READ_ONCE(sweep.site[i].key);
		failed += READ_ONCE(sweep.site[i].failed);
	}
	seq_printf(s, "sites: %u\n", nr);
	seq_printf(s, "sites_failed: %u\n", failed);
	seq_printf(s, "sites_lost: %ld\n", atomic_long_read(&sweep.sites_lost));
	for (i = 0; i < SITES; i++) {
		const struct sq_sweep_site *site = &sweep.site[i];

		if (READ_ONCE(site->key))
			seq_printf(s, "site: %lu %lu %s %s\n", READ_ONCE(site->first),
				   READ_ONCE(site->last),
				   READ_ONCE(site->failed) ? "failed" : "-", site->text);
	}
}

void sq_sweep_show(struct seq_file *s)
{
	/* Pairs with next_fails(). */
	bool hit = smp_load_acquire(&sweep.hit);
	unsigned long at = READ_ONCE(sweep.at);

	seq_printf(s, "of: %s\n", sweep.what[0] ? sweep.what : "-");
	if (at == SQ_SWEEP_SITES)
		seq_puts(s, "fails: site\n");
	else if (at == SQ_SWEEP_KERNEL)
		seq_puts(s, "fails: kernel\n");
	else
		seq_printf(s, "fails: %lu\n", at);
	seq_printf(s, "counted: %lu\n", atomic_long_read(&sweep.counted));
	seq_printf(s, "hit: %d\n", hit);
	if (hit) {
		seq_printf(s, "hit_in: %s\n", sweep.of);
		sq_track_show(s, "failed", &sweep.who);
	}
	show_sites(s);
}
