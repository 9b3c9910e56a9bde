// SPDX-License-Identifier: GPL-2.0
/*
 * Row (d): the default heap against kmalloc(), the size known to the compiler
 * or not, up to large blocks.
 */
#include <linux/kernel.h>
#include "bench.h"

static __always_inline void heap_pairs(const enum bench_subject s,
				       struct bench_run *r, const size_t size)
{
	void *obj = r;
	unsigned long i;

	for (i = 0; i < r->n; i++) {
		if (s == BENCH_SQUIRREL)
			obj = squirrel_alloc(size, GFP_KERNEL);
		else if (s == BENCH_SLUB)
			obj = kmalloc(size, GFP_KERNEL);
		else
			obj = bench_alloc(s, r, GFP_KERNEL, obj);
		if (unlikely(!obj)) {
			r->failed = true;
			return;
		}
		if (s == BENCH_SQUIRREL)
			squirrel_free(obj);
		else if (s == BENCH_SLUB)
			kfree(obj);
		else
			bench_free(s, r, obj);
	}
}

static __always_inline void heap_loop(const enum bench_subject s,
				      struct bench_run *r)
{
	heap_pairs(s, r, READ_ONCE(r->size));
}

BENCH_LOOPS(heap);

static const size_t heap_sizes[] = {
	8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
};

/* The same sizes, but as constants: one loop each. */
static __always_inline void heap_const_loop(const enum bench_subject s,
					    struct bench_run *r)
{
	switch (r->size) {
	case 8:
		return heap_pairs(s, r, 8);
	case 16:
		return heap_pairs(s, r, 16);
	case 32:
		return heap_pairs(s, r, 32);
	case 64:
		return heap_pairs(s, r, 64);
	case 96:
		return heap_pairs(s, r, 96);
	case 128:
		return heap_pairs(s, r, 128);
	case 192:
		return heap_pairs(s, r, 192);
	case 256:
		return heap_pairs(s, r, 256);
	case 512:
		return heap_pairs(s, r, 512);
	case 1024:
		return heap_pairs(s, r, 1024);
	case 2048:
		return heap_pairs(s, r, 2048);
	case 4096:
		return heap_pairs(s, r, 4096);
	case 8192:
		return heap_pairs(s, r, 8192);
	default:
		r->failed = true;
	}
}

BENCH_LOOPS(heap_const);

static int heap_rows(const bench_loop_t *loops, const char *name,
		     const size_t *sizes, unsigned int nr)
{
	struct bench_run r = {};
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		const struct bench_case c = { loops, name, sizes[i], 1 };

		r.size = sizes[i];
		err = bench_measure(&c, &r);
	}
	return err;
}

int bench_heap(void)
{
	int err;

	err = heap_rows(heap_consts, "heap-const", heap_sizes,
			ARRAY_SIZE(heap_sizes));
	if (err)
		return err;
	return heap_rows(heaps, "heap", heap_sizes, ARRAY_SIZE(heap_sizes));
}

int bench_large(void)
{
	static const size_t sizes[] = {
		16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10,
		1 << 20,
	};

	return heap_rows(heaps, "large", sizes, ARRAY_SIZE(sizes));
}
