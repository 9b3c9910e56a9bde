// SPDX-License-Identifier: GPL-2.0
/* What the header knows of the kernel, for sources that are built without it. */
#include <squirrel/kmem_cache.h>
#include "dropin.h"

/* Does a list_lru bear objects that are charged for by the page? */
bool dropin_charged_is_safe(void)
{
	return SQ_CHARGED_IS_SAFE;
}
