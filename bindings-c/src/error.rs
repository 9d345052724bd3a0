//! The status of every call: its numbers and their stable names.

use core::ffi::{CStr, c_char};

use crate::boundary;

/// How a call went: 0 is success, above 0 means "nothing yet", below 0 is an error.
///
/// The numbers are stable: one is never used again for something else. Errors of decoding are numbered from -101 down, of
/// encoding from -201, of requests from -301, of slots from -401, of Raft from -501, of simulated worlds from -601, of
/// sentinels and discovery from -701, of replication from -801; those from -1 down can come from any function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum quorate_status {
    /// Success.
    QUORATE_OK = 0,
    /// Nothing yet: more bytes are needed first.
    QUORATE_NEED_MORE = 1,
    /// A cursor is at its end.
    QUORATE_END = 2,
    /// There is nothing: nothing to do, or nothing of what was asked for.
    QUORATE_NOTHING = 3,
    /// A pointer that is needed is NULL.
    QUORATE_ERR_NULL = -1,
    /// A defect inside the library. The handle may only be freed now.
    QUORATE_ERR_PANIC = -2,
    /// The handle was freed, or is of another type.
    QUORATE_ERR_CLOSED = -3,
    /// The value or cursor is not of the decoder's latest poll: its views are gone.
    QUORATE_ERR_STALE = -4,
    /// The value is not of a kind that has this.
    QUORATE_ERR_WRONG_KIND = -5,
    /// The caller's memory does not hold the answer. The out-parameter tells how much would.
    QUORATE_ERR_BUFFER_TOO_SMALL = -6,
    /// An argument is outside its range.
    QUORATE_ERR_INVALID_ARGUMENT = -7,
    /// More bytes were committed than reserve had handed out. Nothing was committed.
    QUORATE_ERR_COMMIT_TOO_LONG = -8,
    /// An error that this header does not know, of a newer core.
    QUORATE_ERR_UNLISTED = -9,
    /// The byte starts no type of RESP.
    QUORATE_ERR_UNKNOWN_TYPE = -101,
    /// A length or count is not a plain decimal number (or -1 or ? where those stand).
    QUORATE_ERR_INVALID_LENGTH = -102,
    /// An integer is not one, or does not fit 64 bits.
    QUORATE_ERR_INVALID_INTEGER = -103,
    /// A double is not one.
    QUORATE_ERR_INVALID_DOUBLE = -104,
    /// A boolean is neither t nor f.
    QUORATE_ERR_INVALID_BOOLEAN = -105,
    /// A null has a payload.
    QUORATE_ERR_INVALID_NULL = -106,
    /// A big number is not a decimal integer. Also of encoders.
    QUORATE_ERR_INVALID_BIG_NUMBER = -107,
    /// A verbatim string does not start with three bytes and a colon.
    QUORATE_ERR_INVALID_VERBATIM = -108,
    /// A streamed string goes on with something else than a chunk.
    QUORATE_ERR_INVALID_CHUNK = -109,
    /// A payload is not followed by CR LF. Also of request decoders.
    QUORATE_ERR_MISSING_TERMINATOR = -110,
    /// A CR or LF stands inside a line.
    QUORATE_ERR_LINE_BREAK_IN_LINE = -111,
    /// The end of a stream outside one. Also of encoders.
    QUORATE_ERR_UNEXPECTED_END = -112,
    /// A streamed map ends between a key and its value. Also of encoders.
    QUORATE_ERR_ODD_MAP = -113,
    /// An attribute decorates nothing. Also of encoders.
    QUORATE_ERR_DANGLING_ATTRIBUTE = -114,
    /// A push inside another value. Also of encoders.
    QUORATE_ERR_NESTED_PUSH = -115,
    /// More aggregates are open at once than max_depth.
    QUORATE_ERR_DEPTH_LIMIT = -116,
    /// A string is longer than max_bulk.
    QUORATE_ERR_BULK_LIMIT = -117,
    /// A line is longer than max_line.
    QUORATE_ERR_LINE_LIMIT = -118,
    /// A reply has more values than max_elements.
    QUORATE_ERR_ELEMENTS_LIMIT = -119,
    /// A reply has more bytes than max_reply.
    QUORATE_ERR_REPLY_LIMIT = -120,
    /// A simple string or error may not hold CR or LF.
    QUORATE_ERR_LINE_BREAK = -201,
    /// RESP2 has no form of this.
    QUORATE_ERR_NOT_IN_RESP2 = -202,
    /// A streamed string is open: only a chunk or its end may follow.
    QUORATE_ERR_CHUNK_EXPECTED = -203,
    /// A value is begun and not complete, so this may not be done now.
    QUORATE_ERR_INCOMPLETE = -204,
    /// The count is more than an aggregate may have.
    QUORATE_ERR_TOO_MANY_ELEMENTS = -205,
    /// A prefix was given more or fewer arguments than it was made for.
    QUORATE_ERR_WRONG_ARGUMENT_COUNT = -206,
    /// A chunk without bytes would end the streamed string.
    QUORATE_ERR_EMPTY_CHUNK = -207,
    /// An inline request is longer than max_line.
    QUORATE_ERR_TOO_BIG_INLINE_REQUEST = -301,
    /// An inline request has a quote that does not end, or that text follows at once.
    QUORATE_ERR_UNBALANCED_QUOTES = -302,
    /// The line of a request's argument count is longer than max_line.
    QUORATE_ERR_TOO_BIG_COUNT_STRING = -303,
    /// A request's argument count is not a number, or exceeds max_args.
    QUORATE_ERR_INVALID_MULTIBULK_LENGTH = -304,
    /// A client that is not authenticated sent more than 10 arguments.
    QUORATE_ERR_UNAUTHENTICATED_MULTIBULK_LENGTH = -305,
    /// The line of an argument's length is longer than max_line.
    QUORATE_ERR_TOO_BIG_BULK_COUNT_STRING = -306,
    /// An argument does not start with $.
    QUORATE_ERR_EXPECTED_BULK = -307,
    /// An argument's length is not a number, or exceeds max_bulk.
    QUORATE_ERR_INVALID_BULK_LENGTH = -308,
    /// A client that is not authenticated sent an argument of more than 16,384 bytes.
    QUORATE_ERR_UNAUTHENTICATED_BULK_LENGTH = -309,
    /// There is no such slot: they are 0 to 16,383.
    QUORATE_ERR_UNKNOWN_SLOT = -401,
    /// A setting is outside its range. Also of worlds.
    QUORATE_ERR_INVALID_CONFIG = -501,
    /// What was stored does not fit together.
    QUORATE_ERR_INVALID_STORED = -502,
    /// A proposal was refused. It may be made again, perhaps elsewhere.
    QUORATE_ERR_PROPOSAL_DROPPED = -503,
    /// A read was refused: nobody leads.
    QUORATE_ERR_READ_DROPPED = -504,
    /// A message of a kind that no member sends came in as one.
    QUORATE_ERR_LOCAL_MESSAGE = -505,
    /// An answer came from somebody who is no member.
    QUORATE_ERR_UNKNOWN_PEER = -506,
    /// A message lacks what its kind must have.
    QUORATE_ERR_INVALID_MESSAGE = -507,
    /// Only leaving is possible in a joint configuration.
    QUORATE_ERR_ALREADY_JOINT = -508,
    /// Nobody could agree to the first change of membership.
    QUORATE_ERR_NO_VOTERS = -509,
    /// There is no joint configuration to leave.
    QUORATE_ERR_NOT_JOINT = -510,
    /// A simple change must wait until the joint configuration is left.
    QUORATE_ERR_SIMPLE_IN_JOINT = -511,
    /// More than one voter would change at once: two majorities would be possible that do not meet.
    QUORATE_ERR_TOO_MANY_CHANGED = -512,
    /// Nobody could agree to anything any more.
    QUORATE_ERR_REMOVED_ALL_VOTERS = -513,
    /// A ticket was not given out, or was answered already.
    QUORATE_ERR_UNKNOWN_TICKET = -514,
    /// An index was not handed out to be applied, or its turn is over.
    QUORATE_ERR_NOT_APPLYING = -515,
    /// An index cannot be compacted: it is not applied, not durable, or compacted already.
    QUORATE_ERR_NOT_COMPACTABLE = -516,
    /// A snapshot is older than the last, or newer than what is applied.
    QUORATE_ERR_USELESS_SNAPSHOT = -517,
    /// What came in contradicts what is committed. The node takes no further input: rebuild it under another name.
    QUORATE_ERR_CORRUPT = -518,
    /// Bytes are not the protocol buffer that they should be.
    QUORATE_ERR_INVALID_WIRE = -519,
    /// Bytes are not the state of such a node, or not of this version of the library.
    QUORATE_ERR_INVALID_STATE = -520,
    /// There is no setting of that name.
    QUORATE_ERR_UNKNOWN_SETTING = -601,
    /// A setting was given something that it cannot be.
    QUORATE_ERR_INVALID_VALUE = -602,
    /// There is no rule of that name.
    QUORATE_ERR_UNKNOWN_RULE = -603,
    /// This build keeps all rules, and none can be broken.
    QUORATE_ERR_BROKEN_RULES_ABSENT = -604,
    /// There is no machine of that number.
    QUORATE_ERR_UNKNOWN_NODE = -605,
    /// There is no client of that number.
    QUORATE_ERR_UNKNOWN_CLIENT = -606,
    /// The machine must run for that, and does not.
    QUORATE_ERR_NODE_DOWN = -607,
    /// The machine must be down for that, and runs.
    QUORATE_ERR_NODE_UP = -608,
    /// The client waits for an answer.
    QUORATE_ERR_CLIENT_BUSY = -609,
    /// No message in flight is meant.
    QUORATE_ERR_NO_SUCH_MESSAGE = -610,
    /// A machine refused what was asked of it.
    QUORATE_ERR_REFUSED = -611,
    /// A machine found on its disk what cannot be.
    QUORATE_ERR_CANNOT_START = -612,
    /// A line of a script, an action or a predicate cannot be read.
    QUORATE_ERR_INVALID_SCRIPT = -613,
    /// A moment of another branch.
    QUORATE_ERR_NO_SUCH_MOMENT = -614,
    /// A question that is not known, or is about what is not there.
    QUORATE_ERR_INVALID_QUESTION = -615,
    /// There is no kind of world of that name.
    QUORATE_ERR_UNKNOWN_KIND = -616,
    /// A line of a sentinel's configuration cannot be read.
    QUORATE_ERR_INVALID_LINE = -701,
    /// The link was never asked for, or is closed already. Late news of one that was closed do no harm.
    QUORATE_ERR_UNKNOWN_LINK = -702,
    /// A reply came on a link on which no command waits for one.
    QUORATE_ERR_UNEXPECTED_REPLY = -703,
    /// The script does not run.
    QUORATE_ERR_UNKNOWN_SCRIPT = -704,
    /// A request was answered already, or was never made.
    QUORATE_ERR_UNKNOWN_REQUEST = -705,
    /// One more request than the settings allow.
    QUORATE_ERR_TOO_MANY_REQUESTS = -706,
    /// Not one sentinel could be reached, or none answered in time.
    QUORATE_ERR_NO_SENTINEL_ANSWERS = -707,
    /// Sentinels answered, and none knows a primary of that name.
    QUORATE_ERR_NO_SUCH_MASTER = -708,
    /// Sentinels that know the primary reach too few others to be believed.
    QUORATE_ERR_TOO_FEW_SENTINELS = -709,
    /// A sentinel answered with an error, or with what is no answer.
    QUORATE_ERR_SENTINEL_REFUSED = -710,
    /// The server that was named could not be reached, or does not answer.
    QUORATE_ERR_NODE_UNREACHABLE = -711,
    /// The server that was named says that it is something else.
    QUORATE_ERR_WRONG_ROLE = -712,
    /// There is no replica that is fit to be read from.
    QUORATE_ERR_NO_REPLICA = -713,
    /// The time ran out before anything else was known.
    QUORATE_ERR_TIMED_OUT = -714,
    /// A connection of that name is known already.
    QUORATE_ERR_DUPLICATE_REPLICA = -801,
    /// No connection of that name is known.
    QUORATE_ERR_UNKNOWN_REPLICA = -802,
    /// One more connection than the settings allow.
    QUORATE_ERR_TOO_MANY_REPLICAS = -803,
    /// The command is none of replication's: the server itself answers it.
    QUORATE_ERR_NOT_REPLICATION = -804,
    /// Nobody asked for a snapshot, or it was given already.
    QUORATE_ERR_NO_SNAPSHOT_WANTED = -805,
    /// That replica is not being sent a snapshot.
    QUORATE_ERR_NOT_SENDING = -806,
    /// That attempt to reach the primary is over, so that what is said of it is of no use.
    QUORATE_ERR_STALE_ATTEMPT = -807,
    /// No snapshot is waiting to be loaded.
    QUORATE_ERR_NOT_LOADING = -808,
    /// A replica does not take WAIT.
    QUORATE_ERR_WAIT_ON_REPLICA = -809,
    /// The client is waiting already.
    QUORATE_ERR_DUPLICATE_WAIT = -810,
    /// The client is not waiting.
    QUORATE_ERR_UNKNOWN_WAIT = -811,
    /// Fewer replicas were heard of lately than min-replicas-to-write asks for: the command must not be executed.
    QUORATE_ERR_NO_REPLICAS = -812,
    /// A replica is not written to: the command must not be executed.
    QUORATE_ERR_READ_ONLY = -813,
    /// A replica that has lost its primary does not answer with old data: the command must not be executed.
    QUORATE_ERR_MASTER_DOWN = -814,
    /// A text is no replication id: 40 hexadecimal digits.
    QUORATE_ERR_INVALID_REPLICATION_ID = -815,
    /// A write was acknowledged before.
    QUORATE_ERR_DUPLICATE_WRITE = -816,
}

