"""Shard functions: hash, mod, range, list, date, several columns; canonical keys. Judged by where rows are."""
import datetime

import pymysql
import pytest


@pytest.fixture
def ask(proxy, servers):
    for primary in servers.primaries():
        for table in (
            "by_hash",
            "by_unsigned",
            "by_mod",
            "by_range",
            "by_day",
            "by_day_range",
            "by_list",
            "by_pair",
            "by_ci",
            "by_bin",
            "by_decimal",
        ):
            primary.sql(f"delete from func.{table}")
    with proxy.connect("func", user="writer") as connection:

        def run(statement, *arguments):
            with connection.cursor() as cursor:
                cursor.execute(statement, arguments or None)
                return list(cursor.fetchall())

        yield run


def places(mesh, table, columns):
    """{key: shard} of every row, from the servers; a key on two shards fails."""
    found = {}
    for shard, primary in enumerate(mesh.primaries()):
        for row in primary.sql(f"select {columns} from func.{table}"):
            key = row if len(row) > 1 else row[0]
            assert key not in found, f"{key} is on two shards"
            found[key] = shard
    return found


INTEGERS = [0, 1, -1, 7, 1000, 4294967296, -5000000000, 2**63 - 1, -(2**63)]


def test_hash_of_integers(mesh, ask):
    for number in [*INTEGERS, *range(10, 200)]:
        ask(f"insert into by_hash values ({number}, 'v')")
    found = places(mesh, "by_hash", "id")
    assert len(found) == len(INTEGERS) + 190
    for shard in range(4):
        assert list(found.values()).count(shard) > 20
    for number in INTEGERS:
        assert ask(f"select id from by_hash where id = {number}") == [(number,)]
        assert ask("select id from by_hash where id = '%d'" % number) == [(number,)]


def test_hash_is_the_documented_one(mesh, ask):
    """slot = xxh3_64(key as 8 bytes, little-endian) mod 1024; slots spread evenly in the order of the file."""
    xxhash = pytest.importorskip("xxhash")
    for number in range(50):
        ask(f"insert into by_hash values ({number}, 'v')")
    for number, shard in places(mesh, "by_hash", "id").items():
        slot = xxhash.xxh3_64_intdigest(number.to_bytes(8, "little", signed=True)) % 1024
        assert shard == slot // 256


@pytest.mark.parametrize("form", ["5", "'5'", "5.0", "5e0", "' 5'", "'5.0'", "+5", "05", "0x05"])
def test_canonical_integer_key(mesh, ask, form):
    """Every way to write 5 finds the row that was written as 5, and writes to the same place."""
    ask("insert into by_hash values (5, 'five')")
    if form != "0x05":
        assert ask(f"select v from by_hash where id = {form}") == [("five",)]
    ask("delete from by_hash where id = 5")
    try:
        ask(f"insert into by_hash values ({form}, 'again')")
    except pymysql.Error as error:
        assert error.args[0] == 1105 and form in ("' 5'", "0x05", "'5.0'"), form  # refused, not misplaced
        return
    assert ask("select v from by_hash where id = 5") == [("again",)]


def test_values_that_the_column_cannot_hold_match_nothing(ask):
    ask("insert into by_hash values (5, 'five')")
    for value in ("5.5", "99999999999999999999", "-99999999999999999999", "'abc'", "null", "''"):
        rows = ask(f"select v from by_hash where id = {value}")
        assert rows == [], value


def test_unsigned_bigints(mesh, ask):
    for number in (0, 1, 2**63, 2**64 - 1):
        ask(f"insert into by_unsigned values ({number}, 'v')")
        assert ask(f"select id from by_unsigned where id = {number}") == [(number,)]
        assert ask(f"select id from by_unsigned where id = '{number}'") == [(number,)]
    assert len(places(mesh, "by_unsigned", "id")) == 4


def test_mod(mesh, ask):
    for number in range(40):
        ask(f"insert into by_mod values ({number}, 'v')")
    found = places(mesh, "by_mod", "id")
    assert len(found) == 40
    assert all(ask(f"select id from by_mod where id = {n}") == [(n,)] for n in range(40))
    ask("insert into by_mod values (-7, 'v')")
    assert ask("select v from by_mod where id = -7") == [("v",)]


def test_range(mesh, ask):
    where = {-5: 0, 0: 0, 999: 0, 1000: 1, 1999: 1, 2000: 2, 2999: 2, 3000: 3, 10**15: 3}
    for number in where:
        ask(f"insert into by_range values ({number}, 'v')")
    assert places(mesh, "by_range", "id") == where
    assert ask("select id from by_range where id between 1000 and 1999") in ([(1000,), (1999,)], [(1999,), (1000,)])
    assert sorted(ask("select id from by_range where id between 500 and 2500")) == [(999,), (1000,), (1999,), (2000,)]
    assert sorted(ask("select id from by_range where id > 2500")) == [(2999,), (3000,), (10**15,)]
    assert sorted(ask("select id from by_range where id < 1000")) == [(-5,), (0,), (999,)]
    assert ask("select count(*) from by_range where id between 1000 and 1999") == [(2,)]  # one shard: no merging


