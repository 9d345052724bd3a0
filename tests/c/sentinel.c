/* Sentinels in virtual time: three of them in one process with a master and two replicas that are played here, and a client that
 * finds the primary through them. */
#include "check.h"

#include <stdarg.h>

enum { SENTINELS = 3, DISCOVERY = 3, CLIENT = 4, SERVERS = 3, LINKS = 64, MASTER_PORT = 6379, SENTINEL_PORT = 26379 };

/* An end of a link: of a sentinel, or of the discovery. */
typedef struct {
    int owner;
    uint64_t link;
    int port;
    bool subscribed, multi;
} wire_end;

/* A server of Redis, as far as sentinels ask. */
typedef struct {
    int port, follows; /* 0: a master */
    bool up;
} redis;

typedef struct {
    quorate_sentinel *sentinels[SENTINELS];
    uint32_t due[SENTINELS];
    char lines[SENTINELS][4096]; /* the disk: what was persisted last, a line each */
    char log[SENTINELS][16384];
    bool hold[SENTINELS];        /* whether writes stay unanswered */
    uint64_t held[SENTINELS];
    unsigned replies[SENTINELS];
    quorate_sentinel_discovery *discovery;
    char found[1024];            /* what the discovery told */
    uint64_t resolved;
    redis servers[SERVERS];
    wire_end links[LINKS];
    size_t link_count;
    char answer[1024];           /* the last answer to the test's own client */
    int64_t now;
    bool traced;
} world;

static const char *const ids[SENTINELS] = {"1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222",
                                           "3333333333333333333333333333333333333333"};

static void note(char *log, size_t cap, const char *format, ...) {
    size_t len = strlen(log);
    va_list args;
    va_start(args, format);
    vsnprintf(log + len, cap - len, format, args);
    va_end(args);
    CHECK(strlen(log) + 1 < cap);
}

static bool is(const quorate_bytes *arg, const char *word) {
    return arg->len == strlen(word) && memcmp(arg->data, word, arg->len) == 0;
}

static wire_end *find(world *w, int owner, uint64_t link) {
    size_t at;
    for (at = 0; at < w->link_count; at++) {
        if (w->links[at].owner == owner && w->links[at].link == link) {
            return &w->links[at];
        }
    }
    return NULL;
}

static redis *server_at(world *w, int port) {
    return port >= MASTER_PORT && port < MASTER_PORT + SERVERS ? &w->servers[port - MASTER_PORT] : NULL;
}

static void deliver(world *w, int owner, uint64_t link, const void *data, size_t len) {
    const uint8_t *bytes = (const uint8_t *)data;
    if (owner == DISCOVERY) {
        quorate_sentinel_discovery_reply_bytes(w->discovery, link, bytes, len, w->now);
    } else if (owner == CLIENT) {
        memcpy(w->answer, bytes, len);
        w->answer[len] = '\0';
    } else {
        /* Of a link that the sentinel closed, perhaps without having been able to say so yet, news come too late. */
        quorate_status status = quorate_sentinel_reply_bytes(w->sentinels[owner], link, bytes, len, w->now);
        CHECK(status == QUORATE_OK || status == QUORATE_ERR_UNKNOWN_LINK);
    }
}

static void say(world *w, const wire_end *end, const char *format, ...) {
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    deliver(w, end->owner, end->link, text, strlen(text));
}

static void opened(world *w, int owner, uint64_t link, const quorate_sentinel_address *address) {
    redis *server = server_at(w, address->port);
    wire_end end;
    CHECK_TEXT(address->ip, "127.0.0.1");
    if (server != NULL && !server->up) {
        if (owner == DISCOVERY) {
            quorate_sentinel_discovery_disconnected(w->discovery, link, w->now);
        } else {
            CHECK_STATUS(quorate_sentinel_disconnected(w->sentinels[owner], link), QUORATE_OK);
        }
        return;
    }
    memset(&end, 0, sizeof end);
    end.owner = owner;
    end.link = link;
    end.port = address->port;
    CHECK(w->link_count < LINKS);
    w->links[w->link_count++] = end;
    if (owner == DISCOVERY) {
        CHECK_STATUS(quorate_sentinel_discovery_connected(w->discovery, link, w->now), QUORATE_OK);
    } else {
        CHECK_STATUS(quorate_sentinel_connected(w->sentinels[owner], link), QUORATE_OK);
    }
}

static void closed(world *w, int owner, uint64_t link) {
    wire_end *end = find(w, owner, link);
    if (end != NULL) {
        *end = w->links[--w->link_count];
    }
}

