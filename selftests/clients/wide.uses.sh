# SPDX-License-Identifier: GPL-2.0
# Sourced in the guest of test-wide.sh, by a line of wide.list: what a module is used for. $MODULE is
# the one at hand. A use fails if anything in it does; use_end leaves nothing of it, whatever
# has happened.
# shellcheck shell=dash

MNT=/tmp/mnt
TREE=/tmp/tree
IMAGE=/tmp/image
DISK=/dev/ram0
NUMBER=48	# files
FAR="ip netns exec far"
export MDADM_NO_UDEV=1 DM_DISABLE_UDEV=1

# program NAME...: where busybox would take its own.
program() {
	local path=/usr/bin/$1

	shift
	"$path" "$@"
}

ip() {
	program ip "$@"
}

tc() {
	program tc "$@"
}

# ---- file systems -----------------------------------------------------------

files_sum() {
	(cd "$MNT" && find . -type f | sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum)
}

# One byte is another, if that is to be noticed.
spoilt() {
	! busted data || [ -n "$BASE" ] || printf x |
		dd of="$MNT/s1-0/a file with number 0" conv=notrunc bs=1 seek=7 2>/dev/null
}

# written: what is written is read once more after another mount, and goes.
written() {
	"$@" && files fill $MNT 1 $NUMBER && files churn $MNT 2 $NUMBER && sync &&
		files_sum >/tmp/sum && spoilt && umount $MNT && "$@" && files check $MNT 1 $NUMBER &&
		files_sum | cmp - /tmp/sum && rm -rf $MNT/s1-* && umount $MNT
}

# disk MKFS...: on a disk of memory.
disk() {
	modprobe brd
	program "$@" $DISK && written mount -t "$MODULE" $DISK $MNT
}

# image [-t TYPE] [-o OPTIONS] COMMAND...: makes $IMAGE of $TREE, which is read.
image() {
	local type=$MODULE options=ro

	while [ "${1#-}" != "$1" ]; do
		case $1 in
		-t) type=$2 ;;
		-o) options=ro,$2 ;;
		esac
		shift 2
	done
	mkdir -p $TREE && files fill $TREE 1 $NUMBER && program "$@" || return 1
	modprobe loop
	mount -t "$type" -o "loop,$options" $IMAGE $MNT && files check $MNT 1 $NUMBER &&
		echo 3 >/proc/sys/vm/drop_caches && files check $MNT 1 $NUMBER && umount $MNT
}

# flat COMMAND...: of one folder, with short names.
flat() {
	local i

	modprobe brd
	program "$@" $DISK && mount -t "$MODULE" $DISK $MNT || return 1
	for i in 1 2 3 4 5 6 7 8 9; do
		head -c $((i * 3000)) /squirrel/squirrel.ko >"$MNT/f$i" || return 1
	done
	files_sum >/tmp/sum && umount $MNT && mount -t "$MODULE" $DISK $MNT &&
		files_sum | cmp - /tmp/sum && rm $MNT/f* && umount $MNT
}

ext4_on() {
	program mke2fs -q -F -t ext4 -b 1024 "$1" 48M && written mount -t ext4 "$1" $MNT
}

overlay() {
	mkdir -p /tmp/over && mount -t tmpfs none /tmp/over &&
		mkdir /tmp/over/lower /tmp/over/upper /tmp/over/work &&
		files fill /tmp/over/lower 3 $NUMBER &&
		written mount -t overlay -o \
		lowerdir=/tmp/over/lower,upperdir=/tmp/over/upper,workdir=/tmp/over/work none $MNT
}

fuse() {
	modprobe brd
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229
	program mke2fs -q -F -t ext4 -O ^has_journal -b 1024 $DISK 48M && fuse2fs $DISK $MNT &&
		files fill $MNT 1 $NUMBER && files check $MNT 1 $NUMBER &&
		files churn $MNT 2 $NUMBER && umount $MNT || return 1
	while pidof fuse2fs; do sleep 1; done
}

