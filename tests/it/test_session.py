"""What a session is must survive pooling and read splitting (traps S1 to S13)."""
import threading
import time

import pymysql
import pytest
import rawclient as wire
from harness import wait_until


@pytest.fixture
def other_traffic(proxy):
    """Other clients keep taking and giving back the backends that ours uses between its statements."""
    stop, threads = threading.Event(), []

    def work():
        with proxy.connect() as connection, connection.cursor() as cursor:
            i = 0
            while not stop.is_set():
                i += 1
                cursor.execute(
                    "set @a = 'foreign', @b = 'foreign', sql_mode = %s, time_zone = %s",
                    (("", "ANSI_QUOTES")[i % 2], ("+01:00", "+02:00")[i % 2]),
                )
                cursor.execute("select 1")
                time.sleep(0.002)

    for _ in range(3):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
    yield
    stop.set()
    for thread in threads:
        thread.join()


# S1: user variables


def test_trap_S1_user_variable_is_kept(sql, other_traffic):
    sql("set @a = 1")
    for _ in range(30):
        assert sql("select @a") == [(1,)]


def test_trap_S1_values_of_every_type(sql, other_traffic):
    sql("set @i = -5, @d = 1.50, @f = 1.5e10, @s = 'it''s ä', @n = null, @b = x'00ff', @u = 18446744073709551615")
    for _ in range(5):
        assert [str(v) for v in sql("select @i, @d, @f, @s, @n, hex(@b), @u, @unset")[0]] == [
            "-5",
            "1.50",
            "15000000000.0",
            "it's ä",
            "None",
            "00FF",
            "18446744073709551615",
            "None",
        ]


def test_trap_S1_assigned_in_a_select_then_inserted(sql, table):
    sql(f"create table {table} (id int primary key)")
    assert sql("select @y := 5") == [(5,)]
    sql(f"insert into {table} values (@y)")
    assert sql(f"select id from {table}") == [(5,)]


def test_trap_S1_counted_over_rows(sql, table, other_traffic):
    sql(f"create table {table} (id int primary key)")
    sql(f"insert into {table} values (10), (20), (30)")
    sql("set @n = 0")
    assert sql(f"select @n := @n + 1, id from {table} order by id") == [(1, 10), (2, 20), (3, 30)]
    assert sql("select @n") == [(3,)]
    sql("set @n = @n + 1")
    assert sql("select @n") == [(4,)]


def test_trap_S1_select_into(sql, other_traffic):
    sql("select 7, 'x' into @p, @q")
    assert sql("select @p, @q") == [(7, "x")]


def test_trap_S1_set_from_a_subquery_and_a_function(sql, table, other_traffic):
    sql(f"create table {table} (id int primary key)")
    sql(f"insert into {table} values (42)")
    sql(f"set @m = (select max(id) from {table}), @t = now(), @r = rand()")
    first = sql("select @m, @t, @r")
    time.sleep(1.1)
    assert sql("select @m, @t, @r") == first and first[0][0] == 42


def test_trap_S1_names_are_equal_without_case_and_quoted(sql):
    sql("set @Abc = 1, @`a b` = 2, @'c.d' = 3")
    assert sql("select @ABC, @`a b`, @'c.d', @`abc`") == [(1, 2, 3, 1)]


def test_trap_S1_in_where_of_update_and_limit(sql, table, other_traffic):
    sql(f"create table {table} (id int primary key, v int)")
    sql(f"insert into {table} values (1, 1), (2, 2)")
    sql("set @id = 2")
    sql(f"update {table} set v = 20 where id = @id")
    assert sql(f"select id, v from {table} order by id") == [(1, 1), (2, 20)]


# S2 to S4: what pins


def test_trap_S2_temporary_table(sql, table, other_traffic):
    sql(f"create temporary table {table} (id int)")
    sql(f"insert into {table} values (1), (2)")
    for _ in range(20):
        assert sql(f"select count(*) from {table}") == [(2,)]
    sql(f"drop temporary table {table}")
    with pytest.raises(pymysql.Error) as error:
        sql(f"select * from {table}")
    assert error.value.args[0] == 1146


