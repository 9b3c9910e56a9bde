// SPDX-License-Identifier: GPL-2.0
/* squirrel record: a running system's allocations, into a file that replay plays. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "squirrel.h"

#define DEFAULT_KIB 8192

static struct {
	const char *file;
	double seconds;		/* 0: as long as it takes */
	unsigned int kib;
	char **command;		/* ended by NULL; or NULL */
	pid_t child;
} wish = { .kib = DEFAULT_KIB };

static char part[4096];		/* the file while it is not whole */
static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void parse(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		bool option = !strcmp(argv[i], "-d") || !strcmp(argv[i], "-b");

		if (option && i + 1 == argc)
			usage_error("%s wants a number", argv[i]);
		if (!strcmp(argv[i], "--")) {
			wish.command = argv + i + 1;
			break;
		} else if (!strcmp(argv[i], "-d")) {
			wish.seconds = number("-d", argv[++i], 0.1, 1e6);
		} else if (!strcmp(argv[i], "-b")) {
			wish.kib = number("-b", argv[++i], 64, 1 << 20);
		} else if (argv[i][0] == '-') {
			usage_error("there is no option %s", argv[i]);
		} else if (wish.file) {
			usage_error("'%s' is too much", argv[i]);
		} else {
			wish.file = argv[i];
		}
	}
	if (!wish.file)
		usage_error("a file is wanted");
	if (wish.command && !wish.command[0])
		usage_error("a command is wanted after --");
}

static void remove_part(void)
{
	if (*part)
		unlink(part);
}

/* What is there stays until the new one is whole. */
static FILE *open_part(void)
{
	char name[sizeof(part)];
	FILE *out;

	if ((size_t)snprintf(name, sizeof(name), "%s.part", wish.file) >= sizeof(name))
		die("%s: %s", wish.file, strerror(ENAMETOOLONG));
	out = fopen(name, "w");
	if (!out)
		die("%s: %s", name, strerror(errno));
	memcpy(part, name, sizeof(part));
	atexit(remove_part);
	return out;
}

static void start_command(void)
{
	int err = posix_spawnp(&wish.child, wish.command[0], NULL, NULL, wish.command,
			       environ);

	if (err)
		die("%s: %s", wish.command[0], strerror(err));
}

/* Has the command ended, or the time? */
static bool over(double since)
{
	if (wish.child && waitpid(wish.child, NULL, WNOHANG) == wish.child) {
		wish.child = 0;
		return true;
	}
	return wish.seconds && now() - since >= wish.seconds;
}

/* Returns how long it was from the first event to the last, about. */
static double listen_to_all(void)
{
	const struct timespec nap = { .tv_nsec = 20 * 1000 * 1000 };
	struct sigaction action = { .sa_handler = stop };
	double since = now(), first = 0, last = 0;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	ring_open(wish.kib);
	if (wish.command)
		start_command();
	while (!stopped && !tape_full() && !over(since)) {
		if (!ring_read(tape_add)) {
			nanosleep(&nap, NULL);
			continue;
		}
		last = now();
		first = first ? first : last;
	}
	ring_stop();
	if (wish.child) {
		kill(wish.child, SIGTERM);
		waitpid(wish.child, NULL, 0);
	}
	while (ring_read(tape_add))
		last = now();
	return first ? last - first : 0;
}

static void tell(const struct tape_sums *s, unsigned long lost)
{
	printf("%s: %lu allocations and %lu frees of %lu caches and heaps in %.1f s\n",
	       wish.file, s->allocs, s->frees, s->pools, s->seconds);
	printf("live: %lu at most, %lu at the end\n", s->peak, s->live);
	if (s->strangers)
		printf("left out: %lu frees of what was there before\n", s->strangers);
	if (s->untold)
		printf("guessed: %lu frees that nobody told of\n", s->untold);
	if (tape_full())
		warn_line("it is as long as a recording can be: that was not all");
	if (lost)
		warn_line("%lu events were lost: -b with more than %u gives more room", lost,
			  wish.kib);
}

int cmd_record(int argc, char **argv)
{
	const struct tape_sums *sums;
	unsigned long lost;
	double seconds;
	FILE *out;

	parse(argc, argv);
	tree_there();
	out = open_part();
	seconds = listen_to_all();
	lost = ring_close();
	sums = tape_write(out, seconds);
	if (ferror(out) | fclose(out))
		die("%s: %s", part, strerror(errno));
	if (!sums)
		die("nothing was allocated: there is no %s", wish.file);
	if (rename(part, wish.file))
		die("%s: %s", wish.file, strerror(errno));
	*part = '\0';
	tell(sums, lost);
	return EXIT_OK;
}
