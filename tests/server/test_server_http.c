/* test_server_http.c - what an HTTP client sees: routes, parameters, order, faults. Real sockets. */
#include "tests/server/serving.h"

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

static void expect(const char *target, int status, const char *code)
{
    http_answer answer = get(&server, target);
    if (answer.status != status || strcmp(error_code(answer.json), code) != 0)
        fail_msg("%s: %d %s, wanted %d %s", target, answer.status, answer.body, status, code);
    answer_fini(&answer);
}

static void routes_answer_as_specified(void **state)
{
    (void)state;
    expect("/search?q=safran", 200, "");
    expect("/facets?q=safran&op=or&lang=ar&values=7&fields=year,source", 200, "");
    expect("/histogram?q=safran&by=month", 200, "");
    expect("/facets?q=wrong", 400, "open_quote");
    expect("/health", 200, "");
    expect("/article/absent", 404, "not_found");
    expect("/article/", 404, "not_found");
    expect("/nowhere", 404, "not_found");
    expect("/health/", 404, "not_found");
    expect("/search/", 404, "not_found");
    expect("http://example.org/search?q=safran", 200, "");
    expect("/search?q=wrong", 400, "open_quote");
}

static void parameters_are_checked_by_name_and_value(void **state)
{
    (void)state;
    static const char *const bad[] = {"/search",
                                      "/search?",
                                      "/search?q=a&top=abc",
                                      "/search?q=a&top=-1",
                                      "/search?q=a&top=",
                                      "/search?q=a&top=10&offset=9991",
                                      "/search?q=a&to=1",
                                      "/search?q=a&fields=lang",
                                      "/search?q=a&by=day",
                                      "/search?q=a&after=",
                                      "/search?q=a&after=0&offset=1",
                                      "/facets",
                                      "/facets?q=a&top=1",
                                      "/facets?q=a&values=0",
                                      "/facets?q=a&values=1001",
                                      "/facets?q=a&fields=",
                                      "/facets?q=a&fields=lang,lang",
                                      "/facets?q=a&fields=lang&fields=year",
                                      "/histogram?by=day",
                                      "/histogram?q=a&by=week",
                                      "/histogram?q=a&offset=1",
                                      "/search?q=a&q=b",
                                      "/search?q=a&snippets=2",
                                      "/search?q=a&top=1&top",
                                      "/search?Q=a",
                                      "/search?q=%",
                                      "/search?q=%2",
                                      "/search?q=%zz",
                                      "/search?q=%ff",
                                      "/search?q=a%C3",
                                      "/health?x=1",
                                      "/?x",
                                      "/article/a?x=1",
                                      "/search?q=a#b",
                                      "/%ff",
                                      "/article/%C3",
                                      "/search?%ff=1&q=",
                                      "/search?q=a&%00=b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        expect(bad[i], 400, "bad_request");
    http_answer answer = get(&server, "/search?q=a&colour=red");
    const char *message = json_string_value(json_object_get(json_object_get(answer.json, "error"), "message"));
    assert_non_null(strstr(message, "colour"));
    answer_fini(&answer);
}

static void expect_query(const char *target, const char *query)
{
    http_answer answer = get(&server, target);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answered_query(answer.json), query);
    answer_fini(&answer);
}

static void queries_are_percent_decoded(void **state)
{
    (void)state;
    expect_query("/search?q=%D8%A7%D9%84%D9%85%D8%A7%D8%A1", "الماء");
    expect_query("/search?q=caf%c3%a9+noir%2Bblanc%26%3d", "café noir+blanc&=");
    expect_query("/search?q=a=b", "a=b");
    expect_query("/search?&&q=a&&", "a");
    expect_query("/search?%71=a", "a");
    expect_query("/search?q=café", "café"); /* raw UTF-8, as people type it */
    http_answer answer = get(&server, "/search?top=3&q=a");
    assert_int_equal(json_integer_value(json_object_get(answer.json, "top")), 3);
    answer_fini(&answer);
}

static void expect_article(const char *target, const char *id)
{
    http_answer answer = get(&server, target);
    assert_int_equal(answer.status, 200);
    assert_string_equal(json_string_value(json_object_get(answer.json, "id")), id);
    answer_fini(&answer);
}

