"""The management port: any MySQL client, SQL over the schema `mesh`, commands; and HTTP."""
import contextlib
import json
import re
import subprocess
import time

import harness
import pymysql
import pytest
import rawclient as wire
from harness import ADMIN, ADMIN_PASSWORD, run, wait_until

pytestmark = pytest.mark.mesh_only

TABLES = ["shards", "instances", "slots", "tables", "sessions", "pools", "statements", "status", "variables"]


@pytest.fixture
def admin(proxy):
    with proxy.admin_connect() as connection:

        def run_one(sql):
            with connection.cursor(pymysql.cursors.DictCursor) as cursor:
                cursor.execute(sql)
                return [{k.lower(): v for k, v in row.items()} for row in cursor.fetchall()]

        yield run_one


def code_of(function, *arguments):
    with pytest.raises(pymysql.Error) as error:
        function(*arguments)
    return error.value.args[0]


def client(proxy, *words, stdin=None):
    command = [
        "mariadb",
        "--no-defaults",
        "-h",
        "127.0.0.1",
        "-P",
        str(proxy.admin_port),
        "-u",
        ADMIN,
        f"-p{ADMIN_PASSWORD}",
        *words,
    ]
    return run(command, input=stdin).stdout


@pytest.mark.parametrize("table", TABLES)
def test_every_table_by_select_and_by_show(proxy, admin, table):
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
        rows = (
            wait_until(lambda: admin(f"select * from mesh.{table}"), 5, f"rows in mesh.{table}")
            if table != "tables"
            else admin(f"select * from mesh.{table}")
        )
        assert rows
        assert list(admin(f"show {table}")[0]) == list(rows[0])


def test_shards_and_instances(admin, mesh):
    assert [r["name"] for r in admin("select name from mesh.shards order by name")] == ["s0", "s1", "s2", "s3"]
    rows = admin("select * from mesh.instances")
    assert len(rows) == 8 and {r["state"].upper() for r in rows} == {"UP"}
    assert {r["role"] for r in rows} == {"primary", "replica"}
    assert {r["name"] for r in rows} == {i.address for i in mesh.instances}


def test_where_order_and_joins_work(admin):
    rows = admin(
        "select s.name as shard, count(*) as n from mesh.shards s join mesh.instances i on i.shard = s.name "
        "where i.role = 'replica' group by s.name order by s.name desc limit 2"
    )
    assert rows == [{"shard": "s3", "n": 1}, {"shard": "s2", "n": 1}]
    assert admin("select count(*) as n from mesh.slots")[0]["n"] in (4, 1024)


def test_use_mesh_and_unqualified_names(proxy):
    with proxy.admin_connect(database="mesh") as connection, connection.cursor() as cursor:
        cursor.execute("select name from shards order by 1")
        assert cursor.fetchone() == ("s0",)
        cursor.execute("show tables")
        assert {r[0] for r in cursor.fetchall()} >= set(TABLES)
        cursor.execute("show databases")
        assert ("mesh",) in cursor.fetchall()


def test_sessions_shows_clients(proxy, admin):
    with proxy.raw("plain", "writer") as other:
        other.query("select 1")
        rows = [r for r in admin("select * from mesh.sessions") if r["id"] == other.thread_id]
        assert len(rows) == 1 and rows[0]["user"] == "writer" and "plain" in rows[0].values()


def test_pinned_sessions_say_why(proxy, admin):
    with proxy.raw("plain", "writer") as other:
        other.query("create temporary table pinning (i int)")
        row = [r for r in admin("select * from mesh.sessions") if r["id"] == other.thread_id][0]
        assert "temporary" in " ".join(str(v) for v in row.values()).lower()


def test_no_secrets_in_the_tables(proxy, admin):
    text = json.dumps([admin(f"select * from mesh.{table}") for table in TABLES], default=str)
    for secret in harness.SECRETS:
        assert secret not in text
    proxy.check_log()


