/* server_recent.c - answers that are given again, without a worker.
 *
 * The key is all that an answer depends on: the identity of the snapshot it was made from, the door, the codings the
 * client takes, and the question as it was written (of a page with the languages the browser likes). On the socket the
 * id belongs to the line, not to the question: it is cut off an answer that is kept, and put in front of one that is
 * given again.
 */
#include "query/answer/reply.h"
#include "query/server/server_impl.h"

/* What stands in front of the kept part: nothing in HTTP, `{"id":…,` or `{` in a line. */
static fh_status put_front(const fhi_exchange *exchange, fhi_buf *to)
{
    if (!exchange->from_line) return FH_OK;
    FH_TRY(fhi_reply_begin(exchange->ask.id, to));
    if (exchange->ask.id) fhi_buf_put8(to, ',');
    return to->status;
}

static bool make_key(fhi_exchange *exchange)
{
    const fhi_server *server = exchange->server;
    fhi_buf *key = &exchange->key;
    if (server->options.limits.cache_bytes_max == 0 || !exchange->ask.route->cached || exchange->ask.route->streamed)
        return false;
    if (exchange->none_wanted || exchange->question.len == 0 || exchange->question.status != FH_OK) return false;
    fhi_buf_put64(key, server->facts.identity);
    fhi_buf_put8(key, (uint8_t)(exchange->from_line << 7 | exchange->pack_forced << 6 | (int)exchange->wanted));
    fhi_buf_put(key, exchange->question.data, exchange->question.len);
    if (key->status != FH_OK) fhi_buf_clear(key);
    return key->len > 0;
}

bool fhi_exchange_recall(fhi_exchange *exchange)
{
    fhi_server *server = exchange->server;
    if (!make_key(exchange)) return false;
    const fh_str kept = fhi_recent_find(server->answers, fhi_buf_str(&exchange->key));
    *(kept.len ? &server->metrics.recalled : &server->metrics.made) += 1;
    if (kept.len == 0) return false;
    if (put_front(exchange, &exchange->body) != FH_OK) return false;
    fhi_buf_put(&exchange->body, kept.ptr + 1, kept.len - 1);
    exchange->coding = (fhi_coding)kept.ptr[0];
    exchange->status = 200;
    fhi_buf_clear(&exchange->key);
    return true;
}

void fhi_exchange_keep(fhi_exchange *exchange)
{
    fhi_server *server = exchange->server;
    fhi_buf *kept = &server->kept;
    if (exchange->key.len == 0 || exchange->status != 200 || exchange->notes.partial) return;
    fhi_buf_clear(kept);
    if (put_front(exchange, kept) != FH_OK || exchange->body.len <= kept->len) return;
    const fh_str rest = {(const char *)exchange->body.data + kept->len, exchange->body.len - kept->len};
    fhi_buf_clear(kept);
    fhi_buf_put8(kept, (uint8_t)exchange->coding);
    fhi_buf_put(kept, rest.ptr, rest.len);
    if (kept->status == FH_OK) fhi_recent_keep(server->answers, fhi_buf_str(&exchange->key), fhi_buf_str(kept));
}
