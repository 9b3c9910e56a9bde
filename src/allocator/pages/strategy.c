// SPDX-License-Identifier: GPL-2.0
/*
 * Strategies: which there are, and which heap uses which. What a strategy is
 * asked, and what is made of its answers, is in ask.c.
 *
 * Life time. A heap's strategy stands in the heap and in each of its manager's
 * pools. It is called
 *
 *	find	with the pool locked, from the pool's
 *	shape	within an RCU section, from the heap's
 *
 * so a heap is free of its old one when it has been replaced under the locks of
 * all pools and a grace period has passed. Until then it counts as a user and
 * keeps the strategy's module, unless that is the heap's own: which would never
 * be unloaded then, since it is its exit that destroys the heap.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "pages.h"

static struct sq_strategy builtin_strategies[] = {
	[SQUIRREL_SEGREGATED_FIT] = { .name = "segregated", .find = sq_pool_fit },
	[SQUIRREL_FIRST_FIT] = { .name = "first", .find = sq_pool_lowest },
	[SQUIRREL_BEST_FIT] = { .name = "best", .find = sq_pool_tightest },
};

/* Protects the list, users, and what strategy a heap has. */
static DEFINE_MUTEX(strategy_mutex);
static LIST_HEAD(externals);		/* strategies of other modules */

/* By the number in struct squirrel_heap_args; NULL if there is none such. */
const char *sq_strategy_name(enum squirrel_fit id)
{
	if (id < SQUIRREL_SEGREGATED_FIT || id >= ARRAY_SIZE(builtin_strategies))
		return NULL;
	return builtin_strategies[id].name;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_strategy_name);

static struct sq_strategy *strategy_named(const char *name)
{
	struct sq_strategy *s;
	unsigned int i;

	lockdep_assert_held(&strategy_mutex);
	for (i = SQUIRREL_SEGREGATED_FIT; i < ARRAY_SIZE(builtin_strategies); i++)
		if (sysfs_streq(builtin_strategies[i].name, name))
			return &builtin_strategies[i];
	list_for_each_entry(s, &externals, link)
		if (sysfs_streq(s->name, name))
			return s;
	return NULL;
}

static struct sq_strategy *strategy_of(const struct squirrel_strategy *ops)
{
	struct sq_strategy *s;

	lockdep_assert_held(&strategy_mutex);
	list_for_each_entry(s, &externals, link)
		if (s->ops == ops)
			return s;
	return NULL;
}

/* ---- coming and going ----------------------------------------------------- */

static int strategy_check(const struct squirrel_strategy *ops)
{
	int err;

	if (!ops || !ops->name) {
		pr_err("strategy: it must have a name\n");
		return -EINVAL;
	}
	err = sq_check_name("strategy", ops->name);
	if (err)
		return err;
	if (strlen(ops->name) > SQUIRREL_STRATEGY_NAME_MAX) {
		pr_err("strategy '%s': name is longer than %d characters\n",
		       ops->name, SQUIRREL_STRATEGY_NAME_MAX);
		return -EINVAL;
	}
	if (!ops->find) {
		pr_err("strategy '%s': it has no find\n", ops->name);
		return -EINVAL;
	}
	return 0;
}

/**
 * __squirrel_strategy_register() - let heaps use a strategy; use the macro
 * @ops: see squirrel_strategy_register()
 * @owner: the module it is in
 *
 * Context: Process context. May sleep.
 * Return: See squirrel_strategy_register().
 */
int __squirrel_strategy_register(struct squirrel_strategy *ops,
				 struct module *owner)
{
	struct sq_strategy *s;
	int err = strategy_check(ops);

	if (err)
		return err;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	ops->owner = owner;
	s->name = ops->name;
	s->ops = ops;
	mutex_lock(&strategy_mutex);
	if (strategy_named(ops->name))
		err = -EEXIST;
	else
		list_add_tail(&s->link, &externals);
	mutex_unlock(&strategy_mutex);
	if (err) {
		pr_err("strategy '%s': exists already\n", ops->name);
		kfree(s);
	}
	return err;
}
EXPORT_SYMBOL_GPL(__squirrel_strategy_register);

/**
 * squirrel_strategy_unregister() - take a strategy back
 * @ops: the strategy
 *
 * Context: Process context. May sleep.
 * Return: 0, or after a line that says why -EBUSY (a heap uses it: nothing has
 * changed) or -ENOENT (it is not registered).
 */
