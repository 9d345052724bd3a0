/* A simulated world: carries out a script, asks how it ended, and prints that as one line of JSON: `world FILE QUESTION...`. */

#define _POSIX_C_SOURCE 199309L

#include <inttypes.h>
#include <quorate.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void require(bool holds, const char *message) {
    if (!holds) {
        fprintf(stderr, "%s\n", message);
        exit(EXIT_FAILURE);
    }
}

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int argc, char **argv) {
    require(argc > 1, "usage: world FILE QUESTION...");
    static uint8_t script[65536];
    FILE *file = fopen(argv[1], "rb");
    require(file != NULL, "cannot open the script");
    size_t len = fread(script, 1, sizeof script, file);
    fclose(file);

    int64_t start = now_ns();
    quorate_sim_world *world;
    quorate_sim_report report;
    char error[256] = "";
    require(quorate_sim_world_new(script, len, &world, error, sizeof error) == QUORATE_OK, error);
    require(quorate_sim_world_run(world, &report) == QUORATE_OK, "the world did not run");
    int64_t ns = now_ns() - start;

    printf("{\"language\": \"C\", \"results\": {\"as expected\": %s", report.ok ? "true" : "false");
    for (int at = 2; at < argc; at++) {
        const char *answer; /* valid until the next question */
        require(quorate_sim_world_ask(world, argv[at], &answer) == QUORATE_OK, "this world has no such question");
        printf(", \"%s\": \"%s\"", argv[at], answer);
    }
    printf(", \"events\": %" PRIu64 ", \"state hash\": \"%016" PRIx64 "\"}, \"times\": {\"us to run it\": %" PRId64 "}}\n",
           report.events, report.hash, ns / 1000);
    quorate_sim_world_free(world);
    return EXIT_SUCCESS;
}
