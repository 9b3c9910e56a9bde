/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which squirrel this is: part of <squirrel/squirrel.h>. The module says so in modinfo,
 * and the package is named after it.
 */
#ifndef _SQUIRREL_VERSION_H
#define _SQUIRREL_VERSION_H

/**
 * define SQUIRREL_VERSION - as "major.minor.patch"
 */
#define SQUIRREL_VERSION	"1.0.0"

#endif /* _SQUIRREL_VERSION_H */
