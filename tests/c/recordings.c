/* Decodes what a real server sent: `recordings COMMANDS REPLIES...`. However the stream is cut, each command has one reply, and
 * the texts are the same. */
#include "render.h"

static blob read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    blob bytes = {NULL, 0, 0};
    char part[4096];
    size_t got;
    if (file == NULL) {
        printf("cannot open %s\n", path);
        exit(2);
    }
    blob_clear(&bytes);
    while ((got = fread(part, 1, sizeof part, file)) > 0) {
        blob_add(&bytes, part, got);
    }
    fclose(file);
    return bytes;
}

static int is_text(const quorate_resp_value *value, const char *text) {
    return value->data != NULL && value->len == strlen(text) && memcmp(value->data, text, value->len) == 0;
}

/* Whether the message answers a command: a push does only when it confirms a subscription. */
static int is_reply(const quorate_resp_decoder *decoder, const quorate_resp_value *message) {
    quorate_resp_cursor cursor;
    quorate_resp_value kind;
    if (message->kind != QUORATE_RESP_PUSH) {
        return 1;
    }
    return quorate_resp_children(decoder, message, &cursor) == QUORATE_OK &&
           quorate_resp_next(decoder, &cursor, &kind) == QUORATE_OK &&
           (is_text(&kind, "subscribe") || is_text(&kind, "unsubscribe"));
}

/* The text of all messages, when the stream comes in pieces of `size` bytes through feed or through reserve and commit. */
static blob decode(const blob *stream, size_t size, int reserved, size_t *replies) {
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    blob text = {NULL, 0, 0};
    size_t fed = 0;
    quorate_status status = QUORATE_NEED_MORE;
    blob_clear(&text);
    *replies = 0;
    while (fed < stream->len && status == QUORATE_NEED_MORE) {
        size_t take = size < stream->len - fed ? size : stream->len - fed;
        quorate_resp_value value;
        if (reserved) {
            uint8_t *room;
            size_t cap;
            if (quorate_resp_decoder_reserve(decoder, take, &room, &cap) == QUORATE_OK) {
                memcpy(room, stream->data + fed, take);
                quorate_resp_decoder_commit(decoder, take);
            }
        } else {
            quorate_resp_decoder_feed(decoder, (const uint8_t *)stream->data + fed, take);
        }
        fed += take;
        while ((status = quorate_resp_decoder_poll(decoder, &value)) == QUORATE_OK) {
            *replies += (size_t)is_reply(decoder, &value);
            render(&text, decoder, &value);
            blob_text(&text, "\n");
        }
    }
    if (status != QUORATE_NEED_MORE || quorate_resp_decoder_buffered(decoder) != 0) {
        blob_format(&text, "ends with %s, %lu bytes left\n", quorate_status_str(status),
                    (unsigned long)quorate_resp_decoder_buffered(decoder));
    }
    quorate_resp_decoder_free(decoder);
    return text;
}

int main(int argc, char **argv) {
    static const size_t sizes[] = {1, 2, 7, 100, 1460, 16384, (size_t)-1};
    size_t commands = 0, replies, at;
    int file, reserved, failed = argc < 3;
    blob lines;
    if (failed) {
        return 2;
    }
    lines = read_file(argv[1]);
    for (at = 0; at < lines.len; at++) {
        commands += lines.data[at] == '\n';
    }
    free(lines.data);
    for (file = 2; file < argc; file++) {
        blob stream = read_file(argv[file]), first = decode(&stream, (size_t)-1, 0, &replies);
        if (replies != commands || strstr(first.data, " BUT ") != NULL || strstr(first.data, "ends with") != NULL) {
            printf("%s: %lu replies to %lu commands:\n%s", argv[file], (unsigned long)replies, (unsigned long)commands,
                   first.data);
            failed = 1;
        }
        for (at = 0; at < sizeof sizes / sizeof sizes[0]; at++) {
            for (reserved = 0; reserved < 2; reserved++) {
                blob again = decode(&stream, sizes[at], reserved, &replies);
                if (strcmp(again.data, first.data) != 0) {
                    printf("%s: not the same in pieces of %lu\n", argv[file], (unsigned long)sizes[at]);
                    failed = 1;
                }
                free(again.data);
            }
        }
        free(first.data);
        free(stream.data);
    }
    printf("%lu commands, %s\n", (unsigned long)commands, failed ? "failed" : "all agree");
    return failed;
}
