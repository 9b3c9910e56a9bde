# SPDX-License-Identifier: GPL-2.0
# A router that hides one network from another, each conversation a connection that it
# follows and translates, while rules and sets come and go.
# shellcheck shell=dash

NEAR="ip netns exec near"
FAR="ip netns exec far"
ROUTER="ip netns exec router"

ip() {
	/usr/bin/ip "$@"
}

# wire NAME ADDRESS FAR-ADDRESS: a namespace, and its line to the router.
wire() {
	ip netns add "$1" &&
		ip link add "to$1" netns router type veth peer name eth netns "$1" &&
		ip -n router addr add "$2/24" dev "to$1" &&
		ip -n router link set "to$1" up &&
		ip -n "$1" addr add "$3/24" dev eth &&
		ip -n "$1" link set lo up && ip -n "$1" link set eth up
}

# What is known of a connection is asked for, so that it is kept.
rules() {
	$ROUTER nft -f - <<-EOF
		table ip sq {
			set seen { type ipv4_addr . inet_service; }
			map far { type inet_service : ipv4_addr; elements = { 1 : 192.0.2.7 } }
			chain past {
				type filter hook forward priority 0; policy drop;
				ct state established,related counter accept
				ct state new ct mark set 7 counter accept
			}
			chain out {
				type nat hook postrouting priority 100;
				oifname "tofar" masquerade
			}
		}
	EOF
}

network() {
	ip netns add router && ip -n router link set lo up &&
		wire near 10.7.0.1 10.7.0.2 && wire far 192.0.2.1 192.0.2.2 &&
		ip -n near route add default via 10.7.0.1 &&
		$ROUTER sysctl -q -w net.ipv4.conf.all.forwarding=1
}

# Some hundred elements, in one transaction, added and taken away.
come_and_go() {
	local i=0 list

	list=$(awk 'BEGIN { for (i = 1; i < 300; i++)
		printf "10.9.%d.%d . %d, ", i / 200, i % 200, i }')
	while [ $i -lt "$1" ] || [ ! -e /tmp/enough ]; do
		echo "add element ip sq seen { $list }
			add chain ip sq more
			add rule ip sq more ip saddr . tcp dport @seen counter
			" | $ROUTER nft -f - &&
			echo "flush chain ip sq more
			delete chain ip sq more
			flush set ip sq seen" | $ROUTER nft -f - || return 1
		i=$((i + 1))
	done
}

# Three at once, so that both CPUs have some.
talk() {
	local p q status=0

	$NEAR flows udp 192.0.2.2 4711 "$FLOWS" &
	p=$!
	$NEAR flows udp 192.0.2.2 4711 "$FLOWS" &
	q=$!
	$NEAR flows tcp 192.0.2.2 4711 $((FLOWS / 4)) || status=1
	wait $p || status=1
	wait $q || status=1
	return $status
}

file_over() {
	local p

	$FAR flows take 4712 >/tmp/arrived &
	p=$!
	sleep 1
	$NEAR flows send 192.0.2.2 4712 </squirrel/squirrel.ko && wait $p &&
		sha256sum </tmp/arrived
}

followed() {
	echo "connections: $($ROUTER cat /proc/sys/net/netfilter/nf_conntrack_count)" \
		>>/tmp/notes
}

traffic() {
	local p

	rm -f /tmp/enough
	come_and_go 5 &
	p=$!
	talk && followed && file_over && talk && followed ||
		{ touch /tmp/enough; return 1; }
	touch /tmp/enough
	wait $p
}

client_work() {
	local ok=0

	network && rules || return 1
	$FAR flows serve 4711 &
	traffic || ok=1
	client_end
	return $ok
}

client_end() {
	killall flows
	$ROUTER nft flush ruleset
	for n in near far router; do
		ip netns del $n
	done
} >/dev/null 2>&1
