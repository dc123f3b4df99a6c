/* test_server_export.c - answers that come piece by piece: whole, at the pace of the client, or visibly cut. Real
 * sockets; what articles become is tested in tests/unit/test_query_export.c. */
#include "tests/server/serving.h"

#include <zlib.h>

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

static void send_export(int fd, const char *query, const char *more)
{
    char request[512];
    (void)snprintf(request, sizeof request, "GET /export?q=%s HTTP/1.1\r\nHost: x\r\n%s\r\n", query, more);
    send_text(fd, request);
}

/* What came as chunks. whole: with the last, empty one. */
typedef struct chunks {
    fhi_buf body;
    size_t count;
    bool whole;
} chunks;

static bool read_exactly(int fd, uint8_t *to, size_t len)
{
    for (size_t at = 0; at < len;) {
        const ssize_t count = recv(fd, to + at, len - at, 0);
        if (count <= 0) return false;
        at += (size_t)count;
    }
    return true;
}

static chunks read_chunks(int fd)
{
    chunks all = {.count = 0};
    for (char *line; (line = read_line(fd)); all.count++) {
        const size_t len = strtoull(line, NULL, 16);
        uint8_t end[2];
        free(line);
        if (len && !read_exactly(fd, fhi_buf_extend(&all.body, len), len)) break;
        if (!read_exactly(fd, end, sizeof end)) break;
        assert_memory_equal(end, "\r\n", 2);
        all.whole = len == 0;
        if (all.whole) break;
    }
    return all;
}

/* Lines from 0 to count - 1, all of one generation. */
static void expect_lines(fh_str text, uint64_t count, unsigned generation)
{
    char line[64];
    for (uint64_t i = 0; i < count; i++) {
        const int len =
            snprintf(line, sizeof line, "{\"n\":%llu,\"generation\":%u}\n", (unsigned long long)i, generation);
        if (text.len < (size_t)len || memcmp(text.ptr, line, (size_t)len) != 0)
            fail_msg("line %llu: %.*s", (unsigned long long)i, (int)(text.len < 60 ? text.len : 60), text.ptr);
        text = (fh_str){text.ptr + len, text.len - (size_t)len};
    }
    assert_int_equal(text.len, 0);
}

static void expect_export(int fd, const char *query, uint64_t count)
{
    send_export(fd, query, "");
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "Transfer-Encoding: chunked\r\n"));
    assert_non_null(strstr(answer.head, "Content-Type: application/x-ndjson\r\n"));
    assert_null(strstr(answer.head, "Content-Length"));
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    assert_true(all.whole);
    expect_lines(fhi_buf_str(&all.body), count, 1);
    fhi_buf_fini(&all.body);
}

static void exports_of_any_length_arrive_whole_on_one_connection(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    expect_export(fd, "lines+0", 0);
    expect_export(fd, "lines+1", 1);
    expect_export(fd, "lines+499", 499);
    expect_export(fd, "lines+500", 500);
    expect_export(fd, "lines+501", 501);
    expect_export(fd, "lines+200000", 200000);
    (void)close(fd);
}

static void what_is_asked_behind_an_export_is_answered_behind_it(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(fd,
              "GET /search?q=sleep+30 HTTP/1.1\r\nHost: x\r\n\r\nGET /export?q=lines+5000 HTTP/1.1\r\nHost: x\r\n\r\n"
              "GET /search?q=b HTTP/1.1\r\nHost: x\r\n\r\n");
    http_answer answer = read_answer(fd, false);
    assert_string_equal(answered_query(answer.json), "sleep 30");
    answer_fini(&answer);
    answer = read_answer(fd, true);
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    expect_lines(fhi_buf_str(&all.body), 5000, 1);
    assert_true(all.count > 5);
    fhi_buf_fini(&all.body);
    answer = read_answer(fd, false);
    assert_string_equal(answered_query(answer.json), "b");
    answer_fini(&answer);
    (void)close(fd);
}

static void a_client_that_does_not_read_stops_its_export(void **state)
{
    (void)state;
    const int before = server.pieces;
    const int fd = connect_http(&server);
    const int small = 4096;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    send_export(fd, "lines+1000000000", "");
    int pieces = 0, last = -1;
    for (int i = 0; i < 200 && pieces != last; i++) {
        last = pieces;
        sleep_ms(100);
        pieces = server.pieces - before;
    }
    assert_int_equal(pieces, last); /* it rests: the socket is full */
    /* 12 KB a piece; what a socket buffers is some megabytes at most */
    if (pieces < 2 || pieces > 1500) fail_msg("%d pieces", pieces);
    (void)close(fd);
    for (int i = 0; i < 1000 && server.snapshots > 1; i++)
        sleep_ms(5);
    sleep_ms(50);
    assert_true(server.pieces - before <= pieces + 2); /* nobody is there any more */
}

static void a_failure_before_the_first_piece_is_an_ordinary_error(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_export(fd, "crash+1", "");
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 500);
    assert_string_equal(error_code(answer.json), "corrupt");
    assert_false(answer.closes);
    answer_fini(&answer);
    expect_export(fd, "lines+3", 3);
    (void)close(fd);
}

