/* fault.c - the __wrap_ functions behind fault.h, and the loop over every n.
 *
 * The linker sends every call of malloc to __wrap_malloc, and __real_malloc to the C library (or to the
 * allocator of a sanitizer). The counters are atomics because workers allocate too.
 */
#include "tests/support/fault.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static _Atomic uint64_t asked;     /* allocations since the last arm */
static _Atomic uint64_t first_bad; /* 0: none */
static _Atomic bool only_one;
static _Atomic bool refused;

static void arm(uint64_t nth, bool one)
{
    atomic_store(&first_bad, 0);
    atomic_store(&asked, 0);
    atomic_store(&refused, false);
    atomic_store(&only_one, one);
    atomic_store(&first_bad, nth);
}

void fault_arm(uint64_t nth)
{
    arm(nth, true);
}

void fault_arm_from(uint64_t nth)
{
    arm(nth, false);
}

uint64_t fault_disarm(void)
{
    atomic_store(&first_bad, 0);
    return atomic_load(&asked);
}

bool fault_hit(void)
{
    return atomic_load(&refused);
}

static bool refuse(void)
{
    const uint64_t number = atomic_fetch_add(&asked, 1) + 1;
    const uint64_t bad = atomic_load(&first_bad);
    if (bad == 0 || number < bad || (number > bad && atomic_load(&only_one))) return false;
    atomic_store(&refused, true);
    return true;
}

static uint64_t each(fh_status (*job)(void *context), void *context, uint64_t runs_max, bool one)
{
    for (uint64_t nth = 1; nth <= runs_max; nth++) {
        arm(nth, one);
        const fh_status status = job(context);
        const uint64_t count = fault_disarm();
        if (!fault_hit()) {
            if (status != FH_OK) fail_msg("the run without a fault answers %s", fh_status_name(status));
            return count;
        }
        if (status != FH_OK && status != FH_E_NOMEM)
            fail_msg("allocation %llu refused: answers %s", (unsigned long long)nth, fh_status_name(status));
    }
    fail_msg("still failing after %llu runs", (unsigned long long)runs_max);
    return 0;
}

uint64_t fault_each_allocation(fh_status (*job)(void *context), void *context, uint64_t runs_max)
{
    (void)each(job, context, runs_max, false);
    return each(job, context, runs_max, true);
}

/* The linker makes these names; nothing else declares them. */
void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_aligned_alloc(size_t align, size_t bytes);
int __real_posix_memalign(void **out, size_t align, size_t bytes);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len_max);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes);
int __wrap_posix_memalign(void **out, size_t align, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len_max);

void *__wrap_malloc(size_t bytes)
{
    return refuse() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    return refuse() ? NULL : __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes)
{
    return refuse() ? NULL : __real_realloc(old, bytes);
}

void *__wrap_aligned_alloc(size_t align, size_t bytes)
{
    return refuse() ? NULL : __real_aligned_alloc(align, bytes);
}

int __wrap_posix_memalign(void **out, size_t align, size_t bytes)
{
    return refuse() ? ENOMEM : __real_posix_memalign(out, align, bytes);
}

char *__wrap_strdup(const char *text)
{
    return refuse() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len_max)
{
    return refuse() ? NULL : __real_strndup(text, len_max);
}
