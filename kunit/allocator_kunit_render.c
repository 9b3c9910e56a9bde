// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_render: maps. Large ones are of memory that is made up; what
 * a cache and a heap really have is drawn from the fake page source.
 */
#include <linux/mm.h>
#include <linux/sizes.h>

#include "allocator/view/render.h"

#include "allocator_kunit.h"

#define BASE	0x100000000UL
#define GIB	(SZ_1G >> PAGE_SHIFT)
#define LINES	50
#define WIDTH	80

/* ---- made-up memory ------------------------------------------------------- */

/**
 * struct show - memory that is made up
 * @drawing: what the painter sees
 * @piece: what all pieces are like
 * @nr: how many there are
 * @stride: pages from one to the next
 * @odd_free: every second one is a free block
 * @growth: how many more there are on a second walk, as a factor
 */
struct show {
	struct sq_drawing drawing;
	struct sq_piece piece;
	unsigned long nr;
	unsigned long stride;
	bool odd_free;
	unsigned int growth;
};

static void show_walk(struct sq_drawing *drawing, sq_piece_fn fn, void *ctx)
{
	struct show *show = container_of(drawing, struct show, drawing);
	unsigned long i;

	for (i = 0; i < show->nr; i++) {
		struct sq_piece piece = show->piece;

		piece.addr = BASE + i * (show->stride << PAGE_SHIFT);
		if (show->odd_free && i & 1)
			piece.kind = SQ_PIECE_FREE;
		if (!fn(&piece, ctx))
			break;
	}
	show->nr *= show->growth;
}

/* The first objects are live, then come those that wait. */
static char show_object(struct sq_drawing *drawing, const struct sq_piece *piece,
			unsigned int i)
{
	if (i < piece->live)
		return SQ_PIC_LIVE;
	return i < piece->live + piece->waiting ? SQ_MAP_WAITING :
						  SQ_MAP_IN_SLAB;
}

/* @nr slabs side by side, of 64 objects each */
static struct show slabs(unsigned long nr, unsigned long pages,
			 unsigned int live, unsigned int waiting)
{
	return (struct show) {
		.drawing = {
			.not_ours = "not this heap's",
			.walk = show_walk,
			.object = show_object,
		},
		.piece = {
			.pages = pages,
			.kind = SQ_PIECE_SLAB,
			.size = pages * PAGE_SIZE / 64,
			.objs = 64,
			.live = live,
			.waiting = waiting,
		},
		.nr = nr,
		.stride = pages,
		.growth = 1,
	};
}

/* ---- looking at pictures -------------------------------------------------- */

/**
 * struct seen - what a picture is like
 * @lines: how many it has, headings and all
 * @width: of the widest
 * @gaps: lines that end with a gap
 * @cells: characters, by which
 * @all: how many in all, without blanks
 */
struct seen {
	unsigned int lines;
	unsigned int width;
	unsigned int gaps;
	u16 cells[128];
	unsigned int all;
};

/*
 * "address characters", perhaps with a gap behind; a blank ends the characters
 * where each is an object.
 */
static void look_at_row(struct seen *seen, const char *row, size_t len,
			bool objects)
{
	const char *gap = strnstr(row, " +", len);
	size_t i;

	if (gap) {
		seen->gaps++;
		len = gap - row;
	}
	for (i = 17; i < len && !(objects && row[i] == ' '); i++) {
		seen->cells[row[i] & 127]++;
		seen->all += row[i] != ' ';
	}
}

static struct seen look(const char *text)
{
	bool objects = strstr(text, "# one character: 1 object,") == text;
	struct seen seen = {};

	while (*text) {
		size_t len = strchrnul(text, '\n') - text;

		seen.lines++;
		seen.width = max_t(unsigned int, seen.width, len);
		if (*text != '#')
			look_at_row(&seen, text, len, objects);
		text += len + (text[len] == '\n');
	}
	return seen;
}

static const char *draw(struct kunit *test, struct show show)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_render_draw(s, &show.drawing);
	return sq_fixture_text(test, s);
}

