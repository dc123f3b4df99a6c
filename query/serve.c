/* serve.c - the verb `fihrist serve`: options in, one server, until a signal ends it. */
#include "query/server/manager.h"
#include "query/server/server.h"

#include <fihrist/verb.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
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

/* ---- the other options: X(number, name, argument, what) ---- */
#define SERVE_OPTIONS(X)                                                                                               \
    X(OPTION_INDEX, "index", "DIR", "the index to serve")                                                              \
    X(OPTION_HTTP, "http", "HOST:PORT", "default 127.0.0.1:7700; port 0 lets the system choose; `off` for none")       \
    X(OPTION_TOKENS, "tokens", "FILE", "who may ask over HTTP; needed for an address that is not loopback")            \
    X(OPTION_SOCKET, "socket", "PATH", "Unix socket; taken over when stale, removed at the end")                       \
    X(OPTION_SOCKET_MODE, "socket-mode", "MODE", "of its file, octal; default 0600")                                   \
    X(OPTION_SOCKET_PEERS, "socket-peers", "LIST", "users and @groups that may ask there; default: all it lets in")    \
    X(OPTION_USER, "user", "USER", "to run as once it listens, when started by root")                                  \
    X(OPTION_LOG, "log", "LEVEL", "requests to log: all (default), notable (slow, failed, cut off) or none")           \
    X(OPTION_LOG_FORMAT, "log-format", "FORMAT", "of standard error: text (default) or json, one object a line")       \
    X(OPTION_WORKERS, "workers", "N", "threads that answer queries; default: one for each processor")                  \
    X(OPTION_HELP, "help", NULL, "this text")

enum {
    OPTION_NONE,
#define OPTION_NUMBER(number, name, argument, what) number,
    SERVE_OPTIONS(OPTION_NUMBER)
#undef OPTION_NUMBER
        OPTION_LIMIT, /* and the numbers after it, in the order of limit_options */
    LIMIT_COUNT = sizeof limit_options / sizeof limit_options[0],
    OPTION_COUNT = OPTION_LIMIT - 1 + LIMIT_COUNT
};

typedef struct arguments {
    const char *index;
    fhi_server_options server;
    bool help;
} arguments;

static void print_option(const char *name, const char *argument, const char *what)
{
    char both[40];
    (void)snprintf(both, sizeof both, "%s%s%s", name, argument ? " " : "", argument ? argument : "");
    (void)printf("  --%-20s%s\n", both, what);
}

