/*
 * Quorate: the high-availability logic of Redis and etcd, as plain values that do no IO.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Generated from bindings-c/src by `cargo xtask gen`: edit there, not here.
 *
 * The rules of every function in this file
 *
 * Status.    A function that can fail returns a quorate_status: 0 is success, above 0 means "nothing yet" and is no error,
 *            below 0 is an error. quorate_status_str() gives its stable name. A function that fails leaves its handle and
 *            its out-parameters as they were, unless its own text says otherwise.
 * Handles.   What NAME_new returns is freed by NAME_free, once; NAME_free(NULL) does nothing. A handle is used by one thread
 *            at a time; different handles are independent. There is no global state.
 * Views.     A pointer that a function hands out points into its handle's memory. Nothing handed out is ever freed by the
 *            caller, and each view says until when it is valid.
 * Bytes in.  `data` must point to `len` readable bytes; it may be NULL when `len` is 0. Everything needed later is copied.
 *            What a handle handed out is not given back to the same handle, which moves it: QUORATE_ERR_INVALID_ARGUMENT.
 * Misuse.    NULL where a pointer is needed, a handle that was freed or is of another type, a value or cursor of an earlier
 *            reply: each is an error status. (A freed handle is recognised by what is left in its memory, so only as long as
 *            the allocator has not given the memory away.)
 * Panics.    A defect inside the library is QUORATE_ERR_PANIC (or NULL, 0, false), never an abort or an unwinding into the
 *            caller. The handle may then only be freed.
 * Memory.    Never reserved by a number that a peer sent: it follows the bytes that came.
 */

#ifndef QUORATE_H
#define QUORATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The version of this header; quorate_version() is that of the library which is linked. */
#define QUORATE_VERSION "0.1.0"
#define QUORATE_VERSION_MAJOR 0
#define QUORATE_VERSION_MINOR 1
#define QUORATE_VERSION_PATCH 0
/* Grows with the version: compare it with QUORATE_VERSION_OF(0, 1, 0). */
#define QUORATE_VERSION_OF(major, minor, patch) (((major) << 16) | ((minor) << 8) | (patch))
#define QUORATE_VERSION_NUMBER QUORATE_VERSION_OF(QUORATE_VERSION_MAJOR, QUORATE_VERSION_MINOR, QUORATE_VERSION_PATCH)

/**
 * How many slots a cluster has. They are numbered from 0.
 */
#define QUORATE_CLUSTER_SLOTS 16384

/**
 * Room for every tag of quorate_cluster_tag_for_slot, with its NUL.
 */
#define QUORATE_CLUSTER_TAG_SIZE 4

/**
 * Switches a bound off.
 */
#define QUORATE_RESP_NO_LIMIT UINT64_MAX

/**
 * How a call went: 0 is success, above 0 means "nothing yet", below 0 is an error.
 *
 * The numbers are stable: one is never used again for something else. Errors of decoding are numbered from -101 down, of
 * encoding from -201, of requests from -301, of slots from -401; those from -1 down can come from any function.
 */
