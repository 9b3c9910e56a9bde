/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DROPIN_BLOB_H
#define _DROPIN_BLOB_H

struct kmem_cache *dropin_blob_create(void);
void *dropin_blob_alloc(struct kmem_cache *s);
void dropin_blob_free(void *obj);

#endif /* _DROPIN_BLOB_H */
