"""The tables of docs/performance.md: each is a function of a file of rows that returns Markdown."""

from pathlib import Path

from bench import rows

BASELINES = Path(__file__).resolve().parents[1] / "baseline"
WORKS = ("loss", "gradient", "hessian")
PEERS = ("jax", "torch", "torch-compiled", "numpy", "numba")
MILLION = range(3 << 18, (1 << 20) + 1)  # items: whole lists only
TABLES = {}


def table(name):
    """Registers a function as the table of that name."""

    def register(function):
        TABLES[name] = function
        return function

    return register


# --- Cells ------------------------------------------------------------------------------------------------------------


def figure(value):
    """Three significant digits at most, as in .123, 1.23, 12.3, 123."""
    if value is None:
        return "-"
    if value < 0.9995:
        return f"{value:.3f}".lstrip("0")
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def times(numerator, denominator):
    return "-" if numerator is None or denominator is None else figure(numerator / denominator) + "x"


def percent(part, whole):
    if part is None or whole is None:
        return "-"
    value = 100 * part / whole
    return f"{value:.1f} %" if value < 10 else f"{value:.0f} %"


def bars(cells):
    return " | ".join(cells)


def markdown(head, body):
    lines = ["| " + bars(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + bars(line) + " |" for line in body])


def sizes(found, **wanted):
    return sorted({row["n"] for row in rows.select(found, **wanted)})


def in_order(found, field):
    """The values of a field, each once, in the order of the rows."""
    return list(dict.fromkeys(row[field] for row in found))


# --- Tables -----------------------------------------------------------------------------------------------------------


@table("machine")
def machine_table(data):
    m = data["machine"]
    caches = f"L1 {m['l1d'] >> 10} KiB and L2 {m['l2'] >> 10} KiB a core, L3 {m['l3'] >> 20} MiB"
    peers = ", ".join(f"{peer} {version}" for peer, version in m.get("peers", {}).items())
    disturbed = sum(row.get("disturbed", 0) for row in data["rows"])
    lines = [
        ("Processor", f"{m['cpu']} ({m['kind']})"),
        ("Cores, threads used", f"{m['cores']}, {m['threads']}"),
        ("Caches", caches),
        ("Compiler", f"{m['compiler']}; library `{m['flags']}`; handwritten baseline `{m['handwritten_flags']}`"),
        ("RankLoss", f"{m['version']}, instruction set {m['isa']}"),
        ("Peers", peers or "-"),
        ("Rows that other processes disturbed", f"{disturbed} of {len(data['rows'])}"),
    ]
    return markdown(("", ""), lines)


@table("limits")
def limits_table(data):
    """Triad and exp, from the sets of the group memory; one list size is enough."""
    found = rows.select(data["rows"], group="memory", who="limit")
    found = rows.select(found, n=min((row["n"] for row in found), default=None))
    body = []
    for items in in_order(sorted(found, key=lambda row: row["items"]), "items"):
        here = rows.select(found, items=items)
        triad, exps = rows.select(here, work="triad"), rows.select(here, work="exp")
        if not triad or not exps:
            continue
        body.append(
            (
                f"{16 * items / (1 << 20):.1f} MiB",
                figure(triad[0]["median"]),
                f"{12 / triad[0]['median']:.0f} GB/s",
                figure(exps[0]["median"]),
            )
        )
    return markdown(("arrays together", "triad, ns/item of 12 bytes", "triad", "exp, ns each"), body)


@table("sizes")
def sizes_table(data):
    """ns/item, how much of the limit that is, and against the handwritten baseline."""
    found = rows.select(data["rows"], group="sizes", data="dense")
    body = []
    for n in sizes(found, who="rankloss"):
        line = [str(n)]
        for work in WORKS:
            ours = rows.select(found, n=n, work=work, who="rankloss")[0]
            hand = rows.median(found, n=n, work=work, who="handwritten")
            line += [figure(ours["median"]), percent(ours["limit"], ours["median"]), times(hand, ours["median"])]
        body.append(line)
    head = ["n"]
    for work in WORKS:
        head += [f"{work}, ns/item", "of the limit", "handwritten takes"]
    return markdown(head, body)


