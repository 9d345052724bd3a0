/* The decoder: every type, every way to read it, any split of the input, errors and limits. */
#include "check.h"
#include <float.h>
#include <math.h>

static quorate_resp_decoder *decoder_of(const char *text) {
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    CHECK(decoder != NULL);
    CHECK_STATUS(feed_text(decoder, text), QUORATE_OK);
    return decoder;
}

/* Polls one value and leaves the decoder open for reading it. */
static quorate_resp_value poll_one(quorate_resp_decoder *decoder) {
    quorate_resp_value value;
    memset(&value, 0, sizeof value);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    return value;
}

static void leaves(void) {
    quorate_resp_decoder *decoder = decoder_of("+OK\r\n-ERR no\r\n:-9223372036854775808\r\n:9223372036854775807\r\n"
                                               "$5\r\nhello\r\n$0\r\n\r\n_\r\n$-1\r\n*-1\r\n#t\r\n#f\r\n"
                                               "(-12345678901234567890\r\n!5\r\nERR\r\n\r\n=8\r\nmkd:abcd\r\n");
    quorate_resp_value value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_SIMPLE_STRING);
    CHECK_BYTES(value.data, value.len, "OK");
    CHECK(!quorate_resp_is_null(&value) && !quorate_resp_is_error(&value));
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_SIMPLE_ERROR);
    CHECK_BYTES(value.data, value.len, "ERR no");
    CHECK(quorate_resp_is_error(&value));
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_INTEGER);
    CHECK(value.integer == INT64_MIN && value.data == NULL && value.len == 0);
    value = poll_one(decoder);
    CHECK(value.integer == INT64_MAX);
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_BULK_STRING);
    CHECK_BYTES(value.data, value.len, "hello");
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_BULK_STRING);
    CHECK(value.data != NULL && value.len == 0);
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_NULL);
    CHECK(quorate_resp_is_null(&value));
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_NULL_BULK);
    CHECK(quorate_resp_is_null(&value));
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_NULL_ARRAY);
    CHECK(quorate_resp_is_null(&value) && !quorate_resp_is_error(&value));
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_BOOLEAN);
    CHECK(value.boolean);
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_BOOLEAN);
    CHECK(!value.boolean);
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_BIG_NUMBER);
    CHECK_BYTES(value.data, value.len, "-12345678901234567890");
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_BULK_ERROR);
    CHECK_BYTES(value.data, value.len, "ERR\r\n");
    CHECK(quorate_resp_is_error(&value));
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_VERBATIM);
    CHECK_BYTES(value.data, value.len, "abcd");
    CHECK_TEXT(value.format, "mkd");
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_NEED_MORE);
    CHECK_TEXT(value.format, "mkd"); /* left alone */
    CHECK_INT(quorate_resp_decoder_buffered(decoder), 0);
    CHECK(!quorate_resp_is_null(NULL) && !quorate_resp_is_error(NULL));
    quorate_resp_decoder_free(decoder);
}

static void doubles(void) {
    quorate_resp_decoder *decoder = decoder_of(",1.5\r\n,0.30000000000000004\r\n,-0\r\n,5e-324\r\n"
                                               ",1.7976931348623157e308\r\n,inf\r\n,-inf\r\n,nan\r\n");
    CHECK(poll_one(decoder).number == 1.5);
    CHECK(poll_one(decoder).number == 0.1 + 0.2);
    {
        double zero = poll_one(decoder).number;
        CHECK(zero == 0 && signbit(zero));
    }
    {
        /* Valgrind's arithmetic is exact here too: only bits are compared. */
        double least = poll_one(decoder).number;
        uint64_t bits;
        memcpy(&bits, &least, sizeof bits);
        CHECK_INT(bits, 1);
    }
    CHECK(poll_one(decoder).number == DBL_MAX);
    CHECK(isinf(poll_one(decoder).number));
    CHECK(poll_one(decoder).number < -DBL_MAX);
    CHECK(isnan(poll_one(decoder).number));
    quorate_resp_decoder_free(decoder);
}

