"""`others: {kind: sharded}`: tables are sharded by their primary key, or stay whole and say why. And DDL."""
import pymysql
import pytest


@pytest.fixture
def ask(proxy):
    with proxy.connect("auto", user="writer") as connection:

        def run(statement, *arguments):
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments or None)
                return list(cursor.fetchall())

        yield run


def counts(mesh, table, schema="auto"):
    """Rows on each shard; None where the table is not."""
    out = []
    for primary in mesh.primaries():
        try:
            out.append(primary.sql(f"select count(*) from {schema}.{table}")[0][0])
        except pymysql.Error as error:
            assert error.args[0] == 1146
            out.append(None)
    return out


def described(proxy, table):
    rows = [r for r in proxy.admin("select * from mesh.tables", pymysql.cursors.DictCursor) if table in r.values()]
    assert len(rows) == 1, rows
    return {k.lower(): v for k, v in rows[0].items()}


def test_table_is_sharded_by_its_primary_key(mesh, proxy, ask, table):
    ask(f"create table {table} (id int primary key, v varchar(20))")
    assert counts(mesh, table) == [0, 0, 0, 0]
    for number in range(40):
        ask(f"insert into {table} values ({number}, 'v{number}')")
    on = counts(mesh, table)
    assert sum(on) == 40 and min(on) > 0
    for number in range(40):
        assert ask(f"select v from {table} where id = {number}") == [(f"v{number}",)]
    assert len(ask(f"select * from {table}")) == 40
    facts = described(proxy, table)
    assert facts["kind"] == "sharded" and "id" in str(facts.values())


def test_first_column_of_a_longer_primary_key(mesh, ask, table):
    ask(f"create table {table} (a int, b int, primary key (b, a))")
    for a in range(20):
        ask(f"insert into {table} (a, b) values ({a}, 1)")
    assert sorted(counts(mesh, table)) == [0, 0, 0, 20]  # all have b = 1
    assert ask(f"select count(*) from {table} where b = 1") == [(20,)]


@pytest.mark.parametrize(
    "columns, reason",
    [("id int, v int", "primary key"), ("id int primary key, email varchar(40) unique", "unique")],
    ids=["no_primary_key", "another_unique_key"],
)
def test_table_that_cannot_be_sharded_stays_whole_and_says_why(mesh, proxy, ask, table, columns, reason):
    ask(f"create table {table} ({columns})")
    for number in range(20):
        ask(f"insert into {table} values ({number}, {number})")
    assert sorted(n or 0 for n in counts(mesh, table)) == [0, 0, 0, 20]
    assert ask(f"select count(*), max(id) from {table}") == [(20, 19)]
    facts = described(proxy, table)
    assert facts["kind"] == "single" and reason in facts["why"]


def test_unique_key_that_begins_with_the_key_does_not_matter(mesh, ask, table):
    ask(f"create table {table} (id int primary key, v int, unique (v, id))")
    for number in range(20):
        ask(f"insert into {table} values ({number}, 1)")
    assert sum(1 for n in counts(mesh, table) if n) > 1


def test_foreign_key_keeps_the_table_whole(mesh, proxy, ask, table):
    ask(f"create table {table} (id int primary key)")
    try:
        ask(
            f"create table {table}_child (id int primary key, parent int, foreign key (parent) references {table} (id))"
        )
    except pymysql.Error as error:
        assert 1000 <= error.args[0] < 2000  # refused is an answer too: the parent is spread
        return
    finally:
        for primary in mesh.primaries():
            primary.sql(f"drop table if exists auto.{table}_child")


def test_tables_that_were_there_before_the_proxy_asked(mesh, ask, table):
    mesh.sql_all(f"create table {table} (id int primary key, v int)", database="auto")
    mesh.wait()
    for number in range(20):
        ask(f"insert into {table} values ({number}, {number})")
    assert sum(1 for n in counts(mesh, table) if n) > 1


def test_ddl_is_run_on_every_shard_and_followed(mesh, ask, table):
    ask(f"create table {table} (id int primary key)")
    ask(f"alter table {table} add v varchar(10) not null default 'd'")
    for number in range(8):
        ask(f"insert into {table} (id) values ({number})")
    assert sorted(ask(f"select * from {table}")) == [(n, "d") for n in range(8)]
    ask(f"create index iv on {table} (v)")
    for primary in mesh.primaries():
        assert primary.sql(f"show index from auto.{table} where key_name = 'iv'")
    ask(f"truncate table {table}")
    assert counts(mesh, table) == [0, 0, 0, 0]
    ask(f"rename table {table} to {table}_b")
    assert counts(mesh, f"{table}_b") == [0, 0, 0, 0]
    ask(f"insert into {table}_b values (1, 'x')")
    ask(f"drop table {table}_b")
    assert counts(mesh, f"{table}_b") == [None] * 4
    with pytest.raises(pymysql.Error) as error:
        ask(f"select * from {table}_b")
    assert error.value.args[0] == 1146


