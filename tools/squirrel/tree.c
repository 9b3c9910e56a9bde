// SPDX-License-Identifier: GPL-2.0
/* The files of debugfs: read, written, listed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "squirrel.h"

#define DEFAULT_ROOT "/sys/kernel/debug/squirrel"

static const char *root = DEFAULT_ROOT;

void tree_root(const char *path)
{
	if (path && *path)
		root = path;
}

static void *must(void *p)
{
	if (!p)
		die("out of memory");
	return p;
}

/* A file of debugfs does not say its size. */
static char *read_all(int fd)
{
	size_t have = 0, room = 16384;
	char *text = must(malloc(room));
	ssize_t n;

	while ((n = read(fd, text + have, room - have - 1)) != 0) {
		if (n < 0) {
			free(text);
			return NULL;
		}
		have += n;
		if (room - have < 4096)
			text = must(realloc(text, room *= 2));
	}
	text[have] = '\0';
	return text;
}

static char *path_of(const char *file)
{
	char *path = must(malloc(strlen(root) + strlen(file) + 2));

	sprintf(path, "%s/%s", root, file);
	return path;
}

static char *read_file(const char *file)
{
	char *path = path_of(file), *text = NULL;
	int fd = open(path, O_RDONLY), err;

	if (fd >= 0) {
		text = read_all(fd);
		err = errno;
		close(fd);
		errno = err;
	}
	err = errno;
	free(path);
	errno = err;
	return text;
}

char *tree_read(const char *fmt, ...)
{
	char file[512];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(file, sizeof(file), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(file)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return read_file(file);
}

char *tree_need(const char *file)
{
	char *text = read_file(file);

	if (!text)
		die("%s/%s: %s", root, file, strerror(errno));
	return text;
}

int tree_write(const char *word, const char *file)
{
	char *path = path_of(file), line[128];
	int n = snprintf(line, sizeof(line), "%s\n", word), fd, err = 0;

	if ((size_t)n >= sizeof(line)) {
		free(path);
		errno = EINVAL;
		return -1;
	}
	fd = open(path, O_WRONLY);
	free(path);
	if (fd < 0)
		return -1;
	if (write(fd, line, n) != n)
		err = errno;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

void tree_there(void)
{
	char *path = path_of("summary");
	int fd = open(path, O_RDONLY), err = errno;

	free(path);
	if (fd >= 0) {
		close(fd);
		return;
	}
	if (err == EACCES || err == EPERM)
		die("%s can be read by root only", root);
	if (!strcmp(root, DEFAULT_ROOT) && access("/sys/kernel/debug/.", F_OK))
		die("there is no debugfs: mount -t debugfs debugfs /sys/kernel/debug");
	if (!strcmp(root, DEFAULT_ROOT) && !access("/sys/module/squirrel", F_OK))
		die("squirrel is loaded, but has no %s: is debugfs mounted?", root);
	die("squirrel is not loaded: there is no %s", root);
}

char *tree_find(const char *name)
{
	static const char * const kinds[] = { "caches/", "heaps/" };
	char *file = must(malloc(strlen(name) + 16)), *text;
	int i;

	if (!strcmp(name, ".") || strstr(name, "..") || !*name || *name == '/')
		die("there is no cache or heap '%s'", name);
	for (i = -1; i < 2; i++) {
		if (i < 0 && strncmp(name, kinds[0], strlen(kinds[0])) &&
		    strncmp(name, kinds[1], strlen(kinds[1])))
			continue;
		sprintf(file, "%s%s", i < 0 ? "" : kinds[i], name);
		text = tree_read("%s/stats", file);
		if (text) {
			free(text);
			return file;
		}
	}
	die("there is no cache or heap '%s'", name);
}

static void add_items(struct items *items, const char *kind, bool heap)
{
	char *path = path_of(kind), *stats;
	DIR *dir = opendir(path);
	struct dirent *d;

	free(path);
	while (dir && (d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		/* It may have gone meanwhile. */
		stats = tree_read("%s/%s/stats", kind, d->d_name);
		if (!stats)
			continue;
		items->all = must(realloc(items->all,
					  (items->nr + 1) * sizeof(*items->all)));
		items->all[items->nr++] = (struct item) {
			.heap = heap, .name = must(strdup(d->d_name)), .stats = stats };
	}
	if (dir)
		closedir(dir);
}

static int by_name(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->heap != y->heap ? x->heap - y->heap : strcmp(x->name, y->name);
}

/* What single caches have lies in the default heap, whose file counts it as well. */
static void count_pinned(struct items *items)
{
	double single = 0;
	size_t i;

	for (i = 0; i < items->nr; i++) {
		struct item *item = &items->all[i];

		item->pinned = key_of(item->stats, "pages_pinned_by_one");
		if (!item->heap)
			single += item->pinned;
		else if (!strcmp(item->name, "default"))
			item->pinned = item->pinned > single ? item->pinned - single : 0;
	}
}

struct items tree_items(void)
{
	struct items items = { 0 };

	add_items(&items, "caches", false);
	add_items(&items, "heaps", true);
	count_pinned(&items);
	if (items.nr)
		qsort(items.all, items.nr, sizeof(*items.all), by_name);
	return items;
}

void items_free(struct items *items)
{
	size_t i;

	for (i = 0; i < items->nr; i++) {
		free(items->all[i].name);
		free(items->all[i].stats);
	}
	free(items->all);
	*items = (struct items) { 0 };
}
