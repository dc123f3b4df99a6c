/* test_server_bounds.c - how often an address may ask, and what one query may take. */
#include "query/server/server_rate.h"
#include "tests/server/serving.h"

static fhi_client four(uint32_t address)
{
    fhi_client client = {.four = {.sin_family = AF_INET}};
    client.four.sin_addr.s_addr = htonl(address);
    return client;
}

static fhi_client six(const char *address)
{
    fhi_client client = {.six = {.sin6_family = AF_INET6}};
    assert_int_equal(inet_pton(AF_INET6, address, &client.six.sin6_addr), 1);
    return client;
}

static unsigned take_all(fhi_rate *rate, const fhi_client *client, uint64_t now_ms)
{
    unsigned count = 0;
    while (count < 100000 && fhi_rate_take(rate, client, now_ms))
        count++;
    return count;
}

static void an_address_has_its_burst_and_then_its_rate(void **state)
{
    (void)state;
    fhi_rate *rate;
    fh_err err;
    const fhi_client one = four(0x7F000001), other = four(0x7F000002);
    assert_int_equal(fhi_rate_create(10, 25, 1, &rate, &err), FH_OK);
    assert_int_equal(take_all(rate, &one, 1000), 25);
    assert_int_equal(take_all(rate, &one, 1099), 0);
    assert_int_equal(take_all(rate, &one, 1100), 1);
    assert_int_equal(take_all(rate, &one, 2100), 10);
    assert_int_equal(take_all(rate, &other, 2100), 25);
    assert_int_equal(take_all(rate, &one, UINT64_MAX), 25);
    fhi_rate_destroy(rate);
    assert_int_equal(fhi_rate_create(0, 25, 1, &rate, &err), FH_OK);
    assert_int_equal(take_all(rate, &one, 1000), 100000);
}

static void small_steps_of_time_add_up(void **state)
{
    (void)state;
    fhi_rate *rate;
    fh_err err;
    const fhi_client one = four(1);
    unsigned count = 0;
    assert_int_equal(fhi_rate_create(100, 1, 1, &rate, &err), FH_OK);
    for (uint64_t now = 1000; now < 11000; now++)
        count += fhi_rate_take(rate, &one, now);
    assert_in_range(count, 999, 1001);
    fhi_rate_destroy(rate);
}

static void a_network_of_ipv6_is_one_client(void **state)
{
    (void)state;
    fhi_rate *rate;
    fh_err err;
    const fhi_client a = six("2001:db8:1:2::1"), b = six("2001:db8:1:2:ffff::9"), c = six("2001:db8:1:3::1");
    const fhi_client mapped = six("::ffff:127.0.0.1"), plain = four(0x7F000001);
    assert_int_equal(fhi_rate_create(1, 4, 1, &rate, &err), FH_OK);
    assert_int_equal(take_all(rate, &a, 0), 4);
    assert_int_equal(take_all(rate, &b, 0), 0);
    assert_int_equal(take_all(rate, &c, 0), 4);
    assert_int_equal(take_all(rate, &mapped, 0), 4);
    assert_int_equal(take_all(rate, &plain, 0), 0);
    fhi_rate_destroy(rate);
}

/* The table never grows; an address that asks all the time stays bounded whoever else comes. */
static void many_addresses_do_not_push_out_one_that_asks(void **state)
{
    (void)state;
    fhi_rate *rate;
    fh_err err;
    const fhi_client one = four(0x01020304);
    unsigned count = 0;
    assert_int_equal(fhi_rate_create(1, 10, 0x9E3779B97F4A7C15, &rate, &err), FH_OK);
    for (uint32_t i = 0; i < 4 * FHI_RATE_ADDRESSES_MAX; i++) {
        const fhi_client passing = four(0x0A000000 + i);
        count += fhi_rate_take(rate, &one, i / 1000);
        assert_true(fhi_rate_take(rate, &passing, i / 1000));
    }
    assert_int_equal(count, 10);
    fhi_rate_destroy(rate);
}

static void an_address_that_asks_too_often_is_told_when_to_come_back(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.rate_max = 5;
    server.options.limits.burst_max = 3;
    serving_start(&server);
    const int fd = connect_http(&server), line = connect_path(server.socket);
    for (int i = 0; i < 5; i++)
        send_text(fd, "GET /search?q=a HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        http_answer answer = read_answer(fd, false);
        assert_int_equal(answer.status, i < 3 ? 200 : 429);
        assert_int_equal(answer.retry_after, i >= 3);
        assert_string_equal(error_code(answer.json), i < 3 ? "" : "too_many_requests");
        assert_false(answer.closes);
        answer_fini(&answer);
    }
    for (int i = 0; i < 20; i++) { /* the socket has no rate */
        send_text(line, "{\"q\":\"a\"}\n");
        json_t *object = read_json_line(line);
        assert_string_equal(error_code(object), "");
        json_decref(object);
    }
    sleep_ms(300);
    send_text(fd, "GET /search?q=a HTTP/1.1\r\nHost: x\r\n\r\n");
    http_answer answer = read_answer(fd, false);
    assert_int_equal(answer.status, 200);
    answer_fini(&answer);
    (void)close(fd);
    (void)close(line);
    serving_stop(&server);
}

/* The service is handed the bounds of a query; tests of requests see that they hold. */
static void a_query_is_given_its_bounds(void **state)
{
    (void)state;
    serving server;
    serving_init(&server);
    server.options.limits.clauses_max = 7;
    server.options.limits.expansion_max = 8;
    server.options.limits.request_bytes_max = 2000000;
    serving_start(&server);
    http_answer answer = get(&server, "/search?q=bounds");
    assert_int_equal(json_integer_value(json_object_get(answer.json, "clauses")), 7);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "expansion")), 8);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "memory")), 2000000);
    answer_fini(&answer);
    serving_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_has_its_burst_and_then_its_rate),
        cmocka_unit_test(small_steps_of_time_add_up),
        cmocka_unit_test(a_network_of_ipv6_is_one_client),
        cmocka_unit_test(many_addresses_do_not_push_out_one_that_asks),
        cmocka_unit_test(an_address_that_asks_too_often_is_told_when_to_come_back),
        cmocka_unit_test(a_query_is_given_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
