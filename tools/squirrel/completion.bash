# SPDX-License-Identifier: GPL-2.0
# Completion of the command squirrel, for bash.
# shellcheck shell=bash

_squirrel_names() {
	local root=${SQUIRREL_ROOT:-/sys/kernel/debug/squirrel} item

	for item in "$root"/caches/* "$root"/heaps/*; do
		[ ! -d "$item" ] || echo "${item##*/}"
	done 2>/dev/null
}

_squirrel() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=

	case $COMP_CWORD:${COMP_WORDS[1]}:$before in
	1:*) words='top map leaks whose check reclaim debug snapshot diff record replay json metrics --help --root' ;;
	*:top:-s | *:top:--sort) words='c a o u s n l v b p w m i r k' ;;
	*:top:*) words='-o -b -d -n -s --once --batch --delay --sort --help' ;;
	*:replay:-s) words='segregated first best' ;;
	*:record:-[db]) ;;
	*:map:--svg | *:snapshot:* | *:diff:* | 2:record:* | 2:replay:* | *:replay:-m)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	2:map:* | 2:leaks:* | 2:debug:*) words="$(_squirrel_names) --help" ;;
	*:map:--by) words='state fullness class age site' ;;
	*:map:*) words='--by --svg' ;;
	*:record:*) words='-d -b --' ;;
	*:replay:*) words='-s -m' ;;
	3:debug:*) words='FZPU FZPUQ FZPUG + -' ;;
	*) words='--help' ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _squirrel squirrel
