/* test_server_admit.c - who may ask: token files, Bearer headers, addresses, users of the socket. */
#include "query/server/server_tokens.h"
#include "tests/server/serving.h"

#define READER "reader-Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSd"
#define WRITER "writer.Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSd"
#define ADMIN "admin/Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSd+=="
#define STRANGER "reader-Wq2m0cO2eK1r7v5yT8uB4nXzL9aJ3hSe"

static const char three[] = "# who may ask\n\nread\t" READER "\r\n  write   " WRITER "  \nadmin " ADMIN;

typedef struct token_file {
    scratch folder;
    char path[SCRATCH_PATH_BYTES];
} token_file;

static void write_tokens(const token_file *file, const char *text)
{
    scratch_write_text(file->path, text);
    assert_int_equal(chmod(file->path, 0640), 0);
}

static void tokens_start(token_file *file, const char *text)
{
    scratch_init(&file->folder);
    (void)scratch_path(&file->folder, "tokens", file->path);
    write_tokens(file, text);
}

/* One GET with these header lines, each with its line end. */
static http_answer ask(const serving *self, const char *target, const char *headers)
{
    char request[4096];
    const int fd = connect_http(self);
    (void)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", target,
                   headers);
    send_text(fd, request);
    http_answer answer = read_answer(fd, false);
    (void)close(fd);
    return answer;
}

static void expect(const serving *self, const char *target, const char *headers, int status, const char *code)
{
    http_answer answer = ask(self, target, headers);
    if (answer.status != status || strcmp(error_code(answer.json), code) != 0)
        fail_msg("%s with %s: %d %s, wanted %d %s", target, headers, answer.status, answer.body, status, code);
    const bool challenged = strstr(answer.head, "WWW-Authenticate: Bearer realm=\"fihrist\"\r\n") != NULL;
    assert_int_equal(challenged, status == 401);
    answer_fini(&answer);
}

static fhi_scope scope_of(const fhi_tokens *tokens, const char *token)
{
    return fhi_tokens_scope(tokens, fhi_str(token));
}

static void a_token_file_gives_each_token_its_scope(void **state)
{
    (void)state;
    token_file file;
    fhi_tokens *tokens;
    fh_err err;
    tokens_start(&file, three);
    assert_int_equal(fhi_tokens_load(file.path, &tokens, &err), FH_OK);
    assert_int_equal(scope_of(tokens, READER), FHI_SCOPE_READ);
    assert_int_equal(scope_of(tokens, WRITER), FHI_SCOPE_WRITE);
    assert_int_equal(scope_of(tokens, ADMIN), FHI_SCOPE_ADMIN);
    assert_int_equal(scope_of(tokens, STRANGER), FHI_SCOPE_NONE);
    assert_int_equal(scope_of(tokens, ""), FHI_SCOPE_NONE);
    assert_int_equal(fhi_tokens_scope(tokens, (fh_str){READER, strlen(READER) - 1}), FHI_SCOPE_NONE);
    assert_int_equal(fhi_tokens_scope(tokens, (fh_str){READER, sizeof READER}), FHI_SCOPE_NONE); /* with a zero */
    fhi_tokens_destroy(tokens);
    scratch_fini(&file.folder);
}

static void a_bad_token_file_is_refused_and_its_line_named_but_no_token(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } bad[] = {
        {"", "holds no token"},
        {"# nothing\n\n", "holds no token"},
        {"read short\n", "line 1: a token has 32"},
        {"\nread\n", "line 2: a token has"},
        {READER "\n", "line 1: want `read`"},
        {"reader " READER "\n", "line 1: want `read`"},
        {"read " READER " more\n", "line 1: a token has"},
        {"read " READER "\nadmin " READER "\n", "line 2: this token stands"},
        {"read " READER "\xC3\xA9\n", "line 1: a token has"},
    };
    token_file file;
    fhi_tokens *tokens;
    fh_err err;
    tokens_start(&file, "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        write_tokens(&file, bad[i].text);
        assert_int_equal(fhi_tokens_load(file.path, &tokens, &err), FH_E_INVALID);
        assert_null(tokens);
        if (!strstr(err.text, bad[i].says)) fail_msg("%s: `%s`, wanted `%s`", bad[i].text, err.text, bad[i].says);
        assert_null(strstr(err.text, READER));
    }
    write_tokens(&file, three);
    assert_int_equal(chmod(file.path, 0644), 0);
    assert_int_equal(fhi_tokens_load(file.path, &tokens, &err), FH_E_INVALID);
    assert_non_null(strstr(err.text, "everybody may read it"));
    assert_int_equal(unlink(file.path), 0);
    assert_int_equal(fhi_tokens_load(file.path, &tokens, &err), FH_E_IO);
    assert_int_equal(fhi_tokens_load(file.folder.path, &tokens, &err), FH_E_IO);
    scratch_fini(&file.folder);
}

static void there_is_a_bound_on_tokens(void **state)
{
    (void)state;
    token_file file;
    fhi_tokens *tokens;
    fh_err err;
    fhi_buf text = {0};
    tokens_start(&file, "");
    for (int i = 0; i <= FHI_TOKENS_MAX; i++)
        fhi_buf_printf(&text, "read %040d\n", i);
    fhi_buf_put8(&text, 0);
    write_tokens(&file, (const char *)text.data);
    assert_int_equal(fhi_tokens_load(file.path, &tokens, &err), FH_E_LIMIT);
    text.data[strlen("read \n") * FHI_TOKENS_MAX + 40 * FHI_TOKENS_MAX] = '\0';
    write_tokens(&file, (const char *)text.data);
    assert_int_equal(fhi_tokens_load(file.path, &tokens, &err), FH_OK);
    fhi_tokens_destroy(tokens);
    fhi_buf_fini(&text);
    scratch_fini(&file.folder);
}

