/* turns.h - how long the calling thread keeps a processor that others want, too. */
#ifndef FHI_TURNS_H
#define FHI_TURNS_H

#include <stdbool.h>

/* Asks for short turns: the thread is let in sooner when it wakes up, and loses little when it gives way. It gets no
 * larger share. False where the kernel grants none (Linux before 6.12), where nobody may ask, or where the thread is
 * not scheduled as usual. */
bool fhi_turns_short(void);

#endif
