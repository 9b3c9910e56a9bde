// SPDX-License-Identifier: GPL-2.0
/*
 * The CPU's array of objects, away from the hot path: who claims it, who counts and
 * looks into it.
 */
#include <linux/percpu.h>
#include <linux/seqlock.h>

#include "magazine.h"

/*
 * Preemption off. NULL if an interrupted context has them. If this CPU has yet to
 * move to them it does so now: what is in the old ones may be all there is.
 */
struct sq_cpu *sq_cpu_get(struct squirrel_cache *c, u32 *nr)
{
	struct sq_cpu __percpu *cc = READ_ONCE(c->cpu);
	struct sq_word __percpu *w = sq_word_of(c, cc);

	if (!sq_claim(w)) {
		sq_resize_migrate(c, smp_processor_id());
		/* It may just have, before this was read. */
		cc = READ_ONCE(c->cpu);
		w = sq_word_of(c, cc);
		if (!sq_claim(w))
			return NULL;
	}
	*nr = sq_claimed_nr(w) - SQ_CLAIMED;
	return this_cpu_ptr(cc);
}

/* The same ones: c->cpu may be others meanwhile. */
void sq_cpu_put(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr)
{
	barrier();
	WRITE_ONCE(sq_word_in(c, cc)->word, nr);
}
