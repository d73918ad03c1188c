#!/usr/bin/python3
"""Real servers on loopback: N primaries, each with R GTID replicas, from a template data directory.

As a library (the integration tests, `make demo`):

    with Cluster("/tmp/x", kind="mariadb", shards=4, replicas=1, port=21000) as mesh:
        mesh.primary(0).sql("select 1")

As a command (state is kept in BASE/cluster.json, so each call finds what the one before has started):

    cluster.py start BASE [--kind mariadb|mysql] [--shards 1] [--replicas 0] [--port 21000] [--tls]
    cluster.py stop|status|wait|destroy BASE
    cluster.py sql BASE PORT STATEMENT | kill BASE PORT | one BASE PORT
    cluster.py root                              (installs MySQL's programs, see flavour.py)

Shard i's primary listens on port + 10*i, its replica j on port + 10*i + j; a port is the server's id too. Ports
are best below 32768, where the ports of outgoing connections begin. In each instance's folder: data/, sock, log.
Account: mesh (flavour.py says its password), all privileges; root through the Unix socket without a password.

What stays true: an instance is ended only by a pid whose command line names its own data directory.
"""
import argparse
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pymysql

sys.path.insert(0, str(Path(__file__).resolve().parent))
import flavour as flavours  # noqa: E402

READY_SECONDS = 90


