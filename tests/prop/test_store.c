/* test_store.c - stored articles come back, with and without dictionaries and with several in one segment, in whatever
 * script; ids are found, absent ones are not, also where hashes are the same. */
#include "engine/segment/segment.h"
#include "engine/segment/store.h"
#include "tests/support/rng.h"
#include "tests/support/vfs_memory.h"

#include <fihrist/record.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DOCS_MAX = 700, STYLES = 3 };

/* Articles of one style share sentences, so that a dictionary has something to learn. */
static void draw_record(rng *random, unsigned style, const char *id, fhi_buf *to)
{
    fhi_buf body = {0};
    static const char *const sentences[] = {
        "The council of style %u met for the %u. time, and spoke of matter %u. ",
        "Le conseil déjà réuni à l’été %u a siégé %u fois, « œuvre » n° %u. ",
        "اجتمع المجلس رقم %u للمرة %u، وتحدث عن «المسألة» %u. ",
        "Совет номер %u собрался в %u раз по делу %u. ",
    };
    const char *sentence = sentences[rng_below(random, sizeof sentences / sizeof sentences[0])];
    for (uint64_t left = rng_skewed(random, 7); left > 0; left--)
        fhi_buf_printf(&body, sentence, style, (unsigned)rng_below(random, 30), (unsigned)rng_next(random));
    fh_record record = {0};
    record.fields[FH_FIELD_ID] = fhi_str(id);
    record.fields[FH_FIELD_BODY] = fhi_buf_str(&body);
    fhi_buf_clear(to);
    uint8_t *bytes = fhi_buf_extend(to, fh_record_bytes(&record));
    assert_non_null(bytes);
    fh_record_encode(&record, (char *)bytes);
    fhi_buf_fini(&body);
}

static void train(rng *random, unsigned style, fhi_buf *dictionary)
{
    enum { SAMPLES = 600 };
    static size_t sizes[SAMPLES];
    fhi_buf all = {0}, one = {0};
    for (size_t i = 0; i < SAMPLES; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "sample %zu", i);
        draw_record(random, style, id, &one);
        fhi_buf_put(&all, one.data, one.len);
        sizes[i] = one.len;
    }
    assert_int_equal(fhi_store_train(all.data, sizes, SAMPLES, dictionary), FH_OK);
    assert_true(dictionary->len > 0);
    fhi_buf_fini(&all);
    fhi_buf_fini(&one);
}

typedef struct made_store {
    vfs_memory memory;
    fhi_settings settings;
    fhi_segment *segment;
    uint32_t count;
    char ids[DOCS_MAX][32];
    fhi_buf records[DOCS_MAX], frames[DOCS_MAX];
    fhi_buf dictionaries[STYLES]; /* the first is empty */
    uint32_t style_of[DOCS_MAX];
} made_store;

static void add_doc(made_store *made, fhi_segment_writer *writer, fhi_store_compressor *compressor, uint32_t i)
{
    assert_int_equal(fhi_store_compress(compressor, fhi_buf_str(&made->records[i]), &made->frames[i]), FH_OK);
    const fhi_doc doc = {.id = fhi_str(made->ids[i]),
                         .length = 1,
                         .position_end = 1,
                         .frame = fhi_buf_str(&made->frames[i]),
                         .record_bytes = (uint32_t)made->records[i].len};
    fhi_segment_writer_add_doc(writer, &doc);
}

static void write_store(made_store *made)
{
    fhi_segment_writer *writer;
    fhi_segment_info info;
    fhi_store_compressor *compressors[STYLES];
    for (unsigned i = 0; i < STYLES; i++)
        assert_int_equal(fhi_store_compressor_create(fhi_buf_str(&made->dictionaries[i]), &compressors[i]), FH_OK);
    assert_int_equal(fhi_segment_writer_create(&made->memory.table, "s", 1, &made->settings, &writer, NULL), FH_OK);
    for (uint32_t i = 0; i < made->count; i++) {
        const uint32_t style = made->style_of[i];
        if (i == 0 ? style != 0 : style != made->style_of[i - 1]) /* none is needed before the first without one */
            fhi_segment_writer_store_dictionary(writer, fhi_buf_str(&made->dictionaries[style]));
        add_doc(made, writer, compressors[style], i);
    }
    assert_int_equal(fhi_segment_writer_finish(writer, &info, NULL), FH_OK);
    fhi_segment_writer_destroy(writer);
    for (unsigned i = 0; i < STYLES; i++)
        fhi_store_compressor_destroy(compressors[i]);
    uint64_t raw = 0;
    for (uint32_t i = 0; i < made->count; i++)
        raw += made->records[i].len;
    assert_true(info.raw_bytes == raw);
}

