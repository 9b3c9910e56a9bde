# SPDX-License-Identifier: GPL-2.0
# Job: squirrel loaded, and a prompt. Sourced by init, on the console.
# shellcheck shell=dash

clients=
[ ! -d client ] || clients=$(echo client/*.ko)
for m in extra/*.ko; do
	[ -e "$m" ] && insmod "$m"
done
insmod squirrel.ko && echo "squirrel.ko is loaded; look at /sys/kernel/debug/squirrel"
cat <<END
Here: $clients $(echo samples/*.ko traces/*), selftests/*.sh
Try:  insmod samples/acorn.ko hold=1; ./squirrel top; ./squirrel map heaps/default
      insmod samples/replay.ko trace=traces/boot.trace subject=squirrel keep=1
      ./squirrel map heaps/replay --by class; ./squirrel --help
Exit (Ctrl-D) switches the machine off.
END
export PS1='squirrel# '
setsid cttyhack sh
