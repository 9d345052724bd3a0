/* The server's side: requests of both forms, and the bounds before authentication. */
#include "check.h"

static quorate_status feed(quorate_resp_request_decoder *decoder, const char *text) {
    return quorate_resp_request_decoder_feed(decoder, (const uint8_t *)text, strlen(text));
}

static void both_forms(void) {
    quorate_resp_request_decoder *decoder = quorate_resp_request_decoder_new(NULL);
    quorate_resp_request request;
    CHECK_STATUS(feed(decoder, "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*0\r\n\r\nSET k \"a b\"\r\n*1\r\n$4\r\nPI"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_OK);
    CHECK_INT(request.count, 2);
    CHECK(!request.is_inline);
    CHECK_INT(request.offset, 0);
    CHECK_BYTES(request.args[0].data, request.args[0].len, "GET");
    CHECK_BYTES(request.args[1].data, request.args[1].len, "a");
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_OK);
    CHECK_INT(request.count, 3);
    CHECK(request.is_inline);
    CHECK_INT(request.offset, 26);
    CHECK_BYTES(request.args[2].data, request.args[2].len, "a b");
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_NEED_MORE);
    CHECK_INT(request.count, 3); /* left alone */
    CHECK_INT(quorate_resp_request_decoder_offset(decoder), 39);
    CHECK_INT(quorate_resp_request_decoder_buffered(decoder), 10);
    CHECK(quorate_resp_request_decoder_needed(decoder) >= 1);
    CHECK_STATUS(feed(decoder, "NG\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_OK);
    CHECK_BYTES(request.args[0].data, request.args[0].len, "PING");
    quorate_resp_request_decoder_free(decoder);
    quorate_resp_request_decoder_free(NULL);
}

static void reserving(void) {
    const char *input = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n";
    quorate_resp_request_decoder *decoder = quorate_resp_request_decoder_new(NULL);
    quorate_resp_request request;
    uint8_t *room = NULL;
    size_t cap = 0, at;
    for (at = 0; at < strlen(input); at++) {
        CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_NEED_MORE);
        CHECK_STATUS(quorate_resp_request_decoder_reserve(decoder, 1, &room, &cap), QUORATE_OK);
        room[0] = (uint8_t)input[at];
        CHECK_STATUS(quorate_resp_request_decoder_commit(decoder, 1), QUORATE_OK);
    }
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_OK);
    CHECK_INT(request.count, 2);
    CHECK_STATUS(quorate_resp_request_decoder_commit(decoder, SIZE_MAX), QUORATE_ERR_COMMIT_TOO_LONG);
    CHECK_STATUS(quorate_resp_request_decoder_reserve(decoder, 1, NULL, &cap), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_request_decoder_reserve(decoder, SIZE_MAX, &room, &cap), QUORATE_ERR_INVALID_ARGUMENT);
    quorate_resp_request_decoder_free(decoder);
}

