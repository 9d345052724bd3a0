/* A Raft group in one process: each member with a disk, a state machine, and a wire of bytes between them. */
#ifndef RAFT_GROUP_H
#define RAFT_GROUP_H

#include "check.h"

#define MEMBERS 6
#define LOG 64
#define QUEUE 512

/* Ids that outlive whoever handed them out. */
typedef struct {
    uint64_t ids[4][MEMBERS];
    quorate_raft_conf_state state;
} owned_members;

static inline quorate_raft_ids own_ids(uint64_t *place, quorate_raft_ids ids) {
    quorate_raft_ids own;
    CHECK(ids.len <= MEMBERS);
    if (ids.len > 0) {
        memcpy(place, ids.data, ids.len * sizeof *place);
    }
    own.data = place;
    own.len = ids.len;
    return own;
}

static inline void own_members(owned_members *own, const quorate_raft_conf_state *state) {
    own->state.voters = own_ids(own->ids[0], state->voters);
    own->state.learners = own_ids(own->ids[1], state->learners);
    own->state.voters_outgoing = own_ids(own->ids[2], state->voters_outgoing);
    own->state.learners_next = own_ids(own->ids[3], state->learners_next);
    own->state.auto_leave = state->auto_leave;
}

/* A node and what it does its work with. */
typedef struct {
    quorate_raft_config config;
    quorate_raft_node *node;
    /* The disk: a hard state, who is a member, a snapshot and entries as bytes, how far all is applied. */
    quorate_raft_hard_state hard_state;
    owned_members members;
    quorate_buffer *snapshot;
    quorate_buffer *entries[LOG];
    uint64_t first, last, applied;
    /* The state machine: commands, one behind the other. */
    char state[512];
    /* What came of reads, and of everything else that is only told. */
    char reads[128];
    unsigned roles, fetches, traces, persists;
    uint64_t lead, term;
    bool cut;
} member;

typedef struct {
    uint64_t to, from;
    uint8_t *data;
    size_t len;
    uint32_t kind;
} packet;

typedef struct {
    member of[MEMBERS + 1]; /* from 1 on */
    packet queue[QUEUE];
    size_t queued;
    quorate_buffer *buffer;
    quorate_raft_decoder *decoder;
    uint32_t dialect;
    unsigned delivered, snapshots;
} group;

static inline quorate_bytes buffer_view(const quorate_buffer *buffer) {
    quorate_bytes view;
    CHECK_STATUS(quorate_buffer_bytes(buffer, &view), QUORATE_OK);
    return view;
}

static inline void buffer_empty(quorate_buffer **place) {
    if (*place == NULL) {
        *place = quorate_buffer_new();
    }
    CHECK_STATUS(quorate_buffer_clear(*place), QUORATE_OK);
}

static inline void append_text(char *to, size_t cap, const uint8_t *data, size_t len) {
    size_t at = strlen(to);
    CHECK(at + len + 2 <= cap);
    if (len > 0) {
        memcpy(to + at, data, len);
    }
    to[at + len] = ' ';
    to[at + len + 1] = '\0';
}

