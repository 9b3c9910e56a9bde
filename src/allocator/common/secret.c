// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers that nobody can tell: for marks, and for the order of objects.
 */
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/timex.h>

#include "common.h"

static siphash_key_t secret_key __ro_after_init;

/*
 * A number that nobody can tell from others of its kind; in any context, unlike
 * get_random_long().
 */
u64 sq_secret(u64 what, u64 which)
{
	return siphash_2u64(what, which, &secret_key);
}

static DEFINE_PER_CPU(u64, order_state);

/*
 * A random number for the order of objects, made in a few instructions: the next
 * of a series that began with a secret, moved by when it is asked for. Preemption
 * off; it does not matter if an interrupt takes one in between.
 */
u32 sq_next_order(void)
{
	u64 next = raw_cpu_read(order_state);

	next = next * 6364136223846793005ULL + (random_get_entropy() | 1);
	raw_cpu_write(order_state, next);
	return next >> 32;
}

/* At load. */
void sq_secret_init(void)
{
	int cpu;

	get_random_bytes(&secret_key, sizeof(secret_key));
	for_each_possible_cpu(cpu)
		per_cpu(order_state, cpu) = sq_secret(cpu, 2);
}

/* The secrets of a new cache. */
void sq_mark_init(struct squirrel_cache *c)
{
	static atomic64_t caches;
	u64 nr = atomic64_inc_return(&caches);

	c->mark_key = sq_secret(nr, 0) | 1;
	c->mark_mul = sq_secret(nr, 1) | 1;
}
