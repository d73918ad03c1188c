"""Which shard a statement goes to. Most tests look at the rows on the servers: there is no arguing with those."""
import pymysql
import pytest
from harness import wait_until

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def app(proxy):
    with proxy.connect("shop", user="writer") as connection:
        yield connection


@pytest.fixture
def ask(app):
    def run(statement, *arguments):
        with app.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return list(cursor.fetchall())

    return run


@pytest.fixture
def explain(proxy, app):
    """EXPLAIN ROUTE's rows as dictionaries with lower-case names."""

    def run(statement, *arguments):
        if proxy.direct:
            pytest.skip("a plain server has no EXPLAIN ROUTE: the rows were right")
        with app.cursor(pymysql.cursors.DictCursor) as cursor:
            cursor.execute("explain route " + statement, arguments or None)
            return [{k.lower(): v for k, v in row.items()} for row in cursor.fetchall()]

    return run


def shards_of(rows):
    return sorted({row["shard"] for row in rows})


def where(mesh, sql):
    """The shards whose primary answers the statement with a count above zero."""
    return [i for i, primary in enumerate(mesh.primaries()) if primary.sql(sql)[0][0]]


def test_rows_are_spread_over_all_shards(mesh):
    counts = [primary.sql("select count(*) from shop.users")[0][0] for primary in mesh.primaries()]
    assert sum(counts) == 40 and min(counts) >= 2


def test_bound_rows_are_on_the_same_shard(mesh):
    for user in range(1, 41):
        shard = where(mesh, f"select count(*) from shop.users where user_id = {user}")
        assert len(shard) == 1
        assert where(mesh, f"select count(*) from shop.orders where user_id = {user}") == shard
        assert where(mesh, f"select count(*) from shop.order_items where user_id = {user}") == shard


def test_each_row_is_found_by_its_key(ask):
    for user in range(1, 41):
        assert ask(f"select name from users where user_id = {user}") == [(f"user{user}",)]


FORMS = [
    "select name from users where user_id = {k}",
    "select name from users where {k} = user_id",
    "select name from users where user_id in ({k})",
    "select name from users where user_id = '{k}'",
    "select name from users where user_id = {k}.0",
    "select name from users where user_id = {k} and name like 'user%%'",
    "select u.name from users u where u.user_id = {k}",
    "select users.name from users where users.user_id = {k}",
    "select shop.users.name from shop.users where shop.users.user_id = {k}",
    "select `name` from `users` where `user_id` = {k}",
    "select name from users where (user_id = {k})",
    "select name from users where ((user_id) = ({k})) and 1 = 1",
    "select name from users where user_id <=> {k}",
    "select name from users where user_id = {k} or user_id = {k}",
    "select NAME from users where USER_ID = {k}",
    "select name from users where user_id between {k} and {k}",
    "select name from users where (user_id, name) = ({k}, 'user{k}')",
    "select name from users where user_id = +{k}",
    "select name from users where not (not user_id = {k})",
    "select name from users where user_id = {k} order by name limit 5",
    "select name from users where user_id = 0 + {k}",
    "select distinct name from users where user_id = {k}",
    "(select name from users where user_id = {k})",
    "select max(name) from users where user_id = {k} group by user_id having count(*) > 0",
    "select name from (select * from users where user_id = {k}) x",
    "select name from users where user_id = {k} for update",
    "select name from users /* c */ where -- x\n user_id = {k}",
    "select name from users where user_id = {k};",
    "with x as (select * from users where user_id = {k}) select name from x",
    "select name from users where user_id = 0x{h}",
    "select name from users where user_id in ({k}, {k}, '{k}')",
]
HARD = {
    "select name from users where user_id between {k} and {k}",
    "select name from users where not (not user_id = {k})",
    "select name from users where user_id = 0 + {k}",
    "select name from users where user_id = 0x{h}",
    "select name from users where user_id <=> {k}",
}


@pytest.mark.parametrize("form", FORMS)
def test_point_select_in_every_form(ask, explain, form):
    """The row comes whatever the form; the plain forms go to one shard only."""
    for key in (1, 7, 23, 40):
        statement = form.format(k=key, h=f"{key:02x}")
        assert ask(statement) == [(f"user{key}",)], statement
        if form not in HARD:
            assert len(explain(statement)) == 1, statement


