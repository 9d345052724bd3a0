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
 * Handles.   What NAME_new makes is freed by NAME_free, once; NAME_free(NULL) does nothing. A handle is used by one thread
 *            at a time; different handles are independent. There is no global state.
 * Views.     A pointer that a function hands out points into its handle's memory. Nothing handed out is ever freed by the
 *            caller, and each view says until when it is valid.
 * Enums.     A field or argument that goes in is an integer, and its text says which enum it is of.
 * Bytes in.  `data` must point to `len` readable bytes; it may be NULL when `len` is 0. Everything needed later is copied.
 *            What a handle of RESP handed out is not given back to it, which moves it: QUORATE_ERR_INVALID_ARGUMENT.
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
 * No member.
 */
#define QUORATE_RAFT_NONE 0

/**
 * Where messages for the storage go when it works on its own; see quorate_raft_ready_node_new.
 */
#define QUORATE_RAFT_APPEND_THREAD UINT64_MAX

/**
 * Where messages for the state machine go when it works on its own.
 */
#define QUORATE_RAFT_APPLY_THREAD (UINT64_MAX - 1)

/**
 * Switches a bound off.
 */
#define QUORATE_RESP_NO_LIMIT UINT64_MAX

/**
 * A microsecond: times of a world are whole numbers of it.
 */
#define QUORATE_SIM_MICROSECOND 1

/**
 * A millisecond.
 */
#define QUORATE_SIM_MILLISECOND 1000

/**
 * A second.
 */
#define QUORATE_SIM_SECOND 1000000

/**
 * How a call went: 0 is success, above 0 means "nothing yet", below 0 is an error.
 *
 * The numbers are stable: one is never used again for something else. Errors of decoding are numbered from -101 down, of
 * encoding from -201, of requests from -301, of slots from -401, of Raft from -501, of simulated worlds from -601, of
 * sentinels and discovery from -701, of replication from -801; those from -1 down can come from any function.
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
     * There is nothing: nothing to do, or nothing of what was asked for.
     */
    QUORATE_NOTHING = 3,
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
    /**
     * A setting is outside its range. Also of worlds.
     */
    QUORATE_ERR_INVALID_CONFIG = -501,
    /**
     * What was stored does not fit together.
     */
    QUORATE_ERR_INVALID_STORED = -502,
    /**
     * A proposal was refused. It may be made again, perhaps elsewhere.
     */
    QUORATE_ERR_PROPOSAL_DROPPED = -503,
    /**
     * A read was refused: nobody leads.
     */
    QUORATE_ERR_READ_DROPPED = -504,
    /**
     * A message of a kind that no member sends came in as one.
     */
    QUORATE_ERR_LOCAL_MESSAGE = -505,
    /**
     * An answer came from somebody who is no member.
     */
    QUORATE_ERR_UNKNOWN_PEER = -506,
    /**
     * A message lacks what its kind must have.
     */
    QUORATE_ERR_INVALID_MESSAGE = -507,
    /**
     * Only leaving is possible in a joint configuration.
     */
    QUORATE_ERR_ALREADY_JOINT = -508,
    /**
     * Nobody could agree to the first change of membership.
     */
    QUORATE_ERR_NO_VOTERS = -509,
    /**
     * There is no joint configuration to leave.
     */
    QUORATE_ERR_NOT_JOINT = -510,
    /**
     * A simple change must wait until the joint configuration is left.
     */
    QUORATE_ERR_SIMPLE_IN_JOINT = -511,
    /**
     * More than one voter would change at once: two majorities would be possible that do not meet.
     */
    QUORATE_ERR_TOO_MANY_CHANGED = -512,
    /**
     * Nobody could agree to anything any more.
     */
    QUORATE_ERR_REMOVED_ALL_VOTERS = -513,
    /**
     * A ticket was not given out, or was answered already.
     */
    QUORATE_ERR_UNKNOWN_TICKET = -514,
    /**
     * An index was not handed out to be applied, or its turn is over.
     */
    QUORATE_ERR_NOT_APPLYING = -515,
    /**
     * An index cannot be compacted: it is not applied, not durable, or compacted already.
     */
    QUORATE_ERR_NOT_COMPACTABLE = -516,
    /**
     * A snapshot is older than the last, or newer than what is applied.
     */
    QUORATE_ERR_USELESS_SNAPSHOT = -517,
    /**
     * What came in contradicts what is committed. The node takes no further input: rebuild it under another name.
     */
    QUORATE_ERR_CORRUPT = -518,
    /**
     * Bytes are not the protocol buffer that they should be.
     */
    QUORATE_ERR_INVALID_WIRE = -519,
    /**
     * Bytes are not the state of such a node, or not of this version of the library.
     */
    QUORATE_ERR_INVALID_STATE = -520,
    /**
     * There is no setting of that name.
     */
    QUORATE_ERR_UNKNOWN_SETTING = -601,
    /**
     * A setting was given something that it cannot be.
     */
    QUORATE_ERR_INVALID_VALUE = -602,
    /**
     * There is no rule of that name.
     */
    QUORATE_ERR_UNKNOWN_RULE = -603,
    /**
     * This build keeps all rules, and none can be broken.
     */
    QUORATE_ERR_BROKEN_RULES_ABSENT = -604,
    /**
     * There is no machine of that number.
     */
    QUORATE_ERR_UNKNOWN_NODE = -605,
    /**
     * There is no client of that number.
     */
    QUORATE_ERR_UNKNOWN_CLIENT = -606,
    /**
     * The machine must run for that, and does not.
     */
    QUORATE_ERR_NODE_DOWN = -607,
    /**
     * The machine must be down for that, and runs.
     */
    QUORATE_ERR_NODE_UP = -608,
    /**
     * The client waits for an answer.
     */
    QUORATE_ERR_CLIENT_BUSY = -609,
    /**
     * No message in flight is meant.
     */
    QUORATE_ERR_NO_SUCH_MESSAGE = -610,
    /**
     * A machine refused what was asked of it.
     */
    QUORATE_ERR_REFUSED = -611,
    /**
     * A machine found on its disk what cannot be.
     */
    QUORATE_ERR_CANNOT_START = -612,
    /**
     * A line of a script, an action or a predicate cannot be read.
     */
    QUORATE_ERR_INVALID_SCRIPT = -613,
    /**
     * A moment of another branch.
     */
    QUORATE_ERR_NO_SUCH_MOMENT = -614,
    /**
     * A question that is not known, or is about what is not there.
     */
    QUORATE_ERR_INVALID_QUESTION = -615,
    /**
     * There is no kind of world of that name.
     */
    QUORATE_ERR_UNKNOWN_KIND = -616,
    /**
     * A line of a sentinel's configuration cannot be read.
     */
    QUORATE_ERR_INVALID_LINE = -701,
    /**
     * The link was never asked for, or is closed already. Late news of one that was closed do no harm.
     */
    QUORATE_ERR_UNKNOWN_LINK = -702,
    /**
     * A reply came on a link on which no command waits for one.
     */
    QUORATE_ERR_UNEXPECTED_REPLY = -703,
    /**
     * The script does not run.
     */
    QUORATE_ERR_UNKNOWN_SCRIPT = -704,
    /**
     * A request was answered already, or was never made.
     */
    QUORATE_ERR_UNKNOWN_REQUEST = -705,
    /**
     * One more request than the settings allow.
     */
    QUORATE_ERR_TOO_MANY_REQUESTS = -706,
    /**
     * Not one sentinel could be reached, or none answered in time.
     */
    QUORATE_ERR_NO_SENTINEL_ANSWERS = -707,
    /**
     * Sentinels answered, and none knows a primary of that name.
     */
    QUORATE_ERR_NO_SUCH_MASTER = -708,
    /**
     * Sentinels that know the primary reach too few others to be believed.
     */
    QUORATE_ERR_TOO_FEW_SENTINELS = -709,
    /**
     * A sentinel answered with an error, or with what is no answer.
     */
    QUORATE_ERR_SENTINEL_REFUSED = -710,
    /**
     * The server that was named could not be reached, or does not answer.
     */
    QUORATE_ERR_NODE_UNREACHABLE = -711,
    /**
     * The server that was named says that it is something else.
     */
    QUORATE_ERR_WRONG_ROLE = -712,
    /**
     * There is no replica that is fit to be read from.
     */
    QUORATE_ERR_NO_REPLICA = -713,
    /**
     * The time ran out before anything else was known.
     */
    QUORATE_ERR_TIMED_OUT = -714,
    /**
     * A connection of that name is known already.
     */
    QUORATE_ERR_DUPLICATE_REPLICA = -801,
    /**
     * No connection of that name is known.
     */
    QUORATE_ERR_UNKNOWN_REPLICA = -802,
    /**
     * One more connection than the settings allow.
     */
    QUORATE_ERR_TOO_MANY_REPLICAS = -803,
    /**
     * The command is none of replication's: the server itself answers it.
     */
    QUORATE_ERR_NOT_REPLICATION = -804,
    /**
     * Nobody asked for a snapshot, or it was given already.
     */
    QUORATE_ERR_NO_SNAPSHOT_WANTED = -805,
    /**
     * That replica is not being sent a snapshot.
     */
    QUORATE_ERR_NOT_SENDING = -806,
    /**
     * That attempt to reach the primary is over, so that what is said of it is of no use.
     */
    QUORATE_ERR_STALE_ATTEMPT = -807,
    /**
     * No snapshot is waiting to be loaded.
     */
    QUORATE_ERR_NOT_LOADING = -808,
    /**
     * A replica does not take WAIT.
     */
    QUORATE_ERR_WAIT_ON_REPLICA = -809,
    /**
     * The client is waiting already.
     */
    QUORATE_ERR_DUPLICATE_WAIT = -810,
    /**
     * The client is not waiting.
     */
    QUORATE_ERR_UNKNOWN_WAIT = -811,
    /**
     * Fewer replicas were heard of lately than min-replicas-to-write asks for: the command must not be executed.
     */
    QUORATE_ERR_NO_REPLICAS = -812,
    /**
     * A replica is not written to: the command must not be executed.
     */
    QUORATE_ERR_READ_ONLY = -813,
    /**
     * A replica that has lost its primary does not answer with old data: the command must not be executed.
     */
    QUORATE_ERR_MASTER_DOWN = -814,
    /**
     * A text is no replication id: 40 hexadecimal digits.
     */
    QUORATE_ERR_INVALID_REPLICATION_ID = -815,
    /**
     * A write was acknowledged before.
     */
    QUORATE_ERR_DUPLICATE_WRITE = -816,
} quorate_status;

/**
 * How a vote stands.
 */
typedef enum quorate_raft_vote_result {
    /**
     * Neither won nor lost: it depends on votes that did not come yet.
     */
    QUORATE_RAFT_VOTE_PENDING = 0,
    /**
     * A quorum can no longer agree.
     */
    QUORATE_RAFT_VOTE_LOST = 1,
    /**
     * A quorum agreed.
     */
    QUORATE_RAFT_VOTE_WON = 2,
} quorate_raft_vote_result;

/**
 * What an output is, and which member of `as` it is in.
 */
typedef enum quorate_raft_output_kind {
    /**
     * What a newer core says and this header does not know.
     */
    QUORATE_RAFT_OUTPUT_UNLISTED = 0,
    /**
     * `as.send`: send this message to the member `to`. It may be lost, late, repeated or out of order.
     */
    QUORATE_RAFT_OUTPUT_SEND = 1,
    /**
     * `as.persist`: make this durable, then call quorate_raft_node_persisted.
     */
    QUORATE_RAFT_OUTPUT_PERSIST = 2,
    /**
     * `as.apply`: apply these committed entries, at least one and without a gap, to the state machine, then call
     * quorate_raft_node_applied with the index of the last. One that is not QUORATE_RAFT_ENTRY_NORMAL goes to
     * quorate_raft_node_apply_entry, unless the application refuses the change.
     */
    QUORATE_RAFT_OUTPUT_APPLY = 3,
    /**
     * `as.read_ready`: the read of that context may take place once everything up to `index` is applied.
     */
    QUORATE_RAFT_OUTPUT_READ_READY = 4,
    /**
     * `as.read_lost`: the read of that context will not be answered: leadership ended. Ask again.
     */
    QUORATE_RAFT_OUTPUT_READ_LOST = 5,
    /**
     * `as.role_changed`: the node's role, its leader or its term changed.
     */
    QUORATE_RAFT_OUTPUT_ROLE_CHANGED = 6,
    /**
     * `as.fetch`: a member needs entries that are no longer in the window, and no snapshot is known that would do. Call
     * quorate_raft_node_entries_fetched with them, or take a snapshot and call quorate_raft_node_snapshot_taken.
     */
    QUORATE_RAFT_OUTPUT_FETCH = 7,
    /**
     * `as.trace`: why something happened, or did not.
     */
    QUORATE_RAFT_OUTPUT_TRACE = 8,
} quorate_raft_output_kind;

/**
 * What a node is.
 */
typedef enum quorate_raft_role {
    /**
     * It takes entries from a leader, or waits for one.
     */
    QUORATE_RAFT_FOLLOWER = 0,
    /**
     * It asks whether it could win an election.
     */
    QUORATE_RAFT_PRE_CANDIDATE = 1,
    /**
     * It asks for votes.
     */
    QUORATE_RAFT_CANDIDATE = 2,
    /**
     * It leads.
     */
    QUORATE_RAFT_LEADER = 3,
} quorate_raft_role;

/**
 * How a leader sends entries to a member.
 */
typedef enum quorate_raft_progress_state {
    /**
     * One message at a time, until it is known where the logs part.
     */
    QUORATE_RAFT_PROGRESS_PROBE = 0,
    /**
     * As many as fit the window, each optimistically after the one before.
     */
    QUORATE_RAFT_PROGRESS_REPLICATE = 1,
    /**
     * None, for a snapshot is on its way.
     */
    QUORATE_RAFT_PROGRESS_SNAPSHOT = 2,
} quorate_raft_progress_state;

/**
 * How an acknowledged write stands.
 */
typedef enum quorate_replication_write_state {
    /**
     * More than one server has it, and none is in a history that left its own before it.
     */
    QUORATE_REPLICATION_WRITE_REPLICATED = 0,
    /**
     * At risk: one server has it.
     */
    QUORATE_REPLICATION_WRITE_ONE_COPY = 1,
    /**
     * At risk: a server is in a history that left the write's before it, as one is that was promoted without it. Who follows that
     * one loses the write, however many have it now.
     */
    QUORATE_REPLICATION_WRITE_FORKED = 2,
    /**
     * No server has it any more.
     */
    QUORATE_REPLICATION_WRITE_LOST = 3,
} quorate_replication_write_state;

/**
 * How far a replica's connection to its primary is (repl_state).
 */
typedef enum quorate_replication_link_state {
    /**
     * There is no primary.
     */
    QUORATE_REPLICATION_LINK_NONE = 0,
    /**
     * There is no connection. The next cron opens one.
     */
    QUORATE_REPLICATION_LINK_CONNECT = 1,
    /**
     * A connection is being opened.
     */
    QUORATE_REPLICATION_LINK_CONNECTING = 2,
    /**
     * PING is not answered yet.
     */
    QUORATE_REPLICATION_LINK_PING = 3,
    /**
     * AUTH is not answered yet.
     */
    QUORATE_REPLICATION_LINK_AUTH = 4,
    /**
     * REPLCONF listening-port is not answered yet.
     */
    QUORATE_REPLICATION_LINK_PORT = 5,
    /**
     * REPLCONF ip-address is not answered yet.
     */
    QUORATE_REPLICATION_LINK_IP = 6,
    /**
     * REPLCONF capa is not answered yet.
     */
    QUORATE_REPLICATION_LINK_CAPA = 7,
    /**
     * PSYNC is not answered yet.
     */
    QUORATE_REPLICATION_LINK_PSYNC = 8,
    /**
     * A snapshot is being received or loaded.
     */
    QUORATE_REPLICATION_LINK_TRANSFER = 9,
    /**
     * The stream comes in.
     */
    QUORATE_REPLICATION_LINK_CONNECTED = 10,
} quorate_replication_link_state;

/**
 * What an output is, and which member of `as` it is in.
 */
typedef enum quorate_replication_output_kind {
    /**
     * What a newer core says and this header does not know.
     */
    QUORATE_REPLICATION_OUTPUT_UNLISTED = 0,
    /**
     * `as.send`: send these bytes on the replica's connection, behind what was sent before.
     */
    QUORATE_REPLICATION_OUTPUT_SEND = 1,
    /**
     * `as.close`: close this replica's connection. It is forgotten already: there is no need to say that it closed.
     */
    QUORATE_REPLICATION_OUTPUT_CLOSE = 2,
    /**
     * `as.take_snapshot`: freeze the data as it is now, then call quorate_replication_server_snapshot_taken. So many bytes of the
     * stream are behind this data: they and the history's id belong into the snapshot.
     */
    QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT = 3,
    /**
     * `as.send_snapshot`: send the frozen data on the replica's connection, framed so, then call
     * quorate_replication_server_snapshot_sent. Nothing else is to be sent there meanwhile.
     */
    QUORATE_REPLICATION_OUTPUT_SEND_SNAPSHOT = 4,
    /**
     * `as.connect`: open a connection to the primary, then call quorate_replication_server_connected or
     * quorate_replication_server_closed. Any earlier connection to a primary is closed already.
     */
    QUORATE_REPLICATION_OUTPUT_CONNECT = 5,
    /**
     * `as.disconnect`: close this connection. There is no need to say that it closed.
     */
    QUORATE_REPLICATION_OUTPUT_DISCONNECT = 6,
    /**
     * `as.send_to_primary`: send these bytes on that connection.
     */
    QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY = 7,
    /**
     * `as.snapshot_begins`: keep the pieces that follow, apart from the data.
     */
    QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BEGINS = 8,
    /**
     * `as.snapshot_bytes`: the next piece of the snapshot.
     */
    QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BYTES = 9,
    /**
     * The snapshot is whole. Throw away all data, load the snapshot in its place, then call
     * quorate_replication_server_snapshot_loaded.
     */
    QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT = 10,
    /**
     * The snapshot that began will not come to its end: throw its pieces away.
     */
    QUORATE_REPLICATION_OUTPUT_SNAPSHOT_ABORTED = 11,
    /**
     * `as.apply`: apply this command of the primary's to the data.
     */
    QUORATE_REPLICATION_OUTPUT_APPLY = 12,
    /**
     * `as.waited`: WAIT is over for that client: answer it with the number.
     */
    QUORATE_REPLICATION_OUTPUT_WAITED = 13,
    /**
     * `as.wait_broken`: the server became a replica while that client waited: answer with the error UNBLOCKED and close its
     * connection.
     */
    QUORATE_REPLICATION_OUTPUT_WAIT_BROKEN = 14,
    /**
     * `as.history_changed`: the server's history has another name, or is another one.
     */
    QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED = 15,
    /**
     * `as.link_changed`: the link to the primary came up or went down (master_link_status).
     */
    QUORATE_REPLICATION_OUTPUT_LINK_CHANGED = 16,
    /**
     * `as.trace`: why something happened, or did not.
     */
    QUORATE_REPLICATION_OUTPUT_TRACE = 17,
} quorate_replication_output_kind;

/**
 * Why a server's history has another name.
 */
typedef enum quorate_replication_history_cause {
    /**
     * It was promoted: the data stays, and the history grew out of the one before.
     */
    QUORATE_REPLICATION_PROMOTED = 0,
    /**
     * Its primary goes on under another name, and so does it: likewise.
     */
    QUORATE_REPLICATION_CONTINUED = 1,
    /**
     * It is a primary that did not count what was written to it, for it had no replicas. The data stays, and nobody can go on
     * from the name before.
     */
    QUORATE_REPLICATION_RENEWED = 2,
    /**
     * It loaded its primary's snapshot: the data before is gone since QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT.
     */
    QUORATE_REPLICATION_LOADED = 3,
} quorate_replication_history_cause;

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
 * What an output is, and which member of `as` it is in.
 */
typedef enum quorate_sentinel_discovery_output_kind {
    /**
     * What a newer core says and this header does not know.
     */
    QUORATE_SENTINEL_DISCOVERY_UNLISTED = 0,
    /**
     * `as.connect`: open a connection, then call quorate_sentinel_discovery_connected or quorate_sentinel_discovery_disconnected.
     */
    QUORATE_SENTINEL_DISCOVERY_CONNECT = 1,
    /**
     * `as.close`: close this connection. Nothing needs to be said of it again.
     */
    QUORATE_SENTINEL_DISCOVERY_CLOSE = 2,
    /**
     * `as.send`: send a command. Replies are matched in the order of the commands of one link.
     */
    QUORATE_SENTINEL_DISCOVERY_SEND = 3,
    /**
     * `as.resolved`: the request is answered: this connection is the caller's.
     */
    QUORATE_SENTINEL_DISCOVERY_RESOLVED = 4,
    /**
     * `as.failed`: the request failed.
     */
    QUORATE_SENTINEL_DISCOVERY_FAILED = 5,
    /**
     * `as.invalidate`: close this connection, which was handed out: the server at its end is not what it was any more. Nothing
     * needs to be said of it again. Its place is taken by a new request.
     */
    QUORATE_SENTINEL_DISCOVERY_INVALIDATE = 6,
    /**
     * `as.primary_changed`: another server is known to be the primary, for it said so.
     */
    QUORATE_SENTINEL_DISCOVERY_PRIMARY_CHANGED = 7,
    /**
     * `as.trace`: why something happened, or did not.
     */
    QUORATE_SENTINEL_DISCOVERY_TRACE = 8,
} quorate_sentinel_discovery_output_kind;

