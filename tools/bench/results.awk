# SPDX-License-Identifier: GPL-2.0
# Lines of "KERNEL CLOCK CASE SIZE SUBJECT PER_OP" to results.tsv, with ratios
# within each case. Every case must have its three subjects: else it says what
# is missing and fails. One that knows no such thing says "-".

BEGIN {
	OFS = "\t"
	print "kernel", "clock", "case", "size", "subject", "per_op",
		"ratio_to_slub", "ratio_to_floor"
	nsubjects = split("squirrel slub floor", subjects, " ")
}

{
	key = $1 OFS $2 OFS $3 OFS $4
	if (!(key in known)) {
		known[key] = 1
		order[++count] = key
	}
	cost[key, $5] = $6
}

function number(a)
{
	return a == "-" ? a : sprintf("%.2f", a)
}

# The floor of a concurrent row can come out at nothing; then there is no ratio.
function ratio(a, b)
{
	return a != "-" && b > 0 ? sprintf("%.3f", a / b) : "-"
}

END {
	for (i = 1; i <= count; i++) {
		key = order[i]
		for (j = 1; j <= nsubjects; j++) {
			s = subjects[j]
			if (!((key, s) in cost)) {
				print "missing: " s " of " key >"/dev/stderr"
				bad = 1
				continue
			}
			print key, s, number(cost[key, s]),
				ratio(cost[key, s], cost[key, "slub"]),
				ratio(cost[key, s], cost[key, "floor"])
		}
	}
	exit bad
}
