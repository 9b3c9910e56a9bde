# SPDX-License-Identifier: GPL-2.0
# bars and results.tsv to a table for people, and whether each bar is reached.
# A bar without its row is a failure, unless some=1 says that not all clocks
# were asked for; falling short of one is not.

NR == FNR {
	if ($0 ~ /^#/ || NF < 5)
		next
	nbars++
	bar_key[nbars] = $1 SUBSEP $2 SUBSEP $3
	bar_what[nbars] = $4
	bar_limit[nbars] = $5
	bar_other[nbars] = $1 SUBSEP $6 SUBSEP $3
	bar_name[nbars] = $1 " " $2 " " $3
	bar_of[bar_key[nbars]] = nbars
	if ($6 != "")
		bar_name[nbars] = bar_name[nbars] " against " $6
	next
}

FNR == 1 { next }

{
	key = $2 SUBSEP $3 SUBSEP $4
	cost[key, $5] = $6
	if ($5 != "squirrel")
		next
	to_slub[key] = $7
	to_floor[key] = $8
	section = $2 " (" $1 ")"
	if (section != last_section) {
		row[++nrows] = "section"
		text[nrows] = section
		last_section = section
	}
	row[++nrows] = key
	text[nrows] = sprintf("%-22s %8d", $3, $4)
}

# What the bar is about, as a number; and whether that will do.
function value(b)
{
	if (bar_what[b] == "of-slub")
		return to_slub[bar_key[b]]
	if (bar_what[b] == "growth")
		return cost[bar_key[b], "squirrel"] / \
			cost[bar_other[b], "squirrel"]
	if (bar_what[b] == "speedup")
		return cost[bar_other[b], "squirrel"] / \
			cost[bar_key[b], "squirrel"]
	return cost[bar_key[b], "squirrel"]
}

function reached(b)
{
	if (bar_what[b] == "speedup")
		return value(b) >= bar_limit[b]
	return value(b) <= bar_limit[b]
}

function verdict(b)
{
	return sprintf("%s %s: %s", bar_what[b], bar_limit[b],
		reached(b) ? "pass" : "falls short")
}

function number(a)
{
	return a == "-" ? a : sprintf(a < 1e8 ? "%.1f" : "%.0f", a)
}

function missing(b)
{
	if (!((bar_key[b], "squirrel") in cost))
		return 1
	return (bar_what[b] == "growth" || bar_what[b] == "speedup") &&
		!((bar_other[b], "squirrel") in cost)
}

END {
	for (b = 1; b <= nbars; b++)
		if (missing(b)) {
			print "not measured: " bar_name[b]
			unmeasured++
		}
	if (unmeasured)
		print ""
	for (i = 1; i <= nrows; i++) {
		if (row[i] == "section") {
			if (i > 1)
				print ""
			printf "%s\n%-22s %8s %10s %10s %10s %7s %7s\n",
				text[i], "case", "size",
				"squirrel", "slub", "floor", "/slub", "/floor"
			continue
		}
		k = row[i]
		bar = ""
		if ((k in bar_of) && !missing(bar_of[k]))
			bar = "  " verdict(bar_of[k])
		printf "%s %10s %10s %10s %7s %7s%s\n", text[i],
			number(cost[k, "squirrel"]), number(cost[k, "slub"]),
			number(cost[k, "floor"]), to_slub[k], to_floor[k], bar
	}
	printf "\n%-52s %10s  %s\n", "bar", "measured", "limit"
	for (b = 1; b <= nbars; b++) {
		if (missing(b))
			continue
		printf "%-52s %10.2f  %s\n", bar_name[b], value(b), verdict(b)
		good += reached(b)
	}
	printf "\n%d of %d bars reached\n", good, nbars
	exit unmeasured > 0 && !some
}
