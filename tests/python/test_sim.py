"""Simulated worlds: the scenarios of the corpus with their hashes, time travel, questions, views, and worlds as values."""

from __future__ import annotations

import copy
import json
import pickle
import signal
import sys
import threading
import types
import typing
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from quorate import Error, sim
from quorate.sim import MILLISECOND, SECOND, Failure, Moment, Settings, SimError, View, World

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
FILES = sorted(CORPUS.glob("*/scenarios/*.txt"))
BROKEN = sorted(CORPUS.glob("*/scenarios/broken/*.txt"))
PARTED = "raft\nnodes 5\nseed 3\nclients 2\nuntil leader != none\nrun 300ms\npartition 1 2 | 3 4 5\nrun 700ms\nheal\nrun 500ms"


# ---- the corpus


def test_there_are_scenarios() -> None:
    assert len(FILES) >= 25
    assert len(BROKEN) >= 5
    assert {path.relative_to(CORPUS).parts[0] for path in FILES} >= {"raft"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    text = path.read_text("utf-8")
    report = World.from_script(text).run()
    assert report.ok, str(report)
    assert report.failures == []
    last = text.rstrip().splitlines()[-1]
    assert last == f"hash {report.hash}"
    assert report.hashes[-1] == (len(text.rstrip().splitlines()), report.hash)
    assert report.expectations > 1
    assert str(report).endswith(f"hash {report.hash}")


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_rules_cannot_be_broken(path: Path) -> None:
    with pytest.raises(SimError) as caught:
        World.from_script(path.read_text("utf-8"))
    assert caught.value.code == "broken_rules_absent"


def test_a_script_that_expects_what_is_not() -> None:
    world = World.from_script("raft\nseed 7\nrun 1s\nexpect leader == none\nexpect events == 0\nhash 0123456789abcdef")
    assert world.report().expectations == 0
    report = world.run()
    assert not report.ok
    assert [failure.line for failure in report.failures] == [4, 5, 6]
    assert report.failures[0] == Failure(4, f"expected leader == none, found {world.ask('leader')} at 1s")
    assert (report.expectations, report.at, report.events) == (3, SECOND, world.event_count)
    assert report.hashes == [(6, world.state_hash())]
    assert str(report).splitlines()[0] == f"line 4: {report.failures[0].text}"
    assert world.report() == report == copy.copy(report) == pickle.loads(pickle.dumps(report))


# ---- settings and errors


def test_settings() -> None:
    world = World(
        "raft",
        nodes=3,
        seed=2**64 - 1,
        latency=10 * MILLISECOND,
        jitter="2ms",
        loss=0.05,
        duplicates="1%",
        reordering=1,
        disk=0,
        timers=True,
        prevote=True,
        check_quorum=True,
        reads="lease",
    )
    script = world.to_script().splitlines()
    assert script[0] == "raft"
    assert set(script[1:-1]) == {
        "nodes 3",
        "seed 18446744073709551615",
        "latency 10ms",
        "jitter 2ms",
        "loss 5%",
        "duplicates 1%",
        "reordering 100%",
        "disk 0s",
        "prevote on",
        "check-quorum on",
        "reads lease",
    }
    assert World("raft").state_hash() == World().state_hash() == World.from_script("raft").state_hash()


@pytest.mark.parametrize(("name", "type_"), get_type_hints(Settings).items(), ids=str)
def test_every_setting_is_known(name: str, type_: Any) -> None:
    def line(value: Any) -> list[str]:
        world = World("raft", **{name: value, "check_quorum": True} if name == "reads" else {name: value})
        return [line for line in world.to_script().splitlines() if line.startswith(name.replace("_", "-") + " ")]

    word = name.replace("_", "-")
    if type_ is bool:
        # The script has what is not so of itself.
        assert line(True) + line(False) in ([f"{word} on"], [f"{word} off"])
    elif type_ == sim.Duration:
        assert line(7) == line("7us") == [f"{word} 7us"]
    elif type_ == sim.Share:
        assert line(0.07) == line("7%") == [f"{word} 7%"]
    elif type_ is int:
        number = 3 if name in ("nodes", "spares") else 7
        assert line(number) == line(str(number)) == [f"{word} {number}"]
    else:
        assert [line(value) for value in get_args(type_)] == [[], *([f"{word} {value}"] for value in get_args(type_)[1:])]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"colour": 5}, "unknown_setting"),
        ({"broken": "forget-vote"}, "unknown_setting"),
        ({"nodes": "many"}, "invalid_value"),
        ({"nodes": -1}, "invalid_value"),
        ({"nodes": True}, "invalid_value"),
        ({"nodes": 2**64}, "invalid_value"),
        ({"nodes": "3\ncrash 1"}, "invalid_value"),
        ({"timers": 1}, "invalid_value"),
        ({"latency": 1.5}, "invalid_value"),
        ({"loss": 1.5}, "invalid_value"),
        ({"loss": -0.1}, "invalid_value"),
        ({"loss": float("nan")}, "invalid_value"),
        ({"loss": 2}, "invalid_value"),
        ({"reads": "fast"}, "invalid_value"),
        ({"nodes": 0}, "invalid_config"),
        ({"nodes": 5, "spares": 5}, "invalid_config"),
        ({"reads": "lease"}, "invalid_config"),
        ({"latency": "2000s", "jitter": 7200 * SECOND}, "invalid_config"),
    ],
    ids=str,
)
def test_wrong_settings(settings: dict[str, Any], code: str) -> None:
    with pytest.raises(SimError) as caught:
        World("raft", **settings)
    assert caught.value.code == code
    assert str(caught.value)