def test_trap_S2_temporary_table_as_select_and_shadowing(sql, table):
    sql(f"create table {table} (id int primary key)")
    sql(f"insert into {table} values (1)")
    sql(f"create temporary table {table} as select 99 as id")
    assert sql(f"select id from {table}") == [(99,)]
    sql(f"drop temporary table {table}")
    assert sql(f"select id from {table}") == [(1,)]


def test_trap_S3_lock_tables_blocks_others(proxy, sql, table):
    sql(f"create table {table} (id int primary key)")
    sql(f"lock tables {table} write")
    sql(f"insert into {table} values (1)")
    assert sql(f"select id from {table}") == [(1,)]
    with proxy.connect(user="writer") as other, other.cursor() as cursor:
        cursor.execute("set lock_wait_timeout = 1")
        with pytest.raises(pymysql.Error) as error:
            cursor.execute(f"insert into {table} values (2)")
        assert error.value.args[0] == 1205
        sql("unlock tables")
        cursor.execute(f"insert into {table} values (2)")


def test_trap_S3_a_table_not_locked_is_refused(sql, table):
    sql(f"create table {table} (id int primary key)")
    sql("create table if not exists not_locked (id int primary key)")
    sql(f"lock tables {table} read")
    with pytest.raises(pymysql.Error) as error:
        sql("select * from not_locked")
    assert error.value.args[0] == 1100
    sql("unlock tables")


def test_trap_S4_get_lock(proxy, sql):
    assert sql("select get_lock('one', 1)") == [(1,)]
    with proxy.connect() as other, other.cursor() as cursor:
        cursor.execute("select get_lock('one', 0)")
        assert cursor.fetchone() == (0,)
        cursor.execute("select is_free_lock('one')")
        assert cursor.fetchone() == (0,)
        for _ in range(5):
            assert sql("select is_used_lock('one') is not null") == [(1,)]
        assert sql("select release_lock('one')") == [(1,)]
        cursor.execute("select get_lock('one', 1)")
        assert cursor.fetchone() == (1,)


def test_trap_S4_lock_is_free_after_the_client_is_gone(proxy, sql):
    other = proxy.connect()
    other.query("do get_lock('two', 1)")
    assert sql("select get_lock('two', 0)") == [(0,)]
    other.close()
    assert sql("select get_lock('two', 5)") == [(1,)]
    sql("do release_lock('two')")


# S5, S6: facts about the last statement


def test_trap_S5_last_insert_id(sql, raw, table, other_traffic):
    sql(f"create table {table} (id int primary key auto_increment, v int)")
    sql(f"insert into {table} (v) values (1), (2)")
    assert sql("select last_insert_id()") == [(1,)]
    sql(f"insert into {table} (v) values (3)")
    for _ in range(5):
        assert sql("select last_insert_id(), @@last_insert_id, @@identity") == [(3, 3, 3)]
    assert sql(f"select v from {table} where id = last_insert_id()") == [(3,)]
    sql(f"insert into {table} (v) values (last_insert_id())")
    assert sql(f"select v from {table} order by id desc limit 1") == [(3,)]


def test_trap_S5_last_insert_id_set_by_hand(sql, db, table, other_traffic):
    sql("select last_insert_id(77)")
    assert sql("select last_insert_id()") == [(77,)]
    sql(f"create table {table} (id int primary key, n int)")
    sql(f"insert into {table} values (1, 5)")
    with db.cursor() as cursor:
        cursor.execute(f"update {table} set n = last_insert_id(n + 1)")
        assert cursor.lastrowid == 6
    assert sql("select last_insert_id()") == [(6,)]


def test_trap_S5_last_insert_id_in_a_prepared_statement(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key auto_increment, v int)")
    read, insert = client.prepare("select last_insert_id()"), client.prepare(f"insert into {table} (v) values (?)")
    for i in range(1, 6):
        assert client.execute(insert, i).insert_id == i
        assert client.execute(read).rows == [(i,)]


def test_trap_S5_column_keeps_its_name(db):
    with db.cursor(pymysql.cursors.DictCursor) as cursor:
        cursor.execute("select last_insert_id(), connection_id() as c, row_count(), found_rows(), version()")
        assert list(cursor.fetchone()) == ["last_insert_id()", "c", "row_count()", "found_rows()", "version()"]


