/* test_server_verb.c - the program itself: `fihrist serve` on an index of seeds/, with signals and restarts.
 *
 * Runs the program named by FIHRIST (set by the test runner), else build/release/fihrist, from the root of the tree.
 */
#include "tests/server/program.h"

/* The same question at both doors gives the same counts. */
static void expect_counts(program *self, int fd, const char *target, const char *line, const char *name)
{
    http_answer answer = get(&self->client, target);
    assert_int_equal(answer.status, 200);
    send_text(fd, line);
    json_t *object = read_json_line(fd);
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 7);
    assert_non_null(json_object_get(answer.json, name));
    assert_true(json_equal(json_object_get(object, name), json_object_get(answer.json, name)));
    assert_true(json_integer_value(json_object_get(object, "total")) > 0);
    assert_true(json_equal(json_object_get(object, "total"), json_object_get(answer.json, "total")));
    json_decref(object);
    answer_fini(&answer);
}

/* Pages at the HTTP door, the last one asked at the socket. */
static void pages_follow_each_other(void **state)
{
    program *self = needed(state);
    char target[256], line[256];
    launch(self);
    http_answer first = get(&self->client, "/search?q=eau&top=4&snippets=0");
    const char *next = json_string_value(json_object_get(first.json, "next"));
    assert_int_equal(json_integer_value(json_object_get(first.json, "total")), 6);
    assert_non_null(next);
    (void)snprintf(target, sizeof target, "/search?q=eau&top=4&snippets=0&after=%s", next);
    http_answer second = get(&self->client, target);
    assert_int_equal(second.status, 200);
    assert_int_equal(json_array_size(json_object_get(second.json, "hits")), 2);
    assert_int_equal(json_integer_value(json_object_get(second.json, "offset")), 4);
    assert_null(json_object_get(second.json, "next"));
    const int fd = connect_path(self->socket);
    (void)snprintf(line, sizeof line, "{\"q\":\"eau\",\"top\":4,\"snippets\":0,\"after\":\"%s\"}\n", next);
    send_text(fd, line);
    json_t *object = read_json_line(fd);
    assert_true(json_equal(json_object_get(object, "hits"), json_object_get(second.json, "hits")));
    json_decref(object);
    (void)close(fd);
    answer_fini(&second);
    (void)snprintf(target, sizeof target, "/search?q=eaux&after=%s", next);
    second = get(&self->client, target);
    assert_int_equal(second.status, 400);
    assert_string_equal(error_code(second.json), "bad_cursor");
    answer_fini(&second);
    answer_fini(&first);
    assert_int_equal(end(self, SIGTERM), 0);
}

static void both_doors_count(void **state)
{
    program *self = needed(state);
    launch(self);
    const int fd = connect_path(self->socket);
    expect_counts(self, fd, "/facets?q=eau&fields=lang,source&values=2",
                  "{\"id\":7,\"facets\":true,\"q\":\"eau\",\"fields\":[\"source\",\"lang\"],\"values\":2}\n", "facets");
    expect_counts(self, fd, "/facets?q=eau", "{\"q\":\"eau\",\"facets\":true,\"id\":7}\n", "facets");
    expect_counts(self, fd, "/histogram?q=eau+OR+%D9%85%D8%A7%D8%A1&by=month",
                  "{\"id\":7,\"histogram\":true,\"q\":\"eau OR ماء\",\"by\":\"month\"}\n", "bars");
    (void)close(fd);
    assert_int_equal(end(self, SIGTERM), 0);
}

static void expect_explained(program *self, int fd)
{
    http_answer found = get(&self->client, "/search?q=safran&top=1");
    http_answer answer = get(&self->client, "/explain?q=safran&id=fr-safran");
    const json_t *hit = json_array_get(json_object_get(found.json, "hits"), 0);
    assert_int_equal(answer.status, 200);
    assert_true(json_is_true(json_object_get(answer.json, "matches")));
    assert_true(json_equal(json_object_get(answer.json, "score"), json_object_get(hit, "score")));
    send_text(fd, "{\"id\":7,\"explain\":\"fr-safran\",\"q\":\"safran\"}\n");
    json_t *object = read_json_line(fd);
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 7);
    assert_true(json_equal(json_object_get(object, "clauses"), json_object_get(answer.json, "clauses")));
    json_decref(object);
    answer_fini(&answer);
    answer_fini(&found);
}

