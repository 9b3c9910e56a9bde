// SPDX-License-Identifier: GPL-2.0
/* The very source of cone.ko, on the kernel's own caches. */
#include "cone.c"
