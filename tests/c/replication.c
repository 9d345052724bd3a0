/* Replication between two servers in virtual time, whose data and wires are played here: full and partial resynchronisation,
 * refused writes, WAIT, promotion; and the ledger of what is lost. */
#include "check.h"

enum { PRIMARY, REPLICA };

typedef struct {
    quorate_replication_server *servers[2];
    quorate_resp_request_decoder *requests; /* what the replica sends */
    char data[2][2048];                     /* what each executed: values, one behind the other */
    char frozen[2048], coming[2048];
    uint64_t link, attempt;                 /* the connection, as each end calls it; 0 if there is none */
    uint64_t now;
    unsigned snapshots, loads, marks, applied, changes, traces, waited, ups;
    uint64_t waited_for;
    bool timed_out, unreachable;
    quorate_replication_history history;
    quorate_replication_history_cause cause;
    char psync[256];
} pair;

static void to_replica(pair *p, const void *data, size_t len) {
    CHECK_STATUS(quorate_replication_server_received(p->servers[REPLICA], p->attempt, (const uint8_t *)data, len, p->now),
                 QUORATE_OK);
}

static void from_replica(pair *p, const quorate_bytes *data) {
    quorate_resp_request request;
    CHECK_STATUS(quorate_resp_request_decoder_feed(p->requests, data->data, data->len), QUORATE_OK);
    while (quorate_resp_request_decoder_poll(p->requests, &request) == QUORATE_OK) {
        CHECK_STATUS(quorate_replication_server_request(p->servers[PRIMARY], p->link, request.args, request.count, p->now),
                     QUORATE_OK);
    }
}

static void execute(pair *p, int at, const quorate_bytes *args, size_t count) {
    if (count == 3 && args[0].len == 3 && memcmp(args[0].data, "SET", 3) == 0) {
        strncat(p->data[at], (const char *)args[2].data, args[2].len);
        CHECK(strlen(p->data[at]) + 64 < sizeof p->data[at]);
    }
}