def test_passwords_in_statements_are_not_in_digests_or_logs(proxy, admin):
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor, contextlib.suppress(
        pymysql.Error
    ):
        cursor.execute("select password('hush-hush-77')")
    assert "hush-hush-77" not in str(admin("select * from mesh.statements")) + proxy.log()


def test_statements_have_counts_and_latencies(proxy, admin):
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        for number in range(20):
            cursor.execute(f"select {number} as digest_me")
        with pytest.raises(pymysql.Error):
            cursor.execute("select digest_me_wrong")

    def found():
        return [
            r
            for r in admin("select * from mesh.statements")
            if "digest_me" in str(r.values()) and "wrong" not in str(r.values())
        ]

    row = wait_until(lambda: found() and found()[0], 5)
    numbers = {k: v for k, v in row.items() if isinstance(v, (int, float))}
    assert 20 in numbers.values(), row
    assert any("p95" in k for k in row) and any("p99" in k for k in row) and any("p50" in k for k in row)


def test_mysql_client_status(proxy):
    out = client(proxy, "-e", "\\s")
    assert "Connection id" in out and "Server version" in out and ADMIN in out


def test_mysql_client_with_tab_completion_and_batch(proxy):
    assert "s0" in client(proxy, "--auto-rehash", "-D", "mesh", "-e", "select name from shards")
    out = client(proxy, "-D", "mesh", "-t", stdin="select name from shards;\nshow instances;\nselect 1;\n")
    assert "s3" in out and "127.0.0.1" in out


QUESTIONS = [
    "select @@version_comment limit 1",
    "select @@version",
    "select version()",
    "select database()",
    "select user()",
    "select current_user()",
    "select connection_id()",
    "show variables like 'lower_case_table_names'",
    "show variables like '%char%'",
    "show global variables",
    "show session variables like 'sql_mode'",
    "show status",
    "show global status like 'Threads%'",
    "show warnings",
    "show collation",
    "show character set",
    "show engines",
    "show databases",
    "show schemas",
    "show full tables",
    "set names utf8mb4",
    "set autocommit = 1",
    "set sql_mode = ''",
    "set session transaction isolation level repeatable read",
    "select 1",
    "select 1 from dual",
    "select @@sql_mode",
    "select @@max_allowed_packet",
    "select @@session.auto_increment_increment as auto_increment_increment, "
    "@@character_set_client as character_set_client",
    "select @@lower_case_table_names, @@time_zone",
    "commit",
    "rollback",
    "begin",
    "start transaction",
    "show processlist",
    "show full processlist",
    "show plugins",
    "use mesh",
    "show tables from mesh",
    "show tables like 's%'",
    "show columns from mesh.shards",
    "describe mesh.shards",
    "show create table mesh.shards",
    "select schema_name from information_schema.schemata",
    "select table_name from information_schema.tables where table_schema = 'mesh'",
    "/* mysql-connector-java */ select @@session.tx_isolation",
    "select timediff(now(), utc_timestamp())",
    "SELECT NOW()",
    "set character_set_results = null",
    "show session status like 'Ssl_cipher'",
    "select @@hostname, @@port",
]


@pytest.mark.parametrize("sql", QUESTIONS)
def test_trap_A1_startup_questions_of_clients_are_answered(proxy, sql):
    with proxy.admin_connect() as connection, connection.cursor() as cursor:
        if sql.startswith("show full tables"):
            cursor.execute("use mesh")
        cursor.execute(sql)
        cursor.fetchall()