/**
 * What a connection is for, so that its driver knows how to greet who is there.
 */
typedef enum quorate_sentinel_purpose {
    /**
     * Questions to a sentinel.
     */
    QUORATE_SENTINEL_PURPOSE_ASK = 0,
    /**
     * A subscription at a sentinel.
     */
    QUORATE_SENTINEL_PURPOSE_LISTEN = 1,
    /**
     * A server: set it up as any connection of the caller's (AUTH, HELLO, SELECT), and only then say that it is connected.
     */
    QUORATE_SENTINEL_PURPOSE_NODE = 2,
} quorate_sentinel_purpose;

/**
 * What a server was asked for as, and has said that it is.
 */
typedef enum quorate_sentinel_node_role {
    /**
     * It takes writes.
     */
    QUORATE_SENTINEL_ROLE_PRIMARY = 0,
    /**
     * It follows the primary.
     */
    QUORATE_SENTINEL_ROLE_REPLICA = 1,
} quorate_sentinel_node_role;

/**
 * Why a connection that was handed out is to be closed.
 */
typedef enum quorate_sentinel_invalid_reason {
    /**
     * Another server is the primary.
     */
    QUORATE_SENTINEL_PRIMARY_MOVED = 0,
    /**
     * The server was a replica, and is the primary now.
     */
    QUORATE_SENTINEL_PROMOTED = 1,
    /**
     * The server answered with an error that it can only have as something else: READONLY, MASTERDOWN.
     */
    QUORATE_SENTINEL_REFUSED = 2,
} quorate_sentinel_invalid_reason;

/**
 * What an output is, and which member of `as` it is in.
 */
typedef enum quorate_sentinel_output_kind {
    /**
     * What a newer core says and this header does not know.
     */
    QUORATE_SENTINEL_OUTPUT_UNLISTED = 0,
    /**
     * `as.connect`: open a connection. Commands for it follow at once: keep them until it stands. Say
     * quorate_sentinel_connected or quorate_sentinel_disconnected when it is known what became of it.
     */
    QUORATE_SENTINEL_OUTPUT_CONNECT = 1,
    /**
     * `as.close`: close this connection. Nothing needs to be said of it again.
     */
    QUORATE_SENTINEL_OUTPUT_CLOSE = 2,
    /**
     * `as.send`: send a command. Replies are matched in the order of the commands of one link.
     */
    QUORATE_SENTINEL_OUTPUT_SEND = 3,
    /**
     * `as.persist`: make these lines durable in place of all that were persisted before, then call quorate_sentinel_persisted.
     * Until then nothing else is given out.
     */
    QUORATE_SENTINEL_OUTPUT_PERSIST = 4,
    /**
     * `as.reply`: answer a client, or tell it of a message that it has subscribed to.
     */
    QUORATE_SENTINEL_OUTPUT_REPLY = 5,
    /**
     * `as.event`: something happened that a real sentinel publishes and logs. Clients that subscribed are told with
     * QUORATE_SENTINEL_OUTPUT_REPLY.
     */
    QUORATE_SENTINEL_OUTPUT_EVENT = 6,
    /**
     * `as.run_script`: run a program, and call quorate_sentinel_script_finished when it ended.
     */
    QUORATE_SENTINEL_OUTPUT_RUN_SCRIPT = 7,
    /**
     * `as.kill_script`: kill this program, which ran for too long. It still has to be said that it ended.
     */
    QUORATE_SENTINEL_OUTPUT_KILL_SCRIPT = 8,
    /**
     * `as.resolve`: look this name up and call quorate_sentinel_resolved.
     */
    QUORATE_SENTINEL_OUTPUT_RESOLVE = 9,
    /**
     * `as.exit_code`: stop at once: SHUTDOWN, or a failure that SENTINEL SIMULATE-FAILURE asked for (99).
     */
    QUORATE_SENTINEL_OUTPUT_EXIT = 10,
    /**
     * `as.trace`: why something happened, or did not.
     */
    QUORATE_SENTINEL_OUTPUT_TRACE = 11,
} quorate_sentinel_output_kind;

/**
 * What a connection is for.
 */
typedef enum quorate_sentinel_link_kind {
    /**
     * Commands and their replies.
     */
    QUORATE_SENTINEL_LINK_COMMAND = 0,
    /**
     * A subscription to the channel of hellos.
     */
    QUORATE_SENTINEL_LINK_PUBSUB = 1,
} quorate_sentinel_link_kind;

/**
 * What an instance is held for.
 */
typedef enum quorate_sentinel_instance_kind {
    /**
     * The master of a group.
     */
    QUORATE_SENTINEL_MASTER = 0,
    /**
     * One of its replicas.
     */
    QUORATE_SENTINEL_REPLICA = 1,
    /**
     * Another sentinel that monitors it.
     */
    QUORATE_SENTINEL_SENTINEL = 2,
} quorate_sentinel_instance_kind;

/**
 * How loud an event is.
 */
typedef enum quorate_sentinel_level {
    /**
     * Logged alone.
     */
    QUORATE_SENTINEL_DEBUG = 0,
    /**
     * Published.
     */
    QUORATE_SENTINEL_VERBOSE = 1,
    /**
     * Published.
     */
    QUORATE_SENTINEL_NOTICE = 2,
    /**
     * Published, and told to the notification script of its master.
     */
    QUORATE_SENTINEL_WARNING = 3,
} quorate_sentinel_level;

/**
 * How a read is made linearizable.
 */
typedef enum quorate_raft_read_only {
    /**
     * By asking a quorum whether the leader still leads.
     */
    QUORATE_RAFT_READ_SAFE = 0,
    /**
     * By the leader's lease. It relies on clocks that do not drift far, and needs check_quorum.
     */
    QUORATE_RAFT_READ_LEASE_BASED = 1,
} quorate_raft_read_only;

/**
 * What an entry holds.
 */
typedef enum quorate_raft_entry_kind {
    /**
     * A command for the state machine; empty when a leader begins its term.
     */
    QUORATE_RAFT_ENTRY_NORMAL = 0,
    /**
     * A change of one member, as older members write it.
     */
    QUORATE_RAFT_ENTRY_CONF_CHANGE = 1,
    /**
     * A change of any number of members.
     */
    QUORATE_RAFT_ENTRY_CONF_CHANGE_V2 = 2,
} quorate_raft_entry_kind;

/**
 * What a message says. The numbers are those of raftpb.
 */
typedef enum quorate_raft_message_kind {
    /**
     * Start an election. Local.
     */
    QUORATE_RAFT_MSG_HUP = 0,
    /**
     * Send heartbeats. Local.
     */
    QUORATE_RAFT_MSG_BEAT = 1,
    /**
     * Append these entries to the log.
     */
    QUORATE_RAFT_MSG_PROP = 2,
    /**
     * The leader's entries (AppendEntries).
     */
    QUORATE_RAFT_MSG_APP = 3,
    /**
     * The answer to it, and to a snapshot.
     */
    QUORATE_RAFT_MSG_APP_RESP = 4,
    /**
     * A candidate asks for a vote (RequestVote).
     */
    QUORATE_RAFT_MSG_VOTE = 5,
    /**
     * The answer to it.
     */
    QUORATE_RAFT_MSG_VOTE_RESP = 6,
    /**
     * A snapshot (InstallSnapshot). Tell with quorate_raft_node_report_snapshot how sending it ended.
     */
    QUORATE_RAFT_MSG_SNAP = 7,
    /**
     * The leader is there.
     */
    QUORATE_RAFT_MSG_HEARTBEAT = 8,
    /**
     * The answer to it.
     */
    QUORATE_RAFT_MSG_HEARTBEAT_RESP = 9,
    /**
     * The last message to a member did not arrive. Local.
     */
    QUORATE_RAFT_MSG_UNREACHABLE = 10,
    /**
     * How sending a snapshot ended. Local.
     */
    QUORATE_RAFT_MSG_SNAP_STATUS = 11,
    /**
     * Does a quorum still answer? Local.
     */
    QUORATE_RAFT_MSG_CHECK_QUORUM = 12,
    /**
     * Hand leadership over to the sender.
     */
    QUORATE_RAFT_MSG_TRANSFER_LEADER = 13,
    /**
     * Start an election at once.
     */
    QUORATE_RAFT_MSG_TIMEOUT_NOW = 14,
    /**
     * Ask for an index from which a read is linearizable.
     */
    QUORATE_RAFT_MSG_READ_INDEX = 15,
    /**
     * That index.
     */
    QUORATE_RAFT_MSG_READ_INDEX_RESP = 16,
    /**
     * Would you vote for me?
     */
    QUORATE_RAFT_MSG_PRE_VOTE = 17,
    /**
     * The answer to it.
     */
    QUORATE_RAFT_MSG_PRE_VOTE_RESP = 18,
    /**
     * Make this durable. Local.
     */
    QUORATE_RAFT_MSG_STORAGE_APPEND = 19,
    /**
     * It is. Local.
     */
    QUORATE_RAFT_MSG_STORAGE_APPEND_RESP = 20,
    /**
     * Apply this. Local.
     */
    QUORATE_RAFT_MSG_STORAGE_APPLY = 21,
    /**
     * It is applied. Local.
     */
    QUORATE_RAFT_MSG_STORAGE_APPLY_RESP = 22,
    /**
     * Forget who leads.
     */
    QUORATE_RAFT_MSG_FORGET_LEADER = 23,
} quorate_raft_message_kind;

/**
 * What happens to a member.
 */
typedef enum quorate_raft_conf_change_kind {
    /**
     * It becomes a voter.
     */
    QUORATE_RAFT_ADD_NODE = 0,
    /**
     * It leaves.
     */
    QUORATE_RAFT_REMOVE_NODE = 1,
    /**
     * Something that only the application knows of changes.
     */
    QUORATE_RAFT_UPDATE_NODE = 2,
    /**
     * It becomes a learner: it receives the log and has no vote.
     */
    QUORATE_RAFT_ADD_LEARNER_NODE = 3,
} quorate_raft_conf_change_kind;

/**
 * How a change of several members takes place.
 */
typedef enum quorate_raft_conf_change_transition {
    /**
     * By a joint configuration if more than one member changes; it is left by itself.
     */
    QUORATE_RAFT_TRANSITION_AUTO = 0,
    /**
     * By a joint configuration that is left by itself.
     */
    QUORATE_RAFT_TRANSITION_JOINT_IMPLICIT = 1,
    /**
     * By a joint configuration that is left when an empty change is proposed.
     */
    QUORATE_RAFT_TRANSITION_JOINT_EXPLICIT = 2,
} quorate_raft_conf_change_transition;

/**
 * Whose messages are read and written. The two differ in their last fields only.
 */
typedef enum quorate_raft_dialect {
    /**
     * Those of etcd-io/raft (raftpb).
     */
    QUORATE_RAFT_DIALECT_ETCD = 0,
    /**
     * Those of raft-rs (eraftpb).
     */
    QUORATE_RAFT_DIALECT_RAFT_RS = 1,
} quorate_raft_dialect;

/**
 * Which epoch an election is counted by.
 */
typedef enum quorate_sentinel_profile {
    /**
     * As real sentinels do: votes are asked for and counted by the one current epoch that all masters share. Failovers of several
     * masters at once then disturb each other, and one outage may see two leaders (redis/redis#12865).
     */
    QUORATE_SENTINEL_COMPAT = 0,
    /**
     * By the epoch of the attempt itself, so that there is at most one leader for a master and an epoch. Safe among real
     * sentinels; of use to all where everybody does it.
     */
    QUORATE_SENTINEL_STRICT = 1,
} quorate_sentinel_profile;

/**
 * How a script ended.
 */
typedef enum quorate_sentinel_script_exit {
    /**
     * With a code: 0 is success, 1 asks for another try, anything else gives up.
     */
    QUORATE_SENTINEL_SCRIPT_CODE = 0,
    /**
     * By a signal. It is tried again.
     */
    QUORATE_SENTINEL_SCRIPT_SIGNAL = 1,
    /**
     * It could not be started.
     */
    QUORATE_SENTINEL_SCRIPT_NOT_STARTED = 2,
} quorate_sentinel_script_exit;

/**
 * What to do with replicas that have lost their primary, whose data grows old.
 */
typedef enum quorate_sentinel_stale {
    /**
     * They are read from if there is no other: during a failover there is none.
     */
    QUORATE_SENTINEL_STALE_LAST_RESORT = 0,
    /**
     * They are never read from.
     */
    QUORATE_SENTINEL_STALE_NEVER = 1,
} quorate_sentinel_stale;

/**
 * What a request wants to reach.
 */
typedef enum quorate_sentinel_read_preference {
    /**
     * The primary.
     */
    QUORATE_SENTINEL_WANT_PRIMARY = 0,
    /**
     * A replica, and nothing else.
     */
    QUORATE_SENTINEL_WANT_REPLICA = 1,
    /**
     * A replica, or the primary where no replica is fit.
     */
    QUORATE_SENTINEL_WANT_REPLICA_OR_PRIMARY = 2,
    /**
     * Any server, by weight.
     */
    QUORATE_SENTINEL_WANT_ANY = 3,
} quorate_sentinel_read_preference;

/**
 * What a command does, as far as replication asks.
 */
typedef enum quorate_replication_access {
    /**
     * It reads data.
     */
    QUORATE_REPLICATION_READ = 0,
    /**
     * It may change data, or is a script or transaction that may.
     */
    QUORATE_REPLICATION_WRITE = 1,
} quorate_replication_access;

/**
 * A growing buffer that commands are written to. Made once and cleared, it allocates nothing in the long run.
 */
typedef struct quorate_buffer quorate_buffer;

/**
 * Reads protocol buffers, and keeps what it read: a log or a peer's connection has one.
 *
 *     quorate_raft_decoder *decoder = quorate_raft_decoder_new();
 *     quorate_raft_message message;
 *     if (quorate_raft_decode_message(decoder, data, len, QUORATE_RAFT_DIALECT_ETCD, &message) == QUORATE_OK) {
 *         quorate_raft_node_step(node, &message);
 *     }
 *     quorate_raft_decoder_free(decoder);
 *
 * What a function hands out is valid until the same function is called again on that decoder, or until it is freed. Bytes that
 * are not what they should be are QUORATE_ERR_INVALID_WIRE, and quorate_raft_decoder_error says where and why.
 */
typedef struct quorate_raft_decoder quorate_raft_decoder;

/**
 * Who is a member, outside of any node: to find out what would become of a change, what a quorum has, or how a vote ends.
 *
 *     const uint64_t voters[] = {1, 2, 3};
 *     quorate_raft_conf_state state = {{voters, 3}, {NULL, 0}, {NULL, 0}, {NULL, 0}, 0};
 *     quorate_raft_ack acks[] = {{1, 7, 0}, {2, 5, 0}};
 *     quorate_raft_members *members;
 *     uint64_t committed;
 *     quorate_raft_members_new(&state, &members);
 *     quorate_raft_members_committed(members, acks, 2, &committed);    // 5
 *     quorate_raft_members_free(members);
 */
typedef struct quorate_raft_members quorate_raft_members;

/**
 * A member of a Raft group, which follows etcd-io/raft message for message.
 *
 * It does no IO: time comes in as ticks, randomness as a seed, and storage as "persist this" followed by "it is persisted". Tell
 * it what happened; after each call, do what its outputs say, in order. What must not leave before a write is durable is held
 * back until quorate_raft_node_persisted, so it cannot be sent too early. The same config, stored state and inputs give the same
 * outputs everywhere.
 *
 *     quorate_raft_config config;
 *     quorate_raft_stored stored;
 *     quorate_raft_node *node;
 *     quorate_raft_output output;
 *     const uint64_t voters[] = {1, 2, 3};
 *     quorate_raft_config_init(&config, 1, 42);
 *     quorate_raft_stored_group(&stored, voters, 3);
 *     quorate_raft_node_new(&config, &stored, &node, NULL, 0);     // 1. make it, of what is stored
 *     quorate_raft_node_tick(node);                                // 2. tell it what happened
 *     while (quorate_raft_node_poll(node, &output) == QUORATE_OK) { // 3. do what it says
 *         switch (output.kind) {
 *         case QUORATE_RAFT_OUTPUT_SEND:
 *             quorate_raft_encode_message(&output.as.send, QUORATE_RAFT_DIALECT_ETCD, buffer);
 *             send_to(output.as.send.to, buffer);
 *             break;
 *         case QUORATE_RAFT_OUTPUT_PERSIST:
 *             write_to_disk(&output.as.persist);
 *             quorate_raft_node_persisted(node, output.as.persist.ticket);
 *             break;
 *         case QUORATE_RAFT_OUTPUT_APPLY:
 *             last = apply(&output.as.apply);
 *             quorate_raft_node_applied(node, last);
 *             break;
 *         default:
 *             break;
 *         }
 *     }
 *
 * Inputs are copied where they are kept. Any call that tells the node something may be refused with QUORATE_ERR_CORRUPT, once
 * something came in that contradicts what is committed; other reasons are said with each. A refused input changes nothing.
 * What a function hands out is valid until the same function is called again on that node, or until it is freed.
 */
typedef struct quorate_raft_node quorate_raft_node;

/**
 * A node that is driven as etcd's RawNode is: take a quorate_raft_ready, do what it says, advance. quorate_raft_node is the safer
 * way: it holds back by itself what must not leave before a write is durable.
 *
 *     quorate_raft_ready ready;
 *     quorate_raft_ready_node_tick(node);
 *     while (quorate_raft_ready_node_ready(node, &ready) == QUORATE_OK) {
 *         write_to_disk(ready.snapshot, &ready.entries, ready.hard_state);    // first
 *         send_all(&ready.messages);                                         // then
 *         apply(&ready.committed_entries);
 *         quorate_raft_ready_node_advance(node);
 *     }
 *
 * Inputs are copied, errors are kept, and views are valid as with quorate_raft_node; and any call that tells the node something
 * may be refused with QUORATE_ERR_CORRUPT.
 */
typedef struct quorate_raft_ready_node quorate_raft_ready_node;

/**
 * Says of every acknowledged write whether it is replicated, at risk or lost.
 *
 * It stands outside of the servers, and is told what clients were promised (quorate_replication_ledger_acknowledged) and where
 * each server's data is (quorate_replication_ledger_at, _changed and _gone). A write is where its offset in its history is: a
 * server has it if its own history is that one, or grew out of it behind it. Writes and servers are called as the caller
 * likes; times are milliseconds of one clock, the caller's.
 */
typedef struct quorate_replication_ledger quorate_replication_ledger;

/**
 * The replication of one redis-server, be it a primary, a replica, or a replica with replicas of its own. A real redis-server can
 * be at the other end.
 *
 * It holds no data and opens no connection: the caller executes commands, freezes and loads snapshots, and carries bytes. Time
 * comes in as milliseconds of Unix time, of the server's own clock, which may jump. Tell it what happened; after each call, do
 * what its outputs say, in order.
 *
 *     quorate_replication_config config;
 *     quorate_replication_server *server;
 *     quorate_replication_output output;
 *     quorate_replication_config_init(&config, 6380, seed);
 *     quorate_replication_server_new(&config, now, &server, NULL, 0);                       // 1. make it
 *     quorate_replication_server_replicate_from(server, "10.0.0.1", 6379, now);             // 2. tell it what happened
 *     while (quorate_replication_server_poll(server, &output) == QUORATE_OK) {              // 3. do what it says
 *         switch (output.kind) {
 *         case QUORATE_REPLICATION_OUTPUT_CONNECT:
 *             open_connection(output.as.connect.attempt, output.as.connect.host, output.as.connect.port);
 *             break;
 *         case QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY:
 *             write_to(output.as.send_to_primary.to, &output.as.send_to_primary.data);
 *             break;
 *         case QUORATE_REPLICATION_OUTPUT_APPLY:
 *             execute(output.as.apply.args, output.as.apply.count);
 *             break;
 *         default:
 *             break;
 *         }
 *     }
 *
 * A refused input changes nothing. Inputs are copied where they are kept. What a function hands out is valid until the same
 * function is called again on that server, or until it is freed.
 */
