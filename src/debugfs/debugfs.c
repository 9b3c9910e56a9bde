// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/squirrel: the tree and its files. What they say is written
 * by the layers' own show functions; what is written into them goes to the
 * layers' own parsers.
 *
 *	summary  summary_all  check  debug  sample  whose  snapshot  fail
 *	kmem_events
 *	caches/<name>/{stats,check,map,blocks,histogram,debug,sample,live,peak,snapshot,
 *			fail}
 *	heaps/<name>/{stats,check,map,blocks,histogram,strategy,debug,sample,live,peak,
 *		      snapshot,fail}
 *	reclaim/{mode,stats,history,run}
 *
 * Lifetime: a file's private data is the cache or heap itself. All files are
 * made by debugfs_create_file(), whose removal waits for readers and writers
 * that are inside, and after which further calls fail with -EIO. So when the
 * registry hook returns from "removed" nobody uses the object any more.
 *
 * Cost: a directory with its files pins nearly 10 KiB of dentries and inodes.
 * Most are never looked at, so "caches" starts as a trigger. The first walk
 * through it calls caches_visit(), which puts the
 * real directory in its place and returns -ESTALE; upon that the VFS walks the
 * path again and finds what it wants. Heaps are few and shown from the start.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>

#include "allocator/allocator.h"
#include "debugfs/debugfs.h"
#include "reclaimer/reclaimer.h"
#include "trace.h"

/* No word that a file accepts is longer; more is refused, not cut */
#define SQ_DEBUGFS_WORD_MAX	64

struct sq_file {
	const char *name;
	umode_t mode;
	const struct file_operations *fops;
};

/**
 * struct sq_entry - the directory of one cache or heap
 * @list: on entries
 * @key: the cache or heap, compared and handed on only
 * @files: what is in the directory
 * @dir: the directory, or NULL while nobody has looked
 * @name: its name
 */
struct sq_entry {
	struct list_head list;
	void *key;
	const struct sq_file *files;
	struct dentry *dir;
	char name[];
};

/*
 * Protects all below. Not held while the directory of an entry is removed,
 * for that waits for readers.
 */
static DEFINE_MUTEX(entries_lock);
static LIST_HEAD(entries);
static struct dentry *root_dir;
static struct dentry *caches_dir;	/* trigger or directory */
static struct dentry *heaps_dir;
static bool caches_shown;		/* it is the directory */

/* Calls of caches_visit() under way */
static atomic_t nr_visits = ATOMIC_INIT(0);

/* ---- writing -------------------------------------------------------------- */

/*
 * One line from user space, without the newline; -EINVAL if it is too long or has
 * more behind its end, of which there is a line in the log.
 */
static int get_word(struct file *file, char *word, const char __user *ubuf,
		    size_t len)
{
	if (len >= SQ_DEBUGFS_WORD_MAX) {
		pr_err("%pD2: %zu characters are too many, %d is the most\n", file,
		       len, SQ_DEBUGFS_WORD_MAX - 1);
		return -EINVAL;
	}
	if (copy_from_user(word, ubuf, len))
		return -EFAULT;
	word[len] = '\0';
	if (strlen(word) != len) {
		pr_err("%pD2: there is a character 0 in what was written\n", file);
		return -EINVAL;
	}
	if (len && word[len - 1] == '\n')
		word[len - 1] = '\0';
	return 0;
}

/* The cache or heap that a file is about, of one that can be read as well. */
static void *subject(struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

/*
 * SQ_FILE_WRITE() - the write operation of a file that takes one word
 * @name: prefix; defines name_write()
 * @call: what to do with the word, of that file; 0 or an errno
 */
#define SQ_FILE_WRITE(name, call)					\
static ssize_t name##_write(struct file *file, const char __user *ubuf,	\
			    size_t len, loff_t *pos)			\
{									\
	char word[SQ_DEBUGFS_WORD_MAX];					\
	int err = get_word(file, word, ubuf, len);			\
									\
	if (!err)							\
		err = call;						\
	return err ? err : len;						\
}