static void expect_start(struct kunit *test, const char *text,
			 const char *start)
{
	KUNIT_EXPECT_TRUE_MSG(test, !strncmp(text, start, strlen(start)),
			      "'%s' not at the start of\n%s", start, text);
}

static void expect_bounds(struct kunit *test, const struct seen *seen)
{
	KUNIT_EXPECT_LE(test, seen->lines, LINES);
	KUNIT_EXPECT_LE(test, seen->width, WIDTH);
}

/* ---- 1 GiB ---------------------------------------------------------------- */

static void gib_of_slabs(struct kunit *test)
{
	const char *text = draw(test, slabs(GIB / 8, 8, 64, 0));
	struct seen seen = look(text);

	expect_start(test, text,
		     "# one character: 128 pages (512K); in all: 262144 pages\n"
		     "0000000100000000 ################################################\n"
		     "0000000101800000 #");
	expect_bounds(test, &seen);
	KUNIT_EXPECT_EQ(test, seen.cells['#'], 2048);
	KUNIT_EXPECT_EQ(test, seen.all, 2048);
	/* What does not occur is not explained. */
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\n#   # live\n"));

	seen = look(draw(test, slabs(GIB / 8, 8, 32, 0)));
	KUNIT_EXPECT_EQ(test, seen.cells['5'], 2048);
	seen = look(draw(test, slabs(GIB / 8, 8, 1, 63)));
	KUNIT_EXPECT_EQ(test, seen.cells['0'], 2048);
	seen = look(draw(test, slabs(GIB / 8, 8, 63, 0)));
	KUNIT_EXPECT_EQ(test, seen.cells['9'], 2048);
	seen = look(draw(test, slabs(GIB / 8, 8, 0, 1)));
	KUNIT_EXPECT_EQ(test, seen.cells['m'], 2048);
	seen = look(draw(test, slabs(GIB / 8, 8, 0, 0)));
	KUNIT_EXPECT_EQ(test, seen.cells['-'], 2048);
}

static void gib_of_pages(struct kunit *test)
{
	struct show show = slabs(GIB, 1, 64, 0);
	struct seen seen = look(draw(test, show));

	KUNIT_EXPECT_EQ(test, seen.cells['#'], 2048);
	show.odd_free = true;
	seen = look(draw(test, show));
	KUNIT_EXPECT_EQ(test, seen.cells['5'], 2048);
	expect_bounds(test, &seen);
}

static void gib_in_one_block(struct kunit *test)
{
	struct show show = slabs(1, GIB, 0, 0);
	struct seen seen;

	show.piece.kind = SQ_PIECE_LARGE;
	seen = look(draw(test, show));
	KUNIT_EXPECT_EQ(test, seen.cells['L'], 1);
	KUNIT_EXPECT_EQ(test, seen.cells['l'], 2047);
	expect_bounds(test, &seen);
	show.piece.kind = SQ_PIECE_FREE;
	seen = look(draw(test, show));
	KUNIT_EXPECT_EQ(test, seen.cells['.'], 2048);
}

/* ---- gaps ----------------------------------------------------------------- */

static void gaps_are_one_line(struct kunit *test)
{
	struct show show = slabs(2, GIB / 2, 64, 0);
	const char *text;
	struct seen seen;

	show.stride = 13 * GIB;
	text = draw(test, show);
	seen = look(text);
	KUNIT_EXPECT_EQ(test, seen.gaps, 1);
	KUNIT_EXPECT_NOT_NULL_MSG(test,
				  strstr(text, "# +12G\n"),
				  "%s", text);
	KUNIT_EXPECT_EQ(test, seen.cells['#'], 2048);
	expect_bounds(test, &seen);
}

/* Less than a line is shown as it is. */
static void small_gaps_are_blank(struct kunit *test)
{
	struct show show = slabs(20, 2, 64, 0);
	const char *text;

	show.stride = 5;
	text = draw(test, show);
	expect_start(test, text,
		     "# one character: 1 page (4K); in all: 40 pages\n"
		     "0000000100000000 ##   ##   ##   ##   ##   ##   ##   ##   ##   ## +12K\n"
		     "0000000100032000 ##   ##");
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "   blank not this heap's "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "   + not this heap's\n"));
}

