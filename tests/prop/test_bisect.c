/* test_bisect.c - the order is a permutation, the same with any number of threads, and brings together what belongs
 * together. */
#include "indexer/bisect.h"
#include "tests/support/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

/* Documents of `groups` groups take turns; a document draws most of its terms from those of its group. */
static fhi_graph make_graph(rng *random, uint32_t docs, uint32_t groups, uint32_t terms_per_group)
{
    fhi_graph graph = {.doc_count = docs, .term_count = groups * terms_per_group, .degree_max = docs};
    graph.starts = calloc(docs + (size_t)1, sizeof *graph.starts);
    graph.terms = malloc((size_t)docs * terms_per_group * sizeof *graph.terms + 1);
    assert_non_null(graph.starts);
    assert_non_null(graph.terms);
    uint64_t at = 0;
    for (uint32_t doc = 0; doc < docs; doc++) {
        for (uint32_t i = 0; i < terms_per_group; i++) {
            const uint32_t group = rng_below(random, 20) == 0 ? (uint32_t)rng_below(random, groups) : doc % groups;
            if (rng_below(random, 2) == 0) graph.terms[at++] = group * terms_per_group + i;
        }
        graph.starts[doc + 1] = at;
    }
    return graph;
}

static void free_graph(fhi_graph *graph)
{
    free(graph->starts);
    free(graph->terms);
}

static uint32_t *numbers(uint32_t count)
{
    uint32_t *order = malloc((count + (size_t)1) * sizeof *order);
    assert_non_null(order);
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    return order;
}

static void check_permutation(const uint32_t *order, uint32_t count)
{
    uint8_t *seen = calloc(count + (size_t)1, 1);
    assert_non_null(seen);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(order[i] < count);
        assert_int_equal(seen[order[i]]++, 0);
    }
    free(seen);
}

static void order_is_a_permutation_whatever_the_threads(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "order_is_a_permutation_whatever_the_threads");
    for (int round = rng_rounds(12); round > 0; round--) {
        const uint32_t docs = round == 1 ? 9000 : (uint32_t)rng_skewed(&random, 12);
        fhi_graph graph =
            make_graph(&random, docs, 1 + (uint32_t)rng_below(&random, 9), (uint32_t)rng_below(&random, 12));
        uint32_t *first = NULL;
        for (uint32_t threads = 1; threads <= 4; threads++) {
            const fhi_bisect_options options = {.threads = threads};
            uint32_t *order = numbers(docs);
            assert_int_equal(fhi_bisect(&graph, order, &options), FH_OK);
            check_permutation(order, docs);
            if (first) assert_memory_equal(order, first, docs * sizeof *order);
            free(first);
            first = order;
        }
        free(first);
        free_graph(&graph);
    }
}

/* Sum over neighbours of: are they of different groups? */
static uint32_t changes_of_group(const uint32_t *order, uint32_t count, uint32_t groups)
{
    uint32_t changes = 0;
    for (uint32_t i = 1; i < count; i++)
        changes += order[i] % groups != order[i - 1] % groups;
    return changes;
}

static void documents_that_share_terms_come_together(void **state)
{
    (void)state;
    enum { DOCS = 4096, GROUPS = 4 };
    rng random;
    rng_init(&random, "documents_that_share_terms_come_together");
    fhi_graph graph = make_graph(&random, DOCS, GROUPS, 24);
    uint32_t *order = numbers(DOCS);
    const fhi_bisect_options options = {.threads = 2};
    assert_int_equal(changes_of_group(order, DOCS, GROUPS), DOCS - 1);
    assert_int_equal(fhi_bisect(&graph, order, &options), FH_OK);
    assert_true(changes_of_group(order, DOCS, GROUPS) < DOCS / 20);
    free(order);
    free_graph(&graph);
}

typedef struct patience {
    int left;
} patience;

static bool runs_out(void *argument)
{
    patience *at = argument;
    return at->left-- <= 0;
}

static void cancelled_order_is_a_permutation_still(void **state)
{
    (void)state;
    rng random;
    rng_init(&random, "cancelled_order_is_a_permutation_still");
    fhi_graph graph = make_graph(&random, 3000, 5, 10);
    for (int left = 0; left < 40; left += 3) {
        patience at = {left};
        const fhi_bisect_options options = {.threads = 1, .cancelled = runs_out, .argument = &at};
        uint32_t *order = numbers(graph.doc_count);
        assert_int_equal(fhi_bisect(&graph, order, &options), FH_E_CANCELLED);
        check_permutation(order, graph.doc_count);
        free(order);
    }
    free_graph(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_is_a_permutation_whatever_the_threads),
        cmocka_unit_test(documents_that_share_terms_come_together),
        cmocka_unit_test(cancelled_order_is_a_permutation_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
