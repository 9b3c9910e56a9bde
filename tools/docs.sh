#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# docs.sh html: Documentation as web pages, by Sphinx, in build/htmldocs; a warning is
# a failure. docs.sh man: man pages of what clients may call, by kernel-doc, and that of the
# command, in build/man. Both take kernel-doc from the packaged kernel source.
. "$(dirname "$0")/lib.sh"

# exporting: the sources with functions for clients.
exporting() {
	(cd "$SQ_TOP" && grep -rlE --include='*.c' '^EXPORT_SYMBOL_GPL' src | sort |
		xargs grep -l '^/\*\*')
}

# headers: what clients include and has kernel-doc.
headers() {
	(cd "$SQ_TOP" && grep -l '^/\*\*' include/squirrel/*.h)
}

# api_is_whole: each of those is in api.rst.
api_is_whole() {
	local file bad=0

	while IFS= read -r file; do
		grep -q "^\.\. kernel-doc:: $file$" "$SQ_TOP/Documentation/api.rst" || {
			echo "Documentation/api.rst does not show $file"
			bad=1
		}
	done < <(exporting; headers)
	return $bad
}

# index_is_whole: each page is in index.rst.
index_is_whole() {
	local page bad=0

	for page in "$SQ_TOP"/Documentation/*.rst; do
		page=$(basename "$page" .rst)
		[ "$page" = index ] || grep -qx "   $page" "$SQ_TOP/Documentation/index.rst" || {
			echo "Documentation/index.rst does not have $page"
			bad=1
		}
	done
	return $bad
}

html() {
	need_packages python3-sphinx perl
	api_is_whole && index_is_whole || die "the pages are not whole"
	LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 KDOC_WERROR=1 \
		sphinx-build -q -E -W --keep-going -b html \
		-d "$SQ_BUILD/doctrees" "$SQ_TOP/Documentation" "$SQ_BUILD/htmldocs"
	say "pages: build/htmldocs/index.html"
}

# split FOLDER: kernel-doc's man pages, one after the other, each to a file of its own.
split() {
	awk -v dir="$1" '
		/^\.TH "/ {
			if (file)
				close(file)
			split($0, word, "\"")
			file = word[4]
			sub(/.* /, "", file)
			file = dir "/" file ".9"
		}
		file { print >>file }
	'
}

man() {
	local file out=$SQ_BUILD/man

	need_packages perl
	rm -rf "$out"
	mkdir -p "$out"
	while IFS= read -r file; do
		"$SQ_SOURCE/scripts/kernel-doc" -Werror -man -export "$SQ_TOP/$file"
	done < <(exporting) | split "$out"
	while IFS= read -r file; do
		"$SQ_SOURCE/scripts/kernel-doc" -Werror -man "$SQ_TOP/$file"
	done < <(headers) | split "$out"
	cp "$SQ_TOP/tools/squirrel/squirrel.8" "$out"
	say "$(find "$out" -type f | wc -l) man pages: build/man"
}

[[ $# -eq 1 && $1 =~ ^(html|man)$ ]] || die "usage: tools/docs.sh html|man"
SQ_SOURCE=$("$SQ_TOP/tools/kernel.sh" source)
export SQ_SOURCE SQ_TOP
mkdir -p "$SQ_BUILD"
"$1"