static void a_failure_in_the_middle_cuts_the_connection(void **state)
{
    (void)state;
    int fd = connect_http(&server);
    send_export(fd, "crash+4", "");
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    assert_false(all.whole);
    fhi_buf_fini(&all.body);
    (void)close(fd);
    /* Without chunks only a reset tells: after what had come, if anything, never an orderly end. */
    fd = connect_http(&server);
    send_text(fd, "GET /export?q=crash+4 HTTP/1.0\r\n\r\n");
    ssize_t count;
    char some[4096];
    while ((count = recv(fd, some, sizeof some, 0)) > 0)
        continue;
    assert_true(count < 0 && errno == ECONNRESET);
    (void)close(fd);
}

static void old_clients_get_it_until_the_connection_ends(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(fd, "GET /export?q=lines+3000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    assert_true(answer.closes);
    assert_null(strstr(answer.head, "chunked"));
    answer_fini(&answer);
    fhi_buf body = {0};
    uint8_t byte[512];
    ssize_t count;
    while ((count = recv(fd, byte, sizeof byte, 0)) > 0)
        fhi_buf_put(&body, byte, (size_t)count);
    assert_int_equal(count, 0);
    expect_lines(fhi_buf_str(&body), 3000, 1);
    fhi_buf_fini(&body);
    (void)close(fd);
}

static void head_of_an_export_has_no_body(void **state)
{
    (void)state;
    const int before = server.pieces;
    const int fd = connect_http(&server);
    send_text(fd, "HEAD /export?q=lines+100000 HTTP/1.1\r\nHost: x\r\n\r\nGET /search?q=b HTTP/1.1\r\nHost: x\r\n\r\n");
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "Transfer-Encoding: chunked\r\n"));
    answer_fini(&answer);
    answer = read_answer(fd, false);
    assert_string_equal(answered_query(answer.json), "b");
    answer_fini(&answer);
    assert_int_equal(server.pieces - before, 1);
    (void)close(fd);
}

static void csv_says_what_it_is(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_export(fd, "lines+1&format=csv", "Connection: close\r\n");
    http_answer answer = read_answer(fd, true);
    assert_non_null(strstr(answer.head, "Content-Type: text/csv; charset=utf-8; header=present\r\n"));
    assert_non_null(strstr(answer.head, "Content-Disposition: attachment; filename=\"articles.csv\"\r\n"));
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    assert_true(all.whole);
    fhi_buf_fini(&all.body);
    assert_ended(fd);
    (void)close(fd);
}

static void streams_are_compressed_as_a_whole(void **state)
{
    (void)state;
    enum { ROOM = 1 << 20, LINES = 20000 };
    const int fd = connect_http(&server);
    send_export(fd, "lines+20000", "Accept-Encoding: gzip\r\n");
    http_answer answer = read_answer(fd, true);
    assert_non_null(strstr(answer.head, "Content-Encoding: gzip\r\n"));
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    assert_true(all.whole && all.count > 10);
    char *text = malloc(ROOM);
    z_stream stream = {
        .next_in = all.body.data, .avail_in = (uInt)all.body.len, .next_out = (Bytef *)text, .avail_out = ROOM};
    assert_non_null(text);
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    expect_lines((fh_str){text, ROOM - stream.avail_out}, LINES, 1);
    (void)inflateEnd(&stream);
    free(text);
    fhi_buf_fini(&all.body);
    (void)close(fd);
}

static void what_the_client_has_is_not_exported_again(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_export(fd, "lines+3", "If-None-Match: *\r\n");
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 304);
    const char *tag = strstr(answer.head, "ETag: ");
    char header[128];
    assert_non_null(tag);
    (void)snprintf(header, sizeof header, "If-None-Match: %.*s\r\n", (int)strcspn(tag + 6, "\r"), tag + 6);
    answer_fini(&answer);
    const int before = server.pieces;
    send_export(fd, "lines+3", header);
    answer = read_answer(fd, true);
    assert_int_equal(answer.status, 304);
    assert_int_equal(server.pieces, before);
    answer_fini(&answer);
    (void)close(fd);
}

static void the_deadline_is_that_of_each_piece(void **state)
{
    (void)state;
    serving own;
    serving_init(&own);
    own.options.limits.query_ms_max = 200;
    serving_start(&own);
    int fd = connect_http(&own);
    send_export(fd, "slow+40", ""); /* ten pieces: twice the deadline in all */
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    assert_true(all.whole);
    expect_lines(fhi_buf_str(&all.body), 5000, 1);
    fhi_buf_fini(&all.body);
    send_export(fd, "slow+250", "");
    answer = read_answer(fd, false);
    assert_int_equal(answer.status, 504);
    answer_fini(&answer);
    (void)close(fd);
    serving_stop(&own);
}

