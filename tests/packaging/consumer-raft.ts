// What a TypeScript user of the Raft node and of simulated worlds writes, with every name. It is only compiled.
import {
  APPEND_THREAD,
  APPLY_THREAD,
  type Apply,
  ArgumentError,
  ConfChange,
  type ConfChangeInit,
  type ConfChangeKind,
  type ConfChangeRefusal,
  type ConfChangeSingle,
  type ConfChangeTransition,
  ConfChangeV1,
  type ConfChangeV1Init,
  type ConfState,
  type ConfStateInit,
  type Config,
  ConfigError,
  Corrupt,
  type Data,
  type Dialect,
  type Dropped,
  Entry,
  type EntryId,
  type EntryInit,
  type EntryKind,
  type Fetch,
  type Forwarded,
  FreedError,
  HardState,
  InternalError,
  InvalidMessage,
  LocalMessage,
  type LogSummary,
  Members,
  MembershipError,
  Message,
  type MessageInit,
  type MessageKind,
  NONE,
  Node,
  type NodeId,
  NotApplying,
  NotCompactable,
  NotInitializedError,
  type Output,
  type Persist,
  type Progress,
  type ProgressState,
  ProposalDropped,
  type ProposalResult,
  type Proposed,
  QuorateError,
  RaftError,
  ReadDropped,
  type ReadLost,
  type ReadOnly,
  type ReadReady,
  type ReadState,
  type Ready,
  ReadyNode,
  type Role,
  type RoleChanged,
  type Send,
  Snapshot,
  type SnapshotInit,
  type SoftState,
  StateError,
  type Status,
  Stored,
  StoredError,
  type Trace,
  type Traced,
  type TracedMembership,
  type TracedProgress,
  UnknownPeer,
  UnknownTicket,
  UselessSnapshot,
  type VoteRefusal,
  type VoteResult,
  WireError,
} from "quorate/raft";
import * as raftSlim from "quorate/raft/slim";
import * as sim from "quorate/sim";
import * as simSlim from "quorate/sim/slim";

const config: Config = { id: 2n ** 63n, seed: 1, readOnly: "lease_based", checkQuorum: true, preVote: undefined };
const node = new Node(config, Stored.group([1, 2n, 3]));
const stored: Stored = { hardState: { term: 1 }, confState: { voters: [1] }, snapshot: undefined, entries: new Set<EntryInit>([{ term: 1, index: 2 }]), applied: 1 };

/** Every output, taken apart: nothing is left at the end. */
export function perform(output: Output): string {
  switch (output.kind) {
    case "send":
      return `${output.message.kind} ${Message.encode(output.message).length}`;
    case "persist":
      node.persisted(output.ticket);
      return `${output.hardState?.term} ${output.snapshot?.index} ${output.entries.length} ${output.mustSync}`;
    case "apply":
      for (const entry of output.entries) {
        const change: ConfChange | undefined = Entry.confChange(entry);
        if (change !== undefined) node.applyConfChange(change);
      }
      return `${output.entries.at(-1)?.index}`;
    case "read_ready":
      return `${output.index} ${output.context.length}`;
    case "read_lost":
      return `${output.context.length}`;
    case "role_changed":
      return `${output.role} ${output.lead} ${output.term}`;
    case "fetch":
      return `${output.to} ${output.previous + output.end}`;
    case "trace":
      return explain(output.trace);
  }
  const nothing: never = output;
  return nothing;
}

function explain(trace: Trace): string {
  switch (trace.event) {
    case "vote_refused":
      return `${trace.reason} ${trace.to} ${trace.candidate.index}`;
    case "proposal_dropped":
      return typeof trace.reason === "string" ? trace.reason : trace.reason.kind;
    case "conf_change_ignored":
      return typeof trace.reason === "string" ? trace.reason : `${trace.reason.index}`;
    case "progress_advanced":
      return `${trace.progress.matched}`;
    case "quorum_lost":
      return trace.event;
    default:
      return trace.event;
  }
}

