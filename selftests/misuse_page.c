// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of squirrel's memory in the hands of code that knows nothing of it: who
 * puts or frees one, and who refers to one for longer than its memory lives.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "misuse.h"

#define MISUSE_MANY	4000
#define MISUSE_BLOCK	(16 * PAGE_SIZE)
#define MISUSE_BLOCKS	64
#define MISUSE_PAGES	2000

static bool misuse_covers(const void *obj, size_t size, struct page *page)
{
	const char *addr = page_address(page);

	return (const char *)obj < addr + PAGE_SIZE &&
	       (const char *)obj + size > addr;
}

/* The page allocator has it not. */
static bool misuse_not_free(struct page *page)
{
	struct page *got, *list = NULL;
	bool found = false;
	int i;

	for (i = 0; i < MISUSE_PAGES; i++) {
		got = alloc_page(GFP_KERNEL);
		if (!got)
			break;
		found |= got == page;
		set_page_private(got, (unsigned long)list);
		list = got;
	}
	while (list) {
		got = list;
		list = (struct page *)page_private(got);
		set_page_private(got, 0);
		__free_page(got);
	}
	return !found;
}

/* Nor do squirrel's caches and heaps hand it out. */
static bool misuse_not_handed_out(struct page *page)
{
	void **objs = kvcalloc(MISUSE_MANY, sizeof(*objs), GFP_KERNEL);
	void *block[MISUSE_BLOCKS];
	bool ok = objs;
	int i;

	for (i = 0; objs && i < MISUSE_MANY; i++) {
		objs[i] = squirrel_cache_alloc(misuse_cache[1], GFP_KERNEL);
		ok = ok && objs[i] && !misuse_covers(objs[i], MISUSE_SIZE, page);
	}
	for (i = 0; i < MISUSE_BLOCKS; i++) {
		block[i] = squirrel_heap_alloc(misuse_heap[1], MISUSE_BLOCK,
					       GFP_KERNEL);
		ok = ok && block[i] && !misuse_covers(block[i], MISUSE_BLOCK, page);
	}
	for (i = 0; i < MISUSE_BLOCKS; i++)
		squirrel_heap_free(misuse_heap[1], block[i]);
	for (i = 0; objs && i < MISUSE_MANY; i++)
		squirrel_cache_free(misuse_cache[1], objs[i]);
	kvfree(objs);
	return ok;
}

static bool misuse_out_of_use(struct page *page)
{
	return !MISUSE_BAD(!squirrel_owns(page_address(page))) &&
	       !MISUSE_BAD(misuse_not_handed_out(page)) &&
	       !MISUSE_BAD(misuse_not_free(page));
}

/* Free @n objects, of which @touch had to do with the page of the middle one. */
static int misuse_slab(void (*touch)(struct page *page), struct page **page)
{
	void **objs = kvcalloc(MISUSE_MANY, sizeof(*objs), GFP_KERNEL);
	int i;

	if (!objs)
		return -ENOMEM;
	for (i = 0; i < MISUSE_MANY; i++) {
		objs[i] = squirrel_cache_alloc(misuse_cache[1], GFP_KERNEL);
		if (MISUSE_BAD(objs[i]))
			return -EIO;
		memset(objs[i], i, MISUSE_SIZE);
	}
	*page = virt_to_page(objs[MISUSE_MANY / 2]);
	misuse_tell(page_address(*page));
	touch(*page);
	if (MISUSE_BAD(misuse_not_free(*page)))
		return -EIO;
	for (i = 0; i < MISUSE_MANY; i++)
		if (MISUSE_BAD(!memchr_inv(objs[i], i, MISUSE_SIZE)))
			return -EIO;
	squirrel_cache_free_bulk(misuse_cache[1], MISUSE_MANY, objs);
	kvfree(objs);
	return MISUSE_BAD(!squirrel_cache_shrink(misuse_cache[1])) ? -EIO : 0;
}

static int misuse_block(void (*touch)(struct page *page), struct page **page)
{
	char *p = squirrel_heap_alloc(misuse_heap[1], MISUSE_BLOCK, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	memset(p, 0x77, MISUSE_BLOCK);
	*page = virt_to_page(p + 5 * PAGE_SIZE);
	misuse_tell(page_address(*page));
	touch(*page);
	if (MISUSE_BAD(misuse_not_free(*page)))
		return -EIO;
	if (MISUSE_BAD(!memchr_inv(p, 0x77, MISUSE_BLOCK)))
		return -EIO;
	squirrel_heap_free(misuse_heap[1], p);
	return 0;
}

static void misuse_put(struct page *page)
{
	put_page(page);
}

/* What kfree() of an object does in the end, without the kernel's warning. */
static void misuse_free(struct page *page)
{
	free_page((unsigned long)page_address(page));
	free_page((unsigned long)page_address(page));
}

static void misuse_get(struct page *page)
{
	get_page(page);
}

static int misuse_page_slab(void)
{
	struct page *page;
	int err = misuse_slab(misuse_put, &page);

	if (!err && !misuse_out_of_use(page))
		err = -EIO;
	return err;
}

static int misuse_page_free(void)
{
	struct page *page;
	int err = misuse_slab(misuse_free, &page);

	if (!err && !misuse_out_of_use(page))
		err = -EIO;
	return err;
}

static int misuse_page_large(void)
{
	struct page *page;
	int err = misuse_block(misuse_put, &page);

	if (!err && !misuse_out_of_use(page))
		err = -EIO;
	return err;
}

/* It is the holder's alone then, as it was, and the kernel's after his put. */
static int misuse_held(int err, struct page *page, int byte)
{
	if (err)
		return err;
	if (!misuse_out_of_use(page))
		return -EIO;
	if (MISUSE_BAD(page_count(page) == 1))
		return -EIO;
	if (MISUSE_BAD(byte < 0 || !memchr_inv(page_address(page), byte, PAGE_SIZE)))
		return -EIO;
	put_page(page);
	return 0;
}

static int misuse_held_slab(void)
{
	struct page *page = NULL;
	int err = misuse_slab(misuse_get, &page);

	return misuse_held(err, page, -1);
}

static int misuse_held_large(void)
{
	struct page *page = NULL;
	int err = misuse_block(misuse_get, &page);

	return misuse_held(err, page, 0x77);
}

/* In a heap that is destroyed with what is in it. */
static int misuse_page_heap(void)
{
	struct squirrel_heap *h = squirrel_heap_create("misuse_d", NULL);
	struct page *page;
	char *p;

	if (IS_ERR(h))
		return PTR_ERR(h);
	p = squirrel_heap_alloc(h, MISUSE_BLOCK, GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	page = virt_to_page(p);
	misuse_tell(p);
	put_page(page);
	squirrel_heap_destroy(h);
	return misuse_out_of_use(page) ? 0 : -EIO;
}

const struct misuse_scene misuse_page_scenes[] = {
	{ "page_slab", misuse_page_slab },
	{ "page_free", misuse_page_free },
	{ "page_large", misuse_page_large },
	{ "page_heap", misuse_page_heap },
	{ "held_slab", misuse_held_slab },
	{ "held_large", misuse_held_large },
	{ }
};
