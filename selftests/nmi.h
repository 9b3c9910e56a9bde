/* SPDX-License-Identifier: GPL-2.0 */
/* NMIs that one CPU sends to another, where a module can have them. */
#ifndef _SELFTESTS_NMI_H
#define _SELFTESTS_NMI_H

#if defined(CONFIG_X86_LOCAL_APIC) && defined(CONFIG_SMP)
#include <asm/apic.h>
#include <asm/nmi.h>

#define HAVE_NMI

static inline void nmi_send(int cpu)
{
	apic->send_IPI(cpu, NMI_VECTOR);
}
#else
static inline void nmi_send(int cpu)
{
}
#endif

#endif /* _SELFTESTS_NMI_H */
