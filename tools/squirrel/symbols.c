// SPDX-License-Identifier: GPL-2.0
/* Addresses of the kernel's functions by name. */
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

/* A function is no longer than that, nor longer than its module. */
#define LONGEST (1 << 16)

struct symbol {
	unsigned long long addr, end;
	char name[48];
};

struct symbols {
	struct symbol *all;
	size_t nr, room;
};

struct module {
	unsigned long long addr, end;
	char name[64];
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

/* All that are loaded, and behind them one without a name. */
static struct module *modules_read(void)
{
	struct module *all = more(NULL, 1, sizeof(*all)), *m;
	FILE *in = fopen("/proc/modules", "r");
	unsigned long size;
	char line[4096];
	size_t nr = 0;

	while (in && fgets(line, sizeof(line), in)) {
		m = &all[nr];
		if (sscanf(line, "%63s %lu %*s %*s %*s %llx", m->name, &size, &m->addr) != 3)
			continue;
		m->end = m->addr + size;
		all = more(all, ++nr + 1, sizeof(*all));
	}
	if (in)
		fclose(in);
	all[nr] = (struct module) { 0 };
	return all;
}

static unsigned long long end_of(const struct symbol *s, const char *module,
				 const struct module *all)
{
	for (; *module && all->name[0]; all++)
		if (!strcmp(all->name, module) && s->addr >= all->addr &&
		    s->addr < all->end && all->end - s->addr < LONGEST)
			return all->end;
	return s->addr + LONGEST;
}

/* "ADDRESS TYPE NAME", and of a module "[MODULE]" behind it. */
static bool symbol_read(struct symbol *s, const char *line, const struct module *modules)
{
	char type, module[64] = "";

	if (sscanf(line, "%llx %c %47s [%63[^]]", &s->addr, &type, s->name, module) < 3 ||
	    !strchr("tTwW", type) || !s->addr)
		return false;
	s->end = end_of(s, module, modules);
	return true;
}

/* Without it there are none. */
struct symbols *symbols_read(void)
{
	struct symbols *s = more(NULL, 1, sizeof(*s));
	FILE *in = fopen("/proc/kallsyms", "r");
	struct module *modules = modules_read();
	struct symbol new;
	char line[512];

	*s = (struct symbols) { 0 };
	while (in && fgets(line, sizeof(line), in)) {
		if (!symbol_read(&new, line, modules))
			continue;
		if (s->nr == s->room) {
			s->room = s->room ? s->room * 2 : 1 << 16;
			s->all = more(s->all, s->room, sizeof(*s->all));
		}
		s->all[s->nr++] = new;
	}
	if (in)
		fclose(in);
	free(modules);
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
	/* A module that is gone, or its init function, must not get its neighbour's. */
	if (low && addr < s->all[low - 1].end)
		snprintf(buf, size, "%s+0x%llx", s->all[low - 1].name,
			 addr - s->all[low - 1].addr);
	else
		snprintf(buf, size, "0x%llx", addr);
}
