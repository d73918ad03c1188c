"""What needs rows of several shards merged, or several shards written, is refused with a reason: never in part.

When Shardwire learns one of these, its line moves to the tests of answers; nothing else depends on this file.
"""
import pymysql
import pytest

pytestmark = pytest.mark.usefixtures("shop", "mesh")

MERGES = [
    "select count(*) from users",
    "select sum(balance) from users",
    "select max(name) from users where balance > 5",
    "select name, count(*) from users group by name",
    "select distinct name from users",
    "select * from users order by name",
    "select * from users limit 5",
    "select * from users where user_id in (1, 2, 3, 4, 5, 6, 7, 8, 9) order by user_id",
    "select * from users limit 3, 5",
    "select name from users having name > 'a' limit 1",
    "select user_id from users union select user_id from orders",
    "select user_id from users union all select user_id from orders",
    "select user_id, row_number() over (order by user_id) from users",
    "with x as (select * from users) select count(*) from x",
    "select * from (select * from users limit 3) x",
    "select * from users where balance = (select max(balance) from users)",
    "select u.name from users u join orders o on o.note = u.name",
    "select * from users a join users b on a.name = b.name",
    "select * from users where user_id = 7 and balance > (select avg(total) from orders)",
    "select a.id from audit a join audit2 b on a.id = b.id",
    "select * from users u join audit a on a.id = u.user_id",
    "select group_concat(name) from users",
    "select sql_calc_found_rows * from users",
    "select * from users where exists (select 1 from audit2)",
    "select avg(balance) from users",
    "select count(*) from users where user_id in (1, 2, 3, 4, 5, 6, 7, 8, 9)",
    "select u.name, count(*) from users u join orders o using (user_id) group by u.user_id",
    "select * from users where user_id > 3 for update",
]
WRITES = [
    "update users set balance = 0",
    "delete from users",
    "update users set balance = 0 where name = 'user7'",
    "delete from orders where total > 1",
    "update users set balance = 1 where user_id in (1, 2, 3, 4, 5, 6, 7, 8, 9)",
    "insert into users (user_id, name) values (101, 'a'), (102, 'b'), (103, 'c'), (104, 'd'), (105, 'e'), (106, 'f')",
    "insert into users (name) values ('no key')",
    "insert into users (user_id, name) select user_id + 1000, name from users",
    "replace into users (user_id, name) select id, what from audit",
    "insert into audit2 select user_id, name from users",
    "update users u join orders o using (user_id) set u.balance = 0",
    "delete u from users u join orders o using (user_id)",
    "update audit a, audit2 b set a.what = b.what where a.id = b.id",
    "insert into audit2 select id, what from audit",
    "insert into users (user_id, name) values (rand() * 1000, 'x')",
    "insert into users (user_id, name) values (102, 'x') on duplicate key update user_id = 103",
    "delete from users where user_id = 7 or name = 'user8'",
    "update users set balance = 0 order by user_id limit 1",
    "create table copy_of_users as select * from users",
]


@pytest.fixture
def app(proxy):
    with proxy.connect("shop", user="writer") as connection:
        yield connection


def contents(mesh):
    """All rows of the sample schema, as the servers have them."""
    return [
        [
            primary.sql(f"select * from shop.{table} order by 1, 2")
            for table in ("users", "orders", "order_items", "countries", "audit", "audit2")
        ]
        for primary in mesh.primaries()
    ]


def refusal(app, statement):
    with app.cursor() as cursor, pytest.raises(pymysql.Error) as error:
        cursor.execute(statement)
    number, text = error.value.args
    assert 1000 <= number < 2000 or number >= 3000, error.value
    assert number not in (1064, 1146, 1054, 1045), f"a wrong reason: {error.value}"
    assert len(text) > 20
    with app.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
    return text


@pytest.mark.parametrize("statement", MERGES)
def test_select_that_needs_merging_is_refused(app, statement):
    refusal(app, statement)


@pytest.mark.parametrize("statement", MERGES[:12])
def test_the_same_prepared(raw, app, statement):
    import rawclient

    client = raw("shop", "writer")
    with pytest.raises(rawclient.ServerError) as error:
        client.execute(client.prepare(statement))
    assert 1000 <= error.value.code < 2000 or error.value.code >= 3000
    assert client.query("select 1").rows == [(b"1",)]


@pytest.mark.parametrize("statement", WRITES)
def test_write_of_several_shards_is_refused_whole(mesh, app, statement):
    before = contents(mesh)
    refusal(app, statement)
    assert contents(mesh) == before
    for primary in mesh.primaries():
        primary.sql("drop table if exists shop.copy_of_users")


