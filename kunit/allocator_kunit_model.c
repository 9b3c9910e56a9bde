// SPDX-License-Identifier: GPL-2.0
/*
 * The model: all live objects, each filled with a pattern of its own, in a tree
 * by address. An object handed out over another one is seen when it is added,
 * one that was written to by somebody else when it is taken out. Its own suite
 * shows that it sees both.
 */
#include <linux/mm.h>

#include "allocator_kunit.h"

/* Of large objects the ends, and a word in each page. */
#define FULL_CHECK	8192UL
#define EDGE		256UL

static u64 word_of(const struct sq_live *live, size_t off)
{
	return (live->id * 0x9e3779b97f4a7c15ULL) ^ (live->addr + off);
}

static size_t next_off(const struct sq_live *live, size_t off)
{
	off += sizeof(u64);
	if (live->size <= FULL_CHECK || off < EDGE || off + EDGE >= live->size)
		return off;
	return min(ALIGN(off, PAGE_SIZE), ALIGN_DOWN(live->size - EDGE, 8));
}

static void fill(const struct sq_live *live)
{
	size_t off;
	u64 word;

	for (off = 0; off < live->size; off = next_off(live, off)) {
		word = word_of(live, off);
		memcpy((void *)(live->addr + off), &word,
		       min(sizeof(word), live->size - off));
	}
}

/* Are the first @size bytes as they were written? */
bool sq_model_sound(const struct sq_live *live, size_t size)
{
	size_t off;
	u64 word;

	for (off = 0; off < size; off = next_off(live, off)) {
		word = word_of(live, off);
		if (memcmp((void *)(live->addr + off), &word,
			   min(sizeof(word), size - off)))
			return false;
	}
	return true;
}

struct sq_model *sq_model_new(struct kunit *test, unsigned int max)
{
	struct sq_model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	struct sq_live *all;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->objs = kunit_kcalloc(test, max, sizeof(*m->objs), GFP_KERNEL);
	all = kunit_kcalloc(test, max, sizeof(*all), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, m->objs);
	KUNIT_ASSERT_NOT_NULL(test, all);
	for (i = 0; i < max; i++)
		m->objs[i] = &all[i];
	m->max = max;
	m->tree = RB_ROOT;
	return m;
}

/* False, with nothing added, if the object lies over another one. */
static bool enter(struct sq_model *m, struct sq_live *live)
{
	struct rb_node **link = &m->tree.rb_node, *parent = NULL;

	while (*link) {
		struct sq_live *at = rb_entry(*link, struct sq_live, rb);

		parent = *link;
		if (live->addr + live->size <= at->addr)
			link = &parent->rb_left;
		else if (live->addr >= at->addr + at->size)
			link = &parent->rb_right;
		else
			return false;
	}
	rb_link_node(&live->rb, parent, link);
	rb_insert_color(&live->rb, &m->tree);
	return true;
}

bool sq_model_add(struct sq_model *m, void *obj, size_t size, u32 tag)
{
	struct sq_live *live;

	if (WARN_ON_ONCE(m->nr == m->max))
		return false;
	live = m->objs[m->nr];
	live->addr = (unsigned long)obj;
	live->size = size;
	live->id = ++m->next_id;
	live->tag = tag;
	if (!enter(m, live)) {
		m->overlaps++;
		return false;
	}
	m->nr++;
	fill(live);
	return true;
}

/* The object is about to be freed: look at it for the last time. */
void *sq_model_del(struct sq_model *m, unsigned int index)
{
	struct sq_live *live = m->objs[index];

	m->damaged += !sq_model_sound(live, live->size);
	rb_erase(&live->rb, &m->tree);
	m->nr--;
	swap(m->objs[index], m->objs[m->nr]);
	return (void *)live->addr;
}

/* The object that an address lies in; NULL if there is none. */
struct sq_live *sq_model_find(struct sq_model *m, const void *obj)
{
	struct rb_node *rb = m->tree.rb_node;

	while (rb) {
		struct sq_live *at = rb_entry(rb, struct sq_live, rb);

		if ((unsigned long)obj < at->addr)
			rb = rb->rb_left;
		else if ((unsigned long)obj >= at->addr + at->size)
			rb = rb->rb_right;
		else
			return at;
	}
	return NULL;
}

/* The object has moved, perhaps, and kept what fits of its content. */
void sq_model_resize(struct sq_model *m, unsigned int index, void *obj,
		     size_t size)
{
	struct sq_live *live = m->objs[index];
	size_t kept = min(size, live->size), off;
	u64 word;

	for (off = 0; off < kept; off = next_off(live, off)) {
		word = word_of(live, off);
		if (memcmp(obj + off, &word, min(sizeof(word), kept - off))) {
			m->damaged++;
			break;
		}
	}
	rb_erase(&live->rb, &m->tree);
	live->addr = (unsigned long)obj;
	live->size = size;
	if (!enter(m, live)) {
		m->overlaps++;
		m->nr--;
	swap(m->objs[index], m->objs[m->nr]);
		return;
	}
	fill(live);
}

