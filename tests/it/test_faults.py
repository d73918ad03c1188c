"""Servers die, proxies are told to stop, configuration changes under load: what clients may see, and what never."""
import contextlib
import os
import signal
import threading
import time

import pymysql
import pytest
import rawclient as wire
from harness import USERS, base_config, sanitized, wait_until
from workload import Workload

pytestmark = pytest.mark.usefixtures("healed", "shop")


def reading(key_of):
    """A point select whose answer is known."""

    def work(cursor, number):
        key = key_of(number)
        cursor.execute("select user_id, name from users where user_id = %s", (key,))
        assert cursor.fetchall() == ((key, f"user{key}"),)

    return work


def keys_on(mesh, shard):
    return [r[0] for r in mesh.primary(shard).sql("select user_id from shop.users where user_id <= 40")]


def test_trap_F1_kill_a_replica_under_load(proxy, mesh):
    """Statements that had begun on it may fail, once a client; all else goes on at once, and the replica comes back."""
    keys = keys_on(mesh, 0)
    with Workload(lambda: proxy.connect("shop", user="reader"), reading(lambda n: keys[n % len(keys)])) as load:
        load.progress(200)
        killed = time.monotonic()
        mesh.replica(0).kill()
        load.progress(200, 5)
        assert len(load.errors_since(killed)) <= 8
        quiet = time.monotonic() + 0.5
        time.sleep(1)
        assert not load.errors_since(quiet), load.errors[-3:]
        mesh.replica(0).start()
        proxy.settle()
        load.progress(200)


def test_kill_a_primary_under_load(proxy, mesh):
    """Its writes fail until it is back; all other shards' clients notice nothing (F4)."""
    dead, alive = keys_on(mesh, 1), keys_on(mesh, 2)

    def writing(keys):
        def work(cursor, number):
            cursor.execute("update users set balance = balance + 1 where user_id = %s", (keys[number % len(keys)],))
            assert cursor.rowcount == 1

        return work

    connect = lambda: proxy.connect("shop", user="writer")  # noqa: E731
    with Workload(connect, writing(dead), 2) as broken, Workload(connect, writing(alive), 2) as fine:
        broken.progress(50)
        mesh.primary(1).kill()
        start = time.monotonic()
        fine.progress(300, 15)
        wait_until(lambda: broken.errors, 10, "an error of the dead shard's writers")
        assert not fine.errors, fine.errors[:3]
        mesh.primary(1).start()
        broken.progress(50, 30)
        assert not fine.errors and time.monotonic() - start < 60
    total = mesh.primary(1).sql("select sum(balance - user_id * 10) from shop.users where user_id <= 40")[0][0]
    assert total >= broken.done  # every acknowledged write is there; one in flight may be as well
    mesh.sql_all("update shop.users set balance = user_id * 10 where user_id <= 40")


def test_error_of_a_dead_shard_is_a_server_error(proxy, mesh):
    key = keys_on(mesh, 3)[0]
    mesh.primary(3).kill()
    mesh.replica(3).kill()
    start = time.monotonic()
    with proxy.connect("shop", user="app") as connection, connection.cursor() as cursor:
        for statement in (
            f"select * from users where user_id = {key}",
            f"update users set balance = 0 where user_id = {key}",
        ):
            with pytest.raises(pymysql.Error) as error:
                cursor.execute(statement)
            assert 1000 <= error.value.args[0] < 2000 or error.value.args[0] >= 3000
            assert "s3" in error.value.args[1] or "127.0.0.1" in error.value.args[1]
        for statement in ("select * from users", "select user_id from users where balance > 5"):  # F4: never fewer rows
            with pytest.raises(pymysql.Error):
                cursor.execute(statement)
        cursor.execute("select 1")
    assert time.monotonic() - start < 20


def test_reads_of_a_shard_whose_primary_is_dead_go_on(proxy, mesh):
    key = keys_on(mesh, 3)[0]
    mesh.primary(3).kill()
    with proxy.connect("shop", user="reader") as connection, connection.cursor() as cursor:
        for _ in range(5):
            cursor.execute(f"select name from users where user_id = {key}")
            assert cursor.fetchone() == (f"user{key}",)


