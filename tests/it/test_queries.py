"""Every type, as text and as binary, and the plain statements that every application uses."""
import datetime
import decimal

import pymysql
import pytest
import rawclient as wire

# column type, SQL literal, Python value (text protocol), wire bytes (text), binary value
TYPES = [
    ("tinyint", "-5", -5, b"-5", -5),
    ("tinyint unsigned", "250", 250, b"250", 250),
    ("smallint", "-30000", -30000, b"-30000", -30000),
    ("mediumint", "8000000", 8000000, b"8000000", 8000000),
    ("int", "-2147483648", -2147483648, b"-2147483648", -2147483648),
    ("int unsigned", "4294967295", 4294967295, b"4294967295", 4294967295),
    ("bigint", "-9223372036854775808", -9223372036854775808, b"-9223372036854775808", -9223372036854775808),
    ("bigint unsigned", "18446744073709551615", 18446744073709551615, b"18446744073709551615", 18446744073709551615),
    (
        "decimal(30,10)",
        "12345678901234567890.0123456789",
        decimal.Decimal("12345678901234567890.0123456789"),
        b"12345678901234567890.0123456789",
        b"12345678901234567890.0123456789",
    ),
    ("float", "1.5", 1.5, b"1.5", 1.5),
    ("double", "1e300", 1e300, b"1e300", 1e300),
    ("date", "'2024-02-29'", datetime.date(2024, 2, 29), b"2024-02-29", "2024-02-29"),
    (
        "datetime",
        "'2024-02-29 23:59:58'",
        datetime.datetime(2024, 2, 29, 23, 59, 58),
        b"2024-02-29 23:59:58",
        "2024-02-29 23:59:58",
    ),
    (
        "datetime(6)",
        "'2024-02-29 23:59:58.000123'",
        datetime.datetime(2024, 2, 29, 23, 59, 58, 123),
        b"2024-02-29 23:59:58.000123",
        "2024-02-29 23:59:58.000123",
    ),
    ("time", "'-838:59:59'", -datetime.timedelta(hours=838, minutes=59, seconds=59), b"-838:59:59", "-838:59:59"),
    ("year", "2024", 2024, b"2024", 2024),
    ("char(10)", "'x '", "x", b"x", b"x"),
    ("varchar(40)", "'it''s \\\\ ä€😀'", "it's \\ ä€😀", "it's \\ ä€😀".encode(), "it's \\ ä€😀".encode()),
    ("varbinary(10)", "x'00ff5c27'", b"\0\xff\\'", b"\0\xff\\'", b"\0\xff\\'"),
    ("text", "''", "", b"", b""),
    ("mediumblob", "repeat('z', 70000)", b"z" * 70000, b"z" * 70000, b"z" * 70000),
    ("enum('a','b')", "'b'", "b", b"b", b"b"),
    ("set('a','b','c')", "'a,c'", "a,c", b"a,c", b"a,c"),
    ("bit(10)", "b'1000000001'", b"\x02\x01", b"\x02\x01", b"\x02\x01"),
]
IDS = [row[0].replace(" ", "_") for row in TYPES]


@pytest.mark.parametrize("kind, literal, value, text, binary", TYPES, ids=IDS)
def test_type_comes_back_as_text_and_binary(sql, raw, table, kind, literal, value, text, binary):
    sql(f"create table {table} (id int primary key, v {kind})")
    sql(f"insert into {table} values (1, {literal}), (2, null)".replace("%", "%%"))
    assert sql(f"select v from {table} order by id") == [(value,), (None,)]
    client = raw(user="writer")
    assert client.query(f"select v from {table} order by id").rows == [(text,), (None,)]
    assert client.execute(client.prepare(f"select v from {table} order by id")).rows == [(binary,), (None,)]


@pytest.mark.parametrize("kind, literal, value, text, binary", TYPES, ids=IDS)
def test_column_definitions_tell_table_and_type(sql, raw, table, kind, literal, value, text, binary):
    sql(f"create table {table} (id int primary key, v {kind})")
    column = raw(user="writer").query(f"select v as other from {table} x").columns[0]
    assert (column.schema, column.org_table, column.table, column.name, column.org_name) == (
        "plain",
        table,
        "x",
        "other",
        "v",
    )


