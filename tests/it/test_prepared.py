"""Prepared statements (traps P5): the binary protocol, and PREPARE as a statement."""
import random

import pytest
import rawclient as wire


def code_of(function, *arguments):
    with pytest.raises(wire.ServerError) as error:
        function(*arguments)
    return error.value.code


def test_prepare_tells_parameters_and_columns(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key, v varchar(10))")
    statement = client.prepare(f"select id, v from {table} where id = ? and v = ?")
    assert (statement.params, statement.columns) == (2, 2)
    assert [c.name for c in statement.result_columns] == ["id", "v"]
    insert = client.prepare(f"insert into {table} values (?, ?)")
    assert (insert.params, insert.columns) == (2, 0)


def test_execute_many_times_with_other_values(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key, v varchar(10))")
    insert = client.prepare(f"insert into {table} values (?, ?)")
    for i in range(20):
        assert client.execute(insert, i, f"v{i}").affected == 1
    select = client.prepare(f"select v from {table} where id = ?")
    for i in (3, 19, 0, 100):
        assert client.execute(select, i).rows == ([(f"v{i}".encode(),)] if i < 20 else [])


def test_values_of_every_kind(raw):
    client = raw()
    statement = client.prepare("select ?, ?, ?, ?, ?")
    for values in ((1, -5, 2**63 - 1, -(2**63), 2**64 - 1), (1.5, "text", b"\0\xff", None, ""), (None,) * 5):
        row = client.execute(statement, *values).rows[0]
        assert [v if not isinstance(v, bytes) else v.decode("latin1") for v in row] == [
            v if not isinstance(v, bytes) else v.decode("latin1") for v in values
        ]


def test_trap_P5_types_are_sent_once_and_remembered(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key, v varchar(10))")
    insert = client.prepare(f"insert into {table} values (?, ?)")
    client.execute(insert, 1, "one")
    client.execute(insert, 2, "two", send_types=False)
    client.execute(insert, 3, None, send_types=False)
    client.execute(insert, 4, "four", send_types=False)
    assert client.query(f"select * from {table}").rows == [
        (b"1", b"one"),
        (b"2", b"two"),
        (b"3", None),
        (b"4", b"four"),
    ]


def test_trap_P5_types_are_remembered_after_a_transaction_on_another_backend(raw, table):
    """The backend may be another one each time: what the client sent once must be known there too."""
    client, other = raw(), raw()
    client.query(f"create table {table} (id int primary key, v varchar(10))")
    insert = client.prepare(f"insert into {table} values (?, ?)")
    client.execute(insert, 1, "one")
    for i in range(2, 12):
        other.query("begin")  # takes a backend out of the pool
        other.query("select 1")
        client.execute(insert, i, "x", send_types=False)
        other.query("commit")
    assert client.query(f"select count(*) from {table}").rows == [(b"11",)]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 63, 64, 65, 1000])
def test_trap_P5_null_bitmap_of_many_parameters(raw, count):
    client = raw()
    statement = client.prepare("select concat_ws(','" + ", ifnull(?, 'n')" * count + ")")
    values = [None if i % 3 == 0 else i for i in range(count)]
    want = ",".join("n" if v is None else str(v) for v in values)
    assert client.execute(statement, *values).rows == [(want.encode(),)]


def test_trap_P5_null_bitmap_of_wide_rows(raw):
    client = raw()
    for count in (5, 6, 7, 13, 14, 15, 100):
        statement = client.prepare("select " + ", ".join("null" if i % 2 else str(i) for i in range(count)))
        assert client.execute(statement).rows == [tuple(None if i % 2 else i for i in range(count))]


def test_trap_P5_unknown_id(raw):
    client = raw()
    ghost = wire.Statement(12345, 1, 0, 0)
    assert code_of(client.execute, ghost) == 1243
    assert code_of(client.reset_statement, ghost) == 1243
    client.close_statement(ghost)  # no answer to this one
    assert client.query("select 1").rows == [(b"1",)]


