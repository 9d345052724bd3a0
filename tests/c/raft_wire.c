/* The bytes of Raft: each structure as etcd-io/raft and raft-rs write it, there and back, and what is none. */
#include "check.h"

typedef struct {
    uint8_t data[256];
    size_t len;
} hex_bytes;

/* "08 ff" as two bytes. */
static hex_bytes hex(const char *digits) {
    hex_bytes bytes;
    bytes.len = 0;
    for (; *digits != '\0'; digits++) {
        char pair[3];
        if (*digits == ' ') {
            continue;
        }
        memcpy(pair, digits, 2);
        pair[2] = '\0';
        bytes.data[bytes.len++] = (uint8_t)strtoul(pair, NULL, 16);
        digits++;
    }
    return bytes;
}

static void check_hex(int line, quorate_buffer *buffer, const char *digits) {
    hex_bytes expected = hex(digits);
    quorate_bytes found;
    CHECK_STATUS(quorate_buffer_bytes(buffer, &found), QUORATE_OK);
    CHECK_INT(found.len, expected.len);
    CHECK(found.len == expected.len && memcmp(found.data, expected.data, found.len) == 0);
    if (check_failed > 0) {
        printf("  of line %d\n", line);
    }
    CHECK_STATUS(quorate_buffer_clear(buffer), QUORATE_OK);
}

#define CHECK_HEX(buffer, digits) check_hex(__LINE__, buffer, digits)

#define APPEND                                                                                                         \
    "08 03  10 02  18 01  20 05  28 04  30 ac 02  3a 0a  08 00  10 05  18 ad 02  22 01 78  40 ab 02  50 00  58 00"

static void messages(quorate_raft_decoder *decoder, quorate_buffer *buffer) {
    quorate_raft_message message, read;
    quorate_raft_entry entry;
    hex_bytes bytes;
    memset(&message, 0, sizeof message);
    memset(&entry, 0, sizeof entry);
    entry.term = 5, entry.index = 301, entry.data = bytes_of("x");
    message.kind = QUORATE_RAFT_MSG_APP;
    message.to = 2, message.from = 1, message.term = 5, message.log_term = 4, message.index = 300, message.commit = 299;
    message.entries.data = &entry, message.entries.len = 1;
    CHECK_STATUS(quorate_raft_encode_message(&message, QUORATE_RAFT_DIALECT_ETCD, buffer), QUORATE_OK);
    CHECK_HEX(buffer, APPEND "68 00");
    CHECK_STATUS(quorate_raft_encode_message(&message, QUORATE_RAFT_DIALECT_RAFT_RS, buffer), QUORATE_OK);
    CHECK_HEX(buffer, APPEND "68 00  78 00  80 01 00");

    bytes = hex(APPEND "68 00");
    CHECK_STATUS(quorate_raft_decode_message(decoder, bytes.data, bytes.len, QUORATE_RAFT_DIALECT_ETCD, &read),
                 QUORATE_OK);
    memset(&bytes, 0, sizeof bytes); /* what was read is the decoder's own */
    CHECK_INT(read.kind, QUORATE_RAFT_MSG_APP);
    CHECK_INT(read.index, 300);
    CHECK_INT(read.commit, 299);
    CHECK(read.snapshot == NULL && read.responses == NULL && read.response_count == 0);
    CHECK_INT(read.entries.len, 1);
    CHECK_INT(read.entries.data[0].index, 301);
    CHECK_BYTES(read.entries.data[0].data.data, read.entries.data[0].data.len, "x");

    /* The dialects part at the last fields. */
    bytes = hex("08 06  68 07  78 09  80 01 ff ff ff ff ff ff ff ff ff 01");
    CHECK_STATUS(quorate_raft_decode_message(decoder, bytes.data, bytes.len, QUORATE_RAFT_DIALECT_ETCD, &read),
                 QUORATE_OK);
    CHECK(read.vote == 7 && read.request_snapshot == 0 && read.commit_term == 0 && read.priority == 0);
    CHECK_STATUS(quorate_raft_decode_message(decoder, bytes.data, bytes.len, QUORATE_RAFT_DIALECT_RAFT_RS, &read),
                 QUORATE_OK);
    CHECK(read.vote == 0 && read.request_snapshot == 7 && read.commit_term == 9 && read.priority == -1);

    memset(&message, 0, sizeof message);
    message.kind = QUORATE_RAFT_MSG_HEARTBEAT_RESP;
    message.to = 1, message.from = 2, message.term = 3, message.reject = 7, message.reject_hint = 4;
    message.context = bytes_of("ctx");
    CHECK_STATUS(quorate_raft_encode_message(&message, QUORATE_RAFT_DIALECT_ETCD, buffer), QUORATE_OK);
    CHECK_HEX(buffer, "08 09 10 01 18 02 20 03 28 00 30 00 40 00 50 01 58 04 62 03 63 74 78 68 00");
}