static void make(made_store *made, rng *random, uint32_t count)
{
    *made = (made_store){.count = count};
    vfs_memory_init(&made->memory);
    fhi_settings_words(&made->settings, 7);
    for (unsigned i = 1; i < STYLES; i++)
        train(random, i, &made->dictionaries[i]);
    for (uint32_t i = 0; i < count; i++) {
        const bool keep = i > 0 && rng_below(random, 40) > 0;
        made->style_of[i] = keep ? made->style_of[i - 1] : (uint32_t)rng_below(random, STYLES);
        (void)snprintf(made->ids[i], sizeof made->ids[i], "article/%u", i);
        draw_record(random, made->style_of[i], made->ids[i], &made->records[i]);
    }
    write_store(made);
    assert_int_equal(fhi_segment_open(&made->memory.table, "s", 1, &made->settings, &made->segment, NULL), FH_OK);
}

static void unmake(made_store *made)
{
    fhi_segment_close(made->segment);
    for (uint32_t i = 0; i < made->count; i++) {
        fhi_buf_fini(&made->records[i]);
        fhi_buf_fini(&made->frames[i]);
    }
    for (unsigned i = 0; i < STYLES; i++)
        fhi_buf_fini(&made->dictionaries[i]);
    vfs_memory_fini(&made->memory);
}

static void check_article(const made_store *made, uint32_t i, fhi_buf *buf)
{
    fh_str frame, dictionary;
    uint32_t record_bytes, doc = UINT32_MAX;
    assert_int_equal(fhi_segment_record(made->segment, i, buf, NULL), FH_OK);
    assert_true(fhi_str_equal(fhi_buf_str(buf), fhi_buf_str(&made->records[i])));
    assert_int_equal(fhi_segment_doc_id(made->segment, i, buf, NULL), FH_OK);
    assert_true(fhi_str_equal(fhi_buf_str(buf), fhi_str(made->ids[i])));
    assert_int_equal(fhi_segment_frame(made->segment, i, &frame, &record_bytes, &dictionary, NULL), FH_OK);
    assert_true(fhi_str_equal(frame, fhi_buf_str(&made->frames[i])));
    assert_true(fhi_str_equal(dictionary, fhi_buf_str(&made->dictionaries[made->style_of[i]])));
    assert_int_equal(record_bytes, made->records[i].len);
    assert_int_equal(fhi_segment_find_id(made->segment, fhi_str(made->ids[i]), &doc, NULL), FH_OK);
    assert_int_equal(doc, i);
}

static void articles_come_back_with_the_dictionary_they_were_made_with(void **state)
{
    (void)state;
    static const uint32_t counts[] = {0, 1, 63, 64, 65, 128, DOCS_MAX};
    static made_store made;
    rng random;
    fhi_buf buf = {0};
    rng_init(&random, "articles_come_back_with_the_dictionary_they_were_made_with");
    for (size_t round = 0; round < sizeof counts / sizeof counts[0]; round++) {
        uint32_t doc;
        fh_err err = {0};
        make(&made, &random, counts[round]);
        for (uint32_t tries = 0; tries < 2 * made.count; tries++) /* in any order */
            check_article(&made, (uint32_t)rng_below(&random, made.count), &buf);
        assert_int_equal(fhi_segment_find_id(made.segment, FH_STR("article/"), &doc, NULL), FH_E_NOT_FOUND);
        assert_int_equal(fhi_segment_find_id(made.segment, FH_STR(""), &doc, NULL), FH_E_NOT_FOUND);
        if (fhi_segment_check(made.segment, &err) != FH_OK) fail_msg("check: %s", err.text);
        unmake(&made);
    }
    fhi_buf_fini(&buf);
}

/* ---- codes ---- */

