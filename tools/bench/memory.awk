# SPDX-License-Identifier: GPL-2.0
# memory-bars and memory.tsv to tables for people, and whether each bar is
# reached. A figure of the replayer's that is not there is a failure; falling
# short of a bar is not. What squirrel says of itself is shown as "-" where it
# has no such key.

BEGIN {
	nt = split("boot fs proc", traces, " ")
	ns = split("segregated first best", strategies, " ")
	nm = split("off series parallel", modes, " ")
	SLUB = "slab - -"
	DEFAULT = "squirrel segregated parallel"
}

NR == FNR {
	if ($0 !~ /^#/ && NF >= 5) {
		nbars++
		bar_clock[nbars] = $1
		bar_trace[nbars] = $2
		bar_key[nbars] = $3
		bar_what[nbars] = $4
		bar_limit[nbars] = $5
	}
	next
}

# The other benchmark calls the kernel's own slub.
FNR > 1 {
	sub(/^slub$/, "slab", $3)
	figure[$1, $2, $3 " " $4 " " $5, $6] = $7
}

function has(clock, trace, who, key)
{
	return (clock, trace, who, key) in figure
}

# A figure, or a gap that counts.
function need(clock, trace, who, key)
{
	if (has(clock, trace, who, key))
		return figure[clock, trace, who, key]
	gaps[++ngaps] = clock " " trace " " who " " key
	return "?"
}

# A figure, or a gap that does not.
function may(clock, trace, who, key)
{
	if (has(clock, trace, who, key))
		return figure[clock, trace, who, key]
	return "-"
}

# Of all free pages those that are not in the largest free block of their heap.
function fragmentation(trace, who,	free, largest)
{
	free = need("insn", trace, who, "replay.pages_free") + \
		need("insn", trace, who, "default.pages_free")
	largest = need("insn", trace, who, "replay.largest_free") + \
		need("insn", trace, who, "default.largest_free")
	return free ? sprintf("%.0f", 1000 - 1000 * largest / 4096 / free) : 0
}

# What the live objects take: of classes, slots and blocks.
function given(trace, who)
{
	return need("insn", trace, who, "live_bytes") + \
		may("insn", trace, who, "internal_waste_bytes")
}

# Of it what nobody asked for. Only the replayer knows what was asked for.
function waste(trace, who,	bytes, asked)
{
	bytes = given(trace, who)
	asked = need("insn", trace, who, "asked_at_peak")
	return bytes && asked != "?" ? \
		sprintf("%.0f", 1000 - 1000 * asked / bytes) : "?"
}

function minus(a, b)
{
	return a == "?" || b == "?" ? "?" : a - b
}

function bytes_to_pages(bytes)
{
	return bytes == "?" || bytes == "-" ? bytes : sprintf("%.0f", bytes / 4096)
}

function held(trace, who, name)
{
	printf "  %-30s %7s %7s %7s %7s %7s\n", name,
		need("real", trace, who, "pages_peak"),
		need("real", trace, who, "pages_mean"),
		need("real", trace, who, "pages_end"),
		need("real", trace, who, "pages_settled"),
		need("real", trace, who, "pages_freed")
}

function show_held(trace,	s, m, live)
{
	printf "%-32s %7s %7s %7s %7s %7s\n", trace ": pages held", "peak",
		"mean", "end", "settled", "freed"
	live = bytes_to_pages(need("real", trace, DEFAULT, "bytes_end"))
	printf "  %-30s %7s %7s %7s %7s %7s\n", "ideal: what is live",
		bytes_to_pages(need("real", trace, DEFAULT, "bytes_peak")),
		bytes_to_pages(need("real", trace, DEFAULT, "bytes_mean")),
		live, live, 0
	held(trace, SLUB, "SLUB")
	for (s = 1; s <= ns; s++)
		for (m = 1; m <= nm; m++)
			held(trace, "squirrel " strategies[s] " " modes[m],
				"squirrel " strategies[s] " " modes[m])
	print ""
}

function per_op(trace, who,	ns_, ops)
{
	ns_ = need("insn", trace, who, "ns")
	ops = need("insn", trace, who, "allocs") + \
		need("insn", trace, who, "frees")
	return ops ? sprintf("%.1f", ns_ / ops) : "?"
}

function show_strategies(	t, s, who)
{
	printf "%-22s %8s %8s %8s %8s %8s %8s %8s\n", "strategies", "insn/op",
		"peak", "frag", "waste", "pinned", "coalesce", "age"
	for (t = 1; t <= nt; t++) {
		for (s = 1; s <= ns; s++) {
			who = "squirrel " strategies[s] " parallel"
			printf "  %-20s %8s %8s %8s %8s %8s %8s %8s\n",
				traces[t] " " strategies[s],
				per_op(traces[t], who),
				need("insn", traces[t], who, "pages_peak"),
				fragmentation(traces[t], who),
				waste(traces[t], who),
				may("insn", traces[t], who, "pages_pinned_by_one"),
				may("insn", traces[t], who, "coalesce_hits_permille"),
				may("insn", traces[t], who, "free_age_ms_mean")
		}
		printf "  %-20s %8s %8s\n", traces[t] " SLUB",
			per_op(traces[t], SLUB),
			need("insn", traces[t], SLUB, "pages_peak")
	}
	print ""
	print "  insn/op: of the whole play, the replayer's own included. At the peak: frag,"
	print "  of the free pages those outside the largest free block of their heap; waste,"
	print "  of what live objects take that which nobody asked for; coalesce, tries that"
	print "  merged (per mille); pinned, pages whose slab has one live object; age, of"
	print "  free pages, mean, ms."
	print ""
}

