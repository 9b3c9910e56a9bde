// SPDX-License-Identifier: GPL-2.0
/*
 * The yard: see reclaimer_kunit.h.
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

int sq_yard_init(struct kunit *test)
{
	struct sq_yard *yard = kunit_kzalloc(test, sizeof(*yard), GFP_KERNEL);

	if (!yard)
		return -ENOMEM;
	test->priv = yard;
	sq_reclaimer_get_mode_string(yard->mode, sizeof(yard->mode));
	sq_yard_set_mode(test, "off");
	yard->cache = squirrel_cache_create("kunit-yard", SQ_YARD_SIZE, NULL);
	if (IS_ERR(yard->cache)) {
		int err = PTR_ERR(yard->cache);

		yard->cache = NULL;
		return err;
	}
	sq_yard_settle(test);
	return 0;
}

void sq_yard_exit(struct kunit *test)
{
	struct sq_yard *yard = test->priv;

	if (!yard)
		return;
	sq_yard_empty(test, 0);
	squirrel_cache_destroy(yard->cache);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_EQ(test, sq_reclaimer_set_mode_string(yard->mode), 0);
}

/* Until @to objects are live. */
void sq_yard_fill(struct kunit *test, unsigned int to)
{
	struct sq_yard *yard = test->priv;
	u8 *obj;

	for (; yard->nr < to; yard->nr++) {
		obj = squirrel_cache_alloc(yard->cache, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		memset(obj, yard->nr, SQ_YARD_SIZE);
		yard->objs[yard->nr] = obj;
	}
}

/* Until @to objects are left; the others were as they had been left. */
void sq_yard_empty(struct kunit *test, unsigned int to)
{
	struct sq_yard *yard = test->priv;
	u8 *obj;

	while (yard->nr > to) {
		obj = yard->objs[--yard->nr];
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, (u8)yard->nr,
						   SQ_YARD_SIZE));
		squirrel_cache_free(yard->cache, obj);
	}
}

/* The number that @show shows for @key; -1 if it shows none. */
long sq_yard_stat(struct kunit *test, void (*show)(struct seq_file *s),
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

/* Pages that squirrel has from the kernel, of all kinds. */
unsigned long sq_yard_held(struct kunit *test)
{
	return sq_yard_stat(test, sq_allocator_show_summary, "pages_held");
}

/*
 * Give back whatever can be. Pages of metadata need a grace period first, and
 * perhaps two.
 */
void sq_yard_settle(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		squirrel_reclaim();
		rcu_barrier();
		synchronize_rcu();
	}
}

void sq_yard_set_mode(struct kunit *test, const char *text)
{
	KUNIT_EXPECT_EQ_MSG(test, sq_reclaimer_set_mode_string(text), 0, "%s",
			    text);
}

/* Wait until it is so, but not for ever. */
bool sq_yard_soon(struct kunit *test, bool (*is_so)(struct kunit *test,
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
