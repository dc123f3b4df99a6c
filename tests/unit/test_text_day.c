/* test_text_day.c - calendar days in the spellings of feeds and queries. */
#include "engine/text/day.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void days_parse_as_written(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint32_t day;
        uint16_t minute;
    } cases[] = {{"2019", 20190000, 0},
                 {"2019-07", 20190700, 0},
                 {"2019-07-14", 20190714, 0},
                 {"2024-02-29", 20240229, 0},
                 {"2025-06-10T04:05:06Z", 20250610, 245},
                 {"2025-06-10T23:59:59.123+01:00", 20250610, 1439},
                 {"2025-06-10T23:30-0500", 20250610, 1410},
                 {"2025-06-10 08:00:00", 20250610, 480},
                 {"2025-06-10 08:00 +01", 20250610, 480},
                 {"Tue, 10 Jun 2025 04:00:00 GMT", 20250610, 240},
                 {"10 Jun 2025 04:00 +0100", 20250610, 240},
                 {"10 June 2025", 0, 0},
                 {"10 Jun 25", 20250610, 0},
                 {"10/06/2025", 20250610, 0},
                 {"1/2/2025", 20250201, 0},
                 {"  2019-07-14 \n", 20190714, 0},
                 {"2017-01-22T185600", 20170122, 1136},
                 {"2017-01-22T1856Z", 20170122, 1136},
                 {"20170122", 20170122, 0},
                 {"20170122T185600.5+0100", 20170122, 1136},
                 {"20170122 18:56", 20170122, 1136},
                 {"0001", 10000, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fhi_day found;
        const fh_status status = fhi_day_parse(fhi_str(cases[i].text), &found, NULL);
        if (status != (cases[i].day ? FH_OK : FH_E_INVALID) || found.day != cases[i].day ||
            found.minute != cases[i].minute)
            fail_msg("`%s`: status %d, day %u, minute %u", cases[i].text, status, found.day, found.minute);
    }
}

static void impossible_days_are_errors(void **state)
{
    (void)state;
    const char *const texts[] = {"",
                                 "x",
                                 "2025-02-30",
                                 "2025-13",
                                 "2025-00-10",
                                 "2025-06-31",
                                 "0000",
                                 "30/02/2025",
                                 "2025-6-1",
                                 "2025-06-10x",
                                 "20250630x",
                                 "20250631",
                                 "20251301",
                                 "202506",
                                 "2025061",
                                 "202506101",
                                 "2025-0610",
                                 "20250610-",
                                 "2025-06-10T185",
                                 "2025-06-10T18560",
                                 "2025-06-10T2456",
                                 "2025-06-10T18:5600",
                                 "2025-06-10T1856:00",
                                 "2025-06-10 1856",
                                 "12345",
                                 "2025-06-10T25:00",
                                 "32 Jan 2025",
                                 "2025-06-10T04:60",
                                 "1/2/25",
                                 "1/2",
                                 "2025-06-10T",
                                 "2025-",
                                 "Tue, ",
                                 "10 Abc 2025",
                                 "2023-02-29",
                                 "2025-06-10T04:00+1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fhi_day found = {1, 1};
        fh_err err;
        if (fhi_day_parse(fhi_str(texts[i]), &found, &err) != FH_E_INVALID) fail_msg("`%s` is taken", texts[i]);
        assert_int_equal(found.day, 0);
        assert_true(err.offset <= strlen(texts[i]));
    }
}

static void days_written_out_are_read(void **state)
{
    (void)state;
    const struct {
        const char *text;
        uint32_t day;
        uint16_t minute;
    } cases[] = {{"4 novembre 2019", 20191104, 0},
                 {"1er mars 2020", 20200301, 0},
                 {"Lundi 4 Novembre 2019", 20191104, 0},
                 {"le lundi 4 novembre 2019 à 14h30", 20191104, 870},
                 {"4 nov. 2019, 14 h", 20191104, 840},
                 {"4 novembre 2019 - 14:30:05 GMT+1", 20191104, 870},
                 {"4 novembre 2019 09:05 +01:00", 20191104, 545},
                 {"20.11.2025", 20251120, 0},
                 {"Publié le 20/11/2025 à 8h05", 20251120, 485},
                 {"4 نوفمبر 2019", 20191104, 0},
                 {"٤ نوفمبر ٢٠١٩", 20191104, 0},
                 {"الاثنين 4 نونبر 2019", 20191104, 0},
                 {"الأربعاء، 20 غشت 2025، 14:30", 20250820, 870},
                 {"20 أوت 2025", 20250820, 0},
                 {"20 آب 2025", 20250820, 0},
                 {"20 تشرين الثاني 2025", 20251120, 0},
                 {"20 تشرين الثاني/نوفمبر 2025 - ١٤:٣٠", 20251120, 870},
                 {"يوم 20 من نونبر 2025", 20251120, 0},
                 {"۲۰ نوامبر ۲۰۲۵", 0, 0}, /* a Persian month: no country of ours */
                 {"novembre 2019", 0, 0},
                 {"yesterday", 0, 0},
                 {"31 novembre 2019", 0, 0},
                 {"3-4 novembre 2019", 0, 0},
                 {"du 3 au 5 novembre 2019", 0, 0},
                 {"4 novembre 2019, 5 novembre 2019", 0, 0},
                 {"4 novembre 2019 25h00", 0, 0},
                 {"4 novembre 2019 14:30 15:30", 0, 0},
                 {"4 novembre 2019 page 12", 0, 0},
                 {"", 0, 0},
                 {"\xff 4 novembre 2019", 0, 0}};
    fh_analyzer *press;
    assert_int_equal(fh_analyzer_create("press", &press, NULL), FH_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fhi_day found = {1, 1};
        const fh_status status = fhi_day_written(press, fhi_str(cases[i].text), &found, NULL);
        if ((status == FH_OK) != (cases[i].day != 0) || found.day != cases[i].day || found.minute != cases[i].minute)
            fail_msg("`%s`: status %d, day %u, minute %u", cases[i].text, status, found.day, found.minute);
    }
    fh_analyzer_destroy(press);
}

static void partial_days_cover_their_span(void **state)
{
    (void)state;
    assert_int_equal(fhi_day_first(20190000), 20190000);
    assert_int_equal(fhi_day_last(20190000), 20191231);
    assert_int_equal(fhi_day_first(20240200), 20240200);
    assert_int_equal(fhi_day_last(20240200), 20240229);
    assert_int_equal(fhi_day_last(20230200), 20230228);
    assert_int_equal(fhi_day_last(20240715), 20240715);
}

static void leap_years_follow_gregory(void **state)
{
    (void)state;
    assert_true(fhi_day_valid(2000, 2, 29));
    assert_false(fhi_day_valid(1900, 2, 29));
    assert_false(fhi_day_valid(2025, 4, 31));
    assert_false(fhi_day_valid(0, 1, 1));
    assert_false(fhi_day_valid(10000, 1, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_parse_as_written),     cmocka_unit_test(impossible_days_are_errors),
        cmocka_unit_test(days_written_out_are_read), cmocka_unit_test(partial_days_cover_their_span),
        cmocka_unit_test(leap_years_follow_gregory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
