// SPDX-License-Identifier: GPL-2.0
/*
 * Taking slabs apart. A slab of several pages stays for a single object that is
 * out of it. Where whole pages of it are touched by no such object, they are
 * cut out and given back, and what remains goes on as smaller slabs:
 *
 *	pages     |  0  |  1  |  2  |  3  |  4  |  5  |
 *	objects   | a |  b  |  .  |  .  |  .  |  f  | g |     . in the slab
 *	becomes   | a |  b  |                 |  f  | g |
 *	             slab       free pages        slab
 *
 * Objects in the slab that reach into a page that goes are no more. Nothing
 * happens to those outside: the page map leads from their pages to the agent
 * of the slab they are in now, and the check for the start of an object
 * (sq_slot_start()) knows where in its block that slab's first object is.
 *
 * A free may be looking at the old slab's agent meanwhile. The upper part's
 * agent is complete before the map names it, and the lower slab changes only
 * after that: so whoever finds that the object is not the lower slab's any more
 * also finds, if it looks again, whose it is (misuse.c).
 */
#include <linux/bits.h>
#include <linux/bitops.h>
#include <linux/mm.h>

#include "allocator/pages/pages.h"

#include "object.h"
#include "slab.h"

static_assert(SQ_SLAB_LONG_PAGES <= 32);

/* The pages of a slab that objects out of it touch, one bit each. */
static u32 touched_pages(const struct squirrel_cache *c, struct sq_slab *slab)
{
	unsigned int i, first, last;
	unsigned long at;
	u32 pages = 0;

	for (i = 0; i < slab->nr_objs; i++) {
		if (slab->free[i >> 6] & BIT_ULL(i & 63))
			continue;
		at = slab->off + (unsigned long)i * c->size;
		first = at >> PAGE_SHIFT;
		last = (at + c->size - 1) >> PAGE_SHIFT;
		pages |= GENMASK(last, first);
	}
	return pages;
}

static unsigned int bits_weight(const u64 *bits)
{
	unsigned int w, nr = 0;

	for (w = 0; w < SQ_SLAB_WORDS; w++)
		nr += hweight64(bits[w]);
	return nr;
}

static void bits_shift(u64 *to, const u64 *from, unsigned int by)
{
	unsigned int w, skip = by >> 6, bits = by & 63;

	for (w = 0; w < SQ_SLAB_WORDS; w++) {
		unsigned int k = w + skip;

		to[w] = k < SQ_SLAB_WORDS ? from[k] >> bits : 0;
		if (bits && k + 1 < SQ_SLAB_WORDS)
			to[w] |= from[k + 1] << (64 - bits);
	}
}

static void bits_clear_from(u64 *bits, unsigned int nr)
{
	unsigned int w;

	for (w = 0; w < SQ_SLAB_WORDS; w++) {
		if (nr <= w * 64)
			bits[w] = 0;
		else if (nr < w * 64 + 64)
			bits[w] &= BIT_ULL(nr - w * 64) - 1;
	}
}

/* Objects of the slab below @cut bytes of its block: wholly, or only partly too */
static unsigned int objs_below(const struct squirrel_cache *c,
			       const struct sq_slab *slab, unsigned long cut,
			       bool partly)
{
	unsigned long bytes = cut > slab->off ? cut - slab->off : 0;

	if (partly)
		bytes += c->size - 1;
	return min_t(unsigned long, bytes / c->size, slab->nr_objs);
}

/* Nobody can find @upper yet. */
static void fill_upper(struct sq_agent *lower, struct sq_agent *upper,
		       void *ctx)
{
	struct sq_slab *l = sq_slab_of(lower), *u = sq_slab_of(upper);
	unsigned long cut = sq_agent_size(lower);
	const struct squirrel_cache *c = ctx;
	unsigned int first = objs_below(c, l, cut, true);

	u->nr_objs = l->nr_objs - first;
	/* What lies behind the last object has none to start with. */
	u->off = u->nr_objs ? l->off + (unsigned long)first * c->size - cut : 0;
	bits_shift(u->free, l->free, first);
	u->nr_free = bits_weight(u->free);
	u->fullness = SQ_NR_FULLNESS;
	INIT_LIST_HEAD(&u->list);
	sq_slab_set_bias(c, upper);
}

/*
 * Make two slabs of one, cut behind @pages pages, where no object that is out
 * of it lies across. Returns the upper; NULL if there is no agent for it.
 */
static struct sq_slab *split_slab(struct squirrel_cache *c, struct sq_node *n,
				  struct sq_slab *lower, unsigned int pages)
{
	unsigned int was = lower->nr_objs, lost;
	struct sq_agent *agent;
	struct sq_slab *upper;

	lockdep_assert_held(&n->lock);
	agent = sq_manager_split(c->heap->manager, sq_slab_agent(lower), pages,
				 fill_upper, c);
	if (!agent)
		return NULL;
	upper = sq_slab_of(agent);
	/* The page map first: see the top of this file. */
	smp_wmb();
	lower->nr_objs = objs_below(c, lower, (unsigned long)pages << PAGE_SHIFT,
				    false);
	bits_clear_from(lower->free, lower->nr_objs);
	lower->nr_free = bits_weight(lower->free);
	lower->flags &= ~SQ_SLAB_FRESH;
	sq_slab_set_bias(c, sq_slab_agent(lower));

	sq_assert(lower->nr_objs + upper->nr_objs <= was);
	lost = was - lower->nr_objs - upper->nr_objs;
	n->nr_objs -= lost;
	n->nr_free -= lost;
	n->nr_slabs++;
	atomic_long_sub(lost, &c->counts.objs);
	atomic_long_inc(&c->counts.grown);
	if (!(c->flags & SQ_CACHE_INTERNAL))
		sq_heap_pin(c->heap);
	return upper;
}

