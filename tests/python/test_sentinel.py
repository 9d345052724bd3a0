"""`quorate.sentinel.Sentinel`: the rules of Redis Sentinel, event for event, and the class as Python sees it."""

from __future__ import annotations

import copy
import pickle

import pytest
from quorate import Error
from quorate.resp import ProtocolError, ReplyError, encode
from quorate.sentinel import (
    Address,
    Config,
    Connect,
    Event,
    Exit,
    MasterConfig,
    Persist,
    Profile,
    Reply,
    Resolve,
    RunScript,
    Send,
    Sentinel,
    SentinelError,
    SettingError,
    Timing,
    UnknownLink,
)
from sentinel_net import MASTER, Net, Seat, group

ID = "0123456789abcdef0123456789abcdef01234567"


def lone(**more: object) -> Sentinel:
    return Sentinel(Config(id=ID, seed=1, masters=[MasterConfig("mymaster", *MASTER, quorum=1)], **more))


def leader_of(seats: list[Seat]) -> Seat:
    (leader,) = [seat for seat in seats if seat.said("+promoted-slave")]
    return leader


# ---- finding each other


def test_they_find_each_other_and_the_replicas() -> None:
    net, _, seats = group()
    for seat in seats:
        (master,) = seat.sentinel.status()["masters"]
        assert [one["instance"]["name"] for one in master["replicas"]] == ["10.0.0.2:6379", "10.0.0.3:6379"]
        assert {one["instance"]["name"] for one in master["sentinels"]} == {
            other.sentinel.id for other in seats if other is not seat
        }
        assert (master["quorum"], master["majority"], master["agree"]) == (2, 2, 0)
        assert master["failover_state"] == "none"
        assert net.ask(seat, "SENTINEL", "CKQUORUM", "mymaster") == (
            b"OK 3 usable Sentinels. Quorum and failover authorization can be reached"
        )
        assert seat.said("+monitor") == ["master mymaster 10.0.0.1 6379 quorum 2"]
        assert set(seat.said("+slave")) == {
            f"slave 10.0.0.{number}:6379 10.0.0.{number} 6379 @ mymaster 10.0.0.1 6379" for number in (2, 3)
        }
        assert len(seat.said("+sentinel")) == 2


def test_what_is_sent_at_first() -> None:
    sentinel = lone()
    sentinel.tick(0)
    (first,) = sentinel.drain()
    assert isinstance(first, Persist)
    sentinel.persisted(first.ticket)
    outputs = sentinel.drain()
    match [output for output in outputs if not isinstance(output, Event)]:
        case [Connect(1, address, "command", "master"), Send(1, named), *rest]:
            assert address == MASTER == ("10.0.0.1", 6379)
            assert named == [b"CLIENT", b"SETNAME", f"sentinel-{ID[:8]}-cmd".encode()]
            assert any(isinstance(one, Send) and one.argv == [b"PING"] for one in rest)
            assert any(isinstance(one, Send) and one.argv == [b"SUBSCRIBE", b"__sentinel__:hello"] for one in rest)
        case other:
            raise AssertionError(other)


# ---- a master dies