def test_trap_S6_row_count(sql, table):
    sql(f"create table {table} (id int primary key, v int)")
    sql(f"insert into {table} values (1, 1), (2, 2), (3, 3)")
    assert sql("select row_count()") == [(3,)]
    sql(f"delete from {table} where id > 1")
    assert sql("select row_count()") == [(2,)]
    assert sql("select row_count()") == [(-1,)]


def test_trap_S6_found_rows(sql, table, other_traffic):
    sql(f"create table {table} (id int primary key)")
    sql(f"insert into {table} values (1), (2), (3), (4)")
    assert len(sql(f"select sql_calc_found_rows id from {table} limit 2")) == 2
    assert sql("select found_rows()") == [(4,)]
    sql(f"select id from {table} limit 3")
    assert sql("select found_rows()") == [(3,)]


def test_trap_S6_show_warnings_and_diagnostics(sql, db, table, other_traffic):
    sql("select 1/0")
    with pytest.raises(pymysql.Error):
        sql(f"select * from no_such_{table}")
    assert sql("show warnings")[0][:2] == ("Error", 1146)
    assert sql("show errors")[0][:2] == ("Error", 1146)
    assert sql("show count(*) warnings") == [(1,)]
    sql("get diagnostics condition 1 @number = mysql_errno, @text = message_text")
    assert sql("select @number") == [(1146,)]


def test_trap_S6_warning_count_in_the_reply(raw):
    client = raw()
    result = client.query("select cast('x' as signed)")
    assert result.warnings == 1
    assert client.query("select @@warning_count").rows == [(b"1",)]


# S7, S8: reads that are no replica reads


