/* micro.c - `fihrist bench micro`: what the loops of a query cost a posting, each kernel of this processor beside the
 * others.
 *
 * Inputs are random, of the shape that news gives (quarters half full, frequencies of few bits), as many as fit the
 * second-level cache; a round runs over all of them, the least of many rounds counts. Beside a function stands what it
 * costs to copy the bytes it reads (memcpy), which no decoder undercuts, and to decode a posting (expand, 4 bits).
 */
#include "bench/bench.h"

#include "engine/kernel/kernel.h"

#include <getopt.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum {
    SAMPLES = 64,
    CHUNKS = 8,
    PACKED_BYTES = 256,
    MASK_BITS = 32, /* of 64 */
    RUN_VALUES = 128,
    IDS = 31,
    POSITIONS = 16, /* of a term in a document */
    LISTS = 3,      /* terms of a query */
    ROUNDS = 400
};

static const char usage[] =
    "usage: fihrist bench micro [--kernel NAME]\n"
    "\n"
    "Times the kernels of engine/kernel and prints a JSON line for each and each instruction set:\n"
    "{\"micro\",\"kernel\",\"postings\",\"bytes_each\",\"ns_each\",\"cycles_each\",\"of_memcpy\",\"of_decode\"};\n"
    "each: a posting, or a quarter of a chunk; cycles: of the time-stamp counter, which may tick otherwise than the\n"
    "core.\n";

/* What one call reads. */
typedef struct sample {
    uint8_t packed[PACKED_BYTES + FHI_KERNEL_SLACK];
    uint8_t ids[IDS + FHI_KERNEL_SLACK], bytes[64 + FHI_KERNEL_SLACK], norms[64];
    uint8_t lanes[LISTS][64];
    uint64_t masks[LISTS];
} sample;

typedef struct chunk {
    uint8_t locators[512 + FHI_KERNEL_SLACK], range_bounds[256 + FHI_KERNEL_SLACK], bounds[FHI_CHUNK_QUARTERS];
    uint16_t sums[FHI_CHUNK_QUARTERS], more[FHI_CHUNK_QUARTERS];
    uint64_t among[FHI_QUARTER_WORDS];
} chunk;

typedef struct inputs {
    _Alignas(64) uint8_t copy[SAMPLES * 64 + 4096];
    uint8_t source[SAMPLES * 64 + 4096];
    sample samples[SAMPLES];
    chunk chunks[CHUNKS];
    float k_of_norm[256];
    /* where results go */
    uint32_t docs[RUN_VALUES + FHI_KERNEL_SLACK];
    uint8_t lanes[64], found[FHI_CHUNK_QUARTERS];
    float scores[64];
    uint16_t quarters[FHI_SELECT_ROOM];
    uint64_t present[FHI_QUARTER_WORDS];
} inputs;

/* ---- inputs ---------------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static uint64_t draw_mask(uint64_t *random)
{
    uint64_t mask = fhi_bench_random(random);
    while (fhi_popcount64(mask) > MASK_BITS)
        mask &= ~(UINT64_C(1) << fhi_bench_below(random, 64));
    while (fhi_popcount64(mask) < MASK_BITS)
        mask |= UINT64_C(1) << fhi_bench_below(random, 64);
    return mask;
}

static void draw_bytes(uint64_t *random, uint8_t *bytes, size_t count, uint64_t limit)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)fhi_bench_below(random, limit);
}

static void draw_sample(uint64_t *random, sample *s)
{
    draw_bytes(random, s->packed, sizeof s->packed, 256);
    draw_bytes(random, s->ids, sizeof s->ids, 256);
    qsort(s->ids, IDS, 1, by_value);
    draw_bytes(random, s->bytes, sizeof s->bytes, 4);
    draw_bytes(random, s->norms, sizeof s->norms, 80);
    for (int i = 0; i < LISTS; i++) {
        s->masks[i] = draw_mask(random);
        draw_bytes(random, s->lanes[i], sizeof s->lanes[i], 6);
        for (int doc = 0; doc < 64; doc++)
            s->lanes[i][doc] = s->masks[i] >> doc & 1 ? (uint8_t)(s->lanes[i][doc] + 1) : 0;
    }
}

static void draw_chunk(uint64_t *random, chunk *c)
{
    draw_bytes(random, c->locators, sizeof c->locators, 256);
    draw_bytes(random, c->range_bounds, sizeof c->range_bounds, 256);
    draw_bytes(random, c->bounds, sizeof c->bounds, 256);
    for (int i = 0; i < FHI_CHUNK_QUARTERS; i++) {
        c->sums[i] = (uint16_t)fhi_bench_below(random, 20000);
        c->more[i] = (uint16_t)fhi_bench_below(random, 20000);
    }
    for (int i = 0; i < FHI_QUARTER_WORDS; i++)
        c->among[i] = draw_mask(random);
}

static void draw_inputs(inputs *in)
{
    uint64_t random = 1;
    for (int i = 0; i < SAMPLES; i++)
        draw_sample(&random, &in->samples[i]);
    for (int i = 0; i < CHUNKS; i++)
        draw_chunk(&random, &in->chunks[i]);
    for (int i = 0; i < 256; i++)
        in->k_of_norm[i] = 0.3f + 0.02f * (float)i;
}

/* ---- what is timed --------------------------------------------------------------------------------------- */