static void article_ids_may_be_paths_and_addresses(void **state)
{
    (void)state;
    expect_article("/article/a/b/c", "a/b/c");
    expect_article("/article/a%2Fb", "a/b");
    expect_article("/article/https%3A%2F%2Fx.ma%2Fa%3Fb%3D1%26c", "https://x.ma/a?b=1&c");
    expect_article("/article/https://x.ma/a", "https://x.ma/a");
    expect_article("/article/a+b%20c", "a+b c");
    expect_article("/article/%D9%85%D9%82%D8%A7%D9%84", "مقال");
}

static void replies_carry_the_headers(void **state)
{
    (void)state;
    http_answer answer = get(&server, "/health");
    assert_non_null(strstr(answer.head, "Content-Type: application/json; charset=utf-8\r\n"));
    assert_non_null(strstr(answer.head, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(answer.head, "X-Content-Type-Options: nosniff\r\n"));
    assert_string_equal(json_string_value(json_object_get(answer.json, "status")), "ok");
    assert_int_equal(json_integer_value(json_object_get(answer.json, "generation")), 1);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "articles")), 3);
    assert_true(json_is_string(json_object_get(answer.json, "version")));
    answer_fini(&answer);
    answer = get(&server, "/help.txt");
    assert_non_null(strstr(answer.head, "Content-Type: text/plain; charset=utf-8\r\n"));
    assert_non_null(strstr(answer.body, "GET /search"));
    answer_fini(&answer);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    /* The first is the slowest. */
    send_text(fd, "GET /search?q=sleep+80 HTTP/1.1\r\nHost: x\r\n\r\nGET /search?q=b HTTP/1.1\r\nHost: x\r\n\r\n"
                  "HEAD /search?q=c HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
                  "GET /search?q=sleep+1 HTTP/1.1\r\nHost: x\r\n\r\n");
    static const struct {
        int status;
        const char *query;
    } wanted[] = {{200, "sleep 80"}, {200, "b"}, {200, ""}, {404, ""}, {200, "sleep 1"}};
    for (size_t i = 0; i < 5; i++) {
        http_answer answer = read_answer(fd, i == 2);
        assert_int_equal(answer.status, wanted[i].status);
        assert_string_equal(answered_query(answer.json), wanted[i].query);
        assert_false(answer.closes);
        answer_fini(&answer);
    }
    (void)close(fd);
}

static void thousand_pipelined_requests(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    const int fd = connect_http(&server);
    char request[128];
    for (int i = 0; i < COUNT; i++) {
        (void)snprintf(request, sizeof request, "GET /search?q=n%d HTTP/1.1\r\nHost: x\r\n\r\n", i);
        send_text(fd, request);
    }
    for (int i = 0; i < COUNT; i++) {
        http_answer answer = read_answer(fd, false);
        (void)snprintf(request, sizeof request, "n%d", i);
        assert_string_equal(answered_query(answer.json), request);
        answer_fini(&answer);
    }
    (void)close(fd);
}

static void head_answers_without_body(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(fd, "HEAD /search?q=a HTTP/1.1\r\nHost: x\r\n\r\nGET /search?q=a HTTP/1.1\r\nHost: x\r\n\r\n");
    http_answer head = read_answer(fd, true);
    http_answer full = read_answer(fd, false);
    assert_int_equal(head.status, 200);
    assert_int_equal(head.content_length, full.content_length);
    assert_true(full.content_length > 0);
    answer_fini(&head);
    answer_fini(&full);
    (void)close(fd);
}

static void bodies_are_dropped_and_the_connection_lives(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(fd,
              "GET /search?q=a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
              "GET /search?q=b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n"
              "POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
              "GET /search?q=c HTTP/1.1\r\nHost: x\r\n\r\n");
    static const int wanted[] = {200, 200, 405, 200};
    for (size_t i = 0; i < 4; i++) {
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, wanted[i]);
        assert_int_equal(answer.allow, wanted[i] == 405);
        assert_false(answer.closes);
        answer_fini(&answer);
    }
    (void)close(fd);
}

static void trailers_change_nothing(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    for (int i = 0; i < 2; i++) {
        send_text(fd, "GET /search?q=a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "1\r\nb\r\n0\r\nConnection: close\r\nHost: y\r\n\r\n");
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, 200);
        assert_false(answer.closes);
        answer_fini(&answer);
    }
    (void)close(fd);
}