static void expect_refused(program *self, const char *target, int status, const char *code)
{
    http_answer answer = get(&self->client, target);
    assert_int_equal(answer.status, status);
    assert_string_equal(error_code(answer.json), code);
    answer_fini(&answer);
}

static void both_doors_explain(void **state)
{
    program *self = needed(state);
    launch(self);
    const int fd = connect_path(self->socket);
    expect_explained(self, fd);
    expect_refused(self, "/explain?q=safran&id=absent", 404, "not_found");
    expect_refused(self, "/explain?q=safran", 400, "bad_request");
    expect_refused(self, "/explain?q=safran&id=fr-safran&top=1", 400, "bad_request");
    expect_refused(self, "/explain?q=(&id=fr-safran", 400, "open_parenthesis");
    send_text(fd, "{\"explain\":true,\"q\":\"safran\"}\n");
    json_t *object = read_json_line(fd);
    assert_string_equal(error_code(object), "bad_request");
    json_decref(object);
    (void)close(fd);
    assert_int_equal(end(self, SIGTERM), 0);
}

static void both_doors_search_the_index(void **state)
{
    program *self = needed(state);
    launch(self);
    http_answer answer = get(&self->client, "/search?q=safran&top=2");
    assert_int_equal(answer.status, 200);
    const json_t *first = json_array_get(json_object_get(answer.json, "hits"), 0);
    const char *const keys[] = {"id",     "score",   "title",  "snippet", "date",
                                "source", "section", "author", "lang",    "url"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!json_object_get(first, keys[i])) fail_msg("no %s in %s", keys[i], answer.body);
    assert_true(json_integer_value(json_object_get(answer.json, "total")) > 0);
    assert_true(json_is_integer(json_object_get(answer.json, "took_us")));
    char target[SCRATCH_PATH_BYTES];
    const char *id = json_string_value(json_object_get(first, "id"));
    (void)snprintf(target, sizeof target, "/article/%s", id);
    http_answer article = get(&self->client, target);
    assert_int_equal(article.status, 200);
    assert_string_equal(json_string_value(json_object_get(article.json, "id")), id);
    answer_fini(&article);
    answer_fini(&answer);
    const int fd = connect_path(self->socket);
    send_text(
        fd,
        "{\"id\":[1],\"q\":\"الماء\",\"op\":\"or\"}\n{\"id\":2,\"q\":\"\\\"safran\"}\n{\"id\":3,\"article\":\"?\"}\n");
    json_t *object = read_json_line(fd);
    assert_true(json_integer_value(json_object_get(object, "total")) > 0);
    assert_int_equal(json_array_size(json_object_get(object, "id")), 1);
    json_decref(object);
    object = read_json_line(fd);
    assert_string_equal(error_code(object), "open_quote");
    json_decref(object);
    object = read_json_line(fd);
    assert_string_equal(error_code(object), "not_found");
    assert_int_equal(json_integer_value(json_object_get(object, "id")), 3);
    json_decref(object);
    (void)close(fd);
    assert_int_equal(end(self, SIGTERM), 0);
    assert_int_not_equal(access(self->socket, F_OK), 0);
}