static void aggregates(void) {
    quorate_resp_decoder *decoder = decoder_of("*3\r\n:1\r\n%1\r\n+k\r\n~1\r\n:2\r\n*0\r\n>2\r\n+message\r\n:7\r\n");
    quorate_resp_value array = poll_one(decoder), value, inner;
    quorate_resp_cursor cursor, second, copy;
    CHECK_INT(array.kind, QUORATE_RESP_ARRAY);
    CHECK_INT(array.elements, 3);
    CHECK(!array.streamed);
    CHECK_STATUS(quorate_resp_children(decoder, &array, &cursor), QUORATE_OK);
    copy = cursor;
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &value), QUORATE_OK);
    CHECK_INT(value.integer, 1);
    CHECK_STATUS(quorate_resp_children(decoder, &value, &second), QUORATE_ERR_WRONG_KIND);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &value), QUORATE_OK);
    CHECK_INT(value.kind, QUORATE_RESP_MAP);
    CHECK_INT(value.elements, 2);
    CHECK_STATUS(quorate_resp_children(decoder, &value, &second), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &second, &inner), QUORATE_OK);
    CHECK_BYTES(inner.data, inner.len, "k");
    CHECK_STATUS(quorate_resp_next(decoder, &second, &inner), QUORATE_OK);
    CHECK_INT(inner.kind, QUORATE_RESP_SET);
    CHECK_STATUS(quorate_resp_next(decoder, &second, &inner), QUORATE_END);
    CHECK_STATUS(quorate_resp_next(decoder, &second, &inner), QUORATE_END);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &value), QUORATE_OK);
    CHECK_INT(value.kind, QUORATE_RESP_ARRAY);
    CHECK_INT(value.elements, 0);
    CHECK_STATUS(quorate_resp_children(decoder, &value, &second), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &second, &inner), QUORATE_END);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &value), QUORATE_END);
    /* A copied cursor goes over the same values again. */
    CHECK_STATUS(quorate_resp_next(decoder, &copy, &value), QUORATE_OK);
    CHECK_INT(value.integer, 1);
    value = poll_one(decoder);
    CHECK_INT(value.kind, QUORATE_RESP_PUSH);
    CHECK_INT(value.elements, 2);
    quorate_resp_decoder_free(decoder);
}

static void attributes(void) {
    /* Two attributes before one element, one before the key of an attribute, and one before the reply as a whole. */
    quorate_resp_decoder *decoder = decoder_of("|1\r\n+top\r\n:0\r\n*2\r\n"
                                               "|1\r\n+a\r\n:1\r\n|2\r\n+b\r\n:2\r\n|1\r\n+deep\r\n#t\r\n+c\r\n:3\r\n+x\r\n"
                                               "+y\r\n");
    quorate_resp_value array = poll_one(decoder), element, value;
    quorate_resp_cursor cursor, attribute;
    const char *keys[] = {"a", "b", "c"};
    int at;
    char text[128];
    CHECK_INT(array.kind, QUORATE_RESP_ARRAY);
    CHECK_INT(array.attributes, 1);
    CHECK_INT(array.elements, 2);
    CHECK_STATUS(quorate_resp_attributes(decoder, &array, &attribute), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &attribute, &value), QUORATE_OK);
    CHECK_BYTES(value.data, value.len, "top");
    CHECK_STATUS(quorate_resp_next(decoder, &attribute, &value), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &attribute, &value), QUORATE_END);

    CHECK_STATUS(quorate_resp_children(decoder, &array, &cursor), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &element), QUORATE_OK);
    CHECK_BYTES(element.data, element.len, "x");
    CHECK_INT(element.attributes, 3);
    CHECK(element.has_attributes);
    CHECK_STATUS(quorate_resp_attributes(decoder, &element, &attribute), QUORATE_OK);
    for (at = 0; at < 3; at++) {
        CHECK_STATUS(quorate_resp_next(decoder, &attribute, &value), QUORATE_OK);
        CHECK_INT(value.len, 1);
        CHECK(value.data != NULL && value.data[0] == keys[at][0]);
        CHECK_INT(value.attributes, at == 2 ? 1 : 0);
        CHECK_STATUS(quorate_resp_next(decoder, &attribute, &value), QUORATE_OK);
        CHECK_INT(value.integer, at + 1);
    }
    CHECK_STATUS(quorate_resp_next(decoder, &attribute, &value), QUORATE_END);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &element), QUORATE_OK);
    CHECK_BYTES(element.data, element.len, "y");
    CHECK_INT(element.attributes, 0);
    CHECK(!element.has_attributes);
    CHECK_STATUS(quorate_resp_attributes(decoder, &element, &attribute), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &attribute, &value), QUORATE_END);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &element), QUORATE_END);
    CHECK(quorate_resp_value_text(decoder, &array, text, sizeof text) < sizeof text);
    CHECK_TEXT(text, "|{\"top\": 0} [|{\"a\": 1, \"b\": 2, |{\"deep\": true} \"c\": 3} \"x\", \"y\"]");
    quorate_resp_decoder_free(decoder);
}

