/* A Raft group of nodes in one process: elections, replication, snapshots, changes of membership, reads, restarts, errors. */
#include "raft_group.h"

static quorate_raft_status status_of(quorate_raft_node *node) {
    quorate_raft_status status;
    memset(&status, 0, sizeof status);
    CHECK_STATUS(quorate_raft_node_status(node, &status), QUORATE_OK);
    return status;
}

static void same_states(const group *group, uint64_t size, const char *expected) {
    uint64_t id;
    for (id = 1; id <= size; id++) {
        CHECK_TEXT(group->of[id].state, expected);
    }
}

static void election(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1);
    quorate_raft_status status = status_of(leader);
    size_t at;
    uint64_t id;
    CHECK_INT(quorate_raft_node_id(leader), 1);
    CHECK_INT(status.id, 1);
    CHECK_INT(status.lead, 1);
    CHECK_INT(status.hard_state.term, 2);
    CHECK_INT(status.hard_state.vote, 1);
    CHECK_INT(status.last.index, 2);
    CHECK_INT(status.last.term, 2);
    CHECK_INT(status.log.committed, 2);
    CHECK_INT(status.log.applied, 2);
    CHECK_INT(status.log.stable_end, 3);
    CHECK_INT(status.log.unstable, 0);
    CHECK_INT(status.first_index, 2);
    CHECK(status.fenced == NULL);
    CHECK_INT(status.conf_state.voters.len, 3);
    CHECK_INT(status.conf_state.voters.data[2], 3);
    CHECK_INT(status.progress_count, 3);
    for (at = 0; at < status.progress_count; at++) {
        CHECK_INT(status.progress[at].id, at + 1);
        CHECK_INT(status.progress[at].matched, 2);
        CHECK_INT(status.progress[at].next, 3);
        CHECK_INT(status.progress[at].state, QUORATE_RAFT_PROGRESS_REPLICATE);
        CHECK(!status.progress[at].is_learner);
    }
    for (id = 1; id <= 3; id++) {
        CHECK_INT(group->of[id].lead, 1);
        CHECK_INT(group->of[id].term, 2);
        CHECK_INT(group->of[id].hard_state.term, 2);
        CHECK_INT(group->of[id].hard_state.vote, 1);
    }
    CHECK_INT(status_of(group->of[2].node).role, QUORATE_RAFT_FOLLOWER);
    CHECK_INT(status_of(group->of[2].node).progress_count, 0);
    group_free(group);
}

/* A candidate alone: its own vote counts once it is durable, and what it asks for leaves at once. */
static void candidate(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *node = group->of[1].node;
    quorate_raft_output output;
    quorate_raft_status status = status_of(node);
    uint64_t ticks, ticket = 0, left = status.election_timeout;
    unsigned votes = 0;
    CHECK(left >= 10 && left <= 19);
    for (ticks = 0; ticks < left; ticks++) {
        CHECK_STATUS(quorate_raft_node_poll(node, &output), QUORATE_NOTHING);
        CHECK_STATUS(quorate_raft_node_tick(node), QUORATE_OK);
    }
    while (quorate_raft_node_poll(node, &output) == QUORATE_OK) {
        if (output.kind == QUORATE_RAFT_OUTPUT_SEND) {
            CHECK_INT(output.as.send.kind, QUORATE_RAFT_MSG_VOTE);
            CHECK_INT(output.as.send.from, 1);
            CHECK_INT(output.as.send.term, 2);
            CHECK_INT(output.as.send.index, 1);
            CHECK_INT(output.as.send.log_term, 1);
            CHECK(output.as.send.snapshot == NULL);
            votes++;
        } else if (output.kind == QUORATE_RAFT_OUTPUT_PERSIST) {
            ticket = output.as.persist.ticket;
            CHECK(output.as.persist.must_sync);
            CHECK(output.as.persist.snapshot == NULL);
            CHECK_INT(output.as.persist.entries.len, 0);
            CHECK_INT(output.as.persist.hard_state->term, 2);
            CHECK_INT(output.as.persist.hard_state->vote, 1);
        } else {
            CHECK_INT(output.kind, QUORATE_RAFT_OUTPUT_ROLE_CHANGED);
            CHECK_INT(output.as.role_changed.role, QUORATE_RAFT_CANDIDATE);
        }
    }
    CHECK_INT(votes, 2);
    CHECK_INT(status_of(node).vote_count, 0);
    CHECK_STATUS(quorate_raft_node_persisted(node, ticket), QUORATE_OK);
    status = status_of(node);
    CHECK_INT(status.vote_count, 1);
    CHECK_INT(status.votes[0].id, 1);
    CHECK_INT(status.votes[0].granted, 1);
    group_free(group);
}

