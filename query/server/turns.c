/* turns.c - the length of a thread's turns, told to the kernel.
 *
 * Linux gives the processor to whoever has the earliest deadline, and a deadline is one turn away: usually some
 * milliseconds. So a thread that wakes up may wait that long for one that computes. glibc has no function for the wish.
 */
#include "query/server/turns.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURN_NS = 100000 }; /* the least that the kernel takes */

bool fhi_turns_short(void)
{
    struct sched_attr wish = {.size = sizeof wish}, granted = {.size = sizeof granted};
    if (syscall(SYS_sched_getattr, 0, &wish, sizeof wish, 0) != 0 || wish.sched_policy != SCHED_NORMAL) return false;
    wish.sched_runtime = TURN_NS;
    if (syscall(SYS_sched_setattr, 0, &wish, 0) != 0) return false;
    return syscall(SYS_sched_getattr, 0, &granted, sizeof granted, 0) == 0 && granted.sched_runtime == TURN_NS;
}