/* Starts, or starts again, of what is on the disk and nothing else. */
static inline void member_start(group *group, member *member, const quorate_raft_stored *stored) {
    quorate_raft_entry entries[LOG];
    quorate_raft_decoder *decoders[LOG];
    quorate_raft_stored own;
    char error[128] = "";
    size_t at, count = 0;
    memset(&own, 0, sizeof own);
    if (stored != NULL) {
        own = *stored;
        own_members(&member->members, &stored->conf_state);
        member->hard_state = stored->hard_state;
        member->applied = stored->applied;
        member->first = stored->snapshot.index + 1;
        member->last = stored->snapshot.index;
        buffer_empty(&member->snapshot);
        CHECK_STATUS(quorate_raft_encode_snapshot(&stored->snapshot, member->snapshot), QUORATE_OK);
    } else {
        quorate_bytes bytes = buffer_view(member->snapshot);
        CHECK_STATUS(quorate_raft_decode_snapshot(group->decoder, bytes.data, bytes.len, &own.snapshot), QUORATE_OK);
        own.hard_state = member->hard_state;
        own.conf_state = member->members.state;
        own.applied = member->applied;
        for (at = (size_t)member->first; at <= member->last; at++) {
            bytes = buffer_view(member->entries[at % LOG]);
            decoders[count] = quorate_raft_decoder_new();
            CHECK_STATUS(quorate_raft_decode_entry(decoders[count], bytes.data, bytes.len, &entries[count]),
                         QUORATE_OK);
            CHECK_INT(entries[count].index, at);
            count++;
        }
        own.entries.data = entries;
        own.entries.len = count;
    }
    quorate_raft_node_free(member->node);
    member->node = NULL;
    CHECK_STATUS(quorate_raft_node_new(&member->config, &own, &member->node, error, sizeof error), QUORATE_OK);
    CHECK_TEXT(error, "");
    for (at = 0; at < count; at++) {
        quorate_raft_decoder_free(decoders[at]);
    }
}

static inline void member_persist(member *member, const quorate_raft_persist *persist) {
    size_t at;
    member->persists++;
    if (persist->snapshot != NULL) {
        const quorate_raft_snapshot *snapshot = persist->snapshot;
        buffer_empty(&member->snapshot);
        CHECK_STATUS(quorate_raft_encode_snapshot(snapshot, member->snapshot), QUORATE_OK);
        own_members(&member->members, &snapshot->conf_state);
        member->first = snapshot->index + 1;
        member->last = member->applied = snapshot->index;
        CHECK(snapshot->data.len < sizeof member->state);
        memset(member->state, 0, sizeof member->state);
        if (snapshot->data.len > 0) {
            memcpy(member->state, snapshot->data.data, snapshot->data.len);
        }
    }
    for (at = 0; at < persist->entries.len; at++) {
        const quorate_raft_entry *entry = &persist->entries.data[at];
        CHECK(entry->index <= member->last + 1 && entry->index >= member->first);
        CHECK(entry->index - member->first < LOG);
        buffer_empty(&member->entries[entry->index % LOG]);
        CHECK_STATUS(quorate_raft_encode_entry(entry, member->entries[entry->index % LOG]), QUORATE_OK);
        member->last = entry->index;
    }
    if (persist->hard_state != NULL) {
        member->hard_state = *persist->hard_state;
    }
}

static inline void member_apply(member *member, const quorate_raft_entries *entries) {
    size_t at;
    CHECK(entries->len > 0);
    for (at = 0; at < entries->len; at++) {
        const quorate_raft_entry *entry = &entries->data[at];
        quorate_raft_conf_state state;
        CHECK_INT(entry->index, member->applied + 1);
        member->applied = entry->index;
        switch (quorate_raft_node_apply_entry(member->node, entry, &state)) {
        case QUORATE_OK:
            own_members(&member->members, &state);
            break;
        case QUORATE_NOTHING:
            CHECK_INT(entry->kind, QUORATE_RAFT_ENTRY_NORMAL);
            if (entry->data.len > 0) {
                append_text(member->state, sizeof member->state, entry->data.data, entry->data.len);
            }
            break;
        default:
            CHECK(!"a change is applied");
        }
    }
    CHECK_STATUS(quorate_raft_node_applied(member->node, member->applied), QUORATE_OK);
}

/* A snapshot of all that is applied, into views of the member's own. */
static inline quorate_raft_snapshot member_snapshot(const member *member) {
    quorate_raft_snapshot snapshot;
    snapshot.index = member->applied;
    snapshot.term = 0;
    CHECK_STATUS(quorate_raft_node_term_at(member->node, member->applied, &snapshot.term), QUORATE_OK);
    snapshot.conf_state = member->members.state;
    snapshot.data = bytes_of(member->state);
    return snapshot;
}

