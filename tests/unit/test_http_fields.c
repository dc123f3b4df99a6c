/* test_http_fields.c - which coding a client gets, which tag it has, and streams that unpack to what was packed. */
#include "query/server/etag.h"
#include "tests/support/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <zstd.h>

#include <cmocka.h>

typedef struct choice {
    const char *accepted;
    const char *coding;
    bool forced;
} choice;

static const choice choices[] = {
    {"", "", false},
    {"gzip", "gzip", false},
    {"zstd", "zstd", false},
    {"gzip, deflate, br, zstd", "zstd", false},
    {"gzip, deflate, br", "gzip", false},
    {"GZIP", "gzip", false},
    {"x-gzip", "gzip", false},
    {"br", "", false},
    {"identity", "", false},
    {"*", "zstd", false},
    {"*;q=0", "", false},
    {"zstd;q=0, *", "gzip", false},
    {"zstd;q=0.5, gzip;q=0.8", "gzip", false},
    {"zstd;q=0.5,gzip;q=0.499", "zstd", false},
    {"gzip;q=0", "", false},
    {"gzip ; q=1.000\t,zstd;Q=0.999", "gzip", false},
    {"identity;q=1, gzip;q=0.5", "", false},
    {"identity;q=0.5, gzip;q=0.5", "gzip", false},
    {"gzip, identity;q=0", "gzip", true},
    {"gzip, *;q=0", "gzip", true},
    {"identity;q=0", "", false}, /* nothing is left: it is sent as it is all the same */
    {"gzip;q=2", "", false},
    {"gzip;q=0.1234", "", false},
    {"gzip;q=1.001", "", false},
    {"gzip;q=", "", false},
    {"gzip;q=-1", "", false},
    {"gzip;level=1", "", false},
    {",,;,;;q=1,=,gzip", "gzip", false},
    {"gz", "", false},
};

static void the_heaviest_coding_is_chosen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        bool forced;
        const fhi_coding coding = fhi_coding_choose(fhi_str(choices[i].accepted), &forced);
        if (strcmp(fhi_coding_name(coding), choices[i].coding) != 0 || forced != choices[i].forced)
            fail_msg("`%s`: `%s`%s", choices[i].accepted, fhi_coding_name(coding), forced ? ", forced" : "");
    }
}

static void expect_tag(const char *list, fhi_etag_match match, fhi_coding coding)
{
    fhi_coding found;
    if (fhi_etag_find(fhi_str(list), 0x1234, &found) != match || found != coding) fail_msg("`%s`", list);
}

static void tags_are_found_in_lists(void **state)
{
    (void)state;
    char text[FHI_ETAG_BYTES];
    fhi_etag_text(0x1234, true, FHI_CODING_GZIP, text);
    assert_string_equal(text, "W/\"0000000000001234-gzip\"");
    fhi_etag_text(0x1234, false, FHI_CODING_IDENTITY, text);
    assert_string_equal(text, "\"0000000000001234\"");
    expect_tag("\"0000000000001234\"", FHI_ETAG_SAME, FHI_CODING_IDENTITY);
    expect_tag("W/\"0000000000001234-zstd\"", FHI_ETAG_SAME, FHI_CODING_ZSTD);
    expect_tag(" , \"a,b\",W/\"c\" ,\t\"0000000000001234-gzip\"", FHI_ETAG_SAME, FHI_CODING_GZIP);
    expect_tag("*", FHI_ETAG_ANY, FHI_CODING_IDENTITY);
    expect_tag("", FHI_ETAG_OTHER, FHI_CODING_IDENTITY);
    expect_tag("\"0000000000001235\"", FHI_ETAG_OTHER, FHI_CODING_IDENTITY);
    expect_tag("\"0000000000001234-br\"", FHI_ETAG_OTHER, FHI_CODING_IDENTITY);
    expect_tag("\"0000000000001234", FHI_ETAG_OTHER, FHI_CODING_IDENTITY);
    expect_tag("0000000000001234", FHI_ETAG_OTHER, FHI_CODING_IDENTITY);
    expect_tag("w/\"0000000000001234\"", FHI_ETAG_OTHER, FHI_CODING_IDENTITY);
    expect_tag("W", FHI_ETAG_OTHER, FHI_CODING_IDENTITY);
}

static void identities_and_questions_make_tags(void **state)
{
    (void)state;
    assert_true(fhi_etag_hash(1, 2) == fhi_etag_hash(1, 2));
    assert_true(fhi_etag_hash(1, 2) != fhi_etag_hash(2, 1));
    assert_true(fhi_etag_hash(1, 2) != fhi_etag_hash(1, 3));
}

/* ---- packing ---- */

static size_t unpack(fhi_coding coding, const fhi_buf *packed, char *to, size_t room)
{
    if (coding == FHI_CODING_ZSTD) {
        ZSTD_DCtx *context = ZSTD_createDCtx();
        ZSTD_inBuffer in = {packed->data, packed->len, 0};
        ZSTD_outBuffer out = {to, room, 0};
        assert_int_equal(ZSTD_decompressStream(context, &out, &in), 0);
        assert_int_equal(in.pos, in.size);
        (void)ZSTD_freeDCtx(context);
        return out.pos;
    }
    z_stream stream = {0};
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    stream.next_in = packed->data;
    stream.avail_in = (uInt)packed->len;
    stream.next_out = (Bytef *)to;
    stream.avail_out = (uInt)room;
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(inflateEnd(&stream), Z_OK);
    return room - stream.avail_out;
}

/* One packer for all, as a worker has: streams of both codings, in pieces of any size. */
static void packed_pieces_unpack_to_the_whole(void **state)
{
    (void)state;
    enum { MOST_BYTES = 300000, ROUNDS = 60 };
    rng random;
    rng_init(&random, "packed_pieces_unpack_to_the_whole");
    char *from = malloc(MOST_BYTES), *back = malloc(MOST_BYTES + 1);
    assert_true(from && back);
    fhi_packer packer;
    fhi_buf packed = {0};
    fhi_packer_init(&packer);
    for (int round = rng_rounds(ROUNDS); round > 0; round--) {
        const size_t len = rng_below(&random, round % 4 ? 5000 : MOST_BYTES);
        const fhi_coding coding = rng_below(&random, 2) ? FHI_CODING_GZIP : FHI_CODING_ZSTD;
        const uint64_t letters = rng_below(&random, 2) ? 256 : 4;
        for (size_t i = 0; i < len; i++)
            from[i] = (char)rng_below(&random, letters);
        fhi_buf_clear(&packed);
        bool last = false;
        for (size_t at = 0; !last;) {
            const size_t piece = rng_below(&random, 3) ? rng_below(&random, len - at + 1) : len - at;
            last = piece == len - at;
            assert_int_equal(fhi_packer_put(&packer, coding, (fh_str){from + at, piece}, last, &packed), FH_OK);
            at += piece;
        }
        assert_int_equal(unpack(coding, &packed, back, MOST_BYTES + 1), len);
        assert_int_equal(memcmp(from, back, len), 0);
    }
    fhi_packer_fini(&packer);
    fhi_buf_fini(&packed);
    free(from);
    free(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_heaviest_coding_is_chosen),
        cmocka_unit_test(tags_are_found_in_lists),
        cmocka_unit_test(identities_and_questions_make_tags),
        cmocka_unit_test(packed_pieces_unpack_to_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