static bool work_one(pair *p, int at) {
    quorate_replication_output output;
    quorate_replication_server *server = p->servers[at];
    if (quorate_replication_server_poll(server, &output) != QUORATE_OK) {
        return false;
    }
    switch (output.kind) {
    case QUORATE_REPLICATION_OUTPUT_SEND:
        if (output.as.send.to == p->link) {
            to_replica(p, output.as.send.data.data, output.as.send.data.len);
        }
        break;
    case QUORATE_REPLICATION_OUTPUT_CLOSE: p->link = 0; break;
    case QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT:
        p->snapshots++;
        strcpy(p->frozen, p->data[at]);
        CHECK_STATUS(quorate_replication_server_snapshot_taken(server, 1, p->now), QUORATE_OK);
        break;
    case QUORATE_REPLICATION_OUTPUT_SEND_SNAPSHOT: {
        const char *mark = output.as.send_snapshot.mark;
        char text[4096];
        CHECK_INT(output.as.send_snapshot.replica, p->link);
        if (mark != NULL) {
            p->marks++;
            CHECK_INT(strlen(mark), 40);
            sprintf(text, "$EOF:%s\r\n%s%s", mark, p->frozen, mark);
        } else {
            sprintf(text, "$%u\r\n%s", (unsigned)strlen(p->frozen), p->frozen);
        }
        to_replica(p, text, strlen(text));
        CHECK_STATUS(quorate_replication_server_snapshot_sent(server, p->link, 1, p->now), QUORATE_OK);
        break;
    }
    case QUORATE_REPLICATION_OUTPUT_CONNECT:
        CHECK_TEXT(output.as.connect.host, "10.0.0.1");
        CHECK_INT(output.as.connect.port, 6379);
        p->attempt = output.as.connect.attempt;
        if (p->unreachable) {
            CHECK_STATUS(quorate_replication_server_closed(server, p->attempt, p->now), QUORATE_OK);
            break;
        }
        p->link = p->attempt + 100;
        quorate_resp_request_decoder_reset(p->requests);
        CHECK_STATUS(quorate_replication_server_accept(p->servers[PRIMARY], p->link, "10.0.0.2", p->now), QUORATE_OK);
        CHECK_STATUS(quorate_replication_server_connected(server, p->attempt, p->now), QUORATE_OK);
        break;
    case QUORATE_REPLICATION_OUTPUT_DISCONNECT: p->attempt = 0; break;
    case QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY:
        CHECK_INT(output.as.send_to_primary.to, p->attempt);
        from_replica(p, &output.as.send_to_primary.data);
        break;
    case QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BEGINS:
        p->coming[0] = '\0';
        CHECK(output.as.snapshot_begins.has_size == (p->marks == 0));
        break;
    case QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BYTES:
        strncat(p->coming, (const char *)output.as.snapshot_bytes.data, output.as.snapshot_bytes.len);
        break;
    case QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT:
        p->loads++;
        strcpy(p->data[at], p->coming);
        CHECK_STATUS(quorate_replication_server_snapshot_loaded(server, 1, p->now), QUORATE_OK);
        break;
    case QUORATE_REPLICATION_OUTPUT_APPLY:
        p->applied++;
        CHECK(output.as.apply.offset > 0);
        execute(p, at, output.as.apply.args, output.as.apply.count);
        break;
    case QUORATE_REPLICATION_OUTPUT_WAITED:
        CHECK_INT(output.as.waited.client, 42);
        p->waited++;
        p->waited_for = output.as.waited.replicas;
        p->timed_out = output.as.waited.timed_out;
        break;
    case QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED:
        p->changes++;
        p->history = output.as.history_changed.history;
        p->cause = output.as.history_changed.cause;
        break;
    case QUORATE_REPLICATION_OUTPUT_LINK_CHANGED: p->ups += output.as.link_changed; break;
    case QUORATE_REPLICATION_OUTPUT_TRACE:
        p->traces++;
        if (strcmp(output.as.trace.kind, "psync_decided") == 0) {
            CHECK(strlen(output.as.trace.json) < sizeof p->psync);
            strcpy(p->psync, output.as.trace.json);
        }
        break;
    default: CHECK(!"no other output is expected"); break;
    }
    return true;
}

static void work(pair *p) {
    while (work_one(p, PRIMARY) || work_one(p, REPLICA)) {
    }
}

static void run_for(pair *p, uint64_t duration) {
    uint64_t end = p->now + duration;
    int at;
    for (; p->now < end; p->now += 100) {
        for (at = 0; at < 2; at++) {
            if (quorate_replication_server_next_tick(p->servers[at]) <= p->now) {
                CHECK_STATUS(quorate_replication_server_tick(p->servers[at], p->now), QUORATE_OK);
            }
            work(p);
        }
    }
}

static quorate_replication_server *server_new(uint16_t port, uint64_t seed, bool diskless, uint64_t backlog, uint64_t now) {
    quorate_replication_config config;
    quorate_replication_server *server = NULL;
    char error[128] = "";
    CHECK_STATUS(quorate_replication_config_init(&config, port, seed), QUORATE_OK);
    config.diskless = diskless;
    config.diskless_delay_s = 0;
    config.backlog_size = backlog;
    config.trace = 1;
    CHECK_STATUS(quorate_replication_server_new(&config, now, &server, error, sizeof error), QUORATE_OK);
    CHECK_TEXT(error, "");
    return server;
}

static pair *pair_new(bool diskless) {
    pair *p = (pair *)calloc(1, sizeof *p);
    p->now = 1700000000000;
    p->requests = quorate_resp_request_decoder_new(NULL);
    p->servers[PRIMARY] = server_new(6379, 1, diskless, 16384, p->now);
    p->servers[REPLICA] = server_new(6380, 2, diskless, 16384, p->now);
    return p;
}

