// SPDX-License-Identifier: GPL-2.0
/*
 * Modes: what is settled at load (static keys), and what is switched at run time (plain
 * flags).
 */
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "common.h"
#include "trace.h"

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

/* Two may find something changed at once. */
static DEFINE_MUTEX(mode_mutex);

/*
 * The hot paths ask one question each: is everything as usual? That spares
 * them one for each thing that may be unusual. What is settled at load is a
 * static key; what a mode switches at run time is a plain flag, so that nobody
 * patches the code under a million allocations a second.
 */
void sq_mode_update(void)
{
	mutex_lock(&mode_mutex);
	WRITE_ONCE(sq_slow_alloc_needed, want_init_on_alloc(0) || sq_series_n ||
		   static_key_enabled(&sq_trace_allocs));
	mutex_unlock(&mode_mutex);
}

/*
 * Who wants to know of frees wants them off the hot path. That patches code, as switching
 * the event on does.
 */
static void mode_traced(void)
{
	bool plain = !want_init_on_free() && !static_key_enabled(&sq_numa) &&
		     !static_key_enabled(&sq_trace_frees);
	bool hardened = static_key_enabled(&sq_hardened);

	sq_key_set(&sq_default_free.key, plain && hardened);
	sq_key_set(&sq_unchecked_free.key, plain && !hardened);
	sq_mode_update();
}

void sq_mode_init(void)
{
	sq_trace_set_hook(mode_traced);
}

/* From here on nobody who wants to know changes anything. May sleep. */
void sq_mode_exit(void)
{
	sq_trace_set_hook(NULL);
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