typedef struct quorate_replication_server quorate_replication_server;

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
 * A Redis Sentinel, which takes the seat of a redis-sentinel process among real ones, event for event as Redis 7.0 does.
 *
 * It does no IO: time comes in as milliseconds with each input (of any clock; one that jumps is noticed, and leads to TILT),
 * randomness as a seed, and storage as "persist this" followed by "it is persisted". Tell it what happened; after each call, do
 * what its outputs say, in order. What follows a change that must be durable, such as a vote, is held back until
 * quorate_sentinel_persisted, so it cannot be sent too early. The same inputs give the same outputs everywhere.
 *
 *     quorate_sentinel_master_config master;
 *     quorate_sentinel_config config;
 *     quorate_sentinel *sentinel;
 *     quorate_sentinel_output output;
 *     quorate_sentinel_master_config_init(&master, "mymaster", "127.0.0.1", 6379, 2);
 *     quorate_sentinel_config_init(&config, "0123456789012345678901234567890123456789", 42);
 *     config.masters = &master;
 *     config.master_count = 1;
 *     quorate_sentinel_new(&config, NULL, 0, now, &sentinel, NULL, 0);      // 1. make it, of what was persisted
 *     quorate_sentinel_tick(sentinel, now);                                 // 2. tell it what happened
 *     while (quorate_sentinel_poll(sentinel, &output) == QUORATE_OK) {      // 3. do what it says
 *         switch (output.kind) {
 *         case QUORATE_SENTINEL_OUTPUT_CONNECT:
 *             open_connection(output.as.connect.link, &output.as.connect.address);
 *             break;
 *         case QUORATE_SENTINEL_OUTPUT_SEND:
 *             write_to(output.as.send.link, &output.as.send.wire);
 *             break;
 *         case QUORATE_SENTINEL_OUTPUT_PERSIST:
 *             write_to_disk(output.as.persist.lines, output.as.persist.count);
 *             quorate_sentinel_persisted(sentinel, output.as.persist.ticket);
 *             break;
 *         default:
 *             break;
 *         }
 *     }
 *
 * Links name connections, and are never used again. Late news of a link that the sentinel closed is QUORATE_ERR_UNKNOWN_LINK, and
 * is to be ignored. A refused input changes nothing. Inputs are copied where they are kept. What a function hands out is valid
 * until the same function is called again on that sentinel, or until it is freed.
 */
typedef struct quorate_sentinel quorate_sentinel;

/**
 * How a client of Redis finds the primary and its replicas through sentinels, and learns that they changed. It opens no
 * connection; time comes in as milliseconds of a clock that never goes back.
 *
 * Ask with quorate_sentinel_discovery_request before every connection, also one that replaces a broken one: addresses are
 * never remembered. The answer, QUORATE_SENTINEL_DISCOVERY_RESOLVED, is a connection that stands, to a server that has said
 * itself that it is what was asked for. It is the caller's from then on; say quorate_sentinel_discovery_disconnected when it
 * ends, quorate_sentinel_discovery_refused when a command over it is answered with an error, and close it at
 * QUORATE_SENTINEL_DISCOVERY_INVALIDATE. Call quorate_sentinel_discovery_tick at quorate_sentinel_discovery_next_tick.
 *
 *     quorate_sentinel_address known = {"10.0.0.9", NULL, 26379};
 *     quorate_sentinel_discovery_config config;
 *     quorate_sentinel_discovery *discovery;
 *     quorate_sentinel_discovery_config_init(&config, "mymaster", &known, 1);
 *     quorate_sentinel_discovery_new(&config, &discovery, NULL, 0);                                       // 1. make it
 *     quorate_sentinel_discovery_request(discovery, QUORATE_SENTINEL_WANT_PRIMARY, now, NULL);            // 2. tell it
 *     while (quorate_sentinel_discovery_poll(discovery, &output) == QUORATE_OK) { ... }                   // 3. do what it says
 *
 * A refused input changes nothing. What a function hands out is valid until the same function is called again on that discovery,
 * or until it is freed.
 */
typedef struct quorate_sentinel_discovery quorate_sentinel_discovery;

/**
 * A seeded world of many machines: their disks, a network, clients and a virtual clock. Nothing in it is left to chance but what
 * its seed decides: the same script gives the same run, in every language.
 *
 *     static const char script[] = "raft\nnodes 3\nseed 7\n";
 *     quorate_sim_world *world;
 *     const char *leader;
 *     bool holds;
 *     quorate_sim_world_new((const uint8_t *)script, sizeof script - 1, &world, NULL, 0);    // 1. make it
 *     quorate_sim_world_until(world, "leader != none", QUORATE_SIM_SECOND, &holds);           // 2. let time pass
 *     quorate_sim_world_act(world, "partition 1 | 2 3");                                      // 3. do things to it
 *     quorate_sim_world_ask(world, "leader", &leader);                                        // 4. and ask
 *     quorate_sim_world_seek(world, 0);                                                       // or go back
 *     quorate_sim_world_free(world);
 *
 * Scripts, actions, questions and predicates are text, as tests/corpus/raft/README.md has them. Texts that a world hands out are
 * ended by NUL, and valid until the same function is called again on that world, or until it is freed.
 */
typedef struct quorate_sim_world quorate_sim_world;

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
 * Settings of a node, to be filled by quorate_raft_config_init before single ones are changed. Flags are 0 for no and anything
 * else for yes.
 */
typedef struct quorate_raft_config {
    /**
     * What the node is called: from 1 to 2^64 - 3.
     */
    uint64_t id;
    /**
     * Where its randomness comes from. Nodes of one group should differ.
     */
    uint64_t seed;
    /**
     * Ticks without word from a leader after which a follower stands for election: a number drawn from here to twice as many,
     * less one. Default 10; more than heartbeat_tick.
     */
    uint64_t election_tick;
    /**
     * Ticks between heartbeats. Default 1.
     */
    uint64_t heartbeat_tick;
    /**
     * The most bytes of entries in one message; at least one entry is sent. 0 sends one entry a message. Default 1 MiB.
     */
    uint64_t max_size_per_msg;
    /**
     * The most messages to a member that are not acknowledged. Default 256; at least 1.
     */
    uint64_t max_inflight_msgs;
    /**
     * The most bytes of entries to a member that are not acknowledged; 0 for no bound, else at least max_size_per_msg.
     * Default 0.
     */
    uint64_t max_inflight_bytes;
    /**
     * The most bytes of commands that a leader takes before they are committed; 0 for no bound. Default 0.
     */
    uint64_t max_uncommitted_size;
    /**
     * The most bytes of entries that are handed out to be applied and are not yet; 0 for max_size_per_msg. Default 0.
     */
    uint64_t max_committed_size;
    /**
     * How much the node should rather lead than others: a voter refuses a candidate of lower priority, unless its log is
     * longer. Of raft-rs. Default 0.
     */
    int64_t priority;
    /**
     * How reads are made linearizable: a quorate_raft_read_only. Default QUORATE_RAFT_READ_SAFE.
     */
    uint32_t read_only;
    /**
     * Ask before standing for election, so that a node which was cut off does not disturb. Default no.
     */
    uint8_t pre_vote;
    /**
     * Step down when a quorum was not heard of for an election timeout, and ignore candidates while a leader is heard of.
     * Default no.
     */
    uint8_t check_quorum;
    /**
     * Refuse proposals on followers instead of forwarding them. Default no.
     */
    uint8_t disable_proposal_forwarding;
    /**
     * Let changes of membership through unchecked: something above makes sure of them. Default no.
     */
    uint8_t disable_conf_change_validation;
    /**
     * A leader that is removed or becomes a learner follows at once. Default no: it leads until another is elected.
     */
    uint8_t step_down_on_removal;
    /**
     * Let what is appended in one go leave in one message for each member, when outputs are polled. Default yes; if no, messages
     * are those of etcd one by one.
     */
    uint8_t coalesce_appends;
    /**
     * Let votes carry how far the log is committed, so that a new leader knows sooner. Of raft-rs. Default no.
     */
    uint8_t commit_by_vote;
    /**
     * Commit only what voters of two groups have. Of raft-rs. Default no.
     */
    uint8_t group_commit;
    /**
     * Put out traces. Default no.
     */
    uint8_t trace;
} quorate_raft_config;

/**
 * What must be durable before anything that depends on it is sent.
 */
typedef struct quorate_raft_hard_state {
    /**
     * The latest term that was seen.
     */
    uint64_t term;
    /**
     * Who was voted for in it, or QUORATE_RAFT_NONE.
     */
    uint64_t vote;
    /**
     * How far the log is known to be committed.
     */
    uint64_t commit;
} quorate_raft_hard_state;

/**
 * A view of member ids. As an argument, `data` may be NULL when `len` is 0.
 */
typedef struct quorate_raft_ids {
    /**
     * The first id.
     */
    const uint64_t *data;
    /**
     * How many ids.
     */
    size_t len;
} quorate_raft_ids;

/**
 * Who is a member, and how.
 */
typedef struct quorate_raft_conf_state {
    /**
     * The voters; in a joint configuration those of the incoming half.
     */
    struct quorate_raft_ids voters;
    /**
     * Members that receive the log and have no vote.
     */
    struct quorate_raft_ids learners;
    /**
     * The voters of the outgoing half of a joint configuration.
     */
    struct quorate_raft_ids voters_outgoing;
    /**
     * Voters of the outgoing half that become learners when it is left.
     */
    struct quorate_raft_ids learners_next;
    /**
     * Whether the leader leaves the joint configuration by itself: 0 is no, anything else is yes.
     */
    uint8_t auto_leave;
} quorate_raft_conf_state;

/**
 * A state machine's state, in place of the entries that led to it.
 */
typedef struct quorate_raft_snapshot {
    /**
     * The last entry that it covers; 0 for no snapshot at all.
     */
    uint64_t index;
    /**
     * The term of that entry.
     */
    uint64_t term;
    /**
     * The members at that point.
     */
    struct quorate_raft_conf_state conf_state;
    /**
     * The state, in whatever form the state machine reads.
     */
    struct quorate_bytes data;
} quorate_raft_snapshot;

/**
 * One place in the log.
 */
typedef struct quorate_raft_entry {
    /**
     * The term of the leader that made it.
     */
    uint64_t term;
    /**
     * Its place, from 1 on.
     */
    uint64_t index;
    /**
     * The command or the encoded change, for quorate_raft_decode_entry_conf_change.
     */
    struct quorate_bytes data;
    /**
     * What it holds: a quorate_raft_entry_kind.
     */
    uint32_t kind;
} quorate_raft_entry;

/**
 * A view of entries. As an argument, `data` may be NULL when `len` is 0.
 */
typedef struct quorate_raft_entries {
    /**
     * The first entry.
     */
    const struct quorate_raft_entry *data;
    /**
     * How many entries.
     */
    size_t len;
} quorate_raft_entries;

/**
 * What a node finds when it starts: fill it with quorate_raft_stored_group for each first member of a new group, with
 * quorate_raft_stored_snapshot for what begins with a snapshot, or field by field with what was persisted. One that is all zero
 * is for a member that is added to a group later: it waits for a snapshot that names it.
 */
typedef struct quorate_raft_stored {
    /**
     * The last hard state that was made durable. Its commit index may be below the snapshot, if a crash came between the two
     * writes; beyond the last entry it is refused, for then entries were lost that this node said it has.
     */
    struct quorate_raft_hard_state hard_state;
    /**
     * The members as of what is applied: what quorate_raft_node_apply_conf_change gave last.
     */
    struct quorate_raft_conf_state conf_state;
    /**
     * The last snapshot; its index is 0 if there is none.
     */
    struct quorate_raft_snapshot snapshot;
    /**
     * The durable entries that follow it.
     */
    struct quorate_raft_entries entries;
    /**
     * How far the state machine is; at least the snapshot.
     */
    uint64_t applied;
} quorate_raft_stored;

/**
 * One member's part in a change.
 */
typedef struct quorate_raft_conf_change_single {
    /**
     * To whom it happens.
     */
    uint64_t node_id;
    /**
     * What happens: a quorate_raft_conf_change_kind.
     */
    uint32_t kind;
} quorate_raft_conf_change_single;

/**
 * A change of any number of members. One that is all zero leaves a joint configuration.
 */
typedef struct quorate_raft_conf_change {
    /**
     * What happens to whom. May be NULL when `count` is 0.
     */
    const struct quorate_raft_conf_change_single *changes;
    /**
     * How many changes.
     */
    size_t count;
    /**
     * Whatever the application wants to be told when it is applied.
     */
    struct quorate_bytes context;
    /**
     * How it takes place: a quorate_raft_conf_change_transition.
     */
    uint32_t transition;
} quorate_raft_conf_change;

/**
 * What one voter acknowledged.
 */
typedef struct quorate_raft_ack {
    /**
     * Which voter.
     */
    uint64_t id;
    /**
     * How far its log is known to match.
     */
    uint64_t index;
    /**
     * Which group it belongs to, for quorate_raft_members_group_committed; 0 for none.
     */
    uint64_t group;
} quorate_raft_ack;

/**
 * A vote.
 */
typedef struct quorate_raft_vote {
    /**
     * Whose.
     */
    uint64_t id;
    /**
     * Whether it was given: 0 is no, anything else is yes.
     */
    uint8_t granted;
} quorate_raft_vote;

/**
 * A message from a member to another. Fields that a kind does not use are 0, NULL or empty.
 */
typedef struct quorate_raft_message {
    /**
     * Who it is for.
     */
    uint64_t to;
    /**
     * Who it is from.
     */
    uint64_t from;
    /**
     * The sender's term; 0 in local messages and in forwarded proposals and reads.
     */
    uint64_t term;
    /**
     * The term of the entry at `index`; in a rejection that of the entry at `reject_hint`.
     */
    uint64_t log_term;
    /**
     * The entry before `entries`, or the one that is acknowledged, rejected or asked about.
     */
    uint64_t index;
    /**
     * The entries that follow `index`.
     */
    struct quorate_raft_entries entries;
    /**
     * How far the sender knows the log to be committed.
     */
    uint64_t commit;
    /**
     * The term of the entry at `commit`. Only raft-rs sends it, with votes.
     */
    uint64_t commit_term;
    /**
     * The vote to make durable. Only in QUORATE_RAFT_MSG_STORAGE_APPEND.
     */
    uint64_t vote;
    /**
     * The snapshot, or NULL.
     */
    const struct quorate_raft_snapshot *snapshot;
    /**
     * How far the sender's log may match.
     */
    uint64_t reject_hint;
    /**
     * Whatever the sender wants back: a read's token, or why a vote is asked for.
     */
    struct quorate_bytes context;
    /**
     * How much the sender should rather lead than others. Only raft-rs sends it.
     */
    int64_t priority;
    /**
     * From where the sender wants a snapshot, 0 if it wants none. Only raft-rs sends it.
     */
    uint64_t request_snapshot;
    /**
     * What to step once this is done, or send if it is for another. Only comes out, in messages to the two threads; what is
     * handed in is not read.
     */
    const struct quorate_raft_message *responses;
    /**
     * How many of them.
     */
    size_t response_count;
    /**
     * What it says: a quorate_raft_message_kind.
     */
    uint32_t kind;
    /**
     * Whether the sender refuses: 0 is no, anything else is yes.
     */
    uint8_t reject;
} quorate_raft_message;

/**
 * What is to be made durable: in the order of the tickets, and in each the snapshot first (it replaces the whole log), then the
 * entries (they replace what is stored from the first one's index on), then the hard state.
 */
typedef struct quorate_raft_persist {
    /**
     * What to answer with.
     */
    uint64_t ticket;
    /**
     * The hard state, or NULL if it did not change.
     */
    const struct quorate_raft_hard_state *hard_state;
    /**
     * A snapshot from the leader, or NULL. It also goes to the state machine.
     */
    const struct quorate_raft_snapshot *snapshot;
    /**
     * Entries, without a gap.
     */
    struct quorate_raft_entries entries;
    /**
     * Whether it must reach the disk: false where only the commit index changed, which may be lost.
     */
    bool must_sync;
} quorate_raft_persist;

/**
 * A read that may take place.
 */
typedef struct quorate_raft_read_state {
    /**
     * From here on the read is linearizable.
     */
    uint64_t index;
    /**
     * What the read was asked for with.
     */
    struct quorate_bytes context;
} quorate_raft_read_state;

/**
 * What a node is now.
 */
typedef struct quorate_raft_role_change {
    /**
     * Who leads, or QUORATE_RAFT_NONE.
     */
    uint64_t lead;
    /**
     * The term.
     */
    uint64_t term;
    /**
     * What the node is.
     */
    enum quorate_raft_role role;
} quorate_raft_role_change;

/**
 * Entries that a member needs.
 */
typedef struct quorate_raft_fetch {
    /**
     * Who needs them.
     */
    uint64_t to;
    /**
     * The entry before the first that it needs, whose term is needed too.
     */
    uint64_t previous;
    /**
     * One past the last entry that is not in the window.
     */
    uint64_t end;
} quorate_raft_fetch;

/**
 * Why something happened, or did not. Only with `trace` of quorate_raft_config.
 */
typedef struct quorate_raft_trace {
    /**
     * What happened, in snake case, such as "became_leader" or "vote_refused". Ended by NUL.
     */
    const char *kind;
    /**
     * What goes with it, as a JSON object in one line, such as {"term":1,"to":2}, by name. Names of variants are in snake case.
     * Ended by NUL.
     */
    const char *json;
} quorate_raft_trace;

/**
 * What an output holds. The output's kind says which member.
 */
typedef union quorate_raft_output_as {
    /**
     * QUORATE_RAFT_OUTPUT_SEND
     */
    struct quorate_raft_message send;
    /**
     * QUORATE_RAFT_OUTPUT_PERSIST
     */
    struct quorate_raft_persist persist;
    /**
     * QUORATE_RAFT_OUTPUT_APPLY
     */
    struct quorate_raft_entries apply;
    /**
     * QUORATE_RAFT_OUTPUT_READ_READY
     */
    struct quorate_raft_read_state read_ready;
    /**
     * QUORATE_RAFT_OUTPUT_READ_LOST: its context
     */
    struct quorate_bytes read_lost;
    /**
     * QUORATE_RAFT_OUTPUT_ROLE_CHANGED
     */
    struct quorate_raft_role_change role_changed;
    /**
     * QUORATE_RAFT_OUTPUT_FETCH
     */
    struct quorate_raft_fetch fetch;
    /**
     * QUORATE_RAFT_OUTPUT_TRACE
     */
    struct quorate_raft_trace trace;
} quorate_raft_output_as;

/**
 * What the caller must do, or may want to know. Its views are valid until the next poll of the node, or until it is freed.
 */
typedef struct quorate_raft_output {
    /**
     * What it is.
     */
    enum quorate_raft_output_kind kind;
    /**
     * What it holds, by its kind.
     */
    union quorate_raft_output_as as;
} quorate_raft_output;

/**
 * What became of a proposal.
 */
typedef struct quorate_raft_proposed {
    /**
     * Its place in the log; of a batch, that of the last. It is committed if the entry applied at that index has that term, and
     * lost if it has another. 0 if it was forwarded.
     */
    uint64_t index;
    /**
     * Its term. 0 if it was forwarded.
     */
    uint64_t term;
    /**
     * The leader that it was sent on to; nobody says what becomes of it. QUORATE_RAFT_NONE if it stands in this node's log.
     */
    uint64_t forwarded_to;
} quorate_raft_proposed;

/**
 * Which group a member belongs to.
 */
typedef struct quorate_raft_commit_group {
    /**
     * The member.
     */
    uint64_t id;
    /**
     * Its group, or 0 for none.
     */
    uint64_t group;
} quorate_raft_commit_group;

/**
 * How far a log is durable, committed and applied.
 */
typedef struct quorate_raft_log_summary {
    /**
     * The last committed entry.
     */
    uint64_t committed;
    /**
     * The last applied entry.
     */
    uint64_t applied;
    /**
     * The last entry that was handed out to be applied.
     */
    uint64_t applying;
    /**
     * One past the last durable entry.
     */
    uint64_t stable_end;
    /**
     * One past the last entry that was handed out to be made durable.
     */
    uint64_t persisting_end;
    /**
     * How many entries are not durable.
     */
    uint64_t unstable;
} quorate_raft_log_summary;

/**
 * Which entry: no two entries with one term and index differ.
 */
typedef struct quorate_raft_entry_id {
    /**
     * The term of the leader that made it.
     */
    uint64_t term;
    /**
     * Its place in the log, from 1 on.
     */
    uint64_t index;
} quorate_raft_entry_id;

/**
 * What a leader knows of one member.
 */
typedef struct quorate_raft_progress {
    /**
     * Which member.
     */
    uint64_t id;
    /**
     * The last entry that the member is known to have (matchIndex).
     */
    uint64_t matched;
    /**
     * The next entry to send (nextIndex).
     */
    uint64_t next;
    /**
     * The index of the snapshot on its way, or 0.
     */
    uint64_t pending_snapshot;
    /**
     * How many messages were sent and not acknowledged.
     */
    uint64_t inflight;
    /**
     * Which group it belongs to, for group_commit; 0 for none.
     */
    uint64_t commit_group;
    /**
     * How entries are sent.
     */
    enum quorate_raft_progress_state state;
    /**
     * Whether anything came from the member since the last quorum check.
     */
    bool recent_active;
    /**
     * Whether nothing is sent before an answer comes.
     */
    bool paused;
    /**
     * Whether it has no vote.
     */
    bool is_learner;
} quorate_raft_progress;

