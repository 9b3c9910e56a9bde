#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# dropin.sh OBJCOPY LIST[,LIST...] COMMAND...: run COMMAND, a compiler or a linker, and
# redirect the names in the lists (dropin.syms) in the object that it wrote. Of two
# lists that have a name the later is right. dropin.mk puts it in front of $(CC).
# dropin.sh OBJCOPY LIST[,LIST...] -- FILE: the same for an object that is there.
set -eu

objcopy=$1
lists=$2
shift 2

out=
if [ "$1" = -- ]; then
	out=$2
else
	"$@"
	last=
	for word; do
		[ "$last" != -o ] || out=$word
		last=$word
	done
fi

# What is no ELF object yet (LLVM's bitcode) becomes one in the linker.
case $out in
*.o) [ "$(head -c 4 "$out" | tail -c 3)" = ELF ] || exit 0 ;;
*) exit 0 ;;
esac

# If this fails, make deletes the object.
# shellcheck disable=SC2046,SC2086 # words
"$objcopy" $(
	IFS=,
	awk '!/^#/ && NF == 2 { to[$1] = $2 }
		END { for (name in to) print "--redefine-sym=" name "=" to[name] }
	' $lists
) "$out"
