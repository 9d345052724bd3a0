/* Simulated worlds: `sim [--broken] FILE...` runs each scenario and compares the hash at its end with the one in the file; with
 * --broken each is refused, for this build keeps all rules. Without files it tests what a world can be asked and told. */
#include "check.h"

static quorate_sim_world *world_of(const char *script) {
    quorate_sim_world *world = NULL;
    char error[256] = "";
    CHECK_STATUS(quorate_sim_world_new((const uint8_t *)script, strlen(script), &world, error, sizeof error), QUORATE_OK);
    CHECK_TEXT(error, "");
    return world;
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t len = 0;
    CHECK(file != NULL);
    if (file != NULL) {
        text = (char *)calloc(1, 1 << 16);
        len = fread(text, 1, (1 << 16) - 1, file);
        fclose(file);
    }
    CHECK(len > 0 && len < (1 << 16) - 1);
    return text;
}

/* The hash that the file ends with. */
static uint64_t last_hash(const char *text) {
    const char *at, *last = NULL;
    unsigned long long hash = 0;
    for (at = strstr(text, "\nhash "); at != NULL; at = strstr(at + 1, "\nhash ")) {
        last = at;
    }
    CHECK(last != NULL && sscanf(last, "\nhash %llx", &hash) == 1);
    return (uint64_t)hash;
}

static void scenario(const char *path) {
    char *text = read_file(path);
    quorate_sim_world *world;
    quorate_sim_report report, again;
    unsigned long failed = check_failed;
    if (text == NULL) {
        return;
    }
    world = world_of(text);
    CHECK_STATUS(quorate_sim_world_run(world, &report), QUORATE_OK);
    CHECK_TEXT(report.failures, "[]");
    CHECK(report.ok && report.failure_count == 0);
    CHECK(report.expectations > 0 && report.events > 0 && report.at > 0);
    CHECK_INT(report.hash, last_hash(text));
    CHECK(report.hash_count > 0);
    if (report.hash_count > 0) {
        CHECK_INT(report.hashes[report.hash_count - 1].hash, report.hash);
    }
    CHECK_INT(quorate_sim_world_state_hash(world), report.hash);
    CHECK_INT(quorate_sim_world_now(world), report.at);
    CHECK_INT(quorate_sim_world_event_count(world), report.events);
    CHECK_STATUS(quorate_sim_world_report(world, &again), QUORATE_OK);
    CHECK_INT(again.hash, report.hash);
    CHECK_INT(again.expectations, report.expectations);
    quorate_sim_world_free(world);
    free(text);
    if (check_failed != failed) {
        printf("in %s\n", path);
    }
}

static void broken(const char *path) {
    char *text = read_file(path);
    quorate_sim_world *world = NULL;
    char error[256] = "";
    if (text == NULL) {
        return;
    }
    CHECK_STATUS(quorate_sim_world_new((const uint8_t *)text, strlen(text), &world, error, sizeof error),
                 QUORATE_ERR_BROKEN_RULES_ABSENT);
    CHECK(world == NULL);
    CHECK(strstr(error, "this build keeps all rules") != NULL);
    free(text);
}

static void check_answer(quorate_sim_world *world, const char *question, const char *expected) {
    const char *answer = "";
    CHECK_STATUS(quorate_sim_world_ask(world, question, &answer), QUORATE_OK);
    CHECK_TEXT(answer, expected);
}

static void going_on(void) {
    quorate_sim_world *world = world_of("raft\nnodes 3\nseed 7\ntimers off\n");
    const char *text = NULL, *events = NULL;
    bool holds = false;
    CHECK_INT(quorate_sim_world_now(world), 0);
    CHECK_STATUS(quorate_sim_world_act(world, "timeout 1"), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_until(world, "leader == 1", QUORATE_SIM_SECOND, &holds), QUORATE_OK);
    CHECK(holds);
    check_answer(world, "leader", "1");
    check_answer(world, "role 2", "follower");
    CHECK_STATUS(quorate_sim_world_run_for(world, QUORATE_SIM_SECOND), QUORATE_OK);
    check_answer(world, "commit 1", "2");
    CHECK_STATUS(quorate_sim_world_act(world, "propose 1 x=1"), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_until(world, "value 3 x == 1", QUORATE_SIM_SECOND, &holds), QUORATE_OK);
    CHECK(holds);
    CHECK_STATUS(quorate_sim_world_until(world, "leader == 2", 100 * QUORATE_SIM_MILLISECOND, &holds), QUORATE_OK);
    CHECK(!holds);
    CHECK_STATUS(quorate_sim_world_step(world), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_run_until(world, 5 * QUORATE_SIM_SECOND), QUORATE_OK);
    CHECK_INT(quorate_sim_world_now(world), 5 * QUORATE_SIM_SECOND);

    CHECK_STATUS(quorate_sim_world_view(world, &text), QUORATE_OK);
    CHECK(text[0] == '{' && strstr(text, "\"kind\":\"raft\"") != NULL && strstr(text, "\"role\":\"leader\"") != NULL);
    CHECK_STATUS(quorate_sim_world_events(world, 0, &events), QUORATE_OK);
    CHECK(events[0] == '[' && strstr(events, "\"what\":\"delivered\"") != NULL);
    CHECK_STATUS(quorate_sim_world_events(world, SIZE_MAX, &events), QUORATE_OK);
    CHECK_TEXT(events, "[]");
    CHECK_STATUS(quorate_sim_world_diagram(world, 0, QUORATE_SIM_SECOND, &text), QUORATE_OK);
    CHECK(strlen(text) > 100);
    CHECK_STATUS(quorate_sim_world_violations(world, &text), QUORATE_OK);
    CHECK_TEXT(text, "[]");
    CHECK_STATUS(quorate_sim_world_history(world, &text), QUORATE_OK);
    CHECK(text[0] == '[');
    quorate_sim_world_free(world);
}