@table("ragged")
def ragged_table(data):
    """ns/item of every kind of inputs, against the plain ones and the handwritten baseline."""
    found = rows.select(data["rows"], group="ragged")
    body = []
    for row in rows.select(found, who="rankloss"):
        batch = {field: row[field] for field in ("data", "items", "work")}
        plain = rows.median(found, inputs="i32-labels", who="rankloss", **batch)
        hand = rows.median(found, inputs=row["inputs"], who="handwritten", **batch)
        body.append(
            (row["data"], str(row["items"]), row["inputs"], row["work"], figure(row["median"]),
             times(row["median"], plain), percent(row["limit"], row["median"]), times(hand, row["median"]))
        )
    head = ("batch", "items", "inputs", "work", "ns/item", "against plain", "of the limit", "handwritten takes")
    return markdown(head, body)


@table("isas")
def isas_table(data):
    """ns/item of each instruction set, and how many times that of the best."""
    found = rows.select(data["rows"], group="isas", who="rankloss")
    isas = in_order(found, "isa")
    best = data["machine"]["isa"]
    body = []
    for n in sizes(found):
        for work in WORKS:
            line = [str(n), work]
            reference = rows.median(found, n=n, work=work, isa=best)
            for isa in isas:
                value = rows.median(found, n=n, work=work, isa=isa)
                line.append(figure(value) if isa == best else f"{figure(value)} ({times(value, reference)})")
            body.append(line)
    return markdown(("n", "work", *isas), body)


@table("instructions")
def instructions_table(data):
    found = rows.select(data["rows"], group="instructions")
    isas = in_order(found, "isa")
    body = []
    for batch, n in in_order([{"key": (row["data"], row["n"])} for row in found], "key"):
        line = [str(n) if n else batch]
        for isa in isas:
            line.append(bars(figure(rows.median(found, data=batch, n=n, work=work, isa=isa)) for work in WORKS))
        body.append(line)
    head = ["n"]
    for isa in isas:
        head += [f"{isa}, {work}" for work in WORKS]
    missing = data["machine"].get("not_counted", [])
    note = f"\n\nNot counted, since valgrind or the machine does not have it: {', '.join(missing)}." if missing else ""
    return markdown(head, body) + note


def _beside_plain(data, group):
    """ns/item of the plain inputs, and how many times that the others take, for each batch."""
    found = rows.select(data["rows"], group=group, who="rankloss")
    kinds = [kind for kind in in_order(found, "inputs") if kind != "plain"]
    body = []
    for n, items in sorted({(row["n"], row["items"]) for row in found}):
        for work in in_order(found, "work"):
            here = rows.select(found, n=n, items=items, work=work)
            plain = rows.median(here, inputs="plain")
            ratios = (times(rows.median(here, inputs=kind), plain) for kind in kinds)
            body.append((str(n), str(items), work, figure(plain), *ratios))
    return markdown(("n", "items", "work", "plain, ns/item", *kinds), body)


@table("inputs")
def inputs_table(data):
    return _beside_plain(data, "inputs")


@table("dtypes")
def dtypes_table(data):
    return _beside_plain(data, "dtypes")


@table("memory")
def memory_table(data):
    found = rows.select(data["rows"], group="memory")
    body = []
    for n in sizes(found, who="rankloss"):
        for row in rows.select(found, n=n, who="rankloss"):
            same = {field: row[field] for field in ("n", "items", "work", "inputs")}
            hand = rows.median(found, who="handwritten", **same)
            body.append(
                (str(n), f"{16 * row['items'] / (1 << 20):.1f} MiB", row["work"], row["inputs"],
                 figure(row["median"]), percent(row["limit"], row["median"]), row["bound"],
                 times(hand, row["median"]))
            )
    head = ("n", "arrays together", "work", "inputs", "ns/item", "of the limit", "limited by", "handwritten takes")
    return markdown(head, body)


@table("threads")
def threads_table(data):
    """ns/item over the number of threads, and how many times faster than one."""
    found = rows.select(data["rows"], group="threads", who="rankloss")
    threads = sorted({row["threads"] for row in found})
    body = []
    for n in sizes(found):
        for items in sorted({row["items"] for row in rows.select(found, n=n)}):
            one = rows.median(found, n=n, items=items, threads=1)
            line = [str(n), str(items), figure(one)]
            for count in threads[1:]:
                value = rows.median(found, n=n, items=items, threads=count)
                line.append(f"{figure(value)} ({times(one, value)} as fast)")
            body.append(line)
    return markdown(("n", "items", *(f"{count} thread{'s' * (count > 1)}" for count in threads)), body)


