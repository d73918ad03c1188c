#!/usr/bin/python3
"""make bench: direct, a bare relay, HAProxy and Shardwire, in turn, in one run on one machine.

    bench/run.py [--quick] [--seconds 5] [--rounds 3] [--threads 1,16,64] [--only layers,oltp,login,idle,spread,trx]

The story: start one MariaDB with sysbench's tables and put the four in front of it; for each test play a round of all
four before the next round begins, so that whatever else happens on the machine meets all of them alike; then four
MariaDB shards for the tests that spread; then write medians and ratios into README.md (table.py). What is missing
(HAProxy, ./shardwire) is left out and said so. Every process ends with this one.
"""
import argparse
import json
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import parts
import table
from parts import Failed

SYSBENCH_TESTS = ("oltp_point_select", "oltp_read_write")
SYSBENCH_MODES = {"text": "disable", "prepared": "auto"}
IDLE_CLIENTS, TRX_RATE, TRX_THREADS, LOGIN_THREADS, SPREAD_THREADS = 5000, 10000, 32, 4, 16
KINDS = ("layers", "oltp", "login", "idle", "spread", "trx")


class Bench:
    """Samples by (test, proxy) and what went wrong."""

    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.programs = parts.build(folder)
        self.load = parts.Load(self.programs["load"])
        self.samples, self.notes, self.others, self.nanoseconds = {}, [], [], {}

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            print(f"  ! {text}", flush=True)

    def started(self, servers, schema, port, answering):
        """The proxies that could be started; `answering`: the schema that they must answer from."""
        alive = []
        for proxy in parts.make_proxies(servers, schema, port, self.args.workers, self.folder, self.programs):
            if proxy.why_not:
                self.note(proxy.why_not)
                continue
            try:
                proxy.start(self.load, answering if proxy.kind != "shardwire" else None)
                alive.append(proxy)
            except Failed as error:
                self.note(str(error))
        return alive

    def measure(self, test, proxy, servers, play):
        """One sample: what play() returns (queries, per_second, …) with the proxy's and all others' CPU time beside it."""
        ours = [p for p in [proxy.pid, *(server.pid() for server in servers)] if p]
        before = [proxy.cpu_seconds(), parts.busy_seconds(), sum(map(parts.cpu_seconds, ours)), children_seconds()]
        start = time.monotonic()
        try:
            sample = play(proxy)
        except Failed as error:
            self.note(f"{test}, {parts.NAMES[proxy.kind]}: {error}")
            return
        after = [proxy.cpu_seconds(), parts.busy_seconds(), sum(map(parts.cpu_seconds, ours)), children_seconds()]
        cpu, busy, own, children = (b - a for a, b in zip(before, after))
        if proxy.pid and sample.get("queries"):
            sample["cpu_us"] = cpu * 1e6 / sample["queries"]
        sample["others"] = max(0.0, busy - own - children) / (time.monotonic() - start)
        self.others.append(sample["others"])
        self.samples.setdefault(test, {}).setdefault(proxy.kind, []).append(sample)
        shown = ("per_second", "p99_ms", "cpu_us", "login_kib", "query_kib", "others")
        print(f"  {test:42} {parts.NAMES[proxy.kind]:10}" +
              "".join(f" {key}={value:.2f}" for key, value in sample.items() if key in shown), flush=True)

    def rounds(self, test, proxies, servers, play):
        for _ in range(self.args.rounds):
            for proxy in proxies:
                self.measure(test, proxy, servers, play)

    def layers(self):
        """Nanoseconds by (statement, layer); no server, no socket."""
        archive = parts.build_archive(self.folder)
        for name in parts.LAYERS:
            try:
                lines = parts.run([parts.build_layer(name, archive), "all"], 120, check=False).stdout.splitlines()
            except Failed as error:
                self.note(str(error))
                continue
            for layer, statement, value in (line.split("\t") for line in lines):
                self.nanoseconds.setdefault(statement, {})[layer] = value
        print(f"  layers: {len(self.nanoseconds)} statements", flush=True)

    # --- one server -----------------------------------------------------------------------------------------------

    def one_server(self):
        with parts.Cluster(self.folder / "one", port=self.args.port + 10, options=parts.SERVER_OPTIONS) as cluster:
            server = cluster.primary(0)
            server.sql("create database sbtest")
            parts.run(self.sysbench("oltp_read_write", parts.Proxy("direct", [server.address]), 1, "text", 0, "prepare"), 120)
            proxies = self.started([server], "sbtest", self.args.port + 100, "sbtest")
            try:
                proxies = [p for p in proxies if self.answers(p, "sbtest")]
                if "oltp" in self.args.only:
                    self.oltp(proxies, server)
                if "login" in self.args.only:
                    self.rounds(f"logins, {LOGIN_THREADS} threads", proxies, [server], self.logins)
            finally:
                for proxy in proxies:
                    proxy.stop()
            if "idle" in self.args.only:
                self.idle(server)

    def answers(self, proxy, schema):
        try:
            proxy.wait_answering(self.load, schema)
            return True
        except Failed as error:
            self.note(str(error))
            return False

    @staticmethod
    def sysbench(test, proxy, threads, mode, seconds, verb="run"):
        return ["sysbench", test, "--db-driver=mysql", "--mysql-host=127.0.0.1", f"--mysql-port={proxy.port}",
                f"--mysql-user={parts.USER}", f"--mysql-password={parts.PASSWORD}", "--mysql-db=sbtest",
                f"--tables={parts.TABLES}", f"--table-size={parts.ROWS}", "--auto_inc=off", "--rand-type=uniform",
                f"--threads={threads}", f"--time={seconds}", "--percentile=99",
                f"--db-ps-mode={SYSBENCH_MODES[mode]}", verb]

    def oltp(self, proxies, server):
        for test in SYSBENCH_TESTS:
            for mode in SYSBENCH_MODES:
                for threads in self.args.threads:
                    def play(proxy, test=test, mode=mode, threads=threads):
                        words = self.sysbench(test, proxy, threads, mode, self.args.seconds)
                        return sysbench_figures(parts.run(words, self.args.seconds + 60).stdout)
                    self.rounds(f"{test}, {mode}, {threads}", proxies, [server], play)

    def logins(self, proxy):
        figures = self.load.play("login", proxy, "sbtest", LOGIN_THREADS, self.args.seconds)
        return {"queries": figures["done"], "per_second": figures["per_second"], "p99_ms": figures["p99_us"] / 1000}

    def idle(self, server):
        """Each proxy anew, one after the other: what 5,000 clients add to its resident memory."""
        for proxy in parts.make_proxies([server], "sbtest", self.args.port + 200, self.args.workers, self.folder,
                                        self.programs):
            if proxy.why_not or proxy.kind == "direct":
                continue
            try:
                proxy.start(self.load, "sbtest")
                self.measure("idle clients", proxy, [server], self.idle_clients)
            except Failed as error:
                self.note(f"idle clients: {error}")
            finally:
                proxy.stop()

    def idle_clients(self, proxy):
        before = proxy.rss_kib()
        words = [*self.load.words("idle", proxy, "sbtest"), "-n", IDLE_CLIENTS]
        with subprocess.Popen([str(w) for w in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.PIPE, preexec_fn=parts.die_with_parent) as clients:
            try:
                wait_line(clients, "ready")
                logged_in = proxy.rss_kib() - before
                clients.stdin.write("query\n")
                clients.stdin.flush()
                wait_line(clients, "queried")
                queried = proxy.rss_kib() - before
            finally:
                clients.kill()
        return {"login_kib": logged_in / IDLE_CLIENTS, "query_kib": queried / IDLE_CLIENTS}

    # --- four shards ----------------------------------------------------------------------------------------------

    def four_shards(self):
        """Schema `whole` has all rows on every server, for those that cannot route; `spread` is filled through Shardwire."""
        with parts.Cluster(self.folder / "four", shards=4, port=self.args.port + 20, options=parts.SERVER_OPTIONS) as cluster:
            servers = cluster.primaries()
            cluster.sql_all("create database whole", "create database spread")
            for server in servers:
                parts.run([*self.load.words("fill", parts.Proxy("direct", [server.address]), "whole"), "-c", 4, "-s", 300], 310)
            proxies = self.started(servers, "spread", self.args.port + 300, "whole")
            try:
                proxies = [p for p in proxies if p.kind != "shardwire" or self.fill_mesh(p, servers)]
                if "spread" in self.args.only:
                    for mode in ("point", "prepared"):
                        self.rounds(f"4 shards, point select, {'text' if mode == 'point' else mode}, {SPREAD_THREADS}",
                                    proxies, servers, lambda proxy, mode=mode: self.spread(proxy, mode))
                if "trx" in self.args.only:
                    self.rounds(f"4 shards, {TRX_RATE:,} transactions/s offered, {TRX_THREADS}", proxies, servers, self.trx)
            finally:
                for proxy in proxies:
                    proxy.stop()

    def fill_mesh(self, proxy, servers):
        try:
            parts.run([*self.load.words("fill", proxy, "spread"), "-c", 8, "-s", 300], 310)
        except Failed as error:
            self.note(f"4 shards, Shardwire: {error}")
            proxy.stop()
            return False
        counts = [server.sql("select count(*) from spread.sbtest1")[0][0] for server in servers]
        if sum(counts) != parts.ROWS or min(counts) < parts.ROWS / 8:
            self.note(f"4 shards, Shardwire: sbtest1's {parts.ROWS} rows lie as {counts}")
        return True

    @staticmethod
    def schema_of(proxy):
        return "spread" if proxy.kind == "shardwire" else "whole"

    def spread(self, proxy, mode):
        figures = self.load.play(mode, proxy, self.schema_of(proxy), SPREAD_THREADS, self.args.seconds)
        return {"queries": figures["done"], "per_second": figures["per_second"], "p99_ms": figures["p99_us"] / 1000}

    def trx(self, proxy):
        figures = self.load.play("trx", proxy, self.schema_of(proxy), TRX_THREADS, self.args.seconds, "-w", 1,
                                 "-r", TRX_RATE)
        return {"queries": figures["done"], "per_second": figures["per_second"], "p50_ms": figures["p50_us"] / 1000,
                "p95_ms": figures["p95_us"] / 1000, "p99_ms": figures["p99_us"] / 1000, "max_ms": figures["max_us"] / 1000}


def wait_line(process, word):
    """The line that begins with `word`; Failed when it is another one, or says errors."""
    line = process.stdout.readline()
    if not line.startswith(word) or "errors=0" not in line:
        process.kill()
        raise Failed(f"{line.strip()} {process.stderr.read().strip()[:200]}")


def sysbench_figures(text):
    queries = re.search(r"queries:\s+(\d+)\s+\(([\d.]+) per sec", text)
    latency = re.search(r"99th percentile:\s+([\d.]+)", text)
    if not queries or not latency:
        raise Failed("sysbench printed no figures")
    return {"queries": float(queries.group(1)), "per_second": float(queries.group(2)), "p99_ms": float(latency.group(1))}


def children_seconds():
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)]
    return sum(u.ru_utime + u.ru_stime for u in usage)