static int reclaim_run(const char *word)
{
	if (strcmp(word, "1")) {
		pr_err("reclaim/run '%.32s': wanted is 1\n", word);
		return -EINVAL;
	}
	sq_reclaimer_run();
	return 0;
}

static int reclaim_mode(const char *word)
{
	int err = sq_reclaimer_set_mode_string(word);

	if (err)
		pr_err("reclaim/mode '%.32s': wanted is off, series [N] or parallel [1 to 60000 ms]\n",
		       word);
	return err;
}

static int heap_strategy(struct file *file, const char *word)
{
	int err = sq_heap_set_strategy(subject(file), word);

	if (err)
		pr_err("%pD2 '%.32s': there is no such strategy; the file has their names\n",
		       file, word);
	return err;
}

/* What a mark is set by, or not. */
static int told_snapshot(int err, struct file *file, const char *word)
{
	if (err)
		pr_err("%pD2 '%.32s': wanted is 1\n", file, word);
	return err;
}

static int ask_whose(const char *word)
{
	int err = sq_allocator_set_whose(word);

	if (err)
		pr_err("whose '%.32s': wanted is an address, in hexadecimal\n", word);
	return err;
}

static int tell_kmem(const char *word)
{
	bool on;

	if (kstrtobool(word, &on)) {
		pr_err("kmem_events '%.32s': wanted is Y or N\n", word);
		return -EINVAL;
	}
	return sq_trace_set_kmem(on);
}

SQ_FILE_WRITE(heap_strategy, heap_strategy(file, word));
SQ_FILE_WRITE(heap_debug, sq_heap_set_debug(subject(file), word));
SQ_FILE_WRITE(cache_debug, sq_cache_set_debug(subject(file), word));
SQ_FILE_WRITE(debug, sq_allocator_set_debug(word));
SQ_FILE_WRITE(cache_sample, sq_cache_set_sample(subject(file), word));
SQ_FILE_WRITE(heap_sample, sq_heap_set_sample(subject(file), word));
SQ_FILE_WRITE(sample, sq_allocator_set_sample(word));
SQ_FILE_WRITE(cache_fail, sq_cache_set_fail(subject(file), word));
SQ_FILE_WRITE(heap_fail, sq_heap_set_fail(subject(file), word));
SQ_FILE_WRITE(fail, sq_allocator_set_fail(word));
SQ_FILE_WRITE(cache_snapshot, told_snapshot(sq_cache_set_snapshot(subject(file), word), file,
					    word));
SQ_FILE_WRITE(heap_snapshot, told_snapshot(sq_heap_set_snapshot(subject(file), word), file,
					   word));
SQ_FILE_WRITE(snapshot, told_snapshot(sq_allocator_set_snapshot(word), file, word));
SQ_FILE_WRITE(whose, ask_whose(word));
SQ_FILE_WRITE(kmem_events, tell_kmem(word));
SQ_FILE_WRITE(reclaim_mode, reclaim_mode(word));
SQ_FILE_WRITE(reclaim_run, reclaim_run(word));

/* ---- reading -------------------------------------------------------------- */

/*
 * SQ_FILE_SHOW() - file operations for a file that one function shows
 * @name: prefix; defines name_fops
 * @call: what to do with the seq_file s
 * @writer: the write operation, or NULL
 */
#define SQ_FILE_SHOW(name, call, writer)				\
static int name##_show(struct seq_file *s, void *unused)		\
{									\
	call;								\
	return 0;							\
}									\
static int name##_open(struct inode *inode, struct file *file)		\
{									\
	return single_open(file, name##_show, inode->i_private);	\
}									\
static const struct file_operations name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = name##_open,						\
	.read = seq_read,						\
	.write = writer,						\
	.llseek = seq_lseek,						\
	.release = single_release,					\
}

SQ_FILE_SHOW(summary, (sq_allocator_show_summary(s, false),
		       sq_reclaimer_show_summary(s)), NULL);
