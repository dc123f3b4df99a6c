/* rng.c - splitmix64 (Steele, Lea and Flood, 2014): small, good enough for tests, the same everywhere. */
#include "tests/support/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_seed(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec + ((uint64_t)getpid() << 40);
}

void rng_init(rng *random, const char *test_name)
{
    const char *given = getenv("FH_SEED");
    rng_seed(random, given && *given ? strtoull(given, NULL, 0) : clock_seed() & UINT32_MAX);
    (void)printf("# %s: FH_SEED=%llu\n", test_name, (unsigned long long)random->seed);
    (void)fflush(stdout);
}

void rng_seed(rng *random, uint64_t seed)
{
    *random = (rng){.state = seed, .seed = seed};
}

uint64_t rng_next(rng *random)
{
    uint64_t mix = random->state += 0x9E3779B97F4A7C15;
    mix = (mix ^ (mix >> 30)) * 0xBF58476D1CE4E5B9;
    mix = (mix ^ (mix >> 27)) * 0x94D049BB133111EB;
    return mix ^ (mix >> 31);
}

uint64_t rng_below(rng *random, uint64_t limit)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)rng_next(random) * limit) >> 64);
}

uint64_t rng_range(rng *random, uint64_t low, uint64_t high)
{
    const uint64_t span = high - low;
    return span == UINT64_MAX ? rng_next(random) : low + rng_below(random, span + 1);
}

double rng_unit(rng *random)
{
    return (double)(rng_next(random) >> 11) * 0x1p-53;
}

void rng_bytes(rng *random, void *to, size_t len)
{
    uint8_t *bytes = to;
    while (len > 0) {
        const uint64_t value = rng_next(random);
        const size_t count = len < sizeof value ? len : sizeof value;
        memcpy(bytes, &value, count);
        bytes += count;
        len -= count;
    }
}

uint64_t rng_skewed(rng *random, unsigned bits_max)
{
    const uint64_t bits = rng_range(random, 0, bits_max < 64 ? bits_max : 64);
    const uint64_t value = rng_next(random);
    return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

int rng_rounds(int full)
{
    const char *given = getenv("FH_EFFORT");
    const long percent = given && *given ? strtol(given, NULL, 10) : 100;
    const long rounds = percent > 0 && percent <= 1000 ? full * percent / 100 : full;
    return rounds > 0 ? (int)rounds : 1;
}
