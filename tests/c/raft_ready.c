/* The node as etcd's users drive it, memberships outside of any node, traces, and misuse of all of Raft's handles. */
#include "check.h"

#define SIZE 3

typedef struct {
    quorate_raft_ready_node *node[SIZE + 1]; /* from 1 on */
    char state[SIZE + 1][64];
    bool async;
} ready_group;

static void config_of(quorate_raft_config *config, uint64_t id) {
    CHECK_STATUS(quorate_raft_config_init(config, id, 7), QUORATE_OK);
    config->trace = 1;
}

static ready_group *ready_group_new(bool async) {
    static const uint64_t voters[] = {1, 2, 3};
    ready_group *made = (ready_group *)calloc(1, sizeof *made);
    quorate_raft_config config;
    quorate_raft_stored stored;
    uint64_t id;
    made->async = async;
    CHECK_STATUS(quorate_raft_stored_group(&stored, voters, SIZE), QUORATE_OK);
    for (id = 1; id <= SIZE; id++) {
        config_of(&config, id);
        CHECK_STATUS(quorate_raft_ready_node_new(&config, &stored, async, &made->node[id], NULL, 0), QUORATE_OK);
    }
    return made;
}

static void ready_group_free(ready_group *group) {
    uint64_t id;
    for (id = 1; id <= SIZE; id++) {
        quorate_raft_ready_node_free(group->node[id]);
    }
    free(group);
}

static void apply_ready(ready_group *group, uint64_t id, const quorate_raft_entries *entries) {
    size_t at;
    quorate_raft_decoder *decoder = quorate_raft_decoder_new();
    for (at = 0; at < entries->len; at++) {
        const quorate_raft_entry *entry = &entries->data[at];
        quorate_raft_conf_change change;
        quorate_raft_conf_state members;
        if (quorate_raft_decode_entry_conf_change(decoder, entry, &change) == QUORATE_OK) {
            CHECK_STATUS(quorate_raft_ready_node_apply_conf_change(group->node[id], &change, &members), QUORATE_OK);
            CHECK(members.voters.len > 0);
        } else if (entry->data.len > 0) {
            strncat(group->state[id], (const char *)entry->data.data, entry->data.len);
        }
    }
    quorate_raft_decoder_free(decoder);
}

static void step_ready(ready_group *group, const quorate_raft_message *message) {
    quorate_status status = quorate_raft_ready_node_step(group->node[message->to], message);
    /* Node 3 is removed, and answers to the last. */
    CHECK(status == QUORATE_OK || (status == QUORATE_ERR_UNKNOWN_PEER && message->from == 3));
}

/* A message to a member, or to a thread of this one, whose work is done at once. */
static void pass_on(ready_group *group, uint64_t id, const quorate_raft_message *message) {
    size_t at;
    if (message->to == QUORATE_RAFT_APPEND_THREAD || message->to == QUORATE_RAFT_APPLY_THREAD) {
        CHECK(group->async);
        CHECK(message->kind == QUORATE_RAFT_MSG_STORAGE_APPEND || message->kind == QUORATE_RAFT_MSG_STORAGE_APPLY);
        if (message->kind == QUORATE_RAFT_MSG_STORAGE_APPLY) {
            apply_ready(group, id, &message->entries);
        }
        for (at = 0; at < message->response_count; at++) {
            const quorate_raft_message *response = &message->responses[at];
            CHECK(response->responses == NULL);
            step_ready(group, response);
        }
    } else {
        step_ready(group, message);
    }
}

static void ready_group_run(ready_group *group) {
    bool busy = true;
    while (busy) {
        uint64_t id;
        busy = false;
        for (id = 1; id <= SIZE; id++) {
            quorate_raft_ready ready;
            size_t at;
            while (quorate_raft_ready_node_has_ready(group->node[id])) {
                CHECK_STATUS(quorate_raft_ready_node_ready(group->node[id], &ready), QUORATE_OK);
                busy = true;
                for (at = 0; at < ready.messages.len; at++) {
                    pass_on(group, id, &ready.messages.data[at]);
                }
                if (!group->async) {
                    apply_ready(group, id, &ready.committed_entries);
                    CHECK_STATUS(quorate_raft_ready_node_advance(group->node[id]), QUORATE_OK);
                }
            }
            CHECK_STATUS(quorate_raft_ready_node_ready(group->node[id], &ready), QUORATE_NOTHING);
        }
    }
}