def test_a_failover_from_end_to_end() -> None:
    net, servers, seats = group(subject := 2)
    assert subject == 2
    died = net.now
    net.kill(servers[0])
    net.until(lambda: all(seat.said("+switch-master") for seat in seats))
    leader = leader_of(seats)
    for seat in seats:
        # Silence is counted from the PING that is not answered, and a PING goes out once a second.
        assert 3_000 < seat.when("+sdown") - died <= 4_200
        assert seat.said("+sdown")[0] == "master mymaster 10.0.0.1 6379"
        assert seat.said("+switch-master") == ["mymaster 10.0.0.1 6379 10.0.0.2 6379"]
        assert seat.sentinel.master_address("mymaster") == ("10.0.0.2", 6379)
        assert seat.sentinel.status()["masters"][0]["config_epoch"] == 1
        assert net.ask(seat, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster") == [b"10.0.0.2", b"6379"]
        if seat is not leader:
            assert seat.said("+config-update-from")[0].startswith(f"sentinel {leader.sentinel.id} 10.0.1.")
            # Observers know before the leader, which waits for the other replicas.
            assert seat.when("+switch-master") <= leader.when("+switch-master")
    order = [
        "+sdown",
        "+odown",
        "+new-epoch",
        "+try-failover",
        "+vote-for-leader",
        "+elected-leader",
        "+failover-state-select-slave",
        "+selected-slave",
        "+failover-state-send-slaveof-noone",
        "+failover-state-wait-promotion",
        "+promoted-slave",
        "+failover-state-reconf-slaves",
        "+slave-reconf-sent",
        "+slave-reconf-inprog",
        "+slave-reconf-done",
        "+failover-end",
        "+switch-master",
    ]
    kinds = [kind for kind in leader.kinds() if kind in order]
    assert list(dict.fromkeys(kinds)) == order
    # What needs no answer happens in one tick: down for a quorum, standing, and the vote for oneself.
    assert len({leader.when(kind) for kind in order[1:5]}) == 1
    assert leader.said("+odown") == ["master mymaster 10.0.0.1 6379 #quorum 2/2"]
    assert leader.said("+vote-for-leader")[0] == f"{leader.sentinel.id} 1"
    assert servers[1].told == [[b"SLAVEOF", b"NO", b"ONE"]]
    assert servers[2].told == [[b"SLAVEOF", b"10.0.0.2", b"6379"]]
    assert servers[2].master == servers[1].address


def test_the_old_master_comes_back_as_a_replica() -> None:
    net, servers, seats = group()
    net.kill(servers[0])
    net.until(lambda: all(seat.said("+switch-master") for seat in seats))
    net.run(5_000)
    servers[0].up = True
    back = net.now
    net.until(lambda: servers[0].master == ("10.0.0.2", 6379))
    # It has to say for eight seconds that it is a master, and it is asked every ten.
    assert 8_000 < net.now - back < 24_000
    assert any(seat.said("+convert-to-slave") for seat in seats)


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        ([{}, {}], 2),  # equal in all: the smaller run id
        ([{"offset": 10}, {"offset": 11}], 3),
        ([{"priority": 50, "offset": 1}, {"offset": 1_000_000}], 2),  # priority goes before offset
        ([{"priority": 0}, {"offset": 1}], 3),
        ([{"link_up": False, "link_down_since": 600}, {"offset": 1}], 3),  # without its master for too long
    ],
)
def test_which_replica_is_promoted(settings: list[dict[str, int]], chosen: int) -> None:
    net, servers, seats = group(warm_up=0, trace=True)
    for server, setting in zip(servers[1:], settings, strict=True):
        for name, value in setting.items():
            setattr(server, name, value)
    net.run(15_000)
    net.kill(servers[0])
    net.until(lambda: all(seat.said("+switch-master") for seat in seats))
    assert seats[0].sentinel.master_address("mymaster") == (f"10.0.0.{chosen}", 6379)
    refused = {trace["replica"] for trace in leader_of(seats).traces("replica_passed_over")}
    expected = {"10.0.0.2:6379"} if settings[0].get("priority") == 0 or "link_up" in settings[0] else set()
    assert refused == expected


def test_no_replica_is_good() -> None:
    net, servers, seats = group(replicas=1)
    servers[1].priority = 0
    net.run(12_000)
    net.kill(servers[0])
    net.until(lambda: any(seat.said("-failover-abort-no-good-slave") for seat in seats))
    net.run(5_000)
    assert not any(seat.said("+switch-master") for seat in seats)


