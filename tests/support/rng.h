/* rng.h - random numbers for tests: the seed comes from FH_SEED or the clock, and is printed so that a run can be
 * repeated. */
#ifndef TESTS_SUPPORT_RNG_H
#define TESTS_SUPPORT_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct rng {
    uint64_t state;
    uint64_t seed;
} rng;

/* Takes the seed from the environment or the clock and prints it with the name of the test. */
void rng_init(rng *random, const char *test_name);

/* A given seed; prints nothing. */
void rng_seed(rng *random, uint64_t seed);

uint64_t rng_next(rng *random); /* any 64 bits */
uint64_t rng_below(rng *random,
                   uint64_t limit); /* [0, limit); limit 0 gives 0; the bias is under 2^-32 for limits under 2^32 */
uint64_t rng_range(rng *random, uint64_t low, uint64_t high); /* [low, high] */
double rng_unit(rng *random);                                 /* [0, 1) */
void rng_bytes(rng *random, void *to, size_t len);

/* Skewed towards small values: a random number of bits up to bits_max, then that many random bits. */
uint64_t rng_skewed(rng *random, unsigned bits_max);

/* How many rounds of random work to do where `full` are wanted: FH_EFFORT percent of them, 100 unless set, at least
 * one. The sanitizers, which are slow, are run with less. */
int rng_rounds(int full);

#endif
