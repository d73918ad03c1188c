"""Many clients: 5,000 idle ones and their memory; a mixed load over 4 workers, for the thread sanitizer."""
import os
import random
import resource
import selectors
import socket
import threading
import time

import pymysql
import pytest
import rawclient as wire
from harness import sanitized, wait_until
from workload import Workload

IDLE = int(os.environ.get("SHARDWIRE_IDLE", "5000"))


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * IDLE + 1000:
        pytest.skip(f"only {hard} files allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.slow
@pytest.mark.mesh_only
def test_5000_idle_clients(make_proxy, many_files):
    """At most 4 KiB of memory each, no processor time while they are idle, and all of them still answer."""
    proxy = make_proxy(**{"limits.max_connections": IDLE + 100})
    warm = [proxy.raw("plain", "writer") for _ in range(50)]
    for client in warm:
        client.query("select 1")
    time.sleep(0.5)
    before, clients = proxy.rss(), []
    for _ in range(IDLE):
        clients.append(proxy.raw("plain", "writer"))
    time.sleep(1)
    each = (proxy.rss() - before) / IDLE
    cpu = proxy.cpu()
    time.sleep(2)
    idle_cpu = proxy.cpu() - cpu
    print(f"{each:.0f} bytes of RSS per idle client, {idle_cpu:.2f} s of processor time in 2 s")
    for client in random.Random(1).sample(clients, 200):
        assert client.query("select 1").rows == [(b"1",)]
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
    assert len(proxy.admin("select * from mesh.sessions")) >= IDLE
    for client in clients + warm:
        client.close()
    wait_until(lambda: len(proxy.admin("select * from mesh.sessions")) < 10, 20, "the sessions to be gone")
    if not sanitized():
        assert idle_cpu < 0.6
        assert each <= 4096


@pytest.mark.mesh_only
def test_clients_are_spread_over_the_workers(make_proxy):
    proxy = make_proxy(threads=4)
    clients = [proxy.raw() for _ in range(40)]
    rows = [
        {k.lower(): v for k, v in r.items()}
        for r in proxy.admin("select * from mesh.sessions", pymysql.cursors.DictCursor)
    ]
    workers = [r["worker"] for r in rows]
    assert sorted(workers.count(w) for w in set(workers))[0] >= 8 and len(set(workers)) == 4
    for client in clients:
        client.close()


def mixed(table, high):
    """Reads, writes, transactions, settings, errors: everything that shares something between sessions."""
    rng = random.Random(threading.get_ident())

    def work(cursor, number):
        key, step = rng.randrange(high), rng.randrange(8)
        if step < 3:
            cursor.execute(f"select v from {table} where id = %s", (key,))
            assert len(cursor.fetchall()) == 1
        elif step == 3:
            assert cursor.execute(f"update {table} set v = v + 1 where id = %s", (key,)) == 1
        elif step == 4:
            cursor.execute("begin")
            cursor.execute(f"select v from {table} where id = %s for update", (key,))
            cursor.execute(f"update {table} set v = v + 1 where id = %s", (key,))
            cursor.execute(random.choice(["commit", "rollback"]))
        elif step == 5:
            cursor.execute("set @n = %s, time_zone = %s", (number, f"+0{number % 9}:00"))
            cursor.execute("select @n, @@time_zone")
            assert cursor.fetchone() == (number, f"+0{number % 9}:00")
        elif step == 6:
            with pytest.raises(pymysql.Error):
                cursor.execute(f"insert into {table} values ({key}, 0)")
        else:
            cursor.execute(f"select id from {table}")
            assert len(cursor.fetchall()) == high

    return work


@pytest.mark.load
def test_mixed_load_with_4_workers(make_proxy, mesh, table):
    proxy = make_proxy(threads=4)
    high = 50
    with proxy.connect("auto", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key, v int)")
        for key in range(high):
            cursor.execute(f"insert into {table} values ({key}, 0)")
    mesh.wait()
    work = mixed(table, high)
    with Workload(lambda: proxy.connect("auto", user="writer"), work, 8) as load, Workload(
        lambda: proxy.connect("auto", user="reader"), reads(table, high), 4
    ) as readers, Workload(lambda: proxy.connect("auto", user="app"), one_login(), 2) as logins:
        for number in range(3):
            load.progress(150, 60)
            proxy.reload(**{"limits.max_queue": 9000 + number})
            proxy.admin("select * from mesh.sessions")
            proxy.admin("select * from mesh.pools")
            proxy.http("/metrics")
        readers.progress(100, 60)
        logins.progress(5, 60)
        assert not load.errors and not readers.errors, (load.errors[:3], readers.errors[:3])
    assert not logins.errors, logins.errors[:3]


def reads(table, high):
    def work(cursor, _):
        key = random.randrange(high)
        cursor.execute(f"select id from {table} where id = {key}")
        assert cursor.fetchall() == ((key,),)

    return work


def one_login():
    def work(cursor, _):
        cursor.execute("select connection_id()")
        cursor.connection.close()
        cursor.connection.connect()

    return work


@pytest.mark.load
@pytest.mark.mesh_only
def test_load_with_killed_clients_and_a_killed_replica(make_proxy, mesh, healed, table):
    """Under load clients vanish at any point and a replica dies: the process stays whole, no answer is wrong."""
    proxy = make_proxy(threads=4)
    with proxy.connect("auto", user="writer") as connection, connection.cursor() as cursor:
        cursor.execute(f"create table {table} (id int primary key, v int)")
        for key in range(20):
            cursor.execute(f"insert into {table} values ({key}, 0)")
    mesh.wait()
    rng, stop = random.Random(4), threading.Event()

    def vandal():
        while not stop.is_set():
            try:
                client = proxy.raw("auto", "reader")
                client.send(
                    b"\x03" + rng.choice([f"select * from {table}", "select sleep(0.1)", "begin", "select 1"]).encode()
                )
                time.sleep(rng.random() * 0.02)
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
            except (OSError, wire.Closed, wire.ServerError):
                pass

    threads = [threading.Thread(target=vandal) for _ in range(3)]
    with Workload(lambda: proxy.connect("auto", user="reader"), reads(table, 20), 4) as load:
        for thread in threads:
            thread.start()
        load.progress(200, 60)
        mesh.replica(1).kill()
        load.progress(200, 60)
        mesh.replica(1).start()
        load.progress(200, 60)
        stop.set()
        for thread in threads:
            thread.join()
    with proxy.connect("auto") as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


@pytest.mark.mesh_only
def test_connection_storm(proxy):
    """Three hundred clients connect at once and log in."""
    selector, clients = selectors.DefaultSelector(), []
    for _ in range(300):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", proxy.port))
        selector.register(client, selectors.EVENT_READ)
        clients.append(client)
    greeted, end = 0, time.monotonic() + 10
    while greeted < 300 and time.monotonic() < end:
        for key, _ in selector.select(1):
            selector.unregister(key.fileobj)
            greeted += key.fileobj.recv(5)[4:] == b"\x0a"
    assert greeted == 300
    for client in clients:
        client.close()


@pytest.mark.mesh_only
def test_admin_answers_under_load(proxy, table):
    """A3"""
    with Workload(lambda: proxy.connect("plain", user="writer"), lambda c, n: c.execute("select 1"), 8) as load:
        load.progress(200)
        start = time.monotonic()
        for _ in range(10):
            proxy.admin("select * from mesh.instances")
        assert time.monotonic() - start < 5
        assert proxy.http("/healthz")[0] == 200
