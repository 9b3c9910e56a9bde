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
		bar_more[nbars] = $6
	}
	next
}

# The other benchmark calls the kernel's own slub.
FNR > 1 {
	sub(/^slub$/, "slab", $3)
	figure[$1, $2, $3 " " $4 " " $5, $6] = $7
	seen[$1] = 1
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

function head_held(title)
{
	printf "%-32s %7s %7s %7s %7s %7s\n", title, "peak", "mean", "end",
		"settled", "freed"
}

function held(clock, trace, who, name)
{
	printf "  %-30s %7s %7s %7s %7s %7s\n", name,
		need(clock, trace, who, "pages_peak"),
		need(clock, trace, who, "pages_mean"),
		need(clock, trace, who, "pages_end"),
		need(clock, trace, who, "pages_settled"),
		need(clock, trace, who, "pages_freed")
}

function ideal(clock, trace, name,	live)
{
	live = bytes_to_pages(need(clock, trace, DEFAULT, "bytes_end"))
	printf "  %-30s %7s %7s %7s %7s %7s\n", name,
		bytes_to_pages(need(clock, trace, DEFAULT, "bytes_peak")),
		bytes_to_pages(need(clock, trace, DEFAULT, "bytes_mean")),
		live, live, 0
}

function show_held(trace,	s, m)
{
	head_held(trace ": pages held")
	ideal("real", trace, "ideal: what is live")
	held("real", trace, SLUB, "SLUB")
	for (s = 1; s <= ns; s++)
		for (m = 1; m <= nm; m++)
			held("real", trace, "squirrel " strategies[s] " " modes[m],
				"squirrel " strategies[s] " " modes[m])
	print ""
}

function show_tenths(	t, trace)
{
	head_held("first tenth of each trace")
	for (t = 1; t <= nt; t++) {
		trace = traces[t] "/10"
		ideal("real", trace, traces[t] ", ideal")
		held("real", trace, SLUB, traces[t] ", SLUB")
		held("real", trace, DEFAULT, traces[t] ", squirrel")
	}
	print ""
}

function show_cpus(	t)
{
	head_held("128 possible CPUs")
	for (t = 1; t <= nt; t++) {
		held("cpus128", traces[t], SLUB, traces[t] ", SLUB")
		held("cpus128", traces[t], DEFAULT, traces[t] ", squirrel")
	}
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

# A figure that was noted at the peak, or in the mean, in pages.
function at(key,	v)
{
	v = need(at_clock, at_trace, DEFAULT, at_when "." key)
	if (v == "?")
		lost = 1
	return key ~ /bytes/ ? v / 4096 : v
}

# Where each page is: fills place[]. What nothing else accounts for is structures.
function find_places(	slots, slabs)
{
	lost = 0
	place["held"] = at("held")
	place["asked"] = at("asked_bytes")
	slots = at("live_bytes") + at("padding_bytes") + \
		at("large_rounding_bytes")
	place["rounding"] = slots - place["asked"]
	place["ends"] = at("slab_tail_bytes")
	place["magazines"] = at("free_bytes_in_magazines")
	place["depots"] = at("free_bytes_in_depots")
	slabs = slots + place["ends"] + place["magazines"] + place["depots"] + \
		at("free_bytes_in_slabs")
	place["none live"] = slabs - at("touched")
	place["pinned"] = slabs - slots - place["ends"] - place["none live"]
	place["blocks"] = at("pages_free")
	place["meta"] = at("pages_meta")
	place["structures"] = place["held"] - slabs - place["blocks"] - \
		place["meta"]
	place["own"] = place["meta"] + place["structures"]
}

# What other plays say.
function find_others(	touched)
{
	place["unseen"] = need(at_clock, at_trace, DEFAULT, "pages_" at_when)
	place["slub"] = need(at_clock, at_trace, SLUB, "pages_" at_when)
	touched = need(at_clock, at_trace, SLUB, "touched_" at_when)
	place["slub none live"] = minus(place["slub"], touched)
}

# One row: of each trace, at the peak and in the mean.
function show_place(clock, name, key,	t, w, v)
{
	printf "  %-30s", name
	for (t = 1; t <= nt; t++)
		for (w = 1; w <= 2; w++) {
			at_clock = clock
			at_trace = traces[t]
			at_when = w == 1 ? "peak" : "mean"
			find_places()
			find_others()
			v = place[key]
			printf " %7s", lost || v == "?" ? "?" : \
				sprintf("%.0f", v)
		}
	print ""
}

function show_places(clock)
{
	printf "%-32s %15s %15s %15s\n", "where the pages are, " clock, \
		traces[1] "       ", traces[2] "       ", traces[3] "       "
	printf "%-32s %7s %7s %7s %7s %7s %7s\n", "", "peak", "mean", "peak",
		"mean", "peak", "mean"
	show_place(clock, "held", "held")
	show_place(clock, "asked for", "asked")
	show_place(clock, "rounding", "rounding")
	show_place(clock, "slab ends", "ends")
	show_place(clock, "free, pinned by live objects", "pinned")
	show_place(clock, "free, in pages with none live", "none live")
	show_place(clock, "  of both, in magazines", "magazines")
	show_place(clock, "  of both, in depots", "depots")
	show_place(clock, "free blocks", "blocks")
	show_place(clock, "agents and map", "meta")
	show_place(clock, "structures", "structures")
	show_place(clock, "held when nobody looks", "unseen")
	show_place(clock, "SLUB: held", "slub")
	show_place(clock, "SLUB: pages with none live", "slub none live")
	print ""
}

function explain_places()
{
	print "  Of 64 looks, which take time; held is the sum, without what is indented."
	print "  Pinned: free objects in pages that have a live one as well: they stay whatever"
	print "  is done. None live: pages of slabs that no live object touches, there for want"
	print "  of a look, or for what waits in magazines and depots. Structures: of caches,"
	print "  heaps and CPUs, with all that nothing else accounts for (a thread, noise)."
	print ""
}

# The value of a bar: agents, map and structures.
function find_own(clock, trace)
{
	at_clock = clock
	at_trace = trace
	at_when = "peak"
	find_places()
	if (!lost)
		figure[clock, trace, DEFAULT, "pages_own_at_peak"] = \
			sprintf("%.0f", place["own"])
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

# As a figure: what the value may be.
function bar_most(b,	base)
{
	if (bar_what[b] != "of-real")
		return bar_limit[b]
	if (!seen["real"])
		return "?"
	base = need("real", bar_trace[b], DEFAULT, bar_key[b])
	return base == "?" ? "?" : int(bar_limit[b] * base + bar_more[b])
}

# In words.
function bar_says(b, most)
{
	if (bar_what[b] != "of-real")
		return bar_what[b] " " bar_limit[b]
	return "at-most " most " (" bar_limit[b] " real + " bar_more[b] ")"
}

# Rows of the other benchmark know no strategy and no mode.
function bar_who(b, who)
{
	if (bar_trace[b] != "arena")
		return who
	return who == SLUB ? "slab - -" : "squirrel - -"
}

function show_bars(	b, v, most, good, form)
{
	printf "%-42s %9s  %s\n", "bar", "measured", "limit"
	for (b = 1; b <= nbars; b++) {
		if (!seen[bar_clock[b]]) {
			if (!left[bar_clock[b]]++)
				gaps[++ngaps] = "clock " bar_clock[b]
			continue
		}
		v = bar_value(b)
		most = bar_most(b)
		form = bar_what[b] != "of-slub" && v == int(v) ? "%d" : "%.3f"
		printf "%-42s ", bar_clock[b] " " bar_trace[b] " " bar_key[b]
		if (v == "?" || most == "?") {
			printf "%9s  %s\n", v, bar_says(b, most)
			continue
		}
		printf "%9s  %s: ", sprintf(form, v), bar_says(b, most)
		if (v <= most)
			print "pass"
		else
			print "falls short by " sprintf(form, v - most)
		good += v <= most
	}
	printf "\n%d of %d bars reached\n", good, nbars
}

END {
	who = "squirrel segregated parallel"
	if (has("real", "page", who, "objects"))
		figure["real", "page", who, "pages_per_object"] = \
			figure["real", "page", who, "slab_pages"] / \
			figure["real", "page", who, "objects"]
	if (seen["real"]) {
		for (t = 1; t <= nt; t++)
			show_held(traces[t])
		show_tenths()
	}
	if (seen["cpus128"])
		show_cpus()
	if (seen["insn"]) {
		show_strategies()
		show_calls()
		show_places("insn")
		find_own("insn", "boot")
	}
	if (seen["real"]) {
		show_reclaim()
		show_places("real")
		find_own("real", "boot")
	}
	if (seen["insn"] || seen["real"])
		explain_places()
	show_bars()
	for (g = 1; g <= ngaps; g++)
		if (!told[gaps[g]]++)
			print "not measured: " gaps[g]
	exit ngaps > 0
}