typedef enum quorate_status {
    /**
     * Success.
     */
    QUORATE_OK = 0,
    /**
     * Nothing yet: more bytes are needed first.
     */
    QUORATE_NEED_MORE = 1,
    /**
     * A cursor is at its end.
     */
    QUORATE_END = 2,
    /**
     * A pointer that is needed is NULL.
     */
    QUORATE_ERR_NULL = -1,
    /**
     * A defect inside the library. The handle may only be freed now.
     */
    QUORATE_ERR_PANIC = -2,
    /**
     * The handle was freed, or is of another type.
     */
    QUORATE_ERR_CLOSED = -3,
    /**
     * The value or cursor is not of the decoder's latest poll: its views are gone.
     */
    QUORATE_ERR_STALE = -4,
    /**
     * The value is not of a kind that has this.
     */
    QUORATE_ERR_WRONG_KIND = -5,
    /**
     * The caller's memory does not hold the answer. The out-parameter tells how much would.
     */
    QUORATE_ERR_BUFFER_TOO_SMALL = -6,
    /**
     * An argument is outside its range.
     */
    QUORATE_ERR_INVALID_ARGUMENT = -7,
    /**
     * More bytes were committed than reserve had handed out. Nothing was committed.
     */
    QUORATE_ERR_COMMIT_TOO_LONG = -8,
    /**
     * An error that this header does not know, of a newer core.
     */
    QUORATE_ERR_UNLISTED = -9,
    /**
     * The byte starts no type of RESP.
     */
    QUORATE_ERR_UNKNOWN_TYPE = -101,
    /**
     * A length or count is not a plain decimal number (or -1 or ? where those stand).
     */
    QUORATE_ERR_INVALID_LENGTH = -102,
    /**
     * An integer is not one, or does not fit 64 bits.
     */
    QUORATE_ERR_INVALID_INTEGER = -103,
    /**
     * A double is not one.
     */
    QUORATE_ERR_INVALID_DOUBLE = -104,
    /**
     * A boolean is neither t nor f.
     */
    QUORATE_ERR_INVALID_BOOLEAN = -105,
    /**
     * A null has a payload.
     */
    QUORATE_ERR_INVALID_NULL = -106,
    /**
     * A big number is not a decimal integer. Also of encoders.
     */
    QUORATE_ERR_INVALID_BIG_NUMBER = -107,
    /**
     * A verbatim string does not start with three bytes and a colon.
     */
    QUORATE_ERR_INVALID_VERBATIM = -108,
    /**
     * A streamed string goes on with something else than a chunk.
     */
    QUORATE_ERR_INVALID_CHUNK = -109,
    /**
     * A payload is not followed by CR LF. Also of request decoders.
     */
    QUORATE_ERR_MISSING_TERMINATOR = -110,
    /**
     * A CR or LF stands inside a line.
     */
    QUORATE_ERR_LINE_BREAK_IN_LINE = -111,
    /**
     * The end of a stream outside one. Also of encoders.
     */
    QUORATE_ERR_UNEXPECTED_END = -112,
    /**
     * A streamed map ends between a key and its value. Also of encoders.
     */
    QUORATE_ERR_ODD_MAP = -113,
    /**
     * An attribute decorates nothing. Also of encoders.
     */
    QUORATE_ERR_DANGLING_ATTRIBUTE = -114,
    /**
     * A push inside another value. Also of encoders.
     */
    QUORATE_ERR_NESTED_PUSH = -115,
    /**
     * More aggregates are open at once than max_depth.
     */
    QUORATE_ERR_DEPTH_LIMIT = -116,
    /**
     * A string is longer than max_bulk.
     */
    QUORATE_ERR_BULK_LIMIT = -117,
    /**
     * A line is longer than max_line.
     */
    QUORATE_ERR_LINE_LIMIT = -118,
    /**
     * A reply has more values than max_elements.
     */
    QUORATE_ERR_ELEMENTS_LIMIT = -119,
    /**
     * A reply has more bytes than max_reply.
     */
    QUORATE_ERR_REPLY_LIMIT = -120,
    /**
     * A simple string or error may not hold CR or LF.
     */
    QUORATE_ERR_LINE_BREAK = -201,
    /**
     * RESP2 has no form of this.
     */
    QUORATE_ERR_NOT_IN_RESP2 = -202,
    /**
     * A streamed string is open: only a chunk or its end may follow.
     */
    QUORATE_ERR_CHUNK_EXPECTED = -203,
    /**
     * A value is begun and not complete, so this may not be done now.
     */
    QUORATE_ERR_INCOMPLETE = -204,
    /**
     * The count is more than an aggregate may have.
     */
    QUORATE_ERR_TOO_MANY_ELEMENTS = -205,
    /**
     * A prefix was given more or fewer arguments than it was made for.
     */
    QUORATE_ERR_WRONG_ARGUMENT_COUNT = -206,
    /**
     * A chunk without bytes would end the streamed string.
     */
    QUORATE_ERR_EMPTY_CHUNK = -207,
    /**
     * An inline request is longer than max_line.
     */
    QUORATE_ERR_TOO_BIG_INLINE_REQUEST = -301,
    /**
     * An inline request has a quote that does not end, or that text follows at once.
     */
    QUORATE_ERR_UNBALANCED_QUOTES = -302,
    /**
     * The line of a request's argument count is longer than max_line.
     */
    QUORATE_ERR_TOO_BIG_COUNT_STRING = -303,
    /**
     * A request's argument count is not a number, or exceeds max_args.
     */
    QUORATE_ERR_INVALID_MULTIBULK_LENGTH = -304,
    /**
     * A client that is not authenticated sent more than 10 arguments.
     */
    QUORATE_ERR_UNAUTHENTICATED_MULTIBULK_LENGTH = -305,
    /**
     * The line of an argument's length is longer than max_line.
     */
    QUORATE_ERR_TOO_BIG_BULK_COUNT_STRING = -306,
    /**
     * An argument does not start with $.
     */
    QUORATE_ERR_EXPECTED_BULK = -307,
    /**
     * An argument's length is not a number, or exceeds max_bulk.
     */
    QUORATE_ERR_INVALID_BULK_LENGTH = -308,
    /**
     * A client that is not authenticated sent an argument of more than 16,384 bytes.
     */
    QUORATE_ERR_UNAUTHENTICATED_BULK_LENGTH = -309,
    /**
     * There is no such slot: they are 0 to 16,383.
     */
    QUORATE_ERR_UNKNOWN_SLOT = -401,
} quorate_status;

/**
 * What a value or token is. The numbers are stable and the same in every language.
 */
typedef enum quorate_resp_kind {
    /**
     * No kind: what a newer core knows and this header does not.
     */
    QUORATE_RESP_UNLISTED = 0,
    /**
     * `+OK`
     */
    QUORATE_RESP_SIMPLE_STRING = 1,
    /**
     * `-ERR message`
     */
    QUORATE_RESP_SIMPLE_ERROR = 2,
    /**
     * `:1`
     */
    QUORATE_RESP_INTEGER = 3,
    /**
     * `$5 hello`
     */
    QUORATE_RESP_BULK_STRING = 4,
    /**
     * `_`
     */
    QUORATE_RESP_NULL = 5,
    /**
     * `$-1`, the null of a string in RESP2
     */
    QUORATE_RESP_NULL_BULK = 6,
    /**
     * `*-1`, the null of an array in RESP2
     */
    QUORATE_RESP_NULL_ARRAY = 7,
    /**
     * `#t`
     */
    QUORATE_RESP_BOOLEAN = 8,
    /**
     * `,1.5`
     */
    QUORATE_RESP_DOUBLE = 9,
    /**
     * `(12345678901234567890`
     */
    QUORATE_RESP_BIG_NUMBER = 10,
    /**
     * `!9 ERR a..b`
     */
    QUORATE_RESP_BULK_ERROR = 11,
    /**
     * `=7 txt:abc`
     */
    QUORATE_RESP_VERBATIM = 12,
    /**
     * `*1` and its elements
     */
    QUORATE_RESP_ARRAY = 13,
    /**
     * `%1` and its keys and values
     */
    QUORATE_RESP_MAP = 14,
    /**
     * `~1` and its elements
     */
    QUORATE_RESP_SET = 15,
    /**
     * `>1` and its elements, at top level only
     */
    QUORATE_RESP_PUSH = 16,
    /**
     * `|1` and its keys and values. Only of tokens.
     */
    QUORATE_RESP_ATTRIBUTE = 17,
    /**
     * `$?` and its chunks
     */
    QUORATE_RESP_STREAMED_STRING = 18,
    /**
     * `;3 abc`, a part of a streamed string. The last one, of length 0, is only a token.
     */
    QUORATE_RESP_CHUNK = 19,
    /**
     * `.`, the end of a streamed aggregate. Only of tokens.
     */
    QUORATE_RESP_END = 20,
} quorate_resp_kind;

