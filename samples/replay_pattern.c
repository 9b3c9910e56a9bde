// SPDX-License-Identifier: GPL-2.0
/*
 * What is written into the objects, to notice when two of them overlap or one
 * is handed out twice; and the defects that prove it would be noticed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "replay.h"

#define REPLAY_CTOR_BYTE	0xc7
#define REPLAY_REPORTS		5
/* Objects up to this size are filled all over also with pattern=edges */
#define REPLAY_SMALL		64

static u32 replay_bytes(const struct replay_run *run, u32 id)
{
	const struct replay_trace *t = run->trace;

	return le32_to_cpu(t->recs[t->alloc_rec[id]].bytes);
}

static unsigned int replay_cache_of(const struct replay_run *run, u32 id)
{
	const struct replay_trace *t = run->trace;

	return le16_to_cpu(t->recs[t->alloc_rec[id]].cache);
}

/* Spread the id over all bytes, so that no two objects share one at random */
static u64 replay_word(u32 id)
{
	return (id + 1ULL) * 0x9e3779b97f4a7c15ULL;
}

static void replay_fill(void *obj, u32 from, u32 to, u64 word)
{
	u32 n;

	for (; from < to; from += n) {
		n = min_t(u32, to - from, sizeof(word));
		memcpy(obj + from, &word, n);
	}
}

/* Return the offset of the first wrong byte, or -1 */
static long replay_verify(const void *obj, u32 from, u32 to, u64 word)
{
	u32 i, n;

	for (; from < to; from += n) {
		n = min_t(u32, to - from, sizeof(word));
		if (likely(!memcmp(obj + from, &word, n)))
			continue;
		for (i = 0; i < n; i++)
			if (((u8 *)obj)[from + i] != ((u8 *)&word)[i])
				return from + i;
	}
	return -1;
}

static bool replay_all_over(const struct replay_run *run, u32 bytes)
{
	return run->opts->pattern == REPLAY_FULL || bytes <= REPLAY_SMALL;
}

static void replay_complain(struct replay_worker *w, u32 id, const void *obj,
			    u32 at, const char *what)
{
	struct replay_run *run = w->run;
	const struct replay_cache *c =
		&run->trace->caches[replay_cache_of(run, id)];

	w->errors++;
	if (atomic_inc_return(&run->reported) > REPLAY_REPORTS)
		return;
	pr_err("subject=%s object %u (%.40s, %u bytes, allocated by record %u): byte %u is %#04x, %s\n",
	       run->subject->name, id, c->name, replay_bytes(run, id),
	       run->trace->alloc_rec[id], at, ((const u8 *)obj)[at], what);
}

static void replay_check_fill(struct replay_worker *w, u32 id, const void *obj,
			      u8 byte, const char *what)
{
	const void *bad = memchr_inv(obj, byte, replay_bytes(w->run, id));

	if (bad)
		replay_complain(w, id, obj, bad - obj, what);
}

/**
 * replay_ctor() - constructor of the caches that had one
 * @obj: the object; its size is unknown here, so only the first byte is set
 *
 * Context: Any context.
 */
void replay_ctor(void *obj)
{
	*(u8 *)obj = REPLAY_CTOR_BYTE;
}

static void replay_check_ctor(struct replay_worker *w, u32 id, const void *obj)
{
	if (*(const u8 *)obj != REPLAY_CTOR_BYTE)
		replay_complain(w, id, obj, 0, "not as constructed");
}

/**
 * replay_pattern_fresh() - check a fresh object and write the pattern
 * @w: the worker that allocated it
 * @id: its number
 * @obj: its address
 * @zeroed: it was asked for with __GFP_ZERO
 *
 * Context: Any context.
 */
