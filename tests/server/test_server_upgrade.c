/* test_server_upgrade.c - sockets handed over, users given up, an index that may only be read: the program as a manager
 * of services runs it.
 */
#include "tests/server/program.h"

#include <pwd.h>

enum { CLIENTS = 3, UPGRADES = 4, USED = 3 /* first descriptor handed over */ };

/* Listens on a port of the system's choice. */
static int listen_tcp(unsigned short *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1024), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static int listen_unix(const char *path, int type)
{
    const struct sockaddr_un address = address_of(path);
    const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    if (type == SOCK_STREAM) assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* As systemd does it: the sockets from descriptor 3 on, their count and the process they are meant for in the
 * environment. told: a socket for READY=1, or NULL. */
static pid_t hand_over(const char *const *arguments, const int *fds, int count, const char *told, int *out)
{
    int ends[2];
    char number[16];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int kept[4];
        for (int i = 0; i < count; i++)
            kept[i] = fcntl(fds[i], F_DUPFD, 20); /* out of the way first */
        (void)dup2(open("/dev/null", O_RDWR), 2);
        (void)dup2(ends[1], 1);
        for (int i = 0; i < count; i++)
            (void)dup2(kept[i], USED + i);
        (void)snprintf(number, sizeof number, "%d", count);
        (void)setenv("LISTEN_FDS", number, 1);
        (void)snprintf(number, sizeof number, "%d", (int)getpid());
        (void)setenv("LISTEN_PID", number, 1);
        if (told) (void)setenv("NOTIFY_SOCKET", told, 1);
        (void)execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    (void)close(ends[1]);
    *out = ends[0];
    return pid;
}

static void expect_told(int fd, const char *state)
{
    char text[64] = "";
    set_timeout(fd);
    assert_true(recv(fd, text, sizeof text - 1, 0) > 0);
    assert_string_equal(text, state);
}

static void sockets_handed_over_are_served(void **state)
{
    program *self = needed(state);
    char address[SCRATCH_PATH_BYTES], told[SCRATCH_PATH_BYTES];
    const char *const arguments[] = {fihrist(), "serve", "--index", self->index, NULL};
    const int manager = listen_unix(scratch_path(&self->folder, "notify", told), SOCK_DGRAM);
    const int fds[] = {listen_unix(self->socket, SOCK_STREAM), listen_tcp(&self->client.port)};
    self->pid = hand_over(arguments, fds, 2, told, &self->out);
    read_address(self, "listening on http://127.0.0.1:", address);
    assert_int_equal(strtoul(address, NULL, 10), self->client.port);
    read_address(self, "listening on unix:", address);
    assert_string_equal(address, self->socket);
    expect_told(manager, "READY=1");
    http_answer answer = get(&self->client, "/search?q=safran");
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    const int line = connect_path(self->socket);
    send_text(line, "{\"ready\":true}\n");
    json_t *object = read_json_line(line);
    assert_non_null(json_object_get(object, "ready"));
    json_decref(object);
    (void)close(line);
    assert_int_equal(end(self, SIGTERM), 0);
    expect_told(manager, "STOPPING=1");
    assert_int_equal(access(self->socket, F_OK), 0); /* it is not the server's */
    assert_int_equal(unlink(self->socket), 0);
    (void)close(manager);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void only_one_listening_socket_of_a_kind_is_taken(void **state)
{
    program *self = needed(state);
    const char *const arguments[] = {fihrist(), "serve", "--index", self->index, NULL};
    unsigned short port;
    int out;
    const int pair[] = {listen_tcp(&port), listen_tcp(&port)}, deaf = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(wait_for(hand_over(arguments, pair, 2, NULL, &out)), 1);
    (void)close(out);
    assert_int_equal(wait_for(hand_over(arguments, &deaf, 1, NULL, &out)), 1);
    (void)close(out);
    (void)close(pair[0]);
    (void)close(pair[1]);
    (void)close(deaf);
}

/* ---- upgrades ---- */

typedef struct load {
    unsigned short port;
    atomic_bool ends;
    atomic_int answered;
    atomic_int failed;
} load;

/* One request on a connection of its own; nothing is asserted on this thread. */
static bool ask_once(const load *self)
{
    static const char request[] = "GET /search?q=safran&top=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(self->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const struct timeval limit = {.tv_sec = READ_SECONDS};
    char answer[8192];
    size_t len = 0;
    ssize_t count = 1;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
                connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
                send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1;
    while (good && count > 0 && len < sizeof answer - 1) {
        count = recv(fd, answer + len, sizeof answer - 1 - len, 0);
        if (count > 0) len += (size_t)count;
    }
    answer[len] = '\0';
    good = good && count == 0 && strncmp(answer, "HTTP/1.1 200 ", 13) == 0 && answer[len - 1] == '}';
    if (fd >= 0) (void)close(fd);
    return good;
}

static void ask_all_the_time(void *argument)
{
    load *self = argument;
    while (!self->ends)
        (*(ask_once(self) ? &self->answered : &self->failed))++;
}

static void an_upgrade_under_load_loses_no_request(void **state)
{
    program *self = needed(state);
    load clients = {.port = 0};
    uv_thread_t threads[CLIENTS];
    char address[SCRATCH_PATH_BYTES];
    const char *const arguments[] = {fihrist(), "serve", "--index", self->index, "--workers", "1", NULL};
    const int fd = listen_tcp(&clients.port);
    self->pid = hand_over(arguments, &fd, 1, NULL, &self->out);
    read_address(self, "listening on http://", address);
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(uv_thread_create(&threads[i], ask_all_the_time, &clients), 0);
    for (int i = 0; i < UPGRADES; i++) {
        const int before = clients.answered;
        program next = *self;
        next.pid = hand_over(arguments, &fd, 1, NULL, &next.out);
        read_address(&next, "listening on http://", address);
        assert_int_equal(end(self, SIGTERM), 0);
        *self = next;
        wait_until(&clients.answered, before + 50);
    }
    /* A gap between two servers: clients wait in the queue of the socket. */
    assert_int_equal(end(self, SIGTERM), 0);
    self->pid = hand_over(arguments, &fd, 1, NULL, &self->out);
    read_address(self, "listening on http://", address);
    wait_until(&clients.answered, clients.answered + 50);
    clients.ends = true;
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(uv_thread_join(&threads[i]), 0);
    print_message("%d answers, %d failed, %d upgrades\n", clients.answered, clients.failed, UPGRADES + 1);
    assert_int_equal(clients.failed, 0);
    assert_int_equal(end(self, SIGTERM), 0);
    (void)close(fd);
}

/* Answers of a server that stops say that the connection ends, so that nobody sends it another request. */
static void a_kept_connection_is_told_that_it_ends(void **state)
{
    program *self = needed(state);
    launch(self);
    const int fd = connect_http(&self->client);
    static const char request[] = "GET /search?q=safran HTTP/1.1\r\nHost: x\r\n\r\n";
    http_answer answer = {0};
    send_text(fd, request);
    answer = read_answer(fd, false);
    assert_false(answer.closes);
    answer_fini(&answer);
    send_text(fd, request);
    answer = read_answer(fd, false);
    answer_fini(&answer);
    assert_int_equal(kill(self->pid, SIGTERM), 0);
    for (int i = 0; i < 1000 && access(self->socket, F_OK) == 0; i++)
        sleep_ms(1);
    send_text(fd, request);
    answer = read_answer(fd, false);
    assert_int_equal(answer.status, 200);
    assert_true(answer.closes);
    answer_fini(&answer);
    assert_ended(fd);
    (void)close(fd);
    assert_int_equal(wait_for(self->pid), 0);
    (void)close(self->out);
}

/* ---- rights ---- */

static void status_field(pid_t pid, const char *field, char value[256])
{
    char path[64], line[256];
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    value[0] = '\0';
    while (fgets(line, sizeof line, file))
        if (strncmp(line, field, strlen(field)) == 0) (void)snprintf(value, 256, "%s", line + strlen(field));
    (void)fclose(file);
}

/* A folder of its own, right under /tmp: those of the test runner are closed to other users. */
static void open_to_all(program *self)
{
    const char *before = getenv("TMPDIR");
    char *kept = before ? strdup(before) : NULL;
    (void)unsetenv("TMPDIR");
    scratch_init(&self->folder);
    if (kept) (void)setenv("TMPDIR", kept, 1);
    free(kept);
    assert_int_equal(chmod(self->folder.path, 0755), 0);
    (void)scratch_path(&self->folder, "index", self->index);
    (void)scratch_path(&self->folder, "sock", self->socket);
    index_file(self, "seeds/articles.jsonl");
}

/* The index belongs to another user and cannot be written by the one who serves it. */
static void root_gives_its_rights_up_and_the_index_is_only_read(void **state)
{
    program open_one = {.pid = 0}, *self = &open_one;
    (void)needed(state);
    const struct passwd *nobody = getpwnam("nobody");
    char value[256], wanted[64], before[64];
    struct stat facts;
    if (geteuid() != 0 || !nobody) skip();
    open_to_all(self);
    assert_int_equal(stat(self->index, &facts), 0);
    (void)snprintf(before, sizeof before, "%lld", (long long)facts.st_mtime);
    launch_with(self, "--user", "nobody");
    http_answer answer = get(&self->client, "/search?q=safran");
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    const unsigned user = nobody->pw_uid;
    (void)snprintf(wanted, sizeof wanted, "\t%u\t%u\t%u\t%u\n", user, user, user, user);
    status_field(self->pid, "Uid:", value);
    assert_string_equal(value, wanted);
    status_field(self->pid, "CapEff:", value);
    assert_string_equal(value, "\t0000000000000000\n");
    status_field(self->pid, "NoNewPrivs:", value);
    assert_string_equal(value, "\t1\n");
    assert_int_equal(stat(self->socket, &facts), 0);
    assert_int_equal(facts.st_uid, user);
    assert_int_equal(stat(self->index, &facts), 0);
    assert_int_not_equal(facts.st_uid, user);
    (void)snprintf(wanted, sizeof wanted, "%lld", (long long)facts.st_mtime);
    assert_string_equal(wanted, before);
    assert_int_equal(end(self, SIGTERM), 0);
    scratch_fini(&self->folder); /* with the socket file: its folder is not that user's */
}

static void a_user_that_cannot_be_had_ends_the_start(void **state)
{
    program *self = needed(state);
    const char *const arguments[] = {
        fihrist(), "serve", "--index", self->index, "--http", "127.0.0.1:0", "--user", "no such user at all", NULL};
    assert_int_equal(run(arguments), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_handed_over_are_served),
        cmocka_unit_test(only_one_listening_socket_of_a_kind_is_taken),
        cmocka_unit_test(an_upgrade_under_load_loses_no_request),
        cmocka_unit_test(a_kept_connection_is_told_that_it_ends),
        cmocka_unit_test(root_gives_its_rights_up_and_the_index_is_only_read),
        cmocka_unit_test(a_user_that_cannot_be_had_ends_the_start),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
