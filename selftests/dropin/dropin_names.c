// SPDX-License-Identifier: GPL-2.0
/* What caches are called. pr_fmt comes late. */
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#undef pr_fmt
#define pr_fmt(fmt) "dropin names: " fmt

/* 47 characters are what squirrel takes, 36 with a number behind them. */
#define DROPIN_36	"dropin_name_of_more_than_36_charact_"
#define DROPIN_47	DROPIN_36 "and_of_47__"
static_assert(sizeof(DROPIN_36) == 37 && sizeof(DROPIN_47) == 48);

static struct kmem_cache *dropin_make(const char *name)
{
	return kmem_cache_create(name, 64, 0, 0, NULL);
}

void dropin_names_repeated(void)
{
	static const char * const names[] = {
		"dropin_same", "dropin_same:2", "dropin_same:3", "dropin_same:4",
	};
	struct kmem_cache *s[ARRAY_SIZE(names)];
	int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		DROPIN_EXPECT_OF(names[i], !dropin_named(names[i]));
		s[i] = dropin_make("dropin_same");
		DROPIN_EXPECT_OF(names[i], s[i] && dropin_named(names[i]));
		DROPIN_EXPECT_OF(names[i], !i || s[i] != s[i - 1]);
	}
	/* Each goes under the name it has. */
	for (i = 0; i < ARRAY_SIZE(names); i++)
		dropin_put_cache(s[i], names[i]);
	s[0] = dropin_make("dropin_same");
	DROPIN_EXPECT(dropin_named("dropin_same"));
	dropin_put_cache(s[0], "dropin_same");
}

void dropin_names_long(void)
{
	struct kmem_cache *exact, *more, *odd;

	exact = dropin_make(DROPIN_47);
	DROPIN_EXPECT(exact && dropin_named(DROPIN_47));
	more = dropin_make(DROPIN_47 "_and_some_that_are_lost");
	DROPIN_EXPECT(more && dropin_named(DROPIN_36 ":2"));
	odd = dropin_make("/" DROPIN_47);
	DROPIN_EXPECT(odd && dropin_named("_" DROPIN_36 "and_of_47_"));
	dropin_put_cache(odd, "_" DROPIN_36 "and_of_47_");
	dropin_put_cache(more, DROPIN_36 ":2");
	dropin_put_cache(exact, DROPIN_47);
}

void dropin_names_odd(void)
{
	static const struct {
		const char *given;
		const char *shown;
	} odd[] = {
		{ "d/a/b/", "d_a_b_" },
		{ "d a\tb\nc", "d_a_b_c" },
		{ "d\x01\x7f", "d__" },
		{ ".", "_" },
		{ "..", "_." },
		{ ".d_hidden", "_d_hidden" },
		{ "d_dots..", "d_dots.." },
		{ "d-%s%n:2", "d-%s%n:2" },
		{ "d(x)=<y>*", "d(x)=<y>*" },
	};
	struct kmem_cache *s;
	int i;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		/* "." and ".." are there anyhow. */
		s = dropin_make(odd[i].given);
		DROPIN_EXPECT_OF(odd[i].shown, s && dropin_named(odd[i].shown));
		dropin_put_cache(s, odd[i].shown);
	}
	s = dropin_make("d_caf\xc3\xa9");
	DROPIN_EXPECT(s);
	dropin_put_cache(s, "d_caf\xc3\xa9");
}

/* Nobody looks at the client's own string after create. */
void dropin_names_lent(void)
{
	char *name = kstrdup("dropin_lent", GFP_KERNEL);
	struct kmem_cache *s;

	if (!DROPIN_EXPECT(name))
		return;
	s = dropin_make(name);
	memset(name, 'x', strlen(name));
	kfree(name);
	DROPIN_EXPECT(s && dropin_named("dropin_lent"));
	dropin_put_cache(s, "dropin_lent");
}

void dropin_names_late_prefix(void)
{
	dropin_mark();
	pr_info("defined late\n");
	DROPIN_EXPECT(dropin_said("dropin names: defined late") == 1);
}
