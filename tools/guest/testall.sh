# SPDX-License-Identifier: GPL-2.0
# Job: kselftest and then KUnit, for kernels that can do both.
# shellcheck shell=dash

sh /squirrel/test.sh
selftests=$?
sh /squirrel/kunit.sh
kunit=$?
exit $((selftests | kunit))
