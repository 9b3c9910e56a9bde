#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# dropin-test.sh [TREE [BUILT]]: the make fragment of the object form (dropin.mk) and its
# lists. BUILT is where TREE was built for the stock kernel. A client of two modules, one
# of a single source and one of two and a prebuilt object, is built out of its own folder:
# what is redirected, what make does again and what not, and what happens when something
# fails.
. "$(dirname "$0")/lib.sh"

tree=$(cd "${1:-$SQ_TOP}" && pwd)
built=${2:-$SQ_BUILD/stock}
built=$(cd "$built" && pwd)
failed=0
load_kernel stock
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
client=$work/client
lists=$work/include/squirrel

# ok TITLE COMMAND...
ok() {
	local title=$1

	shift
	if ! "$@" >"$work/said" 2>&1; then
		echo "dropin.mk: not so: $title"
		sed 's/^/    /' "$work/said" | tail -n 20
		failed=1
	fi
}

not() {
	! "$@"
}

client_files() {
	mkdir -p "$client" "$work/include"
	cp -r "$tree/include/squirrel" "$work/include/"
	cat >"$client/one.c" <<-'EOF'
		#include <linux/module.h>
		#include <linux/slab.h>
		#undef kmem_cache_alloc
		int one(struct kmem_cache *s, void **p);
		int one(struct kmem_cache *s, void **p)
		{
			*p = kmem_cache_alloc(s, GFP_KERNEL);
			kfree(kmalloc(100, GFP_KERNEL));
			return 0;
		}
		MODULE_LICENSE("GPL");
		MODULE_DESCRIPTION("one");
	EOF
	sed 's/one/two_a/g' "$client/one.c" >"$client/two_a.c"
	sed -e 's/one/two_b/g' -e '/MODULE_/d' "$client/one.c" >"$client/two_b.c"
	sed 's/one/blob/g' "$client/one.c" >"$client/blob.c"
	cat >"$client/Kbuild" <<-EOF
		obj-m := \$(if \$(BLOB),blob.o,one.o two.o)
		two-y := two_a.o two_b.o blob.o
		include \$(FRAGMENT)
	EOF
}

# build [MAKE ARGUMENTS...]
build() {
	make -s -C "$K_DIR" M="$client" FRAGMENT="$lists/dropin.mk" \
		squirrel-dropin-symvers="$built/Module.symvers" "$@" modules
}

# Of a copy make does not know how it was made.
plainly() {
	: >"$work/none.mk"
	rm -f "$client/blob.o"
	build FRAGMENT="$work/none.mk" "$@"
}

# takes FILE NAME: is it among those that FILE wants from others?
takes() {
	grep -qx " *U $2" <<<"$(nm "$client/$1")"
}

redirected() {
	takes "$1" squirrel_dropin_kmem_cache_alloc &&
		takes "$1" squirrel_dropin_kfree &&
		not takes "$1" kmem_cache_alloc && not takes "$1" kfree
}

as_ever() {
	takes "$1" kmem_cache_alloc && takes "$1" kfree &&
		not grep -q squirrel <<<"$(nm "$client/$1")"
}

depends() {
	[ "$(modinfo -F depends "$client/$1")" = "$2" ]
}

stamps() {
	(cd "$client" && stat -c '%n %y' -- *.o *.ko)
}

unchanged() {
	local before

	before=$(stamps)
	"$@" && [ "$before" = "$(stamps)" ]
}

# The object of a source that nobody else has: built as ever, and handed over.
make_blob() {
	plainly BLOB=1 KBUILD_MODPOST_WARN=1 && mv "$client/blob.o" "$work/" &&
		rm -f "$client"/blob.* "$client"/.blob.* &&
		cp "$work/blob.o" "$client/blob.o_shipped" &&
		touch "$client/.blob.o.cmd"
}

# versions FILE NAME: the version of a symbol that FILE was built for is that of BUILT.
versions() {
	local want

	want=$(awk -v n="$2" '$2 == n { print $1 }' "$built/Module.symvers")
	[ -n "$want" ] && grep -qx "${want}[[:space:]]*$2" \
		<<<"$(modprobe --dump-modversions "$client/$1")"
}

# broken ARGUMENTS...: it fails, and what it left the next build mends.
broken() {
	touch "$client/two_b.c"
	not build -k "$@" && [ ! -e "$client/two_b.o" ]
}

stops_at() {
	sed -i "s/^kfree .*/kfree squirrel_does_not_cover_kfree/" "$lists/dropin.syms"
	not build && grep -q 'squirrel_does_not_cover_kfree.* undefined' "$work/said"
}

# What many a module has: a Makefile that calls itself by way of Kbuild, and that makes a
# program of the host's, too.
whole_files() {
	mkdir -p "$work/whole" "$work/build/here"
	echo "$K_DIR" >"$work/build/here/.squirrel-kdir"
	cp "$built/Module.symvers" "$work/build/here/"
	cp "$client/one.c" "$client/blob.o_shipped" "$work/whole/"
	echo 'int main(void) { return 0; }' >"$work/whole/tool.c"
	cat >"$work/whole/Makefile" <<-EOF
		obj-m := one.o
		all: tool.o; \$(MAKE) -C $K_DIR M=\$(CURDIR) modules
		include \$(FRAGMENT)
	EOF
}

