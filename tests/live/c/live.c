/* Speaks to a real redis-server at 127.0.0.1:QUORATE_REDIS_PORT over sockets, in both protocols. It uses only keys and channels
 * of its own and removes them, for other tests may use the server at the same time. */
#define _POSIX_C_SOURCE 200809L
#include "../../c/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

typedef struct connection {
    int fd;
    quorate_resp_decoder *decoder;
    quorate_buffer *out;
    quorate_resp_value value; /* the latest reply or push */
    char text[512];           /* its text, as far as it fits */
} connection;

static void give_up(const char *what) {
    perror(what);
    exit(1);
}

static connection open_connection(void) {
    const char *port = getenv("QUORATE_REDIS_PORT");
    struct sockaddr_in address;
    struct timeval patience = {10, 0};
    connection made;
    memset(&made, 0, sizeof made);
    memset(&address, 0, sizeof address);
    if (port == NULL) {
        fprintf(stderr, "QUORATE_REDIS_PORT is not set\n");
        exit(2);
    }
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)atoi(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    made.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (made.fd < 0 || setsockopt(made.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        connect(made.fd, (struct sockaddr *)&address, sizeof address) != 0) {
        give_up("connect");
    }
    made.decoder = quorate_resp_decoder_new(NULL);
    made.out = quorate_buffer_new();
    return made;
}

static void close_connection(connection *it) {
    close(it->fd);
    quorate_resp_decoder_free(it->decoder);
    quorate_buffer_free(it->out);
}

/* Writes all that was encoded. */
static void flush(connection *it) {
    quorate_bytes bytes;
    size_t written = 0;
    CHECK_STATUS(quorate_buffer_bytes(it->out, &bytes), QUORATE_OK);
    while (written < bytes.len) {
        ssize_t now = write(it->fd, bytes.data + written, bytes.len - written);
        if (now <= 0) {
            give_up("write");
        }
        written += (size_t)now;
    }
    quorate_buffer_clear(it->out);
}

/* Encodes one command of words that are texts. */
static void encode(connection *it, size_t count, const char *const *words) {
    quorate_bytes args[16];
    size_t at;
    for (at = 0; at < count; at++) {
        args[at] = bytes_of(words[at]);
    }
    CHECK_STATUS(quorate_resp_encode_command(args, count, it->out), QUORATE_OK);
}

/* Reads until there is a reply or push, into memory of the decoder itself. */
static const char *receive(connection *it) {
    quorate_status status;
    while ((status = quorate_resp_decoder_poll(it->decoder, &it->value)) == QUORATE_NEED_MORE) {
        uint8_t *room;
        size_t cap;
        ssize_t got;
        CHECK_STATUS(quorate_resp_decoder_reserve(it->decoder, 16384, &room, &cap), QUORATE_OK);
        got = read(it->fd, room, cap);
        if (got <= 0) {
            give_up("read");
        }
        CHECK_STATUS(quorate_resp_decoder_commit(it->decoder, (size_t)got), QUORATE_OK);
    }
    CHECK_STATUS(status, QUORATE_OK);
    quorate_resp_value_text(it->decoder, &it->value, it->text, sizeof it->text);
    return it->text;
}

#define WORDS(...) sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), (const char *const[]){__VA_ARGS__}

static const char *ask(connection *it, size_t count, const char *const *words) {
    encode(it, count, words);
    flush(it);
    return receive(it);
}
#define ASK(it, ...) ask((it), WORDS(__VA_ARGS__))

static void both(connection *it) {
    static const uint8_t raw[] = "\x00\r\n\xff*1\r\n";
    quorate_bytes args[3];
    CHECK_TEXT(ASK(it, "PING"), "\"PONG\"");
    args[0] = bytes_of("SET"), args[1] = bytes_of("quorate:c:raw");
    args[2].data = raw, args[2].len = sizeof raw - 1;
    CHECK_STATUS(quorate_resp_encode_command(args, 3, it->out), QUORATE_OK);
    flush(it);
    CHECK_TEXT(receive(it), "\"OK\"");
    ASK(it, "GET", "quorate:c:raw");
    CHECK_INT(it->value.kind, QUORATE_RESP_BULK_STRING);
    CHECK(it->value.len == sizeof raw - 1 && memcmp(it->value.data, raw, it->value.len) == 0);
    CHECK_TEXT(ASK(it, "DEL", "quorate:c:raw"), "1");
    CHECK_TEXT(ASK(it, "GET", "quorate:c:none"), "null");
    CHECK(quorate_resp_is_null(&it->value));
    ASK(it, "LPUSH", "quorate:c:none");
    CHECK(quorate_resp_is_error(&it->value));
    CHECK_TEXT(ASK(it, "EVAL", "return {1, {2, {3, 'four'}}, false, {}}", "0"), "[1, [2, [3, \"four\"]], null, []]");
}

/* Commands in one write, replies in batches; a value longer than any read. */
static void pipelines(connection *it) {
    quorate_bytes key = bytes_of("quorate:c:counter"), fixed[1];
    quorate_resp_value values[64];
    quorate_resp_prefix *prefix;
    size_t sent, got = 0;
    static uint8_t big[3000000];
    quorate_bytes args[2];
    fixed[0] = bytes_of("INCR");
    prefix = quorate_resp_prefix_new(fixed, 1, 1);
    for (sent = 0; sent < 2000; sent++) {
        CHECK_STATUS(quorate_resp_prefix_encode(prefix, &key, 1, it->out), QUORATE_OK);
    }
    quorate_resp_prefix_free(prefix);
    flush(it);
    while (got < sent) {
        size_t count = 0, at;
        quorate_status status = quorate_resp_decoder_poll_all(it->decoder, values, 64, &count);
        CHECK(status >= 0);
        for (at = 0; at < count; at++) {
            got++;
            CHECK_INT(values[at].integer, got);
        }
        if (status == QUORATE_NEED_MORE) {
            uint8_t part[1460];
            ssize_t bytes = read(it->fd, part, sizeof part);
            if (bytes <= 0) {
                give_up("read");
            }
            CHECK_STATUS(quorate_resp_decoder_feed(it->decoder, part, (size_t)bytes), QUORATE_OK);
        }
    }
    CHECK_TEXT(ASK(it, "DEL", "quorate:c:counter"), "1");

    memset(big, 'x', sizeof big);
    args[0] = bytes_of("ECHO");
    args[1].data = big, args[1].len = sizeof big;
    CHECK_STATUS(quorate_resp_encode_command(args, 2, it->out), QUORATE_OK);
    flush(it);
    receive(it);
    CHECK(it->value.len == sizeof big && memcmp(it->value.data, big, sizeof big) == 0);
    CHECK_INT(quorate_resp_decoder_buffered(it->decoder), 0);
}

/* The value of a key in a map of texts. */
static quorate_resp_value lookup(const connection *it, const char *key) {
    quorate_resp_cursor cursor;
    quorate_resp_value name, value;
    memset(&value, 0, sizeof value);
    CHECK_STATUS(quorate_resp_children(it->decoder, &it->value, &cursor), QUORATE_OK);
    while (quorate_resp_next(it->decoder, &cursor, &name) == QUORATE_OK &&
           quorate_resp_next(it->decoder, &cursor, &value) == QUORATE_OK) {
        if (name.len == strlen(key) && memcmp(name.data, key, name.len) == 0) {
            return value;
        }
    }
    CHECK(!"the map has the key");
    return value;
}

static void third_protocol(connection *it) {
    ASK(it, "HELLO", "3");
    CHECK_INT(it->value.kind, QUORATE_RESP_MAP);
    CHECK_INT(lookup(it, "proto").integer, 3);
    {
        quorate_resp_value server = lookup(it, "server");
        CHECK_BYTES(server.data, server.len, "redis");
    }
    both(it);
    CHECK_TEXT(ASK(it, "ZADD", "quorate:c:z", "1.5", "a", "inf", "b"), "2");
    ASK(it, "ZSCORE", "quorate:c:z", "a");
    CHECK_INT(it->value.kind, QUORATE_RESP_DOUBLE);
    CHECK(it->value.number == 1.5);
    CHECK_TEXT(ASK(it, "ZSCORE", "quorate:c:z", "b"), "inf");
    CHECK_TEXT(ASK(it, "SADD", "quorate:c:s", "only"), "1");
    ASK(it, "SMEMBERS", "quorate:c:s");
    CHECK_INT(it->value.kind, QUORATE_RESP_SET);
    CHECK_TEXT(it->text, "[\"only\"]");
    CHECK_TEXT(ASK(it, "HSET", "quorate:c:h", "field", "value"), "1");
    ASK(it, "HGETALL", "quorate:c:h");
    CHECK_INT(it->value.kind, QUORATE_RESP_MAP);
    CHECK_TEXT(it->text, "{\"field\": \"value\"}");
    ASK(it, "EVAL", "redis.setresp(3); return {true, {double=2.5}, {big_number='12345678901234567890'}}", "0");
    CHECK_TEXT(it->text, "[true, f64:4004000000000000, 12345678901234567890]");
    ASK(it, "LOLWUT");
    CHECK_INT(it->value.kind, QUORATE_RESP_VERBATIM);
    CHECK_TEXT(it->value.format, "txt");
    CHECK_TEXT(ASK(it, "DEL", "quorate:c:z", "quorate:c:s", "quorate:c:h"), "3");
}

/* Pushes come between replies and are told apart from them. */
static void pushes(connection *it, connection *other) {
    CHECK_TEXT(ASK(it, "CLIENT", "TRACKING", "ON"), "\"OK\"");
    ASK(it, "GET", "quorate:c:watched");
    CHECK_TEXT(ASK(other, "SET", "quorate:c:watched", "1"), "\"OK\"");
    CHECK_TEXT(receive(it), ">[\"invalidate\", [\"quorate:c:watched\"]]");
    CHECK_INT(it->value.kind, QUORATE_RESP_PUSH);
    ASK(it, "SUBSCRIBE", "quorate:c:channel");
    CHECK_TEXT(it->text, ">[\"subscribe\", \"quorate:c:channel\", 1]");
    CHECK_TEXT(ASK(other, "PUBLISH", "quorate:c:channel", "hello"), "1");
    CHECK_TEXT(receive(it), ">[\"message\", \"quorate:c:channel\", \"hello\"]");
    CHECK_TEXT(ASK(it, "PING"), "\"PONG\"");
    CHECK_INT(it->value.kind, QUORATE_RESP_SIMPLE_STRING);
    CHECK_TEXT(ASK(other, "DEL", "quorate:c:watched"), "1");
}

int main(void) {
    connection two = open_connection(), three = open_connection();
    both(&two);
    pipelines(&two);
    third_protocol(&three);
    pipelines(&three);
    pushes(&three, &two);
    close_connection(&two);
    close_connection(&three);
    return check_report();
}
