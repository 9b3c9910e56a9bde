// SPDX-License-Identifier: GPL-2.0
/*
 * The fixture of the reclaimer's suites: see reclaimer_kunit.h.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "reclaimer_kunit.h"

/*
 * All that is waited for comes within this time, also on a slow machine. It is less
 * than a minute: what comes with the periodic look then has not come when it should.
 */
#define SOON	(45 * HZ)

#define TEXT	8192

int sq_fixture_init(struct kunit *test)
{
	struct sq_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	if (!fx)
		return -ENOMEM;
	test->priv = fx;
	sq_reclaimer_get_mode_string(fx->mode, sizeof(fx->mode));
	sq_fixture_set_mode(test, "off");
	fx->cache = squirrel_cache_create("kunit-fixture", SQ_FIXTURE_SIZE, NULL);
	if (IS_ERR(fx->cache)) {
		int err = PTR_ERR(fx->cache);

		fx->cache = NULL;
		return err;
	}
	sq_fixture_settle(test);
	return 0;
}

void sq_fixture_exit(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;

	if (!fx)
		return;
	sq_fixture_empty(test, 0);
	squirrel_cache_destroy(fx->cache);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_EQ(test, sq_reclaimer_set_mode_string(fx->mode), 0);
}

/* Until @to objects are live. */
void sq_fixture_fill(struct kunit *test, unsigned int to)
{
	struct sq_fixture *fx = test->priv;
	u8 *obj;

	for (; fx->nr < to; fx->nr++) {
		obj = squirrel_cache_alloc(fx->cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		memset(obj, fx->nr, SQ_FIXTURE_SIZE);
		fx->objs[fx->nr] = obj;
	}
}

/* Until @to objects are left; the others were as they had been left. */
void sq_fixture_empty(struct kunit *test, unsigned int to)
{
	struct sq_fixture *fx = test->priv;
	u8 *obj;

	while (fx->nr > to) {
		obj = fx->objs[--fx->nr];
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, (u8)fx->nr,
						   SQ_FIXTURE_SIZE));
		squirrel_cache_free(fx->cache, obj);
	}
}

/* The number that @show shows for @key; -1 if it shows none. */
long sq_fixture_stat(struct kunit *test, void (*show)(struct seq_file *s),
		     const char *key)
{
	char *text = kunit_kzalloc(test, TEXT, GFP_KERNEL);
	struct seq_file s = { .buf = text, .size = TEXT - 1 };
	size_t len = strlen(key);
	long value = -1;
	char *line;

	KUNIT_ASSERT_NOT_NULL(test, text);
	show(&s);
	KUNIT_EXPECT_FALSE(test, seq_has_overflowed(&s));
	while ((line = strsep(&s.buf, "\n")))
		if (!strncmp(line, key, len) && line[len] == ':')
			KUNIT_EXPECT_EQ(test,
					kstrtol(line + len + 2, 10, &value), 0);
	KUNIT_EXPECT_GE_MSG(test, value, 0, "%s", key);
	kunit_kfree(test, text);
	return value;
}

static void show_summary(struct seq_file *s)
{
	sq_allocator_show_summary(s, false);
}

/* Pages that squirrel has from the kernel, of all kinds. */
unsigned long sq_fixture_held(struct kunit *test)
{
	return sq_fixture_stat(test, show_summary, "pages_held");
}

/*
 * Give back whatever can be. Pages of metadata need a grace period first, and
 * perhaps two.
 */
void sq_fixture_settle(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		squirrel_reclaim();
		rcu_barrier();
		synchronize_rcu();
	}
}

void sq_fixture_set_mode(struct kunit *test, const char *text)
{
	KUNIT_EXPECT_EQ_MSG(test, sq_reclaimer_set_mode_string(text), 0, "%s",
			    text);
}

/* Wait until it is so, but not for ever. */
bool sq_fixture_soon(struct kunit *test, bool (*is_so)(struct kunit *test,
						       long arg), long arg)
{
	unsigned long end = jiffies + SOON;

	while (!is_so(test, arg)) {
		if (time_after(jiffies, end))
			return false;
		msleep(20);
	}
	return true;
}

SQ_IMPORT_FOR_KUNIT();
MODULE_DESCRIPTION("squirrel: KUnit suites of the reclaimer");
MODULE_LICENSE("GPL");
