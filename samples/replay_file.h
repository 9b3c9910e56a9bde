/* SPDX-License-Identifier: GPL-2.0 */
/* A trace file, see Documentation/trace-format.rst. */
#ifndef _REPLAY_FILE_H
#define _REPLAY_FILE_H

#include <linux/build_bug.h>
#include <linux/types.h>

#define REPLAY_MAGIC		"SLABTRC1"
#define REPLAY_MAX_CPUS		64

struct replay_header {
	char magic[8];
	__le32 version;
	__le32 header_size;
	__le32 record_size;
	__le32 ncaches;
	__le64 nevents;
	__le32 nobjs;
	__le32 ncpus;
	__le32 peak_live;
	__le32 nsites;
	__le64 cache_off;
	__le64 site_off;
	__le64 event_off;
	__le32 span_ms;
	__le32 left_live;
};

static_assert(sizeof(struct replay_header) == 80);

/* replay_cache.flags */
#define REPLAY_CACHE_KMALLOC	0x01
#define REPLAY_CACHE_TYPESAFE	0x04
#define REPLAY_CACHE_HWALIGN	0x08
#define REPLAY_CACHE_CTOR	0x20
#define REPLAY_CACHE_LARGE	0x40

struct replay_cache {
	char name[40];
	__le32 object_size;
	__le32 slab_size;
	__le32 align;
	__le16 objs_per_slab;
	u8 order;
	u8 flags;
	__le32 nallocs;
	__le32 zero;
};

static_assert(sizeof(struct replay_cache) == 64);

#define REPLAY_SITE_SIZE	64

#define REPLAY_OP_ALLOC		0
#define REPLAY_OP_FREE		1

/* replay_rec.flags */
#define REPLAY_ATOMIC		0x01
#define REPLAY_ZERO		0x02
#define REPLAY_BULK		0x08
#define REPLAY_SOFTIRQ		0x20
#define REPLAY_HARDIRQ		0x40
#define REPLAY_IRQS_OFF		0x80

struct replay_rec {
	u8 op;
	u8 cpu;
	__le16 cache;
	__le32 id;
	__le32 bytes;
	u8 flags;
	u8 gfp;
	__le16 site;
};

static_assert(sizeof(struct replay_rec) == 16);

/**
 * struct replay_trace - a trace that passed validation
 * @label: file name without folder and suffix
 * @data: the whole file
 * @size: its bytes
 * @caches: its cache table
 * @recs: its records
 * @alloc_rec: for each object id the number of the record that allocates it
 * @nevents: number of records
 * @nobjs: number of object ids
 * @ncaches: entries of the cache table
 * @ncpus: recorded CPUs
 */
struct replay_trace {
	char label[32];
	void *data;
	size_t size;
	const struct replay_cache *caches;
	const struct replay_rec *recs;
	u32 *alloc_rec;
	u32 nevents;
	u32 nobjs;
	u32 ncaches;
	u32 ncpus;
};

#endif /* _REPLAY_FILE_H */