/**
 * A growing buffer that commands are written to. Made once and cleared, it allocates nothing in the long run.
 */
typedef struct quorate_buffer quorate_buffer;

/**
 * Decodes replies and pushes, of RESP2 and RESP3 alike, from bytes as they come.
 *
 * Feed it what was read, then poll until it says QUORATE_NEED_MORE. Any split of the input gives the same values, errors and
 * offsets. After an error it stays in error, and says the same one, until quorate_resp_decoder_reset.
 */
typedef struct quorate_resp_decoder quorate_resp_decoder;

/**
 * Writes replies and pushes in RESP2 or RESP3. What it gives out is always well formed.
 *
 * In RESP2 it writes what redis-server writes there: a map as an array of twice the pairs, a set or push as an array, a double,
 * big number or verbatim string as a bulk string, a boolean as 1 or 0, a null as `$-1`; attributes are dropped.
 *
 * A call that is refused writes nothing and leaves the encoder as it was. Any call may be refused with
 * QUORATE_ERR_CHUNK_EXPECTED (inside a streamed string) or QUORATE_ERR_NULL; other reasons are said with each.
 */
typedef struct quorate_resp_encoder quorate_resp_encoder;

/**
 * The first words of a command that is sent often, encoded once.
 */
typedef struct quorate_resp_prefix quorate_resp_prefix;

/**
 * Decodes the requests of a client as redis-server does: arrays of bulk strings, and inline commands with their quoting.
 *
 * Feed it what was read, then poll until it says QUORATE_NEED_MORE. Empty requests are skipped. After an error it stays in
 * error, and says the same one, until quorate_resp_request_decoder_reset.
 */
typedef struct quorate_resp_request_decoder quorate_resp_request_decoder;

/**
 * A view of bytes, not ended by NUL. As an argument, `data` may be NULL when `len` is 0.
 */
typedef struct quorate_bytes {
    /**
     * The first byte.
     */
    const uint8_t *data;
    /**
     * How many bytes.
     */
    size_t len;
} quorate_bytes;

/**
 * The keys of one slot, as quorate_cluster_group_by_slot finds them.
 */
typedef struct quorate_cluster_group {
    /**
     * Where the group starts in `order`.
     */
    size_t first;
    /**
     * How many keys it has: 1 or more.
     */
    size_t count;
    /**
     * The slot.
     */
    uint16_t slot;
} quorate_cluster_group;

/**
 * One command of a pipeline: its name and arguments, in that order.
 */
typedef struct quorate_resp_command {
    /**
     * `count` arguments; the first is the command's name.
     */
    const struct quorate_bytes *args;
    /**
     * How many.
     */
    size_t count;
} quorate_resp_command;

/**
 * Bounds on one reply, to be filled by quorate_resp_limits_init before single ones are changed. QUORATE_RESP_NO_LIMIT switches
 * one off. Nothing is ever reserved by an announced number, so memory follows the bytes that really came.
 */
typedef struct quorate_resp_limits {
    /**
     * The most aggregates (attributes included) that may be open at once. Default 1,024.
     */
    uint64_t max_depth;
    /**
     * The longest bulk string, bulk error, verbatim string or streamed string, in bytes. Default 512 MiB.
     */
    uint64_t max_bulk;
    /**
     * The longest line, in bytes between the type byte and the CR LF. Default 64 KiB.
     */
    uint64_t max_line;
    /**
     * The most values in one reply at all depths; a map of n pairs counts 2n. Default 2^27.
     */
    uint64_t max_elements;
    /**
     * The most bytes in one reply, its attributes included. Default 1 GiB.
     */
    uint64_t max_reply;
} quorate_resp_limits;

/**
 * A value: a reply, a push, or what is in one.
 *
 * Which fields hold something follows from `kind`; the others are 0, NULL or false. The struct may be copied freely. It and
 * what its `data` points to are valid until the next call that changes its decoder (feed, reserve, commit, poll, poll_all,
 * reset, free); used after that in a call, it is QUORATE_ERR_STALE. Nothing of it is freed.
 */
typedef struct quorate_resp_value {
    /**
     * What it is. Never QUORATE_RESP_ATTRIBUTE or QUORATE_RESP_END: attributes are read by quorate_resp_attributes.
     */
    enum quorate_resp_kind kind;
    /**
     * A verbatim string's format, such as "txt", ended by NUL.
     */
    char format[4];
    /**
     * The bytes of a simple string, simple error, bulk string, big number, bulk error, verbatim string or chunk; not ended by
     * NUL. Bytes as the server sent them: they may hold NUL and need not be UTF-8. NULL in other kinds.
     */
    const uint8_t *data;
    /**
     * How many bytes `data` points to.
     */
    size_t len;
    /**
     * The value of an integer.
     */
    int64_t integer;
    /**
     * The value of a double.
     */
    double number;
    /**
     * How many values quorate_resp_children gives: of an array, set or push its elements, of a map twice its pairs, of a
     * streamed string its chunks.
     */
    size_t elements;
    /**
     * How many pairs of attributes decorate the value: quorate_resp_attributes gives twice as many values.
     */
    size_t attributes;
    /**
     * The value of a boolean.
     */
    bool boolean;
    /**
     * Whether it is an aggregate whose length was not announced.
     */
    bool streamed;
    /**
     * Whether attributes decorate the value, be it an empty set of them.
     */
    bool has_attributes;
    /**
     * Private: where the value is on the tape, its attributes included.
     */
    uint32_t first;
    /**
     * Private: where the value is on the tape.
     */
    uint32_t index;
    /**
     * Private: the decoder and the poll that it came from.
     */
    uint64_t generation;
} quorate_resp_value;

/**
 * One token of the wire, with all that a byte inspector shows of it: a header, a leaf, a chunk or an end.
 */