def test_insert_reports_rows_and_id(db, table):
    with db.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key auto_increment, v int)")
        assert cursor.execute(f"insert into {table} (v) values (1), (2), (3)") == 3
        assert cursor.lastrowid == 1
        assert cursor.execute(f"update {table} set v = 9 where id > 1") == 2
        assert cursor.execute(f"update {table} set v = 9 where id > 1") == 0  # rows changed, not found
        assert cursor.execute(f"replace into {table} values (1, 5)") == 2
        assert cursor.execute(f"delete from {table}") == 3


def test_found_rows_capability_counts_matched_rows(proxy, table):
    connection = proxy.connect(client_flag=pymysql.constants.CLIENT.FOUND_ROWS)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key, v int)")
        cursor.execute(f"insert into {table} values (1, 1), (2, 1)")
        assert cursor.execute(f"update {table} set v = 1") == 2


def test_found_rows_capability_is_each_clients_own(proxy, table):
    """Two clients that differ share backends, and must not share the flag."""
    found = proxy.connect(client_flag=pymysql.constants.CLIENT.FOUND_ROWS)
    plain = proxy.connect()
    with found, plain, found.cursor() as one, plain.cursor() as two:
        two.execute(f"create table {table} (id int primary key, v int)")
        two.execute(f"insert into {table} values (1, 1), (2, 1)")
        for _ in range(3):
            assert one.execute(f"update {table} set v = 1") == 2
            assert two.execute(f"update {table} set v = 1") == 0


def test_server_errors_pass_unchanged(sql, table):
    sql(f"create table {table} (id int primary key)")
    sql(f"insert into {table} values (1)")
    for statement, number in (
        (f"insert into {table} values (1)", 1062),
        (f"select nothing from {table}", 1054),
        (f"select * from no_such_{table}", 1146),
        (f"create table {table} (i int)", 1050),
        (f"insert into {table} values (1, 2)", 1136),
    ):
        with pytest.raises(pymysql.Error) as error:
            sql(statement)
        assert error.value.args[0] == number
    assert sql("select 1") == [(1,)]


def test_syntax_error_is_1064_with_the_place(sql):
    with pytest.raises(pymysql.ProgrammingError) as error:
        sql("select 1 frmo\nwhere (((")
    number, text = error.value.args
    assert number == 1064 and "You have an error in your SQL syntax" in text and "near '" in text and "at line" in text


def test_empty_query_is_1065(raw):
    for text in ("", "   ", ";"):
        with pytest.raises(wire.ServerError) as error:
            raw().query(text)
        assert (error.value.code, error.value.state) == (1065, "42000")


@pytest.mark.parametrize("text", ["-- nothing\n", "/* nothing */", "# nothing"])
def test_a_lone_comment_is_accepted(raw, text):
    client = raw()
    assert client.query(text).affected == 0
    assert client.query("select 1").rows == [(b"1",)]


def test_warnings_follow(sql, db, table):
    sql(f"create table {table} (v tinyint)")
    sql("set sql_mode=''")
    sql(f"insert into {table} values (300)")
    rows = sql("show warnings")
    assert rows[0][:2] == ("Warning", 1264)
    sql(f"select * from {table}")
    assert sql("show warnings") == []


def test_result_without_rows_and_with_many_columns(sql, table):
    columns = ", ".join(f"c{i} int" for i in range(400))
    sql(f"create table {table} (id int primary key, {columns})")
    assert sql(f"select * from {table}") == []
    sql(f"insert into {table} (id, c399) values (1, 7)")
    row = sql(f"select * from {table}")[0]
    assert len(row) == 401 and row[400] == 7 and row[1] is None


def test_a_hundred_thousand_rows_in_order(sql, table):
    sql(f"create table {table} (id int primary key, v varchar(50))")
    sql(f"insert into {table} values " + ",".join(f"({i}, 'value {i}')" for i in range(1000)))
    rows = sql(f"select a.id * 1000 + b.id, b.v from {table} a join {table} b where a.id < 100 order by 1")
    assert len(rows) == 100000 and rows[77777] == (77777, "value 777")