static void http_asks_for_a_token_where_there_is_a_file(void **state)
{
    (void)state;
    token_file file;
    serving server;
    tokens_start(&file, three);
    serving_init(&server);
    server.options.tokens = file.path;
    serving_start(&server);
    expect(&server, "/search?q=a", "", 401, "unauthorized");
    expect(&server, "/health", "", 401, "unauthorized");
    expect(&server, "/nowhere", "", 401, "unauthorized"); /* before 404 */
    expect(&server, "/search?top=x", "", 401, "unauthorized");
    expect(&server, "/search?q=a", "Authorization: Bearer " STRANGER "\r\n", 401, "unauthorized");
    expect(&server, "/search?q=a", "Authorization: Basic " READER "\r\n", 401, "unauthorized");
    expect(&server, "/search?q=a", "Authorization: " READER "\r\n", 401, "unauthorized");
    expect(&server, "/search?q=a", "Authorization: Bearer\r\n", 401, "unauthorized");
    expect(&server, "/search?q=a", "Authorization: Bearer  " READER "\r\n", 200, "");
    expect(&server, "/search?q=a", "authorization: bearer " WRITER "\r\n", 200, "");
    expect(&server, "/search?q=a", "Authorization: Bearer " ADMIN "\r\n", 200, "");
    expect(&server, "/nowhere", "Authorization: Bearer " READER "\r\n", 404, "not_found");
    const int line = connect_path(server.socket); /* the socket has its own rule */
    send_text(line, "{\"q\":\"a\"}\n");
    json_t *object = read_json_line(line);
    assert_string_equal(answered_query(object), "a");
    json_decref(object);
    (void)close(line);
    serving_stop(&server);
    scratch_fini(&file.folder);
}

static void other_addresses_than_loopback_need_tokens(void **state)
{
    (void)state;
    static const char *const public[] = {"0.0.0.0:0", "[::]:0", "192.0.2.1:80", "[2001:db8::1]:80"};
    token_file file;
    serving server;
    fhi_server *made;
    fh_err err;
    tokens_start(&file, three);
    serving_init(&server);
    server.options.socket = NULL;
    for (size_t i = 0; i < sizeof public / sizeof public[0]; i++) {
        server.options.http = public[i];
        assert_int_equal(fhi_server_create(&server.options, &made, &err), FH_E_INVALID);
        assert_non_null(strstr(err.text, "--tokens"));
    }
    server.options.tokens = file.path;
    server.options.http = "0.0.0.0:0";
    assert_int_equal(fhi_server_create(&server.options, &made, &err), FH_OK);
    assert_int_equal(fhi_server_destroy(made), FH_OK);
    write_tokens(&file, "read short\n");
    assert_int_equal(fhi_server_create(&server.options, &made, &err), FH_E_INVALID);
    scratch_fini(&server.folder);
    scratch_fini(&file.folder);
}

static void expect_line(const serving *self, const char *code)
{
    const int fd = connect_path(self->socket);
    (void)send(fd, "{\"id\":1,\"q\":\"a\"}\n", 17, 0); /* it may be closed already */
    json_t *object = read_json_line(fd);
    assert_string_equal(error_code(object), code);
    json_decref(object);
    if (*code) assert_ended(fd);
    (void)close(fd);
}

static void expect_peer(const char *shape, unsigned id, const char *code)
{
    serving server;
    struct stat facts;
    char list[64];
    fh_err err;
    (void)snprintf(list, sizeof list, "%s%u", shape, id);
    serving_init(&server);
    server.options.socket_mode = 0666;
    assert_int_equal(fhi_peers_parse(list, &server.options.peers, &err), FH_OK);
    serving_start(&server);
    assert_int_equal(stat(server.socket, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0666);
    expect_line(&server, code);
    serving_stop(&server);
}

static void the_socket_serves_those_who_are_listed(void **state)
{
    (void)state;
    enum { NOBODY_HERE = 4000000 };
    expect_peer("", geteuid(), "");
    expect_peer("4000000,", geteuid(), "");
    expect_peer("@", getegid(), "");
    expect_peer("4000000,@", getegid(), "");
    expect_peer("", NOBODY_HERE, "forbidden");
    expect_peer("@", NOBODY_HERE, "forbidden");
}

static void lists_of_users_are_checked(void **state)
{
    (void)state;
    static const char *const bad[] = {"", ",", "root,", "@", "no such user", "@no such group", "4294967295", "-1"};
    fhi_peers peers;
    fh_err err;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (fhi_peers_parse(bad[i], &peers, &err) != FH_E_INVALID) fail_msg("accepted: %s", bad[i]);
    assert_int_equal(fhi_peers_parse("root,12,@root,@34", &peers, &err), FH_OK);
    assert_int_equal(peers.user_count, 2);
    assert_int_equal(peers.users[0], 0);
    assert_int_equal(peers.users[1], 12);
    assert_int_equal(peers.group_count, 2);
    assert_int_equal(peers.groups[1], 34);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_file_gives_each_token_its_scope),
        cmocka_unit_test(a_bad_token_file_is_refused_and_its_line_named_but_no_token),
        cmocka_unit_test(there_is_a_bound_on_tokens),
        cmocka_unit_test(http_asks_for_a_token_where_there_is_a_file),
        cmocka_unit_test(other_addresses_than_loopback_need_tokens),
        cmocka_unit_test(the_socket_serves_those_who_are_listed),
        cmocka_unit_test(lists_of_users_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