/* Characters of all scripts and lengths, halves of them, control characters and the escape itself. */
static void draw_bytes(rng *random, fhi_buf *to)
{
    static const char *const pieces[] = {
        "a", "\x01", "é",        "\xC2", "\xC3", "\x80", "\xBF",         "ب",        "\xD8", "\xD9",
        "ء", "’",    "\xE2\x80", "😀",    "\xF0", "Я",    "\xD8\xD8\xA7", "\x01\x01", "\xFF", "\x7F"};
    const uint64_t kinds = 1 + rng_below(random, sizeof pieces / sizeof pieces[0]);
    fhi_buf_clear(to);
    for (uint64_t left = rng_skewed(random, 8); left > 0; left--) {
        const char *piece = pieces[rng_below(random, kinds)];
        fhi_buf_put(to, piece, strlen(piece));
    }
}

/* Learned from texts of the same kind, or of another. */
static fhi_speller *draw_speller(rng *random, fhi_alphabet *alphabet)
{
    enum { SAMPLES = 40 };
    fhi_buf drawn[SAMPLES] = {0}, bytes = {0};
    fh_str records[SAMPLES];
    const size_t count = rng_below(random, SAMPLES + 1);
    for (size_t i = 0; i < count; i++) {
        draw_bytes(random, &drawn[i]);
        records[i] = fhi_buf_str(&drawn[i]);
    }
    fhi_speller *speller;
    assert_int_equal(fhi_alphabet_learn(records, count, &bytes), FH_OK);
    assert_int_equal(fhi_alphabet_init(alphabet, fhi_buf_str(&bytes)), FH_OK);
    assert_int_equal(fhi_speller_create(fhi_buf_str(&bytes), &speller), FH_OK);
    for (size_t i = 0; i < count; i++)
        fhi_buf_fini(&drawn[i]);
    fhi_buf_fini(&bytes);
    return speller;
}

static void check_spelling(const fhi_speller *speller, const fhi_alphabet *alphabet, fh_str record)
{
    uint8_t *coded = malloc(fhi_coded_bytes_max(record.len) + 1); /* exact, for a sanitizer to watch */
    uint8_t *back = malloc(record.len + FHI_DECODE_SLACK);
    assert_true(coded && back);
    const size_t len = fhi_speller_encode(speller, record, coded);
    assert_true(len <= fhi_coded_bytes_max(record.len));
    const fh_str text = {(const char *)coded, len};
    assert_true(fhi_alphabet_decode(alphabet, text, back, record.len));
    if (record.len) assert_memory_equal(back, record.ptr, record.len);
    if (record.len) assert_false(fhi_alphabet_decode(alphabet, text, back, record.len - 1));
    (void)fhi_alphabet_decode(alphabet, record, back, record.len); /* damage is no code */
    free(coded);
    free(back);
}

static void any_bytes_come_back_from_any_alphabet(void **state)
{
    (void)state;
    rng random;
    fhi_buf record = {0};
    rng_init(&random, __func__);
    for (int round = rng_rounds(3000); round > 0; round--) {
        fhi_alphabet alphabet;
        fhi_speller *speller = draw_speller(&random, &alphabet);
        for (int i = 0; i < 20; i++) {
            draw_bytes(&random, &record);
            check_spelling(speller, &alphabet, fhi_buf_str(&record));
        }
        fhi_speller_destroy(speller);
        fhi_alphabet_fini(&alphabet);
    }
    fhi_buf_fini(&record);
}

/* So many different words that most have numbers of two bytes, and more than there can be. */
static void words_are_worth_a_byte_or_two(void **state)
{
    (void)state;
    enum { WORDS = 20000 };
    fhi_buf text = {0}, bytes = {0};
    for (int times = 0; times < 4; times++)
        for (int i = 0; i < WORDS; i++)
            fhi_buf_printf(&text, " %s%dmot", i % 10 == 0 ? "souvent souvent" : "rare", i);
    const fh_str record = fhi_buf_str(&text);
    fhi_alphabet alphabet;
    fhi_speller *speller;
    assert_int_equal(fhi_alphabet_learn(&record, 1, &bytes), FH_OK);
    assert_int_equal(fhi_alphabet_init(&alphabet, fhi_buf_str(&bytes)), FH_OK);
    assert_int_equal(fhi_speller_create(fhi_buf_str(&bytes), &speller), FH_OK);
    assert_true(alphabet.count > 16384 && alphabet.count < 17000);
    const fh_str first = fhi_alphabet_symbol(&alphabet, 1);
    assert_true(first.len == 1); /* a digit */
    uint8_t *coded = malloc(fhi_coded_bytes_max(record.len) + 1);
    assert_non_null(coded);
    assert_true(fhi_speller_encode(speller, record, coded) < record.len / 3);
    free(coded);
    check_spelling(speller, &alphabet, record);
    fhi_speller_destroy(speller);
    fhi_alphabet_fini(&alphabet);
    fhi_buf_fini(&text);
    fhi_buf_fini(&bytes);
}

