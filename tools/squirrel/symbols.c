// SPDX-License-Identifier: GPL-2.0
/* Addresses of the kernel's functions by name. */
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

struct symbol {
	unsigned long long addr;
	char name[48];
};

struct symbols {
	struct symbol *all;
	size_t nr, room;
};

static int by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Without it there are none. */
struct symbols *symbols_read(void)
{
	struct symbols *s = calloc(1, sizeof(*s));
	FILE *in = fopen("/proc/kallsyms", "r");
	struct symbol new;
	char line[512], type;

	if (!s)
		die("out of memory");
	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%llx %c %47s", &new.addr, &type, new.name) != 3 ||
		    !strchr("tTwW", type) || !new.addr)
			continue;
		if (s->nr == s->room) {
			s->room = s->room ? s->room * 2 : 1 << 16;
			s->all = realloc(s->all, s->room * sizeof(*s->all));
			if (!s->all)
				die("out of memory");
		}
		s->all[s->nr++] = new;
	}
	if (in)
		fclose(in);
	if (s->nr)
		qsort(s->all, s->nr, sizeof(*s->all), by_addr);
	return s;
}

void symbols_free(struct symbols *s)
{
	free(s->all);
	free(s);
}

void symbol_of(const struct symbols *s, unsigned long long addr, char *buf, size_t size)
{
	size_t low = 0, high = s->nr, middle;

	/* The last that begins at or below it is all[low - 1]. */
	while (low < high) {
		middle = (low + high) / 2;
		if (s->all[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	/* A module that is gone has no names, and must not get its neighbour's. */
	if (low && addr - s->all[low - 1].addr < 1 << 16)
		snprintf(buf, size, "%s+0x%llx", s->all[low - 1].name,
			 addr - s->all[low - 1].addr);
	else
		snprintf(buf, size, "0x%llx", addr);
}
