"""The seat under redis-py: its own client, on this package's parser and packer, does what it does on its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis._parsers import _RESP2Parser, _RESP3Parser
from redis.exceptions import DataError, NoScriptError, ResponseError
from redis.maint_notifications import MaintNotificationsConfig
from seat import QuoratePacker, QuorateParser

KEY = "quorate:live:redis-py"


@pytest.fixture(params=[False, True], ids=["bytes", "text"])
def make(port: int, protocol: int, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Makes a client that is `ours` or redis-py's own."""
    clients = []

    def make(ours: bool = True, **options: Any) -> Any:
        own = _RESP3Parser if protocol == 3 else _RESP2Parser
        seat = {"parser_class": QuorateParser, "command_packer": QuoratePacker()} if ours else {"parser_class": own}
        options = {"decode_responses": request.param, "protocol": protocol, **options}
        # Notifications of a hosted service, which redis-py gives to parsers of its own alone.
        options["maint_notifications_config"] = MaintNotificationsConfig(enabled=False)
        pool = redis.ConnectionPool(host="127.0.0.1", port=port, **seat, **options)
        clients.append(redis.Redis(connection_pool=pool))
        return clients[-1]

    yield make
    for key in clients[0].keys(f"{KEY}*") if clients else []:
        clients[0].delete(key)
    for client in clients:
        client.close()
        client.connection_pool.disconnect()


