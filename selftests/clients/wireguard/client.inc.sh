# SPDX-License-Identifier: GPL-2.0
# WireGuard: peers, addresses that are allowed, and a limit of rates, all freed by RCU.
# shellcheck shell=bash disable=SC2034

PACKAGES="wireguard-tools iproute2"
PROGRAMS="/usr/bin/wg /usr/sbin/ip"
FOLDERS="wireguard"
MODULES="wireguard/wireguard.ko"
NEEDS="veth"
CACHES="wg_peer allowedips_node ratelimiter_entry"

client_source() {
	from_kernel "$1" drivers/net/wireguard
}