static void damaged_alphabet_is_refused(void **state)
{
    (void)state;
    fhi_alphabet alphabet;
    static const char whole[] = "\0\3\0\0\2\1abc"; /* no leads, three symbols */
    assert_int_equal(fhi_alphabet_init(&alphabet, (fh_str){whole, sizeof whole - 1}), FH_OK);
    assert_true(fhi_str_equal(fhi_alphabet_symbol(&alphabet, 1), FH_STR("ab")));
    uint8_t back[8 + FHI_DECODE_SLACK];
    assert_true(fhi_alphabet_decode(&alphabet, FH_STR("\1\2\1"), back, 5));
    assert_memory_equal(back, "abcab", 5);
    assert_false(fhi_alphabet_decode(&alphabet, FH_STR("\1\3"), back, 3)); /* no such symbol */
    fhi_alphabet_fini(&alphabet);
    for (size_t len = 1; len < sizeof whole - 1; len++)
        assert_int_equal(fhi_alphabet_init(&alphabet, (fh_str){whole, len}), FH_E_CORRUPT);
    const fh_str bad[] = {
        FH_STR("\0\0\0"),        /* not even an escape */
        FH_STR("\0\2\0\0\1ab"),  /* a byte over */
        FH_STR("\0\2\0\1\1ab"),  /* an escape that stands for something */
        FH_STR("\0\3\0\0\0\1a"), /* a symbol that stands for nothing */
        FH_STR("\0\2\0\0\x21"
               "abcdefghijklmnopqrstuvwxyz0123456"), /* too long */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(fhi_alphabet_init(&alphabet, bad[i]), FH_E_CORRUPT);
    static const char pair[] = "\xFF\3\0\0\1\1xy"; /* one single symbol, the escape */
    assert_int_equal(fhi_alphabet_init(&alphabet, (fh_str){pair, sizeof pair - 1}), FH_OK);
    assert_true(fhi_alphabet_decode(&alphabet, (fh_str){"\1\0\1\1", 4}, back, 2));
    assert_memory_equal(back, "xy", 2);
    assert_false(fhi_alphabet_decode(&alphabet, (fh_str){"\1\0\1", 3}, back, 2)); /* half a pair */
    fhi_alphabet_fini(&alphabet);
}

static void code_follows_the_script(void **state)
{
    (void)state;
    assert_int_equal(fhi_store_choose_code(FH_STR("")), FHI_STORE_LATIN);
    assert_int_equal(fhi_store_choose_code(FH_STR("plain")), FHI_STORE_LATIN);
    assert_int_equal(fhi_store_choose_code(FH_STR("l’été déjà")), FHI_STORE_LATIN);
    assert_int_equal(fhi_store_choose_code(FH_STR("قال «Le Monde» إن")), FHI_STORE_ARABIC);
    assert_int_equal(fhi_store_choose_code(FH_STR("Совет «номер»")), FHI_STORE_OTHER);
    assert_int_equal(fhi_store_choose_code(FH_STR("議会は")), FHI_STORE_OTHER);
}

static void damaged_store_dictionary_is_refused(void **state)
{
    (void)state;
    fhi_store_part parts[FHI_STORE_CODE_COUNT];
    fhi_store_compressor *compressor;
    static const char whole[] = "\0\0\0\1x\0\2yz"; /* dictionaries for two codes, alphabets for none */
    assert_true(fhi_store_dictionary_split((fh_str){whole, sizeof whole - 1}, parts));
    assert_int_equal(parts[FHI_STORE_ARABIC].alphabet.len, 0);
    assert_true(fhi_str_equal(parts[FHI_STORE_ARABIC].dictionary, FH_STR("yz")));
    for (size_t len = 1; len < sizeof whole - 1; len++)
        assert_int_equal(fhi_store_compressor_create((fh_str){whole, len}, &compressor), FH_E_CORRUPT);
    assert_int_equal(fhi_store_compressor_create((fh_str){whole, sizeof whole}, &compressor), FH_E_CORRUPT);
    static const char bad_alphabet[] = "\1x\0\0\0\0\0";
    assert_int_equal(fhi_store_compressor_create((fh_str){bad_alphabet, sizeof bad_alphabet - 1}, &compressor),
                     FH_E_CORRUPT);
    assert_true(fhi_store_dictionary_split((fh_str){0}, parts));
    assert_int_equal(parts[FHI_STORE_OTHER].dictionary.len, 0);
}

/* ---- ids whose hashes are the same ---- */

typedef struct hashed {
    uint32_t hash, number;
} hashed;

static int compare_hashes(const void *a, const void *b)
{
    const hashed *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

static void name_of(uint32_t number, char name[32])
{
    (void)snprintf(name, 32, "id%u", number);
}

/* Two different ids with the same 32 bits of hash: by the birthday rule, among a few hundred thousand. */
static void find_twins(uint32_t twins[2])
{
    enum { TRIED = 400000 };
    hashed *all = calloc(TRIED, sizeof *all);
    assert_non_null(all);
    for (uint32_t i = 0; i < TRIED; i++) {
        char name[32];
        name_of(i, name);
        all[i] = (hashed){(uint32_t)(fhi_hash64(name, strlen(name)) >> 32), i};
    }
    qsort(all, TRIED, sizeof *all, compare_hashes);
    for (uint32_t i = 1; i < TRIED; i++)
        if (all[i].hash == all[i - 1].hash) {
            twins[0] = all[i - 1].number;
            twins[1] = all[i].number;
            free(all);
            return;
        }
    free(all);
    fail_msg("no two ids with the same hash");
}

static void ids_with_the_same_hash_are_told_apart(void **state)
{
    (void)state;
    static made_store made;
    uint32_t twins[2] = {0}, doc;
    rng random;
    rng_init(&random, "ids_with_the_same_hash_are_told_apart");
    find_twins(twins);
    for (uint32_t present = 1; present <= 2; present++) {
        made = (made_store){.count = 2};
        vfs_memory_init(&made.memory);
        fhi_settings_words(&made.settings, 7);
        name_of(twins[0], made.ids[0]);
        name_of(present == 2 ? twins[1] : 999999999, made.ids[1]);
        draw_record(&random, 1, made.ids[0], &made.records[0]);
        draw_record(&random, 1, made.ids[1], &made.records[1]);
        write_store(&made);
        assert_int_equal(fhi_segment_open(&made.memory.table, "s", 1, &made.settings, &made.segment, NULL), FH_OK);
        assert_int_equal(fhi_segment_find_id(made.segment, fhi_str(made.ids[0]), &doc, NULL), FH_OK);
        assert_int_equal(doc, 0);
        char twin[32];
        name_of(twins[1], twin);
        assert_int_equal(fhi_segment_find_id(made.segment, fhi_str(twin), &doc, NULL),
                         present == 2 ? FH_OK : FH_E_NOT_FOUND);
        if (present == 2) assert_int_equal(doc, 1);
        unmake(&made);
    }
}

static void training_on_too_little_gives_no_dictionary(void **state)
{
    (void)state;
    static const size_t sizes[3] = {1, 1, 1};
    fhi_buf dictionary = {0};
    fhi_buf_put8(&dictionary, 1);
    assert_int_equal(fhi_store_train((const uint8_t *)"abc", sizes, 3, &dictionary), FH_OK);
    assert_int_equal(dictionary.len, 0);
    assert_int_equal(fhi_store_train(NULL, NULL, 0, &dictionary), FH_OK);
    assert_int_equal(dictionary.len, 0);
    fhi_buf_fini(&dictionary);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(articles_come_back_with_the_dictionary_they_were_made_with),
        cmocka_unit_test(any_bytes_come_back_from_any_alphabet),
        cmocka_unit_test(words_are_worth_a_byte_or_two),
        cmocka_unit_test(damaged_alphabet_is_refused),
        cmocka_unit_test(code_follows_the_script),
        cmocka_unit_test(damaged_store_dictionary_is_refused),
        cmocka_unit_test(ids_with_the_same_hash_are_told_apart),
        cmocka_unit_test(training_on_too_little_gives_no_dictionary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