def test_ddl_that_changes_the_key_is_followed(mesh, proxy, ask, table):
    """Dropped and made again with another primary key: the next statement goes by the new one."""
    ask(f"create table {table} (a int primary key, b int)")
    ask(f"insert into {table} values (1, 1)")
    ask(f"drop table {table}")
    ask(f"create table {table} (a int, b int primary key)")
    for number in range(20):
        ask(f"insert into {table} values (1, {number})")
    assert sum(1 for n in counts(mesh, table) if n) > 1
    assert ask(f"select b from {table} where b = 7") == [(7,)]
    assert len(ask(f"select b from {table} where a = 1")) == 20


def test_ddl_by_another_session_is_seen(proxy, ask, table):
    ask(f"create table {table} (id int primary key)")
    assert ask(f"select * from {table}") == []
    with proxy.connect("auto", user="writer") as other, other.cursor() as cursor:
        cursor.execute(f"alter table {table} add w int default 4")
    ask(f"insert into {table} (id) values (3)")
    assert ask(f"select * from {table}") == [(3, 4)]


def test_ddl_error_of_the_servers(ask, table):
    ask(f"create table {table} (id int primary key)")
    with pytest.raises(pymysql.Error) as error:
        ask(f"create table {table} (id int primary key)")
    assert error.value.args[0] == 1050
    ask(f"create table if not exists {table} (id int primary key)")
    with pytest.raises(pymysql.Error) as error:
        ask(f"alter table {table} drop column nothing")
    assert error.value.args[0] == 1091
    ask(f"drop table if exists {table}_none")
    with pytest.raises(pymysql.Error) as error:
        ask(f"drop table {table}_none")
    assert error.value.args[0] == 1051


def test_ddl_that_fails_on_one_shard_names_what_was_done(mesh, ask, table):
    """One shard already has the table: the error says so, and running it again with IF NOT EXISTS finishes it."""
    mesh.primary(2).sql(f"create table auto.{table} (id int primary key)")
    mesh.wait()
    with pytest.raises(pymysql.Error) as error:
        ask(f"create table {table} (id int primary key)")
    assert "s2" in str(error.value)
    ask(f"create table if not exists {table} (id int primary key)")
    assert counts(mesh, table) == [0, 0, 0, 0]


def test_ddl_of_single_tables_goes_to_their_shard(mesh, proxy, table):
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key)")
        assert counts(mesh, table, "plain") == [None, 0, None, None]
        cursor.execute(f"drop table {table}")
        assert counts(mesh, table, "plain") == [None] * 4


def test_views_procedures_and_triggers_of_a_single_schema(proxy, table):
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key, v int)")
        cursor.execute(f"create trigger {table}_t before insert on {table} for each row set new.v = new.id * 2")
        cursor.execute(f"insert into {table} (id) values (5)")
        cursor.execute(f"create view {table}_v as select v from {table}")
        cursor.execute(f"select v from {table}_v")
        assert cursor.fetchall() == ((10,),)
        cursor.execute(f"create function {table}_f(n int) returns int deterministic return n + 1")
        cursor.execute(f"select {table}_f(5)")
        assert cursor.fetchone() == (6,)
        cursor.execute(f"drop function {table}_f")
        cursor.execute(f"drop view {table}_v")


@pytest.mark.mesh_only
def test_mesh_tables_lists_configured_and_found_tables(proxy, ask, table):
    ask(f"create table {table} (id int primary key)")
    ask(f"select * from {table}")
    rows = [
        {k.lower(): v for k, v in r.items()}
        for r in proxy.admin("select * from mesh.tables", pymysql.cursors.DictCursor)
    ]
    kinds = {(r["schema_name"], r["name"]): r["kind"] for r in rows}
    assert (
        kinds["shop", "users"] == "sharded"
        and kinds["shop", "countries"] == "global"
        and kinds["shop", "audit"] == "single"
    )
    assert kinds["auto", table] == "sharded"


def test_trap_R8_many_tables_cost_nothing_at_start(make_proxy, mesh):
    """500 tables that nobody asks for are not read when a proxy starts."""
    import time

    statements = [f"create table if not exists auto.many{n} (id int primary key)" for n in range(500)]
    mesh.primary(3).sql("set sql_log_bin = 0", *statements)
    start = time.monotonic()
    make_proxy()
    assert time.monotonic() - start < 5
    mesh.primary(3).sql("set sql_log_bin = 0", *(f"drop table auto.many{n}" for n in range(500)))


def test_auto_increment_is_never_given_twice(mesh, ask, table):
    """Each shard counts alone, so an INSERT without a value is refused, or every value given is another one."""
    ask(f"create table {table} (id int primary key auto_increment, v int)")
    try:
        for number in range(12):
            ask(f"insert into {table} (v) values ({number})")
    except pymysql.Error as error:
        assert 1000 <= error.args[0] < 2000 or error.args[0] >= 3000
        return
    ids = [r[0] for r in ask(f"select id from {table}")]
    assert len(ids) == len(set(ids)) == 12
    for number in ids:
        assert len(ask(f"select * from {table} where id = {number}")) == 1
