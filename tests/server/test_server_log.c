/* test_server_log.c - the log, the metrics and /ready: what an operator sees. */
#include "query/language/plan_print.h"
#include "query/server/server_log.h"
#include "tests/server/serving.h"

#include <fcntl.h>
#include <regex.h>

#define TOKEN "admin-0123456789abcdef0123456789abcdef"
#define READER "reader-0123456789abcdef0123456789abcdef"

typedef struct logged {
    serving server;
    char path[SCRATCH_PATH_BYTES];
    char *text; /* the whole log, once it has ended */
} logged;

static void logged_init(logged *self)
{
    serving_init(&self->server);
    (void)scratch_path(&self->server.folder, "log", self->path);
    self->server.options.log_fd = open(self->path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    assert_true(self->server.options.log_fd >= 0);
    self->text = NULL;
}

static void logged_stop(logged *self)
{
    fhi_server_stop(self->server.server);
    assert_int_equal(uv_thread_join(&self->server.thread), 0);
    assert_int_equal(fhi_server_destroy(self->server.server), FH_OK);
    (void)close(self->server.options.log_fd);
    self->text = scratch_read(self->path, NULL);
    scratch_fini(&self->server.folder);
}

static void ask(const serving *self, const char *target)
{
    http_answer answer = get(self, target);
    answer_fini(&answer);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static bool matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE), 0);
    const bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

static void expect_match(const char *text, const char *pattern)
{
    if (!matches(text, pattern)) fail_msg("no `%s` in:\n%s", pattern, text);
}

/* ---- lines ---- */

static void each_request_is_one_line(void **state)
{
    (void)state;
    logged self;
    logged_init(&self);
    serving_start(&self.server);
    http_answer answer = get(&self.server, "/search?q=safran");
    expect_match(answer.head, "X-Request-Id: [0-9a-f]{8}-1");
    answer_fini(&answer);
    ask(&self.server, "/nowhere");
    ask(&self.server, "/search?q=wrong");
    const int line = connect_path(self.server.socket);
    send_text(line, "{\"article\":\"a\"}\n");
    json_t *object = read_json_line(line);
    json_decref(object);
    (void)close(line);
    logged_stop(&self);
    assert_int_equal(count_lines(self.text), 4);
    expect_match(self.text,
                 "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z request id=[0-9a-f]{8}-1 door=http method=GET "
                 "route=/search status=200 bytes=[0-9]+ total_us=[0-9]+ wait_us=[0-9]+ search_us=[0-9]+ "
                 "snippet_us=[0-9]+ write_us=[0-9]+ generation=1 client=127.0.0.1$");
    expect_match(self.text, "-2 door=http method=GET route=- status=404 .* code=\"not_found\" message=\".*nowhere\"$");
    expect_match(self.text, "-3 .* status=400 .* code=\"open_quote\" message=\"told to fail\" q=\"wrong\"$");
    expect_match(self.text, "-4 door=socket method=line route=/article/\\{id\\} status=200 .* generation=1$");
    assert_null(strstr(self.text, "safran")); /* what was asked is nobody's business */
    free(self.text);
}

static void what_comes_from_outside_stays_in_its_line(void **state)
{
    (void)state;
    logged self;
    logged_init(&self);
    serving_start(&self.server);
    ask(&self.server, "/a%0a2026-01-01T00:00:00.000Z%20notice%1b[2J%22%5c");
    ask(&self.server, "/%E2%80%AEx%C2%85y%7F%E2%81%A7");
    ask(&self.server, "/%D9%85%D9%82%D8%A7%D9%84");
    logged_stop(&self);
    assert_int_equal(count_lines(self.text), 3);
    assert_non_null(strstr(self.text, "/a\\x0a2026-01-01T00:00:00.000Z notice\\x1b[2J\\x22\\x5c\"\n"));
    assert_non_null(strstr(self.text, "/\\xe2\\x80\\xaex\\xc2\\x85y\\x7f\\xe2\\x81\\xa7\"\n"));
    assert_non_null(strstr(self.text, "/مقال\"\n"));
    free(self.text);
}

static void json_lines_are_objects(void **state)
{
    (void)state;
    static const char *const keys[] = {"time",      "kind",       "id",       "door",       "method",
                                       "route",     "status",     "bytes",    "total_us",   "wait_us",
                                       "search_us", "snippet_us", "write_us", "generation", "client"};
    logged self;
    logged_init(&self);
    self.server.options.log_format = FHI_LOG_JSON;
    serving_start(&self.server);
    ask(&self.server, "/search?q=a");
    ask(&self.server, "/a%0a%1b%22%00");
    logged_stop(&self);
    assert_int_equal(count_lines(self.text), 2);
    char *second = strchr(self.text, '\n');
    *second++ = '\0';
    json_t *line = json_loads(self.text, 0, NULL);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (!json_object_get(line, keys[i])) fail_msg("no %s in %s", keys[i], self.text);
    assert_int_equal(json_integer_value(json_object_get(line, "status")), 200);
    json_decref(line);
    line = json_loads(second, JSON_ALLOW_NUL, NULL);
    assert_string_equal(json_string_value(json_object_get(line, "code")), "not_found");
    json_decref(line);
    free(self.text);
}