@table("team")
def team_table(data):
    """Microseconds a call, and processor time a call, by what threads do while they wait."""
    found = [row for row in data["rows"] if row["group"].startswith("team") and row["who"] == "rankloss"]
    body = []
    for group in in_order(found, "group"):
        for row in rows.select(found, group=group):
            policy = group.partition(":")[2] or "default"
            scale = row["items"] / 1e3
            body.append(
                (policy, row["inputs"], figure(scale * row["median"]), figure(scale * row["q1"]),
                 figure(scale * row["q3"]), figure(scale * row["cpu"]))
            )
    head = ("waiting threads", "calls", "us a call, median", "first quartile", "third quartile", "processor us a call")
    return markdown(head, body)


@table("neighbours")
def neighbours_table(data):
    """Microseconds a call: what most take, what all take together, and what the slowest take."""
    body = []
    for row in rows.select(data["rows"], group="neighbours", who="rankloss"):
        each = (figure(row["items"] / 1e3 * row[field]) for field in ("median", "mean", "p95"))
        body.append((row["inputs"], str(row["threads"]), *each))
    return markdown(("calls", "threads", "us a call, median", "mean", "95th percentile"), body)


def _peers(data, keep):
    """ns/item of the library, and how many times that each peer takes."""
    found = [row for row in rows.select(data["rows"], group="peers") if keep(row)]
    present = [peer for peer in PEERS if rows.select(found, who=peer)]
    body = []
    for row in rows.select(found, who="rankloss"):
        same = {field: row[field] for field in ("data", "n", "items", "work")}
        line = [str(row["n"] or row["data"]), str(row["items"]), row["work"], figure(row["median"])]
        for peer in present:
            value = rows.median(found, who=peer, **same)
            line.append("-" if value is None else f"{figure(value)} ({times(value, row['median'])})")
        body.append(line)
    return markdown(("n", "items", "work", "RankLoss", *present), body)


@table("peers-million")
def peers_million(data):
    return _peers(data, lambda row: row["n"] and row["items"] in MILLION)


@table("peers-small")
def peers_small(data):
    return _peers(data, lambda row: row["n"] and row["items"] <= 1 << 16)


@table("peers-large")
def peers_large(data):
    return _peers(data, lambda row: row["n"] and row["items"] > 1 << 20)


@table("peers-ragged")
def peers_ragged(data):
    return _peers(data, lambda row: not row["n"])


# --- Figures in short -------------------------------------------------------------------------------------------------

def million(found):
    """The rows of batches of about a million items."""
    return [row for row in found if row["items"] in MILLION]


def ratios(found, who):
    """[(n, how many times the library's time that one takes)], where both were timed."""
    pairs = [(n, rows.median(found, n=n, who=who), rows.median(found, n=n, who="rankloss")) for n in sizes(found)]
    return [(n, theirs / ours) for n, theirs, ours in pairs if theirs and ours]


def _span(name, pairs):
    least, most = (figure(choose(ratio for _, ratio in pairs)) for choose in (min, max))
    return f"{name}{least} to {most} times (lists of {pairs[0][0]} to {pairs[-1][0]})"


def _mslr_figure(found):
    """Group ragged, batch mslr, loss and gradient."""
    for row in rows.select(found, group="ragged", data="mslr", inputs="i32-labels", work="gradient", who="rankloss"):
        milliseconds = figure(row["items"] / 1e6 * row["median"])
        yield ("3.7 million items in 31,531 ragged lists, shaped like MSLR-WEB30K",
               f"{milliseconds} ms, {figure(row['median'])} ns an item", "ragged-batches")


def _handwritten_figure(found):
    """Group sizes, loss and gradient: the least and the most over the list sizes."""
    pairs = ratios(rows.select(found, group="sizes", work="gradient"), "handwritten")
    if pairs:
        yield ("What three loops of C take instead, inexact, by `-O3 -march=native -ffast-math`", _span("", pairs),
               "list-sizes")