static void a_full_queue_delays_an_export_and_does_not_cut_it(void **state)
{
    (void)state;
    serving own;
    serving_init(&own);
    own.options.worker_count = 1;
    own.options.limits.queue_max = 1;
    serving_start(&own);
    const int fd = connect_http(&own), others[2] = {connect_http(&own), connect_http(&own)};
    send_export(fd, "slow+30", "");
    for (int i = 0; i < 20; i++) { /* they fill the queue between two pieces, again and again */
        for (int k = 0; k < 2; k++)
            send_text(others[k], "GET /search?q=sleep+10 HTTP/1.1\r\nHost: x\r\n\r\n");
        for (int k = 0; k < 2; k++) {
            http_answer answer = read_answer(others[k], false);
            answer_fini(&answer);
        }
    }
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    assert_true(all.whole);
    expect_lines(fhi_buf_str(&all.body), 5000, 1);
    fhi_buf_fini(&all.body);
    (void)close(fd);
    (void)close(others[0]);
    (void)close(others[1]);
    serving_stop(&own);
}

static void an_export_ends_on_the_generation_it_began_with(void **state)
{
    (void)state;
    serving own;
    char path[SCRATCH_PATH_BYTES];
    serving_init(&own);
    own.options.watch_dir = own.folder.path;
    serving_start(&own);
    const int fd = connect_http(&own);
    send_export(fd, "slow+20", "");
    wait_until(&own.pieces, 1);
    own.generation = 2;
    scratch_write_text(scratch_path(&own.folder, "MANIFEST", path), "generation");
    http_answer answer = read_answer(fd, true);
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    expect_lines(fhi_buf_str(&all.body), 5000, 1);
    fhi_buf_fini(&all.body);
    (void)close(fd);
    serving_stop(&own);
}

static void stopping_cuts_an_export_that_takes_too_long(void **state)
{
    (void)state;
    serving own;
    serving_init(&own);
    own.options.limits.drain_ms_max = 200;
    serving_start(&own);
    const int fd = connect_http(&own);
    send_export(fd, "lines+1000000000", "");
    wait_until(&own.pieces, 2);
    fhi_server_stop(own.server);
    http_answer answer = read_answer(fd, true);
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    chunks all = read_chunks(fd);
    assert_false(all.whole);
    fhi_buf_fini(&all.body);
    (void)close(fd);
    serving_join(&own);
}

static void clients_that_leave_in_the_middle_harm_nobody(void **state)
{
    (void)state;
    const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    for (int i = 0; i < 20; i++) {
        const int fd = connect_http(&server);
        char some[1000];
        send_export(fd, "lines+1000000000", i % 3 ? "" : "Accept-Encoding: zstd\r\n");
        if (i % 2) assert_true(recv(fd, some, sizeof some, 0) > 0);
        if (i % 4 < 2) assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it), 0);
        (void)close(fd);
    }
    const int fd = connect_http(&server);
    expect_export(fd, "lines+3", 3);
    (void)close(fd);
}

static void the_socket_gets_lines_and_their_number(void **state)
{
    (void)state;
    const int fd = connect_path(server.socket);
    send_text(
        fd,
        "{\"export\":true,\"q\":\"lines 1200\"}\n{\"id\":2,\"q\":\"b\"}\n{\"id\":3,\"export\":true,\"q\":\"crash 3\"}\n"
        "{\"export\":true,\"q\":\"a\",\"format\":\"csv\"}\n{\"export\":true,\"q\":\"a\",\"top\":1}\n");
    for (int i = 0; i <= 1200; i++) {
        json_t *line = read_json_line(fd);
        assert_int_equal(json_integer_value(json_object_get(line, i < 1200 ? "n" : "exported")), i);
        json_decref(line);
    }
    json_t *line = read_json_line(fd);
    assert_string_equal(answered_query(line), "b");
    json_decref(line);
    for (int i = 0; i < 1000; i++)
        json_decref(read_json_line(fd));
    static const char *const codes[] = {"corrupt", "bad_request", "bad_request"};
    for (int i = 0; i < 3; i++) {
        line = read_json_line(fd);
        assert_string_equal(error_code(line), codes[i]);
        json_decref(line);
    }
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exports_of_any_length_arrive_whole_on_one_connection),
        cmocka_unit_test(what_is_asked_behind_an_export_is_answered_behind_it),
        cmocka_unit_test(a_client_that_does_not_read_stops_its_export),
        cmocka_unit_test(a_failure_before_the_first_piece_is_an_ordinary_error),
        cmocka_unit_test(a_failure_in_the_middle_cuts_the_connection),
        cmocka_unit_test(old_clients_get_it_until_the_connection_ends),
        cmocka_unit_test(head_of_an_export_has_no_body),
        cmocka_unit_test(csv_says_what_it_is),
        cmocka_unit_test(streams_are_compressed_as_a_whole),
        cmocka_unit_test(what_the_client_has_is_not_exported_again),
        cmocka_unit_test(the_deadline_is_that_of_each_piece),
        cmocka_unit_test(a_full_queue_delays_an_export_and_does_not_cut_it),
        cmocka_unit_test(an_export_ends_on_the_generation_it_began_with),
        cmocka_unit_test(stopping_cuts_an_export_that_takes_too_long),
        cmocka_unit_test(clients_that_leave_in_the_middle_harm_nobody),
        cmocka_unit_test(the_socket_gets_lines_and_their_number),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
