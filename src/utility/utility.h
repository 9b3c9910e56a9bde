/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Face of layer 1, the utility: the only code that touches a block.
 *
 *   agent.h	sq_agent carries one block; everyone above handles blocks as agents
 *   map.h	page frame to agent, for any address, in three loads
 *   manager.h	sq_manager owns the blocks on hand: takes, splits, coalesces,
 *		fetches, gives back. Mechanism only
 *   find.h	what a strategy is made of: the callback from above that decides
 *		which free block is taken
 *   viewer.h	owns nothing and changes nothing: counts, shows, checks
 *
 * Others include this header and none of those.
 */
#ifndef _SQ_UTILITY_H
#define _SQ_UTILITY_H

#include "agent.h"
#include "find.h"
#include "manager.h"
#include "map.h"
#include "viewer.h"

/* What all managers share: descriptors and the page map. */
unsigned long sq_utility_meta_pages(void);
unsigned long sq_utility_map_tables(void);
unsigned long sq_utility_trim(void);
void sq_utility_exit(void);

#endif /* _SQ_UTILITY_H */