def test_two_thresholds() -> None:
    """A quorum of one says that the master is down; a majority of all that were ever known must elect."""
    net, servers, seats = group(quorum=1, failover_timeout=4_000)
    net.kill(seats[1])
    net.kill(seats[2])
    net.kill(servers[0])
    (left,) = [seat for seat in seats if seat.up]
    net.until(lambda: left.said("-failover-abort-not-elected"))
    assert left.said("+odown") == ["master mymaster 10.0.0.1 6379 #quorum 1/1"]
    assert not left.said("+elected-leader")
    # It waits for min(10 s, failover-timeout), and tries again after twice that and a random second.
    gave_up = left.when("-failover-abort-not-elected") - left.when("+try-failover")
    assert 3_000 < gave_up < 6_200
    net.until(lambda: len(left.said("+try-failover")) == 2)
    tries = [at for at, kind, _ in left.events if kind == "+try-failover"]
    assert 8_000 <= tries[1] - tries[0] <= 9_300
    refusal = net.ask(left, "SENTINEL", "CKQUORUM", "mymaster")
    assert isinstance(refusal, ReplyError)
    assert refusal.code == "NOQUORUM"
    # One comes back: two of three are a majority.
    net.restart(seats[1])
    net.until(lambda: any(seat.said("+switch-master") for seat in seats), 120_000)


def test_without_a_quorum_nobody_tries() -> None:
    net, servers, seats = group(quorum=3)
    net.kill(seats[2])
    net.kill(servers[0])
    net.run(30_000)
    for seat in seats[:2]:
        assert seat.said("+sdown")
        assert not seat.said("+odown")
        assert not seat.said("+try-failover")


# ---- being down


@pytest.mark.parametrize(
    ("answer", "available"),
    [
        (b"+PONG\r\n", True),
        (b"-LOADING Redis is loading the dataset in memory\r\n", True),
        (b"-MASTERDOWN Link with MASTER is down\r\n", True),
        (b"-BUSY Redis is busy running a script\r\n", False),
        (b"-NOAUTH Authentication required.\r\n", False),
        (b"$4\r\nPONG\r\n", False),
    ],
)
def test_what_says_that_a_master_is_there(answer: bytes, available: bool) -> None:
    net, servers, (seat,) = group(sentinels=1)
    servers[0].ping = answer
    net.run(6_000)
    assert bool(seat.said("+sdown")) is not available
    if not available:
        servers[0].ping = b"+PONG\r\n"
        net.run(3_000)
        assert seat.said("-sdown")


def test_tilt() -> None:
    net, servers, seats = group()
    first = seats[0]
    # It does not run for three seconds.
    first.next_tick = net.now + 3_000
    net.run(3_200)
    assert first.said("+tilt") == ["#tilt mode entered"]
    assert first.sentinel.in_tilt
    net.kill(servers[0])
    began = first.when("+tilt")
    net.run(20_000)
    assert not first.said("+sdown")
    assert first.said("-tilt") == []
    # It still votes, and follows what others decide.
    assert first.said("+switch-master")
    net.until(lambda: first.said("-tilt"))
    assert first.said("-tilt") == ["#tilt mode exited"]
    assert 30_000 <= first.when("-tilt") - began <= 30_200


def test_a_clock_that_goes_back() -> None:
    sentinel = lone(trace=True)
    for output in sentinel.drain():
        assert isinstance(output, Persist)
        sentinel.persisted(output.ticket)
    sentinel.tick(10_000)
    assert sentinel.in_tilt
    events = [output.kind for output in sentinel.drain() if isinstance(output, Event)]
    assert "+tilt" in events
    sentinel.tick(9_999)
    assert sentinel.status()["tilt_since"] == 9_999


# ---- votes


def ask(sentinel: Sentinel, epoch: int, who: str, now: int = 0) -> list[object]:
    """What somebody is answered who asks for a vote; what is persisted first is."""
    sentinel.command(1, [b"SENTINEL", b"is-master-down-by-addr", b"10.0.0.1", b"6379", str(epoch).encode(), who.encode()], now)
    while outputs := sentinel.drain():
        for output in outputs:
            match output:
                case Persist(ticket):
                    sentinel.persisted(ticket)
                case Reply():
                    value: list[object] = output.value
                    return value
    raise AssertionError("no answer")


