// SPDX-License-Identifier: GPL-2.0
/*
 * What was recorded, until it is a file in the format SLABTRC1 (trace-format.rst), which
 * replay.ko plays: events of all CPUs in one order, with the numbers of objects
 * instead of addresses.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

/* Half a GiB while it is recorded, and up to as much as a file. */
#define MOST_EVENTS	(1u << 24)
#define CPUS		64	/* and as many of a CPU's number */
#define NO_SITE		0xffff
#define LARGEST		(4u << 20)

/* Of the format */
enum { KMALLOC = 1, LARGE = 64 };
enum { ATOMIC = 1, ZERO = 2, NAMED = 16, SOFTIRQ = 32, HARDIRQ = 64, IRQS_OFF = 128 };

struct header {
	char magic[8];
	uint32_t version, header_size, record_size, ncaches;
	uint64_t nevents;
	uint32_t nobjs, ncpus, peak_live, nsites;
	uint64_t cache_off, site_off, event_off;
	uint32_t span_ms, left_live;
};

struct cache {
	char name[40];
	uint32_t object_size, slab_size, align;
	uint16_t objs_per_slab;
	uint8_t order, flags;
	uint32_t nallocs, zero;
};

struct site {
	uint64_t addr;
	char symbol[56];
};

struct record {
	uint8_t op, cpu;
	uint16_t cache;
	uint32_t id, bytes;
	uint8_t flags, gfp;
	uint16_t site;
};

/* An event as it waits; ts: its place in the order of all */
struct event {
	uint64_t ts, ptr;
	uint32_t bytes;
	uint16_t pool, site;
	uint8_t alloc, flags, gfp;
};

/* A cache or a heap: what the file has of it. known: debugfs knew it */
struct pool {
	char name[48];
	bool heap, known;
	uint32_t object_size, slot, align, nallocs;
};

/* An object: in a chain of those whose addresses have the same hash, while it lives */
struct object {
	uint64_t ptr;
	uint32_t next;
	uint16_t pool;
};

static struct {
	struct {
		struct event *all;
		size_t nr, room, at;
	} cpus[RING_CPUS];
	unsigned int ncpus;	/* one more than the last that had an event */
	struct pool *pools;
	size_t npools;
	uint64_t *sites;
	size_t nsites;
	uint16_t site_hash[1 << 17];	/* number and 1; 0: free */
	size_t nevents, nallocs;

	/* as it becomes records */
	struct record *records;
	size_t nrecords;
	struct object *objects;
	uint32_t *chains, chain_mask, nobjs;	/* number and 1 */
	struct tape_sums sums;
} tape;

static void *more(void *old, size_t nr, size_t size)
{
	void *new = realloc(old, nr * size);

	if (!new)
		die("out of memory: %zu events", tape.nevents);
	return new;
}

/* ---- while it is recorded --------------------------------------------------- */

static uint32_t hash(uint64_t n)
{
	return (n * 0x9e3779b97f4a7c15ull) >> 32;
}

static uint16_t site_nr(uint64_t addr)
{
	size_t mask = sizeof(tape.site_hash) / sizeof(tape.site_hash[0]) - 1;
	size_t i = hash(addr) & mask;

	for (; tape.site_hash[i]; i = (i + 1) & mask)
		if (tape.sites[tape.site_hash[i] - 1] == addr)
			return tape.site_hash[i] - 1;
	if (tape.nsites == NO_SITE - 1)
		return NO_SITE;
	tape.sites = more(tape.sites, tape.nsites + 1, sizeof(*tape.sites));
	tape.sites[tape.nsites++] = addr;
	tape.site_hash[i] = tape.nsites;
	return tape.nsites - 1;
}

/* What debugfs says of it now: it may have gone, and then its objects have to say. */
static struct pool pool_as_is(const struct ring_event *e)
{
	struct pool p = { .object_size = e->bytes, .slot = e->slot };
	char *text = tree_read("caches/%s/stats", e->name);

	snprintf(p.name, sizeof(p.name), "%s", e->name);
	if (text && key_of(text, "object_size") == e->bytes) {
		p.known = true;
		p.align = key_of(text, "align");
		p.slot = key_of(text, "slot_size");
	}
	free(text);
	if (!p.known) {
		text = tree_read("heaps/%s/stats", e->name);
		p.known = p.heap = text;
		free(text);
	}
	return p;
}

/*
 * The events of a cache and of a heap of one name differ in nothing, but that a cache has
 * objects of one size.
 */
