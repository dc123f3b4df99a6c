/* test_server_lines.c - what a client of the Unix socket sees: one answer for each line, in order, with its id. */
#include "tests/server/serving.h"

static serving server;

static int start(void **state)
{
    (void)state;
    serving_init(&server);
    server.options.http = NULL;
    serving_start(&server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    serving_stop(&server);
    return 0;
}

static void lines_are_answered_with_their_id(void **state)
{
    (void)state;
    static const char *const ids[] = {"1",
                                      "-7",
                                      "0.5",
                                      "3.141592653589793",
                                      "9223372036854775807",
                                      "\"a\"",
                                      "\"مقال\"",
                                      "null",
                                      "true",
                                      "[1,{\"b\":[]}]",
                                      "{}"};
    const int fd = connect_path(server.socket);
    char line[256];
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        (void)snprintf(line, sizeof line, "{\"id\":%s,\"q\":\"safran\",\"top\":5,\"op\":\"or\"}\n", ids[i]);
        send_text(fd, line);
        json_t *object = read_json_line(fd), *id = json_loads(ids[i], JSON_DECODE_ANY, NULL);
        assert_true(json_equal(json_object_get(object, "id"), id));
        assert_string_equal(answered_query(object), "safran");
        assert_int_equal(json_integer_value(json_object_get(object, "top")), 5);
        json_decref(id);
        json_decref(object);
    }
    send_text(fd, "{\"id\":[0.1,4.25,1e100],\"health\":true}\n{\"id\":[0.1,4.25,1e100]}\n");
    for (int i = 0; i < 2; i++) {
        char *text = read_line(fd);
        assert_non_null(text);
        assert_int_equal(strncmp(text, "{\"id\":[0.1,4.25,1e100],", 23), 0);
        free(text);
    }
    send_text(fd, "{\"q\":\"b\"}\r\n");
    json_t *object = read_json_line(fd);
    assert_null(json_object_get(object, "id"));
    assert_string_equal(answered_query(object), "b");
    json_decref(object);
    (void)close(fd);
}

static void articles_and_health_are_wrapped(void **state)
{
    (void)state;
    const int fd = connect_path(server.socket);
    send_text(fd, "{\"id\":1,\"article\":\"a/b?c\"}\n{\"id\":2,\"health\":true}\n{\"id\":3,\"article\":\"absent\"}\n");
    json_t *object = read_json_line(fd);
    json_t *article = json_object_get(object, "article");
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 1);
    assert_string_equal(json_string_value(json_object_get(article, "id")), "a/b?c");
    json_decref(object);
    object = read_json_line(fd);
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 2);
    assert_string_equal(json_string_value(json_object_get(json_object_get(object, "health"), "status")), "ok");
    json_decref(object);
    object = read_json_line(fd);
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 3);
    assert_string_equal(error_code(object), "not_found");
    json_decref(object);
    (void)close(fd);
}

/* What is quoted of a line is cut between characters: a message in UTF-8 is shown as it is. */
static void messages_quote_whole_characters(void **state)
{
    (void)state;
    static const struct {
        const char *line, *message;
    } lines[] = {
        {"{\"q\":\"a\\u000é\"}", "the line is not JSON: invalid escape"},
        {"{\"q\":\"a\",\"export\":true,\"fields\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaéé\"]}",
         "`fields`: there is no field `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`"},
    };
    const int fd = connect_path(server.socket);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        send_text(fd, lines[i].line);
        send_text(fd, "\n");
        json_t *object = read_json_line(fd);
        const json_t *error = json_object_get(object, "error");
        assert_string_equal(json_string_value(json_object_get(error, "message")), lines[i].message);
        json_decref(object);
    }
    (void)close(fd);
}

