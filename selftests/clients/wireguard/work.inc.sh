# SPDX-License-Identifier: GPL-2.0
# Two network namespaces and a tunnel: a handshake, conversations both ways at once, a
# file that arrives as it was, and peers that come and go meanwhile.
# shellcheck shell=dash

A="ip netns exec a"
B="ip netns exec b"

# The program, not the shell's own.
ip() {
	/usr/bin/ip "$@"
}

# end NAME ADDRESS PEERS: a namespace with its half of the pair and the tunnel.
end() {
	ip link set "v$1" netns "$1" &&
		ip -n "$1" link set lo up &&
		ip -n "$1" addr add "192.168.7.$2/24" dev "v$1" &&
		ip -n "$1" link set "v$1" up &&
		ip -n "$1" link add wg0 type wireguard &&
		ip -n "$1" addr add "10.9.0.$2/24" dev wg0 &&
		ip -n "$1" link set wg0 up || return 1
	wg genkey >"/tmp/key.$1" && wg pubkey <"/tmp/key.$1" >"/tmp/pub.$1"
}

joined() {
	$A wg set wg0 listen-port 51820 private-key /tmp/key.a \
		peer "$(cat /tmp/pub.b)" allowed-ips 10.9.0.2/32 \
		endpoint 192.168.7.2:51820 &&
		$B wg set wg0 listen-port 51820 private-key /tmp/key.b \
			peer "$(cat /tmp/pub.a)" allowed-ips 10.9.0.1/32 \
			endpoint 192.168.7.1:51820
}

# Peers that nobody answers for: a configuration that has them, and one that takes
# them away. A key is 32 bytes in base64, the last four bits of it 0.
make_peers() {
	awk -v n="$1" 'BEGIN {
		c = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
		srand(7)
		for (i = 0; i < n; i++) {
			key = ""
			for (k = 0; k < 42; k++)
				key = key substr(c, 1 + int(rand() * 64), 1)
			key = key "A="
			printf "[Peer]\nPublicKey = %s\nAllowedIPs = 10.%d.%d.0/28, 10.%d.%d.64/27, fd00:%x::/64\n", \
				key, 16 + int(i / 200), i % 200, 16 + int(i / 200), i % 200, i >"/tmp/more"
		}
	}'
	sed -n 's/^PublicKey = \(.*\)/peer \1 remove/p' /tmp/more | tr '\n' ' ' >/tmp/less
}

come_and_go() {
	local i=0

	# shellcheck disable=SC2046 # words
	while [ $i -lt "$1" ] || [ ! -e /tmp/enough ]; do
		$A wg addconf wg0 /tmp/more && $A wg set wg0 $(cat /tmp/less) ||
			return 1
		i=$((i + 1))
	done
}

# both_ways KIND COUNT
both_ways() {
	local p status=0

	$A flows "$1" 10.9.0.2 4711 "$2" &
	p=$!
	$B flows "$1" 10.9.0.1 4711 "$2" || status=1
	wait $p || status=1
	return $status
}

# file_over: what arrives is what was sent.
file_over() {
	local p

	$B flows take 4712 >/tmp/arrived &
	p=$!
	sleep 1
	$A flows send 10.9.0.2 4712 </tmp/sent && wait $p && sha256sum </tmp/arrived
}

traffic() {
	local p

	awk 'BEGIN { for (i = 0; i < 200000; i++) print i * i }' >/tmp/sent
	make_peers 150
	rm -f /tmp/enough
	ping_until || return 1
	come_and_go 5 &
	p=$!
	for _ in 1 2; do
		both_ways udp "$FLOWS" && both_ways tcp $((FLOWS / 8)) &&
			file_over || { touch /tmp/enough; return 1; }
	done
	touch /tmp/enough
	wait $p && $A wg show wg0 latest-handshakes | awk '$2 > 0 { ok = 1 } END { exit !ok }'
}

ping_until() {
	for _ in 1 2 3 4 5; do
		! $A ping -c 1 -W 5 10.9.0.2 >&2 || return 0
	done
	return 1
}

client_work() {
	local ok=0

	ip netns add a && ip netns add b &&
		ip link add va type veth peer name vb &&
		end a 1 && end b 2 && joined || return 1
	$A flows serve 4711 &
	$B flows serve 4711 &
	traffic || ok=1
	client_end
	return $ok
}

client_end() {
	killall flows
	ip netns del a
	ip netns del b
} 2>/dev/null
