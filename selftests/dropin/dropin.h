/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DROPIN_H
#define _DROPIN_H

#include <linux/types.h>

#define DROPIN_BAD(cond)	dropin_bad(!(cond), #cond, __func__, __LINE__)

bool dropin_bad(bool bad, const char *what, const char *func, int line);
int dropin_free(void);
int dropin_rcu(void);
int dropin_lru(void);
int dropin_create(void);
int dropin_typesafe(void);

#endif /* _DROPIN_H */