void replay_pattern_fresh(struct replay_worker *w, u32 id, void *obj,
			  bool zeroed)
{
	u32 bytes = replay_bytes(w->run, id);
	u64 word = replay_word(id);

	if (w->run->opts->pattern == REPLAY_NONE)
		return;
	if (replay_has_ctor(w->run, replay_cache_of(w->run, id))) {
		replay_check_ctor(w, id, obj);
		return;
	}
	if (zeroed)
		replay_check_fill(w, id, obj, 0, "not zero when fresh");
	if (replay_all_over(w->run, bytes)) {
		replay_fill(obj, 0, bytes, word);
	} else {
		replay_fill(obj, 0, sizeof(word), word);
		replay_fill(obj, bytes - sizeof(word), bytes, word);
	}
}

/**
 * replay_pattern_check() - check that an object still holds its pattern
 * @w: the worker that is going to free it
 * @id: its number
 * @obj: its address
 *
 * Context: Any context.
 */
void replay_pattern_check(struct replay_worker *w, u32 id, void *obj)
{
	u32 bytes = replay_bytes(w->run, id);
	u64 word = replay_word(id);
	long at;

	if (w->run->opts->pattern == REPLAY_NONE)
		return;
	if (replay_has_ctor(w->run, replay_cache_of(w->run, id))) {
		replay_check_ctor(w, id, obj);
		return;
	}
	if (replay_all_over(w->run, bytes)) {
		at = replay_verify(obj, 0, bytes, word);
	} else {
		at = replay_verify(obj, 0, sizeof(word), word);
		if (at < 0)
			at = replay_verify(obj, bytes - sizeof(word), bytes,
					   word);
	}
	if (unlikely(at >= 0))
		replay_complain(w, id, obj, at, "overwritten");
}

/*
 * Write one byte past the end of an object, but only where that byte is known
 * to be the first of another live one: the damage stays within the trace.
 */
static void replay_bust_overrun(struct replay_worker *w, u32 id, u8 *obj)
{
	u32 bytes = replay_bytes(w->run, id);
	u8 *last = w->last;

	if (!last || w->run->objs[w->last_id] != last ||
	    replay_cache_of(w->run, id) != replay_cache_of(w->run, w->last_id))
		return;
	if (last + bytes == obj)
		last[bytes] ^= 0xff;
	else if (obj + bytes == last)
		obj[bytes] ^= 0xff;
	else
		return;
	atomic_inc(&w->run->planted);
}

/*
 * Free an object too early and go on using it. The memory is taken back at
 * once: if it is the same again, it now has two owners, and the second one
 * writes. If not, the object has merely moved.
 */
static void *replay_bust_early(struct replay_worker *w, u32 id, void *obj,
			       gfp_t gfp)
{
	const struct replay_subject *on = w->run->subject;
	unsigned int c = replay_cache_of(w->run, id);
	u32 bytes = replay_bytes(w->run, id);
	void *again;

	on->free(w->run, c, obj);
	again = on->alloc(w->run, c, bytes, gfp);
	if (!again)
		return NULL;
	replay_pattern_fresh(w, id, again, false);
	if (again == obj) {
		replay_fill(again, 0, min_t(u32, bytes, 8), ~replay_word(id));
		atomic_inc(&w->run->planted);
	}
	return again;
}

/**
 * replay_bust() - plant one defect, if this object lends itself to it
 * @w: the worker that has allocated the object and written its pattern
 * @id: its number
 * @obj: its address
 * @gfp: how it was allocated
 *
 * Context: As the allocation of the object.
 * Return: where the object is now, or NULL if it is gone.
 */
void *replay_bust(struct replay_worker *w, u32 id, void *obj, gfp_t gfp)
{
	struct replay_run *run = w->run;

	if (atomic_read(&run->planted) ||
	    replay_has_ctor(run, replay_cache_of(run, id)))
		return obj;
	if (run->opts->busted == REPLAY_BUST_EARLY)
		return replay_bust_early(w, id, obj, gfp);
	replay_bust_overrun(w, id, obj);
	w->last = obj;
	w->last_id = id;
	return obj;
}
