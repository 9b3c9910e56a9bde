# SPDX-License-Identifier: GPL-2.0
# What tools/guest/demo.sh wrote, as an SVG that shows one scene after the other, over and
# over, as long as they stay: a form feed and seconds begin a scene, a vertical tab and
# seconds are a pause in it. It needs no script: what is seen when is said by CSS.

function escaped(s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	return s
}

# From now on, to the end of the scene, what follows is seen as well.
function part()
{
	begins[++parts] = now
	scene_of[parts] = scenes
	first[parts] = rows + 1
}

{ gsub(/[\r\033]/, "") }
/^\f/ {
	ends[scenes] = now += stays
	stays = substr($0, 2) + 0
	on = stays > 0
	if (on) {
		scenes++
		rows = 0
		part()
	}
	next
}
/^\v/ {
	now += substr($0, 2)
	part()
	next
}
on {
	line[parts, ++rows] = substr($0, 1, 112)
	last[parts] = rows
	if (rows > most)
		most = rows
}
END {
	if (!scenes)
		exit 1
	height = most * 17 + 30
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 %d\">\n<style>\n", height
	print "text { font: 13px monospace; fill: #d5dbdb; white-space: pre }"
	print ".t { fill: #f1c40f } .c { fill: #2ecc71 }"
	printf "g { visibility: hidden; animation: %ds step-end infinite }\n", now
	for (p = 1; p <= parts; p++) {
		if (!last[p])
			continue
		from = begins[p] * 100 / now
		to = ends[scene_of[p]] * 100 / now
		printf "#s%d { animation-name: k%d }\n@keyframes k%d {", p, p, p
		if (from > 0)
			printf " 0%% { visibility: hidden }"
		printf " %.3f%% { visibility: visible }", from
		if (to < 100)
			printf " %.3f%% { visibility: hidden }", to
		print " }"
	}
	printf "</style>\n<rect width=\"900\" height=\"%d\" rx=\"6\" fill=\"#1c2833\"/>\n", height
	for (p = 1; p <= parts; p++) {
		if (!last[p])
			continue
		printf "<g id=\"s%d\">\n", p
		for (r = first[p]; r <= last[p]; r++) {
			text = line[p, r]
			kind = text ~ /^# / ? " class=\"t\"" : text ~ /^\$ / ? " class=\"c\"" : ""
			printf "<text x=\"10\" y=\"%d\"%s xml:space=\"preserve\">%s</text>\n",
				r * 17 + 8, kind, escaped(text)
		}
		print "</g>"
	}
	print "</svg>"
}
