"""Programs and drivers as applications use them: the mariadb client and its dump, PyMySQL, mysqlclient, sysbench,
mysql2 for Node, MariaDB Connector/J."""
import contextlib
import hashlib
import os
import re
import shutil
import threading
from pathlib import Path

import harness
import pymysql
import pytest
from harness import HERE, USERS, run

pytestmark = pytest.mark.drivers


def need(program):
    if not shutil.which(program):
        pytest.fail(f"{program} is missing: run tests/packages.sh check")


def credentials(proxy, user="writer"):
    return ["-h", "127.0.0.1", "-P", str(proxy.port), "-u", user, f"-p{USERS[user]}"]


def client(proxy, *words, text=None, user="writer", encoding="utf-8"):
    return run(["mariadb", "--no-defaults", *credentials(proxy, user), *words], input=text, encoding=encoding).stdout


def dump_of(proxy, *words):
    """Latin-1 keeps every byte of it as it is."""
    return run(
        ["mariadb-dump", "--no-defaults", *credentials(proxy), "--no-tablespaces", *words], encoding="latin-1"
    ).stdout


# the mariadb client


def test_client_runs_a_script(proxy, table):
    out = client(
        proxy,
        "-N",
        "plain",
        text=f"create table {table} (id int primary key, v text);\n"
        f"insert into {table} values (1, 'ä\\tb'), (2, null);\nselect * from {table};\n\\s\nselect 'end';\n",
    )
    assert "1\tä\\tb" in out and "2\tNULL" in out and "Connection id" in out and out.rstrip().endswith("end")


def test_client_with_completion_delimiters_and_warnings(proxy, table):
    out = client(
        proxy,
        "--auto-rehash",
        "--show-warnings",
        "-t",
        "plain",
        text=f"create table {table} (v tinyint);\nset sql_mode = '';\n"
        f"insert into {table} values (999);\ndelimiter //\nselect 1; select 2//\ndelimiter ;\nshow tables;\n",
    )
    assert "Out of range value" in out and table in out


def test_client_shows_errors_as_the_server_does(proxy):
    done = run(["mariadb", "--no-defaults", *credentials(proxy), "plain", "-e", "selec 1"], check=False)
    assert done.returncode == 1 and "ERROR 1064 (42000) at line 1: You have an error in your SQL syntax" in done.stderr


def test_mysqladmin(proxy):
    assert "mysqld is alive" in run(["mariadb-admin", "--no-defaults", *credentials(proxy), "ping"]).stdout
    assert "Uptime" in run(["mariadb-admin", "--no-defaults", *credentials(proxy), "status"]).stdout
    assert run(["mariadb-admin", "--no-defaults", *credentials(proxy), "processlist"]).stdout
    assert run(["mariadb-admin", "--no-defaults", *credentials(proxy), "extended-status"]).stdout


def test_trap_P11_dump_and_load_back(proxy, table):
    """A schema that is whole on one shard is dumped through the proxy and read back in through it."""
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(
            f"create table {table} (id int primary key auto_increment, s varchar(50), b blob, d datetime, "
            "n decimal(10,2))"
        )
        cursor.execute(
            f"insert into {table} (s, b, d, n) values ('it''s \\\\ ä\n', x'00ff27', '2024-01-02 03:04:05', 1.50), "
            "(null, '', null, -1)"
        )
        cursor.execute(f"insert into {table} (s, n) select concat(s, '€'), n * 2 from {table}")
        cursor.execute(f"select * from {table} order by id")
        before = cursor.fetchall()
        dump = dump_of(proxy, "plain", table)
        assert "CREATE TABLE" in dump and "INSERT INTO" in dump and re.search(r"-- Dump completed", dump)
        cursor.execute(f"drop table {table}")
        client(proxy, "plain", text=dump, encoding="latin-1")
        cursor.execute(f"select * from {table} order by id")
        assert cursor.fetchall() == before
        assert "INSERT INTO" in dump_of(proxy, "--single-transaction", "--hex-blob", "plain", table)