static void pair_free(pair *p) {
    quorate_replication_server_free(p->servers[PRIMARY]);
    quorate_replication_server_free(p->servers[REPLICA]);
    quorate_resp_request_decoder_free(p->requests);
    free(p);
}

static uint64_t set(pair *p, const char *value) {
    quorate_bytes args[3];
    uint64_t offset = 0;
    args[0] = bytes_of("SET"), args[1] = bytes_of("k"), args[2] = bytes_of(value);
    CHECK_STATUS(quorate_replication_server_write(p->servers[PRIMARY], 0, args, 3, p->now, &offset), QUORATE_OK);
    execute(p, PRIMARY, args, 3);
    return offset;
}

static void cut(pair *p) {
    p->unreachable = true;
    CHECK_STATUS(quorate_replication_server_replica_closed(p->servers[PRIMARY], p->link, p->now), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_closed(p->servers[REPLICA], p->attempt, p->now), QUORATE_OK);
    p->link = 0;
    work(p);
}

static void check_same(const pair *p) {
    quorate_replication_history one, other;
    CHECK_STATUS(quorate_replication_server_history(p->servers[PRIMARY], &one), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_history(p->servers[REPLICA], &other), QUORATE_OK);
    CHECK_INT(strlen(one.id), 40);
    CHECK_TEXT(one.id, other.id);
    CHECK_INT(one.offset, other.offset);
    CHECK_TEXT(p->data[PRIMARY], p->data[REPLICA]);
}

static void check_state(const quorate_replication_server *server) {
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_replication_server *again = NULL, *same = quorate_replication_server_clone(server);
    quorate_bytes state;
    CHECK_STATUS(quorate_replication_server_state(server, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &state), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_from_state(state.data, state.len, &again, NULL, 0), QUORATE_OK);
    CHECK_INT(quorate_replication_server_state_hash(again), quorate_replication_server_state_hash(server));
    CHECK_INT(quorate_replication_server_state_hash(same), quorate_replication_server_state_hash(server));
    quorate_replication_server_free(again);
    quorate_replication_server_free(same);
    again = NULL;
    CHECK_STATUS(quorate_replication_server_from_state(state.data, state.len - 1, &again, NULL, 0),
                 QUORATE_ERR_INVALID_STATE);
    CHECK(again == NULL);
    quorate_buffer_free(buffer);
}

