// SPDX-License-Identifier: GPL-2.0
/*
 * squirrel's allocations and frees as they happen, from a trace buffer of our own: an
 * instance of tracefs, read per CPU as it lies in memory. As text it would show addresses
 * hashed, of which two may be the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "squirrel.h"

#define INSTANCE "instances/squirrel-record"
/* A page of the buffer, whatever size this kernel has */
#define ROOM (1 << 20)

/* Where a field is in a record */
struct field {
	unsigned int at, size;
};

struct event {
	unsigned int id;
	struct field site, ptr, bytes, slot, gfp, node, name;
};

static struct {
	const char *tracefs;
	struct event alloc, free;
	int cpus[RING_CPUS];	/* trace_pipe_raw of each, or -1 */
	unsigned char *page;
	bool made;
} ring;

static char *path_in(char buf[512], const char *file)
{
	snprintf(buf, 512, "%s/%s", ring.tracefs, file);
	return buf;
}

static char *text_of(const char *file)
{
	char path[512];
	FILE *in = fopen(path_in(path, file), "r");
	char *text = calloc(1, 16384);

	if (!text)
		die("out of memory");
	if (!in) {
		free(text);
		return NULL;
	}
	text[fread(text, 1, 16383, in)] = '\0';
	fclose(in);
	return text;
}

/* 0, or -1 with errno; the kernel may refuse as late as in the write. */
static int put(const char *file, const char *word)
{
	char path[512];
	int fd = open(path_in(path, file), O_WRONLY | O_TRUNC), err = 0;

	if (fd < 0)
		return -1;
	if (write(fd, word, strlen(word)) < 0)
		err = errno;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

static void must_put(const char *file, const char *word)
{
	if (put(file, word))
		die("%s/%s: %s", ring.tracefs, file, strerror(errno));
}

static void find_tracefs(void)
{
	static const char * const places[] = { "/sys/kernel/tracing",
					       "/sys/kernel/debug/tracing" };
	char path[512];
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		ring.tracefs = places[i];
		if (!access(path_in(path, "events"), F_OK))
			return;
	}
	die("there is no tracefs: mount -t tracefs tracefs /sys/kernel/tracing");
}

/* "field:TYPE NAME;	offset:N;	size:N;", or NAME[...] */
static struct field field_of(const char *format, const char *name)
{
	struct field f = { 0 };
	size_t len = strlen(name);
	const char *at = format;

	while ((at = strstr(at, name))) {
		const char *end = at + len;

		if (at[-1] == ' ' && (*end == ';' || *end == '[') &&
		    sscanf(end + strcspn(end, ";"), "; offset:%u; size:%u", &f.at,
			   &f.size) == 2)
			return f;
		at = end;
	}
	die("the event has no field '%s'", name);
}

static struct event event_of(const char *name, bool alloc)
{
	struct event e = { 0 };
	char file[128], *text;

	snprintf(file, sizeof(file), "events/squirrel/%s/id", name);
	text = text_of(file);
	if (!text)
		die("this kernel has no event squirrel:%s", name);
	e.id = strtoul(text, NULL, 10);
	free(text);
	snprintf(file, sizeof(file), "events/squirrel/%s/format", name);
	text = text_of(file);
	if (!text)
		die("%s/%s: %s", ring.tracefs, file, strerror(errno));
	e.ptr = field_of(text, "ptr");
	e.site = field_of(text, "call_site");
	e.name = field_of(text, "name");
	if (alloc) {
		e.bytes = field_of(text, "bytes");
		e.slot = field_of(text, "bytes_slot");
		e.gfp = field_of(text, "gfp");
		e.node = field_of(text, "node");
	}
	free(text);
	return e;
}

/* ---- the instance ----------------------------------------------------------- */

/* As it was before, whatever happened; also at exit. */
static void remove_instance(void)
{
	char path[512];
	int i;

	if (!ring.made)
		return;
	ring.made = false;
	put(INSTANCE "/events/enable", "0");
	for (i = 0; i < RING_CPUS; i++)
		if (ring.cpus[i] >= 0)
			close(ring.cpus[i]);
	rmdir(path_in(path, INSTANCE));
}

/* One that was left by a recording that was killed goes; one that is read stays. */
static void make_instance(void)
{
	char path[512];

	path_in(path, INSTANCE);
	if (mkdir(path, 0700) && errno == EEXIST && (rmdir(path) || mkdir(path, 0700)))
		die("another recording is under way: %s: %s", path, strerror(errno));
	else if (access(path, F_OK))
		die("%s: %s", path, strerror(errno));
	ring.made = true;
	atexit(remove_instance);
}

static void open_cpus(void)
{
	char path[512];
	int i;

	for (i = 0; i < RING_CPUS; i++) {
		snprintf(path, sizeof(path), "%s/" INSTANCE "/per_cpu/cpu%d/trace_pipe_raw",
			 ring.tracefs, i);
		ring.cpus[i] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (ring.cpus[i] < 0 && errno != ENOENT)
			die("%s: %s", path, strerror(errno));
	}
}

