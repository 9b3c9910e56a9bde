// SPDX-License-Identifier: GPL-2.0
/*
 * How often the page allocator is called: probes on the kernel's tracepoints
 * count every call that any CPU makes while a trace is played. What a machine
 * does that is otherwise idle was measured before, and is subtracted in the
 * report.
 *
 * One call is one mm_page_alloc, whatever its order, or one mm_page_free. Pages
 * freed by the list pass mm_page_free one by one, and then
 * mm_page_free_batched: these are told apart, but not counted twice.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/mm_types.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include "replay.h"

#define REPLAY_IDLE_MS	1000

static DEFINE_PER_CPU(struct replay_calls, replay_calls);

static void replay_on_alloc(void *unused, struct page *page,
			    unsigned int order, gfp_t gfp, int migratetype)
{
	this_cpu_inc(replay_calls.allocs);
}

static void replay_on_free(void *unused, struct page *page, unsigned int order)
{
	this_cpu_inc(replay_calls.frees);
}

static void replay_on_batch(void *unused, struct page *page)
{
	this_cpu_inc(replay_calls.batched);
}

static struct replay_probe {
	const char *name;
	void *probe;
	struct tracepoint *point;
	bool set;
} replay_probes[] = {
	{ "mm_page_alloc", replay_on_alloc },
	{ "mm_page_free", replay_on_free },
	{ "mm_page_free_batched", replay_on_batch },
};

static void replay_find(struct tracepoint *point, void *unused)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(replay_probes); i++)
		if (!strcmp(point->name, replay_probes[i].name))
			replay_probes[i].point = point;
}

/* Not every kernel has tracepoints; what is not called is not linked either */
static int replay_probe_set(struct replay_probe *p)
{
	if (!IS_ENABLED(CONFIG_TRACEPOINTS) || !p->point)
		return -EOPNOTSUPP;
	return tracepoint_probe_register(p->point, p->probe, NULL);
}

static void replay_probe_clear(struct replay_probe *p)
{
	if (IS_ENABLED(CONFIG_TRACEPOINTS) && p->set)
		tracepoint_probe_unregister(p->point, p->probe, NULL);
	p->set = false;
}

/**
 * replay_calls_stop() - take the probes out, those that are in
 *
 * Context: Process context. May sleep.
 */
void replay_calls_stop(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(replay_probes); i++)
		replay_probe_clear(&replay_probes[i]);
	tracepoint_synchronize_unregister();
}

/**
 * replay_calls_start() - count from here on
 *
 * Context: Process context. May sleep.
 * Return: 0, or a negative errno with one line that says what is missing.
 */
int replay_calls_start(void)
{
	unsigned int i;
	int err;

	if (IS_ENABLED(CONFIG_TRACEPOINTS))
		for_each_kernel_tracepoint(replay_find, NULL);
	for (i = 0; i < ARRAY_SIZE(replay_probes); i++) {
		err = replay_probe_set(&replay_probes[i]);
		if (err) {
			pr_err("parameter pagecalls: no probe on tracepoint %s: error %d\n",
			       replay_probes[i].name, err);
			replay_calls_stop();
			return err;
		}
		replay_probes[i].set = true;
	}
	return 0;
}

/**
 * replay_calls_read() - calls so far
 * @sum: filled in
 *
 * Context: Any context.
 */
void replay_calls_read(struct replay_calls *sum)
{
	const struct replay_calls *here;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		here = per_cpu_ptr(&replay_calls, cpu);
		sum->allocs += READ_ONCE(here->allocs);
		sum->frees += READ_ONCE(here->frees);
		sum->batched += READ_ONCE(here->batched);
	}
}

/**
 * replay_calls_idle() - what the machine does when nothing is played
 *
 * Context: Process context. Sleeps for a second.
 * Return: calls per second.
 */
u64 replay_calls_idle(void)
{
	struct replay_calls before, after;

	replay_calls_read(&before);
	msleep(REPLAY_IDLE_MS);
	replay_calls_read(&after);
	return (after.allocs - before.allocs + after.frees - before.frees) *
	       MSEC_PER_SEC / REPLAY_IDLE_MS;
}
