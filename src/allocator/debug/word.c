// SPDX-License-Identifier: GPL-2.0
/*
 * How flags of debugging are written.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "allocator/common/kasan.h"

#include "debug.h"

#if SQ_HAS_KASAN
#define KNOWN	"FZPUQGTK"
#else
#define KNOWN	"FZPUQGT"
#endif

static const struct {
	char letter;
	u32 flag;
} letters[] = {
	{ 'F', SQ_DEBUG_CHECK },
	{ 'Z', SQ_DEBUG_REDZONE },
	{ 'P', SQ_DEBUG_POISON },
	{ 'U', SQ_DEBUG_USER },
	{ 'Q', SQ_DEBUG_QUARANTINE },
	{ 'G', SQ_DEBUG_GUARD },
	{ 'T', SQ_DEBUG_TRACE },
#if SQ_HAS_KASAN
	{ 'K', SQ_DEBUG_KASAN },
#endif
};

static u32 flag_of(char letter)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(letters); i++)
		if (letters[i].letter == letter)
			return letters[i].flag;
	return 0;
}

/*
 * "FZPU", some of these: just so; "+U": that as well; "-U": without that; "-": off.
 * @was is what was on before, @of who it is for in the line that says what is wrong.
 */
int sq_debug_parse(const char *of, const char *word, u32 was, u32 *debug)
{
	bool more = *word == '+', less = *word == '-';
	const char *letter = word + (more || less);
	u32 flags = 0;

	if (!strcmp(word, "-")) {
		*debug = 0;
		return 0;
	}
	for (; *letter && flag_of(*letter); letter++)
		flags |= flag_of(*letter);
	if (*letter || !flags) {
		pr_err("%s: debug '%.32s': wanted are letters of " KNOWN ", +, - and them, or -\n",
		       of, word);
		return -EINVAL;
	}
	if (more)
		flags |= was;
	else if (less)
		flags = was & ~flags;
	flags &= ~(SQ_DEBUG_ON | SQ_DEBUG_SAMPLE);
	*debug = flags ? flags | SQ_DEBUG_ON : 0;
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_parse);

/* The other way round; @word has room for SQ_DEBUG_WORD characters. */
void sq_debug_word(u32 debug, char *word)
{
	unsigned int i;

	if (!(debug & SQ_DEBUG_LETTERS))
		*word++ = '-';
	for (i = 0; i < ARRAY_SIZE(letters); i++)
		if (debug & letters[i].flag)
			*word++ = letters[i].letter;
	*word = '\0';
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_word);

/* Does @name match @glob, in which * is any characters and ? is one? */
bool sq_debug_match(const char *glob, const char *name)
{
	const char *star = NULL, *from = name;

	while (*name) {
		if (*glob == '*') {
			star = ++glob;
			from = name;
		} else if (*glob == '?' || *glob == *name) {
			glob++;
			name++;
		} else if (star) {
			/* The last one takes a character more. */
			glob = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_debug_match);