def test_one_vote_for_each_epoch() -> None:
    sentinel = lone()
    one, other = "a" * 40, "b" * 40
    assert ask(sentinel, 0, "*") == [0, b"*", 0]
    assert ask(sentinel, 5, one) == [0, one.encode(), 5]
    assert ask(sentinel, 5, other) == [0, one.encode(), 5]
    assert ask(sentinel, 4, other) == [0, one.encode(), 5], "an older epoch is told of the newer vote"
    assert ask(sentinel, 6, other) == [0, other.encode(), 6]
    assert sentinel.current_epoch == 6
    master = sentinel.status()["masters"][0]
    assert (master["leader"], master["leader_epoch"]) == (other, 6)


def test_a_vote_leaves_when_it_is_durable() -> None:
    sentinel = lone()
    for output in sentinel.drain():
        assert isinstance(output, Persist)
        sentinel.persisted(output.ticket)
    sentinel.drain()
    command = [b"SENTINEL", b"is-master-down-by-addr", b"10.0.0.1", b"6379", b"3", b"c" * 40]
    sentinel.command(1, command, 0)
    said = []
    while isinstance(output := sentinel.poll(), Event):
        said.append(output)
    assert isinstance(output, Persist)
    assert "sentinel current-epoch 3" in output.lines
    assert "sentinel leader-epoch mymaster 3" in output.lines
    assert not any(isinstance(one, Reply) for one in said)
    assert sentinel.drain() == []
    with pytest.raises(SentinelError) as caught:
        sentinel.persisted(output.ticket + 1)
    assert caught.value.code == "unknown_ticket"
    assert sentinel.drain() == []
    sentinel.persisted(output.ticket)
    assert any(isinstance(one, Reply) and one.value == [0, b"c" * 40, 3] for one in sentinel.drain())


def test_a_restart_forgets_no_vote() -> None:
    before = lone()
    assert ask(before, 9, "a" * 40) == [0, b"a" * 40, 9]
    after = Sentinel(Config(id="f" * 40, seed=2), before.lines())
    assert after.id == ID, "its name is among the lines"
    assert after.current_epoch == 9
    assert ask(after, 9, "b" * 40) == [0, b"*", 9]
    assert ask(after, 10, "b" * 40) == [0, b"b" * 40, 10]
    assert after.lines()[0] == f"sentinel myid {ID}"


def test_an_address_that_is_not_known() -> None:
    sentinel = lone()
    sentinel.command(1, [b"SENTINEL", b"is-master-down-by-addr", b"10.9.9.9", b"6379", b"0", b"*"], 0)
    replies = []
    while outputs := sentinel.drain():
        for output in outputs:
            if isinstance(output, Persist):
                sentinel.persisted(output.ticket)
            elif isinstance(output, Reply):
                replies.append(output.data)
    assert replies == [b"*3\r\n:0\r\n$1\r\n*\r\n:0\r\n"]


@pytest.mark.parametrize("profile", Profile)
def test_many_masters_die_at_once(profile: Profile) -> None:
    net = Net()
    masters = [net.server(number) for number in (10, 20, 30, 40)]
    for master in masters:
        number = int(master.address.host.rpartition(".")[2])
        net.server(number + 1, master.address)
        net.server(number + 2, master.address)
    settings = {"quorum": 2, "down_after": 2_000, "failover_timeout": 4_000}
    configs = [MasterConfig(f"m{number}", *master.address, **settings) for number, master in enumerate(masters)]
    seats = [net.seat(number, *configs, profile=profile) for number in range(1, 4)]
    net.run(15_000)
    for master in masters:
        net.kill(master)

    def settled(number: int) -> bool:
        views = [seat.sentinel.status()["masters"][number] for seat in seats]
        found = {(view["config_epoch"], view["current_address"]["host"]) for view in views}
        return len(found) == 1 and masters[number].address.host not in {host for _, host in found}

    net.until(lambda: all(settled(number) for number in range(len(masters))), 300_000)
    if profile is Profile.STRICT:  # Real ones cannot promise as much: their masters share one epoch.
        led = [(kind, message) for seat in seats for _, kind, message in seat.events if kind == "+elected-leader"]
        assert len(led) == len(masters)


# ---- what clients ask