def test_explain_route_tells_shard_role_and_sql(explain, mesh):
    rows = explain("select * from users where user_id = 7")
    assert len(rows) == 1
    shard = where(mesh, "select count(*) from shop.users where user_id = 7")[0]
    assert rows[0]["shard"] == f"s{shard}" and "one" in rows[0]["rung"] and "users" in rows[0]["sql"]
    assert rows[0]["role"] in ("primary", "replica")
    assert explain("select * from users where user_id = 7 for update")[0]["role"] == "primary"
    assert explain("update users set name = 'x' where user_id = 7")[0]["role"] == "primary"
    assert shards_of(explain("select * from users")) == ["s0", "s1", "s2", "s3"]
    assert shards_of(explain("select * from audit2")) == ["s2"]
    assert len(explain("select * from countries")) == 1


def test_explain_route_runs_nothing(explain, ask):
    explain("delete from users where user_id = 7")
    explain("drop table users")
    assert ask("select count(*) from users where user_id = 7") == [(1,)]


def test_explain_route_of_a_refusal_says_why(app):
    with app.cursor() as cursor:
        try:
            cursor.execute("explain route select count(*), name from users group by name")
            text = str(cursor.fetchall())
        except pymysql.Error as error:
            text = str(error)
    assert "users" in text or "refuse" in text or "group" in text.lower()


def test_parameters_of_prepared_statements_route(raw):
    client = raw("shop", "writer")
    statement = client.prepare("select name from users where user_id = ?")
    for key in (1, 7, 23, 40):
        assert client.execute(statement, key).rows == [(f"user{key}".encode(),)]
        assert client.execute(statement, str(key)).rows == [(f"user{key}".encode(),)]
        assert client.execute(statement, float(key)).rows == [(f"user{key}".encode(),)]
    assert client.execute(statement, None).rows == []
    assert client.execute(statement, "x7").rows == []
    statement = client.prepare("select name from users where user_id = ? and name = ?")
    assert client.execute(statement, 7, "user7").rows == [(b"user7",)]
    statement = client.prepare("select name from users where user_id in (?, ?)")
    assert sorted(client.execute(statement, 7, 23).rows) == [(b"user23",), (b"user7",)]


def test_text_prepared_statements_route(ask):
    ask("prepare s from 'select name from users where user_id = ?'")
    for key in (1, 7, 23, 40):
        ask(f"set @k = {key}")
        assert ask("execute s using @k") == [(f"user{key}",)]
        ask(f"set @k = '{key}'")
        assert ask("execute s using @k") == [(f"user{key}",)]


def test_user_variable_as_the_key(ask):
    for key in (1, 7, 23):
        ask(f"set @k = {key}")
        assert ask("select name from users where user_id = @k") == [(f"user{key}",)]


def test_trap_R1_in_with_keys_of_several_shards(ask):
    assert sorted(ask("select user_id from users where user_id in (1, 2, 3, 4, 5, 6, 7, 8, 9)")) == [
        (i,) for i in range(1, 10)
    ]
    assert sorted(ask("select user_id from users where user_id = 1 or user_id = 2 or user_id = 3")) == [
        (1,),
        (2,),
        (3,),
    ]
    assert sorted(ask("select user_id from users where user_id in (1, 1000, 2)")) == [(1,), (2,)]


def test_contradictions_match_nothing(ask):
    assert ask("select * from users where user_id = 1 and user_id = 2") == []
    assert ask("select * from users where user_id = null") == []
    assert ask("select * from users where user_id in (null)") == []
    assert ask("select * from users where user_id = 1 and false") == []
    assert ask("select * from users where user_id = 1.5") == []
    assert ask("select * from users where user_id = 99999999999999999999") == []


