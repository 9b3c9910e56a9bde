// SPDX-License-Identifier: GPL-2.0
/*
 * wrongs: a client's mistakes, each kind of them with memory of each size, of caches and of
 * a heap, in a task, in softirq and in hardirq. What squirrel reports of each is heard
 * (<squirrel/report.h>) and judged here, so that hundreds of them take one load:
 *
 *	insmod wrongs.ko debug=FZPU
 *
 * "overflow right: 18 of 18" for each kind: with debugging exactly one report has to come,
 * with the words for it, of the cache or heap that it is of, with who allocated the
 * object, who freed it, and who was at it now. Without (no debug=), whether a report comes
 * is not asked; what is written beside an object then hits one of the same client, or
 * nobody's (beside.h). In any case memory of others is as it was. deaf=1 plants nothing, so
 * that all is wrong. With G in @debug, what is touched beside an object and after its free
 * is: it faults, is told at that instruction, and the machine goes on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <squirrel/squirrel.h>

#include "beside.h"
#include "contexts.h"
#include "wrongs.h"

static char *debug;
module_param(debug, charp, 0444);
MODULE_PARM_DESC(debug, "how caches and heaps are debugged");

static bool deaf;
module_param(deaf, bool, 0444);
MODULE_PARM_DESC(deaf, "plant nothing");

#define MANY	400	/* objects, in which a free one is sure to be */
#define OTHERS	3	/* freed between two frees of an object */
#define GUARD_MS	60
#define HEARD	4
#define CANARY	0x5c
#define CANARIES 4	/* of each cache and of each size of a heap */

/* One way to have memory: @cache, or @heap with @size. */
struct place {
	const char *name;
	size_t size;
	bool in_heap;
	struct squirrel_cache *cache;
	struct squirrel_heap *heap;
	u8 *canary[CANARIES];
};

static struct place places[] = {
	{ "cache_small", 100 }, { "cache_page", 4096 }, { "cache_large", WRONGS_LARGE },
	{ "heap_small", 100, true }, { "heap_page", 4096, true },
	{ "heap_large", WRONGS_LARGE, true },
	/* Nothing is done wrong with these; the last is the kernel's. */
	{ "other_cache", 100 }, { "other_heap", 100, true }, { "other_heap", WRONGS_LARGE, true },
	{ "kernel", 100, true },
};

#define NR_PLACES	6
#define OTHER_CACHE	6
#define OTHER_HEAP	7
#define KERNEL		9

static struct squirrel_cache *other_cache;
static struct squirrel_heap *heap, *other_heap;

/* What the mistake is made with now; @temporary is gone after it. */
static struct place now, temporary;
static u8 *object;
static bool no_memory, spoiled;

/* ---- what is heard ------------------------------------------------------------- */

static struct squirrel_report heard[HEARD];
static atomic_t nr_heard;

static int hear(struct notifier_block *nb, unsigned long unused, void *report)
{
	unsigned int i = atomic_inc_return(&nr_heard) - 1;

	if (i < HEARD)
		heard[i] = *(struct squirrel_report *)report;
	return NOTIFY_OK;
}

static struct notifier_block listener = { .notifier_call = hear };

/* ---- memory --------------------------------------------------------------------- */

static noinline u8 *wrong_alloc(struct place *p)
{
	u8 *obj = p->in_heap ? squirrel_heap_alloc(p->heap, p->size, GFP_ATOMIC) :
			       squirrel_cache_alloc(p->cache, GFP_ATOMIC);

	if (obj)
		memset(obj, BESIDE_FILL, p->size);
	else
		no_memory = true;
	OPTIMIZER_HIDE_VAR(obj);
	return obj;
}

static noinline void wrong_free(struct place *p, void *obj)
{
	if (p->in_heap)
		squirrel_heap_free(p->heap, obj);
	else
		squirrel_cache_free(p->cache, obj);
	/* Not the last, or the call would be a jump, and the caller who is to be told. */
	barrier();
}

static bool make_temporary(const struct place *like)
{
	const struct squirrel_cache_args args = { .debug = debug };
	const struct squirrel_heap_args heap_args = { .debug = debug };

	temporary = *like;
	if (like->in_heap) {
		temporary.heap = squirrel_heap_create("wrongs_temporary", &heap_args);
		return !IS_ERR(temporary.heap);
	}
	temporary.cache = squirrel_cache_create("wrongs_temporary", like->size, &args);
	return !IS_ERR(temporary.cache);
}

static void destroy_temporary(u8 *left)
{
	if (temporary.in_heap) {
		squirrel_heap_destroy(temporary.heap);
	} else if (squirrel_cache_destroy(temporary.cache)) {
		squirrel_cache_free(temporary.cache, left);
		squirrel_cache_destroy(temporary.cache);
	}
}