static void info(world *w, const wire_end *end, const redis *server) {
    char text[1024] = "";
    int port, count = 0;
    note(text, sizeof text, "run_id:%040d\r\nrole:%s\r\n", server->port, server->follows ? "slave" : "master");
    if (server->follows) {
        note(text, sizeof text, "master_host:127.0.0.1\r\nmaster_port:%d\r\nmaster_link_status:%s\r\nslave_repl_offset:%d\r\n",
             server->follows, server_at(w, server->follows)->up ? "up" : "down", server->port == 6380 ? 200 : 100);
        note(text, sizeof text, "master_link_down_since_seconds:%d\r\nslave_priority:100\r\n",
             server_at(w, server->follows)->up ? -1 : 1);
    } else {
        for (port = MASTER_PORT; port < MASTER_PORT + SERVERS; port++) {
            if (server_at(w, port)->follows == server->port && server_at(w, port)->up) {
                note(text, sizeof text, "slave%d:ip=127.0.0.1,port=%d,state=online,offset=100,lag=0\r\n", count++, port);
            }
        }
    }
    say(w, end, "$%u\r\n%s\r\n", (unsigned)strlen(text), text);
}

/* What a server of Redis answers. */
static void serve(world *w, wire_end *end, redis *server, const quorate_bytes *args, size_t count) {
    size_t at;
    if (is(&args[0], "PING")) {
        say(w, end, "+PONG\r\n");
    } else if (is(&args[0], "INFO")) {
        info(w, end, server);
    } else if (is(&args[0], "ROLE")) {
        if (server->follows) {
            say(w, end, "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:%d\r\n$9\r\nconnected\r\n:100\r\n", server->follows);
        } else {
            say(w, end, "*3\r\n$6\r\nmaster\r\n:100\r\n*0\r\n");
        }
    } else if (is(&args[0], "SUBSCRIBE")) {
        end->subscribed = true;
        say(w, end, "*3\r\n$9\r\nsubscribe\r\n$%u\r\n%.*s\r\n:1\r\n", (unsigned)args[1].len, (int)args[1].len,
            (const char *)args[1].data);
    } else if (is(&args[0], "PUBLISH")) {
        for (at = 0; at < w->link_count; at++) {
            wire_end other = w->links[at];
            if (other.port == server->port && other.subscribed) {
                say(w, &other, "*3\r\n$7\r\nmessage\r\n$%u\r\n%.*s\r\n$%u\r\n%.*s\r\n", (unsigned)args[1].len, (int)args[1].len,
                    (const char *)args[1].data, (unsigned)args[2].len, (int)args[2].len, (const char *)args[2].data);
            }
        }
        say(w, end, ":1\r\n");
    } else if (is(&args[0], "MULTI")) {
        end->multi = true;
        say(w, end, "+OK\r\n");
    } else if (is(&args[0], "EXEC")) {
        end->multi = false;
        say(w, end, "*0\r\n");
    } else {
        if (count == 3 && (is(&args[0], "SLAVEOF") || is(&args[0], "REPLICAOF"))) {
            server->follows = is(&args[1], "NO") ? 0 : atoi((const char *)args[2].data);
        }
        say(w, end, end->multi ? "+QUEUED\r\n" : "+OK\r\n");
    }
}

static void sent(world *w, int owner, const quorate_sentinel_send *send) {
    wire_end *end = find(w, owner, send->link);
    redis *server;
    quorate_resp_request_decoder *decoder = quorate_resp_request_decoder_new(NULL);
    quorate_resp_request request;
    /* The words and their wire form say the same. */
    CHECK_STATUS(quorate_resp_request_decoder_feed(decoder, send->wire.data, send->wire.len), QUORATE_OK);
    CHECK_STATUS(quorate_resp_request_decoder_poll(decoder, &request), QUORATE_OK);
    CHECK_INT(request.count, send->count);
    CHECK(request.args[0].len == send->args[0].len);
    if (end != NULL) {
        server = server_at(w, end->port);
        if (server == NULL) {
            uint64_t client = (uint64_t)owner * 1000000 + send->link;
            CHECK_STATUS(quorate_sentinel_command(w->sentinels[end->port - SENTINEL_PORT], client, send->args, send->count, w->now),
                         QUORATE_OK);
        } else if (server->up) {
            serve(w, end, server, request.args, request.count);
        }
    }
    quorate_resp_request_decoder_free(decoder);
}

