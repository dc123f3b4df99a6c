/* test_server_hostile.c - clients that mean ill, or are merely bad, against `fihrist serve` itself: floods, endless
 * pipelines, single bytes, half-closed connections, resets. Everyone who listens is answered, the memory of the server
 * stays within its bounds, and nothing of who left stays behind.
 *
 * Runs the program named by FIHRIST (set by the test runner), else build/release/fihrist, from the root of the tree.
 */
#include "tests/server/program.h"
#include "tests/support/rng.h"

#include <dirent.h>

enum { MIB = 1 << 20, GROWTH_BYTES_MAX = 48 * MIB };

/* Memory of a sanitizer is its own matter. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_TELLS = 0 };
#else
enum { MEMORY_TELLS = 1 };
#endif

static const char http_health[] = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
static const char http_search[] = "GET /search?q=eau+OR+ville&top=100 HTTP/1.1\r\nHost: x\r\n\r\n";
static const char line_search[] = "{\"q\":\"eau OR ville\",\"top\":100}\n";

/* ---- what the system knows of the server ---- */

/* `VmRSS` or, the most there ever was, `VmHWM`. */
static size_t memory_bytes(const program *self, const char *name)
{
    char path[64], line[256];
    size_t kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)self->pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0) kib = strtoul(line + strlen(name) + 1, NULL, 10);
    (void)fclose(file);
    assert_true(kib > 0);
    return kib * 1024;
}

static void expect_growth_below(const program *self, size_t before, size_t most)
{
    const size_t now = memory_bytes(self, "VmHWM");
    if (MEMORY_TELLS && now > before + most)
        fail_msg("the server grew from %zu to %zu bytes, %zu allowed", before, now, before + most);
}

static int descriptor_count(const program *self)
{
    char path[64];
    int count = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)self->pid);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    (void)closedir(folder);
    return count;
}

/* All that is left is what was there before anybody came. */
static void expect_nobody_left(const program *self, int descriptors)
{
    for (int i = 0; i < READ_SECONDS * 100 && descriptor_count(self) > descriptors; i++)
        sleep_ms(10);
    assert_in_range(descriptor_count(self), 1, descriptors);
}

static void expect_served(const program *self)
{
    http_answer answer = get(&self->client, "/search?q=eau&top=1");
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    sleep_ms(20); /* that connection ends, too */
}

static int connect_door(const program *self, bool http)
{
    return http ? connect_http(&self->client) : connect_path(self->socket);
}

static const char *search_at(bool http)
{
    return http ? http_search : line_search;
}

/* ---- floods ---- */

/* Whole requests until the socket takes no more, without ever reading. Answers whether anything went. */
static bool flood(int fd, const char *request)
{
    enum { COPIES = 500 };
    const size_t len = strlen(request);
    char *many = malloc(COPIES * len);
    assert_non_null(many);
    for (size_t i = 0; i < COPIES; i++)
        memcpy(many + i * len, request, len);
    const ssize_t sent = send(fd, many, COPIES * len, MSG_DONTWAIT);
    assert_true(sent > 0 || errno == EAGAIN);
    free(many);
    return sent > 0;
}

static void floods_that_nobody_reads_take_bounded_memory(void **state)
{
    enum { CLIENTS = 40, QUIET_ROUNDS = 20 };
    program *self = needed(state);
    int fds[CLIENTS];
    launch_with(self, "--connection-bytes", "65536");
    expect_served(self);
    const size_t before = memory_bytes(self, "VmRSS");
    const int descriptors = descriptor_count(self);
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = connect_door(self, i % 2);
    for (int quiet = 0; quiet < QUIET_ROUNDS; quiet++) {
        for (int i = 0; i < CLIENTS; i++)
            if (flood(fds[i], search_at(i % 2))) quiet = 0;
        sleep_ms(10);
    }
    expect_served(self); /* in the midst of it */
    expect_growth_below(self, before, GROWTH_BYTES_MAX);
    for (int i = 0; i < CLIENTS; i++)
        (void)close(fds[i]);
    expect_nobody_left(self, descriptors);
    expect_served(self);
    assert_int_equal(end(self, SIGTERM), 0);
}

/* ---- pipelines ---- */

typedef struct pipeline {
    int fd;
    bool http;
    int count;
} pipeline;

/* Sends all of it, each request with its number, and closes its half. */
static void send_pipeline(void *argument)
{
    const pipeline *self = argument;
    char request[128];
    for (int i = 0; i < self->count; i++) {
        (void)snprintf(request, sizeof request,
                       self->http ? "GET /article/none-%d HTTP/1.1\r\nHost: x\r\n\r\n"
                                  : "{\"id\":%d,\"q\":\"eau\",\"top\":1,\"snippets\":0}\n",
                       i);
        const size_t len = strlen(request);
        if (send(self->fd, request, len, MSG_NOSIGNAL) != (ssize_t)len) return; /* the reader misses it */
    }
    (void)shutdown(self->fd, SHUT_WR);
}

static void expect_line(FILE *answers, int number)
{
    char line[4096], wanted[32];
    assert_non_null(fgets(line, sizeof line, answers));
    (void)snprintf(wanted, sizeof wanted, "{\"id\":%d,\"hits\":", number);
    if (strncmp(line, wanted, strlen(wanted)) != 0) fail_msg("%s, wanted %s", line, wanted);
}

