"""Medians into Markdown, and Markdown into README.md between its two marker lines."""
import statistics

BEGIN, END = "<!-- figures: begin (written by run.py) -->", "<!-- figures: end -->"
ORDER = ("direct", "relay", "haproxy", "shardwire")
TITLES = {"direct": "direct", "relay": "relay", "haproxy": "HAProxy", "shardwire": "Shardwire"}
GOAL_CPU, GOAL_IDLE_KIB, GOAL_P99_MS, GOAL_RATE = 1.25, 4.0, 100.0, 10000


def cell(by, kind, key, digits):
    """A figure and, in brackets, its ratio to the relay's."""
    value = by.get(kind, {}).get(key)
    if value is None:
        return "–"
    floor = by.get("relay", {}).get(key)
    ratio = f" ({value / floor:.2f})" if floor and kind != "relay" else ""
    return f"{value:,.{digits}f}{ratio}"


def lines_of(title, heading, rows, key, digits, kinds=ORDER):
    """One table: a row per test, a column per proxy."""
    out = [f"**{title}**", "", f"| {heading} | " + " | ".join(TITLES[k] for k in kinds) + " |",
           "|---|" + "---:|" * len(kinds)]
    out += [f"| {name} | " + " | ".join(cell(by, k, key, digits) for k in kinds) + " |" for name, by in rows]
    return [*out, ""]


def goals(results):
    """What was to be reached, and what was."""
    out = []

    def goal(text, value, good, wanted):
        out.append(f"| {text} | {wanted} | {value} | {'reached' if good else 'not reached'} |")

    for test, by in results.items():
        if not (test.startswith("oltp") and test.endswith(", 16")) or "shardwire" not in by:
            continue
        mine, floor, other = (by.get(kind, {}).get("cpu_us") for kind in ("shardwire", "relay", "haproxy"))
        if mine and floor:
            goal(f"CPU per query, {test}", f"{mine / floor:.2f} × relay", mine <= GOAL_CPU * floor, f"≤ {GOAL_CPU} × relay")
        if mine and other:
            goal(f"CPU per query, {test}", f"{mine / other:.2f} × HAProxy", mine < other, "< HAProxy")
    idle = results.get("idle clients", {}).get("shardwire")
    if idle:
        goal("RSS per idle client after one statement", f"{idle['query_kib']:.2f} KiB", idle["query_kib"] <= GOAL_IDLE_KIB,
             f"≤ {GOAL_IDLE_KIB:.0f} KiB")
    for test, by in results.items():
        if "offered" in test and "shardwire" in by:
            mine = by["shardwire"]
            goal("transactions/s done", f"{mine['per_second']:,.0f}", mine["per_second"] >= 0.99 * GOAL_RATE, f"{GOAL_RATE:,}")
            goal("their p99", f"{mine['p99_ms']:.1f} ms", mine["p99_ms"] < GOAL_P99_MS, f"< {GOAL_P99_MS:.0f} ms")
    return ["**Goals**", "", "| what | wanted | measured | |", "|---|---|---|---|", *out, ""] if out else []


def layer_lines(nanoseconds):
    layers = ("lex", "fingerprint", "parse", "plan", "route")
    out = ["**Single layers, ns per statement** (parse and plan: only for the first statement of a shape)", "",
           "| statement | " + " | ".join(layers) + " |", "|---|" + "---:|" * len(layers)]
    out += [f"| {statement} | " + " | ".join(by.get(layer, "–") for layer in layers) + " |"
            for statement, by in nanoseconds.items()]
    return [*out, ""]


def render(args, results, bench, facts):
    notes, others = bench.notes, bench.others
    out = [f"{args.rounds} round{'s' if args.rounds > 1 else ''} of {args.seconds} s each, medians. "
           "In brackets: the ratio to the relay.", "", "| | |", "|---|---|"]
    out += [f"| {name} | {value} |" for name, value in facts]
    if others:
        out += [f"| other programs' use of the machine meanwhile | {statistics.median(others):.2f} cores "
                f"(median), {max(others):.2f} at most |"]
    out.append("")
    oltp = [(test, by) for test, by in results.items() if test != "idle clients" and "offered" not in test]
    proxies = ORDER[1:]
    if oltp:
        out += lines_of("Queries (logins) a second", "test, protocol, client threads", oltp, "per_second", 0)
        out += lines_of("p99, ms (oltp_read_write: of whole transactions)", "test, protocol, client threads", oltp, "p99_ms", 2)
        out += lines_of("CPU time of the proxy, µs per query (login)", "test, protocol, client threads", oltp, "cpu_us", 2,
                        proxies)
    trx = [(test, by) for test, by in results.items() if "offered" in test]
    for test, by in trx:
        rows = [(name, {kind: {"v": one[key]} for kind, one in by.items() if key in one}) for name, key in (
            ("transactions/s done", "per_second"), ("p50, ms", "p50_ms"), ("p95, ms", "p95_ms"), ("p99, ms", "p99_ms"),
            ("longest, ms", "max_ms"), ("CPU of the proxy, µs each", "cpu_us"))]
        out += lines_of(test + " client threads", "", rows, "v", 2)
    if "idle clients" in results:
        by = results["idle clients"]
        rows = [(name, {kind: {"v": one[key]} for kind, one in by.items()}) for name, key in (
            ("after login", "login_kib"), ("after one point select each", "query_kib"))]
        out += lines_of("Resident memory per idle client, KiB (5,000 of them)", "", rows, "v", 2, proxies)
    if bench.nanoseconds:
        out += layer_lines(bench.nanoseconds)
    out += goals(results)
    if notes:
        out += ["Not measured, or not as it should be:", "", *(f"- {note}" for note in notes), ""]
    return "\n".join(out)


def store(path, text):
    """Replaces what is between the markers; the rest is written by hand."""
    old = path.read_text(encoding="utf-8") if path.exists() else f"# Benchmarks\n\n{BEGIN}\n{END}\n"
    before, rest = old.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")
