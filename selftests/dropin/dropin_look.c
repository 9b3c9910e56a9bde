// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests look at: squirrel's folder in debugfs, the kernel's log, and whose
 * an address is. Built without the drop-in header.
 */
#define pr_fmt(fmt) "dropin: " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kmsg_dump.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <squirrel/squirrel.h>
#include "dropin.h"

#define DROPIN_CACHES	"/sys/kernel/debug/squirrel/caches"

static unsigned int dropin_failures;
static struct kmsg_dump_iter dropin_since;

const struct dropin_test dropin_tests[] = {
#define DROPIN_TEST(name, misuse, title)				\
	{ #name, title, dropin_##name, misuse },
#include "dropin_tests.h"
	{}
};

bool dropin_expect(bool holds, const char *of, const char *what,
		   const char *func, int line)
{
	if (holds)
		return true;
	dropin_failures++;
	pr_err("%s:%d: does not hold for %s: %s\n", func, line, of, what);
	return false;
}

/* ---- debugfs and sysfs ----------------------------------------------------- */

bool dropin_there(const char *path)
{
	struct path found;

	if (kern_path(path, 0, &found))
		return false;
	path_put(&found);
	return true;
}

/* Has squirrel a cache that is called so? */
bool dropin_named(const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), DROPIN_CACHES "/%s", name);
	return dropin_there(path);
}

/* Text that is there for user space only, by way of the page at @addr. */
static bool dropin_reads(struct file *file, unsigned long addr, char *text)
{
	char __user *user = (char __user *)addr;
	loff_t pos = 0;
	ssize_t got;

	got = file->f_op->read(file, user, PAGE_SIZE - 1, &pos);
	return got > 0 && !copy_from_user(text, user, got);
}

/* Is this among the figures of squirrel's cache of that name? For who has an mm. */
bool dropin_shows(const char *name, const char *line)
{
	char path[160], *text = (char *)get_zeroed_page(GFP_KERNEL);
	unsigned long addr;
	struct file *file;
	bool shown = false;

	snprintf(path, sizeof(path), DROPIN_CACHES "/%s/stats", name);
	file = filp_open(path, O_RDONLY, 0);
	addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (!IS_ERR(file)) {
		shown = text && !IS_ERR_VALUE(addr) &&
			dropin_reads(file, addr, text) && strstr(text, line);
		filp_close(file, NULL);
	}
	if (!IS_ERR_VALUE(addr))
		vm_munmap(addr, PAGE_SIZE);
	free_page((unsigned long)text);
	return shown;
}

/* Is all of it let through to user space? Without a process nobody is asked. */
bool dropin_copied(const void *obj, size_t size)
{
	unsigned long addr;
	bool copied;

	if (!current->mm)
		return true;
	addr = vm_mmap(NULL, 0, PAGE_ALIGN(size), PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | MAP_PRIVATE, 0);
	if (IS_ERR_VALUE(addr))
		return false;
	copied = !copy_to_user((void __user *)addr, obj, size) &&
		 !copy_from_user((void *)obj, (void __user *)addr, size);
	vm_munmap(addr, PAGE_ALIGN(size));
	return copied;
}

struct dropin_walk {
	struct dir_context ctx;
	unsigned int nr;
};

static bool dropin_count(struct dir_context *ctx, const char *name, int len,
			 loff_t off, u64 ino, unsigned int type)
{
	container_of(ctx, struct dropin_walk, ctx)->nr++;
	return true;
}

/* How many caches squirrel has, and two; 0 if nobody can tell. */
static unsigned int dropin_nr_caches(void)
{
	struct dropin_walk walk = { .ctx.actor = dropin_count };
	struct file *dir;

	dir = filp_open(DROPIN_CACHES, O_RDONLY | O_DIRECTORY, 0);
	if (IS_ERR(dir))
		return 0;
	iterate_dir(dir, &walk.ctx);
	filp_close(dir, NULL);
	return walk.nr;
}

/* Whether all held, and no cache was left behind. */
bool dropin_run(const struct dropin_test *test)
{
	unsigned int before = dropin_nr_caches(), failures = dropin_failures;

	DROPIN_EXPECT(before >= 2);
	test->run();
	DROPIN_EXPECT(dropin_nr_caches() == before);
	return dropin_failures == failures;
}

/* ---- the log --------------------------------------------------------------- */

/* From here on dropin_said() counts. */
void dropin_mark(void)
{
	kmsg_dump_rewind(&dropin_since);
	dropin_since.cur_seq = dropin_since.next_seq;
}

/* How many lines with this text there are. */
unsigned int dropin_said(const char *text)
{
	struct kmsg_dump_iter iter = dropin_since;
	unsigned int nr = 0;
	char line[256];
	size_t len;

	while (kmsg_dump_get_line(&iter, false, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		nr += !!strstr(line, text);
	}
	return nr;
}

/* ---- whose it is ----------------------------------------------------------- */

bool dropin_ours(const void *obj)
{
	return squirrel_owns(obj);
}

size_t dropin_usable(const void *obj)
{
	return squirrel_usable_size(obj);
}

/* Of no cache that has a name, and freed by its address all the same. */
void *dropin_squirrel_alloc(size_t size)
{
	return squirrel_alloc(size, GFP_KERNEL);
}
