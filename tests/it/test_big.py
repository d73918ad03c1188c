"""Packets of 16 MiB and more, results of hundreds of megabytes, and how little the proxy may hold of them."""
import time

import harness
import pytest
import rawclient as wire

MB = 1 << 20
BORDER = 0xFFFFFF  # a packet of exactly this length is followed by another


@pytest.mark.parametrize("size", [BORDER - 20, BORDER - 1, BORDER, BORDER + 1, 2 * BORDER, 40 * MB])
def test_trap_P3_query_of_16_mib_and_more(raw, size):
    client = raw()
    head, tail = b"select length('", b"')"
    fill = size - 1 - len(head) - len(tail)  # 1: the command byte, so that the payload has this size
    assert client.query(head + b"x" * fill + tail).rows == [(str(fill).encode(),)]
    assert client.query("select 1").rows == [(b"1",)]


@pytest.mark.parametrize("size", [BORDER - 5, BORDER - 4, BORDER - 3, BORDER, BORDER + 1, 40 * MB])
def test_trap_P3_row_of_16_mib_and_more(raw, size):
    client = raw()
    rows = client.query(f"select repeat('r', {size}), 'after'").rows
    assert len(rows[0][0]) == size and rows[0][1] == b"after" and len(rows) == 1
    assert client.query("select 1").rows == [(b"1",)]


def test_trap_P3_execute_of_20_mib(raw):
    client = raw()
    statement = client.prepare("select length(?), right(?, 3)")
    assert client.execute(statement, "y" * (20 * MB), "abc").rows == [(20 * MB, b"abc")]
    statement = client.prepare("select ?")
    assert client.execute(statement, b"q" * (17 * MB)).rows == [(b"q" * (17 * MB),)]


def test_trap_P3_long_data_of_40_mib(raw):
    client = raw()
    statement = client.prepare("select length(?)")
    for _ in range(40):
        client.long_data(statement, 0, b"d" * MB)
    assert client.execute(statement, wire.LONG_DATA).rows == [(40 * MB,)]


def test_big_row_written_and_read_back(raw, table):
    client = raw(user="writer")
    client.query(f"create table {table} (id int primary key, v longblob)")
    body = bytes(range(256)).replace(b"'", b"").replace(b"\\", b"").replace(b"\0", b"") * 70000
    body = body[: 17 * MB]
    assert client.query(f"insert into {table} values (1, _binary'".encode() + body + b"')").affected == 1
    assert client.query(f"select v from {table}").rows == [(body,)]


def read_slowly(proxy, client, rows, rest, limit):
    """Reads the first megabytes in small steps with pauses, watching the proxy's memory, then the rest."""
    start, peak, got = proxy.rss(), 0, 0
    for step in range(30):
        client.buffer += client.socket.recv(65536)
        time.sleep(0.05)
        peak = max(peak, proxy.rss() - start)
    result = client.read_result(binary=rest)
    got = len(result.rows)
    peak = max(peak, proxy.rss() - start)
    assert got == rows
    if not harness.sanitized():
        assert peak < limit, f"{peak >> 20} MB more while a client read slowly"


@pytest.mark.slow
@pytest.mark.mesh_only
@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_trap_P6_slow_reader_of_200_mb(proxy, table, binary):
    client = wire.RawClient(proxy.port, receive_buffer=65536, timeout=60)
    client.login("writer", harness.USERS["writer"], "plain")
    with client:
        client.query(f"create table {table} (id int primary key auto_increment, v varchar(1000))")
        client.query(f"insert into {table} (v) values " + ",".join(["(repeat('v', 1000))"] * 450))
        sql = f"select concat(a.v, b.id) from {table} a join {table} b"
        before = proxy.rss()
        if binary:
            statement = client.prepare(sql)
            client.command(wire.COM_STMT_EXECUTE, wire.execute_payload(statement.id, ()))
        else:
            client.command(wire.COM_QUERY, sql.encode())
        read_slowly(proxy, client, 450 * 450, binary, 16 * MB)
        if not harness.sanitized():
            assert proxy.rss() - before < 16 * MB
        assert client.query("select 1").rows == [(b"1",)]


@pytest.mark.mesh_only
def test_trap_P6_many_slow_readers_are_bounded(proxy, table):
    """Twenty clients that ask for 40 MB each and read nothing."""
    with proxy.connect(user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key, v varchar(1000))")
        cursor.execute(f"insert into {table} values " + ",".join(f"({i}, repeat('v', 1000))" for i in range(200)))
    before = proxy.rss()
    clients = []
    for _ in range(20):
        client = wire.RawClient(proxy.port, receive_buffer=65536)
        client.login("writer", harness.USERS["writer"], "plain")
        client.command(wire.COM_QUERY, f"select a.v from {table} a join {table} b".encode())
        clients.append(client)
    time.sleep(1.5)
    if not harness.sanitized():
        assert proxy.rss() - before < 40 * MB
    for client in clients:
        client.close()
    with proxy.connect(user="writer") as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


@pytest.mark.mesh_only
def test_memory_of_big_statements_is_given_back(proxy):
    with proxy.raw(user="writer") as client:
        client.query("select 1")
        before = proxy.rss()
        for _ in range(3):
            assert client.query(b"select length('" + b"x" * (30 * MB) + b"')").rows == [(str(30 * MB).encode(),)]
        if not harness.sanitized():
            harness.wait_until(lambda: proxy.rss() - before < 24 * MB, 5, "memory to be given back")