/* ---- mistakes ------------------------------------------------------------------- */

static noinline void overflow(u8 *obj)
{
	obj[now.size] = 0;
	wrong_free(&now, obj);
}

static noinline void underflow(u8 *obj)
{
	obj[-1] = 0;
	wrong_free(&now, obj);
}

/* It comes to light when it is to be handed out again. */
static void write_after_free(u8 *obj)
{
	static u8 *objs[MANY];
	unsigned int i = 0;

	wrong_free(&now, obj);
	obj[now.size / 2] = 0;
	while (i < MANY && !atomic_read(&nr_heard))
		objs[i++] = wrong_alloc(&now);
	while (i--)
		wrong_free(&now, objs[i]);
}

/* Of what was freed before, and is unmapped. */
static noinline void late_write(u8 *obj)
{
	WRITE_ONCE(obj[now.size / 2], 0);
	barrier();
}

static noinline void late_read(u8 *obj)
{
	READ_ONCE(obj[now.size / 2]);
	barrier();
}

static void second_free(u8 *obj)
{
	wrong_free(&now, obj);
	wrong_free(&now, obj);
}

static void second_free_later(u8 *obj)
{
	u8 *others[OTHERS];
	unsigned int i;

	for (i = 0; i < OTHERS; i++)
		others[i] = wrong_alloc(&now);
	wrong_free(&now, obj);
	for (i = 0; i < OTHERS; i++)
		wrong_free(&now, others[i]);
	wrong_free(&now, obj);
}

static void second_free_overwritten(u8 *obj)
{
	wrong_free(&now, obj);
	memset(obj, 0xa5, now.size);
	wrong_free(&now, obj);
}

static void second_free_bulk(u8 *obj)
{
	void *twice[] = { obj, obj };

	squirrel_cache_free_bulk(now.cache, ARRAY_SIZE(twice), twice);
	barrier();
}

static void foreign_static(u8 *obj)
{
	static u8 mine[128] __aligned(64);

	wrong_free(&now, mine);
	wrong_free(&now, obj);
}

/* Of the kernel's allocator. */
static void foreign_kernel(u8 *obj)
{
	wrong_free(&now, places[KERNEL].canary[0]);
	wrong_free(&now, obj);
}

static void interior(u8 *obj)
{
	wrong_free(&now, obj + 8);
	wrong_free(&now, obj);
}

static void other_caches(u8 *obj)
{
	wrong_free(&places[OTHER_CACHE], obj);
	wrong_free(&now, obj);
}

static void other_heaps(u8 *obj)
{
	wrong_free(&places[OTHER_HEAP], obj);
	wrong_free(&now, obj);
}

/* Its own cache is gone, so it can be freed to another one only. */
static void after_destroy(u8 *obj)
{
	wrong_free(&now, obj);
}

static void leak(u8 *obj)
{
	object = obj;
}

enum {
	TEMPORARY = 1,	/* with memory of a cache or heap of its own */
	GONE = 2,	/* which is destroyed before */
	TO_CACHE = 4,	/* reported of the other cache */
	TO_HEAP = 8,	/* of the other heap */
	ALLOC = 16,	/* who allocated is known */
	FREE = 32,	/* who freed is known */
	NO_LARGE = 64,	/* not with a heap's large blocks */
	NO_HEAP = 128,	/* nor with a heap's memory */
	SECOND = 256,	/* of a large block nothing is kept when it was freed */
	GUARDED = 512,	/* with G */
	LATE = 1024,	/* of what was freed before */
};

/*
 * What there is not: there is nothing in front of a large block, which begins with a page;
 * its memory is no object any more when it was freed; heaps have no free in bulk.
 */
static const struct kind {
	const char *name;
	void (*make)(u8 *obj);
	const char *what;
	unsigned int flags;
} kinds[] = {
	{ "overflow", overflow, "write behind ", ALLOC },
	{ "underflow", underflow, "write in front of ", ALLOC | NO_LARGE },
	{ "write_after_free", write_after_free, "write after free", ALLOC | FREE | NO_LARGE },
	{ "second_free", second_free, "second free", ALLOC | FREE | SECOND },
	{ "second_free_later", second_free_later, "second free", ALLOC | FREE | SECOND },
	{ "second_free_overwritten", second_free_overwritten, "second free",
	  ALLOC | FREE | SECOND | TEMPORARY },
	{ "second_free_bulk", second_free_bulk, "second free", ALLOC | FREE | NO_HEAP },
	{ "foreign_static", foreign_static, "free of memory that is not squirrel's" },
	{ "foreign_kernel", foreign_kernel, "free of memory that is not squirrel's" },
	{ "interior", interior, "free of a pointer into the middle", ALLOC },
	{ "other_caches", other_caches, "free of another cache's object", ALLOC | TO_CACHE },
	{ "other_heaps", other_heaps, "free of another heap's memory", ALLOC | TO_HEAP },
	{ "after_destroy", after_destroy, "second free, or free of memory given back,", GONE },
	{ "leak_at_destroy", leak, "left ", ALLOC | TEMPORARY },
	{ "guarded_overflow", overflow, "write behind ", ALLOC | GUARDED },
	{ "guarded_underflow", underflow, "write in front of ", ALLOC | GUARDED },
	{ "guarded_write_after_free", late_write, "write after free",
	  ALLOC | FREE | GUARDED | LATE },
	{ "guarded_read_after_free", late_read, "read after free",
	  ALLOC | FREE | GUARDED | LATE },
};