def test_trap_P5_closed_id(raw):
    client = raw()
    statement = client.prepare("select 5")
    assert client.execute(statement).rows == [(5,)]
    client.close_statement(statement)
    assert code_of(client.execute, statement) == 1243
    client.close_statement(statement)
    assert client.query("select 1").rows == [(b"1",)]


def test_ids_belong_to_their_session(raw):
    one, two = raw(), raw()
    first, second = one.prepare("select 'one'"), two.prepare("select 'two'")
    assert one.execute(first).rows == [(b"one",)] and two.execute(second).rows == [(b"two",)]
    stranger = wire.Statement(first.id + 1000, 1, 0, 0)
    assert code_of(two.execute, stranger) == 1243


def test_trap_P5_long_data(raw, table):
    client = raw()
    statement = client.prepare("select length(?), right(?, 3), ?")
    for part in (b"abc", b"", b"d" * 100000, b"xyz"):
        client.long_data(statement, 0, part)
    client.long_data(statement, 1, b"123")
    client.long_data(statement, 1, b"456")
    assert client.execute(statement, wire.LONG_DATA, wire.LONG_DATA, 7).rows == [(100006, b"456", 7)]


def test_long_data_is_gone_after_reset(raw):
    client = raw()
    statement = client.prepare("select ?")
    client.long_data(statement, 0, b"old")
    client.reset_statement(statement)
    client.long_data(statement, 0, b"new")
    assert client.execute(statement, wire.LONG_DATA).rows == [(b"new",)]
    client.long_data(statement, 0, b"again")
    assert client.execute(statement, wire.LONG_DATA).rows == [(b"again",)]


def test_long_data_of_a_parameter_that_is_not_there(raw):
    client = raw()
    statement = client.prepare("select 1")
    client.long_data(statement, 9, b"x")
    try:
        client.execute(statement)
    except wire.ServerError as error:
        assert error.code in (1210, 1243, 1835)
    assert client.query("select 1").rows == [(b"1",)]


def test_trap_P5_errors_of_prepare_and_execute(raw, table):
    client = raw()
    assert code_of(client.prepare, "selec 1") == 1064
    assert code_of(client.prepare, f"select * from no_such_{table}") == 1146
    client.query(f"create table {table} (id int primary key)")
    insert = client.prepare(f"insert into {table} values (?)")
    client.execute(insert, 1)
    assert code_of(client.execute, insert, 1) == 1062
    assert client.execute(insert, 2).affected == 1


def test_trap_P5_table_changed_by_ddl(raw, table):
    client, other = raw(user="writer"), raw(user="writer")
    client.query(f"create table {table} (id int primary key, v int)")
    client.query(f"insert into {table} values (1, 5)")
    statement = client.prepare(f"select * from {table} where id = ?")
    assert client.execute(statement, 1).rows == [(1, 5)]
    other.query(f"alter table {table} add w varchar(10) default 'new'")
    assert client.execute(statement, 1).rows == [(1, 5, b"new")]
    other.query(f"drop table {table}")
    assert code_of(client.execute, statement, 1) == 1146
    other.query(f"create table {table} (id int primary key)")
    other.query(f"insert into {table} values (1)")
    assert client.execute(statement, 1).rows == [(1,)]


def test_trap_P5_survives_use_of_another_schema(raw, table):
    """A name without a schema means the schema at PREPARE."""
    client = raw(user="writer")
    client.query(f"create table {table} (id int primary key)")
    client.query(f"insert into {table} values (9)")
    statement = client.prepare(f"select id from {table}")
    client.query("use shop")
    assert client.execute(statement).rows == [(9,)]


def test_trap_P5_thousands_of_texts(raw, proxy):
    """Each text once, never closed: bounded on the backends, and the first still works."""
    client = raw(user="writer")
    statements = []
    for i in range(1500):
        statements.append(client.prepare(f"select {i} + ?"))
        assert client.execute(statements[-1], 1).rows == [(i + 1,)]
    for i in random.Random(3).sample(range(1500), 100):
        assert client.execute(statements[i], 2).rows == [(i + 2,)]
    client.close()


