/* test_server_recent.c - a question that was asked before is answered without a worker, and never with an old answer.
 */
#include "tests/server/serving.h"

static void expect_search(serving *self, const char *target, int searches)
{
    http_answer answer = get(self, target);
    assert_int_equal(answer.status, 200);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), (json_int_t)self->generation);
    answer_fini(&answer);
    assert_int_equal(self->started, searches);
}

static void the_same_question_is_answered_once(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    serving_start(&server);
    expect_search(&server, "/search?q=safran", 1);
    expect_search(&server, "/search?q=safran", 1);
    expect_search(&server, "/search?q=safran&top=3", 2);
    expect_search(&server, "/search?q=safran", 2);
    for (int i = 0; i < 2; i++) { /* what went wrong is asked again */
        http_answer answer = get(&server, "/search?q=wrong");
        assert_int_equal(answer.status, 400);
        answer_fini(&answer);
    }
    assert_int_equal(server.started, 4);
    serving_stop(&server);
}

static void without_room_every_question_is_asked(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.cache_bytes_max = 0;
    serving_start(&server);
    expect_search(&server, "/search?q=safran", 1);
    expect_search(&server, "/search?q=safran", 2);
    serving_stop(&server);
}

static void lines_get_the_answer_with_their_own_id(void **state)
{
    (void)state;
    static const char *const ids[] = {"1", "\"deux\"", "[3,{\"a\":4.5}]", NULL, "null"};
    serving server;
    serving_init(&server);
    serving_start(&server);
    const int fd = connect_path(server.socket);
    char line[128];
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        if (ids[i])
            (void)snprintf(line, sizeof line, "{\"q\":\"safran\",\"id\":%s}\n", ids[i]);
        else
            (void)snprintf(line, sizeof line, "{\"q\":\"safran\"}\n");
        send_text(fd, line);
        json_t *object = read_json_line(fd), *id = ids[i] ? json_loads(ids[i], JSON_DECODE_ANY, NULL) : NULL;
        assert_string_equal(json_string_value(json_object_get(object, "q")), "safran");
        assert_true(ids[i] ? json_equal(json_object_get(object, "id"), id) : !json_object_get(object, "id"));
        json_decref(id);
        json_decref(object);
    }
    assert_int_equal(server.started, 1);
    for (int i = 0; i < 2; i++) {
        send_text(fd, "{\"id\":7,\"article\":\"a\"}\n");
        char *text = read_line(fd);
        assert_string_equal(text, "{\"id\":7,\"article\":{\"id\":\"a\",\"title\":\"Un titre\"}}");
        free(text);
    }
    (void)close(fd);
    expect_search(&server, "/search?q=safran", 2); /* doors keep apart: an answer looks different through each */
    serving_stop(&server);
}

static void packed_answers_are_for_those_who_take_them(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    serving_start(&server);
    for (int i = 0; i < 2; i++) {
        const int fd = connect_http(&server);
        send_text(fd, "GET /search?q=big%204000 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n");
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, 200);
        assert_non_null(strstr(answer.head, "Content-Encoding: gzip"));
        answer_fini(&answer);
        (void)close(fd);
    }
    assert_int_equal(server.started, 1);
    expect_search(&server, "/search?q=big%204000", 2);
    serving_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_question_is_answered_once),
        cmocka_unit_test(without_room_every_question_is_asked),
        cmocka_unit_test(lines_get_the_answer_with_their_own_id),
        cmocka_unit_test(packed_answers_are_for_those_who_take_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