static void streams(void) {
    quorate_resp_decoder *decoder = decoder_of("*?\r\n$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n%?\r\n+k\r\n$?\r\n;0\r\n.\r\n.\r\n");
    quorate_resp_value array = poll_one(decoder), string, chunk, map, value;
    quorate_resp_cursor cursor, chunks, pairs;
    uint8_t copied[5];
    size_t len = 99;
    CHECK(array.streamed);
    CHECK_INT(array.elements, 2);
    CHECK_STATUS(quorate_resp_children(decoder, &array, &cursor), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &string), QUORATE_OK);
    CHECK_INT(string.kind, QUORATE_RESP_STREAMED_STRING);
    CHECK_INT(string.elements, 2);
    CHECK(string.data == NULL && string.len == 0);
    CHECK_STATUS(quorate_resp_children(decoder, &string, &chunks), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &chunks, &chunk), QUORATE_OK);
    CHECK_INT(chunk.kind, QUORATE_RESP_CHUNK);
    CHECK_BYTES(chunk.data, chunk.len, "Hell");
    CHECK_STATUS(quorate_resp_next(decoder, &chunks, &chunk), QUORATE_OK);
    CHECK_BYTES(chunk.data, chunk.len, "o");
    CHECK_STATUS(quorate_resp_next(decoder, &chunks, &chunk), QUORATE_END);
    CHECK_STATUS(quorate_resp_next(decoder, &chunks, &chunk), QUORATE_END);

    CHECK_STATUS(quorate_resp_value_copy(decoder, &string, NULL, 0, &len), QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_INT(len, 5);
    CHECK_STATUS(quorate_resp_value_copy(decoder, &string, copied, 4, &len), QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_STATUS(quorate_resp_value_copy(decoder, &string, copied, 5, &len), QUORATE_OK);
    CHECK_BYTES(copied, len, "Hello");
    CHECK_STATUS(quorate_resp_value_copy(decoder, &chunk, copied, 5, &len), QUORATE_OK);
    CHECK_BYTES(copied, len, "o");

    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &map), QUORATE_OK);
    CHECK_INT(map.kind, QUORATE_RESP_MAP);
    CHECK(map.streamed);
    CHECK_INT(map.elements, 2);
    CHECK_STATUS(quorate_resp_children(decoder, &map, &pairs), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &pairs, &value), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &pairs, &value), QUORATE_OK);
    CHECK_INT(value.kind, QUORATE_RESP_STREAMED_STRING);
    CHECK_STATUS(quorate_resp_value_copy(decoder, &value, NULL, 0, &len), QUORATE_OK);
    CHECK_INT(len, 0);
    CHECK_STATUS(quorate_resp_next(decoder, &pairs, &value), QUORATE_END);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &value), QUORATE_END);
    CHECK_STATUS(quorate_resp_value_copy(decoder, &array, NULL, 0, &len), QUORATE_ERR_WRONG_KIND);
    quorate_resp_decoder_free(decoder);
}

static void texts(void) {
    quorate_resp_decoder *decoder = decoder_of("%1\r\n$2\r\na\"\r\n*2\r\n_\r\n,0.5\r\n");
    quorate_resp_value map = poll_one(decoder);
    const char *whole = "{\"a\\\"\": [null, f64:3fe0000000000000]}";
    char text[64];
    size_t len = quorate_resp_value_text(decoder, &map, NULL, 0), cap;
    CHECK_INT(len, strlen(whole));
    for (cap = 1; cap <= len + 2; cap++) {
        memset(text, 'x', sizeof text);
        CHECK_INT(quorate_resp_value_text(decoder, &map, text, cap), len);
        CHECK_INT(strlen(text), cap <= len ? cap - 1 : len);
        CHECK_INT(memcmp(text, whole, strlen(text)), 0);
        CHECK_INT(text[cap], 'x'); /* nothing behind the buffer */
    }
    quorate_resp_decoder_free(decoder);
}