pub(crate) use quorate_status::*;

impl quorate_status {
    /// Every status, in the order above.
    const ALL: &'static [Self] = &[
        QUORATE_OK,
        QUORATE_NEED_MORE,
        QUORATE_END,
        QUORATE_NOTHING,
        QUORATE_ERR_NULL,
        QUORATE_ERR_PANIC,
        QUORATE_ERR_CLOSED,
        QUORATE_ERR_STALE,
        QUORATE_ERR_WRONG_KIND,
        QUORATE_ERR_BUFFER_TOO_SMALL,
        QUORATE_ERR_INVALID_ARGUMENT,
        QUORATE_ERR_COMMIT_TOO_LONG,
        QUORATE_ERR_UNLISTED,
        QUORATE_ERR_UNKNOWN_TYPE,
        QUORATE_ERR_INVALID_LENGTH,
        QUORATE_ERR_INVALID_INTEGER,
        QUORATE_ERR_INVALID_DOUBLE,
        QUORATE_ERR_INVALID_BOOLEAN,
        QUORATE_ERR_INVALID_NULL,
        QUORATE_ERR_INVALID_BIG_NUMBER,
        QUORATE_ERR_INVALID_VERBATIM,
        QUORATE_ERR_INVALID_CHUNK,
        QUORATE_ERR_MISSING_TERMINATOR,
        QUORATE_ERR_LINE_BREAK_IN_LINE,
        QUORATE_ERR_UNEXPECTED_END,
        QUORATE_ERR_ODD_MAP,
        QUORATE_ERR_DANGLING_ATTRIBUTE,
        QUORATE_ERR_NESTED_PUSH,
        QUORATE_ERR_DEPTH_LIMIT,
        QUORATE_ERR_BULK_LIMIT,
        QUORATE_ERR_LINE_LIMIT,
        QUORATE_ERR_ELEMENTS_LIMIT,
        QUORATE_ERR_REPLY_LIMIT,
        QUORATE_ERR_LINE_BREAK,
        QUORATE_ERR_NOT_IN_RESP2,
        QUORATE_ERR_CHUNK_EXPECTED,
        QUORATE_ERR_INCOMPLETE,
        QUORATE_ERR_TOO_MANY_ELEMENTS,
        QUORATE_ERR_WRONG_ARGUMENT_COUNT,
        QUORATE_ERR_EMPTY_CHUNK,
        QUORATE_ERR_TOO_BIG_INLINE_REQUEST,
        QUORATE_ERR_UNBALANCED_QUOTES,
        QUORATE_ERR_TOO_BIG_COUNT_STRING,
        QUORATE_ERR_INVALID_MULTIBULK_LENGTH,
        QUORATE_ERR_UNAUTHENTICATED_MULTIBULK_LENGTH,
        QUORATE_ERR_TOO_BIG_BULK_COUNT_STRING,
        QUORATE_ERR_EXPECTED_BULK,
        QUORATE_ERR_INVALID_BULK_LENGTH,
        QUORATE_ERR_UNAUTHENTICATED_BULK_LENGTH,
        QUORATE_ERR_UNKNOWN_SLOT,
        QUORATE_ERR_INVALID_CONFIG,
        QUORATE_ERR_INVALID_STORED,
        QUORATE_ERR_PROPOSAL_DROPPED,
        QUORATE_ERR_READ_DROPPED,
        QUORATE_ERR_LOCAL_MESSAGE,
        QUORATE_ERR_UNKNOWN_PEER,
        QUORATE_ERR_INVALID_MESSAGE,
        QUORATE_ERR_ALREADY_JOINT,
        QUORATE_ERR_NO_VOTERS,
        QUORATE_ERR_NOT_JOINT,
        QUORATE_ERR_SIMPLE_IN_JOINT,
        QUORATE_ERR_TOO_MANY_CHANGED,
        QUORATE_ERR_REMOVED_ALL_VOTERS,
        QUORATE_ERR_UNKNOWN_TICKET,
        QUORATE_ERR_NOT_APPLYING,
        QUORATE_ERR_NOT_COMPACTABLE,
        QUORATE_ERR_USELESS_SNAPSHOT,
        QUORATE_ERR_CORRUPT,
        QUORATE_ERR_INVALID_WIRE,
        QUORATE_ERR_INVALID_STATE,
        QUORATE_ERR_UNKNOWN_SETTING,
        QUORATE_ERR_INVALID_VALUE,
        QUORATE_ERR_UNKNOWN_RULE,
        QUORATE_ERR_BROKEN_RULES_ABSENT,
        QUORATE_ERR_UNKNOWN_NODE,
        QUORATE_ERR_UNKNOWN_CLIENT,
        QUORATE_ERR_NODE_DOWN,
        QUORATE_ERR_NODE_UP,
        QUORATE_ERR_CLIENT_BUSY,
        QUORATE_ERR_NO_SUCH_MESSAGE,
        QUORATE_ERR_REFUSED,
        QUORATE_ERR_CANNOT_START,
        QUORATE_ERR_INVALID_SCRIPT,
        QUORATE_ERR_NO_SUCH_MOMENT,
        QUORATE_ERR_INVALID_QUESTION,
        QUORATE_ERR_UNKNOWN_KIND,
        QUORATE_ERR_INVALID_LINE,
        QUORATE_ERR_UNKNOWN_LINK,
        QUORATE_ERR_UNEXPECTED_REPLY,
        QUORATE_ERR_UNKNOWN_SCRIPT,
        QUORATE_ERR_UNKNOWN_REQUEST,
        QUORATE_ERR_TOO_MANY_REQUESTS,
        QUORATE_ERR_NO_SENTINEL_ANSWERS,
        QUORATE_ERR_NO_SUCH_MASTER,
        QUORATE_ERR_TOO_FEW_SENTINELS,
        QUORATE_ERR_SENTINEL_REFUSED,
        QUORATE_ERR_NODE_UNREACHABLE,
        QUORATE_ERR_WRONG_ROLE,
        QUORATE_ERR_NO_REPLICA,
        QUORATE_ERR_TIMED_OUT,
        QUORATE_ERR_DUPLICATE_REPLICA,
        QUORATE_ERR_UNKNOWN_REPLICA,
        QUORATE_ERR_TOO_MANY_REPLICAS,
        QUORATE_ERR_NOT_REPLICATION,
        QUORATE_ERR_NO_SNAPSHOT_WANTED,
        QUORATE_ERR_NOT_SENDING,
        QUORATE_ERR_STALE_ATTEMPT,
        QUORATE_ERR_NOT_LOADING,
        QUORATE_ERR_WAIT_ON_REPLICA,
        QUORATE_ERR_DUPLICATE_WAIT,
        QUORATE_ERR_UNKNOWN_WAIT,
        QUORATE_ERR_NO_REPLICAS,
        QUORATE_ERR_READ_ONLY,
        QUORATE_ERR_MASTER_DOWN,
        QUORATE_ERR_INVALID_REPLICATION_ID,
        QUORATE_ERR_DUPLICATE_WRITE,
    ];

    /// The stable name: the core's own code where the error is the core's.
    fn name(self) -> &'static CStr {
        match self {
            QUORATE_OK => c"ok",
            QUORATE_NEED_MORE => c"need_more",
            QUORATE_END => c"end",
            QUORATE_NOTHING => c"nothing",
            QUORATE_ERR_NULL => c"null_argument",
            QUORATE_ERR_PANIC => c"panic",
            QUORATE_ERR_CLOSED => c"closed",
            QUORATE_ERR_STALE => c"stale",
            QUORATE_ERR_WRONG_KIND => c"wrong_kind",
            QUORATE_ERR_BUFFER_TOO_SMALL => c"buffer_too_small",
            QUORATE_ERR_INVALID_ARGUMENT => c"invalid_argument",
            QUORATE_ERR_COMMIT_TOO_LONG => c"commit_too_long",
            QUORATE_ERR_UNLISTED => c"unlisted",
            QUORATE_ERR_UNKNOWN_TYPE => c"unknown_type",
            QUORATE_ERR_INVALID_LENGTH => c"invalid_length",
            QUORATE_ERR_INVALID_INTEGER => c"invalid_integer",
            QUORATE_ERR_INVALID_DOUBLE => c"invalid_double",
            QUORATE_ERR_INVALID_BOOLEAN => c"invalid_boolean",
            QUORATE_ERR_INVALID_NULL => c"invalid_null",
            QUORATE_ERR_INVALID_BIG_NUMBER => c"invalid_big_number",
            QUORATE_ERR_INVALID_VERBATIM => c"invalid_verbatim",
            QUORATE_ERR_INVALID_CHUNK => c"invalid_chunk",
            QUORATE_ERR_MISSING_TERMINATOR => c"missing_terminator",
            QUORATE_ERR_LINE_BREAK_IN_LINE => c"line_break_in_line",
            QUORATE_ERR_UNEXPECTED_END => c"unexpected_end",
            QUORATE_ERR_ODD_MAP => c"odd_map",
            QUORATE_ERR_DANGLING_ATTRIBUTE => c"dangling_attribute",
            QUORATE_ERR_NESTED_PUSH => c"nested_push",
            QUORATE_ERR_DEPTH_LIMIT => c"depth_limit",
            QUORATE_ERR_BULK_LIMIT => c"bulk_limit",
            QUORATE_ERR_LINE_LIMIT => c"line_limit",
            QUORATE_ERR_ELEMENTS_LIMIT => c"elements_limit",
            QUORATE_ERR_REPLY_LIMIT => c"reply_limit",
            QUORATE_ERR_LINE_BREAK => c"line_break",
            QUORATE_ERR_NOT_IN_RESP2 => c"not_in_resp2",
            QUORATE_ERR_CHUNK_EXPECTED => c"chunk_expected",
            QUORATE_ERR_INCOMPLETE => c"incomplete",
            QUORATE_ERR_TOO_MANY_ELEMENTS => c"too_many_elements",
            QUORATE_ERR_WRONG_ARGUMENT_COUNT => c"wrong_argument_count",
            QUORATE_ERR_EMPTY_CHUNK => c"empty_chunk",
            QUORATE_ERR_TOO_BIG_INLINE_REQUEST => c"too_big_inline_request",
            QUORATE_ERR_UNBALANCED_QUOTES => c"unbalanced_quotes",
            QUORATE_ERR_TOO_BIG_COUNT_STRING => c"too_big_count_string",
            QUORATE_ERR_INVALID_MULTIBULK_LENGTH => c"invalid_multibulk_length",
            QUORATE_ERR_UNAUTHENTICATED_MULTIBULK_LENGTH => c"unauthenticated_multibulk_length",
            QUORATE_ERR_TOO_BIG_BULK_COUNT_STRING => c"too_big_bulk_count_string",
            QUORATE_ERR_EXPECTED_BULK => c"expected_bulk",
            QUORATE_ERR_INVALID_BULK_LENGTH => c"invalid_bulk_length",
            QUORATE_ERR_UNAUTHENTICATED_BULK_LENGTH => c"unauthenticated_bulk_length",
            QUORATE_ERR_UNKNOWN_SLOT => c"unknown_slot",
            QUORATE_ERR_INVALID_CONFIG => c"invalid_config",
            QUORATE_ERR_INVALID_STORED => c"invalid_stored",
            QUORATE_ERR_PROPOSAL_DROPPED => c"proposal_dropped",
            QUORATE_ERR_READ_DROPPED => c"read_dropped",
            QUORATE_ERR_LOCAL_MESSAGE => c"local_message",
            QUORATE_ERR_UNKNOWN_PEER => c"unknown_peer",
            QUORATE_ERR_INVALID_MESSAGE => c"invalid_message",
            QUORATE_ERR_ALREADY_JOINT => c"already_joint",
            QUORATE_ERR_NO_VOTERS => c"no_voters",
            QUORATE_ERR_NOT_JOINT => c"not_joint",
            QUORATE_ERR_SIMPLE_IN_JOINT => c"simple_in_joint",
            QUORATE_ERR_TOO_MANY_CHANGED => c"too_many_changed",
            QUORATE_ERR_REMOVED_ALL_VOTERS => c"removed_all_voters",
            QUORATE_ERR_UNKNOWN_TICKET => c"unknown_ticket",
            QUORATE_ERR_NOT_APPLYING => c"not_applying",
            QUORATE_ERR_NOT_COMPACTABLE => c"not_compactable",
            QUORATE_ERR_USELESS_SNAPSHOT => c"useless_snapshot",
            QUORATE_ERR_CORRUPT => c"corrupt",
            QUORATE_ERR_INVALID_WIRE => c"invalid_wire",
            QUORATE_ERR_INVALID_STATE => c"invalid_state",
            QUORATE_ERR_UNKNOWN_SETTING => c"unknown_setting",
            QUORATE_ERR_INVALID_VALUE => c"invalid_value",
            QUORATE_ERR_UNKNOWN_RULE => c"unknown_rule",
            QUORATE_ERR_BROKEN_RULES_ABSENT => c"broken_rules_absent",
            QUORATE_ERR_UNKNOWN_NODE => c"unknown_node",
            QUORATE_ERR_UNKNOWN_CLIENT => c"unknown_client",
            QUORATE_ERR_NODE_DOWN => c"node_down",
            QUORATE_ERR_NODE_UP => c"node_up",
            QUORATE_ERR_CLIENT_BUSY => c"client_busy",
            QUORATE_ERR_NO_SUCH_MESSAGE => c"no_such_message",
            QUORATE_ERR_REFUSED => c"refused",
            QUORATE_ERR_CANNOT_START => c"cannot_start",
            QUORATE_ERR_INVALID_SCRIPT => c"invalid_script",
            QUORATE_ERR_NO_SUCH_MOMENT => c"no_such_moment",
            QUORATE_ERR_INVALID_QUESTION => c"invalid_question",
            QUORATE_ERR_UNKNOWN_KIND => c"unknown_kind",
            QUORATE_ERR_INVALID_LINE => c"invalid_line",
            QUORATE_ERR_UNKNOWN_LINK => c"unknown_link",
            QUORATE_ERR_UNEXPECTED_REPLY => c"unexpected_reply",
            QUORATE_ERR_UNKNOWN_SCRIPT => c"unknown_script",
            QUORATE_ERR_UNKNOWN_REQUEST => c"unknown_request",
            QUORATE_ERR_TOO_MANY_REQUESTS => c"too_many_requests",
            QUORATE_ERR_NO_SENTINEL_ANSWERS => c"no_sentinel_answers",
            QUORATE_ERR_NO_SUCH_MASTER => c"no_such_master",
            QUORATE_ERR_TOO_FEW_SENTINELS => c"too_few_sentinels",
            QUORATE_ERR_SENTINEL_REFUSED => c"sentinel_refused",
            QUORATE_ERR_NODE_UNREACHABLE => c"node_unreachable",
            QUORATE_ERR_WRONG_ROLE => c"wrong_role",
            QUORATE_ERR_NO_REPLICA => c"no_replica",
            QUORATE_ERR_TIMED_OUT => c"timed_out",
            QUORATE_ERR_DUPLICATE_REPLICA => c"duplicate_replica",
            QUORATE_ERR_UNKNOWN_REPLICA => c"unknown_replica",
            QUORATE_ERR_TOO_MANY_REPLICAS => c"too_many_replicas",
            QUORATE_ERR_NOT_REPLICATION => c"not_replication",
            QUORATE_ERR_NO_SNAPSHOT_WANTED => c"no_snapshot_wanted",
            QUORATE_ERR_NOT_SENDING => c"not_sending",
            QUORATE_ERR_STALE_ATTEMPT => c"stale_attempt",
            QUORATE_ERR_NOT_LOADING => c"not_loading",
            QUORATE_ERR_WAIT_ON_REPLICA => c"wait_on_replica",
            QUORATE_ERR_DUPLICATE_WAIT => c"duplicate_wait",
            QUORATE_ERR_UNKNOWN_WAIT => c"unknown_wait",
            QUORATE_ERR_NO_REPLICAS => c"no_replicas",
            QUORATE_ERR_READ_ONLY => c"read_only",
            QUORATE_ERR_MASTER_DOWN => c"master_down",
            QUORATE_ERR_INVALID_REPLICATION_ID => c"invalid_replication_id",
            QUORATE_ERR_DUPLICATE_WRITE => c"duplicate_write",
        }
    }

    /// The status of an error of the core, by its code. Only errors come this way, so its cost does not matter.
    pub(crate) fn of_code(code: &str) -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|status| status.name().to_bytes() == code.as_bytes())
            .unwrap_or(QUORATE_ERR_UNLISTED)
    }
}

