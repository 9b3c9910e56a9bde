#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Each bug that torture.ko can plant makes it fail, and it says what was wrong.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

BUGS="overflow:write_behind_an_object
underflow:write_in_front_of_an_object
overflow_large:write_behind_a_large_block
write_after_free:write_after_free
rcu_too_late:write_after_free
double_free:second_free
double_free_later:second_free
double_free_cpu:second_free
double_free_rcu:second_free,_by_RCU,
double_free_bulk:second_free
double_free_large:second_free.*
foreign_free:free_of_memory_that_is_not_squirrel's
interior_free:free_of_a_pointer_into_the_middle
wrong_cache:free_of_another_cache's_object
wrong_heap:free_of_another_heap's_memory
after_destroy:(second_free,_or_free_of_memory_given_back,|free_of_memory_that_is_not_squirrel's)
lost_pattern:overwritten
two_owners:has_two_owners
leak:leaked
realloc_loses:lost_by_realloc
wrong_size:smaller_than_asked_for
not_zero:not_zero
not_constructed:not_as_constructed"

# Its own words for what is wrong, and nothing else went wrong before that.
named() {
	mark
	if helper torture "busted=$1"; then
		echo "was not noticed"
		log_since
		return 1
	fi
	said "^torture: FAILURE .* wrong='$(echo "$2" | tr _ ' ')'\$" && not_loaded torture
}

plan 27
need load
for bug in $BUGS; do
	check "${bug%%:*} is named" named "${bug%%:*}" "${bug#*:}"
done
refuse "a bug that there is not" helper torture busted=nut
check "squirrel is sound" sound
finish
