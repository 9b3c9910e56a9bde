/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UTILITY_KUNIT_HIDE_H
#define UTILITY_KUNIT_HIDE_H

struct sq_manager;

void utility_kunit_hide_agents(struct sq_manager *m, unsigned int left);
void utility_kunit_show_agents(void);

#endif