static quorate_raft_status ready_status(ready_group *group, uint64_t id) {
    quorate_raft_status status;
    CHECK_STATUS(quorate_raft_ready_node_status(group->node[id], &status), QUORATE_OK);
    return status;
}

/* All that a ready group does, with storage that waits and with storage that does not. */
static void ready(bool async) {
    ready_group *group = ready_group_new(async);
    quorate_raft_conf_change change;
    quorate_raft_conf_change_single single = {3, QUORATE_RAFT_REMOVE_NODE};
    quorate_raft_entry entries[2];
    quorate_raft_ready_node *copy;
    quorate_buffer *state = quorate_buffer_new();
    quorate_bytes bytes;
    quorate_raft_snapshot snapshot;
    quorate_raft_traces traces;
    quorate_raft_ready ready;
    quorate_raft_error error;
    char text[64] = "";
    uint64_t id;
    size_t at, elections = 0;
    CHECK_STATUS(quorate_raft_ready_node_propose(group->node[1], (const uint8_t *)"x", 1),
                 QUORATE_ERR_PROPOSAL_DROPPED);
    CHECK_STATUS(quorate_raft_ready_node_error_details(group->node[1], &error), QUORATE_OK);
    CHECK_TEXT(error.reason, "no_leader");
    CHECK_INT(quorate_raft_ready_node_error(group->node[1], text, sizeof text), 36);
    CHECK_STATUS(quorate_raft_ready_node_set_election_timeout(group->node[1], 2), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_tick(group->node[1]), QUORATE_OK);
    CHECK(!quorate_raft_ready_node_has_ready(group->node[1]));
    CHECK_STATUS(quorate_raft_ready_node_tick(group->node[1]), QUORATE_OK);
    ready_group_run(group);
    CHECK_INT(ready_status(group, 1).role, QUORATE_RAFT_LEADER);
    CHECK_INT(ready_status(group, 3).lead, 1);
    CHECK_STATUS(quorate_raft_ready_node_traces(group->node[1], &traces), QUORATE_OK);
    for (at = 0; at < traces.len; at++) {
        if (strcmp(traces.data[at].kind, "became_leader") == 0) {
            CHECK_TEXT(traces.data[at].json, "{\"term\":2}");
            elections++;
        }
    }
    CHECK_INT(elections, 1);
    CHECK_STATUS(quorate_raft_ready_node_traces(group->node[1], &traces), QUORATE_OK);
    CHECK_INT(traces.len, 0);

    /* One ready holds all of what there is to do, also of a node that was moved. */
    copy = quorate_raft_ready_node_clone(group->node[1]);
    CHECK(quorate_raft_ready_node_state_hash(copy) == quorate_raft_ready_node_state_hash(group->node[1]));
    CHECK_STATUS(quorate_raft_ready_node_state(copy, state), QUORATE_OK);
    quorate_raft_ready_node_free(copy);
    CHECK_STATUS(quorate_buffer_bytes(state, &bytes), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_from_state(bytes.data, bytes.len, &copy, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_from_state(bytes.data, 3, &copy, NULL, 0), QUORATE_ERR_INVALID_STATE);
    quorate_buffer_free(state);
    CHECK(quorate_raft_ready_node_state_hash(copy) == quorate_raft_ready_node_state_hash(group->node[1]));
    CHECK_STATUS(quorate_raft_ready_node_propose(copy, (const uint8_t *)"x", 1), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_ready(copy, &ready), QUORATE_OK);
    CHECK(ready.soft_state == NULL && ready.hard_state == NULL && ready.snapshot == NULL && ready.must_sync);
    CHECK_INT(ready.entries.len, 1);
    CHECK_INT(ready.entries.data[0].index, 3);
    CHECK_INT(ready.committed_entries.len, 0);
    CHECK_INT(ready.messages.len, async ? 3 : 2);
    CHECK_BYTES(ready.messages.data[0].entries.data[0].data.data, ready.messages.data[0].entries.data[0].data.len, "x");
    quorate_raft_ready_node_free(copy);

    memset(entries, 0, sizeof entries);
    entries[0].data = bytes_of("a"), entries[1].data = bytes_of("b");
    CHECK_STATUS(quorate_raft_ready_node_propose_entries(group->node[1], entries, 2), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_propose(group->node[2], (const uint8_t *)"c", 1), QUORATE_OK);
    ready_group_run(group);
    for (id = 1; id <= SIZE; id++) {
        CHECK_TEXT(group->state[id], "abc");
    }
    CHECK_STATUS(quorate_raft_ready_node_read_index(group->node[1], (const uint8_t *)"r", 1), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_ready(group->node[1], &ready), QUORATE_OK);
    for (at = 0; at < ready.messages.len; at++) {
        pass_on(group, 1, &ready.messages.data[at]);
    }
    if (!async) {
        CHECK_STATUS(quorate_raft_ready_node_advance(group->node[1]), QUORATE_OK);
    }
    for (id = 2; id <= SIZE; id++) {
        CHECK_STATUS(quorate_raft_ready_node_ready(group->node[id], &ready), QUORATE_OK);
        for (at = 0; at < ready.messages.len; at++) {
            pass_on(group, id, &ready.messages.data[at]);
        }
        if (!async) {
            CHECK_STATUS(quorate_raft_ready_node_advance(group->node[id]), QUORATE_OK);
        }
    }
    CHECK_STATUS(quorate_raft_ready_node_ready(group->node[1], &ready), QUORATE_OK);
    CHECK_INT(ready.read_state_count, 1);
    CHECK_INT(ready.read_states[0].index, 5);
    CHECK_BYTES(ready.read_states[0].context.data, ready.read_states[0].context.len, "r");
    if (!async) {
        CHECK_STATUS(quorate_raft_ready_node_advance(group->node[1]), QUORATE_OK);
    }

    memset(&change, 0, sizeof change);
    change.changes = &single, change.count = 1;
    CHECK_STATUS(quorate_raft_ready_node_propose_conf_change(group->node[1], &change), QUORATE_OK);
    ready_group_run(group);
    CHECK_INT(ready_status(group, 1).conf_state.voters.len, 2);

    memset(&snapshot, 0, sizeof snapshot);
    snapshot.index = 5, snapshot.term = 2, snapshot.conf_state = ready_status(group, 2).conf_state;
    CHECK_STATUS(quorate_raft_ready_node_snapshot_taken(group->node[1], &snapshot), QUORATE_OK);
    snapshot.index = 4;
    CHECK_STATUS(quorate_raft_ready_node_snapshot_taken(group->node[1], &snapshot), QUORATE_ERR_USELESS_SNAPSHOT);
    CHECK_STATUS(quorate_raft_ready_node_compact(group->node[1], 5), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_compact(group->node[1], 99), QUORATE_ERR_NOT_COMPACTABLE);
    CHECK_INT(ready_status(group, 1).first_index, 6);

    CHECK_STATUS(quorate_raft_ready_node_report_unreachable(group->node[1], 2), QUORATE_OK);
    CHECK_INT(ready_status(group, 1).progress[1].state, QUORATE_RAFT_PROGRESS_PROBE);
    CHECK_STATUS(quorate_raft_ready_node_report_snapshot(group->node[1], 2, false), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_tick(group->node[1]), QUORATE_OK);
    ready_group_run(group);
    CHECK_STATUS(quorate_raft_ready_node_transfer_leader(group->node[1], 2), QUORATE_OK);
    ready_group_run(group);
    CHECK_INT(ready_status(group, 1).lead, 2);
    CHECK_STATUS(quorate_raft_ready_node_forget_leader(group->node[1]), QUORATE_OK);
    CHECK_INT(ready_status(group, 1).lead, QUORATE_RAFT_NONE);
    CHECK_STATUS(quorate_raft_ready_node_campaign(group->node[1]), QUORATE_OK);
    ready_group_run(group);
    CHECK_INT(ready_status(group, 1).role, QUORATE_RAFT_LEADER);
    ready_group_free(group);
}

static void check_members(quorate_raft_members *members, const char *expected) {
    char text[128] = "";
    CHECK_INT(quorate_raft_members_text(members, text, sizeof text), strlen(expected));
    CHECK_TEXT(text, expected);
}

static quorate_status change_members(quorate_raft_members *members, const quorate_raft_conf_change_single *singles,
                                     size_t count) {
    quorate_raft_conf_change change;
    memset(&change, 0, sizeof change);
    change.changes = singles, change.count = count;
    return quorate_raft_members_change(members, &change);
}

static void membership(void) {
    static const uint64_t voters[] = {1, 2, 3}, learners[] = {4};
    static const quorate_raft_ack acks[] = {{1, 7, 1}, {2, 5, 1}, {3, 4, 2}, {5, 9, 2}, {1, 99, 9}};
    static const quorate_raft_conf_change_single swap[] = {{5, QUORATE_RAFT_ADD_NODE}, {1, QUORATE_RAFT_REMOVE_NODE}};
    static const quorate_raft_conf_change_single all[] = {
        {1, QUORATE_RAFT_REMOVE_NODE}, {2, QUORATE_RAFT_REMOVE_NODE}, {3, QUORATE_RAFT_REMOVE_NODE}};
    quorate_raft_vote votes[] = {{1, 1}, {2, 0}, {3, 7}};
    quorate_raft_conf_state state;
    quorate_raft_members *members = NULL, *copy;
    quorate_raft_vote_result result = QUORATE_RAFT_VOTE_LOST;
    uint64_t index = 0;
    bool grouped = true;
    char text[64] = "";
    memset(&state, 0, sizeof state);
    state.voters.data = voters, state.voters.len = 3;
    state.learners.data = learners, state.learners.len = 1;
    CHECK_STATUS(quorate_raft_members_new(&state, &members), QUORATE_OK);
    check_members(members, "voters=(1 2 3) learners=(4)");
    CHECK(!quorate_raft_members_is_joint(members));
    CHECK(quorate_raft_members_is_voter(members, 3) && !quorate_raft_members_is_voter(members, 4));
    CHECK_STATUS(quorate_raft_members_committed(members, acks, 3, &index), QUORATE_OK);
    CHECK_INT(index, 5);
    CHECK_STATUS(quorate_raft_members_committed(members, acks, 1, &index), QUORATE_OK);
    CHECK_INT(index, 0);
    CHECK_STATUS(quorate_raft_members_group_committed(members, acks, 3, &index, &grouped), QUORATE_OK);
    CHECK_INT(index, 4);
    CHECK(grouped);
    CHECK_STATUS(quorate_raft_members_vote_result(members, votes, 2, &result), QUORATE_OK);
    CHECK_INT(result, QUORATE_RAFT_VOTE_PENDING);
    CHECK_STATUS(quorate_raft_members_vote_result(members, votes, 3, &result), QUORATE_OK);
    CHECK_INT(result, QUORATE_RAFT_VOTE_WON);
    votes[2].granted = 0;
    CHECK_STATUS(quorate_raft_members_vote_result(members, votes, 3, &result), QUORATE_OK);
    CHECK_INT(result, QUORATE_RAFT_VOTE_LOST);

    /* A change of two goes through a joint configuration, in which both halves must agree. */
    copy = quorate_raft_members_clone(members);
    CHECK_STATUS(change_members(members, swap, 2), QUORATE_OK);
    check_members(members, "voters=(2 3 5)&&(1 2 3) learners=(4) autoleave");
    CHECK(quorate_raft_members_is_joint(members));
    CHECK_STATUS(quorate_raft_members_committed(members, acks, 5, &index), QUORATE_OK);
    CHECK_INT(index, 5);
    CHECK_STATUS(change_members(members, swap, 1), QUORATE_ERR_SIMPLE_IN_JOINT);
    CHECK_INT(quorate_raft_members_error(members, text, sizeof text), 48);
    CHECK_TEXT(text, "can't apply simple config change in joint config");
    CHECK_STATUS(quorate_raft_members_conf_state(members, &state), QUORATE_OK);
    CHECK_INT(state.voters.len, 3);
    CHECK_INT(state.voters.data[2], 5);
    CHECK_INT(state.voters_outgoing.data[0], 1);
    CHECK_INT(state.auto_leave, 1);
    CHECK_STATUS(change_members(members, NULL, 0), QUORATE_OK);
    check_members(members, "voters=(2 3 5) learners=(4)");
    CHECK_STATUS(change_members(members, NULL, 0), QUORATE_ERR_NOT_JOINT);
    check_members(copy, "voters=(1 2 3) learners=(4)");
    CHECK_STATUS(change_members(copy, all, 3), QUORATE_ERR_REMOVED_ALL_VOTERS);
    check_members(copy, "voters=(1 2 3) learners=(4)");
    quorate_raft_members_free(copy);
    quorate_raft_members_free(members);

    CHECK_STATUS(quorate_raft_members_new(NULL, &members), QUORATE_OK);
    check_members(members, "voters=()");
    CHECK_STATUS(quorate_raft_members_committed(members, acks, 5, &index), QUORATE_OK);
    CHECK(index == UINT64_MAX);
    CHECK_STATUS(change_members(members, swap, 1), QUORATE_OK);
    check_members(members, "voters=(5)");
    quorate_raft_members_free(members);
}

/* What a node does and why, as words and as JSON. */
static void traces(void) {
    static const uint64_t voters[] = {1, 2};
    quorate_raft_config config;
    quorate_raft_stored stored;
    quorate_raft_node *node;
    quorate_raft_output output;
    bool seen = false;
    config_of(&config, 1);
    CHECK_STATUS(quorate_raft_stored_group(&stored, voters, 2), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, &node, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_campaign(node), QUORATE_OK);
    while (quorate_raft_node_poll(node, &output) == QUORATE_OK) {
        if (output.kind == QUORATE_RAFT_OUTPUT_TRACE && strcmp(output.as.trace.kind, "vote_requested") == 0) {
            seen = true;
            CHECK_TEXT(output.as.trace.json,
                       "{\"kind\":\"vote\",\"last\":{\"index\":1,\"term\":1},\"term\":2,\"to\":2}");
        }
    }
    CHECK(seen);
    quorate_raft_node_free(node);
}

static void misuse(void) {
    static const uint64_t voters[] = {1};
    quorate_raft_config config;
    quorate_raft_stored stored;
    quorate_raft_node *node = NULL;
    quorate_raft_ready_node *ready_node = NULL;
    quorate_raft_members *members = NULL;
    void *memory = calloc(1, 1 << 14);
    quorate_raft_node *none = (quorate_raft_node *)memory;
    quorate_raft_ready_node *no_ready = (quorate_raft_ready_node *)memory;
    quorate_raft_members *nobody = (quorate_raft_members *)memory;
    quorate_raft_output output;
    quorate_raft_ready ready;
    quorate_raft_status status;
    quorate_raft_entries entries;
    quorate_raft_error error;
    quorate_raft_conf_change change;
    quorate_bytes bytes;
    uint64_t number;
    config_of(&config, 1);
    memset(&change, 0, sizeof change);
    CHECK_STATUS(quorate_raft_config_init(NULL, 1, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_stored_group(NULL, voters, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_stored_group(&stored, NULL, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_stored_snapshot(&stored, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_stored_group(&stored, voters, 1), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_new(NULL, &stored, &node, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_new(&config, NULL, &node, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, NULL, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_ready_node_new(&config, &stored, false, NULL, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, &node, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_raft_ready_node_new(&config, &stored, false, &ready_node, NULL, 0), QUORATE_OK);

    CHECK_STATUS(quorate_raft_node_campaign(node), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_poll(node, NULL), QUORATE_ERR_NULL); /* and the output is not lost */
    CHECK_STATUS(quorate_raft_node_poll(NULL, &output), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_poll(node, &output), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_step(node, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_step_many(node, NULL, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_step_many(node, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_step_bytes(node, NULL, 1, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_propose(node, NULL, 1, NULL), QUORATE_ERR_NULL);
    bytes.data = NULL, bytes.len = 1;
    CHECK_STATUS(quorate_raft_node_propose_many(node, &bytes, 1, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_propose_conf_change(node, NULL, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_apply_conf_change(node, NULL, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_apply_entry(node, NULL, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_snapshot_taken(node, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_entries_fetched(node, 2, NULL, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_assign_commit_groups(node, NULL, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_status(node, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_entries(node, 0, 9, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_entries(node, 9, 0, &entries), QUORATE_OK);
    CHECK_INT(entries.len, 0);
    CHECK_STATUS(quorate_raft_node_term_at(node, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_error_details(node, NULL), QUORATE_ERR_NULL);
    CHECK_INT(quorate_raft_node_id(NULL), 0);
    CHECK_INT(quorate_raft_node_state_hash(NULL), 0);
    CHECK(quorate_raft_node_clone(NULL) == NULL);

    CHECK_STATUS(quorate_raft_node_poll(none, &output), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_node_tick(none), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_node_persisted(none, 1), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_node_status(none, &status), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_node_term_at(none, 1, &number), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_node_error_code(none), QUORATE_ERR_CLOSED);
    CHECK(quorate_raft_node_clone(none) == NULL);
    /* A live handle, and of another type. */
    CHECK_STATUS(quorate_raft_node_tick((quorate_raft_node *)(void *)ready_node), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_ready_node_tick((quorate_raft_ready_node *)(void *)node), QUORATE_ERR_CLOSED);

    CHECK_STATUS(quorate_raft_ready_node_ready(ready_node, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_ready_node_ready(NULL, &ready), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_ready_node_step(ready_node, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_ready_node_status(ready_node, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_ready_node_traces(ready_node, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_ready_node_apply_conf_change(ready_node, NULL, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_ready_node_apply_conf_change(ready_node, &change, NULL), QUORATE_ERR_NOT_JOINT);
    CHECK_STATUS(quorate_raft_ready_node_error_details(ready_node, &error), QUORATE_OK);
    CHECK_STATUS(error.status, QUORATE_ERR_NOT_JOINT);
    CHECK_STATUS(quorate_raft_ready_node_advance(no_ready), QUORATE_ERR_CLOSED);
    CHECK(!quorate_raft_ready_node_has_ready(no_ready) && !quorate_raft_ready_node_has_ready(NULL));
    CHECK(quorate_raft_ready_node_clone(no_ready) == NULL);

    CHECK_STATUS(quorate_raft_members_new(NULL, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_members_new(NULL, &members), QUORATE_OK);
    CHECK_STATUS(quorate_raft_members_change(members, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_members_change(nobody, &change), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_raft_members_conf_state(members, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_members_committed(members, NULL, 1, &number), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_members_committed(members, NULL, 0, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_members_vote_result(members, NULL, 0, NULL), QUORATE_ERR_NULL);
    CHECK(!quorate_raft_members_is_joint(nobody) && !quorate_raft_members_is_voter(NULL, 1));
    CHECK_INT(quorate_raft_members_text(nobody, NULL, 0), 0);
    CHECK_INT(quorate_raft_members_error(members, NULL, 0), 0);

    quorate_raft_node_free(none); /* all of them are left alone */
    quorate_raft_ready_node_free(no_ready);
    quorate_raft_members_free(nobody);
    quorate_raft_node_free(NULL);
    quorate_raft_ready_node_free(NULL);
    quorate_raft_members_free(NULL);
    free(memory);
    quorate_raft_members_free(members);
    quorate_raft_ready_node_free(ready_node);
    quorate_raft_node_free(node);
}

int main(void) {
    ready(false);
    ready(true);
    membership();
    traces();
    misuse();
    return check_report();
}