static void snapshots(quorate_raft_decoder *decoder, quorate_buffer *buffer) {
    static const char digits[] = "08 07  10 02  18 01  20 01  28 00  30 00  40 00"
                                 "4a 18  0a 02 61 62  12 12  0a 0c  08 01 08 02 10 03 18 01 20 04 28 01  10 09  18 01"
                                 "50 00  58 00  68 00";
    static const uint64_t voters[] = {1, 2}, learners[] = {3}, outgoing[] = {1}, next[] = {4};
    quorate_raft_snapshot snapshot, alone;
    quorate_raft_message message, read;
    hex_bytes bytes = hex(digits);
    memset(&message, 0, sizeof message);
    memset(&snapshot, 0, sizeof snapshot);
    snapshot.index = 9, snapshot.term = 1, snapshot.data = bytes_of("ab");
    snapshot.conf_state.voters.data = voters, snapshot.conf_state.voters.len = 2;
    snapshot.conf_state.learners.data = learners, snapshot.conf_state.learners.len = 1;
    snapshot.conf_state.voters_outgoing.data = outgoing, snapshot.conf_state.voters_outgoing.len = 1;
    snapshot.conf_state.learners_next.data = next, snapshot.conf_state.learners_next.len = 1;
    snapshot.conf_state.auto_leave = 1;
    message.kind = QUORATE_RAFT_MSG_SNAP, message.to = 2, message.from = 1, message.term = 1;
    message.snapshot = &snapshot;
    CHECK_STATUS(quorate_raft_encode_message(&message, QUORATE_RAFT_DIALECT_ETCD, buffer), QUORATE_OK);
    CHECK_HEX(buffer, digits);
    CHECK_STATUS(quorate_raft_decode_message(decoder, bytes.data, bytes.len, QUORATE_RAFT_DIALECT_ETCD, &read),
                 QUORATE_OK);
    CHECK(read.snapshot != NULL);
    CHECK_INT(read.snapshot->index, 9);
    CHECK_INT(read.snapshot->conf_state.voters.len, 2);
    CHECK_INT(read.snapshot->conf_state.voters.data[1], 2);
    CHECK_INT(read.snapshot->conf_state.learners.data[0], 3);
    CHECK_INT(read.snapshot->conf_state.voters_outgoing.data[0], 1);
    CHECK_INT(read.snapshot->conf_state.learners_next.data[0], 4);
    CHECK_INT(read.snapshot->conf_state.auto_leave, 1);
    CHECK_BYTES(read.snapshot->data.data, read.snapshot->data.len, "ab");

    CHECK_STATUS(quorate_raft_encode_snapshot(&snapshot, buffer), QUORATE_OK);
    CHECK_HEX(buffer, "0a 02 61 62  12 12  0a 0c  08 01 08 02 10 03 18 01 20 04 28 01  10 09  18 01");
    bytes = hex("0a 02 61 62  12 12  0a 0c  0a 02 01 02 10 03 18 01 20 04 28 01  10 09  18 01"); /* packed */
    CHECK_STATUS(quorate_raft_decode_snapshot(decoder, bytes.data, bytes.len, &alone), QUORATE_OK);
    CHECK_INT(alone.term, 1);
    CHECK_INT(alone.conf_state.voters.len, 2);
    CHECK_INT(read.snapshot->index, 9); /* the message is still there */
}

static void states(quorate_raft_decoder *decoder, quorate_buffer *buffer) {
    quorate_raft_hard_state state = {3, 1, 300}, read;
    quorate_raft_entry entry, back;
    hex_bytes bytes = hex("08 03 10 01 18 ac 02");
    CHECK_STATUS(quorate_raft_encode_hard_state(&state, buffer), QUORATE_OK);
    CHECK_HEX(buffer, "08 03 10 01 18 ac 02");
    CHECK_STATUS(quorate_raft_decode_hard_state(decoder, bytes.data, bytes.len, &read), QUORATE_OK);
    CHECK(read.term == 3 && read.vote == 1 && read.commit == 300);
    entry.term = 2, entry.index = 7, entry.kind = QUORATE_RAFT_ENTRY_NORMAL, entry.data = bytes_of("x = 1");
    CHECK_STATUS(quorate_raft_encode_entry(&entry, buffer), QUORATE_OK);
    CHECK_HEX(buffer, "08 00 10 02 18 07 22 05 78 20 3d 20 31");
    bytes = hex("08 00 10 02 18 07 22 05 78 20 3d 20 31");
    CHECK_STATUS(quorate_raft_decode_entry(decoder, bytes.data, bytes.len, &back), QUORATE_OK);
    CHECK(back.term == 2 && back.index == 7 && back.kind == QUORATE_RAFT_ENTRY_NORMAL);
    CHECK_BYTES(back.data.data, back.data.len, "x = 1");
}

