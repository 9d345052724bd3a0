"""A simulated world: carries out a script, asks how it ended, and prints that as a line of JSON. Arguments: FILE QUESTION..."""

import json
import sys
import time
from pathlib import Path

from quorate.sim import World


def main() -> None:
    script = Path(sys.argv[1]).read_text()

    start = time.perf_counter_ns()
    world = World.from_script(script)
    report = world.run()
    ns = time.perf_counter_ns() - start

    results = {
        "as expected": report.ok,
        **{question: world.ask(question) for question in sys.argv[2:]},
        "events": report.events,
        "state hash": report.hash,
    }
    print(json.dumps({"language": "Python", "results": results, "times": {"us to run it": ns // 1_000}}))


if __name__ == "__main__":
    main()
