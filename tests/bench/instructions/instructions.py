"""Counts the instructions of the hot paths, and holds them to the committed counts.

    instructions.py PROGRAM [--update] [PATH...]

PROGRAM is instructions.cc's. Prints one line for each path; exits with 1 where a count is not what is committed, and
says what to do. --update writes what was counted into counts.json instead.

A path that became cheaper by as much fails as well: until the better count is committed, a growth back to the old one
would pass unseen.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

COUNTS = pathlib.Path(__file__).with_name("counts.json")
# Of the committed count.
TOLERANCE = 0.05

# What would choose other instructions on another machine or in another shell. Valgrind shows every program one of a few
# processors; these two take from glibc and OpenSSL what older ones lack.
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LD_BIND_NOW": "1",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-ERMS,-FSRM,-RTM,-BMI1,-BMI2,-LZCNT,-MOVBE,"
    "-SSSE3,-SSE4_1,-SSE4_2:glibc.cpu.x86_non_temporal_threshold=0xf000000",
    "OPENSSL_ia32cap": "0:0",
}


def judge(committed, counted, tolerance=TOLERANCE):
    """{path: complaint} of the paths that are not as committed."""
    complaints = {path: "committed, but there is no such path" for path in committed if path not in counted}
    for path, count in counted.items():
        before = committed.get(path)
        if before is None:
            complaints[path] = f"{count:,} instructions a call, and none are committed"
        elif abs(count - before) > tolerance * before:
            complaints[path] = (
                f"{count:,} instructions a call, {before:,} are committed: "
                f"{abs(count - before) / before:.1%} {'more' if count > before else 'fewer'}"
            )
    return complaints


def advice(complaints):
    """What to do about them."""
    return (
        f"More than {TOLERANCE:.0%} off. Where that is meant, commit with the change what this writes, and say why:\n"
        f"  scripts/instructions --update {' '.join(complaints)}\n"
        "Where it is not, tests/bench/instructions/README.md says how to see which functions it is."
    )


def total_of(dump):
    """The instructions of one dump of callgrind."""
    found = re.search(r"^totals: (\d+)$", dump, re.MULTILINE)
    if found is None:
        raise ValueError("a dump without totals")
    return int(found.group(1))


def count(program, path, calls):
    """Instructions of one call of a path: the program's second dump has twice the calls of the first."""
    with tempfile.TemporaryDirectory(prefix="ostiary-instructions.") as folder:
        # No address is random, for absl's hash tables are seeded with addresses. Only the program's own process
        # is asked: what it forks writes dumps of its own.
        valgrind = subprocess.Popen(
            ["setarch", "-R", "valgrind", "--tool=callgrind", "--quiet", "--collect-atstart=no",
             "--callgrind-out-file=" + folder + "/%p", program, path],
            env=ENVIRONMENT, cwd="/",
        )  # fmt: skip
        if valgrind.wait(timeout=300) != 0:
            raise SystemExit(f"{path}: the program failed under valgrind.")
        once, twice = (
            total_of(pathlib.Path(folder, f"{valgrind.pid}.{dump}").read_text(encoding="utf-8")) for dump in (1, 2)
        )
        return round((twice - once) / calls)


def count_all(program, wanted):
    """{path: instructions} of those wanted, or of all paths of the program."""
    lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    paths = {name: int(calls) for name, calls in (line.split() for line in lines)}
    for name in wanted:
        if name not in paths:
            raise SystemExit(f"no such path: {name}, of {', '.join(paths)}")
    chosen = wanted or list(paths)
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return dict(zip(chosen, pool.map(lambda name: count(program, name, paths[name]), chosen)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("paths", nargs="*", metavar="PATH")
    arguments = parser.parse_args()

    committed = json.loads(COUNTS.read_text(encoding="utf-8"))
    counted = count_all(os.path.abspath(arguments.program), arguments.paths)
    for path, instructions in counted.items():
        before = committed.get(path)
        change = f"{(instructions - before) / before:+.2%} of {before:,}" if before else "new"
        print(f"{path:24} {instructions:>14,}  {change}")
    others = {path: n for path, n in committed.items() if arguments.paths and path not in counted}
    if arguments.update:
        COUNTS.write_text(json.dumps(others | counted, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    complaints = judge({path: n for path, n in committed.items() if path not in others}, counted)
    for path, complaint in complaints.items():
        print(f"{path}: {complaint}.", file=sys.stderr)
    if complaints:
        print(advice(complaints), file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