def test_key_in_or_with_another_column_is_no_key(ask, explain):
    assert len(shards_of(explain("select * from users where user_id = 1 or name = 'user2'"))) == 4
    assert sorted(r[0] for r in ask("select user_id from users where user_id = 1 or name = 'user2'")) == [1, 2]
    assert sorted(r[0] for r in ask("select user_id from users where not user_id = 1")) == list(range(2, 41))
    assert len(ask("select user_id from users where user_id <> 1")) == 39


def test_scatter_concatenates(ask):
    assert sorted(r[0] for r in ask("select user_id from users")) == list(range(1, 41))
    assert sorted(r[0] for r in ask("select user_id from users where balance > 200")) == list(range(21, 41))
    assert len(ask("select * from users where name like 'user1%%'")) == 11
    assert ask("select * from users where name = 'nobody'") == []
    assert len(ask("select o.order_id from users u join orders o on o.user_id = u.user_id")) == 120


def test_semi_join_of_bound_tables_is_done_on_each_shard(ask):
    rows = ask("select user_id from users where user_id in (select user_id from orders where total > 30)")
    assert sorted(r[0] for r in rows) == list(range(30, 41))


def test_scatter_in_the_binary_protocol(raw):
    client = raw("shop", "writer")
    rows = client.execute(client.prepare("select user_id, name from users where balance > ?"), 200).rows
    assert sorted(r[0] for r in rows) == list(range(21, 41))
    assert client.execute(client.prepare("select user_id from users where balance > ?"), 100000).rows == []


def test_scatter_columns_are_named_as_by_one_server(raw):
    result = raw("shop", "writer").query("select user_id as u, name, 1 + 1 from users x")
    assert [(c.name, c.org_name, c.table, c.org_table) for c in result.columns] == [
        ("u", "user_id", "x", "users"),
        ("name", "name", "x", "users"),
        ("1 + 1", "", "", ""),
    ]


def test_bound_join_by_key_goes_to_one_shard(ask, explain):
    for statement in (
        "select u.name, o.total, i.product from users u join orders o on o.user_id = u.user_id join order_items i on "
        "i.user_id = o.user_id and i.order_id = o.order_id where u.user_id = 7",
        "select u.name, o.total, i.product from users u join orders o using (user_id) join order_items i "
        "using (user_id, order_id) where o.user_id = 7",
        "select u.name, o.total, i.product from users u, orders o, order_items i where u.user_id = o.user_id and "
        "o.user_id = i.user_id and i.order_id = o.order_id and i.user_id = 7",
        "select u.name, o.total, i.product from users u left join orders o on o.user_id = u.user_id left join "
        "order_items i on i.user_id = o.user_id and i.order_id = o.order_id where u.user_id = 7",
    ):
        assert len(ask(statement)) == 6, statement
        assert len(explain(statement)) == 1, statement


def test_bound_subquery_goes_to_one_shard(ask, explain):
    statement = "select name from users where user_id = 7 and exists (select 1 from orders where user_id = 7)"
    assert ask(statement) == [("user7",)] and len(explain(statement)) == 1
    statement = "select sum(quantity) from order_items where user_id = 7"
    assert ask(statement)[0][0] == 9 and len(explain(statement)) == 1
    statement = "select count(*), max(total) from orders where user_id = 7 group by user_id order by 1 limit 3"
    assert ask(statement)[0][0] == 3 and len(explain(statement)) == 1
    statement = (
        "select user_id from users where user_id = 7 union all select user_id from orders where user_id = 7 "
        "order by user_id limit 10"
    )
    assert len(ask(statement)) == 4 and len(explain(statement)) == 1


def test_global_tables_join_everywhere(ask, explain):
    statement = "select u.name, c.name from users u join countries c where u.user_id = 7 and c.code = 'DE'"
    assert ask(statement) == [("user7", "Germany")] and len(explain(statement)) == 1
    assert len(ask("select * from countries")) == 3
    assert len(ask("select u.user_id from users u join countries c on c.code = 'DE'")) == 40
    assert ask("select count(*) from countries") == [(3,)]


def test_global_tables_are_on_every_shard(mesh, ask):
    for primary in mesh.primaries():
        assert primary.sql("select count(*) from shop.countries") == [(3,)]


