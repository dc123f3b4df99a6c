/* serve.c - the verb `fihrist serve`: options in, one server, until a signal ends it. */
#include "query/server.h"

#include <fihrist/verb.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <uv.h>

typedef struct limit_option {
    const char *name;
    size_t field_at; /* in fhi_server_limits */
    size_t usual;
    size_t least;
    size_t most;
    const char *what;
} limit_option;

static const limit_option limit_options[] = {
#define LIMIT_OPTION(field, option, usual, least, most, what)                                                          \
    {option, offsetof(fhi_server_limits, field), usual, least, most, what},
    FHI_SERVER_LIMITS(LIMIT_OPTION)
#undef LIMIT_OPTION
};

enum {
    LIMIT_COUNT = sizeof limit_options / sizeof limit_options[0],
    OPTION_INDEX = 1,
    OPTION_HTTP,
    OPTION_SOCKET,
    OPTION_WORKERS,
    OPTION_HELP,
    OPTION_LIMIT /* and the numbers after it, in the order of limit_options */
};

typedef struct arguments {
    const char *index;
    fhi_server_options server;
    bool help;
} arguments;

static void print_help(void)
{
    (void)printf("usage: fihrist serve --index DIR [options]\n\n"
                 "Answers queries over HTTP and, with --socket, as lines of JSON on a Unix socket, until SIGTERM or\n"
                 "SIGINT. Prints `listening on ADDRESS` for each, once it listens. A new generation of the index is\n"
                 "served as soon as it is there.\n\n"
                 "  --index DIR         the index to serve\n"
                 "  --http HOST:PORT    default 127.0.0.1:7700; port 0 lets the system choose; `off` for none\n"
                 "  --socket PATH       Unix socket, mode 0600; taken over when stale, removed at the end\n"
                 "  --workers N         threads that answer queries; default: one for each processor\n"
                 "  --help              this text\n\nBounds:\n");
    for (int i = 0; i < LIMIT_COUNT; i++)
        (void)printf("  --%-18s%s (default %zu)\n", limit_options[i].name, limit_options[i].what,
                     limit_options[i].usual);
}

static fh_status parse_count(const char *name, const char *text, size_t least, size_t most, size_t *out, fh_err *err)
{
    char *end;
    *out = least;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value < least || value > most)
        return fhi_fail(err, FH_E_INVALID, "--%s: want a number from %zu to %zu, not `%.40s`", name, least, most, text);
    *out = (size_t)value;
    return FH_OK;
}

static fh_status set_option(arguments *args, int option, fh_err *err)
{
    size_t count;
    switch (option) {
    case OPTION_INDEX: args->index = optarg; return FH_OK;
    case OPTION_HTTP: args->server.http = strcmp(optarg, "off") == 0 ? NULL : optarg; return FH_OK;
    case OPTION_SOCKET: args->server.socket = optarg; return FH_OK;
    case OPTION_HELP: args->help = true; return FH_OK;
    case OPTION_WORKERS:
        FH_TRY(parse_count("workers", optarg, 1, FHI_WORKERS_MAX, &count, err));
        args->server.worker_count = (unsigned)count;
        return FH_OK;
    default: break;
    }
    const limit_option *limit = &limit_options[option - OPTION_LIMIT];
    char *fields = (char *)&args->server.limits;
    return parse_count(limit->name, optarg, limit->least, limit->most, (size_t *)(void *)(fields + limit->field_at),
                       err);
}

static void fill_options(struct option options[LIMIT_COUNT + 6])
{
    static const struct option fixed[] = {{"index", required_argument, NULL, OPTION_INDEX},
                                          {"http", required_argument, NULL, OPTION_HTTP},
                                          {"socket", required_argument, NULL, OPTION_SOCKET},
                                          {"workers", required_argument, NULL, OPTION_WORKERS},
                                          {"help", no_argument, NULL, OPTION_HELP}};
    memcpy(options, fixed, sizeof fixed);
    for (int i = 0; i < LIMIT_COUNT; i++)
        options[5 + i] = (struct option){limit_options[i].name, required_argument, NULL, OPTION_LIMIT + i};
    options[LIMIT_COUNT + 5] = (struct option){0};
}

static fh_status parse_arguments(int argc, char **argv, arguments *args, fh_err *err)
{
    struct option options[LIMIT_COUNT + 6];
    int option;
    fill_options(options);
    opterr = 0;
    optind = 0; /* start anew, also when the process has parsed other options */
    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == ':') return fhi_fail(err, FH_E_INVALID, "%s: wants a value", argv[optind - 1]);
        if (option == '?') return fhi_fail(err, FH_E_INVALID, "%s: unknown option", argv[optind - 1]);
        FH_TRY(set_option(args, option, err));
    }
    if (args->help) return FH_OK;
    if (optind < argc) return fhi_fail(err, FH_E_INVALID, "%s: unexpected argument", argv[optind]);
    if (!args->index) return fhi_fail(err, FH_E_INVALID, "--index: not given");
    if (!args->server.http && !args->server.socket)
        return fhi_fail(err, FH_E_INVALID, "--http: off, and no --socket: nothing to listen on");
    return FH_OK;
}

static void log_line(const char *message)
{
    fhi_complain("serve", "", message);
}

/* Every connection is a descriptor; the usual soft limit of 1024 is too small for connections_max of them. */
static void raise_descriptor_limit(const fhi_server_limits *limits)
{
    enum { OTHER_DESCRIPTORS = 64 };
    struct rlimit limit;
    const rlim_t wanted = limits->connections_max + OTHER_DESCRIPTORS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void warn_if_public(const char *url)
{
    const char *host = url + strlen("http://");
    if (strncmp(host, "127.", 4) != 0 && strncmp(host, "[::1]", 5) != 0)
        log_line("this address is not loopback: whoever reaches it can read the whole index");
}

static int report(const fh_err *err, int exit_status)
{
    fhi_complain("serve", err->file, err->text);
    return exit_status;
}

static int serve(arguments *args)
{
    fhi_index_service index;
    fhi_server *server;
    fh_err err;
    fhi_index_service_init(&index, fhi_vfs_posix(), args->index);
    args->server.service = &index.service;
    args->server.watch_dir = args->index;
    args->server.signals = true;
    args->server.log = log_line;
    raise_descriptor_limit(&args->server.limits);
    (void)signal(SIGPIPE, SIG_IGN);
    const fh_status status = fhi_server_create(&args->server, &server, &err);
    if (status != FH_OK) return report(&err, status == FH_E_INVALID ? 2 : 1);
    if (args->server.http) {
        (void)printf("listening on %s\n", fhi_server_http_url(server));
        warn_if_public(fhi_server_http_url(server));
    }
    if (args->server.socket) (void)printf("listening on unix:%s\n", args->server.socket);
    (void)fflush(stdout);
    fhi_server_run(server);
    return fhi_server_destroy(server) == FH_OK ? 0 : 1;
}

int fh_verb_serve(int argc, char **argv)
{
    arguments args = {0};
    fh_err err = {0};
    fhi_server_options_init(&args.server);
    args.server.http = "127.0.0.1:7700";
    args.server.worker_count = uv_available_parallelism();
    if (args.server.worker_count > FHI_WORKERS_MAX) args.server.worker_count = FHI_WORKERS_MAX;
    if (parse_arguments(argc, argv, &args, &err) != FH_OK) return report(&err, 2);
    if (args.help) {
        print_help();
        return 0;
    }
    return serve(&args);
}
