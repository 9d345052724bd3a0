"""`ReadyNode`, which users of etcd's `RawNode` know, and the arithmetic of members and quorums."""

from __future__ import annotations

import contextlib
import copy
import itertools
import pickle
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from quorate import raft
from quorate.raft import (
    APPEND_THREAD,
    APPLY_THREAD,
    ConfChange,
    ConfChangeKind,
    ConfChangeTransition,
    ConfChangeV1,
    Config,
    ConfState,
    Entry,
    HardState,
    Members,
    Message,
    MessageKind,
    ReadState,
    ReadyNode,
    Role,
    Snapshot,
    SoftState,
    Stored,
    VoteResult,
)


class Group:
    """Members 1 to 3, driven by `Ready`, with storage that waits or that works on its own."""

    def __init__(self, async_storage: bool = False, **settings: object) -> None:
        self.nodes = {
            id: ReadyNode(Config(id=id, seed=id, **settings), Stored.group([1, 2, 3]), async_storage=async_storage)  # type: ignore[arg-type]
            for id in (1, 2, 3)
        }
        self.async_storage = async_storage
        self.state: dict[int, list[bytes]] = {id: [] for id in self.nodes}
        self.written: dict[int, list[Entry]] = {id: [] for id in self.nodes}
        self.reads: dict[int, list[ReadState]] = {id: [] for id in self.nodes}
        self.wire: deque[Message] = deque()

    def run(self) -> None:
        for _ in range(1000):
            for id, node in self.nodes.items():
                while node.has_ready:
                    ready = node.ready()
                    self.reads[id] += ready.read_states
                    self.wire += ready.messages
                    if not self.async_storage:
                        self.write(id, ready.entries)
                        self.apply(id, ready.committed_entries)
                        node.advance()
            if not self.wire:
                return
            self.deliver(self.wire.popleft())
        raise AssertionError("they never end")

    def deliver(self, message: Message) -> None:
        match message:
            case Message("storage_append", to=to, from_=id):
                assert to == APPEND_THREAD
                self.write(id, message.entries)
                self.wire += message.responses
            case Message("storage_apply", to=to, from_=id):
                assert to == APPLY_THREAD
                self.apply(id, message.entries)
                self.wire += message.responses
            case _:
                in_process = message.from_ in (APPEND_THREAD, APPLY_THREAD)
                sent = message if in_process else Message.decode(message.encode())
                assert not sent.responses
                with contextlib.suppress(raft.UnknownPeer):  # Whoever was removed answers once more.
                    self.nodes[message.to].step(sent)

    def write(self, id: int, entries: Sequence[Entry]) -> None:
        self.written[id] += entries

    def apply(self, id: int, entries: Sequence[Entry]) -> None:
        for entry in entries:
            change = entry.conf_change()
            if change is not None:
                self.nodes[id].apply_conf_change(change)
            elif entry.data:
                self.state[id].append(entry.data)


@pytest.mark.parametrize("async_storage", [False, True], ids=["waits", "on its own"])
def test_a_group(async_storage: bool) -> None:
    group = Group(async_storage)
    leader = group.nodes[1]
    assert not leader.has_ready
    leader.campaign()
    group.run()
    assert leader.status().role is Role.LEADER
    for number in range(5):
        group.nodes[1 + number % 3].propose(f"{number}")
        group.run()
    assert list(group.state.values()) == [[b"0", b"1", b"2", b"3", b"4"]] * 3
    assert [entry.index for entry in group.written[2]] == [2, 3, 4, 5, 6, 7]
    leader.read_index("r")
    group.nodes[3].read_index("s")
    group.run()
    assert group.reads == {1: [ReadState(7, b"r")], 2: [], 3: [ReadState(7, b"s")]}
    leader.propose_conf_change(ConfChange().remove_node(3))
    group.run()
    assert {node.status().conf_state for id, node in group.nodes.items() if id != 3} == {ConfState([1, 2])}
    leader.transfer_leader(2)
    group.run()
    assert group.nodes[2].status().role is Role.LEADER
    assert repr(group.nodes[2]) == "<ReadyNode id=2 role=leader term=3 lead=2 commit=9 last=9>"


def test_what_a_ready_holds() -> None:
    node = ReadyNode(Config(id=1, seed=1, trace=True), Stored.group([1, 2]))
    node.campaign()
    ready = node.ready()
    assert ready.soft_state == SoftState(0, Role.CANDIDATE)
    assert ready.hard_state == HardState(2, 1, 1)
    assert (ready.must_sync, ready.snapshot) == (True, None)
    (vote,) = ready.messages
    assert (vote.kind, vote.to, vote.term) == (MessageKind.VOTE, 2, 2)
    assert "vote_requested" in [trace.kind for trace in node.traces()]
    assert node.traces() == []
    node.advance()
    node.step(Message("vote_resp", to=1, from_=2, term=2))
    ready = node.ready()
    assert ready.soft_state == SoftState(1, Role.LEADER)
    assert [(entry.term, entry.index) for entry in ready.entries] == [(2, 2)]
    assert ready.committed_entries == []


