#!/usr/bin/env python3
"""Instructions of the hot path, counted by valgrind: the same on a busy machine and on an idle one.

usage: instructions.py WXFLOW [OTHER]      needs valgrind; OTHER is an earlier build to compare with

Everything runs against the built-in sandbox, in the process itself. Where the instructions go:
    valgrind --tool=callgrind --callgrind-out-file=out target/release/wxflow run FLOW --sandbox
    callgrind_annotate --inclusive=yes out
(build with CARGO_PROFILE_RELEASE_DEBUG=line-tables-only to see lines).
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from scale import flow, write


def count(command, folder):
    """Instructions of a process that must succeed, in millions."""
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out"]
    done = subprocess.run(valgrind + command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not found:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return int(found[1]) / 1e6


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not shutil.which("valgrind"):
        sys.exit("valgrind is not installed, and nothing else counts instructions here")
    programs = [os.path.abspath(program) for program in sys.argv[1:3]]
    with tempfile.TemporaryDirectory() as folder:
        one, thousand = pathlib.Path(folder) / "one.flow.yaml", pathlib.Path(folder) / "thousand.flow.yaml"
        write(one, flow(1))
        write(thousand, flow(1_000))
        reports = [f"--report={f}={folder}/report.{f}" for f in ("html", "junit", "json")]
        rows = {
            "start, 1 step": ["run", one, "--sandbox"],
            "1,000 steps, only checked": ["validate", thousand],
            "1,000 steps": ["run", thousand, "--sandbox"],
            "1,000 steps, with html, junit and json": ["run", thousand, "--sandbox", *reports],
        }
        for label, arguments in rows.items():
            counts = [count([program, *map(str, arguments)], folder) for program in programs]
            change = f"{counts[0] / counts[1] - 1:+8.1%}" if len(counts) == 2 else ""
            print(f"{label:40}" + "".join(f"{n:10.1f} M" for n in counts) + change, flush=True)


if __name__ == "__main__":
    main()