/* Takes a snapshot, and drops what it covers from the window and the disk. */
static inline void member_compact(member *member) {
    quorate_raft_snapshot snapshot = member_snapshot(member);
    CHECK_STATUS(quorate_raft_node_snapshot_taken(member->node, &snapshot), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_compact(member->node, snapshot.index), QUORATE_OK);
    buffer_empty(&member->snapshot);
    CHECK_STATUS(quorate_raft_encode_snapshot(&snapshot, member->snapshot), QUORATE_OK);
    member->first = snapshot.index + 1;
}

/* Does what the node says, and queues what it sends, as bytes. */
static inline void member_work(group *group, member *member) {
    quorate_raft_output output;
    quorate_status status;
    while ((status = quorate_raft_node_poll(member->node, &output)) == QUORATE_OK) {
        switch (output.kind) {
        case QUORATE_RAFT_OUTPUT_SEND: {
            packet *packet = &group->queue[group->queued++];
            quorate_bytes bytes;
            CHECK(group->queued < QUEUE);
            CHECK_STATUS(quorate_buffer_clear(group->buffer), QUORATE_OK);
            CHECK_STATUS(quorate_raft_encode_message(&output.as.send, group->dialect, group->buffer), QUORATE_OK);
            bytes = buffer_view(group->buffer);
            packet->data = (uint8_t *)malloc(bytes.len);
            memcpy(packet->data, bytes.data, bytes.len);
            packet->len = bytes.len;
            packet->to = output.as.send.to;
            packet->from = output.as.send.from;
            packet->kind = output.as.send.kind;
            break;
        }
        case QUORATE_RAFT_OUTPUT_PERSIST:
            member_persist(member, &output.as.persist);
            CHECK_STATUS(quorate_raft_node_persisted(member->node, output.as.persist.ticket), QUORATE_OK);
            break;
        case QUORATE_RAFT_OUTPUT_APPLY:
            member_apply(member, &output.as.apply);
            break;
        case QUORATE_RAFT_OUTPUT_READ_READY:
            CHECK(output.as.read_ready.index <= member->applied);
            append_text(member->reads, sizeof member->reads, output.as.read_ready.context.data,
                        output.as.read_ready.context.len);
            break;
        case QUORATE_RAFT_OUTPUT_READ_LOST:
            append_text(member->reads, sizeof member->reads, (const uint8_t *)"lost", 4);
            append_text(member->reads, sizeof member->reads, output.as.read_lost.data, output.as.read_lost.len);
            break;
        case QUORATE_RAFT_OUTPUT_ROLE_CHANGED:
            member->roles++;
            member->lead = output.as.role_changed.lead;
            member->term = output.as.role_changed.term;
            break;
        case QUORATE_RAFT_OUTPUT_FETCH:
            member->fetches++;
            if (output.as.fetch.previous == 0) { /* somebody joins, whom no snapshot names */
                quorate_raft_snapshot snapshot = member_snapshot(member);
                CHECK_STATUS(quorate_raft_node_snapshot_taken(member->node, &snapshot), QUORATE_OK);
            }
            break;
        case QUORATE_RAFT_OUTPUT_TRACE:
            member->traces++;
            CHECK(output.as.trace.kind[0] != '\0' && output.as.trace.json[0] == '{');
            break;
        default:
            CHECK(!"an output that is listed");
        }
    }
    CHECK_STATUS(status, QUORATE_NOTHING);
}

static inline bool in_group(const group *group, uint64_t id) {
    return id >= 1 && id <= MEMBERS && group->of[id].node != NULL && !group->of[id].cut;
}

