#!/usr/bin/env python3
"""How cost grows: CPU time and peak memory from few to many steps, names, secrets, files and reports.

usage: scale.py WXFLOW [SVG]      needs nothing but Python and a Unix

Everything runs against the built-in sandbox, so that no server and no network is measured. CPU time (user and system)
is taken instead of wall-clock time, as a busy machine stretches only the latter. SVG, where named, gets the plot that
docs/performance.md shows: flat lines mean that cost grows straight.
"""

import os
import pathlib
import sys
import tempfile

STEP = """  - name: s{i}
    request: GET /_wxflow/echo
    headers: {{ x-prev: "{{{{ id }}}}" }}
    expect: {{ status: 200, json: {{ $.method: GET }} }}
    capture: {{ id{name}: $.path }}
"""
HEAD = 'defaults: { base_url: "https://webexapis.com" }\n'


def flow(steps, named=False):
    """Steps that send what an earlier step captured; `named` gives each capture a name of its own."""
    yield f"{HEAD}vars: {{ id: none }}\nsteps:\n"
    for i in range(steps):
        yield STEP.format(i=i, name=i if named else "")


def secrets(count):
    """Twenty replies of 1 MB, with `count` secrets to look for in each."""
    yield f"{HEAD}inputs:\n"
    yield from (f"  s{i}: {{ secret: true }}\n" for i in range(count))
    yield "steps:\n"
    yield from (f"  - request: GET /_wxflow/bytes/1000000?n={i}\n" for i in range(20))


def write(file, lines):
    # Never held whole: a child begins with the peak of its parent, so this process must stay smaller than what it measures.
    with open(file, "w") as out:
        out.writelines(lines)


def run(command):
    """CPU seconds and peak MiB of a process that must succeed."""
    with open(os.devnull, "w") as null:
        pid = os.posix_spawnp(command[0], command, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, null.fileno(), 1)])
        _, status, usage = os.wait4(pid, 0)
    if status:
        sys.exit(f"{' '.join(command)[:120]} failed")
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale


def series(wxflow, folder):
    """(label, unit, [(n, CPU seconds, MiB)])"""
    def once(name, text, *arguments):
        file = folder / f"{name}.flow.yaml"
        write(file, text)
        return run([wxflow, "run", str(file), "--sandbox", *arguments])

    many = (100, 1_000, 10_000, 100_000)
    yield "steps", "step", [(n, *once("steps", flow(n))) for n in many]
    yield "captured names", "name", [(n, *once("names", flow(n, named=True))) for n in many[:3]]
    formats = [f"--report={f}={folder}/report.{f}" for f in ("html", "junit", "json")]
    yield "steps, with html, junit and json", "step", [(n, *once("reports", flow(n), *formats)) for n in many[:3]]

    def hidden(count):
        values = []
        for i in range(count):
            (folder / f"secret-{i}").write_text(f"secret-value-{i:06}-x9Yz")
            values.append(f"--secret=s{i}=@{folder}/secret-{i}")
        kept = f"--report=events={folder}/events.ndjson", "--report-bodies=2MB"
        return once("secrets", secrets(count), *kept, *values)

    yield "secrets, with 20 MB of replies", None, [(n, *hidden(n)) for n in (1, 10, 100, 1_000)]

    def files(count):
        place = folder / f"files-{count}"
        place.mkdir()
        for i in range(count):
            write(place / f"f{i}.flow.yaml", flow(1))
        return run([wxflow, "validate", str(place)])

    yield "files, validated", "file", [(n, *files(n)) for n in many[:3]]


def svg(found):
    """Cost of one more, against how many there are, both as powers of ten; the first point of each line is at 1."""
    width, height, left, top = 640, 260, 46, 16
    colours = ("#2563eb", "#059669", "#d97706", "#dc2626")
    lines = [(label, [(n, cpu / n) for n, cpu, _ in points]) for label, unit, points in found if unit]
    x = lambda n: left + (len(str(n)) - 3) * (width - left - 250) / 3
    y = lambda ratio: top + (height - top - 40) * (1 - ratio / 2)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="#fff"/>']
    for ratio in (0, 0.5, 1, 1.5, 2):
        out.append(f'<path d="M{left} {y(ratio):.0f}H{width - 240}" stroke="#ddd"/><text x="{left - 8}" y="{y(ratio) + 4:.0f}" text-anchor="end">{ratio:g}×</text>')
    for n in (100, 1_000, 10_000, 100_000):
        out.append(f'<text x="{x(n):.0f}" y="{height - 22}" text-anchor="middle">{n:,}</text>')
    out.append(f'<text x="{left}" y="{height - 6}">CPU time of one, against that of one in a thousand</text>')
    for index, (label, points) in enumerate(lines):
        base = dict(points)[1_000]
        places = " ".join(f"{x(n):.0f},{y(min(cost / base, 2)):.1f}" for n, cost in points if n >= 1_000)
        at = top + 14 + 18 * index
        out.append(f'<polyline points="{places}" fill="none" stroke="{colours[index]}" stroke-width="2"/>')
        out += [f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3" fill="{colours[index]}"/>' for p in places.split()]
        out.append(f'<path d="M{width - 230} {at - 4}h16" stroke="{colours[index]}" stroke-width="2"/><text x="{width - 208}" y="{at}">{label}</text>')
    return "\n".join([*out, "</svg>", ""])


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    wxflow = os.path.abspath(sys.argv[1])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for label, unit, points in series(wxflow, pathlib.Path(folder)):
            found.append((label, unit, points))
            print(label)
            for n, cpu, mib in points:
                each = f"{cpu / n * 1e6:9.1f} µs each" if unit else ""
                print(f"  {n:>8,} {cpu:8.3f} s CPU {mib:6.0f} MiB {each}", flush=True)
    if len(sys.argv) > 2:
        pathlib.Path(sys.argv[2]).write_text(svg(found))


if __name__ == "__main__":
    main()
