"""`examples/sentinel.py`, which is `quorate.sentinel` and sockets, as one of three sentinels. The other two are real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sentinels import NAME, Group, Sentinel, Server, eventually, group

SOON = 1_000
NEVER = 600_000
"""In milliseconds: a sentinel with this `down-after` notices nothing by itself."""


@pytest.fixture
def seats(tmp_path: Path) -> Iterator[Group]:
    with group(tmp_path) as made:
        yield made


def all_agree(sentinels: list[Sentinel], old: Server) -> int:
    """Waits until all of them send clients to one other server, and says to which."""

    def agreed() -> int:
        ports = {one.address() for one in sentinels}
        epochs = {one.master()["config-epoch"] for one in sentinels}
        return ports.pop() if len(ports) == 1 and len(epochs) == 1 and old.port not in ports else 0

    return int(eventually("all name the same new master", agreed))


def all_follow(servers: list[Server], new: int) -> None:
    """Waits until that server is the master, and every other one that runs is its replica."""

    def follows() -> bool:
        for server in servers:
            said = server.replication()
            if server.port == new:
                assert said["role"] == "master", said
            else:
                assert (said["role"], said.get("master_port")) == ("slave", str(new)), said
                assert said["master_link_status"] == "up", said
        return True

    eventually("all servers follow the new master", follows)


def test_it_is_counted_and_knows_the_others(seats: Group) -> None:
    seats.servers()
    first, second, ours = seats.sentinels(real={"down_after": 30_000}, ours={"down_after": 30_000})
    for one in (first, second, ours):
        assert one.quorum() == repr(b"OK 3 usable Sentinels. Quorum and failover authorization can be reached")
    seen = first.others()[ours.id]
    assert (seen["ip"], seen["port"], seen["name"]) == ("127.0.0.1", str(ours.port), ours.id)
    # A real one answers the same questions by the same names in the same order.
    for question in (("MASTER", NAME), ("SENTINELS", NAME), ("REPLICAS", NAME)):
        names = []
        for one in (first, ours):
            reply = one.call("SENTINEL", *question)
            flat = reply if question[0] == "MASTER" else reply[0]
            names.append(flat[::2])
        assert names[0] == names[1], question
    # It is silent, and the others notice.
    ours.kill()
    for one in (first, second):
        assert one.call("SENTINEL", "SET", NAME, "down-after-milliseconds", SOON) == b"OK"
        eventually("it is missed", lambda one=one: "2 usable" in one.quorum())
    ours.start()
    for one in (first, second):
        eventually("it is back", lambda one=one: "3 usable" in one.quorum())
        assert len(one.others()) == 2, "under its own name"


def test_it_votes_for_a_real_one_and_follows_it(seats: Group) -> None:
    servers = seats.servers()
    # Ours notices nothing, and one of the two real ones is gone: the other needs our vote for a majority of three.
    first, second, ours = seats.sentinels(real={"down_after": SOON, "quorum": 1}, ours={"down_after": NEVER, "quorum": 1})
    second.kill()
    servers[0].kill()
    new = all_agree([first, ours], servers[0])
    assert first.said("+elected-leader", NAME)
    assert ours.said("+vote-for-leader", first.id)
    assert not ours.said("+try-failover")
    (switch,) = ours.said("+switch-master")
    assert switch == f"+switch-master {NAME} 127.0.0.1 {servers[0].port} 127.0.0.1 {new}"
    assert ours.said("+config-update-from", first.id)
    all_follow(servers[1:], new)
    eventually("ours is connected to it", lambda: ours.master()["flags"] == "master")


def test_it_leads_and_real_ones_follow(seats: Group) -> None:
    servers = seats.servers()
    # The real ones notice nothing: who stands for election is ours, and they vote for it.
    first, second, ours = seats.sentinels(real={"down_after": NEVER, "quorum": 1}, ours={"down_after": SOON, "quorum": 1})
    servers[0].kill()
    new = all_agree([first, second, ours], servers[0])
    assert ours.said("+elected-leader", NAME)
    assert ours.said("+promoted-slave", str(new))
    eventually("it ends", lambda: ours.said("+failover-end", NAME))
    assert ours.said("+slave-reconf-done")
    for one in (first, second):
        assert one.said("+switch-master", NAME, f"127.0.0.1 {new}")
        assert one.said("+config-update-from", ours.id)
    assert any(one.said("+vote-for-leader", ours.id) for one in (first, second))
    all_follow(servers[1:], new)
    # The old master comes back, and somebody makes it a replica.
    servers[0].start()
    all_follow(servers, new)


def test_whoever_leads_all_follow(seats: Group) -> None:
    servers = seats.servers()
    sentinels = seats.sentinels(real={"down_after": SOON}, ours={"down_after": SOON})
    servers[0].kill()
    new = all_agree(sentinels, servers[0])
    all_follow(servers[1:], new)
    leaders = [one for one in sentinels if one.said("+promoted-slave")]
    assert len(leaders) == 1, [one.name for one in leaders]
    epochs = {one.master()["config-epoch"] for one in sentinels}
    assert len(epochs) == 1
    # And once more, by hand, at ours.
    ours = sentinels[2]
    eventually("the first one ended", lambda: leaders[0].said("+failover-end"))
    eventually("there is a replica to promote", lambda: has_a_good_replica(ours))
    assert ours.call("SENTINEL", "FAILOVER", NAME) == b"OK"
    eventually("all move on", lambda: moved(sentinels, new))
    all_follow(servers[1:], ours.address())


def has_a_good_replica(one: Sentinel) -> bool:
    return any(it["flags"] == "slave" and it["master-link-status"] == "ok" for it in one.replicas().values())


def moved(sentinels: list[Sentinel], before: int) -> bool:
    ports = {one.address() for one in sentinels}
    return len(ports) == 1 and before not in ports


def test_a_restart_forgets_no_vote(seats: Group) -> None:
    servers = seats.servers()
    first, second, ours = seats.sentinels(real={"down_after": NEVER}, ours={"down_after": NEVER})
    port, one, other = servers[0].port, "a" * 40, "b" * 40

    def ask(epoch: int, who: str) -> list[object]:
        reply = ours.call("SENTINEL", "IS-MASTER-DOWN-BY-ADDR", "127.0.0.1", port, epoch, who)
        assert isinstance(reply, list)
        return reply

    assert ask(7, one) == [0, one.encode(), 7]
    ours.kill()  # Right behind the answer: what it promised is on the disk already.
    assert "sentinel current-epoch 7" in ours.conf.read_text().splitlines()
    assert f"sentinel leader-epoch {NAME} 7" in ours.conf.read_text().splitlines()
    known = ours.id
    ours.start()
    assert ours.id == known
    assert ask(7, other)[1] != other.encode(), "a second vote in the same epoch"
    assert ask(6, other)[1] != other.encode()
    assert ask(8, other) == [0, other.encode(), 8]
    # It knows who was there, and they know it.
    assert set(ours.others()) == {first.id, second.id}
    for real in (first, second):
        eventually("it is counted", lambda real=real: "3 usable" in real.quorum())
        assert set(real.others()) == {ours.id, *({first.id, second.id} - {real.id})}
        eventually("the epoch spreads", lambda real=real: real_epoch(real) == 8)


def real_epoch(one: Sentinel) -> int:
    lines = one.conf.read_text().splitlines()
    return max(int(line.split()[-1]) for line in lines if line.startswith("sentinel current-epoch"))
