/* SPDX-License-Identifier: GPL-2.0 */
/* What is mapped at an address of the kernel's that is ours: guard_map.c changes it. */
#ifndef _SQ_ALLOCATOR_DEBUG_GUARD_PTE_H
#define _SQ_ALLOCATOR_DEBUG_GUARD_PTE_H

#include <linux/mm.h>
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
#include <asm/cpufeature.h>
#include <asm/invpcid.h>
#include <asm/pgtable.h>
#include <asm/special_insns.h>
#endif

/*
 * Whether a page that is mapped may be taken from under its address, and another be put
 * there, while whoever touched the hole in between waits in the kernel's report of it
 * (DIE_OOPS) and, told NOTIFY_STOP, goes on. On arm64 the report ends the task in any case.
 */
#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
static inline bool sq_can_remap(void)
{
	/* What flushes a TLB is Xen's there. */
	return !boot_cpu_has(X86_FEATURE_XENPV);
}

/* Where it says what is mapped at @addr, or NULL. The address is the caller's. */
static inline pte_t *sq_kernel_pte(unsigned long addr)
{
	unsigned int level;
	pte_t *pte = lookup_address(addr, &level);

	return level == PG_LEVEL_4K ? pte : NULL;
}

static inline void sq_map_page(unsigned long addr, struct page *page)
{
	pte_t *pte = sq_kernel_pte(addr);

	if (pte)
		set_pte(pte, mk_pte(page, PAGE_KERNEL));
}

static inline void sq_unmap_page(unsigned long addr)
{
	pte_t *pte = sq_kernel_pte(addr);

	if (pte)
		set_pte(pte, __pte(0));
}

static inline bool sq_is_unmapped(unsigned long addr)
{
	pte_t *pte = sq_kernel_pte(addr);

	return pte && pte_none(*pte);
}

/* As the kernel flushes all, which on 7.3 is for KVM only. */
static inline void sq_flush_tlb_here(void *unused)
{
	unsigned long flags, cr4;

	if (boot_cpu_has(X86_FEATURE_INVPCID)) {
		invpcid_flush_all();
		return;
	}
	raw_local_irq_save(flags);
	cr4 = native_read_cr4();
	asm volatile("mov %0, %%cr4" : : "r" (cr4 ^ X86_CR4_PGE) : "memory");
	asm volatile("mov %0, %%cr4" : : "r" (cr4) : "memory");
	raw_local_irq_restore(flags);
}
#else
static inline bool sq_can_remap(void)
{
	return false;
}

static inline void sq_map_page(unsigned long addr, struct page *page) { }
static inline void sq_unmap_page(unsigned long addr) { }
static inline bool sq_is_unmapped(unsigned long addr) { return false; }
static inline void sq_flush_tlb_here(void *unused) { }
#endif

#endif /* _SQ_ALLOCATOR_DEBUG_GUARD_PTE_H */
