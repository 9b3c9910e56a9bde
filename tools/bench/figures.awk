# SPDX-License-Identifier: GPL-2.0
# rows and results.tsv of one kernel or more to the table of Documentation/performance.rst:
# squirrel's figure, SLUB's, the floor's and the ratio to SLUB, for each kernel.

function figure(name)
{
	return name + 0 == 0 ? "" : sprintf(name < 10 ? "%.1f" : "%.0f", name)
}

# worst(FILE, ROW): which of FILE's rows that match is the worst by ratio, "" if none is.
function worst(file, row,	key, part, most, found)
{
	for (key in ratio) {
		split(key, part, SUBSEP)
		if (part[1] == file && part[2] == clock[row] &&
		    (size[row] == "*" || part[4] == size[row]) &&
		    part[3] ~ ("^" name[row] "$") && ratio[key] > most) {
			most = ratio[key]
			found = key
		}
	}
	return found
}

# On 7.3 SLUB's pair comes out differently in parts of one boot, though it is the same code
# in both rows: the lower figure is taken, for squirrel's disadvantage.
function fair(file,	one, other)
{
	one = file SUBSEP "insn" SUBSEP "pair" SUBSEP 128
	other = file SUBSEP "insn" SUBSEP "pair-trusted" SUBSEP 128
	if (!((other, "slub") in value) || value[other, "slub"] >= value[one, "slub"])
		return
	value[one, "slub"] = value[other, "slub"]
	ratio[one] = value[one, "squirrel"] / value[one, "slub"]
}

function cells(file, row,	key)
{
	key = file SUBSEP clock[row] SUBSEP name[row] SUBSEP size[row]
	if (size[row] == "*")
		key = worst(file, row)
	return "," figure(value[key, "squirrel"]) "," figure(value[key, "slub"]) "," \
		figure(value[key, "floor"]) "," \
		(key in ratio ? sprintf("%.2f", ratio[key]) : "")
}

BEGIN { FS = "\t" }
FNR == 1 { files++ }
/^#/ { next }
files == 1 {
	clock[++rows] = $1
	name[rows] = $2
	size[rows] = $3
	title[rows] = $4
	next
}
FNR == 1 { next }
{
	if (!((files) in kernel)) {
		kernel[files] = $1
		sub(/-amd64$/, "", kernel[files])
		sub(/^[^-]*-/, "", kernel[files])
	}
	value[files, $2, $3, $4, $5] = $6
	if ($5 == "squirrel")
		ratio[files, $2, $3, $4] = $7
}
END {
	print ".. csv-table::"
	head = "case"
	for (f = 2; f <= files; f++) {
		fair(f)
		head = head ",\"squirrel, " kernel[f] "\",SLUB,floor,ratio"
	}
	print "   :header: " head "\n"
	for (r = 1; r <= rows; r++) {
		line = "   \"" title[r] "\""
		for (f = 2; f <= files; f++)
			line = line cells(f, r)
		print line
	}
}
