# SPDX-License-Identifier: GPL-2.0
# check-layers.awk: part B of check-layers.sh, which hands its tables over. Input is
# what nm -AgP prints; each line of output that begins with no blank is a breach, but
# for the last, which has the counts.

BEGIN {
	n = split(layers, line, ";")
	for (i = 1; i <= n; i++) {
		k = split(line[i], word, /[ \t]+/)
		first = word[1] == "" ? 2 : 1
		for (j = first; j <= k; j++)
			knows[word[first], word[j]] = 1
	}
	n = split(rooms, line, ";")
	for (i = 1; i <= n; i++) {
		k = split(line[i], word, /[ \t]+/)
		for (j = 1; j <= k; j++)
			if (word[j] != "")
				room_level[word[j]] = i
	}
	n = split(ground, word, " ")
	for (i = 1; i <= n; i++)
		is_ground["src/" word[i] ".o"] = 1
	n = split(apart, word, " ")
	for (i = 1; i <= n; i++)
		is_apart[word[i]] = 1
	upward = sideways = circles = nr_objects = nr_uses = 0
}

# place(obj): note its layer, and its room if it is in one.
function place(obj,    part, n) {
	n = split(obj, part, "/")
	object[++nr_objects] = obj
	if (n > 2)
		layer[obj] = part[2]
	else
		layer[obj] = is_ground[obj] ? "ground" : "main"
	if (part[2] != "allocator" || n < 3)
		return
	sub(/\.o$/, ".c", part[3])
	if (part[3] in room_level)
		room[obj] = part[3]
}

{
	obj = $1
	sub(/:$/, "", obj)
	if (!(obj in layer))
		place(obj)
	if ($3 !~ /^[Uwv]$/) {
		home[$2] = obj
	} else if ($2 !~ /^(__tracepoint_|__traceiter_|__SC[KT]__tp_func_)/) {
		user[++nr_uses] = obj
		used[nr_uses] = $2
	}
}

function judge(obj, from, symbol,    a, b) {
	a = layer[obj]
	b = layer[from]
	if (a != "main" && !(a in is_apart) && b != "ground" && a != b &&
	    !((a, b) in knows)) {
		printf "%s: uses %s of %s\n", obj, symbol, b
		upward++
	}
	if (a == b)
		needs[obj, from] = needs[obj, from] " " symbol
	if (!(obj in room) || !(from in room) || room[obj] == room[from])
		return
	a = room_level[room[obj]]
	b = room_level[room[from]]
	if (b >= a) {
		printf "%s: uses %s of the room %s %s its own\n", obj, symbol,
			room[from], (b > a ? "above" : "beside")
		sideways++
	}
}

# close_needs: who needs whom in the end, directly or not (Warshall).
function close_needs(    i, j, k, a, b, c) {
	for (i in needs)
		reach[i] = 1
	for (k = 1; k <= nr_objects; k++) {
		b = object[k]
		for (i = 1; i <= nr_objects; i++) {
			a = object[i]
			if (!((a, b) in reach))
				continue
			for (j = 1; j <= nr_objects; j++) {
				c = object[j]
				if ((b, c) in reach)
					reach[a, c] = 1
			}
		}
	}
}

function in_circle(a, b) {
	return ((a, b) in reach) && ((b, a) in reach)
}

# circle_of(a): if a is the first object of a circle, print it and what closes it.
function circle_of(a,    i, j, n, member, names) {
	for (i = 1; i <= nr_objects; i++)
		if (in_circle(a, object[i])) {
			member[++n] = object[i]
			names = names " " object[i]
		}
	if (!n || member[1] != a)
		return
	circles++
	printf "circle in %s:%s\n", layer[a], names
	for (i = 1; i <= n; i++)
		for (j = 1; j <= n; j++)
			if ((member[i], member[j]) in needs)
				printf "    %s needs %s:%s\n", member[i],
					member[j], needs[member[i], member[j]]
}

END {
	for (i = 1; i <= nr_uses; i++)
		if (used[i] in home && home[used[i]] != user[i])
			judge(user[i], home[used[i]], used[i])
	close_needs()
	for (i = 1; i <= nr_objects; i++)
		circle_of(object[i])
	printf "layers: %d upward calls; rooms: %d upward calls; circles: %d\n",
		upward, sideways, circles
}