static void persist(world *w, int at, const quorate_sentinel_persist *write) {
    quorate_sentinel_output none;
    size_t line;
    w->lines[at][0] = '\0';
    CHECK(write->count > 5);
    for (line = 0; line < write->count; line++) {
        CHECK(strncmp(write->lines[line], "sentinel ", 9) == 0);
        note(w->lines[at], sizeof w->lines[at], "%s\n", write->lines[line]);
    }
    if (w->hold[at]) {
        w->held[at] = write->ticket;
        CHECK_STATUS(quorate_sentinel_poll(w->sentinels[at], &none), QUORATE_NOTHING);
    } else {
        CHECK_STATUS(quorate_sentinel_persisted(w->sentinels[at], write->ticket), QUORATE_OK);
    }
}

static bool work_sentinel(world *w, int at) {
    quorate_sentinel_output output;
    if (quorate_sentinel_poll(w->sentinels[at], &output) != QUORATE_OK) {
        return false;
    }
    switch (output.kind) {
    case QUORATE_SENTINEL_OUTPUT_CONNECT: opened(w, at, output.as.connect.link, &output.as.connect.address); break;
    case QUORATE_SENTINEL_OUTPUT_CLOSE: closed(w, at, output.as.close); break;
    case QUORATE_SENTINEL_OUTPUT_SEND: sent(w, at, &output.as.send); break;
    case QUORATE_SENTINEL_OUTPUT_PERSIST: persist(w, at, &output.as.persist); break;
    case QUORATE_SENTINEL_OUTPUT_REPLY: {
        uint64_t client = output.as.reply.client;
        w->replies[at]++;
        deliver(w, (int)(client / 1000000), client % 1000000, output.as.reply.wire.data, output.as.reply.wire.len);
        break;
    }
    case QUORATE_SENTINEL_OUTPUT_EVENT:
        CHECK(output.as.event.level <= QUORATE_SENTINEL_WARNING);
        CHECK_TEXT(output.as.event.master, "mymaster");
        note(w->log[at], sizeof w->log[at], "%s %s\n", output.as.event.channel, output.as.event.message);
        break;
    case QUORATE_SENTINEL_OUTPUT_TRACE:
        CHECK(output.as.trace.kind[0] != '\0' && output.as.trace.json[0] == '{');
        w->traced |= strcmp(output.as.trace.kind, "votes_counted") == 0;
        break;
    default: CHECK(!"no other output is expected"); break;
    }
    return true;
}

static bool work_discovery(world *w) {
    quorate_sentinel_discovery_output output;
    if (w->discovery == NULL || quorate_sentinel_discovery_poll(w->discovery, &output) != QUORATE_OK) {
        return false;
    }
    switch (output.kind) {
    case QUORATE_SENTINEL_DISCOVERY_CONNECT: opened(w, DISCOVERY, output.as.connect.link, &output.as.connect.address); break;
    case QUORATE_SENTINEL_DISCOVERY_CLOSE: closed(w, DISCOVERY, output.as.close); break;
    case QUORATE_SENTINEL_DISCOVERY_SEND: sent(w, DISCOVERY, &output.as.send); break;
    case QUORATE_SENTINEL_DISCOVERY_RESOLVED:
        w->resolved = output.as.resolved.link;
        note(w->found, sizeof w->found, "%s at %s:%d\n",
             output.as.resolved.role == QUORATE_SENTINEL_ROLE_PRIMARY ? "primary" : "replica", output.as.resolved.address.host,
             output.as.resolved.address.port);
        break;
    case QUORATE_SENTINEL_DISCOVERY_FAILED:
        CHECK(output.as.failed.message[0] != '\0');
        note(w->found, sizeof w->found, "failed: %s\n", quorate_status_str(output.as.failed.status));
        break;
    case QUORATE_SENTINEL_DISCOVERY_INVALIDATE:
        note(w->found, sizeof w->found, "invalid %d, %d\n", (int)(output.as.invalidate.link == w->resolved),
             (int)output.as.invalidate.reason);
        break;
    case QUORATE_SENTINEL_DISCOVERY_PRIMARY_CHANGED:
        note(w->found, sizeof w->found, "primary from %d to %d\n",
             output.as.primary_changed.from.host == NULL ? 0 : output.as.primary_changed.from.port,
             output.as.primary_changed.to.port);
        break;
    default: break;
    }
    return true;
}

static void work(world *w) {
    bool more = true;
    int at;
    while (more) {
        more = work_discovery(w);
        for (at = 0; at < SENTINELS; at++) {
            more |= work_sentinel(w, at);
        }
    }
}

