// What a careful application writes about sentinels and replication: every type, at the strictest.
import { Discovery, LineError, ProtocolError, ReplyError, Sentinel, SentinelError } from "quorate/sentinel";
import type {
  Address, AddressInit, ClientReply, Config, DiscoveryConfig, DiscoveryOutput, DiscoveryTrace, DownReason, Failure, FailureReason, FailoverState,
  HandedOut, InstanceStatus, MasterConfig, MasterStatus, Output, ReadPreference, ReplicaRefusal, ReplicaStatus, Reply, ScriptExit, SentinelStatus,
  Status, Timing, Trace, TracedFailure, Word,
} from "quorate/sentinel";
import * as slim from "quorate/sentinel/slim";
import { Ledger, Refused, ReplicationError, Server, frameSnapshot } from "quorate/replication";
import type * as replication from "quorate/replication";
import * as replicationSlim from "quorate/replication/slim";
import { encodeCommand } from "quorate/resp";
import * as sim from "quorate/sim";

const master: MasterConfig = { name: "m", host: "127.0.0.1", port: 6379, quorum: 2, downAfter: undefined, renamedCommands: { CONFIG: "x" } };
const timing: Timing = { ping: 500 };
const config: Config = { id: "0".repeat(40), seed: 2n ** 63n, masters: new Set([master]), timing, announceIp: null, profile: "strict" };
const sentinel = new Sentinel(config, ["sentinel myid x"], 0);

/** Every output, taken apart: nothing is left at the end. */
export function perform(output: Output): string | Uint8Array {
  switch (output.kind) {
    case "connect":
      return `${output.host}:${output.port + 1} ${output.purpose} ${output.instance} ${output.address.ip}`;
    case "close":
      return `${output.link + 1}`;
    case "send":
      return encodeCommand(...output.argv);
    case "persist":
      sentinel.persisted(output.ticket);
      return output.lines.join("\n");
    case "reply":
      return output.bytes;
    case "event":
      return `${output.name} ${output.message} ${output.level} ${output.master ?? ""}`;
    case "run_script":
      return [output.path, ...output.args].join(" ");
    case "kill_script":
      return `${output.script}`;
    case "resolve":
      return output.host;
    case "exit":
      return `${output.code + 1}`;
    case "trace":
      return explain(output.trace);
  }
  const nothing: never = output;
  return nothing;
}

function explain(trace: Trace): string {
  switch (trace.event) {
    case "votes_counted":
      return trace.votes.map(([id, votes]) => `${id} ${votes + 1}`).join();
    case "replica_passed_over":
      return typeof trace.reason === "string" ? trace.reason : `${trace.reason.kind} ${trace.reason.limit + 1}`;
    case "down":
      return `${trace.reason.elapsed + trace.reason.limit}`;
    default:
      return trace.event;
  }
}

const preference: ReadPreference = "replica_or_primary";
const discoveryConfig: DiscoveryConfig = { name: "m", sentinels: [{ host: "::1", port: 1 }], giveUpAfterMs: null, weights: [[{ host: "x", port: 2 }, 3]] };
const discovery = new Discovery(discoveryConfig);
const request: number = discovery.request(preference, 0);

export function look(output: DiscoveryOutput): string {
  switch (output.kind) {
    case "connect":
      return output.purpose === "node" ? output.host : `${output.port}`;
    case "close":
    case "send":
      return `${output.link}`;
    case "resolved":
      return `${output.request === request} ${output.role} ${output.address.port}`;
    case "failed":
      return output.failure.code === "no_such_master" ? `${output.failure.name} ${output.failure.tried + 1}` : output.failure.text;
    case "invalidate":
      return output.reason;
    case "primary_changed":
      return `${output.from?.port} ${output.to.port}`;
    case "trace":
      return output.trace.event;
  }
  const nothing: never = output;
  return nothing;
}

