# SPDX-License-Identifier: GPL-2.0
# Leaves a report of the kernel's out of its log if the client is to blame for it, as it is
# shipped and on SLUB too. "from" is what its first line is like, "at" where it was found: a
# line without "?". All else stays, also the report of something else that begins
# in the midst of it.
function end_report(   i) {
	for (i = 1; i <= n; i++)
		if (!theirs || other)
			print line[i]
	n = theirs = other = 0
}

!n && from != "" && $0 ~ from {
	line[n = 1] = $0
	next
}

n {
	line[++n] = $0
	if ($0 ~ at && $0 !~ /\? /)
		theirs = 1
	if (/WARNING:|BUG:|KASAN:|Oops|INFO:/)
		other = 1
	if (/<\/TASK>/)
		end_report()
	next
}

{ print }

END {
	theirs = 0
	end_report()
}
