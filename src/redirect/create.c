// SPDX-License-Identifier: GPL-2.0
/*
 * Caches made, destroyed, shrunk, measured. No pr_fmt: lines are the header form's.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <squirrel/kmem_create.h>

#include "redirect.h"

static DEFINE_SPINLOCK(client_lock);
static char last_client[MODULE_NAME_LEN];

/*
 * Which module a call came from: "function [module]" is all that the kernel tells.
 * Of what is not from a module, nothing.
 */
static noinline void client_of(unsigned long ip, char *client, size_t len)
{
	char place[192], *name, *end;

	snprintf(place, sizeof(place), "%ps", (void *)ip);
	name = strrchr(place, '[');
	end = name ? strchr(name, ']') : NULL;
	if (end)
		*end = '\0';
	strscpy(client, end ? name + 1 : "-", len);
}

/*
 * @client: MODULE_NAME_LEN bytes for its name. What was said once was said of one client:
 * it begins anew with the next, which makes its caches one after the other as well.
 */
static void note_client(unsigned long ip, char *client)
{
	client_of(ip, client, MODULE_NAME_LEN);
	spin_lock(&client_lock);
	if (strcmp(client, last_client)) {
		strscpy(last_client, client, sizeof(last_client));
		WRITE_ONCE(squirrel_kmem_said, 0);
	}
	spin_unlock(&client_lock);
}

/* Loaded again it is another client of that name. */
static int forget_client(struct notifier_block *nb, unsigned long state,
			 void *module)
{
	if (state == MODULE_STATE_GOING) {
		spin_lock(&client_lock);
		if (!strcmp(module_name((struct module *)module), last_client))
			last_client[0] = '\0';
		spin_unlock(&client_lock);
	}
	return NOTIFY_DONE;
}

static struct notifier_block client_notifier = {
	.notifier_call = forget_client,
};

#ifdef kmem_cache_create

SQ_DROPIN_EXPORT(__kmem_cache_create_args);
struct kmem_cache *
squirrel_dropin___kmem_cache_create_args(const char *name,
					 unsigned int object_size,
					 struct kmem_cache_args *args,
					 slab_flags_t flags)
{
	char client[MODULE_NAME_LEN];

	note_client(_RET_IP_, client);
	return squirrel_kmem_create_args(name, object_size, args, flags, client);
}

#else

SQ_DROPIN_EXPORT(kmem_cache_create_usercopy);
struct kmem_cache *
squirrel_dropin_kmem_cache_create_usercopy(const char *name, unsigned int size,
					   unsigned int align,
					   slab_flags_t flags,
					   unsigned int useroffset,
					   unsigned int usersize,
					   void (*ctor)(void *))
{
	char client[MODULE_NAME_LEN];

	note_client(_RET_IP_, client);
	return squirrel_kmem_create_usercopy(name, size, align, flags, useroffset,
					     usersize, ctor, client);
}

SQ_DROPIN_EXPORT(kmem_cache_create);
struct kmem_cache *
squirrel_dropin_kmem_cache_create(const char *name, unsigned int size,
				  unsigned int align, slab_flags_t flags,
				  void (*ctor)(void *))
{
	char client[MODULE_NAME_LEN];

	note_client(_RET_IP_, client);
	return squirrel_kmem_create_usercopy(name, size, align, flags, 0, 0, ctor,
					     client);
}

#endif

SQ_DROPIN_EXPORT(kmem_cache_destroy);
void squirrel_dropin_kmem_cache_destroy(struct kmem_cache *s)
{
	squirrel_kmem_cache_destroy(s);
}

SQ_DROPIN_EXPORT(kmem_cache_shrink);
int squirrel_dropin_kmem_cache_shrink(struct kmem_cache *s)
{
	return squirrel_kmem_cache_shrink(s);
}

SQ_DROPIN_EXPORT(kmem_cache_size);
unsigned int squirrel_dropin_kmem_cache_size(struct kmem_cache *s)
{
	return squirrel_kmem_cache_size(s);
}

static int __init dropin_init(void)
{
	return register_module_notifier(&client_notifier);
}

static void __exit dropin_exit(void)
{
	unregister_module_notifier(&client_notifier);
}

module_init(dropin_init);
module_exit(dropin_exit);

MODULE_DESCRIPTION("squirrel for modules whose calls of the kernel's allocator are redirected");
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The squirrel authors");
MODULE_VERSION(SQUIRREL_VERSION);
