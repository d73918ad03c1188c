"""What differs between the two servers that a cluster can be made of.

A flavour knows how to make a template data directory (once per version and per set of accounts, kept in
~/.cache/shardwire/templates), how to build the command line of an instance, and which words its replication speaks.
Everything else is in cluster.py and is the same for both.

MariaDB comes from Debian's packages. MySQL comes from Debian sid's packages unpacked in a folder (SID_ROOT, default
~/.cache/shardwire/sid-root); its programs run with that folder's own loader and libraries, so no chroot is needed.
"""
import contextlib
import fcntl
import getpass
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

CACHE = Path(os.environ.get("SHARDWIRE_CACHE") or Path.home() / ".cache" / "shardwire")
USER, PASSWORD = "mesh", "mesh-secret-7"
REPL_USER, REPL_PASSWORD = "repl", "repl-secret-7"

# Options that both servers understand: small, quick to start, no durability (a kill -9 of the process loses nothing).
COMMON_OPTIONS = [
    "--bind-address=127.0.0.1",
    "--report-host=127.0.0.1",
    "--log-bin=binlog",
    "--relay-log=relay",
    "--sync-binlog=0",
    "--innodb-flush-log-at-trx-commit=2",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-buffer-size=2M",
    "--innodb-use-native-aio=0",
    "--key-buffer-size=1M",
    "--table-open-cache=400",
    "--performance-schema=0",
    "--skip-name-resolve",
    "--local-infile=1",
    "--character-set-server=utf8mb4",
    "--max-allowed-packet=64M",
    "--log-bin-trust-function-creators=1",
    "--thread-cache-size=16",
    "--max-connections=300",
]


class Missing(Exception):
    """The server's programs are not on this machine; the text says what to install."""


class Flavour:
    """The interface; `kind` is its name on command lines."""

    kind = ""
    redo_option = ""

    def __init__(self):
        self.os_user = getpass.getuser()

    def version(self):
        raise NotImplementedError

    def init_sql(self):
        raise NotImplementedError

    def fill_template(self, data, log):
        raise NotImplementedError

    def command(self, data, port, role, domain):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def account_options(self):
        """mysqld refuses to run as root unless told to."""
        return [f"--user={self.os_user}"]

    def template(self):
        """The template data directory, made if this version and these accounts have none yet."""
        key = hashlib.sha256(self.init_sql().encode() + self.redo_option.encode()).hexdigest()[:8]
        target = CACHE / "templates" / f"{self.kind}-{self.version()}-{key}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{target}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.is_dir():
                half = Path(f"{target}.part")
                shutil.rmtree(half, ignore_errors=True)
                with open(f"{target}.log", "wb") as log:
                    self.fill_template(half, log)
                half.rename(target)
        return target


class MariaDB(Flavour):
    kind = "mariadb"
    redo_option = "--innodb-log-file-size=16M"
    native_password = True
    stop_replica, start_replica, applier = "stop slave", "start slave", "sql_thread"
    replica_status = "show slave status"
    delay = "change master to master_delay={}"
    running_columns = ("Slave_IO_Running", "Slave_SQL_Running")

    def __init__(self):
        super().__init__()
        self.daemon = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin")
        self.installer = shutil.which("mariadb-install-db")
        if not self.daemon or not self.installer:
            raise Missing("mariadbd is not here: apt-get install mariadb-server-core mariadb-client")

    def version(self):
        words = subprocess.run([self.daemon, "--no-defaults", "--version"], capture_output=True, text=True, check=True)
        return words.stdout.split("Ver ")[1].split()[0].split("-")[0]

    def init_sql(self):
        lines = ["flush privileges;"]
        for host in ("%", "localhost"):
            lines += [
                f"create user '{USER}'@'{host}' identified by '{PASSWORD}';",
                f"grant all privileges on *.* to '{USER}'@'{host}' with grant option;",
            ]
        lines += [
            f"create user '{REPL_USER}'@'%' identified by '{REPL_PASSWORD}';",
            f"grant replication slave on *.* to '{REPL_USER}'@'%';",
            "drop user if exists ''@'localhost';",
        ]
        return "\n".join(lines) + "\n"

    def fill_template(self, data, log):
        data.mkdir(parents=True)
        subprocess.run(
            [
                self.installer,
                "--no-defaults",
                f"--datadir={data}",
                f"--user={self.os_user}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                self.redo_option,
            ],
            stdout=log,
            stderr=log,
            check=True,
        )
        subprocess.run(
            [
                self.daemon,
                "--no-defaults",
                "--bootstrap",
                f"--datadir={data}",
                "--character-set-server=utf8mb4",
                self.redo_option,
                *self.account_options(),
            ],
            input=self.init_sql().encode(),
            stdout=log,
            stderr=log,
            check=True,
        )

    def command(self, data, port, role, domain):
        return [
            self.daemon,
            "--no-defaults",
            f"--datadir={data}",
            *self.account_options(),
            self.redo_option,
            f"--gtid-domain-id={domain}",
            "--gtid-strict-mode=1",
            "--log-slave-updates=1",
            "--binlog-format=ROW",
            "--aria-pagecache-buffer-size=1M",
            "--query-cache-size=0",
            "--query-cache-type=0",
            *COMMON_OPTIONS,
        ]

    def follow(self, port):
        return [
            f"change master to master_host='127.0.0.1', master_port={port}, master_user='{REPL_USER}', "
            f"master_password='{REPL_PASSWORD}', master_connect_retry=1, master_use_gtid=slave_pos",
            "start slave",
        ]

    executed = "select @@gtid_binlog_pos"

    def wait_for(self, gtid, seconds):
        return f"select master_gtid_wait('{gtid}', {seconds})"