def test_trap_S7_autocommit_0_is_one_transaction(proxy, sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql("set autocommit = 0")
    first = sql(f"select count(*) from {table}")
    with proxy.connect(user="writer") as other, other.cursor() as cursor:
        cursor.execute(f"insert into {table} values (1)")
    assert sql(f"select count(*) from {table}") == first == [(0,)]  # the snapshot of the first SELECT
    sql(f"insert into {table} values (2)")
    assert sql(f"select id from {table}") == [(2,)]
    sql("rollback")
    assert sql(f"select id from {table}") == [(1,)]
    sql("commit")
    sql("set autocommit = 1")


def test_trap_S7_autocommit_1_commits(proxy, sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql("set autocommit = 0")
    sql(f"insert into {table} values (1)")
    sql("set autocommit = 1")
    with proxy.connect(user="writer") as other, other.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        assert cursor.fetchone() == (1,)


def test_trap_S7_repeatable_read_holds(proxy, sql, table):
    sql(f"create table {table} (id int primary key, v int) engine=innodb")
    sql(f"insert into {table} values (1, 1)")
    sql("start transaction")
    assert sql(f"select v from {table}") == [(1,)]
    with proxy.connect(user="writer") as other, other.cursor() as cursor:
        cursor.execute(f"update {table} set v = 2")
    for _ in range(3):
        assert sql(f"select v from {table}") == [(1,)]
    sql("commit")
    assert sql(f"select v from {table} where id = 1 for update") == [(2,)]


@pytest.mark.mesh_only
@pytest.mark.parametrize(
    "text",
    [
        "select * from {t} lock in share mode",
        "select * from {t} for update",
        "select *\nfrom {t}\nfor\nupdate",
        "with x as (select * from {t} for update) select * from x",
        "(select * from {t} for update)",
        "select /* for update */ * from {t} for /* c */ update",
    ],
)
def test_trap_S8_locking_reads_lock_on_the_primary(proxy, sql, table, is_mysql, text):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql(f"insert into {table} values (1)")
    sql("begin")
    try:
        sql(text.format(t=table))
    except pymysql.Error as error:
        if error.args[0] == 1064:
            pytest.skip("not in this server's grammar")
        raise
    with proxy.connect(user="writer") as other, other.cursor() as cursor:
        cursor.execute("set innodb_lock_wait_timeout = 1")
        with pytest.raises(pymysql.Error) as error:
            cursor.execute(f"delete from {table}")
        assert error.value.args[0] == 1205
    sql("rollback")


def test_trap_S7_consistent_snapshot_of_one_shard(proxy, sql, table):
    """What `mariadb-dump --single-transaction` stands on."""
    sql(f"create table {table} (id int primary key, v int) engine=innodb")
    sql(f"insert into {table} values (1, 1)")
    sql("start transaction /*!40100 with consistent snapshot */")
    assert sql(f"select v from {table}") == [(1,)]
    with proxy.connect(user="writer") as other, other.cursor() as cursor:
        cursor.execute(f"update {table} set v = 2")
    assert sql(f"select v from {table}") == [(1,)]
    sql("commit")


# S9, S11, S12: settings

SETTINGS = [
    ("sql_mode", "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'", "ANSI_QUOTES,NO_BACKSLASH_ESCAPES"),
    ("time_zone", "'+05:30'", "+05:30"),
    ("wait_timeout", "1234", "1234"),
    ("group_concat_max_len", "9999", "9999"),
    ("lock_wait_timeout", "77", "77"),
    ("innodb_lock_wait_timeout", "9", "9"),
    ("foreign_key_checks", "0", "0"),
    ("unique_checks", "0", "0"),
    ("sql_safe_updates", "1", "1"),
    ("net_write_timeout", "66", "66"),
    ("max_join_size", "1000000", "1000000"),
    ("auto_increment_increment", "3", "3"),
    ("div_precision_increment", "7", "7"),
    ("lc_time_names", "'de_DE'", "de_DE"),
    ("character_set_client", "latin1", "latin1"),
    ("collation_connection", "utf8mb4_bin", "utf8mb4_bin"),
    ("sort_buffer_size", "65536", "65536"),
    ("transaction_isolation", "'READ-COMMITTED'", "READ-COMMITTED"),
    ("sql_select_limit", "5", "5"),
    ("timestamp", "1000000000", "1000000000.000000"),
    ("max_heap_table_size", "65536", "65536"),
]


@pytest.mark.parametrize(
    "form",
    ["set {n} = {v}", "set session {n} = {v}", "set @@{n} = {v}", "set @@session.{n} := {v}", "set local {n} = {v}"],
)
def test_trap_S9_every_form_of_set(raw, other_traffic, form):
    client = raw()
    client.query(form.format(n="sql_mode", v="'ANSI_QUOTES'"))
    for _ in range(5):
        assert client.query("select @@sql_mode").rows == [(b"ANSI_QUOTES",)]


@pytest.mark.parametrize("name, value, shown", SETTINGS, ids=[s[0] for s in SETTINGS])
def test_trap_S9_setting_is_kept(raw, is_mysql, name, value, shown):
    if name == "transaction_isolation" and not is_mysql:
        name = "tx_isolation"
    client = raw()
    client.query(f"set {name} = {value}")
    for _ in range(4):
        got = client.query(f"select @@{name}").rows[0][0].decode()
        assert got == shown or float(got) == float(shown)
    client.query(f"set {name} = default")


def test_trap_S9_several_in_one_set(raw, other_traffic):
    client = raw()
    client.query(
        "set @x = 5, time_zone = '+03:00', @@session.group_concat_max_len = 2000 + @@lock_wait_timeout * 0, @y = @z"
    )
    for _ in range(5):
        assert client.query("select @x, @@time_zone, @@group_concat_max_len, @y").rows == [
            (b"5", b"+03:00", b"2000", None)
        ]


def test_trap_S9_unknown_variable_is_1193(sql):
    with pytest.raises(pymysql.Error) as error:
        sql("set no_such_variable = 1")
    assert error.value.args[0] == 1193
    with pytest.raises(pymysql.Error) as error:
        sql("set sql_mode = 'NO_SUCH_MODE'")
    assert error.value.args[0] == 1231
    with pytest.raises(pymysql.Error):
        sql("set @a = 1, no_such_variable = 2")
    assert sql("select 1") == [(1,)]


def test_trap_S9_set_names_and_character_set(raw, other_traffic):
    client = raw()
    client.query("set names latin1 collate latin1_german1_ci")
    for _ in range(4):
        assert client.query("select @@character_set_client, @@character_set_results, @@collation_connection, 'ä'").rows[
            0
        ][:3] == (b"latin1", b"latin1", b"latin1_german1_ci")
    assert client.query(b"select hex(convert('\xe4' using utf8mb4))").rows == [(b"C3A4",)]
    client.query("set names utf8mb4")
    assert client.query("select hex('ä')").rows == [(b"C3A4",)]


def test_trap_S9_set_in_a_transaction_is_kept_after_rollback(raw):
    client = raw()
    client.query("begin")
    client.query("set @a = 9, time_zone = '+04:00'")
    client.query("rollback")
    assert client.query("select @a, @@time_zone").rows == [(b"9", b"+04:00")]


def test_transaction_isolation_of_the_next_transaction_only(raw, is_mysql):
    client = raw()
    variable = "transaction_isolation" if is_mysql else "tx_isolation"
    client.query("set session transaction isolation level read committed")
    assert client.query(f"select @@{variable}").rows == [(b"READ-COMMITTED",)]
    client.query("set transaction read only")
    client.query("begin")
    with pytest.raises(wire.ServerError) as error:
        client.query("insert into shop.countries values ('XX', 'x')")
    assert error.value.code == 1792
    client.query("rollback")


def test_trap_S11_character_set_results_null(raw, other_traffic):
    client = raw()
    client.query("set character_set_results = null")
    for _ in range(3):
        assert client.query("select @@character_set_results, 'ä'").rows == [(None, "ä".encode())]


@pytest.mark.parametrize(
    "number, collation",
    [
        (45, b"utf8mb4_general_ci"),
        (8, b"latin1_swedish_ci"),
        (46, b"utf8mb4_bin"),
        (33, b"utf8mb3_general_ci"),
        (224, b"utf8mb4_unicode_ci"),
    ],
)
def test_trap_S11_charset_of_the_login(raw, number, collation):
    client = raw(charset=number)
    for _ in range(3):
        got = client.query("select @@collation_connection").rows[0][0]
        assert got.replace(b"utf8_", b"utf8mb3_") == collation


@pytest.mark.mysql
def test_trap_S11_utf8mb4_0900(raw):
    client = raw(charset=255)
    assert client.query("select @@collation_connection").rows == [(b"utf8mb4_0900_ai_ci",)]


def test_trap_S11_set_names_without_collate_takes_the_servers_default(raw, is_mysql):
    client = raw()
    client.query("set names utf8mb4")
    want = b"utf8mb4_0900_ai_ci" if is_mysql else b"utf8mb4_general_ci"
    assert client.query("select @@collation_connection").rows == [(want,)]


def test_trap_S11_bytes_of_a_multibyte_charset_are_no_quotes(raw):
    """0x5c as the second byte of a GBK character is not a backslash."""
    client = raw(charset=28)
    assert client.query(b"select hex('\xd5\x5c'), 'x'").rows == [(b"D55C", b"x")]


def test_trap_S12_no_backslash_escapes_shows_in_the_status(raw):
    client = raw()
    assert client.query("set sql_mode = 'NO_BACKSLASH_ESCAPES'").status & wire.NO_BACKSLASH_ESCAPES
    assert client.query("do 1").status & wire.NO_BACKSLASH_ESCAPES
    assert client.query("select '\\', 'x'").rows == [(b"\\", b"x")]
    assert not client.query("set sql_mode = ''").status & wire.NO_BACKSLASH_ESCAPES
    assert client.query("select '\\'', 'x'").rows == [(b"'", b"x")]


def test_trap_S12_modes_change_the_parse(raw):
    client = raw()
    client.query("set sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'")
    assert client.query("select 'a' || 'b', \"c\" from (select 1 as c) x").rows == [(b"ab", b"1")]
    client.query("set sql_mode = ''")
    assert client.query("select 'a' || '1', \"c\" from (select 1 as c) x").rows == [(b"1", b"c")]
    client.query("set sql_mode = 'HIGH_NOT_PRECEDENCE'")
    assert client.query("select not 1 between -5 and 5").rows == [(b"1",)]
    client.query("set sql_mode = ''")
    assert client.query("select not 1 between -5 and 5").rows == [(b"0",)]


# S10: nothing leaks

DIRT = [
    "set @leak = 1",
    "set sql_mode = 'ANSI_QUOTES'",
    "set time_zone = '+09:00'",
    "begin",
    "set autocommit = 0",
    "create temporary table leak_t (i int)",
    "do get_lock('leak', 1)",
    "set names latin1",
    "use shop",
    "set session transaction isolation level serializable",
    "select last_insert_id(99)",
    "prepare leak_s from 'select 1'",
    "lock tables leak_l write",
    "set sql_select_limit = 1",
    "set foreign_key_checks = 0",
]


@pytest.mark.parametrize("way", ["disconnect", "reset", "quit"])
def test_trap_S10_nothing_leaks_to_the_next_client(proxy, raw, sql, is_mysql, way):
    sql("create table if not exists leak_l (i int primary key)")
    isolation = "transaction_isolation" if is_mysql else "tx_isolation"
    clean = (
        "select @leak, @@sql_mode, @@time_zone, @@autocommit, @@character_set_client, database(), "
        f"@@{isolation}, last_insert_id(), @@sql_select_limit, @@foreign_key_checks, is_free_lock('leak')"
    )
    want = raw().query(clean).rows
    for statement in DIRT:
        client = raw()
        client.query(statement)
        if way == "disconnect":
            client.close()
        elif way == "quit":
            client.command(wire.COM_QUIT)
            client.at_end()
        else:
            client.simple(wire.COM_RESET_CONNECTION)
            if not statement.startswith("use"):
                assert client.query("select database()").rows == [(b"plain",)]
            client.close()
        fresh = [raw() for _ in range(3)]
        wait_until(lambda: raw().query("select is_free_lock('leak')").rows == [(b"1",)], 5)
        for client in fresh:
            assert client.query(clean).rows == want, statement
            with pytest.raises(wire.ServerError):
                client.query("execute leak_s")
            with pytest.raises(wire.ServerError):
                client.query("select * from leak_t")
            assert not client.query("do 1").status & wire.IN_TRANS
            client.close()
    sql("drop table leak_l")


def test_trap_S10_open_transaction_of_a_gone_client_is_rolled_back(proxy, sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    other = proxy.raw()
    other.query("begin")
    other.query(f"insert into {table} values (1)")
    other.close()
    sql("set innodb_lock_wait_timeout = 5")
    sql(f"insert into {table} values (1)")  # waits until the other's lock is gone
    assert sql(f"select count(*) from {table}") == [(1,)]


def test_trap_S10_after_a_killed_query(proxy, raw, sql):
    victim = raw()
    number = int(victim.query("select connection_id()").rows[0][0])
    victim.query("set @mine = 5")
    victim.send(b"\x03select sleep(30)")
    time.sleep(0.3)
    sql(f"kill query {number}")
    try:
        assert victim.read_result().rows == [(b"1",)]
    except wire.ServerError as error:
        assert error.code == 1317
    assert victim.query("select @mine").rows == [(b"5",)]


# S13: one id space


def test_trap_S13_connection_id(proxy, raw):
    client = raw()
    assert client.query("select connection_id()").rows == [(str(client.thread_id).encode(),)]
    for _ in range(5):
        assert client.query("select connection_id()").rows == [(str(client.thread_id).encode(),)]


def test_trap_S13_kill(raw, sql):
    victim = raw()
    sql(f"kill {victim.thread_id}")
    with pytest.raises((wire.Closed, wire.ServerError, OSError)):
        victim.query("select 1")
    with pytest.raises(pymysql.Error) as error:
        sql("kill 2000000000")
    assert error.value.args[0] == 1094


def test_trap_S13_kill_a_running_query_ends_it_at_once(raw, sql):
    for statement in ("kill query %d", "kill %d"):
        victim = raw()
        victim.send(b"\x03select sleep(30)")
        time.sleep(0.3)
        start = time.monotonic()
        sql(statement % victim.thread_id)
        try:
            victim.read_result()
        except (wire.ServerError, wire.Closed):
            pass
        assert time.monotonic() - start < 5


def test_trap_S13_kill_in_a_transaction_rolls_back(raw, sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    victim = raw()
    victim.query("begin")
    victim.query(f"insert into {table} values (1)")
    sql(f"kill {victim.thread_id}")
    sql("set innodb_lock_wait_timeout = 5")
    sql(f"insert into {table} values (1)")


def test_trap_S13_show_processlist(raw, sql):
    client = raw()
    rows = sql("show processlist")
    mine = [r for r in rows if r[0] == client.thread_id]
    assert mine and mine[0][1] == "app" and mine[0][3] == "plain"
    busy = raw()
    busy.send(b"\x03select sleep(1) /* marked */")
    wait_until(
        lambda: any(r[0] == busy.thread_id and r[7] and "sleep(1)" in r[7] for r in sql("show full processlist")), 3
    )
    busy.read_result()


def running(server, marker):
    return [r for r in server.sql("show full processlist") if r[7] and marker in r[7] and "processlist" not in r[7]]


@pytest.mark.mesh_only
def test_trap_S13_vanished_client_has_its_query_killed(proxy, mesh, raw):
    client = raw(user="writer")
    client.send(b"\x03select sleep(60) /* vanishing */")
    servers = mesh.instances
    wait_until(lambda: any(running(s, "vanishing") for s in servers), 5, "the statement to run")
    client.close()
    wait_until(lambda: not any(running(s, "vanishing") for s in servers), 5, "the statement to be killed")


@pytest.mark.mesh_only
def test_sessions_share_few_backends(proxy, mesh):
    """A hundred clients in turn need no hundred logins at the instances."""
    before = sum(int(i.sql("show global status like 'Connections'")[0][1]) for i in mesh.instances)
    for _ in range(100):
        with proxy.connect() as connection, connection.cursor() as cursor:
            cursor.execute("select 1")
    after = sum(int(i.sql("show global status like 'Connections'")[0][1]) for i in mesh.instances)
    assert after - before < 60  # our own look costs 8, the health probes a few


def test_statements_after_an_error_in_a_transaction(sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql("begin")
    sql(f"insert into {table} values (1)")
    with pytest.raises(pymysql.Error):
        sql(f"insert into {table} values (1)")
    assert sql(f"select count(*) from {table}") == [(1,)]
    sql("commit")
    assert sql(f"select count(*) from {table}") == [(1,)]


def test_ddl_commits_the_open_transaction(sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql("begin")
    sql(f"insert into {table} values (1)")
    sql(f"alter table {table} add v int")
    sql("rollback")
    assert sql(f"select count(*) from {table}") == [(1,)]


def test_nested_begin_commits_the_first(sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql("begin")
    sql(f"insert into {table} values (1)")
    sql("begin")
    sql("rollback")
    assert sql(f"select count(*) from {table}") == [(1,)]


def test_read_only_transaction(sql, table):
    sql(f"create table {table} (id int primary key) engine=innodb")
    sql("start transaction read only")
    assert sql(f"select count(*) from {table}") == [(0,)]
    with pytest.raises(pymysql.Error) as error:
        sql(f"insert into {table} values (1)")
    assert error.value.args[0] == 1792
    sql("rollback")


def test_commit_and_chain(raw, table):
    client = raw()
    client.query(f"create table {table} (id int primary key) engine=innodb")
    client.query("begin")
    client.query(f"insert into {table} values (1)")
    assert client.query("commit and chain").status & wire.IN_TRANS
    client.query(f"insert into {table} values (2)")
    assert not client.query("rollback").status & wire.IN_TRANS
    assert client.query(f"select id from {table}").rows == [(b"1",)]


def test_handler_statements(sql, table):
    sql(f"create table {table} (id int primary key, v int)")
    sql(f"insert into {table} values (1, 10), (2, 20)")
    sql(f"handler {table} open")
    assert sql(f"handler {table} read first") == [(1, 10)]
    assert sql(f"handler {table} read next") == [(2, 20)]
    sql(f"handler {table} close")