# flash TYPE: jffs2 on a flash of memory, or ubifs, in a volume there.
flash() {
	modprobe mtdram && modprobe mtdblock || return 1
	case $1 in
	jffs2) written mount -t jffs2 mtd0 $MNT ;;
	ubifs)
		modprobe ubi && ubiattach -m 0 && ubimkvol /dev/ubi0 -N sq -m || return 1
		[ -z "${2:-}" ] || return 0
		written mount -t ubifs ubi0:sq $MNT
		;;
	esac
}

# nfs: this machine is its own server.
nfs() {
	modprobe nfsd && mkdir -p /srv /var/lib/nfs/v4recovery /etc &&
		mount -t tmpfs none /srv && mount -t nfsd none /proc/fs/nfsd &&
		ip link set lo up && echo '/srv *(rw,fsid=0,no_root_squash,no_subtree_check,insecure)' >/etc/exports &&
		: >/var/lib/nfs/etab && : >/var/lib/nfs/rmtab && exportfs -ra &&
		rpc.mountd -N 2 -N 3 && rpc.nfsd -p 2049 -N 3 -V 4 2 &&
		written mount -t nfs4 -o vers=4.1,addr=127.0.0.1,clientaddr=127.0.0.1 \
			127.0.0.1:/ $MNT
}

nfs_end() {
	[ ! -e /proc/fs/nfsd/threads ] || echo 0 >/proc/fs/nfsd/threads
	killall rpc.mountd
	exportfs -au
	umount /proc/fs/nfsd
	umount /srv
}

# plan9: a folder of the machine that emulates this one.
plan9() {
	modprobe virtio_pci && modprobe 9pnet_virtio &&
		written mount -t 9p -o trans=virtio,version=9p2000.L sq $MNT
}

# ---- block devices -----------------------------------------------------------

# array LEVEL DISKS: of disks of memory, one of which fails.
array() {
	local disks="/dev/ram0 /dev/ram1 /dev/ram2"

	[ "$2" -eq 3 ] || disks="/dev/ram0 /dev/ram1"
	modprobe brd
	# shellcheck disable=SC2086 # words
	mdadm --create /dev/md0 --run --assume-clean --metadata=1.2 -z 64M --level="$1" \
		--raid-devices="$2" $disks </dev/null && ext4_on /dev/md0 || return 1
	[ "$1" = 0 ] || { mdadm /dev/md0 --fail /dev/ram1 --remove /dev/ram1 &&
		ext4_on /dev/md0; }
}

# mapped TABLE...: a device of the device mapper's.
mapped() {
	modprobe brd
	echo "$*" | dmsetup create w0 && ext4_on /dev/mapper/w0
}

bcache() {
	modprobe brd
	make-bcache -B /dev/ram0 -C /dev/ram1 &&
		echo /dev/ram1 >/sys/fs/bcache/register && echo /dev/ram0 >/sys/fs/bcache/register &&
		until_true [ -e /dev/bcache0 ] && ext4_on /dev/bcache0
}

bcache_end() {
	local f

	for f in /sys/block/bcache*/bcache/stop /sys/fs/bcache/*-*/stop; do
		[ ! -e "$f" ] || echo 1 >"$f"
	done
	until_true [ ! -e /dev/bcache0 ]
}

looped() {
	truncate -s 64M $IMAGE && losetup /dev/loop0 $IMAGE && ext4_on /dev/loop0 &&
		losetup -d /dev/loop0
}

# nbd: this machine's own file.
nbd() {
	ip link set lo up && truncate -s 64M $IMAGE && nbd-server 127.0.0.1@10809 $IMAGE -C '' &&
		until_true eval 'netstat -ltn | grep -q ":10809 "' &&
		nbd-client 127.0.0.1 10809 /dev/nbd0 -N '' && ext4_on /dev/nbd0 &&
		nbd-client -d /dev/nbd0
}