@pytest.mark.parametrize(
    "sql, codes",
    [
        ("selec 1", {1064}),
        ("select * from mesh.nothing", {1146}),
        ("select nothing from mesh.shards", {1054}),
        ("use nothing", {1049}),
        ("insert into mesh.shards values (1)", range(1000, 2000)),
        ("drop table mesh.shards", range(1000, 2000)),
        ("drain instance 'nowhere'", range(1000, 2000)),
        ("kill 4000000000", {1094}),
        ("", {1065}),
        ("set nothing_here = 5", {1193}),
        ("attach database '/tmp/x.db' as x", range(1000, 2000)),
        ("pragma journal_mode", range(1000, 2000)),
        ("select load_extension('x')", range(1000, 2000)),
        ("vacuum into '/tmp/x'", range(1000, 2000)),
    ],
)
def test_trap_A1_errors_have_mysqls_numbers(proxy, admin, sql, codes):
    code = code_of(admin, sql)
    assert code in codes and code != 1045
    assert admin("select 1 as one") == [{"one": 1}]


def test_wrong_admin_password_is_1045(proxy):
    assert code_of(lambda: proxy.admin_connect(password="wrong")) == 1045
    assert code_of(lambda: proxy.admin_connect(user="app", password=harness.USERS["app"])) == 1045


def test_kill_from_the_admin_port(proxy, admin):
    victim = proxy.raw("plain", "writer")
    admin(f"kill {victim.thread_id}")
    with pytest.raises((wire.Closed, wire.ServerError, OSError)):
        victim.query("select 1")


def test_kill_query_from_the_admin_port(proxy, admin):
    victim = proxy.raw("plain", "writer")
    victim.send(b"\x03select sleep(20)")
    time.sleep(0.3)
    start = time.monotonic()
    admin(f"kill query {victim.thread_id}")
    with contextlib.suppress(wire.ServerError):
        victim.read_result()
    assert time.monotonic() - start < 5
    assert victim.query("select 1").rows == [(b"1",)]
    victim.close()


def test_set_and_variables(make_proxy):
    proxy = make_proxy()

    def value():
        return dict(proxy.admin("select name, value from mesh.variables"))["limits.max_queue"]

    before = value()
    proxy.admin("set limits.max_queue = 4321")
    assert str(value()) == "4321" != str(before)
    proxy.admin("set log.level = 'debug'")
    with pytest.raises(pymysql.Error) as error:
        proxy.admin("set limits.max_queue = 'many'")
    assert error.value.args[0] in (1231, 1232)
    proxy.admin("reload")
    assert dict(proxy.admin("select name, value from mesh.variables"))["log.level"] == "info"


def test_explain_route_on_the_admin_port(proxy, admin):
    rows = admin("explain route select * from shop.users where user_id = 7")
    assert len(rows) == 1 and rows[0]["shard"] in ("s0", "s1", "s2", "s3")


def test_prepared_statements_on_the_admin_port(proxy):
    with wire.RawClient(proxy.admin_port) as client_:
        client_.login(ADMIN, ADMIN_PASSWORD)
        statement = client_.prepare("select name from mesh.shards where name = ?")
        assert client_.execute(statement, "s1").rows == [(b"s1",)]


def test_shutdown(make_proxy):
    proxy = make_proxy()
    with contextlib.suppress(pymysql.Error):
        proxy.admin("shutdown")
    assert proxy.process.wait(10) == 0


def test_metrics_parse_as_prometheus_text(proxy):
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
    status, text = proxy.http("/metrics")
    assert status == 200 and text.endswith("\n")
    types, helps, samples = {}, set(), []
    sample = re.compile(
        r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\.)*",?)*\})? '
        r"(-?[0-9.]+(?:[eE][-+]?[0-9]+)?|\+Inf|-Inf|NaN)$"
    )
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            assert name not in types, f"{name} twice"
            types[name] = kind
        elif line.startswith("# HELP "):
            helps.add(line.split()[2])
        elif line and not line.startswith("#"):
            match = sample.match(line)
            assert match, line
            samples.append((match.group(1), match.group(2) or ""))
    assert len(samples) == len(set(samples)), "a sample twice"
    for name, _ in samples:
        family = (
            re.sub(r"_(bucket|sum|count)$", "", name) if re.sub(r"_(bucket|sum|count)$", "", name) in types else name
        )
        assert family in types and family in helps, name
        assert name.startswith(("shardwire_", "process_"))
        if types[family] == "counter":
            assert name.endswith("_total"), name
    assert any(kind == "histogram" for kind in types.values())
    assert any(name.endswith("_seconds_bucket") for name, _ in samples)


