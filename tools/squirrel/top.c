// SPDX-License-Identifier: GPL-2.0
/* squirrel top: caches and heaps, live; options and letters are slabtop's. */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "squirrel.h"

static volatile sig_atomic_t stop;
static struct termios before;
static char order = 'c';

struct line {
	const struct item *item;
	double allocs, misses;	/* a second */
};

/* ---- the table -------------------------------------------------------------- */

static double sorted_by(const struct line *l)
{
	const struct item *i = l->item;
	double slots = item_slots(i);

	switch (order) {
	case 'a': return key_of(i->stats, "live_objects");
	case 'o': return slots;
	case 'u': return slots ? key_of(i->stats, "live_objects") / slots : 0;
	case 's': return key_of(i->stats, "object_size");
	case 'l': return key_of(i->stats, "slabs");
	case 'v': return key_of(i->stats, "slabs") - key_of(i->stats, "slabs_empty");
	case 'b': return key_of(i->stats, "objects_per_slab");
	case 'p': return key_of(i->stats, "pages_per_slab");
	case 'w': return item_waste(i);
	case 'm': return item_waiting(i);
	case 'i': return i->pinned;
	case 'r': return l->allocs;
	case 'k': return l->misses;
	default: return item_pages(i) * page_size(i);
	}
}

static int by_order(const void *a, const void *b)
{
	double x = sorted_by(a), y = sorted_by(b);

	if (order != 'n' && x != y)
		return x < y ? 1 : -1;
	return strcmp(((const struct line *)a)->item->name,
		      ((const struct line *)b)->item->name);
}

static const struct item *same_item(const struct items *items, const struct item *i)
{
	size_t k;

	for (k = 0; k < items->nr; k++)
		if (items->all[k].heap == i->heap && !strcmp(items->all[k].name, i->name))
			return &items->all[k];
	return NULL;
}

/* A second, since the look before; since nothing is known, 0. */
static double rate(const struct item *now, const struct item *then, const char *key,
		   double seconds)
{
	double more;

	if (!then || seconds <= 0)
		return 0;
	more = key_of(now->stats, key) - key_of(then->stats, key);
	return more > 0 ? more / seconds : 0;
}

/* Columns from the left; in a narrow window some are left out. */
static const struct column {
	const char *head;
	int width;
	bool narrow;
} columns[] = {
	{ "LIVE", 5, true }, { "SLOTS", 5, false }, { "USE", 4, true }, { "SIZE", 5, true },
	{ "SLABS", 5, false }, { "PAGES", 5, true }, { "WASTE", 5, true }, { "WAIT", 5, true },
	{ "PIN", 5, true }, { "ALLOC/S", 7, true }, { "MISS/S", 6, true },
	{ "OWNER", -8, true }, { "NAME", 0, true },
};

#define NR_COLUMNS ((int)(sizeof(columns) / sizeof(columns[0])))
#define WIDE_ENOUGH 100

/* One line of them, no longer than @width; 0: as long as it is. */
static void print_columns(char cells[][80], int width, bool colour)
{
	char line[512];
	int i, at = 0;

	for (i = 0; i < NR_COLUMNS; i++) {
		const struct column *c = &columns[i];

		if (width && width < WIDE_ENOUGH && !c->narrow)
			continue;
		at += snprintf(line + at, sizeof(line) - at, "%s%*.*s", at ? " " : "", c->width,
			       c->width < 0 ? -c->width : 79, cells[i]);
	}
	printf("%s%.*s%s\n", colour ? "\033[7m" : "", width ? width : at, line,
	       colour ? "\033[0m" : "");
}