# gadget: a disk on USB that is this machine's own file.
gadget() {
	local g=/sys/kernel/config/usb_gadget/sq

	modprobe configfs && mount -t configfs none /sys/kernel/config
	modprobe sd_mod && modprobe usb-storage && modprobe libcomposite &&
		modprobe dummy_hcd && truncate -s 64M $IMAGE && mkdir $g &&
		mkdir -p $g/strings/0x409 $g/configs/c.1/strings/0x409 $g/functions/mass_storage.0 &&
		echo 0x1d6b >$g/idVendor && echo 0x0104 >$g/idProduct &&
		echo squirrel >$g/strings/0x409/manufacturer &&
		echo $IMAGE >$g/functions/mass_storage.0/lun.0/file &&
		ln -s $g/functions/mass_storage.0 $g/configs/c.1/ && echo dummy_udc.0 >$g/UDC &&
		until_true [ -e /dev/sda ] && ext4_on /dev/sda
}

gadget_end() {
	local g=/sys/kernel/config/usb_gadget/sq

	echo >$g/UDC
	rm -f $g/configs/c.1/mass_storage.0
	rmdir $g/configs/c.1/strings/0x409 $g/configs/c.1 $g/functions/mass_storage.0 \
		$g/strings/0x409 $g
}

# target: a disk of SCSI that is this machine's own memory.
target() {
	local t=/sys/kernel/config/target naa=naa.5000000000000001

	modprobe configfs && mount -t configfs none /sys/kernel/config
	modprobe tcm_loop && modprobe sd_mod && mkdir -p $t/core/rd_mcp_0/d0 &&
		echo rd_pages=16384 >$t/core/rd_mcp_0/d0/control &&
		echo 1 >$t/core/rd_mcp_0/d0/enable &&
		mkdir -p $t/loopback/$naa/tpgt_1 &&
		echo naa.500000000000000a >$t/loopback/$naa/tpgt_1/nexus &&
		mkdir -p $t/loopback/$naa/tpgt_1/lun/lun_0 &&
		ln -s $t/core/rd_mcp_0/d0 $t/loopback/$naa/tpgt_1/lun/lun_0/d0 &&
		until_true [ -e /dev/sda ] && ext4_on /dev/sda
}

target_end() {
	local t=/sys/kernel/config/target l=/sys/kernel/config/target/loopback/naa.5000000000000001

	rm -f $l/tpgt_1/lun/lun_0/d0
	rmdir $l/tpgt_1/lun/lun_0
	echo NULL >$l/tpgt_1/nexus
	rmdir $l/tpgt_1 $l $t/loopback $t/core/rd_mcp_0/d0 $t/core/rd_mcp_0
}

# nvme_over_tcp: of this machine's own, to itself.
nvme_over_tcp() {
	local n=/sys/kernel/config/nvmet

	modprobe configfs && mount -t configfs none /sys/kernel/config
	ip link set lo up && modprobe brd && modprobe nvmet-tcp && modprobe nvme-tcp &&
		mkdir $n/subsystems/sq && echo 1 >$n/subsystems/sq/attr_allow_any_host &&
		mkdir $n/subsystems/sq/namespaces/1 &&
		echo -n $DISK >$n/subsystems/sq/namespaces/1/device_path &&
		echo 1 >$n/subsystems/sq/namespaces/1/enable && mkdir $n/ports/1 &&
		echo ipv4 >$n/ports/1/addr_adrfam && echo tcp >$n/ports/1/addr_trtype &&
		echo 127.0.0.1 >$n/ports/1/addr_traddr && echo 4420 >$n/ports/1/addr_trsvcid &&
		ln -s $n/subsystems/sq $n/ports/1/subsystems/sq &&
		echo transport=tcp,traddr=127.0.0.1,trsvcid=4420,nqn=sq >/dev/nvme-fabrics &&
		until_true [ -e /dev/nvme0n1 ] && ext4_on /dev/nvme0n1
}