class MySQL(Flavour):
    kind = "mysql"
    redo_option = "--innodb-redo-log-capacity=32M"
    native_password = False
    stop_replica, start_replica, applier = "stop replica", "start replica", "sql_thread"
    replica_status = "show replica status"
    delay = "change replication source to source_delay={}"
    running_columns = ("Replica_IO_Running", "Replica_SQL_Running")

    def __init__(self):
        super().__init__()
        self.root = sid_root()
        if not (self.root / "usr/sbin/mysqld").exists():
            raise Missing(f"MySQL is not in {self.root}: run `tests/servers/cluster.py root` (as root; about 40 s)")
        libraries = self.root / "usr/lib/x86_64-linux-gnu"
        loader = self.root / "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
        self.loader = [str(loader), "--library-path", str(libraries)]
        self.daemon = [
            *self.loader,
            str(self.root / "usr/sbin/mysqld"),
            "--no-defaults",
            f"--basedir={self.root}/usr",
            f"--lc-messages-dir={self.root}/usr/share/mysql",
            "--mysqlx=OFF",
            f"--character-sets-dir={self.root}/usr/share/mysql/charsets",
            f"--plugin-dir={self.root}/usr/lib/mysql/plugin",
        ]

    def version(self):
        words = subprocess.run([*self.daemon, "--version"], capture_output=True, text=True, check=True)
        return words.stdout.split("Ver ")[1].split()[0].split("-")[0]

    def init_sql(self):
        lines = []
        for host in ("%", "localhost"):
            lines += [
                f"create user '{USER}'@'{host}' identified by '{PASSWORD}';",
                f"grant all privileges on *.* to '{USER}'@'{host}' with grant option;",
            ]
        lines += [
            f"create user '{REPL_USER}'@'%' identified by '{REPL_PASSWORD}';",
            f"grant replication slave on *.* to '{REPL_USER}'@'%';",
        ]
        return "\n".join(lines) + "\n"

    def fill_template(self, data, log):
        script = data.with_suffix(".sql")
        script.write_text(self.init_sql(), encoding="ascii")
        subprocess.run(
            [
                *self.daemon,
                "--initialize-insecure",
                f"--init-file={script}",
                f"--datadir={data}",
                "--performance-schema=0",
                self.redo_option,
                "--innodb-use-native-aio=0",
                *self.account_options(),
            ],
            stdout=log,
            stderr=log,
            check=True,
        )
        with contextlib.suppress(FileNotFoundError):
            (data / "auto.cnf").unlink()  # the server's uuid: each copy makes its own
        script.unlink()

    def command(self, data, port, role, domain):
        return [
            *self.daemon,
            f"--datadir={data}",
            *self.account_options(),
            self.redo_option,
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--table-definition-cache=400",
            "--secure-file-priv=",
            "--replica-parallel-workers=1",
            *COMMON_OPTIONS,
        ]

    def follow(self, port):
        return [
            f"change replication source to source_host='127.0.0.1', source_port={port}, source_user='{REPL_USER}', "
            f"source_password='{REPL_PASSWORD}', source_connect_retry=1, source_auto_position=1, "
            "get_source_public_key=1",
            "start replica",
        ]

    executed = "select @@global.gtid_executed"

    def wait_for(self, gtid, seconds):
        return f"select wait_for_executed_gtid_set('{gtid}', {seconds})"


def sid_root():
    """Where MySQL's programs are: SID_ROOT, or the folder under our cache."""
    return Path(os.environ.get("SID_ROOT") or CACHE / "sid-root")


def make_sid_root():
    """Fills sid_root() from the Debian mirror that apt already uses. Needs root and debootstrap; about 40 s."""
    root = sid_root()
    if (root / "usr/sbin/mysqld").exists():
        return root
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise Missing("making the MySQL folder needs root and debootstrap: tests/packages.sh mysql")
    shutil.rmtree(root, ignore_errors=True)
    root.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["debootstrap", "--variant=minbase", "sid", str(root), debian_mirror()], check=True)
    policy = root / "usr/sbin/policy-rc.d"  # nothing that is installed there may start by itself
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    policy.chmod(0o755)
    subprocess.run(
        [
            "chroot",
            str(root),
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "install",
            "-y",
            "--no-install-recommends",
            "mysql-server-core",
            "mysql-client-core",
        ],
        check=True,
    )
    for package in (root / "var/cache/apt/archives").glob("*.deb"):
        package.unlink()
    return root


def debian_mirror():
    """The first archive that apt's sources name."""
    sources = Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")
    for path in sources:
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            words = line.split()
            if line.startswith("URIs:") and "debian" in line:
                return words[1]
            if line.startswith("deb ") and "debian" in line:
                return next(w for w in words[1:] if "://" in w)
    return "http://deb.debian.org/debian"


def flavour(kind):
    return {"mariadb": MariaDB, "mysql": MySQL}[kind]()