def test_readyz_follows_the_primaries(proxy, mesh):
    assert proxy.http("/readyz")[0] == 200
    mesh.primary(2).kill()
    wait_until(lambda: proxy.http("/readyz")[0] == 503, 10, "not ready")
    assert proxy.http("/healthz")[0] == 200
    mesh.primary(2).start()
    wait_until(lambda: proxy.http("/readyz")[0] == 200, 10, "ready again")


@pytest.mark.parametrize("binary", [False, True], ids=["text", "binary"])
def test_killed_in_the_middle_of_a_result(proxy, mesh, binary, request):
    table = mesh.primary(0)
    table.sql(
        "create table shop.mid (name int primary key)",
        "insert into shop.mid values " + ",".join(f"({n})" for n in range(30)),
    )
    request.addfinalizer(lambda: (table.start(), table.sql("drop table if exists shop.mid")))
    with wire.RawClient(proxy.port, receive_buffer=65536) as client:
        client.login("writer", USERS["writer"], "shop")
        sql = "select repeat('x', 20000), a.name from mid a join mid b join mid c"
        if binary:
            statement = client.prepare(sql)
            client.command(wire.COM_STMT_EXECUTE, wire.execute_payload(statement.id, ()))
        else:
            client.command(wire.COM_QUERY, sql.encode())
        client.buffer = client.receive(200000) + client.buffer
        table.kill()
        with pytest.raises((wire.ServerError, wire.Closed)) as error:
            client.read_result(binary=binary)
        if isinstance(error.value, wire.ServerError):
            assert 1000 <= error.value.code < 2000 or error.value.code >= 3000


def test_killed_in_the_middle_of_a_scatter(proxy, mesh):
    """One of four streams breaks: the client must not take the other three for the whole."""
    with wire.RawClient(proxy.port, receive_buffer=65536) as client:
        client.login("writer", USERS["writer"], "shop")
        client.command(
            wire.COM_QUERY,
            b"select u.user_id, repeat('x', 100000) from users u join countries c join countries d "
            b"join countries e join countries f",
        )
        client.buffer = client.receive(150000) + client.buffer
        mesh.primary(3).kill()
        try:
            result = client.read_result()
            assert len(result.rows) == 40 * 81  # it had come wholly before: then it is all of it
        except (wire.ServerError, wire.Closed):
            pass


