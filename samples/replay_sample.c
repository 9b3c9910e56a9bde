// SPDX-License-Identifier: GPL-2.0
/*
 * How many pages a subject holds: the fall of the free-page counter of the
 * whole machine since before it was set up, so that nobody marks his own work.
 * On an otherwise idle machine the rest is noise of a few pages.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/seq_file.h>
#include <linux/vmstat.h>
#include "replay.h"

static long replay_zone_free(struct zone *zone)
{
	long free = zone_page_state_snapshot(zone, NR_FREE_PAGES);
	unsigned int cpu;

	/* free too, but parked with a CPU and not counted above */
	for_each_online_cpu(cpu)
		free += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return free;
}

/**
 * replay_free_pages() - pages nobody uses, those in per-CPU lists included
 *
 * Context: Any context.
 * Return: their number, exact to what other CPUs are doing right now.
 */
long replay_free_pages(void)
{
	long free = 0;
	int node, i;

	for_each_online_node(node) {
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(node)->node_zones[i];

			if (populated_zone(zone))
				free += replay_zone_free(zone);
		}
	}
	return free;
}

/**
 * replay_live_bytes() - bytes live now, as they were asked for
 * @run: the run; after its last record, what was live then
 *
 * Context: Any context.
 * Return: their number.
 */
s64 replay_live_bytes(const struct replay_run *run)
{
	s64 bytes = 0;
	unsigned int i;

	for (i = 0; i < run->nworkers; i++)
		bytes += READ_ONCE(run->workers[i].live_bytes);
	return bytes;
}

/* Return its number, from 1 on, or 0 */
static unsigned int replay_sample_take(struct replay_run *run, u32 pos)
{
	u32 step = max(run->trace->nevents / REPLAY_POINTS, 1U);
	struct replay_sample *s;

	if (run->nsamples >= REPLAY_POINTS)
		return 0;
	s = &run->samples[run->nsamples++];
	s->pages = run->free_before - replay_free_pages();
	s->live_bytes = replay_live_bytes(run);
	s->touched = atomic_long_read(&run->looks.touched);
	s->record = pos;
	run->next_sample = (run->nsamples + 1) * step;
	return run->nsamples;
}

/**
 * replay_sample() - take the samples that are due
 * @run: the run
 * @pos: record that was just played
 *
 * Context: Process context. May sleep.
 */
void replay_sample(struct replay_run *run, u32 pos)
{
	unsigned int nr = 0;

	/* a thread that finds another one at it has nothing to add */
	if (spin_trylock(&run->sample_lock)) {
		if (pos >= run->next_sample)
			nr = replay_sample_take(run, pos);
		spin_unlock(&run->sample_lock);
	}
	if (nr)
		replay_look(run, nr);
}

/* ---- /sys/kernel/debug/squirrel_replay/{samples,looks} -------------------- */

static struct dentry *replay_dir;
static const struct replay_run *replay_runs;
static unsigned int replay_nruns;

static int samples_show(struct seq_file *s, void *unused)
{
	const struct replay_run *run;
	unsigned int i, k;

	seq_puts(s, "subject\tpoint\tlive_bytes\tpages\trecord\n");
	for (i = 0; i < replay_nruns; i++) {
		run = &replay_runs[i];
		for (k = 0; k < run->nsamples; k++)
			seq_printf(s, "%s\t%u\t%lld\t%ld\t%u\n",
				   run->subject->name, k + 1,
				   run->samples[k].live_bytes,
				   run->samples[k].pages,
				   run->samples[k].record);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(samples);

static int looks_show(struct seq_file *s, void *unused)
{
	unsigned int i;

	for (i = 0; i < replay_nruns; i++)
		replay_looks_show(s, &replay_runs[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(looks);

/**
 * replay_samples_show() - offer the samples, and what was noted, in debugfs
 * @runs: finished runs, which stay until replay_samples_hide()
 * @n: how many
 *
 * Context: Process context. May sleep.
 * Return: 0 or the error of debugfs.
 */
int replay_samples_show(const struct replay_run *runs, unsigned int n)
{
	replay_runs = runs;
	replay_nruns = n;
	replay_dir = debugfs_create_dir("squirrel_replay", NULL);
	if (IS_ERR(replay_dir))
		return PTR_ERR(replay_dir);
	debugfs_create_file("samples", 0400, replay_dir, NULL, &samples_fops);
	debugfs_create_file("looks", 0400, replay_dir, NULL, &looks_fops);
	return 0;
}

/**
 * replay_samples_hide() - undo replay_samples_show(), also if it failed
 *
 * Context: Process context. May sleep.
 */
void replay_samples_hide(void)
{
	debugfs_remove(replay_dir);
	replay_dir = NULL;
}