def test_a_message_to_the_storage() -> None:
    node = ReadyNode(Config(id=1, seed=1), Stored.group([1]), async_storage=True)
    node.campaign()
    (write,) = node.ready().messages
    assert (write.kind, write.to, write.vote, write.term) == (MessageKind.STORAGE_APPEND, APPEND_THREAD, 1, 2)
    (vote,) = write.responses
    assert (vote.kind, vote.to) == (MessageKind.VOTE_RESP, 1)
    assert Message.decode(write.encode()) != write
    with pytest.raises(ValueError, match="responses"):
        Message("storage_append", responses=[Message("app", responses=[Message("app")])])
    # Whose storage waits knows of no threads.
    other = ReadyNode(Config(id=1, seed=1), Stored.group([1]))
    with pytest.raises(raft.LocalMessage):
        other.step(Message("storage_append_resp", to=1, from_=APPEND_THREAD))


def test_a_snapshot_and_what_is_refused() -> None:
    group = Group()
    leader = group.nodes[1]
    with pytest.raises(raft.ProposalDropped):
        leader.propose("x")
    with pytest.raises(raft.ReadDropped):
        leader.read_index("x")
    leader.campaign()
    group.run()
    leader.propose("x")
    group.run()
    snapshot = Snapshot(3, 2, ConfState([1, 2, 3]), b"state")
    leader.snapshot_taken(snapshot)
    leader.compact(3)
    with pytest.raises(raft.UselessSnapshot):
        leader.snapshot_taken(replace(snapshot, index=1))
    with pytest.raises(raft.NotCompactable):
        leader.compact(9)
    with pytest.raises(raft.MembershipError):
        leader.apply_conf_change(ConfChange.leave_joint())
    with pytest.raises(raft.UnknownPeer):
        leader.step(Message("app_resp", to=1, from_=9, term=2))
    leader.report_unreachable(2)
    leader.report_snapshot(2, ok=False)
    group.nodes[2].forget_leader()
    assert group.nodes[2].status().lead == raft.NONE
    group.nodes[2].set_election_timeout(3)
    for _ in range(3):
        group.nodes[2].tick()
    assert group.nodes[2].status().role is Role.CANDIDATE


def test_a_change_as_older_members_write_it() -> None:
    node = ReadyNode(Config(id=1, seed=1), Stored.group([1]))
    node.campaign()
    old = ConfChangeV1("add_learner_node", 7, b"where", 5)  # type: ignore[arg-type]
    assert old.kind is ConfChangeKind.ADD_LEARNER_NODE
    # As etcd-io/raft writes it.
    assert old.encode().hex() == "0805100318072205" + b"where".hex()
    applied: list[Entry] = []
    for entries in ([], [Entry(0, 0, "conf_change", old.encode())]):
        if entries:
            node.propose_entries(entries)
        while node.has_ready:
            applied += node.ready().committed_entries
            node.advance()
    assert (applied[-1].kind, ConfChangeV1.decode(applied[-1].data)) == ("conf_change", old)
    change = applied[-1].conf_change()
    assert change == old.v2() == ConfChange(context=b"where").add_learner_node(7)
    assert node.apply_conf_change(change) == ConfState([1], [7])
    with pytest.raises(raft.WireError):
        ConfChangeV1.decode(b"\x10\x09")


def test_a_copy_goes_its_own_way() -> None:
    node = ReadyNode(Config(id=1, seed=1), Stored.group([1]))
    other = copy.copy(node)
    node.campaign()
    assert (node.has_ready, other.has_ready) == (True, False)
    again = pickle.loads(pickle.dumps(node))
    assert type(again) is ReadyNode
    assert (again.state(), again.state_hash()) == (node.state(), node.state_hash()) != (other.state(), other.state_hash())
    assert copy.deepcopy(node).ready() == again.ready() == node.ready()
    with pytest.raises(raft.StateError):
        raft.Node.from_state(node.state())


# ---- members


