# SPDX-License-Identifier: GPL-2.0
# Sourced by tools/kernel.sh: packages of other suites and architectures, by an apt of
# our own. Its lists, its state and what it downloads are in the cache; the system's
# apt, its sources and its architectures stay as they are. Which server: the one that
# the system's own sources name. Who signs: Debian, as the system knows it.
# shellcheck shell=bash

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# own_release: the code name of the Debian that runs here.
own_release() {
	(. /etc/os-release && echo "${VERSION_CODENAME:?no code name in /etc/os-release}")
}

# The server of the release's main archive, as the system's apt has it.
own_mirror() {
	local mirror release

	release=$(own_release)
	# shellcheck disable=SC2016 # for apt
	mirror=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' \
		'Created-By: Packages' |
		awk -v r="$release" '$1 == r || $1 ~ /^(old)*stable$/ { print $2; exit }')
	[ -n "$mirror" ] || die "apt has no source for $release"
	echo "$mirror"
}

# own_sources SUITE: where it is had from. The release that runs here, as far as the
# system has it: with its updates.
own_sources() {
	local release

	release=$(own_release)
	echo "deb [signed-by=$KEYRING] $(own_mirror) $1 main"
	[ "$1" = "$release" ] || return 0
	# shellcheck disable=SC2016 # for apt
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' |
		awk -v r="$release" -v k="$KEYRING" '$2 == "main" &&
			($1 == r "-updates" || $1 == r "-security") {
			print "deb [signed-by=" k "] " $3 " " $1 " main" }'
}

# own_apt SUITE ARCH COMMAND ARGUMENTS...: apt-get or apt-cache, as if SUITE were
# all there is, on a machine of ARCH with no package installed.
own_apt() {
	local root=$SQ_CACHE/apt/$1-$2 arch=$2 command=$3

	shift 3
	"$command" -q -o Dir::Etc::SourceList="$root/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$root" -o Dir::State::Lists="$root/lists" \
		-o Dir::State::status="$root/status" -o Dir::Cache="$root/cache" \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o APT::Sandbox::User=root "$@"
}

# own_update SUITE ARCH: have its lists, at most a day old where the server answers.
own_update() {
	local root=$SQ_CACHE/apt/$1-$2

	[ -z "$(find "$root/updated" -mmin -1440 2>/dev/null)" ] || return 0
	lock "apt-$1-$2"
	[ -z "$(find "$root/updated" -mmin -1440 2>/dev/null)" ] || return 0
	need_packages debian-archive-keyring
	mkdir -p "$root/lists/partial" "$root/cache/archives/partial"
	: >"$root/status"
	own_sources "$1" >"$root/sources.list"
	say "fetching the package lists of $1 ($2)"
	if own_apt "$1" "$2" apt-get --error-on=any update >"$root/log" 2>&1; then
		touch "$root/updated"
	elif [ -e "$root/updated" ]; then
		say "the lists of $1 could not be fetched again: older ones are used"
	else
		tail -n 5 "$root/log" >&2
		die "the package lists of $1 could not be fetched"
	fi
}

# own_field SUITE ARCH PACKAGE FIELD: of its newest version; nothing if there is none.
own_field() {
	own_apt "$1" "$2" apt-cache --no-all-versions show "$3" 2>/dev/null |
		sed -n "s/^$4: //p" | head -n 1
}

# own_unpack SUITE ARCH DIR PACKAGE=VERSION...: their files, below DIR.
own_unpack() {
	local suite=$1 arch=$2 dir=$3 debs deb

	shift 3
	debs=$(mktemp -d)
	if ! (cd "$debs" && own_apt "$suite" "$arch" apt-get download "$@" >log 2>&1); then
		tail -n 5 "$debs/log" >&2
		rm -rf "$debs"
		die "could not download: $*"
	fi
	mkdir -p "$dir"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -rf "$debs"
}