def test_single_tables(mesh, ask, explain):
    assert where(mesh, "select count(*) from shop.audit") == [0]
    assert where(mesh, "select count(*) from shop.audit2") == [2]
    assert ask("select count(*), max(id) from audit") == [(2, 2)]
    assert shards_of(explain("select * from audit")) == ["s0"]
    assert ask("select a.id, c.code from audit a join countries c where c.code = 'FR' and a.id = 1") == [(1, "FR")]


def test_statement_without_a_table(ask, explain):
    assert ask("select 1 + 1") == [(2,)]
    assert len(explain("select now()")) == 1


def test_insert_update_delete_by_key(mesh, app, ask):
    with app.cursor() as cursor:
        for key in range(1001, 1021):
            assert cursor.execute(f"insert into users (user_id, name) values ({key}, 'n')") == 1
        for key in range(1001, 1021):
            assert cursor.execute("update users set name = concat(name, 'x') where user_id = %s", (key,)) == 1
            assert len(where(mesh, f"select count(*) from shop.users where user_id = {key} and name = 'nx'")) == 1
            assert cursor.execute("delete from users where user_id = %s and name = 'nx'", (key,)) == 1
    assert ask("select user_id from users where user_id > 1000") == []


def test_every_form_of_insert(mesh, app, ask):
    forms = [
        "insert into users (user_id, name) values ({k}, 'i')",
        "insert users (name, user_id) value ('i', {k})",
        "insert into users set user_id = {k}, name = 'i'",
        "insert into shop.users values ({k}, 'i', null, null, 0)",
        "replace into users (user_id, name) values ({k}, 'i')",
        "insert ignore into users (user_id, name) values ({k}, 'i')",
        "insert into users (user_id, name) values ({k}, 'i') on duplicate key update name = 'dup'",
        "insert into users (user_id, name) values ('{k}', 'i')",
        "insert into users (`user_id`, `name`) values ({k}.0, 'i')",
        "insert into users (user_id, name, balance) values ({k}, 'i', 1 + 1)",
    ]
    with app.cursor() as cursor:
        for number, form in enumerate(forms):
            key = 2000 + number
            assert cursor.execute(form.format(k=key)) == 1, form
            assert len(where(mesh, f"select count(*) from shop.users where user_id = {key}")) == 1, form
            assert ask(f"select name from users where user_id = {key}") == [("i",)], form
            cursor.execute(f"delete from users where user_id = {key}")


def test_multi_row_insert_of_one_shard(app, ask):
    with app.cursor() as cursor:
        rows = ", ".join(f"({n}, 3000, 1.00, 'x')" for n in range(50))
        assert cursor.execute(f"insert into orders (order_id, user_id, total, note) values {rows}") == 50
        assert ask("select count(*) from orders where user_id = 3000") == [(50,)]
        assert cursor.execute("delete from orders where user_id = 3000") == 50


def test_insert_select_within_a_shard(app, ask):
    with app.cursor() as cursor:
        assert (
            cursor.execute(
                "insert into orders (order_id, user_id, total) select order_id + 50000, user_id, total from orders "
                "where user_id = 7"
            )
            == 3
        )
        assert cursor.execute("delete from orders where user_id = 7 and order_id > 50000") == 3


def test_transaction_on_one_shard(mesh, app, ask, proxy):
    ask("begin")
    ask("update users set balance = 5 where user_id = 7")
    ask("insert into orders values (70001, 7, 1, 'in transaction')")
    assert ask("select balance from users where user_id = 7")[0][0] == 5
    assert ask("select count(*) from orders where user_id = 7") == [(4,)]
    assert ask("select count(*) from countries") == [(3,)]  # global: the shard of the transaction has it
    ask("rollback")
    assert ask("select balance from users where user_id = 7")[0][0] == 70
    assert ask("select count(*) from orders where user_id = 7") == [(3,)]


