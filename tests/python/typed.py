"""Used as a typed program uses the package; `test_typing.py` has it checked, and run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, assert_type

import quorate
from quorate import replication, sentinel
from quorate.cluster import SLOTS, group_by_slot, hash_tag, key_slot, key_slots, tag_for_slot
from quorate.raft import (
    Apply,
    ConfChange,
    Config,
    ConfState,
    Dialect,
    Entry,
    Fetch,
    Forwarded,
    HardState,
    Members,
    Message,
    MessageKind,
    Node,
    Output,
    Persist,
    Proposed,
    ReadLost,
    ReadReady,
    Ready,
    ReadyNode,
    Role,
    RoleChanged,
    Send,
    Snapshot,
    Status,
    Stored,
    Trace,
    VoteResult,
)
from quorate.resp import (
    NEED_MORE,
    Attributed,
    Decoder,
    Encoder,
    Limits,
    Pairs,
    Prefix,
    ProtocolError,
    Push,
    ReplyError,
    Request,
    RequestDecoder,
    RequestLimits,
    Token,
    Value,
    Verbatim,
    encode,
    encode_command,
    encode_pipeline,
    split_inline,
)
from quorate.sentinel import discovery
from quorate.sim import SECOND, Moment, Operation, Report, Settings, World


def describe(reply: Value) -> str:
    match reply:
        case None | bool() | int() | float() | str():
            return repr(reply)
        case Push([kind, *_]):
            return f"push {kind!r}"
        case Attributed(value, attributes):
            return f"{value!r} with {len(attributes)}"
        case ReplyError(code):
            return code
        case Verbatim():
            return reply.format
        case bytes():
            return reply.decode()
        case dict() | Pairs():
            return ", ".join(str(key) for key, _ in reply.items())
        case list() | set():
            return str(len(reply))


def work(node: Node) -> list[bytes]:
    applied: list[bytes] = []
    while (output := node.poll()) is not None:
        match output:
            case Send(Message(kind, to=to)):
                assert_type(kind, MessageKind)
                assert_type(to, int)
            case Send(message):
                assert_type(message, Message)
            case Persist(ticket, hard_state, snapshot, entries):
                assert_type(hard_state, HardState | None)
                assert_type(snapshot, Snapshot | None)
                applied += (entry.encode() for entry in entries[:0])
                node.persisted(ticket)
            case Apply(entries):
                for entry in entries:
                    match entry:
                        case Entry(term, index, "normal", data):
                            assert_type((term, index, data), tuple[int, int, bytes])
                            applied.append(data)
                node.applied(entries[-1].index)
            case ReadReady(index, context):
                assert_type((index, context), tuple[int, bytes])
            case RoleChanged(role):
                assert_type(role, Role)
            case ReadLost() | Fetch() | Trace():
                pass
    return applied


def raft() -> list[bytes]:
    node = Node(Config(id=1, seed=2, pre_vote=True), Stored.group(range(1, 2)))
    assert_type(node.drain(), list[Output])
    node.campaign()
    work(node)
    assert_type(node.propose("x"), Proposed | Forwarded)
    node.propose_batch(str(number) for number in range(2))
    node.propose_conf_change(ConfChange().add_learner_node(2))
    node.step_many([Message("pre_vote", to=1, from_=2, term=1, log_term=1, index=1, entries=(Entry(1, 2) for _ in ""))])
    assert_type(node.status(), Status)
    assert_type(node.conf_state, ConfState)
    assert_type(node.term_at(1), int | None)
    assert_type(Message.decode(b"", Dialect.RAFT_RS).encode("etcd"), bytes)
    assert_type(Entry(1, 2).conf_change(), ConfChange | None)
    return work(node)


def world() -> str:
    settings: Settings = {"nodes": 3, "latency": "10ms", "loss": 0.01}
    world = World("raft", timers=True, **settings)
    assert_type(world.until("leader != none", within=SECOND), bool)
    for machine in world.view()["machines"]:
        if machine["kind"] == "raft":
            assert_type([entry["term"] for entry in machine["log"]], list[int])
        elif machine["kind"] == "server":
            assert_type(machine["offset"], int)
        elif machine["status"] is not None:
            assert_type(machine["status"]["current_epoch"], int)
    assert_type([event["what"] for event in world.events(3)], list[str])
    assert_type(world.history()[:0], list[Operation])
    assert_type(world.run(), Report)
    assert_type(world.moment(), Moment)
    assert_type(world.branch(), World)
    ready = ReadyNode(Config(id=1, seed=2), Stored.group([1])).ready()
    assert_type(ready, Ready)
    assert_type(Members(ConfState([1])).vote_result({1: True}), VoteResult)
    return world.state_hash()


def watch(one: sentinel.Sentinel) -> list[str]:
    found: list[str] = []
    for output in one.drain():
        match output:
            case sentinel.Connect(link, (host, port), kind, _):
                assert_type((link, host, port), tuple[int, str, int])
                found.append(kind)
            case sentinel.Send(link, argv):
                assert_type(argv, Sequence[bytes])
                assert_type(output.data, bytes)
            case sentinel.Persist(ticket, lines):
                found += lines
                one.persisted(ticket)
            case sentinel.Reply(client, data):
                assert_type((client, data), tuple[int, bytes])
            case sentinel.Event(kind, message, _, master):
                assert_type((kind, message, master), tuple[str, str, str | None])
            case sentinel.Close() | sentinel.RunScript() | sentinel.KillScript() | sentinel.Resolve():
                pass
            case sentinel.Exit(code):
                assert_type(code, int)
            case sentinel.Trace(kind, fields):
                assert_type((kind, *fields), tuple[str, ...])
    return found


def sentinels() -> str:
    master = sentinel.MasterConfig("m", "127.0.0.1", 6379, 2, down_after=5_000)
    one = sentinel.Sentinel(sentinel.Config(id="0" * 40, seed=1, masters=[master]), [], 0)
    one.tick(0)
    watch(one)
    one.command(1, ["PING"], 0)
    assert_type(one.status()["masters"][0]["replicas"][0:], list[sentinel.ReplicaStatus])
    assert_type(one.master_address("m"), sentinel.Address | None)
    assert_type(one.poll(), sentinel.Output | None)
    client = discovery.Discovery(discovery.Config("m", [("127.0.0.1", 26379)], stale=discovery.Stale.NEVER))
    assert_type(client.request(discovery.ReadPreference.ANY, 0), int)
    for output in client.drain():
        match output:
            case discovery.Resolved(request, link, address, _):
                assert_type((request, link, address), tuple[int, int, discovery.Address])
            case discovery.Failed(_, error):
                assert_type(error, discovery.DiscoveryFailed)
            case discovery.Invalidate(link):
                assert_type(link, int)
            case discovery.PrimaryChanged(old, new):
                assert_type((old, new), tuple[discovery.Address | None, discovery.Address])
            case discovery.Connect() | discovery.Close() | discovery.Send() | discovery.Trace():
                pass
    assert_type(client.next_tick_ms, int | None)
    assert_type(client.handed_out, list[discovery.HandedOut])
    return one.id


def replicate() -> replication.Counts:
    server = replication.Server(replication.Config(port=1, seed=2), 0)
    assert_type(server.drain(), list[replication.Output])
    assert_type(server.write(0, ["SET", b"k", "v"], 0), int)
    assert_type(server.history, replication.History)
    assert_type(server.replicas, list[replication.Replica])
    ledger = replication.Ledger()
    ledger.acknowledged(1, server=1, id=server.history.id, offset=1, now_ms=0)
    match ledger.status(1):
        case replication.Replicated(servers):
            assert_type(servers, int)
        case replication.AtRisk(risk):
            assert_type(risk, Literal["one_copy", "forked"])
        case replication.Lost(at_ms):
            assert_type(at_ms, int)
        case None:
            pass
    assert_type(ledger.losses(), list[replication.Loss])
    return ledger.counts()


def main() -> list[str]:
    decoder = Decoder(limits=Limits(max_depth=8), encoding=None, errors="strict", maps="dict", sets="list", attributes=True)
    decoder.feed(bytearray(b"+OK\r\n-ERR no\r\n>1\r\n+x\r\n%1\r\n+k\r\n:1\r\n"))
    with decoder.reserve(10) as view:
        assert_type(view, memoryview)
    decoder.commit(0)
    lines = [describe(reply) for reply in decoder.poll_all()]
    reply = decoder.poll()
    assert reply is NEED_MORE
    assert_type(decoder.buffered, int)
    assert_type(decoder.error, ProtocolError | None)
    assert_type(decoder.limits, Limits)
    assert_type(decoder.tokens(), list[Token])
    assert_type(encode_command("SET", b"k", 1, 1.5), bytes)
    assert_type(encode_pipeline([("GET", "a"), ["GET", "b"]]), bytes)
    assert_type(Prefix("GET", more=1).encode("k"), bytes)
    assert_type(Prefix("GET", more=1).fixed, tuple[bytes, ...])
    assert_type(encode({"a": [1, None]}, protocol=2), bytes)
    encoder = Encoder(protocol=3)
    encoder.big_number(2**70)
    encoder.protocol = 2
    assert_type(encoder.take(), bytes)
    requests = RequestDecoder(limits=RequestLimits(authenticated=False))
    requests.feed("GET a\r\n")
    for request in requests:
        assert_type(request, Request)
        assert_type(request.offset, int)
    requests.authenticated = True
    assert_type(split_inline("a b"), list[bytes])
    assert_type(SLOTS, int)
    assert_type(key_slot("a"), int)
    assert_type(key_slots(["a", b"b"]), list[int])
    assert_type(group_by_slot(["a"]), dict[int, list[int]])
    assert_type(hash_tag("a"), bytes)
    assert_type(tag_for_slot(1), str)
    assert_type(quorate.Error().code, str)
    assert_type(quorate.__version__, str)
    lines.append(repr(raft()[0]))
    assert len(world()) == 16
    assert len(sentinels()) == 40
    assert replicate().acknowledged == 1
    return lines


if __name__ == "__main__":
    print(main())
