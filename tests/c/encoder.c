/* The other direction: replies, in both protocols, and commands. */
#include "check.h"

#define DATA(text) (const uint8_t *)(text), sizeof(text) - 1

static void expect_bytes(quorate_resp_encoder *encoder, int line, const char *expected, size_t len) {
    quorate_bytes bytes;
    CHECK_STATUS(quorate_resp_encoder_bytes(encoder, &bytes), QUORATE_OK);
    check_bytes(__FILE__, line, "encoder", bytes.data, bytes.len, expected, len);
    CHECK_STATUS(quorate_resp_encoder_take(encoder, NULL), QUORATE_OK);
}
#define EXPECT(encoder, expected) expect_bytes((encoder), __LINE__, (expected), sizeof(expected) - 1)

/* One of each. */
static void write_all(quorate_resp_encoder *encoder) {
    CHECK_STATUS(quorate_resp_encoder_simple_string(encoder, DATA("OK")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_simple_error(encoder, DATA("ERR no")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, INT64_MIN), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_bulk_string(encoder, DATA("a\0\r\n")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_bulk_string(encoder, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_null(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_null_array(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_boolean(encoder, true), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_boolean(encoder, false), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_double(encoder, 1.5), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_big_number(encoder, DATA("-12345678901234567890")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_bulk_error(encoder, DATA("ERR a\r\nb")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_verbatim(encoder, "txt", DATA("hi")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_attributes(encoder, 1), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_simple_string(encoder, DATA("ttl")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 1), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_array(encoder, 2), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_map(encoder, 1), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 2), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 3), QUORATE_OK);
    CHECK(!quorate_resp_encoder_is_complete(encoder));
    CHECK_STATUS(quorate_resp_encoder_set(encoder, 0), QUORATE_OK);
    CHECK(quorate_resp_encoder_is_complete(encoder));
    CHECK_STATUS(quorate_resp_encoder_push(encoder, 1), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_bulk_string(encoder, DATA("p")), QUORATE_OK);
}

static void both_protocols(void) {
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(3);
    CHECK_INT(quorate_resp_encoder_protocol(encoder), 3);
    write_all(encoder);
    EXPECT(encoder, "+OK\r\n-ERR no\r\n:-9223372036854775808\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n_\r\n_\r\n#t\r\n#f\r\n,1.5\r\n"
                    "(-12345678901234567890\r\n!8\r\nERR a\r\nb\r\n=6\r\ntxt:hi\r\n"
                    "|1\r\n+ttl\r\n:1\r\n*2\r\n%1\r\n:2\r\n:3\r\n~0\r\n>1\r\n$1\r\np\r\n");
    CHECK_STATUS(quorate_resp_encoder_set_protocol(encoder, 2), QUORATE_OK);
    CHECK_INT(quorate_resp_encoder_protocol(encoder), 2);
    write_all(encoder);
    EXPECT(encoder, "+OK\r\n-ERR no\r\n:-9223372036854775808\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n$-1\r\n*-1\r\n:1\r\n:0\r\n$3\r\n1.5\r\n"
                    "$21\r\n-12345678901234567890\r\n-ERR a  b\r\n$2\r\nhi\r\n"
                    "*2\r\n*2\r\n:2\r\n:3\r\n*0\r\n*1\r\n$1\r\np\r\n");
    quorate_resp_encoder_free(encoder);
    quorate_resp_encoder_free(NULL);
}

static void streams(void) {
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(3);
    CHECK_STATUS(quorate_resp_encoder_stream_array(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_stream_string(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_chunk(encoder, DATA("abc")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_end_string(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_stream_map(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 1), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_end(encoder), QUORATE_ERR_ODD_MAP);
    CHECK_STATUS(quorate_resp_encoder_stream_set(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_end(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_end(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_end(encoder), QUORATE_OK);
    EXPECT(encoder, "*?\r\n$?\r\n;3\r\nabc\r\n;0\r\n%?\r\n:1\r\n~?\r\n.\r\n.\r\n.\r\n");
    CHECK_STATUS(quorate_resp_encoder_set_protocol(encoder, 2), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_stream_array(encoder), QUORATE_ERR_NOT_IN_RESP2);
    CHECK_STATUS(quorate_resp_encoder_stream_string(encoder), QUORATE_ERR_NOT_IN_RESP2);
    quorate_resp_encoder_free(encoder);
}

static void refusals(void) {
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(3);
    CHECK(quorate_resp_encoder_new(1) == NULL);
    CHECK(quorate_resp_encoder_new(4) == NULL);
    CHECK_STATUS(quorate_resp_encoder_set_protocol(encoder, 5), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_resp_encoder_simple_string(encoder, DATA("a\nb")), QUORATE_ERR_LINE_BREAK);
    CHECK_STATUS(quorate_resp_encoder_simple_error(encoder, DATA("a\rb")), QUORATE_ERR_LINE_BREAK);
    CHECK_STATUS(quorate_resp_encoder_big_number(encoder, DATA("1.5")), QUORATE_ERR_INVALID_BIG_NUMBER);
    CHECK_STATUS(quorate_resp_encoder_end(encoder), QUORATE_ERR_UNEXPECTED_END);
    CHECK_STATUS(quorate_resp_encoder_simple_string(encoder, NULL, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_encoder_verbatim(encoder, NULL, DATA("hi")), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_encoder_integer(NULL, 1), QUORATE_ERR_NULL);
    CHECK_INT(quorate_resp_encoder_protocol(NULL), 0);
    CHECK(!quorate_resp_encoder_is_complete(NULL));
    EXPECT(encoder, ""); /* nothing of what was refused */
    CHECK_STATUS(quorate_resp_encoder_array(encoder, 2), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_push(encoder, 0), QUORATE_ERR_NESTED_PUSH);
    CHECK_STATUS(quorate_resp_encoder_set_protocol(encoder, 2), QUORATE_ERR_INCOMPLETE);
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 1), QUORATE_OK);
    EXPECT(encoder, ""); /* nothing of what is unfinished, which goes on */
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 2), QUORATE_OK);
    EXPECT(encoder, "*2\r\n:1\r\n:2\r\n");
    CHECK_STATUS(quorate_resp_encoder_chunk(encoder, DATA("a")), QUORATE_ERR_CHUNK_EXPECTED);
    CHECK_STATUS(quorate_resp_encoder_stream_string(encoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_chunk(encoder, NULL, 0), QUORATE_ERR_EMPTY_CHUNK);
    CHECK_STATUS(quorate_resp_encoder_null(encoder), QUORATE_ERR_CHUNK_EXPECTED);
    CHECK_STATUS(quorate_resp_encoder_clear(encoder), QUORATE_OK); /* the unfinished too */
    CHECK(quorate_resp_encoder_is_complete(encoder));
    CHECK_STATUS(quorate_resp_encoder_null(encoder), QUORATE_OK);
    EXPECT(encoder, "_\r\n");
    quorate_resp_encoder_free(encoder);
}

static void taking(void) {
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(3);
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes view;
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 1), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_array(encoder, 1), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_take(encoder, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_integer(encoder, 2), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_take(encoder, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_take(encoder, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_BYTES(view.data, view.len, ":1\r\n*1\r\n:2\r\n");
    CHECK_STATUS(quorate_resp_encoder_take(NULL, buffer), QUORATE_ERR_NULL);
    quorate_resp_encoder_free(encoder);
    quorate_buffer_free(buffer);
}

/* What was decoded is encoded again, as a proxy does. */
static void proxies(void) {
    static const char input[] = "|1\r\n+a\r\n:1\r\n*3\r\n%1\r\n+k\r\n,2.5\r\n$?\r\n;2\r\nab\r\n;0\r\n=7\r\ntxt:abc\r\n";
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_encoder *three = quorate_resp_encoder_new(3), *two = quorate_resp_encoder_new(2);
    quorate_resp_value value;
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, DATA(input)), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_value(three, decoder, &value), QUORATE_OK);
    {
        quorate_bytes bytes;
        quorate_resp_decoder *again = quorate_resp_decoder_new(NULL);
        quorate_resp_value same;
        char before[256], after[256];
        CHECK_STATUS(quorate_resp_encoder_bytes(three, &bytes), QUORATE_OK);
        CHECK_STATUS(quorate_resp_decoder_feed(again, bytes.data, bytes.len), QUORATE_OK);
        CHECK_STATUS(quorate_resp_decoder_poll(again, &same), QUORATE_OK);
        quorate_resp_value_text(decoder, &value, before, sizeof before);
        quorate_resp_value_text(again, &same, after, sizeof after);
        CHECK_TEXT(after, before);
        CHECK_STATUS(quorate_resp_encoder_value(three, again, &value), QUORATE_ERR_STALE);
        quorate_resp_decoder_free(again);
    }
    CHECK_STATUS(quorate_resp_encoder_value(two, decoder, &value), QUORATE_OK);
    EXPECT(two, "*3\r\n*2\r\n+k\r\n$3\r\n2.5\r\n$2\r\nab\r\n$3\r\nabc\r\n");
    quorate_resp_encoder_free(two);
    quorate_resp_encoder_free(three);
    quorate_resp_decoder_free(decoder);
}

static void commands(void) {
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes set[3], ping[1], many[40], view;
    quorate_resp_command pipeline[3];
    size_t at;
    set[0] = bytes_of("SET"), set[1] = bytes_of("key"), ping[0] = bytes_of("PING");
    set[2].data = (const uint8_t *)"a\0b\r\n";
    set[2].len = 5;
    CHECK_STATUS(quorate_resp_encode_command(set, 3, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_BYTES(view.data, view.len, "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\na\0b\r\n\r\n");

    quorate_buffer_clear(buffer);
    pipeline[0].args = ping, pipeline[0].count = 1;
    pipeline[1].args = set, pipeline[1].count = 2;
    pipeline[2].args = ping, pipeline[2].count = 1;
    CHECK_STATUS(quorate_resp_encode_pipeline(pipeline, 3, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encode_pipeline(NULL, 0, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_BYTES(view.data, view.len, "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nSET\r\n$3\r\nkey\r\n*1\r\n$4\r\nPING\r\n");
    /* One bad command, and none is written. */
    pipeline[2].args = NULL;
    CHECK_STATUS(quorate_resp_encode_pipeline(pipeline, 3, buffer), QUORATE_ERR_NULL);
    set[1].data = NULL;
    CHECK_STATUS(quorate_resp_encode_command(set, 3, buffer), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_encode_command(ping, 1, NULL), QUORATE_ERR_NULL);
    {
        size_t before = view.len;
        CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
        CHECK_INT(view.len, before);
    }

    /* More arguments than fit on the stack inside. */
    quorate_buffer_clear(buffer);
    for (at = 0; at < 40; at++) {
        many[at] = bytes_of("x");
    }
    CHECK_STATUS(quorate_resp_encode_command(many, 40, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_INT(view.len, 5 + 40 * 7);
    {
        quorate_resp_request_decoder *server = quorate_resp_request_decoder_new(NULL);
        quorate_resp_request request;
        CHECK_STATUS(quorate_resp_request_decoder_feed(server, view.data, view.len), QUORATE_OK);
        CHECK_STATUS(quorate_resp_request_decoder_poll(server, &request), QUORATE_OK);
        CHECK_INT(request.count, 40);
        quorate_resp_request_decoder_free(server);
    }
    quorate_buffer_free(buffer);
}

static void prefixes(void) {
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes fixed[2], rest[2], view;
    quorate_resp_prefix *prefix;
    fixed[0] = bytes_of("CONFIG"), fixed[1] = bytes_of("SET");
    rest[0] = bytes_of("a"), rest[1] = bytes_of("");
    prefix = quorate_resp_prefix_new(fixed, 2, 2);
    CHECK(prefix != NULL);
    fixed[0].data = NULL; /* the prefix has a copy */
    CHECK_STATUS(quorate_resp_prefix_encode(prefix, rest, 2, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_resp_prefix_encode(prefix, rest, 1, buffer), QUORATE_ERR_WRONG_ARGUMENT_COUNT);
    CHECK_STATUS(quorate_resp_prefix_encode(prefix, NULL, 0, buffer), QUORATE_ERR_WRONG_ARGUMENT_COUNT);
    CHECK_STATUS(quorate_resp_prefix_encode(NULL, rest, 2, buffer), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_BYTES(view.data, view.len, "*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n");
    CHECK(quorate_resp_prefix_new(fixed, 2, 2) == NULL);
    quorate_resp_prefix_free(prefix);
    quorate_resp_prefix_free(NULL);
    quorate_buffer_free(buffer);
}

int main(void) {
    both_protocols();
    streams();
    refusals();
    taking();
    proxies();
    commands();
    prefixes();
    return check_report();
}
