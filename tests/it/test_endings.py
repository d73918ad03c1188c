"""Statements that end otherwise than well, and commands whose effects belong to another statement: nothing of them may
stay behind in the session, on a backend or in a transaction."""
import threading

import pymysql
import pytest
import rawclient as wire


def test_prepared_ddl_is_answered(raw, table):
    client = raw()
    for sql in (f"create table {table} (id int primary key)", f"alter table {table} add v int", f"truncate {table}"):
        assert client.execute(client.prepare(sql)).affected == 0
    assert client.query(f"select count(*) from {table}").rows == [(b"0",)]


def test_error_of_one_shard_keeps_the_transaction(shop, proxy):
    """The other shards' part of the transaction must not be rolled back behind the client's back."""
    client = proxy.connect("shop", user="writer", autocommit=False)
    other = proxy.connect("shop", user="writer")
    with client, other, client.cursor() as cursor, other.cursor() as seen:
        for user in range(1, 9):
            cursor.execute(f"update users set balance = 1 where user_id = {user}")
        with pytest.raises(pymysql.Error) as error:
            cursor.execute("select user_id, user_id * if(user_id = 7, 9223372036854775807, 1) from users")
        assert error.value.args[0] == 1690
        cursor.execute("select user_id from users where balance = 1 and user_id < 9")
        assert len(cursor.fetchall()) == 8
        client.commit()
        for user in range(1, 9):
            seen.execute(f"select balance from users where user_id = {user}")
            assert seen.fetchall() == ((1,),)


def test_failed_write_of_a_global_table_leaves_no_transaction(shop, raw, proxy):
    client = raw(schema="shop", user="writer")
    client.query("delete from countries where code = 'ZZ'")
    client.query("insert into countries (code, name) values ('ZZ', 'one')")
    for _ in range(2):
        with pytest.raises(wire.ServerError) as error:
            client.query("insert into countries (code, name) values ('ZZ', 'two')")
        assert error.value.code == 1062
        assert not client.query("do 1").status & 1  # SERVER_STATUS_IN_TRANS
    client.query("delete from audit where id = 987654")
    client.query("insert into audit (id, what) values (987654, 'seen by all')")
    other = raw(schema="shop", user="writer")
    assert other.query("select what from audit where id = 987654").rows == [(b"seen by all",)]
    client.query("delete from countries where code = 'ZZ'")


def test_set_of_a_session_function(raw, table):
    """SET @a = LAST_INSERT_ID() means the session's, not that of the connection that happens to serve it."""
    client, noise = raw(), raw()
    client.query(f"create table {table} (id int auto_increment primary key)")
    client.query(f"insert into {table} values (), ()")
    first = client.query(f"insert into {table} values ()").insert_id
    for _ in range(5):
        noise.query("select last_insert_id(4711)")
        client.query("set @a = last_insert_id(), @b = connection_id()")
        row = client.query("select @a, @b, last_insert_id(), connection_id()").rows[0]
        assert row[0] == row[2] == str(first).encode() and row[1] == row[3]


def test_preparing_does_nothing_yet(raw, table):
    client, other = raw(), raw()
    client.query(f"create table {table} (id int auto_increment primary key)")
    first = client.query(f"insert into {table} values ()").insert_id
    client.prepare("select last_insert_id(4711)")
    client.prepare("select get_lock('prepared', 1)")
    temporary = client.prepare(f"create temporary table {table}_x (id int)")
    assert client.query("select last_insert_id()").rows == [(str(first).encode(),)]
    assert other.query("select is_free_lock('prepared')").rows == [(b"1",)]
    with pytest.raises(wire.ServerError) as error:
        client.query(f"select * from {table}_x")
    assert error.value.code == 1146
    client.execute(temporary)
    assert client.query(f"select * from {table}_x").rows == []


def test_prepared_statement_on_a_temporary_table(raw, table):
    client = raw()
    client.query(f"create temporary table {table} (id int primary key)")
    one = client.prepare(f"insert into {table} values (1)")
    assert client.query(f"select count(*) from {table}").rows == [(b"0",)]  # prepared is not executed
    assert client.execute(one).affected == 1
    read = client.prepare(f"select id from {table} where id = ?")
    assert client.execute(read, 1).rows == [(1,)]


def test_cursor_over_several_shards_gives_all_rows(shop, raw):
    client = raw(schema="shop", user="writer")
    statement = client.prepare("select user_id from users")
    for cursor in (1, 0):
        result = client.execute(statement, cursor=cursor)
        assert len(result.rows) == 40
        assert not result.status & wire.SERVER_CURSOR_EXISTS


def test_a_client_that_asks_on_without_reading(raw, proxy):
    """Its answers are not gathered without bound: it is not heard until it has read some. In the end it gets them all."""
    client = raw()
    many = 3000
    ask = wire.frame(bytes([wire.COM_QUERY]) + b"select repeat('x', 60000)")

    def write():
        for _ in range(many):
            client.send_bytes(ask)

    before = rss(proxy)
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    writer.join(3)
    assert rss(proxy) - before < 100 << 20
    for _ in range(many):
        assert len(client.read_result().rows[0][0]) == 60000
    writer.join(20)
    assert not writer.is_alive()


def test_many_statements_without_reading(raw, proxy):
    client = raw(capabilities=wire.BASIC | wire.MULTI_STATEMENTS)
    many = 3000
    before = rss(proxy)
    client.command(wire.COM_QUERY, b"; ".join([b"select repeat('x', 60000)"] * many))
    threading.Event().wait(2)
    assert rss(proxy) - before < 100 << 20
    for i in range(many):
        result = client.read_result()
        assert len(result.rows[0][0]) == 60000 and result.more == (i < many - 1)


def rss(proxy):
    if not getattr(proxy, "process", None):
        return 0
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS"))


@pytest.mark.parametrize("autocommit", [False, True], ids=["autocommit_0", "begin"])
def test_commit_of_several_shards_leaves_no_log_rows(shop, proxy, servers, autocommit):
    """The decision's row goes when everybody has followed it: the table does not grow with every transaction."""
    rows = "select count(*) from shardwire.commit_log where state = 'C'"
    before = [primary.sql(rows) for primary in servers.primaries()]
    client = proxy.connect("shop", user="writer", autocommit=autocommit)
    with client, client.cursor() as cursor:
        for _ in range(3):
            if autocommit:
                client.begin()
            for user in range(1, 9):
                cursor.execute(f"update users set balance = balance + 1 where user_id = {user}")
            client.commit()
    assert [primary.sql(rows) for primary in servers.primaries()] == before
