#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh: what can be said about the sources without booting them. Every step
# is one check; the last line is the sum.
. "$(dirname "$0")/lib.sh"

cd "$SQ_TOP"
MAX_LINES=600
passed=0
failed=0

# check TITLE CMD...: run CMD; show what it prints only when it fails.
check() {
	local title=$1 log=$SQ_BUILD/check.log start=$SECONDS

	shift
	if "$@" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		echo "ok - $title ($((SECONDS - start)) s)"
	else
		failed=$((failed + 1))
		cat "$log"
		echo "not ok - $title"
	fi
}

c_files() {
	files_in '*.[ch]' include src kunit samples selftests
}

checkpatch() {
	local file bad=0 ignore

	while IFS= read -r file; do
		# The name of a member, and a test's context, cannot be put in
		# parentheses or into a variable.
		ignore=FILE_PATH_CHANGES,MACRO_ARG_PRECEDENCE,MACRO_ARG_REUSE
		case $file in
		include/squirrel/kernel.h) ignore+=,LINUX_VERSION_CODE ;;
		# Laid out as all headers of tracepoints.
		src/trace.h) ignore+=,PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE ;;
		# A declaration and an export, which are no statements.
		src/redirect/redirect.h)
			ignore+=,MULTISTATEMENT_MACRO_USE_DO_WHILE,AVOID_EXTERNS ;;
		# Lists of parameters, as they are in the kernel at hand.
		src/redirect/resize.c) ignore+=,COMPLEX_MACRO ;;
		# Whoever calls kmem_dump_obj() has printed the line's beginning.
		src/redirect/free.c) ignore+=,LOGGING_CONTINUATION ;;
		esac
		# It leaves a file where it runs.
		(cd "$SQ_BUILD" && "$source/scripts/checkpatch.pl" --no-tree \
			--strict --quiet --no-summary --show-types \
			--ignore "$ignore" -f "$SQ_TOP/$file") || bad=1
	done < <(c_files)
	return $bad
}

# warnings KERNEL: build it all anew with W=1 and sparse; what either says about
# a file of ours is a failure. Headers of the kernel may say what they like. On
# one CPU a trylock that cannot fail confuses sparse's count of locks: that is
# left to the kernel with more.
warnings() {
	local log=$SQ_BUILD/check-$1.log dir=$SQ_BUILD/check-$1 pass='^$'

	[[ $1 == uml* ]] && pass='context imbalance'

	rm -rf "$dir"
	if ! SQ_TAG=check-$1 "$SQ_TOP/tools/build.sh" "$1" \
		W=1 C=2 >"$log" 2>&1; then
		cat "$log"
		return 1
	fi
	! own_warnings "$log" "$dir" | grep -v "$pass"
}

kernel_doc() {
	local files

	mapfile -t files < <(c_files | grep -E '^(include|src)/')
	"$source/scripts/kernel-doc" -none -Werror "${files[@]}"
}

shell_scripts() {
	local files

	mapfile -t files < <(find tools selftests include .ci -type f \
		\( -name '*.sh' -o -path .ci/run \) ! -path 'tools/guest/*' \
		2>/dev/null | sort)
	shellcheck -x -P SCRIPTDIR -S warning "${files[@]}" &&
		shellcheck -x -P SCRIPTDIR -S warning -s dash tools/guest/*.sh tools/guest/init \
			tools/guest/package-init
}

spdx() {
	local files

	mapfile -t files < <(c_files; find tools -type f; find . -maxdepth 2 \
		-name Kbuild -o -maxdepth 1 -name Makefile)
	! grep -L 'SPDX-License-Identifier: GPL-2.0' "${files[@]}" | grep .
}

long_files() {
	c_files | xargs -r wc -l | awk -v max="$MAX_LINES" \
		'$2 != "total" && $1 > max { print "note: " $2 " has " $1 " lines" }'
}

need_packages shellcheck sparse gcc make perl rsync
mkdir -p "$SQ_BUILD"
start=$SECONDS
source=$("$SQ_TOP/tools/kernel.sh" source)
"$SQ_TOP/tools/kernel.sh" stock >/dev/null
"$SQ_TOP/tools/kernel.sh" uml >/dev/null

check "the runner's own test" tools/selftest.sh
check "the matrix's own test" tools/test-all-test.sh
check "what make test-wide must not pass over" tools/wide-test.sh
check "the command squirrel on recorded figures" tools/squirrel/test.sh
check "shell scripts" shell_scripts
check "licence lines" spdx
check "checkpatch --strict" checkpatch
check "kernel-doc" kernel_doc
check "kernel-doc of the exported functions" tools/check-doc.sh
check "the documents as web pages, no warnings" tools/docs.sh html
check "man pages" tools/docs.sh man
check "W=1 and sparse, stock kernel" warnings stock
check "W=1 and sparse, UML kernel with KUnit" warnings uml
check "the drop-in's make fragment and its lists" \
	tools/dropin-test.sh . "$SQ_BUILD/check-stock"
check "short headers and functions" tools/check-size.sh
check "layer rule" tools/check-layers.sh . "$SQ_BUILD/check-stock"
sed -n 's/^layers: /note: &/p' "$SQ_BUILD/check.log"
check "the layer script's own test" \
	tools/check-layers-test.sh . "$SQ_BUILD/check-stock"
long_files
say "checks took $((SECONDS - start)) s"
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
