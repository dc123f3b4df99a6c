/* process.h - what concerns the whole process: only verbs may call these, the library never. */
#ifndef FHI_PROCESS_H
#define FHI_PROCESS_H

#include <stdbool.h>

/* Interrupt and terminate become readable on a descriptor, also where a script's background job has been told to ignore
 * them; -1 when that cannot be had. */
int fhi_signals_open(void);
bool fhi_is_signalled(void *fd); /* an int, from fhi_signals_open; fits fhi_cancelled */

/* Large blocks go back to the system when they are freed. The C library would soon keep them for later: then what the
 * process holds is twice what it uses. */
void fhi_give_back_large_blocks(void);

#endif