static void only_notable_requests_where_that_is_asked_for(void **state)
{
    (void)state;
    logged self;
    logged_init(&self);
    self.server.options.log_level = FHI_LOG_NOTABLE;
    self.server.options.limits.slow_ms = 50;
    self.server.options.limits.query_ms_max = 200;
    serving_start(&self.server);
    ask(&self.server, "/search?q=quick");
    ask(&self.server, "/nowhere");
    ask(&self.server, "/search?q=sleep+80");
    ask(&self.server, "/search?q=sleep+900");
    const int gone = connect_http(&self.server);
    send_text(gone, "GET /search?q=gate HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until(&self.server.started, 4);
    const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(gone, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it), 0);
    (void)close(gone);
    sleep_ms(50);
    self.server.gate = true;
    logged_stop(&self);
    assert_int_equal(count_lines(self.text), 3);
    expect_match(self.text, " status=200 .* slow=true q=\"sleep 80\"$");
    expect_match(self.text, " status=504 .* slow=true code=\"deadline\" .* q=\"sleep 900\"$");
    expect_match(self.text, " cut=true");
    free(self.text);
}

static void no_line_holds_a_token(void **state)
{
    (void)state;
    char tokens[SCRATCH_PATH_BYTES], request[512];
    logged self;
    logged_init(&self);
    scratch_write_text(scratch_path(&self.server.folder, "tokens", tokens), "admin " TOKEN "\nread " READER "\n");
    assert_int_equal(chmod(tokens, 0600), 0);
    self.server.options.tokens = tokens;
    serving_start(&self.server);
    static const struct {
        const char *target;
        const char *token;
        int status;
    } asked[] = {{"/search?q=wrong", TOKEN, 400}, {"/metrics", TOKEN, 200},     {"/metrics", READER, 403},
                 {"/health", READER, 200},        {"/metrics", "x" TOKEN, 401}, {"/ready", "none", 200},
                 {"/search", TOKEN, 400}};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        const int fd = connect_http(&self.server);
        (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
                       asked[i].target, asked[i].token);
        send_text(fd, request);
        http_answer answer = read_answer(fd, false);
        if (answer.status != asked[i].status) fail_msg("%s: %d %s", asked[i].target, answer.status, answer.body);
        answer_fini(&answer);
        (void)close(fd);
    }
    logged_stop(&self);
    assert_int_equal(count_lines(self.text), sizeof asked / sizeof asked[0]);
    assert_null(strstr(self.text, "0123456789abcdef"));
    free(self.text);
}

/* ---- a reader that does not read ---- */