static void print_line(const struct line *l, int width)
{
	const struct item *i = l->item;
	double live = key_of(i->stats, "live_objects"), slots = item_slots(i);
	char cells[NR_COLUMNS][80];

	human(live, false, cells[0]);
	human(slots, false, cells[1]);
	snprintf(cells[2], sizeof(cells[2]), "%.0f%%", slots ? 100 * live / slots : 0);
	if (i->heap)
		strcpy(cells[3], "-");
	else
		human(key_of(i->stats, "object_size"), false, cells[3]);
	human(key_of(i->stats, "slabs"), false, cells[4]);
	human(item_pages(i), false, cells[5]);
	human(item_waste(i), true, cells[6]);
	human(item_waiting(i), false, cells[7]);
	human(i->pinned, false, cells[8]);
	human(l->allocs, false, cells[9]);
	human(l->misses, false, cells[10]);
	word_of(i->stats, "owner", cells[11], sizeof(cells[11]));
	snprintf(cells[12], sizeof(cells[12]), "%s%s", i->heap ? "heap " : "", i->name);
	print_columns(cells, width, false);
}

struct sums {
	double live, slots, slabs, empty, items, active, bytes, page;
	double least, most, room, objs;		/* of caches' objects, and of all of them */
};

static struct sums sums_of(const struct items *items)
{
	struct sums s = { 0 };
	size_t k;

	for (k = 0; k < items->nr; k++) {
		const struct item *i = &items->all[k];
		double size = key_of(i->stats, "object_size"), live;

		live = key_of(i->stats, "live_objects");
		s.items++;
		s.active += !!live;
		s.live += live;
		s.bytes += key_of(i->stats, "live_bytes");
		s.slots += item_slots(i);
		s.slabs += key_of(i->stats, "slabs");
		s.empty += key_of(i->stats, "slabs_empty");
		s.page = page_size(i) > 0 ? page_size(i) : s.page;
		if (i->heap || !size)
			continue;
		s.least = s.least && s.least < size ? s.least : size;
		s.most = s.most > size ? s.most : size;
		s.room += size * key_of(i->stats, "objects");
		s.objs += key_of(i->stats, "objects");
	}
	return s;
}

static void print_part(const char *what, double part, double all, bool bytes)
{
	char b[2][16];

	printf(" %-34s : %s / %s (%.1f%%)\n", what, human(part, bytes, b[0]),
	       human(all, bytes, b[1]), all ? 100 * part / all : 0);
}

/* The first five lines are slabtop's. */
static void print_head(const struct items *items, const char *summary, int width, bool colour)
{
	struct sums s = sums_of(items);
	double held = key_of(summary, "pages_held"), used = key_of(summary, "pages_used");
	char b[3][16], heads[NR_COLUMNS][80];
	int i;

	print_part("Active / Total Objects (% used)", s.live, s.slots, false);
	print_part("Active / Total Slabs (% used)", s.slabs - s.empty, s.slabs, false);
	print_part("Active / Total Caches (% used)", s.active, s.items, false);
	print_part("Active / Total Size (% used)", s.bytes, held * s.page, true);
	printf(" %-34s : %s / %s / %s\n", "Minimum / Average / Maximum Object",
	       human(s.least, true, b[0]), human(s.objs ? s.room / s.objs : 0, true, b[1]),
	       human(s.most, true, b[2]));
	printf(" %-34s : %.0f / %.0f (%.1f%%) / %.0f\n", "Pages held / used / free", held, used,
	       held ? 100 * used / held : 0, key_of(summary, "pages_free"));
	printf(" %-34s : %s / %s / %.0f\n\n", "Waste / waiting / misuse",
	       human(key_of(summary, "internal_waste_bytes"), true, b[0]),
	       human(key_of(summary, "free_bytes_in_magazines") +
		     key_of(summary, "free_bytes_in_depots"), true, b[1]),
	       key_of(summary, "misuse"));
	for (i = 0; i < NR_COLUMNS; i++)
		strcpy(heads[i], columns[i].head);
	print_columns(heads, width, colour);
}

/* table() - at most @rows lines of it, of at most @width characters; 0: all */
static void table(const struct items *now, const struct items *then, double seconds,
		  size_t rows, int width, bool colour)
{
	struct line *lines = calloc(now->nr + 1, sizeof(*lines));
	char *summary = tree_need("summary");
	size_t i;

	if (!lines)
		die("out of memory");
	for (i = 0; i < now->nr; i++) {
		const struct item *item = &now->all[i], *old = same_item(then, item);

		lines[i] = (struct line) { item, rate(item, old, "allocs", seconds),
					   rate(item, old, "slow_alloc_misses", seconds) };
	}
	qsort(lines, now->nr, sizeof(*lines), by_order);
	print_head(now, summary, width, colour);
	for (i = 0; i < now->nr && (!rows || i < rows); i++)
		print_line(&lines[i], width);
	free(summary);
	free(lines);
}

