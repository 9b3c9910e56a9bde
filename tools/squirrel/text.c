// SPDX-License-Identifier: GPL-2.0
/* Figures of a stats file, how they are written for people, and colours. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "squirrel.h"

static const char *value(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && *text) {
		if (!strncmp(text, key, len) && text[len] == ':')
			return text + len + 1 + (text[len + 1] == ' ');
		text = strchr(text, '\n');
		text += !!text;
	}
	return NULL;
}

double key_of(const char *text, const char *key)
{
	const char *v = value(text, key);

	return v ? strtod(v, NULL) : 0;
}

const char *word_of(const char *text, const char *key, char *buf, size_t size)
{
	const char *v = value(text, key);

	if (v)
		snprintf(buf, size, "%.*s", (int)strcspn(v, "\n"), v);
	else
		snprintf(buf, size, "-");
	return buf;
}

const char *human(double n, bool bytes, char buf[16])
{
	static const char units[] = " KMGTP";
	double step = bytes ? 1024 : 1000;
	int u = 0;

	while (n >= 10000 - 0.5 || (bytes && n >= 1024 && u < 5)) {
		n /= step;
		u++;
		if (u == 5)
			break;
	}
	if (!u)
		snprintf(buf, 16, "%.0f", n);
	else
		snprintf(buf, 16, n < 9.95 ? "%.1f%c" : "%.0f%c", n, units[u]);
	return buf;
}

bool colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
}

double page_size(const struct item *i)
{
	double pages = key_of(i->stats, i->heap ? "pages_held" : "slab_pages");

	return pages ? key_of(i->stats, i->heap ? "bytes_held" : "slab_bytes") / pages : 0;
}

/*
 * A heap's own pages: slabs of its classes, large blocks, free ones. Those of single caches
 * lie in the default heap; they are shown with the caches.
 */
double item_pages(const struct item *i)
{
	double pages = key_of(i->stats, "slab_pages"), size = page_size(i);

	if (i->heap)
		pages += key_of(i->stats, "pages_free");
	if (i->heap && size)
		pages += (key_of(i->stats, "large_bytes") +
			  key_of(i->stats, "large_rounding_bytes")) / size;
	return pages;
}

double item_slots(const struct item *i)
{
	return key_of(i->stats, "objects") + key_of(i->stats, "large_objects");
}

double item_waste(const struct item *i)
{
	return key_of(i->stats, "internal_waste_bytes");
}

double item_waiting(const struct item *i)
{
	return key_of(i->stats, "objects_in_magazines") +
	       key_of(i->stats, "objects_in_depots");
}
