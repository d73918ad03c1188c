"""Broken packets and rude clients: MySQL's own error or a clean close, and nobody else notices."""
import contextlib
import random
import socket
import struct
import time

import harness
import pymysql
import pytest
import rawclient as wire
from harness import USERS, wait_until


@pytest.fixture(autouse=True)
def others_are_untouched(proxy):
    """A session that was there before goes on, and a new one can come, after each of these tests."""
    with proxy.connect() as witness, witness.cursor() as cursor:
        cursor.execute("set @witness = 77")
        yield
        cursor.execute("select @witness")
        assert cursor.fetchone() == (77,)
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


def error_or_close(client):
    """The number of the error that comes, None for a close without one; the connection must end."""
    try:
        packet = client.packet()
        while packet[0] == 0xFE:  # asked to switch its plugin: the silence that follows is judged
            packet = client.packet()
    except wire.Closed:
        return None
    assert packet[0] == 0xFF, packet[:50]
    return wire.ServerError(packet).code


def test_wrong_sequence_id_of_a_command(proxy, raw):
    client = raw()
    client.send(b"\x03select 1", sequence=5)
    assert error_or_close(client) in (1156, 1835, 1047, None)
    assert client.at_end()


def test_wrong_sequence_id_in_login(proxy):
    with wire.RawClient(proxy.port) as client:
        client.send(client.login_packet("app", USERS["app"]), 9)
        assert error_or_close(client) in (1156, 1043, 1045, 1158, None)
        assert client.at_end()


LOGINS = {
    "empty": b"",
    "one_byte": b"\x85",
    "no_user_end": struct.pack("<IIB23x", wire.BASIC, 1 << 24, 45) + b"app",
    "short_header": struct.pack("<IIB10x", wire.BASIC, 1 << 24, 45),
    "auth_length_beyond": struct.pack("<IIB23x", wire.BASIC, 1 << 24, 45) + b"app\0\xf0abc",
    "attributes_beyond": struct.pack("<IIB23x", wire.BASIC | wire.CONNECT_ATTRS, 1 << 24, 45)
    + b"app\0\x00x\0\xfc\xff\xff",
    "huge_lenenc": struct.pack("<IIB23x", wire.BASIC | wire.AUTH_LENENC, 1 << 24, 45) + b"app\0\xfe" + b"\xff" * 8,
    "all_ff": b"\xff" * 200,
    "text": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 4,
    "long_user": struct.pack("<IIB23x", wire.BASIC, 1 << 24, 45) + b"u" * 70000 + b"\0\0mysql_native_password\0",
    "protocol_320": b"\x05\x00\x00\x00\x00app\0",
}


@pytest.mark.parametrize("name", LOGINS)
def test_malformed_login(proxy, name):
    with wire.RawClient(proxy.port) as client:
        client.send(LOGINS[name], 1)
        client.socket.shutdown(socket.SHUT_WR)  # so that a server that waits for more sees that none will come
        code = error_or_close(client)
        assert code in (1043, 1045, 1156, 1158, 1835, 1153, 1105, 1251, 1159, None)
        assert client.at_end()


COMMANDS = {
    "execute_short": b"\x17\x01\x00",
    "execute_unknown": b"\x17\x99\x00\x00\x00\x00\x01\x00\x00\x00",
    "long_data_short": b"\x18\x01",
    "close_short": b"\x19\x01",
    "reset_short": b"\x1a\x01",
    "fetch_short": b"\x1c\x01\x00",
    "set_option_short": b"\x1b",
    "kill_short": b"\x0c\x01",
    "change_user_short": b"\x11",
    "change_user_beyond": b"\x11app\0\xf0abc",
    "change_user_no_end": b"\x11app",
    "field_list_no_end": b"\x04abc",
    "init_db_empty": b"\x02",
    "prepare_empty": b"\x16",
    "query_zeros": b"\x03\0\0\0\0",
    "query_ff": b"\x03" + b"\xff" * 100,
}