def test_trap_P11_dump_of_routines_views_and_triggers(proxy, table):
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key, v int)")
        cursor.execute(f"create trigger {table}_t before insert on {table} for each row begin set new.v = 5; end")
        dump = dump_of(proxy, "--triggers", "plain", table)
        assert "trigger" in dump.lower()
        cursor.execute(f"drop table {table}")
        client(proxy, "plain", text=dump, encoding="latin-1")
        cursor.execute(f"insert into {table} (id) values (1)")
        cursor.execute(f"select v from {table}")
        assert cursor.fetchone() == (5,)


# Python


def test_pymysql_cursors_and_callproc(proxy, table):
    with proxy.connect("plain", user="writer", cursorclass=pymysql.cursors.SSDictCursor) as connection:
        with connection.cursor(pymysql.cursors.Cursor) as cursor:
            cursor.execute(f"create table {table} (id int primary key, v varchar(20))")
            cursor.executemany(f"insert into {table} values (%s, %s)", [(n, f"v{n}") for n in range(1000)])
            assert cursor.rowcount == 1000
            cursor.execute(f"create procedure p_{table}(in n int) begin select n; select n + 1; end")
            cursor.callproc(f"p_{table}", (5,))
            assert cursor.fetchall() == ((5,),) and cursor.nextset() and cursor.fetchall() == ((6,),)
            while cursor.nextset():
                pass
            cursor.execute(f"drop procedure p_{table}")
        with connection.cursor() as cursor:
            cursor.execute(f"select * from {table} order by id")
            assert next(iter(cursor)) == {"id": 0, "v": "v0"}
            assert sum(1 for _ in cursor) == 999


def test_mysqlclient(proxy, table):
    mysqldb = pytest.importorskip("MySQLdb")
    connection = mysqldb.connect(
        host="127.0.0.1", port=proxy.port, user="writer", passwd=USERS["writer"], db="plain", charset="utf8mb4"
    )
    with contextlib.closing(connection):
        cursor = connection.cursor()
        cursor.execute(f"create table {table} (id int primary key, v varchar(20)) engine=innodb")
        cursor.executemany(f"insert into {table} values (%s, %s)", [(n, "ä€😀") for n in range(100)])
        connection.rollback()
        cursor.execute(f"select count(*) from {table}")
        assert cursor.fetchone() == (0,)
        cursor.execute(f"insert into {table} values (1, %s)", ("it's",))
        connection.commit()
        cursor.execute(f"select * from {table}")
        assert cursor.fetchall() == ((1, "it's"),)
        with pytest.raises(mysqldb.IntegrityError) as error:
            cursor.execute(f"insert into {table} values (1, 'x')")
        assert error.value.args[0] == 1062
        connection.ping()
        connection.select_db("shop")
        assert connection.thread_id() > 0 and "Uptime" in connection.stat()
        cursor.execute("select length(%s)", ("x" * (17 << 20),))
        assert cursor.fetchone() == (17 << 20,)
    with pytest.raises(mysqldb.OperationalError) as error:
        mysqldb.connect(host="127.0.0.1", port=proxy.port, user="writer", passwd="wrong")
    assert error.value.args[0] == 1045


# sysbench


def sysbench(proxy, test, verb, *words, schema="plain", threads=4):
    need("sysbench")
    return run(
        [
            "sysbench",
            test,
            "--db-driver=mysql",
            "--mysql-host=127.0.0.1",
            f"--mysql-port={proxy.port}",
            "--mysql-user=writer",
            f"--mysql-password={USERS['writer']}",
            f"--mysql-db={schema}",
            f"--threads={threads}",
            "--report-interval=0",
            *words,
            verb,
        ]
    ).stdout


def transactions(out):
    """How many there were; deadlocks between the clients are the servers' business, but must be few."""
    done, ignored = (int(re.search(name + r":\s+(\d+)", out).group(1)) for name in ("transactions", "ignored errors"))
    assert ignored <= done / 20, out
    return done