/* The same run once more, from the script that it wrote. */
static void scripts(void) {
    quorate_sim_world *world = world_of("raft\nnodes 3\nseed 9\n"), *again;
    quorate_sim_report report;
    const char *script = NULL;
    CHECK_STATUS(quorate_sim_world_run_until(world, QUORATE_SIM_SECOND), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_act(world, "crash 2"), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_run_for(world, QUORATE_SIM_SECOND), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_to_script(world, &script), QUORATE_OK);
    CHECK(strstr(script, "crash 2") != NULL);
    again = world_of(script);
    CHECK_STATUS(quorate_sim_world_run(again, &report), QUORATE_OK);
    CHECK(report.ok);
    CHECK_STATUS(quorate_sim_world_run_until(again, 2 * QUORATE_SIM_SECOND), QUORATE_OK);
    CHECK_INT(quorate_sim_world_state_hash(again), quorate_sim_world_state_hash(world));
    quorate_sim_world_free(again);
    quorate_sim_world_free(world);
}

static void time_travel(void) {
    quorate_sim_world *world = world_of("raft\nnodes 5\nseed 3\n"), *branch;
    quorate_sim_moment moment, later;
    uint64_t hash, end;
    CHECK_STATUS(quorate_sim_world_run_until(world, QUORATE_SIM_SECOND), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_moment(world, &moment), QUORATE_OK);
    CHECK_INT(moment.at, QUORATE_SIM_SECOND);
    CHECK_INT(moment.events, quorate_sim_world_event_count(world));
    CHECK_INT(moment.actions, 0);
    hash = quorate_sim_world_state_hash(world);
    CHECK_STATUS(quorate_sim_world_act(world, "crash 1"), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_run_for(world, QUORATE_SIM_SECOND), QUORATE_OK);
    end = quorate_sim_world_state_hash(world);
    CHECK(end != hash);
    CHECK_STATUS(quorate_sim_world_moment(world, &later), QUORATE_OK);
    CHECK_STATUS(quorate_sim_world_seek_moment(world, moment), QUORATE_OK);
    CHECK_INT(quorate_sim_world_state_hash(world), hash);
    branch = quorate_sim_world_branch(world);
    CHECK_STATUS(quorate_sim_world_seek(world, 2 * QUORATE_SIM_SECOND), QUORATE_OK);
    CHECK_INT(quorate_sim_world_state_hash(world), end);
    CHECK_STATUS(quorate_sim_world_seek_event(world, 0), QUORATE_OK);
    CHECK_INT(quorate_sim_world_event_count(world), 0);
    CHECK_INT(quorate_sim_world_now(world), 0);
    /* The branch knows of no crash. */
    CHECK_STATUS(quorate_sim_world_run_until(branch, 2 * QUORATE_SIM_SECOND), QUORATE_OK);
    CHECK(quorate_sim_world_state_hash(branch) != end);
    check_answer(branch, "up 1", "yes");
    CHECK_STATUS(quorate_sim_world_seek_moment(branch, later), QUORATE_ERR_NO_SUCH_MOMENT);
    quorate_sim_world_free(branch);
    quorate_sim_world_free(world);
}

static void check_refused(quorate_sim_world *world, const char *action, quorate_status status, const char *words) {
    char text[128] = "";
    uint64_t hash = quorate_sim_world_state_hash(world);
    size_t len;
    CHECK_STATUS(quorate_sim_world_act(world, action), status);
    len = quorate_sim_world_error(world, text, sizeof text);
    CHECK_INT(len, strlen(text));
    CHECK(strstr(text, words) != NULL);
    CHECK_INT(quorate_sim_world_state_hash(world), hash);
}

