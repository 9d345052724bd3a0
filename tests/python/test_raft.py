"""Raft: groups in one process that elect, replicate, read, change their members, fail and come back."""

from __future__ import annotations

import contextlib
import copy
import pickle
import random
from dataclasses import replace

import pytest
from quorate import Error, raft
from quorate.raft import (
    Apply,
    ConfChange,
    ConfChangeKind,
    ConfChangeSingle,
    ConfChangeTransition,
    ConfChangeV1,
    Config,
    ConfState,
    Entry,
    EntryId,
    EntryKind,
    Forwarded,
    HardState,
    Members,
    Message,
    MessageKind,
    Node,
    Persist,
    ProgressState,
    ProposalDropped,
    Proposed,
    ReadLost,
    ReadOnly,
    ReadReady,
    Ready,
    ReadyNode,
    Role,
    RoleChanged,
    Snapshot,
    SoftState,
    Stored,
)
from raft_group import Group


def alone(**settings: object) -> Node:
    """A group of one that leads."""
    node = Node(Config(id=1, seed=1, **settings), Stored.group([1]))  # type: ignore[arg-type]
    node.campaign()
    settle(node)
    return node


def settle(node: Node) -> list[raft.Output]:
    """Does what a node says that has nobody to talk to."""
    done = []
    while (output := node.poll()) is not None:
        done.append(output)
        match output:
            case Persist(ticket):
                node.persisted(ticket)
            case Apply(entries):
                node.applied(entries[-1].index)
    return done


# ---- groups


@pytest.mark.parametrize("by_one", [True, False], ids=["poll", "drain"])
def test_a_group_elects_replicates_and_elects_again(by_one: bool) -> None:
    group = Group(by_one=by_one)
    group.tick(25)
    first = group.leader()
    assert {member.node.lead for member in group.members.values()} == {first.id}
    assert isinstance(first.propose("a"), Proposed)
    assert first.propose_batch([b"b", bytearray(b"c"), "d"]).index == first.last.index  # type: ignore[union-attr]
    group.run()
    assert [member.state for member in group.members.values()] == [[b"a", b"b", b"c", b"d"]] * 3

    group.cut.add(first.id)
    group.tick(45)
    second = group.leader()
    assert second.id != first.id
    assert second.hard_state.term > first.hard_state.term
    first.propose("lost")
    second.propose("kept")
    group.run()
    group.cut.clear()
    group.tick(3)
    assert first.role is Role.FOLLOWER
    assert first.lead == second.id
    assert [member.state[4:] for member in group.members.values()] == [[b"kept"]] * 3
    last = group[first.id].roles[-1]
    assert last == RoleChanged(Role.FOLLOWER, second.id, second.hard_state.term)


def test_a_follower_forwards() -> None:
    group = Group()
    group.elect(1)
    assert group[2].node.propose("from 2") == Forwarded(1)
    group.run()
    assert group[3].state == [b"from 2"]


def test_proposals_are_dropped() -> None:
    node = Node(Config(id=1, seed=1), Stored.group([1, 2]))
    with pytest.raises(ProposalDropped) as caught:
        node.propose("a")
    assert (caught.value.code, caught.value.reason, caught.value.node_id) == ("proposal_dropped", "no_leader", 0)
    with pytest.raises(ProposalDropped) as caught:
        node.propose_batch([])
    assert caught.value.reason == "empty"
    with pytest.raises(raft.ReadDropped):
        node.read_index("r")

    group = Group(disable_proposal_forwarding=True, max_uncommitted_size=10)
    leader = group.elect(1)
    with pytest.raises(ProposalDropped) as caught:
        group[2].node.propose("a")
    assert (caught.value.reason, caught.value.node_id) == ("not_forwarded", 1)
    leader.propose("x" * 10)
    with pytest.raises(ProposalDropped) as caught:
        leader.propose("x")
    assert caught.value.reason == "uncommitted_limit"
    group.run()
    leader.transfer_leader(3)
    with pytest.raises(ProposalDropped) as caught:
        leader.propose("x")
    assert (caught.value.reason, caught.value.node_id) == ("transferring", 3)
    group.run()
    assert group.leader().id == 3


