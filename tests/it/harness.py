"""What the integration tests stand on: port ranges, the standard mesh and its configuration, a proxy process, and a
plain server that stands in for it (SHARDWIRE_DIRECT=1), which proves the tests themselves.

What stays true: every process that is started here is ended here, by its pid, also on Ctrl-C; and a proxy that did not
end by itself with status 0, or whose log shows a sanitizer's report, fails its test.
"""
import contextlib
import ctypes
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pymysql
import yaml

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "servers"))
import cluster as clusters  # noqa: E402
from flavour import PASSWORD as MESH_PASSWORD  # noqa: E402
from flavour import USER as MESH_USER  # noqa: E402

KIND = os.environ.get("SHARDWIRE_SERVER", "mariadb")
DIRECT = os.environ.get("SHARDWIRE_DIRECT", "") not in ("", "0")
BINARY = Path(os.environ.get("SHARDWIRE_BIN") or HERE.parent.parent / "shardwire").resolve()
SHARDS = 4

# Secrets look like nothing else, so that a search of the logs for them means something.
USERS = {"app": "app-secret-5", "reader": "reader-secret-5", "writer": "writer-secret-5", "bare": "bare-secret-5"}
READS = {"app": "session", "reader": "eventual", "writer": "primary", "bare": "session"}
ADMIN, ADMIN_PASSWORD = "admin", "admin-secret-5"
SECRETS = [*USERS.values(), ADMIN_PASSWORD, MESH_PASSWORD]

# The sample schema, made on every server before a proxy starts.
SHOP_TABLES = [
    "create table users (user_id int primary key, name varchar(40) not null, email varchar(80), born date, "
    "balance decimal(12,2) not null default 0)",
    "create table orders (order_id int not null, user_id int not null, total decimal(12,2) not null, "
    "note varchar(100), "
    "primary key (user_id, order_id))",
    "create table order_items (item_id int not null, order_id int not null, user_id int not null, product varchar(40), "
    "quantity int not null, primary key (user_id, order_id, item_id))",
    "create table countries (code char(2) primary key, name varchar(40) not null)",
    "create table audit (id int primary key, at datetime, what varchar(100))",
    "create table audit2 (id int primary key, what varchar(100))",
    "create table names (name varchar(40) primary key, age int)",
    "create table whoami (port int primary key)",
]
FUNC_TABLES = [
    "create table by_hash (id bigint primary key, v varchar(40))",
    "create table by_unsigned (id bigint unsigned primary key, v varchar(40))",
    "create table by_mod (id bigint primary key, v varchar(40))",
    "create table by_range (id bigint primary key, v varchar(40))",
    "create table by_day (at date not null, id int not null, v varchar(40), primary key (at, id))",
    "create table by_day_range (at date not null, id int not null, v varchar(40), primary key (at, id))",
    "create table by_list (country char(2) not null, id int not null, v varchar(40), primary key (country, id))",
    "create table by_pair (a int not null, b varchar(20) not null, v varchar(40), primary key (a, b))",
    "create table by_ci (name varchar(40) character set utf8mb4 collate utf8mb4_general_ci primary key, v int)",
    "create table by_bin (name varbinary(40) primary key, v int)",
    "create table by_decimal (d decimal(10,2) primary key, v int)",
]
SCHEMAS = ["shop", "plain", "auto", "func"]


def schemas_config():
    rest = [
        {"below": 1000, "shard": "s0"},
        {"below": 2000, "shard": "s1"},
        {"below": 3000, "shard": "s2"},
        {"shard": "s3"},
    ]
    days = [{"below": "2024-01-01", "shard": "s0"}, {"below": "2025-01-01", "shard": "s1"}, {"shard": "s2"}]
    lists = [
        {"values": ["DE", "AT"], "shard": "s0"},
        {"values": ["FR"], "shard": "s1"},
        {"values": ["JP"], "shard": "s3"},
    ]
    return [
        {
            "name": "shop",
            "others": {"kind": "single", "shard": "s0"},
            "tables": [
                {"name": "users", "key": "user_id"},
                {"name": "orders", "key": "user_id", "with": "users"},
                {"name": "order_items", "key": "user_id", "with": "users"},
                {"name": "countries", "kind": "global"},
                {"name": "audit", "kind": "single", "shard": "s0"},
                {"name": "audit2", "kind": "single", "shard": "s2"},
                {"name": "names", "key": "name"},
                {"name": "whoami", "kind": "global"},
            ],
        },
        {"name": "plain", "others": {"kind": "single", "shard": "s1"}},
        {"name": "auto", "others": {"kind": "sharded"}},
        {
            "name": "func",
            "others": {"kind": "single", "shard": "s0"},
            "tables": [
                {"name": "by_hash", "key": "id"},
                {"name": "by_unsigned", "key": "id"},
                {"name": "by_mod", "key": "id", "by": "mod"},
                {"name": "by_range", "key": "id", "by": "range", "ranges": rest},
                {"name": "by_day", "key": "at", "by": "date", "unit": "day"},
                {"name": "by_day_range", "key": "at", "by": "range", "ranges": days},
                {"name": "by_list", "key": "country", "by": "list", "lists": lists},
                {"name": "by_pair", "key": ["a", "b"]},
                {"name": "by_ci", "key": "name"},
                {"name": "by_bin", "key": "name"},
                {"name": "by_decimal", "key": "d"},
            ],
        },
    ]


