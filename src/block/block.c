// SPDX-License-Identifier: GPL-2.0
/*
 * Layer 0: the block and its header.
 *
 * A block is either used or free, and these are all the steps there are:
 *
 *	init		-> free, alone
 *	set_used	free <-> used
 *	split		used|free -> two of the same state, linked
 *	coalesce	free + free next -> one free
 *
 * Two headers are linked exactly if one block starts where the other ends and
 * both have the same holder; who that is, only the layer above knows.
 *
 * There are no locks here. Whoever holds the headers serializes all calls on
 * a chain of linked blocks.
 */
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "block/block.h"
#include "compat.h"

/**
 * struct sq_block - header of a block
 * @addr: where it starts; first, so that a lookup need not know the rest
 * @size: its bytes, a multiple of PAGE_SIZE; bit 0 is set while it is used
 * @next: the block that starts where this one ends, or NULL
 * @prev: the block that ends where this one starts, or NULL
 */
struct sq_block {
	unsigned long addr;
	unsigned long size;
	struct sq_block *next;
	struct sq_block *prev;
};

static_assert(offsetof(struct sq_block, addr) ==
	      SQ_BLOCK_ADDR_WORD * sizeof(unsigned long));
static_assert(offsetof(struct sq_block, size) ==
	      SQ_BLOCK_SIZE_WORD * sizeof(unsigned long));
static_assert(sizeof(struct sq_block) <= SQ_BLOCK_HEADER_BYTES);
static_assert(sizeof(struct sq_block) == SQ_BLOCK_HEADER_BYTES ||
	      BITS_PER_LONG != 64);
static_assert(SQ_BLOCK_USED < PAGE_SIZE);

static unsigned long block_end(const struct sq_block *b)
{
	return b->addr + sq_block_size(b);
}

/**
 * sq_block_init() - fill in the header of a piece of memory
 * @b: the header
 * @addr: where the piece starts
 * @size: its bytes
 *
 * The block is free and has no neighbours afterwards.
 *
 * Context: Any context.
 */
void sq_block_init(struct sq_block *b, unsigned long addr, size_t size)
{
	b->size = size;
	b->next = NULL;
	b->prev = NULL;
	WRITE_ONCE(b->addr, addr);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_init);

/**
 * sq_block_used() - whether a block is used
 * @b: the block
 *
 * Context: Any context.
 * Return: true if it is used, false if it is free.
 */
bool sq_block_used(const struct sq_block *b)
{
	return READ_ONCE(b->size) & SQ_BLOCK_USED;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_used);

/**
 * sq_block_size() - how long a block is
 * @b: the block
 *
 * Context: Any context.
 * Return: its bytes.
 */
size_t sq_block_size(const struct sq_block *b)
{
	return READ_ONCE(b->size) & ~SQ_BLOCK_USED;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_size);

/**
 * sq_block_set_size() - set how long a block is
 * @b: the block, which must not have a next one
 * @size: its bytes, a multiple of PAGE_SIZE
 *
 * Context: Any context; the caller serializes.
 */
void sq_block_set_size(struct sq_block *b, size_t size)
{
	WRITE_ONCE(b->size, size | (b->size & SQ_BLOCK_USED));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_set_size);

/**
 * sq_block_addr() - where a block starts
 * @b: the block
 *
 * Context: Any context.
 * Return: its address.
 */
unsigned long sq_block_addr(const struct sq_block *b)
{
	return b->addr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_addr);

/**
 * sq_block_next() - the neighbour above
 * @b: the block
 *
 * Context: Any context; the caller serializes.
 * Return: the block that starts where @b ends, or NULL.
 */
struct sq_block *sq_block_next(const struct sq_block *b)
{
	return b->next;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_next);

/**
 * sq_block_prev() - the neighbour below
 * @b: the block
 *
 * Context: Any context; the caller serializes.
 * Return: the block that ends where @b starts, or NULL.
 */
struct sq_block *sq_block_prev(const struct sq_block *b)
{
	return b->prev;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_prev);

/**
 * sq_block_link() - make two adjacent blocks neighbours
 * @b: the lower block, without a next one
 * @next: the upper block, without a previous one
 *
 * Context: Any context; the caller serializes.
 * Return: true; false, with nothing changed, if @next does not start where @b
 * ends or one of them has a neighbour there already.
 */
bool sq_block_link(struct sq_block *b, struct sq_block *next)
{
	if (block_end(b) != next->addr || b->next || next->prev)
		return false;
	b->next = next;
	next->prev = b;
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_link);

/**
 * sq_block_unlink() - part a block from both neighbours
 * @b: the block
 *
 * The neighbours do not become neighbours of each other: @b's memory still
 * lies between them.
 *
 * Context: Any context; the caller serializes.
 */
void sq_block_unlink(struct sq_block *b)
{
	if (b->next)
		b->next->prev = NULL;
	if (b->prev)
		b->prev->next = NULL;
	b->next = NULL;
	b->prev = NULL;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_unlink);

static bool can_split(const struct sq_block *b, size_t size)
{
	return size && PAGE_ALIGNED(size) && size < sq_block_size(b);
}

/**
 * sq_block_split() - cut a block in two, new header for the upper part
 * @b: the block; keeps its first @size bytes
 * @size: where to cut
 * @rest: header for what remains; gets @b's state and becomes its next
 *
 * Context: Any context; the caller serializes.
 * Return: true; false, with nothing changed, if @size is 0, no multiple of
 * PAGE_SIZE, or not less than the size of @b.
 */
