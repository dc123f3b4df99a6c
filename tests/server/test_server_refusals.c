/* test_server_refusals.c - what is refused is told to browsers as a page and to services as JSON; browsers sign in with
 * a token as the password. */
#include "query/server/server_tokens.h"
#include "tests/server/serving.h"

#define TOKEN "reader-Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSd"
#define ADMIN "admin/Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSd+=="
/* name:password in base64 */
#define ANNA "YW5uYTpyZWFkZXItV3EybTBjTzJlSzFyN3Y1eVQ4dUI0blh6TDlhSjNoU2Q="           /* anna:TOKEN */
#define NAMELESS "OnJlYWRlci1XcTJtMGNPMmVLMXI3djV5VDh1QjRuWHpMOWFKM2hTZA=="           /* :TOKEN */
#define ARABIC "2YTZitmE2Yk6YWRtaW4vV3EybTBjTzJlSzFyN3Y1eVQ4dUI0blh6TDlhSjNoU2QrPT0=" /* ليلى:ADMIN */
#define STRANGER "YW5uYTpyZWFkZXItV3EybTBjTzJlSzFyN3Y1eVQ4dUI0blh6TDlhSjNoU2U="       /* anna: and another token */

#define BROWSER "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"

static http_answer ask(const serving *self, const char *method, const char *target, const char *headers)
{
    static const char body[] = "Content-Length: 12\r\n\r\n{\"q\":\"abcd\"}";
    const size_t room = strlen(target) + strlen(headers) + 256;
    char *request = malloc(room);
    assert_non_null(request);
    const bool posts = strcmp(method, "POST") == 0;
    (void)snprintf(request, room, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s%s", method, target, headers,
                   posts ? body : "\r\n");
    const int fd = connect_http(self);
    send_text(fd, request);
    http_answer answer = read_answer(fd, strcmp(method, "HEAD") == 0);
    (void)close(fd);
    free(request);
    return answer;
}

static void expect_json(const serving *self, const char *target, const char *headers, int status)
{
    http_answer answer = ask(self, "GET", target, headers);
    if (answer.status != status || !answer.json) fail_msg("%s: %d %s", target, answer.status, answer.body);
    assert_non_null(strstr(answer.head, "Content-Type: application/json; charset=utf-8\r\n"));
    assert_null(strstr(answer.head, "Basic"));
    answer_fini(&answer);
}

/* says: a text that the page must have. */
static void expect_page(const serving *self, const char *target, const char *headers, int status, const char *says)
{
    http_answer answer = ask(self, "GET", target, headers);
    if (answer.status != status || !strstr(answer.body, says))
        fail_msg("%s: %d %s", target, answer.status, answer.body);
    assert_non_null(strstr(answer.head, "Content-Type: text/html; charset=utf-8\r\n"));
    assert_non_null(strstr(answer.head, "Content-Security-Policy: default-src 'none'"));
    assert_non_null(strstr(answer.head, "Cache-Control: no-store\r\n"));
    assert_int_equal(strncmp(answer.body, "<!DOCTYPE html>", 15), 0);
    assert_non_null(strstr(answer.body, "</html>"));
    const bool asks = strstr(answer.head, "WWW-Authenticate: Basic realm=\"fihrist\", charset=\"UTF-8\"\r\n") != NULL;
    assert_int_equal(asks, status == 401);
    answer_fini(&answer);
}

static void browsers_get_pages_and_services_json(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    serving_start(&server);
    expect_page(&server, "/nowhere", BROWSER, 404, "Il n'y a rien");
    expect_page(&server, "/nowhere", BROWSER "Accept-Language: ar-MA, fr;q=0.5\r\n", 404, "dir=\"rtl\"");
    expect_page(&server, "/nowhere", BROWSER "Accept-Language: en\r\n", 404, "There is nothing at this address");
    expect_page(&server, "/?q=a&colour=red", BROWSER, 400, "unknown parameter `colour`");
    expect_page(&server, "/?q=a&ui=ar&colour=red", BROWSER, 400, "<html lang=\"ar\" dir=\"rtl\">");
    expect_page(&server, "/?q=a&colour=%3Cscript%3E", BROWSER, 400, "Cette adresse");
    expect_page(&server, "/?q=%3Cb%3E&%3Cscript%3E=1", BROWSER, 400, "unknown parameter `&lt;script&gt;`");
    expect_page(&server, "/search?q=a&top=x", BROWSER, 400, "`top` takes a whole number");
    expect_json(&server, "/nowhere", "", 404);
    expect_json(&server, "/nowhere", "Accept: */*\r\n", 404);
    expect_json(&server, "/nowhere", "Accept: application/json, text/html;q=0.9\r\n", 404);
    expect_json(&server, "/nowhere", "Accept: text/html;q=0\r\n", 404);
    expect_json(&server, "/?q=a&colour=red", "Accept: */*\r\n", 400);
    http_answer head = ask(&server, "HEAD", "/nowhere", BROWSER);
    assert_int_equal(head.status, 404);
    assert_true(head.content_length > 500);
    answer_fini(&head);
    serving_stop(&server);
}

static void an_address_that_is_too_long_is_a_page_where_it_was_of_one(void **state)
{
    (void)state;
    enum { LONG = 20000 };
    serving server;
    char *target = calloc(1, LONG + 1);
    assert_non_null(target);
    serving_init(&server);
    serving_start(&server);
    memset(target, 'a', LONG);
    memcpy(target, "/list?names=", 12);
    expect_page(&server, target, "", 414, "Cette adresse est trop longue");
    memcpy(target, "/search?q=aa", 12);
    expect_json(&server, target, BROWSER, 414);
    free(target);
    serving_stop(&server);
}