class Ports:
    """A thousand ports for one test process, taken by a lock file so that runs side by side never meet."""

    def __init__(self):
        first = int(os.environ.get("SHARDWIRE_PORTS", "20000"))
        for base in range(first, min(first + 12000, 32000), 1000):
            self.lock = open(f"/tmp/shardwire-ports-{base}.lock", "w", encoding="ascii")
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.servers, self.next = base, base + 300
                return
            self.lock.close()
        raise RuntimeError("no free range of ports")

    def take(self):
        while True:
            self.next += 1
            with socket.socket() as probe, contextlib.suppress(OSError):
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", self.next))
                return self.next


def wait_until(condition, seconds=15, what="the condition", pause=0.05):
    """Polls until `condition()` is true and returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(pause)


@contextlib.contextmanager
def file_lock(path):
    """One process at a time; the others wait."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run(command, seconds=120, check=True, **more):
    """Runs a program; its output is in the error when it fails."""
    more.setdefault("encoding", "utf-8")
    done = subprocess.run(
        command, capture_output=True, timeout=seconds, preexec_fn=die_with_parent, check=False, **more
    )
    assert not check or done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


class Endpoint:
    """What a client sees: a port and accounts. A Proxy, or in direct mode a plain server."""

    direct = False
    port = admin_port = http_port = 0
    socket = None

    def connect(self, schema="plain", user="app", retry_lag=True, **more):
        arguments = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": user,
            "password": USERS[user],
            "database": schema,
            "autocommit": True,
            "charset": "utf8mb4",
            "read_timeout": 60,
            "write_timeout": 60,
            **more,
        }
        return pymysql.connect(**arguments)

    def raw(self, schema="plain", user="app", **more):
        import rawclient

        client = rawclient.RawClient(self.port)
        client.login(user, USERS[user], schema, **more)
        return client


class Direct(Endpoint):
    """One plain server with the same accounts and schemas."""

    direct = True

    def __init__(self, cluster):
        self.server = cluster.primary(0)
        self.port, self.socket = self.server.port, self.server.socket
        plugin = (
            "identified via mysql_native_password using password('%s')" if KIND == "mariadb" else "identified by '%s'"
        )
        for user, password in USERS.items():
            self.server.sql(f"create user {user} {plugin % password}", f"grant all on *.* to {user}")

    def alive(self):
        return bool(self.server.pid())

    def settle(self):
        pass


def base_config(mesh, **changes):
    """The standard configuration without its listeners; dotted names replace single values: {'limits.x': 5}."""
    shards = []
    for number in range(mesh.shards):
        members = [i for i in mesh.instances if i.shard == number]
        shards.append(
            {
                "name": f"s{number}",
                "instances": [
                    {"address": i.address, "role": i.role, "zone": "ab"[i.number % 2], "connections": 40}
                    for i in members
                ],
            }
        )
    config = {
        "threads": 2,
        "log": {"level": "info", "format": "text"},
        "backend": {"user": MESH_USER, "password": MESH_PASSWORD},
        "health": {"interval": "200ms", "timeout": "1s"},
        "limits": {"max_allowed_packet": "64MiB", "login_timeout": "10s"},
        "users": [
            {"name": n, "password": p, "reads": READS[n], **({"schema": "shop"} if n != "bare" else {})}
            for n, p in USERS.items()
        ],
        "admins": [{"name": ADMIN, "password": ADMIN_PASSWORD}],
        "shards": shards,
        "schemas": schemas_config(),
    }
    for dotted, value in changes.items():
        *path, last = dotted.split(".")
        place = config
        for name in path:
            place = place.setdefault(name, {})
        place[last] = value
    return config


