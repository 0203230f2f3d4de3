#!/usr/bin/env python3
"""Draws the pictures of docs/performance.md and README.md from a file of rows, by gnuplot.

    benchmarks/plot.py benchmarks/baseline/KIND.json docs/performance
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

from bench import rows
from bench.tables import PEERS, million, ratios, sizes

SCRIPTS = Path(__file__).resolve().parent / "plots"

WORKS = {"loss": "Loss", "gradient": "Loss and gradient", "hessian": "Loss, gradient and Hessian diagonal"}


def columns(lines):
    """What gnuplot reads; a figure that is missing is a hyphen."""
    return "\n".join(" ".join("-" if value is None else str(value) for value in line) for line in lines) + "\n"


# Colours for a dark page, from those for a light one.
DARK = "<style>@media (prefers-color-scheme: dark) { svg { filter: invert(0.9) hue-rotate(180deg) brightness(1.2); } }</style>"


def follow_the_page(picture):
    """Has a picture change its colours with the page that shows it."""
    head, end, rest = picture.read_text().partition("</title>\n")
    picture.write_text(f"{head}{end}{DARK}\n{rest}")


def draw(script, output, lines, **variables):
    if not lines:
        print(f"{output.name}: no rows for it")
        return
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.write_text(columns(lines))
        texts = {"data": data, "output": output, "folder": SCRIPTS, **variables}
        settings = "; ".join(
            f"{name} = {value}" if isinstance(value, int) else f"{name} = '{value}'" for name, value in texts.items()
        )
        subprocess.run(["gnuplot", "-e", settings, str(SCRIPTS / f"{script}.gp")], check=True)
    follow_the_page(output)
    print(output)


def draw_sizes(data, folder, work):
    found = rows.select(data["rows"], group="sizes", work=work)
    lines = []
    for n in sizes(found, who="rankloss"):
        ours = rows.select(found, n=n, who="rankloss")[0]
        hand = rows.median(found, n=n, who="handwritten")
        lines.append((n, ours["median"], ours["q1"], ours["q3"], hand, ours["limit"]))
    title = f"{WORKS[work]}, {data['machine']['threads']} threads"
    draw("sizes", folder / f"sizes-{work}.svg", lines, title=title)


def draw_peers(data, folder, work):
    found = million(rows.select(data["rows"], group="peers", data="dense", work=work))
    lines = [
        (n, *(rows.median(found, n=n, who=who) for who in ("rankloss", *PEERS)))
        for n in sizes(found, who="rankloss")
    ]
    title = f"{WORKS[work]}, a million items, {data['machine']['threads']} threads"
    draw("peers", folder / f"peers-{work}.svg", lines, title=title)


def draw_speed(data, folder):
    """README's: each ratio is of one set, timed in turn, so that runs of different programs may share the picture."""
    found = million(rows.select(data["rows"], data="dense", work="gradient"))
    hand = dict(ratios(rows.select(found, group="sizes"), "handwritten"))
    beside = rows.select(found, group="peers")
    peers = [dict(ratios(beside, who)) for who in PEERS]
    lines = [(n, *(of.get(n) for of in (hand, *peers))) for n in sizes(beside, who="rankloss")]
    draw("speed", folder / "speed.svg", lines, title="Time of a loss and its gradient")


def draw_errors(data, folder):
    """README's, beside the speed."""
    found = rows.select(data["rows"], group="errors", data="lead")
    leads = sorted({int(row["inputs"]) for row in found})
    whose = ("rankloss", "jax", "torch", "numpy")
    lines = [(lead, *(rows.largest(found, "largest", inputs=str(lead), who=who) for who in whose)) for lead in leads]
    draw("errors", folder / "errors.svg", lines, title="Error of a loss")


def draw_threads(data, folder):
    found = rows.select(data["rows"], group="threads", who="rankloss")
    most = max((row["threads"] for row in found), default=0)
    # Batches of whole lists differ a little in size; what belongs together has the same power of two above it.
    power = {row["items"]: 1 << (row["items"] - 1).bit_length() for row in found}
    lines = []
    for items in sorted(set(power.values())):
        line = [items]
        for n in sizes(found):
            here = [row for row in rows.select(found, n=n) if power[row["items"]] == items]
            one, all_ = rows.median(here, threads=1), rows.median(here, threads=most)
            line.append(one / all_ if one and all_ else None)
        lines.append(line)
    names = " ".join(map(str, sizes(found)))
    draw("threads", folder / "threads.svg", lines, sizes=names, threads=most,
         title=f"Loss and gradient, {most} threads")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    data = rows.load(arguments.rows)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for work in WORKS:
        draw_sizes(data, arguments.folder, work)
    for work in ("loss", "gradient"):
        draw_peers(data, arguments.folder, work)
    draw_threads(data, arguments.folder)
    draw_speed(data, arguments.folder)
    draw_errors(data, arguments.folder)


if __name__ == "__main__":
    main()
