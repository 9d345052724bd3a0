/* The canonical text of a value, made from the public structs and cursors alone: what the library's own
 * quorate_resp_value_text must agree with. */
#ifndef RENDER_H
#define RENDER_H

#include <math.h>
#include <quorate.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A growing byte string, always followed by NUL. */
typedef struct blob {
    char *data;
    size_t len;
    size_t cap;
} blob;

static inline void blob_add(blob *to, const void *data, size_t len) {
    if (to->len + len + 1 > to->cap) {
        to->cap = 2 * (to->len + len + 1);
        to->data = (char *)realloc(to->data, to->cap);
        if (to->data == NULL) {
            abort();
        }
    }
    if (len > 0) {
        memcpy(to->data + to->len, data, len);
    }
    to->len += len;
    to->data[to->len] = '\0';
}

static inline void blob_text(blob *to, const char *text) {
    blob_add(to, text, strlen(text));
}

static inline void blob_clear(blob *of) {
    of->len = 0;
    blob_add(of, "", 0);
}

static inline void blob_format(blob *to, const char *format, ...) {
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    blob_text(to, text);
}

static inline void render_escaped(blob *to, const uint8_t *data, size_t len) {
    size_t at;
    for (at = 0; at < len; at++) {
        uint8_t byte = data[at];
        if (byte == '"' || byte == '\\') {
            blob_format(to, "\\%c", byte);
        } else if (byte == '\r') {
            blob_text(to, "\\r");
        } else if (byte == '\n') {
            blob_text(to, "\\n");
        } else if (byte < 0x20 || byte > 0x7e) {
            blob_format(to, "\\x%02x", byte);
        } else {
            blob_add(to, &byte, 1);
        }
    }
}

static inline void render_string(blob *to, const uint8_t *data, size_t len) {
    blob_text(to, "\"");
    render_escaped(to, data, len);
    blob_text(to, "\"");
}

static inline void render_double(blob *to, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    if (isnan(number)) {
        blob_text(to, "nan");
    } else if (isinf(number)) {
        blob_text(to, number > 0 ? "inf" : "-inf");
    } else if (fabs(number) < 9007199254740992.0 && number == floor(number) && !(number == 0 && signbit(number))) {
        blob_format(to, "%lld", (long long)number);
    } else {
        blob_format(to, "f64:%016llx", (unsigned long long)bits);
    }
}

/* As an integer prints: no plus sign, no zeros in front, no minus zero. */
static inline void render_big_number(blob *to, const uint8_t *data, size_t len) {
    int negative = len > 0 && data[0] == '-';
    size_t at = len > 0 && (data[0] == '-' || data[0] == '+') ? 1 : 0;
    while (at + 1 < len && data[at] == '0') {
        at++;
    }
    if (negative && !(at + 1 == len && data[at] == '0')) {
        blob_text(to, "-");
    }
    blob_add(to, data + at, len - at);
}

static inline void render_leaf(blob *to, const quorate_resp_decoder *decoder, const quorate_resp_value *value) {
    switch (value->kind) {
    case QUORATE_RESP_NULL:
    case QUORATE_RESP_NULL_BULK:
    case QUORATE_RESP_NULL_ARRAY: blob_text(to, "null"); break;
    case QUORATE_RESP_BOOLEAN: blob_text(to, value->boolean ? "true" : "false"); break;
    case QUORATE_RESP_INTEGER: blob_format(to, "%lld", (long long)value->integer); break;
    case QUORATE_RESP_DOUBLE: render_double(to, value->number); break;
    case QUORATE_RESP_BIG_NUMBER: render_big_number(to, value->data, value->len); break;
    case QUORATE_RESP_SIMPLE_STRING:
    case QUORATE_RESP_BULK_STRING: render_string(to, value->data, value->len); break;
    case QUORATE_RESP_SIMPLE_ERROR:
    case QUORATE_RESP_BULK_ERROR:
        blob_text(to, "!");
        render_string(to, value->data, value->len);
        break;
    case QUORATE_RESP_VERBATIM:
        render_escaped(to, (const uint8_t *)value->format, 3);
        blob_text(to, ":");
        render_string(to, value->data, value->len);
        break;
    case QUORATE_RESP_STREAMED_STRING: {
        quorate_resp_cursor cursor;
        quorate_resp_value chunk;
        blob_text(to, "\"");
        if (quorate_resp_children(decoder, value, &cursor) == QUORATE_OK) {
            while (quorate_resp_next(decoder, &cursor, &chunk) == QUORATE_OK) {
                render_escaped(to, chunk.data, chunk.len);
            }
        }
        blob_text(to, "\"");
        break;
    }
    default: blob_text(to, "UNKNOWN KIND"); break;
    }
}

