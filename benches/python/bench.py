"""Measures the Python package beside hiredis and redis-py.

    python bench.py resp|slots [--data DIR]

It needs `quorate`, `hiredis` and `redis` installed. The workloads are those of `quorate-benches gen`, which is run here unless
--data names a directory that has them. Results are lines of JSON, as those of the Rust program beside this one.
"""

import argparse
import binascii
import gc
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import hiredis
from quorate.cluster import key_slot, key_slots
from quorate.resp import Decoder, encode_command, encode_pipeline
from redis.crc import key_slot as redis_key_slot

WINDOW_NS = 8_000_000
PAIRS = 21
UNITS = {
    "w1": ("reply", 10_000),
    "w2": ("reply", 10_000),
    "w3": ("element", 100_000),
    "w4": ("reply", 200),
    "w5": ("leaf", 89_600),
    "w6": ("reply", 100_000),
}
PIECES = {"whole": 1 << 62, "16 KiB": 16_384, "1460 B": 1_460}


def line(
    suite: str,
    workload: str,
    unit: str,
    count: int,
    peer: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
) -> None:
    """Lets the two take turns, in windows of a few milliseconds, and prints the medians and that of the turns' ratios.

    Time is what the thread ran, so that other programs do not count. A run of more than a third of a second gets three turns.
    """
    gc.collect()
    our_repeats, our_run = repeats(ours)
    peer_repeats, peer_run = repeats(theirs)
    pairs = 3 if max(our_run, peer_run) > 300_000_000 else PAIRS
    our_times, peer_times = [], []
    for pair in range(pairs):
        # Each goes first in every other pair, so that neither always finds the caches as the other left them.
        turns = [(our_times, our_repeats, ours), (peer_times, peer_repeats, theirs)]
        for times, runs, call in turns if pair % 2 == 0 else reversed(turns):
            times.append(measure(runs, call) / count)
    result = {
        "suite": suite,
        "workload": workload,
        "language": "python",
        "peer": peer,
        "ours_ns": round(statistics.median(our_times), 3),
        "peer_ns": round(statistics.median(peer_times), 3),
        "ratio": round(statistics.median(o / p for o, p in zip(our_times, peer_times, strict=True)), 4),
        "unit": unit,
    }
    print(json.dumps(result), flush=True)


def repeats(call: Callable[[], object]) -> tuple[int, float]:
    """How many runs fill a window, and nanoseconds a run."""
    call()
    run = measure(1, call)
    if run < WINDOW_NS / 10:
        run = measure(10, call)
    return max(1, round(WINDOW_NS / max(run, 1))), run


def measure(runs: int, call: Callable[[], object]) -> float:
    """Nanoseconds a run."""
    start = time.thread_time_ns()
    for _ in range(runs):
        call()
    return (time.thread_time_ns() - start) / runs