int squirrel_strategy_unregister(struct squirrel_strategy *ops)
{
	struct sq_strategy *s;
	int err = 0;

	mutex_lock(&strategy_mutex);
	s = strategy_of(ops);
	if (!s) {
		pr_err("strategy: one that is not registered was unregistered\n");
		err = -ENOENT;
	} else if (s->users) {
		pr_err("strategy '%s': not unregistered, %u heap(s) use it\n",
		       s->name, s->users);
		err = -EBUSY;
	} else {
		list_del(&s->link);
		kfree_rcu(s, rcu);
	}
	mutex_unlock(&strategy_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(squirrel_strategy_unregister);

/* ---- a heap and its strategy ---------------------------------------------- */

static void strategy_enter(struct sq_pool *pool, void *ctx)
{
	struct sq_pool_use *use = sq_pool_priv(pool);
	struct squirrel_heap *heap = ctx;

	memset(use, 0, sizeof(*use));
	use->heap = heap;
	use->strategy = heap->strategy;
}

/* When it returns nobody is in the old one's find; in its shape perhaps. */
static void strategy_use(struct squirrel_heap *heap, struct sq_strategy *s)
{
	lockdep_assert_held(&strategy_mutex);
	s->users++;
	/* Whoever finds it, without the mutex, finds it set up: by another CPU, perhaps. */
	smp_store_release(&heap->strategy, s);
	WRITE_ONCE(heap->find, s->find ? s->find : sq_strategy_find);
	sq_manager_each_pool(heap->manager, strategy_enter, heap);
}

/* A new heap begins with the one that is always there. */
void sq_strategy_begin(struct squirrel_heap *heap)
{
	mutex_lock(&strategy_mutex);
	strategy_use(heap, &builtin_strategies[SQUIRREL_SEGREGATED_FIT]);
	mutex_unlock(&strategy_mutex);
}

/* The heap is gone but for its own memory. */
void sq_strategy_end(struct squirrel_heap *heap)
{
	mutex_lock(&strategy_mutex);
	heap->strategy->users--;
	mutex_unlock(&strategy_mutex);
	module_put(heap->strategy_pin);
}

/* The module that @heap must keep for @s. */
static struct module *strategy_pin(const struct squirrel_heap *heap,
				   const struct sq_strategy *s)
{
	if (!s->ops || !strcmp(module_name(s->ops->owner), heap->owner))
		return NULL;
	return s->ops->owner;
}

/**
 * sq_heap_set_strategy() - change how a heap picks among free blocks
 * @heap: the heap
 * @name: the strategy's name; a trailing newline is passed over. NULL: that of
 *	the default heap
 *
 * Context: Process context. May sleep. Others may be using the heap.
 * Return: 0, or -EINVAL for an unknown name: then nothing has changed.
 */
int sq_heap_set_strategy(struct squirrel_heap *heap, const char *name)
{
	struct sq_strategy *s, *old;
	struct module *pin;
	int err = -EINVAL;

	mutex_lock(&strategy_mutex);
	s = name ? strategy_named(name) : sq_default_heap->strategy;
	pin = s ? strategy_pin(heap, s) : NULL;
	if (s && try_module_get(pin)) {
		old = heap->strategy;
		strategy_use(heap, s);
		if (old->ops)
			synchronize_rcu_expedited();
		old->users--;
		swap(heap->strategy_pin, pin);
		module_put(pin);
		err = 0;
	}
	mutex_unlock(&strategy_mutex);
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_set_strategy);

/**
 * sq_heap_show_strategy() - the names of the strategies, the heap's in brackets
 * @s: where to
 * @heap: the heap
 *
 * Context: Process context. May sleep.
 */
void sq_heap_show_strategy(struct seq_file *s, struct squirrel_heap *heap)
{
	const struct sq_strategy *other;
	unsigned int i;

	mutex_lock(&strategy_mutex);
	for (i = SQUIRREL_SEGREGATED_FIT; i < ARRAY_SIZE(builtin_strategies); i++) {
		other = &builtin_strategies[i];
		seq_printf(s, other == heap->strategy ? "[%s] " : "%s ",
			   other->name);
	}
	list_for_each_entry(other, &externals, link)
		seq_printf(s, other == heap->strategy ? "[%s] " : "%s ",
			   other->name);
	mutex_unlock(&strategy_mutex);
	seq_putc(s, '\n');
}

/* ---- a module that forgets ------------------------------------------------ */

static void strategy_leave(struct squirrel_heap *heap, void *gone)
{
	if (heap->strategy == gone)
		strategy_use(heap, &builtin_strategies[SQUIRREL_SEGREGATED_FIT]);
}

static void mark_orphan(struct squirrel_cache *c, void *owner)
{
	if (!strcmp(c->owner, owner))
		WRITE_ONCE(c->flags, c->flags | SQ_CACHE_DYING);
}

/**
 * sq_allocator_client_gone() - a module is about to be freed
 * @module: the module, whose exit has returned
 *
 * Its strategies go with it, whether or not it has thought of that. Caches that
 * it leaves behind are not refilled any more: a constructor may be gone.
 *
 * Context: Process context. May sleep.
 */
void sq_allocator_client_gone(const struct module *module)
{
	struct sq_strategy *s, *next;

	sq_walk_caches(mark_orphan, (void *)module->name);
	mutex_lock(&strategy_mutex);
	list_for_each_entry_safe(s, next, &externals, link) {
		if (s->ops->owner != module)
			continue;
		pr_err("strategy '%s': its module goes and leaves it behind; %u heap(s) go on with segregated fit\n",
		       s->name, s->users);
		list_del(&s->link);
		sq_walk_heaps(strategy_leave, s);
		synchronize_rcu_expedited();
		kfree(s);
	}
	mutex_unlock(&strategy_mutex);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_client_gone);