/* What is open while a value is rendered. On the heap: depth is up to the peer, within max_depth. */
typedef struct render_frame {
    quorate_resp_cursor cursor;
    quorate_resp_value owner; /* of attributes: what they decorate */
    int is_attribute, is_map;
    size_t done;
} render_frame;

typedef struct render_stack {
    render_frame *frames;
    size_t len, cap;
} render_stack;

static inline render_frame *render_push(render_stack *stack) {
    if (stack->len == stack->cap) {
        stack->cap = 2 * stack->cap + 16;
        stack->frames = (render_frame *)realloc(stack->frames, stack->cap * sizeof *stack->frames);
        if (stack->frames == NULL) {
            abort();
        }
    }
    memset(&stack->frames[stack->len], 0, sizeof *stack->frames);
    return &stack->frames[stack->len++];
}

/* Writes a leaf, or the head of an aggregate and opens it. */
static inline void render_open(blob *to, render_stack *stack, const quorate_resp_decoder *decoder,
                               const quorate_resp_value *value) {
    render_frame *frame;
    switch (value->kind) {
    case QUORATE_RESP_ARRAY:
    case QUORATE_RESP_SET: blob_text(to, "["); break;
    case QUORATE_RESP_PUSH: blob_text(to, ">["); break;
    case QUORATE_RESP_MAP: blob_text(to, "{"); break;
    default: render_leaf(to, decoder, value); return;
    }
    frame = render_push(stack);
    frame->is_map = value->kind == QUORATE_RESP_MAP;
    if (quorate_resp_children(decoder, value, &frame->cursor) != QUORATE_OK) {
        blob_text(to, "NO CHILDREN");
    }
}

static inline void render_value(blob *to, const quorate_resp_decoder *decoder, const quorate_resp_value *root) {
    render_stack stack = {NULL, 0, 0};
    quorate_resp_value value = *root;
    int pending = 1;
    while (pending || stack.len > 0) {
        if (pending) {
            pending = 0;
            if (value.has_attributes) {
                render_frame *frame = render_push(&stack);
                frame->is_attribute = frame->is_map = 1;
                frame->owner = value;
                blob_text(to, "|{");
                if (quorate_resp_attributes(decoder, &value, &frame->cursor) != QUORATE_OK) {
                    blob_text(to, "NO ATTRIBUTES");
                }
            } else {
                render_open(to, &stack, decoder, &value);
            }
        } else {
            render_frame *frame = &stack.frames[stack.len - 1];
            quorate_status status = quorate_resp_next(decoder, &frame->cursor, &value);
            if (status == QUORATE_OK) {
                if (frame->done > 0) {
                    blob_text(to, frame->is_map && frame->done % 2 == 1 ? ": " : ", ");
                }
                frame->done++;
                pending = 1;
            } else {
                int is_attribute = frame->is_attribute, is_map = frame->is_map;
                value = frame->owner;
                stack.len--;
                blob_text(to, status != QUORATE_END ? quorate_status_str(status) : is_map ? "}" : "]");
                if (is_attribute) {
                    blob_text(to, " ");
                    render_open(to, &stack, decoder, &value);
                }
            }
        }
    }
    free(stack.frames);
}

/* The value's text by the cursors; a complaint in it if the library's own text is another. */
static inline void render(blob *to, const quorate_resp_decoder *decoder, const quorate_resp_value *value) {
    size_t start = to->len, len = quorate_resp_value_text(decoder, value, NULL, 0);
    char *text = (char *)malloc(len + 1);
    render_value(to, decoder, value);
    if (text == NULL || quorate_resp_value_text(decoder, value, text, len + 1) != len ||
        strcmp(text, to->data + start) != 0) {
        blob_format(to, " BUT quorate_resp_value_text SAYS %.100s", text == NULL ? "nothing" : text);
    }
    free(text);
}

#endif