# whole FRAGMENT
whole() {
	local had

	had=$(ls -A /)
	whole_files &&
		srctree=/nowhere make -s -C "$work/whole" FRAGMENT="$lists/$1" &&
		grep -q squirrel <<<"$(nm "$work/whole/one.ko")" &&
		[ "$(ls -A /)" = "$had" ] && rm -r "$work/whole"
}

# The older way to say where headers are, one of which has the pr_fmt.
extra_cflags() {
	whole_files && mkdir "$work/whole/inc" &&
		echo '#define pr_fmt(fmt) "one: " fmt' >"$work/whole/inc/one.h" &&
		sed -i '1i #include "one.h"' "$work/whole/one.c" &&
		sed -i '1i EXTRA_CFLAGS := -I$(src)/inc -Werror' "$work/whole/Makefile" &&
		make -s -C "$work/whole" FRAGMENT="$lists/kmem_cache.mk" &&
		rm -r "$work/whole"
}

# ---- the lists ---------------------------------------------------------------------

names() {
	awk '!/^#/ && NF' "$tree/include/squirrel/dropin$1.syms"
}

# What the kernel has and a list names is exported, and each that is exported is listed.
lists_agree() {
	local from to listed bad=0

	while read -r from to; do
		awk -v n="$from" '$2 == n { f = 1 } END { exit !f }' \
			"$K_DIR/Module.symvers" || continue
		[[ $to != squirrel_does_not_cover_* ]] || continue
		awk -v n="$to" '$2 == n { f = 1 } END { exit !f }' \
			"$built/Module.symvers" || {
			echo "$to is not exported"
			bad=1
		}
	done < <(names '' && names -kmalloc)
	listed=$(names '' && names -kmalloc)
	while read -r to; do
		grep -q " $to$" <<<"$listed" || {
			echo "$to is in no list"
			bad=1
		}
	done < <(awk '$2 ~ /^squirrel_dropin_/ { print $2 }' "$built/Module.symvers")
	return $bad
}

# Two of one name in a list, or two that become one, objcopy takes for an error.
lists_good() {
	local list

	for list in '' -kmalloc; do
		[ -z "$(names "$list" | awk 'NF != 2')" ] &&
			[ -z "$(names "$list" | awk '{ print $1 }' | sort | uniq -d)" ] &&
			[ -z "$(names "$list" | awk '{ print $2 }' | sort | uniq -d)" ] ||
			return 1
	done
}

by_hand() {
	cp "$client/blob.o_shipped" "$work/hand.o" &&
		objcopy --redefine-syms="$lists/dropin-kmalloc.syms" "$work/hand.o" &&
		objcopy --redefine-syms="$lists/dropin.syms" "$work/hand.o" &&
		cp "$work/hand.o" "$client/hand.o" && redirected hand.o &&
		rm "$client/hand.o"
}

client_files
ok "a list has each name once" lists_good
ok "lists and exports agree" lists_agree
ok "a prebuilt object is built" make_blob
ok "the client builds without the fragment" plainly
ok "blob.o is as it came" as_ever blob.o
ok "the client builds" build
for object in one.o two_a.o two_b.o blob.o two.o one.ko two.ko; do
	ok "$object is redirected" redirected "$object"
done
ok "one.ko needs squirrel_dropin" depends one.ko squirrel_dropin
ok "two.ko needs squirrel_dropin" depends two.ko squirrel_dropin
ok "symbols have their versions" versions two.ko squirrel_dropin_kfree
ok "kmalloc() is the kernel's" takes two.ko kmalloc_trace
ok "nothing is done twice" unchanged build
ok "objcopy does the same by hand" by_hand
ok "with kmalloc() it builds" build squirrel-dropin-kmalloc=y
ok "kmalloc() is squirrel's" takes two.ko squirrel_dropin_kmalloc_trace
ok "what objcopy fails at is not there" broken OBJCOPY=false
ok "nor what the compiler fails at" broken KCFLAGS=-Dkfree=/
ok "the next build mends it" build
ok "two.ko is redirected again" redirected two.ko
ok "a single object, and the link left alone" build squirrel-dropin-objs=two_a.o
ok "two_a.o is redirected" redirected two_a.o
ok "two_b.o is not" as_ever two_b.o
ok "all are redirected again" build
ok "two_b.o is redirected again" redirected two_b.o
ok "a Makefile may be called by hand, too" whole dropin.mk
ok "with the header form as well" whole kmem_cache.mk
ok "EXTRA_CFLAGS are asked for who has pr_fmt, too" extra_cflags
echo '# another list' >>"$lists/dropin.syms"
ok "with another list all is done again" not unchanged build
ok "without the fragment it builds" plainly
ok "one.ko is as ever" as_ever one.ko
ok "two_b.o is as ever" as_ever two_b.o
ok "what is not covered stops the build" stops_at
exit $failed