def test_a_client_of_either_protocol() -> None:
    net, _, seats = group(sentinels=1)
    (seat,) = seats
    flat = net.ask(seat, "SENTINEL", "MASTER", "mymaster")
    assert type(flat) is list
    assert flat[:4] == [b"name", b"mymaster", b"ip", b"10.0.0.1"]
    assert net.ask(seat, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "nobody") is None
    assert seat.replies[-1].data == b"*-1\r\n"
    assert net.ask(seat, "PING") == b"PONG"
    assert seat.replies[-1].data == b"+PONG\r\n"
    assert net.ask(seat, "HELLO", 3, client=2)[b"proto"] == 3
    named = net.ask(seat, "SENTINEL", "MASTER", "mymaster", client=2)
    assert type(named) is dict
    assert named[b"ip"] == b"10.0.0.1"
    assert net.ask(seat, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "nobody", client=2) is None
    assert seat.replies[-1].data == b"_\r\n"
    seat.sentinel.client_closed(2)
    assert type(net.ask(seat, "SENTINEL", "MASTER", "mymaster", client=2)) is list, "another client by that name"
    refusal = net.ask(seat, "SENTINEL", "MASTER", "nobody")
    assert isinstance(refusal, ReplyError)
    assert str(refusal) == "ERR No such master with that name"


def test_subscribers_are_told() -> None:
    net, servers, seats = group()
    seat = seats[0]
    assert net.ask(seat, "SUBSCRIBE", "+switch-master", client=5) == [b"subscribe", b"+switch-master", 1]
    assert net.ask(seat, "PSUBSCRIBE", "*sdown", client=6) == [b"psubscribe", b"*sdown", 1]
    net.kill(servers[0])
    net.until(lambda: seat.said("+switch-master"))
    told = [reply.value for reply in seat.replies if reply.client == 5]
    assert told[1:] == [[b"message", b"+switch-master", b"mymaster 10.0.0.1 6379 10.0.0.2 6379"]]
    first = next(reply.value for reply in seat.replies if reply.client == 6 and reply.value[0] == b"pmessage")
    assert first == [b"pmessage", b"*sdown", b"+sdown", b"master mymaster 10.0.0.1 6379"]


def test_a_failover_by_hand() -> None:
    net, servers, seats = group()
    asked = seats[0]
    assert net.ask(asked, "SENTINEL", "FAILOVER", "mymaster") == b"OK"
    again = net.ask(asked, "SENTINEL", "FAILOVER", "mymaster")
    assert isinstance(again, ReplyError)
    assert again.code == "INPROG"
    net.until(lambda: all(seat.said("+switch-master") for seat in seats))
    assert leader_of(seats) is asked
    assert not asked.said("+odown")
    assert asked.said("+elected-leader")
    # The old master was neither paused nor told: it becomes a replica when it is found to be a master.
    assert servers[0].master is None
    net.until(lambda: servers[0].master == ("10.0.0.2", 6379))
    none, _, (lonely,) = group(replicas=0, sentinels=1)
    refusal = none.ask(lonely, "SENTINEL", "FAILOVER", "mymaster")
    assert isinstance(refusal, ReplyError)
    assert refusal.code == "NOGOODSLAVE"


@pytest.mark.parametrize(
    ("flag", "last"), [("crash-after-election", "+elected-leader"), ("crash-after-promotion", "+promoted-slave")]
)
def test_a_leader_that_crashes(flag: str, last: str) -> None:
    net, servers, seats = group()
    for seat in seats:
        assert net.ask(seat, "SENTINEL", "SIMULATE-FAILURE", flag) == b"OK"
    net.kill(servers[0])
    net.until(lambda: any(seat.said(last) for seat in seats))
    (crashed,) = [seat for seat in seats if Exit(99) in seat.others]
    assert crashed.said(last)