/* 1 GiB in 512 places, all over 64 GiB; and in as many pages as there are. */
static void scattered_memory_fits(struct kunit *test)
{
	struct show show = slabs(512, 512, 40, 0);
	struct seen seen;

	show.stride = GIB / 8;
	seen = look(draw(test, show));
	expect_bounds(test, &seen);
	KUNIT_EXPECT_GE(test, seen.all, 256);
	show = slabs(GIB / 4, 1, 40, 0);
	show.stride = 7;
	seen = look(draw(test, show));
	expect_bounds(test, &seen);
	KUNIT_EXPECT_GE(test, seen.all, 256);
}

/* ---- other sizes ---------------------------------------------------------- */

/* Whatever the size: it fits, and no page is left out. */
static void all_sizes_fit(struct kunit *test)
{
	unsigned long pages, unit;
	const char *text;
	struct seen seen;

	for (pages = 1; pages < 5 * GIB; pages = 3 * pages + 1) {
		text = draw(test, slabs(pages, 1, 9, 0));
		seen = look(text);
		expect_bounds(test, &seen);
		if (sscanf(text, "# one character: %lu page", &unit) != 1 ||
		    strstr(text, "1 object")) {
			KUNIT_EXPECT_EQ(test, seen.all, pages * 64);
			continue;
		}
		KUNIT_EXPECT_GE(test, seen.all * unit, pages);
		KUNIT_EXPECT_LT(test, (seen.all - 1) * unit, pages + unit);
		kunit_kfree(test, text);
	}
}

/* What just fits is drawn at that scale; a page more is not. */
static void last_line_is_used(struct kunit *test)
{
	unsigned long cells = SQ_PIC_LINES * SQ_PIC_COLUMNS;
	struct show show = slabs(1, cells, 0, 0);
	unsigned int k;

	show.piece.kind = SQ_PIECE_FREE;
	for (k = 0; k < 10; k++) {
		struct seen seen;

		show.piece.pages = cells << k;
		seen = look(draw(test, show));
		KUNIT_EXPECT_EQ_MSG(test, seen.cells['.'], cells, "%u", k);
		show.piece.pages++;
		seen = look(draw(test, show));
		KUNIT_EXPECT_EQ_MSG(test, seen.cells['.'], cells / 2 + 1, "%u",
				    k);
	}
}

static void nothing_is_a_line(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, draw(test, slabs(0, 1, 0, 0)),
			   "# one character: 1 object, or 1 page; in all: 0 pages\n");
}

/* It may be a thousand times as much when it is drawn: cut, and said so. */
static void growth_is_survived(struct kunit *test)
{
	struct show show = slabs(40, 1, 64, 0);
	const char *text;
	struct seen seen;

	show.growth = 1000;
	show.stride = 100;
	text = draw(test, show);
	seen = look(text);
	KUNIT_EXPECT_LE(test, seen.lines, 2 * LINES);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, "\n# cut: it grew"));

	/* Nothing may be left of it as well. */
	show = slabs(40, 1, 64, 0);
	show.growth = 0;
	expect_start(test, draw(test, show), "# one character: 1 page");
}

/* ---- what there is -------------------------------------------------------- */

static struct seen look_at(struct kunit *test, struct squirrel_cache *c)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_cache_show_map(s, c);
	return look(sq_fixture_text(test, s));
}