typedef struct quorate_resp_token {
    /**
     * What it is.
     */
    enum quorate_resp_kind kind;
    /**
     * Whether it is an aggregate whose length was not announced.
     */
    bool streamed;
    /**
     * How many aggregates and attributes it stands in.
     */
    uint32_t depth;
    /**
     * Bytes from the type byte to the payload.
     */
    uint32_t header;
    /**
     * The absolute offset of its type byte, counted from the first byte that the decoder was ever fed.
     */
    uint64_t offset;
    /**
     * Bytes of the payload, without its CR LF. 0 for what has values or chunks below it.
     */
    uint64_t length;
    /**
     * How many values (twice the pairs of maps and attributes) or chunks are below it; in an unfinished stream, so far.
     */
    uint64_t elements;
    /**
     * All its own bytes on the wire, without what is below it.
     */
    uint64_t size;
} quorate_resp_token;

/**
 * Bounds on one request, to be filled by quorate_resp_request_limits_init before single ones are changed.
 * QUORATE_RESP_NO_LIMIT switches one off.
 */
typedef struct quorate_resp_request_limits {
    /**
     * The most arguments of one request. Default 2^31 - 1.
     */
    uint64_t max_args;
    /**
     * The longest argument, in bytes. Default 512 MiB.
     */
    uint64_t max_bulk;
    /**
     * The longest line: an inline request, a count or a length. Default 64 KiB.
     */
    uint64_t max_line;
    /**
     * Whether the client is authenticated: 0 is no, anything else is yes. Until it is, a server takes at most 10 arguments of
     * at most 16,384 bytes. Default 1. See quorate_resp_request_decoder_set_authenticated.
     */
    uint8_t authenticated;
} quorate_resp_request_limits;

/**
 * One request. It and what it points to are valid until the next call that changes its decoder. Nothing of it is freed.
 */
typedef struct quorate_resp_request {
    /**
     * `count` arguments; the first is the command's name. Not ended by NUL; they may hold any bytes.
     */
    const struct quorate_bytes *args;
    /**
     * How many: 1 or more.
     */
    size_t count;
    /**
     * The absolute offset of its first byte, counted from the first byte fed.
     */
    uint64_t offset;
    /**
     * Whether it came as an inline command.
     */
    bool is_inline;
} quorate_resp_request;

/**
 * A place among values of one decoder, for quorate_resp_next. May be copied, to go over the same values twice. All of it is
 * private.
 */
typedef struct quorate_resp_cursor {
    /**
     * Private: where the next value is on the tape, its attributes included.
     */
    uint32_t next;
    /**
     * Private: where the present run of values ends.
     */
    uint32_t run_end;
    /**
     * Private: where the last run of values ends; stacked attributes have several.
     */
    uint32_t end;
    /**
     * Private: the decoder and the poll that it came from.
     */
    uint64_t generation;
} quorate_resp_cursor;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the linked library, such as "0.1.0". Valid for ever.
 */
const char *quorate_version(void);

/**
 * The version of the linked library as a number that grows with it; see QUORATE_VERSION_OF.
 */
uint32_t quorate_version_number(void);

/**
 * Makes an empty buffer. Free it with quorate_buffer_free.
 */
struct quorate_buffer *quorate_buffer_new(void);

/**
 * Frees the buffer and with it every view of its bytes. NULL is ignored.
 */
void quorate_buffer_free(struct quorate_buffer *buffer);

/**
 * What was written since the last clear. The view is valid until the next call that changes the buffer.
 */
enum quorate_status quorate_buffer_bytes(const struct quorate_buffer *buffer, struct quorate_bytes *out);

/**
 * Empties the buffer and keeps its memory for what is written next.
 */
enum quorate_status quorate_buffer_clear(struct quorate_buffer *buffer);

/**
 * The part of a key that is hashed: what stands between the first `{` and the first `}` after it, if that is not empty; else
 * the whole key. `tag` becomes a view into the key.
 */
enum quorate_status quorate_cluster_hash_tag(const uint8_t *key,
                                             size_t len,
                                             struct quorate_bytes *tag);

/**
 * The slot of a key, 0 to 16,383; an error status, which is negative, on misuse.
 */
int32_t quorate_cluster_key_slot(const uint8_t *key, size_t len);

/**
 * The slots of `count` keys at once, to `slots`, which has room for as many.
 */
enum quorate_status quorate_cluster_key_slots(const struct quorate_bytes *keys, size_t count, uint16_t *slots);

/**
 * Groups `count` keys by slot. `order` has room for `count` numbers and becomes the keys' indices, group after group: groups in
 * the order of their slots, keys of one slot in the order given. `groups` has room for `cap` groups, of which the smaller of
 * `count` and 16,384 are always enough; `group_count` becomes their number, also with QUORATE_ERR_BUFFER_TOO_SMALL, which
 * writes nothing else.
 *
 * QUORATE_ERR_INVALID_ARGUMENT for 2^32 keys or more.
 */
enum quorate_status quorate_cluster_group_by_slot(const struct quorate_bytes *keys,
                                                  size_t count,
                                                  uint32_t *order,
                                                  struct quorate_cluster_group *groups,
                                                  size_t cap,
                                                  size_t *group_count);

/**
 * The shortest text of digits and letters that hashes to `slot`, as a hash tag for a key that must live there; the first in the
 * order 0-9, A-Z, a-z if there are several. Written to `buf`, ended by NUL: QUORATE_CLUSTER_TAG_SIZE bytes are always enough.
 *
 * QUORATE_ERR_UNKNOWN_SLOT from 16,384 on, QUORATE_ERR_BUFFER_TOO_SMALL if it does not fit, and then nothing is written.
 */
enum quorate_status quorate_cluster_tag_for_slot(uint32_t slot,
                                                 char *buf,
                                                 size_t cap);

/**
 * The stable name of a status, in snake case, such as "need_more" or "invalid_length"; the same as the codes in the other
 * languages. "unknown_status" if there is no such status. Never NULL, valid for ever.
 */
