/* Runs the corpus: `corpus [--quick] FILE...`. Its format is in tests/corpus/README.md. --quick leaves out the split into
 * single bytes, for valgrind. */
#include "render.h"

#include <errno.h>

typedef struct lines {
    char **text; /* each ended by NUL; the corpus is ASCII */
    size_t count, cap;
} lines;

typedef struct corpus_case {
    const char *file;
    int line;
    char *command;
    lines input, expected;
} corpus_case;

static int quick = 0;
static unsigned long cases_run = 0, cases_failed = 0;

static void complain(const corpus_case *it, const char *how, const char *found) {
    size_t at;
    printf("%s:%d: %s (%s)\n  expected:\n", it->file, it->line, it->command, how);
    for (at = 0; at < it->expected.count; at++) {
        printf("    %.2000s\n", it->expected.text[at]);
    }
    printf("  found:\n    %.2000s\n", found);
    cases_failed++;
}

static void lines_add(lines *to, char *text) {
    if (to->count == to->cap) {
        to->cap = 2 * to->cap + 8;
        to->text = (char **)realloc(to->text, to->cap * sizeof *to->text);
        if (to->text == NULL) {
            abort();
        }
    }
    to->text[to->count++] = text;
}

static int hex(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Appends the bytes that escaped text stands for. */
static void unescape(blob *to, const char *text) {
    while (*text != '\0') {
        char byte = *text++;
        if (byte == '\\') {
            byte = *text++;
            switch (byte) {
            case 'r': byte = '\r'; break;
            case 'n': byte = '\n'; break;
            case 't': byte = '\t'; break;
            case 's': byte = ' '; break;
            case '\\': break;
            case 'x':
                if (hex(text[0]) >= 0 && hex(text[1]) >= 0) {
                    byte = (char)(hex(text[0]) * 16 + hex(text[1]));
                    text += 2;
                    break;
                }
                /* falls through */
            default: printf("bad escape in the corpus\n"); exit(2);
            }
        }
        blob_add(to, &byte, 1);
    }
}

/* Appends the bytes of one input line: escaped, perhaps repeated. */
static void input_line(blob *to, const char *line) {
    unsigned long copies = 1;
    if (strncmp(line, "repeat ", 7) == 0 && line[7] >= '0' && line[7] <= '9') {
        char *rest;
        copies = strtoul(line + 7, &rest, 10);
        if (*rest == ' ') {
            line = rest + 1;
        } else {
            copies = 1;
        }
    }
    for (; copies > 0; copies--) {
        unescape(to, line);
    }
    blob_add(to, "", 0);
}

static blob input_bytes(const corpus_case *it) {
    blob all = {NULL, 0, 0};
    size_t at;
    blob_clear(&all);
    for (at = 0; at < it->input.count; at++) {
        input_line(&all, it->input.text[at]);
    }
    return all;
}

/* The expected lines as one text, each ended by LF. */
static blob expected_text(const corpus_case *it) {
    blob all = {NULL, 0, 0};
    size_t at;
    blob_clear(&all);
    for (at = 0; at < it->expected.count; at++) {
        blob_text(&all, it->expected.text[at]);
        blob_text(&all, "\n");
    }
    return all;
}

static void compare(const corpus_case *it, const char *how, const blob *found) {
    blob expected = expected_text(it);
    if (expected.len != found->len || memcmp(expected.data, found->data, found->len) != 0) {
        complain(it, how, found->data);
    }
    free(expected.data);
}

/* The value of option NAME=N of the command, or `fallback`. */
static uint64_t option(const corpus_case *it, const char *name, uint64_t fallback) {
    const char *at = strstr(it->command, name);
    if (at == NULL || at[-1] != ' ' || at[strlen(name)] != '=') {
        return fallback;
    }
    at += strlen(name) + 1;
    return strncmp(at, "off", 3) == 0 ? QUORATE_RESP_NO_LIMIT : (uint64_t)strtoull(at, NULL, 10);
}

static const struct {
    const char *name;
    size_t size; /* of a piece; 0 is all at once */
} splits[] = {{"whole", 0}, {"in sevens", 7}, {"byte by byte", 1}};

static size_t piece(size_t split, size_t fed, size_t len) {
    size_t size = splits[split].size;
    return size == 0 || size > len - fed ? len - fed : size;
}

/* Takes what is there, one at a time or all at once. */
static quorate_status take(quorate_resp_decoder *decoder, int batched, blob *found) {
    quorate_resp_value values[3];
    size_t count, at;
    quorate_status status;
    for (;;) {
        count = 1;
        status = batched ? quorate_resp_decoder_poll_all(decoder, values, 3, &count)
                         : quorate_resp_decoder_poll(decoder, &values[0]);
        if (status != QUORATE_OK) {
            return status;
        }
        for (at = 0; at < count; at++) {
            render(found, decoder, &values[at]);
            blob_text(found, "\n");
        }
    }
}

static void run_decode(const corpus_case *it) {
    blob input = input_bytes(it);
    quorate_resp_limits limits;
    size_t split;
    int batched;
    quorate_resp_limits_init(&limits);
    limits.max_depth = option(it, "max_depth", limits.max_depth);
    limits.max_bulk = option(it, "max_bulk", limits.max_bulk);
    limits.max_line = option(it, "max_line", limits.max_line);
    limits.max_elements = option(it, "max_elements", limits.max_elements);
    limits.max_reply = option(it, "max_reply", limits.max_reply);
    for (split = 0; split < (quick ? 2u : 3u); split++) {
        for (batched = 0; batched < 2; batched++) {
            quorate_resp_decoder *decoder = quorate_resp_decoder_new(&limits);
            quorate_status status = QUORATE_NEED_MORE;
            blob found = {NULL, 0, 0};
            size_t fed = 0;
            char how[64];
            blob_clear(&found);
            while (fed < input.len && status == QUORATE_NEED_MORE) {
                size_t size = piece(split, fed, input.len);
                quorate_resp_decoder_feed(decoder, (const uint8_t *)input.data + fed, size);
                fed += size;
                status = take(decoder, batched, &found);
            }
            if (status < 0) {
                blob_format(&found, "error %s @%llu\n", quorate_status_str(status),
                            (unsigned long long)quorate_resp_decoder_error_offset(decoder));
            } else if (quorate_resp_decoder_buffered(decoder) > 0) {
                blob_text(&found, "need_more\n");
            }
            snprintf(how, sizeof how, "%s, %s", splits[split].name, batched ? "poll_all" : "poll");
            compare(it, how, &found);
            free(found.data);
            quorate_resp_decoder_free(decoder);
        }
    }
    free(input.data);
}

static void render_tokens(blob *to, const quorate_resp_token *tokens, size_t count) {
    size_t at;
    for (at = 0; at < count; at++) {
        const quorate_resp_token *token = &tokens[at];
        blob_format(to, "%llu %s depth=%u header=%u length=%llu", (unsigned long long)token->offset,
                    quorate_resp_kind_str(token->kind), (unsigned)token->depth, (unsigned)token->header,
                    (unsigned long long)token->length);
        if ((token->kind >= QUORATE_RESP_ARRAY && token->kind <= QUORATE_RESP_ATTRIBUTE) ||
            token->kind == QUORATE_RESP_STREAMED_STRING) {
            blob_format(to, " elements=%llu", (unsigned long long)token->elements);
        }
        blob_text(to, token->streamed ? " streamed\n" : "\n");
    }
}

static void run_tokens(const corpus_case *it) {
    blob input = input_bytes(it), found = {NULL, 0, 0};
    quorate_resp_decoder *decoder = quorate_resp_decoder_new(NULL);
    quorate_resp_value value;
    quorate_resp_token tokens[1000];
    size_t count = 0;
    blob_clear(&found);
    quorate_resp_decoder_feed(decoder, (const uint8_t *)input.data, input.len);
    while (quorate_resp_decoder_poll(decoder, &value) == QUORATE_OK) {
        if (quorate_resp_value_tokens(decoder, &value, tokens, 1000, &count) == QUORATE_OK && count <= 1000) {
            render_tokens(&found, tokens, count);
        }
    }
    if (quorate_resp_decoder_tokens(decoder, tokens, 1000, &count) == QUORATE_OK && count <= 1000) {
        render_tokens(&found, tokens, count);
    }
    compare(it, "tokens", &found);
    free(found.data);
    free(input.data);
    quorate_resp_decoder_free(decoder);
}

/* One call of an encoder, by its name. */
static quorate_status encode_call(quorate_resp_encoder *encoder, const char *line) {
    const char *space = strchr(line, ' ');
    size_t name_len = space == NULL ? strlen(line) : (size_t)(space - line);
    const char *rest = space == NULL ? "" : space + 1;
    blob bytes = {NULL, 0, 0};
    const uint8_t *data;
    quorate_status status = QUORATE_ERR_INVALID_ARGUMENT;
    blob_clear(&bytes);
    unescape(&bytes, rest);
    data = (const uint8_t *)bytes.data;
#define IS(name) (name_len == sizeof(name) - 1 && memcmp(line, name, name_len) == 0)
#define BYTES(name) if (IS(#name)) status = quorate_resp_encoder_##name(encoder, data, bytes.len)
#define COUNT(name) if (IS(#name)) status = quorate_resp_encoder_##name(encoder, strtoull(rest, NULL, 10))
#define PLAIN(name) if (IS(#name)) status = quorate_resp_encoder_##name(encoder)
    BYTES(simple_string);
    BYTES(simple_error);
    BYTES(bulk_string);
    BYTES(big_number);
    BYTES(bulk_error);
    BYTES(chunk);
    COUNT(array);
    COUNT(set);
    COUNT(push);
    COUNT(map);
    COUNT(attributes);
    PLAIN(null);
    PLAIN(null_array);
    PLAIN(stream_string);
    PLAIN(stream_array);
    PLAIN(stream_set);
    PLAIN(stream_map);
    PLAIN(end_string);
    PLAIN(end);
    if (IS("integer")) {
        status = quorate_resp_encoder_integer(encoder, strtoll(rest, NULL, 10));
    } else if (IS("double")) {
        status = quorate_resp_encoder_double(encoder, strtod(rest, NULL));
    } else if (IS("boolean")) {
        status = quorate_resp_encoder_boolean(encoder, strcmp(rest, "true") == 0);
    } else if (IS("verbatim") && bytes.len >= 4) {
        status = quorate_resp_encoder_verbatim(encoder, bytes.data, data + 4, bytes.len - 4);
    }
    free(bytes.data);
    return status;
}

/* Compares bytes with the expected line. */
static void compare_bytes(const corpus_case *it, const uint8_t *data, size_t len) {
    blob expected = {NULL, 0, 0};
    blob_clear(&expected);
    if (it->expected.count > 0) {
        unescape(&expected, it->expected.text[0]);
    }
    if (it->expected.count > 1 || expected.len != len || memcmp(expected.data, data, len) != 0) {
        blob found = {NULL, 0, 0};
        blob_clear(&found);
        render_escaped(&found, data, len);
        complain(it, "bytes", found.data);
        free(found.data);
    }
    free(expected.data);
}

static void run_encode(const corpus_case *it) {
    quorate_resp_encoder *encoder = quorate_resp_encoder_new(atoi(it->command + 7));
    quorate_status status = encoder == NULL ? QUORATE_ERR_INVALID_ARGUMENT : QUORATE_OK;
    quorate_bytes bytes;
    size_t at;
    for (at = 0; at < it->input.count && status == QUORATE_OK; at++) {
        status = encode_call(encoder, it->input.text[at]);
    }
    if (status == QUORATE_OK && quorate_resp_encoder_bytes(encoder, &bytes) == QUORATE_OK) {
        compare_bytes(it, bytes.data, bytes.len);
    } else {
        blob found = {NULL, 0, 0};
        blob_clear(&found);
        blob_format(&found, "error %s\n", quorate_status_str(status));
        compare(it, "encoder", &found);
        free(found.data);
    }
    quorate_resp_encoder_free(encoder);
}

/* Lines that are one thing each: their bytes, and views of them. */
typedef struct things {
    blob *blobs;
    quorate_bytes *views;
    size_t count;
} things;

static things things_of(const corpus_case *it) {
    things all;
    size_t at;
    all.count = it->input.count;
    all.blobs = (blob *)calloc(all.count + 1, sizeof *all.blobs);
    all.views = (quorate_bytes *)calloc(all.count + 1, sizeof *all.views);
    if (all.blobs == NULL || all.views == NULL) {
        abort();
    }
    for (at = 0; at < all.count; at++) {
        input_line(&all.blobs[at], it->input.text[at]);
        all.views[at].data = (const uint8_t *)all.blobs[at].data;
        all.views[at].len = all.blobs[at].len;
    }
    return all;
}

static void things_free(things *all) {
    size_t at;
    for (at = 0; at < all->count; at++) {
        free(all->blobs[at].data);
    }
    free(all->blobs);
    free(all->views);
}

static void run_command(const corpus_case *it) {
    things args = things_of(it);
    quorate_buffer *buffer = quorate_buffer_new();
    quorate_bytes bytes = {NULL, 0};
    if (quorate_resp_encode_command(args.views, args.count, buffer) == QUORATE_OK) {
        quorate_buffer_bytes(buffer, &bytes);
    }
    compare_bytes(it, bytes.data, bytes.len);
    quorate_buffer_free(buffer);
    things_free(&args);
}

static void run_request(const corpus_case *it) {
    blob input = input_bytes(it);
    quorate_resp_request_limits limits;
    size_t split;
    quorate_resp_request_limits_init(&limits);
    limits.max_args = option(it, "max_args", limits.max_args);
    limits.max_bulk = option(it, "max_bulk", limits.max_bulk);
    limits.max_line = option(it, "max_line", limits.max_line);
    limits.authenticated = strstr(it->command, " unauthenticated") == NULL;
    for (split = 0; split < (quick ? 2u : 3u); split++) {
        quorate_resp_request_decoder *decoder = quorate_resp_request_decoder_new(&limits);
        quorate_status status = QUORATE_NEED_MORE;
        blob found = {NULL, 0, 0};
        size_t fed = 0, at;
        blob_clear(&found);
        while (fed < input.len && status == QUORATE_NEED_MORE) {
            size_t size = piece(split, fed, input.len);
            quorate_resp_request request;
            quorate_resp_request_decoder_feed(decoder, (const uint8_t *)input.data + fed, size);
            fed += size;
            while ((status = quorate_resp_request_decoder_poll(decoder, &request)) == QUORATE_OK) {
                for (at = 0; at < request.count; at++) {
                    blob_text(&found, at > 0 ? " " : "");
                    render_string(&found, request.args[at].data, request.args[at].len);
                }
                blob_text(&found, "\n");
            }
        }
        if (status < 0) {
            blob_format(&found, "error %s @%llu\n", quorate_status_str(status),
                        (unsigned long long)quorate_resp_request_decoder_error_offset(decoder));
        } else if (quorate_resp_request_decoder_buffered(decoder) > 0) {
            blob_text(&found, "need_more\n");
        }
        compare(it, splits[split].name, &found);
        free(found.data);
        quorate_resp_request_decoder_free(decoder);
    }
    free(input.data);
}

static void run_slot(const corpus_case *it) {
    things keys = things_of(it);
    uint16_t *slots = (uint16_t *)calloc(keys.count + 1, sizeof *slots);
    blob found = {NULL, 0, 0};
    size_t at;
    quorate_status status = quorate_cluster_key_slots(keys.views, keys.count, slots);
    blob_clear(&found);
    for (at = 0; at < keys.count && slots != NULL && status == QUORATE_OK; at++) {
        int slot = quorate_cluster_key_slot(keys.views[at].data, keys.views[at].len);
        blob_format(&found, slot == slots[at] ? "%d\n" : "%d alone, else in a batch\n", slot);
    }
    compare(it, "slots", &found);
    free(found.data);
    free(slots);
    things_free(&keys);
}

static void run_hash_tag(const corpus_case *it) {
    things keys = things_of(it);
    blob found = {NULL, 0, 0};
    size_t at;
    blob_clear(&found);
    for (at = 0; at < keys.count; at++) {
        quorate_bytes tag = {NULL, 0};
        quorate_cluster_hash_tag(keys.views[at].data, keys.views[at].len, &tag);
        render_string(&found, tag.data, tag.len);
        blob_text(&found, "\n");
    }
    compare(it, "tags", &found);
    free(found.data);
    things_free(&keys);
}

static void run_tag(const corpus_case *it) {
    blob found = {NULL, 0, 0};
    size_t at;
    blob_clear(&found);
    for (at = 0; at < it->input.count; at++) {
        char text[QUORATE_CLUSTER_TAG_SIZE];
        uint32_t slot = (uint32_t)strtoul(it->input.text[at], NULL, 10);
        quorate_status status = quorate_cluster_tag_for_slot(slot, text, sizeof text);
        if (status == QUORATE_OK) {
            blob_format(&found, "%s\n", text);
        } else {
            blob_format(&found, "error %s\n", quorate_status_str(status));
        }
    }
    compare(it, "tag", &found);
    free(found.data);
}

static void run_group(const corpus_case *it) {
    things keys = things_of(it);
    uint32_t *order = (uint32_t *)calloc(keys.count + 1, sizeof *order);
    quorate_cluster_group *groups = (quorate_cluster_group *)calloc(keys.count + 1, sizeof *groups);
    blob found = {NULL, 0, 0};
    size_t count = 0, at, key;
    blob_clear(&found);
    if (order == NULL || groups == NULL) {
        abort();
    }
    if (quorate_cluster_group_by_slot(keys.views, keys.count, order, groups, keys.count, &count) == QUORATE_OK) {
        for (at = 0; at < count; at++) {
            blob_format(&found, "%u:", (unsigned)groups[at].slot);
            for (key = 0; key < groups[at].count; key++) {
                blob_format(&found, " %u", (unsigned)order[groups[at].first + key]);
            }
            blob_text(&found, "\n");
        }
    }
    compare(it, "groups", &found);
    free(found.data);
    free(order);
    free(groups);
    things_free(&keys);
}

static void run_case(const corpus_case *it) {
    static const struct {
        const char *name;
        void (*run)(const corpus_case *);
    } commands[] = {
        {"decode", run_decode}, {"tokens", run_tokens}, {"encode", run_encode},     {"command", run_command},
        {"request", run_request}, {"slot", run_slot},   {"hash_tag", run_hash_tag}, {"tag", run_tag},
        {"group", run_group},
    };
    size_t len = strcspn(it->command, " "), at;
    cases_run++;
    for (at = 0; at < sizeof commands / sizeof commands[0]; at++) {
        if (strlen(commands[at].name) == len && memcmp(commands[at].name, it->command, len) == 0) {
            unsigned long before = cases_failed;
            commands[at].run(it);
            cases_failed = before + (cases_failed > before); /* a case fails once */
            return;
        }
    }
    complain(it, "no such command", "");
}

/* The whole file, ended by NUL. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    blob text = {NULL, 0, 0};
    char part[4096];
    size_t got;
    if (file == NULL) {
        printf("%s: %s\n", path, strerror(errno));
        exit(2);
    }
    while ((got = fread(part, 1, sizeof part, file)) > 0) {
        blob_add(&text, part, got);
    }
    fclose(file);
    blob_add(&text, "", 0);
    return text.data;
}

static void run_file(const char *path) {
    char *text = read_file(path), *next = text;
    enum { PROSE, INPUT, RESULT } part = PROSE;
    corpus_case it;
    int number = 0;
    memset(&it, 0, sizeof it);
    it.file = path;
    while (*next != '\0') {
        char *line = next;
        size_t len = strcspn(line, "\n");
        next = line[len] == '\n' ? line + len + 1 : line + len;
        line[len] = '\0';
        number++;
        if (len == 0) {
            if (part == RESULT) {
                run_case(&it);
            } else if (part == INPUT) {
                complain(&it, "a case without ----", "");
            }
            part = PROSE;
            it.input.count = it.expected.count = 0;
        } else if (part == PROSE && line[0] != '#') {
            it.command = line;
            it.line = number;
            part = INPUT;
        } else if (part == INPUT) {
            if (strcmp(line, "----") == 0) {
                part = RESULT;
            } else {
                lines_add(&it.input, line);
            }
        } else if (part == RESULT) {
            lines_add(&it.expected, line);
        }
    }
    if (part == RESULT) {
        run_case(&it);
    } else if (part == INPUT) {
        complain(&it, "a case without ----", "");
    }
    free(it.input.text);
    free(it.expected.text);
    free(text);
}

int main(int argc, char **argv) {
    int at = 1;
    if (argc > 1 && strcmp(argv[1], "--quick") == 0) {
        quick = 1;
        at++;
    }
    for (; at < argc; at++) {
        run_file(argv[at]);
    }
    printf("%lu cases, %lu failed\n", cases_run, cases_failed);
    return cases_failed != 0 || cases_run == 0;
}