/* A part that objects touch stays; one without goes. */
static void list_part(struct sq_node *n, struct sq_slab *part,
		      struct list_head *out)
{
	if (part->nr_free == part->nr_objs)
		sq_node_detach(n, part, out);
	else
		sq_slab_fix_fullness(n, part);
}

/*
 * Cut out of a slab what nobody touches. False if agents ran out: then the rest
 * of it is to be looked at again.
 */
static bool trim_slab(struct squirrel_cache *c, struct sq_node *n,
		      struct sq_slab *slab, bool all, bool ready,
		      struct list_head *out)
{
	unsigned int left = sq_agent_pages(sq_slab_agent(slab)), run;
	u32 touched = touched_pages(c, slab);
	u32 loose = ~touched & GENMASK(left - 1, 0);
	struct sq_slab *upper;

	slab->flags |= SQ_SLAB_SEEN | SQ_SLAB_TRIMMED;
	/* While there is load, pages one by one are not worth the source's calls. */
	if (!all)
		touched |= loose & ~(loose << 1) & ~(loose >> 1);
	if (hweight32(touched) == left)
		return true;
	/* Cut in part only, it might be on no list that is looked at. */
	if (!ready && !sq_agents_spare()) {
		slab->flags &= ~SQ_SLAB_TRIMMED;
		return false;
	}
	for (; left; left -= run, touched >>= run) {
		run = touched & 1 ? ffz(touched) : __ffs(touched | BIT_ULL(left));
		if (run == left)
			break;
		upper = split_slab(c, n, slab, run);
		if (!upper) {
			slab->flags &= ~SQ_SLAB_TRIMMED;
			break;
		}
		list_part(n, slab, out);
		upper->flags = slab->flags;
		slab = upper;
	}
	list_part(n, slab, out);
	return slab->flags & SQ_SLAB_TRIMMED;
}

/*
 * May pages of this slab go now? One that is being filled or emptied is left
 * alone until it was found the same at two looks: its objects will be wanted,
 * or it will go as a whole.
 */
static bool may_trim(const struct squirrel_cache *c, const struct sq_node *n,
		     struct sq_slab *slab, bool all)
{
	bool still = slab->flags & SQ_SLAB_SEEN;

	if (sq_agent_pages(sq_slab_agent(slab)) < 2)
		return false;
	if (n->nr_free - slab->nr_free < c->reserve)
		return false;
	slab->flags |= SQ_SLAB_SEEN;
	return all || (still && !(slab->flags & SQ_SLAB_TRIMMED));
}

/*
 * Look at some slabs of one list, each once: those looked at go to its end.
 * *@first is where it began. False when the list is through. *@want: agents are
 * wanted to go on; if it was set, there are those that can be had.
 */
static bool trim_some(struct squirrel_cache *c, struct sq_node *n,
		      unsigned int where, bool all, bool *want,
		      struct sq_slab **first, struct list_head *out)
{
	unsigned int looks = SQ_TRIM_HOLD;
	bool ready = *want;
	struct sq_slab *slab;

	lockdep_assert_held(&n->lock);
	*want = false;
	while (looks--) {
		slab = list_first_entry_or_null(&n->lists[where],
						struct sq_slab, list);
		if (!slab || slab == *first)
			return false;
		if (!*first)
			*first = slab;
		list_move_tail(&slab->list, &n->lists[where]);
		if (!may_trim(c, n, slab, all))
			continue;
		if (!trim_slab(c, n, slab, all, ready, out)) {
			/* Once more round, after more agents were made. */
			*want = true;
			*first = NULL;
			return true;
		}
		if (slab == *first && slab->fullness != where)
			*first = NULL;
	}
	return true;
}

static unsigned long trim_list(struct squirrel_cache *c, struct sq_node *n,
			       unsigned int where, bool all)
{
	unsigned long looks = SQ_TRIM_SCAN, flags, nr = 0;
	struct sq_slab *first = NULL;
	bool more = true, want = false;

	/* Where it began may have left the list: there must be another end. */
	if (all)
		looks += 3 * sq_read_racy(n->nr_slabs);
	for (; more && looks >= SQ_TRIM_HOLD; looks -= SQ_TRIM_HOLD) {
		LIST_HEAD(out);

		if (want && !sq_agents_ensure(GFP_NOWAIT | __GFP_NOWARN |
					      __GFP_NOMEMALLOC))
			break;
		raw_spin_lock_irqsave(&n->lock, flags);
		n->changes++;
		more = trim_some(c, n, where, all, &want, &first, &out);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		nr += sq_slabs_release(c, &out);
	}
	return nr;
}

/* With @all until there is nothing more, but not for ever. */
static unsigned long trim_node(struct squirrel_cache *c, struct sq_node *n,
			       bool all)
{
	unsigned int rounds = all ? SQ_TRIM_ROUNDS : 1;
	unsigned long nr = 0, more;

	do {
		more = trim_list(c, n, SQ_FULLNESS_LOW, all);
		more += trim_list(c, n, SQ_FULLNESS_MID, all);
		if (all)
			more += trim_list(c, n, SQ_FULLNESS_HIGH, all);
		nr += more;
	} while (more && --rounds);
	return nr;
}

/*
 * Give back the pages of half empty slabs that no object touches: of some
 * slabs, or of @all there are. Returns how many parts went. Not in NMI.
 */
unsigned long sq_cache_trim(struct squirrel_cache *c, bool all)
{
	unsigned long nr = 0;
	int nid;

	if (c->plan.most < 2)
		return 0;
	for_each_node(nid)
		nr += trim_node(c, c->node[nid], all);
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_trim);
