// SPDX-License-Identifier: GPL-2.0
/*
 * Modes: what is settled at load (static keys), and what is switched at run time (plain
 * flags).
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "common.h"

DEFINE_STATIC_KEY_TRUE(sq_default_free);
DEFINE_STATIC_KEY_FALSE(sq_unchecked_free);
DEFINE_STATIC_KEY_FALSE(sq_numa);

DEFINE_STATIC_KEY_TRUE(sq_hardened);
EXPORT_SYMBOL_SQ_KUNIT(sq_hardened);

struct squirrel_heap *sq_default_heap __ro_after_init;
EXPORT_SYMBOL_SQ_KUNIT(sq_default_heap);

/* In no line that is written to: every allocation looks at it. */
bool sq_slow_alloc_needed __read_mostly;
unsigned long sq_series_n __read_mostly;

static const struct sq_block_ops *page_source __ro_after_init;

/*
 * The hot paths ask one question each: is everything as usual? That spares
 * them one for each thing that may be unusual. What is settled at load is a
 * static key; what a mode switches at run time is a plain flag, so that nobody
 * patches the code under a million allocations a second.
 */
void sq_mode_update(void)
{
	WRITE_ONCE(sq_slow_alloc_needed, want_init_on_alloc(0) || sq_series_n);
}

void sq_mode_init(void)
{
	bool plain = !want_init_on_free() && !static_key_enabled(&sq_numa);
	bool hardened = static_key_enabled(&sq_hardened);

	if (!plain || !hardened)
		static_branch_disable(&sq_default_free);
	if (plain && !hardened)
		static_branch_enable(&sq_unchecked_free);
	sq_mode_update();
}

/* Where the pages of heaps come from; at load. */
void sq_source_init(const struct sq_block_ops *source)
{
	page_source = source;
}

const struct sq_block_ops *sq_source(void)
{
	return page_source;
}