static void bad_lines_are_answered_and_the_connection_lives(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[]",
        "null",
        "{\"q\":\"a\"} x",
        "{}",
        "{\"id\":9}",
        "{\"q\":1}",
        "{\"q\":null}",
        "{\"q\":\"a\",\"top\":\"10\"}",
        "{\"q\":\"a\",\"top\":1.5}",
        "{\"q\":\"a\",\"top\":10,\"offset\":9991}",
        "{\"q\":\"a\",\"colour\":1}",
        "{\"q\":\"a\",\"q\":\"b\"}",
        "{\"q\":\"a\",\"article\":\"b\"}",
        "{\"article\":1}",
        "{\"article\":\"a\",\"top\":1}",
        "{\"health\":false}",
        "{\"q\":\"a\",\"facets\":false}",
        "{\"facets\":true}",
        "{\"q\":\"a\",\"facets\":true,\"histogram\":true}",
        "{\"q\":\"a\",\"facets\":true,\"top\":1}",
        "{\"q\":\"a\",\"facets\":true,\"fields\":\"lang\"}",
        "{\"q\":\"a\",\"facets\":true,\"fields\":[]}",
        "{\"q\":\"a\",\"facets\":true,\"fields\":[1]}",
        "{\"q\":\"a\",\"facets\":true,\"fields\":[\"lang\",\"lang\"]}",
        "{\"q\":\"a\",\"facets\":true,\"values\":\"1\"}",
        "{\"q\":\"a\",\"histogram\":true,\"by\":1}",
        "{\"q\":\"a\",\"by\":\"day\"}",
        "{\"q\":\"\xff\"}",
        "{\"q\":\"\\ud800\"}",
        "{\"q\":\"a\",\"id\":1e999}",
        "{\"q\":\"a\",\"id\":18446744073709551616}",
        "{\"q\":\"a\",\"id\":{\"a\":1,\"a\":2}}",
        "GET / HTTP/1.1",
    };
    const int fd = connect_path(server.socket);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        send_text(fd, bad[i]);
        send_text(fd, "\n");
        json_t *object = read_json_line(fd);
        if (strcmp(error_code(object), "bad_request") != 0) fail_msg("%s: %s", bad[i], error_code(object));
        json_decref(object);
    }
    send_text(fd, "{\"q\":\"a\",\"colour\":1,\"id\":\"x\"}\n{\"q\":\"wrong\",\"id\":\"y\"}\n");
    json_t *object = read_json_line(fd);
    assert_string_equal(json_string_value(json_object_get(object, "id")), "x");
    assert_non_null(strstr(json_string_value(json_object_get(json_object_get(object, "error"), "message")), "colour"));
    json_decref(object);
    object = read_json_line(fd);
    assert_string_equal(json_string_value(json_object_get(object, "id")), "y");
    assert_string_equal(error_code(object), "open_quote");
    json_decref(object);
    (void)close(fd);
}

static void a_line_too_long_is_passed_over(void **state)
{
    (void)state;
    static const char object_text[] = "{\"q\":\"a\"}";
    const size_t most = server.options.limits.line_bytes_max;
    char *line = malloc(most + 2);
    assert_non_null(line);
    const int fd = connect_path(server.socket);
    for (size_t len = most; len <= most + 1; len++) {
        memset(line, ' ', len);
        memcpy(line, object_text, sizeof object_text - 1);
        line[len] = '\n';
        send_bytes(fd, line, len + 1);
        json_t *object = read_json_line(fd);
        assert_string_equal(error_code(object), len > most ? "too_long" : "");
        json_decref(object);
    }
    send_text(fd, "{\"q\":\"b\"}\n");
    json_t *object = read_json_line(fd);
    assert_string_equal(answered_query(object), "b");
    json_decref(object);
    (void)close(fd);
    free(line);
}

static void expect_in_order(int fd, int count)
{
    for (int i = 0; i < count; i++) {
        json_t *object = read_json_line(fd);
        assert_int_equal(json_integer_value(json_object_get(object, "id")), i);
        assert_string_equal(error_code(object), "");
        json_decref(object);
    }
}

static void thousand_pipelined_lines_are_answered_in_order(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    const int fd = connect_path(server.socket);
    char line[128];
    for (int i = 0; i < COUNT; i++) {
        /* Some take longer than those behind them; the answers are a few kilobytes, as real ones are. */
        (void)snprintf(line, sizeof line, "{\"id\":%d,\"q\":\"%s\"}\n", i, i % 50 ? "big 8000" : "sleep 3");
        send_text(fd, line);
    }
    expect_in_order(fd, COUNT);
    (void)close(fd);
}

static void lines_may_come_byte_by_byte_and_without_an_end(void **state)
{
    (void)state;
    const int fd = connect_path(server.socket);
    send_bytewise(fd, "{\"id\":0,\"q\":\"sleep 20\"}\n{\"id\":1,\"q\":\"a\"}\n{\"id\":2,\"q\":\"b\"}");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect_in_order(fd, 3);
    assert_ended(fd);
    (void)close(fd);
}

static void three_hundred_connections_at_once(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    int fds[COUNT];
    for (int i = 0; i < COUNT; i++)
        fds[i] = connect_path(server.socket);
    for (int i = 0; i < COUNT; i++)
        send_text(fds[i], "{\"id\":0,\"q\":\"sleep 1\"}\n{\"id\":1,\"q\":\"a\"}\n");
    for (int i = 0; i < COUNT; i++) {
        expect_in_order(fds[i], 2);
        (void)close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_answered_with_their_id),
        cmocka_unit_test(articles_and_health_are_wrapped),
        cmocka_unit_test(messages_quote_whole_characters),
        cmocka_unit_test(bad_lines_are_answered_and_the_connection_lives),
        cmocka_unit_test(a_line_too_long_is_passed_over),
        cmocka_unit_test(thousand_pipelined_lines_are_answered_in_order),
        cmocka_unit_test(lines_may_come_byte_by_byte_and_without_an_end),
        cmocka_unit_test(three_hundred_connections_at_once),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