static void run_for(world *w, int64_t duration) {
    int64_t end = w->now + duration, next;
    int at;
    for (; w->now < end; w->now++) {
        for (at = 0; at < SENTINELS; at++) {
            if (w->due[at]-- == 0) {
                CHECK_STATUS(quorate_sentinel_tick(w->sentinels[at], w->now), QUORATE_OK);
                w->due[at] = quorate_sentinel_tick_period(w->sentinels[at]);
                CHECK(w->due[at] >= 50 && w->due[at] <= 100);
                work(w);
            }
        }
        if (w->discovery != NULL && quorate_sentinel_discovery_next_tick(w->discovery, &next) == QUORATE_OK && next <= w->now) {
            CHECK_STATUS(quorate_sentinel_discovery_tick(w->discovery, w->now), QUORATE_OK);
            work(w);
        }
    }
}

static world *world_new(void) {
    world *w = (world *)calloc(1, sizeof *w);
    int at;
    w->now = 1000000;
    for (at = 0; at < SERVERS; at++) {
        w->servers[at].port = MASTER_PORT + at;
        w->servers[at].follows = at == 0 ? 0 : MASTER_PORT;
        w->servers[at].up = true;
    }
    for (at = 0; at < SENTINELS; at++) {
        quorate_sentinel_master_config master;
        quorate_sentinel_config config;
        char error[128] = "";
        CHECK_STATUS(quorate_sentinel_master_config_init(&master, "mymaster", "127.0.0.1", MASTER_PORT, 2), QUORATE_OK);
        master.down_after = 1000;
        CHECK_STATUS(quorate_sentinel_config_init(&config, ids[at], (uint64_t)at + 7), QUORATE_OK);
        config.port = (uint16_t)(SENTINEL_PORT + at);
        config.masters = &master;
        config.master_count = 1;
        config.trace = 1;
        CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, w->now, &w->sentinels[at], error, sizeof error),
                     QUORATE_OK);
        CHECK_TEXT(error, "");
        CHECK_TEXT(quorate_sentinel_id(w->sentinels[at]), ids[at]);
    }
    work(w);
    return w;
}

static void world_free(world *w) {
    int at;
    for (at = 0; at < SENTINELS; at++) {
        quorate_sentinel_free(w->sentinels[at]);
    }
    quorate_sentinel_discovery_free(w->discovery);
    free(w);
}

/* The server does not answer any more, and its connections end. */
static void crash(world *w, int port) {
    size_t at = 0;
    server_at(w, port)->up = false;
    while (at < w->link_count) {
        wire_end end = w->links[at];
        if (end.port == port && end.owner != DISCOVERY) {
            closed(w, end.owner, end.link);
            CHECK_STATUS(quorate_sentinel_disconnected(w->sentinels[end.owner], end.link), QUORATE_OK);
        } else {
            at++;
        }
    }
    work(w);
}

static void discover(world *w) {
    quorate_sentinel_address known[1] = {{"127.0.0.1", NULL, SENTINEL_PORT}};
    quorate_sentinel_discovery_config config;
    char error[128] = "";
    uint64_t request = 0;
    CHECK_STATUS(quorate_sentinel_discovery_config_init(&config, "mymaster", known, 1), QUORATE_OK);
    config.check_every_ms = -1;
    CHECK_STATUS(quorate_sentinel_discovery_new(&config, &w->discovery, error, sizeof error), QUORATE_OK);
    CHECK_TEXT(error, "");
    CHECK_STATUS(quorate_sentinel_discovery_request(w->discovery, QUORATE_SENTINEL_WANT_PRIMARY, w->now, &request),
                 QUORATE_OK);
    CHECK(request != 0);
    run_for(w, 200);
    CHECK_TEXT(w->found, "primary from 0 to 6379\nprimary at 127.0.0.1:6379\n");
    w->found[0] = '\0';
}

static void check_master(world *w, int at, int port) {
    quorate_sentinel_address address;
    CHECK_STATUS(quorate_sentinel_master_address(w->sentinels[at], "mymaster", &address), QUORATE_OK);
    CHECK_TEXT(address.host, "127.0.0.1");
    CHECK_INT(address.port, port);
    CHECK_STATUS(quorate_sentinel_master_address(w->sentinels[at], "other", &address), QUORATE_NOTHING);
}

