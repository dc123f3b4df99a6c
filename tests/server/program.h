/* program.h - `fihrist serve` itself, started and stopped by a test, on an index of seeds/. */
#ifndef TESTS_SERVER_PROGRAM_H
#define TESTS_SERVER_PROGRAM_H

#include "tests/server/serving.h"

#include <fcntl.h>
#include <sys/wait.h>

typedef struct program {
    scratch folder;
    char index[SCRATCH_PATH_BYTES];
    char socket[SCRATCH_PATH_BYTES];
    pid_t pid;
    int out;        /* its standard output */
    serving client; /* only its port, for the clients of serving.h */
} program;

static inline const char *fihrist(void)
{
    const char *path = getenv("FIHRIST");
    return path && *path ? path : "build/release/fihrist";
}

/* Runs the program with standard error dropped; its output goes to *out, when wanted. */
static inline pid_t spawn(const char *const *arguments, int *out)
{
    int ends[2] = {-1, -1};
    if (out) assert_int_equal(pipe(ends), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const int nowhere = open("/dev/null", O_RDWR);
        (void)dup2(nowhere, 2);
        (void)dup2(out ? ends[1] : nowhere, 1);
        if (out) (void)close(ends[0]);
        (void)execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    if (out) {
        (void)close(ends[1]);
        *out = ends[0];
    }
    return pid;
}

static inline int wait_for(pid_t pid)
{
    int status = 0;
    for (int i = 0; i < READ_SECONDS * 100; i++) {
        const pid_t ended = waitpid(pid, &status, WNOHANG);
        assert_true(ended >= 0);
        if (ended == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
        sleep_ms(10);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    fail_msg("the program does not end");
    return -1;
}

static inline int run(const char *const *arguments)
{
    return wait_for(spawn(arguments, NULL));
}

static inline void index_file(const program *self, const char *file)
{
    const char *const arguments[] = {fihrist(), "index", "--index", self->index, file, NULL};
    assert_int_equal(run(arguments), 0);
}

static inline void read_address(program *self, const char *start, char address[SCRATCH_PATH_BYTES])
{
    char line[SCRATCH_PATH_BYTES + 32];
    size_t len = 0;
    while (len < sizeof line - 1 && read(self->out, &line[len], 1) == 1 && line[len] != '\n')
        len++;
    line[len] = '\0';
    if (strncmp(line, start, strlen(start)) != 0) fail_msg("`%s`, wanted `%s...`", line, start);
    (void)snprintf(address, SCRATCH_PATH_BYTES, "%.*s", SCRATCH_PATH_BYTES - 1, line + strlen(start));
}

/* With one option and its value more, unless NULL. */
static inline void launch_with(program *self, const char *option, const char *value)
{
    char address[SCRATCH_PATH_BYTES];
    const char *const arguments[] = {fihrist(),     "serve",    "--index",    self->index, "--http",
                                     "127.0.0.1:0", "--socket", self->socket, "--workers", "1",
                                     option,        value,      NULL};
    self->pid = spawn(arguments, &self->out);
    read_address(self, "listening on http://127.0.0.1:", address);
    self->client.port = (unsigned short)strtoul(address, NULL, 10);
    read_address(self, "listening on unix:", address);
    assert_string_equal(address, self->socket);
}

static inline void launch(program *self)
{
    launch_with(self, NULL, NULL);
}

static inline int end(program *self, int signal_number)
{
    assert_int_equal(kill(self->pid, signal_number), 0);
    const int status = wait_for(self->pid);
    (void)close(self->out);
    return status;
}

static inline int start(void **state)
{
    static program one;
    *state = &one;
    scratch_init(&one.folder);
    (void)scratch_path(&one.folder, "index", one.index);
    (void)scratch_path(&one.folder, "sock", one.socket);
    if (access(fihrist(), X_OK) != 0 || access("seeds/articles.jsonl", R_OK) != 0) {
        print_message("%s or seeds/articles.jsonl is not there\n", fihrist());
        *state = NULL;
        return 0;
    }
    index_file(&one, "seeds/articles.jsonl");
    return 0;
}

static inline int stop(void **state)
{
    program *self = *state;
    if (self) scratch_fini(&self->folder);
    return 0;
}

static inline program *needed(void **state)
{
    if (!*state) skip();
    return *state;
}

#endif
