// SPDX-License-Identifier: GPL-2.0
/*
 * What the hot paths ask: is everything as usual? That spares them a question for each
 * thing that may be unusual. What is settled at load is a static key; what a mode
 * switches at run time is a plain flag, so that nobody patches the code under a
 * million allocations a second.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "common.h"

DEFINE_STATIC_KEY_TRUE(sq_plain_free);
DEFINE_STATIC_KEY_FALSE(sq_trusted);
DEFINE_STATIC_KEY_FALSE(sq_numa);

DEFINE_STATIC_KEY_TRUE(sq_hardened);
EXPORT_SYMBOL_SQ_KUNIT(sq_hardened);

struct squirrel_heap *sq_default_heap __ro_after_init;
EXPORT_SYMBOL_SQ_KUNIT(sq_default_heap);

/* In no line that is written to: every allocation looks at it. */
bool sq_unusual __read_mostly;
unsigned long sq_series_n __read_mostly;

static const struct sq_block_ops *sq_page_source __ro_after_init;

/*
 * The hot paths ask one question each: is everything as usual? That spares
 * them one for each thing that may be unusual. What is settled at load is a
 * static key; what a mode switches at run time is a plain flag, so that nobody
 * patches the code under a million allocations a second.
 */
void sq_usual_update(void)
{
	WRITE_ONCE(sq_unusual, want_init_on_alloc(0) || sq_series_n);
}

void sq_usual_init(void)
{
	bool plain = !want_init_on_free() && !static_key_enabled(&sq_numa);
	bool hardened = static_key_enabled(&sq_hardened);

	if (!plain || !hardened)
		static_branch_disable(&sq_plain_free);
	if (plain && !hardened)
		static_branch_enable(&sq_trusted);
	sq_usual_update();
}

/* Where the pages of heaps come from; at load. */
void sq_source_init(const struct sq_block_ops *source)
{
	sq_page_source = source;
}

const struct sq_block_ops *sq_source(void)
{
	return sq_page_source;
}
