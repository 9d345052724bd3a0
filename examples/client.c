/* A small client: decodes what a Redis server replied, encodes commands, and routes keys to slots.
 *
 * `client FOLDER` reads recorded replies. `client FOLDER PORT` sends the recorded commands to a server on loopback and
 * reads what it replies now. Either way it prints one line of JSON: what it found, and how long that took. */

#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <inttypes.h>
#include <quorate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET 1460 /* As many bytes as a packet on an Ethernet carries. */
#define MAX_COMMANDS 1000
#define ROUNDS 300
#define CHECK(call) check((call), #call)

static quorate_status check(quorate_status status, const char *call) {
    if (status < 0) {
        fprintf(stderr, "%s: %s\n", call, quorate_status_str(status));
        exit(1);
    }
    return status;
}

static void require(bool holds, const char *what) {
    if (!holds) {
        perror(what);
        exit(1);
    }
}

/* Named counts, in the order in which they were first met. */
static struct {
    const char *name;
    int64_t sum;
} results[32];
static size_t result_count;

static void add(const char *name, int64_t number) {
    size_t i = 0;
    while (i < result_count && strcmp(results[i].name, name) != 0) {
        i++;
    }
    require(i < sizeof results / sizeof *results, "too many results");
    if (i == result_count) {
        results[result_count++].name = name;
    }
    results[i].sum += number;
}

/* Counts a value in words that every language has: a set is a list, an integer and a double are numbers. */
static void count(const quorate_resp_decoder *decoder, const quorate_resp_value *value, int depth) {
    if (depth == 0) {
        add(value->kind == QUORATE_RESP_PUSH ? "pushes" : "replies", 1);
    }
    switch (value->kind) {
    case QUORATE_RESP_SIMPLE_STRING:
    case QUORATE_RESP_BULK_STRING:
    case QUORATE_RESP_VERBATIM:
        add("strings", 1);
        add("bytes of strings", (int64_t)value->len);
        add("checksum of strings", quorate_cluster_key_slot(value->data, value->len));
        break;
    case QUORATE_RESP_SIMPLE_ERROR:
    case QUORATE_RESP_BULK_ERROR:
        add("errors", 1);
        add("checksum of errors", quorate_cluster_key_slot(value->data, value->len));
        break;
    case QUORATE_RESP_INTEGER:
    case QUORATE_RESP_DOUBLE: {
        double number = value->kind == QUORATE_RESP_INTEGER ? (double)value->integer : value->number;
        add("numbers", 1);
        /* Whole numbers below 2^53: those that every language holds exactly, as an integer or as a double. */
        if (number > -9007199254740992.0 && number < 9007199254740992.0 && number == (double)(int64_t)number) {
            add("sum of integers", (int64_t)number);
        }
        break;
    }
    case QUORATE_RESP_BIG_NUMBER: add("numbers", 1); break;
    case QUORATE_RESP_BOOLEAN: add("booleans", 1); break;
    case QUORATE_RESP_NULL:
    case QUORATE_RESP_NULL_BULK:
    case QUORATE_RESP_NULL_ARRAY: add("nulls", 1); break;
    case QUORATE_RESP_ARRAY:
    case QUORATE_RESP_SET:
    case QUORATE_RESP_PUSH:
    case QUORATE_RESP_MAP: {
        quorate_resp_cursor cursor;
        quorate_resp_value item;
        add(value->kind == QUORATE_RESP_MAP ? "maps" : "lists", 1);
        CHECK(quorate_resp_children(decoder, value, &cursor));
        while (CHECK(quorate_resp_next(decoder, &cursor, &item)) == QUORATE_OK) {
            count(decoder, &item, depth + 1);
        }
        break;
    }
    default: require(false, "a kind of value that this client does not know");
    }
    add("sum of depths", depth);
}

/* Decodes a recording, as it would arrive in packets; counts the values if told to. Gives the number of replies. */
static size_t decode(const uint8_t *bytes, size_t len, bool counting) {
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value value;
    size_t replies = 0;
    for (size_t at = 0; at < len; at += PACKET) {
        CHECK(quorate_resp_decoder_feed(decoder, bytes + at, len - at < PACKET ? len - at : PACKET));
        while (CHECK(quorate_resp_decoder_poll(decoder, &value)) == QUORATE_OK) {
            replies++;
            if (counting) {
                count(decoder, &value, 0);
            }
        }
    }
    quorate_resp_decoder_free(decoder);
    return replies;
}