bool sq_block_split(struct sq_block *b, size_t size, struct sq_block *rest)
{
	bool used = sq_block_used(b);

	if (!can_split(b, size))
		return false;

	sq_block_init(rest, b->addr + size, sq_block_size(b) - size);
	sq_block_set_used(rest, used);
	rest->next = b->next;
	rest->prev = b;
	if (rest->next)
		rest->next->prev = rest;
	b->next = rest;
	sq_block_set_size(b, size);
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_split);

/**
 * sq_block_split_front() - cut a block in two, new header for the lower part
 * @b: the block; loses its first @size bytes
 * @size: where to cut
 * @front: header for what is cut off; gets @b's state and becomes its previous
 *
 * Context: Any context; the caller serializes.
 * Return: true; false, with nothing changed, if @size is 0, no multiple of
 * PAGE_SIZE, or not less than the size of @b.
 */
bool sq_block_split_front(struct sq_block *b, size_t size,
			  struct sq_block *front)
{
	bool used = sq_block_used(b);

	if (!can_split(b, size))
		return false;

	sq_block_init(front, b->addr, size);
	sq_block_set_used(front, used);
	front->next = b;
	front->prev = b->prev;
	if (front->prev)
		front->prev->next = front;
	b->prev = front;
	WRITE_ONCE(b->addr, b->addr + size);
	sq_block_set_size(b, sq_block_size(b) - size);
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_split_front);

static bool can_coalesce(const struct sq_block *b, const struct sq_block *next)
{
	return next && !sq_block_used(b) && !sq_block_used(next) &&
	       next->prev == b && block_end(b) == next->addr;
}

/**
 * sq_block_coalesce() - merge a free block with its free next one
 * @b: the block; grows by its next one, whose header is unlinked
 *
 * Context: Any context; the caller serializes.
 * Return: whether they were merged. If not, nothing changed.
 */
bool sq_block_coalesce(struct sq_block *b)
{
	struct sq_block *gone = b->next;

	if (!can_coalesce(b, gone))
		return false;

	b->next = gone->next;
	if (b->next)
		b->next->prev = b;
	sq_block_set_size(b, sq_block_size(b) + sq_block_size(gone));
	gone->next = NULL;
	gone->prev = NULL;
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_coalesce);

/**
 * sq_block_coalesce_prev() - merge a free block with its free previous one
 * @b: the block; grows downwards, the previous one's header is unlinked
 *
 * The mirror image of sq_block_coalesce(): the same block results, but the
 * upper header survives.
 *
 * Context: Any context; the caller serializes.
 * Return: whether they were merged. If not, nothing changed.
 */
bool sq_block_coalesce_prev(struct sq_block *b)
{
	struct sq_block *gone = b->prev;

	if (!gone || !can_coalesce(gone, b))
		return false;

	b->prev = gone->prev;
	if (b->prev)
		b->prev->next = b;
	sq_block_set_size(b, sq_block_size(b) + sq_block_size(gone));
	WRITE_ONCE(b->addr, gone->addr);
	gone->next = NULL;
	gone->prev = NULL;
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_coalesce_prev);

/**
 * sq_block_check() - count the broken rules of one header
 * @b: the block
 *
 * The rules: (1) the address and (2) the size are multiples of PAGE_SIZE,
 * (3) the size is not 0 and the block does not wrap around, (4) the next block
 * starts where this one ends and (5) names it as its previous, (6) the
 * previous one ends where this one starts and (7) names it as its next.
 *
 * Context: Any context; the caller serializes.
 * Return: how many of them do not hold.
 */
unsigned int sq_block_check(const struct sq_block *b)
{
	unsigned int broken = 0;

	broken += !PAGE_ALIGNED(b->addr) || !b->addr;
	broken += !PAGE_ALIGNED(sq_block_size(b));
	broken += !sq_block_size(b) || block_end(b) - 1 < b->addr;
	if (b->next) {
		broken += b->next->addr != block_end(b);
		broken += b->next->prev != b;
	}
	if (b->prev) {
		broken += block_end(b->prev) != b->addr;
		broken += b->prev->next != b;
	}
	return broken;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_check);

/**
 * sq_pages_put() - give a range of pages back to their source
 * @ops: the source
 * @addr: where the range starts
 * @size: its bytes
 * @lost: pages of it that the source must not take back are added
 *
 * The range may be part of what one get returned, or span several: it goes
 * back in the fewest pieces that are powers of two, naturally aligned, and not
 * larger than the source takes them.
 *
 * Context: Any context but NMI.
 * Return: how often the source's put was called.
 */
size_t sq_pages_put(const struct sq_block_ops *ops, unsigned long addr,
		    size_t size, struct sq_block_lost *lost)
{
	unsigned long pages = size >> PAGE_SHIFT;
	size_t calls = 0;

	while (pages) {
		unsigned int order = min_t(unsigned int, ilog2(pages),
					   ops->max_order);
		struct sq_block_lost here;

		order = min_t(unsigned int, order,
			      __ffs(addr >> PAGE_SHIFT));
		here = ops->put(ops, (void *)addr, order);
		if (unlikely(here.pages)) {
			if (!lost->pages)
				lost->addr = here.addr;
			lost->pages += here.pages;
		}
		addr += PAGE_SIZE << order;
		pages -= 1UL << order;
		calls++;
	}
	return calls;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pages_put);