/**
 * What a node knows and believes, for people and tests. Its views are valid until the status of the same node is asked for
 * again, or until it is freed.
 */
typedef struct quorate_raft_status {
    /**
     * What the node is called.
     */
    uint64_t id;
    /**
     * Who leads, or QUORATE_RAFT_NONE.
     */
    uint64_t lead;
    /**
     * What it would find after a restart, were all written.
     */
    struct quorate_raft_hard_state hard_state;
    /**
     * How far the log is durable, committed and applied.
     */
    struct quorate_raft_log_summary log;
    /**
     * The first entry in the window.
     */
    uint64_t first_index;
    /**
     * The last entry.
     */
    struct quorate_raft_entry_id last;
    /**
     * Who is a member.
     */
    struct quorate_raft_conf_state conf_state;
    /**
     * What a leader knows of each member, in the order of their ids; none of others.
     */
    const struct quorate_raft_progress *progress;
    /**
     * How many members that are.
     */
    size_t progress_count;
    /**
     * The votes of this election, as far as they came.
     */
    const struct quorate_raft_vote *votes;
    /**
     * How many votes.
     */
    size_t vote_count;
    /**
     * Who is to lead next, or QUORATE_RAFT_NONE.
     */
    uint64_t transferee;
    /**
     * Ticks since the last word from a leader.
     */
    uint64_t election_elapsed;
    /**
     * After how many of them the node stands for election.
     */
    uint64_t election_timeout;
    /**
     * Why the node takes no more input, ended by NUL; NULL if it does.
     */
    const char *fenced;
    /**
     * What it is.
     */
    enum quorate_raft_role role;
} quorate_raft_status;

/**
 * What an error says beside its status and text. Fields that an error does not have are 0, and `reason` is "".
 */
typedef struct quorate_raft_error {
    /**
     * Of QUORATE_ERR_PROPOSAL_DROPPED: "no_leader", "not_forwarded", "removed", "transferring", "uncommitted_limit" or "empty".
     * Never NULL, valid for ever.
     */
    const char *reason;
    /**
     * Who leads ("not_forwarded"), is to lead ("transferring"), or is no member (QUORATE_ERR_UNKNOWN_PEER).
     */
    uint64_t node_id;
    /**
     * The ticket, of QUORATE_ERR_UNKNOWN_TICKET.
     */
    uint64_t ticket;
    /**
     * The index that cannot be.
     */
    uint64_t index;
    /**
     * The least index that could be, of QUORATE_ERR_NOT_APPLYING.
     */
    uint64_t first;
    /**
     * The most that could be; of QUORATE_ERR_CORRUPT where the log ends.
     */
    uint64_t last;
    /**
     * How far the log is committed, of QUORATE_ERR_CORRUPT.
     */
    uint64_t committed;
    /**
     * Where the bytes are wrong, of QUORATE_ERR_INVALID_WIRE: counted from their start, or from that of the part of them that is
     * wrong.
     */
    uint64_t offset;
    /**
     * The quorate_raft_message_kind, of QUORATE_ERR_LOCAL_MESSAGE and QUORATE_ERR_INVALID_MESSAGE.
     */
    uint32_t message_kind;
    /**
     * Which error, or QUORATE_OK if there was none.
     */
    enum quorate_status status;
} quorate_raft_error;

/**
 * What a node is, and who leads.
 */
typedef struct quorate_raft_soft_state {
    /**
     * Who leads, or QUORATE_RAFT_NONE.
     */
    uint64_t lead;
    /**
     * What the node is.
     */
    enum quorate_raft_role role;
} quorate_raft_soft_state;

/**
 * A view of messages.
 */
typedef struct quorate_raft_messages {
    /**
     * The first message.
     */
    const struct quorate_raft_message *data;
    /**
     * How many messages.
     */
    size_t len;
} quorate_raft_messages;

/**
 * What is to be done, in this order: write the snapshot, entries and hard state; send the messages; apply the committed entries.
 * Its views are valid until the next ready of that node, or until it is freed.
 */
typedef struct quorate_raft_ready {
    /**
     * Who leads and what the node is, or NULL if that did not change.
     */
    const struct quorate_raft_soft_state *soft_state;
    /**
     * What to write before messages are sent, or NULL if it did not change.
     */
    const struct quorate_raft_hard_state *hard_state;
    /**
     * Reads that may take place.
     */
    const struct quorate_raft_read_state *read_states;
    /**
     * How many reads.
     */
    size_t read_state_count;
    /**
     * Entries to write.
     */
    struct quorate_raft_entries entries;
    /**
     * A snapshot to write, in place of all entries, or NULL.
     */
    const struct quorate_raft_snapshot *snapshot;
    /**
     * Entries to apply.
     */
    struct quorate_raft_entries committed_entries;
    /**
     * Messages to send. With asynchronous storage some are for the two threads.
     */
    struct quorate_raft_messages messages;
    /**
     * Whether what is written must be durable before messages are sent.
     */
    bool must_sync;
} quorate_raft_ready;

/**
 * A view of traces.
 */
typedef struct quorate_raft_traces {
    /**
     * The first trace.
     */
    const struct quorate_raft_trace *data;
    /**
     * How many traces.
     */
    size_t len;
} quorate_raft_traces;

/**
 * Settings of a server, to be filled by quorate_replication_config_init before single ones are changed. Names and defaults are
 * those of redis.conf of version 7.0. Texts are ended by NUL; those that are NULL are not set. Flags are 0 for no and anything
 * else for yes.
 */
typedef struct quorate_replication_config {
    /**
     * replica-announce-ip: the address by which others are to know it. Default NULL: the one that its connection comes from.
     */
    const char *announce_ip;
    /**
     * masteruser: who it is to its primary. Default NULL: the default user.
     */
    const char *primary_user;
    /**
     * masterauth: its password there. Default NULL: none is asked for.
     */
    const char *primary_password;
    /**
     * repl-backlog-size, in bytes. Default 1 MiB; at least 16 KiB.
     */
    uint64_t backlog_size;
    /**
     * repl-backlog-ttl: seconds without a replica after which a primary forgets its backlog and its history. Default 3,600; 0 is
     * never.
     */
    uint64_t backlog_ttl_s;
    /**
     * repl-timeout: seconds of silence after which either side gives the other up. Default 60; at least 1.
     */
    uint64_t timeout_s;
    /**
     * repl-ping-replica-period: seconds between two pings in the stream. Default 10; at least 1.
     */
    uint64_t ping_period_s;
    /**
     * min-replicas-to-write: how many good replicas a primary must have to be written to. Default 0: none.
     */
    uint64_t min_replicas_to_write;
    /**
     * min-replicas-max-lag: for how many whole seconds without a word a replica is good. Default 10; 0 switches the rule off.
     */
    uint64_t min_replicas_max_lag_s;
    /**
     * repl-diskless-sync-delay: seconds that a diskless snapshot waits for further replicas. Default 5.
     */
    uint64_t diskless_delay_s;
    /**
     * repl-diskless-sync-max-replicas: as soon as so many wait, it starts. Default 0: it always waits.
     */
    uint64_t diskless_max_replicas;
    /**
     * The hard limit of client-output-buffer-limit replica, in bytes: how much of the stream is held for one replica while it
     * is sent a snapshot. Default 256 MiB.
     */
    uint64_t held_limit;
    /**
     * replica-priority: the lower, the sooner it is promoted; 0 is never. Default 100.
     */
    uint64_t priority;
    /**
     * The most connections of replicas at once. Default 10,000 (maxclients).
     */
    uint64_t max_replicas;
    /**
     * From which replication ids are drawn.
     */
    uint64_t seed;
    /**
     * Where the server listens, as it tells its primary. Default 6379.
     */
    uint16_t port;
    /**
     * replica-announce-port: the port by which others are to know it; 0 for `port`. Default 0.
     */
    uint16_t announce_port;
    /**
     * repl-diskless-sync: whether snapshots go to replicas without a detour over the disk. Default yes.
     */
    uint8_t diskless;
    /**
     * replica-announced: whether a sentinel tells of it. Default yes.
     */
    uint8_t announced;
    /**
     * replica-read-only. Default yes.
     */
    uint8_t read_only;
    /**
     * replica-serve-stale-data: whether it answers while its primary is away. Default yes.
     */
    uint8_t serve_stale;
    /**
     * Put out traces. Default no.
     */
    uint8_t trace;
} quorate_replication_config;

/**
 * What a server's data is the result of. Two servers of one id and offset hold the same data.
 */
typedef struct quorate_replication_history {
    /**
     * How many bytes of the stream are behind it (master_repl_offset).
     */
    uint64_t offset;
    /**
     * The first offset at which the two histories differ (second_repl_offset); 0 if there is no second.
     */
    uint64_t second_offset;
    /**
     * The history that the server is in (master_replid): 40 hexadecimal digits, ended by NUL.
     */
    char id[41];
    /**
     * The history that this one grew out of (master_replid2), or "" if it is not known.
     */
    char second_id[41];
} quorate_replication_history;

/**
 * How an acknowledged write stands, and what goes with it.
 */
typedef struct quorate_replication_write_status {
    /**
     * How many servers have it, of QUORATE_REPLICATION_WRITE_REPLICATED; else 0.
     */
    uint64_t servers;
    /**
     * When the last copy went, of QUORATE_REPLICATION_WRITE_LOST; else 0.
     */
    uint64_t at;
    /**
     * How it stands.
     */
    enum quorate_replication_write_state state;
} quorate_replication_write_status;

/**
 * How many writes stand how.
 */
typedef struct quorate_replication_counts {
    /**
     * All that were told of.
     */
    uint64_t acknowledged;
    /**
     * Those that are replicated.
     */
    uint64_t replicated;
    /**
     * Those that are at risk.
     */
    uint64_t at_risk;
    /**
     * Those that are lost.
     */
    uint64_t lost;
} quorate_replication_counts;

/**
 * Writes that were lost at one moment, all of one history.
 */
typedef struct quorate_replication_loss {
    /**
     * How many writes.
     */
    uint64_t writes;
    /**
     * The offset of the first of them.
     */
    uint64_t first_offset;
    /**
     * The offset of the last.
     */
    uint64_t last_offset;
    /**
     * When the first of them was acknowledged.
     */
    uint64_t first_ack;
    /**
     * When the last was.
     */
    uint64_t last_ack;
    /**
     * When they were lost.
     */
    uint64_t lost_at;
    /**
     * For how long clients were promised what was not kept: from the first lost write's acknowledgement to the last's.
     */
    uint64_t window;
    /**
     * The server that had the last copy.
     */
    uint64_t server;
    /**
     * Whether one had, and was not told of late: else `server` is 0.
     */
    bool has_server;
    /**
     * The history that they were in: 40 hexadecimal digits, ended by NUL.
     */
    char history[41];
} quorate_replication_loss;

/**
 * Bytes for a replica, or for the primary.
 */
typedef struct quorate_replication_send {
    /**
     * The replica's connection; of QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY the attempt.
     */
    uint64_t to;
    /**
     * What to send.
     */
    struct quorate_bytes data;
} quorate_replication_send;

/**
 * A snapshot for a replica.
 */
typedef struct quorate_replication_send_snapshot {
    /**
     * Whose connection.
     */
    uint64_t replica;
    /**
     * The mark that stands before and behind the data, ended by NUL: send "$EOF:", these 40 bytes, CR LF, the data, and these 40
     * bytes. NULL if the length stands before: send "$", the length of the data in digits, CR LF, and the data.
     */
    const char *mark;
} quorate_replication_send_snapshot;

/**
 * A connection to be opened.
 */
typedef struct quorate_replication_connect {
    /**
     * What the connection is called from now on.
     */
    uint64_t attempt;
    /**
     * The primary's address or name, ended by NUL.
     */
    const char *host;
    /**
     * The primary's port.
     */
    uint16_t port;
} quorate_replication_connect;

/**
 * The beginning of a snapshot.
 */
typedef struct quorate_replication_snapshot_begin {
    /**
     * How long it is in bytes, if the primary says so. Nothing may be reserved by it.
     */
    uint64_t size;
    /**
     * Whether it says so.
     */
    bool has_size;
} quorate_replication_snapshot_begin;

/**
 * A command of the primary's.
 */
typedef struct quorate_replication_apply {
    /**
     * The command's name and arguments: `count` of them.
     */
    const struct quorate_bytes *args;
    /**
     * How many.
     */
    size_t count;
    /**
     * How many bytes of the stream are behind the data then.
     */
    uint64_t offset;
} quorate_replication_apply;

/**
 * The end of a WAIT.
 */
typedef struct quorate_replication_waited {
    /**
     * Who waited.
     */
    uint64_t client;
    /**
     * How many replicas have what it wrote.
     */
    uint64_t replicas;
    /**
     * Whether the time ran out.
     */
    bool timed_out;
} quorate_replication_waited;

/**
 * Another history.
 */
typedef struct quorate_replication_history_change {
    /**
     * What the data is the result of now.
     */
    struct quorate_replication_history history;
    /**
     * How that came to be.
     */
    enum quorate_replication_history_cause cause;
} quorate_replication_history_change;

/**
 * Why something happened, or did not. Only with `trace` of the settings.
 */
typedef struct quorate_replication_trace {
    /**
     * What happened, in snake case, such as "psync_decided". Ended by NUL.
     */
    const char *kind;
    /**
     * What goes with it, as a JSON object in one line, by name. Names of variants are in snake case. Ended by NUL.
     */
    const char *json;
} quorate_replication_trace;

/**
 * What an output holds. The output's kind says which member.
 */
typedef union quorate_replication_output_as {
    /**
     * QUORATE_REPLICATION_OUTPUT_SEND
     */
    struct quorate_replication_send send;
    /**
     * QUORATE_REPLICATION_OUTPUT_CLOSE: which replica
     */
    uint64_t close;
    /**
     * QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT: the offset
     */
    uint64_t take_snapshot;
    /**
     * QUORATE_REPLICATION_OUTPUT_SEND_SNAPSHOT
     */
    struct quorate_replication_send_snapshot send_snapshot;
    /**
     * QUORATE_REPLICATION_OUTPUT_CONNECT
     */
    struct quorate_replication_connect connect;
    /**
     * QUORATE_REPLICATION_OUTPUT_DISCONNECT: which attempt
     */
    uint64_t disconnect;
    /**
     * QUORATE_REPLICATION_OUTPUT_SEND_TO_PRIMARY
     */
    struct quorate_replication_send send_to_primary;
    /**
     * QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BEGINS
     */
    struct quorate_replication_snapshot_begin snapshot_begins;
    /**
     * QUORATE_REPLICATION_OUTPUT_SNAPSHOT_BYTES
     */
    struct quorate_bytes snapshot_bytes;
    /**
     * QUORATE_REPLICATION_OUTPUT_APPLY
     */
    struct quorate_replication_apply apply;
    /**
     * QUORATE_REPLICATION_OUTPUT_WAITED
     */
    struct quorate_replication_waited waited;
    /**
     * QUORATE_REPLICATION_OUTPUT_WAIT_BROKEN: which client
     */
    uint64_t wait_broken;
    /**
     * QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED
     */
    struct quorate_replication_history_change history_changed;
    /**
     * QUORATE_REPLICATION_OUTPUT_LINK_CHANGED: whether it is up
     */
    bool link_changed;
    /**
     * QUORATE_REPLICATION_OUTPUT_TRACE
     */
    struct quorate_replication_trace trace;
} quorate_replication_output_as;

/**
 * What the caller must do, or may want to know. Its views are valid until the next poll of the server, or until it is freed.
 */
typedef struct quorate_replication_output {
    /**
     * What it is.
     */
    enum quorate_replication_output_kind kind;
    /**
     * What it holds, by its kind.
     */
    union quorate_replication_output_as as;
} quorate_replication_output;

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

/**
 * A command that is called otherwise at a master and its replicas.
 */
typedef struct quorate_sentinel_rename {
    /**
     * What it is called everywhere else.
     */
    const char *from;
    /**
     * What it is called there.
     */
    const char *to;
} quorate_sentinel_rename;

/**
 * Settings of one master, to be filled by quorate_sentinel_master_config_init before single ones are changed. Texts are ended by
 * NUL; those that are NULL are not set.
 */
typedef struct quorate_sentinel_master_config {
    /**
     * What the group is called, by all sentinels and clients alike. No spaces or commas.
     */
    const char *name;
    /**
     * Its host: an IP address, or a name with resolve_hostnames.
     */
    const char *host;
    /**
     * down-after-milliseconds: silence after which an instance counts as down. Default 30,000 ms; at least 1.
     */
    int64_t down_after;
    /**
     * failover-timeout. Default 180,000 ms; at least 1.
     */
    int64_t failover_timeout;
    /**
     * master-reboot-down-after-period: how long a master that restarted may load before it counts as down; 0 says for ever.
     * Default 0 ms.
     */
    int64_t master_reboot_down_after;
    /**
     * auth-user: as whom to log in at the master and its replicas. Default NULL.
     */
    const char *auth_user;
    /**
     * auth-pass: the password there. Default NULL.
     */
    const char *auth_pass;
    /**
     * notification-script: run for each event that is a warning. Default NULL.
     */
    const char *notification_script;
    /**
     * client-reconfig-script: run when the master's address changes. Default NULL.
     */
    const char *client_reconfig_script;
    /**
     * rename-command: `rename_count` commands that are called otherwise at the master and its replicas. Default none.
     */
    const struct quorate_sentinel_rename *renames;
    /**
     * How many.
     */
    size_t rename_count;
    /**
     * How many sentinels must hold the master for down before a failover is tried; at least 1. Electing a leader needs a majority
     * of all sentinels besides.
     */
    uint32_t quorum;
    /**
     * parallel-syncs: how many replicas are pointed to the new master at once. Default 1; at least 1.
     */
    uint32_t parallel_syncs;
    /**
     * Its port.
     */
    uint16_t port;
} quorate_sentinel_master_config;

/**
 * Periods and limits in milliseconds: constants of the server, which only SENTINEL DEBUG changes. Each is at least 1.
 */
typedef struct quorate_sentinel_timing {
    /**
     * ping-period: the longest time between two PINGs. Default 1,000.
     */
    int64_t ping;
    /**
     * info-period: the time between two INFOs; one second while a failover may need it. Default 10,000.
     */
    int64_t info;
    /**
     * ask-period: the time between two questions whether a master is down. Default 1,000.
     */
    int64_t ask;
    /**
     * publish-period: the time between two hellos. Default 2,000.
     */
    int64_t publish;
    /**
     * default-down-after: what a master that SENTINEL MONITOR adds begins with. Default 30,000.
     */
    int64_t default_down_after;
    /**
     * default-failover-timeout: likewise. Default 180,000.
     */
    int64_t default_failover_timeout;
    /**
     * tilt-trigger: the longest time between two ticks that is believed. Default 2,000.
     */
    int64_t tilt_trigger;
    /**
     * tilt-period: how long nothing is done after one that was not. Default 30,000.
     */
    int64_t tilt_period;
    /**
     * slave-reconf-timeout: how long a replica may take to follow the new master. Default 10,000.
     */
    int64_t slave_reconf_timeout;
    /**
     * min-link-reconnect-period: how old a link must be before it is closed for its silence. Default 15,000.
     */
    int64_t min_link_reconnect;
    /**
     * election-timeout: how long an attempt waits to be elected, if failover-timeout is not less. Default 10,000.
     */
    int64_t election_timeout;
    /**
     * script-max-runtime. Default 60,000.
     */
    int64_t script_max_runtime;
    /**
     * script-retry-delay: before the first retry; it doubles with each. Default 30,000.
     */
    int64_t script_retry_delay;
} quorate_sentinel_timing;

/**
 * Settings of a sentinel, to be filled by quorate_sentinel_config_init before single ones are changed. Texts are ended by NUL;
 * those that are NULL are not set. Flags are 0 for no and anything else for yes.
 */