@pytest.mark.parametrize("mode", ["safe", ReadOnly.LEASE_BASED])
def test_reads(mode: ReadOnly) -> None:
    group = Group(read_only=mode, check_quorum=True)
    leader = group.elect(1)
    leader.propose("a")
    group.run()
    leader.read_index("mine")
    group[2].node.read_index(b"\x00other")
    group.run()
    assert group[1].reads == [ReadReady(3, b"mine")]
    assert group[2].reads == [ReadReady(3, b"\x00other")]
    assert group[3].reads == []


def test_a_read_is_lost_with_leadership() -> None:
    group = Group()
    leader = group.elect(1)
    group.cut.add(1)
    leader.read_index("r")
    group.run()
    assert group[1].reads == []
    group.elect(2)
    group.cut.clear()
    group.tick()
    assert group[1].reads == [ReadLost(b"r")]


def test_restart_of_what_was_persisted() -> None:
    group = Group()
    leader = group.elect(1)
    for number in range(10):
        leader.propose(f"{number}")
        group.run()
    before = group[2].node.hard_state
    for member in group.members.values():
        member.restart()
    assert group[2].node.hard_state == before
    assert group[2].node.last == EntryId(2, 12)
    assert group[2].node.status().log.applied == 12
    group.elect(2).propose("after")
    group.run()
    assert [member.state[10:] for member in group.members.values()] == [[b"after"]] * 3


def test_members_change_through_a_joint_configuration() -> None:
    group = Group()
    leader = group.elect(1)
    group.add(4)
    group.add(5)
    change = ConfChange(transition=ConfChangeTransition.JOINT_EXPLICIT).add_node(4).add_learner_node(5).remove_node(3)
    assert isinstance(leader.propose_conf_change(change), Proposed)
    group.run()
    joint = ConfState([1, 2, 4], [5], [1, 2, 3])
    assert leader.conf_state == joint
    assert leader.status().progress.keys() == {1, 2, 3, 4, 5}
    assert leader.status().progress[5].is_learner
    with pytest.raises(raft.MembershipError) as caught:
        leader.apply_conf_change(ConfChange().add_node(6))
    assert caught.value.code == "simple_in_joint"

    group.cut = {3, 2}  # Of the outgoing half, one is left.
    leader.propose("waits")
    group.run()
    assert b"waits" not in group[1].state
    group.cut.clear()
    group.tick(2)
    assert group[4].state == group[5].state == [b"waits"]

    leader.propose_conf_change(ConfChange.leave_joint())
    group.run()
    assert leader.conf_state == ConfState((1, 2, 4), (5,)) == group[5].node.conf_state
    assert group[4].stored.conf_state == leader.conf_state
    group[4].restart()
    group.elect(4)


def test_a_change_that_is_left_by_itself() -> None:
    group = Group()
    leader = group.elect(1)
    leader.propose_conf_change(ConfChange().remove_node(2).remove_node(3))
    group.run()
    assert leader.conf_state == ConfState([1])


@pytest.mark.parametrize("compacted", [False, True], ids=["taken for it", "the latest"])
def test_a_new_member_starts_from_a_snapshot(compacted: bool) -> None:
    group = Group()
    leader = group.elect(1)
    leader.propose("a")
    group.run()
    group.add(4)
    leader.propose_conf_change(ConfChange().add_learner_node(4))
    group.cut.add(4)
    group.run()
    if compacted:
        group[1].compact()
    group.cut.clear()
    group.tick(2)
    leader.report_snapshot(4, ok=True)
    group.tick(2)
    assert group[4].state == [b"a"]
    assert [(fetch.to, fetch.previous, fetch.end) for fetch in group[1].fetches] == ([] if compacted else [(4, 0, 2)])
    assert group[4].node.conf_state == ConfState([1, 2, 3], [4])


