/* test_server_cache.c - what is not sent: answers that a client has already, and bytes that compression saves. Real
 * sockets. */
#include "tests/server/serving.h"

#include <zlib.h>
#include <zstd.h>

static serving server;

static int start(void **state)
{
    (void)state;
    serving_init(&server);
    serving_start(&server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    serving_stop(&server);
    return 0;
}

/* One request with a header more, or NULL. */
static http_answer ask_at(const serving *self, const char *method, const char *target, const char *header)
{
    char request[4096];
    const int fd = connect_http(self);
    (void)snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\n%s%sConnection: close\r\n\r\n", method,
                   target, header ? header : "", header ? "\r\n" : "");
    send_text(fd, request);
    http_answer answer = read_answer(fd, strcmp(method, "HEAD") == 0);
    (void)close(fd);
    return answer;
}

static http_answer ask(const char *method, const char *target, const char *header)
{
    return ask_at(&server, method, target, header);
}

/* The tag of an answer, as it was sent. */
static void read_tag(const http_answer *answer, char tag[80])
{
    const char *at = strstr(answer->head, "ETag: ");
    if (!at) {
        fail_msg("no tag: %s", answer->head);
        return;
    }
    at += strlen("ETag: ");
    (void)snprintf(tag, 80, "%.*s", (int)strcspn(at, "\r"), at);
}

static void tag_of(const char *target, char tag[80])
{
    http_answer answer = ask("GET", target, NULL);
    assert_int_equal(answer.status, 200);
    read_tag(&answer, tag);
    assert_non_null(strstr(answer.head, "Cache-Control: no-cache\r\n"));
    answer_fini(&answer);
}

static void expect_with(const char *target, const char *before, const char *tag, int status)
{
    char header[1024];
    (void)snprintf(header, sizeof header, "%s%s", before, tag);
    http_answer answer = ask("GET", target, header);
    if (answer.status != status) fail_msg("%s, %s: %d, wanted %d", target, header, answer.status, status);
    if (status == 304) {
        char again[80];
        read_tag(&answer, again);
        assert_string_equal(again, tag);
        assert_null(strstr(answer.head, "\nContent-Length"));
        assert_null(strstr(answer.head, "\nContent-Type"));
        assert_string_equal(answer.body, "");
    }
    answer_fini(&answer);
}

static void what_the_client_has_is_not_sent_again(void **state)
{
    (void)state;
    static const char *const targets[] = {"/search?q=a&top=3", "/article/a"};
    for (int i = 0; i < 2; i++) {
        char tag[80];
        tag_of(targets[i], tag);
        const int before = server.started;
        expect_with(targets[i], "If-None-Match: ", tag, 304);
        expect_with(targets[i], "if-none-match:  \"x\" , W/\"y\",", tag, 304);
        expect_with(targets[i], "If-None-Match: \"x\"\r\nIf-None-Match: ", tag, 304);
        assert_int_equal(server.started, before); /* nothing was searched for it */
        expect_with(targets[i], "If-None-Match: *\r\nX-None: ", tag, 304);
    }
}

static void answers_that_tell_their_time_have_weak_tags(void **state)
{
    (void)state;
    char tag[80];
    tag_of("/search?q=a", tag);
    assert_int_equal(strncmp(tag, "W/\"", 3), 0);
    tag_of("/article/a", tag);
    assert_int_equal(tag[0], '"');
}

static void weak_and_strong_tags_compare_alike(void **state)
{
    (void)state;
    char tag[80];
    tag_of("/search?q=a", tag);
    char header[100];
    (void)snprintf(header, sizeof header, "If-None-Match: %s", tag + 2);
    http_answer answer = ask("GET", "/search?q=a", header);
    assert_int_equal(answer.status, 304);
    answer_fini(&answer);
}