/* What is full loses what comes, not what is there: that stays without a gap. */
void ring_open(unsigned int kib)
{
	char word[16];
	int i;

	for (i = 0; i < RING_CPUS; i++)
		ring.cpus[i] = -1;
	find_tracefs();
	ring.alloc = event_of("squirrel_alloc", true);
	ring.free = event_of("squirrel_free", false);
	ring.page = malloc(ROOM);
	if (!ring.page)
		die("out of memory");
	make_instance();
	snprintf(word, sizeof(word), "%u", kib);
	/*
	 * 6.1 gives all buffers their size when an event is first switched, but none that
	 * is still without it once one has been given another: everybody's would stay so.
	 */
	must_put(INSTANCE "/events/squirrel/squirrel_alloc/enable", "0");
	must_put(INSTANCE "/buffer_size_kb", word);
	/* No time, but the order that holds for all CPUs: what one frees another may get. */
	must_put(INSTANCE "/trace_clock", "counter");
	must_put(INSTANCE "/options/overwrite", "0");
	/* Nobody asks for names of tasks, for which the scheduler would be traced. */
	put(INSTANCE "/options/record-cmd", "0");
	open_cpus();
	must_put(INSTANCE "/events/squirrel/squirrel_free/enable", "1");
	must_put(INSTANCE "/events/squirrel/squirrel_alloc/enable", "1");
}

void ring_stop(void)
{
	put(INSTANCE "/events/enable", "0");
}

unsigned long ring_close(void)
{
	unsigned long lost = 0, n;
	char file[128], *text, *at;
	int i;

	for (i = 0; i < RING_CPUS; i++) {
		snprintf(file, sizeof(file), INSTANCE "/per_cpu/cpu%d/stats", i);
		text = text_of(file);
		at = text ? strstr(text, "dropped events: ") : NULL;
		if (at && sscanf(at, "dropped events: %lu", &n) == 1)
			lost += n;
		free(text);
	}
	remove_instance();
	free(ring.page);
	return lost;
}

/* ---- what is in a page ------------------------------------------------------ */

static unsigned long long value(const unsigned char *record, struct field f)
{
	unsigned long long n = 0;

	/* Little-endian, as all that squirrel runs on. */
	memcpy(&n, record + f.at, f.size < sizeof(n) ? f.size : sizeof(n));
	return n;
}

/* Is it one of ours, and all there? */
static bool decode(const unsigned char *record, size_t len, struct ring_event *e)
{
	unsigned int id = record[0] | record[1] << 8;
	const struct event *is = id == ring.alloc.id ? &ring.alloc : &ring.free;

	if (len < 8 || id != is->id || is->name.at + is->name.size > len)
		return false;
	e->alloc = is == &ring.alloc;
	e->context = record[2];
	e->ptr = value(record, is->ptr);
	e->site = value(record, is->site);
	snprintf(e->name, sizeof(e->name), "%.*s", (int)is->name.size,
		 (const char *)record + is->name.at);
	if (e->alloc) {
		e->bytes = value(record, is->bytes);
		e->slot = value(record, is->slot);
		e->gfp = value(record, is->gfp);
		e->on_node = (int)value(record, is->node) >= 0;
	}
	return true;
}

/*
 * An entry begins with 5 bits of type, and 27 of time since the one before: 29 is a gap,
 * 30 more time, 31 the time itself; others have a record behind them, so many words long,
 * or as long as the next word says.
 */
static size_t entry(const unsigned char *at, size_t left, struct ring_event *e,
		    void (*each)(const struct ring_event *))
{
	unsigned int word[2] = { 0 }, type, delta;
	size_t head = 4, len;

	memcpy(word, at, left < 8 ? 4 : 8);
	type = word[0] & 31;
	delta = word[0] >> 5;
	if (type == 29)
		return delta ? 4 + word[1] : left;
	if (type == 30 || type == 31) {
		unsigned long long ts = ((unsigned long long)word[1] << 27) + delta;

		e->ts = type == 30 ? e->ts + ts : (e->ts & 0x1full << 59) | ts;
		return 8;
	}
	e->ts += delta;
	len = type * 4;
	if (!type) {
		head = 8;
		len = word[1] < 4 ? 0 : word[1] - 4;
	}
	if (head + len <= left && len >= 8 && decode(at + head, len, e))
		each(e);
	return head + len;
}

static void page(unsigned int cpu, size_t size, void (*each)(const struct ring_event *))
{
	struct ring_event e = { .cpu = cpu };
	unsigned long long head[2];
	size_t at = 16, end;

	if (size < sizeof(head))
		return;
	memcpy(head, ring.page, sizeof(head));
	e.ts = head[0];
	/* What is above the length says that something was lost before. */
	end = 16 + (head[1] & 0x3fffffff);
	if (end > size)
		end = size;
	while (at + 4 <= end)
		at += entry(ring.page + at, end - at, &e, each);
}

/* Once around; how many pages there were. */
unsigned int ring_read(void (*each)(const struct ring_event *))
{
	unsigned int pages = 0, i;
	ssize_t n;

	for (i = 0; i < RING_CPUS; i++) {
		if (ring.cpus[i] < 0)
			continue;
		n = read(ring.cpus[i], ring.page, ROOM);
		if (n > 0) {
			page(i, n, each);
			pages++;
		}
	}
	return pages;
}