typedef struct quorate_sentinel_config {
    /**
     * The sentinel's run id: 40 lower-case hexadecimal digits, its own for good. A line that was persisted goes before it.
     */
    const char *id;
    /**
     * Where the random numbers begin: the jitter of the ticks, and of the start of failovers. No two sentinels should share it.
     */
    uint64_t seed;
    /**
     * The IP address at which others reach this sentinel. Default "127.0.0.1".
     */
    const char *ip;
    /**
     * sentinel announce-ip: the host that hellos name instead of `ip`. Default NULL.
     */
    const char *announce_ip;
    /**
     * requirepass: what clients must say, and what other sentinels are told if no `sentinel_pass` is set. Default NULL.
     */
    const char *requirepass;
    /**
     * sentinel sentinel-user: as whom to log in at other sentinels. Default NULL.
     */
    const char *sentinel_user;
    /**
     * sentinel sentinel-pass: the password at other sentinels. Default NULL.
     */
    const char *sentinel_pass;
    /**
     * The masters that are monitored from the start. More come with SENTINEL MONITOR or with the lines of the configuration.
     */
    const struct quorate_sentinel_master_config *masters;
    /**
     * How many.
     */
    size_t master_count;
    /**
     * The most instances that are kept, of all kinds together; more are ignored. Default 100,000.
     */
    uint64_t max_instances;
    /**
     * Periods and limits that are the same in every real sentinel.
     */
    struct quorate_sentinel_timing timing;
    /**
     * Which epoch an election is counted by: a quorate_sentinel_profile. Default QUORATE_SENTINEL_COMPAT.
     */
    uint32_t profile;
    /**
     * The port at which others reach this sentinel. Default 26379.
     */
    uint16_t port;
    /**
     * sentinel announce-port: the port that hellos name instead of `port`; 0 for that. Default 0.
     */
    uint16_t announce_port;
    /**
     * sentinel resolve-hostnames: whether names may stand where addresses do. Default no.
     */
    uint8_t resolve_hostnames;
    /**
     * sentinel announce-hostnames: whether to name hosts by their names in replies, hellos and commands. Default no.
     */
    uint8_t announce_hostnames;
    /**
     * sentinel deny-scripts-reconfig: whether SENTINEL SET may not change scripts. Default yes.
     */
    uint8_t deny_scripts_reconfig;
    /**
     * Put out traces. Default no.
     */
    uint8_t trace;
} quorate_sentinel_config;

/**
 * Where an instance is.
 */
typedef struct quorate_sentinel_address {
    /**
     * The host as it was given: an IP address, or a name where names are resolved.
     */
    const char *host;
    /**
     * Its IP address; "" as long as a name is not resolved. It is what to connect to, unless it is "". In what goes in, NULL
     * is for what the host says.
     */
    const char *ip;
    /**
     * The port.
     */
    uint16_t port;
} quorate_sentinel_address;

/**
 * Where a server or sentinel is really to be reached.
 */
typedef struct quorate_sentinel_nat {
    /**
     * What it is announced as.
     */
    struct quorate_sentinel_address announced;
    /**
     * Where it is.
     */
    struct quorate_sentinel_address real;
} quorate_sentinel_nat;

/**
 * How often a server is chosen in proportion to others.
 */
typedef struct quorate_sentinel_weight {
    /**
     * What it is announced as.
     */
    struct quorate_sentinel_address announced;
    /**
     * How often; 0 is never. Servers that are not named have 1.
     */
    uint32_t weight;
} quorate_sentinel_weight;

/**
 * Settings of a discovery, to be filled by quorate_sentinel_discovery_config_init before single ones are changed. Times are
 * milliseconds; flags are 0 for no and anything else for yes.
 */
typedef struct quorate_sentinel_discovery_config {
    /**
     * What the sentinels call the primary, ended by NUL.
     */
    const char *name;
    /**
     * The sentinels that are known from the start, in the order in which they are asked. At least one.
     */
    const struct quorate_sentinel_address *sentinels;
    /**
     * How many.
     */
    size_t sentinel_count;
    /**
     * For a sentinel to be reached and to answer, before the next is asked. Default 500; at least 1.
     */
    int64_t sentinel_timeout_ms;
    /**
     * For a server to be reached and to say what it is. Default 1,000; at least 1.
     */
    int64_t node_timeout_ms;
    /**
     * How long a request is tried before it fails. 0 is one round of all sentinels; below 0 is for ever. Default 10,000.
     */
    int64_t give_up_after_ms;
    /**
     * Between a failed round and the next. It doubles with each that fails, up to `max_backoff_ms`, and up to a quarter of it is
     * added by chance. Default 100; at least 1.
     */
    int64_t backoff_ms;
    /**
     * Default 2,000.
     */
    int64_t max_backoff_ms;
    /**
     * How often it is asked whether the primary still is one while connections to it are open: a connection that does not break
     * tells nothing. Below 0 is never. Default 10,000.
     */
    int64_t check_every_ms;
    /**
     * To how many sentinels a subscription is kept, so that a change is known at once. Default 1; 0 is none. Nothing relies on
     * it.
     */
    uint64_t listeners;
    /**
     * How many other sentinels a sentinel must reach to be believed. Default 0. Those that it calls down do not count.
     */
    uint64_t min_other_sentinels;
    /**
     * The most sentinels that are known at once. Default 64.
     */
    uint64_t max_sentinels;
    /**
     * The most requests at once. Default 1,024.
     */
    uint64_t max_requests;
    /**
     * Where servers and sentinels are really to be reached. Default none.
     */
    const struct quorate_sentinel_nat *nat;
    /**
     * How many.
     */
    size_t nat_count;
    /**
     * How often servers are chosen. Default none.
     */
    const struct quorate_sentinel_weight *weights;
    /**
     * How many.
     */
    size_t weight_count;
    /**
     * For the part of waiting that is left to chance, so that clients do not come back all at once.
     */
    uint64_t seed;
    /**
     * What to do with replicas that have lost their primary: a quorate_sentinel_stale. Default
     * QUORATE_SENTINEL_STALE_LAST_RESORT.
     */
    uint32_t stale;
    /**
     * Whether sentinels that others name are asked too, after those known from the start. Default yes.
     */
    uint8_t learn_sentinels;
    /**
     * Put out traces. Default no.
     */
    uint8_t trace;
} quorate_sentinel_discovery_config;

/**
 * A connection to be opened.
 */
typedef struct quorate_sentinel_discovery_connect {
    /**
     * What it is called from now on.
     */
    uint64_t link;
    /**
     * Where to. `nat` of the settings is applied.
     */
    struct quorate_sentinel_address address;
    /**
     * What for.
     */
    enum quorate_sentinel_purpose purpose;
} quorate_sentinel_discovery_connect;

/**
 * A command to be sent.
 */
typedef struct quorate_sentinel_send {
    /**
     * Over which connection.
     */
    uint64_t link;
    /**
     * The command and its arguments, as they go over the wire.
     */
    struct quorate_bytes wire;
    /**
     * The same one by one: `count` of them; the first is the command's name.
     */
    const struct quorate_bytes *args;
    /**
     * How many.
     */
    size_t count;
} quorate_sentinel_send;

/**
 * An answered request.
 */
typedef struct quorate_sentinel_resolution {
    /**
     * Which request.
     */
    uint64_t request;
    /**
     * The connection, which stands.
     */
    uint64_t link;
    /**
     * Where the server is, as it is announced.
     */
    struct quorate_sentinel_address address;
    /**
     * What it is.
     */
    enum quorate_sentinel_node_role role;
} quorate_sentinel_resolution;

/**
 * A failed request.
 */
typedef struct quorate_sentinel_failure {
    /**
     * Which request.
     */
    uint64_t request;
    /**
     * Why, in words. Ended by NUL.
     */
    const char *message;
    /**
     * Why: QUORATE_ERR_NO_SENTINEL_ANSWERS, QUORATE_ERR_NO_SUCH_MASTER, QUORATE_ERR_TOO_FEW_SENTINELS,
     * QUORATE_ERR_SENTINEL_REFUSED, QUORATE_ERR_NODE_UNREACHABLE, QUORATE_ERR_WRONG_ROLE, QUORATE_ERR_NO_REPLICA or
     * QUORATE_ERR_TIMED_OUT.
     */
    enum quorate_status status;
} quorate_sentinel_failure;

/**
 * A connection that is of no use any more.
 */
typedef struct quorate_sentinel_invalid {
    /**
     * What it is called.
     */
    uint64_t link;
    /**
     * Why.
     */
    enum quorate_sentinel_invalid_reason reason;
} quorate_sentinel_invalid;

/**
 * Another primary.
 */
typedef struct quorate_sentinel_primary_change {
    /**
     * Which it was; its `host` is NULL if none was known.
     */
    struct quorate_sentinel_address from;
    /**
     * Which it is.
     */
    struct quorate_sentinel_address to;
} quorate_sentinel_primary_change;

/**
 * Why something happened, or did not. Only with `trace` of the settings.
 */
typedef struct quorate_sentinel_trace {
    /**
     * What happened, in snake case, such as "vote_kept" or "replica_passed_over". Ended by NUL.
     */
    const char *kind;
    /**
     * What goes with it, as a JSON object in one line, by name. Names of variants are in snake case. Ended by NUL.
     */
    const char *json;
} quorate_sentinel_trace;

/**
 * What an output holds. The output's kind says which member.
 */
typedef union quorate_sentinel_discovery_output_as {
    /**
     * QUORATE_SENTINEL_DISCOVERY_CONNECT
     */
    struct quorate_sentinel_discovery_connect connect;
    /**
     * QUORATE_SENTINEL_DISCOVERY_CLOSE: which link
     */
    uint64_t close;
    /**
     * QUORATE_SENTINEL_DISCOVERY_SEND
     */
    struct quorate_sentinel_send send;
    /**
     * QUORATE_SENTINEL_DISCOVERY_RESOLVED
     */
    struct quorate_sentinel_resolution resolved;
    /**
     * QUORATE_SENTINEL_DISCOVERY_FAILED
     */
    struct quorate_sentinel_failure failed;
    /**
     * QUORATE_SENTINEL_DISCOVERY_INVALIDATE
     */
    struct quorate_sentinel_invalid invalidate;
    /**
     * QUORATE_SENTINEL_DISCOVERY_PRIMARY_CHANGED
     */
    struct quorate_sentinel_primary_change primary_changed;
    /**
     * QUORATE_SENTINEL_DISCOVERY_TRACE
     */
    struct quorate_sentinel_trace trace;
} quorate_sentinel_discovery_output_as;

/**
 * What the caller must do, or may want to know. Its views are valid until the next poll of the discovery, or until it is freed.
 * Texts are ended by NUL.
 */
typedef struct quorate_sentinel_discovery_output {
    /**
     * What it is.
     */
    enum quorate_sentinel_discovery_output_kind kind;
    /**
     * What it holds, by its kind.
     */
    union quorate_sentinel_discovery_output_as as;
} quorate_sentinel_discovery_output;

/**
 * A connection that was handed out.
 */
typedef struct quorate_sentinel_handed_out {
    /**
     * What it is called.
     */
    uint64_t link;
    /**
     * Where it leads.
     */
    struct quorate_sentinel_address address;
    /**
     * To what.
     */
    enum quorate_sentinel_node_role role;
} quorate_sentinel_handed_out;

/**
 * A connection to be opened.
 */
typedef struct quorate_sentinel_connect {
    /**
     * What it is called from now on.
     */
    uint64_t link;
    /**
     * Where to.
     */
    struct quorate_sentinel_address address;
    /**
     * What for.
     */
    enum quorate_sentinel_link_kind kind;
    /**
     * What is there.
     */
    enum quorate_sentinel_instance_kind instance;
} quorate_sentinel_connect;

/**
 * What must survive a restart.
 */
typedef struct quorate_sentinel_persist {
    /**
     * What to answer with.
     */
    uint64_t ticket;
    /**
     * The `sentinel` lines of a configuration file, without line ends, each ended by NUL: what quorate_sentinel_new takes.
     */
    const char *const *lines;
    /**
     * How many.
     */
    size_t count;
} quorate_sentinel_persist;

/**
 * An answer to a client.
 */
typedef struct quorate_sentinel_answer {
    /**
     * Which client, as it was called in quorate_sentinel_command.
     */
    uint64_t client;
    /**
     * The answer as it goes over the wire, in the protocol that the client chose.
     */
    struct quorate_bytes wire;
} quorate_sentinel_answer;

/**
 * An event, as a real sentinel publishes it.
 */
typedef struct quorate_sentinel_event {
    /**
     * What happened, which is the channel: "+sdown", "+switch-master".
     */
    const char *channel;
    /**
     * The payload, exactly as the server prints it.
     */
    const char *message;
    /**
     * The name of the group that it is about, or NULL.
     */
    const char *master;
    /**
     * How loud the server is about it.
     */
    enum quorate_sentinel_level level;
} quorate_sentinel_event;

/**
 * A program to be run.
 */
typedef struct quorate_sentinel_script {
    /**
     * What the run is called.
     */
    uint64_t script;
    /**
     * The program.
     */
    const char *path;
    /**
     * Its arguments, without the program itself: `count` of them, and a NULL.
     */
    const char *const *args;
    /**
     * How many.
     */
    size_t count;
} quorate_sentinel_script;

/**
 * What an output holds. The output's kind says which member.
 */
typedef union quorate_sentinel_output_as {
    /**
     * QUORATE_SENTINEL_OUTPUT_CONNECT
     */
    struct quorate_sentinel_connect connect;
    /**
     * QUORATE_SENTINEL_OUTPUT_CLOSE: which link
     */
    uint64_t close;
    /**
     * QUORATE_SENTINEL_OUTPUT_SEND
     */
    struct quorate_sentinel_send send;
    /**
     * QUORATE_SENTINEL_OUTPUT_PERSIST
     */
    struct quorate_sentinel_persist persist;
    /**
     * QUORATE_SENTINEL_OUTPUT_REPLY
     */
    struct quorate_sentinel_answer reply;
    /**
     * QUORATE_SENTINEL_OUTPUT_EVENT
     */
    struct quorate_sentinel_event event;
    /**
     * QUORATE_SENTINEL_OUTPUT_RUN_SCRIPT
     */
    struct quorate_sentinel_script run_script;
    /**
     * QUORATE_SENTINEL_OUTPUT_KILL_SCRIPT: which run
     */
    uint64_t kill_script;
    /**
     * QUORATE_SENTINEL_OUTPUT_RESOLVE: which name
     */
    const char *resolve;
    /**
     * QUORATE_SENTINEL_OUTPUT_EXIT
     */
    uint8_t exit_code;
    /**
     * QUORATE_SENTINEL_OUTPUT_TRACE
     */
    struct quorate_sentinel_trace trace;
} quorate_sentinel_output_as;

/**
 * What the caller must do, or may want to know. Its views are valid until the next poll of the sentinel, or until it is freed.
 * Texts are ended by NUL.
 */
typedef struct quorate_sentinel_output {
    /**
     * What it is.
     */
    enum quorate_sentinel_output_kind kind;
    /**
     * What it holds, by its kind.
     */
    union quorate_sentinel_output_as as;
} quorate_sentinel_output;

/**
 * The hash of a world's state at one line of its script.
 */
typedef struct quorate_sim_hash {
    /**
     * The line, from 1 on.
     */
    uint64_t line;
    /**
     * The hash that was found. Scripts write it as 16 hexadecimal digits.
     */
    uint64_t hash;
} quorate_sim_hash;

/**
 * How a script went, as far as it was carried out.
 */
typedef struct quorate_sim_report {
    /**
     * What was not as expected, as a JSON array of {"line":LINE,"text":TEXT}; line 0 is about the whole. Ended by NUL.
     */
    const char *failures;
    /**
     * How many that are.
     */
    size_t failure_count;
    /**
     * How many expectations were looked at.
     */
    uint64_t expectations;
    /**
     * The hashes that the script asks for, in its order.
     */
    const struct quorate_sim_hash *hashes;
    /**
     * How many hashes.
     */
    size_t hash_count;
    /**
     * The hash of the state at the end.
     */
    uint64_t hash;
    /**
     * When that is, in microseconds.
     */
    uint64_t at;
    /**
     * After how many events.
     */
    uint64_t events;
    /**
     * Whether all was as expected.
     */
    bool ok;
} quorate_sim_report;

/**
 * A moment of a world. Several may share a time.
 */
typedef struct quorate_sim_moment {
    /**
     * When, in microseconds.
     */
    uint64_t at;
    /**
     * How many events had been processed.
     */
    uint64_t events;
    /**
     * How many actions had been done.
     */
    uint64_t actions;
} quorate_sim_moment;

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
 * Fills in the defaults, for a node of that name and randomness.
 */
enum quorate_status quorate_raft_config_init(struct quorate_raft_config *config, uint64_t id, uint64_t seed);

/**
 * Fills in a new group of these voters, for each of its first members: it begins with a snapshot of the empty state machine at
 * index 1 and term 1, which names the voters. The first leader is elected in term 2, its empty entry has index 2, and the first
 * command index 3. `stored` points to `voters` from then on.
 */
enum quorate_status quorate_raft_stored_group(struct quorate_raft_stored *stored,
                                              const uint64_t *voters,
                                              size_t count);

/**
 * Fills in a snapshot, applied, and nothing behind it. `stored` points to what `snapshot` points to from then on.
 */
enum quorate_status quorate_raft_stored_snapshot(struct quorate_raft_stored *stored,
                                                 const struct quorate_raft_snapshot *snapshot);

/**
 * Makes the membership that `state` names, or that of nobody if it is NULL. Free it with quorate_raft_members_free.
 *
 * QUORATE_ERR_REMOVED_ALL_VOTERS, or another error of membership, if there are members of whom none votes.
 */
enum quorate_status quorate_raft_members_new(const struct quorate_raft_conf_state *state,
                                             struct quorate_raft_members **members);

/**
 * Frees the membership and with it every view that it handed out. NULL is ignored.
 */
void quorate_raft_members_free(struct quorate_raft_members *members);

/**
 * The same membership once more. Free it with quorate_raft_members_free. NULL on misuse.
 */
struct quorate_raft_members *quorate_raft_members_clone(const struct quorate_raft_members *members);

/**
 * Makes a change, or takes the first step of it. An error of membership, such as QUORATE_ERR_NOT_JOINT, if it cannot be; then
 * nothing changes.
 */
enum quorate_status quorate_raft_members_change(struct quorate_raft_members *members,
                                                const struct quorate_raft_conf_change *change);

/**
 * Whether the configuration is joint: both halves of it must agree. False on misuse.
 */
bool quorate_raft_members_is_joint(const struct quorate_raft_members *members);

/**
 * Whether `id` votes in either half. False on misuse.
 */
bool quorate_raft_members_is_voter(const struct quorate_raft_members *members, uint64_t id);

/**
 * Who is a member. The views are valid until the same function is called again, or the membership is freed.
 */
enum quorate_status quorate_raft_members_conf_state(struct quorate_raft_members *members,
                                                    struct quorate_raft_conf_state *state);

/**
 * Writes who is a member as etcd does, such as "voters=(1 2)&&(1) learners=(3)": at most `cap` bytes, ended by NUL. Returns the
 * length of the whole text without the NUL, as snprintf does. 0 on misuse.
 */
size_t quorate_raft_members_text(const struct quorate_raft_members *members,
                                 char *buf,
                                 size_t cap);

/**
 * Writes the latest error in words: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the NUL, as
 * snprintf does. 0, and nothing written, when there was none, or on misuse.
 */
size_t quorate_raft_members_error(const struct quorate_raft_members *members,
                                  char *buf,
                                  size_t cap);

/**
 * The largest index that a quorum has, to `index`: in a joint configuration, that both majorities have. A voter that is not
 * among the `count` at `acks` has nothing; of one that is there twice the first counts. 2^64 - 1 without any voters.
 */
enum quorate_status quorate_raft_members_committed(const struct quorate_raft_members *members,
                                                   const struct quorate_raft_ack *acks,
                                                   size_t count,
                                                   uint64_t *index);

/**
 * As quorate_raft_members_committed, but counting an index only when voters of two groups have it (group_commit). `grouped`,
 * unless it is NULL, becomes whether that was possible.
 */
enum quorate_status quorate_raft_members_group_committed(const struct quorate_raft_members *members,
                                                         const struct quorate_raft_ack *acks,
                                                         size_t count,
                                                         uint64_t *index,
                                                         bool *grouped);

/**
 * How a vote stands, to `result`, when the `count` at `votes` came. Of a voter that is there twice the first counts. Won without
 * any voters.
 */
enum quorate_status quorate_raft_members_vote_result(const struct quorate_raft_members *members,
                                                     const struct quorate_raft_vote *votes,
                                                     size_t count,
                                                     enum quorate_raft_vote_result *result);

/**
 * The name of a quorate_raft_message_kind in snake case, such as "app_resp"; "unlisted" if there is none of that number. Never
 * NULL, valid for ever.
 */
const char *quorate_raft_message_kind_str(uint32_t kind);

/**
 * Makes a node. Everything is copied. Free it with quorate_raft_node_free.
 *
 * QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range, QUORATE_ERR_INVALID_STORED or an error of membership for
 * what does not fit together; the reason is written to the `cap` bytes at `error`, ended by NUL, unless that is NULL.
 * QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
 */
enum quorate_status quorate_raft_node_new(const struct quorate_raft_config *config,
                                          const struct quorate_raft_stored *stored,
                                          struct quorate_raft_node **node,
                                          char *error,
                                          size_t cap);

/**
 * Frees the node and with it every view that it handed out. NULL is ignored.
 */
void quorate_raft_node_free(struct quorate_raft_node *node);

/**
 * A node in the same state, which goes its own way from here. Free it with quorate_raft_node_free. NULL on misuse.
 */
struct quorate_raft_node *quorate_raft_node_clone(const struct quorate_raft_node *node);

/**
 * Appends all that the node knows to `buffer`: outputs that wait to be polled and tickets that are open, too. It is for moving,
 * showing and branching a node that runs, with this version of the library, in any language and on any platform. One that comes
 * back after a crash starts from quorate_raft_stored, for what was promised to others is there.
 */
