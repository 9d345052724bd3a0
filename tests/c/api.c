/* What does not belong to one machine: versions, names of statuses and kinds, the buffer. */
#include "check.h"

static void versions(void) {
    char text[32];
    CHECK_TEXT(quorate_version(), QUORATE_VERSION);
    CHECK_INT(quorate_version_number(), QUORATE_VERSION_NUMBER);
    /* Each part is in its own place: a macro made of the wrong parts would still be equal to itself. */
    snprintf(text, sizeof text, "%d.%d.%d", QUORATE_VERSION_MAJOR, QUORATE_VERSION_MINOR, QUORATE_VERSION_PATCH);
    CHECK_TEXT(text, quorate_version());
    CHECK_INT(QUORATE_VERSION_NUMBER >> 16, QUORATE_VERSION_MAJOR);
    CHECK_INT(QUORATE_VERSION_NUMBER >> 8 & 255, QUORATE_VERSION_MINOR);
    CHECK_INT(QUORATE_VERSION_NUMBER & 255, QUORATE_VERSION_PATCH);
    CHECK_INT(QUORATE_VERSION_OF(1, 2, 3), 0x010203);
    CHECK(QUORATE_VERSION_OF(0, 1, 255) < QUORATE_VERSION_OF(0, 2, 0));
}

static void statuses(void) {
    const char *names[256];
    size_t known = 0, before;
    int status;
    for (status = -1000; status <= 1000; status++) {
        const char *name = quorate_status_str(status);
        CHECK(name != NULL && name[0] != '\0');
        if (strcmp(name, "unknown_status") == 0) {
            continue;
        }
        for (before = 0; before < known; before++) {
            CHECK(strcmp(names[before], name) != 0);
        }
        CHECK(known < 256);
        names[known++] = name;
    }
    CHECK_INT(known, 13 + 20 + 7 + 9 + 1 + 20 + 16 + 14 + 16);
    CHECK_TEXT(quorate_status_str(QUORATE_OK), "ok");
    CHECK_TEXT(quorate_status_str(QUORATE_NEED_MORE), "need_more");
    CHECK_TEXT(quorate_status_str(QUORATE_ERR_STALE), "stale");
    CHECK_TEXT(quorate_status_str(QUORATE_ERR_INVALID_LENGTH), "invalid_length");
    CHECK_TEXT(quorate_status_str(QUORATE_ERR_UNAUTHENTICATED_BULK_LENGTH), "unauthenticated_bulk_length");
    CHECK_INT(QUORATE_OK, 0);
    CHECK_INT(QUORATE_NEED_MORE, 1);
    CHECK(QUORATE_ERR_PANIC < 0 && QUORATE_ERR_UNKNOWN_SLOT < 0);
}

static void kinds(void) {
    int kind;
    CHECK_TEXT(quorate_resp_kind_str(QUORATE_RESP_BULK_STRING), "bulk_string");
    CHECK_TEXT(quorate_resp_kind_str(QUORATE_RESP_END), "end");
    CHECK_TEXT(quorate_resp_kind_str(21), "unlisted");
    CHECK_TEXT(quorate_resp_kind_str(-1), "unlisted");
    for (kind = 1; kind <= 20; kind++) {
        CHECK(strcmp(quorate_resp_kind_str(kind), "unlisted") != 0);
    }
}

static void buffers(void) {
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes word = bytes_of("PING"), view;
    CHECK(buffer != NULL);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_INT(view.len, 0);
    CHECK_STATUS(quorate_resp_encode_command(&word, 1, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_resp_encode_command(&word, 1, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_BYTES(view.data, view.len, "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
    CHECK_STATUS(quorate_buffer_clear(buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    CHECK_INT(view.len, 0);
    CHECK_STATUS(quorate_buffer_bytes(buffer, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_buffer_bytes(NULL, &view), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_buffer_clear(NULL), QUORATE_ERR_NULL);
    quorate_buffer_free(buffer);
    quorate_buffer_free(NULL);
}

int main(void) {
    versions();
    statuses();
    kinds();
    buffers();
    return check_report();
}