static void errors(void) {
    quorate_resp_request_decoder *decoder = quorate_resp_request_decoder_new(NULL);
    quorate_resp_request request;
    char text[128], small[10];
    size_t len;
    CHECK_STATUS(feed(decoder, "PING\r\n*1\r\nxx\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_OK);
    CHECK_INT(quorate_resp_request_decoder_error(decoder, text, sizeof text), 0);
    CHECK_STATUS(quorate_resp_request_decoder_error_code(decoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_ERR_EXPECTED_BULK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_ERR_EXPECTED_BULK);
    CHECK_STATUS(feed(decoder, "PING\r\n"), QUORATE_ERR_EXPECTED_BULK);
    CHECK_STATUS(quorate_resp_request_decoder_error_code(decoder), QUORATE_ERR_EXPECTED_BULK);
    CHECK_INT(quorate_resp_request_decoder_error_offset(decoder), 10);
    len = quorate_resp_request_decoder_error(decoder, text, sizeof text);
    CHECK_INT(len, strlen(text));
    CHECK_TEXT(text, "Protocol error: expected '$', got 'x'");
    CHECK_INT(quorate_resp_request_decoder_error(decoder, small, sizeof small), len);
    CHECK_TEXT(small, "Protocol ");
    CHECK_STATUS(quorate_resp_request_decoder_reset(decoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_error_code(decoder), QUORATE_OK);
    CHECK_STATUS(feed(decoder, "PING\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_OK);
    CHECK_INT(request.offset, 0);
    quorate_resp_request_decoder_free(decoder);
}

static void authentication(void) {
    quorate_resp_request_limits limits;
    quorate_resp_request_decoder *decoder;
    quorate_resp_request request;
    CHECK_STATUS(quorate_resp_request_limits_init(NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_request_limits_init(&limits), QUORATE_OK);
    CHECK_INT(limits.max_args, 2147483647);
    CHECK_INT(limits.max_bulk, 512LL << 20);
    CHECK_INT(limits.max_line, 64 << 10);
    CHECK_INT(limits.authenticated, 1);
    limits.authenticated = 0;
    decoder = quorate_resp_request_decoder_new(&limits);
    CHECK_STATUS(feed(decoder, "*11\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_ERR_UNAUTHENTICATED_MULTIBULK_LENGTH);
    CHECK_STATUS(quorate_resp_request_decoder_reset(decoder), QUORATE_OK);
    CHECK_STATUS(feed(decoder, "*1\r\n$16385\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_ERR_UNAUTHENTICATED_BULK_LENGTH);
    CHECK_STATUS(quorate_resp_request_decoder_reset(decoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_set_authenticated(decoder, true), QUORATE_OK);
    CHECK_STATUS(feed(decoder, "*11\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_NEED_MORE);
    quorate_resp_request_decoder_free(decoder);
}

static void states(void) {
    quorate_resp_request_decoder *one = quorate_resp_request_decoder_new(NULL);
    quorate_resp_request_decoder *other = quorate_resp_request_decoder_new(NULL);
    CHECK_STATUS(feed(one, "*1\r\n$4"), QUORATE_OK);
    CHECK_STATUS(feed(other, "*1\r\n"), QUORATE_OK);
    CHECK(quorate_resp_request_decoder_state_hash(one) != quorate_resp_request_decoder_state_hash(other));
    CHECK_STATUS(feed(other, "$4"), QUORATE_OK);
    CHECK(quorate_resp_request_decoder_state_hash(one) == quorate_resp_request_decoder_state_hash(other));
    quorate_resp_request_decoder_free(one);
    quorate_resp_request_decoder_free(other);
}

static void lines(void) {
    static const char line[] = " set  \"a\\x00\\n\" 'it\\'s' x ";
    uint8_t buf[sizeof line];
    quorate_bytes words[sizeof line];
    size_t count = 0, len = sizeof line - 1;
    CHECK_STATUS(quorate_resp_split_inline((const uint8_t *)line, len, NULL, 0, NULL, 0, &count),
                 QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_INT(count, 4);
    CHECK_STATUS(quorate_resp_split_inline((const uint8_t *)line, len, buf, sizeof buf, words, 3, &count),
                 QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_STATUS(quorate_resp_split_inline((const uint8_t *)line, len, buf, 10, words, 4, &count),
                 QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_STATUS(quorate_resp_split_inline((const uint8_t *)line, len, buf, 11, words, 4, &count), QUORATE_OK);
    CHECK_INT(count, 4);
    CHECK_BYTES(words[0].data, words[0].len, "set");
    CHECK_BYTES(words[1].data, words[1].len, "a\0\n");
    CHECK_BYTES(words[2].data, words[2].len, "it's");
    CHECK_BYTES(words[3].data, words[3].len, "x");
    CHECK_STATUS(quorate_resp_split_inline((const uint8_t *)"a \"b", 4, buf, sizeof buf, words, 4, &count),
                 QUORATE_ERR_UNBALANCED_QUOTES);
    CHECK_STATUS(quorate_resp_split_inline(NULL, 0, NULL, 0, NULL, 0, &count), QUORATE_OK);
    CHECK_INT(count, 0);
    CHECK_STATUS(quorate_resp_split_inline((const uint8_t *)"a", 1, buf, 1, words, 1, NULL), QUORATE_ERR_NULL);
}

int main(void) {
    both_forms();
    reserving();
    errors();
    authentication();
    states();
    lines();
    return check_report();
}