def test_scripts() -> None:
    net, servers, (seat,) = group(
        sentinels=1, quorum=1, notification_script="/bin/notify", client_reconfig_script="/bin/reconf"
    )
    net.kill(servers[0])
    net.until(lambda: seat.said("+switch-master"))
    runs = [one for one in seat.others if isinstance(one, RunScript)]
    assert runs[0].path == "/bin/notify"
    first = next(run for run in runs if run.args[0] == "+sdown")
    assert list(first.args) == ["+sdown", "master mymaster 10.0.0.1 6379"]
    # Killed by a signal it is tried again, after half a minute; what fails otherwise is not.
    seat.sentinel.script_finished(first.script, -9, net.now)
    for run in runs:
        if run is not first:
            seat.sentinel.script_finished(run.script, 0, net.now)
    with pytest.raises(SentinelError) as caught:
        seat.sentinel.script_finished(first.script, 0, net.now)
    assert caught.value.code == "unknown_script"
    net.run(29_000)
    assert again(seat, runs, first) == []
    net.run(2_000)
    (retry,) = again(seat, runs, first)
    seat.sentinel.script_finished(retry.script, 2, net.now)
    net.run(200)
    assert len(seat.said("-script-error")) == 1


def again(seat: Seat, runs: list[RunScript], first: RunScript) -> list[RunScript]:
    return [one for one in seat.others if isinstance(one, RunScript) and one not in runs and one.args == first.args]


def test_names_are_resolved() -> None:
    config = Config(id=ID, seed=1, resolve_hostnames=True, masters=[MasterConfig("mymaster", "redis.example", 6379, quorum=1)])
    sentinel = Sentinel(config)
    asked = []
    for now in range(0, 2_000, 100):
        sentinel.tick(now)
        while outputs := sentinel.drain():
            for output in outputs:
                match output:
                    case Persist(ticket):
                        sentinel.persisted(ticket)
                    case Resolve(host):
                        asked.append(host)
                        sentinel.resolved(host, "10.0.0.1", now)
                    case Connect(_, address, _, "master"):
                        assert address == Address("10.0.0.1", 6379)
                        return
    raise AssertionError(asked)


# ---- the class


def test_what_is_refused() -> None:
    for wrong in (
        {"id": "xyz"},
        {"masters": [MasterConfig("a b", "10.0.0.1", 1, 1)]},
        {"masters": [MasterConfig("m", "10.0.0.1", 1, 0)]},
        {"masters": [MasterConfig("m", "10.0.0.1", 1, 1), MasterConfig("m", "10.0.0.2", 1, 1)]},
        {"timing": Timing(ping=0)},
    ):
        with pytest.raises(SettingError) as caught:
            Sentinel(Config(**{"id": ID, "seed": 1, **wrong}))
        assert caught.value.code == "invalid_config"
        assert isinstance(caught.value, Error | ValueError)
        assert caught.value.line == 0
    with pytest.raises(SettingError) as caught:
        Sentinel(Config(id=ID, seed=1), ["port 26379", "sentinel monitor m 10.0.0.1 x 2"])
    assert (caught.value.code, caught.value.line) == ("invalid_line", 2)
    assert pickle.loads(pickle.dumps(caught.value)).line == 2
    with pytest.raises(ValueError, match="perhaps"):
        Config(id=ID, seed=1, profile="perhaps")
    with pytest.raises(TypeError, match="expected Config"):
        Sentinel(None)  # type: ignore[arg-type]
    sentinel = lone()
    for call in (
        lambda: sentinel.connected(99),
        lambda: sentinel.disconnected(99),
        lambda: sentinel.received(99, b"+OK\r\n", 0),
        lambda: sentinel.reply(99, b"OK", 0),
    ):
        with pytest.raises(UnknownLink) as unknown:
            call()
        assert (unknown.value.code, unknown.value.link) == ("unknown_link", 99)
    with pytest.raises(TypeError):
        sentinel.command(1, b"PING", 0)
    with pytest.raises(OverflowError):
        sentinel.tick(2**63)


def started() -> Sentinel:
    """A sentinel whose first connections stand."""
    sentinel = lone()
    sentinel.tick(0)
    while outputs := sentinel.drain():
        for output in outputs:
            match output:
                case Persist(ticket):
                    sentinel.persisted(ticket)
                case Connect(link):
                    sentinel.connected(link)
    return sentinel