static void print_help(void)
{
    (void)printf(
        "usage: fihrist serve --index DIR [options]\n\n"
        "Answers queries over HTTP and, with --socket, as lines of JSON on a Unix socket, until SIGTERM or\n"
        "SIGINT. Prints `listening on ADDRESS` for each, once it listens. A new generation of the index is\n"
        "served as soon as it is there, SIGHUP reads the tokens again. Sockets handed over by systemd take the\n"
        "place of --http and --socket.\n\n");
#define OPTION_HELP_LINE(number, name, argument, what) print_option(name, argument, what);
    SERVE_OPTIONS(OPTION_HELP_LINE)
#undef OPTION_HELP_LINE
    (void)printf("\nBounds:\n");
    for (int i = 0; i < LIMIT_COUNT; i++)
        (void)printf("  --%-20s%s (default %zu)\n", limit_options[i].name, limit_options[i].what,
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

static fh_status parse_mode(const char *text, unsigned *out, fh_err *err)
{
    char *end;
    const unsigned long value = strtoul(text, &end, 8);
    if (*text < '0' || *text > '7' || *end || value > 0777)
        return fhi_fail(err, FH_E_INVALID, "--socket-mode: want a mode such as 0660, not `%.40s`", text);
    *out = (unsigned)value;
    return FH_OK;
}

static fh_status parse_peers(const char *text, fhi_peers *out, fh_err *err)
{
    fh_err why;
    const fh_status status = fhi_peers_parse(text, out, &why);
    return status == FH_OK ? FH_OK : fhi_fail(err, FH_E_INVALID, "--socket-peers: %s", why.text);
}

/* *out is the number of the choice that text is. */
static fh_status parse_choice(const char *name, const char *text, const char *const *choices, unsigned *out,
                              fh_err *err)
{
    for (*out = 0; choices[*out]; ++*out)
        if (strcmp(text, choices[*out]) == 0) return FH_OK;
    return fhi_fail(err, FH_E_INVALID, "--%s: there is no `%.40s`", name, text);
}

static fh_status set_option(arguments *args, int option, fh_err *err)
{
    static const char *const levels[] = {"none", "notable", "all", NULL}, *const formats[] = {"text", "json", NULL};
    unsigned choice;
    size_t count;
    switch (option) {
    case OPTION_INDEX: args->index = optarg; return FH_OK;
    case OPTION_HTTP: args->server.http = strcmp(optarg, "off") == 0 ? NULL : optarg; return FH_OK;
    case OPTION_TOKENS: args->server.tokens = optarg; return FH_OK;
    case OPTION_SOCKET: args->server.socket = optarg; return FH_OK;
    case OPTION_SOCKET_MODE: return parse_mode(optarg, &args->server.socket_mode, err);
    case OPTION_SOCKET_PEERS: return parse_peers(optarg, &args->server.peers, err);
    case OPTION_HELP: args->help = true; return FH_OK;
    case OPTION_USER: args->server.user = optarg; return FH_OK;
    case OPTION_LOG:
        FH_TRY(parse_choice("log", optarg, levels, &choice, err));
        args->server.log_level = (fhi_log_level)choice;
        return FH_OK;
    case OPTION_LOG_FORMAT:
        FH_TRY(parse_choice("log-format", optarg, formats, &choice, err));
        args->server.log_format = (fhi_log_format)choice;
        return FH_OK;
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

static int kind_of(const char *argument)
{
    return argument ? required_argument : no_argument;
}

static void fill_options(struct option options[OPTION_COUNT + 1])
{
    const struct option fixed[] = {
#define OPTION_ENTRY(number, name, argument, what) {name, kind_of(argument), NULL, number},
        SERVE_OPTIONS(OPTION_ENTRY)
#undef OPTION_ENTRY
    };
    memcpy(options, fixed, sizeof fixed);
    for (int i = 0; i < LIMIT_COUNT; i++)
        options[OPTION_LIMIT - 1 + i] =
            (struct option){limit_options[i].name, required_argument, NULL, OPTION_LIMIT + i};
    options[OPTION_COUNT] = (struct option){0};
}

static fh_status parse_arguments(int argc, char **argv, arguments *args, fh_err *err)
{
    struct option options[OPTION_COUNT + 1];
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
    if (!args->server.http && !args->server.socket && args->server.http_fd < 0 && args->server.socket_fd < 0)
        return fhi_fail(err, FH_E_INVALID, "--http: off, and no --socket: nothing to listen on");
    return FH_OK;
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

static int report(const fh_err *err, int exit_status)
{
    fhi_complain("serve", err->file, err->text);
    return exit_status;
}

static int serve(const arguments *args)
{
    fhi_index_service index;
    fhi_server_options options = args->server;
    fhi_server *server;
    fh_err err = {0};
    fhi_index_service_init(&index, fhi_vfs_posix(), args->index);
    options.service = &index.service;
    options.watch_dir = args->index;
    options.signals = true;
    options.log_fd = STDERR_FILENO;
    raise_descriptor_limit(&options.limits);
    (void)signal(SIGPIPE, SIG_IGN);
    const fh_status status = fhi_server_create(&options, &server, &err);
    if (status != FH_OK) return report(&err, status == FH_E_INVALID ? 2 : 1);
    if (fhi_server_http_url(server)) (void)printf("listening on %s\n", fhi_server_http_url(server));
    if (fhi_server_socket_path(server)) (void)printf("listening on unix:%s\n", fhi_server_socket_path(server));
    (void)fflush(stdout);
    fhi_manager_tell("READY=1");
    fhi_server_run(server);
    return fhi_server_destroy(server) == FH_OK ? 0 : 1;
}

/* Sockets handed over take the place of --http and --socket; with any, HTTP is served elsewhere only when asked for. */
static fh_status take_inherited(fhi_server_options *options, fh_err *err)
{
    fhi_inherited inherited;
    FH_TRY(fhi_manager_sockets(&inherited, err));
    options->http_fd = inherited.http;
    options->socket_fd = inherited.lines;
    if (inherited.http >= 0 || inherited.lines >= 0) options->http = NULL;
    return FH_OK;
}

int fh_verb_serve(int argc, char **argv)
{
    arguments args = {0};
    fh_err err = {0};
    fhi_server_options_init(&args.server);
    args.server.http = "127.0.0.1:7700";
    args.server.worker_count = uv_available_parallelism();
    if (args.server.worker_count > FHI_WORKERS_MAX) args.server.worker_count = FHI_WORKERS_MAX;
    if (take_inherited(&args.server, &err) != FH_OK) return report(&err, 1);
    if (parse_arguments(argc, argv, &args, &err) != FH_OK) return report(&err, 2);
    if (args.help) {
        print_help();
        return 0;
    }
    return serve(&args);
}