static void changes(quorate_raft_decoder *decoder, quorate_buffer *buffer) {
    quorate_raft_conf_change_single singles[] = {
        {1, QUORATE_RAFT_ADD_NODE}, {300, QUORATE_RAFT_ADD_LEARNER_NODE}, {2, QUORATE_RAFT_REMOVE_NODE}};
    quorate_raft_conf_change change, read;
    quorate_raft_entry entry;
    hex_bytes bytes = hex("08 02  12 04 08 00 10 01  12 05 08 03 10 ac 02  12 04 08 01 10 02");
    memset(&change, 0, sizeof change);
    CHECK_STATUS(quorate_raft_encode_conf_change(&change, buffer), QUORATE_OK);
    CHECK_HEX(buffer, ""); /* to leave a joint configuration takes no bytes */
    change.changes = singles, change.count = 3;
    change.transition = QUORATE_RAFT_TRANSITION_JOINT_EXPLICIT;
    CHECK_STATUS(quorate_raft_encode_conf_change(&change, buffer), QUORATE_OK);
    CHECK_HEX(buffer, "08 02  12 04 08 00 10 01  12 05 08 03 10 ac 02  12 04 08 01 10 02");
    CHECK_STATUS(quorate_raft_decode_conf_change(decoder, bytes.data, bytes.len, &read), QUORATE_OK);
    CHECK_INT(read.count, 3);
    CHECK_INT(read.transition, QUORATE_RAFT_TRANSITION_JOINT_EXPLICIT);
    CHECK(read.changes[1].node_id == 300 && read.changes[1].kind == QUORATE_RAFT_ADD_LEARNER_NODE);
    CHECK_STATUS(quorate_raft_decode_conf_change(decoder, NULL, 0, &read), QUORATE_OK);
    CHECK_INT(read.count, 0);

    /* As an entry holds it, of either kind. */
    memset(&entry, 0, sizeof entry);
    CHECK_STATUS(quorate_raft_decode_entry_conf_change(decoder, &entry, &read), QUORATE_NOTHING);
    bytes = hex("08 07  10 01  18 03  22 01 63");
    entry.kind = QUORATE_RAFT_ENTRY_CONF_CHANGE;
    entry.data.data = bytes.data, entry.data.len = bytes.len;
    CHECK_STATUS(quorate_raft_decode_entry_conf_change(decoder, &entry, &read), QUORATE_OK);
    CHECK_INT(read.count, 1);
    CHECK(read.changes[0].node_id == 3 && read.changes[0].kind == QUORATE_RAFT_REMOVE_NODE);
    CHECK_BYTES(read.context.data, read.context.len, "c");
    entry.kind = QUORATE_RAFT_ENTRY_CONF_CHANGE_V2;
    entry.data = bytes_of("\x12\x02\x10\x09");
    CHECK_STATUS(quorate_raft_decode_entry_conf_change(decoder, &entry, &read), QUORATE_OK);
    CHECK(read.count == 1 && read.changes[0].node_id == 9 && read.changes[0].kind == QUORATE_RAFT_ADD_NODE);
}

static void refuse(quorate_raft_decoder *decoder, const char *digits, uint64_t offset, const char *words) {
    hex_bytes bytes = hex(digits);
    quorate_raft_message message;
    quorate_raft_error error;
    char text[96] = "";
    memset(&message, 0x5a, sizeof message);
    CHECK_STATUS(quorate_raft_decode_message(decoder, bytes.data, bytes.len, QUORATE_RAFT_DIALECT_ETCD, &message),
                 QUORATE_ERR_INVALID_WIRE);
    CHECK_INT(message.kind, 0x5a5a5a5a); /* left alone */
    CHECK_STATUS(quorate_raft_decoder_error_details(decoder, &error), QUORATE_OK);
    CHECK_STATUS(error.status, QUORATE_ERR_INVALID_WIRE);
    CHECK_INT(error.offset, offset);
    CHECK_INT(quorate_raft_decoder_error(decoder, text, sizeof text), strlen(words));
    CHECK_TEXT(text, words);
}

