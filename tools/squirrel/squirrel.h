/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the command squirrel, and what each has for the others. */
#ifndef SQUIRREL_TOOL_H
#define SQUIRREL_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { EXIT_OK = 0, EXIT_BAD = 1, EXIT_USAGE = 2 };

/* ---- main.c ---- */

/* Both say a line on stderr; the one that ends, with EXIT_BAD or EXIT_USAGE. */
void warn_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void usage_error(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* number() - @word as a decimal number from @min to @max, or a usage error */
double number(const char *what, const char *word, double min, double max);

/* ---- tree.c: debugfs ---- */

struct item {
	bool heap;
	char *name;
	char *stats;	/* text of the file */
	double pinned;	/* pages that one object keeps; of a heap, without single caches' */
};

struct items {
	struct item *all;
	size_t nr;
};

void tree_root(const char *path);
/* tree_there() - ends with a line that says why, if it cannot be read */
void tree_there(void);
/* tree_read() - a file's text, to be freed; NULL with errno */
char *tree_read(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* tree_need() - the same, but ends if there is none */
char *tree_need(const char *file);
/* tree_write() - a line into a file; 0, or -1 with errno */
int tree_write(const char *word, const char *file);
/* tree_find() - "caches/NAME" or "heaps/NAME", to be freed; ends if there is none */
char *tree_find(const char *name);
/* tree_items() - all caches and heaps with their figures */
struct items tree_items(void);
void items_free(struct items *items);

/* ---- text.c: figures and colours ---- */

/* key_of() - the number of a "key: number" line, or 0 */
double key_of(const char *text, const char *key);
/* word_of() - what follows "key: ", in @buf; "-" if there is none */
const char *word_of(const char *text, const char *key, char *buf, size_t size);
const char *human(double n, bool bytes, char buf[16]);
bool colours(void);
double item_pages(const struct item *i);
double item_slots(const struct item *i);
double item_waste(const struct item *i);
double item_waiting(const struct item *i);
/* page_size() - bytes of a page where the figures are from */
double page_size(const struct item *i);

/* ---- the commands; argv[0] is the command ---- */

int cmd_top(int argc, char **argv);
int cmd_map(int argc, char **argv);
int cmd_leaks(int argc, char **argv);
int cmd_whose(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_reclaim(int argc, char **argv);
int cmd_debug(int argc, char **argv);
int cmd_json(int argc, char **argv);
int cmd_metrics(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_replay(int argc, char **argv);

/* ---- ring.c: allocations and frees as they happen ---- */

#define RING_CPUS 512

struct ring_event {
	unsigned long long ts, ptr, site, bytes, slot, gfp;
	unsigned int cpu, context;	/* context: as the kernel marks its trace records */
	bool alloc, on_node;
	char name[48];
};

/* ring_open() - begin to listen, with so much room for each CPU; undone at exit */
void ring_open(unsigned int kib);
/* ring_read() - what there is, once around; 0: there was nothing */
unsigned int ring_read(void (*each)(const struct ring_event *e));
/* ring_stop() - nothing comes any more; what is there can be read */
void ring_stop(void);
/* ring_close() - how many events were lost for want of room */
unsigned long ring_close(void);

/* ---- tape.c: a recording ---- */

struct tape_sums {
	unsigned long allocs, frees, pools, peak, live, cpus;
	double seconds;
	unsigned long strangers;	/* frees of what nobody saw allocated */
	unsigned long untold;		/* frees that nobody told of */
};

void tape_add(const struct ring_event *e);
bool tape_full(void);
/* tape_write() - all of it, in the format SLABTRC1; NULL if there is no allocation */
const struct tape_sums *tape_write(FILE *out, double seconds);

/* ---- symbols.c ---- */

struct symbols *symbols_read(void);
void symbols_free(struct symbols *s);
/* symbol_of() - "function+0x1f", or the address */
void symbol_of(const struct symbols *s, unsigned long long addr, char *buf, size_t size);

/* ---- picture.c: a map that was read, and svg.c ---- */

struct row {
	char addr[20];
	const char *cells;	/* not ended by 0 */
	int width;
	char gap[32];		/* what follows the cells, "+4M" or "x104" */
};

struct look {
	char ch;
	const char *colour;	/* for SVG */
	int ansi;		/* of the 256 colours of a terminal */
	const char *means;
};

struct picture {
	char *text;
	char scale[120];	/* the first line */
	struct row rows[64];
	int nr;
	const struct look *looks;	/* what its characters are */
	int nr_looks;
	bool tenths;		/* digits are one look, '9', and tell how strong it is */
	char *cells, *blocks;	/* of one that is not the file's own, and what it is from */
};

struct picture *picture_read(const char *path);
void picture_free(struct picture *p);
const struct look *look_of(const struct picture *p, char ch);
/* picture_has() - does a cell of that look occur? */
bool picture_has(const struct picture *p, const struct look *look);
int svg_write(const struct picture *p, const char *title, FILE *out);

/* ---- shade.c: a map by something else than what is live ---- */

#define SHADES "fullness class age site"

bool shade_known(const char *by);
/* shade() - what is at @path, cell by cell, by one of SHADES */
void shade(struct picture *p, const char *path, const char *by);

#endif