static void resync(bool diskless) {
    pair *p = pair_new(diskless);
    quorate_replication_link_state state;
    const char *text = NULL;
    quorate_bytes role;
    uint64_t offset;
    uint16_t port = 0;
    int64_t seconds = -1;
    int at;
    strcpy(p->data[PRIMARY], "old ");
    CHECK_STATUS(quorate_replication_server_primary(p->servers[REPLICA], &text, &port), QUORATE_NOTHING);
    CHECK_STATUS(quorate_replication_server_replicate_from(p->servers[REPLICA], "10.0.0.1", 6379, p->now), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_replicate_from(p->servers[REPLICA], "10.0.0.1", 6379, p->now),
                 QUORATE_NOTHING);
    run_for(p, 3000);
    CHECK(quorate_replication_server_link_is_up(p->servers[REPLICA]) &&
          !quorate_replication_server_is_primary(p->servers[REPLICA]));
    CHECK_STATUS(quorate_replication_server_link_state(p->servers[REPLICA], &state), QUORATE_OK);
    CHECK_INT(state, QUORATE_REPLICATION_LINK_CONNECTED);
    CHECK_STATUS(quorate_replication_server_link_down(p->servers[REPLICA], &seconds), QUORATE_NOTHING);
    CHECK_INT(quorate_replication_server_link_attempt(p->servers[REPLICA]), p->attempt);
    CHECK_STATUS(quorate_replication_server_primary(p->servers[REPLICA], &text, &port), QUORATE_OK);
    CHECK_TEXT(text, "10.0.0.1");
    CHECK_INT(port, 6379);
    CHECK_INT(p->snapshots, 1);
    CHECK_INT(p->loads, 1);
    CHECK_INT(p->marks, diskless);
    CHECK(strstr(p->psync, "\"full\":{\"") != NULL);
    CHECK_INT(p->cause, QUORATE_REPLICATION_LOADED);
    check_same(p);

    /* What is written follows; WAIT says when it is there. */
    offset = set(p, "one ");
    CHECK_STATUS(quorate_replication_server_wait(p->servers[PRIMARY], 42, offset, 1, 1000, p->now), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_wait(p->servers[PRIMARY], 42, offset, 1, 1000, p->now),
                 QUORATE_ERR_DUPLICATE_WAIT);
    CHECK_STATUS(quorate_replication_server_wait(p->servers[REPLICA], 42, offset, 1, 1000, p->now),
                 QUORATE_ERR_WAIT_ON_REPLICA);
    work(p);
    CHECK(p->waited == 1 && p->waited_for == 1 && !p->timed_out);
    CHECK_INT(quorate_replication_server_count_acknowledged(p->servers[PRIMARY], offset), 1);
    check_same(p);
    CHECK_TEXT(p->data[REPLICA], "old one ");
    CHECK_STATUS(quorate_replication_server_role(p->servers[PRIMARY], &role), QUORATE_OK);
    CHECK(role.len > 20 && memcmp(role.data, "*3\r\n$6\r\nmaster\r\n:", 17) == 0);
    CHECK_STATUS(quorate_replication_server_info(p->servers[PRIMARY], &text), QUORATE_OK);
    CHECK(strstr(text, "role:master\r\n") != NULL &&
          strstr(text, "slave0:ip=10.0.0.2,port=6380,state=online,") != NULL);
    CHECK_STATUS(quorate_replication_server_status(p->servers[PRIMARY], &text), QUORATE_OK);
    CHECK(strstr(text, "\"state\":\"online\"") != NULL && strstr(text, "\"primary\":null") != NULL);
    CHECK_STATUS(quorate_replication_server_status(p->servers[REPLICA], &text), QUORATE_OK);
    CHECK(strstr(text, "\"link_state\":\"connected\"") != NULL && strstr(text, "\"host\":\"10.0.0.1\"") != NULL);
    check_state(p->servers[PRIMARY]);
    check_state(p->servers[REPLICA]);

    /* What it missed for a while is sent, and nothing else. */
    cut(p);
    set(p, "two ");
    CHECK_STATUS(quorate_replication_server_wait(p->servers[PRIMARY], 42, offset + 1, 1, 500, p->now), QUORATE_OK);
    run_for(p, 3000);
    CHECK(p->waited == 2 && p->waited_for == 0 && p->timed_out);
    CHECK_STATUS(quorate_replication_server_link_down(p->servers[REPLICA], &seconds), QUORATE_OK);
    CHECK(seconds >= 2 && seconds <= 4);
    p->unreachable = false;
    run_for(p, 3000);
    CHECK(strstr(p->psync, "\"partial\":{\"bytes\":") != NULL);
    CHECK_INT(p->loads, 1);
    CHECK_TEXT(p->data[REPLICA], "old one two ");
    check_same(p);

    /* It missed more than is kept: everything is sent. */
    cut(p);
    for (at = 0; at < 900; at++) {
        set(p, at % 10 ? "" : ".");
    }
    p->unreachable = false;
    run_for(p, 5000);
    CHECK(strstr(p->psync, "before_backlog") != NULL);
    CHECK_INT(p->loads, 2);
    check_same(p);

    /* The replica is promoted: another name for the history that grew out of the old one. */
    p->changes = 0;
    CHECK_STATUS(quorate_replication_server_promote(p->servers[REPLICA], p->now), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_promote(p->servers[REPLICA], p->now), QUORATE_NOTHING);
    work(p);
    CHECK_INT(p->changes, 1);
    CHECK_INT(p->cause, QUORATE_REPLICATION_PROMOTED);
    {
        quorate_replication_history old;
        CHECK_STATUS(quorate_replication_server_history(p->servers[PRIMARY], &old), QUORATE_OK);
        CHECK_TEXT(p->history.second_id, old.id);
        CHECK_INT(p->history.second_offset, p->history.offset + 1);
        CHECK(strcmp(p->history.id, old.id) != 0);
    }
    CHECK(quorate_replication_server_is_primary(p->servers[REPLICA]));
    pair_free(p);
}