enum quorate_status quorate_raft_node_state(const struct quorate_raft_node *node,
                                            struct quorate_buffer *buffer);

/**
 * Makes a node that goes on where the one that quorate_raft_node_state was asked of was. Free it with
 * quorate_raft_node_free.
 *
 * QUORATE_ERR_INVALID_STATE if the `len` bytes at `data` are none; the reason is written to the `cap` bytes at `error`, ended by
 * NUL, unless that is NULL. Any bytes are safe to give, but who can write what has the right hash decides what the node believes.
 */
enum quorate_status quorate_raft_node_from_state(const uint8_t *data,
                                                 size_t len,
                                                 struct quorate_raft_node **node,
                                                 char *error,
                                                 size_t cap);

/**
 * The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing. The views of the output before are
 * gone then.
 */
enum quorate_status quorate_raft_node_poll(struct quorate_raft_node *node,
                                           struct quorate_raft_output *output);

/**
 * One tick of the clock.
 */
enum quorate_status quorate_raft_node_tick(struct quorate_raft_node *node);

/**
 * A message came from another member.
 *
 * QUORATE_ERR_LOCAL_MESSAGE, QUORATE_ERR_UNKNOWN_PEER or QUORATE_ERR_INVALID_MESSAGE; QUORATE_ERR_PROPOSAL_DROPPED or
 * QUORATE_ERR_READ_DROPPED for one that was forwarded here. QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
 */
enum quorate_status quorate_raft_node_step(struct quorate_raft_node *node,
                                           const struct quorate_raft_message *message);

/**
 * Messages came from other members. All are taken in, whatever is wrong with some; then the first error is returned, as by
 * quorate_raft_node_step. QUORATE_ERR_INVALID_ARGUMENT is said before any is taken in.
 */
enum quorate_status quorate_raft_node_step_many(struct quorate_raft_node *node,
                                                const struct quorate_raft_message *messages,
                                                size_t count);

/**
 * A message came from another member, as the bytes that a member of that quorate_raft_dialect wrote.
 *
 * QUORATE_ERR_INVALID_WIRE if they are none; else as quorate_raft_node_step.
 */
enum quorate_status quorate_raft_node_step_bytes(struct quorate_raft_node *node,
                                                 const uint8_t *data,
                                                 size_t len,
                                                 uint32_t dialect);

/**
 * What the ticket stands for is durable, and so is everything before it. QUORATE_ERR_UNKNOWN_TICKET if it was not given out, or
 * was answered already.
 */
enum quorate_status quorate_raft_node_persisted(struct quorate_raft_node *node,
                                                uint64_t ticket);

/**
 * The state machine has applied everything up to `index`. QUORATE_ERR_NOT_APPLYING if that was not handed out to be applied, or
 * its turn is over.
 */
enum quorate_status quorate_raft_node_applied(struct quorate_raft_node *node,
                                              uint64_t index);

/**
 * Proposes a command of `len` bytes. `proposed`, unless it is NULL, becomes its place or who it was sent on to.
 *
 * QUORATE_ERR_PROPOSAL_DROPPED; quorate_raft_node_error_details says why. It may be made again, perhaps elsewhere.
 */
enum quorate_status quorate_raft_node_propose(struct quorate_raft_node *node,
                                              const uint8_t *data,
                                              size_t len,
                                              struct quorate_raft_proposed *proposed);

/**
 * Proposes `count` commands that follow one another: all of them or none. `proposed` names the last.
 *
 * QUORATE_ERR_PROPOSAL_DROPPED, also for none at all.
 */
enum quorate_status quorate_raft_node_propose_many(struct quorate_raft_node *node,
                                                   const struct quorate_bytes *commands,
                                                   size_t count,
                                                   struct quorate_raft_proposed *proposed);

/**
 * Proposes a change of membership. An empty one leaves a joint configuration. One that cannot be made now leaves an empty entry
 * in its place.
 *
 * QUORATE_ERR_PROPOSAL_DROPPED; QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
 */
enum quorate_status quorate_raft_node_propose_conf_change(struct quorate_raft_node *node,
                                                          const struct quorate_raft_conf_change *change,
                                                          struct quorate_raft_proposed *proposed);

/**
 * Applies a change of membership that was handed out to be applied. `members`, unless it is NULL, becomes who is a member then:
 * persist it with what is applied.
 *
 * An error of membership, such as QUORATE_ERR_NOT_JOINT, if it cannot be.
 */
enum quorate_status quorate_raft_node_apply_conf_change(struct quorate_raft_node *node,
                                                        const struct quorate_raft_conf_change *change,
                                                        struct quorate_raft_conf_state *members);

/**
 * As quorate_raft_node_apply_conf_change, for the change that an entry holds. QUORATE_NOTHING, and nothing is done, if it holds a
 * command. QUORATE_ERR_INVALID_WIRE if it holds what is no change.
 */
enum quorate_status quorate_raft_node_apply_entry(struct quorate_raft_node *node,
                                                  const struct quorate_raft_entry *entry,
                                                  struct quorate_raft_conf_state *members);

/**
 * Asks for an index from which a read is linearizable: an output of QUORATE_RAFT_OUTPUT_READ_READY or
 * QUORATE_RAFT_OUTPUT_READ_LOST answers with the `len` bytes at `context`. A read that was sent on to a leader may also be lost
 * on the way: ask again after a while.
 *
 * QUORATE_ERR_READ_DROPPED: nobody leads.
 */
enum quorate_status quorate_raft_node_read_index(struct quorate_raft_node *node,
                                                 const uint8_t *context,
                                                 size_t len);

/**
 * Hands leadership over to `to`. Asked of a follower, it asks the leader.
 */
enum quorate_status quorate_raft_node_transfer_leader(struct quorate_raft_node *node, uint64_t to);

/**
 * Stands for election now.
 */
enum quorate_status quorate_raft_node_campaign(struct quorate_raft_node *node);

/**
 * Forgets who leads, so that the node may vote for another at once.
 */
enum quorate_status quorate_raft_node_forget_leader(struct quorate_raft_node *node);

/**
 * The last message to `peer` did not arrive.
 */
enum quorate_status quorate_raft_node_report_unreachable(struct quorate_raft_node *node, uint64_t peer);

/**
 * The snapshot for `peer` was sent, or could not be. Until one of the two is said nothing else is sent to it.
 */
enum quorate_status quorate_raft_node_report_snapshot(struct quorate_raft_node *node, uint64_t peer, bool ok);

/**
 * The application took a snapshot of everything up to some applied index. Members that are too far behind are sent it.
 *
 * QUORATE_ERR_USELESS_SNAPSHOT if it is older than the last, or newer than what is applied.
 */
enum quorate_status quorate_raft_node_snapshot_taken(struct quorate_raft_node *node,
                                                     const struct quorate_raft_snapshot *snapshot);

/**
 * Drops the entries up to `index` from the window. QUORATE_ERR_NOT_COMPACTABLE if they are not all applied and durable, or are
 * dropped already.
 */
enum quorate_status quorate_raft_node_compact(struct quorate_raft_node *node,
                                              uint64_t index);

/**
 * The entries that an output of QUORATE_RAFT_OUTPUT_FETCH asked for, for the member `to`: the one at `previous` first, and as
 * many as there are behind it. None at all says that they are gone.
 *
 * QUORATE_ERR_INVALID_MESSAGE if they do not follow one another.
 */
enum quorate_status quorate_raft_node_entries_fetched(struct quorate_raft_node *node,
                                                      uint64_t to,
                                                      const struct quorate_raft_entry *entries,
                                                      size_t count);

/**
 * Asks the leader for a snapshot, because this node's own state is of no use. Of raft-rs.
 *
 * QUORATE_ERR_PROPOSAL_DROPPED while no leader is known, or a snapshot is under way.
 */
enum quorate_status quorate_raft_node_request_snapshot(struct quorate_raft_node *node);

/**
 * Puts members into groups, for group_commit. Ids of no member are passed over.
 */
enum quorate_status quorate_raft_node_assign_commit_groups(struct quorate_raft_node *node,
                                                           const struct quorate_raft_commit_group *groups,
                                                           size_t count);

/**
 * Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew: for tests and
 * lessons in which it matters who is first.
 */
enum quorate_status quorate_raft_node_set_election_timeout(struct quorate_raft_node *node,
                                                           uint64_t ticks);

/**
 * What the node is called. 0 on misuse.
 */
uint64_t quorate_raft_node_id(const struct quorate_raft_node *node);

/**
 * What the node knows and believes.
 */
enum quorate_status quorate_raft_node_status(struct quorate_raft_node *node, struct quorate_raft_status *status);

/**
 * The entries from `low` to before `high`, as far as the window has them.
 */
enum quorate_status quorate_raft_node_entries(struct quorate_raft_node *node,
                                              uint64_t low,
                                              uint64_t high,
                                              struct quorate_raft_entries *entries);

/**
 * The term of the entry at `index`. QUORATE_NOTHING, and `term` is left alone, where it is not known.
 */
enum quorate_status quorate_raft_node_term_at(const struct quorate_raft_node *node, uint64_t index, uint64_t *term);

/**
 * A hash of everything that the node knows, the same on every platform and in every language: the last eight bytes of its state,
 * the least first. 0 on misuse.
 */
uint64_t quorate_raft_node_state_hash(const struct quorate_raft_node *node);

/**
 * The status of the call that was refused last, by a rule of Raft or of the wire; QUORATE_OK if none was.
 */
enum quorate_status quorate_raft_node_error_code(const struct quorate_raft_node *node);

/**
 * What the same error says beside its status and text.
 */
enum quorate_status quorate_raft_node_error_details(const struct quorate_raft_node *node,
                                                    struct quorate_raft_error *error);

/**
 * Writes the same error in words, such as "ticket 7 is not open": at most `cap` bytes, ended by NUL. Returns the length of the
 * whole text without the NUL, as snprintf does. 0, and nothing written, when there was none, or on misuse.
 */
size_t quorate_raft_node_error(const struct quorate_raft_node *node,
                               char *buf,
                               size_t cap);

/**
 * The name of a quorate_raft_role in snake case, such as "pre_candidate"; "unlisted" if there is none of that number. Never
 * NULL, valid for ever.
 */
const char *quorate_raft_role_str(uint32_t role);

/**
 * Makes a node, as quorate_raft_node_new does. With `async_storage` its writes and applications are messages to
 * QUORATE_RAFT_APPEND_THREAD and QUORATE_RAFT_APPLY_THREAD, whose `responses` are stepped or sent once they are done; without it
 * they are done when quorate_raft_ready_node_advance is called. Free it with quorate_raft_ready_node_free.
 */
enum quorate_status quorate_raft_ready_node_new(const struct quorate_raft_config *config,
                                                const struct quorate_raft_stored *stored,
                                                bool async_storage,
                                                struct quorate_raft_ready_node **node,
                                                char *error,
                                                size_t cap);

/**
 * Frees the node and with it every view that it handed out. NULL is ignored.
 */
void quorate_raft_ready_node_free(struct quorate_raft_ready_node *node);

/**
 * A node in the same state, which goes its own way from here. Free it with quorate_raft_ready_node_free. NULL on misuse.
 */
struct quorate_raft_ready_node *quorate_raft_ready_node_clone(const struct quorate_raft_ready_node *node);

/**
 * Appends all that the node knows to `buffer`: outputs that wait to be polled and tickets that are open, too. It is for moving,
 * showing and branching a node that runs, with this version of the library, in any language and on any platform. One that comes
 * back after a crash starts from quorate_raft_stored, for what was promised to others is there.
 */
enum quorate_status quorate_raft_ready_node_state(const struct quorate_raft_ready_node *node,
                                                  struct quorate_buffer *buffer);

/**
 * Makes a node that goes on where the one that quorate_raft_ready_node_state was asked of was. Free it with
 * quorate_raft_ready_node_free.
 *
 * QUORATE_ERR_INVALID_STATE if the `len` bytes at `data` are none; the reason is written to the `cap` bytes at `error`, ended by
 * NUL, unless that is NULL. Any bytes are safe to give, but who can write what has the right hash decides what the node believes.
 */
enum quorate_status quorate_raft_ready_node_from_state(const uint8_t *data,
                                                       size_t len,
                                                       struct quorate_raft_ready_node **node,
                                                       char *error,
                                                       size_t cap);

/**
 * A hash of everything that the node knows, the same on every platform and in every language. 0 on misuse.
 */
uint64_t quorate_raft_ready_node_state_hash(const struct quorate_raft_ready_node *node);

/**
 * Whether quorate_raft_ready_node_ready would have anything in it. False on misuse.
 */
bool quorate_raft_ready_node_has_ready(const struct quorate_raft_ready_node *node);

/**
 * Takes out all there is to do. QUORATE_NOTHING, and `ready` is left alone, when there is nothing.
 */
enum quorate_status quorate_raft_ready_node_ready(struct quorate_raft_ready_node *node,
                                                  struct quorate_raft_ready *ready);

/**
 * The last ready is done with: written, sent and applied. Not for asynchronous storage.
 */
enum quorate_status quorate_raft_ready_node_advance(struct quorate_raft_ready_node *node);

/**
 * One tick of the clock.
 */
enum quorate_status quorate_raft_ready_node_tick(struct quorate_raft_ready_node *node);

/**
 * A message from another member, or from one of the two threads. Errors as of quorate_raft_node_step.
 */
enum quorate_status quorate_raft_ready_node_step(struct quorate_raft_ready_node *node,
                                                 const struct quorate_raft_message *message);

/**
 * Stands for election now.
 */
enum quorate_status quorate_raft_ready_node_campaign(struct quorate_raft_ready_node *node);

/**
 * Proposes a command of `len` bytes. QUORATE_ERR_PROPOSAL_DROPPED.
 */
enum quorate_status quorate_raft_ready_node_propose(struct quorate_raft_ready_node *node,
                                                    const uint8_t *data,
                                                    size_t len);

/**
 * Proposes entries that are encoded already: changes of membership of either kind, or commands. Their terms and indices are not
 * read. QUORATE_ERR_PROPOSAL_DROPPED.
 */
enum quorate_status quorate_raft_ready_node_propose_entries(struct quorate_raft_ready_node *node,
                                                            const struct quorate_raft_entry *entries,
                                                            size_t count);

/**
 * Proposes a change of membership. QUORATE_ERR_PROPOSAL_DROPPED.
 */
enum quorate_status quorate_raft_ready_node_propose_conf_change(struct quorate_raft_ready_node *node,
                                                                const struct quorate_raft_conf_change *change);

/**
 * Applies a change of membership that was handed out to be applied, as quorate_raft_node_apply_conf_change does.
 */
enum quorate_status quorate_raft_ready_node_apply_conf_change(struct quorate_raft_ready_node *node,
                                                              const struct quorate_raft_conf_change *change,
                                                              struct quorate_raft_conf_state *members);

/**
 * Hands leadership over to `to`.
 */
enum quorate_status quorate_raft_ready_node_transfer_leader(struct quorate_raft_ready_node *node, uint64_t to);

/**
 * Forgets who leads.
 */
enum quorate_status quorate_raft_ready_node_forget_leader(struct quorate_raft_ready_node *node);

/**
 * The last message to `peer` did not arrive.
 */
enum quorate_status quorate_raft_ready_node_report_unreachable(struct quorate_raft_ready_node *node, uint64_t peer);

/**
 * The snapshot for `peer` was sent, or could not be.
 */
enum quorate_status quorate_raft_ready_node_report_snapshot(struct quorate_raft_ready_node *node,
                                                            uint64_t peer,
                                                            bool ok);

/**
 * Asks for an index from which a read is linearizable. The answer comes in `read_states`. QUORATE_ERR_READ_DROPPED.
 */
enum quorate_status quorate_raft_ready_node_read_index(struct quorate_raft_ready_node *node,
                                                       const uint8_t *context,
                                                       size_t len);

/**
 * The application took a snapshot, which members that are too far behind may be sent. QUORATE_ERR_USELESS_SNAPSHOT.
 */
enum quorate_status quorate_raft_ready_node_snapshot_taken(struct quorate_raft_ready_node *node,
                                                           const struct quorate_raft_snapshot *snapshot);

/**
 * Drops the entries up to `index` from the window. QUORATE_ERR_NOT_COMPACTABLE.
 */
enum quorate_status quorate_raft_ready_node_compact(struct quorate_raft_ready_node *node, uint64_t index);

/**
 * Sets the number of ticks without a leader after which the node stands for election, until it is drawn anew.
 */
enum quorate_status quorate_raft_ready_node_set_election_timeout(struct quorate_raft_ready_node *node,
                                                                 uint64_t ticks);

/**
 * What the node knows and believes.
 */
enum quorate_status quorate_raft_ready_node_status(struct quorate_raft_ready_node *node,
                                                   struct quorate_raft_status *status);

/**
 * The traces since the last call, if `trace` of quorate_raft_config is on. They are valid until the next call, or until the node
 * is freed.
 */
enum quorate_status quorate_raft_ready_node_traces(struct quorate_raft_ready_node *node,
                                                   struct quorate_raft_traces *traces);

/**
 * What the latest error says beside its text. The status is QUORATE_OK if there was none.
 */
enum quorate_status quorate_raft_ready_node_error_details(const struct quorate_raft_ready_node *node,
                                                          struct quorate_raft_error *error);

/**
 * Writes the latest error in words: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the NUL, as
 * snprintf does. 0, and nothing written, when there was none, or on misuse.
 */
size_t quorate_raft_ready_node_error(const struct quorate_raft_ready_node *node,
                                     char *buf,
                                     size_t cap);

/**
 * Makes a decoder. Free it with quorate_raft_decoder_free.
 */
struct quorate_raft_decoder *quorate_raft_decoder_new(void);

/**
 * Frees the decoder and with it every view that it handed out. NULL is ignored.
 */
void quorate_raft_decoder_free(struct quorate_raft_decoder *decoder);

/**
 * Reads a message that a member of that quorate_raft_dialect wrote.
 */
enum quorate_status quorate_raft_decode_message(struct quorate_raft_decoder *decoder,
                                                const uint8_t *data,
                                                size_t len,
                                                uint32_t dialect,
                                                struct quorate_raft_message *message);

/**
 * Reads an entry.
 */
enum quorate_status quorate_raft_decode_entry(struct quorate_raft_decoder *decoder,
                                              const uint8_t *data,
                                              size_t len,
                                              struct quorate_raft_entry *entry);

/**
 * Reads a hard state.
 */
enum quorate_status quorate_raft_decode_hard_state(struct quorate_raft_decoder *decoder,
                                                   const uint8_t *data,
                                                   size_t len,
                                                   struct quorate_raft_hard_state *state);

/**
 * Reads a snapshot.
 */
enum quorate_status quorate_raft_decode_snapshot(struct quorate_raft_decoder *decoder,
                                                 const uint8_t *data,
                                                 size_t len,
                                                 struct quorate_raft_snapshot *snapshot);

/**
 * Reads a change of membership, as quorate_raft_encode_conf_change wrote it. No bytes at all are the change that leaves a joint
 * configuration.
 */
enum quorate_status quorate_raft_decode_conf_change(struct quorate_raft_decoder *decoder,
                                                    const uint8_t *data,
                                                    size_t len,
                                                    struct quorate_raft_conf_change *change);

/**
 * Reads the change of membership that an entry holds, of either kind. QUORATE_NOTHING, and `change` is left alone, if it holds a
 * command.
 */
enum quorate_status quorate_raft_decode_entry_conf_change(struct quorate_raft_decoder *decoder,
                                                          const struct quorate_raft_entry *entry,
                                                          struct quorate_raft_conf_change *change);

/**
 * What the latest error says beside its status and text. The status is QUORATE_OK if there was none.
 */
enum quorate_status quorate_raft_decoder_error_details(const struct quorate_raft_decoder *decoder,
                                                       struct quorate_raft_error *error);

/**
 * Writes the latest error in words, such as "at byte 3: a known kind of message": at most `cap` bytes, ended by NUL. Returns the
 * length of the whole text without the NUL, as snprintf does. 0, and nothing written, when there was none, or on misuse.
 */
size_t quorate_raft_decoder_error(const struct quorate_raft_decoder *decoder,
                                  char *buf,
                                  size_t cap);

/**
 * Appends a message to `buffer`, as members of that quorate_raft_dialect read it. Fields that only the other has are left out,
 * and so are `responses`. QUORATE_ERR_INVALID_ARGUMENT for a number that is none of its enum.
 */
enum quorate_status quorate_raft_encode_message(const struct quorate_raft_message *message,
                                                uint32_t dialect,
                                                struct quorate_buffer *buffer);

/**
 * Appends an entry to `buffer`, as it may be stored.
 */
enum quorate_status quorate_raft_encode_entry(const struct quorate_raft_entry *entry, struct quorate_buffer *buffer);

/**
 * Appends a hard state to `buffer`, as it may be stored.
 */