def test_a_snapshot_for_a_member_that_lags() -> None:
    group = Group()
    leader = group.elect(1)
    group.cut.add(3)
    for number in range(20):
        leader.propose(f"{number}")
    group.run()
    snapshot = group[1].compact()
    assert (snapshot.index, snapshot.conf_state) == (22, ConfState([1, 2, 3]))
    assert leader.status().first_index == 23
    assert leader.entries(1, 30) == []
    leader.propose("later")
    group.run()
    group.cut.clear()
    # It is heard of, the snapshot leaves, and nothing else until it is known what became of it.
    group.tick(2)
    assert group[3].state[:20] == group[1].state[:20]
    assert leader.status().progress[3].state in (ProgressState.REPLICATE, ProgressState.PROBE)
    leader.report_snapshot(3, ok=True)
    group.tick(2)
    assert group[3].state == group[1].state
    assert group[3].stored.snapshot == snapshot
    group[3].restart()
    assert group[3].node.status().first_index == 23

    with pytest.raises(raft.UselessSnapshot):
        leader.snapshot_taken(replace(snapshot, index=5))
    with pytest.raises(raft.NotCompactable):
        leader.compact(1000)


def test_entries_are_fetched_from_outside_the_window() -> None:
    group = Group()
    leader = group.elect(1)
    group.cut.add(3)
    for number in range(5):
        leader.propose(f"{number}")
        group.run()
    everything = group[1].stored.entries
    leader.compact(6)  # Without a snapshot.
    group.cut.clear()
    group.tick(2)
    fetch = group[1].fetches[0]
    assert (fetch.to, fetch.previous, fetch.end) == (3, 2, 7)
    with pytest.raises(raft.InvalidMessage):
        leader.entries_fetched(3, [everything[0], everything[2]])
    leader.entries_fetched(3, (entry for entry in everything if entry.index >= fetch.previous))
    group.tick(2)
    assert group[3].state == group[1].state


def test_requests_reports_and_hints() -> None:
    group = Group(group_commit=True)
    leader = group.elect(1)
    leader.propose("a")
    group.run()
    leader.assign_commit_groups({1: 1, 2: 2, 99: 1})
    assert [leader.status().progress[id].commit_group for id in (1, 2, 3)] == [1, 2, 0]
    leader.report_unreachable(2)
    assert leader.status().progress[2].state is ProgressState.PROBE
    group[3].node.forget_leader()
    assert group[3].node.lead == raft.NONE
    group[3].node.set_election_timeout(17)
    assert group[3].node.status().election_timeout == 17
    group[2].node.request_snapshot()
    assert group[2].work()[0].request_snapshot > 0


def test_status() -> None:
    group = Group()
    leader = group.elect(2)
    leader.propose("a")
    group.run()
    status = leader.status()
    assert (status.id, status.role, status.lead, status.fenced) == (2, Role.LEADER, 2, None)
    assert status.hard_state == HardState(2, 2, 3) == leader.hard_state
    assert status.last == leader.last == EntryId(2, 3)
    assert (status.log.committed, status.log.applied, status.log.unstable) == (3, 3, 0)
    assert status.conf_state == leader.conf_state == ConfState([1, 2, 3])
    assert (status.progress[1].matched, status.progress[1].next) == (3, 4)
    assert status.votes == {}
    assert group[1].node.status().progress == {}
    assert leader.term_at(3) == 2
    assert leader.term_at(4) is None
    assert [entry.data for entry in leader.entries(2, 4)] == [b"", b"a"]
    assert repr(leader) == "<Node id=2 role=leader term=2 lead=2 commit=3 last=3>"