typedef struct subject subject;
struct subject {
    const char *name;
    uint64_t (*call)(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i); /* answers something */
    unsigned width;                                                                            /* bits of a value */
    uint32_t postings;                                                                         /* that a call handles */
    uint32_t bytes;                                                                            /* that it reads */
};

static uint64_t call_sum_gaps(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    kernels->sum_gaps(in->samples[i % SAMPLES].packed, RUN_VALUES, self->width, i, in->docs);
    return in->docs[RUN_VALUES - 1];
}

static uint64_t call_expand(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const sample *s = &in->samples[i % SAMPLES];
    return kernels->expand(s->packed, i % 64, self->width, 1, s->masks[0], in->lanes);
}

static uint64_t call_pick(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    uint32_t before;
    (void)self;
    return kernels->pick(in->samples[i % SAMPLES].ids, IDS, i % 4, &before) + before;
}

static uint64_t call_escapes(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    return kernels->escapes(in->samples[i % SAMPLES].packed, RUN_VALUES, self->width);
}

static uint64_t call_raise(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const sample *s = &in->samples[i % SAMPLES];
    (void)self;
    memcpy(in->lanes, s->lanes[0], sizeof in->lanes);
    return kernels->raise(in->lanes, s->bytes, s->masks[0]);
}

static uint64_t call_pick_form(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const sample *s = &in->samples[i % SAMPLES];
    return kernels->pick_form(s->packed, i % 64, self->width, 2, s->masks[0], s->lanes[0], in->lanes);
}

static uint64_t call_find(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    static const uint32_t wanted[] = {3, 17};
    return kernels->find(in->samples[i % SAMPLES].packed, i % 8, POSITIONS, self->width, wanted, 2);
}

static uint64_t call_reaching(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    static const uint16_t weights[LISTS] = {9000, 14000, 21000};
    (void)self;
    return kernels->reaching(in->samples[i % SAMPLES].masks, weights, LISTS, 30000);
}

static uint64_t call_score(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const sample *s = &in->samples[i % SAMPLES];
    fhi_addend addends[LISTS];
    (void)self;
    for (int list = 0; list < LISTS; list++)
        addends[list] = (fhi_addend){s->lanes[list], s->masks[list], 2.0f + (float)list};
    return kernels->score(addends, LISTS, UINT64_MAX, s->norms, in->k_of_norm, 6.5f, in->lanes, in->scores);
}

static uint64_t call_dot(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const sample *s = &in->samples[i % SAMPLES];
    (void)self;
    return kernels->dot(s->lanes[0], s->lanes[1], s->masks[2]);
}

static uint64_t call_presence(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    (void)self;
    kernels->presence(in->chunks[i % CHUNKS].locators, 256, in->present);
    return in->present[0];
}

static uint64_t call_spread(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const chunk *c = &in->chunks[i % CHUNKS];
    (void)self;
    kernels->spread(c->range_bounds, 256, c->among, in->found);
    return in->found[i % 64];
}

static uint64_t call_weigh(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    (void)self;
    kernels->weigh(in->chunks[i % CHUNKS].bounds, 9000, in->quarters);
    return in->quarters[i % 64];
}

static uint64_t call_add(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    (void)self;
    kernels->add(in->quarters, in->chunks[i % CHUNKS].more);
    return in->quarters[i % 64];
}

static uint64_t call_highest(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const chunk *c = &in->chunks[i % CHUNKS];
    (void)self;
    return kernels->highest(c->sums, c->among);
}

static uint64_t call_select(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    const chunk *c = &in->chunks[i % CHUNKS];
    (void)self;
    return kernels->select(c->sums, c->among, 19000, UINT16_MAX, in->quarters);
}

static uint64_t call_memcpy(const subject *self, const fhi_kernels *kernels, inputs *in, uint32_t i)
{
    (void)kernels;
    const size_t line = (size_t)(i % SAMPLES) * 64;
    memcpy(in->copy + line, in->source + line, self->bytes);
    return in->copy[line];
}

static const subject decode = {"expand, 4 bits", call_expand, 4, MASK_BITS, 16 + 8};