def test_transaction_commit_and_rollback(sql, db, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql("begin")
    sql(f"insert into {table} values (1)")
    assert sql(f"select count(*) from {table}") == [(1,)]
    sql("rollback")
    assert sql(f"select count(*) from {table}") == [(0,)]
    sql("start transaction")
    sql(f"insert into {table} values (2)")
    sql("savepoint a")
    sql(f"insert into {table} values (3)")
    sql("rollback to savepoint a")
    sql("commit")
    assert sql(f"select id from {table}") == [(2,)]


def test_transaction_status_flags(raw, table):
    client = raw()
    assert client.query("begin").status & wire.IN_TRANS
    client.query("select 1")
    assert not client.query("commit").status & wire.IN_TRANS
    assert client.query("set autocommit=0").status & wire.AUTOCOMMIT == 0
    assert client.query("set autocommit=1").status & wire.AUTOCOMMIT


def test_use_and_database(proxy, sql):
    assert sql("select database()") == [("plain",)]
    sql("use shop")
    assert sql("select database()") == [("shop",)]
    with pytest.raises(pymysql.Error) as error:
        sql("use nothing_here")
    assert error.value.args[0] == 1049
    assert sql("select database()") == [("shop",)]


def test_bit_patterns_survive_in_every_length(sql):
    """Lengths around the borders of length-encoded integers and of buffers."""
    for size in (0, 1, 250, 251, 252, 65535, 65536, 1 << 20):
        assert sql(f"select repeat('a', {size})")[0][0] == "a" * size


def test_comments_and_executable_comments(sql):
    assert sql("/* c */ select /* x */ 1 -- rest\n") == [(1,)]
    assert sql("select 1 # rest") == [(1,)]
    assert sql("select /*!40000 2 */") == [(2,)]
    assert sql("select 1 /*!99999 + 1 */") == [(1,)]


def test_literals_of_every_form(sql):
    """Each form of literal that the plan cache takes apart comes through as written."""
    pairs = [
        ("'it''s'", "it's"),
        ("'a' 'b'", "ab"),
        ("x'41'", b"A"),
        ("0x41", b"A"),
        ("b'1000001'", b"A"),
        ("N'x'", "x"),
        ("_utf8mb4'x'", "x"),
        ("-1", -1),
        ("1e3", 1000.0),
        (".5", decimal.Decimal("0.5")),
        ("5.", 5),
        ("1--1", 2),
        ("'a\\'b'", "a'b"),
        ('"q"', "q"),
        ("null", None),
        ("true", 1),
        ("'\\0'", "\0"),
        ("18446744073709551615", 2**64 - 1),
    ]
    for literal, value in pairs:
        got = sql(f"select {literal}")[0][0]
        assert got == value or str(got) == str(value) or bytes(str(got), "utf8") == value, literal
        assert sql(f"select 1 from dual where {literal} <=> {literal}") == [(1,)]


def test_trap_R6_same_shape_other_literals(sql, table):
    sql(f"create table {table} (id int primary key, v varchar(10))")
    sql(f"insert into {table} values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'it''s')")
    assert sql(f"select v from {table} where id in (1, 2, 3) order by 1") == [("a",), ("b",), ("c",)]
    assert sql(f"select v from {table} where id in (3) order by 1") == [("c",)]
    assert sql(f"select id, v from {table} order by 2 limit 1") == [(1, "a")]
    assert sql(f"select id, v from {table} order by 1 desc limit 2") == [(4, "it's"), (3, "c")]
    assert sql(f"select id from {table} where v = 'it''s'") == [(4,)]
    assert sql(f"select id from {table} where v = 'b'") == [(2,)]
    assert sql(f"select id from {table} order by id limit 1, 2") == [(2,), (3,)]
    assert sql(f"select id from {table} order by id limit 2, 1") == [(3,)]


def test_local_infile_asks_the_client(proxy, table, tmp_path):
    """P9: the file is the client's; the proxy never opens one."""
    file = tmp_path / "rows.csv"
    file.write_text("".join(f"{i}\tvalue {i}\n" for i in range(5000)), encoding="ascii")
    connection = proxy.connect(local_infile=True)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key, v varchar(20))")
        assert cursor.execute(f"load data local infile '{file}' into table {table}") == 5000
        cursor.execute(f"select count(*), max(v) from {table}")
        assert cursor.fetchone() == (5000, "value 999")


def test_trap_P9_local_infile_of_a_missing_file_leaves_the_connection_usable(proxy, table):
    connection = proxy.connect(local_infile=True)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key)")
        with pytest.raises(pymysql.err.OperationalError) as error:
            cursor.execute(f"load data local infile '/nonexistent/{table}' into table {table}")
        assert error.value.args[0] in (1017, 2, 29)  # PyMySQL's own: it could not find the file
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