def test_traces() -> None:
    group = Group(trace=True)
    group.elect(1)
    leader = group[1].node
    leader.propose_conf_change(ConfChange(context=b"why").add_node(4))
    leader.propose_conf_change(ConfChange(context=b"why").add_node(5))
    group.run()
    kinds = {trace.kind: trace.fields for trace in group[1].traces}
    assert kinds["became_leader"] == {"term": 2}
    assert kinds["vote_received"]["kind"] == "vote_resp"
    ignored = kinds["conf_change_ignored"]
    assert ignored["change"]["context"] == b"why"
    assert ignored["change"]["changes"] == [{"kind": "add_node", "node_id": 5}]
    assert ignored["reason"] == {"pending": {"index": 3, "applied": 2}}
    assert ignored["config"]["incoming"] == [1, 2, 3]
    silent = Group()
    silent.elect(1)
    assert silent[1].traces == []


# ---- misuse


def test_tickets_and_applied() -> None:
    node = Node(Config(id=1, seed=1), Stored.group([1]))
    node.campaign()
    (persist,) = [output for output in node.drain() if isinstance(output, Persist)]
    assert persist.must_sync
    before = node.state_hash()
    for ticket in (0, persist.ticket + 1, 2**64 - 1):
        with pytest.raises(raft.UnknownTicket) as caught:
            node.persisted(ticket)
        assert caught.value.ticket == ticket
    with pytest.raises(raft.NotApplying) as not_applying:
        node.applied(7)
    assert (not_applying.value.index, not_applying.value.first, not_applying.value.last) == (7, 1, 1)
    assert node.state_hash() == before
    node.persisted(persist.ticket)
    with pytest.raises(raft.UnknownTicket):
        node.persisted(persist.ticket)


def test_messages_that_no_member_sends() -> None:
    node = alone()
    before = node.state_hash()
    with pytest.raises(raft.LocalMessage) as local:
        node.step(Message(MessageKind.HUP))
    assert local.value.kind == MessageKind.HUP
    with pytest.raises(raft.UnknownPeer) as unknown:
        node.step(Message("app_resp", to=1, from_=9, term=1))
    assert unknown.value.node_id == 9
    assert node.state_hash() == before


def test_the_first_error_of_many_is_raised_and_all_are_taken_in() -> None:
    node = Node(Config(id=1, seed=1), Stored.group([1, 2, 3]))
    good = Message("heartbeat", to=1, from_=2, term=4)
    with pytest.raises(raft.LocalMessage):
        node.step_many(message for message in (Message("beat"), good, Message("app_resp", from_=9)))
    assert (node.lead, node.hard_state.term) == (2, 4)
    node.step_many([])