static void replication(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1);
    quorate_raft_proposed proposed;
    quorate_raft_entries entries;
    quorate_bytes batch[3];
    uint64_t term = 0;
    CHECK_STATUS(propose_text(leader, "a", &proposed), QUORATE_OK);
    CHECK_INT(proposed.index, 3);
    CHECK_INT(proposed.term, 2);
    CHECK_INT(proposed.forwarded_to, QUORATE_RAFT_NONE);
    batch[0] = bytes_of("b"), batch[1] = bytes_of("c"), batch[2] = bytes_of("d");
    CHECK_STATUS(quorate_raft_node_propose_many(leader, batch, 3, &proposed), QUORATE_OK);
    CHECK_INT(proposed.index, 6);
    CHECK_STATUS(propose_text(leader, "e", NULL), QUORATE_OK);
    group_run(group);
    same_states(group, 3, "a b c d e ");
    /* A follower sends it on. */
    CHECK_STATUS(propose_text(group->of[2].node, "f", &proposed), QUORATE_OK);
    CHECK_INT(proposed.forwarded_to, 1);
    CHECK_INT(proposed.index, 0);
    group_run(group);
    same_states(group, 3, "a b c d e f ");
    /* What it sends while a follower is cut off arrives later. */
    group->of[3].cut = true;
    CHECK_STATUS(propose_text(leader, "g", NULL), QUORATE_OK);
    group_run(group);
    same_states(group, 2, "a b c d e f g ");
    CHECK_TEXT(group->of[3].state, "a b c d e f ");
    CHECK_STATUS(quorate_raft_node_report_unreachable(leader, 3), QUORATE_OK);
    group->of[3].cut = false;
    CHECK_STATUS(quorate_raft_node_tick(leader), QUORATE_OK);
    group_run(group);
    same_states(group, 3, "a b c d e f g ");
    CHECK_STATUS(quorate_raft_node_entries(leader, 3, 6, &entries), QUORATE_OK);
    CHECK_INT(entries.len, 3);
    CHECK_BYTES(entries.data[2].data.data, entries.data[2].data.len, "c");
    CHECK_INT(entries.data[2].index, 5);
    CHECK_INT(entries.data[2].term, 2);
    CHECK_STATUS(quorate_raft_node_term_at(leader, 5, &term), QUORATE_OK);
    CHECK_INT(term, 2);
    term = 77;
    CHECK_STATUS(quorate_raft_node_term_at(leader, 99, &term), QUORATE_NOTHING);
    CHECK_INT(term, 77);
    group_free(group);
}

static void snapshots(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1);
    unsigned round;
    group->of[3].cut = true;
    for (round = 0; round < 5; round++) {
        CHECK_STATUS(propose_text(leader, "x", NULL), QUORATE_OK);
        group_run(group);
    }
    member_compact(&group->of[1]);
    CHECK_INT(status_of(leader).first_index, 8);
    CHECK_STATUS(propose_text(leader, "y", NULL), QUORATE_OK);
    group->of[3].cut = false;
    CHECK_STATUS(quorate_raft_node_report_unreachable(leader, 3), QUORATE_OK);
    for (round = 0; round < 3; round++) {
        CHECK_STATUS(quorate_raft_node_tick(leader), QUORATE_OK);
        group_run(group);
    }
    CHECK_INT(group->snapshots, 1);
    same_states(group, 3, "x x x x x y ");
    CHECK_INT(group->of[3].first, 8);
    /* And it starts again of the snapshot that it was sent. */
    member_start(group, &group->of[3], NULL);
    CHECK_INT(status_of(group->of[3].node).first_index, 8);
    CHECK_STATUS(propose_text(leader, "z", NULL), QUORATE_OK);
    group_run(group);
    same_states(group, 3, "x x x x x y z ");
    group_free(group);
}

