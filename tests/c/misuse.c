/* Misuse is an error status: NULL, handles that are none, values and cursors that are stale, forged or uninitialised. */
#include "check.h"

#define DATA(text) (const uint8_t *)(text), sizeof(text) - 1

/* Every call that reads a value or cursor refuses these. */
static void refuse_value(const quorate_resp_decoder *decoder, const quorate_resp_value *value, quorate_status expected) {
    quorate_resp_cursor cursor;
    quorate_resp_token token;
    quorate_bytes wire;
    uint64_t offset;
    size_t count;
    uint8_t copy[8];
    char text[8] = "before";
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(3);
    CHECK_STATUS(quorate_resp_children(decoder, value, &cursor), expected);
    CHECK_STATUS(quorate_resp_attributes(decoder, value, &cursor), expected);
    CHECK_STATUS(quorate_resp_value_copy(decoder, value, copy, sizeof copy, &count), expected);
    CHECK_STATUS(quorate_resp_value_wire(decoder, value, &wire, &offset), expected);
    CHECK_STATUS(quorate_resp_value_tokens(decoder, value, &token, 1, &count), expected);
    CHECK_INT(quorate_resp_value_text(decoder, value, text, sizeof text), 0);
    CHECK_TEXT(text, "before");
    CHECK_STATUS(quorate_resp_encoder_value(encoder, decoder, value), expected);
    quorate_resp_encoder_free(encoder);
}

/* What makes a value and a cursor stale. */
enum change { FEED, RESERVE, COMMIT, POLL, POLL_ALL, RESET, CHANGES };

static void stale(void) {
    int change;
    for (change = FEED; change < CHANGES; change++) {
        quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
        quorate_resp_value value, next, many[2];
        quorate_resp_cursor cursor;
        uint8_t *room;
        size_t count;
        CHECK_STATUS(quorate_resp_decoder_feed(decoder, DATA("*1\r\n+a\r\n*1\r\n+b\r\n")), QUORATE_OK);
        CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
        CHECK_STATUS(quorate_resp_children(decoder, &value, &cursor), QUORATE_OK);
        switch (change) {
        case FEED: quorate_resp_decoder_feed(decoder, DATA("")); break;
        case RESERVE: quorate_resp_decoder_reserve(decoder, 1, &room, &count); break;
        case COMMIT: quorate_resp_decoder_commit(decoder, 0); break;
        case POLL: quorate_resp_decoder_poll(decoder, &next); break;
        case POLL_ALL: quorate_resp_decoder_poll_all(decoder, many, 2, &count); break;
        default: quorate_resp_decoder_reset(decoder); break;
        }
        refuse_value(decoder, &value, QUORATE_ERR_STALE);
        CHECK_STATUS(quorate_resp_next(decoder, &cursor, &next), QUORATE_ERR_STALE);
        quorate_resp_decoder_free(decoder);
    }
}

/* What only looks changes nothing. */
static void fresh(void) {
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value value;
    quorate_resp_cursor cursor;
    char text[16];
    size_t count;
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, DATA("*1\r\n+a\r\n")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    quorate_resp_decoder_needed(decoder);
    quorate_resp_decoder_buffered(decoder);
    quorate_resp_decoder_offset(decoder);
    quorate_resp_decoder_state_hash(decoder);
    quorate_resp_decoder_error(decoder, text, sizeof text);
    quorate_resp_decoder_tokens(decoder, NULL, 0, &count);
    CHECK_STATUS(quorate_resp_children(decoder, &value, &cursor), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &value), QUORATE_OK);
    CHECK_BYTES(value.data, value.len, "a");
    quorate_resp_decoder_free(decoder);
}

