# SPDX-License-Identifier: GPL-2.0
# Sums the KTAP text of a job and prints the one verdict line of a boot:
#   SQUIRREL-VERDICT: pass|fail passed=N failed=N skipped=N
# Tests are counted where they are leaves: a result line that closes a block of
# deeper ones is their summary and counts only when it failed and none of them
# did. Broken is also: a plan that does not match its results, a skip that
# states no reason, a job that ended with an error (status), nothing at all.

function complain(text)
{
	printf "# %s\n", text
	failed++
}

# Closes the block at DEPTH: its plan must have been met.
function close_block(depth)
{
	if ((depth in plan) && plan[depth] != seen[depth])
		complain("planned " plan[depth] " tests, saw " \
			(seen[depth] + 0) " (last: " last[depth] ")")
	delete plan[depth]
	delete seen[depth]
	delete bad[depth]
	delete last[depth]
	delete ended[depth]
}

function indent_of(line)
{
	match(line, /^ */)
	return RLENGTH
}

{ sub(/\r$/, "") }

# A plan stands before its results or after them.
/^ *1\.\.[0-9]+/ {
	depth = indent_of($0)
	if (depth in plan)
		close_block(depth)
	split($1, range, "[.][.]")
	plan[depth] = range[2] + 0
	if (depth in seen)
		ended[depth] = 1
	else
		seen[depth] = 0
	next
}

/^ *(not )?ok [0-9]+/ {
	depth = indent_of($0)
	is_ok = ($1 == "ok")
	parent = 0
	child_failed = 0
	for (d in seen) {
		d += 0
		if (d <= depth)
			continue
		parent = 1
		before = failed
		child_failed += bad[d]
		close_block(d)
		child_failed += failed - before
	}
	if (depth in ended)
		close_block(depth)
	seen[depth]++
	last[depth] = $0
	if (parent) {
		if (!is_ok || child_failed) {
			bad[depth]++
			if (!child_failed)
				failed++
		}
		next
	}
	if (!is_ok) {
		failed++
		bad[depth]++
	} else if ($0 ~ /# *SKIP/) {
		if ($0 ~ /# *SKIP *[^ ]/)
			skipped++
		else {
			complain("skipped without a reason: " $0)
			bad[depth]++
		}
	} else {
		passed++
	}
	next
}

END {
	for (d in seen)
		open[d] = 1
	for (d in open)
		close_block(d + 0)
	if (status != 0)
		complain("the job ended with status " status)
	if (passed + failed + skipped == 0)
		complain("the job ran no test")
	printf "SQUIRREL-VERDICT: %s passed=%d failed=%d skipped=%d\n",
		failed ? "fail" : "pass", passed, failed, skipped
}
