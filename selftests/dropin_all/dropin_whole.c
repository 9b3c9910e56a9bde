// SPDX-License-Identifier: GPL-2.0
/* What only the link of a module reaches: an object that came from elsewhere. */
#include <linux/slab.h>
#include <dropin/dropin.h>
#include <dropin_obj/dropin_blob.h>

void dropin_whole_blob(void)
{
	struct kmem_cache *s = dropin_blob_create();
	void *obj;

	if (!DROPIN_EXPECT(s))
		return;
	DROPIN_EXPECT(dropin_shows("dropin_blob", "\nowner: dropin_all\n"));
	obj = dropin_blob_alloc(s);
	if (DROPIN_EXPECT(obj && dropin_ours(obj)))
		dropin_blob_free(obj);
	kmem_cache_destroy(s);
	DROPIN_EXPECT(!dropin_named("dropin_blob"));
}
