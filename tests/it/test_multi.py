"""Several statements in one packet, several results of one statement, DEPRECATE_EOF, session tracking."""
import pytest
import rawclient as wire

MULTI = wire.BASIC | wire.MULTI_STATEMENTS
BOTH = pytest.mark.parametrize("eof", [0, wire.DEPRECATE_EOF], ids=["eof", "deprecate_eof"])


@BOTH
def test_multi_statements(raw, table, eof):
    client = raw(capabilities=MULTI | eof)
    results = client.query_all(
        f"create table {table} (id int primary key); insert into {table} values (1), (2); "
        f"select id from {table}; update {table} set id = id + 10; select 'end'"
    )
    assert [type(r).__name__ for r in results] == ["Ok", "Ok", "Result", "Ok", "Result"]
    assert results[1].affected == 2 and results[2].rows == [(b"1",), (b"2",)] and results[4].rows == [(b"end",)]
    assert [r.more for r in results] == [True] * 4 + [False]


@BOTH
def test_trap_P4_sequence_ids_run_on_over_results(raw, eof):
    client = raw(capabilities=MULTI | eof)
    results = client.query_all("select 1; select 2, 3")
    numbers = results[0].sequence + results[1].sequence
    assert numbers == list(range(1, len(numbers) + 1))


def test_multi_statement_stops_at_the_first_error(raw, table):
    client = raw(capabilities=MULTI)
    assert client.query(
        f"create table {table} (id int primary key); insert into {table} values (1); "
        f"insert into {table} values (1); insert into {table} values (2)"
    ).more
    assert client.read_result().affected == 1
    with pytest.raises(wire.ServerError) as error:
        client.read_result()
    assert error.value.code == 1062
    assert client.query(f"select count(*) from {table}").rows == [(b"1",)]


def test_multi_statements_without_the_capability_is_1064(raw):
    with pytest.raises(wire.ServerError) as error:
        raw().query("select 1; select 2")
    assert error.value.code == 1064


def test_trailing_semicolon_is_no_second_statement(raw):
    for text in ("select 1;", "select 1 ; ", "select ';'"):
        client = raw()
        assert len(client.query(text).rows) == 1


def test_transaction_in_one_packet(raw, table):
    client = raw(capabilities=MULTI)
    client.query(f"create table {table} (id int primary key) engine=innodb")
    results = client.query_all(f"begin; insert into {table} values (1); rollback; select count(*) from {table}")
    assert results[-1].rows == [(b"0",)]


def test_set_inside_a_multi_statement_is_kept(raw):
    """S9"""
    client = raw(capabilities=MULTI)
    client.query_all("set @a = 5; set session sql_mode = 'ANSI_QUOTES'; set names latin1")
    for _ in range(3):
        assert client.query("select @a, @@sql_mode, @@character_set_client").rows == [(b"5", b"ANSI_QUOTES", b"latin1")]


def test_delimiters_inside_literals_do_not_split(raw):
    client = raw(capabilities=MULTI)
    results = client.query_all("select ';', \"a;b\", `;` from (select 1 as `;`) x /* ; */; select 2 -- ;\n")
    assert [len(r.rows) for r in results] == [1, 1] and results[0].rows[0][:2] == (b";", b"a;b")


@pytest.fixture
def procedure(raw, table):
    name = f"p_{table}"
    client = raw()
    client.query(
        f"create procedure {name}(in n int, out o int) begin select n as a; select n + 1 as b, 'x' as c; "
        f"set o = n * 2; end"
    )
    yield name
    client.query(f"drop procedure {name}")


@BOTH
def test_call_with_several_results(raw, procedure, eof):
    client = raw(capabilities=wire.BASIC | eof)
    results = client.query_all(f"call {procedure}(5, @out)")
    assert [getattr(r, "rows", "ok") for r in results] == [[(b"5",)], [(b"6", b"x")], "ok"]
    assert client.query("select @out").rows == [(b"10",)]


@BOTH
def test_trap_P4_call_with_several_results_binary(raw, procedure, eof):
    client = raw(capabilities=wire.BASIC | eof)
    statement = client.prepare(f"call {procedure}(?, ?)")
    result = client.execute(statement, 5, None)
    rows = []
    while True:
        rows.append(getattr(result, "rows", "ok"))
        if not result.more:
            break
        result = client.read_result(binary=True)
    assert rows[0] == [(5,)] and rows[1] == [(6, b"x")]
    assert len(rows) <= 4 and (rows[-1] == "ok" or rows[-1] == [(10,)])  # the OUT parameter may come as a row
    assert client.query("select 1").rows == [(b"1",)]


@BOTH
def test_trap_P4_deprecate_eof_is_each_clients_own(raw, table, eof):
    """Two clients with and without it, in turn, over the same backends; rows that begin like an EOF packet too."""
    one, two = raw(capabilities=wire.BASIC | eof), raw(capabilities=wire.BASIC | (eof ^ wire.DEPRECATE_EOF))
    for client in (one, two, one, two):
        assert client.query("select 1 union all select 2").rows == [(b"1",), (b"2",)]
        assert client.query("select 1 from dual where 1 = 0").rows == []
        statement = client.prepare("select ?, 'b'")
        assert client.execute(statement, 3).rows == [(3, b"b")]
        assert client.query("select repeat('y', 70000), 1").rows == [(b"y" * 70000, b"1")]
        assert client.query("select repeat('z', 17000000)").rows == [(b"z" * 17000000,)]


def track_items(packet_rest):
    """OK packet's info and its session state changes, as {type: [bytes]}."""
    _, at = wire.lenenc_bytes(packet_rest, 0)
    items = {}
    if at >= len(packet_rest):
        return items
    block, _ = wire.lenenc_bytes(packet_rest, at)
    at = 0
    while at < len(block):
        kind = block[at]
        value, at = wire.lenenc_bytes(block, at + 1)
        items.setdefault(kind, []).append(value)
    return items


def test_session_tracking_of_the_schema(raw):
    client = raw(capabilities=wire.BASIC | wire.SESSION_TRACK)
    ok = client.query("use shop")
    assert ok.status & wire.SERVER_SESSION_CHANGED
    assert track_items(ok.rest)[1] == [b"\x04shop"]


def test_session_tracking_of_variables(raw):
    client = raw(capabilities=wire.BASIC | wire.SESSION_TRACK)
    ok = client.query("set autocommit = 0")
    pairs = track_items(ok.rest).get(0, [])
    assert any(b"autocommit" in pair for pair in pairs)


def test_no_session_tracking_without_the_capability(raw):
    ok = raw().query("use shop")
    assert not ok.status & wire.SERVER_SESSION_CHANGED


def test_out_of_order_answers_do_not_happen(raw):
    """Slow and quick statements in one packet come back in order."""
    client = raw(capabilities=MULTI)
    results = client.query_all("select sleep(0.2), 'a'; select 'b'; select sleep(0.1), 'c'")
    assert [r.rows[0][-1] for r in results] == [b"a", b"b", b"c"]


def test_prepare_of_several_statements_is_refused(raw):
    with pytest.raises(wire.ServerError) as error:
        raw(capabilities=MULTI).prepare("select 1; select 2")
    assert error.value.code == 1064