def _peers_figure(found):
    """Group peers, loss and gradient, a million items: the same."""
    beside = million(rows.select(found, group="peers", data="dense", work="gradient"))
    names = {"JAX ": ratios(beside, "jax"), "PyTorch ": ratios(beside, "torch-compiled")}
    text = [_span(name, pairs) for name, pairs in names.items() if pairs]
    if text:
        yield "What JAX, under `jit`, and compiled PyTorch take instead", "; ".join(text), "peers"


def _inputs_figure(found):
    """Group inputs, loss and gradient, a million items: the dearest of all kinds and list sizes."""
    beside = million(rows.select(found, group="inputs", work="gradient", who="rankloss"))
    plain = {row["n"]: row["median"] for row in rows.select(beside, inputs="plain")}
    if plain:
        dearest = max(beside, key=lambda row: row["median"] / plain[row["n"]])
        kinds = ", ".join(kind for kind in in_order(beside, "inputs") if kind != "plain")
        yield (f"The dearest of {kinds}",
               f"{times(dearest['median'], plain[dearest['n']])} a plain call ({dearest['inputs']}, "
               f"lists of {dearest['n']})", "inputs")


def _neighbours_figure(found):
    """Group neighbours: a call of a million items on all threads and on one."""
    beside = rows.select(found, group="neighbours", who="rankloss")
    text = []
    for row in sorted(beside, key=lambda row: (row["inputs"] == "plain", -row["threads"])):
        mean, p95 = (figure(row["items"] / 1e6 * row[field]) for field in ("mean", "p95"))
        without = "without, " * (row["inputs"] == "plain")
        text.append(f"{without}{row['threads']} thread{'s' * (row['threads'] > 1)}: {mean} ms ({p95})")
    if text:
        yield ("A million items in lists of 128 beside a busy process on each core, mean (95th percentile)",
               "; ".join(text), "busy-neighbours")


@table("figures")
def figures_table(data):
    """One line for each figure that there are rows for, with the section that has its rows."""
    figures = (_mslr_figure, _handwritten_figure, _peers_figure, _inputs_figure, _neighbours_figure)
    body = [(what, value, f"[rows](#{section})")
            for find in figures for what, value, section in find(data["rows"])]
    m = data["machine"]
    note = f"{m['cpu']}, {m['threads']} threads, {m['isa']}, RankLoss {m['version']}; loss and gradient, float32."
    return markdown(("", "", ""), body) + "\n\n" + note


# --- Other machines ---------------------------------------------------------------------------------------------------


def _baselines():
    return [rows.load(path) for path in sorted(BASELINES.glob("*.json"))]


@table("kinds")
def kinds_table(_data):
    """What each kind of machine in baseline/ is."""
    body = []
    for data in _baselines():
        m = data["machine"]
        exp = rows.median(data["rows"], group="sizes", n=1000, who="limit", work="exp")
        body.append((m["kind"], m["isa"], f"{m['l2'] >> 10} KiB", f"{m['l3'] >> 20} MiB", figure(exp)))
    return markdown(("kind", "instruction set", "L2 a core", "L3", "exp of the limit, ns"), body)


@table("kinds-sizes")
def kinds_sizes_table(_data):
    """ns/item of a million items on each, and what the handwritten baseline and JAX take beside it."""
    body = []
    for data in _baselines():
        dense = rows.select(data["rows"], group="sizes", data="dense")
        peers = [row for row in rows.select(data["rows"], group="peers") if 1000000 <= row["items"] <= 1 << 20]
        for n in sizes(peers, who="rankloss"):
            line = [data["machine"]["kind"], str(n)]
            for work in ("loss", "gradient"):
                ours = rows.median(dense, n=n, work=work, who="rankloss")
                hand = rows.median(dense, n=n, work=work, who="handwritten")
                beside, jax = (rows.median(peers, n=n, work=work, who=who) for who in ("rankloss", "jax"))
                line += [figure(ours), times(hand, ours), times(jax, beside)]
            body.append(line)
    head = ["kind", "n"]
    for work in ("loss", "gradient"):
        head += [f"{work}, ns/item", "handwritten takes", "JAX takes"]
    return markdown(head, body)