static void too_many_requests_are_told_as_a_page(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.rate_max = 1;
    server.options.limits.burst_max = 1;
    serving_start(&server);
    expect_json(&server, "/nowhere", "", 404);
    expect_page(&server, "/", BROWSER, 429, "Trop de demandes");
    expect_json(&server, "/", "", 429);
    serving_stop(&server);
}

static void a_query_that_waited_too_long_is_told_as_a_page(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.worker_count = 1;
    server.options.limits.query_ms_max = 50;
    serving_start(&server);
    const int busy = connect_http(&server);
    send_text(busy, "GET /search?q=gate HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    wait_until(&server.started, 1);
    const int late = connect_http(&server);
    send_text(late, "GET /search?q=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" BROWSER "\r\n");
    sleep_ms(200);
    server.gate = true;
    http_answer answer = read_answer(late, false);
    assert_int_equal(answer.status, 504);
    assert_non_null(strstr(answer.body, "La recherche a pris trop de temps"));
    answer_fini(&answer);
    answer = read_answer(busy, false);
    answer_fini(&answer);
    (void)close(late);
    (void)close(busy);
    serving_stop(&server);
}

static void expect_status(const serving *self, const char *target, const char *headers, int status)
{
    http_answer answer = ask(self, "GET", target, headers);
    if (answer.status != status) fail_msg("%s with %s: %d %s", target, headers, answer.status, answer.body);
    answer_fini(&answer);
}

static void tokens_start(scratch *folder, char path[SCRATCH_PATH_BYTES], serving *server)
{
    scratch_init(folder);
    scratch_write_text(scratch_path(folder, "tokens", path), "read " TOKEN "\nadmin " ADMIN "\n");
    assert_int_equal(chmod(path, 0600), 0);
    serving_init(server);
    server->options.tokens = path;
    serving_start(server);
}

static void browsers_sign_in_with_a_token_as_the_password(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
    serving server;
    tokens_start(&folder, path, &server);
    expect_page(&server, "/", BROWSER, 401, "Identifiez-vous");
    expect_page(&server, "/nowhere", BROWSER, 401, "Identifiez-vous"); /* before 404 */
    expect_page(&server, "/", BROWSER "Authorization: Basic " STRANGER "\r\n", 401, "mot de passe");
    expect_page(&server, "/metrics", BROWSER "Authorization: Basic " ANNA "\r\n", 403, "Vous n'avez pas accès");
    expect_json(&server, "/search?q=a", "", 401);
    expect_json(&server, "/search?q=a", "Authorization: Basic " STRANGER "\r\n", 401);
    expect_status(&server, "/search?q=a", "Authorization: Basic " ANNA "\r\n", 200);
    expect_status(&server, "/search?q=a", "authorization: basic  " NAMELESS "\r\n", 200);
    expect_status(&server, "/search?q=a", "Authorization: Basic " ARABIC "\r\n", 200);
    expect_status(&server, "/metrics", "Authorization: Basic " ARABIC "\r\n", 200);
    expect_status(&server, "/static/page.css", "", 200);
    expect_status(&server, "/article/page.css", "", 401);
    static const char *const bad[] = {
        "", "=", "====", "YQ=", "YQ==", "Y===", "YWJj", "!!!!", "YW5uYTo=", "a b=", (ANNA "AAA")};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char header[256];
        (void)snprintf(header, sizeof header, "Authorization: Basic %s\r\n", bad[i]);
        expect_status(&server, "/search?q=a", header, 401);
    }
    serving_stop(&server);
    scratch_fini(&folder);
}

static void a_password_longer_than_any_token_is_refused(void **state)
{
    (void)state;
    scratch folder;
    char path[SCRATCH_PATH_BYTES], header[4096];
    serving server;
    tokens_start(&folder, path, &server);
    for (int quads = 1; quads < 1000; quads += 7) {
        int len = snprintf(header, sizeof header, "Authorization: Basic ");
        for (int i = 0; i < quads * 4 && len < 4000; i++)
            header[len++] = 'O'; /* "8" and colons by turns */
        (void)snprintf(header + len, sizeof header - (size_t)len, "\r\n");
        expect_status(&server, "/search?q=a", header, 401);
    }
    serving_stop(&server);
    scratch_fini(&folder);
}

static void no_page_of_another_site_posts(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        int status;
    } cases[] = {{"", 200},
                 {"Sec-Fetch-Site: same-origin\r\n", 200},
                 {"Sec-Fetch-Site: none\r\n", 200},
                 {"Sec-Fetch-Site: cross-site\r\n", 403},
                 {"Sec-Fetch-Site: same-site\r\n", 403}};
    serving server;
    serving_init(&server);
    serving_start(&server);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_answer answer = ask(&server, "POST", "/batch", cases[i].header);
        assert_int_equal(answer.status, cases[i].status);
        answer_fini(&answer);
    }
    expect_status(&server, "/search?q=a", "Sec-Fetch-Site: cross-site\r\n", 200); /* a link from elsewhere */
    serving_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(browsers_get_pages_and_services_json),
        cmocka_unit_test(an_address_that_is_too_long_is_a_page_where_it_was_of_one),
        cmocka_unit_test(too_many_requests_are_told_as_a_page),
        cmocka_unit_test(a_query_that_waited_too_long_is_told_as_a_page),
        cmocka_unit_test(browsers_sign_in_with_a_token_as_the_password),
        cmocka_unit_test(a_password_longer_than_any_token_is_refused),
        cmocka_unit_test(no_page_of_another_site_posts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
