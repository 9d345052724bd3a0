/** Who is a member, and how a quorum of them agrees, without a node. */
import { ask, call, left, packed, send } from "./call.js";
import { checkMap, putConfChange, putConfState, putFlag, putList, putNumber, putPairs, putWide, readConfState } from "./codec.js";
import { checkId, idOf } from "./node.js";
import type { ConfChangeInit, ConfState, ConfStateInit, NodeId } from "./types.js";
import { raw, toInbox } from "./wasm.js";

/** How a vote stands: it depends on votes that did not come yet, a quorum can no longer agree, or a quorum agreed. */
export type VoteResult = "pending" | "lost" | "won";
const VOTE_RESULTS: readonly VoteResult[] = ["pending", "lost", "won"];

/**
 * Who is a member, and how a quorum of them agrees. A value: a change makes a new one.
 *
 * A `Node` has its own; this is for those who want to know what would become of a change, or how a vote would end.
 *
 * ```js
 * const members = new Members({ voters: [1, 2, 3] });
 * members.committed(new Map([[1, 7], [2, 5], [3, 4]])); // 5
 * members.voteResult(new Map([[1, true], [2, false]])); // "pending"
 * const joint = members.changed({ changes: [{ kind: "add_node", nodeId: 4 }, { kind: "remove_node", nodeId: 1 }] });
 * String(joint); // "voters=(2 3 4)&&(1 2 3) autoleave"
 * ```
 */
export class Members {
  /** The members, as snapshots have them, in order. */
  readonly confState: ConfState;

  /** @throws {MembershipError} if nobody among the members votes. */
  constructor(members: ConfStateInit = {}) {
    send(() => putConfState(members, "members"), raw.members_checked);
    this.confState = left(readConfState);
  }

  /** Whether the configuration is joint: both halves of it must agree. */
  get isJoint(): boolean {
    return this.confState.votersOutgoing.length > 0;
  }

  /** Everyone who votes in either half, in order. */
  get voters(): NodeId[] {
    const { voters, votersOutgoing } = this.confState;
    return [...new Set([...voters, ...votersOutgoing])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }

  /** Whether `id` votes in either half. */
  isVoter(id: NodeId): boolean {
    return this.voters.includes(idOf(checkId(id, "id")));
  }

  /**
   * The largest index that a quorum has, where `matched` says which each voter has; who is not in it has none. `Infinity` where
   * nobody votes.
   */
  committed(matched: ReadonlyMap<NodeId, number>): number {
    const inbox = this.#with(() => putPairs(matched, "matched", putNumber));
    return indexOf(ask(() => raw.members_committed(toInbox(inbox))));
  }

  /**
   * As {@link committed}, but an index counts only once voters of two `groups` have it (`groupCommit` in the config); 0 and who is
   * not in it belong to none. Says also whether there were two.
   */
  groupCommitted(matched: ReadonlyMap<NodeId, number>, groups: ReadonlyMap<NodeId, number>): { readonly index: number; readonly grouped: boolean } {
    checkMap(groups, "groups");
    const inbox = this.#with(() => {
      checkMap(matched, "matched");
      const ids = new Set([...matched.keys(), ...groups.keys()]);
      putList(ids, "matched", (id, what) => {
        putWide(id, what);
        putNumber(matched.get(id), what);
        putNumber(groups.get(id), "groups");
      });
    });
    ask(() => raw.members_group_committed(toInbox(inbox)));
    return left((reader) => ({ index: indexOf(BigInt(reader.wide())), grouped: reader.flag() }));
  }

  /** How a vote stands, where `votes` says who granted it and who refused; who is not in it did not vote yet. */
  voteResult(votes: ReadonlyMap<NodeId, boolean>): VoteResult {
    const inbox = this.#with(() => putPairs(votes, "votes", putFlag));
    return VOTE_RESULTS[ask(() => raw.members_vote_result(toInbox(inbox)))]!;
  }

  /**
   * Who is a member after that change, or in the midst of it.
   *
   * @throws {MembershipError} where it cannot be.
   */
  changed(change: ConfChangeInit): Members {
    const inbox = this.#with(() => putConfChange(change, "change"));
    call(() => raw.members_changed(toInbox(inbox)));
    return new Members(left(readConfState));
  }

  /** As etcd prints it. */
  toString(): string {
    const inbox = this.#with(() => {});
    return ask(() => raw.members_text(toInbox(inbox)));
  }

  #with(put: () => void): Uint8Array {
    return packed(() => {
      putConfState(this.confState, "members");
      put();
    });
  }
}

/** Without voters it is the largest that there is. */
function indexOf(index: bigint): number {
  return index === 2n ** 64n - 1n ? Infinity : Number(index);
}