/* All that a sentinel knows goes out and comes in again, and what is damaged does not. */
static void check_state(const quorate_sentinel *sentinel) {
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_sentinel *again = NULL, *same = quorate_sentinel_clone(sentinel);
    quorate_bytes state;
    uint8_t *damaged;
    char error[128] = "";
    CHECK_STATUS(quorate_sentinel_state(sentinel, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &state), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_from_state(state.data, state.len, &again, error, sizeof error), QUORATE_OK);
    CHECK_INT(quorate_sentinel_state_hash(again), quorate_sentinel_state_hash(sentinel));
    CHECK_INT(quorate_sentinel_state_hash(same), quorate_sentinel_state_hash(sentinel));
    quorate_sentinel_free(again);
    quorate_sentinel_free(same);
    again = NULL;
    damaged = (uint8_t *)malloc(state.len);
    memcpy(damaged, state.data, state.len);
    damaged[22] ^= 1; /* in the hash */
    CHECK_STATUS(quorate_sentinel_from_state(damaged, state.len, &again, error, sizeof error),
                 QUORATE_ERR_INVALID_STATE);
    CHECK_STATUS(quorate_sentinel_from_state(state.data, state.len / 2, &again, NULL, 0), QUORATE_ERR_INVALID_STATE);
    CHECK_STATUS(quorate_sentinel_from_state(NULL, 0, &again, NULL, 0), QUORATE_ERR_INVALID_STATE);
    CHECK(again == NULL && error[0] != '\0');
    free(damaged);
    quorate_buffer_free(buffer);
}

static void failover(void) {
    world *w = world_new();
    quorate_bytes ask[3];
    const char *status = NULL, *const *lines = NULL;
    size_t count = 0;
    int at, leaders = 0;
    run_for(w, 15000);
    for (at = 0; at < SENTINELS; at++) {
        CHECK(strstr(w->log[at], "+slave slave 127.0.0.1:6380 127.0.0.1 6380 @ mymaster 127.0.0.1 6379\n") != NULL);
        CHECK(strstr(w->log[at], "+sdown") == NULL);
        check_master(w, at, 6379);
    }
    CHECK(strstr(w->log[0], "+sentinel sentinel 2222222222222222222222222222222222222222 127.0.0.1 26380 @ mymaster") != NULL);
    CHECK_STATUS(quorate_sentinel_status(w->sentinels[0], &status), QUORATE_OK);
    CHECK(strstr(status, "\"failover_state\":\"none\"") != NULL && strstr(status, "\"majority\":2") != NULL);
    discover(w);
    check_state(w->sentinels[0]);

    /* The master is gone. Two sentinels cannot write for a while: their votes, which are with the write, do not leave. */
    crash(w, MASTER_PORT);
    w->hold[1] = w->hold[2] = true;
    for (at = 0; at < 4000 && w->held[1] == 0 && w->held[2] == 0; at++) {
        run_for(w, 1);
    }
    CHECK(w->held[1] != 0 || w->held[2] != 0);
    run_for(w, 300);
    for (at = 1; at < SENTINELS; at++) {
        if (w->held[at] != 0) {
            unsigned before = w->replies[at];
            CHECK(strstr(w->lines[at], "sentinel leader-epoch mymaster 1\n") != NULL ||
                  strstr(w->lines[at], "sentinel current-epoch 1\n") != NULL);
            run_for(w, 200);
            CHECK_INT(w->replies[at], before);
            check_state(w->sentinels[at]);
            CHECK_STATUS(quorate_sentinel_persisted(w->sentinels[at], w->held[at] + 1), QUORATE_ERR_UNKNOWN_TICKET);
            w->hold[at] = false;
            CHECK_STATUS(quorate_sentinel_persisted(w->sentinels[at], w->held[at]), QUORATE_OK);
            work(w);
            CHECK(w->replies[at] > before);
        }
        w->hold[at] = false;
    }
    run_for(w, 15000);
    for (at = 0; at < SENTINELS; at++) {
        CHECK(strstr(w->log[at], "+sdown master mymaster 127.0.0.1 6379\n") != NULL);
        CHECK(strstr(w->log[at], "+switch-master mymaster 127.0.0.1 6379 127.0.0.1 6380\n") != NULL);
        CHECK(quorate_sentinel_current_epoch(w->sentinels[at]) >= 1);
        CHECK(!quorate_sentinel_in_tilt(w->sentinels[at]));
        leaders += strstr(w->log[at], "+elected-leader master mymaster 127.0.0.1 6379\n") != NULL;
        check_master(w, at, 6380);
    }
    CHECK_INT(leaders, 1);
    CHECK(w->traced);
    CHECK_INT(w->servers[1].follows, 0);
    CHECK_INT(w->servers[2].follows, 6380);

    /* The client heard of it, looked, and was told to give the old one up. */
    CHECK_TEXT(w->found, "primary from 6379 to 6380\ninvalid 1, 0\n");
    w->found[0] = '\0';
    CHECK_STATUS(quorate_sentinel_discovery_request(w->discovery, QUORATE_SENTINEL_WANT_PRIMARY, w->now, NULL),
                 QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_discovery_request(w->discovery, QUORATE_SENTINEL_WANT_REPLICA, w->now, NULL),
                 QUORATE_OK);
    run_for(w, 200);
    CHECK(strstr(w->found, "primary at 127.0.0.1:6380\n") != NULL);
    CHECK(strstr(w->found, "replica at 127.0.0.1:6381\n") != NULL);

    /* As any client may ask, in the protocol that it chose. */
    ask[0] = bytes_of("SENTINEL"), ask[1] = bytes_of("GET-MASTER-ADDR-BY-NAME"), ask[2] = bytes_of("mymaster");
    CHECK_STATUS(quorate_sentinel_command(w->sentinels[2], CLIENT * 1000000 + 1, ask, 3, w->now), QUORATE_OK);
    work(w);
    CHECK_TEXT(w->answer, "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6380\r\n");
    ask[2] = bytes_of("nobody");
    CHECK_STATUS(quorate_sentinel_command(w->sentinels[2], CLIENT * 1000000 + 1, ask, 3, w->now), QUORATE_OK);
    work(w);
    CHECK_TEXT(w->answer, "*-1\r\n");
    ask[0] = bytes_of("HELLO"), ask[1] = bytes_of("3");
    CHECK_STATUS(quorate_sentinel_command(w->sentinels[2], CLIENT * 1000000 + 1, ask, 2, w->now), QUORATE_OK);
    work(w);
    CHECK(w->answer[0] == '%');
    ask[0] = bytes_of("SENTINEL"), ask[1] = bytes_of("GET-MASTER-ADDR-BY-NAME"), ask[2] = bytes_of("nobody");
    CHECK_STATUS(quorate_sentinel_command(w->sentinels[2], CLIENT * 1000000 + 1, ask, 3, w->now), QUORATE_OK);
    work(w);
    CHECK_TEXT(w->answer, "_\r\n");
    CHECK_STATUS(quorate_sentinel_client_closed(w->sentinels[2], CLIENT * 1000000 + 1), QUORATE_OK);

    /* One that starts again, from its lines, knows what it promised. */
    CHECK_STATUS(quorate_sentinel_lines(w->sentinels[1], &lines, &count), QUORATE_OK);
    {
        quorate_sentinel_config config;
        quorate_sentinel *again = NULL;
        quorate_sentinel_address address;
        CHECK_STATUS(quorate_sentinel_config_init(&config, ids[0], 1), QUORATE_OK); /* the line with the id goes before it */
        CHECK_STATUS(quorate_sentinel_new(&config, lines, count, w->now, &again, NULL, 0), QUORATE_OK);
        CHECK_TEXT(quorate_sentinel_id(again), ids[1]);
        CHECK_INT(quorate_sentinel_current_epoch(again), quorate_sentinel_current_epoch(w->sentinels[1]));
        CHECK_STATUS(quorate_sentinel_master_address(again, "mymaster", &address), QUORATE_OK);
        CHECK_INT(address.port, 6380);
        quorate_sentinel_free(again);
    }
    world_free(w);
}