nvme_end() {
	local n=/sys/kernel/config/nvmet

	for f in /sys/class/nvme/*/delete_controller; do
		echo 1 >"$f"
	done
	rm -f $n/ports/1/subsystems/sq
	rmdir $n/ports/1
	echo 0 >$n/subsystems/sq/namespaces/1/enable
	rmdir $n/subsystems/sq/namespaces/1 $n/subsystems/sq
}

# ---- networks -----------------------------------------------------------------

# wire: a namespace that is called far, and a line there: v0 here, eth there.
wire() {
	ip netns add far && ip link set lo up && ip -n far link set lo up &&
		ip link add v0 type veth peer name eth netns far &&
		ip link set v0 up && ip -n far link set eth up
}

address() {
	ip addr add 10.7.0.1/24 dev "$1" && ip -n far addr add 10.7.0.2/24 dev "$2"
}

hears() {
	local i

	for i in 1 2 3 4 5 6 7 8; do
		! ping -c 2 -W 2 -s 1000 10.7.0.2 || return 0
	done
	return 1
}

# port ARGUMENTS...: a device that the line goes into.
port() {
	wire && ip link set v0 down && ip link add w0 "$@" && ip link set v0 master w0 &&
		ip link set v0 up && ip link set w0 up && address w0 eth && hears
}

# over ARGUMENTS...: a device that is above the line.
over() {
	wire && address v0 eth && ip link add w0 link v0 type "$@" && ip link set w0 up &&
		ip addr add 10.8.0.1/24 dev w0 && ip -n far addr add 10.8.0.2/24 dev eth &&
		ping -c 3 -W 5 -I w0 10.8.0.2
}

# vxlan: a line in the line.
vxlan() {
	wire && address v0 eth &&
		ip link add w0 type vxlan id 7 dev v0 remote 10.7.0.2 dstport 4789 &&
		ip -n far link add w0 type vxlan id 7 dev eth remote 10.7.0.1 dstport 4789 &&
		ip link set w0 up && ip -n far link set w0 up &&
		ip addr add 10.8.0.1/24 dev w0 && ip -n far addr add 10.8.0.2/24 dev w0 &&
		ping -c 3 -W 5 10.8.0.2 && ip link del w0
}

# qdisc ARGUMENTS...: what is sent waits there.
qdisc() {
	wire && address v0 eth && tc qdisc add dev v0 root handle 1: "$@" && hears &&
		tc -s qdisc show dev v0 && tc qdisc del dev v0 root
}

# filter ARGUMENTS...: what is sent is looked at.
filter() {
	wire && address v0 eth && tc qdisc add dev v0 root handle 1: prio &&
		tc filter add dev v0 parent 1: protocol ip prio 1 "$@" && hears &&
		tc -s filter show dev v0 && tc qdisc del dev v0 root
}

# ipsec ALGORITHM: a state that has it is made, and goes.
ipsec() {
	ip xfrm state add src 10.7.0.1 dst 10.7.0.2 proto ah spi 7 \
		auth "$1" 0x000102030405060708090a0b0c0d0e0f && ip xfrm state && ip xfrm state flush
}

# set TYPE ELEMENT [OPTION...]
set_of() {
	local type=$1 element=$2

	shift 2
	ipset create sq "$type" "$@" && ipset add sq "$element" && ipset test sq "$element" &&
		ipset save && ipset del sq "$element" && ipset add sq "$element" && ipset destroy sq
}

# balance HOW: a virtual service of ours, and who serves it.
balance() {
	wire && address v0 eth || return 1
	flows serve 4711 &
	ipvsadm -A -u 10.7.0.1:4712 -s "$1" && ipvsadm -a -u 10.7.0.1:4712 -r 10.7.0.1:4711 -m &&
		$FAR flows udp 10.7.0.1 4712 20 && ipvsadm -L -n && ipvsadm -C
}

switched() {
	modprobe openvswitch && wire && ovs-dpctl add-dp sq && ovs-dpctl add-if sq v0 &&
		ovs-dpctl add-flow sq 'in_port(0),eth(),eth_type(0x0800),ipv4()' 1 &&
		ovs-dpctl add-flow sq 'in_port(1),eth(),eth_type(0x0800),ipv4()' 0 &&
		ovs-dpctl add-flow sq 'in_port(0),eth(),eth_type(0x0806),arp()' 1 &&
		ovs-dpctl add-flow sq 'in_port(1),eth(),eth_type(0x0806),arp()' 0 &&
		ip link set sq up && address sq eth && hears &&
		ovs-dpctl dump-flows sq && ovs-dpctl del-dp sq
}

# sent LISTEN CONNECT: what one socat sends another takes.
sent() {
	local p

	ip link set lo up
	socat -u "$1" CREATE:/tmp/arrived &
	p=$!
	sleep 2
	socat -u FILE:/squirrel/squirrel.ko "$2" && wait $p && cmp /squirrel/squirrel.ko /tmp/arrived
}

can() {
	local p

	ip link add w0 type vcan && ip link set w0 up || return 1
	candump -n 2 w0 >/tmp/arrived &
	p=$!
	sleep 1
	cansend w0 123#DEADBEEF && cansend w0 124#01020304 && wait $p && grep 'DE AD BE EF' /tmp/arrived
}

tunnel() {
	wire && address v0 eth &&
		ip l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 encap ip local 10.7.0.1 remote 10.7.0.2 &&
		ip l2tp add session name w0 tunnel_id 1 session_id 1 peer_session_id 1 &&
		ip -n far l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 encap ip local 10.7.0.2 remote 10.7.0.1 &&
		ip -n far l2tp add session name w0 tunnel_id 1 session_id 1 peer_session_id 1 &&
		ip link set w0 up && ip -n far link set w0 up &&
		ip addr add 10.8.0.1/24 dev w0 && ip -n far addr add 10.8.0.2/24 dev w0 &&
		ping -c 3 -W 5 10.8.0.2 &&
		ip l2tp del session tunnel_id 1 session_id 1 && ip l2tp del tunnel tunnel_id 1 &&
		ip -n far l2tp del tunnel tunnel_id 1
}

bearer() {
	wire && address v0 eth && tipc node set addr 1.1.1 && $FAR tipc node set addr 1.1.2 &&
		tipc bearer enable media eth device v0 && $FAR tipc bearer enable media eth device eth &&
		until_true eval 'tipc link list | grep ": up"' &&
		tipc nametable show && tipc bearer disable media eth device v0
}

# ---- sound ------------------------------------------------------------------------

# heard: what is played on the one end is there on the other; 128 is silence.
heard() {
	local p

	modprobe snd-pcm-oss && head -c 24000 /squirrel/squirrel.ko >/tmp/played || return 1
	dd if=/dev/adsp of=/tmp/arrived bs=4000 count=8 &
	p=$!
	sleep 1
	cat /tmp/played >/dev/dsp && wait $p &&
		[ "$(tr -d '\200' </tmp/arrived | wc -c)" -gt 4000 ]
}

# mouse: what is no such thing, on a line that is a pair of programs.
mouse() {
	mkdir -p /dev/pts && mount -t devpts -o ptmxmode=666 none /dev/pts
	rm -f /tmp/line
	socat PTY,link=/tmp/line,raw,echo=0 PTY,raw &
	until_true [ -e /tmp/line ] && ldattach MOUSE /tmp/line || return 1
	cat /tmp/line &
	until_true eval 'grep -q "Serial port" /sys/bus/serio/devices/*/description' || return 1
	killall cat ldattach socat
	until_true eval '! grep -q "Serial port" /sys/bus/serio/devices/*/description'
}

# ---- the end --------------------------------------------------------------------

use_end() {
	local m

	killall flows socat candump nbd-server ldattach cat
	! grep -q " $MNT " /proc/mounts || umount $MNT || umount -l $MNT
	! loaded nfsd || nfs_end
	[ ! -e /dev/bcache0 ] || bcache_end
	[ ! -d /sys/kernel/config/target/loopback ] || target_end
	[ ! -d /sys/kernel/config/nvmet/subsystems/sq ] || nvme_end
	[ ! -d /sys/kernel/config/usb_gadget/sq ] || gadget_end
	[ ! -e /dev/mapper/w0 ] || dmsetup remove --force w0
	[ ! -e /dev/md0 ] || mdadm --stop /dev/md0
	! grep -q " /tmp/over " /proc/mounts || umount /tmp/over
	! grep -q "/sys/kernel/config " /proc/mounts || umount /sys/kernel/config
	ipset destroy sq
	for m in w0 v0 sq; do
		ip link del $m
	done
	ip netns del far
	rm -rf $TREE $IMAGE /tmp/arrived
} >/dev/null 2>&1