static void put_words(quorate_buffer *out, size_t words, const char *first, const char *second) {
    quorate_bytes args[2] = {{(const uint8_t *)first, strlen(first)}, {(const uint8_t *)second, strlen(second)}};
    CHECK(quorate_resp_encode_command(args, words, out));
}

/* Sends the commands to a server, and counts what it replies until it echoes the end. Gives the number of replies. */
static size_t talk(int port, const char *protocol, const quorate_resp_command *commands, size_t command_count) {
    quorate_buffer *out = quorate_buffer_new();
    quorate_bytes bytes;
    put_words(out, 2, "HELLO", protocol);
    put_words(out, 1, "FLUSHALL", "");
    CHECK(quorate_resp_encode_pipeline(commands, command_count, out));
    put_words(out, 2, "ECHO", "the end");
    CHECK(quorate_buffer_bytes(out, &bytes));

    int connection = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(connect(connection, (struct sockaddr *)&address, sizeof address) == 0, "connect");
    for (size_t sent = 0; sent < bytes.len;) {
        ssize_t written = send(connection, bytes.data + sent, bytes.len - sent, 0);
        require(written > 0, "send");
        sent += (size_t)written;
    }
    quorate_buffer_free(out);

    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value value;
    size_t replies = 0;
    for (bool ended = false; !ended;) {
        /* The socket writes straight into the decoder's own memory. */
        uint8_t *tail;
        size_t room;
        CHECK(quorate_resp_decoder_reserve(decoder, 16 * 1024, &tail, &room));
        ssize_t got = recv(connection, tail, room, 0);
        require(got > 0, "recv");
        CHECK(quorate_resp_decoder_commit(decoder, (size_t)got));
        while (CHECK(quorate_resp_decoder_poll(decoder, &value)) == QUORATE_OK) {
            ended = value.kind == QUORATE_RESP_BULK_STRING && value.len == 7 && memcmp(value.data, "the end", 7) == 0;
            /* The first two answer HELLO and FLUSHALL. */
            if (!ended && ++replies > 2) {
                count(decoder, &value, 0);
            }
        }
    }
    quorate_resp_decoder_free(decoder);
    close(connection);
    return replies - 2;
}

static char *read_file(const char *folder, const char *name, size_t *len) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    require(file != NULL, path);
    char *bytes = calloc(1, 1 << 20);
    require(bytes != NULL, "calloc");
    *len = fread(bytes, 1, (1 << 20) - 1, file);
    fclose(file);
    return bytes;
}