def test_a_fenced_node() -> None:
    node = Node(Config(id=1, seed=1), Stored.group([1, 2]))
    lie = Message("heartbeat", to=1, from_=2, term=9, commit=100)
    for _ in range(2):
        with pytest.raises(raft.Corrupt) as caught:
            node.step(lie)
        assert (caught.value.code, caught.value.index, caught.value.committed, caught.value.last) == ("corrupt", 100, 1, 1)
    assert node.status().fenced == str(caught.value)
    for call in (node.tick, node.campaign, lambda: node.propose("a"), lambda: node.compact(0)):
        with pytest.raises(raft.Corrupt):
            call()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"id": 0}, raft.ConfigError),
        ({"id": 2**64 - 1}, raft.ConfigError),
        ({"heartbeat_tick": 0}, raft.ConfigError),
        ({"election_tick": 1}, raft.ConfigError),
        ({"max_inflight_msgs": 0}, raft.ConfigError),
        ({"max_inflight_bytes": 5}, raft.ConfigError),
        ({"read_only": ReadOnly.LEASE_BASED}, raft.ConfigError),
        ({"read_only": "fast"}, ValueError),
        ({"read_only": 1}, TypeError),
        ({"id": "1"}, TypeError),
        ({"id": None}, TypeError),
        ({"id": 2**64}, OverflowError),
        ({"seed": -1}, OverflowError),
        ({"pre_vote": 1}, TypeError),
    ],
    ids=str,
)
def test_bad_config(settings: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        Node(Config(**{"id": 1, "seed": 1, **settings}), Stored.group([1]))  # type: ignore[arg-type]


def test_bad_stored() -> None:
    config = Config(id=1, seed=1)
    entries = [Entry(1, 1), Entry(1, 3)]
    with pytest.raises(raft.StoredError) as caught:
        Node(config, replace(Stored.group([1]), entries=entries))
    assert caught.value.code == "invalid_stored"
    with pytest.raises(raft.StoredError):
        Node(config, replace(Stored.group([1]), hard_state=HardState(1, 1, 5)))


def test_wrong_types() -> None:
    node = alone()
    calls = [
        lambda: Node(Config(id=1, seed=1)),  # type: ignore[call-arg]
        lambda: Node({"id": 1}, Stored()),  # type: ignore[arg-type]
        lambda: Node(Config(id=1, seed=1), [1]),  # type: ignore[arg-type]
        lambda: Node(Config(id=1, seed=1), Stored(entries=[b"x"])),  # type: ignore[list-item]
        lambda: node.propose(5),  # type: ignore[arg-type]
        lambda: node.propose(None),  # type: ignore[arg-type]
        lambda: node.propose_batch(b"one"),  # type: ignore[arg-type]
        lambda: node.propose_batch([b"one", 2]),  # type: ignore[list-item]
        lambda: node.propose_conf_change(b""),  # type: ignore[arg-type]
        lambda: node.propose_conf_change(ConfChange([(1, 2)])),  # type: ignore[list-item]
        lambda: node.step(b""),  # type: ignore[arg-type]
        lambda: node.step_many([b""]),  # type: ignore[list-item]
        lambda: node.persisted("1"),  # type: ignore[arg-type]
        lambda: node.report_snapshot(1, True),  # type: ignore[call-arg]
        lambda: node.entries_fetched(1, ["x"]),  # type: ignore[list-item]
        lambda: Message(),  # type: ignore[call-arg]
        lambda: Message(3),  # type: ignore[arg-type]
        lambda: Message("app", 2),  # type: ignore[call-arg]
        lambda: Message("app", snapshot=b""),  # type: ignore[arg-type]
        lambda: Message.decode("text"),  # type: ignore[arg-type]
        lambda: Entry(1),  # type: ignore[call-arg]
    ]
    before = node.state_hash()
    for call in calls:
        with pytest.raises(TypeError):
            call()  # type: ignore[no-untyped-call]
    for wrong in (lambda: Message("apply"), lambda: ConfChangeSingle("add", 1), lambda: Message("app").encode("other")):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=r"apply|add|other"):
            wrong()
    with pytest.raises(OverflowError):
        node.applied(-1)
    assert node.state_hash() == before


# ---- values