static void discovery_errors(void) {
    quorate_sentinel_address known[1] = {{"127.0.0.1", NULL, 1}};
    const quorate_sentinel_address *sentinels = NULL;
    const quorate_sentinel_handed_out *links = NULL;
    quorate_sentinel_discovery_config config;
    quorate_sentinel_discovery *discovery = NULL, *again = NULL;
    quorate_sentinel_discovery_output output;
    quorate_sentinel_address address;
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes state;
    char error[128] = "";
    uint64_t request = 0;
    int64_t next = 0;
    size_t count = 7;
    bool failed = false, useless;
    CHECK_STATUS(quorate_sentinel_discovery_config_init(&config, "", known, 1), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_discovery_new(&config, &discovery, error, sizeof error), QUORATE_ERR_INVALID_CONFIG);
    CHECK_TEXT(error, "invalid setting: name must not be empty");
    config.name = "mymaster";
    config.stale = 2;
    CHECK_STATUS(quorate_sentinel_discovery_new(&config, &discovery, NULL, 0), QUORATE_ERR_INVALID_ARGUMENT);
    config.stale = QUORATE_SENTINEL_STALE_NEVER;
    config.give_up_after_ms = 0;
    config.listeners = 0;
    config.max_requests = 1;
    CHECK_STATUS(quorate_sentinel_discovery_new(&config, &discovery, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_discovery_next_tick(discovery, &next), QUORATE_NOTHING);
    CHECK_STATUS(quorate_sentinel_discovery_primary(discovery, &address), QUORATE_NOTHING);
    CHECK_STATUS(quorate_sentinel_discovery_handed_out(discovery, &links, &count), QUORATE_OK);
    CHECK_INT(count, 0);
    CHECK_STATUS(quorate_sentinel_discovery_sentinels(discovery, &sentinels, &count), QUORATE_OK);
    CHECK_INT(count, 1);
    CHECK_TEXT(sentinels[0].host, "127.0.0.1");
    CHECK_STATUS(quorate_sentinel_discovery_request(discovery, 4, 0, NULL), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_sentinel_discovery_request(discovery, QUORATE_SENTINEL_WANT_ANY, 0, &request), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_discovery_request(discovery, QUORATE_SENTINEL_WANT_ANY, 0, NULL),
                 QUORATE_ERR_TOO_MANY_REQUESTS);
    CHECK_STATUS(quorate_sentinel_discovery_error_code(discovery), QUORATE_ERR_TOO_MANY_REQUESTS);
    CHECK(quorate_sentinel_discovery_error(discovery, error, sizeof error) > 0);
    CHECK_STATUS(quorate_sentinel_discovery_state(discovery, buffer), QUORATE_OK);
    CHECK_STATUS(quorate_buffer_bytes(buffer, &state), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_discovery_from_state(state.data, state.len, &again, NULL, 0), QUORATE_OK);
    CHECK_INT(quorate_sentinel_discovery_state_hash(again), quorate_sentinel_discovery_state_hash(discovery));
    while (quorate_sentinel_discovery_poll(discovery, &output) == QUORATE_OK) {
        if (output.kind == QUORATE_SENTINEL_DISCOVERY_CONNECT) {
            CHECK_INT(output.as.connect.purpose, QUORATE_SENTINEL_PURPOSE_ASK);
            CHECK_STATUS(quorate_sentinel_discovery_disconnected(discovery, output.as.connect.link, 1), QUORATE_OK);
        } else if (output.kind == QUORATE_SENTINEL_DISCOVERY_FAILED) {
            CHECK_INT(output.as.failed.request, request);
            CHECK_STATUS(output.as.failed.status, QUORATE_ERR_NO_SENTINEL_ANSWERS);
            CHECK_TEXT(output.as.failed.message, "none of 1 sentinels answered");
            failed = true;
        }
    }
    CHECK(failed);
    CHECK_STATUS(quorate_sentinel_discovery_cancel(discovery, request, 2), QUORATE_ERR_UNKNOWN_REQUEST);
    CHECK_STATUS(quorate_sentinel_discovery_cancel(again, request, 2), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_discovery_connected(discovery, 99, 2), QUORATE_ERR_UNKNOWN_LINK);
    CHECK_STATUS(quorate_sentinel_discovery_refused(discovery, 99, (const uint8_t *)"READONLY", 8, 2, &useless),
                 QUORATE_ERR_UNKNOWN_LINK);
    CHECK_STATUS(quorate_sentinel_discovery_message(discovery, 99, "+switch-master", NULL, 0, 2),
                 QUORATE_ERR_UNKNOWN_LINK);
    quorate_sentinel_discovery_free(again);
    again = quorate_sentinel_discovery_clone(discovery);
    CHECK_INT(quorate_sentinel_discovery_state_hash(again), quorate_sentinel_discovery_state_hash(discovery));
    quorate_sentinel_discovery_free(again);
    quorate_sentinel_discovery_free(discovery);
    quorate_buffer_free(buffer);
}

static void refusals(void) {
    static const char *const bad[] = {"port 26379", "sentinel monitor mymaster 127.0.0.1 6379"};
    quorate_sentinel_master_config master;
    quorate_sentinel_config config;
    quorate_sentinel *sentinel = NULL;
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value value;
    char error[128] = "";
    CHECK_STATUS(quorate_sentinel_config_init(&config, "short", 1), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, 0, &sentinel, error, sizeof error), QUORATE_ERR_INVALID_CONFIG);
    CHECK(strstr(error, "40 lower-case hexadecimal digits") != NULL);
    config.id = ids[0];
    CHECK_STATUS(quorate_sentinel_new(&config, bad, 2, 0, &sentinel, error, sizeof error), QUORATE_ERR_INVALID_LINE);
    CHECK(strstr(error, "line 2 of the configuration") == error);
    config.profile = 2;
    CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, 0, &sentinel, NULL, 0), QUORATE_ERR_INVALID_ARGUMENT);
    config.profile = QUORATE_SENTINEL_STRICT;
    config.ip = "\xff";
    CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, 0, &sentinel, NULL, 0), QUORATE_ERR_INVALID_ARGUMENT);
    config.ip = NULL;
    CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, 0, &sentinel, NULL, 0), QUORATE_ERR_NULL);
    config.ip = "10.0.0.1";
    config.master_count = 1;
    CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, 0, &sentinel, NULL, 0), QUORATE_ERR_NULL);
    quorate_sentinel_master_config_init(&master, "mymaster", "127.0.0.1", 6379, 0);
    config.masters = &master;
    CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, 0, &sentinel, error, sizeof error), QUORATE_ERR_INVALID_CONFIG);
    CHECK_TEXT(error, "invalid setting: master `mymaster` needs a quorum of at least 1");
    CHECK(sentinel == NULL);
    master.quorum = 1;
    CHECK_STATUS(quorate_sentinel_new(&config, NULL, 0, 0, &sentinel, NULL, 0), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_error_code(sentinel), QUORATE_OK);
    CHECK_INT(quorate_sentinel_error(sentinel, error, sizeof error), 0);
    CHECK_STATUS(quorate_sentinel_connected(sentinel, 9), QUORATE_ERR_UNKNOWN_LINK);
    CHECK_STATUS(quorate_sentinel_disconnected(sentinel, 9), QUORATE_ERR_UNKNOWN_LINK);
    CHECK_INT(quorate_sentinel_error(sentinel, error, sizeof error), strlen("link 9 is not open"));
    CHECK_TEXT(error, "link 9 is not open");
    CHECK_STATUS(quorate_sentinel_message(sentinel, 9, NULL, 0, 0), QUORATE_ERR_UNKNOWN_LINK);
    CHECK_STATUS(quorate_sentinel_script_finished(sentinel, 5, QUORATE_SENTINEL_SCRIPT_SIGNAL, 9, 0),
                 QUORATE_ERR_UNKNOWN_SCRIPT);
    CHECK_STATUS(quorate_sentinel_error_code(sentinel), QUORATE_ERR_UNKNOWN_SCRIPT);
    CHECK_STATUS(quorate_sentinel_script_finished(sentinel, 5, 3, 0, 0), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_sentinel_resolved(sentinel, "a.example", NULL, 0), QUORATE_OK);

    /* A reply must be one, and whole; a decoder's value must be of its latest poll. */
    CHECK_STATUS(quorate_sentinel_reply_bytes(sentinel, 1, (const uint8_t *)"+OK", 3, 0), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_sentinel_reply_bytes(sentinel, 1, (const uint8_t *)"+a\r\n+b\r\n", 8, 0),
                 QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_sentinel_reply_bytes(sentinel, 1, (const uint8_t *)"@\r\n", 3, 0), QUORATE_ERR_UNKNOWN_TYPE);
    CHECK_STATUS(quorate_sentinel_reply_bytes(sentinel, 9, (const uint8_t *)"+OK\r\n", 5, 0), QUORATE_ERR_UNKNOWN_LINK);
    feed_text(decoder, "+OK\r\n");
    CHECK_STATUS(quorate_resp_decoder_poll(decoder, &value), QUORATE_OK);
    CHECK_STATUS(quorate_sentinel_reply(sentinel, 9, decoder, &value, 0), QUORATE_ERR_UNKNOWN_LINK);
    quorate_resp_decoder_reset(decoder);
    CHECK_STATUS(quorate_sentinel_reply(sentinel, 9, decoder, &value, 0), QUORATE_ERR_STALE);
    quorate_resp_decoder_free(decoder);
    quorate_sentinel_free(sentinel);
}

