/* test_text_faults.c - an analyzer short of memory says so, leaks nothing, and works again afterwards. */
#include "engine/base/base.h"
#include "tests/support/fault.h"

#include <fihrist/analyzer.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static const char sample[] = "L’économie du Maroc, le 20 novembre 2025 : المغرب والوزير 1 300 000 vice-président ﷺ "
                             "anticonstitutionnellement anticonstitutionnellement2";

static fh_status live_a_life(void *context)
{
    fh_analyzer *analyzer;
    const fh_token *tokens;
    size_t count;
    fh_str key;
    fh_status status = fh_analyzer_create(context, &analyzer, NULL);
    if (status == FH_OK) status = fh_analyzer_run(analyzer, FH_STR(sample), &tokens, &count, NULL);
    if (status == FH_OK) status = fh_analyzer_fold(analyzer, FH_STR("Le Matin"), &key, NULL);
    fh_analyzer_destroy(analyzer);
    return status;
}

static void analyzers_survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(live_a_life, "press", 2000) > 0);
    assert_true(fault_each_allocation(live_a_life, "words", 2000) > 0);
}

static void a_refused_run_can_be_repeated(void **state)
{
    (void)state;
    fh_analyzer *analyzer;
    const fh_token *tokens;
    size_t count;
    assert_int_equal(fh_analyzer_create("press", &analyzer, NULL), FH_OK);
    fault_arm_from(1);
    const fh_status status = fh_analyzer_run(analyzer, FH_STR(sample), &tokens, &count, NULL);
    (void)fault_disarm();
    assert_int_equal(status, FH_E_NOMEM);
    assert_int_equal(fh_analyzer_run(analyzer, FH_STR(sample), &tokens, &count, NULL), FH_OK);
    assert_true(count > 10);
    fh_analyzer_destroy(analyzer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(analyzers_survive_every_failed_allocation),
        cmocka_unit_test(a_refused_run_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