def test_refusal_names_table_and_key(app):
    text = refusal(app, "update users set balance = 0 where name = 'user7'")
    assert "users" in text and "user_id" in text


def two_keys_of_two_shards(mesh):
    first = mesh.primary(0).sql("select user_id from shop.users limit 1")[0][0]
    second = mesh.primary(1).sql("select user_id from shop.users limit 1")[0][0]
    return first, second


def moved(mesh, first, second):
    """True if both balances are 1, False if neither is; half of it fails."""
    sums = [
        mesh.primary(n).sql(f"select balance from shop.users where user_id = {key}")[0][0]
        for n, key in ((0, first), (1, second))
    ]
    assert sums in ([1, 1], [first * 10, second * 10]), f"half a transaction: {sums}"
    return sums == [1, 1]


@pytest.mark.parametrize("begin", ["begin", "set autocommit = 0"])
@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_transaction_that_reaches_a_second_shard_is_whole_or_refused(mesh, app, begin, end):
    first, second = two_keys_of_two_shards(mesh)
    with app.cursor() as cursor:
        cursor.execute(begin)
        cursor.execute(f"update users set balance = 1 where user_id = {first}")
        try:
            cursor.execute(f"update users set balance = 1 where user_id = {second}")
        except pymysql.Error as error:
            assert 1000 <= error.args[0] < 2000 or error.args[0] >= 3000
            cursor.execute(f"select balance from users where user_id = {first}")
            assert cursor.fetchone()[0] == 1  # the transaction stays as it was
            cursor.execute("rollback")
            assert not moved(mesh, first, second)
        else:
            cursor.execute(end)
            assert moved(mesh, first, second) == (end == "commit")
    mesh.sql_all("update shop.users set balance = user_id * 10 where user_id <= 40")


def test_change_of_a_key_to_another_shard_is_refused_or_moves_the_row(mesh, app):
    first, second = two_keys_of_two_shards(mesh)
    before = contents(mesh)
    with app.cursor() as cursor, pytest.raises(pymysql.Error) as error:
        cursor.execute(f"update users set user_id = {second} where user_id = {first}")
    assert 1000 <= error.value.args[0] < 2000  # a duplicate at the latest
    assert contents(mesh) == before


@pytest.mark.parametrize(
    "statement",
    [
        "delete from users wher user_id = 7",
        "update users set balance = 0 whre user_id = 7",
        "delete from users where",
        "select * from users where user_id = 7 and",
        "insert into users value",
        "delete from users where user_id = 7 nonsense",
    ],
)
def test_trap_R2_what_is_not_understood_is_never_run(mesh, app, statement):
    before = contents(mesh)
    with app.cursor() as cursor, pytest.raises(pymysql.Error) as error:
        cursor.execute(statement)
    assert error.value.args[0] == 1064
    assert contents(mesh) == before


@pytest.mark.parametrize(
    "statement",
    [
        "xa start 'x'",
        "change master to master_host = 'x'",
        "shutdown",
        "purge binary logs to 'x'",
        "reset master",
        "stop slave",
        "set global read_only = 1",
        "flush tables with read lock",
    ],
)
def test_statements_about_one_server_are_refused(app, mesh, statement):
    """They would hit one instance of many, chosen by chance."""
    with app.cursor() as cursor, pytest.raises(pymysql.Error) as error:
        cursor.execute(statement)
    assert 1000 <= error.value.args[0] < 2000 or error.value.args[0] >= 3000
    assert all(instance.pid() for instance in mesh.instances)
    assert all(p.sql("select @@global.read_only") == [(0,)] for p in mesh.primaries())


def test_trap_R5_shards_whose_columns_differ(mesh, app):
    """A scatter over a table that is not the same everywhere: an error, not rows under the wrong names."""
    mesh.sql_all("create table shop.names_x (name varchar(20) primary key, a int, b int)")
    mesh.sql_all("drop table shop.names_x")
    mesh.primary(3).sql(
        "alter table shop.names add extra int first", "insert into shop.names values (1, 'somebody', 2)"
    )
    mesh.wait()
    try:
        with app.cursor() as cursor, pytest.raises(pymysql.Error) as error:
            cursor.execute("select * from names")
        assert 1000 <= error.value.args[0] < 2000 or error.value.args[0] >= 3000
    finally:
        mesh.primary(3).sql("delete from shop.names where name = 'somebody'", "alter table shop.names drop extra")
        mesh.wait()