/* Each object of a page, as it goes from live to magazine to slab. */
static void page_of_objects(struct kunit *test)
{
	struct squirrel_cache *c;
	struct seen seen;
	unsigned int objs;
	void *obj;

	sq_fixture_fake_heap(test, "first", 64);
	c = sq_fixture_fake_cache(test, 100);
	seen = look_at(test, c);
	KUNIT_EXPECT_EQ(test, seen.all, 0);
	obj = sq_fixture_alloc(test, c);
	objs = sq_fixture_node(c)->nr_objs;
	seen = look_at(test, c);
	KUNIT_EXPECT_EQ(test, seen.all, objs);
	KUNIT_EXPECT_EQ(test, seen.cells['#'], 1);
	KUNIT_EXPECT_EQ(test, seen.cells['m'], sq_fixture_nr(c));
	KUNIT_EXPECT_EQ(test, seen.cells['-'], sq_fixture_node(c)->nr_free);
	squirrel_cache_free(c, obj);
	seen = look_at(test, c);
	KUNIT_EXPECT_EQ(test, seen.cells['#'], 0);
	KUNIT_EXPECT_EQ(test, seen.cells['m'], sq_fixture_nr(c));
	KUNIT_EXPECT_GT(test, seen.cells['m'], 0);
	sq_fixture_drain(c, false);
	seen = look_at(test, c);
	KUNIT_EXPECT_EQ(test, seen.cells['-'], seen.all);
}

/* What remains of slabs that were taken apart begins in the middle of a page. */
static void slabs_taken_apart(struct kunit *test)
{
	struct squirrel_cache *c;
	unsigned int i, nr = 40;
	struct seen seen;
	void *objs[40];

	sq_fixture_fake_heap(test, "first", 64);
	c = sq_fixture_fake_cache(test, 1500);
	for (i = 0; i < nr; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < nr; i++)
		if (i % 9)
			squirrel_cache_free(c, objs[i]);
	sq_fixture_drain(c, false);
	sq_depot_drain(c, true);
	KUNIT_EXPECT_GT(test, sq_cache_trim(c, true), 0);
	seen = look_at(test, c);
	KUNIT_EXPECT_EQ(test, seen.all, sq_fixture_node(c)->nr_objs);
	KUNIT_EXPECT_EQ(test, seen.cells['#'], 5);
	KUNIT_EXPECT_EQ(test, seen.cells['-'], sq_fixture_node(c)->nr_free);
	KUNIT_EXPECT_EQ(test, seen.cells['m'], 0);
	for (i = 0; i < nr; i += 9)
		squirrel_cache_free(c, objs[i]);
	seen = look_at(test, c);
	KUNIT_EXPECT_EQ(test, seen.cells['m'], sq_fixture_nr(c));
	KUNIT_EXPECT_EQ(test, seen.cells['#'], 0);
}

/* Hundreds of pages: by tenths, and those that wait in depots too. */
static void pages_of_slabs(struct kunit *test)
{
	struct squirrel_cache *c;
	unsigned int i, nr = 4000;
	struct seen seen;
	void **objs;

	sq_fixture_fake_heap(test, "first", 1024);
	c = sq_fixture_fake_cache(test, 256);
	sq_fixture_grown(test, c);
	objs = kunit_kcalloc(test, nr, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < nr; i++)
		objs[i] = sq_fixture_alloc(test, c);
	seen = look_at(test, c);
	expect_bounds(test, &seen);
	KUNIT_EXPECT_EQ(test, seen.all, sq_fixture_node(c)->nr_pages);
	KUNIT_EXPECT_GT(test, seen.cells['#'], seen.all * 8 / 10);
	/* From the last on: these are what the magazines and the depot hold. */
	for (i = 0; i < nr; i++)
		squirrel_cache_free(c, objs[nr - 1 - i]);
	KUNIT_EXPECT_GT(test, sq_depots_objs(sq_fixture_node(c)), 0);
	seen = look_at(test, c);
	KUNIT_EXPECT_EQ(test, seen.all, sq_fixture_node(c)->nr_pages);
	KUNIT_EXPECT_GT(test, seen.cells['m'], 0);
	KUNIT_EXPECT_GT(test, seen.cells['d'], 0);
	KUNIT_EXPECT_EQ(test, seen.cells['#'], 0);
	KUNIT_EXPECT_EQ(test, seen.cells['m'] + seen.cells['d'] + seen.cells['-'], seen.all);
}

