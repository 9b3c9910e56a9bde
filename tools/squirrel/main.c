// SPDX-License-Identifier: GPL-2.0
/* squirrel: what /sys/kernel/debug/squirrel says, for people. This file: its commands. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "squirrel.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *what;
	const char *help;
} commands[] = {
	{ "top", cmd_top, "[-ob] [-d SECONDS] [-n TIMES] [-s LETTER]",
	  "caches and heaps, live",
	  "  -o  once, then end        -b  one table after the other, no keys\n"
	  "  -d  seconds in between    -n  so many tables    -s  sort by that letter\n"
	  "  --once --batch --delay --sort: the same\n"
	  "Keys: q ends, a blank shows anew, and the letters to sort by; slabtop's:\n"
	  "  c memory (default)  a live  o slots  u use  s size  n name\n"
	  "  l slabs  v slabs in use  b objects a slab  p pages a slab\n"
	  "and squirrel's:\n"
	  "  w waste  m waiting in magazines and depots  i pinned pages\n"
	  "  r allocations a second  k misses a second\n" },
	{ "map", cmd_map, "NAME [--by WHAT] [--svg FILE]",
	  "the memory of a cache or heap, as a picture",
	  "NAME: a cache, or a heap; caches/NAME and heaps/NAME tell one from the other.\n"
	  "  --by WHAT   colours by state (live, free and where: the default), fullness,\n"
	  "              class (sizes), age or site: where it was allocated\n"
	  "              (both of what is debugged)\n"
	  "  --svg FILE  the same picture into FILE; -: to standard output\n" },
	{ "leaks", cmd_leaks, "[NAME]", "who has what is live, the most first",
	  "Only what is debugged is known: squirrel debug NAME FZPU, before it is allocated.\n" },
	{ "whose", cmd_whose, "ADDRESS", "what is at an address", "ADDRESS: hexadecimal.\n" },
	{ "check", cmd_check, "", "are all structures sound?", "Exit status 1 if not.\n" },
	{ "reclaim", cmd_reclaim, "", "give back all that is free, and say how much", "" },
	{ "debug", cmd_debug, "[NAME FLAGS]", "what is debugged; change it",
	  "FLAGS: letters of FZPUQGT (K, with KASAN), or -; + or - in front changes only those.\n"
	  "NAME: a cache or heap; with * or ?, all of such names that are and that come.\n" },
	{ "snapshot", cmd_snapshot, "FILE", "what all have, by call site, into a file",
	  "FILE: -: to standard output. Call sites are known of what is debugged (leaks).\n" },
	{ "diff", cmd_diff, "FILE [FILE]", "what became more or less since a snapshot",
	  "The second FILE: until then; without it, until now.\n" },
	{ "record", cmd_record, "FILE [-d SECONDS] [-b KIB] [-- COMMAND...]",
	  "all allocations and frees, into a file for replay",
	  "Until COMMAND has ended, or SECONDS are over, or Ctrl-C.\n"
	  "  -b  room for each CPU (8192); what does not fit is lost, and told\n"
	  "Meanwhile allocations and frees cost several times as much.\n" },
	{ "replay", cmd_replay, "FILE [-s STRATEGY]... [-m REPLAY.KO]",
	  "how many pages each strategy would hold",
	  "  -s  only that strategy, or those; without it segregated, first and best\n"
	  "  -m  the module replay.ko of samples; without it, the one here, in\n"
	  "      build/module/samples, or where this program is\n"
	  "The pages are those that the machine has less while FILE is played: it should have\n"
	  "nothing else to do. All that is free is given back before. STRATEGY is that of the\n"
	  "heap whose objects are not of a cache; slabs of caches are of the heap 'default'.\n" },
	{ "json", cmd_json, "", "all figures as JSON", "" },
	{ "metrics", cmd_metrics, "", "figures for node_exporter's textfile collector", "" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *current;

static void say(const char *fmt, va_list args)
{
	fflush(stdout);
	fputs("squirrel: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void warn_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
}

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	exit(EXIT_BAD);
}

void usage_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(fmt, args);
	va_end(args);
	if (current)
		fprintf(stderr, "usage: squirrel %s %s\n", current->name, current->args);
	else
		fputs("try: squirrel --help\n", stderr);
	exit(EXIT_USAGE);
}

double number(const char *what, const char *word, double min, double max)
{
	char *end;
	double n = strtod(word, &end);

	if (end == word || *end || !(n >= min && n <= max))
		usage_error("%s: '%s' is no number from %g to %g", what, word, min, max);
	return n;
}

static void help(void)
{
	size_t i;

	puts("usage: squirrel [--root FOLDER] COMMAND [ARGUMENTS]\n");
	for (i = 0; i < NR_COMMANDS; i++)
		printf("  %-8s %-18.18s %s\n", commands[i].name,
		       strlen(commands[i].args) > 18 ? "[OPTIONS]" : commands[i].args,
		       commands[i].what);
	puts("\nsquirrel COMMAND --help says more. Exit status: 0; 1 if squirrel is not loaded,\n"
	     "cannot be read, or refuses; 2 for what is not understood.\n"
	     "SQUIRREL_ROOT: the folder instead of /sys/kernel/debug/squirrel; NO_COLOR: none.");
}

static void find_command(const char *name)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			current = &commands[i];
	if (!current)
		usage_error("there is no command '%s'", name);
}

/* A disk that is full is no success. */
static int flushed(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		warn_line("cannot write: %s", strerror(errno));
		return EXIT_BAD;
	}
	return status;
}

int main(int argc, char **argv)
{
	argc--;
	argv++;
	tree_root(getenv("SQUIRREL_ROOT"));
	if (argc && !strcmp(argv[0], "--root")) {
		if (argc < 2)
			usage_error("--root wants a folder");
		tree_root(argv[1]);
		argc -= 2;
		argv += 2;
	}
	if (!argc)
		usage_error("a command is wanted");
	if (!strcmp(argv[0], "--help") || !strcmp(argv[0], "-h")) {
		help();
		return flushed(EXIT_OK);
	}
	find_command(argv[0]);
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		printf("usage: squirrel %s %s\n%s.\n%s", current->name, current->args,
		       current->what, current->help);
		return flushed(EXIT_OK);
	}
	return flushed(current->run(argc, argv));
}
