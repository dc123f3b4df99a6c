/* turns.c - the length of a thread's turns, told to the kernel.
 *
 * Linux gives the processor to whoever has the earliest deadline, and a deadline is a turn away. Of two threads with
 * turns of the usual length, some milliseconds, the one that wakes up waits until the other has had its turn; one with
 * short turns is let in at once. glibc has no function for it.
 */
#include "query/server/turns.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TURN_NS = 100000 }; /* the least that the kernel takes */

void fhi_turns_short(void)
{
    struct sched_attr wish = {.size = sizeof wish};
    if (syscall(SYS_sched_getattr, 0, &wish, sizeof wish, 0) != 0 || wish.sched_policy != SCHED_NORMAL) return;
    wish.sched_runtime = TURN_NS;
    (void)syscall(SYS_sched_setattr, 0, &wish, 0);
}
