/* replay.c - a fuzz target without a fuzzer: `replay_NAME [-n RUNS] [FILE|FOLDER...]`.
 *
 * Gives each file to LLVMFuzzerTestOneInput, then RUNS random inputs: half of them bytes at random, half a given file
 * with a few bytes changed, cut, or repeated. A crash ends the program, and the seed printed before repeats it. One TAP
 * case.
 */
#include "tests/support/rng.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
    RUNS_DEFAULT = 2000,
    SECONDS_MAX = 10,
    INPUTS_MAX = 1 << 14,
    INPUT_BYTES_MAX = 1 << 20,
    RANDOM_BYTES_MAX = 512,
    PATH_BYTES = 1024
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef struct input {
    uint8_t *data; /* exactly len bytes on the heap, so that a sanitizer sees a read past the end */
    size_t len;
} input;

typedef struct corpus {
    input *inputs; /* room for INPUTS_MAX */
    size_t count;
} corpus;

static _Noreturn void give_up(const char *what, const char *path)
{
    (void)fprintf(stderr, "replay: %s %s: %s\n", what, path, strerror(errno));
    exit(1);
}

static void *checked(void *memory)
{
    if (!memory) give_up("allocate for", "inputs");
    return memory;
}

static void add_file(corpus *all, const char *path, size_t bytes)
{
    if (bytes > INPUT_BYTES_MAX) bytes = INPUT_BYTES_MAX;
    FILE *file = fopen(path, "rb");
    if (!file) give_up("open", path);
    if (all->count == INPUTS_MAX) {
        errno = E2BIG;
        give_up("take", path);
    }
    input *next = &all->inputs[all->count++];
    next->data = checked(malloc(bytes ? bytes : 1));
    next->len = fread(next->data, 1, bytes, file);
    (void)fclose(file);
}

static void add_path(corpus *all, const char *path)
{
    struct stat entry;
    if (stat(path, &entry) != 0) give_up("find", path);
    if (!S_ISDIR(entry.st_mode)) {
        add_file(all, path, (size_t)entry.st_size);
        return;
    }
    DIR *folder = opendir(path);
    if (!folder) give_up("open", path);
    const struct dirent *found;
    while ((found = readdir(folder))) {
        char inner[PATH_BYTES];
        if (snprintf(inner, sizeof inner, "%s/%s", path, found->d_name) >= (int)sizeof inner) continue;
        if (stat(inner, &entry) == 0 && S_ISREG(entry.st_mode)) add_file(all, inner, (size_t)entry.st_size);
    }
    (void)closedir(folder);
}

/* A copy of `from`, then one to four small changes. */
static input mutate(rng *random, const input *from)
{
    input made = {checked(malloc(from->len + 1)), from->len};
    if (from->len) memcpy(made.data, from->data, from->len);
    for (uint64_t left = rng_range(random, 1, 4); left && made.len; left--) {
        const size_t at = (size_t)rng_below(random, made.len);
        const size_t count = (size_t)rng_range(random, 1, made.len - at < 16 ? made.len - at : 16);
        switch (rng_below(random, 5)) {
        case 0: made.data[at] = (uint8_t)rng_next(random); break;
        case 1: made.data[at] ^= (uint8_t)(1U << rng_below(random, 8)); break;
        case 2: made.len = at; break;
        case 3: memset(made.data + at, rng_below(random, 2) ? 0xFF : 0, count); break;
        default: memmove(made.data + at, made.data + rng_below(random, made.len - count + 1), count); break;
        }
    }
    made.data = checked(realloc(made.data, made.len ? made.len : 1));
    return made;
}

static input invent(rng *random)
{
    const size_t len = (size_t)rng_below(random, RANDOM_BYTES_MAX);
    input made = {checked(malloc(len ? len : 1)), len};
    rng_bytes(random, made.data, len);
    /* Text is likelier to get past the first check than bytes are. */
    if (rng_below(random, 2))
        for (size_t i = 0; i < len; i++)
            made.data[i] = (uint8_t)(' ' + made.data[i] % 95);
    return made;
}

/* Answers how many random inputs were given: runs, or fewer when the time is over. */
static long run_random(rng *random, const corpus *all, long runs)
{
    const time_t end = time(NULL) + SECONDS_MAX;
    long done = 0;
    for (; done < runs && time(NULL) < end; done++) {
        const bool changed = all->count && rng_below(random, 2);
        input made = changed ? mutate(random, &all->inputs[rng_below(random, all->count)]) : invent(random);
        (void)LLVMFuzzerTestOneInput(made.data, made.len);
        free(made.data);
    }
    return done;
}

int main(int argc, char **argv)
{
    long runs = RUNS_DEFAULT;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) {
        runs = strtol(argv[2], NULL, 10);
        first = 3;
    }
    corpus all = {.inputs = checked(calloc(INPUTS_MAX, sizeof(input)))};
    for (int i = first; i < argc; i++)
        add_path(&all, argv[i]);
    rng random;
    rng_init(&random, argv[0]);
    for (size_t i = 0; i < all.count; i++)
        (void)LLVMFuzzerTestOneInput(all.inputs[i].data, all.inputs[i].len);
    const long done = run_random(&random, &all, runs);
    (void)printf("1..1\nok 1 - %zu given inputs, %ld random ones\n", all.count, done);
    for (size_t i = 0; i < all.count; i++)
        free(all.inputs[i].data);
    free(all.inputs);
    return 0;
}