INFO = "run_id:" + "1" * 40 + "\r\nrole:master\r\nslave0:ip=10.0.0.2,port=6379,state=online,offset=1,lag=0\r\n"
REPLIES = b"+OK\r\n+PONG\r\n" + encode(INFO, protocol=2)


def test_bytes_may_come_in_pieces() -> None:
    found = []
    for size in (1, 7, len(REPLIES)):
        sentinel = started()
        for at in range(0, len(REPLIES), size):
            sentinel.received(1, REPLIES[at : at + size], 50)
        found.append(sentinel.state_hash())
        (master,) = sentinel.status()["masters"]
        assert [one["instance"]["name"] for one in master["replicas"]] == ["10.0.0.2:6379"]
        assert master["instance"]["last_avail"] == 50
    assert len(set(found)) == 1
    decoded = started()
    for value in (b"OK", b"PONG", INFO.encode()):
        decoded.reply(1, value, 50)
    assert decoded.state_hash() == found[0]


def test_bytes_that_are_no_replies() -> None:
    sentinel = started()
    with pytest.raises(ProtocolError):
        sentinel.received(1, b"?what\r\n", 50)
    sentinel = started()
    with pytest.raises(SentinelError) as caught:
        sentinel.received(1, REPLIES + b"+OK\r\n" * 10, 50)
    assert caught.value.code == "unexpected_reply"
    sentinel.disconnected(1)
    with pytest.raises(UnknownLink):
        sentinel.received(1, b"+OK\r\n", 51)


def test_it_is_a_value() -> None:
    net, servers, seats = group()
    net.kill(servers[0])
    net.run(3_500)
    sentinel = seats[0].sentinel
    twins = [copy.copy(sentinel), copy.deepcopy(sentinel), pickle.loads(pickle.dumps(sentinel))]
    twins.append(Sentinel.from_state(sentinel.state()))
    for twin in twins:
        assert twin.state_hash() == sentinel.state_hash()
        assert twin.status() == sentinel.status()
        assert twin.lines() == sentinel.lines()
    for now in range(net.now, net.now + 3_000, 100):
        for one in [sentinel, *twins]:
            one.tick(now)
        outputs = [one.drain() for one in [sentinel, *twins]]
        assert all(one == outputs[0] for one in outputs)
        for output in outputs[0]:
            if isinstance(output, Persist):
                for one in [sentinel, *twins]:
                    one.persisted(output.ticket)
    assert "epoch=" in repr(sentinel)
    assert sentinel.id[:8] in repr(sentinel)


def test_half_a_reply_travels_with_the_state() -> None:
    sentinel = started()
    sentinel.received(1, REPLIES[:-5], 50)
    other = pickle.loads(pickle.dumps(sentinel))
    for one in (sentinel, other):
        one.received(1, REPLIES[-5:], 60)
    assert other.status() == sentinel.status()
    assert len(other.status()["masters"][0]["replicas"]) == 1


def test_a_state_that_is_none() -> None:
    state = lone().state()
    for wrong in (b"", b"x", state[:-1], state.replace(b"10.0.0.1", b"10.0.0.9"), state[:40] + b"0" + state[41:]):
        with pytest.raises(SentinelError) as caught:
            Sentinel.from_state(wrong)
        assert caught.value.code == "invalid_state"


def test_the_same_inputs_give_the_same() -> None:
    def played() -> list[int]:
        net, servers, seats = group()
        net.kill(servers[0])
        net.run(20_000)
        return [seat.sentinel.state_hash() for seat in seats]

    assert played() == played()


def test_settings_are_values() -> None:
    config = Config(id=ID, seed=1, profile="strict", masters=[MasterConfig("m", "10.0.0.1", 1, 1, auth_pass="secret")])
    assert config.profile is Profile.STRICT
    assert pickle.loads(pickle.dumps(config)) == config == copy.deepcopy(config)
    assert "secret" not in repr(config)
    assert config.masters == (MasterConfig("m", "10.0.0.1", 1, 1, auth_pass="secret"),)
    assert Send(1, [b"GET", b"k"]).data == b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