static void another_question_has_another_tag(void **state)
{
    (void)state;
    char tag[80];
    tag_of("/search?q=a", tag);
    expect_with("/search?q=b", "If-None-Match: ", tag, 200);
    expect_with("/search?q=a&top=9", "If-None-Match: ", tag, 200);
    expect_with("/article/a", "If-None-Match: ", tag, 200);
}

static void what_is_no_tag_is_no_match(void **state)
{
    (void)state;
    static const char *const headers[] = {"If-None-Match:",     "If-None-Match: \"",  "If-None-Match: W",
                                          "If-None-Match: W/",  "If-None-Match: abc", "If-None-Match: ,,,",
                                          "If-None-Match: \"\""};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        http_answer answer = ask("GET", "/search?q=a", headers[i]);
        assert_int_equal(answer.status, 200);
        answer_fini(&answer);
    }
}

static void errors_and_states_are_not_stored(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        int status;
    } wanted[] = {
        {"/article/absent", 404}, {"/search?q=wrong", 400}, {"/search?x", 400}, {"/health", 200}, {"/nowhere", 404}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        http_answer answer = ask("GET", wanted[i].target, "If-None-Match: *");
        assert_int_equal(answer.status, wanted[i].status);
        assert_null(strstr(answer.head, "ETag"));
        assert_non_null(strstr(answer.head, "Cache-Control: no-store\r\n"));
        answer_fini(&answer);
    }
}

static void head_is_answered_alike_and_the_connection_lives(void **state)
{
    (void)state;
    char tag[80], request[512];
    tag_of("/search?q=a", tag);
    http_answer head = ask("HEAD", "/search?q=a", NULL);
    char head_tag[80];
    read_tag(&head, head_tag);
    assert_string_equal(tag, head_tag);
    answer_fini(&head);
    const int fd = connect_http(&server);
    (void)snprintf(request, sizeof request,
                   "HEAD /search?q=a HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n"
                   "GET /search?q=a HTTP/1.1\r\nHost: x\r\nIf-None-Match: %s\r\n\r\n"
                   "GET /search?q=b HTTP/1.1\r\nHost: x\r\n\r\n",
                   tag, tag);
    send_text(fd, request);
    for (int i = 0; i < 3; i++) {
        http_answer answer = read_answer(fd, i == 0);
        assert_int_equal(answer.status, i < 2 ? 304 : 200);
        answer_fini(&answer);
    }
    (void)close(fd);
}

/* ---- compression ---- */

/* Unpacks the body in place of what came; answers how long it is. */
static size_t unpack(http_answer *answer)
{
    enum { ROOM = 1 << 20 };
    char *room = calloc(1, ROOM);
    size_t len;
    assert_non_null(room);
    if (strstr(answer->head, "Content-Encoding: zstd\r\n")) {
        len = ZSTD_decompress(room, ROOM, answer->body, answer->content_length);
        assert_false(ZSTD_isError(len));
    } else {
        z_stream stream = {.next_in = (Bytef *)answer->body,
                           .avail_in = (uInt)answer->content_length,
                           .next_out = (Bytef *)room,
                           .avail_out = ROOM};
        assert_non_null(strstr(answer->head, "Content-Encoding: gzip\r\n"));
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        len = ROOM - stream.avail_out;
        (void)inflateEnd(&stream);
    }
    free(answer->body);
    answer->body = room;
    answer->json = json_loadb(room, len, 0, NULL);
    return len;
}

static void large_answers_are_packed_as_the_client_likes(void **state)
{
    (void)state;
    static const char *const codings[] = {"zstd", "gzip"};
    for (int i = 0; i < 2; i++) {
        char header[64], wanted[64], tag[80];
        (void)snprintf(header, sizeof header, "Accept-Encoding: %s", codings[i]);
        http_answer answer = ask("GET", "/search?q=big+50000", header);
        assert_int_equal(answer.status, 200);
        assert_true(answer.content_length < 5000);
        assert_non_null(strstr(answer.head, "Vary: Accept-Encoding\r\n"));
        read_tag(&answer, tag);
        (void)snprintf(wanted, sizeof wanted, "-%s\"", codings[i]);
        assert_non_null(strstr(tag, wanted));
        assert_true(unpack(&answer) > 50000);
        assert_string_equal(answered_query(answer.json), "big 50000");
        answer_fini(&answer);
        expect_with("/search?q=big+50000", "If-None-Match: ", tag, 304);
    }
}

