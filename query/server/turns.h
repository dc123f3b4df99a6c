/* turns.h - how soon the calling thread gets a processor that others are using. */
#ifndef FHI_TURNS_H
#define FHI_TURNS_H

/* Asks for short turns, so that this thread, which mostly waits and then has little to do, interrupts those that
 * compute. It gets no larger share. Nothing happens where the kernel knows no such wish (Linux before 6.12), where it
 * may not be made, or where the thread is not scheduled as usual. */
void fhi_turns_short(void);

#endif