enum quorate_status quorate_raft_encode_hard_state(const struct quorate_raft_hard_state *state,
                                                   struct quorate_buffer *buffer);

/**
 * Appends a snapshot to `buffer`, as it may be stored.
 */
enum quorate_status quorate_raft_encode_snapshot(const struct quorate_raft_snapshot *snapshot,
                                                 struct quorate_buffer *buffer);

/**
 * Appends a change of membership to `buffer`, as an entry holds it. The one that leaves a joint configuration has no bytes.
 */
enum quorate_status quorate_raft_encode_conf_change(const struct quorate_raft_conf_change *change,
                                                    struct quorate_buffer *buffer);

/**
 * Fills in the defaults, for a server on that port and with that randomness.
 */
enum quorate_status quorate_replication_config_init(struct quorate_replication_config *config,
                                                    uint16_t port,
                                                    uint64_t seed);

/**
 * Makes an empty ledger. Free it with quorate_replication_ledger_free.
 */
struct quorate_replication_ledger *quorate_replication_ledger_new(void);

/**
 * Frees the ledger and with it every view that it handed out. NULL is ignored.
 */
void quorate_replication_ledger_free(struct quorate_replication_ledger *ledger);

/**
 * The same ledger once more. Free it with quorate_replication_ledger_free. NULL on misuse.
 */
struct quorate_replication_ledger *quorate_replication_ledger_clone(const struct quorate_replication_ledger *ledger);

/**
 * Appends all that the ledger knows to `buffer`, to be read with this version of the library.
 */
enum quorate_status quorate_replication_ledger_state(const struct quorate_replication_ledger *ledger,
                                                     struct quorate_buffer *buffer);

/**
 * Makes a ledger that knows what the one that quorate_replication_ledger_state was asked of knew. Errors as of
 * quorate_sentinel_from_state. Free it with quorate_replication_ledger_free.
 */
enum quorate_status quorate_replication_ledger_from_state(const uint8_t *data,
                                                          size_t len,
                                                          struct quorate_replication_ledger **ledger,
                                                          char *error,
                                                          size_t cap);

/**
 * A client was told that its write is done: by `server`, in the history `id` (40 hexadecimal digits, ended by NUL), at
 * `offset`, which is what quorate_replication_server_write said. QUORATE_ERR_DUPLICATE_WRITE,
 * QUORATE_ERR_INVALID_REPLICATION_ID.
 */
enum quorate_status quorate_replication_ledger_acknowledged(struct quorate_replication_ledger *ledger,
                                                            uint64_t write,
                                                            uint64_t server,
                                                            const char *id,
                                                            uint64_t offset,
                                                            uint64_t now);

/**
 * A server's data is the result of that history now. What it had and has no more may be lost. A server that went back, as one
 * does that starts again from an old snapshot on its disk, is told of so too. QUORATE_ERR_INVALID_REPLICATION_ID.
 */
enum quorate_status quorate_replication_ledger_at(struct quorate_replication_ledger *ledger,
                                                  uint64_t server,
                                                  const struct quorate_replication_history *history,
                                                  uint64_t now);

/**
 * A server's history has another name, by that quorate_replication_history_cause: what QUORATE_REPLICATION_OUTPUT_HISTORY_CHANGED
 * says. QUORATE_ERR_INVALID_REPLICATION_ID.
 */
enum quorate_status quorate_replication_ledger_changed(struct quorate_replication_ledger *ledger,
                                                       uint64_t server,
                                                       const struct quorate_replication_history *history,
                                                       uint32_t cause,
                                                       uint64_t now);

/**
 * A server's data is gone: it started again without any, or threw it away for its primary's
 * (QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT). One that is down and comes back with its data is not gone.
 */
enum quorate_status quorate_replication_ledger_gone(struct quorate_replication_ledger *ledger,
                                                    uint64_t server,
                                                    uint64_t now);

/**
 * How a write stands. QUORATE_NOTHING if it was never told of.
 */
enum quorate_status quorate_replication_ledger_status(const struct quorate_replication_ledger *ledger,
                                                      uint64_t write,
                                                      struct quorate_replication_write_status *status);

/**
 * How many writes stand how. Cost: linear in the writes, times the servers.
 */
enum quorate_status quorate_replication_ledger_counts(const struct quorate_replication_ledger *ledger,
                                                      struct quorate_replication_counts *counts);

/**
 * What was lost, in the order in which it was: `count` losses. The view is valid until the same function is called again, or the
 * ledger is freed.
 */
enum quorate_status quorate_replication_ledger_losses(struct quorate_replication_ledger *ledger,
                                                      const struct quorate_replication_loss **losses,
                                                      size_t *count);

/**
 * The writes that are lost, by history, in the order of their offsets: `count` of them. View as of
 * quorate_replication_ledger_losses.
 */
enum quorate_status quorate_replication_ledger_lost(struct quorate_replication_ledger *ledger,
                                                    const uint64_t **writes,
                                                    size_t *count);

/**
 * How many servers have what is at `offset` of the history `id`, to `copies`. QUORATE_ERR_INVALID_REPLICATION_ID.
 */
enum quorate_status quorate_replication_ledger_copies(const struct quorate_replication_ledger *ledger,
                                                      const char *id,
                                                      uint64_t offset,
                                                      uint64_t *copies);

/**
 * A hash of everything that the ledger knows, the same on every platform and in every language. 0 on misuse.
 */
uint64_t quorate_replication_ledger_state_hash(const struct quorate_replication_ledger *ledger);

/**
 * Whether the server is a primary. False on misuse.
 */
bool quorate_replication_server_is_primary(const struct quorate_replication_server *server);

/**
 * Whether the stream comes in (master_link_status:up). False on misuse.
 */
bool quorate_replication_server_link_is_up(const struct quorate_replication_server *server);

/**
 * When quorate_replication_server_tick has something to do next, in milliseconds. 0 on misuse.
 */
uint64_t quorate_replication_server_next_tick(const struct quorate_replication_server *server);

/**
 * How many replicas were good when they were last counted: once a second, and whenever one comes or goes. Not counted, and 0,
 * unless both options of min-replicas are set. 0 on misuse.
 */
uint64_t quorate_replication_server_good_replicas(const struct quorate_replication_server *server);

/**
 * How many online replicas have said that they have everything up to `offset`. 0 on misuse.
 */
uint64_t quorate_replication_server_count_acknowledged(const struct quorate_replication_server *server,
                                                       uint64_t offset);

/**
 * The connection to the primary that is open or being opened, as it was called. 0 if there is none, or on misuse.
 */
uint64_t quorate_replication_server_link_attempt(const struct quorate_replication_server *server);

/**
 * A hash of everything that the server knows, the same on every platform and in every language. 0 on misuse.
 */
uint64_t quorate_replication_server_state_hash(const struct quorate_replication_server *server);

/**
 * How far the connection to the primary is.
 */
enum quorate_status quorate_replication_server_link_state(const struct quorate_replication_server *server,
                                                          enum quorate_replication_link_state *state);

/**
 * For how many seconds the link has been down that was up before, to `seconds`. QUORATE_NOTHING if it is up, or never was.
 */
enum quorate_status quorate_replication_server_link_down(const struct quorate_replication_server *server,
                                                         int64_t *seconds);

/**
 * Where the primary is, if the server is a replica: `host`, ended by NUL, and `port`. QUORATE_NOTHING for a primary.
 */
enum quorate_status quorate_replication_server_primary(struct quorate_replication_server *server,
                                                       const char **host,
                                                       uint16_t *port);

/**
 * What the data is the result of. Its id and offset are what goes into a snapshot on the disk, for
 * quorate_replication_server_restore.
 */
enum quorate_status quorate_replication_server_history(const struct quorate_replication_server *server,
                                                       struct quorate_replication_history *history);

/**
 * What ROLE answers, as it goes over the wire, the same in RESP2 and RESP3.
 */
enum quorate_status quorate_replication_server_role(struct quorate_replication_server *server,
                                                    struct quorate_bytes *role);

/**
 * The lines of INFO replication, `name:value`, in the order and with the names of version 7.0, each ended by CR LF; the whole
 * by NUL.
 */
enum quorate_status quorate_replication_server_info(struct quorate_replication_server *server,
                                                    const char **info);

/**
 * What a drawing needs, as a JSON object in one line, ended by NUL: `primary` ({"host","port"}, or null for a primary),
 * `link_state`, `history`, `backlog` ({"first","next","size"}: which offsets are kept, or null), `good_replicas`, and
 * `replicas` with their addresses, states and what they acknowledged.
 */
enum quorate_status quorate_replication_server_status(struct quorate_replication_server *server,
                                                      const char **status);

/**
 * The status of the call that was refused last, by a rule of replication; QUORATE_OK if none was.
 */
enum quorate_status quorate_replication_server_error_code(const struct quorate_replication_server *server);

/**
 * Writes the same error in words, for a command that was not let through those that the server answers: at most `cap` bytes,
 * ended by NUL. Returns the length of the whole text without the NUL, as snprintf does. 0, and nothing written, when there was
 * none, or on misuse.
 */
size_t quorate_replication_server_error(const struct quorate_replication_server *server,
                                        char *buf,
                                        size_t cap);

/**
 * Makes a primary without data, as redis-server starts. Everything is copied. Free it with quorate_replication_server_free.
 *
 * QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range; the reason is written to the `cap` bytes at `error`,
 * ended by NUL, unless that is NULL. QUORATE_ERR_INVALID_ARGUMENT for text that is not UTF-8.
 */
enum quorate_status quorate_replication_server_new(const struct quorate_replication_config *config,
                                                   uint64_t now,
                                                   struct quorate_replication_server **server,
                                                   char *error,
                                                   size_t cap);

/**
 * Makes a server that starts again from data on its disk, which is of the history `id` (40 hexadecimal digits, ended by NUL)
 * up to `offset`: as a replica of the primary at `host` and `port`, which asks to go on from there, or as a primary if `host`
 * is NULL, which begins a history of its own and remembers the stored one, so that its replicas can go on.
 *
 * As quorate_replication_server_new; QUORATE_ERR_INVALID_REPLICATION_ID, QUORATE_ERR_INVALID_STORED.
 */
enum quorate_status quorate_replication_server_restore(const struct quorate_replication_config *config,
                                                       const char *id,
                                                       uint64_t offset,
                                                       const char *host,
                                                       uint16_t port,
                                                       uint64_t now,
                                                       struct quorate_replication_server **server,
                                                       char *error,
                                                       size_t cap);

/**
 * Frees the server and with it every view that it handed out. NULL is ignored.
 */
void quorate_replication_server_free(struct quorate_replication_server *server);

/**
 * A server in the same state, which goes its own way from here. Free it with quorate_replication_server_free. NULL on misuse.
 */
struct quorate_replication_server *quorate_replication_server_clone(const struct quorate_replication_server *server);

/**
 * Appends all that the server knows to `buffer`, outputs that wait to be polled too: for moving, showing and branching one
 * that runs, with this version of the library. One that comes back after a crash starts by quorate_replication_server_restore,
 * or anew.
 */
enum quorate_status quorate_replication_server_state(const struct quorate_replication_server *server,
                                                     struct quorate_buffer *buffer);

/**
 * Makes a server that goes on where the one that quorate_replication_server_state was asked of was. Errors as of
 * quorate_sentinel_from_state. Free it with quorate_replication_server_free.
 */
enum quorate_status quorate_replication_server_from_state(const uint8_t *data,
                                                          size_t len,
                                                          struct quorate_replication_server **server,
                                                          char *error,
                                                          size_t cap);

/**
 * The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing.
 */
enum quorate_status quorate_replication_server_poll(struct quorate_replication_server *server,
                                                    struct quorate_replication_output *output);

/**
 * The server's clock reads `now`. Call it at quorate_replication_server_next_tick, or every 100 ms. However late it comes, the
 * cron runs once.
 */
enum quorate_status quorate_replication_server_tick(struct quorate_replication_server *server,
                                                    uint64_t now);

/**
 * Replaces the settings (CONFIG SET). The replicas are counted anew at once. QUORATE_ERR_INVALID_CONFIG.
 */
enum quorate_status quorate_replication_server_configure(struct quorate_replication_server *server,
                                                         const struct quorate_replication_config *config,
                                                         uint64_t now);

/**
 * A connection was opened that comes from `ip` (ended by NUL) and speaks of replication. It may be told of as soon as it is
 * open, or with its first REPLCONF, PSYNC or SYNC. Connections of replicas are called as the caller likes.
 *
 * QUORATE_ERR_DUPLICATE_REPLICA, QUORATE_ERR_TOO_MANY_REPLICAS.
 */
enum quorate_status quorate_replication_server_accept(struct quorate_replication_server *server,
                                                      uint64_t replica,
                                                      const char *ip,
                                                      uint64_t now);

/**
 * A command came on a replica's connection: `count` arguments at `args`, as quorate_resp_request_decoder_poll gives them. PING,
 * REPLCONF, PSYNC and SYNC are answered here; who may use them, and every other command, is the server's matter.
 *
 * QUORATE_ERR_UNKNOWN_REPLICA, QUORATE_ERR_NOT_REPLICATION.
 */
enum quorate_status quorate_replication_server_request(struct quorate_replication_server *server,
                                                       uint64_t replica,
                                                       const struct quorate_bytes *args,
                                                       size_t count,
                                                       uint64_t now);

/**
 * A replica's connection closed. QUORATE_ERR_UNKNOWN_REPLICA.
 */
enum quorate_status quorate_replication_server_replica_closed(struct quorate_replication_server *server,
                                                              uint64_t replica,
                                                              uint64_t now);

/**
 * The data is frozen as QUORATE_REPLICATION_OUTPUT_TAKE_SNAPSHOT asked, or could not be, if `ok` is 0.
 * QUORATE_ERR_NO_SNAPSHOT_WANTED.
 */
enum quorate_status quorate_replication_server_snapshot_taken(struct quorate_replication_server *server,
                                                              uint8_t ok,
                                                              uint64_t now);

/**
 * The snapshot was sent to that replica, to its last byte, or could not be, if `ok` is 0. QUORATE_ERR_UNKNOWN_REPLICA,
 * QUORATE_ERR_NOT_SENDING.
 */
enum quorate_status quorate_replication_server_snapshot_sent(struct quorate_replication_server *server,
                                                             uint64_t replica,
                                                             uint8_t ok,
                                                             uint64_t now);

/**
 * WAIT of a client whose last write ended at `offset`, as quorate_replication_server_write said (0 if it wrote nothing).
 * QUORATE_REPLICATION_OUTPUT_WAITED answers: at once if enough replicas have it, or when they do, or after `timeout`
 * milliseconds (0 is never). A replica that has the write need not be the one that is promoted: the answer is no promise.
 *
 * QUORATE_ERR_WAIT_ON_REPLICA, QUORATE_ERR_DUPLICATE_WAIT.
 */
enum quorate_status quorate_replication_server_wait(struct quorate_replication_server *server,
                                                    uint64_t client,
                                                    uint64_t offset,
                                                    uint64_t replicas,
                                                    uint64_t timeout,
                                                    uint64_t now);

/**
 * The client that waited is gone. QUORATE_ERR_UNKNOWN_WAIT.
 */
enum quorate_status quorate_replication_server_cancel_wait(struct quorate_replication_server *server,
                                                           uint64_t client);

/**
 * The connection to the primary is open. QUORATE_ERR_STALE_ATTEMPT for one that is over, which is to be ignored.
 */
enum quorate_status quorate_replication_server_connected(struct quorate_replication_server *server,
                                                         uint64_t attempt,
                                                         uint64_t now);

/**
 * The connection to the primary could not be opened, or closed. QUORATE_ERR_STALE_ATTEMPT.
 */
enum quorate_status quorate_replication_server_closed(struct quorate_replication_server *server,
                                                      uint64_t attempt,
                                                      uint64_t now);

/**
 * `len` bytes came from the primary, in whatever pieces. What cannot be read ends the connection
 * (QUORATE_REPLICATION_OUTPUT_DISCONNECT), and another attempt follows: that is no error of the caller's.
 * QUORATE_ERR_STALE_ATTEMPT.
 */
enum quorate_status quorate_replication_server_received(struct quorate_replication_server *server,
                                                        uint64_t attempt,
                                                        const uint8_t *data,
                                                        size_t len,
                                                        uint64_t now);

/**
 * The snapshot is loaded as QUORATE_REPLICATION_OUTPUT_LOAD_SNAPSHOT asked, or could not be, if `ok` is 0: then there is no
 * data, and everything begins again. QUORATE_ERR_NOT_LOADING.
 */
enum quorate_status quorate_replication_server_snapshot_loaded(struct quorate_replication_server *server,
                                                               uint8_t ok,
                                                               uint64_t now);

/**
 * REPLICAOF: from now on the server replicates from the one at `host` (ended by NUL) and `port`. QUORATE_NOTHING if it does
 * already.
 */
enum quorate_status quorate_replication_server_replicate_from(struct quorate_replication_server *server,
                                                              const char *host,
                                                              uint16_t port,
                                                              uint64_t now);

/**
 * REPLICAOF NO ONE. The history gets another name, and remembers the old one up to here. Replicas are disconnected, so that they
 * come back and learn of it. QUORATE_NOTHING for a primary.
 */
enum quorate_status quorate_replication_server_promote(struct quorate_replication_server *server,
                                                       uint64_t now);

/**
 * Asks whether a client's command of that quorate_replication_access is let through, without telling of it to anybody.
 *
 * QUORATE_ERR_NO_REPLICAS, QUORATE_ERR_READ_ONLY or QUORATE_ERR_MASTER_DOWN if not; quorate_replication_server_error has what the
 * server answers then.
 */
enum quorate_status quorate_replication_server_check(struct quorate_replication_server *server,
                                                     uint32_t access);

/**
 * A client's write, `count` arguments at `args`, is to be executed in that database: sends it to the replicas. `offset`,
 * unless it is NULL, becomes the offset behind it, which is what the client waits for with quorate_replication_server_wait. Of
 * a replica that is not read-only the write stays its own. While no replica ever came, no offset is counted.
 *
 * QUORATE_ERR_NO_REPLICAS, QUORATE_ERR_READ_ONLY or QUORATE_ERR_MASTER_DOWN: the write must not be executed then;
 * quorate_replication_server_error has what the server answers, such as "NOREPLICAS Not enough good replicas to write.".
 */
enum quorate_status quorate_replication_server_write(struct quorate_replication_server *server,
                                                     uint32_t database,
                                                     const struct quorate_bytes *args,
                                                     size_t count,
                                                     uint64_t now,
                                                     uint64_t *offset);

/**
 * Sends a command to the replicas that is no write, so that no rule refuses it: PUBLISH, or what expires. `offset`, unless it is
 * NULL, becomes the offset behind it.
 */
enum quorate_status quorate_replication_server_propagate(struct quorate_replication_server *server,
                                                         uint32_t database,
                                                         const struct quorate_bytes *args,
                                                         size_t count,
                                                         uint64_t now,
                                                         uint64_t *offset);

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

/**
 * Fills in the defaults, for a sentinel of that run id and randomness which monitors nothing yet. The text is not copied before
 * quorate_sentinel_new.
 */
enum quorate_status quorate_sentinel_config_init(struct quorate_sentinel_config *config,
                                                 const char *id,
                                                 uint64_t seed);

/**
 * Fills in the defaults, for a master of that name at that place. The texts are not copied before quorate_sentinel_new.
 */
enum quorate_status quorate_sentinel_master_config_init(struct quorate_sentinel_master_config *config,
                                                        const char *name,
                                                        const char *host,
                                                        uint16_t port,
                                                        uint32_t quorum);

/**
 * Makes a discovery that knows nothing yet but the settings' sentinels. Everything is copied. Free it with
 * quorate_sentinel_discovery_free.
 *
 * QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range; the reason is written to the `cap` bytes at `error`,
 * ended by NUL, unless that is NULL. QUORATE_ERR_INVALID_ARGUMENT for text that is not UTF-8, or a number that is none of its
 * enum.
 */
enum quorate_status quorate_sentinel_discovery_new(const struct quorate_sentinel_discovery_config *config,
                                                   struct quorate_sentinel_discovery **discovery,
                                                   char *error,
                                                   size_t cap);

/**
 * Frees the discovery and with it every view that it handed out. NULL is ignored.
 */
void quorate_sentinel_discovery_free(struct quorate_sentinel_discovery *discovery);

/**
 * A discovery in the same state, which goes its own way from here. Free it with quorate_sentinel_discovery_free. NULL on misuse.
 */
struct quorate_sentinel_discovery *quorate_sentinel_discovery_clone(const struct quorate_sentinel_discovery *discovery);

/**
 * Appends all that the discovery knows to `buffer`, outputs that wait to be polled too: for moving, showing and branching one
 * that runs, with this version of the library.
 */
enum quorate_status quorate_sentinel_discovery_state(const struct quorate_sentinel_discovery *discovery,
                                                     struct quorate_buffer *buffer);

/**
 * Makes a discovery that goes on where the one that quorate_sentinel_discovery_state was asked of was. Errors as of
 * quorate_sentinel_from_state. Free it with quorate_sentinel_discovery_free.
 */
