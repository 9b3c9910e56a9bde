/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Assertions: a rule that breaks is told where it breaks, and not only when
 * somebody asks for a check of everything.
 *
 * They are for kernels that tests run on, with KUnit or KASAN. Elsewhere they
 * cost nothing. -DSQ_DEBUG_ASSERTS=0 or =1 decides it for one build.
 */
#ifndef _SQ_ASSERT_H
#define _SQ_ASSERT_H

#include <linux/bug.h>
#include <linux/kconfig.h>

#ifndef SQ_DEBUG_ASSERTS
#define SQ_DEBUG_ASSERTS	(IS_ENABLED(CONFIG_KUNIT) ||	\
				 IS_ENABLED(CONFIG_KASAN))
#endif

/**
 * sq_assert() - warn, once for each place, if a rule is broken
 * @cond: true while it holds; without side effects, as it may not be evaluated
 *
 * Only for rules that squirrel's own code can break. What clients do wrong is
 * reported in every build.
 *
 * Context: Any context.
 */
#if SQ_DEBUG_ASSERTS
#define sq_assert(cond)		((void)WARN_ON_ONCE(!(cond)))
#else
#define sq_assert(cond)		((void)(false && (cond)))
#endif

#endif /* _SQ_ASSERT_H */