def operations(client: Any) -> Iterator[Any]:
    """Operations of many kinds, whose results do not change from one run to the next."""
    yield client.ping()
    yield client.set(f"{KEY}:s", "v\u20ac", ex=100)
    yield client.get(f"{KEY}:s")
    yield client.get(f"{KEY}:none")
    yield client.mset({f"{KEY}:1": 1, f"{KEY}:2": 2.5, f"{KEY}:3": b"x" * 100_000})
    yield client.mget([f"{KEY}:1", f"{KEY}:2", f"{KEY}:3", f"{KEY}:none"])
    yield client.incr(f"{KEY}:1", 41)
    yield client.incrbyfloat(f"{KEY}:2", 0.1)
    yield client.expire(f"{KEY}:1", 50)
    yield client.exists(f"{KEY}:1", f"{KEY}:none")
    yield client.type(f"{KEY}:1")
    yield client.hset(f"{KEY}:h", mapping={"a": 1, "b": "two", "c": b"three"})
    yield client.hgetall(f"{KEY}:h")
    yield client.hmget(f"{KEY}:h", ["a", "none"])
    yield sorted(client.hscan_iter(f"{KEY}:h"))
    yield client.rpush(f"{KEY}:l", *range(100))
    yield client.lrange(f"{KEY}:l", 0, -1)
    yield client.lpop(f"{KEY}:l", 3)
    yield client.blpop([f"{KEY}:l"], timeout=1)
    yield client.sadd(f"{KEY}:set", "a", "b", "c")
    yield sorted(client.smembers(f"{KEY}:set"))
    yield client.sismember(f"{KEY}:set", "a")
    yield client.zadd(f"{KEY}:z", {"a": 1, "b": 0.1, "c": float("inf")})
    yield client.zrange(f"{KEY}:z", 0, -1, withscores=True)
    yield client.zscore(f"{KEY}:z", "b")
    yield client.zrangebyscore(f"{KEY}:z", "-inf", "+inf", withscores=True)
    yield client.zincrby(f"{KEY}:z", 1.5, "a")
    yield client.xadd(f"{KEY}:x", {"f": "v"}, id="1-1")
    yield client.xadd(f"{KEY}:x", {"f": "w", "g": 2}, id="2-1")
    yield client.xrange(f"{KEY}:x")
    yield client.xread({f"{KEY}:x": "0"})
    yield client.xgroup_create(f"{KEY}:x", "group", id="0")
    yield client.xreadgroup("group", "me", {f"{KEY}:x": ">"}, count=1)
    yield client.xinfo_stream(f"{KEY}:x")["length"]
    yield client.geoadd(f"{KEY}:g", (13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"))
    yield client.geodist(f"{KEY}:g", "Palermo", "Catania", unit="km")
    yield client.geopos(f"{KEY}:g", "Palermo")
    yield client.setbit(f"{KEY}:bits", 7, 1)
    yield client.pfadd(f"{KEY}:hll", "a", "b")
    yield client.pfcount(f"{KEY}:hll")
    yield sorted(client.scan_iter(f"{KEY}:*", count=3))
    yield client.eval("return {1, 'two', {3, 'four'}, false, redis.error_reply('MY err')}", 0)
    yield client.eval("return redis.call('GET', KEYS[1])", 1, f"{KEY}:s")
    yield client.config_get("maxmemory")
    yield sorted(client.info("server"))
    yield client.command_count() > 200
    yield client.object("encoding", f"{KEY}:1")
    yield client.client_setname("quorate")
    yield client.client_getname()
    yield client.slowlog_len() >= 0
    yield client.echo("\u20ac")
    yield client.dbsize() > 0


def rendered(results: Iterator[Any]) -> list[str]:
    return [repr(result) for result in results]


def test_results_are_those_of_redis_pys_own_parser(make: Any) -> None:
    client = make()
    client.delete(*(client.keys(f"{KEY}*") or [KEY]))
    ours = rendered(operations(client))
    client.delete(*client.keys(f"{KEY}*"))
    theirs = rendered(operations(make(ours=False)))
    assert ours == theirs
    assert len(ours) > 45


def test_errors_are_redis_pys(make: Any) -> None:
    client = make()
    client.set(KEY, "text")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        client.lpush(KEY, 1)
    with pytest.raises(NoScriptError):
        client.evalsha("0" * 40, 0)
    with pytest.raises(ResponseError, match="unknown command"):
        client.execute_command("NOSUCH")
    with pytest.raises((DataError, TypeError)):
        client.set(KEY, object())
    assert client.ping() is True


def test_pipelines(make: Any) -> None:
    client = make()
    pipe = client.pipeline(transaction=False)
    for number in range(2_000):
        pipe.set(f"{KEY}:{number}", number)
    assert pipe.execute() == [True] * 2_000
    with client.pipeline(transaction=True) as pipe:
        pipe.incr(f"{KEY}:1")
        pipe.lpush(f"{KEY}:1", "x")
        pipe.get(f"{KEY}:1")
        added, refused, got = pipe.execute(raise_on_error=False)
    assert (added, int(got)) == (2, 2)
    # An error inside an array must be one of redis-py's own too.
    assert isinstance(refused, ResponseError)
    with client.pipeline() as pipe:
        pipe.watch(KEY)
        pipe.multi()
        pipe.set(KEY, 1)
        assert pipe.execute() == [True]


def test_never_decode(make: Any) -> None:
    client = make()
    client.set(KEY, "value")
    dump = client.dump(KEY)
    assert type(dump) is bytes
    client.delete(KEY)
    client.restore(KEY, 0, dump)
    assert client.get(KEY) in ("value", b"value")


def test_pubsub(make: Any) -> None:
    client = make()
    with client.pubsub() as pubsub:
        pubsub.subscribe(f"{KEY}:channel")
        pubsub.psubscribe(f"{KEY}:p*")
        assert [pubsub.get_message(timeout=5)["type"] for _ in range(2)] == ["subscribe", "psubscribe"]
        publisher = threading.Thread(target=lambda: [client.publish(f"{KEY}:channel", n) for n in range(50)])
        publisher.start()
        messages = [pubsub.get_message(timeout=5) for _ in range(50)]
        publisher.join()
        assert [int(message["data"]) for message in messages] == list(range(50))
        client.publish(f"{KEY}:pattern", "x")
        assert pubsub.get_message(timeout=5)["type"] == "pmessage"
        assert pubsub.get_message(timeout=0.01) is None


def test_threads_share_a_pool(make: Any) -> None:
    client = make()
    failures: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for number in range(300):
                client.hset(f"{KEY}:{name}", number, number)
            assert len(client.hgetall(f"{KEY}:{name}")) == 300
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_a_closed_connection_is_told(make: Any) -> None:
    client = make()
    connection = client.connection_pool.get_connection()
    connection.send_command("CLIENT", "ID")
    make().client_kill_filter(_id=connection.read_response())

    def ping() -> None:
        connection.send_command("PING", check_health=False)
        connection.read_response()

    with pytest.raises(redis.ConnectionError):
        ping()
    client.connection_pool.release(connection)
    assert client.ping() is True
