# SPDX-License-Identifier: GPL-2.0
# Jool's NAT64: sessions come and go in softirq, with GFP_ATOMIC.
# shellcheck shell=bash disable=SC2034

PACKAGES="iproute2 libnl-3-200 libnl-genl-3-200"
PROGRAMS="/usr/sbin/ip"
FOLDERS="src/mod/common src/mod/nat64"
MODULES="src/mod/common/jool_common.ko src/mod/nat64/jool.ko"
NEEDS="veth"
CACHES="jool_xlations bib_nodes session_nodes jool_joold_nodes"

client_source() {
	from_package "$1" jool-dkms
}

client_guest() {
	put_program "$1" "$(package jool-tools)/usr/bin/jool"
}
