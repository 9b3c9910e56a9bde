// SPDX-License-Identifier: GPL-2.0
/*
 * Strategies: which of the manager's free blocks a heap takes. Policy only;
 * the manager offers the search.
 */
#include <linux/string.h>

#include "internal.h"

static const struct sq_strategy sq_strategies[] = {
	[SQUIRREL_SEGREGATED_FIT] = { "segregated", sq_pool_fit },
	[SQUIRREL_FIRST_FIT] = { "first", sq_pool_lowest },
	[SQUIRREL_BEST_FIT] = { "best", sq_pool_tightest },
};

/* By the name in a parameter or file; NULL if there is none such. */
const struct sq_strategy *sq_strategy_by_name(const char *name)
{
	unsigned int i;

	for (i = 1; i < ARRAY_SIZE(sq_strategies); i++)
		if (sysfs_streq(sq_strategies[i].name, name))
			return &sq_strategies[i];
	return NULL;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_strategy_by_name);

/* By the number in struct squirrel_heap_args; NULL if there is none such. */
const struct sq_strategy *sq_strategy_by_id(enum squirrel_strategy id)
{
	if (id < SQUIRREL_SEGREGATED_FIT || id > SQUIRREL_BEST_FIT)
		return NULL;
	return &sq_strategies[id];
}
EXPORT_SYMBOL_SQ_KUNIT(sq_strategy_by_id);
