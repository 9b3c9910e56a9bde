/* SPDX-License-Identifier: GPL-2.0 */
/*
 * To hear what squirrel has to report: part of <squirrel/squirrel.h>.
 */
#ifndef _SQUIRREL_REPORT_H
#define _SQUIRREL_REPORT_H

#include <linux/types.h>

struct notifier_block;
struct squirrel_cache;
struct squirrel_heap;

/**
 * struct squirrel_report - something that a client did wrong
 * @what: in words, as in the log
 * @name: of the cache or heap
 * @cache: the cache, or NULL if it was of a heap's memory
 * @heap: the heap, or NULL
 * @obj: the object, or NULL
 * @size: its bytes as they were asked for; those of all, if there are several
 * @nr: objects it is about; pages, of pages that were lost
 * @offset: of the first byte that is wrong, from the object's start
 * @allocated_by: who allocated the object, as far as it was debugged, or 0
 * @freed_by: who freed it, likewise
 * @found_by: who called squirrel when it came to light, or 0
 *
 * Pointers are to be compared and printed: what they point to may be gone. Words are
 * there as long as the call lasts, @what as long as squirrel is loaded.
 */
struct squirrel_report {
	const char *what;
	const char *name;
	const struct squirrel_cache *cache;
	const struct squirrel_heap *heap;
	const void *obj;
	size_t size;
	unsigned long nr;
	long offset;
	unsigned long allocated_by;
	unsigned long freed_by;
	unsigned long found_by;
};

int squirrel_report_register(struct notifier_block *nb);
void squirrel_report_unregister(struct notifier_block *nb);

#endif /* _SQUIRREL_REPORT_H */