/* Entries outside the window are fetched where no snapshot would do. */
static void fetching(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1);
    quorate_raft_entries kept;
    quorate_raft_entry entries[8];
    quorate_raft_decoder *decoders[8];
    quorate_raft_output output;
    quorate_raft_fetch fetch;
    size_t at;
    group->of[3].cut = true;
    CHECK_STATUS(propose_text(leader, "a", NULL), QUORATE_OK);
    CHECK_STATUS(propose_text(leader, "b", NULL), QUORATE_OK);
    group_run(group);
    CHECK_STATUS(quorate_raft_node_entries(leader, 2, 5, &kept), QUORATE_OK);
    CHECK_INT(kept.len, 3);
    for (at = 0; at < kept.len; at++) { /* the store that the window is of */
        CHECK_STATUS(quorate_buffer_clear(group->buffer), QUORATE_OK);
        CHECK_STATUS(quorate_raft_encode_entry(&kept.data[at], group->buffer), QUORATE_OK);
        decoders[at] = quorate_raft_decoder_new();
        CHECK_STATUS(quorate_raft_decode_entry(decoders[at], buffer_view(group->buffer).data,
                                               buffer_view(group->buffer).len, &entries[at]),
                     QUORATE_OK);
    }
    CHECK_STATUS(quorate_raft_node_compact(leader, 4), QUORATE_OK);
    group->of[3].cut = false;
    CHECK_STATUS(quorate_raft_node_report_unreachable(leader, 3), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_tick(leader), QUORATE_OK);
    group_run(group);
    CHECK_INT(group->of[1].fetches, 1);
    memset(&fetch, 0, sizeof fetch);
    CHECK_STATUS(quorate_raft_node_entries_fetched(leader, 3, entries, 3), QUORATE_OK);
    group_run(group);
    same_states(group, 3, "a b ");
    CHECK_STATUS(quorate_raft_node_entries_fetched(leader, 3, entries + 1, 1), QUORATE_OK); /* too late: nobody asked */
    entries[1].index = 9;
    CHECK_STATUS(quorate_raft_node_poll(leader, &output), QUORATE_NOTHING);
    for (at = 0; at < 3; at++) {
        quorate_raft_decoder_free(decoders[at]);
    }
    group_free(group);
}

static void membership(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1);
    quorate_raft_conf_change change;
    quorate_raft_conf_change_single singles[2];
    quorate_raft_proposed proposed;
    quorate_raft_conf_state state;
    memset(&change, 0, sizeof change);
    singles[0].node_id = 4, singles[0].kind = QUORATE_RAFT_ADD_NODE;
    singles[1].node_id = 2, singles[1].kind = QUORATE_RAFT_REMOVE_NODE;
    change.changes = singles;
    change.count = 1;
    change.context = bytes_of("why");
    CHECK_STATUS(propose_text(leader, "a", NULL), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_propose_conf_change(leader, &change, &proposed), QUORATE_OK);
    CHECK_INT(proposed.index, 4);
    group_add(group, 4, NULL); /* of nothing: it waits for a snapshot that names it */
    group_run(group);
    CHECK_INT(status_of(leader).conf_state.voters.len, 4);
    CHECK_STATUS(propose_text(leader, "b", NULL), QUORATE_OK);
    group_run(group);
    CHECK_INT(group->of[1].fetches, 1);
    CHECK_INT(group->snapshots, 1);
    same_states(group, 4, "a b ");
    CHECK_INT(group->of[4].members.state.voters.len, 4);

    /* Through a joint configuration, which is left when told. */
    singles[0].node_id = 3, singles[0].kind = QUORATE_RAFT_ADD_LEARNER_NODE;
    change.count = 2;
    change.transition = QUORATE_RAFT_TRANSITION_JOINT_EXPLICIT;
    CHECK_STATUS(quorate_raft_node_propose_conf_change(leader, &change, NULL), QUORATE_OK);
    group_run(group);
    state = status_of(leader).conf_state;
    CHECK_INT(state.voters.len, 2);
    CHECK_INT(state.voters_outgoing.len, 4);
    CHECK_INT(state.learners_next.len, 1);
    CHECK_INT(state.learners_next.data[0], 3);
    CHECK_INT(state.auto_leave, 0);
    memset(&change, 0, sizeof change);
    CHECK_STATUS(quorate_raft_node_propose_conf_change(leader, &change, NULL), QUORATE_OK);
    group_run(group);
    state = status_of(leader).conf_state;
    CHECK_INT(state.voters.len, 2);
    CHECK_INT(state.voters.data[1], 4);
    CHECK_INT(state.voters_outgoing.len, 0);
    CHECK_INT(state.learners.len, 1);
    CHECK_INT(state.learners.data[0], 3);
    CHECK_INT(status_of(leader).progress_count, 3);
    CHECK(status_of(leader).progress[1].is_learner);
    CHECK_STATUS(propose_text(leader, "c", NULL), QUORATE_OK);
    group_run(group);
    CHECK_TEXT(group->of[3].state, "a b c ");
    CHECK_TEXT(group->of[2].state, "a b ");

    /* A change that cannot be is refused where it is applied, and where it is read. */
    CHECK_STATUS(quorate_raft_node_apply_conf_change(leader, &change, &state), QUORATE_ERR_NOT_JOINT);
    singles[0].kind = 9;
    change.changes = singles;
    change.count = 1;
    CHECK_STATUS(quorate_raft_node_propose_conf_change(leader, &change, NULL), QUORATE_ERR_INVALID_ARGUMENT);
    singles[0].kind = 0;
    change.transition = 3;
    CHECK_STATUS(quorate_raft_node_apply_conf_change(leader, &change, NULL), QUORATE_ERR_INVALID_ARGUMENT);
    group_free(group);
}

