/* Slot hashing, alone, in batches and backwards. */
#include "check.h"

static void slots(void) {
    static const struct {
        const char *key;
        int slot;
    } known[] = {
        {"", 0},          {"123456789", 12739}, {"foo", 12182},       {"bar", 5061},   {"{}foo", 9500},
        {"foo{}{bar}", 8363}, {"foo{{bar}}zap", 4015}, {"foo{bar}{zap}", 5061}, {"}a{b}", 3300}, {"{user1000}.following", 3443},
    };
    quorate_bytes keys[10];
    uint16_t batch[11];
    size_t at;
    for (at = 0; at < 10; at++) {
        keys[at] = bytes_of(known[at].key);
        CHECK_INT(quorate_cluster_key_slot(keys[at].data, keys[at].len), known[at].slot);
    }
    batch[10] = 65535;
    CHECK_STATUS(quorate_cluster_key_slots(keys, 10, batch), QUORATE_OK);
    for (at = 0; at < 10; at++) {
        CHECK_INT(batch[at], known[at].slot);
    }
    CHECK_INT(batch[10], 65535);
    CHECK_STATUS(quorate_cluster_key_slots(NULL, 0, NULL), QUORATE_OK);
    CHECK_INT(quorate_cluster_key_slot((const uint8_t *)"\0\0", 2), 0);
    CHECK_INT(quorate_cluster_key_slot((const uint8_t *)"\xff\xfe", 2), 3374);
    CHECK_INT(quorate_cluster_key_slot(NULL, 0), 0);
    CHECK_INT(quorate_cluster_key_slot(NULL, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_cluster_key_slots(NULL, 1, batch), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_cluster_key_slots(keys, 1, NULL), QUORATE_ERR_NULL);
    keys[3].data = NULL;
    CHECK_STATUS(quorate_cluster_key_slots(keys, 10, batch), QUORATE_ERR_NULL);
}

static void tags(void) {
    const char *key = "a{user}b";
    quorate_bytes tag;
    char text[QUORATE_CLUSTER_TAG_SIZE];
    uint32_t slot;
    CHECK_STATUS(quorate_cluster_hash_tag((const uint8_t *)key, 8, &tag), QUORATE_OK);
    CHECK_BYTES(tag.data, tag.len, "user");
    CHECK(tag.data == (const uint8_t *)key + 2); /* a view, no copy */
    CHECK_STATUS(quorate_cluster_hash_tag((const uint8_t *)"{}x", 3, &tag), QUORATE_OK);
    CHECK_BYTES(tag.data, tag.len, "{}x");
    CHECK_STATUS(quorate_cluster_hash_tag((const uint8_t *)key, 8, NULL), QUORATE_ERR_NULL);

    for (slot = 0; slot < QUORATE_CLUSTER_SLOTS; slot++) {
        text[0] = '\0';
        CHECK_STATUS(quorate_cluster_tag_for_slot(slot, text, sizeof text), QUORATE_OK);
        CHECK_INT(quorate_cluster_key_slot((const uint8_t *)text, strlen(text)), slot);
    }
    CHECK_STATUS(quorate_cluster_tag_for_slot(16384, text, sizeof text), QUORATE_ERR_UNKNOWN_SLOT);
    CHECK_STATUS(quorate_cluster_tag_for_slot(65536, text, sizeof text), QUORATE_ERR_UNKNOWN_SLOT);
    CHECK_STATUS(quorate_cluster_tag_for_slot(0, text, 3), QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_STATUS(quorate_cluster_tag_for_slot(1, text, 3), QUORATE_OK);
    CHECK_TEXT(text, "Qi");
    CHECK_STATUS(quorate_cluster_tag_for_slot(0, NULL, 4), QUORATE_ERR_NULL);
}

static void groups(void) {
    const char *names[] = {"{b}1", "foo", "{b}2", "bar", "foo"};
    quorate_bytes keys[5];
    uint32_t order[5] = {9, 9, 9, 9, 9};
    quorate_cluster_group found[5];
    size_t count = 0, at;
    for (at = 0; at < 5; at++) {
        keys[at] = bytes_of(names[at]);
    }
    CHECK_STATUS(quorate_cluster_group_by_slot(keys, 5, order, found, 2, &count), QUORATE_ERR_BUFFER_TOO_SMALL);
    CHECK_INT(count, 3);
    CHECK_INT(order[0], 9); /* nothing written */
    CHECK_STATUS(quorate_cluster_group_by_slot(keys, 5, order, found, 3, &count), QUORATE_OK);
    CHECK_INT(count, 3);
    CHECK_INT(found[0].slot, 3300);
    CHECK_INT(found[0].first, 0);
    CHECK_INT(found[0].count, 2);
    CHECK_INT(found[1].slot, 5061);
    CHECK_INT(found[1].first, 2);
    CHECK_INT(found[1].count, 1);
    CHECK_INT(found[2].slot, 12182);
    CHECK_INT(found[2].first, 3);
    CHECK_INT(found[2].count, 2);
    CHECK(order[0] == 0 && order[1] == 2 && order[2] == 3 && order[3] == 1 && order[4] == 4);
    CHECK_STATUS(quorate_cluster_group_by_slot(NULL, 0, NULL, NULL, 0, &count), QUORATE_OK);
    CHECK_INT(count, 0);
    CHECK_STATUS(quorate_cluster_group_by_slot(keys, 5, NULL, found, 5, &count), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_cluster_group_by_slot(keys, 5, order, NULL, 5, &count), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_cluster_group_by_slot(keys, 5, order, found, 5, NULL), QUORATE_ERR_NULL);
}

int main(void) {
    slots();
    tags();
    groups();
    return check_report();
}
