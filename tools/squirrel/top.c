// SPDX-License-Identifier: GPL-2.0
/* squirrel top: caches and heaps, live; options and letters are slabtop's. */
#include <errno.h>
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

static void print_line(const struct line *l)
{
	const struct item *i = l->item;
	double live = key_of(i->stats, "live_objects"), slots = item_slots(i);
	char b[9][16], owner[64], size[16];

	if (i->heap)
		strcpy(size, "-");
	else
		human(key_of(i->stats, "object_size"), false, size);
	printf("%6s %6s %3.0f%% %6s %6s %6s %6s %6s %5s %7s %6s  %-10.10s %s%s\n",
	       human(live, false, b[0]), human(slots, false, b[1]),
	       slots ? 100 * live / slots : 0, size,
	       human(key_of(i->stats, "slabs"), false, b[2]),
	       human(item_pages(i), false, b[3]), human(item_waste(i), true, b[4]),
	       human(item_waiting(i), false, b[5]),
	       human(i->pinned, false, b[6]),
	       human(l->allocs, false, b[7]), human(l->misses, false, b[8]),
	       word_of(i->stats, "owner", owner, sizeof(owner)), i->heap ? "heap " : "",
	       i->name);
}

static void print_head(const char *summary, bool colour)
{
	char b[8][16];
	double held = key_of(summary, "pages_held"), used = key_of(summary, "pages_used");

	printf(" Live objects / bytes     : %s / %s\n",
	       human(key_of(summary, "live_objects"), false, b[0]),
	       human(key_of(summary, "live_bytes"), true, b[1]));
	printf(" Pages held / used / free : %.0f / %.0f (%.1f%%) / %.0f\n", held, used,
	       held ? 100 * used / held : 0, key_of(summary, "pages_free"));
	printf(" Waste / waiting          : %s / %s\n",
	       human(key_of(summary, "internal_waste_bytes"), true, b[2]),
	       human(key_of(summary, "free_bytes_in_magazines") +
		     key_of(summary, "free_bytes_in_depots"), true, b[3]));
	printf(" Caches / heaps / misuse  : %.0f / %.0f / %.0f\n\n",
	       key_of(summary, "caches"), key_of(summary, "heaps"),
	       key_of(summary, "misuse"));
	printf("%s%6s %6s %4s %6s %6s %6s %6s %6s %5s %7s %6s  %-10s %s%s\n",
	       colour ? "\033[7m" : "", "LIVE", "SLOTS", "USE", "SIZE", "SLABS", "PAGES",
	       "WASTE", "WAIT", "PIN", "ALLOC/S", "MISS/S", "OWNER", "NAME",
	       colour ? "\033[0m" : "");
}

/* table() - at most @rows lines of it; 0: all */
static void table(const struct items *now, const struct items *then, double seconds,
		  size_t rows, bool colour)
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
	print_head(summary, colour);
	for (i = 0; i < now->nr && (!rows || i < rows); i++)
		print_line(&lines[i]);
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

static size_t screen_rows(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) || w.ws_row < 9)
		return 1;
	return w.ws_row - 7;
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

static const char letters[] = "caouslnwmirk";

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

static void parse(struct options *o, int argc, char **argv)
{
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, ":obd:n:s:")) != -1) {
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
		default: usage_error("there is no option -%c", optopt);
		}
	}
	if (optind < argc)
		usage_error("'%s' is too much", argv[optind]);
}

int cmd_top(int argc, char **argv)
{
	struct options o = { .delay = 3 };
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
		table(&now, &then, at ? t - at : 0, screen ? screen_rows() : 0,
		      screen && colours());
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