@pytest.fixture
def sbtest(proxy, servers):
    for primary in servers.primaries():
        primary.sql("drop table if exists plain.sbtest1", "drop table if exists auto.sbtest1")
    yield "sbtest1"
    for primary in servers.primaries():
        primary.sql("drop table if exists plain.sbtest1", "drop table if exists auto.sbtest1")


@pytest.mark.parametrize("mode", ["disable", "auto"], ids=["text", "prepared"])
def test_sysbench_on_one_shard(proxy, sbtest, mode):
    common = ["--tables=1", "--table-size=5000", f"--db-ps-mode={mode}", "--time=2"]
    sysbench(proxy, "oltp_read_write", "prepare", *common, threads=1)
    for test in ("oltp_point_select", "oltp_read_write"):
        assert transactions(sysbench(proxy, test, "run", *common)) > 50
    sysbench(proxy, "oltp_read_write", "cleanup", *common, threads=1)


@pytest.mark.parametrize("mode", ["disable", "auto"], ids=["text", "prepared"])
def test_sysbench_point_selects_over_4_shards(proxy, servers, sbtest, mode):
    with proxy.connect("auto", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(
            "create table sbtest1 (id int not null primary key, k int not null default 0, "
            "c char(120) not null default '', "
            "pad char(60) not null default '')"
        )
        for number in range(1, 201):
            cursor.execute("insert into sbtest1 (id, k, c) values (%s, %s, %s)", (number, number, f"c{number}"))
    servers.wait()
    out = sysbench(
        proxy,
        "oltp_point_select",
        "run",
        "--tables=1",
        "--table-size=200",
        f"--db-ps-mode={mode}",
        "--time=2",
        schema="auto",
    )
    assert transactions(out) > 50


# Node and Java


def node_modules():
    """mysql2 as package-lock.json says, installed once into the cache."""
    need("node")
    need("npm")
    lock = (HERE / "node" / "package-lock.json").read_bytes()
    target = harness.clusters.flavours.CACHE / f"node-{hashlib.sha256(lock).hexdigest()[:10]}"
    with harness.file_lock(f"{target}.lock"):
        if not (target / "done").exists():
            target.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / "node" / name, target)
            run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=target)
            (target / "done").touch()
    return target / "node_modules"


def test_node_mysql2(proxy, table):
    modules = node_modules()
    out = run(
        [
            "node",
            str(HERE / "node" / "drive.js"),
            "127.0.0.1",
            str(proxy.port),
            "writer",
            USERS["writer"],
            "plain",
            table,
        ],
        env={**os.environ, "NODE_PATH": str(modules)},
    ).stdout
    assert out.count(": ok") == 7, out


def connector():
    for path in (os.environ.get("MARIADB_JAVA"), "/usr/share/java/mariadb-java-client.jar"):
        if path and Path(path).exists():
            return path
    return pytest.fail("MariaDB Connector/J is missing: run tests/packages.sh check")


def test_java_connector(proxy, table):
    need("java")
    out = run(
        [
            "java",
            "-cp",
            connector(),
            str(HERE / "java" / "Drive.java"),
            "127.0.0.1",
            str(proxy.port),
            "writer",
            USERS["writer"],
            "plain",
            table,
        ]
    ).stdout
    assert out.count(": ok") == 3, out


def test_two_drivers_at_once(proxy, table):
    """Different clients with different capabilities share backends at the same moment."""
    need("node")
    results = []

    def php_like():
        for _ in range(10):
            results.append(client(proxy, "-N", "plain", text="select 1; select repeat('x', 100000);\n"))

    threads = [threading.Thread(target=php_like) for _ in range(3)]
    for thread in threads:
        thread.start()
    test_mysqlclient(proxy, table)
    for thread in threads:
        thread.join()
    assert len(results) == 30 and len(set(results)) == 1
