#!/usr/bin/python3
"""`make demo`: a whole mesh on this machine, from nothing, in the foreground.

Four MariaDB shards, each a primary and a GTID replica, in a temporary directory; ./shardwire in front of them; the
sample schema `shop`, created and filled through the proxy as an application would. Ctrl-C or SIGTERM ends every process
that was started here and removes the directory; if this process is killed, the kernel ends them.
"""
import argparse
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "servers"))

try:
    import pymysql
    import yaml
    from cluster import Cluster
    from flavour import PASSWORD, USER, Missing
except ImportError as error:
    sys.exit(f"demo: {error}; run tests/packages.sh demo")

COUNTRIES = [
    ("AT", "Austria"),
    ("BR", "Brazil"),
    ("DE", "Germany"),
    ("FR", "France"),
    ("JP", "Japan"),
    ("US", "United States"),
]
PRODUCTS = ["lamp", "chair", "table", "shelf", "mug", "clock"]
TABLES = [
    "create table users (user_id int primary key, name varchar(40) not null, country char(2) not null, born date, "
    "balance decimal(12,2) not null default 0)",
    "create table orders (order_id int not null, user_id int not null, placed datetime not null, "
    "total decimal(12,2) not null, "
    "primary key (user_id, order_id))",
    "create table order_items (item_id int not null, order_id int not null, user_id int not null, "
    "product varchar(40) not null, "
    "quantity int not null, price decimal(12,2) not null, primary key (user_id, order_id, item_id))",
    "create table countries (code char(2) primary key, name varchar(40) not null)",
    "create table audit (id int primary key, at datetime not null, what varchar(100) not null)",
]


def say(text):
    print(text, flush=True)


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def configuration(args, cluster):
    """What an operator would write."""
    shards = [
        {
            "name": f"s{n}",
            "instances": [
                {"address": i.address, "role": i.role, "connections": 50} for i in cluster.instances if i.shard == n
            ],
        }
        for n in range(cluster.shards)
    ]
    return {
        "listen": {
            "client": f"127.0.0.1:{args.port}",
            "admin": f"127.0.0.1:{args.admin_port}",
            "http": f"127.0.0.1:{args.http_port}",
        },
        "backend": {"user": USER, "password": PASSWORD},
        "users": [{"name": "app", "password": "app", "schema": "shop"}],
        "admins": [{"name": "admin", "password": "admin"}],
        "shards": shards,
        "schemas": [
            {
                "name": "shop",
                "tables": [
                    {"name": "users", "key": "user_id"},
                    {"name": "orders", "key": "user_id", "with": "users"},
                    {"name": "order_items", "key": "user_id", "with": "users"},
                    {"name": "countries", "kind": "global"},
                    {"name": "audit", "kind": "single", "shard": "s0"},
                ],
            }
        ],
    }