static void old_clients_are_closed_unless_they_ask(void **state)
{
    (void)state;
    int fd = connect_http(&server);
    send_text(fd, "GET /health HTTP/1.0\r\n\r\n");
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 200);
    assert_true(answer.closes);
    answer_fini(&answer);
    assert_ended(fd);
    (void)close(fd);
    fd = connect_http(&server);
    send_text(fd, "GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /health HTTP/1.0\r\n\r\n");
    answer = read_answer(fd, false);
    assert_non_null(strstr(answer.head, "Connection: keep-alive\r\n"));
    answer_fini(&answer);
    answer = read_answer(fd, false);
    assert_true(answer.closes);
    answer_fini(&answer);
    assert_ended(fd);
    (void)close(fd);
}

typedef struct fault {
    const char *request;
    int status;
} fault;

/* Each is answered, then the connection ends. */
static const fault faults[] = {
    {"\r\n\r\nnonsense\r\n\r\n", 400},
    {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03", 400}, /* a TLS hello */
    {"GET\r\n\r\n", 400},
    {"GET /health\r\n\r\n", 505}, /* HTTP/0.9 */
    {"GET /health HTTP/2.0\r\nHost: x\r\n\r\n", 505},
    {"GET /health FTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\n\r\n", 400}, /* no Host */
    {"GET /health HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost : x\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400}, /* folded */
    {"GET /health HTTP/1.1\r\nHost: x\r\nConnection: cl\r\n\tose\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nbXX0\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\rX0\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\rXb\r\n0\r\n\r\n", 400},
    {"\rGET /health HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /search?q=a\tb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413},
    {"GET /health HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 417},
    {"BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"GETX /health HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"get /health HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\rHost: x\r\n\r\n", 400},
};

static void expect_fault(const fault *one, bool bytewise)
{
    const int fd = connect_http(&server);
    if (bytewise)
        send_bytewise(fd, one->request);
    else
        send_text(fd, one->request);
    http_answer answer = read_answer(fd, false);
    if (answer.status != one->status || !answer.closes || !*error_code(answer.json))
        fail_msg("%s%s: %d %s", bytewise ? "(bytewise) " : "", one->request, answer.status, answer.body);
    assert_int_equal(answer.allow, one->status == 405);
    answer_fini(&answer);
    assert_ended(fd);
    (void)close(fd);
}

static void malformed_requests_are_refused_and_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        expect_fault(&faults[i], false);
        expect_fault(&faults[i], true);
    }
}

static void a_fault_is_answered_after_what_came_before(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(
        fd,
        "GET /search?q=sleep+30 HTTP/1.1\r\nHost: x\r\n\r\n\x01\x02\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    answer = read_answer(fd, false);
    assert_int_equal(answer.status, 400);
    answer_fini(&answer);
    assert_ended(fd);
    (void)close(fd);
}

static void other_methods_get_405(void **state)
{
    (void)state;
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"};
    const int fd = connect_http(&server);
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char request[128];
        (void)snprintf(request, sizeof request, "%s /search?q=a HTTP/1.1\r\nHost: x\r\n\r\n", methods[i]);
        send_text(fd, request);
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, 405);
        assert_true(answer.allow);
        assert_string_equal(error_code(answer.json), "method_not_allowed");
        answer_fini(&answer);
    }
    (void)close(fd);
}

static void offers_of_another_protocol_are_passed_over(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(fd, "GET /search?q=a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
                  "GET /search?q=b HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 2; i++) {
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answered_query(answer.json), i ? "b" : "a");
        answer_fini(&answer);
    }
    (void)close(fd);
}

static void send_long(int fd, const char *before, size_t len, const char *after)
{
    char *fill = malloc(len);
    assert_non_null(fill);
    memset(fill, 'a', len);
    send_text(fd, before);
    (void)send(fd, fill, len, 0);
    (void)send(fd, after, strlen(after), 0);
    free(fill);
}

static void expect_long(const char *before, size_t len, const char *after, int status)
{
    const int fd = connect_http(&server);
    send_long(fd, before, len, after);
    http_answer answer = read_answer(fd, false);
    if (answer.status != status) fail_msg("%s + %zu: %d, wanted %d", before, len, answer.status, status);
    answer_fini(&answer);
    (void)close(fd);
}

