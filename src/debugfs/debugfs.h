/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Face of the debugfs tree. It shows what allocator and reclaimer report and
 * knows nothing by itself; only main.c calls it.
 */
#ifndef _SQ_DEBUGFS_H
#define _SQ_DEBUGFS_H

int sq_debugfs_init(void);
void sq_debugfs_exit(void);

#endif /* _SQ_DEBUGFS_H */
