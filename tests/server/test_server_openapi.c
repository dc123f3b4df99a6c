/* test_server_openapi.c - the description of the HTTP door and the door itself say the same: each path, parameter,
 * bound and status. Real sockets. */
#include "tests/server/serving.h"

static serving server;
static json_t *described;

static int start(void **state)
{
    (void)state;
    serving_init(&server);
    serving_start(&server);
    http_answer answer = get(&server, "/openapi.json");
    described = json_incref(answer.json);
    answer_fini(&answer);
    return described ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    json_decref(described);
    serving_stop(&server);
    return 0;
}

static json_t *operation_of(const fhi_route *route)
{
    json_t *path = json_object_get(json_object_get(described, "paths"), route->path);
    return json_object_get(path, route->posted ? "post" : "get");
}

/* The description of a parameter, or NULL. */
static json_t *parameter_of(const fhi_route *route, const char *name)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(operation_of(route), "parameters"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0) return one;
    }
    return NULL;
}

static void every_route_and_parameter_is_described_and_nothing_else(void **state)
{
    (void)state;
    size_t operations = 0;
    const char *path;
    json_t *methods;
    for (size_t i = 0; i < fhi_route_count; i++) {
        const fhi_route *route = &fhi_routes[i];
        size_t count = 0;
        if (!operation_of(route)) fail_msg("%s is not described", route->path);
        for (; count < FHI_PARAMS_MAX && route->params[count]; count++)
            if (!parameter_of(route, route->params[count]->name))
                fail_msg("%s: %s is not described", route->path, route->params[count]->name);
        assert_int_equal(json_array_size(json_object_get(operation_of(route), "parameters")), count);
    }
    json_object_foreach(json_object_get(described, "paths"), path, methods)
    {
        operations++;
        assert_true(json_object_get(methods, "post") || json_object_get(methods, "head"));
    }
    assert_int_equal(operations, fhi_route_count);
}

/* A target of the route with one parameter more; what is required is given. */
static void make_target(const fhi_route *route, const char *name, const char *value, char to[512])
{
    size_t len = strcspn(route->path, "{");
    (void)snprintf(to, 512, "%.*s%s?", (int)len, route->path, route->path[len] ? "a" : "");
    for (int i = 0; i < FHI_PARAMS_MAX && route->params[i]; i++) {
        const fhi_param *param = route->params[i];
        len = strlen(to);
        if (param->required && param->type != FHI_PARAM_PATH && strcmp(param->name, name) != 0)
            (void)snprintf(to + len, 512 - len, "%s=a&", param->name);
    }
    len = strlen(to);
    if (*name) (void)snprintf(to + len, 512 - len, "%s=%s", name, value);
}

static http_answer ask(const fhi_route *route, const char *target)
{
    char request[1024];
    if (!route->posted) return get(&server, target);
    const int fd = connect_http(&server);
    (void)snprintf(request, sizeof request,
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nConnection: close\r\n\r\n{\"id\":1}", target);
    send_text(fd, request);
    http_answer answer = read_answer(fd, false);
    (void)close(fd);
    return answer;
}

static void expect_given(const fhi_route *route, const char *name, const char *value, bool good)
{
    char target[512];
    make_target(route, name, value, target);
    http_answer answer = ask(route, target);
    if ((answer.status == 200) != good) fail_msg("%s: %d %s", target, answer.status, answer.body);
    answer_fini(&answer);
}

static void check_number(const fhi_route *route, const char *name, const json_t *schema)
{
    char value[32];
    const json_int_t least = json_integer_value(json_object_get(schema, "minimum"));
    const json_int_t most = json_integer_value(json_object_get(schema, "maximum"));
    const json_int_t values[] = {least, most, least - 1, most + 1};
    for (int i = 0; i < 4; i++) {
        /* `offset` and `top` have a bound together, too */
        const bool together = i == 1 && strcmp(name, "offset") == 0 && parameter_of(route, "top");
        (void)snprintf(value, sizeof value, "%" JSON_INTEGER_FORMAT "%s", values[i], together ? "&top=1" : "");
        expect_given(route, name, value, i < 2);
    }
    expect_given(route, name, "a", false);
}

static void check_choices(const fhi_route *route, const char *name, const json_t *choices)
{
    size_t i;
    const json_t *choice;
    json_array_foreach(choices, i, choice)
    {
        expect_given(route, name, json_string_value(choice), true);
    }
    expect_given(route, name, "colour", false);
    expect_given(route, name, "", false);
}

static void bounds_and_choices_hold_as_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < fhi_route_count; i++) {
        const fhi_route *route = &fhi_routes[i];
        expect_given(route, "", "", true);
        expect_given(route, "colour", "1", false);
        for (int p = 0; p < FHI_PARAMS_MAX && route->params[p]; p++) {
            const char *name = route->params[p]->name;
            const json_t *schema = json_object_get(parameter_of(route, name), "schema");
            const json_t *items = json_object_get(schema, "items");
            const json_t *choices = json_object_get(items ? items : schema, "enum");
            const char *type = json_string_value(json_object_get(schema, "type"));
            if (strcmp(type, "integer") == 0) check_number(route, name, schema);
            if (choices) check_choices(route, name, choices);
        }
    }
}

static void every_status_is_described(void **state)
{
    (void)state;
    for (int status = 400; status < 600; status++) {
        char number[8];
        bool known = false;
        for (const fhi_http_fault *fault = fhi_http_faults; fault->status; fault++)
            known = known || fault->status == status;
        (void)snprintf(number, sizeof number, "%d", status);
        const json_t *told =
            json_object_get(json_object_get(json_object_get(described, "components"), "responses"), number);
        assert_int_equal(told != NULL, known);
        for (size_t i = 0; i < fhi_route_count; i++) {
            const json_t *responses = json_object_get(operation_of(&fhi_routes[i]), "responses");
            assert_int_equal(json_object_get(responses, number) != NULL, known);
        }
    }
}

/* Every $ref leads somewhere. */
static void check_references(const json_t *value)
{
    const char *name;
    json_t *inside;
    size_t i;
    json_array_foreach(value, i, inside)
    {
        check_references(inside);
    }
    json_object_foreach((json_t *)(uintptr_t)value, name, inside)
    {
        check_references(inside);
        if (strcmp(name, "$ref") != 0) continue;
        char kind[32], what[64];
        const char *at = json_string_value(inside), *slash = strrchr(at, '/');
        assert_int_equal(strncmp(at, "#/components/", 13), 0);
        (void)snprintf(kind, sizeof kind, "%.*s", (int)(slash - at) - 13, at + 13);
        (void)snprintf(what, sizeof what, "%s", slash + 1);
        if (!json_object_get(json_object_get(json_object_get(described, "components"), kind), what)) fail_msg("%s", at);
    }
}

static void references_lead_somewhere(void **state)
{
    (void)state;
    check_references(described);
}

static void the_plain_description_names_every_route(void **state)
{
    (void)state;
    http_answer answer = get(&server, "/help.txt");
    for (size_t i = 0; i < fhi_route_count; i++)
        if (!strstr(answer.body, fhi_routes[i].path)) fail_msg("%s is not named", fhi_routes[i].path);
    answer_fini(&answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_and_parameter_is_described_and_nothing_else),
        cmocka_unit_test(bounds_and_choices_hold_as_described),
        cmocka_unit_test(every_status_is_described),
        cmocka_unit_test(references_lead_somewhere),
        cmocka_unit_test(the_plain_description_names_every_route),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