def test_histograms_are_cumulative(proxy):
    text = proxy.http("/metrics")[1]
    series = {}
    for line in text.splitlines():
        match = re.match(r'^(\w+)_bucket\{(.*)le="([^"]+)"(.*)\} (\S+)$', line)
        if match:
            series.setdefault((match.group(1), match.group(2) + match.group(4)), []).append(
                (float(match.group(3)), float(match.group(5)))
            )
    assert series
    for points in series.values():
        points.sort()
        assert points[-1][0] == float("inf")
        assert [v for _, v in points] == sorted(v for _, v in points)


def test_health_pages(proxy):
    assert proxy.http("/healthz")[0] == 200 and proxy.http("/readyz")[0] == 200
    assert proxy.http("/nothing")[0] == 404


def test_http_rubbish(proxy):
    import socket

    for data in (
        b"\0\1\2\3" * 100,
        b"GET /" + b"x" * 100000 + b" HTTP/1.1\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
    ):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", proxy.http_port), 5) as connection:
            connection.sendall(data)
            connection.settimeout(2)
            connection.recv(1000)
    assert proxy.http("/healthz")[0] == 200


# the command line and the log


def shardwire(*words):
    return subprocess.run([str(harness.BINARY), *words], capture_output=True, text=True, timeout=20, check=False)


def test_version_and_help():
    assert shardwire("--version").returncode == 0 and "hardwire" in shardwire("--version").stdout
    done = shardwire("--help")
    assert done.returncode == 0 and "--check" in done.stdout


def test_check_of_a_good_and_a_bad_file(proxy, tmp_path):
    assert shardwire("-c", str(proxy.file), "--check").returncode == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        proxy.file.read_text(encoding="utf-8").replace("threads: 2", "threads: 0\nno_such_key: 1"), encoding="utf-8"
    )
    done = shardwire("-c", str(bad), "--check")
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert re.search(r"bad\.yaml:\d+: .*threads", text) and re.search(r"bad\.yaml:\d+: .*no_such_key", text)
    assert not any(secret in text for secret in harness.SECRETS)


def test_missing_file_and_taken_port(proxy, tmp_path):
    assert shardwire("-c", str(tmp_path / "none.yaml")).returncode not in (0, -6, -11)
    done = shardwire("-c", str(proxy.file))
    assert (
        done.returncode not in (0, -6, -11) and str(proxy.port) in done.stdout + done.stderr or "in use" in done.stderr
    )


def test_log_lines_are_key_value(proxy):
    proxy.connect().close()
    lines = [line for line in proxy.log().splitlines() if line.strip()]
    assert lines and all(re.search(r"\w+=", line) for line in lines), lines[:3]


def test_log_as_json(make_proxy):
    proxy = make_proxy(log={"level": "debug", "format": "json"})
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select '\"quoted\" \\\\ and\nlines'")
    with pytest.raises(pymysql.Error):
        proxy.connect(user="app", password='x"y\n')
    for line in proxy.log().splitlines():
        assert isinstance(json.loads(line), dict)


def test_no_secrets_at_debug_level(make_proxy):
    proxy = make_proxy(log={"level": "debug", "format": "text"})
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
        with contextlib.suppress(pymysql.Error):
            cursor.execute("set password = 'hush-hush-88'")
    with pytest.raises(pymysql.Error):
        proxy.connect(user="app", password="guess-guess-99")
    proxy.reload()
    assert "guess-guess-99" not in proxy.log() and "hush-hush-88" not in proxy.log()
    proxy.check_log()