static const struct kind *kind;

/* With the byte beside an object, where no redzone is. */
static bool is_beside(const struct kind *k)
{
	return !debug && (k->make == overflow || k->make == underflow);
}

static bool guards(void)
{
	return debug && strchr(debug, 'G');
}

static bool makes_sense(const struct kind *k, const struct place *p)
{
	bool large = p->in_heap && p->size > SQUIRREL_CLASS_MAX_SIZE;

	if (guards() != !!(k->flags & GUARDED))
		return false;
	if (is_beside(k))
		return true;
	return !(k->flags & NO_LARGE && large) && !(k->flags & NO_HEAP && p->in_heap);
}

/* ---- where they are made --------------------------------------------------------- */

/* In front of @obj or behind it another of @now's lies, and that takes the harm. */
static void make_beside(void)
{
	static struct beside held;
	bool over = kind->make == overflow;
	u8 *obj = beside_get(&held, now.size, !over, &now, wrong_alloc);

	if (obj)
		kind->make(obj);
	spoiled = !obj || !beside_intact(&held, obj, over ? obj + now.size : obj - 1);
	beside_put(&held, obj, &now, wrong_free);
}

static void make(void)
{
	u8 *obj;

	if (is_beside(kind)) {
		make_beside();
		return;
	}
	obj = object ?: wrong_alloc(&now);
	if (kind->flags & LATE && !object) {
		object = obj;
		wrong_free(&now, obj);
		return;
	}
	if (deaf && obj && !object)
		wrong_free(&now, obj);
	else if (!deaf && obj)
		kind->make(obj);
}

static void make_in(unsigned int context)
{
	/* Areas are made, and those of what was freed unmapped, by a worker. */
	if (guards())
		msleep(GUARD_MS);
	call_in(context, make);
}

/* ---- the judge ------------------------------------------------------------------- */

static bool is_at(unsigned long addr, const char *function)
{
	char name[64];

	snprintf(name, sizeof(name), "%ps", (void *)addr);
	return strstarts(name, function);
}

/* A heap that is destroyed gives its pages to the kernel, and nothing more is known of it. */
static const char *words_for(const struct place *p)
{
	if (kind->flags & GONE && p->in_heap)
		return "free of memory that is not squirrel's";
	return kind->what;
}

static const char *fault_of(const struct place *p)
{
	const struct squirrel_report *r = &heard[0];
	bool gone = kind->flags & SECOND && p->in_heap && p->size > SQUIRREL_CLASS_MAX_SIZE;
	bool to_heap = kind->flags & TO_HEAP || (now.in_heap && !(kind->flags & TO_CACHE));

	if (atomic_read(&nr_heard) != 1)
		return "not one report";
	if (!strstarts(r->what, words_for(p)))
		return "other words";
	if (to_heap ? r->heap != (kind->flags & TO_HEAP ? other_heap : now.heap) :
		      r->cache != (kind->flags & TO_CACHE ? other_cache : now.cache))
		return "another cache or heap";
	if (kind->flags & ALLOC && !gone && !is_at(r->allocated_by, "wrong_alloc"))
		return "who allocated";
	if (kind->flags & FREE && !gone && kind->make != second_free_bulk &&
	    !is_at(r->freed_by, "wrong_free"))
		return "who freed";
	if (kind->make == leak)
		return NULL;
	if (kind->flags & GUARDED && (is_at(r->found_by, "overflow") ||
				      is_at(r->found_by, "underflow") ||
				      is_at(r->found_by, "late_")))
		return NULL;
	if (!is_at(r->found_by, kind->make == write_after_free ? "wrong_alloc" :
		   kind->make == second_free_bulk ? "second_free_bulk" : "wrong_free"))
		return "who was at it";
	return NULL;
}

static bool canaries_live(void)
{
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		for (k = 0; k < CANARIES; k++)
			if (memchr_inv(places[i].canary[k], CANARY, places[i].size))
				return false;
	return true;
}