def medians(samples):
    return {test: {kind: {key: statistics.median(s[key] for s in runs) for key in runs[0]} for kind, runs in by.items()}
            for test, by in samples.items()}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="one round of 3 seconds")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", default="1,16,64", help="clients of the sysbench tests")
    parser.add_argument("--workers", type=int, default=1, help="worker threads of each proxy")
    parser.add_argument("--only", default=",".join(KINDS), help="some of " + ",".join(KINDS))
    parser.add_argument("--port", type=int, default=19000, help="ports from here to 400 above are used")
    parser.add_argument("--readme", default=str(parts.ROOT / "bench" / "README.md"), help="'-': only print the tables")
    parser.add_argument("--json", help="write all samples here")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.seconds = 1, 3
    args.threads = [int(word) for word in args.threads.split(",")]
    args.only = args.only.split(",")
    if set(args.only) - set(KINDS):
        parser.error("--only: some of " + ",".join(KINDS))
    return args


def main():
    args = arguments()
    for sig in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sig, lambda *_: sys.exit(1))
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    parts.remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=f"shardwire-bench-{os.getpid()}-", dir=parts.data_parent()))
    try:
        bench = Bench(args, folder)
        if "layers" in args.only:
            bench.layers()
        if {"oltp", "login", "idle"} & set(args.only):
            bench.one_server()
        if {"spread", "trx"} & set(args.only):
            bench.four_shards()
        if args.json:
            Path(args.json).write_text(json.dumps(bench.samples, indent=1), encoding="ascii")
        text = table.render(args, medians(bench.samples), bench, parts.machine_facts(args.workers))
        print(text)
        if args.readme != "-":
            table.store(Path(args.readme), text)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Failed as failure:
        sys.exit(f"bench: {failure}")