static void errors(void) {
    static const char unknown[] = "raft\nnodes 3\nfly 1\n";
    quorate_sim_world *world = NULL;
    quorate_sim_report report;
    char error[128] = "";
    const char *answer = "before";
    bool holds = false;
    CHECK_STATUS(quorate_sim_world_new((const uint8_t *)unknown, sizeof unknown - 1, &world, error, sizeof error),
                 QUORATE_ERR_INVALID_SCRIPT);
    CHECK(world == NULL && strstr(error, "line 3: ") == error);
    CHECK_STATUS(quorate_sim_world_new((const uint8_t *)"\xff", 1, &world, NULL, 0), QUORATE_ERR_INVALID_ARGUMENT);
    CHECK_STATUS(quorate_sim_world_new(NULL, 0, &world, NULL, 0), QUORATE_ERR_INVALID_SCRIPT);

    /* What is not as expected is told, and no error of the call. */
    world = world_of("raft\nnodes 3\nexpect leader == 2\n");
    CHECK_STATUS(quorate_sim_world_run(world, &report), QUORATE_OK);
    CHECK(!report.ok);
    CHECK_INT(report.failure_count, 1);
    CHECK_INT(report.expectations, 1);
    CHECK(strstr(report.failures, "\"line\":3") != NULL && strstr(report.failures, "leader") != NULL);
    CHECK_STATUS(quorate_sim_world_run(world, NULL), QUORATE_OK);

    CHECK_INT(quorate_sim_world_error(world, error, sizeof error), 0);
    check_refused(world, "crash 9", QUORATE_ERR_UNKNOWN_NODE, "9");
    check_refused(world, "restart 1", QUORATE_ERR_NODE_UP, "node 1 is up");
    check_refused(world, "fly 1", QUORATE_ERR_INVALID_SCRIPT, "fly");
    CHECK_STATUS(quorate_sim_world_ask(world, "who", &answer), QUORATE_ERR_INVALID_QUESTION);
    CHECK_TEXT(answer, "before");
    CHECK(quorate_sim_world_until(world, "who == 1", 1, &holds) < 0);
    CHECK_STATUS(quorate_sim_world_act(world, "\xff"), QUORATE_ERR_INVALID_ARGUMENT);
    quorate_sim_world_free(world);
}

static void misuse(void) {
    quorate_sim_world *world = world_of("raft\nnodes 1\n");
    quorate_sim_world *none = (quorate_sim_world *)calloc(1, 1 << 16);
    quorate_sim_moment moment;
    quorate_sim_report report;
    const char *text;
    bool holds;
    memset(&moment, 0, sizeof moment);
    CHECK_STATUS(quorate_sim_world_new((const uint8_t *)"raft", 4, NULL, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_new(NULL, 4, &world, NULL, 0), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_run(NULL, &report), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_report(world, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_step(NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_act(world, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_ask(world, NULL, &text), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_ask(world, "leader", NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_until(world, "leader == 1", 1, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_until(world, NULL, 1, &holds), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_view(world, NULL), QUORATE_ERR_NULL);
    CHECK_STATUS(quorate_sim_world_moment(world, NULL), QUORATE_ERR_NULL);
    CHECK_INT(quorate_sim_world_now(NULL), 0);
    CHECK_INT(quorate_sim_world_event_count(NULL), 0);
    CHECK_INT(quorate_sim_world_state_hash(NULL), 0);
    CHECK_INT(quorate_sim_world_error(NULL, NULL, 0), 0);
    CHECK(quorate_sim_world_branch(NULL) == NULL);
    CHECK_STATUS(quorate_sim_world_run(none, &report), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sim_world_view(none, &text), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sim_world_seek(none, 1), QUORATE_ERR_CLOSED);
    CHECK_STATUS(quorate_sim_world_seek_moment(none, moment), QUORATE_ERR_CLOSED);
    quorate_sim_world_free(none); /* left alone */
    quorate_sim_world_free(NULL);
    free(none);
    quorate_sim_world_free(world);
}

int main(int argc, char **argv) {
    int at, all_broken = 0;
    for (at = 1; at < argc; at++) {
        if (strcmp(argv[at], "--broken") == 0) {
            all_broken = 1;
        } else if (all_broken) {
            broken(argv[at]);
        } else {
            scenario(argv[at]);
        }
    }
    going_on();
    scripts();
    time_travel();
    errors();
    misuse();
    return check_report();
}
