"""The moving parts of a benchmark run: what is built, the proxies that are started, and what is read from /proc.

What stays true: every process that is started here dies with this one, whatever it dies of.
"""
import ctypes
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "servers"))
from cluster import Cluster  # noqa: E402,F401 (for run.py)
from flavour import PASSWORD, USER  # noqa: E402

TABLES, ROWS = 4, 10000
NEEDED_BYTES = 6 << 30
NAMES = {"direct": "direct", "relay": "relay", "haproxy": "HAProxy", "shardwire": "Shardwire"}
# The servers must never be the limit of connections, nor the disk that of commits.
SERVER_OPTIONS = ["--max-connections=7000", "--open-files-limit=20000", "--table-open-cache=2000", "--back-log=1024",
                  "--innodb-buffer-pool-size=128M", "--innodb-log-file-size=256M", "--thread-cache-size=256"]


class Failed(Exception):
    """One measurement failed; the text is for the table's notes."""


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run(command, seconds, check=True):
    """The finished process; Failed when it takes too long or (check) ends badly."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=seconds, check=False,
                              stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{Path(command[0]).name} {command[1]}: not done after {seconds:.0f} s") from error
    if check and done.returncode != 0:
        raise Failed(f"{Path(command[0]).name} {command[1]}: {first_complaint(done)}")
    return done


def first_complaint(done):
    lines = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("FATAL", "load:"))]
    return (fatal or lines or [f"status {done.returncode}"])[0][:200]


def build(folder):
    """relay and load, with the compiler at hand; nothing else needs to be built before."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    programs = {}
    for name, library in (("relay", "-luv"), ("load", "-lmariadb")):
        programs[name] = folder / name
        sources = sorted((ROOT / "bench").glob(f"{name}*.c"))
        run([compiler, "-std=gnu11", "-O2", "-o", programs[name], *sources, library, "-lpthread"], 120)
    return programs


LAYERS = ("lex", "parse", "route")


def build_archive(folder):
    """conf/, protocol/ and router/ as one library, so that each bench takes only what it needs."""
    objects = []
    for part in ("conf", "protocol", "router"):
        for source in sorted((ROOT / part).glob("*.c")):
            target = folder / f"{part}-{source.stem}.o"
            run(["cc", "-std=gnu11", "-O2", f"-I{ROOT}", "-c", "-o", target, source], 120, check=False)
            objects += [target] if target.exists() else []
    run(["ar", "rcs", folder / "layers.a", *objects], 60)
    return folder / "layers.a"


def build_layer(name, archive):
    """bench_NAME; Failed when something that it needs did not compile."""
    program = archive.parent / f"bench_{name}"
    libraries = ["-lcrypto", "-lyaml", "-lxxhash", "-lz", "-lzstd", "-lm", "-lpthread"]
    try:
        run(["cc", "-std=gnu11", "-O2", f"-I{ROOT}", "-o", program, ROOT / "bench" / f"bench_{name}.c", archive, *libraries],
            120)
    except Failed as error:
        raise Failed(f"bench_{name} could not be built") from error
    return program


class Proxy:
    """Something to connect to. `pid` is None for the servers themselves."""

    def __init__(self, kind, targets, command=None, log=None, why_not=None):
        self.kind, self.targets, self.command, self.log, self.why_not = kind, targets, command, log, why_not
        self.process = None

    @property
    def pid(self):
        return self.process.pid if self.process else None

    @property
    def port(self):
        return int(self.targets[0].rsplit(":", 1)[1])

    def start(self, load, schema):
        """Until a client can log in and gets a row of `schema`'s first table."""
        if self.command:
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen([str(word) for word in self.command], stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, preexec_fn=die_with_parent)
        wait_listening(self, 20)
        if schema:
            self.wait_answering(load, schema)

    def wait_answering(self, load, schema, seconds=20):
        end = time.monotonic() + seconds
        while True:
            done = run([*load.words("point", self, schema), "-s", "0.05"], 60, check=False)
            if done.returncode == 0:
                return
            if time.monotonic() > end:
                self.stop()
                raise Failed(f"{NAMES[self.kind]} does not answer: {first_complaint(done)}")
            time.sleep(0.1)

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        return cpu_seconds(self.pid) if self.pid else 0.0

    def rss_kib(self):
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def wait_listening(proxy, seconds):
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", proxy.port), 1).close()
            return
        except OSError as error:
            ended = proxy.process and proxy.process.poll() is not None
            if ended or time.monotonic() > end:
                lines = proxy.log.read_text(errors="replace").splitlines() if proxy.log else []
                proxy.stop()
                raise Failed(f"{NAMES[proxy.kind]} did not start: {' / '.join(lines[-2:])[:300]}") from error
            time.sleep(0.05)


def cpu_seconds(pid):
    """What utime + stime of /proc/PID/stat say, in nanoseconds instead of clock ticks: the process's own CPU clock."""
    return time.clock_gettime((~pid << 3) | 2)