static void wrong_queries_get_400_and_the_place(void **state)
{
    program *self = needed(state);
    launch(self);
    http_answer answer = get(&self->client, "/search?q=caf%C3%A9+(safran&lang=fr");
    const json_t *error = json_object_get(answer.json, "error");
    assert_int_equal(answer.status, 400);
    assert_string_equal(error_code(answer.json), "open_parenthesis");
    assert_int_equal(json_integer_value(json_object_get(error, "offset")), 6);
    assert_int_equal(json_integer_value(json_object_get(error, "offset_chars")), 5);
    answer_fini(&answer);
    answer = get(&self->client, "/search?q=roi%00maroc");
    assert_int_equal(answer.status, 400);
    assert_string_equal(error_code(answer.json), "bad_character");
    answer_fini(&answer);
    answer = get(&self->client, "/search?q=a&top=20000");
    assert_int_equal(answer.status, 400);
    answer_fini(&answer);
    answer = get(&self->client, "/article/nothing");
    assert_int_equal(answer.status, 404);
    assert_string_equal(error_code(answer.json), "not_found");
    answer_fini(&answer);
    assert_int_equal(end(self, SIGINT), 0);
}

static void a_new_commit_is_served_without_restart(void **state)
{
    program *self = needed(state);
    char file[SCRATCH_PATH_BYTES], next[256];
    launch(self);
    http_answer answer = get(&self->client, "/search?q=xylophone");
    assert_int_equal(json_integer_value(json_object_get(answer.json, "total")), 0);
    answer_fini(&answer);
    answer = get(&self->client, "/search?q=eau&top=2");
    (void)snprintf(next, sizeof next, "/search?q=eau&after=%s",
                   json_string_value(json_object_get(answer.json, "next")));
    answer_fini(&answer);
    scratch_write_text(scratch_path(&self->folder, "more.jsonl", file), "{\"id\":\"x\",\"title\":\"Un xylophone\"}\n");
    index_file(self, file);
    json_int_t total = 0;
    for (int i = 0; i < 500 && total == 0; i++) {
        answer = get(&self->client, "/search?q=xylophone");
        assert_int_equal(answer.status, 200);
        total = json_integer_value(json_object_get(answer.json, "total"));
        answer_fini(&answer);
        sleep_ms(10);
    }
    assert_int_equal(total, 1);
    answer = get(&self->client, next);
    assert_int_equal(answer.status, 410);
    assert_string_equal(error_code(answer.json), "gone");
    answer_fini(&answer);
    assert_int_equal(end(self, SIGTERM), 0);
}

static void a_killed_server_is_followed_by_another(void **state)
{
    program *self = needed(state);
    launch(self);
    const char *const arguments[] = {fihrist(), "serve",    "--index",    self->index, "--http",
                                     "off",     "--socket", self->socket, NULL};
    assert_int_equal(run(arguments), 1); /* one answers there already */
    assert_int_equal(end(self, SIGKILL), 1000 + SIGKILL);
    assert_int_equal(access(self->socket, F_OK), 0);
    launch(self);
    assert_int_equal(end(self, SIGTERM), 0);
}

static int status_with_token(const program *self, const char *token)
{
    char request[256];
    const int fd = connect_http(&self->client);
    (void)snprintf(request, sizeof request,
                   "GET /search?q=safran HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n",
                   token);
    send_text(fd, request);
    http_answer answer = read_answer(fd, false);
    const int status = answer.status;
    answer_fini(&answer);
    (void)close(fd);
    return status;
}

static void a_hangup_reads_the_tokens_again_and_keeps_them_if_the_file_is_bad(void **state)
{
    static const char first[] = "read first-00000000000000000000000000000000";
    static const char second[] = "read second-0000000000000000000000000000000";
    program *self = needed(state);
    char path[SCRATCH_PATH_BYTES];
    scratch_write_text(scratch_path(&self->folder, "tokens", path), first);
    assert_int_equal(chmod(path, 0600), 0);
    launch_with(self, "--tokens", path);
    assert_int_equal(status_with_token(self, first + 5), 200);
    scratch_write_text(path, "read nothing");
    assert_int_equal(kill(self->pid, SIGHUP), 0);
    sleep_ms(100);
    assert_int_equal(status_with_token(self, first + 5), 200);
    scratch_write_text(path, second);
    assert_int_equal(kill(self->pid, SIGHUP), 0);
    for (int i = 0; i < 500 && status_with_token(self, first + 5) == 200; i++)
        sleep_ms(10);
    assert_int_equal(status_with_token(self, first + 5), 401);
    assert_int_equal(status_with_token(self, second + 5), 200);
    assert_int_equal(end(self, SIGTERM), 0);
}

