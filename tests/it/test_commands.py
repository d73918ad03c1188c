"""Every command of the protocol gets its answer (P1), pipelined ones too (P2)."""
import struct

import harness
import pytest
import rawclient as wire
from harness import USERS


def code_of(function, *arguments):
    with pytest.raises(wire.ServerError) as error:
        function(*arguments)
    return error.value.code


def test_ping(raw):
    assert raw().simple(wire.COM_PING).affected == 0


def test_init_db(raw):
    client = raw()
    client.simple(wire.COM_INIT_DB, b"shop")
    assert client.query("select database()").rows == [(b"shop",)]
    assert code_of(client.simple, wire.COM_INIT_DB, b"no_such_schema") == 1049
    assert client.query("select database()").rows == [(b"shop",)]


def test_statistics_is_a_bare_text(raw):
    client = raw()
    client.command(wire.COM_STATISTICS)
    text = client.packet().decode()
    assert text.startswith("Uptime:") and "Questions:" in text
    assert client.query("select 1").rows == [(b"1",)]


def test_field_list(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key, name varchar(10) default 'x', n int)")
    client.command(wire.COM_FIELD_LIST, table.encode() + b"\0" + b"n%")
    names = []
    while True:
        packet = client.checked()
        if client.is_eof(packet):
            break
        names.append(wire.Column(packet).name)
    assert names == ["name", "n"]
    assert client.query("select 1").rows == [(b"1",)]


def test_field_list_of_no_table(raw):
    client = raw()
    client.command(wire.COM_FIELD_LIST, b"nothing_of_that_name\0")
    assert code_of(client.checked) == 1146
    assert client.query("select 1").rows == [(b"1",)]


def test_set_option_switches_multi_statements(raw):
    client = raw()
    assert code_of(client.query, "select 1; select 2") == 1064
    client.command(wire.COM_SET_OPTION, b"\0\0")
    assert client.packet()[0] in (0, 0xFE)
    assert [r.rows for r in client.query_all("select 1; select 2")] == [[(b"1",)], [(b"2",)]]
    client.command(wire.COM_SET_OPTION, b"\1\0")
    assert client.packet()[0] in (0, 0xFE)
    assert code_of(client.query, "select 1; select 2") == 1064


def test_set_option_of_a_wrong_value(raw):
    client = raw()
    client.command(wire.COM_SET_OPTION, b"\7\0")
    assert code_of(client.checked) == 1047
    assert client.query("select 1").rows == [(b"1",)]


def test_process_kill_of_another_connection(proxy, raw, is_mysql):
    if proxy.direct and is_mysql:
        pytest.skip("MySQL 9 has no COM_PROCESS_KILL any more")
    victim, killer = raw(), raw()
    number = int(victim.query("select connection_id()").rows[0][0])
    assert number == victim.thread_id
    killer.simple(wire.COM_PROCESS_KILL, struct.pack("<I", number))
    with pytest.raises((wire.Closed, wire.ServerError, OSError)):
        victim.query("select 1")
    assert killer.query("select 1").rows == [(b"1",)]


def test_process_kill_of_nobody(proxy, raw, is_mysql):
    if proxy.direct and is_mysql:
        pytest.skip("MySQL 9 has no COM_PROCESS_KILL any more")
    client = raw()
    assert code_of(client.simple, wire.COM_PROCESS_KILL, struct.pack("<I", 0x7FFFFFF0)) == 1094


@pytest.mark.parametrize(
    "code",
    [
        wire.COM_SLEEP,
        wire.COM_CONNECT,
        wire.COM_TIME,
        wire.COM_DELAYED_INSERT,
        wire.COM_CONNECT_OUT,
        wire.COM_DAEMON,
        77,
        127,
        200,
    ],
)
def test_trap_P1_unknown_command_is_1047(proxy, raw, code):
    client = raw()
    client.command(code, b"abc")
    assert code_of(client.checked) == 1047
    assert client.query("select 1").rows == [(b"1",)]


@pytest.mark.mesh_only
@pytest.mark.parametrize(
    "code",
    [
        wire.COM_CREATE_DB,
        wire.COM_DROP_DB,
        wire.COM_REFRESH,
        wire.COM_SHUTDOWN,
        wire.COM_PROCESS_INFO,
        wire.COM_DEBUG,
        wire.COM_BINLOG_DUMP,
        wire.COM_TABLE_DUMP,
        wire.COM_REGISTER_SLAVE,
        wire.COM_BINLOG_DUMP_GTID,
    ],
)
def test_trap_P1_every_command_is_answered(proxy, raw, code):
    """Served or refused, but never a closed connection."""
    client = raw()
    client.command(code, b"\0" * 8)
    packet = client.packet()
    if packet[0] == 0xFF:
        assert wire.ServerError(packet).code in range(1000, 2000)
    elif packet[0] not in (0, 0xFE):
        pytest.skip("a result set: read by another test")
    assert client.query("select 1").rows == [(b"1",)]


