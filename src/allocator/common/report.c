// SPDX-License-Identifier: GPL-2.0
/*
 * Reports of misuse. Whoever frees may hold a lock that printing takes: that of
 * a run queue, if somebody waits for the console. So with interrupts off a
 * report is written down, and printed from irq_work a moment later; but for who wants a
 * warning, which is printed at once.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hardirq.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>

#include <squirrel/report.h>

#include "common.h"
#include "trace.h"

enum sq_note_state {
	SQ_NOTE_FREE,
	SQ_NOTE_TAKEN,
	SQ_NOTE_READY,
};

/**
 * struct sq_note - a report that is to be printed
 * @state: enum sq_note_state
 * @what: what was wrong, if it was a free
 * @obj: with which pointer or page
 * @caller: who had it so
 * @pages: pages that were lost, if it was no free
 * @name: of the cache, which may go before
 */
struct sq_note {
	int state;
	const char *what;
	const void *obj;
	unsigned long caller;
	unsigned long pages;
	char name[SQUIRREL_NAME_MAX + 1];
};

static struct sq_note notes[SQ_NOTES];
static atomic_long_t misuse_total;
static atomic_long_t stolen_total;

/* Bad frees reported since load. */
unsigned long sq_misuse_count(void)
{
	return atomic_long_read(&misuse_total);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_misuse_count);

/* Pages out of use since load. */
unsigned long sq_stolen_count(void)
{
	return atomic_long_read(&stolen_total);
}

/*
 * The kernel prints a hash of the address, the same for the same address, unless
 * booted with no_hash_pointers: the log is for more eyes than the place of the
 * kernel's memory.
 */
static void print_note(const char *name, const struct sq_note *note)
{
	if (note->pages)
		pr_err_ratelimited("%s: page %p was put or freed by others while in use (%lu in all); kept out of use\n",
				   name, note->obj, note->pages);
	else
		pr_err_ratelimited("%s: %s of %p, called from %pS; ignored\n",
				   name, note->what, note->obj,
				   (void *)note->caller);
}

static void print_notes(struct irq_work *unused)
{
	unsigned int i;

	for (i = 0; i < SQ_NOTES; i++) {
		struct sq_note *note = &notes[i];

		/* Pairs with queue_note(). */
		if (smp_load_acquire(&note->state) != SQ_NOTE_READY)
			continue;
		print_note(note->name, note);
		/* kmemleak reads this: who was reported may be lost, and is not found here. */
		note->obj = NULL;
		/* Printed before it is used again. */
		smp_store_release(&note->state, SQ_NOTE_FREE);
	}
}

static DEFINE_IRQ_WORK(sq_notes_work, print_notes);

static void queue_note(const char *name, const struct sq_note *from)
{
	unsigned int i;

	for (i = 0; i < SQ_NOTES; i++) {
		struct sq_note *note = &notes[i];

		if (cmpxchg(&note->state, SQ_NOTE_FREE, SQ_NOTE_TAKEN) !=
		    SQ_NOTE_FREE)
			continue;
		strscpy(note->name, name, sizeof(note->name));
		note->what = from->what;
		note->obj = from->obj;
		note->caller = from->caller;
		note->pages = from->pages;
		/* Complete before it is printed. */
		smp_store_release(&note->state, SQ_NOTE_READY);
		irq_work_queue(&sq_notes_work);
		return;
	}
}

/* One more is reported; @c may be NULL. */
void sq_misuse_add(struct squirrel_cache *c)
{
	atomic_long_inc(&misuse_total);
	if (c)
		atomic_long_inc(&c->counts.misuse);
}

/* ---- who wants to hear --------------------------------------------------------- */

static ATOMIC_NOTIFIER_HEAD(listeners);

/* Each report is a warning as well. */
bool sq_warn;

/**
 * squirrel_report_register() - be called for each report
 * @nb: whom to call, with a struct squirrel_report
 *
 * The call comes from where it came to light: from any context, with locks of whoever is
 * there, and for caches and heaps of all clients. It must not sleep, and neither allocate
 * nor free. What is found while more than a few reports wait to be printed is
 * counted, but not told.
 *
 * Context: Process context.
 * Return: 0.
 */
int squirrel_report_register(struct notifier_block *nb)
{
	return atomic_notifier_chain_register(&listeners, nb);
}
EXPORT_SYMBOL_GPL(squirrel_report_register);

/**
 * squirrel_report_unregister() - be called no more
 * @nb: whom; when this returns no call is under way
 *
 * Context: Process context. May sleep.
 */
void squirrel_report_unregister(struct notifier_block *nb)
{
	atomic_notifier_chain_unregister(&listeners, nb);
}
EXPORT_SYMBOL_GPL(squirrel_report_unregister);

/* @r is of @c, which may be NULL: say so to who listens. Any context. */
void sq_report_tell(const struct squirrel_cache *c, struct squirrel_report *r)
{
	if (c || !r->name)
		r->name = c ? c->name : "(no cache)";
	if (c && c->heap_key)
		r->heap = c->heap_key;
	else if (c && c->flags & SQ_CACHE_LARGE)
		r->heap = c->heap;
	else
		r->cache = c;
	atomic_notifier_call_chain(&listeners, 0, r);
}

/* Whether each is a kernel warning as well, which is printed at once: so is the report then. */
bool sq_report_warns(void)
{
	return unlikely(READ_ONCE(sq_warn));
}

/* It was printed: the machine may stop here. Any context. */
void sq_report_warn(const char *name, const char *what)
{
	WARN(READ_ONCE(sq_warn), "%s: %s\n", name, what);
}

static void tell_listeners(const struct squirrel_cache *c, const struct sq_note *note)
{
	struct squirrel_report r = {
		.what = note->pages ? "page put or freed by others" : note->what,
		.obj = note->obj,
		.nr = note->pages ?: 1,
		.found_by = note->caller,
	};

	sq_report_tell(c, &r);
}

static void tell_note(struct squirrel_cache *c, const struct sq_note *note)
{
	const char *name = c ? c->name : "(no cache)";
	const char *what = note->what ?: "page put or freed by others";

	trace_squirrel_misuse(name, what, note->obj, note->caller);
	tell_listeners(c, note);
	sq_misuse_add(c);
	if ((irqs_disabled() || in_nmi()) && !sq_report_warns())
		queue_note(name, note);
	else
		print_note(name, note);
	sq_report_warn(name, what);
}

/* The one place where a bad free is reported. Any context; @what is a constant. */
void sq_report(struct squirrel_cache *c, const char *what, const void *obj,
	       unsigned long caller)
{
	const struct sq_note note = {
		.what = what,
		.obj = obj,
		.caller = caller,
	};

	tell_note(c, &note);
}

/*
 * Somebody put or freed pages that were in use by @c, or free memory of the heap
 * it stands for. It was seen only now, so who did it cannot be told.
 */
void sq_report_lost(struct squirrel_cache *c, struct sq_lost lost)
{
	const struct sq_note note = {
		.obj = (void *)lost.addr,
		.pages = lost.pages,
	};

	atomic_long_add(lost.pages, &stolen_total);
	atomic_long_add(lost.pages, &c->counts.stolen);
	tell_note(c, &note);
}

/* Nobody can misuse anything any more. May sleep. */
void sq_report_exit(void)
{
	sq_irq_work_wait(&sq_notes_work);
}