const char *quorate_status_str(int32_t status);

/**
 * Appends one command to `buffer`: `count` arguments at `args`, the first of which is the command's name.
 */
enum quorate_status quorate_resp_encode_command(const struct quorate_bytes *args,
                                                size_t count,
                                                struct quorate_buffer *buffer);

/**
 * Appends `count` commands to `buffer`, or none of them on an error.
 */
enum quorate_status quorate_resp_encode_pipeline(const struct quorate_resp_command *commands,
                                                 size_t count,
                                                 struct quorate_buffer *buffer);

/**
 * Encodes the first `count` words at `fixed` of a command that will be given `more` further arguments each time. The words are
 * copied. Free it with quorate_resp_prefix_free. NULL if `fixed` is not usable.
 */
struct quorate_resp_prefix *quorate_resp_prefix_new(const struct quorate_bytes *fixed,
                                                    size_t count,
                                                    size_t more);

/**
 * Frees the prefix. NULL is ignored.
 */
void quorate_resp_prefix_free(struct quorate_resp_prefix *prefix);

/**
 * Appends the command to `buffer`: the prefix's words, then the `count` arguments at `rest`.
 *
 * QUORATE_ERR_WRONG_ARGUMENT_COUNT if `count` is not what the prefix was made for.
 */
enum quorate_status quorate_resp_prefix_encode(const struct quorate_resp_prefix *prefix,
                                               const struct quorate_bytes *rest,
                                               size_t count,
                                               struct quorate_buffer *buffer);

/**
 * Makes a decoder with these limits, or with the defaults if `limits` is NULL. The limits are copied. Free it with
 * quorate_resp_decoder_free. NULL only on QUORATE_ERR_PANIC.
 */
struct quorate_resp_decoder *quorate_resp_decoder_new(const struct quorate_resp_limits *limits);

/**
 * Frees the decoder and with it every view of its values. NULL is ignored.
 */
void quorate_resp_decoder_free(struct quorate_resp_decoder *decoder);

/**
 * Takes in `len` bytes, which are copied. Values handed out so far become stale.
 *
 * In error, the bytes are ignored and the error's status is returned.
 */
enum quorate_status quorate_resp_decoder_feed(struct quorate_resp_decoder *decoder, const uint8_t *data, size_t len);

/**
 * Hands out room for at least `len` bytes, to be read into and then committed: it saves the copy that feed makes. `data` points
 * to `cap` writable bytes, valid until the next call that changes the decoder. Values handed out so far become stale.
 *
 * Ask for what one read may give, such as 16 KiB: what is asked for is reserved. quorate_resp_decoder_needed is a number that
 * the peer may have chosen, so it is no size to reserve unbounded.
 */
enum quorate_status quorate_resp_decoder_reserve(struct quorate_resp_decoder *decoder,
                                                 size_t len,
                                                 uint8_t **data,
                                                 size_t *cap);

/**
 * The first `len` bytes of what reserve handed out are input now. Values handed out so far become stale.
 *
 * QUORATE_ERR_COMMIT_TOO_LONG if reserve handed out fewer.
 */
enum quorate_status quorate_resp_decoder_commit(struct quorate_resp_decoder *decoder, size_t len);

/**
 * Gives the next reply or push; its kind tells which. QUORATE_NEED_MORE, and `value` is left alone, when none is complete yet.
 * Values handed out before become stale.
 *
 * An error status if the input is not RESP or exceeds a limit, from then on until reset; replies before the error come first.
 */
enum quorate_status quorate_resp_decoder_poll(struct quorate_resp_decoder *decoder,
                                              struct quorate_resp_value *value);

/**
 * Gives the complete replies and pushes at once, in order: at most `cap` of them to `values`, their number to `count`. All of
 * them are valid together. There may be more: once these are done with, call again, until QUORATE_NEED_MORE.
 *
 * QUORATE_NEED_MORE, with `count` 0, when none is complete yet. An error status only when no reply precedes the error.
 */
enum quorate_status quorate_resp_decoder_poll_all(struct quorate_resp_decoder *decoder,
                                                  struct quorate_resp_value *values,
                                                  size_t cap,
                                                  size_t *count);

/**
 * Makes the decoder as new: no bytes, no error, offset 0; the limits stay. Values handed out so far become stale.
 */
enum quorate_status quorate_resp_decoder_reset(struct quorate_resp_decoder *decoder);

/**
 * The least number of further bytes that could finish the next token: 1 or more, 0 in error or on misuse. A hint for how much
 * to read; a peer may have chosen it.
 */
size_t quorate_resp_decoder_needed(const struct quorate_resp_decoder *decoder);

/**
 * How many bytes were fed and are not yet given out as replies. 0 on misuse.
 */
size_t quorate_resp_decoder_buffered(const struct quorate_resp_decoder *decoder);

/**
 * The absolute offset of the first byte not yet given out as a reply, counted from the first byte fed. 0 on misuse.
 */
uint64_t quorate_resp_decoder_offset(const struct quorate_resp_decoder *decoder);

/**
 * A number that is equal for decoders in equal states, in every language and on every platform. 0 on misuse.
 */
uint64_t quorate_resp_decoder_state_hash(const struct quorate_resp_decoder *decoder);

/**
 * The error that the decoder is in, or QUORATE_OK. quorate_status_str gives its code.
 */
enum quorate_status quorate_resp_decoder_error_code(const struct quorate_resp_decoder *decoder);

/**
 * The absolute offset of the byte that is wrong, counted from the first byte fed. 0 when there is no error.
 */
uint64_t quorate_resp_decoder_error_offset(const struct quorate_resp_decoder *decoder);

/**
 * Writes the error as a sentence, such as `at byte 12: expected a digit, found "a"`: at most `cap` bytes, ended by NUL. Returns
 * the length of the whole sentence without the NUL, as snprintf does: `buf` may be NULL with `cap` 0 to ask. 0, and nothing
 * written, when there is no error, or on misuse.
 */
