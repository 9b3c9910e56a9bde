# SPDX-License-Identifier: GPL-2.0
# Job: what tools/picture.sh shows.
# shellcheck shell=dash

if insmod squirrel.ko &&
	insmod samples/replay.ko trace="$SQUIRREL_DIR/traces/boot.trace" subject=squirrel keep=1 &&
	./squirrel map heaps/replay --svg - && rmmod replay && rmmod squirrel; then
	echo "ok 1 - picture"
else
	echo "not ok 1 - picture"
fi
echo "1..1"
