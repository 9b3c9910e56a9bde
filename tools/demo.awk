# SPDX-License-Identifier: GPL-2.0
# What tools/guest/demo.sh wrote, as an SVG that shows one scene after the other, over and
# over. It needs no script: each scene is seen in its part of the time, by CSS.

function escaped(s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	return s
}

{ gsub(/[\r\033]/, "") }
/^\f/ {
	seconds = substr($0, 2) + 0
	on = seconds > 0
	if (on) {
		begins[++scenes] = total
		total += seconds
		rows = 0
	}
	next
}
on {
	line[scenes, ++rows] = substr($0, 1, 112)
	count[scenes] = rows
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
	printf "g { visibility: hidden; animation: %ds step-end infinite }\n", total
	for (s = 1; s <= scenes; s++) {
		from = begins[s] * 100 / total
		to = (s < scenes ? begins[s + 1] : total) * 100 / total
		printf "#s%d { animation-name: k%d }\n@keyframes k%d {", s, s, s
		if (from > 0)
			printf " 0%% { visibility: hidden }"
		printf " %.3f%% { visibility: visible }", from
		if (s < scenes)
			printf " %.3f%% { visibility: hidden }", to
		print " }"
	}
	printf "</style>\n<rect width=\"900\" height=\"%d\" rx=\"6\" fill=\"#1c2833\"/>\n", height
	for (s = 1; s <= scenes; s++) {
		printf "<g id=\"s%d\">\n", s
		for (r = 1; r <= count[s]; r++) {
			text = line[s, r]
			kind = text ~ /^# / ? " class=\"t\"" : text ~ /^\$ / ? " class=\"c\"" : ""
			printf "<text x=\"10\" y=\"%d\"%s xml:space=\"preserve\">%s</text>\n",
				r * 17 + 8, kind, escaped(text)
		}
		print "</g>"
	}
	print "</svg>"
}