def test_wrong_kinds_and_types() -> None:
    with pytest.raises(SimError) as caught:
        World("paxos")
    assert caught.value.code == "invalid_script"
    world = World()
    for call in (
        lambda: World(nodes=None),  # type: ignore[arg-type]
        lambda: World(nodes=[3]),  # type: ignore[arg-type]
        lambda: World(3),  # type: ignore[arg-type]
        lambda: World.from_script(b"raft"),  # type: ignore[arg-type]
        lambda: world.run_for(1.5),  # type: ignore[arg-type]
        lambda: world.run_until("1s"),  # type: ignore[arg-type]
        lambda: world.seek_moment((0, 0, 0)),  # type: ignore[arg-type]
        lambda: world.act(None),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            call()
    for late in (-1, 2**64):
        with pytest.raises(OverflowError):
            world.seek(late)
    with pytest.raises(OverflowError):
        world.events(-1)
    assert world.now == 0


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("fly 3", "invalid_script"),
        ("crash 9", "unknown_node"),
        ("restart 1", "node_up"),
        ("propose 2 x=1", "refused"),
        ("drop #999", "no_such_message"),
        ("set colour red", "unknown_setting"),
        ("ask c99 x=1", "unknown_client"),
    ],
)
def test_actions_that_cannot_be(action: str, code: str) -> None:
    world = World("raft", nodes=3, timers=False, forwarding=False)
    before = world.state_hash()
    with pytest.raises(SimError) as caught:
        world.act(action)
    assert caught.value.code == code
    if code != "refused":
        assert world.state_hash() == before


def test_errors_are_values() -> None:
    with pytest.raises(SimError) as caught:
        World.from_script("raft\nnodes 3\n\nfly 3")
    error = caught.value
    assert isinstance(error, Error)
    assert (error.code, error.line) == ("invalid_script", 4)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.code, again.line) == (str(error), "invalid_script", 4)
    with pytest.raises(SimError) as caught:
        World().ask("weather")
    assert (caught.value.code, caught.value.line) == ("invalid_question", 0)
    with pytest.raises(SimError) as caught:
        World().until("leader is 1")
    assert caught.value.code == "invalid_question"


# ---- time