/* ---- the terminal ----------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void screen_end(void)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static void screen_begin(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct termios raw;

	tcgetattr(STDIN_FILENO, &before);
	raw = before;
	raw.c_lflag &= ~(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	fputs("\033[?1049h\033[?25l", stdout);
	atexit(screen_end);
}

#define HEAD_LINES 9

/* Lines for caches and heaps, and how wide they may be. A serial line does not know. */
static size_t screen_rows(int *width)
{
	struct winsize w = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || !w.ws_row || !w.ws_col)
		w = (struct winsize) { .ws_row = 24, .ws_col = 80 };
	*width = w.ws_col;
	return w.ws_row > HEAD_LINES + 2 ? w.ws_row - HEAD_LINES - 1 : 1;
}

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A key within so many seconds; 0: none. Without a terminal nobody types. */
static char wait_key(double seconds, bool keys)
{
	struct pollfd p = { .fd = keys ? STDIN_FILENO : -1, .events = POLLIN };
	char c = 0;

	if (poll(&p, 1, (int)(seconds * 1000)) > 0 && read(STDIN_FILENO, &c, 1) != 1)
		stop = 1;
	return c;
}

static const char letters[] = "caoubspvlnwmirk";

/* Until it is time for the next table, or somebody wants it now. */
static void wait_for(double seconds, bool keys)
{
	double until = now_seconds() + seconds, left;

	while (!stop && (left = until - now_seconds()) > 0) {
		char c = wait_key(left, keys);

		if (c == 'q')
			stop = 1;
		else if (c && strchr(letters, c))
			order = c;
		if (c)
			return;
	}
}

/* ---- the command ------------------------------------------------------------ */

struct options {
	double delay, times;
	bool once, batch;
};

/* Long ones are slabtop's. */
static const struct option longs[] = {
	{ "once", no_argument, NULL, 'o' },
	{ "batch", no_argument, NULL, 'b' },
	{ "delay", required_argument, NULL, 'd' },
	{ "sort", required_argument, NULL, 's' },
	{ 0 }
};

static void parse(struct options *o, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":obd:n:s:", longs, NULL)) != -1) {
		switch (c) {
		case 'o': o->once = true; break;
		case 'b': o->batch = true; break;
		case 'd': o->delay = number("-d", optarg, 0.1, 86400); break;
		case 'n': o->times = number("-n", optarg, 1, 1e9); break;
		case 's':
			if (!optarg[0] || optarg[1] || !strchr(letters, optarg[0]))
				usage_error("-s: '%s' is none of the letters %s", optarg,
					    letters);
			order = optarg[0];
			break;
		case ':': usage_error("-%c wants a value", optopt);
		default:
			if (!optopt)
				usage_error("there is no option %s", argv[optind - 1]);
			usage_error("there is no option -%c", optopt);
		}
	}
	if (optind < argc)
		usage_error("'%s' is too much", argv[optind]);
}

int cmd_top(int argc, char **argv)
{
	struct options o = { .delay = 3 };
	size_t rows = 0;
	int width = 0;
	struct items now, then = { 0 };
	double at = 0, t;
	bool screen;

	parse(&o, argc, argv);
	tree_there();
	screen = !o.once && !o.batch && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (o.once || (!screen && !o.batch))
		o.times = 1;
	if (screen)
		screen_begin();
	while (!stop) {
		now = tree_items();
		t = now_seconds();
		if (screen)
			fputs("\033[H\033[J", stdout);
		if (screen)
			rows = screen_rows(&width);
		table(&now, &then, at ? t - at : 0, rows, width, screen && colours());
		fflush(stdout);
		items_free(&then);
		then = now;
		at = t;
		if (o.times && !--o.times)
			break;
		if (!screen)
			putchar('\n');
		if (ferror(stdout))
			break;
		wait_for(o.delay, screen);
	}
	items_free(&then);
	return EXIT_OK;
}