size_t quorate_resp_decoder_error(const struct quorate_resp_decoder *decoder,
                                  char *buf,
                                  size_t cap);

/**
 * Writes what would have been right at the error's offset, such as `a digit`. Otherwise as quorate_resp_decoder_error.
 */
size_t quorate_resp_decoder_error_expected(const struct quorate_resp_decoder *decoder,
                                           char *buf,
                                           size_t cap);

/**
 * Writes what stands at the error's offset instead, quoted and escaped. Otherwise as quorate_resp_decoder_error.
 */
size_t quorate_resp_decoder_error_found(const struct quorate_resp_decoder *decoder, char *buf, size_t cap);

/**
 * Writes the finished tokens of the reply that is not complete yet: at most `cap` of them to `out`. `count` becomes the number
 * of all, whether they were written or not; `out` may be NULL with `cap` 0 to ask. Cost: linear in the tokens.
 */
enum quorate_status quorate_resp_decoder_tokens(const struct quorate_resp_decoder *decoder,
                                                struct quorate_resp_token *out,
                                                size_t cap,
                                                size_t *count);

/**
 * Makes an encoder for protocol 2 or 3; NULL for other numbers. Free it with quorate_resp_encoder_free.
 */
struct quorate_resp_encoder *quorate_resp_encoder_new(int32_t protocol);

/**
 * Frees the encoder and with it every view of its bytes. NULL is ignored.
 */
void quorate_resp_encoder_free(struct quorate_resp_encoder *encoder);

/**
 * The protocol that is written, 2 or 3. 0 on misuse.
 */
uint32_t quorate_resp_encoder_protocol(const struct quorate_resp_encoder *encoder);

/**
 * Writes protocol 2 or 3 from now on, as a server does after HELLO.
 *
 * QUORATE_ERR_INVALID_ARGUMENT for other numbers, QUORATE_ERR_INCOMPLETE inside a value.
 */
enum quorate_status quorate_resp_encoder_set_protocol(struct quorate_resp_encoder *encoder, int32_t protocol);

/**
 * Whether no value is begun and unfinished. False on misuse.
 */
bool quorate_resp_encoder_is_complete(const struct quorate_resp_encoder *encoder);

/**
 * The complete values that were not yet taken; of an unfinished one nothing. The view is valid until the next call that changes
 * the encoder.
 */
enum quorate_status quorate_resp_encoder_bytes(const struct quorate_resp_encoder *encoder,
                                               struct quorate_bytes *out);

/**
 * Moves the complete values to the end of `buffer`, or drops them if `buffer` is NULL; an unfinished value stays and goes on.
 */
enum quorate_status quorate_resp_encoder_take(struct quorate_resp_encoder *encoder,
                                              struct quorate_buffer *buffer);

/**
 * Drops everything that was written, complete or not.
 */
enum quorate_status quorate_resp_encoder_clear(struct quorate_resp_encoder *encoder);

/**
 * Writes `+...`. QUORATE_ERR_LINE_BREAK if the bytes hold CR or LF.
 */
enum quorate_status quorate_resp_encoder_simple_string(struct quorate_resp_encoder *encoder,
                                                       const uint8_t *data,
                                                       size_t len);

/**
 * Writes `-...`; by convention the first word is the code. QUORATE_ERR_LINE_BREAK if the bytes hold CR or LF.
 */
enum quorate_status quorate_resp_encoder_simple_error(struct quorate_resp_encoder *encoder,
                                                      const uint8_t *data,
                                                      size_t len);

/**
 * Writes `:...`.
 */
enum quorate_status quorate_resp_encoder_integer(struct quorate_resp_encoder *encoder, int64_t value);

/**
 * Writes `$...`, any bytes.
 */
enum quorate_status quorate_resp_encoder_bulk_string(struct quorate_resp_encoder *encoder,
                                                     const uint8_t *data,
                                                     size_t len);

/**
 * Writes `_`; in RESP2 `$-1`.
 */
enum quorate_status quorate_resp_encoder_null(struct quorate_resp_encoder *encoder);

/**
 * Writes the null of an array, `*-1`; in RESP3, which has one null, `_`.
 */
enum quorate_status quorate_resp_encoder_null_array(struct quorate_resp_encoder *encoder);

/**
 * Writes `#t` or `#f`; in RESP2 `:1` or `:0`.
 */
enum quorate_status quorate_resp_encoder_boolean(struct quorate_resp_encoder *encoder, bool value);

/**
 * Writes `,...`, the shortest text that reads as the same double; in RESP2 as a bulk string.
 */
enum quorate_status quorate_resp_encoder_double(struct quorate_resp_encoder *encoder, double value);

/**
 * Writes `(...`: decimal digits, with a sign or without. QUORATE_ERR_INVALID_BIG_NUMBER for other bytes.
 */
enum quorate_status quorate_resp_encoder_big_number(struct quorate_resp_encoder *encoder,
                                                    const uint8_t *data,
                                                    size_t len);

/**
 * Writes `!...`, any bytes; in RESP2 a simple error, with spaces for line breaks.
 */
enum quorate_status quorate_resp_encoder_bulk_error(struct quorate_resp_encoder *encoder,
                                                    const uint8_t *data,
                                                    size_t len);

/**
 * Writes `=...`. `format` points to three bytes, such as "txt".
 */
enum quorate_status quorate_resp_encoder_verbatim(struct quorate_resp_encoder *encoder,
                                                  const char *format,
                                                  const uint8_t *data,
                                                  size_t len);

/**
 * Begins an array: the next `count` values are its elements.
 */
enum quorate_status quorate_resp_encoder_array(struct quorate_resp_encoder *encoder, uint64_t count);

/**
 * Begins a map: the next `pairs` times two values are its keys and values in turn.
 */
enum quorate_status quorate_resp_encoder_map(struct quorate_resp_encoder *encoder, uint64_t pairs);

/**
 * Begins a set: the next `count` values are its elements. They are not compared.
 */