/* Splits one recorded command. Between double quotes, a line's escapes are those that Redis itself knows, but for \s. */
static quorate_resp_command read_command(const char *line, size_t len) {
    char *quoted = malloc(4 * len + 2), *end = quoted;
    uint8_t *room = malloc(4 * len + 2);
    quorate_bytes *args = malloc((2 * len + 2) * sizeof *args);
    size_t args_count;
    require(quoted != NULL && room != NULL && args != NULL, "malloc");
    *end++ = '"';
    for (size_t i = 0; i < len; i++) {
        bool space = line[i] == '\\' && i + 1 < len && line[i + 1] == 's';
        char plain[] = {line[i], '\0'};
        const char *text = space ? "\\x20" : line[i] == '"' ? "\\\"" : line[i] == ' ' ? "\" \"" : plain;
        memcpy(end, text, strlen(text));
        end += strlen(text);
        i += space;
    }
    *end++ = '"';
    size_t size = (size_t)(end - quoted);
    CHECK(quorate_resp_split_inline((uint8_t *)quoted, size, room, size, args, 2 * len + 2, &args_count));
    free(quoted);
    return (quorate_resp_command){.args = args, .count = args_count};
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Runs `statement` so often, and leaves the least time of one run in `ns`. */
#define FASTEST(ns, rounds, statement)                                                                                 \
    do {                                                                                                               \
        (ns) = INT64_MAX;                                                                                              \
        for (int round_ = 0; round_ < (rounds); round_++) {                                                            \
            int64_t start_ = now();                                                                                    \
            statement;                                                                                                 \
            int64_t took_ = now() - start_;                                                                            \
            (ns) = took_ < (ns) ? took_ : (ns);                                                                        \
        }                                                                                                              \
    } while (0)

int main(int argc, char **argv) {
    require(argc > 1, "usage: client FOLDER [PORT]");
    int port = argc > 2 ? atoi(argv[2]) : 0;
    static quorate_resp_command commands[MAX_COMMANDS];
    size_t command_count = 0, len;
    char *text = read_file(argv[1], "redis-7.0.commands", &len);
    for (char *line = strtok(text, "\n"); line != NULL && command_count < MAX_COMMANDS; line = strtok(NULL, "\n")) {
        commands[command_count++] = read_command(line, strlen(line));
    }

    /* 1. Replies: feed bytes as they come, take every reply that is complete. */
    int64_t decode_ns = 0, ns;
    for (int protocol = 2; protocol <= 3; protocol++) {
        size_t replies;
        if (port) {
            FASTEST(ns, 1, replies = talk(port, protocol == 2 ? "2" : "3", commands, command_count));
        } else {
            uint8_t *bytes = (uint8_t *)read_file(argv[1], protocol == 2 ? "redis-7.0.resp2" : "redis-7.0.resp3", &len);
            replies = decode(bytes, len, true);
            FASTEST(ns, ROUNDS, decode(bytes, len, false));
            free(bytes);
        }
        decode_ns += ns / (int64_t)replies;
    }

    /* 2. Commands: a pipeline in one buffer, which the server's side reads as it was meant. */
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes pipeline;
    int64_t encode_ns;
    FASTEST(encode_ns, ROUNDS, {
        CHECK(quorate_buffer_clear(buffer));
        CHECK(quorate_resp_encode_pipeline(commands, command_count, buffer));
    });
    CHECK(quorate_buffer_bytes(buffer, &pipeline));
    quorate_resp_request_decoder *server = quorate_resp_request_decoder_new(NULL);
    quorate_resp_request request;
    CHECK(quorate_resp_request_decoder_feed(server, pipeline.data, pipeline.len));
    for (size_t i = 0; i < command_count; i++) {
        bool same = CHECK(quorate_resp_request_decoder_poll(server, &request)) == QUORATE_OK;
        same = same && request.count == commands[i].count;
        for (size_t j = 0; same && j < request.count; j++) {
            const quorate_bytes *meant = &commands[i].args[j], *read = &request.args[j];
            same = read->len == meant->len && memcmp(read->data, meant->data, meant->len) == 0;
        }
        add("commands understood", same);
    }
    add("bytes of pipeline", (int64_t)pipeline.len);
    add("checksum of pipeline", quorate_cluster_key_slot(pipeline.data, pipeline.len));

    /* 3. Keys: the slot of each, and which of them can be asked for together. */
    quorate_bytes keys[MAX_COMMANDS];
    quorate_cluster_group groups[MAX_COMMANDS];
    uint16_t slots[MAX_COMMANDS];
    uint32_t order[MAX_COMMANDS];
    size_t key_count = 0, group_count;
    for (size_t i = 0; i < command_count; i++) {
        if (commands[i].count > 1) {
            keys[key_count++] = commands[i].args[1];
        }
    }
    int64_t slots_ns;
    FASTEST(slots_ns, ROUNDS, CHECK(quorate_cluster_key_slots(keys, key_count, slots)));
    for (size_t i = 0; i < key_count; i++) {
        add("sum of slots", slots[i]);
    }
    CHECK(quorate_cluster_group_by_slot(keys, key_count, order, groups, MAX_COMMANDS, &group_count));
    add("groups of keys", (int64_t)group_count);

    printf("{\"language\": \"C\", \"results\": {");
    for (size_t i = 0; i < result_count; i++) {
        printf("%s\"%s\": %" PRId64, i ? ", " : "", results[i].name, results[i].sum);
    }
    printf("}, \"times\": {\"ns to %s a reply\": %" PRId64 ", \"ns to encode a command\": %" PRId64
           ", \"ns to route a key\": %" PRId64 "}}\n",
           port ? "fetch" : "decode", decode_ns / 2, encode_ns / (int64_t)command_count, slots_ns / (int64_t)key_count);
    quorate_resp_request_decoder_free(server);
    quorate_buffer_free(buffer);
    return 0;
}