def test_members() -> None:
    nobody = Members()
    assert (nobody.voters, nobody.is_joint, str(nobody)) == ([], False, "voters=()")
    assert nobody.committed({}) == 2**64 - 1
    assert nobody.vote_result({}) is VoteResult.WON
    three = nobody.changed(ConfChange().add_node(1)).changed(ConfChange().add_node(2)).changed(ConfChange().add_node(3))
    assert three == Members(ConfState([3, 1, 2])) != Members(ConfState([1, 2]))
    assert hash(three) == hash(Members(ConfState([1, 2, 3])))
    assert (three.is_voter(3), three.is_voter(4)) == (True, False)
    change = ConfChange(transition=ConfChangeTransition.JOINT_EXPLICIT).add_learner_node(1).remove_node(2).add_node(4)
    joint = three.changed(change)
    assert joint.conf_state == ConfState([3, 4], [], [1, 2, 3], [1])
    assert str(joint) == "voters=(3 4)&&(1 2 3) learners_next=(1)"
    assert joint.voters == [1, 2, 3, 4]
    assert joint.is_joint
    assert joint.changed(ConfChange.leave_joint()).conf_state == ConfState([3, 4], [1])
    assert three.conf_state == ConfState([1, 2, 3])


@pytest.mark.parametrize(
    ("members", "change", "code"),
    [
        (
            Members(ConfState([1, 2])),
            ConfChange(transition=ConfChangeTransition.JOINT_EXPLICIT).remove_node(1).remove_node(2),
            "removed_all_voters",
        ),
        (Members(ConfState([1, 2])), ConfChange.leave_joint(), "not_joint"),
        (Members(), ConfChange(transition=ConfChangeTransition.JOINT_IMPLICIT).add_node(1), "no_voters"),
        (Members(ConfState([1], (), [2])), ConfChange().add_node(3), "simple_in_joint"),
        (Members(ConfState([1], (), [2])), ConfChange().add_node(3).add_node(4), "already_joint"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_changes_that_cannot_be(members: Members, change: ConfChange, code: str) -> None:
    with pytest.raises(raft.MembershipError) as caught:
        members.changed(change)
    assert caught.value.code == code


def test_members_of_whom_nobody_votes() -> None:
    with pytest.raises(raft.MembershipError) as caught:
        Members(ConfState([], [1]))
    assert caught.value.code == "removed_all_voters"


def halves() -> Iterator[tuple[list[int], list[int]]]:
    generator = random.Random(3)
    for _ in range(300):
        yield (
            generator.sample(range(1, 8), generator.randint(1, 7)),
            generator.sample(range(1, 8), generator.randint(0, 7)),
        )


def quorums(voters: list[int]) -> Iterator[set[int]]:
    """Every majority, by its definition."""
    for count in range(len(voters) + 1):
        if count > len(voters) - count:
            yield from map(set, itertools.combinations(voters, count))


def test_what_is_committed_is_what_a_quorum_has() -> None:
    generator = random.Random(4)
    for incoming, outgoing in halves():
        members = Members(ConfState(incoming, (), outgoing))
        matched = {id: generator.randint(0, 9) for id in range(1, 8) if generator.random() < 0.8}

        def has(half: list[int], matched: dict[int, int] = matched) -> int:
            return max(min(matched.get(id, 0) for id in quorum) for quorum in quorums(half))

        assert members.committed(matched) == min(has(half) for half in (incoming, outgoing) if half)


def test_a_vote_is_won_by_a_quorum_of_each_half() -> None:
    generator = random.Random(5)
    seen = set()
    for incoming, outgoing in halves():
        votes = {id: generator.random() < 0.7 for id in range(1, 8) if generator.random() < 0.8}
        granted = {id for id, vote in votes.items() if vote}
        hoped = granted | set(range(1, 8)) - votes.keys()

        def wins(voters: set[int], both: tuple[list[int], list[int]] = (incoming, outgoing)) -> bool:
            return all(any(quorum <= voters for quorum in quorums(half)) for half in both if half)

        expected = VoteResult.WON if wins(granted) else VoteResult.PENDING
        # Each half for itself: what one half can no longer win is lost.
        if not wins(hoped):
            expected = VoteResult.LOST
        found = Members(ConfState(incoming, (), outgoing)).vote_result(votes)
        assert found is expected
        seen.add(found)
    assert len(seen) == 3


def test_group_commit() -> None:
    members = Members(ConfState([1, 2, 3]))
    matched = {1: 4, 2: 3, 3: 2}
    assert members.committed(matched) == 3
    assert members.group_committed(matched, {1: 1, 2: 1, 3: 2}) == (2, True)
    assert members.group_committed(matched, {1: 1, 2: 2}) == (3, True)
    assert members.group_committed(matched, {}) == (2, False)


def test_wrong_types() -> None:
    members = Members(ConfState([1, 2, 3]))
    for call in (
        lambda: Members([1, 2]),  # type: ignore[arg-type]
        lambda: members.committed([1, 2]),  # type: ignore[arg-type]
        lambda: members.committed({"1": 2}),  # type: ignore[dict-item]
        lambda: members.vote_result({1: 1}),  # type: ignore[dict-item]
        lambda: members.changed(ConfState()),  # type: ignore[arg-type]
        lambda: ReadyNode(Config(id=1, seed=1), Stored(), True),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError):
            call()
    with pytest.raises(OverflowError):
        members.committed({1: -1})