static void lines_nobody_reads_are_dropped_and_counted(void **state)
{
    (void)state;
    enum { COUNT = 50000 };
    int ends[2];
    fhi_log *log;
    fh_err err;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(fhi_log_create(ends[1], FHI_LOG_TEXT, FHI_LOG_ALL, 1, &log, &err), FH_OK);
    const uint64_t begin = uv_hrtime();
    for (int i = 0; i < COUNT; i++)
        fhi_log_note(log, &(fhi_log_request){.door = "http", .method = "GET", .route = "/search", .status = 200});
    assert_true(uv_hrtime() - begin < UINT64_C(5000000000));
    const uint64_t dropped = fhi_log_dropped(log);
    assert_true(dropped > 0 && dropped < COUNT);
    /* Now somebody reads: what was kept comes, and how much was not, in one message or several. */
    uint64_t kept = 0, told = 0;
    while (kept < COUNT - dropped || told < dropped) {
        char line[1024] = {0}, byte = 0;
        size_t len = 0;
        while (len < sizeof line - 1 && read(ends[0], &byte, 1) == 1 && byte != '\n')
            line[len++] = byte;
        assert_int_equal(byte, '\n');
        const char *message = strstr(line, " lines were dropped");
        const char *count = strstr(line, "message=\"");
        kept += message == NULL;
        if (message && count) told += strtoull(count + strlen("message=\""), NULL, 10);
    }
    assert_int_equal(kept, COUNT - dropped);
    assert_int_equal(told, dropped);
    fhi_log_destroy(log);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void a_full_pipe_does_not_keep_the_server_from_ending(void **state)
{
    (void)state;
    serving server;
    int ends[2];
    serving_init(&server);
    assert_int_equal(pipe(ends), 0);
    server.options.log_fd = ends[1];
    serving_start(&server);
    const int fd = connect_http(&server);
    for (int i = 0; i < 1000; i++) { /* twice what a pipe holds */
        send_text(fd, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, 200);
        answer_fini(&answer);
    }
    (void)close(fd);
    const uint64_t begin = uv_hrtime();
    serving_stop(&server);
    assert_true(uv_hrtime() - begin < UINT64_C(5000000000));
    (void)close(ends[0]);
    (void)close(ends[1]);
}

/* ---- metrics ---- */

typedef struct family {
    char name[80];
    char type[16];
} family;

/* Whether `name` is a sample of the family: the name itself or, of a histogram, with one of three endings. */
static bool belongs(const family *of, const char *name, size_t len)
{
    const size_t stem = strlen(of->name);
    if (len < stem || memcmp(name, of->name, stem) != 0) return false;
    if (strcmp(of->type, "histogram") != 0) return len == stem;
    const char *ending = name + stem;
    return (len - stem == 7 && memcmp(ending, "_bucket", 7) == 0) ||
           (len - stem == 4 && memcmp(ending, "_sum", 4) == 0) || (len - stem == 6 && memcmp(ending, "_count", 6) == 0);
}

/* Every line is HELP, TYPE or a sample of the family just declared; a family is declared once. */
static void check_format(char *text)
{
    family families[64], *now = NULL;
    size_t count = 0;
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (char *line = text, *feed; (feed = strchr(line, '\n')); *feed = '\n', line = feed + 1) {
        *feed = '\0';
        if (matches(line, "^# HELP [a-z_]+ [^\\]+$")) continue;
        if (matches(line, "^# TYPE [a-z_]+ (counter|gauge|histogram)$")) {
            now = &families[count++];
            assert_true(count <= 64);
            (void)snprintf(now->name, sizeof now->name, "%.*s", (int)strcspn(line + 7, " "), line + 7);
            (void)snprintf(now->type, sizeof now->type, "%s", strrchr(line, ' ') + 1);
            for (size_t i = 0; i + 1 < count; i++)
                assert_string_not_equal(families[i].name, now->name);
            if (strcmp(now->type, "counter") == 0) expect_match(now->name, "_total$");
            continue;
        }
        expect_match(line, "^[a-z_]+(\\{[a-z]+=\"[^\"\\]*\"(,[a-z]+=\"[^\"\\]*\")*\\})? [0-9]+(\\.[0-9]+)?$");
        if (!now || !belongs(now, line, strcspn(line, "{ "))) fail_msg("of no family: %s", line);
    }
    assert_true(count > 10);
}

/* Buckets grow, the last one is the count. */
static void check_histograms(const char *text)
{
    unsigned long long before = 0, value = 0;
    size_t seen = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n');
        const char *bucket = strstr(line, "_bucket{"), *total = strstr(line, "_count{");
        const char *space = end;
        while (*space != ' ')
            space--;
        value = strtoull(space + 1, NULL, 10);
        if (bucket && bucket < end) {
            if (strstr(line, "le=\"0.00005\"") && strstr(line, "le=\"0.00005\"") < end) before = 0;
            assert_true(value >= before);
            before = value;
        }
        if (total && total < end) {
            assert_int_equal(value, before);
            seen++;
        }
    }
    assert_true(seen >= 3);
}

static void metrics_count_what_was_asked_in_the_format_of_prometheus(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.slow_ms = 20;
    serving_start(&server);
    for (int i = 0; i < 5; i++)
        ask(&server, "/search?q=a");
    ask(&server, "/search?q=sleep+30");
    ask(&server, "/search?q=wrong");
    ask(&server, "/nowhere");
    const int line = connect_path(server.socket);
    send_text(line, "{\"q\":\"a\"}\n{\"metrics\":true}\n");
    json_t *object = read_json_line(line);
    json_decref(object);
    object = read_json_line(line);
    assert_non_null(strstr(json_string_value(json_object_get(object, "metrics")), "fihrist_ready 1\n"));
    json_decref(object);
    (void)close(line);
    http_answer answer = get(&server, "/metrics");
    expect_match(answer.head, "^Content-Type: text/plain; version=0.0.4; charset=utf-8");
    check_format(answer.body);
    check_histograms(answer.body);
    expect_match(answer.body, "^fihrist_answers_total\\{door=\"http\",route=\"/search\",status=\"200\"\\} 6$");
    expect_match(answer.body, "^fihrist_answers_total\\{door=\"http\",route=\"/search\",status=\"400\"\\} 1$");
    expect_match(answer.body, "^fihrist_answers_total\\{door=\"http\",route=\"-\",status=\"404\"\\} 1$");
    expect_match(answer.body, "^fihrist_answers_total\\{door=\"socket\",route=\"/search\",status=\"200\"\\} 1$");
    expect_match(answer.body, "^fihrist_request_seconds_count\\{route=\"/search\",stage=\"wait\"\\} 4$");
    expect_match(answer.body, "^fihrist_cache_hits_total 4$");
    expect_match(answer.body, "^fihrist_cache_misses_total 4$");
    expect_match(answer.body, "^fihrist_cache_bytes [1-9]");
    expect_match(answer.body,
                 "^fihrist_request_seconds_bucket\\{route=\"/search\",stage=\"total\",le=\"\\+Inf\"\\} 8$");
    expect_match(answer.body, "^fihrist_slow_total [1-9]");
    expect_match(answer.body, "^fihrist_generation 1$");
    expect_match(answer.body, "^fihrist_connections_total\\{door=\"http\"\\} 9$");
    expect_match(answer.body, "^fihrist_received_bytes_total\\{door=\"http\"\\} [1-9][0-9]{2,}$");
    expect_match(answer.body, "^fihrist_sent_bytes_total\\{door=\"http\"\\} [1-9][0-9]{2,}$");
    answer_fini(&answer);
    serving_stop(&server);
}