static void expect_reply(FILE *answers, int number)
{
    char line[4096];
    size_t len = 0;
    assert_non_null(fgets(line, sizeof line, answers));
    if (strcmp(line, "HTTP/1.1 404 Not Found\r\n") != 0) fail_msg("answer %d: %s", number, line);
    while (fgets(line, sizeof line, answers) && strcmp(line, "\r\n") != 0)
        if (strncmp(line, "Content-Length: ", 16) == 0) len = strtoul(line + 16, NULL, 10);
    assert_in_range(len, 1, sizeof line - 1);
    assert_int_equal(fread(line, 1, len, answers), len);
}

static void run_pipeline(const program *self, bool http, int count)
{
    pipeline one = {connect_door(self, http), http, count};
    uv_thread_t sender;
    FILE *answers = fdopen(one.fd, "rb");
    assert_non_null(answers);
    assert_int_equal(uv_thread_create(&sender, send_pipeline, &one), 0);
    for (int i = 0; i < count; i++)
        (http ? expect_reply : expect_line)(answers, i);
    assert_int_equal(fgetc(answers), EOF);
    assert_int_equal(uv_thread_join(&sender), 0);
    (void)fclose(answers);
}

static void endless_pipelines_are_answered_in_order_to_the_last(void **state)
{
    enum { COUNT = 50000 };
    program *self = needed(state);
    launch(self);
    expect_served(self);
    const size_t before = memory_bytes(self, "VmRSS");
    const int descriptors = descriptor_count(self);
    run_pipeline(self, true, rng_rounds(COUNT));
    run_pipeline(self, false, rng_rounds(COUNT));
    expect_growth_below(self, before, GROWTH_BYTES_MAX);
    expect_nobody_left(self, descriptors);
    assert_int_equal(end(self, SIGTERM), 0);
}

/* ---- single bytes ---- */

static void many_clients_may_send_byte_by_byte(void **state)
{
    enum { CLIENTS = 100 };
    program *self = needed(state);
    const char *const line = "{\"health\":true}\n";
    int fds[CLIENTS];
    launch(self);
    for (int i = 0; i < CLIENTS; i++)
        fds[i] = connect_door(self, i % 2);
    for (size_t at = 0; at < sizeof http_health - 1; at++)
        for (int i = 0; i < CLIENTS; i++)
            if (i % 2 || at < strlen(line)) send_bytes(fds[i], (i % 2 ? http_health : line) + at, 1);
    for (int i = 0; i < CLIENTS; i++) {
        if (i % 2) {
            http_answer answer = read_answer(fds[i], false);
            assert_int_equal(answer.status, 200);
            answer_fini(&answer);
        } else {
            json_t *object = read_json_line(fds[i]);
            assert_string_equal(error_code(object), "");
            json_decref(object);
        }
        (void)close(fds[i]);
    }
    assert_int_equal(end(self, SIGTERM), 0);
}

/* ---- clients that leave ---- */

static void read_some(int fd, size_t most)
{
    char some[1024];
    for (size_t got = 0; got < most;) {
        const ssize_t count = recv(fd, some, sizeof some, 0);
        if (count <= 0) return;
        got += (size_t)count;
    }
}

/* In any state: before the first byte, in the middle of a request, of an answer, half closed or not. */
static void come_and_leave(const program *self, rng *random)
{
    static const char *const starts[] = {"", "G", "GET /search?q=e", "{\"q\":\"e", "\x01", "POST /batch HTTP/1.1\r\n"};
    const bool http = rng_below(random, 2);
    const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    const int fd = connect_door(self, http);
    const uint64_t requests = rng_below(random, 20);
    for (uint64_t i = 0; i < requests; i++)
        send_text(fd, search_at(http));
    if (rng_below(random, 2)) read_some(fd, requests ? rng_below(random, 2000) : 0); /* less than one answer */
    const char *begun = starts[rng_below(random, sizeof starts / sizeof starts[0])];
    (void)send(fd, begun, strlen(begun), MSG_NOSIGNAL);
    if (rng_below(random, 3) == 0) (void)shutdown(fd, rng_below(random, 2) ? SHUT_WR : SHUT_RD);
    if (rng_below(random, 2)) sleep_ms((unsigned)rng_below(random, 5));
    if (rng_below(random, 2)) (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
    (void)close(fd);
}

static void clients_that_leave_at_any_time_leave_nothing_behind(void **state)
{
    enum { COUNT = 1000, EACH_MOST = 100 };
    program *self = needed(state);
    rng random;
    rng_init(&random, __func__);
    launch(self);
    expect_served(self);
    const size_t before = memory_bytes(self, "VmRSS");
    const int descriptors = descriptor_count(self), count = rng_rounds(COUNT);
    for (int i = 0; i < count; i++) {
        come_and_leave(self, &random);
        if (i % EACH_MOST == 0) expect_served(self);
    }
    expect_nobody_left(self, descriptors);
    expect_served(self);
    expect_growth_below(self, before, GROWTH_BYTES_MAX);
    assert_int_equal(end(self, SIGTERM), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floods_that_nobody_reads_take_bounded_memory),
        cmocka_unit_test(endless_pipelines_are_answered_in_order_to_the_last),
        cmocka_unit_test(many_clients_may_send_byte_by_byte),
        cmocka_unit_test(clients_that_leave_at_any_time_leave_nothing_behind),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start, stop);
}
