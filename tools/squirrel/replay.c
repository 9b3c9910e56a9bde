// SPDX-License-Identifier: GPL-2.0
/*
 * squirrel replay: what would each strategy hold? The file is played by the sample
 * replay.ko, once for each, and that says how many pages the machine had less meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "squirrel.h"

#define MODULE "replay.ko"
#define MOST 16

static struct {
	const char *file, *module;
	const char *strategies[MOST];
	int nr;
} wish;

static void parse(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		bool option = !strcmp(argv[i], "-m") || !strcmp(argv[i], "-s");

		if (option && i + 1 == argc)
			usage_error("%s wants a %s", argv[i],
				    argv[i][1] == 'm' ? "file" : "strategy");
		if (!strcmp(argv[i], "-m"))
			wish.module = argv[++i];
		else if (!strcmp(argv[i], "-s") && wish.nr == MOST)
			usage_error("more than %d strategies", MOST);
		else if (!strcmp(argv[i], "-s"))
			wish.strategies[wish.nr++] = argv[++i];
		else if (argv[i][0] == '-')
			usage_error("there is no option %s", argv[i]);
		else if (wish.file)
			usage_error("'%s' is too much", argv[i]);
		else
			wish.file = argv[i];
	}
	if (!wish.file)
		usage_error("a file is wanted");
	if (wish.nr)
		return;
	wish.strategies[wish.nr++] = "segregated";
	wish.strategies[wish.nr++] = "first";
	wish.strategies[wish.nr++] = "best";
}

/* The kernel would say no more than that the file is no good. */
static void look_at_file(char path[PATH_MAX])
{
	char magic[8] = "";
	FILE *in;

	if (!realpath(wish.file, path))
		die("%s: %s", wish.file, strerror(errno));
	in = fopen(path, "r");
	if (!in)
		die("%s: %s", wish.file, strerror(errno));
	if (fread(magic, 1, sizeof(magic), in) != sizeof(magic) ||
	    memcmp(magic, "SLABTRC1", sizeof(magic)))
		die("%s: is no recording, or still compressed", wish.file);
	fclose(in);
	if (strchr(path, '"'))
		die("%s: a path with '\"' in it cannot be told to the kernel", path);
}

/* Where it was built, or where it lies beside this program. */
static int open_module(void)
{
	char beside[PATH_MAX] = "", *slash, paths[4][PATH_MAX + 32];
	int fd, i;

	if (wish.module) {
		fd = open(wish.module, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			die("%s: %s", wish.module, strerror(errno));
		return fd;
	}
	if (readlink("/proc/self/exe", beside, sizeof(beside) - 1) < 0)
		*beside = '\0';
	slash = strrchr(beside, '/');
	if (slash)
		*slash = '\0';
	strcpy(paths[0], MODULE);
	strcpy(paths[1], "build/module/samples/" MODULE);
	snprintf(paths[2], sizeof(paths[2]), "%s/" MODULE, beside);
	snprintf(paths[3], sizeof(paths[3]), "%s/samples/" MODULE, beside);
	for (i = 0; i < 4; i++) {
		fd = open(paths[i], O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	die(MODULE " is not here: say where with -m; man squirrel has how it is built");
}

struct result {
	double peak, mean, end, live;
	int nr;
};

/* Lines of squirrel_replay/samples: subject, point, live bytes, pages, record. */
static struct result result_of(const char *text)
{
	double live, pages, sum = 0;
	struct result r = { 0 };
	const char *line = text;

	while ((line = strchr(line, '\n'))) {
		line++;
		if (sscanf(line, "%*s %*s %lf %lf", &live, &pages) != 2)
			continue;
		if (pages > r.peak)
			r.peak = pages;
		if (live > r.live)
			r.live = live;
		r.end = pages;
		sum += pages;
		r.nr++;
	}
	r.mean = r.nr ? sum / r.nr : 0;
	return r;
}

static struct result play(int module, const char *path, const char *strategy)
{
	char words[PATH_MAX + 160], *text;
	struct result r;

	if (strpbrk(strategy, " \"") || strlen(strategy) > 47)
		die("there is no strategy '%s'", strategy);
	snprintf(words, sizeof(words),
		 "trace=\"%s\" strategy=%s subject=squirrel samples=1", path, strategy);
	/* What is free already would be taken first, and not be counted. */
	if (tree_write("1", "reclaim/run"))
		die("reclaim/run: %s", strerror(errno));
	if (syscall(SYS_finit_module, module, words, 0)) {
		if (errno == EEXIST)
			die(MODULE " is loaded: rmmod replay");
		die("%s: cannot be played with strategy '%s' (%s); the kernel's log says why",
		    wish.file, strategy, strerror(errno));
	}
	text = tree_read("../squirrel_replay/samples");
	if (syscall(SYS_delete_module, "replay", O_NONBLOCK))
		warn_line(MODULE " cannot be unloaded: %s", strerror(errno));
	if (!text)
		die("squirrel_replay/samples: %s", strerror(errno));
	r = result_of(text);
	free(text);
	if (!r.nr)
		die("%s: is too short to be measured", wish.file);
	return r;
}

int cmd_replay(int argc, char **argv)
{
	char path[PATH_MAX], live[16];
	struct result r;
	int module, i;

	parse(argc, argv);
	look_at_file(path);
	tree_there();
	module = open_module();
	for (i = 0; i < wish.nr; i++) {
		r = play(module, path, wish.strategies[i]);
		if (!i) {
			printf("%s: %s live at most; pages held, of %ld bytes\n", wish.file,
			       human(r.live, true, live), sysconf(_SC_PAGESIZE));
			printf("%-16s %8s %8s %8s\n", "STRATEGY", "PEAK", "MEAN", "END");
		}
		printf("%-16s %8.0f %8.0f %8.0f\n", wish.strategies[i], r.peak, r.mean,
		       r.end);
		fflush(stdout);
	}
	close(module);
	return EXIT_OK;
}