static void splits(void) {
    const char *input = "+OK\r\n*2\r\n$5\r\nhello\r\n|1\r\n+a\r\n:1\r\n%1\r\n:1\r\n,2.5\r\n>1\r\n+p\r\n"
                        "$?\r\n;3\r\nabc\r\n;0\r\n=7\r\ntxt:abc\r\n";
    const char *expected[] = {"\"OK\"", "[\"hello\", |{\"a\": 1} {1: f64:4004000000000000}]", ">[\"p\"]", "\"abc\"",
                              "txt:\"abc\""};
    size_t len = strlen(input), first, second, at;
    for (first = 0; first <= len; first++) {
        for (second = first; second <= len; second += 3) {
            size_t cuts[4];
            size_t found = 0;
            quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
            cuts[0] = 0, cuts[1] = first, cuts[2] = second, cuts[3] = len;
            for (at = 0; at < 3; at++) {
                quorate_resp_value value;
                quorate_status status;
                quorate_resp_decoder_feed(decoder, (const uint8_t *)input + cuts[at], cuts[at + 1] - cuts[at]);
                while ((status = quorate_resp_decoder_poll(decoder, &value)) == QUORATE_OK) {
                    char text[128];
                    quorate_resp_value_text(decoder, &value, text, sizeof text);
                    CHECK(found < 5);
                    CHECK_TEXT(text, expected[found]);
                    found++;
                }
                CHECK_STATUS(status, QUORATE_NEED_MORE);
            }
            CHECK_INT(found, 5);
            CHECK_INT(quorate_resp_decoder_offset(decoder), len);
            quorate_resp_decoder_free(decoder);
        }
    }
}

static void batches(void) {
    quorate_resp_decoder *decoder = decoder_of(":0\r\n:1\r\n*1\r\n:2\r\n:3\r\n:4\r\n:5");
    quorate_resp_value values[3], child;
    quorate_resp_cursor cursor;
    size_t count = 99;
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, values, 0, &count), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_INT(count, 99);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, values, 3, &count), QUORATE_OK);
    CHECK_INT(count, 3);
    /* All are valid together. */
    CHECK_INT(values[0].integer, 0);
    CHECK_INT(values[1].integer, 1);
    CHECK_STATUS(quorate_resp_children(decoder, &values[2], &cursor), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &child), QUORATE_OK);
    CHECK_INT(child.integer, 2);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, values, 3, &count), QUORATE_OK);
    CHECK_INT(count, 2);
    CHECK_INT(values[0].integer, 3);
    CHECK_INT(values[1].integer, 4);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, values, 3, &count), QUORATE_NEED_MORE);
    CHECK_INT(count, 0);
    /* Replies before an error come first; then it is there, and stays. */
    CHECK_STATUS(feed_text(decoder, "\r\n@"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, values, 3, &count), QUORATE_OK);
    CHECK_INT(count, 1);
    CHECK_INT(values[0].integer, 5);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, values, 3, &count), QUORATE_ERR_UNKNOWN_TYPE);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, values, 3, &count), QUORATE_ERR_UNKNOWN_TYPE);
    quorate_resp_decoder_free(decoder);
}