SQ_FILE_SHOW(summary_all, (sq_allocator_show_summary(s, true),
			   sq_reclaimer_show_summary(s)), NULL);
SQ_FILE_SHOW(check, seq_printf(s, "%u\n", sq_allocator_check()), NULL);
SQ_FILE_SHOW(cache_stats, sq_cache_show_stats(s, s->private), NULL);
SQ_FILE_SHOW(cache_check, seq_printf(s, "%u\n", sq_cache_check(s->private)), NULL);
SQ_FILE_SHOW(heap_check, seq_printf(s, "%u\n", sq_heap_check(s->private)), NULL);
SQ_FILE_SHOW(cache_map, sq_cache_show_map(s, s->private), NULL);
SQ_FILE_SHOW(cache_blocks, sq_cache_show_blocks(s, s->private), NULL);
SQ_FILE_SHOW(cache_histogram, sq_cache_show_histogram(s, s->private), NULL);
SQ_FILE_SHOW(heap_stats, sq_heap_show_stats(s, s->private), NULL);
SQ_FILE_SHOW(heap_map, sq_heap_show_map(s, s->private), NULL);
SQ_FILE_SHOW(heap_blocks, sq_heap_show_blocks(s, s->private), NULL);
SQ_FILE_SHOW(heap_histogram, sq_heap_show_histogram(s, s->private), NULL);
SQ_FILE_SHOW(heap_strategy, sq_heap_show_strategy(s, s->private),
	     heap_strategy_write);
SQ_FILE_SHOW(cache_debug, sq_cache_show_debug(s, s->private), cache_debug_write);
SQ_FILE_SHOW(cache_live, sq_cache_show_live(s, s->private), NULL);
SQ_FILE_SHOW(cache_peak, sq_cache_show_peak(s, s->private), NULL);
SQ_FILE_SHOW(heap_peak, sq_heap_show_peak(s, s->private), NULL);
SQ_FILE_SHOW(heap_debug, sq_heap_show_debug(s, s->private), heap_debug_write);
SQ_FILE_SHOW(heap_live, sq_heap_show_live(s, s->private), NULL);
SQ_FILE_SHOW(cache_snapshot, sq_cache_show_snapshot(s, s->private), cache_snapshot_write);
SQ_FILE_SHOW(heap_snapshot, sq_heap_show_snapshot(s, s->private), heap_snapshot_write);
SQ_FILE_SHOW(snapshot, sq_allocator_show_snapshot(s), snapshot_write);
SQ_FILE_SHOW(debug, sq_allocator_show_debug(s), debug_write);
SQ_FILE_SHOW(cache_sample, sq_cache_show_sample(s, s->private), cache_sample_write);
SQ_FILE_SHOW(heap_sample, sq_heap_show_sample(s, s->private), heap_sample_write);
SQ_FILE_SHOW(sample, sq_allocator_show_sample(s), sample_write);
SQ_FILE_SHOW(cache_fail, sq_allocator_show_fail(s), cache_fail_write);
SQ_FILE_SHOW(heap_fail, sq_allocator_show_fail(s), heap_fail_write);
SQ_FILE_SHOW(fail, sq_allocator_show_fail(s), fail_write);
SQ_FILE_SHOW(whose, sq_allocator_show_whose(s), whose_write);
SQ_FILE_SHOW(kmem_events, seq_puts(s, sq_trace_kmem() ? "Y\n" : "N\n"),
	     kmem_events_write);
SQ_FILE_SHOW(reclaim_mode, sq_reclaimer_show_mode(s), reclaim_mode_write);
SQ_FILE_SHOW(reclaim_stats, sq_reclaimer_show_stats(s), NULL);
SQ_FILE_SHOW(reclaim_history, sq_reclaimer_show_history(s), NULL);

static const struct file_operations reclaim_run_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.write = reclaim_run_write,
};