static void reads(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1);
    CHECK_STATUS(quorate_raft_node_read_index(leader, (const uint8_t *)"r1", 2), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_read_index(group->of[2].node, (const uint8_t *)"r2", 2), QUORATE_OK);
    group_run(group);
    CHECK_TEXT(group->of[1].reads, "r1 ");
    CHECK_TEXT(group->of[2].reads, "r2 ");
    /* A leader that is cut off promises nothing, and says so when it hears of another. */
    group->of[1].cut = true;
    CHECK_STATUS(quorate_raft_node_read_index(leader, (const uint8_t *)"r3", 2), QUORATE_OK);
    group_run(group);
    CHECK_TEXT(group->of[1].reads, "r1 ");
    group_elect(group, 2);
    group->of[1].cut = false;
    CHECK_STATUS(quorate_raft_node_tick(group->of[2].node), QUORATE_OK);
    group_run(group);
    CHECK_TEXT(group->of[1].reads, "r1 lost r3 ");
    CHECK_INT(status_of(leader).lead, 2);
    group_free(group);
}

static void with_lease(quorate_raft_config *config) {
    config->check_quorum = 1;
    config->pre_vote = 1;
    config->read_only = QUORATE_RAFT_READ_LEASE_BASED;
    config->trace = 1;
}

static void transfer(void) {
    group *group = group_new(3, with_lease);
    quorate_raft_node *leader = group_elect(group, 1);
    CHECK_STATUS(quorate_raft_node_read_index(leader, (const uint8_t *)"lease", 5), QUORATE_OK);
    member_work(group, &group->of[1]); /* nobody is asked */
    CHECK_TEXT(group->of[1].reads, "lease ");
    CHECK_STATUS(quorate_raft_node_transfer_leader(leader, 3), QUORATE_OK);
    CHECK_INT(status_of(leader).transferee, 3);
    group_run(group);
    CHECK_INT(status_of(leader).lead, 3);
    CHECK_INT(status_of(group->of[3].node).role, QUORATE_RAFT_LEADER);
    CHECK(group->of[1].traces > 10);
    CHECK_STATUS(quorate_raft_node_forget_leader(group->of[2].node), QUORATE_OK);
    CHECK_INT(status_of(group->of[2].node).lead, 3); /* reads rely on the lease */
    group_free(group);
}

static void forgetting(void) {
    group *group = group_new(3, NULL);
    group_elect(group, 1);
    CHECK_STATUS(quorate_raft_node_forget_leader(group->of[2].node), QUORATE_OK);
    CHECK_INT(status_of(group->of[2].node).lead, QUORATE_RAFT_NONE);
    quorate_raft_node_set_election_timeout(group->of[2].node, 3);
    CHECK_INT(status_of(group->of[2].node).election_timeout, 3);
    group_free(group);
}