@pytest.mark.parametrize("name", COMMANDS)
def test_malformed_command(proxy, raw, name):
    """Whatever the answer, if there is one it is an error with one of the server's numbers (or OK for the harmless)."""
    client = raw()
    client.send(COMMANDS[name])
    client.send(b"\x0e")
    try:
        packet = client.packet()
        while packet[0] == 0xFF:
            code = wire.ServerError(packet).code
            assert 1000 <= code < 2000 or code >= 3000
            packet = client.packet()
    except wire.Closed:
        pass


def test_trap_P5_execute_with_parameters_cut_off(raw):
    client = raw()
    statement = client.prepare("select ?, ?")
    whole = bytes([wire.COM_STMT_EXECUTE]) + wire.execute_payload(statement.id, (5, "text"))
    for cut in range(5, len(whole)):
        try:
            client.send(whole[:cut])
            packet = client.packet()
        except (wire.Closed, OSError):
            client = raw()
            statement = client.prepare("select ?, ?")
            whole = bytes([wire.COM_STMT_EXECUTE]) + wire.execute_payload(statement.id, (5, "text"))
            continue
        if packet[0] != 0xFF:  # servers forgive a text whose bytes are missing; its rows are not read
            client.close()
            client = raw()
            statement = client.prepare("select ?, ?")


def test_random_bytes(proxy):
    random.seed(5)
    for _ in range(60):
        with wire.RawClient(proxy.port, timeout=5) as client:
            with contextlib.suppress(OSError):
                client.send_bytes(random.randbytes(random.choice((1, 3, 4, 5, 40, 3000))))
                client.socket.shutdown(socket.SHUT_WR)
            client.at_end()


def test_random_payloads_after_login(proxy, raw):
    random.seed(6)
    for _ in range(40):
        client = raw(None, "bare")
        with contextlib.suppress(OSError):
            code = random.choice((0x11, 0x16, 0x17, 0x18, 0x1A, 0x1C, 0x04, 0x02, 0x03, 0x1B))
            client.send(bytes([code]) + random.randbytes(random.choice((0, 1, 5, 9, 30, 500))))
            client.socket.shutdown(socket.SHUT_WR)
        client.at_end()
        client.close()


def test_bit_flips_of_a_good_login(proxy):
    random.seed(7)
    for _ in range(60):
        with wire.RawClient(proxy.port, timeout=5) as client:
            data = bytearray(client.login_packet("app", USERS["app"], "plain", attributes={"a": "b"}))
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
            with contextlib.suppress(OSError):
                client.send(bytes(data), 1)
                client.socket.shutdown(socket.SHUT_WR)
            client.at_end()


def test_trap_P3_oversized_packet_is_1153(raw, proxy):
    """Over max_allowed_packet (64 MiB): the error, and no memory for it."""
    client = raw()
    before = proxy.rss() if not proxy.direct else 0
    try:
        client.send(b"\x03select '" + b"x" * (65 << 20) + b"'")
    except OSError:
        pass  # the other side may close while we still send
    with contextlib.suppress(ConnectionResetError):
        assert error_or_close(client) in (1153, None)
    if not proxy.direct and not harness.sanitized():
        assert proxy.rss() - before < 80 << 20


@pytest.mark.mesh_only
def test_trap_P3_oversized_packet_with_a_small_limit(make_proxy):
    proxy = make_proxy(**{"limits.max_allowed_packet": "1MiB"})
    with proxy.raw() as client:
        assert client.query("select length('" + "x" * 1000000 + "')").rows == [(b"1000000",)]
    with proxy.raw() as client:
        client.send(b"\x03select '" + b"x" * (1 << 20) + b"'")
        assert error_or_close(client) == 1153