# Where each page at the peak is; what is in none of the columns is "other".
function show_peak(	t, i, n, keys, all, part, rest)
{
	n = split("free_bytes_in_slabs free_bytes_in_magazines " \
		"free_bytes_in_depots pages_free pages_meta", keys, " ")
	printf "%-14s %7s %7s %7s %7s %7s %7s %7s %7s %7s\n", "at the peak",
		"held", "asked", "waste", "slabs", "magaz.", "depots", "free",
		"meta", "other"
	for (t = 1; t <= nt; t++) {
		all = need("insn", traces[t], DEFAULT, "held_at_peak")
		part = need("insn", traces[t], DEFAULT, "asked_at_peak")
		rest = minus(all, bytes_to_pages(given(traces[t], DEFAULT)))
		printf "  %-12s %7s %7s %7s", traces[t], all,
			bytes_to_pages(part), bytes_to_pages( \
				minus(given(traces[t], DEFAULT), part))
		for (i = 1; i <= n; i++) {
			part = may("insn", traces[t], DEFAULT, keys[i])
			if (keys[i] ~ /bytes/)
				part = bytes_to_pages(part)
			rest = minus(rest, part)
			printf " %7s", part
		}
		printf " %7s\n", rest
	}
	print ""
	print "  waste: beyond what was asked for; slabs, magazines, depots: free objects;"
	print "  free: blocks; meta: descriptors, page map; other: squirrel's own magazines,"
	print "  what it has from kmalloc and per-CPU memory, the thread that plays, noise."
	print ""
}

function ratio(a, b)
{
	return a == "?" || b == "?" || b <= 0 ? "?" : sprintf("%.2f", a / b)
}

function show_calls(	t, key, a, b, k)
{
	printf "%-34s %9s %9s %6s\n", "page-allocator calls per million",
		"squirrel", "SLUB", "ratio"
	for (k = 1; k <= 2; k++) {
		key = k == 1 ? "page_calls_per_million" : "page_calls_whole"
		for (t = 1; t <= nt; t++) {
			a = need("insn", traces[t], DEFAULT, key)
			b = need("insn", traces[t], SLUB, key)
			printf "  %-32s %9s %9s %6s\n", traces[t] (k == 1 ? \
				", play" : ", until freed and settled"), a, b,
				ratio(a, b)
		}
	}
	print ""
}

# Of the runs that found something, if squirrel tells those; else of all.
function per_run(trace, who, mode,	runs)
{
	if (has("real", trace, who, "reclaim_pages_per_run"))
		return figure["real", trace, who, "reclaim_pages_per_run"]
	runs = may("real", trace, who, "runs_" mode)
	return runs > 0 ? sprintf("%.1f", \
		may("real", trace, who, "pages_given_back") / runs) : "-"
}

function show_reclaim(	t, m, who)
{
	printf "%-22s %8s %8s %8s %8s\n", "reclaimer, segregated", "runs",
		"pages", "per run", "merges"
	for (t = 1; t <= nt; t++) {
		for (m = 1; m <= nm; m++) {
			who = "squirrel segregated " modes[m]
			printf "  %-20s %8s %8s %8s %8s\n",
				traces[t] " " modes[m],
				may("real", traces[t], who, "runs_" modes[m]),
				may("real", traces[t], who, "pages_given_back"),
				per_run(traces[t], who, modes[m]),
				may("real", traces[t], who, "blocks_merged")
		}
	}
	print ""
}

function bar_value(b,	mine, his)
{
	mine = need(bar_clock[b], bar_trace[b], bar_who(b, DEFAULT), bar_key[b])
	if (bar_what[b] != "of-slub")
		return mine
	his = need(bar_clock[b], bar_trace[b], bar_who(b, SLUB), bar_key[b])
	if (mine == "?" || his == "?" || his <= 0)
		return "?"
	return mine / his
}

# Rows of the other benchmark know no strategy and no mode.
function bar_who(b, who)
{
	if (bar_trace[b] != "arena")
		return who
	return who == SLUB ? "slab - -" : "squirrel - -"
}

function show_bars(	b, v, good, form)
{
	printf "%-42s %9s  %s\n", "bar", "measured", "limit"
	for (b = 1; b <= nbars; b++) {
		v = bar_value(b)
		form = bar_limit[b] == int(bar_limit[b]) && \
			v == int(v) ? "%d" : "%.3f"
		printf "%-42s ", bar_clock[b] " " bar_trace[b] " " bar_key[b]
		if (v == "?") {
			printf "%9s  %s %s\n", "?", bar_what[b], bar_limit[b]
			continue
		}
		printf "%9s  %s %s: ", sprintf(form, v), bar_what[b],
			bar_limit[b]
		if (v <= bar_limit[b])
			print "pass"
		else
			print "falls short by " sprintf(form, v - bar_limit[b])
		good += v <= bar_limit[b]
	}
	printf "\n%d of %d bars reached\n", good, nbars
}

END {
	who = "squirrel segregated parallel"
	if (has("real", "page", who, "objects"))
		figure["real", "page", who, "pages_per_object"] = \
			figure["real", "page", who, "slab_pages"] / \
			figure["real", "page", who, "objects"]
	for (t = 1; t <= nt; t++)
		show_held(traces[t])
	show_strategies()
	show_peak()
	show_calls()
	show_reclaim()
	show_bars()
	for (g = 1; g <= ngaps; g++)
		if (!told[gaps[g]]++)
			print "not measured: " gaps[g]
	exit ngaps > 0
}