class Load:
    """bench/load with the account of the test servers."""

    def __init__(self, program):
        self.program = program

    def words(self, mode, proxy, schema, tables=TABLES, rows=ROWS):
        return [self.program, mode, "-t", ",".join(proxy.targets), "-u", USER, "-p", PASSWORD, "-d", schema,
                "-N", tables, "-k", f"1-{rows}"]

    def play(self, mode, proxy, schema, threads, seconds, *more):
        """The figures of the line that it prints. Errors and misses are failures."""
        done = run([*self.words(mode, proxy, schema), "-c", threads, "-s", seconds, *more], seconds + 90)
        return {key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)(?=\s)", done.stdout)}


HAPROXY = """\
global
    nbthread {workers}
    maxconn 8000
defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h
    maxconn 8000
listen mysql
    bind 127.0.0.1:{port}
    balance roundrobin
{servers}
"""

SHARDWIRE = """\
listen: {{client: 127.0.0.1:{port}, admin: 127.0.0.1:{admin}, http: 127.0.0.1:{http}}}
threads: {workers}
backend: {{user: {user}, password: {password}}}
users:
  - {{name: {user}, password: {password}, schema: {schema}}}
admins:
  - {{name: admin, password: admin}}
limits: {{max_connections: 10000}}
shards:
{shards}
schemas:
  - name: {schema}
    tables:
{tables}
"""


def make_proxies(servers, schema, port, workers, folder, programs):
    """direct, the relay, HAProxy and Shardwire in front of the same servers; ports from `port` on."""
    addresses = [server.address for server in servers]
    label = f"{schema}-{port}"
    haproxy = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    shardwire = ROOT / "shardwire"
    haproxy_file, shardwire_file = folder / f"haproxy-{label}.cfg", folder / f"shardwire-{label}.yaml"
    lines = "\n".join(f"    server s{i} {address}" for i, address in enumerate(addresses))
    haproxy_file.write_text(HAPROXY.format(port=port + 1, workers=workers, servers=lines), encoding="ascii")
    shards = "\n".join(f"  - name: s{i}\n    instances:\n      - {{address: {a}, role: primary, connections: 100}}"
                       for i, a in enumerate(addresses))
    tables = "\n".join(f"      - {{name: sbtest{i + 1}, key: id}}" for i in range(TABLES))
    shardwire_file.write_text(SHARDWIRE.format(port=port + 2, admin=port + 3, http=port + 4, workers=workers, user=USER,
                                               password=PASSWORD, schema=schema, shards=shards, tables=tables),
                              encoding="ascii")
    relay_words = [programs["relay"], "-l", f"127.0.0.1:{port}", "-n", workers]
    for address in addresses:
        relay_words += ["-t", address]
    return [
        Proxy("direct", addresses),
        Proxy("relay", [f"127.0.0.1:{port}"], relay_words, folder / f"relay-{label}.log"),
        Proxy("haproxy", [f"127.0.0.1:{port + 1}"], [haproxy, "-db", "-f", haproxy_file], folder / f"haproxy-{label}.log",
              None if haproxy else "haproxy is not installed"),
        Proxy("shardwire", [f"127.0.0.1:{port + 2}"], [shardwire, "-c", shardwire_file], folder / f"shardwire-{label}.log",
              None if shardwire.exists() else "./shardwire is not built"),
    ]


def data_parent():
    """Where the servers' data go: into memory when there is room, so that no disk is measured."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > NEEDED_BYTES else Path(tempfile.gettempdir())


def remove_leftovers():
    """Folders of earlier runs that were killed and could not clean up."""
    for folder in data_parent().glob("shardwire-bench-*-*"):
        if not Path(f"/proc/{folder.name.split('-')[2]}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def busy_seconds():
    """CPU time of the whole machine so far: not idle, not waiting for the disk."""
    words = [int(word) for word in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]]
    return (sum(words[:8]) - words[3] - words[4]) / 100


def machine_facts(workers):
    """Of the kind that tells a reader whether his figures can be compared."""
    def words(*command):
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return "not installed"
        return (done.stdout or done.stderr).strip().splitlines()[0]

    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii")).group(1)) / 1048576
    cores = len(re.findall(r"^processor", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M))
    server = re.search(r"Ver (\S+)", words("mariadbd", "--no-defaults", "--version"))
    haproxy = re.search(r"version (\S+)", words("haproxy", "-v"))
    return [
        ("machine", f"{cores} cores ({model.group(1).strip() if model else '?'}), {memory:.0f} GiB, everything on it"),
        ("kernel", Path("/proc/sys/kernel/osrelease").read_text(encoding="ascii").strip()),
        ("MariaDB", server.group(1) if server else "?"),
        ("HAProxy", haproxy.group(1) if haproxy else "not installed"),
        ("libuv", words("pkg-config", "--modversion", "libuv")),
        ("sysbench", words("sysbench", "--version").replace("sysbench ", "")),
        ("Shardwire", words(str(ROOT / "shardwire"), "--version") if (ROOT / "shardwire").exists() else "not built"),
        ("the servers' data lie in", "memory (tmpfs)" if data_parent() == Path("/dev/shm") else "a directory on disk"),
        ("worker threads of each proxy", str(workers)),
    ]