def test_time_goes_on() -> None:
    world = World("raft", nodes=3, seed=7)
    assert world.step()
    assert world.event_count == 1
    world.run_until(SECOND)
    world.run_until(SECOND // 2)
    assert world.now == SECOND
    world.run_for(SECOND)
    assert world.now == 2 * SECOND
    assert world.until("leader != none", within=0)
    assert not world.until("leader == none", 50 * MILLISECOND)
    assert world.now == 2 * SECOND + 50 * MILLISECOND
    # In one go, in slices or by events: it is one run.
    other = World("raft", nodes=3, seed=7)
    while other.now < world.now:
        other.run_for(7777)
    other.seek(world.now)
    assert other.now == world.now
    third = World("raft", nodes=3, seed=7)
    third.seek_event(world.event_count)
    third.run_until(world.now)
    assert world.state_hash() == other.state_hash() == third.state_hash()
    assert world.events() == other.events() == third.events()


def test_the_end_of_time() -> None:
    world = World("raft", nodes=1, timers=False)
    for machine in (1,):
        world.act(f"crash {machine}")
    world.run_until(2**64 - 1)  # Nothing happens, so it is soon over.
    assert world.now == 2**64 - 1
    assert not world.until("leader != none", 2**64 - 1)
    count = world.event_count
    world.seek_event(count + 10**12)
    assert world.event_count == count
    assert world.now == 2**64 - 1


def test_seek_goes_back_and_on() -> None:
    world = World("raft", seed=4, clients=1)
    hashes = []
    for at in range(0, 3 * SECOND, 100 * MILLISECOND):
        world.run_until(at)
        if at == SECOND:
            world.act("crash 1")
        hashes.append((at, world.event_count, world.state_hash()))
    events = world.events()
    for at, count, hash in [*hashes[::-3], *hashes]:
        world.seek(at)
        assert (world.now, world.event_count, world.state_hash()) == (at, count, hash)
        assert world.events() == events[: len(world.events())]
    world.seek(3 * SECOND)
    world.seek_event(hashes[5][1])
    assert world.event_count == hashes[5][1]


def test_moments_and_branches() -> None:
    world = World("raft", nodes=3, seed=9)
    world.until("leader != none")
    then = world.moment()
    assert then == Moment(world.now, world.event_count, 0) == pickle.loads(pickle.dumps(then))
    leader = world.ask("leader")
    branch = world.branch()
    world.act(f"crash {leader}")
    world.run_for(SECOND)
    crashed, after = world.state_hash(), world.moment()
    assert after.actions == 1
    branch.run_for(SECOND)
    assert branch.ask("leader") == leader
    assert branch.state_hash() != crashed
    with pytest.raises(SimError) as caught:
        branch.seek_moment(after)
    assert caught.value.code == "no_such_moment"

    world.seek_moment(then)
    assert world.ask(f"up {leader}") == "yes"
    kept = copy.copy(world)  # It knows the future that was; a branch does not.
    forgotten = world.branch()
    kept.seek_moment(after)
    assert kept.state_hash() == crashed
    forgotten.run_for(SECOND)
    assert forgotten.ask(f"up {leader}") == "yes"
    world.act("crash 3" if leader != "3" else "crash 2")
    world.seek(after.at)
    assert world.ask(f"up {leader}") == "yes"


# ---- questions


def test_questions() -> None:
    world = World.from_script(PARTED)
    assert world.run().ok
    assert world.until("converged == yes")
    assert world.ask("violations") == "none"
    assert int(world.ask("commit 1")) > 10
    assert world.ask("commit 1") == world.ask("commit 5")
    with pytest.raises(SimError):
        world.ask("commit")


def test_a_diagram() -> None:
    world = World("raft", nodes=3, seed=7)
    world.until("leader != none")
    text = world.diagram()
    assert "Vote" in text
    assert text == world.diagram(0, world.now)
    assert "Vote" not in world.diagram(0, 10)


def fits(value: object, type_: Any) -> bool:
    """Whether a value is of a type, of those that the views are made of, and has neither more nor fewer keys."""
    if is_typeddict(type_):
        hints = get_type_hints(type_, include_extras=False)
        if not isinstance(value, dict):
            return False
        assert type_.__required_keys__ <= value.keys() <= hints.keys(), (type_, value.keys())
        return all(fits(value[key], hints[key]) or pytest.fail(f"{type_.__name__}.{key}: {value[key]!r}") for key in value)
    origin, args = get_origin(type_), get_args(type_)
    if origin is list:
        return isinstance(value, list) and all(fits(item, args[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(k, args[0]) and fits(v, args[1]) for k, v in value.items())
    if origin in (types.UnionType, typing.Union):
        return any(fits(value, one) for one in variants(value, args))
    if origin is typing.Literal:
        return value in args
    return type(value) is type_


def variants(value: Any, types_: tuple[Any, ...]) -> list[Any]:
    """Of types that have a `kind`, those that have the value's."""
    if not isinstance(value, dict) or sum(map(is_typeddict, types_)) < 2:
        return list(types_)
    return [type_ for type_ in types_ if value["kind"] in get_args(get_type_hints(type_)["kind"])]


def test_what_is_shown_is_of_the_types_that_say_so() -> None:
    """Every part of every type was seen, so none of them says what there is not."""
    seen: set[tuple[str, str]] = set()

    def look(value: Any, type_: Any) -> None:
        if is_typeddict(type_):
            for key, hint in get_type_hints(type_).items():
                if value.get(key) not in (None, [], {}):
                    seen.add((type_.__name__, key))
                    look(value[key], hint)
        for argument in variants(value, get_args(type_)):
            if get_origin(type_) is list:
                for item in value:
                    look(item, argument)
            elif is_typeddict(argument):
                look(value, argument)

    def shown(value: object, type_: Any) -> None:
        assert fits(value, type_)
        assert json.loads(json.dumps(value)) == value
        look(value, type_)

    def all_shown(world: World) -> None:
        shown(world.view(), View)
        shown(world.events(), list[sim.Event])
        shown(world.history(), list[sim.Operation])
        shown(world.violations(), list[sim.Violation])

    world = World("raft", spares=1, seed=2, clients=2, loss=0.1, disk="5ms", snapshot_every=20)
    for action in (
        "ask c5 x=1 1",
        "slow 2 50ms",
        "slow-disk 3 20ms",
        "drift 4 1000",
        "rule hold App 1 2",
        "rule delay 5ms Vote * 3",
        "cut 1 5",
        "change {leader} explicit +6 ~1",
        "change {leader} leave",
        "pause 2",
        "resume 2",
        "heal",
        "transfer {leader} 3",
        "crash 1",
        "restart 1",
    ):
        assert world.until("leader != none")
        try:
            world.act(action.format(leader=world.ask("leader")))
        except SimError as error:
            assert error.code == "refused"
        for _ in range(40):
            world.run_for(5 * MILLISECOND)
            shown(world.view(), View)
    all_shown(world)
    for path in FILES:
        world = World.from_script(path.read_text("utf-8"))
        world.run()
        all_shown(world)
        world.seek(world.now // 2)
        all_shown(world)
    seen.add(("ServerView", "durable_at"))  # Servers of these worlds have no disk to wait for.
    all_ = {(name, key) for name in sim.__all__ if is_typeddict(type_ := getattr(sim, name)) for key in get_type_hints(type_)}
    assert {name for name, _ in all_ - seen} == {"Settings"}, all_ - seen


def test_events_are_those_from_there_on() -> None:
    world = World("raft", nodes=3)
    world.run_for(SECOND)
    events = world.events()
    assert len(events) > 50
    assert world.events(10) == events[10:]
    assert world.events(len(events)) == world.events(10**9) == []
    sent = next(event for event in events if event["what"] == "sent")
    assert sent.keys() == {"number", "at", "what", "message", "kind", "from", "to", "text"}
    assert events == sorted(events, key=lambda event: event["at"])


def test_what_is_shown_is_a_copy() -> None:
    world = World("raft", nodes=3)
    view = world.view()
    view["machines"].clear()
    assert len(world.view()["machines"]) == 3


# ---- worlds as values


def test_a_pickled_world_is_its_script() -> None:
    world = World.from_script(PARTED)
    world.run()
    world.act("crash 2")
    world.run_for(321_123)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(world, protocol))
        assert type(again) is World
        assert again.state_hash() == world.state_hash()
        assert again.view() == world.view()
        again.run_for(SECOND)
    other = copy.deepcopy(world)
    other.run_for(SECOND)
    assert other.state_hash() == again.state_hash() != world.state_hash()
    assert repr(world) == f"<World now={world.now}us events={world.event_count} hash={world.state_hash()}>"


def test_a_script_of_it_leads_to_it() -> None:
    world = World("raft", seed=5, clients=2, loss=0.1)
    world.run_for(SECOND)
    world.act("partition 1 2 | 3 4 5")
    for _ in range(50):
        world.step()
    world.act("heal")
    world.run_for(123_456)
    again = World.from_script(world.to_script())
    assert again.run().hash == world.state_hash()
    assert again.to_script() == world.to_script()


# ---- threads and signals


def test_worlds_go_on_side_by_side() -> None:
    alone = World("raft", seed=6, clients=3)
    alone.run_for(5 * SECOND)
    hashes = []

    def work() -> None:
        world = World("raft", seed=6, clients=3)
        world.run_for(5 * SECOND)
        hashes.append(world.state_hash())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hashes == [alone.state_hash()] * 4


def test_one_world_is_used_by_one_thread_at_a_time() -> None:
    world = World("raft", seed=6, clients=3)
    seen: list[int] = []

    def work() -> None:
        for _ in range(50):
            world.run_for(20 * MILLISECOND)
            view = world.view()
            assert len(view["machines"]) == 5
            seen.append(view["now"])

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone = World("raft", seed=6, clients=3)
    for _ in range(100):
        alone.run_for(20 * MILLISECOND)
    assert world.state_hash() == alone.state_hash()
    assert len(seen) == 100


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs an alarm")
def test_a_long_run_can_be_interrupted() -> None:
    world = World("raft", seed=6, clients=5)

    def ring(*_: object) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, ring)
    try:
        for go in (
            lambda: world.run_until(2**63),
            lambda: world.until("leader == 9", within=2**63),
            lambda: world.seek_event(2**63),
        ):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(TimeoutError):
                go()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert world.step()


def test_public_names() -> None:
    assert World.__module__ == "quorate.sim"
    assert SimError.__module__ == "quorate.sim"
    assert "quorate.sim" in sys.modules