static void bad_usage_and_a_missing_index_are_told_apart(void **state)
{
    program *self = needed(state);
    const char *const help[] = {fihrist(), "serve", "--help", NULL};
    const char *const none[] = {fihrist(), "serve", NULL};
    const char *const unknown[] = {fihrist(), "serve", "--index", self->index, "--colour", NULL};
    const char *const count[] = {fihrist(), "serve", "--index", self->index, "--workers", "0", NULL};
    const char *const extra[] = {fihrist(), "serve", "--index", self->index, "--http", "off", NULL};
    const char *const address[] = {fihrist(), "serve", "--index", self->index, "--http", "nowhere", NULL};
    const char *const public[] = {fihrist(), "serve", "--index", self->index, "--http", "0.0.0.0:0", NULL};
    const char *const mode[] = {fihrist(), "serve", "--index", self->index, "--socket-mode", "0o600", NULL};
    const char *const peers[] = {fihrist(), "serve", "--index", self->index, "--socket-peers", "a,,b", NULL};
    const char *const absent[] = {fihrist(), "serve", "--index", self->socket, "--http", "127.0.0.1:0", NULL};
    assert_int_equal(run(help), 0);
    assert_int_equal(run(none), 2);
    assert_int_equal(run(unknown), 2);
    assert_int_equal(run(count), 2);
    assert_int_equal(run(extra), 2);
    assert_int_equal(run(address), 2);
    assert_int_equal(run(public), 2);
    assert_int_equal(run(mode), 2);
    assert_int_equal(run(peers), 2);
    assert_int_equal(run(absent), 1);
}

static void texts_are_analyzed_as_the_program_does(void **state)
{
    program *self = *state;
    if (!self) skip();
    int out;
    char printed[4096];
    size_t len = 0;
    const char *const arguments[] = {fihrist(), "analyze", "--json", "l'eau وبالمدارس", NULL};
    const pid_t pid = spawn(arguments, &out);
    while (len < sizeof printed - 1 && read(out, &printed[len], 1) == 1)
        len++;
    (void)close(out);
    assert_int_equal(wait_for(pid), 0);
    json_t *wanted = json_loadb(printed, len, 0, NULL);
    launch(self);
    http_answer answer = get(&self->client, "/analyze?text=l%27eau+وبالمدارس");
    assert_int_equal(answer.status, 200);
    assert_int_equal(json_array_size(answer.json), 2);
    assert_true(json_equal(answer.json, wanted));
    answer_fini(&answer);
    const int fd = connect_path(self->socket);
    send_text(fd, "{\"id\":7,\"analyze\":true,\"text\":\"l'eau وبالمدارس\"}\n{\"analyze\":true}\n");
    json_t *line = read_json_line(fd);
    assert_true(json_equal(json_object_get(line, "analyze"), wanted));
    assert_int_equal(json_integer_value(json_object_get(line, "id")), 7);
    json_decref(line);
    line = read_json_line(fd);
    assert_string_equal(error_code(line), "bad_request");
    json_decref(line);
    json_decref(wanted);
    (void)close(fd);
    assert_int_equal(end(self, SIGTERM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_doors_search_the_index),
        cmocka_unit_test(both_doors_count),
        cmocka_unit_test(both_doors_explain),
        cmocka_unit_test(pages_follow_each_other),
        cmocka_unit_test(wrong_queries_get_400_and_the_place),
        cmocka_unit_test(a_new_commit_is_served_without_restart),
        cmocka_unit_test(a_killed_server_is_followed_by_another),
        cmocka_unit_test(a_hangup_reads_the_tokens_again_and_keeps_them_if_the_file_is_bad),
        cmocka_unit_test(bad_usage_and_a_missing_index_are_told_apart),
        cmocka_unit_test(texts_are_analyzed_as_the_program_does),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