def test_command_zero_length_packet(raw):
    """An empty packet is no command."""
    client = raw()
    client.send(b"")
    try:
        assert code_of(client.checked) in (1047, 1835)
    except wire.Closed:
        pass


def test_quit_closes_the_connection(raw):
    client = raw()
    client.command(wire.COM_QUIT)
    assert client.at_end()


def test_trap_P2_two_queries_in_one_segment(raw):
    client = raw()
    client.send_bytes(wire.frame(b"\x03select 1") + wire.frame(b"\x03select 2") + wire.frame(b"\x0e"))
    assert client.read_result().rows == [(b"1",)]
    assert client.read_result().rows == [(b"2",)]
    assert client.checked()[0] == 0


def test_trap_P2_login_and_first_query_in_one_segment(proxy):
    with wire.RawClient(proxy.port) as client:
        if client.server_plugin not in wire.SCRAMBLES:
            pytest.skip("the default plugin needs more steps")
        login = client.login_packet("app", USERS["app"], "plain", plugin=client.server_plugin)
        client.send_bytes(wire.frame(login, 1) + wire.frame(b"\x03select 42"))
        client.finish_login(USERS["app"], client.server_plugin)
        assert client.read_result().rows == [(b"42",)]


def test_trap_P2_hundred_commands_before_reading(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key)")
    out = b"".join(wire.frame(b"\x03" + f"insert into {table} values ({i})".encode()) for i in range(100))
    client.send_bytes(out + wire.frame(b"\x03" + f"select count(*) from {table}".encode()))
    for _ in range(100):
        assert client.read_result().affected == 1
    assert client.read_result().rows == [(b"100",)]


def test_trap_P2_an_error_does_not_eat_what_follows(raw):
    client = raw()
    client.send_bytes(wire.frame(b"\x03select nothing_known") + wire.frame(b"\x03select 2"))
    assert code_of(client.checked) == 1054
    assert client.read_result().rows == [(b"2",)]


def test_trap_P2_prepare_execute_close_in_one_segment(raw):
    """As Connector/C does it: statement id -1 means the one just prepared (MariaDB); ours is known after the first."""
    client = raw()
    first = client.prepare("select ?")
    out = wire.frame(bytes([wire.COM_STMT_EXECUTE]) + wire.execute_payload(first.id, (7,)))
    out += wire.frame(bytes([wire.COM_STMT_CLOSE]) + struct.pack("<I", first.id)) + wire.frame(b"\x0e")
    client.send_bytes(out)
    assert client.read_result(binary=True).rows == [(7,)]
    assert client.checked()[0] == 0


def test_a_query_sent_byte_by_byte(raw):
    client = raw()
    for byte in wire.frame(b"\x03select 'slowly'"):
        client.send_bytes(bytes([byte]))
    assert client.read_result().rows == [(b"slowly",)]


def test_half_closed_client_still_gets_its_answer_or_a_close(raw):
    import socket

    client = raw()
    client.send(b"\x03select 5")
    client.socket.shutdown(socket.SHUT_WR)
    try:
        assert client.read_result().rows == [(b"5",)]
    except wire.Closed:
        pass
    assert client.at_end()


def test_cursor_and_fetch(raw, table):
    client = raw(user="writer")
    client.query(f"create table {table} (id int primary key)")
    client.query(f"insert into {table} values " + ",".join(f"({i})" for i in range(25)))
    statement = client.prepare(f"select id from {table} order by id")
    opened = client.execute(statement, cursor=1)
    assert opened.status & wire.SERVER_CURSOR_EXISTS and opened.rows == []
    rows, result = [], opened
    while not result.status & wire.SERVER_LAST_ROW:
        result = client.fetch(statement, 10, opened.columns)
        rows += result.rows
    assert rows == [(i,) for i in range(25)]
    assert client.query("select 1").rows == [(b"1",)]
    client.close_statement(statement)
    assert client.query("select 2").rows == [(b"2",)]


def test_fetch_without_a_cursor_is_an_error(raw):
    client = raw()
    statement = client.prepare("select 1")
    assert code_of(client.fetch, statement, 1, statement.result_columns) in (1421, 1243)
    assert client.query("select 1").rows == [(b"1",)]


def test_no_commands_before_login(proxy):
    with wire.RawClient(proxy.port) as client:
        client.send(b"\x03select 1", 1)
        try:
            assert code_of(client.checked) in (1043, 1045, 1835)
        except wire.Closed:
            pass


@pytest.mark.mesh_only
def test_questions_are_counted(proxy, raw):
    client = raw()
    before = proxy.metric(r"^shardwire_\w*(queries|statements|commands)\w*_total")
    for _ in range(50):
        client.query("select 1")
    harness.wait_until(lambda: proxy.metric(r"^shardwire_\w*(queries|statements|commands)\w*_total") >= before + 50, 5)