enum quorate_status quorate_resp_encoder_set(struct quorate_resp_encoder *encoder, uint64_t count);

/**
 * Begins a push: the next `count` values are its elements. QUORATE_ERR_NESTED_PUSH inside another value.
 */
enum quorate_status quorate_resp_encoder_push(struct quorate_resp_encoder *encoder, uint64_t count);

/**
 * Begins the attributes of the value that follows them: the next `pairs` times two values are keys and values in turn.
 */
enum quorate_status quorate_resp_encoder_attributes(struct quorate_resp_encoder *encoder,
                                                    uint64_t pairs);

/**
 * Begins a string whose length is not known yet: chunks follow, then end_string. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
 */
enum quorate_status quorate_resp_encoder_stream_string(struct quorate_resp_encoder *encoder);

/**
 * Writes a part of a streamed string. QUORATE_ERR_EMPTY_CHUNK for an empty one, which on the wire would be the end;
 * QUORATE_ERR_CHUNK_EXPECTED outside of a streamed string.
 */
enum quorate_status quorate_resp_encoder_chunk(struct quorate_resp_encoder *encoder, const uint8_t *data, size_t len);

/**
 * Ends a streamed string.
 */
enum quorate_status quorate_resp_encoder_end_string(struct quorate_resp_encoder *encoder);

/**
 * Begins an array whose length is not known yet: values follow, then end. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
 */
enum quorate_status quorate_resp_encoder_stream_array(struct quorate_resp_encoder *encoder);

/**
 * Begins a set whose length is not known yet: values follow, then end. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
 */
enum quorate_status quorate_resp_encoder_stream_set(struct quorate_resp_encoder *encoder);

/**
 * Begins a map whose length is not known yet: keys and values follow in turn, then end. QUORATE_ERR_NOT_IN_RESP2 in RESP2.
 */
enum quorate_status quorate_resp_encoder_stream_map(struct quorate_resp_encoder *encoder);

/**
 * Ends a streamed array, set or map. QUORATE_ERR_ODD_MAP after a key without its value, QUORATE_ERR_UNEXPECTED_END where no
 * stream is open.
 */
enum quorate_status quorate_resp_encoder_end(struct quorate_resp_encoder *encoder);

/**
 * Writes a decoded value with its attributes, as a proxy does; in RESP2 as the other functions write its parts.
 *
 * QUORATE_ERR_STALE for a value that is not of the decoder's latest poll.
 */
enum quorate_status quorate_resp_encoder_value(struct quorate_resp_encoder *encoder,
                                               const struct quorate_resp_decoder *decoder,
                                               const struct quorate_resp_value *value);

/**
 * Fills in the defaults.
 */
enum quorate_status quorate_resp_limits_init(struct quorate_resp_limits *limits);

/**
 * Fills in the defaults.
 */
enum quorate_status quorate_resp_request_limits_init(struct quorate_resp_request_limits *limits);

/**
 * Makes a request decoder with these limits, or with the defaults if `limits` is NULL. The limits are copied. Free it with
 * quorate_resp_request_decoder_free.
 */
struct quorate_resp_request_decoder *quorate_resp_request_decoder_new(const struct quorate_resp_request_limits *limits);

/**
 * Frees the decoder and with it every view of its requests. NULL is ignored.
 */
void quorate_resp_request_decoder_free(struct quorate_resp_request_decoder *decoder);

/**
 * Whether the client is authenticated from now on: until it is, a server takes at most 10 arguments of at most 16,384 bytes.
 */
enum quorate_status quorate_resp_request_decoder_set_authenticated(struct quorate_resp_request_decoder *decoder,
                                                                   bool authenticated);

/**
 * Takes in `len` bytes, which are copied.
 *
 * In error, the bytes are ignored and the error's status is returned.
 */
enum quorate_status quorate_resp_request_decoder_feed(struct quorate_resp_request_decoder *decoder,
                                                      const uint8_t *data,
                                                      size_t len);

/**
 * Hands out room for at least `len` bytes, to be read into and then committed: it saves the copy that feed makes. `data` points
 * to `cap` writable bytes, valid until the next call that changes the decoder.
 */
enum quorate_status quorate_resp_request_decoder_reserve(struct quorate_resp_request_decoder *decoder,
                                                         size_t len,
                                                         uint8_t **data,
                                                         size_t *cap);

/**
 * The first `len` bytes of what reserve handed out are input now.
 *
 * QUORATE_ERR_COMMIT_TOO_LONG if reserve handed out fewer.
 */
enum quorate_status quorate_resp_request_decoder_commit(struct quorate_resp_request_decoder *decoder, size_t len);

/**
 * Gives the next request. QUORATE_NEED_MORE, and `request` is left alone, when none is complete yet.
 *
 * An error status if the input is no request or exceeds a limit, from then on until reset.
 */
enum quorate_status quorate_resp_request_decoder_poll(struct quorate_resp_request_decoder *decoder,
                                                      struct quorate_resp_request *request);

/**
 * Makes the decoder as new: no bytes, no error, offset 0; the limits stay.
 */
enum quorate_status quorate_resp_request_decoder_reset(struct quorate_resp_request_decoder *decoder);

/**
 * The least number of further bytes that could finish what is read next: 1 or more, 0 in error or on misuse. A hint for how
 * much to read; a client may have chosen it.
 */
size_t quorate_resp_request_decoder_needed(const struct quorate_resp_request_decoder *decoder);

/**
 * How many bytes were fed and are not yet given out as requests. 0 on misuse.
 */
size_t quorate_resp_request_decoder_buffered(const struct quorate_resp_request_decoder *decoder);

/**
 * The absolute offset of the first byte not yet given out as a request, counted from the first byte fed. 0 on misuse.
 */
uint64_t quorate_resp_request_decoder_offset(const struct quorate_resp_request_decoder *decoder);

/**
 * A number that is equal for decoders in equal states, in every language and on every platform. 0 on misuse.
 */
