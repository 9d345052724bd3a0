/** What a Raft node and its codec refuse, and why. */
import { QuorateError } from "../error.js";
import type { NodeId } from "./types.js";

/** The base of every error of a Raft node. The node is as it was before the call, but for {@link Corrupt}. */
export class RaftError extends QuorateError {}

/** A setting of a `Config` is outside its range. `code` is `invalid_config`. */
export class ConfigError extends RaftError {}

/** What was stored does not fit together. `code` is `invalid_stored`. */
export class StoredError extends RaftError {}

/** A proposal was refused. It may be made again, perhaps elsewhere. `code` is `proposal_dropped`. */
export class ProposalDropped extends RaftError {
  /** Why. */
  declare readonly reason: "no_leader" | "not_forwarded" | "removed" | "transferring" | "uncommitted_limit" | "empty";
  /** Who leads (`not_forwarded`) or is to lead (`transferring`); 0 otherwise. */
  declare readonly nodeId: NodeId;
}

/** A read was refused, for nobody leads. Ask again later. `code` is `read_dropped`. */
export class ReadDropped extends RaftError {}

/** A message of a kind that no member sends came in as one. `code` is `local_message`. */
export class LocalMessage extends RaftError {
  /** The message's kind. */
  declare readonly messageKind: string;
}

/** An answer came from somebody who is no member. `code` is `unknown_peer`. */
export class UnknownPeer extends RaftError {
  /** Who it is from. */
  declare readonly nodeId: NodeId;
}

/** A message lacks what its kind must have. `code` is `invalid_message`. */
export class InvalidMessage extends RaftError {
  /** The message's kind. */
  declare readonly messageKind: string;
}

/**
 * A change of membership cannot be applied. The membership is as it was.
 *
 * `code` is one of `already_joint`, `no_voters`, `not_joint`, `simple_in_joint`, `too_many_changed`, `removed_all_voters`.
 */
export class MembershipError extends RaftError {}

/** A ticket was never given out, or was answered already. `code` is `unknown_ticket`. */
export class UnknownTicket extends RaftError {
  /** The ticket. */
  declare readonly ticket: number;
}

/** An index was not handed out to be applied, or its turn is over. `code` is `not_applying`. */
export class NotApplying extends RaftError {
  /** What was said to be applied. */
  declare readonly index: number;
  /** The least that can be. */
  declare readonly first: number;
  /** The most that can be. */
  declare readonly last: number;
}

/** An index cannot be compacted: it is not applied, not durable, or compacted already. `code` is `not_compactable`. */
export class NotCompactable extends RaftError {
  /** The index. */
  declare readonly index: number;
}

/** A snapshot is older than the last, or newer than what is applied. `code` is `useless_snapshot`. */
export class UselessSnapshot extends RaftError {
  /** The last entry that it covers. */
  declare readonly index: number;
}

/**
 * Something came in that contradicts what is committed: a disk was lost, two nodes have one name, or a peer is broken. `code` is
 * `corrupt`.
 *
 * The node takes no further input: every call that would change it throws this. It must be rebuilt under another name.
 */
export class Corrupt extends RaftError {
  /** What cannot be. */
  declare readonly index: number;
  /** How far the log is committed. */
  declare readonly committed: number;
  /** Where it ends. */
  declare readonly last: number;
}

/** Bytes are not the state of such a node, or not of this version of the package. `code` is `invalid_state`. */
export class StateError extends RaftError {
  /** Where. */
  declare readonly offset: number;
  /** What should stand there. */
  declare readonly expected: string;
}

/** Bytes are not the protocol buffer that they should be. `code` is `invalid_wire`. */
export class WireError extends RaftError {
  /** Where, counted from the start of the message or of the part of it that is wrong. */
  declare readonly offset: number;
  /** What should stand there. */
  declare readonly expected: string;
}

// The names are said as text, so that they survive a minifier.
for (const [type, name] of [
  [RaftError, "RaftError"],
  [ConfigError, "ConfigError"],
  [StoredError, "StoredError"],
  [ProposalDropped, "ProposalDropped"],
  [ReadDropped, "ReadDropped"],
  [LocalMessage, "LocalMessage"],
  [UnknownPeer, "UnknownPeer"],
  [InvalidMessage, "InvalidMessage"],
  [MembershipError, "MembershipError"],
  [UnknownTicket, "UnknownTicket"],
  [NotApplying, "NotApplying"],
  [NotCompactable, "NotCompactable"],
  [UselessSnapshot, "UselessSnapshot"],
  [Corrupt, "Corrupt"],
  [StateError, "StateError"],
  [WireError, "WireError"],
] as const) {
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
}

const TYPES: { readonly [code: string]: typeof RaftError } = {
  invalid_config: ConfigError,
  invalid_stored: StoredError,
  proposal_dropped: ProposalDropped,
  read_dropped: ReadDropped,
  local_message: LocalMessage,
  unknown_peer: UnknownPeer,
  invalid_message: InvalidMessage,
  unknown_ticket: UnknownTicket,
  not_applying: NotApplying,
  not_compactable: NotCompactable,
  useless_snapshot: UselessSnapshot,
  corrupt: Corrupt,
  invalid_state: StateError,
  invalid_wire: WireError,
};

/** The error of that code; every other code is one of a {@link MembershipError}. */
export function errorOf(code: string, message: string, details: object): RaftError {
  return Object.assign(new (TYPES[code] ?? MembershipError)(code, message), details);
}