enum quorate_status quorate_sentinel_discovery_from_state(const uint8_t *data,
                                                          size_t len,
                                                          struct quorate_sentinel_discovery **discovery,
                                                          char *error,
                                                          size_t cap);

/**
 * The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing.
 */
enum quorate_status quorate_sentinel_discovery_poll(struct quorate_sentinel_discovery *discovery,
                                                    struct quorate_sentinel_discovery_output *output);

/**
 * Asks for a connection to what that quorate_sentinel_read_preference says. QUORATE_SENTINEL_DISCOVERY_RESOLVED or
 * QUORATE_SENTINEL_DISCOVERY_FAILED answers. `request`, unless it is NULL, becomes its name, which is never used again.
 *
 * QUORATE_ERR_TOO_MANY_REQUESTS.
 */
enum quorate_status quorate_sentinel_discovery_request(struct quorate_sentinel_discovery *discovery,
                                                       uint32_t preference,
                                                       int64_t now,
                                                       uint64_t *request);

/**
 * Nobody waits for that request any more. QUORATE_ERR_UNKNOWN_REQUEST.
 */
enum quorate_status quorate_sentinel_discovery_cancel(struct quorate_sentinel_discovery *discovery,
                                                      uint64_t request,
                                                      int64_t now);

/**
 * The connection stands. QUORATE_ERR_UNKNOWN_LINK for one that was closed meanwhile.
 */
enum quorate_status quorate_sentinel_discovery_connected(struct quorate_sentinel_discovery *discovery,
                                                         uint64_t link,
                                                         int64_t now);

/**
 * The connection is gone, or did not come about: one that was asked for, or one that was handed out. QUORATE_ERR_UNKNOWN_LINK for
 * one that was closed meanwhile.
 */
enum quorate_status quorate_sentinel_discovery_disconnected(struct quorate_sentinel_discovery *discovery,
                                                            uint64_t link,
                                                            int64_t now);

/**
 * A reply came, or a push: a value that `decoder` gave out. Everything that comes over a link goes in here, but for those that
 * were handed out.
 *
 * QUORATE_ERR_UNKNOWN_LINK, QUORATE_ERR_UNEXPECTED_REPLY, QUORATE_ERR_STALE for a value that is not of the decoder's latest poll.
 */
enum quorate_status quorate_sentinel_discovery_reply(struct quorate_sentinel_discovery *discovery,
                                                     uint64_t link,
                                                     const struct quorate_resp_decoder *decoder,
                                                     const struct quorate_resp_value *value,
                                                     int64_t now);

/**
 * The same for a reply as the `len` bytes of its wire form.
 *
 * QUORATE_ERR_INVALID_ARGUMENT unless they are one whole reply, or why they cannot be read; else as
 * quorate_sentinel_discovery_reply.
 */
enum quorate_status quorate_sentinel_discovery_reply_bytes(struct quorate_sentinel_discovery *discovery,
                                                           uint64_t link,
                                                           const uint8_t *data,
                                                           size_t len,
                                                           int64_t now);

/**
 * A message came over a subscription, for drivers that take them apart themselves: its channel, ended by NUL, and the `len` bytes
 * of its payload. QUORATE_ERR_UNKNOWN_LINK.
 */
enum quorate_status quorate_sentinel_discovery_message(struct quorate_sentinel_discovery *discovery,
                                                       uint64_t link,
                                                       const char *channel,
                                                       const uint8_t *data,
                                                       size_t len,
                                                       int64_t now);

/**
 * A command over a connection that was handed out was answered with that error, such as "READONLY You can't ...", without the
 * `-`. `useless`, unless it is NULL, becomes whether the connection is of no use any more: then it, and all others to that
 * server, are given up with QUORATE_SENTINEL_DISCOVERY_INVALIDATE. QUORATE_ERR_UNKNOWN_LINK.
 */
enum quorate_status quorate_sentinel_discovery_refused(struct quorate_sentinel_discovery *discovery,
                                                       uint64_t link,
                                                       const uint8_t *data,
                                                       size_t len,
                                                       int64_t now,
                                                       bool *useless);

/**
 * The clock reads `now`.
 */
enum quorate_status quorate_sentinel_discovery_tick(struct quorate_sentinel_discovery *discovery, int64_t now);

/**
 * When quorate_sentinel_discovery_tick has something to do next, to `at`. QUORATE_NOTHING while nothing is under way.
 */
enum quorate_status quorate_sentinel_discovery_next_tick(const struct quorate_sentinel_discovery *discovery,
                                                         int64_t *at);

/**
 * The server that said last that it is the primary, as it is announced. It is no answer to where the primary is.
 * QUORATE_NOTHING if none has said so.
 */
enum quorate_status quorate_sentinel_discovery_primary(struct quorate_sentinel_discovery *discovery,
                                                       struct quorate_sentinel_address *address);

/**
 * The sentinels, in the order in which they are asked next: `count` of them.
 */
enum quorate_status quorate_sentinel_discovery_sentinels(struct quorate_sentinel_discovery *discovery,
                                                         const struct quorate_sentinel_address **sentinels,
                                                         size_t *count);

/**
 * The connections that were handed out and not ended: `count` of them.
 */
enum quorate_status quorate_sentinel_discovery_handed_out(struct quorate_sentinel_discovery *discovery,
                                                          const struct quorate_sentinel_handed_out **links,
                                                          size_t *count);

/**
 * A hash of everything that the discovery knows, the same on every platform and in every language. 0 on misuse.
 */
uint64_t quorate_sentinel_discovery_state_hash(const struct quorate_sentinel_discovery *discovery);

/**
 * The status of the call that was refused last, by a rule of the discovery; QUORATE_OK if none was.
 */
enum quorate_status quorate_sentinel_discovery_error_code(const struct quorate_sentinel_discovery *discovery);

/**
 * Writes the same error in words: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the NUL, as
 * snprintf does. 0, and nothing written, when there was none, or on misuse.
 */
size_t quorate_sentinel_discovery_error(const struct quorate_sentinel_discovery *discovery,
                                        char *buf,
                                        size_t cap);

/**
 * Fills in the defaults, for the primary of that name and `count` sentinels at `sentinels`. Neither is copied before
 * quorate_sentinel_discovery_new.
 */
enum quorate_status quorate_sentinel_discovery_config_init(struct quorate_sentinel_discovery_config *config,
                                                           const char *name,
                                                           const struct quorate_sentinel_address *sentinels,
                                                           size_t count);

/**
 * Makes a sentinel that monitors what the settings name and what `count` lines say: those of a configuration file, or those
 * that were persisted last. Where both know a master, what the lines say holds. Lines that do not begin with `sentinel` are
 * passed over. Everything is copied. Free it with quorate_sentinel_free.
 *
 * QUORATE_ERR_INVALID_CONFIG for a setting that is outside its range, QUORATE_ERR_INVALID_LINE for a line that cannot be read;
 * the reason is written to the `cap` bytes at `error`, ended by NUL, unless that is NULL. QUORATE_ERR_INVALID_ARGUMENT for
 * text that is not UTF-8, or a number that is none of its enum.
 */
enum quorate_status quorate_sentinel_new(const struct quorate_sentinel_config *config,
                                         const char *const *lines,
                                         size_t count,
                                         int64_t now,
                                         struct quorate_sentinel **sentinel,
                                         char *error,
                                         size_t cap);

/**
 * Frees the sentinel and with it every view that it handed out. NULL is ignored.
 */
void quorate_sentinel_free(struct quorate_sentinel *sentinel);

/**
 * A sentinel in the same state, which goes its own way from here. Free it with quorate_sentinel_free. NULL on misuse.
 */
struct quorate_sentinel *quorate_sentinel_clone(const struct quorate_sentinel *sentinel);

/**
 * Appends all that the sentinel knows to `buffer`: outputs that wait to be polled and a write that is not answered, too. It is
 * for moving, showing and branching one that runs, with this version of the library. One that comes back after a crash starts
 * from its lines.
 */
enum quorate_status quorate_sentinel_state(const struct quorate_sentinel *sentinel,
                                           struct quorate_buffer *buffer);

/**
 * Makes a sentinel that goes on where the one that quorate_sentinel_state was asked of was. Free it with quorate_sentinel_free.
 *
 * QUORATE_ERR_INVALID_STATE if the `len` bytes at `data` are none; the reason is written to the `cap` bytes at `error`, ended by
 * NUL, unless that is NULL. Damage is found by a hash. Who forges a state gets a sentinel whose calls may be QUORATE_ERR_PANIC.
 */
enum quorate_status quorate_sentinel_from_state(const uint8_t *data,
                                                size_t len,
                                                struct quorate_sentinel **sentinel,
                                                char *error,
                                                size_t cap);

/**
 * The next thing to do. QUORATE_NOTHING, and `output` is left alone, when there is nothing, or when a write must be answered
 * first; the views of the output before stay valid then.
 */
enum quorate_status quorate_sentinel_poll(struct quorate_sentinel *sentinel,
                                          struct quorate_sentinel_output *output);

/**
 * The clock reads `now`. To be called about every quorate_sentinel_tick_period milliseconds. Cost: linear in the instances,
 * and low for those for which nothing is due.
 */
enum quorate_status quorate_sentinel_tick(struct quorate_sentinel *sentinel,
                                          int64_t now);

/**
 * The connection stands. QUORATE_ERR_UNKNOWN_LINK for one that was closed meanwhile.
 */
enum quorate_status quorate_sentinel_connected(struct quorate_sentinel *sentinel, uint64_t link);

/**
 * The connection is gone, or did not come about. QUORATE_ERR_UNKNOWN_LINK for one that was closed meanwhile.
 */
enum quorate_status quorate_sentinel_disconnected(struct quorate_sentinel *sentinel, uint64_t link);

/**
 * A reply came: a value that `decoder` gave out. Everything that comes over a link goes in here, messages of a subscription too.
 *
 * QUORATE_ERR_UNKNOWN_LINK, QUORATE_ERR_UNEXPECTED_REPLY for one that no command waits for, QUORATE_ERR_STALE for a value that is
 * not of the decoder's latest poll.
 */
enum quorate_status quorate_sentinel_reply(struct quorate_sentinel *sentinel,
                                           uint64_t link,
                                           const struct quorate_resp_decoder *decoder,
                                           const struct quorate_resp_value *value,
                                           int64_t now);

/**
 * The same for a reply as the `len` bytes of its wire form.
 *
 * QUORATE_ERR_INVALID_ARGUMENT unless they are one whole reply, or why they cannot be read; else as quorate_sentinel_reply.
 */
enum quorate_status quorate_sentinel_reply_bytes(struct quorate_sentinel *sentinel,
                                                 uint64_t link,
                                                 const uint8_t *data,
                                                 size_t len,
                                                 int64_t now);

/**
 * A message came over a subscription, for drivers that take them apart themselves: its `len` bytes. QUORATE_ERR_UNKNOWN_LINK.
 */
enum quorate_status quorate_sentinel_message(struct quorate_sentinel *sentinel,
                                             uint64_t link,
                                             const uint8_t *data,
                                             size_t len,
                                             int64_t now);

/**
 * A client sent a command, be it another sentinel: `count` arguments at `args`, the first of which is its name, as
 * quorate_resp_request_decoder_poll gives them. QUORATE_SENTINEL_OUTPUT_REPLY answers. Clients are called as the caller likes.
 */
enum quorate_status quorate_sentinel_command(struct quorate_sentinel *sentinel,
                                             uint64_t client,
                                             const struct quorate_bytes *args,
                                             size_t count,
                                             int64_t now);

/**
 * A client is gone.
 */
enum quorate_status quorate_sentinel_client_closed(struct quorate_sentinel *sentinel, uint64_t client);

/**
 * A name was looked up: its IP address, or NULL if there is none.
 */
enum quorate_status quorate_sentinel_resolved(struct quorate_sentinel *sentinel,
                                              const char *host,
                                              const char *ip,
                                              int64_t now);

/**
 * A script ended as that quorate_sentinel_script_exit says; `number` is its exit code or signal. QUORATE_ERR_UNKNOWN_SCRIPT if it
 * does not run.
 */
enum quorate_status quorate_sentinel_script_finished(struct quorate_sentinel *sentinel,
                                                     uint64_t script,
                                                     uint32_t exit,
                                                     uint8_t number,
                                                     int64_t now);

/**
 * The lines of that ticket are durable. QUORATE_ERR_UNKNOWN_TICKET if it was not given out, or was answered already.
 */
enum quorate_status quorate_sentinel_persisted(struct quorate_sentinel *sentinel, uint64_t ticket);

/**
 * The run id, ended by NUL. NULL on misuse.
 */
const char *quorate_sentinel_id(struct quorate_sentinel *sentinel);

/**
 * The epoch that all masters share. 0 on misuse.
 */
uint64_t quorate_sentinel_current_epoch(const struct quorate_sentinel *sentinel);

/**
 * Whether time is not believed at present, so that nothing is done. False on misuse.
 */
bool quorate_sentinel_in_tilt(const struct quorate_sentinel *sentinel);

/**
 * How long to wait for the next tick, in milliseconds: 52 to 100, drawn anew at each. 0 on misuse.
 */
uint32_t quorate_sentinel_tick_period(const struct quorate_sentinel *sentinel);

/**
 * Where the master of that name is, as SENTINEL GET-MASTER-ADDR-BY-NAME says it. QUORATE_NOTHING if none of that name is
 * monitored.
 */
enum quorate_status quorate_sentinel_master_address(struct quorate_sentinel *sentinel,
                                                    const char *name,
                                                    struct quorate_sentinel_address *address);

/**
 * All that the sentinel knows and believes, as a JSON object in one line, ended by NUL: its id, epoch and TILT, and the masters
 * with their replicas and sentinels, flags, votes, epochs, how far a failover is, and times as they came in.
 */
enum quorate_status quorate_sentinel_status(struct quorate_sentinel *sentinel,
                                            const char **status);

/**
 * What would be persisted now: `count` lines, each ended by NUL.
 */
enum quorate_status quorate_sentinel_lines(struct quorate_sentinel *sentinel,
                                           const char *const **lines,
                                           size_t *count);

/**
 * A hash of everything that the sentinel knows, the same on every platform and in every language. 0 on misuse.
 */
uint64_t quorate_sentinel_state_hash(const struct quorate_sentinel *sentinel);

/**
 * The status of the call that was refused last, by a rule of the sentinel; QUORATE_OK if none was.
 */
enum quorate_status quorate_sentinel_error_code(const struct quorate_sentinel *sentinel);

/**
 * Writes the same error in words, such as "link 7 is not open": at most `cap` bytes, ended by NUL. Returns the length of the
 * whole text without the NUL, as snprintf does. 0, and nothing written, when there was none, or on misuse.
 */
size_t quorate_sentinel_error(const struct quorate_sentinel *sentinel,
                              char *buf,
                              size_t cap);

/**
 * Makes a world from the `len` bytes of a script, whose machines have just started; quorate_sim_world_run carries the script out.
 * Free it with quorate_sim_world_free.
 *
 * QUORATE_ERR_INVALID_SCRIPT, QUORATE_ERR_INVALID_CONFIG or QUORATE_ERR_BROKEN_RULES_ABSENT, for a script about rules that this
 * build keeps; the reason, with the line, is written to the `cap` bytes at `error`, ended by NUL, unless that is NULL.
 * QUORATE_ERR_INVALID_ARGUMENT if the bytes are not UTF-8.
 */
enum quorate_status quorate_sim_world_new(const uint8_t *script,
                                          size_t len,
                                          struct quorate_sim_world **world,
                                          char *error,
                                          size_t cap);

/**
 * Frees the world and with it every text that it handed out. NULL is ignored.
 */
void quorate_sim_world_free(struct quorate_sim_world *world);

/**
 * Another world that is the same up to here and knows of no future. Free it with quorate_sim_world_free. NULL on misuse.
 */
struct quorate_sim_world *quorate_sim_world_branch(const struct quorate_sim_world *world);

/**
 * Carries out the script to its end. `report`, unless it is NULL, becomes how it went; its views are valid until the next run or
 * report of the world. What is not as expected is no error of this call.
 */
enum quorate_status quorate_sim_world_run(struct quorate_sim_world *world,
                                          struct quorate_sim_report *report);

/**
 * How the script went, as far as it was carried out. Views as of quorate_sim_world_run.
 */
enum quorate_status quorate_sim_world_report(struct quorate_sim_world *world, struct quorate_sim_report *report);

/**
 * Lets the next thing happen: an event, or an action that was done at this point before. QUORATE_NOTHING if there is none.
 */
enum quorate_status quorate_sim_world_step(struct quorate_sim_world *world);

/**
 * Goes on until the time `at`: everything that is due by then happens.
 */
enum quorate_status quorate_sim_world_run_until(struct quorate_sim_world *world, uint64_t at);

/**
 * Goes on for so many microseconds.
 */
enum quorate_status quorate_sim_world_run_for(struct quorate_sim_world *world, uint64_t duration);

/**
 * Goes on until a predicate holds, such as "commit 1 == 3", for `within` microseconds at the most. `holds` becomes whether it
 * does. QUORATE_ERR_INVALID_SCRIPT or QUORATE_ERR_INVALID_QUESTION for one that cannot be read.
 */
enum quorate_status quorate_sim_world_until(struct quorate_sim_world *world,
                                            const char *predicate,
                                            uint64_t within,
                                            bool *holds);

/**
 * Does something to the world, now, such as "crash 3". If it went back in time, the future that it came from is gone; a branch
 * keeps it.
 *
 * The status says what the action needs and does not find, such as QUORATE_ERR_UNKNOWN_NODE; QUORATE_ERR_REFUSED is what a
 * machine said of it.
 */
enum quorate_status quorate_sim_world_act(struct quorate_sim_world *world,
                                          const char *action);

/**
 * Goes to a time, back or on: everything that was due by then has happened, and every action until then was done.
 */
enum quorate_status quorate_sim_world_seek(struct quorate_sim_world *world, uint64_t at);

/**
 * Goes to where so many events were processed, back or on, and every action until then was done.
 */
enum quorate_status quorate_sim_world_seek_event(struct quorate_sim_world *world, uint64_t events);

/**
 * This moment.
 */
enum quorate_status quorate_sim_world_moment(const struct quorate_sim_world *world,
                                             struct quorate_sim_moment *moment);

/**
 * Goes to a moment that was, as quorate_sim_world_moment named it. QUORATE_ERR_NO_SUCH_MOMENT for one of another branch, in
 * which more was done than was ever done here.
 */
enum quorate_status quorate_sim_world_seek_moment(struct quorate_sim_world *world,
                                                  struct quorate_sim_moment moment);

/**
 * The time, in microseconds since the world began. 0 on misuse.
 */
uint64_t quorate_sim_world_now(const struct quorate_sim_world *world);

/**
 * How many events were processed. 0 on misuse.
 */
uint64_t quorate_sim_world_event_count(const struct quorate_sim_world *world);

/**
 * A hash of the state: time, machines, disks, messages in flight, clients. The same in every language. 0 on misuse.
 */
uint64_t quorate_sim_world_state_hash(const struct quorate_sim_world *world);

/**
 * Answers what scripts ask, such as "leader" or "commit 1". QUORATE_ERR_INVALID_QUESTION for one that is not known, or is about
 * what is not there.
 */
enum quorate_status quorate_sim_world_ask(struct quorate_sim_world *world,
                                          const char *question,
                                          const char **answer);

/**
 * All that a drawing of this moment needs, as a JSON object: the machines with their logs and timers, the messages in flight,
 * the links that are cut, the clients, what does not hold.
 */
enum quorate_status quorate_sim_world_view(struct quorate_sim_world *world,
                                           const char **view);

/**
 * What happened, from the event record `start` on, counted from 0, as a JSON array.
 */
enum quorate_status quorate_sim_world_events(struct quorate_sim_world *world, size_t start, const char **events);

/**
 * What happened between two times, as a space-time diagram in text: time runs down, each machine is a lane, an arrow is a
 * message that arrives.
 */
enum quorate_status quorate_sim_world_diagram(struct quorate_sim_world *world,
                                              uint64_t from,
                                              uint64_t to,
                                              const char **diagram);

/**
 * The invariants that do not hold, with their witnesses, as a JSON array.
 */
enum quorate_status quorate_sim_world_violations(struct quorate_sim_world *world, const char **violations);

/**
 * What clients asked and were answered, as a JSON array.
 */
enum quorate_status quorate_sim_world_history(struct quorate_sim_world *world, const char **history);

/**
 * A script that makes the same run: the settings, and every action at its moment.
 */
enum quorate_status quorate_sim_world_to_script(struct quorate_sim_world *world, const char **script);

/**
 * Writes why the latest call was refused: at most `cap` bytes, ended by NUL. Returns the length of the whole text without the
 * NUL, as snprintf does. 0, and nothing written, when none was, or on misuse.
 */
size_t quorate_sim_world_error(const struct quorate_sim_world *world,
                               char *buf,
                               size_t cap);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QUORATE_H */