const status: Status = sentinel.status();
const since: number | null | undefined = status.masters[0]?.sentinels[0]?.lastHello;
const state: FailoverState | undefined = status.masters[0]?.failoverState;
const exit: ScriptExit = { signal: 9 };
sentinel.scriptFinished(1, exit, 0);
sentinel.reply(1, new Map<Reply, Reply>([["a", [1, null]]]), 0);
sentinel.received(1, new Uint8Array(1), 0);
const address: Address | undefined = sentinel.masterAddress("m");
const copies: [Sentinel, Discovery] = [Sentinel.fromState(sentinel.state()), discovery.clone()];
copies[0][Symbol.dispose]();
const hash: bigint = sentinel.stateHash() + discovery.stateHash();
const next: number | undefined = discovery.nextTickMs;
const handed: HandedOut[] = discovery.handedOut();

try {
  new Sentinel(config);
} catch (error) {
  if (error instanceof LineError) console.log(error.line + 1, error.text, error.reason, error.code);
  else if (error instanceof ProtocolError) console.log(error.offset);
}

const settings: replication.Config = { port: 6379, announceIp: null, seed: 1n };
const server = new Server(settings, 0);
export function work(output: replication.Output): string | Uint8Array {
  switch (output.kind) {
    case "send":
    case "send_to_primary":
    case "snapshot_bytes":
      return output.bytes;
    case "send_snapshot":
      return frameSnapshot(output.mark, new Uint8Array(1));
    case "apply":
      return encodeCommand(...output.argv);
    case "history_changed":
      new Ledger().changed(1, output.history, output.cause, 0);
      return output.history.second?.id ?? "";
    case "trace":
      return output.trace.event === "psync_decided" && output.trace.resync.kind === "full" ? JSON.stringify(output.trace.resync.reason) : "";
    case "connect":
      return `${output.host} ${output.attempt + output.port}`;
    case "close":
    case "take_snapshot":
    case "disconnect":
    case "snapshot_begins":
    case "load_snapshot":
    case "snapshot_aborted":
    case "waited":
    case "wait_broken":
    case "link_changed":
      return output.kind;
  }
  const nothing: never = output;
  return nothing;
}
const refusal: Refused | undefined = server.check("write");
const offset: number = server.write(["SET", new Uint8Array(1)], 0, 3);
const restored: Server = Server.restore({}, server.history(), { host: "x", port: 1 }, 0);
const ledger = new Ledger();
ledger.acknowledged(1, 2, "a".repeat(40), offset, 0);
const stands: replication.WriteStatus | undefined = ledger.status(1);
if (stands?.kind === "lost") console.log(stands.at + 1);
else if (stands?.kind === "at_risk") console.log(stands.risk);
slim.initSync(new Uint8Array(0));
const loaded: Promise<void> = replicationSlim.init("sentinel.wasm");

const world = new sim.World("sentinel", { servers: 3, sentinels: 3, downAfter: "1s" });
for (const machine of world.view().machines) {
  if (machine.kind === "sentinel") console.log(machine.status?.masters[0]?.agree);
  else if (machine.kind === "server") console.log(machine.offset + 1, machine.writes[0]?.status);
  else console.log(machine.term);
}
const kind: sim.Kind = world.view().kind;

// @ts-expect-error: only some outputs have a ticket
sentinel.drain()[0]?.ticket;
// @ts-expect-error: a master has a quorum
new Sentinel({ ...config, masters: [{ name: "m", host: "x", port: 1 }] });
// @ts-expect-error: there is no such preference
discovery.request("nearest", 0);
// @ts-expect-error: a setting of another kind of world
new sim.World("sentinel", { electionTicks: 3 });
// @ts-expect-error: there is no such cause
ledger.changed(1, server.history(), "forgotten", 0);

export const errors: (typeof SentinelError | typeof ReplicationError | typeof ReplyError)[] = [SentinelError, ReplicationError, ReplyError];
export type Rest = [
  AddressInit, ClientReply, DiscoveryTrace, DownReason, Failure, FailureReason, InstanceStatus, MasterStatus, ReplicaRefusal, ReplicaStatus,
  SentinelStatus, TracedFailure, Word, replication.Counts, replication.Discarded, replication.FullReason, replication.LinkState, replication.Loss,
  replication.Replica, replication.Resync, replication.ServerStatus, replication.Stored, replication.Trace, sim.CommonSettings, sim.RaftSettings,
  sim.SentinelSettings, sim.ServerView, sim.SentinelView,
];
export { address, handed, hash, kind, loaded, next, refusal, restored, since, state };