static const struct sq_file cache_files[] = {
	{ "stats", 0400, &cache_stats_fops },
	{ "check", 0400, &cache_check_fops },
	{ "map", 0400, &cache_map_fops },
	{ "blocks", 0400, &cache_blocks_fops },
	{ "histogram", 0400, &cache_histogram_fops },
	{ "debug", 0600, &cache_debug_fops },
	{ "sample", 0600, &cache_sample_fops },
	{ "live", 0400, &cache_live_fops },
	{ "peak", 0400, &cache_peak_fops },
	{ "snapshot", 0600, &cache_snapshot_fops },
	{ "fail", 0600, &cache_fail_fops },
	{ }
};

static const struct sq_file heap_files[] = {
	{ "stats", 0400, &heap_stats_fops },
	{ "check", 0400, &heap_check_fops },
	{ "map", 0400, &heap_map_fops },
	{ "blocks", 0400, &heap_blocks_fops },
	{ "histogram", 0400, &heap_histogram_fops },
	{ "strategy", 0600, &heap_strategy_fops },
	{ "debug", 0600, &heap_debug_fops },
	{ "sample", 0600, &heap_sample_fops },
	{ "live", 0400, &heap_live_fops },
	{ "peak", 0400, &heap_peak_fops },
	{ "snapshot", 0600, &heap_snapshot_fops },
	{ "fail", 0600, &heap_fail_fops },
	{ }
};

static const struct sq_file root_files[] = {
	{ "summary", 0400, &summary_fops },
	{ "summary_all", 0400, &summary_all_fops },
	{ "check", 0400, &check_fops },
	{ "debug", 0600, &debug_fops },
	{ "sample", 0600, &sample_fops },
	{ "whose", 0600, &whose_fops },
	{ "snapshot", 0600, &snapshot_fops },
	{ "fail", 0600, &fail_fops },
	{ "kmem_events", 0600, &kmem_events_fops },
	{ }
};

static const struct sq_file reclaim_files[] = {
	{ "mode", 0600, &reclaim_mode_fops },
	{ "stats", 0400, &reclaim_stats_fops },
	{ "history", 0400, &reclaim_history_fops },
	{ "run", 0200, &reclaim_run_fops },
	{ }
};

/* ---- the tree ------------------------------------------------------------- */

static void entry_populate(struct dentry *dir, const struct sq_file *files,
			   void *data)
{
	for (; files->name; files++)
		debugfs_create_file(files->name, files->mode, dir, data,
				    files->fops);
}

/*
 * Failure to show something is no failure of the thing shown, so nothing is
 * reported back; the rule of debugfs is not to check its calls.
 */
static void entry_show(struct sq_entry *e)
{
	bool heap = e->files == heap_files;
	struct dentry *dir;

	lockdep_assert_held(&entries_lock);
	if (!heap && !caches_shown)
		return;
	dir = debugfs_create_dir(e->name, heap ? heaps_dir : caches_dir);
	if (IS_ERR(dir))
		return;
	entry_populate(dir, e->files, e->key);
	e->dir = dir;
}

static void entry_add(const char *name, const struct sq_file *files,
		      void *key)
{
	struct sq_entry *e;

	e = kzalloc(struct_size(e, name, strlen(name) + 1), GFP_KERNEL);
	if (!e)
		return;
	e->key = key;
	e->files = files;
	memcpy(e->name, name, strlen(name) + 1);
	mutex_lock(&entries_lock);
	entry_show(e);
	list_add(&e->list, &entries);
	mutex_unlock(&entries_lock);
}

static struct sq_entry *entry_detach(const void *key)
{
	struct sq_entry *e, *found = NULL;

	mutex_lock(&entries_lock);
	list_for_each_entry(e, &entries, list) {
		if (e->key == key) {
			list_del(&e->list);
			found = e;
			break;
		}
	}
	mutex_unlock(&entries_lock);
	return found;
}

static void entry_remove(const void *key)
{
	struct sq_entry *e = entry_detach(key);

	if (!e)
		return;
	debugfs_remove(e->dir);
	kfree(e);
}

/* ---- the trigger ---------------------------------------------------------- */

