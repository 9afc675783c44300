"""`./dev bench NAME`: what is measured, each figure as one JSON line.

    python -m tests.bench fuzz --count 100000

Figures are read by scripts and compared side by side; no test judges a time.
"""

import argparse
import dataclasses
import json
import signal
import sys

from tests.bench import (
    api,
    evaluate,
    faults,
    file,
    fuzz,
    growth,
    issue,
    memory,
    night,
    schema,
    search,
    shapes,
    sign,
    status,
    store,
    suggest,
    verify,
)

BENCHES = {
    "api": api,
    "evaluate": evaluate,
    "faults": faults,
    "file": file,
    "fuzz": fuzz,
    "growth": growth,
    "issue": issue,
    "memory": memory,
    "night": night,
    "schema": schema,
    "search": search,
    "shapes": shapes,
    "sign": sign,
    "status": status,
    "store": store,
    "suggest": suggest,
    "verify": verify,
}


def main() -> int:
    """Run one bench; its status is 1 when it found what must not be."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__.partition("\n")[0])
    names = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for name, bench in BENCHES.items():
        words = (bench.__doc__ or "").partition("\n")[0]
        command = names.add_parser(name, help=words, description=words)
        command.add_argument("--count", type=int, default=bench.COUNT, metavar="N")
        command.add_argument("--seed", type=int, default=0, metavar="N")
        for flag, (usual, words) in getattr(bench, "NUMBERS", {}).items():
            command.add_argument(flag, type=int, default=usual, metavar="N", help=words)
        for flag, words in getattr(bench, "FLAGS", {}).items():
            command.add_argument(flag, action="store_true", help=words)
    options = vars(parser.parse_args())
    # As after an error, workers and databases of a bench end with it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    name = options.pop("name")
    rows = BENCHES[name].run(**options)
    is_good = True
    for row in rows:
        print(json.dumps({"bench": name, **dataclasses.asdict(row)}), flush=True)
        is_good = is_good and row.is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