const outputs: Output[] = node.drain();
const next: Output | undefined = node.poll();
const proposed: ProposalResult = node.propose("x");
const place: number | NodeId = proposed.kind === "proposed" ? proposed.index + proposed.term : proposed.lead;
node.proposeBatch(["a", new Uint8Array(1)]);
node.proposeConfChange(ConfChange.addNode(4));
const init: ConfChangeInit = { changes: [{ kind: "remove_node", nodeId: 1n }], transition: "joint_explicit", context: "why" };
const state: ConfState = node.applyConfChange(init);
node.step({ kind: "heartbeat", to: 1, from: 2, term: 3 });
node.stepMany([Message.decode(new Uint8Array(0), "raft_rs")]);
node.reportSnapshot(2, { ok: true });
node.snapshotTaken({ index: 1, term: 1, confState: state });
node.entriesFetched(2, stored.entries ?? []);
node.assignCommitGroups(new Map<NodeId, number>([[1, 2], [2n, 3]]));
const status: Status = node.status();
const progress: Progress | undefined = status.progress.get(1);
const role: Role = node.role;
const hash: bigint = node.stateHash();
const copy: Node = node.clone();
copy[Symbol.dispose]();
const moved: Node = Node.fromState(node.state());

const etcd = new ReadyNode(config, {}, { asyncStorage: true });
const ready: Ready = etcd.ready();
const term: number | undefined = ready.hardState?.term;
for (const { to, responses } of ready.messages) if (to === APPEND_THREAD || to === APPLY_THREAD) for (const response of responses) etcd.step(response);
const traces: Trace[] = etcd.traces();

const members = new Members({ voters: [1, 2] });
const committed: number = members.changed(init).committed(new Map([[1, 5]]));
const result: VoteResult = members.voteResult(new Map([[1, true]]));

try {
  node.propose("x");
} catch (error) {
  if (error instanceof ProposalDropped && error.reason === "not_forwarded") console.log(error.nodeId, error.code);
  else if (error instanceof NotApplying) console.log(error.first + error.last);
  else if (error instanceof WireError) console.log(error.offset + 1, error.expected);
}

const world = new sim.World("raft", { nodes: 3, latency: "10ms", loss: 0.1, prevote: true });
const report: sim.Report = sim.World.fromScript("raft").run();
const view: sim.View = world.view();
for (const machine of view.machines) if (machine.kind === "raft" && machine.up) console.log(machine.term + 1, machine.log.length, machine.values["x"]);
for (const event of world.events()) {
  if (event.what === "delivered") console.log(event.sent - event.at, event.text);
  else if (event.what === "lost") console.log(event.why, event.message);
}
const held: boolean = world.until("leader != none", sim.SECOND);
const moment: sim.Moment = world.moment();
world.seekMoment(moment);
world.branch()[Symbol.dispose]();
simSlim.initSync(new Uint8Array(0));
const loaded: Promise<void>[] = [raftSlim.init("raft.wasm"), simSlim.init(new URL("https://example.org/sim.wasm"))];

// @ts-expect-error: there is no such kind of message
node.step({ kind: "append" });
// @ts-expect-error: a config has an id
new Node({ seed: 1 }, {});
// @ts-expect-error: a setting is spelled otherwise
new sim.World("raft", { node: 3 });
// @ts-expect-error: only some outputs have a ticket
outputs[0]?.ticket;

export const errors: (typeof RaftError)[] = [
  ConfigError, Corrupt, InvalidMessage, LocalMessage, MembershipError, NotCompactable, ReadDropped, StateError, StoredError, UnknownPeer,
  UnknownTicket, UselessSnapshot,
];
export const others: (typeof QuorateError)[] = [FreedError, InternalError, NotInitializedError, sim.SimError];
export type Rest = [
  Apply, ConfChangeKind, ConfChangeRefusal, ConfChangeSingle, ConfChangeTransition, ConfChangeV1Init, ConfStateInit, Data, Dialect,
  Dropped, EntryId, EntryKind, Fetch, Forwarded, LogSummary, MessageInit, MessageKind, Persist, ProgressState, Proposed, ReadLost,
  ReadOnly, ReadReady, ReadState, RoleChanged, Send, SnapshotInit, SoftState, Traced, TracedMembership, TracedProgress, VoteRefusal,
  sim.ClientView, sim.Duration, sim.EntryView, sim.Failure, sim.InFlight, sim.Link, sim.MachineView, sim.MembersView, sim.Operation,
  sim.ProgressView, sim.RaftView, sim.RuleView, sim.Settings, sim.Share, sim.Slow, sim.Violation, sim.VoteView, sim.WriteView,
];
export { ArgumentError, ConfChangeV1, HardState, NONE, Snapshot, committed, hash, held, loaded, moved, next, outputs, place, progress, report, result, role, term, traces };