CHANGE = ConfChange([ConfChangeSingle(ConfChangeKind.ADD_NODE, 4)], ConfChangeTransition.JOINT_EXPLICIT, b"context")
SNAPSHOT = Snapshot(7, 3, ConfState([1, 2], [3], [4], [5], True), b"state")
FULL = Message(
    "snap",
    to=1,
    from_=2,
    term=3,
    log_term=4,
    index=5,
    entries=[Entry(1, 2, "conf_change_v2", CHANGE.encode()), Entry(3, 4, data=b"x")],
    commit=6,
    commit_term=7,
    vote=8,
    snapshot=SNAPSHOT,
    reject=True,
    reject_hint=9,
    context="c",
    priority=-10,
    request_snapshot=2**64 - 1,
    responses=[Message("app_resp", to=3), Message("storage_append_resp", context=b"x")],
)
VALUES = [
    FULL,
    Message("app"),
    Entry(1, 2, EntryKind.CONF_CHANGE, b"\xff"),
    EntryId(1, 2),
    HardState(1, 2, 3),
    SNAPSHOT,
    CHANGE,
    Config(id=1, seed=2),
    Stored(HardState(1), ConfState([1]), SNAPSHOT, [Entry(3, 8)], 7),
    Proposed(1, 2),
    raft.Send(FULL),
    Persist(1, HardState(1), SNAPSHOT, (Entry(3, 8),), True),
    Apply((Entry(3, 8),)),
    ReadReady(1, b"x"),
    RoleChanged(Role.LEADER, 1, 2),
    raft.Fetch(1, 2, 3),
    ConfChangeV1(ConfChangeKind.ADD_LEARNER_NODE, 4, b"context", 5),
    SoftState(1, Role.FOLLOWER),
    raft.ReadState(7, b"x"),
    Ready(SoftState(1, Role.LEADER), HardState(1), (), (Entry(3, 8),), SNAPSHOT, (), (FULL,), True),
    Members(ConfState([1, 2, 4], [6], [1, 2, 3], [3], True)),
    Members(),
    Role.PRE_CANDIDATE,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values(value: object) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(value, protocol)) == value
    assert copy.copy(value) == copy.deepcopy(value) == value
    assert hash(copy.copy(value)) == hash(value)
    assert value != object()
    assert type(value).__module__ == "quorate.raft"
    if not isinstance(value, Role | Config | Persist | Stored | RoleChanged | ConfChange | ConfChangeV1 | SoftState | Ready):
        names = {name: getattr(raft, name) for name in raft.__all__}
        assert eval(repr(value), names) == value
    if not isinstance(value, Role):
        with pytest.raises((AttributeError, TypeError)):
            value.index = 5  # type: ignore[attr-defined]


def test_errors_are_values_too() -> None:
    names = [name for name in raft.__all__ if isinstance(getattr(raft, name), type) and issubclass(getattr(raft, name), Error)]
    assert len(names) == 16
    for name in names:
        class_ = getattr(raft, name)
        error = class_("text", "some_code", *range(len(class_._fields)))
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is class_
        assert (str(again), again.code, vars(again)) == ("text", "some_code", vars(error))
        assert issubclass(class_, raft.RaftError)


def test_wire() -> None:
    etcd, other = Message.decode(FULL.encode()), Message.decode(FULL.encode("raft_rs"), raft.Dialect.RAFT_RS)
    assert (etcd.vote, etcd.priority, etcd.request_snapshot) == (8, 0, 0)
    assert (other.vote, other.priority, other.request_snapshot, other.commit_term) == (0, -10, 2**64 - 1, 7)
    for message in (etcd, other):
        assert message.snapshot == SNAPSHOT
        assert message.entries == FULL.entries
        assert message.entries[0].conf_change() == CHANGE
        assert (message.kind, message.context, message.reject) == (MessageKind.SNAP, b"c", True)
        assert message != FULL
    # As etcd-io/raft writes a heartbeat.
    heartbeat = Message("heartbeat", to=2, from_=1, term=5, commit=3)
    assert heartbeat.encode().hex() == "0808100218012005280030004003500058006800"
    assert list(MessageKind).index(MessageKind.FORGET_LEADER) == 23
    assert Message.decode(memoryview(heartbeat.encode())) == heartbeat
    assert Message.decode(b"") == Message("hup")
    assert Snapshot.decode(SNAPSHOT.encode()) == SNAPSHOT
    for kind in MessageKind:
        assert Message.decode(Message(kind).encode()).kind is kind


def test_bytes_that_are_no_message() -> None:
    with pytest.raises(raft.WireError) as caught:
        Message.decode(b"\x08")
    assert (caught.value.code, caught.value.offset) == ("invalid_wire", 1)
    assert caught.value.expected in str(caught.value)
    with pytest.raises(raft.WireError):
        Entry(1, 1, EntryKind.CONF_CHANGE_V2, b"\x08").conf_change()
    assert Entry(1, 1).conf_change() is None
    generator = random.Random(5)
    whole = FULL.encode()
    refused = 0
    for _ in range(2000):
        broken = bytearray(whole)
        broken[generator.randrange(len(broken))] = generator.randrange(256)
        try:
            Message.decode(broken)
        except raft.WireError:
            refused += 1
    assert 0 < refused < 2000


