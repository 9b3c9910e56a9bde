# SPDX-License-Identifier: GPL-2.0
# Job: the package squirrel-dkms on a running machine, the small Debian of
# tools/test-package.sh, which has squirrel and its client acorn installed. Both are
# loaded; squirrel is upgraded while they are, and removed while they are.
# shellcheck shell=dash

DEBUG=/sys/kernel/debug/squirrel
SAID=/tmp/said
read -r OLD NEW RELEASE </squirrel/versions
. ./result.sh

# check TITLE COMMAND...: what it says is shown if it fails.
check() {
	title=$1
	shift
	"$@" >"$SAID" 2>&1
	status=$?
	[ "$status" -eq 0 ] || sed 's/^/#   /' "$SAID"
	result "$status" "$title"
}

# refuse TITLE PATTERN COMMAND...: it fails, and says why, or the kernel does.
refuse() {
	title=$1
	pattern=$2
	shift 2
	dmesg -c >/dev/null
	status=1
	if ! "$@" >"$SAID" 2>&1; then
		dmesg >>"$SAID"
		grep -q -e "$pattern" "$SAID" && status=0
	fi
	[ "$status" -eq 0 ] || sed 's/^/#   /' "$SAID"
	result "$status" "$title"
}

said() {
	dmesg | grep -q -e "$1"
}

# is FILE TEXT
is() {
	[ "$(cat "$1")" = "$2" ] || {
		echo "$1 is '$(cat "$1")', wanted '$2'"
		return 1
	}
}

# held N: so many objects of acorn are live, and squirrel finds nothing broken.
held() {
	is "$DEBUG/check" 0 && [ "$(sed -n 's/^live_objects: //p' \
		"$DEBUG/caches/acorn/stats")" = "$1" ]
}

gone() {
	[ ! -d /sys/module/acorn ] && [ ! -d /sys/module/squirrel ]
}

# shown COMMAND...: it takes long; so that one sees that it goes on.
shown() {
	"$@" 2>&1 | sed 's/^/# /'
}

# parameters: those of the example for /etc/modprobe.d.
parameters() {
	is /sys/module/squirrel/parameters/strategy best &&
		is /sys/module/squirrel/parameters/reclaim "parallel 100"
}

not_there() {
	[ -z "$(find / -xdev \( -path /proc -o -path /sys -o -path /var/log -o -path /tmp \
		-o -path /squirrel -o -path /root/debs \
		-o -path "/usr/src/linux-headers-*" \) -prune -o \
		\( -name '*squirrel*' -o -name '*acorn*' \) -print | tee -a "$SAID")" ]
}

[ "$(uname -r)" = "$RELEASE" ] || {
	echo "Bail out! this is not $RELEASE"
	exit 1
}

echo "# loading"
cp /usr/share/doc/squirrel-dkms/examples/modprobe.d/squirrel.conf /etc/modprobe.d/
check "modprobe squirrel" modprobe squirrel
check "with the example for modprobe.d" parameters
check "modprobe -r squirrel" modprobe -r squirrel
rm /etc/modprobe.d/squirrel.conf
check "modprobe of the client loads both" modprobe acorn hold=1
check "it does what it is for" said 'acorn: ok'
check "squirrel's version is in sysfs" is /sys/module/squirrel/version "$OLD"
check "tainted by O and E: out of tree, and a signature that nobody vouches for" \
	is /sys/module/squirrel/taint OE
check "and by nothing else" is /proc/sys/kernel/tainted $(((1 << 12) | (1 << 13)))
check "the client's object is live" held 1
check "the command finds all sound" squirrel check
check "and knows the client's cache" eval 'squirrel top -o | grep -q " acorn$"'
refuse "squirrel cannot be unloaded" 'in use' rmmod squirrel

echo "# upgrade while both are loaded (DKMS builds here: minutes)"
shown dpkg -i /root/debs/next.deb | tee /tmp/upgrade
check "the upgrade is installed" [ "$(dpkg-query -W -f '${Status} ${Version}' \
	squirrel-dkms)" = "install ok installed $NEW" ]
check "it says that the old one stays loaded" \
	grep -q "squirrel $OLD is loaded and stays so" /tmp/upgrade
check "which it is" is /sys/module/squirrel/version "$OLD"
check "with the client's object" held 1
check "on disk is the new one" [ "$(modinfo -F version squirrel)" = "$NEW" ]
refuse "the old one cannot be unloaded" 'in use' rmmod squirrel
check "the client can" rmmod acorn
refuse "the new client does not go with the old squirrel" \
	'disagrees about version of symbol' modprobe acorn
check "still the old one" is /sys/module/squirrel/version "$OLD"
check "it is unloaded" rmmod squirrel
check "the new client loads with the new squirrel" modprobe acorn hold=1
check "which it is" is /sys/module/squirrel/version "$NEW"
check "the client's object is live" held 1

echo "# removal while both are loaded"
cp "$(modinfo -n squirrel)" /tmp/copy.ko
shown dpkg -P acorn-dkms squirrel-dkms squirrel-tools | tee /tmp/removal
check "it says that squirrel stays loaded" grep -q 'squirrel is loaded and stays so' \
	/tmp/removal
check "nothing has a name of theirs any more" not_there
check "the client's object is live" held 1
check "the client is unloaded" rmmod acorn
check "squirrel is unloaded" rmmod squirrel
check "both are gone" gone
refuse "and are not to be had" 'not found' modprobe squirrel

echo "# a kernel that wants signatures it can check"
echo 1 >/sys/module/module/parameters/sig_enforce
refuse "refuses DKMS' own key" 'unavailable key' insmod /tmp/copy.ko
echo "1..$n"
