# SPDX-License-Identifier: GPL-2.0
# bars and results.tsv to a table for people, and whether each bar is reached.
# A line of bars that lists both cases and sizes becomes a matrix of ratios, and
# its rows are in no other table. What falls short by most comes first.
# A bar without its row is a failure, unless some=1 says that not all clocks
# were asked for; falling short of one is not.

# "a-{1,2}" to list[1] "a-1", list[2] "a-2"; what is between braces to part[].
function expand(word, list, part,	open, close_, n, i)
{
	open = index(word, "{")
	if (!open) {
		list[1] = word
		part[1] = word
		return 1
	}
	close_ = index(word, "}")
	n = split(substr(word, open + 1, close_ - open - 1), part, ",")
	for (i = 1; i <= n; i++)
		list[i] = substr(word, 1, open - 1) part[i] \
			substr(word, close_ + 1)
	return n
}

# As a person calls all of them: "a-{1,2}" is "a-N", "{x,y}-a" is "*-a".
function summed(word)
{
	sub(/[{][0-9,]*[}]/, "N", word)
	sub(/[{].*[}]/, "*", word)
	return word
}

function add_bar(case_, size)
{
	nbars++
	bar_group[nbars] = ngroups
	bar_key[nbars] = $1 SUBSEP case_ SUBSEP size
	bar_what[nbars] = $4
	bar_limit[nbars] = $5
	bar_other[nbars] = $1 SUBSEP $6 SUBSEP size
	bar_name[nbars] = $1 " " case_ " " size
	if ($6 != "")
		bar_name[nbars] = bar_name[nbars] " against " $6
	bar_cell[nbars] = case_ " " size
	bars_of[bar_key[nbars]] = bars_of[bar_key[nbars]] " " nbars
}

NR == FNR {
	if ($0 ~ /^#/ || NF < 5)
		next
	ngroups++
	group_first[ngroups] = nbars + 1
	ncases = expand($2, cases, part)
	for (i = 1; i <= ncases; i++)
		column[ngroups, i] = part[i]
	nsizes = expand($3, sizes, part)
	for (i = 1; i <= nsizes; i++)
		for (j = 1; j <= ncases; j++)
			add_bar(cases[j], sizes[i])
	group_count[ngroups] = nsizes * ncases
	columns[ngroups] = ncases
	is_matrix[ngroups] = ncases > 1 && nsizes > 1
	group_name[ngroups] = bar_name[nbars]
	if (nsizes * ncases > 1)
		group_name[ngroups] = $1 " " summed($2) \
			(nsizes > 1 ? ", " nsizes " sizes" : " " $3)
	next
}

FNR == 1 { next }

# Is it in no other table than a matrix?
function only_in_matrix(key,	list, n, i)
{
	n = split(bars_of[key], list, " ")
	for (i = 1; i <= n; i++)
		if (!is_matrix[bar_group[list[i]]])
			return 0
	return n > 0
}

{
	key = $2 SUBSEP $3 SUBSEP $4
	cost[key, $5] = $6
	if ($5 != "squirrel")
		next
	to_slub[key] = $7
	to_floor[key] = $8
	if (only_in_matrix(key))
		next
	section = $2 " (" $1 ")"
	if (section != last_section) {
		row[++nrows] = "section"
		text[nrows] = section
		last_section = section
	}
	row[++nrows] = key
	text[nrows] = sprintf("%-22s %8d", $3, $4)
}

function speedup(b, subject)
{
	return cost[bar_other[b], subject] / cost[bar_key[b], subject]
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
		return speedup(b, "squirrel")
	if (bar_what[b] == "speedup-of-floor")
		return speedup(b, "squirrel") / speedup(b, "floor")
	return cost[bar_key[b], "squirrel"]
}

function reached(b)
{
	if (bar_what[b] ~ /^speedup/)
		return value(b) >= bar_limit[b]
	return value(b) <= bar_limit[b]
}

# How far it falls short: above 1 it does.
function excess(b)
{
	if (bar_what[b] ~ /^speedup/)
		return bar_limit[b] / value(b)
	return value(b) / bar_limit[b]
}

function verdict(b)
{
	return sprintf("%s %s: %s", bar_what[b], bar_limit[b],
		reached(b) ? "pass" : "falls short")
}

# Of all bars a row is judged by, but for matrices
function verdicts(key,	list, n, i, all)
{
	n = split(bars_of[key], list, " ")
	for (i = 1; i <= n; i++)
		if (!is_matrix[bar_group[list[i]]] && !missing(list[i]))
			all = all (all == "" ? "  " : ", ") verdict(list[i])
	return all
}

function number(a)
{
	return a == "-" ? a : sprintf(a < 1e8 ? "%.1f" : "%.0f", a)
}

function missing(b)
{
	if (!((bar_key[b], "squirrel") in cost))
		return 1
	return (bar_what[b] == "growth" || bar_what[b] ~ /^speedup/) &&
		!((bar_other[b], "squirrel") in cost)
}

function print_rows(	i, k)
{
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
		printf "%s %10s %10s %10s %7s %7s%s\n", text[i],
			number(cost[k, "squirrel"]), number(cost[k, "slub"]),
			number(cost[k, "floor"]), to_slub[k], to_floor[k],
			verdicts(k)
	}
}