static void heads_are_bounded_to_the_byte(void **state)
{
    (void)state;
    const size_t target = server.options.limits.target_bytes_max, head = server.options.limits.head_bytes_max;
    const size_t path = strlen("/search?q=");
    expect_long("GET /search?q=", target - path, " HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    expect_long("GET /search?q=", target - path + 1, " HTTP/1.1\r\nHost: x\r\n\r\n", 414);
    const char *begin = "GET /search?q=a HTTP/1.1\r\nHost: x\r\nA: ";
    expect_long(begin, head - strlen(begin) - 4, "\r\n\r\n", 200);
    expect_long(begin, head - strlen(begin) - 3, "\r\n\r\n", 431);
    expect_long("GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n", 65537,
                "\r\n0\r\n\r\n", 413);
}

static void too_many_headers_are_refused(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(fd, "GET /health HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 100; i++)
        send_text(fd, "A: b\r\n");
    send_text(fd, "\r\n");
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 431);
    answer_fini(&answer);
    (void)close(fd);
}

static void requests_may_come_byte_by_byte(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    for (int i = 0; i < 2; i++) {
        send_bytewise(fd, "GET /search?q=caf%C3%A9 HTTP/1.1\r\nHost: example\r\nA:\r\nB: c d\r\n\r\n");
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, 200);
        assert_string_equal(answered_query(answer.json), "café");
        answer_fini(&answer);
    }
    (void)close(fd);
}

static void half_closed_clients_get_their_answers(void **state)
{
    (void)state;
    const int fd = connect_http(&server);
    send_text(fd,
              "GET /search?q=sleep+50 HTTP/1.1\r\nHost: x\r\n\r\nGET /search?q=b HTTP/1.1\r\nHost: x\r\n\r\nGET /hal");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    for (int i = 0; i < 2; i++) {
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, 200);
        assert_int_equal(answer.closes, i == 1);
        answer_fini(&answer);
    }
    assert_ended(fd);
    (void)close(fd);
}

static void a_reset_in_mid_reply_harms_nobody(void **state)
{
    (void)state;
    const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    for (int i = 0; i < 20; i++) {
        const int fd = connect_http(&server);
        send_text(
            fd,
            "GET /search?q=big+4000000 HTTP/1.1\r\nHost: x\r\n\r\nGET /search?q=sleep+20 HTTP/1.1\r\nHost: x\r\n\r\n");
        char some[1000];
        if (i % 2) assert_true(recv(fd, some, sizeof some, 0) > 0);
        assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it), 0);
        (void)close(fd);
    }
    expect("/search?q=a", 200, "");
}

static void large_answers_arrive_whole(void **state)
{
    (void)state;
    http_answer answer = get(&server, "/search?q=big+9000000");
    assert_int_equal(answer.status, 200);
    assert_true(answer.content_length > 9000000);
    assert_non_null(answer.json);
    answer_fini(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_answer_as_specified),
        cmocka_unit_test(parameters_are_checked_by_name_and_value),
        cmocka_unit_test(queries_are_percent_decoded),
        cmocka_unit_test(article_ids_may_be_paths_and_addresses),
        cmocka_unit_test(replies_carry_the_headers),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(thousand_pipelined_requests),
        cmocka_unit_test(head_answers_without_body),
        cmocka_unit_test(bodies_are_dropped_and_the_connection_lives),
        cmocka_unit_test(trailers_change_nothing),
        cmocka_unit_test(old_clients_are_closed_unless_they_ask),
        cmocka_unit_test(malformed_requests_are_refused_and_closed),
        cmocka_unit_test(a_fault_is_answered_after_what_came_before),
        cmocka_unit_test(other_methods_get_405),
        cmocka_unit_test(offers_of_another_protocol_are_passed_over),
        cmocka_unit_test(heads_are_bounded_to_the_byte),
        cmocka_unit_test(too_many_headers_are_refused),
        cmocka_unit_test(requests_may_come_byte_by_byte),
        cmocka_unit_test(half_closed_clients_get_their_answers),
        cmocka_unit_test(a_reset_in_mid_reply_harms_nobody),
        cmocka_unit_test(large_answers_arrive_whole),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