def test_names_of_groups_may_be_given_as_words() -> None:
    assert Message("app") == Message(MessageKind.APP)
    assert ConfChangeSingle("add_node", 1).kind is ConfChangeKind.ADD_NODE  # type: ignore[arg-type]


# ---- determinism


def script(group: Group, seed: int, steps: int = 60) -> list[list[int]]:
    """A random run, and the hashes after each step of it."""
    generator = random.Random(seed)
    hashes = []
    for number in range(steps):
        match generator.randrange(6):
            case 0:
                group.cut = {generator.randint(1, 3)} if generator.random() < 0.5 else set()
            case 1:
                group[generator.randint(1, 3)].restart()
            case 2 | 3:
                with contextlib.suppress(ProposalDropped):
                    group[generator.randint(1, 3)].node.propose(f"{number}")
            case _:
                group.tick(generator.randint(1, 8))
        group.run()
        hashes.append(group.hashes())
    return hashes


@pytest.mark.parametrize("seed", range(10))
def test_equal_inputs_make_equal_states(seed: int) -> None:
    one, other = Group(pre_vote=True), Group(pre_vote=True, by_one=True)
    hashes = script(one, seed)
    assert hashes == script(other, seed)
    assert len({tuple(some) for some in hashes}) > 20
    states = sorted((member.state for member in one.members.values()), key=len)
    assert all(states[-1][: len(state)] == state for state in states)

    kept = one.hashes()
    branch = one.copy()
    assert branch.hashes() == kept
    after = script(branch, seed + 1000)
    assert one.hashes() == kept
    assert script(one, seed + 1000) == after


def test_the_seed_counts() -> None:
    def timeout(seed: int) -> int:
        return Node(Config(id=1, seed=seed), Stored.group([1, 2])).status().election_timeout

    timeouts = [timeout(seed) for seed in range(50)]
    assert set(timeouts) == set(range(10, 20))
    assert timeouts == [timeout(seed) for seed in range(50)]


# ---- the whole of it


def test_the_state_of_a_node_is_all_of_it() -> None:
    group = Group(trace=True)
    group.elect(1)
    node = group[1].node
    node.propose("x")
    node.read_index("r")
    whole = node.state()
    other = Node.from_state(memoryview(whole))
    assert (other.state(), other.state_hash()) == (whole, node.state_hash())
    assert int.from_bytes(whole[-8:], "little") == node.state_hash()
    # Outputs that wait, open tickets, traces: all of it goes on alike.
    assert other.drain() == node.drain() != []
    assert repr(other) == repr(node)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(node, protocol))
        assert type(again) is Node
        assert again.state_hash() == node.state_hash()
    again.tick()
    assert again.state_hash() != node.state_hash()


@pytest.mark.parametrize("seed", range(3))
def test_a_group_that_is_pickled_at_every_step_goes_on_alike(seed: int) -> None:
    one, other = Group(), Group()
    script(one, seed, steps=20)
    script(other, seed, steps=20)
    for member in other.members.values():
        member.node = pickle.loads(pickle.dumps(member.node))
    assert script(one, seed + 50) == script(other, seed + 50)


def test_bytes_that_are_no_state() -> None:
    whole = alone().state()
    generator = random.Random(6)
    for wrong in (b"", whole[:-1], whole + b"x", bytes(len(whole)), ReadyNode(Config(id=1, seed=1), Stored()).state()):
        with pytest.raises(raft.StateError) as caught:
            Node.from_state(wrong)
        assert caught.value.code == "invalid_state"
        assert 0 <= caught.value.offset <= len(wrong)
        assert caught.value.expected in str(caught.value)
    for _ in range(500):
        broken = bytearray(whole)
        broken[generator.randrange(len(broken))] ^= 1 << generator.randrange(8)
        with pytest.raises(raft.StateError):
            Node.from_state(broken)
    with pytest.raises(TypeError):
        Node.from_state("text")  # type: ignore[arg-type]