@pytest.mark.mesh_only
def test_trap_P5_backends_keep_few_statements(raw, mesh):
    clients = [raw(user="writer") for _ in range(4)]
    for client in clients:
        for i in range(300):
            client.execute(client.prepare(f"select {i}, ?"), 1)
    for primary in mesh.primaries():
        opened = int(primary.sql("show global status like 'Prepared_stmt_count'")[0][1])
        assert opened < 1200 * 2


@pytest.mark.mesh_only
def test_trap_P5_statements_are_freed_with_the_client(proxy, mesh):
    before = proxy.rss()
    for _ in range(20):
        with proxy.raw(user="writer") as client:
            for i in range(100):
                client.prepare(f"select {i}, ?, '{'x' * 1000}'")
    assert proxy.rss() - before < 64 << 20


@pytest.mark.mesh_only
def test_too_many_statements_in_one_session_is_1461(make_proxy):
    proxy = make_proxy(**{"limits.max_statements": 10})
    with proxy.raw() as client:
        statements = [client.prepare(f"select {i}") for i in range(10)]
        assert code_of(client.prepare, "select 11") == 1461
        client.close_statement(statements[0])
        assert client.execute(client.prepare("select 12")).rows == [(12,)]


def test_parameters_in_odd_places(raw, table):
    client = raw(user="writer")
    client.query(f"create table {table} (id int primary key, v varchar(20))")
    client.execute(client.prepare(f"insert into {table} values (?, concat(?, '?', '\\'?')), (?, ?)"), 1, "a", 2, "b")
    rows = client.execute(
        client.prepare(f"select id, v from {table} where v like ? or id in (?, ?) order by id limit ?, ?"),
        "b",
        1,
        2,
        0,
        10,
    ).rows
    assert rows == [(1, b"a?'?"), (2, b"b")]
    rows = client.execute(client.prepare("select /* ? */ ? -- ?\n, '?', \"?\", `a?` from (select 1 as `a?`) x"), 5).rows
    assert rows == [(5, b"?", b"?", 1)]


def test_empty_texts(raw):
    client = raw()
    statement = client.prepare("select ?, concat(?, 'x'), length(?)")
    assert client.execute(statement, "", "", b"").rows == [(b"", b"x", 0)]


def test_wrong_count_of_parameters_in_text_execute(sql):
    sql("prepare s from 'select ? + ?'")
    sql("set @a = 1, @b = 2")
    assert sql("execute s using @a, @b") == [(3,)]
    import pymysql

    for statement in ("execute s using @a", "execute s"):
        with pytest.raises(pymysql.Error) as error:
            sql(statement)
        assert error.value.args[0] == 1210
    sql("deallocate prepare s")
    with pytest.raises(pymysql.Error) as error:
        sql("execute s using @a, @b")
    assert error.value.args[0] == 1243


def test_prepare_from_a_variable(sql, table):
    sql(f"create table {table} (id int primary key)")
    sql(f"set @text = 'insert into {table} values (?)', @n = 3")
    sql("prepare s from @text")
    sql("execute s using @n")
    assert sql(f"select id from {table}") == [(3,)]
    sql("set @text = 'select 1'")
    sql("set @n = 4")
    sql("execute s using @n")
    assert sql(f"select count(*) from {table}") == [(2,)]


def test_set_inside_a_prepared_statement_is_kept(raw):
    """S9"""
    client = raw()
    client.execute(client.prepare("set @a = ?"), 5)
    client.execute(client.prepare("set session sql_mode = ?"), "ANSI_QUOTES")
    for _ in range(3):
        assert client.query("select @a, @@sql_mode").rows == [(b"5", b"ANSI_QUOTES")]


def test_transaction_of_prepared_statements(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key) engine=innodb")
    insert, rollback = (client.prepare(t) for t in (f"insert into {table} values (?)", "rollback"))
    client.query("begin")
    client.execute(insert, 1)
    assert client.query(f"select count(*) from {table}").status & wire.IN_TRANS
    client.execute(rollback)
    assert client.query(f"select count(*) from {table}").rows == [(b"0",)]


def test_reset_connection_closes_the_statements(raw):
    client = raw()
    statement = client.prepare("select 1")
    client.simple(wire.COM_RESET_CONNECTION)
    assert code_of(client.execute, statement) == 1243