/* Every first part of a message, and every byte of it turned around, is a message or an error and nothing else. */
static void torn(quorate_raft_decoder *decoder) {
    hex_bytes bytes = hex(APPEND "68 00");
    quorate_raft_message message;
    size_t at;
    for (at = 0; at < bytes.len; at++) {
        quorate_status status;
        uint8_t *part = (uint8_t *)malloc(at + 1); /* so that a sanitizer sees a read beyond it */
        memcpy(part, bytes.data, at);
        status = quorate_raft_decode_message(decoder, part, at, QUORATE_RAFT_DIALECT_ETCD, &message);
        CHECK(status == QUORATE_OK || status == QUORATE_ERR_INVALID_WIRE);
        free(part);
        bytes.data[at] ^= 0xff;
        status = quorate_raft_decode_message(decoder, bytes.data, bytes.len, QUORATE_RAFT_DIALECT_RAFT_RS, &message);
        CHECK(status == QUORATE_OK || status == QUORATE_ERR_INVALID_WIRE);
        bytes.data[at] ^= 0xff;
    }
}

static void misuse(quorate_raft_decoder *decoder, quorate_buffer *buffer) {
    quorate_raft_decoder *none = (quorate_raft_decoder *)calloc(1, 4096);
    quorate_raft_message message;
    quorate_raft_entry entry;
    quorate_raft_conf_change change;
    quorate_raft_snapshot snapshot;
    quorate_raft_hard_state state;
    memset(&message, 0, sizeof message);
    memset(&entry, 0, sizeof entry);
    memset(&change, 0, sizeof change);
    CHECK_STATUS(quorate_raft_decode_message(NULL, NULL, 0, 0, &message), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_message(decoder, NULL, 1, 0, &message), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_message(decoder, NULL, 0, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_message(decoder, NULL, 0, 2, &message), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_raft_decode_message(none, NULL, 0, 0, &message), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_decode_entry(decoder, NULL, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_snapshot(decoder, NULL, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_snapshot(none, NULL, 0, &snapshot), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_decode_hard_state(decoder, NULL, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_hard_state(NULL, NULL, 0, &state), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_conf_change(decoder, NULL, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_entry_conf_change(decoder, NULL, &change), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_decode_entry_conf_change(decoder, &entry, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_encode_message(NULL, 0, buffer), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_encode_message(&message, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_encode_message(&message, 7, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    message.kind = 24;
    CHECK_STATUS(quorate_raft_encode_message(&message, 0, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    message.kind = 0, message.entries.len = 1;
    CHECK_STATUS(quorate_raft_encode_message(&message, 0, buffer), QUORATE_ERR_NULL);
    message.entries.len = SIZE_MAX, message.entries.data = &entry;
    CHECK_STATUS(quorate_raft_encode_message(&message, 0, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    entry.kind = 3;
    CHECK_STATUS(quorate_raft_encode_entry(&entry, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_raft_encode_entry(NULL, buffer), QUORATE_ERR_NULL);
    change.transition = 3;
    CHECK_STATUS(quorate_raft_encode_conf_change(&change, buffer), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_HEX(buffer, "");
    CHECK_INT(quorate_raft_decoder_error(NULL, NULL, 0), 0);
    quorate_raft_decoder_free(none); /* left alone */
    quorate_raft_decoder_free(NULL);
    free(none);
    CHECK_TEXT(quorate_raft_message_kind_str(QUORATE_RAFT_MSG_APP_RESP), "app_resp");
    CHECK_TEXT(quorate_raft_message_kind_str(24), "unlisted");
    CHECK_TEXT(quorate_raft_role_str(QUORATE_RAFT_PRE_CANDIDATE), "pre_candidate");
    CHECK_TEXT(quorate_raft_role_str(4), "unlisted");
}

int main(void) {
    quorate_raft_decoder *decoder = quorate_raft_decoder_new();
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_raft_error error;
    CHECK_STATUS(quorate_raft_decoder_error_details(decoder, &error), QUORATE_OK);
    CHECK_STATUS(error.status, QUORATE_OK);
    CHECK_INT(quorate_raft_decoder_error(decoder, NULL, 0), 0);
    messages(decoder, buffer);
    snapshots(decoder, buffer);
    states(decoder, buffer);
    changes(decoder, buffer);
    refuse(decoder, "08 18", 2, "at byte 2: a known kind of message");
    refuse(decoder, "08", 1, "at byte 1: a number, before the end");
    refuse(decoder, "3a 05 08", 2, "at byte 2: as many bytes as announced");
    refuse(decoder, "0f", 1, "at byte 1: a field of a known wire type");
    torn(decoder);
    misuse(decoder, buffer);
    quorate_buffer_free(buffer);
    quorate_raft_decoder_free(decoder);
    return check_report();
}
