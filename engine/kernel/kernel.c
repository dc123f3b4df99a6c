/* kernel.c - which table of kernels this processor runs. */
#include "engine/kernel/kernel.h"

#include <stdlib.h>

static bool runs(const fhi_kernels *kernels)
{
#if defined(__x86_64__)
    if (kernels == &fhi_kernels_avx2)
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
    if (kernels == &fhi_kernels_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
               __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("bmi2") &&
               __builtin_cpu_supports("popcnt");
#elif defined(__aarch64__)
    if (kernels == &fhi_kernels_neon) return true; /* every such processor has it */
#endif
    return kernels == &fhi_kernels_scalar;
}

static const fhi_kernels *const tables[] = {
    &fhi_kernels_scalar,
#if defined(__x86_64__)
    &fhi_kernels_avx2,
    &fhi_kernels_avx512,
#elif defined(__aarch64__)
    &fhi_kernels_neon,
#endif
};

const fhi_kernels *fhi_kernels_at(uint32_t i)
{
    for (uint32_t at = 0; at < sizeof tables / sizeof *tables; at++)
        if (runs(tables[at]) && i-- == 0) return tables[at];
    return NULL;
}

fh_status fhi_kernels_pick(const fhi_kernels **out, fh_err *err)
{
    const char *wanted = getenv("FIHRIST_KERNEL");
    *out = &fhi_kernels_scalar;
    for (uint32_t i = 0; fhi_kernels_at(i); i++) {
        *out = fhi_kernels_at(i);
        if (wanted && strcmp(wanted, (*out)->name) == 0) return FH_OK;
    }
    if (!wanted || !*wanted) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "FIHRIST_KERNEL=%s: no such kernels, or not on this processor", wanted);
}
