// SPDX-License-Identifier: GPL-2.0
/*
 * files: a program that makes many files, and knows later what has to be in them.
 *
 *	files fill DIR SEED COUNT	makes COUNT files below DIR
 *	files check DIR SEED COUNT	reads them, and says which are not as made
 *	files churn DIR SEED COUNT	makes, changes, renames and removes as many
 *
 * Sizes and bytes are made of SEED, so that two file systems that were filled by the
 * same numbers have the same in them. Built without libraries for the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

typedef unsigned long u64;

#define PER_DIR		64
#define MOST		(48 * 1024)
#define NAME_SIZE	512

static unsigned char data[MOST], got[MOST];

static u64 next(u64 *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static u64 start(unsigned long seed, unsigned long i)
{
	return (seed + 1) * 0x9e3779b97f4a7c15ul + (i + 1) * 0xbf58476d1ce4e5b9ul;
}

/* Most are small, some need many extents' worth; returns the size. */
static size_t make(unsigned long seed, unsigned long i)
{
	u64 x = start(seed, i), word;
	size_t size = next(&x) % 3000, at;

	if (i % 16 == 0)
		size = next(&x) % MOST;
	for (at = 0; at < size; at += sizeof(word)) {
		word = next(&x);
		memcpy(data + at, &word,
		       size - at < sizeof(word) ? size - at : sizeof(word));
	}
	return size;
}

static void fail(const char *what, const char *name)
{
	fprintf(stderr, "files: %s %s: %s\n", what, name, strerror(errno));
	exit(1);
}

static void name_of(char *buf, const char *dir, unsigned long seed,
		    unsigned long i)
{
	snprintf(buf, NAME_SIZE, "%s/s%lu-%lu/a file with number %lu",
		 dir, seed, i / PER_DIR, i);
}

static void make_dir(const char *dir, unsigned long seed, unsigned long i)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%s/s%lu-%lu", dir, seed, i / PER_DIR);
	if (i % PER_DIR == 0 && mkdir(name, 0755))
		fail("mkdir", name);
}

static void put(const char *name, size_t size)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	if (fd < 0)
		fail("open", name);
	if (write(fd, data, size) != (ssize_t)size)
		fail("write", name);
	if (close(fd))
		fail("close", name);
}

/* Values that many files share; not every file system has them. */
static void mark_file(const char *name, unsigned long i)
{
	char value[200];

	memset(value, 'a' + i % 7, sizeof(value));
	if (setxattr(name, "user.tag", value, sizeof(value), 0) &&
	    errno != ENOTSUP)
		fail("setxattr", name);
}

static void fill(const char *dir, unsigned long seed, unsigned long count)
{
	char name[NAME_SIZE];
	unsigned long i;

	for (i = 0; i < count; i++) {
		make_dir(dir, seed, i);
		name_of(name, dir, seed, i);
		put(name, make(seed, i));
		if (i % 4 == 0)
			mark_file(name, i);
	}
}

static int check_mark(const char *name, unsigned long i)
{
	char value[200];
	ssize_t n = getxattr(name, "user.tag", value, sizeof(value));

	if (n < 0 && errno == ENOTSUP)
		return 1;
	return n == sizeof(value) && value[0] == (char)('a' + i % 7) &&
	       value[n - 1] == value[0];
}

static unsigned long check(const char *dir, unsigned long seed,
			   unsigned long count)
{
	unsigned long i, bad = 0;
	char name[NAME_SIZE];
	size_t size;
	ssize_t n;
	int fd;

	for (i = 0; i < count; i++) {
		name_of(name, dir, seed, i);
		size = make(seed, i);
		fd = open(name, O_RDONLY);
		n = fd < 0 ? -1 : read(fd, got, sizeof(got));
		if (fd >= 0)
			close(fd);
		if (n == (ssize_t)size && !memcmp(got, data, size) &&
		    (i % 4 || check_mark(name, i)))
			continue;
		if (!bad++)
			fprintf(stderr, "files: not as made: %s (%zd of %zu)\n",
				name, n, size);
	}
	return bad;
}

/* Nothing of it stays. */
static void churn(const char *dir, unsigned long seed, unsigned long count)
{
	char name[NAME_SIZE], other[NAME_SIZE + 8];
	unsigned long i;

	for (i = 0; i < count; i++) {
		make_dir(dir, seed, i);
		name_of(name, dir, seed, i);
		put(name, make(seed, i));
		snprintf(other, sizeof(other), "%s.new", name);
		if (i % 3 == 0 && link(name, other) && errno != EPERM)
			fail("link", other);
		if (i % 3 == 1 && truncate(name, 100))
			fail("truncate", name);
		if (rename(name, other) && errno != ENOENT)
			fail("rename", name);
		unlink(name);
		if (unlink(other) && errno != ENOENT)
			fail("unlink", other);
	}
	for (i = 0; i < count; i += PER_DIR) {
		snprintf(name, sizeof(name), "%s/s%lu-%lu", dir, seed, i / PER_DIR);
		if (rmdir(name))
			fail("rmdir", name);
	}
}

int main(int argc, char **argv)
{
	unsigned long seed, count;

	if (argc != 5) {
		fprintf(stderr, "usage: files fill|check|churn DIR SEED COUNT\n");
		return 2;
	}
	seed = strtoul(argv[3], NULL, 10);
	count = strtoul(argv[4], NULL, 10);
	if (!strcmp(argv[1], "fill"))
		fill(argv[2], seed, count);
	else if (!strcmp(argv[1], "churn"))
		churn(argv[2], seed, count);
	else
		return check(argv[2], seed, count) ? 1 : 0;
	return 0;
}
