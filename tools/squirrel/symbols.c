// SPDX-License-Identifier: GPL-2.0
/* Addresses of the kernel's functions by name. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "squirrel.h"

/* A function is no longer than that. */
#define LONGEST (1 << 16)

struct symbol {
	unsigned long long addr;
	unsigned int module;	/* of the same module, the same number; 0: the kernel's */
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

static void *more(void *old, size_t nr, size_t size)
{
	void *new = realloc(old, nr * size);

	if (!new)
		die("out of memory");
	return new;
}

/* "ADDRESS TYPE NAME", and of a module "[MODULE]" behind it. */
static bool symbol_read(struct symbol *s, const char *line)
{
	char type, module[64] = "", *c;

	if (sscanf(line, "%llx %c %47s [%63[^]]", &s->addr, &type, s->name, module) < 3 ||
	    !strchr("tTwW", type) || !s->addr)
		return false;
	s->module = 0;
	for (c = module; *c; c++)
		s->module = s->module * 31 + *c;
	return true;
}

/* Without it there are none. */
struct symbols *symbols_read(void)
{
	struct symbols *s = more(NULL, 1, sizeof(*s));
	FILE *in = fopen("/proc/kallsyms", "r");
	struct symbol new;
	char line[512];

	*s = (struct symbols) { 0 };
	while (in && fgets(line, sizeof(line), in)) {
		if (!symbol_read(&new, line))
			continue;
		if (s->nr == s->room) {
			s->room = s->room ? s->room * 2 : 1 << 16;
			s->all = more(s->all, s->room, sizeof(*s->all));
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

/*
 * Where @s, below which an address is, ends at the latest. The last function of a module
 * ends with its page: what is behind was the module's init function, or another's.
 */
static unsigned long long end_of(const struct symbols *all, const struct symbol *s)
{
	unsigned long page = sysconf(_SC_PAGESIZE);

	if (!s->module)
		return s->addr + LONGEST;
	if (s + 1 < all->all + all->nr && s[1].module == s->module)
		return s[1].addr;
	return (s->addr | (page - 1)) + 1;
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
	if (low && addr < end_of(s, &s->all[low - 1]))
		snprintf(buf, size, "%s+0x%llx", s->all[low - 1].name,
			 addr - s->all[low - 1].addr);
	else
		snprintf(buf, size, "0x%llx", addr);
}