static void misuse(void) {
    quorate_sentinel *none = (quorate_sentinel *)calloc(1, 1 << 16);
    quorate_sentinel_output output;
    quorate_sentinel_discovery_output found;
    const char *text;
    CHECK_STATUS(quorate_sentinel_config_init(NULL, ids[0], 1), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sentinel_new(NULL, NULL, 0, 0, &none, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sentinel_poll(NULL, &output), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sentinel_poll(none, &output), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sentinel_tick(none, 0), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sentinel_status(none, &text), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sentinel_command(none, 1, NULL, 0, 0), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sentinel_error_code(NULL), QUORATE_ERR_NULL);
    CHECK(quorate_sentinel_id(none) == NULL && quorate_sentinel_clone(NULL) == NULL);
    CHECK_INT(quorate_sentinel_state_hash(NULL), 0);
    CHECK_INT(quorate_sentinel_tick_period(none), 0);
    CHECK(!quorate_sentinel_in_tilt(none));
    CHECK_STATUS(quorate_sentinel_discovery_poll((quorate_sentinel_discovery *)none, &found), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sentinel_discovery_tick(NULL, 0), QUORATE_ERR_NULL);
    CHECK_INT(quorate_sentinel_discovery_state_hash(NULL), 0);
    quorate_sentinel_free(none); /* left alone */
    quorate_sentinel_free(NULL);
    quorate_sentinel_discovery_free(NULL);
    free(none);
}

int main(void) {
    failover();
    discovery_errors();
    refusals();
    misuse();
    return check_report();
}