static void other_decoder(void) {
    quorate_resp_decoder *one = quorate_resp_decoder_new(NULL), *other = quorate_resp_decoder_new(NULL);
    quorate_resp_value value, same;
    quorate_resp_cursor cursor;
    CHECK_STATUS(quorate_resp_decoder_feed(one, DATA("*1\r\n+a\r\n")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_feed(other, DATA("*1\r\n+a\r\n")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(one, &value), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(other, &same), QUORATE_OK);
    CHECK_STATUS(quorate_resp_children(one, &value, &cursor), QUORATE_OK);
    refuse_value(other, &value, QUORATE_ERR_STALE);
    CHECK_STATUS(quorate_resp_next(other, &cursor, &same), QUORATE_ERR_STALE);
    quorate_resp_decoder_free(one);
    quorate_resp_decoder_free(other);
}

/* Private fields filled with anything: an answer or an error, never a crash. The sanitizers watch. */
static void forged(void) {
    static const uint32_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 1000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    const size_t kinds = sizeof numbers / sizeof numbers[0];
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value reply, value, child;
    quorate_resp_cursor good, cursor;
    size_t a, b, c;
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, DATA("*3\r\n|1\r\n+a\r\n:1\r\n=5\r\ntxt:x\r\n$?\r\n;1\r\nb\r\n;0\r\n*?\r\n.\r\n")),
                 QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &reply), QUORATE_OK);
    CHECK_STATUS(quorate_resp_children(decoder, &reply, &good), QUORATE_OK);
    for (a = 0; a < kinds; a++) {
        for (b = 0; b < kinds; b++) {
            char text[64];
            size_t count;
            quorate_bytes wire;
            quorate_resp_token tokens[4];
            quorate_status status;
            int steps = 0;
            value = reply;
            value.first = numbers[a];
            value.index = numbers[b];
            quorate_resp_value_text(decoder, &value, text, sizeof text);
            quorate_resp_value_copy(decoder, &value, NULL, 0, &count);
            quorate_resp_value_wire(decoder, &value, &wire, NULL);
            quorate_resp_value_tokens(decoder, &value, tokens, 4, &count);
            if (quorate_resp_children(decoder, &value, &cursor) == QUORATE_OK) {
                while (quorate_resp_next(decoder, &cursor, &child) == QUORATE_OK && steps < 100) {
                    steps++;
                }
            }
            CHECK(steps < 100);
            for (c = 0; c < kinds; c++) {
                cursor = good;
                cursor.next = numbers[a];
                cursor.run_end = numbers[b];
                cursor.end = numbers[c];
                for (steps = 0; steps < 100; steps++) {
                    status = quorate_resp_next(decoder, &cursor, &child);
                    if (status != QUORATE_OK) {
                        break;
                    }
                }
                CHECK(steps < 100);
                CHECK(status == QUORATE_END || status == QUORATE_ERR_STALE);
            }
        }
    }
    memset(&value, 0xa5, sizeof value); /* kind and the booleans are no valid ones either */
    refuse_value(decoder, &value, QUORATE_ERR_STALE);
    CHECK(!quorate_resp_is_null(&value) && !quorate_resp_is_error(&value));
    memset(&value, 0, sizeof value);
    refuse_value(decoder, &value, QUORATE_ERR_STALE);
    memset(&cursor, 0, sizeof cursor);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &child), QUORATE_ERR_STALE);
    quorate_resp_decoder_free(decoder);
}