static const subject subjects[] = {
    {"expand, 1 bit", call_expand, 1, MASK_BITS, 4 + 8},
    {"expand, 2 bits", call_expand, 2, MASK_BITS, 8 + 8},
    {"expand, 4 bits", call_expand, 4, MASK_BITS, 16 + 8},
    {"expand, 8 bits", call_expand, 8, MASK_BITS, 32 + 8},
    {"escapes, 2 bits", call_escapes, 2, RUN_VALUES, 32},
    {"raise", call_raise, 0, MASK_BITS, MASK_BITS + 64 + 8},
    {"pick_form, 4 bits", call_pick_form, 4, MASK_BITS, 16 + 64 + 8},
    {"find, 9 bits", call_find, 9, POSITIONS, POSITIONS * 9 / 8},
    {"pick", call_pick, 0, IDS, IDS},
    {"reaching, 3 lists", call_reaching, 0, LISTS *MASK_BITS, LISTS * 8},
    {"score, 3 lists", call_score, 0, LISTS *MASK_BITS, LISTS * 72 + 64},
    {"dot", call_dot, 0, MASK_BITS, 128 + 8},
    {"sum_gaps, 4 bits", call_sum_gaps, 4, RUN_VALUES, RUN_VALUES / 2},
    {"sum_gaps, 7 bits", call_sum_gaps, 7, RUN_VALUES, RUN_VALUES * 7 / 8},
    {"sum_gaps, 12 bits", call_sum_gaps, 12, RUN_VALUES, RUN_VALUES * 12 / 8},
    {"presence", call_presence, 0, FHI_CHUNK_QUARTERS, 512},
    {"spread", call_spread, 0, FHI_CHUNK_QUARTERS, 256 + 128},
    {"weigh", call_weigh, 0, FHI_CHUNK_QUARTERS, 1024},
    {"add", call_add, 0, FHI_CHUNK_QUARTERS, 4096},
    {"highest", call_highest, 0, FHI_CHUNK_QUARTERS, 2048 + 128},
    {"select", call_select, 0, FHI_CHUNK_QUARTERS, 2048 + 128},
};

/* ---- timing ---------------------------------------------------------------------------------------------- */

typedef struct cost {
    double ns, cycles; /* of a call */
} cost;

static uint64_t ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    return 0;
#endif
}

static cost measure(const subject *s, const fhi_kernels *kernels, inputs *in)
{
    enum { CALLS = 4 * SAMPLES };
    cost least = {1e18, 1e18};
    volatile uint64_t sink = 0; /* so that no call is left out */
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t sum = 0;
        const uint64_t start_ns = fhi_bench_now_ns(), start = ticks();
        for (uint32_t i = 0; i < CALLS; i++)
            sum += s->call(s, kernels, in, i);
        const double cycles = (double)(ticks() - start) / CALLS;
        const double ns = (double)(fhi_bench_now_ns() - start_ns) / CALLS;
        sink += sum;
        if (ns < least.ns) least.ns = ns;
        if (cycles < least.cycles) least.cycles = cycles;
    }
    (void)sink;
    return least;
}

static fh_status print(const subject *s, const fhi_kernels *kernels, inputs *in, double decode_ns, fh_err *err)
{
    const subject copying = {"memcpy", call_memcpy, 0, s->postings, s->bytes};
    const cost own = measure(s, kernels, in), copy = measure(&copying, kernels, in);
    return fhi_bench_put_json(stdout,
                              json_pack("{ss ss si sf sf sf sf sf}", "micro", s->name, "kernel", kernels->name,
                                        "postings", (int)s->postings, "bytes_each", (double)s->bytes / s->postings,
                                        "ns_each", own.ns / s->postings, "cycles_each", own.cycles / s->postings,
                                        "of_memcpy", own.ns / copy.ns, "of_decode", own.ns / s->postings / decode_ns),
                              err);
}

static fh_status run(const char *wanted, inputs *in, fh_err *err)
{
    bool any = false;
    draw_inputs(in);
    for (size_t s = 0; s < sizeof subjects / sizeof subjects[0]; s++)
        for (uint32_t i = 0; fhi_kernels_at(i); i++) {
            const fhi_kernels *kernels = fhi_kernels_at(i);
            if (wanted && strcmp(wanted, kernels->name) != 0) continue;
            FH_TRY(print(&subjects[s], kernels, in, measure(&decode, kernels, in).ns / decode.postings, err));
            any = true;
        }
    return any ? FH_OK : fhi_fail(err, FH_E_NOT_FOUND, "no such kernels, or not on this processor");
}

int fhi_bench_micro(int argc, char **argv)
{
    static const struct option known[] = {
        {"kernel", required_argument, NULL, 'k'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    const char *wanted = NULL;
    fh_err err = {.text = ""};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option != 'k') return fhi_bench_usage(usage, option == 'h');
        wanted = optarg;
    }
    if (optind != argc) return fhi_bench_usage(usage, false);
    inputs *in = aligned_alloc(_Alignof(inputs), sizeof *in);
    if (!in) return fhi_bench_complain("micro", "not enough memory");
    memset(in, 0, sizeof *in);
    const fh_status status = run(wanted, in, &err);
    free(in);
    return status == FH_OK ? 0 : fhi_bench_complain_err("micro", status, &err);
}