def test_client_that_never_reads(raw, proxy, table):
    """It asks for much and reads nothing: it is held back, alone."""
    client = raw()
    client.send(
        b"\x03select repeat('x', 1000000) from (select 1 union all select 2 union all select 3 union all select 4) a, "
        b"(select 1 union all select 2 union all select 3 union all select 4) b"
    )
    with proxy.connect() as connection, connection.cursor() as cursor:
        for _ in range(50):
            cursor.execute("select 1")
    client.close()


@pytest.mark.mesh_only
def test_client_that_never_reads_is_closed_after_write_timeout(make_proxy, mesh):
    """It holds a backend that others wait for."""
    proxy = make_proxy(**{"limits.write_timeout": "1s"})
    with wire.RawClient(proxy.port, receive_buffer=16384) as client:
        client.login("writer", USERS["writer"], "plain")
        client.send(b"\x03select repeat('x', 50000000) /* unread */")
        time.sleep(2)
        wait_until(
            lambda: not any("unread" in str(r[7]) for i in mesh.instances for r in i.sql("show full processlist")), 10
        )
        assert client.at_end()


def test_connection_opened_and_closed_without_a_byte(proxy):
    for _ in range(200):
        socket.create_connection(("127.0.0.1", proxy.port)).close()


def test_reset_instead_of_close(proxy, raw):
    for statement in ("begin", "select sleep(0.2)", "select repeat('x', 3000000)"):
        client = raw()
        client.send(b"\x03" + statement.encode())
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


@pytest.mark.mesh_only
def test_login_that_never_finishes(make_proxy):
    proxy = make_proxy(**{"limits.login_timeout": "500ms"})
    with wire.RawClient(proxy.port) as silent, wire.RawClient(proxy.port) as slow:
        start = time.monotonic()
        slow.send_bytes(b"\x50\x00\x00\x01")
        assert silent.at_end() and slow.at_end()
        assert time.monotonic() - start < 5
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


@pytest.mark.mesh_only
def test_idle_client_is_closed_after_wait_timeout(make_proxy):
    proxy = make_proxy(**{"limits.wait_timeout": "500ms"})
    with proxy.raw() as client:
        start = time.monotonic()
        assert client.query("select 1").rows == [(b"1",)]
        assert client.at_end() and 0.3 < time.monotonic() - start < 5


@pytest.mark.mesh_only
def test_too_many_connections_is_1040(make_proxy):
    proxy = make_proxy(**{"limits.max_connections": 5})
    held = [proxy.connect() for _ in range(5)]
    with pytest.raises(pymysql.err.OperationalError) as error:
        proxy.connect()
    assert error.value.args == (1040, "Too many connections")
    held.pop().close()

    def again():
        with contextlib.suppress(pymysql.err.OperationalError):
            return proxy.connect()

    held.append(wait_until(again, 5, "room for one more"))
    for connection in held:
        connection.query("select 1")
        connection.close()


@pytest.mark.mesh_only
def test_a_users_own_limit_is_1226(make_proxy):
    users = [
        {"name": "app", "password": USERS["app"], "schema": "shop", "max_connections": 2},
        {"name": "writer", "password": USERS["writer"], "schema": "shop"},
    ]
    proxy = make_proxy(users=users)
    held = [proxy.connect() for _ in range(2)]
    with pytest.raises(pymysql.err.OperationalError) as error:
        proxy.connect()
    assert error.value.args[0] in (1226, 1203)
    proxy.connect(user="writer").close()
    for connection in held:
        connection.close()


@pytest.mark.mesh_only
def test_client_that_pauses_inside_a_packet(make_proxy):
    """A client that stops in the middle of a command costs nothing more, and may go on later."""
    proxy = make_proxy()
    with proxy.raw() as client:
        client.send_bytes(wire.frame(b"\x03select 1")[:-3])
        with proxy.connect() as connection, connection.cursor() as cursor:
            cursor.execute("select 1")
        client.send_bytes(wire.frame(b"\x03select 1")[-3:])
        assert client.read_result().rows == [(b"1",)]