def test_transaction_on_a_killed_primary_is_lost_with_an_error(proxy, mesh):
    key = keys_on(mesh, 1)[0]
    with proxy.connect("shop", user="writer", autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute(f"update users set balance = 777 where user_id = {key}")
        mesh.primary(1).kill()
        with pytest.raises(pymysql.Error):
            cursor.execute(f"update users set balance = 778 where user_id = {key}")
            connection.commit()
    mesh.primary(1).start()
    assert mesh.primary(1).sql(f"select balance from shop.users where user_id = {key}")[0][0] == key * 10


def test_commit_is_never_acknowledged_by_a_dead_primary(proxy, mesh):
    key = keys_on(mesh, 1)[0]
    with proxy.connect("shop", user="writer", autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute(f"update users set balance = 555 where user_id = {key}")
        mesh.primary(1).kill()
        with pytest.raises(pymysql.Error):
            connection.commit()


def test_pinned_state_lost_with_its_server_is_an_error_not_silence(proxy, mesh):
    """A temporary table dies with its backend: the next use says so."""
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute("create temporary table temp_x (i int)")
        cursor.execute("insert into temp_x values (1)")
        mesh.primary(1).kill()
        mesh.primary(1).start()
        with pytest.raises(pymysql.Error):
            cursor.execute("select * from temp_x")


def test_idle_clients_survive_a_restart_of_the_servers(proxy, mesh):
    """They held no backend: nothing of theirs was lost, and their settings come along."""
    clients = [proxy.connect("plain", user="writer") for _ in range(10)]
    for number, client in enumerate(clients):
        client.query(f"set @n = {number}, time_zone = '+0{number % 9}:00'")
    mesh.primary(1).kill()
    mesh.primary(1).start()
    proxy.settle()
    for number, client in enumerate(clients):
        with client.cursor() as cursor:
            cursor.execute("select @n, @@time_zone")
            assert cursor.fetchone() == (number, f"+0{number % 9}:00")
        client.close()


def test_statement_on_a_stale_pooled_backend_is_tried_again(proxy, mesh):
    """F2: the pool's connections died with the server. A statement that never reached a living one is not failed."""
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        for _ in range(5):
            cursor.execute("select 1 from shop.audit")
        mesh.primary(0).kill()
        mesh.primary(0).start()
        time.sleep(0.3)
        for _ in range(5):
            cursor.execute("select count(*) from shop.audit")


def test_frozen_server_does_not_freeze_the_others(proxy, mesh):
    """SIGSTOP: it accepts connections and answers nothing."""
    stuck, fine = keys_on(mesh, 2), keys_on(mesh, 3)
    instance = mesh.primary(2)
    os.kill(instance.pid(), signal.SIGSTOP)
    try:
        with Workload(lambda: proxy.connect("shop", user="writer"), reading(lambda n: fine[n % len(fine)]), 2) as load:
            load.progress(300)
            assert not load.errors
        wait_until(lambda: proxy.http("/readyz")[0] == 503, 15, "the frozen primary to be noticed")
    finally:
        os.kill(instance.pid(), signal.SIGCONT)
    wait_until(lambda: proxy.http("/readyz")[0] == 200, 15, "ready again")
    with proxy.connect("shop", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"select name from users where user_id = {stuck[0]}")
        assert cursor.fetchone() == (f"user{stuck[0]}",)


def test_reload_under_load(make_proxy, mesh):
    """No client is dropped and no statement fails, while users, limits and weights change."""
    proxy = make_proxy()
    proxy.settle()
    with Workload(lambda: proxy.connect("shop", user="app"), reading(lambda n: n + 1)) as load:
        load.progress(200)
        for number in range(6):
            users = list(proxy.config["users"])
            if number % 2 == 0:
                users = [*users, {"name": "extra", "password": "extra-secret-5", "schema": "shop"}]
            else:
                users = [u for u in users if u["name"] != "extra"]
            proxy.reload(users=users, **{"limits.max_queue": 5000 + number})
            load.progress(100)
            if number % 2 == 0:
                proxy.connect("shop", user="app").close()
                pymysql.connect(host="127.0.0.1", port=proxy.port, user="extra", password="extra-secret-5").close()
        assert not load.errors, load.errors[:3]
    with pytest.raises(pymysql.Error) as error:
        pymysql.connect(host="127.0.0.1", port=proxy.port, user="extra", password="extra-secret-5")
    assert error.value.args[0] == 1045


def test_reload_of_a_broken_file_changes_nothing(make_proxy):
    proxy = make_proxy()
    good = proxy.file.read_text(encoding="utf-8")
    proxy.file.write_text(good.replace("limits:", "limits:\n  no_such_setting: 5\nx_limits:", 1), encoding="utf-8")
    before = len(proxy.log())
    os.kill(proxy.process.pid, signal.SIGHUP)
    wait_until(lambda: "no_such_setting" in proxy.log()[before:], 10, "the complaint in the log")
    with pytest.raises(pymysql.Error):
        proxy.admin("reload")
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
    proxy.write_config()
    proxy.admin("reload")


def test_reload_that_removes_a_replica(make_proxy, mesh):
    proxy = make_proxy()
    proxy.settle()
    with Workload(lambda: proxy.connect("shop", user="reader"), reading(lambda n: n + 1)) as load:
        load.progress(100)
        shards = [{**s, "instances": s["instances"][:1]} for s in proxy.config["shards"]]
        full = proxy.config["shards"]
        proxy.reload(shards=shards)
        load.progress(100)
        assert len(proxy.admin("select name from mesh.instances")) == 4
        proxy.reload(shards=full)
        load.progress(100)
        assert not load.errors, load.errors[:3]
    proxy.settle()


def test_trap_F6_sigterm_drains(make_proxy, mesh):
    """An open transaction may finish; new clients are turned away; then the process ends by itself with status 0."""
    proxy = make_proxy()
    inside, idle = proxy.connect("shop", user="writer", autocommit=False), proxy.connect("shop")
    key = keys_on(mesh, 1)[0]
    with inside.cursor() as cursor:
        cursor.execute(f"update users set balance = 1 where user_id = {key}")
        os.kill(proxy.process.pid, signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises((pymysql.Error, OSError)):
            proxy.connect("shop").query("select 1")
        assert proxy.http("/readyz")[0] in (503, 0)
        cursor.execute(f"update users set balance = balance + 1 where user_id = {key}")
        inside.commit()
    assert proxy.process.wait(10) == 0
    assert mesh.primary(1).sql(f"select balance from shop.users where user_id = {key}")[0][0] == 2
    mesh.primary(1).sql(f"update shop.users set balance = user_id * 10 where user_id = {key}")
    with pytest.raises((pymysql.Error, OSError)):
        idle.query("select 1")


def test_trap_F6_sigterm_lets_a_statement_finish(make_proxy):
    proxy = make_proxy()
    answer = []

    def ask():
        with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
            cursor.execute("select sleep(1.5), 'done'")
            answer.append(cursor.fetchone())

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.5)
    os.kill(proxy.process.pid, signal.SIGTERM)
    thread.join(10)
    assert answer == [(0, "done")]
    assert proxy.process.wait(10) == 0


def test_trap_F6_drain_ends_at_its_deadline(make_proxy):
    proxy = make_proxy(**{"limits.drain_timeout": "1s"})
    connection = proxy.connect("shop", user="writer", autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("update users set balance = balance where user_id = 1")
    start = time.monotonic()
    os.kill(proxy.process.pid, signal.SIGTERM)
    assert proxy.process.wait(10) == 0
    assert 0.7 < time.monotonic() - start < 6
    with pytest.raises((pymysql.Error, OSError)):
        connection.query("select 1")


def test_kill_9_of_the_proxy_leaves_nothing_behind(make_proxy, mesh):
    """Its open transactions are rolled back by the servers, and the next proxy works at once."""
    proxy = make_proxy()
    key = keys_on(mesh, 1)[0]
    with contextlib.suppress(pymysql.Error, OSError):
        with proxy.connect("shop", user="writer", autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute(f"update users set balance = 999 where user_id = {key}")
            proxy.kill()
    proxy.process = None
    second = make_proxy()
    with second.connect("shop", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute("set innodb_lock_wait_timeout = 5")
        cursor.execute(f"update users set balance = {key * 10} where user_id = {key}")
        assert mesh.primary(1).sql(f"select balance from shop.users where user_id = {key}")[0][0] == key * 10


def test_proxy_starts_while_a_shard_is_down(make_proxy, mesh):
    mesh.primary(3).kill()
    proxy = make_proxy(start=False)
    proxy.start(wait=False)
    wait_until(lambda: proxy.http("/healthz")[0] == 200, 10)
    assert proxy.http("/readyz")[0] == 503
    key = keys_on(mesh, 0)[0]

    def works():
        with contextlib.suppress(pymysql.Error, OSError), proxy.connect("shop", user="writer") as connection:
            with connection.cursor() as cursor:
                cursor.execute(f"select name from users where user_id = {key}")
                return cursor.fetchone() == (f"user{key}",)

    wait_until(works, 10, "the shards that are up to be served")
    mesh.primary(3).start()
    wait_until(lambda: proxy.http("/readyz")[0] == 200, 15, "ready")


def test_wrong_backend_password_is_said_and_hurts_nobody(make_proxy):
    proxy = make_proxy(start=False, backend={"user": "mesh", "password": "not-the-password-9"})
    proxy.start(wait=False)
    wait_until(lambda: proxy.http("/healthz")[0] == 200, 10)
    with contextlib.suppress(pymysql.Error), proxy.connect(
        "plain", user="writer"
    ) as connection, connection.cursor() as cursor:
        with pytest.raises(pymysql.Error):
            cursor.execute("select 1 from shop.audit")
    assert proxy.http("/readyz")[0] == 503
    assert "not-the-password-9" not in proxy.log()


def test_backend_limit_makes_clients_wait_not_fail(make_proxy, mesh):
    """F7: two connections an instance; twenty clients share them."""
    proxy = make_proxy(
        shards=[
            {**s, "instances": [{**i, "connections": 2} for i in s["instances"]]} for s in base_config(mesh)["shards"]
        ],
        threads=1,
    )
    before = int(mesh.primary(1).sql("show status like 'Threads_connected'")[0][1])
    with Workload(
        lambda: proxy.connect("plain", user="writer"), lambda c, n: c.execute("select sleep(0.005)"), 20
    ) as load:
        load.progress(300, 30)
        now = int(mesh.primary(1).sql("show status like 'Threads_connected'")[0][1])
        assert now - before <= 2 + 2  # and its probe, and ours
        assert not load.errors, load.errors[:3]


def test_queue_timeout_is_a_clean_error(make_proxy, mesh):
    shards = [
        {**s, "instances": [{**i, "connections": 1} for i in s["instances"]]} for s in base_config(mesh)["shards"]
    ]
    proxy = make_proxy(shards=shards, threads=1, **{"limits.queue_timeout": "300ms"})
    holder = proxy.connect("plain", user="writer", autocommit=False)
    holder.query("select 1 from shop.audit for update")
    with proxy.connect("plain", user="writer") as connection, connection.cursor() as cursor:
        with pytest.raises(pymysql.Error) as error:
            cursor.execute("select 1 from shop.audit")
        assert error.value.args[0] in (1205, 1203, 1040, 1105)
        holder.rollback()
        cursor.execute("select 1 from shop.audit")
    holder.close()


def test_memory_is_stable_over_reconnects_and_reloads(make_proxy):
    proxy = make_proxy()

    def round_of_work():
        for _ in range(150):
            with proxy.raw("shop", "writer") as client:
                client.query("select * from users where user_id = 7")
                client.execute(client.prepare("select ? + 1"), 5)
        for _ in range(5):
            proxy.reload()

    round_of_work()
    before, fds = proxy.rss(), proxy.fds()
    round_of_work()
    if not sanitized():
        assert proxy.rss() - before < 6 << 20
    assert wait_until(lambda: proxy.fds() <= fds + 10, 5, "descriptors to be given back")


def test_instances_by_host_name(make_proxy, mesh):
    """Addresses may be names; they are looked up without blocking anybody, and again after a failure."""
    shards = [
        {**s, "instances": [{**i, "address": i["address"].replace("127.0.0.1", "localhost")} for i in s["instances"]]}
        for s in base_config(mesh)["shards"]
    ]
    proxy = make_proxy(shards=shards)
    key = keys_on(mesh, 1)[0]
    with proxy.connect("shop", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"select name from users where user_id = {key}")
        assert cursor.fetchone() == (f"user{key}",)
        mesh.primary(1).kill()
        with pytest.raises(pymysql.Error):
            cursor.execute(f"update users set balance = balance where user_id = {key}")
        mesh.primary(1).start()

        def works():
            with contextlib.suppress(pymysql.Error):
                return cursor.execute(f"select name from users where user_id = {key}") == 1

        wait_until(works, 10, "the instance to be used again")


def test_name_that_does_not_resolve_hurts_only_its_shard(make_proxy, mesh):
    shards = base_config(mesh)["shards"]
    shards[3]["instances"] = [{"address": "no-such-host.invalid:3306", "role": "primary"}]
    proxy = make_proxy(start=False, shards=shards)
    proxy.start(wait=False)
    wait_until(lambda: proxy.http("/healthz")[0] == 200, 10)
    key = keys_on(mesh, 1)[0]
    with proxy.connect("shop", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"select name from users where user_id = {key}")
        assert cursor.fetchone() == (f"user{key}",)