/// The stable name of a status, in snake case, such as "need_more" or "invalid_length"; the same as the codes in the other
/// languages. "unknown_status" if there is no such status. Never NULL, valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn quorate_status_str(status: i32) -> *const c_char {
    boundary::guard(|| {
        quorate_status::ALL
            .iter()
            .find(|&&known| known as i32 == status)
            .map_or(c"unknown_status", |known| known.name())
            .as_ptr()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_complete_and_without_doubles() {
        let listed = include_str!("error.rs")
            .lines()
            .filter(|line| line.starts_with("    QUORATE_") && line.contains(" = "))
            .count();
        assert_eq!(quorate_status::ALL.len(), listed);
        for (at, a) in quorate_status::ALL.iter().enumerate() {
            for b in &quorate_status::ALL[..at] {
                assert_ne!(*a as i32, *b as i32);
                assert_ne!(a.name(), b.name());
            }
        }
    }

    #[test]
    fn every_error_of_the_core_is_listed() {
        use quorate::resp::{EncodeError as E, ErrorKind as D};
        let decoding = [
            D::UnknownType,
            D::InvalidLength,
            D::InvalidInteger,
            D::InvalidDouble,
            D::InvalidBoolean,
            D::InvalidNull,
            D::InvalidBigNumber,
            D::InvalidVerbatim,
            D::InvalidChunk,
            D::MissingTerminator,
            D::LineBreakInLine,
            D::UnexpectedEnd,
            D::OddMap,
            D::DanglingAttribute,
            D::NestedPush,
            D::DepthLimit,
            D::BulkLimit,
            D::LineLimit,
            D::ElementsLimit,
            D::ReplyLimit,
        ];
        let encoding = [
            E::LineBreak,
            E::InvalidBigNumber,
            E::NestedPush,
            E::UnexpectedEnd,
            E::OddMap,
            E::DanglingAttribute,
            E::NotInResp2,
            E::ChunkExpected,
            E::EmptyChunk,
            E::Incomplete,
            E::TooManyElements,
        ];
        let codes = decoding.iter().map(|kind| kind.code());
        for code in codes.chain(encoding.iter().map(|error| error.code())) {
            assert_ne!(quorate_status::of_code(code), QUORATE_ERR_UNLISTED, "{code}");
        }
    }

    /// As it is written where the codes are, so that a new one is missed here.
    #[test]
    fn every_code_of_machines_and_of_worlds_is_listed() {
        let sources = [
            include_str!("../../core/src/raft/error.rs"),
            include_str!("../../core/src/raft/membership.rs"),
            include_str!("../../core/src/sentinel/error.rs"),
            include_str!("../../core/src/sentinel/discovery/error.rs"),
            include_str!("../../core/src/replication/error.rs"),
            include_str!("../../simulator/src/error.rs"),
        ];
        for source in sources {
            let codes = source
                .lines()
                .filter_map(|line| line.trim().strip_suffix("\",")?.split_once("=> \""));
            let codes: Vec<_> = codes.map(|(_, code)| code).filter(|code| !code.contains(' ')).collect();
            assert!(codes.len() >= 6);
            for code in codes {
                assert_ne!(quorate_status::of_code(code), QUORATE_ERR_UNLISTED, "{code}");
            }
        }
        assert_eq!(quorate_status::of_code("invalid_wire"), QUORATE_ERR_INVALID_WIRE);
        let duplicate = quorate::replication::DuplicateWrite(1);
        assert_eq!(quorate_status::of_code(duplicate.code()), QUORATE_ERR_DUPLICATE_WRITE);
        let no_id = "".parse::<quorate::replication::ReplicationId>().unwrap_err();
        assert_eq!(
            quorate_status::of_code(no_id.code()),
            QUORATE_ERR_INVALID_REPLICATION_ID
        );
    }

    #[test]
    fn a_code_leads_back_to_its_status() {
        for &status in quorate_status::ALL {
            assert_eq!(quorate_status::of_code(status.name().to_str().unwrap()), status);
        }
        assert_eq!(quorate_status::of_code("no_such_code"), QUORATE_ERR_UNLISTED);
    }
}
