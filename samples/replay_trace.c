// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a trace and proving it sound. Nothing is played before every record
 * has been looked at, so the player needs no checks of its own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "replay.h"

/* Larger than any recording, small enough for vmalloc */
#define REPLAY_MAX_FILE		SZ_1G
#define REPLAY_MAX_OBJECT	SZ_4M

/* What validation carries along, beside the trace itself */
struct replay_scan {
	unsigned long *live;	/* bitmap of object ids */
	u32 *nallocs;		/* per cache */
	u32 next_id;
	u32 nlive;
	u32 peak;
};

static int replay_read(struct replay_trace *t, struct file *file)
{
	loff_t pos = 0;
	ssize_t n;

	while (pos < t->size) {
		n = kernel_read(file, t->data + pos,
				min_t(size_t, t->size - pos, SZ_1M), &pos);
		if (n < 0)
			return n;
		if (!n)
			return -EINVAL;
		cond_resched();
	}
	return 0;
}

static int replay_open_and_read(struct replay_trace *t, const char *path)
{
	struct file *file = filp_open(path, O_RDONLY | O_LARGEFILE, 0);
	loff_t size;
	int err;

	if (IS_ERR(file)) {
		pr_err("cannot open trace %s: error %ld\n", path,
		       PTR_ERR(file));
		return PTR_ERR(file);
	}
	size = i_size_read(file_inode(file));
	err = -EINVAL;
	if (!S_ISREG(file_inode(file)->i_mode) || size > REPLAY_MAX_FILE ||
	    size < sizeof(struct replay_header)) {
		pr_err("trace %s: not a trace: %lld bytes\n", path, size);
		goto out;
	}
	t->size = size;
	t->data = vmalloc(size);
	err = t->data ? replay_read(t, file) : -ENOMEM;
	if (err)
		pr_err("trace %s: cannot read %lld bytes: error %d\n", path,
		       size, err);
out:
	filp_close(file, NULL);
	return err;
}

static void replay_set_label(struct replay_trace *t, const char *path)
{
	char *dot;

	strscpy(t->label, kbasename(path), sizeof(t->label));
	dot = strrchr(t->label, '.');
	if (dot && dot != t->label)
		*dot = '\0';
	strreplace(t->label, ' ', '_');
}

/* Each of the checks returns what cannot be right, or NULL */

static const char *replay_check_layout(const struct replay_header *h, u64 size)
{
	u64 cache_off = le64_to_cpu(h->cache_off);
	u64 site_off = le64_to_cpu(h->site_off);
	u64 event_off = le64_to_cpu(h->event_off);
	u64 caches = le32_to_cpu(h->ncaches) * sizeof(struct replay_cache);
	u64 sites = le32_to_cpu(h->nsites) * (u64)REPLAY_SITE_SIZE;
	u64 events = le64_to_cpu(h->nevents) * sizeof(struct replay_rec);

	/* the counts have been bounded: no sum here can wrap */
	if (cache_off > size || cache_off % 8 || cache_off < sizeof(*h))
		return "cache_off";
	if (site_off > size || site_off % 8 || site_off < cache_off + caches)
		return "site_off";
	if (event_off > size || event_off % 8 || event_off < site_off + sites)
		return "event_off";
	if (event_off + events != size)
		return "nevents (is the file truncated?)";
	return NULL;
}

static const char *replay_check_header(const struct replay_header *h, u64 size)
{
	u32 ncaches = le32_to_cpu(h->ncaches);
	u32 nobjs = le32_to_cpu(h->nobjs);
	u32 ncpus = le32_to_cpu(h->ncpus);
	u64 nevents = le64_to_cpu(h->nevents);

	if (memcmp(h->magic, REPLAY_MAGIC, sizeof(h->magic)))
		return "magic (is the file still compressed?)";
	if (le32_to_cpu(h->version) != 1)
		return "version";
	if (le32_to_cpu(h->header_size) != sizeof(*h))
		return "header_size";
	if (le32_to_cpu(h->record_size) != sizeof(struct replay_rec))
		return "record_size";
	/* more could not be named by a record's index */
	if (!ncaches || ncaches > U16_MAX)
		return "ncaches";
	if (le32_to_cpu(h->nsites) > U16_MAX)
		return "nsites";
	if (!ncpus || ncpus > REPLAY_MAX_CPUS)
		return "ncpus";
	if (!nevents || nevents > size / sizeof(struct replay_rec))
		return "nevents (is the file truncated?)";
	if (!nobjs || nobjs > nevents)
		return "nobjs";
	return replay_check_layout(h, size);
}

static const char *replay_check_cache(const struct replay_cache *c)
{
	u32 object_size = le32_to_cpu(c->object_size);
	u32 align = le32_to_cpu(c->align);

	if (!c->name[0])
		return "name";
	if (align && (!is_power_of_2(align) || align > REPLAY_MAX_OBJECT))
		return "align";
	if (c->flags & REPLAY_CACHE_LARGE)
		return c->flags & REPLAY_CACHE_KMALLOC ? NULL : "flags";
	if (!object_size || object_size > REPLAY_MAX_OBJECT)
		return "object_size";
	if (object_size > le32_to_cpu(c->slab_size))
		return "slab_size";
	return NULL;
}