/* A heap: large blocks, slabs, free blocks. */
static void heap_of_all_kinds(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 256);
	struct seq_file *s = sq_fixture_seq(test);
	void *large = squirrel_heap_alloc(heap, SQ_PAGED(20000), GFP_KERNEL);
	void *other = squirrel_heap_alloc(heap, SQ_PAGED(200000), GFP_KERNEL);
	void *small = squirrel_heap_alloc(heap, 64, GFP_KERNEL);
	struct seen seen;
	const char *text;

	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_ASSERT_NOT_NULL(test, small);
	sq_heap_show_map(s, heap);
	text = sq_fixture_text(test, s);
	seen = look(text);
	expect_start(test, text, "# one character: 1 page");
	KUNIT_EXPECT_EQ(test, seen.cells['L'], 2);
	KUNIT_EXPECT_EQ(test, seen.cells['l'], 4 + 48);
	KUNIT_EXPECT_EQ(test, seen.cells['.'],
			sq_manager_pages_free(heap->manager));
	KUNIT_EXPECT_EQ(test, seen.cells['0'], 1);
	KUNIT_EXPECT_EQ(test, seen.cells['m'], 0);
	expect_bounds(test, &seen);
	squirrel_heap_free(heap, large);
	squirrel_heap_free(heap, other);
	squirrel_heap_free(heap, small);
	s = sq_fixture_seq(test);
	sq_heap_show_map(s, heap);
	seen = look(sq_fixture_text(test, s));
	KUNIT_EXPECT_EQ(test, seen.cells['L'] + seen.cells['l'], 0);
	KUNIT_EXPECT_EQ(test, seen.cells['m'], 1);
}

#define TWINS	400

/* One that is on its way from one array to another is seen in both. */
static void twins_wait_once(struct kunit *test)
{
	struct sq_agent *agent;
	struct squirrel_cache *c;
	struct sq_mag *mag;
	unsigned int i = 0, objs;
	struct seen seen;
	void **obj;

	sq_fixture_fake_heap(test, "first", 512);
	c = sq_fixture_fake_cache(test, 512);
	obj = kunit_kcalloc(test, TWINS, sizeof(*obj), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	for (i = 0; i < TWINS; i++)
		obj[i] = sq_fixture_alloc(test, c);
	sq_fixture_drain(c, false);
	agent = sq_map_lookup(obj[0]);
	objs = sq_slab_of(agent)->nr_objs;
	for (i = 1; sq_map_lookup(obj[i]) != agent; i++)
		;
	KUNIT_ASSERT_GT(test, objs, 4);
	KUNIT_ASSERT_EQ(test, sq_slab_of(agent)->nr_free, 0);
	squirrel_cache_free(c, obj[0]);
	squirrel_cache_free(c, obj[i]);
	mag = sq_fixture_loaded(c);
	KUNIT_ASSERT_EQ(test, sq_fixture_nr(c), 2);
	memcpy(mag->obj + 2, mag->obj, 2 * sizeof(mag->obj[0]));
	sq_fixture_set_nr(c, 4);
	seen = look_at(test, c);
	sq_fixture_set_nr(c, 2);
	KUNIT_EXPECT_GT(test, seen.cells['0' + 10 * (objs - 2) / objs], 0);
	KUNIT_EXPECT_EQ(test, seen.cells['0' + 10 * (objs - 4) / objs], 0);
	KUNIT_EXPECT_GT(test, seen.cells['#'], 32);
}

static struct kunit_case picture_cases[] = {
	SQ_CASE_4K(gib_of_slabs),
	KUNIT_CASE(gib_of_pages),
	KUNIT_CASE(gib_in_one_block),
	KUNIT_CASE(gaps_are_one_line),
	SQ_CASE_4K(small_gaps_are_blank),
	KUNIT_CASE(scattered_memory_fits),
	KUNIT_CASE(all_sizes_fit),
	KUNIT_CASE(last_line_is_used),
	KUNIT_CASE(nothing_is_a_line),
	KUNIT_CASE(growth_is_survived),
	KUNIT_CASE(page_of_objects),
	SQ_CASE_4K(slabs_taken_apart),
	SQ_CASE_4K(pages_of_slabs),
	KUNIT_CASE(heap_of_all_kinds),
	SQ_CASE_4K(twins_wait_once),
	{}
};

static struct kunit_suite picture_suite = {
	.name = "squirrel_render",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = picture_cases,
};

kunit_test_suites(&picture_suite);