static void rules(void) {
    quorate_replication_config config;
    quorate_replication_server *server = NULL;
    quorate_bytes args[2];
    uint64_t offset = 7;
    char error[256] = "";
    args[0] = bytes_of("DEL"), args[1] = bytes_of("k");
    quorate_replication_config_init(&config, 6379, 1);
    config.backlog_size = 1;
    CHECK_STATUS(quorate_replication_server_new(&config, 0, &server, error, sizeof error), QUORATE_ERR_INVALID_CONFIG);
    CHECK_TEXT(error, "backlog_size must be at least 16384, found 1");
    config.backlog_size = 16384;
    config.min_replicas_to_write = 1;
    CHECK_STATUS(quorate_replication_server_new(&config, 0, &server, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_check(server, QUORATE_REPLICATION_READ), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_check(server, 2), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_replication_server_check(server, QUORATE_REPLICATION_WRITE), QUORATE_ERR_NO_REPLICAS);
    CHECK_STATUS(quorate_replication_server_write(server, 0, args, 2, 0, &offset), QUORATE_ERR_NO_REPLICAS);
    CHECK_INT(offset, 7);
    CHECK(quorate_replication_server_error(server, error, sizeof error) > 0);
    CHECK_TEXT(error, "NOREPLICAS Not enough good replicas to write.");
    CHECK_STATUS(quorate_replication_server_error_code(server), QUORATE_ERR_NO_REPLICAS);
    CHECK_INT(quorate_replication_server_good_replicas(server), 0);
    CHECK_STATUS(quorate_replication_server_propagate(server, 0, args, 2, 0, &offset), QUORATE_OK);
    CHECK_INT(offset, 0);
    config.min_replicas_to_write = 0;
    CHECK_STATUS(quorate_replication_server_configure(server, &config, 0), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_check(server, QUORATE_REPLICATION_WRITE), QUORATE_OK);

    CHECK_STATUS(quorate_replication_server_accept(server, 7, "10.0.0.2", 0), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_accept(server, 7, "10.0.0.2", 0), QUORATE_ERR_DUPLICATE_REPLICA);
    CHECK_STATUS(quorate_replication_server_request(server, 8, args, 2, 0), QUORATE_ERR_UNKNOWN_REPLICA);
    CHECK_STATUS(quorate_replication_server_request(server, 7, args, 2, 0), QUORATE_ERR_NOT_REPLICATION);
    CHECK_STATUS(quorate_replication_server_snapshot_taken(server, 1, 0), QUORATE_ERR_NO_SNAPSHOT_WANTED);
    CHECK_STATUS(quorate_replication_server_snapshot_sent(server, 7, 1, 0), QUORATE_ERR_NOT_SENDING);
    CHECK_STATUS(quorate_replication_server_snapshot_loaded(server, 1, 0), QUORATE_ERR_NOT_LOADING);
    CHECK_STATUS(quorate_replication_server_connected(server, 3, 0), QUORATE_ERR_STALE_ATTEMPT);
    CHECK_STATUS(quorate_replication_server_received(server, 3, NULL, 0, 0), QUORATE_ERR_STALE_ATTEMPT);
    CHECK_STATUS(quorate_replication_server_cancel_wait(server, 42), QUORATE_ERR_UNKNOWN_WAIT);
    CHECK_STATUS(quorate_replication_server_replicate_from(server, "10.0.0.1", 6379, 0), QUORATE_OK);
    CHECK_STATUS(quorate_replication_server_check(server, QUORATE_REPLICATION_WRITE), QUORATE_ERR_READ_ONLY);
    quorate_replication_server_free(server);
    server = NULL;

    /* Back from its disk, as what it was. */
    CHECK_STATUS(quorate_replication_server_restore(&config, "no id", 5, NULL, 0, 0, &server, NULL, 0),
                 QUORATE_ERR_INVALID_REPLICATION_ID);
    CHECK_STATUS(quorate_replication_server_restore(&config, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", UINT64_MAX, NULL, 0, 0, &server,
                                                    NULL, 0),
                 QUORATE_ERR_INVALID_STORED);
    CHECK(server == NULL);
    CHECK_STATUS(quorate_replication_server_restore(&config, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 5, "10.0.0.1", 6379, 0, &server,
                                                    NULL, 0),
                 QUORATE_OK);
    {
        quorate_replication_history history;
        CHECK_STATUS(quorate_replication_server_history(server, &history), QUORATE_OK);
        CHECK_TEXT(history.id, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        CHECK_INT(history.offset, 5);
        CHECK_TEXT(history.second_id, "");
    }
    quorate_replication_server_free(server);
}

static quorate_replication_history history_of(char digit, uint64_t offset) {
    quorate_replication_history history;
    memset(&history, 0, sizeof history);
    memset(history.id, digit, 40);
    history.offset = offset;
    return history;
}

static void check_write(const quorate_replication_ledger *ledger, uint64_t write, quorate_replication_write_state state) {
    quorate_replication_write_status status;
    CHECK_STATUS(quorate_replication_ledger_status(ledger, write, &status), QUORATE_OK);
    CHECK_INT(status.state, state);
}

/* A write that only the old primary has is lost when it follows the one that was promoted without it. */
static void ledger(void) {
    quorate_replication_ledger *l = quorate_replication_ledger_new(), *again = NULL, *same;
    quorate_replication_history old = history_of('a', 100), forked = history_of('b', 100), bad = history_of('x', 1);
    quorate_replication_write_status status;
    quorate_replication_counts counts;
    const quorate_replication_loss *losses = NULL;
    const uint64_t *lost = NULL;
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes state;
    uint64_t copies = 0;
    size_t count = 0;
    memcpy(forked.second_id, old.id, sizeof old.id);
    forked.second_offset = 101;
    CHECK_STATUS(quorate_replication_ledger_at(l, 1, &old, 0), QUORATE_OK);
    CHECK_STATUS(quorate_replication_ledger_at(l, 2, &old, 0), QUORATE_OK);
    CHECK_STATUS(quorate_replication_ledger_acknowledged(l, 6, 1, old.id, 90, 5), QUORATE_OK);
    CHECK_STATUS(quorate_replication_ledger_acknowledged(l, 7, 1, old.id, 142, 10), QUORATE_OK);
    CHECK_STATUS(quorate_replication_ledger_acknowledged(l, 7, 1, old.id, 142, 10), QUORATE_ERR_DUPLICATE_WRITE);
    CHECK_STATUS(quorate_replication_ledger_status(l, 8, &status), QUORATE_NOTHING);
    check_write(l, 6, QUORATE_REPLICATION_WRITE_REPLICATED);
    check_write(l, 7, QUORATE_REPLICATION_WRITE_ONE_COPY);
    CHECK_STATUS(quorate_replication_ledger_copies(l, old.id, 142, &copies), QUORATE_OK);
    CHECK_INT(copies, 1);
    CHECK_STATUS(quorate_replication_ledger_changed(l, 2, &forked, QUORATE_REPLICATION_PROMOTED, 3000), QUORATE_OK);
    CHECK_STATUS(quorate_replication_ledger_changed(l, 2, &forked, 4, 3000), QUORATE_ERR_INVALID_ARGUMENT);
    check_write(l, 7, QUORATE_REPLICATION_WRITE_FORKED);
    CHECK_STATUS(quorate_replication_ledger_gone(l, 1, 13000), QUORATE_OK);
    check_write(l, 6, QUORATE_REPLICATION_WRITE_ONE_COPY);
    check_write(l, 7, QUORATE_REPLICATION_WRITE_LOST);
    CHECK_STATUS(quorate_replication_ledger_status(l, 7, &status), QUORATE_OK);
    CHECK_INT(status.at, 13000);
    CHECK_STATUS(quorate_replication_ledger_counts(l, &counts), QUORATE_OK);
    CHECK(counts.acknowledged == 2 && counts.replicated == 0 && counts.at_risk == 1 && counts.lost == 1);
    CHECK_STATUS(quorate_replication_ledger_losses(l, &losses, &count), QUORATE_OK);
    CHECK_INT(count, 1);
    CHECK_TEXT(losses[0].history, old.id);
    CHECK(losses[0].writes == 1 && losses[0].first_offset == 142 && losses[0].lost_at == 13000 &&
          losses[0].window == 0);
    CHECK(losses[0].has_server && losses[0].server == 1);
    CHECK_STATUS(quorate_replication_ledger_lost(l, &lost, &count), QUORATE_OK);
    CHECK(count == 1 && lost[0] == 7);

    CHECK_STATUS(quorate_replication_ledger_state(l, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &state), QUORATE_OK);
    CHECK_STATUS(quorate_replication_ledger_from_state(state.data, state.len, &again, NULL, 0), QUORATE_OK);
    same = quorate_replication_ledger_clone(l);
    CHECK_INT(quorate_replication_ledger_state_hash(again), quorate_replication_ledger_state_hash(l));
    CHECK_INT(quorate_replication_ledger_state_hash(same), quorate_replication_ledger_state_hash(l));
    check_write(again, 7, QUORATE_REPLICATION_WRITE_LOST);
    quorate_replication_ledger_free(same);
    quorate_replication_ledger_free(again);
    CHECK_STATUS(quorate_replication_ledger_at(l, 1, &bad, 0), QUORATE_ERR_INVALID_REPLICATION_ID);
    memset(old.id, 'a', sizeof old.id); /* not ended */
    CHECK_STATUS(quorate_replication_ledger_at(l, 1, &old, 0), QUORATE_ERR_INVALID_REPLICATION_ID);
    quorate_replication_ledger_free(l);
    quorate_buffer_free(buffer);
}

static void misuse(void) {
    quorate_replication_server *none = (quorate_replication_server *)calloc(1, 1 << 16), *server = NULL;
    quorate_replication_ledger *l = quorate_replication_ledger_new();
    quorate_replication_output output;
    quorate_replication_history history;
    const char *text;
    uint16_t port;
    CHECK_STATUS(quorate_replication_config_init(NULL, 1, 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_replication_server_new(NULL, 0, &server, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_replication_server_poll(NULL, &output), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_replication_server_poll(none, &output), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_replication_server_poll((quorate_replication_server *)(void *)l, &output), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_replication_server_tick(none, 0), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_replication_server_accept(none, 1, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_replication_server_history(none, &history), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_replication_server_primary(none, &text, &port), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_replication_server_info(NULL, &text), QUORATE_ERR_NULL);
    CHECK(!quorate_replication_server_is_primary(none) && quorate_replication_server_clone(none) == NULL);
    CHECK_INT(quorate_replication_server_state_hash(NULL), 0);
    CHECK_INT(quorate_replication_server_next_tick(none), 0);
    CHECK_STATUS(quorate_replication_ledger_at(l, 1, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_replication_ledger_acknowledged(l, 1, 1, NULL, 0, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_replication_ledger_losses(l, NULL, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_replication_ledger_gone((quorate_replication_ledger *)(void *)none, 1, 0), QUORATE_ERR_CLOSED);
    quorate_replication_server_free(none); /* left alone */
    quorate_replication_server_free(NULL);
    quorate_replication_ledger_free(NULL);
    quorate_replication_ledger_free(l);
    free(none);
}

int main(void) {
    resync(true);
    resync(false);
    rules();
    ledger();
    misuse();
    return check_report();
}