static const char *replay_check_alloc(struct replay_trace *t,
				      struct replay_scan *s, u32 nr,
				      const struct replay_rec *r)
{
	const struct replay_cache *c = &t->caches[le16_to_cpu(r->cache)];
	u32 id = le32_to_cpu(r->id);
	u32 bytes = le32_to_cpu(r->bytes);

	if (id != s->next_id)
		return "object ids are not in order";
	if (!bytes)
		return "allocates 0 bytes";
	if (!(c->flags & REPLAY_CACHE_KMALLOC) &&
	    bytes != le32_to_cpu(c->object_size))
		return "size is not that of the cache";
	if (!(c->flags & REPLAY_CACHE_LARGE) &&
	    bytes > le32_to_cpu(c->slab_size))
		return "larger than a slot of the cache";
	__set_bit(id, s->live);
	t->alloc_rec[id] = nr;
	s->nallocs[le16_to_cpu(r->cache)]++;
	s->next_id++;
	s->nlive++;
	s->peak = max(s->peak, s->nlive);
	return NULL;
}

static const char *replay_check_record(struct replay_trace *t,
				       struct replay_scan *s, u32 nr)
{
	const struct replay_rec *r = &t->recs[nr];
	u32 id = le32_to_cpu(r->id);

	if (r->op > REPLAY_OP_FREE)
		return "unknown op";
	if (r->cpu >= t->ncpus)
		return "unknown cpu";
	if (le16_to_cpu(r->cache) >= t->ncaches)
		return "unknown cache";
	if (id >= t->nobjs)
		return "object id out of range";
	if (r->op == REPLAY_OP_ALLOC)
		return replay_check_alloc(t, s, nr, r);
	if (!test_bit(id, s->live))
		return "frees an object that is not live";
	if (t->recs[t->alloc_rec[id]].cache != r->cache)
		return "frees to another cache";
	__clear_bit(id, s->live);
	s->nlive--;
	return NULL;
}

static int replay_check_records(struct replay_trace *t, struct replay_scan *s)
{
	const struct replay_header *h = t->data;
	const char *why;
	u32 i;

	for (i = 0; i < t->nevents; i++) {
		why = replay_check_record(t, s, i);
		if (why) {
			pr_err("trace %s: record %u: %s\n", t->label, i, why);
			return -EINVAL;
		}
		if (!(i % 4096))
			cond_resched();
	}
	why = NULL;
	for (i = 0; i < t->ncaches; i++)
		if (s->nallocs[i] != le32_to_cpu(t->caches[i].nallocs))
			why = "nallocs of a cache";
	if (s->next_id != t->nobjs)
		why = "nobjs";
	else if (s->peak != le32_to_cpu(h->peak_live))
		why = "peak_live";
	else if (s->nlive != le32_to_cpu(h->left_live))
		why = "left_live";
	if (!why)
		return 0;
	pr_err("trace %s: header: %s does not agree with the records\n",
	       t->label, why);
	return -EINVAL;
}

static int replay_check_tables(struct replay_trace *t)
{
	const struct replay_header *h = t->data;
	const char *why = replay_check_header(h, t->size);
	u32 i;

	if (why) {
		pr_err("trace %s: header: bad %s\n", t->label, why);
		return -EINVAL;
	}
	t->nevents = le64_to_cpu(h->nevents);
	t->nobjs = le32_to_cpu(h->nobjs);
	t->ncaches = le32_to_cpu(h->ncaches);
	t->ncpus = le32_to_cpu(h->ncpus);
	t->caches = t->data + le64_to_cpu(h->cache_off);
	t->recs = t->data + le64_to_cpu(h->event_off);
	for (i = 0; i < t->ncaches; i++) {
		why = replay_check_cache(&t->caches[i]);
		if (why) {
			pr_err("trace %s: cache %u: bad %s\n", t->label, i,
			       why);
			return -EINVAL;
		}
	}
	return 0;
}

static int replay_validate(struct replay_trace *t)
{
	struct replay_scan scan = { };
	int err;

	err = replay_check_tables(t);
	if (err)
		return err;
	t->alloc_rec = vmalloc(array_size(t->nobjs, sizeof(*t->alloc_rec)));
	scan.live = vzalloc(BITS_TO_LONGS(t->nobjs) * sizeof(long));
	scan.nallocs = vzalloc(array_size(t->ncaches, sizeof(u32)));
	err = -ENOMEM;
	if (t->alloc_rec && scan.live && scan.nallocs)
		err = replay_check_records(t, &scan);
	vfree(scan.nallocs);
	vfree(scan.live);
	return err;
}

/**
 * replay_trace_load() - read a trace and check all of it
 * @t: filled in; on failure nothing is left to unload
 * @path: the uncompressed file
 *
 * Context: Process context. May sleep.
 * Return: 0, -EINVAL for a damaged file with one line that names the place,
 * -ENOMEM, or what opening or reading it gave.
 */
int replay_trace_load(struct replay_trace *t, const char *path)
{
	int err;

	memset(t, 0, sizeof(*t));
	replay_set_label(t, path);
	err = replay_open_and_read(t, path);
	if (!err)
		err = replay_validate(t);
	if (err)
		replay_trace_unload(t);
	return err;
}

/**
 * replay_trace_unload() - free what replay_trace_load() took
 * @t: the trace
 *
 * Context: Process context. May sleep.
 */
void replay_trace_unload(struct replay_trace *t)
{
	vfree(t->alloc_rec);
	vfree(t->data);
	t->alloc_rec = NULL;
	t->data = NULL;
}
