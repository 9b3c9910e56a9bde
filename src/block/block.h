/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Face of layer 0, the block.
 *
 * A block is a piece of memory that came from a page source or from splitting
 * such a piece. Its header is out of line: it lies wherever the layer above
 * keeps it, never in front of the memory. So power-of-two blocks keep their
 * natural alignment, a page stays a whole page, and a write past the end of an
 * object cannot reach it. This layer holds no list, no index and no policy.
 */
#ifndef _SQ_BLOCK_H
#define _SQ_BLOCK_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/types.h>

struct sq_block;

/**
 * struct sq_block_lost - pages that a source could not take back
 * @pages: how many. Somebody put or freed them who had no right to, and may
 *	think that they are the kernel's: nobody may use them any more
 * @addr: the first of them
 */
struct sq_block_lost {
	unsigned long pages;
	unsigned long addr;
};

/**
 * enum sq_block_state - what others have done to pages that are out
 * @SQ_BLOCK_ALONE: nothing
 * @SQ_BLOCK_HELD: somebody refers to one of them
 * @SQ_BLOCK_STOLEN: somebody put or freed one of them
 */
enum sq_block_state {
	SQ_BLOCK_ALONE,
	SQ_BLOCK_HELD,
	SQ_BLOCK_STOLEN,
};

/**
 * struct sq_block_ops - where pages come from
 * @name: for reports
 * @max_order: largest order of a get or a put, at most SQ_BLOCK_MAX_ORDER
 * @zeroes: with init_on_alloc pages come zeroed
 * @get: take 2^@order contiguous pages on or near @node (NUMA_NO_NODE: any);
 *	each of them can later be put on its own. Obeys @gfp. Returns the
 *	address in the kernel's linear map, aligned to its size, or NULL
 * @put: give 2^@order pages back at @addr, which is aligned to that size and
 *	lies within what @get returned, perhaps of several calls. Any context
 *	but NMI; never sleeps. Returns those it must not take back, which are
 *	out of use from then on. Pages that somebody refers to it takes back:
 *	it sees to it that they are free only once he does not any more
 * @look: what others have done to @pages pages at @addr, which are out. Any
 *	context. A source that does not know says nothing
 */
struct sq_block_ops {
	const char *name;
	unsigned int max_order;
	bool zeroes;
	void *(*get)(const struct sq_block_ops *ops, unsigned int order,
		     gfp_t gfp, int node);
	struct sq_block_lost (*put)(const struct sq_block_ops *ops, void *addr,
				    unsigned int order);
	enum sq_block_state (*look)(const struct sq_block_ops *ops,
				    unsigned long addr, unsigned long pages);
};

extern const struct sq_block_ops sq_block_pages;

/** define SQ_BLOCK_HEADER_BYTES - size of struct sq_block, for embedding */
#define SQ_BLOCK_HEADER_BYTES	32
/** define SQ_BLOCK_MAX_ORDER - largest order any source is asked for */
#define SQ_BLOCK_MAX_ORDER	10
/**
 * define SQ_BLOCK_PAGE_REFS - references to a page of sq_block_pages that are
 * squirrel's: so many more stray puts does it take before the kernel frees it
 */
#define SQ_BLOCK_PAGE_REFS	65536

/*
 * What a reader may count on: the first word of a header is the block's address,
 * the second its size with SQ_BLOCK_USED in it.
 */
#define SQ_BLOCK_ADDR_WORD	0
#define SQ_BLOCK_SIZE_WORD	1
#define SQ_BLOCK_USED		1UL

/*
 * Every size and address below is a multiple of PAGE_SIZE. No call takes a
 * lock: whoever holds the headers serializes them.
 */
void sq_block_init(struct sq_block *b, unsigned long addr, size_t size);
bool sq_block_used(const struct sq_block *b);
size_t sq_block_size(const struct sq_block *b);
void sq_block_set_size(struct sq_block *b, size_t size);
unsigned long sq_block_addr(const struct sq_block *b);
struct sq_block *sq_block_next(const struct sq_block *b);
struct sq_block *sq_block_prev(const struct sq_block *b);
bool sq_block_link(struct sq_block *b, struct sq_block *next);
void sq_block_unlink(struct sq_block *b);
bool sq_block_split(struct sq_block *b, size_t size, struct sq_block *rest);
bool sq_block_split_front(struct sq_block *b, size_t size,
			  struct sq_block *front);
bool sq_block_coalesce(struct sq_block *b);
bool sq_block_coalesce_prev(struct sq_block *b);
unsigned int sq_block_check(const struct sq_block *b);
size_t sq_pages_put(const struct sq_block_ops *ops, unsigned long addr,
		    size_t size, struct sq_block_lost *lost);

/* A power of two: any count from 1 to twice as many shows in the sum of bits. */
static_assert(!(SQ_BLOCK_PAGE_REFS & (SQ_BLOCK_PAGE_REFS - 1)));

/* Plain loads, so that the compiler may take them from where they are. */
static inline bool sq_pages_alone(const struct page *page, unsigned long pages)
{
	int refs = 0;

	/* Others may take and drop references meanwhile: one moment's will do. */
#define SQ_PAGE_REFS(i)	data_race(page[i]._refcount.counter)
	for (; pages & 7; pages--, page++)
		refs |= SQ_PAGE_REFS(0);
	for (; pages; pages -= 8, page += 8) {
		refs |= SQ_PAGE_REFS(0);
		refs |= SQ_PAGE_REFS(1);
		refs |= SQ_PAGE_REFS(2);
		refs |= SQ_PAGE_REFS(3);
		refs |= SQ_PAGE_REFS(4);
		refs |= SQ_PAGE_REFS(5);
		refs |= SQ_PAGE_REFS(6);
		refs |= SQ_PAGE_REFS(7);
	}
#undef SQ_PAGE_REFS
	return refs == SQ_BLOCK_PAGE_REFS;
}

/**
 * sq_block_alone() - has nobody else to do with these pages?
 * @ops: their source
 * @addr: where they start
 * @pages: how many
 *
 * Inline: of all that the give of a block of many pages does, this is the most.
 *
 * Context: Any context.
 * Return: true if they are as they came from the source.
 */
static inline bool sq_block_alone(const struct sq_block_ops *ops,
				  unsigned long addr, unsigned long pages)
{
	if (likely(ops == &sq_block_pages))
		return sq_pages_alone(virt_to_page((void *)addr), pages);
	return ops->look(ops, addr, pages) == SQ_BLOCK_ALONE;
}

/**
 * sq_block_set_used() - mark a block used or free
 * @b: the block
 * @used: true for used
 *
 * Context: Any context; the caller serializes.
 */
static inline void sq_block_set_used(struct sq_block *b, bool used)
{
	unsigned long *size = (unsigned long *)b + SQ_BLOCK_SIZE_WORD;

	WRITE_ONCE(*size, (*size & ~SQ_BLOCK_USED) | (used ? SQ_BLOCK_USED : 0));
}

#endif /* _SQ_BLOCK_H */
