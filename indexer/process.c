/* process.c - signals and the C library's heap, for the verbs of this room. */
#include "indexer/process.h"

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

int fhi_signals_open(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd >= 0) (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    (void)signal(SIGINT, SIG_DFL);
    (void)signal(SIGTERM, SIG_DFL);
    return fd;
}

bool fhi_is_signalled(void *argument)
{
    struct pollfd fd = {.fd = *(const int *)argument, .events = POLLIN};
    return fd.fd >= 0 && poll(&fd, 1, 0) > 0;
}

void fhi_give_back_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
    (void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}
