/* Many lives of every handle, ended at every stage, for valgrind and LeakSanitizer to count what is left. */
#include "check.h"

#define DATA(text) (const uint8_t *)(text), sizeof(text) - 1

static void decode(size_t round) {
    static const char input[] = "*3\r\n$5\r\nhello\r\n|1\r\n+a\r\n:1\r\n%1\r\n:1\r\n,2.5\r\n$?\r\n;3\r\nabc\r\n;0\r\n+OK\r\n";
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    size_t end = round % sizeof input, at;
    quorate_resp_value value, child;
    quorate_resp_cursor cursor;
    CHECK(decoder != NULL);
    for (at = 0; at < 8; at++) {
        quorate_resp_decoder_feed(decoder, (const uint8_t *)input, sizeof input - 1);
        while (quorate_resp_decoder_poll(decoder, &value) == QUORATE_OK) {
            if (quorate_resp_children(decoder, &value, &cursor) == QUORATE_OK) {
                while (quorate_resp_next(decoder, &cursor, &child) == QUORATE_OK) {
                    char text[64];
                    quorate_resp_value_text(decoder, &child, text, sizeof text);
                }
            }
        }
    }
    /* The end may be in the midst of a value, in error, or after a reset. */
    quorate_resp_decoder_feed(decoder, (const uint8_t *)input, end);
    quorate_resp_decoder_poll(decoder, &value);
    if (round % 3 == 0) {
        quorate_resp_decoder_feed(decoder, DATA("@@@@"));
        CHECK(quorate_resp_decoder_poll(decoder, &value) <= QUORATE_NEED_MORE);
        quorate_resp_decoder_error(decoder, NULL, 0);
    }
    if (round % 2 == 0) {
        quorate_resp_decoder_reset(decoder);
    }
    quorate_resp_decoder_free(decoder);
}

static void encode(size_t round) {
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(round % 2 ? 3 : 2);
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes args[20];
    quorate_resp_prefix *prefix;
    quorate_resp_command commands[2];
    size_t at;
    for (at = 0; at < 20; at++) {
        args[at] = bytes_of("argument");
    }
    commands[0].args = args, commands[0].count = 20;
    commands[1].args = args, commands[1].count = 1;
    for (at = 0; at < 4; at++) {
        CHECK_STATUS(quorate_resp_encoder_array(encoder, 2), QUORATE_OK);
        CHECK_STATUS(quorate_resp_encoder_bulk_string(encoder, DATA("abc")), QUORATE_OK);
        quorate_resp_encoder_simple_string(encoder, DATA("\r"));
        CHECK_STATUS(quorate_resp_encoder_double(encoder, 0.1), QUORATE_OK);
        CHECK_STATUS(quorate_resp_encoder_clear(encoder), QUORATE_OK);
    }
    CHECK_STATUS(quorate_resp_encoder_array(encoder, 2), QUORATE_OK); /* freed unfinished */
    quorate_resp_encoder_free(encoder);
    prefix = quorate_resp_prefix_new(args, 2, 1);
    CHECK_STATUS(quorate_resp_prefix_encode(prefix, args, 1, buffer), QUORATE_OK);
    quorate_resp_prefix_free(prefix);
    CHECK_STATUS(quorate_resp_encode_pipeline(commands, 2, buffer), QUORATE_OK);
    quorate_buffer_free(buffer);
}

static void serve(size_t round) {
    static const char input[] = "SET \"a\\n\" 'b'\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n";
    quorate_resp_request_decoder *decoder = quorate_resp_request_decoder_new(NULL);
    quorate_resp_request request;
    uint8_t buf[64];
    quorate_bytes words[64];
    size_t count;
    quorate_resp_request_decoder_feed(decoder, DATA(input));
    while (quorate_resp_request_decoder_poll(decoder, &request) == QUORATE_OK) {
        CHECK(request.count >= 2);
    }
    quorate_resp_request_decoder_feed(decoder, (const uint8_t *)input, round % sizeof input);
    quorate_resp_request_decoder_poll(decoder, &request);
    quorate_resp_request_decoder_feed(decoder, DATA("*1\r\nx\r\n"));
    quorate_resp_request_decoder_poll(decoder, &request);
    quorate_resp_request_decoder_error(decoder, NULL, 0);
    quorate_resp_request_decoder_free(decoder);
    CHECK_STATUS(quorate_resp_split_inline(DATA("a \"b c\""), buf, sizeof buf, words, 64, &count), QUORATE_OK);
}

static void hash(void) {
    quorate_bytes keys[3];
    uint16_t slots[3];
    uint32_t order[3];
    quorate_cluster_group groups[3];
    size_t count;
    keys[0] = bytes_of("a"), keys[1] = bytes_of("{a}b"), keys[2] = bytes_of("c");
    CHECK_STATUS(quorate_cluster_key_slots(keys, 3, slots), QUORATE_OK);
    CHECK_STATUS(quorate_cluster_group_by_slot(keys, 3, order, groups, 3, &count), QUORATE_OK);
    CHECK_INT(count, 2);
}

int main(void) {
    size_t round;
    for (round = 0; round < 500; round++) {
        decode(round);
        encode(round);
        serve(round);
        hash();
    }
    return check_report();
}
