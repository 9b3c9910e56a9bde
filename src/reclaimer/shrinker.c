// SPDX-License-Identifier: GPL-2.0
/*
 * Under memory pressure the kernel asks how many pages there are to be had,
 * and then for them.
 */
#include <linux/mm.h>

#include "allocator/allocator.h"
#include "compat.h"

#include "internal.h"
#include "trace.h"

static unsigned long count_objects(struct shrinker *shrinker,
				   struct shrink_control *sc)
{
	return sq_allocator_reclaimable() ?: SHRINK_EMPTY;
}

static unsigned long scan_objects(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	unsigned long pages = sq_reclaimer_pressure();

	trace_squirrel_pressure(pages);
	return pages ?: SHRINK_STOP;
}

static struct sq_shrinker pressure_shrinker;

/* What the kernel's count would be told: pages, or SHRINK_EMPTY. */
unsigned long sq_shrinker_count(void)
{
	return count_objects(NULL, NULL);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_shrinker_count);

/* What the kernel's scan would be told: pages given back, or SHRINK_STOP. */
unsigned long sq_shrinker_scan(void)
{
	return scan_objects(NULL, NULL);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_shrinker_scan);

int sq_shrinker_init(void)
{
	return sq_shrinker_register(&pressure_shrinker, "squirrel", count_objects,
				    scan_objects);
}

void sq_shrinker_exit(void)
{
	sq_shrinker_unregister(&pressure_shrinker);
}