class Proxy(Endpoint):
    """One ./shardwire process with its own configuration, ports and log."""

    def __init__(self, ports, directory, config, environment=None):
        self.dir = Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.port, self.admin_port, self.http_port = ports.take(), ports.take(), ports.take()
        self.socket = str(self.dir / "client.sock")
        self.config = {
            "listen": {
                "client": [f"127.0.0.1:{self.port}", f"unix:{self.socket}"],
                "admin": f"127.0.0.1:{self.admin_port}",
                "http": f"127.0.0.1:{self.http_port}",
            },
            **config,
        }
        self.file, self.log_file = self.dir / "shardwire.yaml", self.dir / "log"
        self.environment = {**os.environ, **(environment or {})}
        self.process, self.expected_status = None, 0

    def write_config(self):
        self.file.write_text(yaml.safe_dump(self.config, sort_keys=False), encoding="utf-8")

    def start(self, wait=True):
        self.write_config()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [str(BINARY), "-c", str(self.file)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                preexec_fn=die_with_parent,
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=20):
        def ready():
            assert self.process.poll() is None, f"ended with {self.process.returncode} at start:\n{self.log()[-3000:]}"
            return self.http("/readyz")[0] == 200

        wait_until(ready, seconds, f"/readyz of {self.dir}\n" + self.log()[-3000:])

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def settle(self):
        """Waits until the health probes see every instance up and every replica following."""
        roles = [i["role"] for shard in self.config["shards"] for i in shard["instances"]]

        def all_well():
            return self.metric(r"^shardwire_instance_up{") == len(roles) and self.samples(
                r"^shardwire_instance_lag_seconds{.*replica"
            ) == roles.count("replica")

        wait_until(all_well, 20, "all instances up")

    # what an operator does

    def reload(self, **changes):
        """Rewrites the file and sends SIGHUP; returns when the log or the admin port shows that it was read."""
        for dotted, value in changes.items():
            *path, last = dotted.split(".")
            place = self.config
            for name in path:
                place = place.setdefault(name, {})
            place[last] = value
        self.write_config()
        before = len(self.log())
        os.kill(self.process.pid, signal.SIGHUP)
        wait_until(lambda: "reload" in self.log()[before:].lower(), 10, "a line about the reload in the log")

    def stop(self, seconds=20):
        """SIGTERM, and the process ends by itself; its status is returned."""
        if self.alive():
            os.kill(self.process.pid, signal.SIGTERM)
            self.process.wait(seconds)
        return self.process.returncode

    def kill(self):
        if self.alive():
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def finish(self):
        """The end of a test: the process must still be there (or have ended well), and its log must be clean."""
        if self.process is None:
            return
        try:
            status = self.stop(30)
        except subprocess.TimeoutExpired:
            os.kill(self.process.pid, signal.SIGABRT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            self.kill()
            status = "no end within 30 s of SIGTERM"
        self.check_log()
        assert status == self.expected_status, f"ended with {status}\n{self.log()[-4000:]}"

    def check_log(self):
        text = self.log()
        bad = re.search(r"(?i)sanitizer|\bassert|runtime error|stack smashing|double free", text)
        assert not bad, text[max(0, bad.start() - 500) : bad.start() + 6000]
        for secret in SECRETS:
            assert secret not in text, f"a secret is in the log: ...{text[max(0, text.index(secret) - 200):][:400]}"

    # what can be seen of it

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace") if self.log_file.exists() else ""

    def rss(self):
        """Bytes of resident memory."""
        return int(re.search(r"VmRSS:\s+(\d+)", self.proc("status")).group(1)) * 1024

    def peak_rss(self):
        return int(re.search(r"VmHWM:\s+(\d+)", self.proc("status")).group(1)) * 1024

    def cpu(self):
        """Seconds of processor time, user and system."""
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def proc(self, name):
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="ascii", errors="replace")

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def http(self, path):
        """(status, text); status 0 if nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def admin_connect(self, **more):
        return pymysql.connect(
            **{
                "host": "127.0.0.1",
                "port": self.admin_port,
                "user": ADMIN,
                "password": ADMIN_PASSWORD,
                "autocommit": True,
                "charset": "utf8mb4",
                "read_timeout": 30,
                **more,
            }
        )

    def admin(self, sql, rows=pymysql.cursors.Cursor):
        with contextlib.closing(self.admin_connect(cursorclass=rows)) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def metric_lines(self, pattern):
        lines = self.http("/metrics")[1].splitlines()
        return [line for line in lines if not line.startswith("#") and re.search(pattern, line)]

    def metric(self, pattern):
        """The sum of all samples of /metrics whose line matches."""
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.metric_lines(pattern))

    def samples(self, pattern):
        """How many there are."""
        return len(self.metric_lines(pattern))


def sanitized():
    """Memory and time mean nothing in a binary with sanitizers."""
    try:
        data = BINARY.read_bytes()
    except FileNotFoundError:
        return False
    return any(mark in data for mark in (b"__asan_init", b"__tsan_init", b"__msan_init"))


def make_schemas(instance):
    for schema in SCHEMAS:
        instance.sql(f"create database if not exists {schema} character set utf8mb4")
    instance.sql(*SHOP_TABLES, database="shop")
    instance.sql(*FUNC_TABLES, database="func")


def mark(instance):
    """One row that differs on every server, replicas too: who answered a read is seen from what it answered."""
    instance.sql("set sql_log_bin = 0", "delete from shop.whoami", f"insert into shop.whoami values ({instance.port})")


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