static uint16_t pool_nr(const struct ring_event *e)
{
	struct pool *p;
	size_t i;

	for (i = 0; i < tape.npools; i++) {
		p = &tape.pools[i];
		if (strcmp(p->name, e->name) || (p->object_size != e->bytes && !p->heap &&
						 p->known))
			continue;
		/* Gone before it was looked at, and with more than one size. */
		if (p->object_size != e->bytes)
			p->heap = true;
		if (p->object_size < e->bytes)
			p->object_size = e->bytes;
		return i;
	}
	if (tape.npools == 0xffff)
		die("more than %zu caches", tape.npools);
	tape.pools = more(tape.pools, tape.npools + 1, sizeof(*tape.pools));
	tape.pools[tape.npools] = pool_as_is(e);
	return tape.npools++;
}

/* Bits of the kernel's trace records (trace_flag_type), and of gfp. */
static uint8_t flags_of(const struct ring_event *e)
{
	uint8_t flags = 0;

	if (e->context & 0x01)
		flags |= IRQS_OFF;
	if (e->context & 0x48)
		flags |= HARDIRQ;
	if (e->context & 0x10)
		flags |= SOFTIRQ;
	if (e->alloc && !(e->gfp & 0x400))
		flags |= ATOMIC;
	if (e->alloc && (e->gfp & 0x100))
		flags |= ZERO;
	return flags;
}

static uint8_t gfp_of(const struct ring_event *e)
{
	static const struct {
		unsigned int is, becomes, wanted;
	} bits[] = {
		{ 0x10, 1, 1 }, { 0x01, 2, 1 }, { 0x04, 4, 1 }, { 0x20, 8, 1 },
		{ 0x80, 16, 0 }, { 0x40, 32, 0 }, { 0x2000, 128, 1 },
	};
	uint8_t gfp = e->on_node ? 64 : 0;
	size_t i;

	for (i = 0; e->alloc && i < sizeof(bits) / sizeof(bits[0]); i++)
		if (!!(e->gfp & bits[i].is) == bits[i].wanted)
			gfp |= bits[i].becomes;
	return e->alloc ? gfp : 0;
}

void tape_add(const struct ring_event *e)
{
	struct event new = {
		.ts = e->ts, .ptr = e->ptr, .alloc = e->alloc, .site = site_nr(e->site),
		.flags = flags_of(e), .gfp = gfp_of(e),
	};
	size_t *room = &tape.cpus[e->cpu].room, *nr = &tape.cpus[e->cpu].nr;

	if (tape_full())
		return;
	if (e->alloc) {
		struct ring_event sized = *e;

		/* A size of 0 has a place as well. */
		if (!sized.bytes)
			sized.bytes = 1;
		new.pool = pool_nr(&sized);
		new.bytes = sized.bytes;
		tape.nallocs++;
	}
	if (*nr == *room) {
		*room = *room ? *room * 2 : 4096;
		tape.cpus[e->cpu].all = more(tape.cpus[e->cpu].all, *room,
					     sizeof(struct event));
	}
	tape.cpus[e->cpu].all[(*nr)++] = new;
	if (e->cpu >= tape.ncpus)
		tape.ncpus = e->cpu + 1;
	tape.nevents++;
}

bool tape_full(void)
{
	return tape.nevents >= MOST_EVENTS;
}

/* ---- as it becomes records -------------------------------------------------- */

/* The earliest event of all CPUs. */
static struct event *next(unsigned int *cpu)
{
	struct event *first = NULL, *e;
	unsigned int i;

	for (i = 0; i < tape.ncpus; i++) {
		if (tape.cpus[i].at == tape.cpus[i].nr)
			continue;
		e = &tape.cpus[i].all[tape.cpus[i].at];
		if (first && e->ts > first->ts)
			continue;
		first = e;
		*cpu = i;
	}
	if (first)
		tape.cpus[*cpu].at++;
	return first;
}

/* Where the number of the object at that address is, or would be. */
static uint32_t *link_to(uint64_t ptr)
{
	uint32_t *link = &tape.chains[hash(ptr >> 3) & tape.chain_mask];

	while (*link && tape.objects[*link - 1].ptr != ptr)
		link = &tape.objects[*link - 1].next;
	return link;
}

static struct record *add(const struct event *e, unsigned int cpu, uint16_t pool, uint32_t id)
{
	struct record *r = &tape.records[tape.nrecords++];

	*r = (struct record) {
		.cpu = cpu % CPUS, .cache = pool, .id = id, .flags = e->flags,
		.site = e->site,
	};
	if (!tape.pools[pool].heap)
		r->flags |= NAMED;
	return r;
}