def test_range_of_dates(mesh, ask):
    where = {
        datetime.date(2023, 12, 31): 0,
        datetime.date(2024, 1, 1): 1,
        datetime.date(2024, 12, 31): 1,
        datetime.date(2025, 1, 1): 2,
    }
    for day in where:
        ask("insert into by_day_range values (%s, 1, 'v')", day.isoformat())
    assert places(mesh, "by_day_range", "at") == where
    for day in where:
        assert ask("select at from by_day_range where at = %s", day.isoformat()) == [(day,)]


def test_list(mesh, ask):
    where = {"DE": 0, "AT": 0, "FR": 1, "JP": 3}
    for country in where:
        ask("insert into by_list values (%s, 1, 'v')", country)
    assert places(mesh, "by_list", "country") == where
    for country in where:
        assert ask("select country from by_list where country = %s", country.lower()) == [(country,)]
    with pytest.raises(pymysql.Error):
        ask("insert into by_list values ('XX', 1, 'v')")  # no list has it, and there is no rest
    assert ask("select * from by_list where country = 'XX'") == []


def test_date(mesh, ask):
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=n) for n in range(40)]
    for day in days:
        ask("insert into by_day values (%s, 1, 'v')", day.isoformat())
    found = places(mesh, "by_day", "at")
    assert len(found) == 40
    assert [list(found.values()).count(s) for s in range(4)] == [10] * 4  # each day the next shard
    for day in days:
        assert ask("select at from by_day where at = %s", day.isoformat()) == [(day,)]
        assert ask("select at from by_day where at = %s", day.strftime("%Y%m%d")) == [(day,)]
    assert ask("select at from by_day where at = date '2024-01-05'") == [(datetime.date(2024, 1, 5),)]


def test_several_columns_as_one_key(mesh, ask):
    pairs = [(a, b) for a in range(10) for b in ("x", "y", "zebra")]
    for a, b in pairs:
        ask("insert into by_pair values (%s, %s, 'v')", a, b)
    found = places(mesh, "by_pair", "a, b")
    assert len(found) == 30 and len(set(found.values())) == 4
    for a, b in pairs:
        assert ask("select v from by_pair where a = %s and b = %s", a, b) == [("v",)]
        assert ask("select v from by_pair where b = %s and a = %s", b, a) == [("v",)]
        assert ask("select v from by_pair where (a, b) = (%s, %s)", a, b) == [("v",)]
    assert len(ask("select v from by_pair where a = 3")) == 3  # half a key: every shard is asked


def test_ci_and_binary_text(mesh, ask):
    for number, name in enumerate(["a", "B", "ö", "ss", "x y", "日本"]):
        ask("insert into by_ci values (%s, %s)", name, number)
        ask("insert into by_bin values (%s, %s)", name, number)
    for name in ("B", "x y", "日本"):
        assert ask("select count(*) from by_ci where name = %s", name) == [(1,)]
    assert ask("select v from by_ci where name = 'b'") == [(1,)]
    assert ask("select v from by_bin where name = 'B'") == [(1,)]
    assert ask("select v from by_bin where name = 'b'") == []


def test_equal_text_is_found_under_any_of_its_spellings(mesh, ask):
    """utf8mb4_general_ci says 'ä' = 'a': the second is a duplicate wherever it is written from."""
    ask("insert into by_ci values ('Bär', 1)")
    for spelling in ("bär", "BÄR", "bar", "BAR", "bar "):
        assert ask("select v from by_ci where name = %s", spelling) == [(1,)], spelling
        with pytest.raises(pymysql.Error) as error:
            ask("insert into by_ci values (%s, 2)", spelling)
        assert error.value.args[0] == 1062, spelling


def test_decimal_key(mesh, ask):
    ask("insert into by_decimal values (1.50, 1)")
    for form in ("1.5", "1.50", "'1.5'", "1.500", "15e-1"):
        assert ask(f"select v from by_decimal where d = {form}") == [(1,)], form
    try:
        ask("insert into by_decimal values (2.005, 7)")
    except pymysql.Error as error:
        assert error.args[0] == 1105  # what the column would hold is not known: refused, not misplaced
        return
    assert ask("select v from by_decimal where d = 2.01") == [(7,)]  # stored rounded: found under what is stored


def test_binary_protocol_finds_the_same_place(mesh, ask, raw):
    client = raw("func", "writer")
    insert, select = client.prepare("insert into by_hash values (?, ?)"), client.prepare(
        "select v from by_hash where id = ?"
    )
    for number, value in enumerate((1, "2", 3.0, "4")):
        client.execute(insert, value, f"v{number}")
    for number in range(4):
        assert ask(f"select v from by_hash where id = {number + 1}") == [(f"v{number}",)]
        assert client.execute(select, number + 1).rows == [(f"v{number}".encode(),)]
    text = client.prepare("select v from by_ci where name = ?")
    ask("insert into by_ci values ('Name', 1)")
    assert client.execute(text, "nAmE").rows == [(1,)]
