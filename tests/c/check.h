/* Checks for the tests in C. Each program prints what failed, then how many checks it made, and ends with 1 if any failed. */
#ifndef CHECK_H
#define CHECK_H

#include <quorate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long check_made = 0;
static unsigned long check_failed = 0;

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        check_made++;                                                                                                  \
        if (!(condition)) {                                                                                            \
            check_failed++;                                                                                            \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                     \
        }                                                                                                              \
    } while (0)

#define CHECK_INT(found, expected) check_int(__FILE__, __LINE__, #found, (long long)(found), (long long)(expected))
#define CHECK_STATUS(found, expected) check_status(__FILE__, __LINE__, #found, (found), (expected))
#define CHECK_TEXT(found, expected) check_text(__FILE__, __LINE__, #found, (found), (expected))
#define CHECK_BYTES(data, len, expected)                                                                               \
    check_bytes(__FILE__, __LINE__, #data, (data), (len), (expected), sizeof(expected) - 1)

static inline void check_int(const char *file, int line, const char *what, long long found, long long expected) {
    check_made++;
    if (found != expected) {
        check_failed++;
        printf("%s:%d: %s is %lld, expected %lld\n", file, line, what, found, expected);
    }
}

static inline void check_status(const char *file, int line, const char *what, quorate_status found,
                                quorate_status expected) {
    check_made++;
    if (found != expected) {
        check_failed++;
        printf("%s:%d: %s is %s, expected %s\n", file, line, what, quorate_status_str(found),
               quorate_status_str(expected));
    }
}

static inline void check_text(const char *file, int line, const char *what, const char *found, const char *expected) {
    check_made++;
    if (strcmp(found, expected) != 0) {
        check_failed++;
        printf("%s:%d: %s is\n    %s\nexpected\n    %s\n", file, line, what, found, expected);
    }
}

static inline void check_bytes(const char *file, int line, const char *what, const uint8_t *data, size_t len,
                               const char *expected, size_t expected_len) {
    check_made++;
    if (len != expected_len || (len > 0 && memcmp(data, expected, len) != 0)) {
        check_failed++;
        printf("%s:%d: %s is \"%.*s\", expected \"%s\"\n", file, line, what, (int)len, (const char *)data, expected);
    }
}

static inline int check_report(void) {
    printf("%lu checks, %lu failed\n", check_made, check_failed);
    return check_failed != 0 || check_made == 0;
}

/* A view of a string literal. */
static inline quorate_bytes bytes_of(const char *text) {
    quorate_bytes bytes;
    bytes.data = (const uint8_t *)text;
    bytes.len = strlen(text);
    return bytes;
}

static inline quorate_status feed_text(quorate_resp_decoder *decoder, const char *text) {
    return quorate_resp_decoder_feed(decoder, (const uint8_t *)text, strlen(text));
}

#endif