uint64_t quorate_resp_request_decoder_state_hash(const struct quorate_resp_request_decoder *decoder);

/**
 * The error that the decoder is in, or QUORATE_OK. quorate_status_str gives its code.
 */
enum quorate_status quorate_resp_request_decoder_error_code(const struct quorate_resp_request_decoder *decoder);

/**
 * The absolute offset of what is wrong, counted from the first byte fed. 0 when there is no error.
 */
uint64_t quorate_resp_request_decoder_error_offset(const struct quorate_resp_request_decoder *decoder);

/**
 * Writes the error as redis-server says it, such as `Protocol error: expected '$', got 'x'`: at most `cap` bytes, ended by NUL.
 * Returns the length of the whole text without the NUL, as snprintf does: `buf` may be NULL with `cap` 0 to ask. 0, and nothing
 * written, when there is no error, or on misuse.
 */
size_t quorate_resp_request_decoder_error(const struct quorate_resp_request_decoder *decoder,
                                          char *buf,
                                          size_t cap);

/**
 * Splits a line into words by the quoting rules of inline commands: "..." with \n \r \t \b \a \xHH escapes, '...' with \'.
 *
 * The words are written to the `cap` bytes at `buf`, of which `len` are always enough, and views of them to `words`, of which
 * `len / 2 + 1` are always enough. `count` becomes the number of words, also with QUORATE_ERR_BUFFER_TOO_SMALL, which writes
 * nothing else. QUORATE_ERR_UNBALANCED_QUOTES if a quote does not end, or text follows it at once.
 */
enum quorate_status quorate_resp_split_inline(const uint8_t *line,
                                              size_t len,
                                              uint8_t *buf,
                                              size_t cap,
                                              struct quorate_bytes *words,
                                              size_t words_cap,
                                              size_t *count);

/**
 * The stable name of a kind in snake case, such as "bulk_string"; "unlisted" for other numbers. Never NULL, valid for ever.
 */
const char *quorate_resp_kind_str(int32_t kind);

/**
 * Whether the value is a null of either protocol. False for NULL.
 */
bool quorate_resp_is_null(const struct quorate_resp_value *value);

/**
 * Whether the value is an error that the server answered, simple or bulk. False for NULL.
 */
bool quorate_resp_is_error(const struct quorate_resp_value *value);

/**
 * Sets `cursor` before the values in `value`: the elements of an array, set or push; the keys and values of a map in turn; the
 * chunks of a streamed string. Cost: constant.
 *
 * QUORATE_ERR_WRONG_KIND for other kinds, QUORATE_ERR_STALE for a value that is not of the latest poll.
 */
enum quorate_status quorate_resp_children(const struct quorate_resp_decoder *decoder,
                                          const struct quorate_resp_value *value,
                                          struct quorate_resp_cursor *cursor);

/**
 * Sets `cursor` before the attributes that decorate `value`, keys and values in turn; it is at its end at once if there are
 * none. Cost: constant.
 *
 * QUORATE_ERR_STALE for a value that is not of the latest poll.
 */
enum quorate_status quorate_resp_attributes(const struct quorate_resp_decoder *decoder,
                                            const struct quorate_resp_value *value,
                                            struct quorate_resp_cursor *cursor);

/**
 * Gives the value at `cursor` and moves it on. QUORATE_END, and `value` is left alone, behind the last. Cost: constant, but for
 * the attributes of the value, which are passed over.
 *
 * QUORATE_ERR_STALE for a cursor that is not of the latest poll.
 */
enum quorate_status quorate_resp_next(const struct quorate_resp_decoder *decoder,
                                      struct quorate_resp_cursor *cursor,
                                      struct quorate_resp_value *value);

/**
 * Copies the bytes of a string of any kind, errors and big numbers included; of a streamed string all chunks, joined. `len`
 * becomes their number, also with QUORATE_ERR_BUFFER_TOO_SMALL, which copies nothing: `buf` may be NULL with `cap` 0 to ask.
 *
 * QUORATE_ERR_WRONG_KIND for other kinds, QUORATE_ERR_STALE for a value that is not of the latest poll.
 */
enum quorate_status quorate_resp_value_copy(const struct quorate_resp_decoder *decoder,
                                            const struct quorate_resp_value *value,
                                            uint8_t *buf,
                                            size_t cap,
                                            size_t *len);

/**
 * Writes the value as text for people and tests, the same in every language, such as `{"a": [1, null]}`: at most `cap` bytes,
 * ended by NUL. Returns the length of the whole text without the NUL, as snprintf does: `buf` may be NULL with `cap` 0 to ask.
 * 0, and nothing written, on misuse: NULL, or a value that is not of the latest poll.
 */
size_t quorate_resp_value_text(const struct quorate_resp_decoder *decoder,
                               const struct quorate_resp_value *value,
                               char *buf,
                               size_t cap);

/**
 * The bytes of the value on the wire, its attributes included, and the absolute offset of the first of them, counted from the
 * first byte that the decoder was ever fed. Either out-parameter may be NULL. The view is valid as long as the value.
 *
 * QUORATE_ERR_STALE for a value that is not of the latest poll.
 */
enum quorate_status quorate_resp_value_wire(const struct quorate_resp_decoder *decoder,
                                            const struct quorate_resp_value *value,
                                            struct quorate_bytes *bytes,
                                            uint64_t *offset);

/**
 * Writes the tokens of the value, its attributes included, in the order of the wire: at most `cap` of them to `out`. `count`
 * becomes the number of all, whether they were written or not; `out` may be NULL with `cap` 0 to ask. Cost: linear in the
 * tokens.
 *
 * QUORATE_ERR_STALE for a value that is not of the latest poll.
 */
enum quorate_status quorate_resp_value_tokens(const struct quorate_resp_decoder *decoder,
                                              const struct quorate_resp_value *value,
                                              struct quorate_resp_token *out,
                                              size_t cap,
                                              size_t *count);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QUORATE_H */