static void expect_plain(const char *method, const char *target, const char *header)
{
    http_answer answer = ask(method, target, header);
    if (strstr(answer.head, "Content-Encoding")) fail_msg("%s, %s: %s", target, header, answer.head);
    answer_fini(&answer);
}

static void small_answers_errors_and_unasked_ones_are_plain(void **state)
{
    (void)state;
    expect_plain("GET", "/search?q=a", "Accept-Encoding: gzip, zstd");
    expect_plain("GET", "/search?q=big+50000", NULL);
    expect_plain("GET", "/search?q=big+50000", "Accept-Encoding: br");
    expect_plain("GET", "/search?q=big+50000", "Accept-Encoding: gzip;q=0");
    expect_plain("GET", "/search?q=wrong", "Accept-Encoding: gzip, identity;q=0");
    expect_plain("GET", "/health", "Accept-Encoding: gzip");
    http_answer answer = ask("GET", "/search?q=a", "Accept-Encoding: gzip, identity;q=0");
    assert_true(unpack(&answer) > 0); /* small, but nothing else is taken */
    answer_fini(&answer);
}

static void head_tells_the_packed_length(void **state)
{
    (void)state;
    static const char header[] = "Accept-Encoding: gzip;q=0.5\r\nAccept-Encoding: zstd";
    http_answer head = ask("HEAD", "/search?q=big+50000", header);
    http_answer full = ask("GET", "/search?q=big+50000", header);
    assert_non_null(strstr(head.head, "Content-Encoding: zstd\r\n"));
    assert_int_equal(head.content_length, full.content_length);
    char head_tag[80], full_tag[80];
    read_tag(&head, head_tag);
    read_tag(&full, full_tag);
    assert_string_equal(head_tag, full_tag);
    answer_fini(&head);
    answer_fini(&full);
}

/* ---- generations ---- */

static void a_new_generation_has_other_tags(void **state)
{
    (void)state;
    serving own;
    char tag[80], header[100], path[SCRATCH_PATH_BYTES];
    serving_init(&own);
    own.options.watch_dir = own.folder.path;
    serving_start(&own);
    http_answer answer = get(&own, "/search?q=a");
    read_tag(&answer, tag);
    answer_fini(&answer);
    (void)snprintf(header, sizeof header, "If-None-Match: %s", tag);
    own.generation = 2;
    scratch_write_text(scratch_path(&own.folder, "MANIFEST", path), "generation");
    int status = 304;
    for (int i = 0; status == 304 && i < 2000; i++) {
        answer = ask_at(&own, "GET", "/search?q=a", header);
        status = answer.status;
        answer_fini(&answer);
        sleep_ms(5);
    }
    assert_int_equal(status, 200);
    serving_stop(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_client_has_is_not_sent_again),
        cmocka_unit_test(answers_that_tell_their_time_have_weak_tags),
        cmocka_unit_test(weak_and_strong_tags_compare_alike),
        cmocka_unit_test(another_question_has_another_tag),
        cmocka_unit_test(what_is_no_tag_is_no_match),
        cmocka_unit_test(errors_and_states_are_not_stored),
        cmocka_unit_test(head_is_answered_alike_and_the_connection_lives),
        cmocka_unit_test(large_answers_are_packed_as_the_client_likes),
        cmocka_unit_test(small_answers_errors_and_unasked_ones_are_plain),
        cmocka_unit_test(head_tells_the_packed_length),
        cmocka_unit_test(a_new_generation_has_other_tags),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