/* What a handle handed out lies in memory that moves when it takes bytes in. */
static void own_memory(void) {
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_request_decoder *server = quorate_resp_request_decoder_new(NULL);
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(3);
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_resp_value value;
    quorate_resp_request request;
    quorate_bytes view, word = bytes_of("PING");
    quorate_resp_command command;
    quorate_resp_prefix *prefix = quorate_resp_prefix_new(&word, 1, 1);
    uint8_t *room;
    size_t cap;
    int inlined;
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, DATA("$5\r\n+OK\r\n\r\n")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, value.data, value.len), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_BYTES(value.data, value.len, "+OK\r\n"); /* and nothing has changed */
    CHECK_STATUS(quorate_resp_value_copy(decoder, &value, NULL, 0, &cap), QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_STATUS(quorate_resp_decoder_reserve(decoder, 5, &room, &cap), QUORATE_OK);
    memcpy(room, "+OK\r\n", 5);
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, room, 5), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_resp_decoder_commit(decoder, 5), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_BYTES(value.data, value.len, "OK");

    for (inlined = 0; inlined < 2; inlined++) {
        static const char *const requests[] = {"*1\r\n$4\r\nPING\r\n", "'PING'\r\n"};
        const char *text = requests[inlined];
        CHECK_STATUS(quorate_resp_request_decoder_feed(server, (const uint8_t *)text, strlen(text)), QUORATE_OK);
        CHECK_STATUS(quorate_resp_request_decoder_poll(server, &request), QUORATE_OK);
        CHECK_STATUS(quorate_resp_request_decoder_feed(server, request.args[0].data, 4), QUORATE_ERR_INVALID_ARGUMENT);
        CHECK_BYTES(request.args[0].data, request.args[0].len, "PING");
    }
    CHECK_STATUS(quorate_resp_request_decoder_reserve(server, 5, &room, &cap), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_feed(server, room, 5), QUORATE_ERR_INVALID_ARGUMENT);

    CHECK_STATUS(quorate_resp_encode_command(&word, 1, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    command.args = &view;
    command.count = 1;
    CHECK_STATUS(quorate_resp_encode_command(&view, 1, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_resp_encode_pipeline(&command, 1, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_resp_prefix_encode(prefix, &view, 1, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_BYTES(view.data, view.len, "*1\r\n$4\r\nPING\r\n");

    CHECK_STATUS(quorate_resp_encoder_simple_string(encoder, DATA("OK")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_bytes(encoder, &view), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encoder_bulk_string(encoder, view.data + 1, 2), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_resp_encoder_bulk_string(encoder, view.data, 0), QUORATE_OK);

    quorate_resp_prefix_free(prefix);
    quorate_buffer_free(buffer);
    quorate_resp_encoder_free(encoder);
    quorate_resp_request_decoder_free(server);
    quorate_resp_decoder_free(decoder);
}

static void nulls(void) {
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value value;
    quorate_resp_cursor cursor;
    uint8_t *room;
    size_t count;
    char text[8];
    CHECK_STATUS(quorate_resp_decoder_feed(NULL, DATA("a")), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, NULL, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, (const uint8_t *)"a", SIZE_MAX), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_resp_decoder_reserve(NULL, 1, &room, &count), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_commit(NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_feed(decoder, DATA("*1\r\n+a\r\n")), QUORATE_OK);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, NULL), QUORATE_ERR_NULL); /* and the reply is not lost */
    CHECK_STATUS(quorate_resp_decoder_poll(NULL, &value), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, NULL, 1, &count), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_poll_all(decoder, &value, 1, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    refuse_value(decoder, NULL, QUORATE_ERR_NULL);
    refuse_value(NULL, &value, QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_children(decoder, &value, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_attributes(decoder, &value, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_children(decoder, &value, &cursor), QUORATE_OK);
    CHECK_STATUS(quorate_resp_next(decoder, NULL, &value), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_next(NULL, &cursor, &value), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_next(decoder, &cursor, &value), QUORATE_OK); /* the cursor did not move */
    CHECK_STATUS(quorate_resp_value_copy(decoder, &value, NULL, 1, &count), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_value_copy(decoder, &value, (uint8_t *)text, 1, NULL), QUORATE_ERR_NULL);
    CHECK_INT(quorate_resp_value_text(decoder, &value, NULL, 5), 0);
    CHECK_STATUS(quorate_resp_decoder_reset(NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_resp_decoder_error_code(NULL), QUORATE_ERR_NULL);
    CHECK_INT(quorate_resp_decoder_needed(NULL), 0);
    CHECK_INT(quorate_resp_decoder_buffered(NULL), 0);
    CHECK_INT(quorate_resp_decoder_offset(NULL), 0);
    CHECK_INT(quorate_resp_decoder_state_hash(NULL), 0);
    CHECK_INT(quorate_resp_decoder_error_offset(NULL), 0);
    CHECK_INT(quorate_resp_decoder_error(NULL, text, sizeof text), 0);
    CHECK_STATUS(quorate_resp_decoder_tokens(NULL, NULL, 0, &count), QUORATE_ERR_NULL);
    quorate_resp_decoder_free(decoder);
    quorate_resp_decoder_free(NULL);
}

/* A pointer that is no handle of the type: zeroed memory, memory of a freed handle's likeness, a handle of another type. */
static void wrong_handles(void) {
    uint64_t *memory = (uint64_t *)calloc(1024, sizeof(uint64_t));
    quorate_resp_decoder *decoder = (quorate_resp_decoder *)(void *)memory;
    quorate_resp_encoder *encoder = (quorate_resp_encoder *)(void *)memory;
    quorate_resp_request_decoder *server = (quorate_resp_request_decoder *)(void *)memory;
    quorate_buffer *buffer = (quorate_buffer *)(void *)memory;
    quorate_resp_value value;
    quorate_resp_request request;
    int round;
    memset(&value, 0, sizeof value);
    for (round = 0; round < 2; round++) {
        CHECK_STATUS(quorate_resp_decoder_feed(decoder, DATA("+OK\r\n")), QUORATE_ERR_CLOSED);
        CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_ERR_CLOSED);
        CHECK_STATUS(quorate_resp_decoder_reset(decoder), QUORATE_ERR_CLOSED);
        refuse_value(decoder, &value, QUORATE_ERR_CLOSED);
        CHECK_STATUS(quorate_resp_encoder_null(encoder), QUORATE_ERR_CLOSED);
        CHECK_STATUS(quorate_resp_request_decoder_poll(server, &request), QUORATE_ERR_CLOSED);
        CHECK_STATUS(quorate_buffer_clear(buffer), QUORATE_ERR_CLOSED);
        quorate_resp_decoder_free(decoder); /* left alone */
        quorate_resp_encoder_free(encoder);
        quorate_resp_request_decoder_free(server);
        quorate_buffer_free(buffer);
        memset(memory, 0xff, 1024 * sizeof(uint64_t));
    }
    /* Not even aligned. */
    decoder = (quorate_resp_decoder *)(void *)((char *)memory + 1);
    CHECK_STATUS(quorate_resp_decoder_reset(decoder), QUORATE_ERR_CLOSED);
    free(memory);
}

int main(void) {
    stale();
    fresh();
    other_decoder();
    forged();
    own_memory();
    nulls();
    wrong_handles();
    return check_report();
}
