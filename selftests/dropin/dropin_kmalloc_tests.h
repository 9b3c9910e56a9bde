/* SPDX-License-Identifier: GPL-2.0 */
/* Those of who has kmalloc() redirected as well: part of dropin_tests.h. */

DROPIN_TEST(kmalloc_constant, 0, "kmalloc() of sizes that the compiler knows")
DROPIN_TEST(kmalloc_sizes, 0, "kmalloc() of all sizes, and how it is aligned")
DROPIN_TEST(kmalloc_arrays, 0, "arrays, and what is too large")
DROPIN_TEST(kmalloc_far, 0, "kvmalloc(): near, or far if need be")
DROPIN_TEST(kmalloc_resized, 0, "krealloc() of squirrel's and of the kernel's")
DROPIN_TEST(kmalloc_copies, 0, "kstrdup(), kmemdup(), kasprintf()")
DROPIN_TEST(kmalloc_freed, 0, "what is the kernel's goes back to it")
DROPIN_TEST(kmalloc_charged, 0, "what is charged for in bytes is the kernel's")
DROPIN_TEST(kmalloc_pools, 0, "mempools of one size")