/* A node started of what is on the disk goes on where it was; a copy is equal until it is told something else. */
static void restart(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1), *copy, *again;
    quorate_raft_status status;
    CHECK_STATUS(propose_text(leader, "a", NULL), QUORATE_OK);
    group_run(group);
    copy = quorate_raft_node_clone(leader);
    CHECK_INT(quorate_raft_node_state_hash(copy), quorate_raft_node_state_hash(leader));
    CHECK(quorate_raft_node_state_hash(copy) != quorate_raft_node_state_hash(group->of[2].node));
    CHECK_STATUS(quorate_raft_node_tick(copy), QUORATE_OK);
    CHECK(quorate_raft_node_state_hash(copy) != quorate_raft_node_state_hash(leader));
    CHECK_STATUS(quorate_raft_node_tick(leader), QUORATE_OK);
    CHECK_INT(quorate_raft_node_state_hash(copy), quorate_raft_node_state_hash(leader));
    quorate_raft_node_free(copy);

    member_start(group, &group->of[2], NULL);
    again = group->of[2].node;
    status = status_of(again);
    CHECK_INT(status.hard_state.term, 2);
    CHECK_INT(status.last.index, 3);
    CHECK_INT(status.log.applied, 3);
    CHECK_INT(status.role, QUORATE_RAFT_FOLLOWER);
    CHECK_STATUS(propose_text(leader, "b", NULL), QUORATE_OK);
    group_run(group);
    same_states(group, 3, "a b ");
    group_free(group);
}