static bool add_free(const struct event *e, unsigned int cpu)
{
	uint32_t *link = link_to(e->ptr), id = *link - 1;

	if (!*link)
		return false;
	add(e, cpu, tape.objects[id].pool, id)->op = 1;
	*link = tape.objects[id].next;
	tape.sums.live--;
	tape.sums.frees++;
	return true;
}

static void add_alloc(const struct event *e, unsigned int cpu)
{
	uint32_t id = tape.nobjs++, *link;
	struct record *r = add(e, cpu, e->pool, id);

	r->bytes = e->bytes;
	r->gfp = e->gfp;
	link = link_to(e->ptr);
	tape.objects[id] = (struct object) { .ptr = e->ptr, .pool = e->pool };
	*link = id + 1;
	tape.pools[e->pool].nallocs++;
	tape.sums.allocs++;
	if (++tape.sums.live > tape.sums.peak)
		tape.sums.peak = tape.sums.live;
}

/*
 * An object that is allocated where one lives: that one was freed, and nobody told of it
 * (its heap was destroyed with it, or the event was lost).
 */
static void convert_event(const struct event *e, unsigned int cpu)
{
	struct event gone = *e;

	if (cpu % CPUS >= tape.sums.cpus)
		tape.sums.cpus = cpu % CPUS + 1;
	if (!e->alloc) {
		tape.sums.strangers += !add_free(e, cpu);
		return;
	}
	gone.flags &= ~(ATOMIC | ZERO);
	tape.sums.untold += add_free(&gone, cpu);
	add_alloc(e, cpu);
}

static void convert(void)
{
	unsigned int cpu = 0;
	struct event *e;

	for (tape.chain_mask = 1023; tape.chain_mask < tape.nallocs;)
		tape.chain_mask = tape.chain_mask * 2 + 1;
	tape.chains = calloc((size_t)tape.chain_mask + 1, sizeof(*tape.chains));
	tape.objects = more(NULL, tape.nallocs + 1, sizeof(*tape.objects));
	tape.records = more(NULL, tape.nevents + tape.nallocs + 1, sizeof(*tape.records));
	if (!tape.chains)
		die("out of memory: %zu events", tape.nevents);
	while ((e = next(&cpu)))
		convert_event(e, cpu);
	tape.sums.pools = tape.npools;
}

/* ---- the file --------------------------------------------------------------- */

static void write_caches(FILE *out)
{
	size_t i;

	for (i = 0; i < tape.npools; i++) {
		const struct pool *p = &tape.pools[i];
		struct cache c = {
			.object_size = p->object_size, .slab_size = p->slot,
			.align = p->align, .nallocs = p->nallocs,
		};

		snprintf(c.name, sizeof(c.name), "%.39s", p->name);
		if (p->heap) {
			c.flags = p->object_size > LARGEST ? KMALLOC | LARGE : KMALLOC;
			c.slab_size = p->object_size;
		} else if (c.slab_size < c.object_size) {
			c.slab_size = c.object_size;
		}
		fwrite(&c, sizeof(c), 1, out);
	}
}

static void write_sites(FILE *out)
{
	struct symbols *symbols = symbols_read();
	size_t i;

	for (i = 0; i < tape.nsites; i++) {
		struct site s = { .addr = tape.sites[i] };

		symbol_of(symbols, s.addr, s.symbol, sizeof(s.symbol));
		fwrite(&s, sizeof(s), 1, out);
	}
	symbols_free(symbols);
}

const struct tape_sums *tape_write(FILE *out, double seconds)
{
	struct header h = {
		.magic = "SLABTRC1", .version = 1, .header_size = sizeof(h),
		.record_size = sizeof(struct record), .cache_off = sizeof(h),
	};

	convert();
	tape.sums.seconds = seconds;
	if (!tape.nobjs)
		return NULL;
	h.ncaches = tape.npools;
	h.nevents = tape.nrecords;
	h.nobjs = tape.nobjs;
	h.ncpus = tape.sums.cpus;
	h.peak_live = tape.sums.peak;
	h.left_live = tape.sums.live;
	h.span_ms = seconds * 1000;
	h.nsites = tape.nsites;
	h.site_off = h.cache_off + tape.npools * sizeof(struct cache);
	h.event_off = h.site_off + tape.nsites * sizeof(struct site);
	fwrite(&h, sizeof(h), 1, out);
	write_caches(out);
	write_sites(out);
	fwrite(tape.records, sizeof(*tape.records), tape.nrecords, out);
	return &tape.sums;
}
