/* fault.h - make the n-th allocation fail. Only for programs in tests/fault, which are linked with --wrap.
 *
 * Counted are calls of malloc, calloc, realloc, aligned_alloc, posix_memalign, strdup and strndup made by the
 * program and the library, on any thread; not those made inside shared libraries (ICU, jansson, libxapian).
 * A shared library that takes allocator functions (json_set_alloc_funcs) can be given malloc and free here.
 */
#ifndef TESTS_SUPPORT_FAULT_H
#define TESTS_SUPPORT_FAULT_H

#include <fihrist/status.h>

#include <stdbool.h>
#include <stdint.h>

/* From now on the nth allocation (1 is the next one) answers NULL, the others work. 0: only count. */
void fault_arm(uint64_t nth);

/* The same, but every allocation from the nth on fails: memory is gone for good. */
void fault_arm_from(uint64_t nth);

/* Stops failing; answers how many allocations were asked for since the last arm. */
uint64_t fault_disarm(void);

/* Whether an allocation has been refused since the last arm. */
bool fault_hit(void);

/* Runs job(context) once for each n = 1, 2, ... with the nth allocation failing, until a run in which none was
 * refused, then the same with every allocation from the nth on. Each run must answer FH_OK or FH_E_NOMEM, the last
 * FH_OK; cmocka fails the test otherwise, and when runs_max is not enough. Answers the number of allocations of a good
 * run. */
uint64_t fault_each_allocation(fh_status (*job)(void *context), void *context, uint64_t runs_max);

#endif
