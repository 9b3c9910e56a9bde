/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A thread that is to run on this CPU before anybody else: for tests that what
 * takes long lets others run, also where nobody is preempted.
 */
#ifndef _SQ_KUNIT_URGENT_H
#define _SQ_KUNIT_URGENT_H

#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/sched.h>

/**
 * struct sq_urgent - the thread
 * @task: itself
 * @ran: it has run
 */
struct sq_urgent {
	struct task_struct *task;
	bool ran;
};

static inline int sq_urgent_fn(void *ran)
{
	WRITE_ONCE(*(bool *)ran, true);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

/* What the test does next on its CPU keeps it waiting. */
static inline void sq_urgent_wake(struct kunit *test, struct sq_urgent *u)
{
	u->ran = false;
	u->task = kthread_create(sq_urgent_fn, &u->ran, "sq-kunit-urgent");
	KUNIT_ASSERT_FALSE(test, IS_ERR(u->task));
	sched_set_fifo(u->task);
	kthread_bind(u->task, raw_smp_processor_id());
	wake_up_process(u->task);
}

/* Ends it. Returns whether it had run by now. */
static inline bool sq_urgent_end(struct sq_urgent *u)
{
	bool in_time = READ_ONCE(u->ran);

	kthread_stop(u->task);
	return in_time;
}

#endif /* _SQ_KUNIT_URGENT_H */
