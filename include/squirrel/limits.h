/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What holds for caches and heaps alike: part of <squirrel/squirrel.h>.
 */
#ifndef _SQUIRREL_LIMITS_H
#define _SQUIRREL_LIMITS_H

/**
 * define SQUIRREL_NAME_MAX - longest name of a cache or heap, in characters
 */
#define SQUIRREL_NAME_MAX	47
/**
 * define SQUIRREL_MAX_SIZE - largest object of a cache or heap, in bytes
 */
#define SQUIRREL_MAX_SIZE	(4UL << 20)

#endif /* _SQUIRREL_LIMITS_H */