def start_proxy(args, directory, config):
    file, log = directory / "shardwire.yaml", directory / "shardwire.log"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    with open(log, "wb") as out:
        proxy = subprocess.Popen(
            [args.binary, "-c", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    end = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(
            f"http://127.0.0.1:{args.http_port}/readyz", timeout=1
        ) as reply:
            if reply.status == 200:
                return proxy
        if proxy.poll() is not None or time.monotonic() > end:
            stop_proxy(proxy)
            raise RuntimeError(
                "shardwire did not get ready:\n" + log.read_text(encoding="utf-8", errors="replace")[-2000:]
            )
        time.sleep(0.1)


def stop_proxy(proxy):
    if proxy.poll() is None:
        proxy.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            proxy.wait(5)
    if proxy.poll() is None:
        proxy.kill()
        proxy.wait()


def fill(args, users):
    """Creates and fills the sample schema as an application does: a plain client of one MySQL."""
    with pymysql.connect(
        host="127.0.0.1",
        port=args.port,
        user="app",
        password="app",
        database="shop",
        autocommit=True,
        charset="utf8mb4",
    ) as connection, connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(table)
        cursor.executemany("insert into countries values (%s, %s)", COUNTRIES)
        for user in range(1, users + 1):
            cursor.execute(
                "insert into users values (%s, %s, %s, %s, %s)",
                (
                    user,
                    f"user {user}",
                    COUNTRIES[user % 6][0],
                    f"{1950 + user % 50}-{user % 12 + 1:02}-15",
                    user * 3 % 500,
                ),
            )
            orders = range(user * 10, user * 10 + user % 4 + 1)
            lines = [
                (item, order, user, PRODUCTS[(order + item) % 6], item, 10 + order % 7)
                for order in orders
                for item in (1, 2)
            ]
            marks = ", ".join(f"({o}, {user}, '2026-0{o % 9 + 1}-01 10:00:00', {3 * (10 + o % 7)})" for o in orders)
            cursor.execute(f"insert into orders values {marks}")
            marks = ", ".join("(%d, %d, %d, '%s', %d, %d)" % line for line in lines)
            cursor.execute(f"insert into order_items values {marks}")
        cursor.execute("insert into audit values (1, now(), 'the sample schema was created')")


def print_guide(args, cluster, seconds):
    client, admin = (
        f"mariadb -h 127.0.0.1 -P {args.port} -uapp -papp shop",
        f"mariadb -h 127.0.0.1 -P {args.admin_port} -uadmin -padmin",
    )
    say(
        f"""
Shardwire is ready ({seconds:.0f} s): one MySQL endpoint in front of {cluster.shards} shards, each a primary
and a replica.

  your application   host 127.0.0.1, port {args.port}, user app, password app, schema shop
                     {client}
  operators          {admin}
  metrics, health    http://127.0.0.1:{args.http_port}/metrics  /healthz  /readyz

Try at the application's port:
  select * from users where user_id = 7;                          -- one shard, by its key
  explain route select * from users where user_id = 7;            -- which shard, which server, what is sent
  select u.name, o.order_id, i.product from users u join orders o using (user_id)
    join order_items i using (user_id, order_id) where u.user_id = 7;   -- bound tables join on their shard
  select user_id, name from users where balance > 450;            -- all shards, rows as they come
  begin; update users set balance = 0 where user_id = 7; rollback;
  update users set balance = 0;                                   -- several shards: refused, with the reason

and at the operators' port:
  show shards; show instances; show tables from mesh;
  select * from mesh.statements; select * from mesh.sessions;
  drain instance '{cluster.replica(0).address}'; enable instance '{cluster.replica(0).address}';

Servers to look at directly, or to kill -9:"""
    )
    for instance in cluster.instances:
        say(f"  s{instance.shard} {instance.role:8} {instance.address}  pid {instance.pid()}")
    say(f"\nConfiguration and logs are in {cluster.base.parent}.\nCtrl-C stops everything.")


def interrupted(*_):
    raise KeyboardInterrupt


def parse():
    parser = argparse.ArgumentParser(description="Starts a whole sample mesh; Ctrl-C ends it.")
    parser.add_argument("--port", type=int, default=3307, help="of the proxy for applications")
    parser.add_argument("--admin-port", type=int, default=3308)
    parser.add_argument("--http-port", type=int, default=9307)
    parser.add_argument("--server-port", type=int, default=3401, help="of the first MariaDB; the others follow")
    parser.add_argument("--kind", choices=["mariadb", "mysql"], default="mariadb")
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--users", type=int, default=200, help="rows of the sample table users")
    parser.add_argument("--binary", default=str(HERE.parent / "shardwire"))
    parser.add_argument("--exit", action="store_true", help="stop as soon as everything is up (for tests)")
    return parser.parse_args()


def main():
    args, start = parse(), time.monotonic()
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    if not os.access(args.binary, os.X_OK):
        sys.exit(f"demo: {args.binary} is not there: run make")
    with contextlib.ExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="shardwire-demo-", ignore_cleanup_errors=True))
        )
        say(f"Starting {args.shards} shards of {args.kind}, each a primary and a replica ...")
        cluster = stack.enter_context(Cluster(directory / "servers", args.kind, args.shards, 1, port=args.server_port))
        cluster.sql_all("create database shop character set utf8mb4")
        cluster.wait()
        say("Starting shardwire ...")
        proxy = start_proxy(args, directory, configuration(args, cluster))
        stack.callback(stop_proxy, proxy)
        say("Creating and filling the schema shop through it ...")
        fill(args, args.users)
        cluster.wait()
        print_guide(args, cluster, time.monotonic() - start)
        if not args.exit:
            code = proxy.wait()
            say(
                f"shardwire ended with status {code}:\n"
                + (directory / "shardwire.log").read_text(errors="replace")[-2000:]
            )
            sys.exit(1 if code else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        say("\nEverything is stopped.")
    except (Missing, RuntimeError, pymysql.Error) as problem:
        sys.exit(f"demo: {problem}")