def die_with_parent():
    """Runs in the child: the kernel kills it when we die, whatever we die of."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Instance:
    """One server process."""

    def __init__(self, cluster, shard, number):
        self.cluster, self.shard, self.number = cluster, shard, number
        self.port = cluster.port + 10 * shard + number
        self.role = "replica" if number else "primary"
        self.dir = cluster.base / f"i{self.port}"
        self.socket = str(self.dir / "sock")
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def pid(self):
        """The pid of the running server, None if there is none; never a pid that is not ours."""
        try:
            pid = int((self.dir / "launched").read_text(encoding="ascii"))
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None
        return pid if f"--datadir={self.dir}/data".encode() in words and state != "Z" else None

    def launch(self):
        """Starts the server (its data copied from the template the first time) without waiting for it."""
        if self.pid():
            return
        if not (self.dir / "data").is_dir():
            self.dir.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", "--reflink=auto", str(self.cluster.template), f"{self.dir}/data"], check=True)
        for name in ("sock", "sock.lock", "pid"):
            with contextlib.suppress(FileNotFoundError):
                (self.dir / name).unlink()
        command = self.cluster.flavour.command(f"{self.dir}/data", self.port, self.role, self.shard)
        command += [
            f"--socket={self.socket}",
            f"--pid-file={self.dir}/pid",
            f"--port={self.port}",
            f"--server-id={self.port}",
            f"--report-port={self.port}",
            *self.cluster.tls_options(),
            *self.cluster.options,
        ]
        if self.role == "replica":
            command.append("--read-only=1")
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent if self.cluster.tied else None,
            )
        (self.dir / "launched").write_text(str(self.process.pid), encoding="ascii")

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(pymysql.Error, OSError):
                self.connect().close()
                return
            if not self.pid() or time.monotonic() > end:
                raise RuntimeError(f"{self.dir}: the server is not there:\n" + self.log_tail())
            time.sleep(0.05)

    def log_tail(self, lines=12):
        with contextlib.suppress(FileNotFoundError):
            text = (self.dir / "log").read_text(encoding="utf-8", errors="replace")
            return "\n".join(text.splitlines()[-lines:])
        return "(no log)"

    def start(self):
        """Starts the server again and waits until it answers; a replica goes on replicating by itself."""
        self.launch()
        self.wait_ready()

    def kill(self, sig=signal.SIGKILL):
        """Ends the process and waits until it is gone."""
        pid = self.pid()
        if pid:
            os.kill(pid, sig)
            self.wait_gone()

    def wait_gone(self, seconds=40):
        end = time.monotonic() + seconds
        while self.pid():
            if time.monotonic() > end:
                os.kill(self.pid(), signal.SIGKILL)
                end += seconds
            time.sleep(0.02)
        if self.process:
            self.process.wait()
            self.process = None

    def connect(self, **more):
        """A connection as root through the Unix socket."""
        arguments = {
            "user": "root",
            "password": "",
            "unix_socket": self.socket,
            "autocommit": True,
            "charset": "utf8mb4",
            "connect_timeout": 10,
            **more,
        }
        return pymysql.connect(**arguments)

    def sql(self, *statements, database=None, rows=pymysql.cursors.Cursor):
        """Runs statements on the server itself, as root; the rows of the last one."""
        connection = self.connect(database=database, cursorclass=rows)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def follow(self, primary):
        if not (self.dir / "follows").exists():
            self.sql(*self.cluster.flavour.follow(primary.port))
            (self.dir / "follows").write_text(str(primary.port), encoding="ascii")

    def stop_applier(self):
        """The replica falls behind from now on: it still receives, but applies nothing."""
        self.sql(f"{self.cluster.flavour.stop_replica} {self.cluster.flavour.applier}")

    def start_applier(self):
        self.sql(f"{self.cluster.flavour.start_replica} {self.cluster.flavour.applier}")

    def set_delay(self, seconds):
        """From now on the replica applies everything so much later: it replicates, and lags."""
        words = self.cluster.flavour
        self.sql(words.stop_replica, words.delay.format(seconds), words.start_replica)

    def replication(self):
        rows = self.sql(self.cluster.flavour.replica_status, rows=pymysql.cursors.DictCursor)
        return rows[0] if rows else {}

    def catch_up(self, seconds=READY_SECONDS):
        """Waits until this replica replicates and has what its primary has now."""
        words, primary = self.cluster.flavour, self.cluster.primary(self.shard)
        gtid = primary.sql(words.executed)[0][0].replace("\n", "")
        if gtid and self.sql(words.wait_for(gtid, seconds))[0][0] != 0:
            raise RuntimeError(f"{self.port}: behind its primary")
        end = time.monotonic() + seconds
        while any(self.replication().get(column) != "Yes" for column in words.running_columns):
            if time.monotonic() > end:
                raise RuntimeError(f"{self.port}: not replicating")
            time.sleep(0.05)


class Cluster:
    """All instances of one mesh. `tied` servers die with this process; others outlive it (the command line)."""

    def __init__(self, base, kind="mariadb", shards=1, replicas=0, port=21000, tls=False, tied=True, options=()):
        self.base = Path(base).resolve()
        self.kind, self.shards, self.replicas, self.port = kind, shards, replicas, port
        self.tls, self.tied, self.options = tls, tied, list(options)
        self.flavour = flavours.flavour(kind)
        self.template = None
        self.instances = [Instance(self, i, j) for i in range(shards) for j in range(replicas + 1)]

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.destroy()
            raise
        return self

    def __exit__(self, *_):
        self.destroy()

    def primary(self, shard):
        return self.instances[shard * (self.replicas + 1)]

    def replica(self, shard, number=1):
        return self.instances[shard * (self.replicas + 1) + number]

    def by_port(self, port):
        return next(i for i in self.instances if i.port == port)

    def primaries(self):
        return [i for i in self.instances if i.role == "primary"]

    def replicas_all(self):
        return [i for i in self.instances if i.role == "replica"]

    def tls_options(self):
        ssl = self.base / "tls"
        return (
            [f"--ssl-ca={ssl}/ca.pem", f"--ssl-cert={ssl}/server.pem", f"--ssl-key={ssl}/server.key"]
            if self.tls
            else []
        )

    def start(self):
        self.base.mkdir(parents=True, exist_ok=True)
        self.template = self.flavour.template()
        if self.tls:
            make_certificates(self.base / "tls")
        self.save()
        for instance in self.instances:
            instance.launch()
        for instance in self.instances:
            instance.wait_ready()
        for replica in self.replicas_all():
            replica.follow(self.primary(replica.shard))
        self.wait()

    def wait(self):
        for replica in self.replicas_all():
            replica.catch_up()

    def sql_all(self, *statements, database=None):
        """On every primary; the replicas get it by replication."""
        for primary in self.primaries():
            primary.sql(*statements, database=database)

    def stop(self, gently=False):
        """Replicas first: a primary that is asked to stop waits for those who read its binary log."""
        sig = signal.SIGTERM if gently else signal.SIGKILL
        for group in (self.replicas_all(), self.primaries()):
            running = [i for i in group if i.pid()]
            for instance in running:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(instance.pid() or 0, sig) if instance.pid() else None
            for instance in running:
                instance.wait_gone()

    def destroy(self):
        self.stop()
        for instance in self.instances:
            shutil.rmtree(instance.dir, ignore_errors=True)
        shutil.rmtree(self.base / "tls", ignore_errors=True)
        with contextlib.suppress(OSError):
            (self.base / "cluster.json").unlink()
            self.base.rmdir()

    def save(self):
        facts = {k: getattr(self, k) for k in ("kind", "shards", "replicas", "port", "tls", "options")}
        (self.base / "cluster.json").write_text(json.dumps(facts), encoding="ascii")

    @classmethod
    def load(cls, base):
        facts = json.loads((Path(base) / "cluster.json").read_text(encoding="ascii"))
        cluster = cls(base, tied=False, **facts)
        cluster.template = cluster.flavour.template()
        return cluster


def make_certificates(folder):
    """A certificate authority of our own, a server certificate for 127.0.0.1, and a client certificate."""
    folder = Path(folder)
    if (folder / "server.pem").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    (folder / "ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="ascii")
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "3650",
        "-subj",
        "/CN=shardwire-test-ca",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
    )
    for name, subject in (("server", "/CN=localhost"), ("client", "/CN=client")):
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )
        openssl(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "3650",
            "-extfile",
            "ext",
            "-out",
            f"{name}.pem",
        )


def print_status(cluster):
    for instance in cluster.instances:
        pid = instance.pid()
        line = f"{instance.port} shard {instance.shard} {instance.role} " + (f"up pid {pid}" if pid else "down")
        if pid:
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            line += " rss %d MB" % (int(status.split("VmRSS:")[1].split()[0]) // 1024)
        if pid and instance.role == "replica":
            facts = instance.replication()
            line += " io/sql " + "/".join(str(facts.get(c)) for c in cluster.flavour.running_columns)
        print(line)


def main():
    parser = argparse.ArgumentParser(description="Real MariaDB or MySQL servers on loopback.")
    parser.add_argument("verb", choices=["start", "stop", "status", "wait", "sql", "kill", "one", "destroy", "root"])
    parser.add_argument("base", nargs="?")
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--kind", choices=["mariadb", "mysql"], default="mariadb")
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--replicas", type=int, default=0)
    parser.add_argument("--port", type=int, default=21000)
    parser.add_argument("--tls", action="store_true")
    args = parser.parse_args()
    if args.verb == "root":
        print(flavours.make_sid_root())
        return
    if not args.base:
        parser.error("which BASE folder?")
    if args.verb == "start" and not (Path(args.base) / "cluster.json").exists():
        cluster = Cluster(args.base, args.kind, args.shards, args.replicas, args.port, args.tls, tied=False)
    else:
        cluster = Cluster.load(args.base)
    if args.verb == "sql":
        for row in cluster.by_port(int(args.rest[0])).sql(args.rest[1]):
            print("\t".join(str(value) for value in row))
        return
    if args.verb in ("kill", "one"):
        instance = cluster.by_port(int(args.rest[0]))
        instance.kill() if args.verb == "kill" else instance.start()
        return
    {
        "start": cluster.start,
        "stop": cluster.stop,
        "wait": cluster.wait,
        "destroy": cluster.destroy,
        "status": lambda: None,
    }[args.verb]()
    if args.verb in ("start", "status"):
        print_status(cluster)


if __name__ == "__main__":
    try:
        main()
    except (flavours.Missing, RuntimeError) as error:
        sys.exit(f"cluster.py: {error}")