static void set_scene(const struct place *p)
{
	now = *p;
	object = NULL;
	spoiled = false;
	if (kind->flags & (TEMPORARY | GONE) && !make_temporary(p)) {
		no_memory = true;
		return;
	}
	if (kind->flags & TEMPORARY)
		now = temporary;
	if (kind->flags & GONE) {
		object = wrong_alloc(&temporary);
		wrong_free(&temporary, object);
		destroy_temporary(NULL);
	}
	atomic_set(&nr_heard, 0);
}

static bool one_right(const struct place *p, unsigned int context)
{
	const char *fault;

	set_scene(p);
	if (no_memory)
		return false;
	make_in(context);
	if (kind->flags & LATE)
		make_in(context);
	if (kind->flags & TEMPORARY && kind->make != leak) {
		fault = debug ? fault_of(p) : NULL;
		destroy_temporary(NULL);
	} else {
		if (kind->flags & TEMPORARY)
			destroy_temporary(object);
		fault = debug ? fault_of(p) : NULL;
	}
	if (spoiled || !canaries_live())
		fault = "memory of others";
	if (fault)
		pr_info("%s, %s, %s: %s; %d reports, the first '%s' of '%s' allocated %ps freed %ps found %ps\n",
			kind->name, p->name, contexts[context], fault,
			atomic_read(&nr_heard), heard[0].what ?: "", p->name,
			(void *)heard[0].allocated_by, (void *)heard[0].freed_by,
			(void *)heard[0].found_by);
	return !fault;
}

static void all_kinds(void)
{
	unsigned int i, context, right, nr, all_right = 0, all = 0;

	for (kind = kinds; kind < kinds + ARRAY_SIZE(kinds) && !no_memory; kind++) {
		right = 0;
		nr = 0;
		for (i = 0; i < NR_PLACES; i++)
			for (context = 0; context < NR_CONTEXTS; context++) {
				if (!makes_sense(kind, &places[i]))
					continue;
				memset(heard, 0, sizeof(heard));
				nr++;
				right += one_right(&places[i], context);
			}
		if (nr)
			pr_info("%s right: %u of %u\n", kind->name, right, nr);
		all_right += right;
		all += nr;
	}
	pr_info("all right: %u of %u%s\n", all_right, all, no_memory ? ", no memory" : "");
}

/* ---- from load to unload ----------------------------------------------------------- */

static u8 *canary_of(struct place *p, bool kernel)
{
	u8 *obj = kernel ? kmalloc(p->size, GFP_KERNEL) : wrong_alloc(p);

	if (obj)
		memset(obj, CANARY, p->size);
	return obj;
}

static int set_up(void)
{
	const struct squirrel_cache_args args = { .debug = debug };
	const struct squirrel_heap_args heap_args = { .debug = debug };
	unsigned int i, k;

	heap = squirrel_heap_create("wrongs", &heap_args);
	other_heap = squirrel_heap_create("wrongs_other", &heap_args);
	if (IS_ERR(heap) || IS_ERR(other_heap))
		return -ENOMEM;
	for (i = 0; i < KERNEL; i++) {
		struct place *p = &places[i];

		p->heap = i < NR_PLACES ? heap : other_heap;
		if (!p->in_heap)
			p->cache = squirrel_cache_create(p->name, p->size, &args);
		if (IS_ERR(p->cache))
			return PTR_ERR(p->cache);
	}
	other_cache = places[OTHER_CACHE].cache;
	for (i = 0; i < ARRAY_SIZE(places); i++)
		for (k = 0; k < CANARIES; k++) {
			places[i].canary[k] = canary_of(&places[i], i == KERNEL);
			if (!places[i].canary[k])
				return -ENOMEM;
		}
	return 0;
}

static void clean_up(void)
{
	unsigned int i, k;

	for (i = 0; i < KERNEL; i++) {
		struct place *p = &places[i];

		for (k = 0; k < CANARIES && p->canary[k]; k++)
			wrong_free(p, p->canary[k]);
		squirrel_cache_destroy(p->cache);
	}
	for (k = 0; k < CANARIES; k++)
		kfree(places[KERNEL].canary[k]);
	squirrel_heap_destroy(heap);
	squirrel_heap_destroy(other_heap);
}

static int __init wrongs_init(void)
{
	int err = set_up();

	if (err) {
		clean_up();
		return err;
	}
	squirrel_report_register(&listener);
	all_kinds();
	squirrel_report_unregister(&listener);
	return 0;
}
module_init(wrongs_init);

static void __exit wrongs_exit(void)
{
	wrongs_free_kept();
	clean_up();
}
module_exit(wrongs_exit);

MODULE_DESCRIPTION("squirrel: what clients do wrong, and whether it is told");
MODULE_LICENSE("GPL");