/*
 * Put the directory where the trigger is, under the same inode number: tools
 * that walk trees look at it before they open it and again after.
 */
static void caches_show(void)
{
	unsigned long ino = d_inode(caches_dir)->i_ino;
	struct sq_entry *e;

	debugfs_remove(caches_dir);
	caches_dir = debugfs_create_dir("caches", root_dir);
	caches_shown = true;
	if (IS_ERR(caches_dir))
		return;
	d_inode(caches_dir)->i_ino = ino;
	list_for_each_entry(e, &entries, list)
		if (!e->dir)
			entry_show(e);
}

/*
 * Called by a path walk that steps on the trigger, without locks. Nothing is
 * mounted; -ESTALE makes the walk start over. A walk that still holds the
 * trigger when it has been replaced takes the same way.
 */
static struct vfsmount *caches_visit(struct dentry *dentry, void *data)
{
	atomic_inc(&nr_visits);
	mutex_lock(&entries_lock);
	if (root_dir && !caches_shown)
		caches_show();
	mutex_unlock(&entries_lock);
	if (atomic_dec_and_test(&nr_visits))
		wake_up_var(&nr_visits);
	return ERR_PTR(-ESTALE);
}

/*
 * The VFS takes no reference to the module for the call, so see to it that no
 * task is in it or about to enter or to leave: there is no voluntary sleep
 * between its decision to call and the counter, nor after the counter.
 */
static void visits_end(void)
{
	synchronize_rcu_tasks();
	wait_var_event(&nr_visits, !atomic_read(&nr_visits));
	synchronize_rcu_tasks();
}

/* ---- coming and going ----------------------------------------------------- */

static void cache_added(const char *name, struct squirrel_cache *cache)
{
	entry_add(name, cache_files, cache);
}

static void cache_removed(struct squirrel_cache *cache)
{
	entry_remove(cache);
}

static void heap_added(const char *name, struct squirrel_heap *heap)
{
	entry_add(name, heap_files, heap);
}

static void heap_removed(struct squirrel_heap *heap)
{
	entry_remove(heap);
}

static const struct sq_registry_hook debugfs_hook = {
	.cache_added = cache_added,
	.cache_removed = cache_removed,
	.heap_added = heap_added,
	.heap_removed = heap_removed,
};

/**
 * sq_debugfs_init() - make the tree and show what exists already
 *
 * A kernel without debugfs gets no tree; everything else works.
 *
 * Context: Process context. May sleep.
 * Return: 0; -EEXIST if somebody else has a directory of our name; -ENOMEM.
 */
int sq_debugfs_init(void)
{
	struct dentry *root = debugfs_create_dir("squirrel", NULL);

	if (IS_ERR(root)) {
		/* not built in, or switched off on the command line */
		if (PTR_ERR(root) == -ENODEV || PTR_ERR(root) == -EPERM ||
		    PTR_ERR(root) == -ENOENT)
			return 0;
		return PTR_ERR(root);
	}
	root_dir = root;
	caches_dir = debugfs_create_automount("caches", root,
					      caches_visit, NULL);
	heaps_dir = debugfs_create_dir("heaps", root);
	entry_populate(root, root_files, NULL);
	entry_populate(debugfs_create_dir("reclaim", root),
		       reclaim_files, NULL);
	sq_allocator_set_registry_hook(&debugfs_hook);
	return 0;
}

/**
 * sq_debugfs_exit() - take the tree down and wait for its readers
 *
 * Context: Process context. May sleep. No cache or heap is created or
 * destroyed meanwhile.
 */
void sq_debugfs_exit(void)
{
	struct sq_entry *e, *next;
	struct dentry *root;

	sq_allocator_set_registry_hook(NULL);
	/* from here on the trigger does nothing */
	mutex_lock(&entries_lock);
	root = root_dir;
	root_dir = NULL;
	mutex_unlock(&entries_lock);
	debugfs_remove(root);
	visits_end();
	list_for_each_entry_safe(e, next, &entries, list) {
		list_del(&e->list);
		kfree(e);
	}
}