function print_matrix(g,	i, b, last, key)
{
	printf "\n%s, %s; above %s is marked *\n%8s", group_name[g],
		bar_what[group_first[g]], bar_limit[group_first[g]], "size"
	for (i = 1; i <= columns[g]; i++)
		printf " %7s", column[g, i]
	last = group_first[g] + group_count[g] - 1
	for (b = group_first[g]; b <= last; b++) {
		if ((b - group_first[g]) % columns[g] == 0) {
			split(bar_key[b], key, SUBSEP)
			printf "\n%8s", key[3]
		}
		printf " %7s", missing(b) ? "-" : sprintf("%s%.2f",
			reached(b) ? "" : "*", value(b))
	}
	print ""
}

# What is missing of a group, in a line if it is all.
function print_missing(g,	b, last)
{
	last = group_first[g] + group_count[g] - 1
	if (!group_known[g])
		print "not measured: " group_name[g]
	for (b = group_first[g]; group_known[g] && b <= last; b++)
		if (missing(b))
			print "not measured: " bar_name[b]
}

# What of a group was measured, how much of it is reached, and the worst
function judge(g,	b, last)
{
	last = group_first[g] + group_count[g] - 1
	for (b = group_first[g]; b <= last; b++) {
		if (missing(b))
			continue
		group_known[g]++
		group_good[g] += reached(b)
		if (!group_worst[g] || excess(b) > excess(group_worst[g]))
			group_worst[g] = b
	}
	all += group_known[g]
	good += group_good[g]
	if (group_known[g] == group_count[g])
		return
	unmeasured++
	print_missing(g)
}

function print_group(g,	b)
{
	b = group_worst[g]
	printf value(b) < 0.1 ? "%-52s %10.3f  " : "%-52s %10.2f  ",
		group_name[g], value(b)
	if (group_count[g] == 1)
		print verdict(b)
	else
		printf "%s %s: %d of %d, worst %s (%s against %s)\n",
			bar_what[b], bar_limit[b], group_good[g],
			group_known[g], bar_cell[b],
			number(cost[bar_key[b], "squirrel"]),
			number(cost[bar_key[b], "slub"])
}

# Groups with anything measured, what falls short by most first
function sort_groups(	g, i, before)
{
	for (g = 1; g <= ngroups; g++) {
		if (!group_worst[g])
			continue
		for (i = ++nranks; i > 1; i--) {
			before = excess(group_worst[rank[i - 1]])
			if (excess(group_worst[g]) <= before)
				break
			rank[i] = rank[i - 1]
		}
		rank[i] = g
	}
}

END {
	for (g = 1; g <= ngroups; g++)
		judge(g)
	if (unmeasured)
		print ""
	sort_groups()
	print_rows()
	for (i = 1; i <= nranks; i++)
		if (is_matrix[rank[i]])
			print_matrix(rank[i])
	printf "\n%-52s %10s  %s\n", "bar", "measured", "limit"
	for (i = 1; i <= nranks; i++)
		print_group(rank[i])
	printf "\n%d of %d bars reached\n", good, all
	exit unmeasured > 0 && !some
}
