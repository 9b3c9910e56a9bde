# SPDX-License-Identifier: GPL-2.0
# NAT64: hosts that have IPv6 only talk to one that has IPv4 only, each conversation a
# session of the translator in between.
# shellcheck shell=dash

NAT="ip netns exec nat"
SIX="ip netns exec six"
FOUR="ip netns exec four"

ip() {
	/usr/bin/ip "$@"
}

# wire NAME ADDRESS FAR-ADDRESS: a namespace, and its line to the translator.
wire() {
	local now=

	[ "${2#*:}" = "$2" ] || now=nodad
	# shellcheck disable=SC2086 # or nothing
	ip netns add "$1" &&
		ip link add "to$1" netns nat type veth peer name eth netns "$1" &&
		ip -n nat addr add "$2" dev "to$1" $now &&
		ip -n nat link set "to$1" up &&
		ip -n "$1" addr add "$3" dev eth $now &&
		ip -n "$1" link set lo up && ip -n "$1" link set eth up &&
		ip -n "$1" route add default via "${2%/*}"
}

network() {
	ip netns add nat && ip -n nat link set lo up &&
		wire six 2001:db8::1/64 2001:db8::8/64 &&
		wire four 192.0.2.1/24 192.0.2.5/24 &&
		$NAT sysctl -q -w net.ipv4.conf.all.forwarding=1 &&
		$NAT sysctl -q -w net.ipv6.conf.all.forwarding=1
}

translator() {
	$NAT jool instance add sq --netfilter --pool6 64:ff9b::/96 &&
		$NAT jool -i sq pool4 add --udp 192.0.2.1 10000-60000 &&
		$NAT jool -i sq pool4 add --tcp 192.0.2.1 10000-60000 &&
		$NAT jool -i sq pool4 add --icmp 192.0.2.1 10000-60000
}

ping_until() {
	for _ in 1 2 3 4 5; do
		! $SIX ping6 -c 1 -W 5 64:ff9b::192.0.2.5 >&2 || return 0
	done
	return 1
}

# Three at once, so that packets are translated on both CPUs.
talk() {
	local p q status=0

	$SIX flows udp 64:ff9b::192.0.2.5 4711 "$FLOWS" &
	p=$!
	$SIX flows udp 64:ff9b::192.0.2.5 4711 "$FLOWS" &
	q=$!
	$SIX flows tcp 64:ff9b::192.0.2.5 4711 $((FLOWS / 4)) || status=1
	wait $p || status=1
	wait $q || status=1
	return $status
}

# A port may come twice, and find the session of the one before.
sessions() {
	echo "sessions: $($NAT jool -i sq session display --numeric --csv \
		--no-headers --udp | wc -l)" >>/tmp/notes
}

file_over() {
	local p

	$FOUR flows take 4712 >/tmp/arrived &
	p=$!
	sleep 1
	$SIX flows send 64:ff9b::192.0.2.5 4712 </squirrel/squirrel.ko && wait $p &&
		sha256sum </tmp/arrived
}

client_work() {
	local ok=0

	network && translator || return 1
	$FOUR flows serve 4711 &
	ping_until && talk && file_over && sessions && $NAT jool instance flush &&
		translator && talk && sessions || ok=1
	client_end
	return $ok
}

client_end() {
	killall flows
	$NAT jool instance flush
	for n in six four nat; do
		ip netns del $n
	done
} >/dev/null 2>&1