/* A state is the node, at any moment of its work: what is taken out of one is taken out of the other. */
static void states(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *leader = group_elect(group, 1), *again = NULL;
    quorate_buffer *state = quorate_buffer_new();
    quorate_raft_output output, same;
    quorate_bytes bytes;
    uint8_t *copy;
    uint64_t hash;
    size_t at;
    char error[96] = "";
    CHECK_STATUS(propose_text(leader, "a", NULL), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_read_index(leader, (const uint8_t *)"r", 1), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_poll(leader, &output), QUORATE_OK);
    hash = quorate_raft_node_state_hash(leader);
    CHECK_STATUS(quorate_raft_node_state(leader, state), QUORATE_OK);
    bytes = buffer_view(state);
    CHECK_STATUS(quorate_raft_node_from_state(bytes.data, bytes.len, &again, error, sizeof error), QUORATE_OK);
    CHECK_TEXT(error, "");
    CHECK(quorate_raft_node_state_hash(again) == hash);
    for (at = 0; at < 8; at++) {
        CHECK_INT(bytes.data[bytes.len - 8 + at], hash >> (8 * at) & 0xff);
    }
    do {
        quorate_status status = quorate_raft_node_poll(leader, &output);
        CHECK_STATUS(quorate_raft_node_poll(again, &same), status);
        if (status != QUORATE_OK) {
            break;
        }
        CHECK_INT(same.kind, output.kind);
        if (output.kind == QUORATE_RAFT_OUTPUT_PERSIST) {
            CHECK_STATUS(quorate_raft_node_persisted(leader, output.as.persist.ticket), QUORATE_OK);
            CHECK_STATUS(quorate_raft_node_persisted(again, same.as.persist.ticket), QUORATE_OK);
        }
    } while (true);
    CHECK(quorate_raft_node_state_hash(again) == quorate_raft_node_state_hash(leader));
    CHECK(quorate_raft_node_state_hash(again) != hash);
    quorate_raft_node_free(again);
    again = NULL;

    /* What is cut short or turned around is no state. */
    copy = (uint8_t *)malloc(bytes.len);
    memcpy(copy, bytes.data, bytes.len);
    for (at = 0; at < bytes.len; at++) {
        CHECK_STATUS(quorate_raft_node_from_state(copy, at, &again, NULL, 0), QUORATE_ERR_INVALID_STATE);
        copy[at] ^= 1;
        CHECK_STATUS(quorate_raft_node_from_state(copy, bytes.len, &again, error, sizeof error),
                     QUORATE_ERR_INVALID_STATE);
        CHECK(strstr(error, "saved state") != NULL);
        copy[at] ^= 1;
    }
    CHECK(again == NULL);
    CHECK_STATUS(quorate_raft_node_from_state(copy, bytes.len, NULL, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_state(leader, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_raft_node_state(NULL, state), QUORATE_ERR_NULL);
    free(copy);
    quorate_buffer_free(state);
    group_free(group);
}

static void groups_and_priorities(quorate_raft_config *config) {
    config->group_commit = 1;
    config->priority = config->id == 1 ? 5 : -1;
    config->commit_by_vote = 1;
    config->coalesce_appends = 0;
    config->max_inflight_msgs = UINT64_MAX;
}

/* What raft-rs has, and its bytes. */
static void of_raft_rs(void) {
    group *group = group_new(3, groups_and_priorities);
    quorate_raft_node *leader;
    quorate_raft_commit_group groups[3];
    group->dialect = QUORATE_RAFT_DIALECT_RAFT_RS;
    CHECK_STATUS(quorate_raft_node_campaign(group->of[2].node), QUORATE_OK);
    group->of[3].cut = true; /* the other one is of higher priority, and refuses */
    group_run(group);
    CHECK_INT(status_of(group->of[2].node).role, QUORATE_RAFT_CANDIDATE);
    group->of[3].cut = false;
    leader = group_elect(group, 1);
    groups[0].id = 1, groups[0].group = 1;
    groups[1].id = 2, groups[1].group = 1;
    groups[2].id = 3, groups[2].group = 2;
    CHECK_STATUS(quorate_raft_node_assign_commit_groups(leader, groups, 3), QUORATE_OK);
    CHECK_INT(status_of(leader).progress[2].commit_group, 2);
    group->of[3].cut = true;
    CHECK_STATUS(propose_text(leader, "a", NULL), QUORATE_OK);
    group_run(group);
    CHECK_TEXT(group->of[1].state, ""); /* two have it, and they are of one group */
    group->of[3].cut = false;
    CHECK_STATUS(quorate_raft_node_report_unreachable(leader, 3), QUORATE_OK);
    CHECK_STATUS(quorate_raft_node_tick(leader), QUORATE_OK);
    group_run(group);
    same_states(group, 3, "a ");
    /* A follower whose state is of no use asks for all of it. */
    member_compact(&group->of[1]);
    CHECK_STATUS(quorate_raft_node_request_snapshot(group->of[2].node), QUORATE_OK);
    group_run(group);
    CHECK_INT(group->snapshots, 1);
    CHECK_STATUS(quorate_raft_node_request_snapshot(leader), QUORATE_ERR_PROPOSAL_DROPPED);
    group_free(group);
}

static void check_error(const quorate_raft_node *node, quorate_status status, const char *words,
                        quorate_raft_error *error) {
    char text[160] = "";
    CHECK_STATUS(quorate_raft_node_error_code(node), status);
    CHECK_STATUS(quorate_raft_node_error_details(node, error), QUORATE_OK);
    CHECK_STATUS(error->status, status);
    CHECK_INT(quorate_raft_node_error(node, text, sizeof text), strlen(words));
    CHECK_TEXT(text, words);
}

/* Each is told by a status, by words, and by what belongs to it; and nothing changes. */
static void errors(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *node = group->of[1].node;
    quorate_raft_message message;
    quorate_raft_snapshot snapshot;
    quorate_raft_entry entry;
    quorate_raft_error error;
    quorate_bytes nothing = bytes_of("");
    uint64_t hash = quorate_raft_node_state_hash(node);
    char text[8];
    CHECK_STATUS(quorate_raft_node_error_code(node), QUORATE_OK);
    CHECK_INT(quorate_raft_node_error(node, text, sizeof text), 0);
    CHECK_STATUS(quorate_raft_node_error_details(node, &error), QUORATE_OK);
    CHECK_STATUS(error.status, QUORATE_OK);
    CHECK_TEXT(error.reason, "");

    CHECK_STATUS(propose_text(node, "x", NULL), QUORATE_ERR_PROPOSAL_DROPPED);
    check_error(node, QUORATE_ERR_PROPOSAL_DROPPED, "proposal dropped: no leader is known", &error);
    CHECK_TEXT(error.reason, "no_leader");
    CHECK_INT(quorate_raft_node_error(node, text, sizeof text), 36);
    CHECK_TEXT(text, "proposa");
    CHECK_STATUS(quorate_raft_node_propose_many(node, &nothing, 0, NULL), QUORATE_ERR_PROPOSAL_DROPPED);
    check_error(node, QUORATE_ERR_PROPOSAL_DROPPED, "proposal dropped: there is nothing in it", &error);
    CHECK_TEXT(error.reason, "empty");
    CHECK_STATUS(quorate_raft_node_read_index(node, NULL, 0), QUORATE_ERR_READ_DROPPED);
    check_error(node, QUORATE_ERR_READ_DROPPED, "read dropped: no leader is known", &error);
    CHECK_STATUS(quorate_raft_node_persisted(node, 7), QUORATE_ERR_UNKNOWN_TICKET);
    check_error(node, QUORATE_ERR_UNKNOWN_TICKET, "ticket 7 is not open", &error);
    CHECK_INT(error.ticket, 7);
    CHECK_STATUS(quorate_raft_node_applied(node, 9), QUORATE_ERR_NOT_APPLYING);
    check_error(node, QUORATE_ERR_NOT_APPLYING, "index 9 cannot be applied now; between 1 and 1 can", &error);
    CHECK_INT(error.index, 9);
    CHECK_INT(error.first, 1);
    CHECK_INT(error.last, 1);
    CHECK_STATUS(quorate_raft_node_compact(node, 5), QUORATE_ERR_NOT_COMPACTABLE);
    check_error(node, QUORATE_ERR_NOT_COMPACTABLE, "index 5 cannot be compacted", &error);
    CHECK_INT(error.index, 5);
    snapshot = member_snapshot(&group->of[1]);
    snapshot.index = 8;
    CHECK_STATUS(quorate_raft_node_snapshot_taken(node, &snapshot), QUORATE_ERR_USELESS_SNAPSHOT);
    check_error(node, QUORATE_ERR_USELESS_SNAPSHOT, "snapshot at index 8 is of no use", &error);

    memset(&message, 0, sizeof message);
    message.to = 1, message.from = 2, message.kind = QUORATE_RAFT_MSG_HUP;
    CHECK_STATUS(quorate_raft_node_step(node, &message), QUORATE_ERR_LOCAL_MESSAGE);
    CHECK_STATUS(quorate_raft_node_error_details(node, &error), QUORATE_OK);
    CHECK_STATUS(error.status, QUORATE_ERR_LOCAL_MESSAGE);
    CHECK_INT(error.message_kind, QUORATE_RAFT_MSG_HUP);
    message.kind = QUORATE_RAFT_MSG_APP_RESP, message.from = 9, message.term = 1;
    CHECK_STATUS(quorate_raft_node_step(node, &message), QUORATE_ERR_UNKNOWN_PEER);
    check_error(node, QUORATE_ERR_UNKNOWN_PEER, "node 9 is not a member", &error);
    CHECK_INT(error.node_id, 9);
    message.from = 2, message.kind = 24;
    CHECK_STATUS(quorate_raft_node_step(node, &message), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_raft_node_step_many(node, &message, 1), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_raft_node_step_bytes(node, (const uint8_t *)"\x08\x18", 2, QUORATE_RAFT_DIALECT_ETCD),
                 QUORATE_ERR_INVALID_WIRE);
    check_error(node, QUORATE_ERR_INVALID_WIRE, "at byte 2: a known kind of message", &error);
    CHECK_INT(error.offset, 2);
    CHECK_STATUS(quorate_raft_node_step_bytes(node, NULL, 0, 2), QUORATE_ERR_INVALID_ARGUMENT);
    memset(&entry, 0, sizeof entry);
    CHECK_STATUS(quorate_raft_node_apply_entry(node, &entry, NULL), QUORATE_NOTHING);
    entry.kind = QUORATE_RAFT_ENTRY_CONF_CHANGE_V2;
    entry.data = bytes_of("\x08");
    CHECK_STATUS(quorate_raft_node_apply_entry(node, &entry, NULL), QUORATE_ERR_INVALID_WIRE);
    entry.kind = 3;
    CHECK_STATUS(quorate_raft_node_apply_entry(node, &entry, NULL), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_INT(quorate_raft_node_state_hash(node), hash);

    /* All of them are taken in, and the first error is told. */
    {
        quorate_raft_message many[2];
        memset(many, 0, sizeof many);
        many[0].to = many[1].to = 1, many[0].from = 9, many[1].from = 2;
        many[0].kind = QUORATE_RAFT_MSG_APP_RESP, many[1].kind = QUORATE_RAFT_MSG_HEARTBEAT;
        many[0].term = 1, many[1].term = 5;
        CHECK_STATUS(quorate_raft_node_step_many(node, many, 2), QUORATE_ERR_UNKNOWN_PEER);
        CHECK_INT(status_of(node).lead, 2);
        CHECK_INT(status_of(node).hard_state.term, 5);
    }
    group_free(group);
}

/* What contradicts what is committed fences the node. */
static void corrupt(void) {
    group *group = group_new(3, NULL);
    quorate_raft_node *node = group->of[2].node;
    quorate_raft_message message;
    quorate_raft_error error;
    group_elect(group, 1);
    CHECK(status_of(node).fenced == NULL);
    memset(&message, 0, sizeof message);
    message.to = 2, message.from = 1, message.kind = QUORATE_RAFT_MSG_HEARTBEAT, message.term = 2, message.commit = 99;
    CHECK_STATUS(quorate_raft_node_step(node, &message), QUORATE_ERR_CORRUPT);
    CHECK_STATUS(quorate_raft_node_error_details(node, &error), QUORATE_OK);
    CHECK_INT(error.index, 99);
    CHECK_INT(error.committed, 2);
    CHECK_INT(error.last, 2);
    CHECK_STATUS(quorate_raft_node_tick(node), QUORATE_ERR_CORRUPT);
    CHECK(status_of(node).fenced != NULL && strstr(status_of(node).fenced, "this node is fenced") != NULL);
    group_free(group);
}

/* What a node cannot be made of, and why. */
static void not_made(void) {
    static const uint64_t voters[] = {1, 2, 3};
    quorate_raft_config config;
    quorate_raft_stored stored;
    quorate_raft_node *node = NULL;
    char error[64];
    CHECK_STATUS(quorate_raft_config_init(&config, 1, 7), QUORATE_OK);
    CHECK_INT(config.election_tick, 10);
    CHECK_INT(config.heartbeat_tick, 1);
    CHECK_INT(config.max_size_per_msg, 1 << 20);
    CHECK_INT(config.max_inflight_msgs, 256);
    CHECK_INT(config.coalesce_appends, 1);
    CHECK_INT(config.pre_vote, 0);
    CHECK_STATUS(quorate_raft_stored_group(&stored, voters, 3), QUORATE_OK);
    CHECK_INT(stored.snapshot.index, 1);
    CHECK_INT(stored.snapshot.term, 1);
    CHECK(stored.snapshot.conf_state.voters.data == voters);
    CHECK_INT(stored.hard_state.commit, 1);
    CHECK_INT(stored.applied, 1);
    config.heartbeat_tick = 0;
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, &node, error, sizeof error), QUORATE_ERR_INVALID_CONFIG);
    CHECK_TEXT(error, "heartbeat_tick must be at least 1");
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, &node, error, 10), QUORATE_ERR_INVALID_CONFIG);
    CHECK_TEXT(error, "heartbeat");
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, &node, NULL, 0), QUORATE_ERR_INVALID_CONFIG);
    config.heartbeat_tick = 1;
    config.read_only = 2;
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, &node, NULL, 0), QUORATE_ERR_INVALID_ARGUMENT);
    config.read_only = QUORATE_RAFT_READ_SAFE;
    stored.hard_state.commit = 50;
    CHECK_STATUS(quorate_raft_node_new(&config, &stored, &node, error, sizeof error), QUORATE_ERR_INVALID_STORED);
    CHECK(strstr(error, "does not fit together") != NULL);
    CHECK(node == NULL);
}

int main(void) {
    election();
    candidate();
    replication();
    snapshots();
    fetching();
    membership();
    reads();
    transfer();
    forgetting();
    restart();
    states();
    of_raft_rs();
    errors();
    corrupt();
    not_made();
    return check_report();
}