/* Nothing wrong so far, and nothing now. */
bool sq_model_intact(struct sq_model *m)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		m->damaged += !sq_model_sound(m->objs[i], m->objs[i]->size);
	return !m->overlaps && !m->damaged;
}

/* ---- its own suite -------------------------------------------------------- */

/*
 *	  [ 64 .. 127 ]		in it
 *	[ 0 .. 63 ] [ 128 .. ]	touch it and are let in
 *	 [ 32 .. 95 ] and so on	are not
 */
static void model_sees_overlaps(struct kunit *test)
{
	static const struct { int off; size_t size; } over[] = {
		{ 32, 64 }, { 127, 1 }, { 64, 64 }, { 80, 8 }, { 60, 100 },
	};
	struct sq_model *m = sq_model_new(test, 8);
	char *buf = kunit_kzalloc(test, 256, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_TRUE(test, sq_model_add(m, buf + 64, 64, 0));
	for (i = 0; i < ARRAY_SIZE(over); i++) {
		KUNIT_EXPECT_FALSE(test, sq_model_add(m, buf + over[i].off,
						      over[i].size, 0));
		KUNIT_EXPECT_EQ(test, m->overlaps, i + 1);
	}
	KUNIT_EXPECT_FALSE(test, sq_model_intact(m));
	KUNIT_EXPECT_EQ(test, m->damaged, 0);
	KUNIT_EXPECT_TRUE(test, sq_model_add(m, buf, 64, 0));
	KUNIT_EXPECT_TRUE(test, sq_model_add(m, buf + 128, 64, 0));
	KUNIT_EXPECT_EQ(test, m->nr, 3);
}

static void model_sees_each_flipped_byte(struct kunit *test)
{
	struct sq_model *m = sq_model_new(test, 8);
	u8 *buf = kunit_kzalloc(test, 256, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	sq_model_add(m, buf, 77, 0);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	for (i = 0; i < 77; i++) {
		buf[i] ^= 0x10;
		KUNIT_EXPECT_FALSE(test, sq_model_sound(m->objs[0], 77));
		buf[i] ^= 0x10;
	}
	buf[77] ^= 0x10;
	KUNIT_EXPECT_TRUE(test, sq_model_sound(m->objs[0], 77));
	buf[3]++;
	KUNIT_EXPECT_FALSE(test, sq_model_intact(m));
	KUNIT_EXPECT_EQ(test, m->damaged, 1);
}

/* Of a large object not every byte is looked at, but the ends are. */
static void model_sees_ends_of_large(struct kunit *test)
{
	const size_t size = 5 * PAGE_SIZE + 100;
	struct sq_model *m = sq_model_new(test, 8);
	u8 *buf = kunit_kzalloc(test, size, GFP_KERNEL);
	const size_t at[] = { 0, 255, PAGE_SIZE, 4 * PAGE_SIZE + 7, size - 1 };
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	sq_model_add(m, buf, size, 0);
	for (i = 0; i < ARRAY_SIZE(at); i++) {
		KUNIT_EXPECT_TRUE(test, sq_model_sound(m->objs[0], size));
		buf[at[i]] ^= 1;
		KUNIT_EXPECT_FALSE(test, sq_model_sound(m->objs[0], size));
		buf[at[i]] ^= 1;
	}
}

static void model_sees_lost_content(struct kunit *test)
{
	struct sq_model *m = sq_model_new(test, 8);
	u8 *buf = kunit_kzalloc(test, 256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	sq_model_add(m, buf, 64, 0);
	memcpy(buf + 128, buf, 64);
	sq_model_resize(m, 0, buf + 128, 100);
	KUNIT_EXPECT_EQ(test, m->damaged, 0);
	KUNIT_EXPECT_PTR_EQ(test, sq_model_find(m, buf + 130), m->objs[0]);
	KUNIT_EXPECT_NULL(test, sq_model_find(m, buf + 5));
	memcpy(buf, buf + 128, 100);
	buf[49]++;
	sq_model_resize(m, 0, buf, 50);
	KUNIT_EXPECT_EQ(test, m->damaged, 1);
	sq_model_del(m, 0);
	KUNIT_EXPECT_EQ(test, m->nr, 0);
	KUNIT_EXPECT_EQ(test, m->damaged, 1);
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(model_sees_overlaps),
	KUNIT_CASE(model_sees_each_flipped_byte),
	KUNIT_CASE(model_sees_ends_of_large),
	KUNIT_CASE(model_sees_lost_content),
	{}
};

static struct kunit_suite model_suite = {
	.name = "squirrel_model",
	.test_cases = model_cases,
};

kunit_test_suites(&model_suite);
