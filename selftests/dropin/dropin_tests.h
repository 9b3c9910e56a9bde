/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tests, in the order in which they run; for who defines
 *
 *	DROPIN_TEST(name, misuse, title)
 *
 * with the bad frees that the test makes on purpose, each of which is reported. The
 * name begins with that of the source.
 */

#ifdef DROPIN_KMALLOC
#include "dropin_kmalloc_tests.h"
#ifdef DROPIN_OBJECTS
DROPIN_TEST(whole_blob, 0, "an object that the module's link redirects")
#endif
#else

/* First, as each is said once. */
DROPIN_TEST(flags_lost, 0, "a flag that has no effect is said once")
DROPIN_TEST(flags_uncharged, 0, "SLAB_ACCOUNT: what is lost is said once")
DROPIN_TEST(flags_window, 0, "a usercopy window: what is lost is said once")
DROPIN_TEST(flags_copied, 0, "all of an object may be copied to user space")

DROPIN_TEST(create_forms, 0, "each form of create makes a cache of squirrel's")
DROPIN_TEST(create_sizes, 0, "caches of all sizes")
DROPIN_TEST(create_aligns, 0, "caches of all alignments")
DROPIN_TEST(create_refused, 0,
	    "what is refused is NULL and one line that says why")
DROPIN_TEST(create_granted, 0, "what is granted is not talked about")
DROPIN_TEST(create_constructors, 0,
	    "constructors run, and zalloc keeps what they made")
DROPIN_TEST(create_own_prefix, 0, "pr_fmt is the source's own")

DROPIN_TEST(args_struct, 0, "create takes its arguments in a struct as well")
DROPIN_TEST(args_flags, 0, "create with a struct takes flags beside it")

DROPIN_TEST(names_repeated, 0, "a name that is taken gets a number")
DROPIN_TEST(names_long, 0, "a long name loses its end")
DROPIN_TEST(names_odd, 0, "odd characters are shown as '_'")
DROPIN_TEST(names_lent, 0, "the name may go after create")
DROPIN_TEST(names_late_prefix, 0, "pr_fmt may be defined late")

DROPIN_TEST(flags_each, 0,
	    "every flag is accepted or refused, also beside others")
DROPIN_TEST(flags_line, 0, "SLAB_HWCACHE_ALIGN aligns")
DROPIN_TEST(flags_typesafe, 0,
	    "SLAB_TYPESAFE_BY_RCU: readers find objects of the cache")
DROPIN_TEST(flags_no_prefix, 0, "a source without pr_fmt has none")

DROPIN_TEST(lru_charged, 0, "a charged cache's objects go on a list_lru")
DROPIN_TEST(lru_inode, 0, "alloc_inode_sb() of a cache of squirrel's")

DROPIN_TEST(objects_in_and_out, 0, "an object by each call, and back")
DROPIN_TEST(objects_zeroed, 0, "zeroed is zeroed")
DROPIN_TEST(objects_none, 0, "what is not to be had is NULL")
DROPIN_TEST(objects_nodes, 0, "nodes may be missing")
DROPIN_TEST(objects_bulk, 0, "many objects in one call")
DROPIN_TEST(objects_shrink, 0, "shrink gives back what is free")
DROPIN_TEST(objects_live, 0, "destroy is refused while an object is live")
DROPIN_TEST(objects_nothing, 0, "NULL is passed over")
DROPIN_TEST(objects_bad_frees, 3, "bad frees are reported and ignored")

DROPIN_TEST(free_objects, 0,
	    "kfree() and its relatives free objects of a cache")
DROPIN_TEST(free_heaps, 0,
	    "kfree() and its relatives free memory of squirrel's heaps")
DROPIN_TEST(free_foreign, 0,
	    "kfree() and its relatives free memory of the kernel's")
DROPIN_TEST(free_nothing, 0, "kfree() and its relatives pass over nothing")
DROPIN_TEST(free_far, 0,
	    "kvfree() of what is far, kfree_const() of what is constant")
DROPIN_TEST(free_mixed, 0, "squirrel's and the kernel's in one call")
DROPIN_TEST(free_wiped, 0, "what is sensitive is wiped")
DROPIN_TEST(free_bad_frees, 3, "kfree() of what is no object is reported")

DROPIN_TEST(size_ksize, 0, "ksize() of all kinds of memory")
DROPIN_TEST(size_stays, 0, "krealloc() leaves what fits where it is")
DROPIN_TEST(size_moves, 0, "krealloc() moves what does not")
DROPIN_TEST(size_fails, 0, "krealloc() fails without harm")
DROPIN_TEST(size_ends, 0, "krealloc() to and from nothing")
DROPIN_TEST(size_bad_size, 1, "krealloc() of what is no object is reported")

DROPIN_TEST(rcu_head, 0, "kfree_rcu() leaves an object to its readers")
DROPIN_TEST(rcu_headless, 0, "kfree_rcu() without a head waits for them")
DROPIN_TEST(rcu_theirs, 0, "kfree_rcu() of the kernel's memory")
DROPIN_TEST(rcu_nothing, 0, "kfree_rcu() of nothing")
DROPIN_TEST(rcu_barrier, 0, "kvfree_rcu_barrier() waits for objects of squirrel's")
DROPIN_TEST(rcu_once, 0, "kfree_rcu() takes its argument once")

DROPIN_TEST(pool_prefix, 0, "pr_fmt of the command line is kept")
DROPIN_TEST(pool_pools, 0, "each form of mempool over a cache")
DROPIN_TEST(pool_calls, 0, "a mempool's two calls by themselves")
DROPIN_TEST(pool_theirs, 0, "a mempool over a cache of the kernel's")

DROPIN_TEST(foreign_calls, 0, "every call hands on a cache of the kernel's")
DROPIN_TEST(foreign_inlines, 0,
	    "inline functions of other headers go on as they did")
DROPIN_TEST(foreign_addresses, 0, "the address of a name is squirrel's")
DROPIN_TEST(foreign_pointers, 0, "the calls work through pointers")
DROPIN_TEST(foreign_names_of_nothing, 0, "what is not covered stops the build")

#ifdef DROPIN_OBJECTS
DROPIN_TEST(undef_names, 0, "after #undef the names are squirrel's as ever")
DROPIN_TEST(undef_halves, 0, "after #undef nothing is half one and half the other")
DROPIN_TEST(undef_whole, 0, "after #undef a source is squirrel's altogether")

DROPIN_TEST(inline_other, 0, "calls in inline functions of other headers")
DROPIN_TEST(inline_callback, 0, "functions that headers hand on")
DROPIN_TEST(inline_blob, 0, "calls in an object that was compiled elsewhere")
DROPIN_TEST(inline_owner, 0, "a cache knows which module made it")
#else
DROPIN_TEST(undef_names, 0, "after #undef the names are the kernel's")
DROPIN_TEST(undef_halves, 0, "a source may be half one and half the other")
DROPIN_TEST(undef_whole, 0, "a source may be the kernel's altogether")
#endif

#endif

#undef DROPIN_TEST
