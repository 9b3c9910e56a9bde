/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that differs between the kernels squirrel is built for: 6.1, 6.12 and
 * 7.3. What clients see of it is in <squirrel/kernel.h>; no other file looks at the
 * kernel's version.
 */
#ifndef _SQ_COMPAT_H
#define _SQ_COMPAT_H

#include <linux/export.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kconfig.h>
#include <linux/kdebug.h>
#include <linux/memcontrol.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/string.h>

#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
#include <asm/special_insns.h>
#include <asm/trap_pf.h>
#elif defined(CONFIG_ARM64)
#include <asm/esr.h>
#include <asm/sysreg.h>
#endif

#include <squirrel/kernel.h>

#if !SQ_KERNEL_SINCE(6, 1)
#error "squirrel needs Linux 6.1 or newer"
#endif

/*
 * Symbols that only the KUnit suites need: exported, in a namespace of their
 * own, where the kernel has KUnit at all.
 */
#if SQ_KERNEL_SINCE(6, 13)
#define SQ_KUNIT_NS	"SQUIRREL_KUNIT"
#else
#define SQ_KUNIT_NS	SQUIRREL_KUNIT
#endif

#if IS_ENABLED(CONFIG_KUNIT)
#define EXPORT_SYMBOL_SQ_KUNIT(sym)	EXPORT_SYMBOL_NS_GPL(sym, SQ_KUNIT_NS)
#else
#define EXPORT_SYMBOL_SQ_KUNIT(sym)	struct __squirrel_no_kunit
#endif
#define SQ_IMPORT_FOR_KUNIT()		MODULE_IMPORT_NS(SQ_KUNIT_NS)

/* The largest order the page allocator serves. */
#if defined(MAX_PAGE_ORDER)
#define SQ_PAGE_ORDER_MAX	MAX_PAGE_ORDER
#elif SQ_KERNEL_SINCE(6, 4)
#define SQ_PAGE_ORDER_MAX	MAX_ORDER
#else
#define SQ_PAGE_ORDER_MAX	(MAX_ORDER - 1)
#endif

/* Whether a memory cgroup is charged for this page. */
static inline bool sq_page_charged(struct page *page)
{
#ifdef CONFIG_MEMCG
	return folio_memcg_kmem(page_folio(page));
#else
	return false;
#endif
}

/*
 * May the page allocator be called here? With PREEMPT_RT it takes locks that
 * sleep, so not with preemption off.
 */
static inline bool sq_may_call_pages(void)
{
	return !IS_ENABLED(CONFIG_PREEMPT_RT) || preemptible();
}

/* 7.3 warns about a workqueue that is neither per CPU nor unbound. */
#if SQ_KERNEL_SINCE(6, 17)
#define SQ_WQ_PERCPU	WQ_PERCPU
#else
#define SQ_WQ_PERCPU	0
#endif

/*
 * Test and set a bit of a per-CPU word in one instruction. Newer kernels let the compiler
 * address per-CPU words; the operand is then to be written their way.
 */
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
#ifdef __my_cpu_var
#define SQ_MY_CPU_VAR(var)	__my_cpu_var(var)
#else
#define SQ_MY_CPU_VAR(var)	(var)
#endif
#define SQ_PERCPU_BTS
#define sq_percpu_bts(var, bit)						\
({									\
	bool __old;							\
	asm volatile("btsq %[nr], " __percpu_arg([word])		\
		     : "=@ccc" (__old), [word] "+m" (SQ_MY_CPU_VAR(var)) \
		     : [nr] "i" (bit) : "memory");			\
	__old;								\
})
#endif

/*
 * What was touched, and whether to write there, if the kernel dies of that; false where it
 * dies of something else, or does not say.
 */
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
static inline bool sq_die_address(const struct die_args *args, unsigned long *addr, bool *write)
{
	*addr = read_cr2();
	*write = args->err & X86_PF_WRITE;
	return !strcmp(args->str, "Oops");
}
#elif defined(CONFIG_ARM64)
static inline bool sq_die_address(const struct die_args *args, unsigned long *addr, bool *write)
{
	*addr = read_sysreg(far_el1);
	*write = args->err & ESR_ELx_WNR;
	return !strcmp(args->str, "Oops");
}
#else
static inline bool sq_die_address(const struct die_args *args, unsigned long *addr, bool *write)
{
	return false;
}
#endif

/* For tests. Since 6.13 a timer is set up with its function, since 6.15 only so. */
static inline void sq_hrtimer_setup(struct hrtimer *timer,
				    enum hrtimer_restart (*fn)(struct hrtimer *t),
				    enum hrtimer_mode mode)
{
#if SQ_KERNEL_SINCE(6, 13)
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, mode);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, mode);
	timer->function = fn;
#endif
}

/* Since 6.7 the kernel allocates shrinkers. */
struct sq_shrinker {
#if SQ_KERNEL_SINCE(6, 7)
	struct shrinker *shrinker;
#else
	struct shrinker shrinker;
#endif
};

typedef unsigned long (*sq_shrink_fn)(struct shrinker *shrinker,
				      struct shrink_control *sc);

static inline int sq_shrinker_register(struct sq_shrinker *s, const char *name,
				       sq_shrink_fn count, sq_shrink_fn scan)
{
#if SQ_KERNEL_SINCE(6, 7)
	s->shrinker = shrinker_alloc(0, "%s", name);
	if (!s->shrinker)
		return -ENOMEM;
	s->shrinker->count_objects = count;
	s->shrinker->scan_objects = scan;
	shrinker_register(s->shrinker);
	return 0;
#else
	s->shrinker.count_objects = count;
	s->shrinker.scan_objects = scan;
	s->shrinker.seeks = DEFAULT_SEEKS;
	return register_shrinker(&s->shrinker, "%s", name);
#endif
}

static inline void sq_shrinker_unregister(struct sq_shrinker *s)
{
#if SQ_KERNEL_SINCE(6, 7)
	shrinker_free(s->shrinker);
#else
	unregister_shrinker(&s->shrinker);
#endif
}

/* ---- fault injection ------------------------------------------------------- */

#ifdef CONFIG_FAULT_INJECTION
#include <linux/dcache.h>
#include <linux/fault-inject.h>

/* Older kernels keep a reference to its directory there, newer ones the name. */
static inline void sq_fault_attr_end(struct fault_attr *attr)
{
	if (__builtin_types_compatible_p(typeof(attr->dname), struct dentry *))
		dput(*(struct dentry **)&attr->dname);
}
#endif

/* ---- irq_work -------------------------------------------------------------- */

/*
 * As irq_work_sync(), of which it may be the end of the machine: that turns round without
 * letting others run. What NMI queued on a CPU that was on its way offline, after its last
 * interrupt, is done when the CPU is back (cpu_back() in allocator.c), and who brings it back
 * may want this one. May sleep.
 */
static inline void sq_irq_work_wait(struct irq_work *work)
{
	while (irq_work_is_busy(work))
		schedule_timeout_uninterruptible(1);
	irq_work_sync(work);
}

#endif /* _SQ_COMPAT_H */