static void readiness_ends_when_the_server_is_told_to_stop(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    serving_start(&server);
    const int fd = connect_http(&server), line = connect_path(server.socket);
    static const char ready[] = "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n";
    send_text(fd, ready);
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "{\"status\":\"ready\"}");
    answer_fini(&answer);
    send_text(line, "{\"q\":\"gate\"}\n{\"id\":2,\"ready\":true}\n");
    wait_until(&server.started, 1);
    fhi_server_stop(server.server);
    for (int i = 0; i < 1000 && access(server.socket, F_OK) == 0; i++)
        sleep_ms(1);
    send_text(fd, ready);
    answer = read_answer(fd, false);
    assert_int_equal(answer.status, 503);
    assert_string_equal(error_code(answer.json), "draining");
    assert_true(answer.retry_after);
    answer_fini(&answer);
    server.gate = true;
    json_t *object = read_json_line(line);
    json_decref(object);
    object = read_json_line(line);
    json_decref(object);
    (void)close(fd);
    (void)close(line);
    serving_join(&server);
}

/* ---- plans ---- */

static void plans_are_printed_and_cut(void **state)
{
    (void)state;
    const fh_str stems[] = {FH_STR("sbarrag"), FH_STR("sسد")};
    const fhi_slot slots[] = {{.word = {.terms = stems, .term_count = 1}},
                              {.word = {.terms = stems + 1, .term_count = 1}, .offset = 2}};
    fhi_node word = {
        .kind = FHI_NODE_WORD, .weight = 2, .word = {.terms = stems, .term_count = 2, .exact = FH_STR("barrage")}};
    fhi_node phrase = {.kind = FHI_NODE_PHRASE, .weight = 1, .title_only = true, .slots = slots, .slot_count = 2};
    fhi_node days = {.kind = FHI_NODE_DAYS, .day_first = 20190101, .day_last = 20191231};
    fhi_node column = {.kind = FHI_NODE_COLUMN, .column = FHI_COLUMN_AUTHOR};
    fhi_node *children[] = {&word, &phrase, &days, &column};
    fhi_node root = {.kind = FHI_NODE_AND, .child_count = 4, .children = children};
    fhi_buf text = {0};
    fhi_plan_print(&root, &text);
    fhi_buf_put8(&text, 0);
    assert_string_equal((const char *)text.data, "and(word(barrag|سد =barrage ^2), title:phrase(barrag +2 سد), "
                                                 "days(20190101..20191231), column(author))");
    fhi_node *many[200];
    for (size_t i = 0; i < 200; i++)
        many[i] = &word;
    root = (fhi_node){.kind = FHI_NODE_OR, .child_count = 200, .children = many};
    fhi_buf_clear(&text);
    fhi_plan_print(&root, &text);
    assert_true(text.len <= FHI_PLAN_PRINT_BYTES_MAX);
    assert_memory_equal(text.data + text.len - 3, "...", 3);
    assert_int_equal(fhi_utf8_check(text.data, text.len), text.len);
    fhi_buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_is_one_line),
        cmocka_unit_test(what_comes_from_outside_stays_in_its_line),
        cmocka_unit_test(json_lines_are_objects),
        cmocka_unit_test(only_notable_requests_where_that_is_asked_for),
        cmocka_unit_test(no_line_holds_a_token),
        cmocka_unit_test(lines_nobody_reads_are_dropped_and_counted),
        cmocka_unit_test(a_full_pipe_does_not_keep_the_server_from_ending),
        cmocka_unit_test(metrics_count_what_was_asked_in_the_format_of_prometheus),
        cmocka_unit_test(readiness_ends_when_the_server_is_told_to_stop),
        cmocka_unit_test(plans_are_printed_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