/* One by one, as bytes and as structs. */
static inline void deliver(group *group, const packet *packet) {
    quorate_raft_node *node = group->of[packet->to].node;
    quorate_raft_message message;
    quorate_status status;
    if (group->delivered++ % 2 == 0) {
        status = quorate_raft_node_step_bytes(node, packet->data, packet->len, group->dialect);
    } else {
        CHECK_STATUS(quorate_raft_decode_message(group->decoder, packet->data, packet->len, group->dialect, &message),
                     QUORATE_OK);
        CHECK_INT(message.to, packet->to);
        status = quorate_raft_node_step(node, &message);
    }
    /* Whoever forwarded it asks again, and whoever was removed is told nothing. */
    CHECK(status == QUORATE_OK || status == QUORATE_ERR_PROPOSAL_DROPPED || status == QUORATE_ERR_READ_DROPPED ||
          status == QUORATE_ERR_UNKNOWN_PEER);
    if (packet->kind == QUORATE_RAFT_MSG_SNAP) {
        group->snapshots++;
        CHECK_STATUS(quorate_raft_node_report_snapshot(group->of[packet->from].node, packet->to, true), QUORATE_OK);
    }
}

/* Works and delivers until nobody has anything to say. */
static inline void group_run(group *group) {
    for (;;) {
        size_t at, count;
        uint64_t id;
        packet sent[QUEUE];
        for (id = 1; id <= MEMBERS; id++) {
            if (group->of[id].node != NULL) {
                member_work(group, &group->of[id]);
            }
        }
        count = group->queued;
        group->queued = 0;
        memcpy(sent, group->queue, count * sizeof *sent);
        for (at = 0; at < count; at++) {
            if (in_group(group, sent[at].to) && in_group(group, sent[at].from)) {
                deliver(group, &sent[at]);
            }
            free(sent[at].data);
        }
        if (count == 0) {
            return;
        }
    }
}

/* The member of that name, made of what is stored; of nothing if `stored` is NULL. */
static inline member *group_add(group *group, uint64_t id, const quorate_raft_stored *stored) {
    quorate_raft_stored nothing;
    member *member = &group->of[id];
    memset(&nothing, 0, sizeof nothing);
    if (member->config.id == 0) {
        CHECK_STATUS(quorate_raft_config_init(&member->config, id, 100 + id), QUORATE_OK);
    }
    member_start(group, member, stored != NULL ? stored : &nothing);
    return member;
}

/* Members 1 to `size`, whose settings may be changed before they are made. */
static inline group *group_new(uint64_t size, void (*settings)(quorate_raft_config *config)) {
    static const uint64_t voters[] = {1, 2, 3, 4, 5, 6};
    group *made = (group *)calloc(1, sizeof *made);
    quorate_raft_stored stored;
    uint64_t id;
    made->buffer = quorate_buffer_new();
    made->decoder = quorate_raft_decoder_new();
    CHECK_STATUS(quorate_raft_stored_group(&stored, voters, (size_t)size), QUORATE_OK);
    for (id = 1; id <= size; id++) {
        CHECK_STATUS(quorate_raft_config_init(&made->of[id].config, id, 100 + id), QUORATE_OK);
        if (settings != NULL) {
            settings(&made->of[id].config);
        }
        group_add(made, id, &stored);
    }
    return made;
}

static inline void group_free(group *group) {
    uint64_t id;
    size_t at;
    for (id = 1; id <= MEMBERS; id++) {
        quorate_raft_node_free(group->of[id].node);
        quorate_buffer_free(group->of[id].snapshot);
        for (at = 0; at < LOG; at++) {
            quorate_buffer_free(group->of[id].entries[at]);
        }
    }
    quorate_buffer_free(group->buffer);
    quorate_raft_decoder_free(group->decoder);
    free(group);
}

static inline quorate_raft_node *group_elect(group *group, uint64_t id) {
    quorate_raft_node *node = group->of[id].node;
    quorate_raft_status status;
    CHECK_STATUS(quorate_raft_node_campaign(node), QUORATE_OK);
    group_run(group);
    CHECK_STATUS(quorate_raft_node_status(node, &status), QUORATE_OK);
    CHECK_INT(status.role, QUORATE_RAFT_LEADER);
    return node;
}

static inline quorate_status propose_text(quorate_raft_node *node, const char *text, quorate_raft_proposed *proposed) {
    return quorate_raft_node_propose(node, (const uint8_t *)text, strlen(text), proposed);
}

#endif