def test_write_of_a_global_table_goes_to_every_shard(mesh, app, ask):
    with app.cursor() as cursor:
        assert cursor.execute("insert into countries values ('JP', 'Japan')") == 1
        for primary in mesh.primaries():
            assert primary.sql("select count(*) from shop.countries where code = 'JP'") == [(1,)]
        assert cursor.execute("update countries set name = 'Nippon' where code = 'JP'") == 1
        for primary in mesh.primaries():
            assert primary.sql("select name from shop.countries where code = 'JP'") == [("Nippon",)]
        assert cursor.execute("delete from countries where code = 'JP'") == 1
    assert len(where(mesh, "select count(*) from shop.countries where code = 'JP'")) == 0


def test_global_write_that_fails_is_an_error(ask):
    with pytest.raises(pymysql.Error) as error:
        ask("insert into countries values ('DE', 'again')")
    assert error.value.args[0] == 1062


def test_text_keys_by_collation(ask, mesh, is_mysql):
    """'anna' and 'ANNA' are one key under a _ci collation, trailing spaces too: they must meet on one shard."""
    names = ["Anna", "BOB", "carl", "Zoë", "straße", "日本", "", " lead", "o'neil", "back\\slash"]
    for number, name in enumerate(names):
        ask("insert into names values (%s, %s)", name, number)
    for number, name in enumerate(names):
        assert ask("select age from names where name = %s", name) == [(number,)]
        assert ask("select age from names where name = %s", name.swapcase() if name.isascii() else name) == [(number,)]
    for other in ("ANNA",) if is_mysql else ("ANNA", "anna "):  # MySQL's own default collation does not pad
        with pytest.raises(pymysql.Error) as error:
            ask("insert into names values (%s, 99)", other)
        assert error.value.args[0] == 1062
    assert ask("select count(*) from names where name = 'ZOE'") == ask("select 'Zoë' = 'ZOE'")
    total = sum(primary.sql("select count(*) from shop.names")[0][0] for primary in mesh.primaries())
    assert total == len(names)


def test_schema_qualified_from_another_schema(proxy):
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute("select name from shop.users where user_id = 7")
        assert cursor.fetchone() == ("user7",)
        cursor.execute("use shop")
        cursor.execute("select name from users where user_id = 23")
        assert cursor.fetchone() == ("user23",)


def test_show_and_describe(ask):
    assert {r[0] for r in ask("show tables")} >= {"users", "orders", "order_items", "countries", "audit", "audit2"}
    assert len(ask("show tables")) == len({r[0] for r in ask("show tables")})
    assert [r[0] for r in ask("describe users")] == ["user_id", "name", "email", "born", "balance"]
    assert "create table" in ask("show create table users")[0][1].lower()
    assert [r[0] for r in ask("show columns from audit2")] == ["id", "what"]
    assert ask("show index from users")[0][2] == "PRIMARY"
    assert {"shop", "plain"} <= {r[0] for r in ask("show databases")}
    assert ask("show variables like 'sql_mode'")[0][0] == "sql_mode"
    assert ask("explain select * from users where user_id = 7")


def test_hint_comment_is_no_key(ask):
    assert len(ask("select /* user_id = 7 */ user_id from users")) == 40


def test_key_inside_a_string_is_no_key(ask):
    assert ask("select user_id from users where name = 'x\\' or user_id = 7 -- '") == []
    assert len(ask("select user_id from users where name <> 'user_id = 7'")) == 40


def test_aliases_that_shadow(ask):
    """`user_id` in WHERE is the column even when an alias of that name exists."""
    assert ask("select 99 as user_id, name from users where user_id = 7") == [(99, "user7")]
    assert ask("select o.user_id from users o where o.user_id = 7") == [(7,)]
    assert sorted(ask("select orders.name from users orders where orders.user_id = 7")) == [("user7",)]


@pytest.mark.mesh_only
def test_statements_are_counted_by_digest(proxy, ask):
    for key in range(1, 11):
        ask(f"select name from users where user_id = {key} and 'count me' = 'count me'")
    rows = wait_until(
        lambda: [
            r
            for r in proxy.admin("select * from mesh.statements", pymysql.cursors.DictCursor)
            if sum("count me" in str(v) for v in r.values()) == 0
            and any("user_id" in str(v) and "`name`" not in str(v) for v in r.values())
        ],
        5,
    )
    assert rows