static void reserving(void) {
    const char *input = "*2\r\n$5\r\nhello\r\n:1\r\n";
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value value;
    size_t at;
    for (at = 0; at < strlen(input); at++) {
        uint8_t *room = NULL;
        size_t cap = 0;
        CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_NEED_MORE);
        CHECK_STATUS(quorate_resp_decoder_reserve(decoder, 1, &room, &cap), QUORATE_OK);
        CHECK(room != NULL && cap >= 1);
        room[0] = (uint8_t)input[at];
        CHECK_STATUS(quorate_resp_decoder_commit(decoder, 1), QUORATE_OK);
    }
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_INT(value.elements, 2);
    {
        uint8_t *room = NULL;
        size_t cap = 0;
        CHECK_STATUS(quorate_resp_decoder_reserve(decoder, 100, &room, &cap), QUORATE_OK);
        CHECK(cap >= 100);
        memset(room, '@', cap); /* what is not committed is no input */
        CHECK_STATUS(quorate_resp_decoder_commit(decoder, cap + 1), QUORATE_ERR_COMMIT_TOO_LONG);
        CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_NEED_MORE);
        CHECK_STATUS(quorate_resp_decoder_commit(decoder, SIZE_MAX), QUORATE_ERR_COMMIT_TOO_LONG);
        CHECK_STATUS(quorate_resp_decoder_reserve(decoder, SIZE_MAX, &room, &cap), QUORATE_ERR_INVALID_ARGUMENT);
        CHECK_STATUS(quorate_resp_decoder_reserve(decoder, 1, NULL, &cap), QUORATE_ERR_NULL);
        CHECK_STATUS(quorate_resp_decoder_reserve(decoder, 1, &room, NULL), QUORATE_ERR_NULL);
    }
    CHECK_STATUS(feed_text(decoder, ":7\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_INT(value.integer, 7);
    quorate_resp_decoder_free(decoder);
}

static void errors(void) {
    quorate_resp_decoder *decoder = decoder_of("+OK\r\n:12a\r\n");
    quorate_resp_value value;
    char text[128], expected[64], found[64], small[4];
    size_t len;
    CHECK_STATUS(quorate_resp_decoder_error_code(decoder), QUORATE_OK);
    CHECK_INT(quorate_resp_decoder_error(decoder, text, sizeof text), 0);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_ERR_INVALID_INTEGER);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_ERR_INVALID_INTEGER);
    CHECK_STATUS(feed_text(decoder, ":1\r\n"), QUORATE_ERR_INVALID_INTEGER);
    CHECK_STATUS(quorate_resp_decoder_error_code(decoder), QUORATE_ERR_INVALID_INTEGER);
    CHECK_INT(quorate_resp_decoder_error_offset(decoder), 6);
    CHECK_INT(quorate_resp_decoder_needed(decoder), 0);
    len = quorate_resp_decoder_error(decoder, text, sizeof text);
    CHECK_INT(len, strlen(text));
    CHECK(strstr(text, "at byte 6: expected ") == text);
    CHECK_INT(quorate_resp_decoder_error(decoder, small, sizeof small), len);
    CHECK_TEXT(small, "at ");
    CHECK_INT(quorate_resp_decoder_error(decoder, NULL, 0), len);
    CHECK(quorate_resp_decoder_error_expected(decoder, expected, sizeof expected) > 0);
    CHECK(quorate_resp_decoder_error_found(decoder, found, sizeof found) > 0);
    CHECK(strstr(text, expected) != NULL && strstr(text, found) != NULL);
    CHECK(strstr(found, "12a") != NULL);

    CHECK_STATUS(quorate_resp_decoder_reset(decoder), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_error_code(decoder), QUORATE_OK);
    CHECK_INT(quorate_resp_decoder_error_offset(decoder), 0);
    CHECK_INT(quorate_resp_decoder_offset(decoder), 0);
    CHECK_STATUS(feed_text(decoder, ":1\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_INT(value.integer, 1);
    quorate_resp_decoder_free(decoder);
}

static void limits(void) {
    quorate_resp_limits limits;
    quorate_resp_decoder *decoder;
    quorate_resp_value value;
    CHECK_STATUS(quorate_resp_limits_init(NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_limits_init(&limits), QUORATE_OK);
    CHECK_INT(limits.max_depth, 1024);
    CHECK_INT(limits.max_bulk, 512LL << 20);
    CHECK_INT(limits.max_line, 64 << 10);
    CHECK_INT(limits.max_elements, 1LL << 27);
    CHECK_INT(limits.max_reply, 1LL << 30);
    limits.max_depth = 2;
    limits.max_bulk = 3;
    decoder = quorate_resp_decoder_new(&limits);
    limits.max_depth = 0; /* the decoder has a copy */
    CHECK_STATUS(feed_text(decoder, "*1\r\n*1\r\n$3\r\nabc\r\n$4\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_ERR_BULK_LIMIT);
    CHECK_INT(quorate_resp_decoder_error_offset(decoder), 17);
    CHECK_STATUS(quorate_resp_decoder_reset(decoder), QUORATE_OK);
    CHECK_STATUS(feed_text(decoder, "*1\r\n*1\r\n*1\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_ERR_DEPTH_LIMIT);
    quorate_resp_decoder_free(decoder);
    /* Off: twelve bytes that announce thousands of millions of values cost what they are. */
    limits.max_depth = limits.max_bulk = limits.max_line = QUORATE_RESP_NO_LIMIT;
    limits.max_elements = limits.max_reply = QUORATE_RESP_NO_LIMIT;
    decoder = quorate_resp_decoder_new(&limits);
    CHECK_STATUS(feed_text(decoder, "*1000000000\r\n$1000000000\r\n"), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_NEED_MORE);
    CHECK_INT(quorate_resp_decoder_needed(decoder), 1000000002);
    quorate_resp_decoder_free(decoder);
}

static void inspectors(void) {
    quorate_resp_decoder *decoder = decoder_of("+OK\r\n|1\r\n+a\r\n:1\r\n*?\r\n$2\r\nhi\r\n.\r\n*2\r\n:12\r\n$3\r\na");
    quorate_resp_value value = poll_one(decoder);
    quorate_resp_token tokens[8];
    quorate_bytes wire;
    uint64_t offset;
    size_t count = 0;
    CHECK_STATUS(quorate_resp_value_wire(decoder, &value, &wire, &offset), QUORATE_OK);
    CHECK_BYTES(wire.data, wire.len, "+OK\r\n");
    CHECK_INT(offset, 0);
    value = poll_one(decoder);
    CHECK_STATUS(quorate_resp_value_wire(decoder, &value, &wire, NULL), QUORATE_OK);
    CHECK_BYTES(wire.data, wire.len, "|1\r\n+a\r\n:1\r\n*?\r\n$2\r\nhi\r\n.\r\n");
    CHECK_STATUS(quorate_resp_value_wire(decoder, &value, NULL, &offset), QUORATE_OK);
    CHECK_INT(offset, 5);
    CHECK_STATUS(quorate_resp_value_tokens(decoder, &value, NULL, 0, &count), QUORATE_OK);
    CHECK_INT(count, 6);
    memset(tokens, 0, sizeof tokens);
    CHECK_STATUS(quorate_resp_value_tokens(decoder, &value, tokens, 5, &count), QUORATE_OK);
    CHECK_INT(count, 6);
    CHECK_INT(tokens[5].kind, QUORATE_RESP_UNLISTED); /* not written */
    CHECK_INT(tokens[0].kind, QUORATE_RESP_ATTRIBUTE);
    CHECK_INT(tokens[0].elements, 2);
    CHECK_INT(tokens[0].offset, 5);
    CHECK_INT(tokens[1].depth, 1);
    CHECK_INT(tokens[3].kind, QUORATE_RESP_ARRAY);
    CHECK(tokens[3].streamed);
    CHECK_INT(tokens[3].elements, 1);
    CHECK_INT(tokens[3].depth, 0);
    CHECK_INT(tokens[4].kind, QUORATE_RESP_BULK_STRING);
    CHECK_INT(tokens[4].offset, 21);
    CHECK_INT(tokens[4].header, 4);
    CHECK_INT(tokens[4].length, 2);
    CHECK_INT(tokens[4].size, 8);
    CHECK_INT(tokens[4].depth, 1);

    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_NEED_MORE);
    CHECK_INT(quorate_resp_decoder_offset(decoder), 32);
    CHECK_INT(quorate_resp_decoder_buffered(decoder), 14);
    CHECK_INT(quorate_resp_decoder_needed(decoder), 4);
    CHECK_STATUS(quorate_resp_decoder_tokens(decoder, tokens, 8, &count), QUORATE_OK);
    CHECK_INT(count, 2);
    CHECK_INT(tokens[0].kind, QUORATE_RESP_ARRAY);
    CHECK_INT(tokens[0].offset, 32);
    CHECK_INT(tokens[1].kind, QUORATE_RESP_INTEGER);
    CHECK_INT(tokens[1].length, 2);
    CHECK_STATUS(quorate_resp_decoder_tokens(decoder, tokens, 8, NULL), QUORATE_ERR_NULL);
    quorate_resp_decoder_free(decoder);
}

static void states(void) {
    quorate_resp_decoder *one = decoder_of("+OK\r\n*2\r\n:1"), *other = decoder_of("+OK\r");
    quorate_resp_value value;
    CHECK_STATUS(feed_text(other, "\n*2\r\n:1"), QUORATE_OK);
    poll_one(one);
    poll_one(other);
    CHECK_STATUS(quorate_resp_decoder_poll(one, &value), QUORATE_NEED_MORE);
    CHECK(quorate_resp_decoder_state_hash(one) == quorate_resp_decoder_state_hash(other));
    CHECK_STATUS(feed_text(other, "2"), QUORATE_OK);
    CHECK(quorate_resp_decoder_state_hash(one) != quorate_resp_decoder_state_hash(other));
    quorate_resp_decoder_free(one);
    quorate_resp_decoder_free(other);
}

int main(void) {
    leaves();
    doubles();
    aggregates();
    attributes();
    streams();
    texts();
    splits();
    batches();
    reserving();
    errors();
    limits();
    inspectors();
    states();
    return check_report();
}