def pieces_of(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def ours_decode(decoder: Decoder, pieces: list[bytes]) -> None:
    for piece in pieces:
        decoder.feed(piece)
        decoder.poll_all()


def ours_poll(decoder: Decoder, pieces: list[bytes]) -> None:
    for piece in pieces:
        decoder.feed(piece)
        for _ in decoder:
            pass


def hiredis_decode(reader: hiredis.Reader, pieces: list[bytes]) -> None:
    for piece in pieces:
        reader.feed(piece)
        while reader.gets() is not False:
            pass


def replies_of_ours(decoder: Decoder, pieces: list[bytes]) -> Iterator[Any]:
    for piece in pieces:
        decoder.feed(piece)
        yield from decoder.poll_all()


def replies_of_hiredis(reader: hiredis.Reader, pieces: list[bytes]) -> Iterator[Any]:
    for piece in pieces:
        reader.feed(piece)
        while (reply := reader.gets()) is not False:
            yield reply


def resp(data: Path) -> None:
    for name, (unit, count) in UNITS.items():
        whole = (data / f"{name}.resp").read_bytes()
        for kind, options in {"bytes": {}, "str": {"encoding": "utf-8"}}.items():
            for how, size in PIECES.items():
                pieces = pieces_of(whole, size)
                replies = zip(
                    replies_of_ours(Decoder(**options), pieces),
                    replies_of_hiredis(hiredis.Reader(**options), pieces),
                    strict=True,
                )
                assert all(ours == theirs for ours, theirs in replies), f"{name} {kind} {how}"
                decoder = Decoder(**options)
                theirs = partial(hiredis_decode, hiredis.Reader(**options), pieces)
                compare = partial(line, "resp", unit=unit, count=count)
                compare(
                    f"{name} {kind} {how}", peer="hiredis 3.5 Reader", ours=partial(ours_decode, decoder, pieces), theirs=theirs
                )
                if how == "16 KiB" and len(pieces) < count:
                    one_by_one = partial(ours_poll, decoder, pieces)
                    compare(f"{name} {kind} {how}, one by one", peer="hiredis 3.5 Reader", ours=one_by_one, theirs=theirs)
        ours = partial(ours_decode, Decoder(), [whole])
        line("resp", f"{name} bytes whole", unit, count, "limit: memcpy", ours, partial(bytearray, whole))
    encode(data)


def encode(data: Path) -> None:
    texts = [tuple(command.split(" ")) for command in (data / "w7.txt").read_text().splitlines()]
    for kind, commands in {"str": texts, "bytes": [tuple(arg.encode() for arg in command) for command in texts]}.items():
        assert all(encode_command(*command) == hiredis.pack_command(command) for command in commands)
        compare = partial(line, "resp", unit="command", count=len(commands), peer="hiredis 3.5 pack_command")
        ours, theirs = partial(each, encode_command, commands), partial(each, hiredis.pack_command, commands)
        compare(f"w7 {kind} one by one", ours=ours, theirs=theirs)
        hundreds = [commands[at : at + 100] for at in range(0, len(commands), 100)]
        assert all(encode_pipeline(hundred) == pack_all(hundred) for hundred in hundreds)
        ours, theirs = partial(each, encode_pipeline, hundreds), partial(each, pack_all, hundreds)
        compare(f"w7 {kind} by the hundred", ours=ours, theirs=theirs)


def pack_all(commands: list[tuple[Any, ...]]) -> bytes:
    return b"".join(map(hiredis.pack_command, commands))


def each(call: Callable[[Any], object], items: list[Any]) -> None:
    for item in items:
        call(item)


def slots(data: Path) -> None:
    for name, keys in workloads_of_keys(data):
        texts = [key.decode() for key in keys]
        assert [key_slot(key) for key in keys] == [redis_key_slot(key) for key in keys] == key_slots(keys) == key_slots(texts)
        compare = partial(line, "slots", unit="key", count=len(keys))
        for kind, given, theirs in [
            ("bytes", keys, partial(each, redis_key_slot, keys)),
            # redis-py encodes text before it hashes it.
            ("str", texts, partial(each, lambda key: redis_key_slot(key.encode()), texts)),
        ]:
            compare(f"slot {name} {kind}", peer="redis-py 8.1 key_slot", ours=partial(each, key_slot, given), theirs=theirs)
            compare(f"batch {name} {kind}", peer="redis-py 8.1 key_slot", ours=partial(key_slots, given), theirs=theirs)
        # The same checksum in the standard library, without the search for a tag: what a call into C costs.
        compare(
            f"slot {name} bytes",
            peer="limit: binascii.crc_hqx",
            ours=partial(each, key_slot, keys),
            theirs=partial(each_crc, keys),
        )


def each_crc(keys: list[bytes]) -> None:
    for key in keys:
        binascii.crc_hqx(key, 0)


def workloads_of_keys(data: Path) -> Iterator[tuple[str, list[bytes]]]:
    for part in (data / "keys.txt").read_bytes().split(b"# ")[1:]:
        name, *keys = part.splitlines()
        yield name.decode(), keys


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the Python package beside its peers.")
    parser.add_argument("suite", choices=["resp", "slots"])
    parser.add_argument("--data", type=Path, help="a directory that `quorate-benches gen` has filled")
    parser.add_argument("--json", action="store_true", help="as always")
    args = parser.parse_args()
    suite = {"resp": resp, "slots": slots}[args.suite]
    if args.data is not None:
        suite(args.data)
        return
    with tempfile.TemporaryDirectory() as directory:
        generate = ["cargo", "run", "--quiet", "--release", "--package", "quorate-benches", "--", "gen", directory]
        subprocess.run(generate, check=True, cwd=Path(__file__).parent)
        suite(Path(directory))


if __name__ == "__main__":
    main()
