/* test_recent.c - what was kept is found again, or is gone; what goes is what was not asked for longest. */
#include "query/answer/recent.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { BYTES = 64 * 1024 };

static fh_str key_of(uint64_t number, char to[24])
{
    return (fh_str){to, (size_t)snprintf(to, 24, "key %llu", (unsigned long long)number)};
}

static void keep(fhi_recent *recent, uint64_t number, size_t bytes)
{
    char key[24], value[4096];
    memset(value, (int)('a' + number % 26), sizeof value);
    fhi_recent_keep(recent, key_of(number, key), (fh_str){value, bytes});
}

static bool holds(fhi_recent *recent, uint64_t number)
{
    char key[24];
    const fh_str value = fhi_recent_find(recent, key_of(number, key));
    for (size_t i = 0; i < value.len; i++)
        assert_int_equal(value.ptr[i], 'a' + number % 26);
    return value.ptr != NULL;
}

static void what_was_not_asked_for_longest_goes_first(void **state)
{
    (void)state;
    fhi_recent *recent;
    assert_int_equal(fhi_recent_create(BYTES, &recent), FH_OK);
    uint64_t last = 0;
    keep(recent, 0, 1000);
    while (holds(recent, 0) && last < 1000) { /* asked for each time, so it outlives all but the last ones */
        keep(recent, ++last, 1000);
        assert_true(holds(recent, last));
        assert_true(fhi_recent_bytes(recent) <= BYTES);
    }
    assert_int_equal(last, 1000);
    assert_true(holds(recent, 0));
    assert_true(holds(recent, 1000 - 20));
    assert_false(holds(recent, 1));
    fhi_recent_clear(recent);
    assert_false(holds(recent, 0));
    assert_int_equal(fhi_recent_bytes(recent), 0);
    fhi_recent_destroy(recent);
}

static void what_is_too_large_is_not_kept(void **state)
{
    (void)state;
    fhi_recent *recent;
    assert_int_equal(fhi_recent_create(1024, &recent), FH_OK);
    keep(recent, 1, 100);
    assert_false(holds(recent, 1));
    fhi_recent_destroy(recent);
    assert_int_equal(fhi_recent_create(0, &recent), FH_OK);
    keep(recent, 1, 0);
    assert_false(holds(recent, 1));
    fhi_recent_destroy(recent);
    fhi_recent_destroy(NULL);
}

static void random_use_stays_within_its_bound(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    rng random;
    fhi_recent *recent;
    size_t found = 0;
    rng_init(&random, "random_use_stays_within_its_bound");
    assert_int_equal(fhi_recent_create(BYTES, &recent), FH_OK);
    for (int round = 0; round < rng_rounds(200000); round++) {
        const uint64_t number = rng_below(&random, KEYS);
        if (rng_below(&random, 3) == 0)
            keep(recent, number, rng_skewed(&random, 11));
        else
            found += holds(recent, number);
        assert_true(fhi_recent_bytes(recent) <= BYTES);
    }
    assert_true(found > 0);
    fhi_recent_destroy(recent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_not_asked_for_longest_goes_first),
        cmocka_unit_test(what_is_too_large_is_not_kept),
        cmocka_unit_test(random_use_stays_within_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
