# SPDX-License-Identifier: GPL-2.0
# Connection tracking, nf_tables and NAT: connections are found under RCU in memory that may
# be another connection's by then (SLAB_TYPESAFE_BY_RCU), and their extensions grow by krealloc().
# shellcheck shell=bash disable=SC2034

PACKAGES="nftables iproute2"
PROGRAMS="/usr/sbin/nft /usr/sbin/ip"
FOLDERS="netfilter"
MODULES="netfilter/nf_conntrack.ko netfilter/nf_nat.ko netfilter/nf_tables.ko
	netfilter/nft_ct.ko netfilter/nft_chain_nat.ko netfilter/nft_masq.ko"
NEEDS="veth"
CACHES="nf_conntrack nf_conntrack_expect"

# Of the folder's hundred modules those that are needed here. The source of 6.1 is without
# the patches of PREEMPT_RT, whose headers have one name for what are two there.
client_source() {
	from_kernel "$1" net/netfilter
	cat >"$1/netfilter/Kbuild" <<-'EOF'
		include $(src)/Makefile
		obj-y :=
		obj-m := nf_conntrack.o nf_nat.o nf_tables.o nft_ct.o nft_chain_nat.o nft_masq.o
		ccflags-$(CONFIG_PREEMPT_RT) += \
			-Du64_stats_fetch_begin_irq=u64_stats_fetch_begin \
			-Du64_stats_fetch_retry_irq=u64_stats_fetch_retry
	EOF
}
