"""Reads split from writes: which server answered, by the row of `whoami` that is its own, and what a session may see."""
import time

import pymysql
import pytest
from harness import wait_until

pytestmark = pytest.mark.usefixtures("mesh")


def port_of(connection, tables="shop.whoami join shop.audit"):
    """The port of the server that answers a read of a table on s0."""
    with connection.cursor() as cursor:
        cursor.execute(f"select whoami.port from {tables} limit 1")
        return cursor.fetchone()[0]


@pytest.fixture(autouse=True)
def rows(mesh):
    mesh.primary(0).sql("replace into shop.audit values (1, now(), 'x')")
    mesh.wait()


@pytest.fixture
def ports_of_s0(mesh):
    return mesh.primary(0).port, mesh.replica(0).port


def test_reads_go_to_the_replica(proxy, ports_of_s0):
    for user in ("reader", "app"):
        with proxy.connect("shop", user=user) as connection:
            assert {port_of(connection) for _ in range(20)} == {ports_of_s0[1]}


def test_reads_primary_go_to_the_primary(proxy, ports_of_s0):
    with proxy.connect("shop", user="writer") as connection:
        assert {port_of(connection) for _ in range(10)} == {ports_of_s0[0]}


@pytest.mark.parametrize(
    "text",
    [
        "select port from whoami join audit limit 1 for update",
        "select port from whoami join audit limit 1 lock in share mode",
        "select\nport\nfrom whoami join audit limit 1 for\nupdate",
        "select port, sleep(0) from whoami join audit limit 1",
        "select port, last_insert_id(5) from whoami join audit limit 1",
    ],
)
def test_trap_S8_not_replica_reads(proxy, ports_of_s0, text):
    with proxy.connect("shop", user="reader") as connection, connection.cursor() as cursor:
        cursor.execute(text)
        assert cursor.fetchone()[0] == ports_of_s0[0]


@pytest.mark.parametrize(
    "text",
    [
        "(select port from whoami join audit limit 1)",
        "with x as (select * from audit) select port from whoami join x limit 1",
        "select /* for update */ port from whoami join audit limit 1",
        "select port from whoami join audit where what <> 'for update' limit 1",
        "select port from whoami join audit a join audit b limit 1",
    ],
)
def test_trap_S8_replica_reads(proxy, ports_of_s0, text):
    with proxy.connect("shop", user="reader") as connection, connection.cursor() as cursor:
        cursor.execute(text)
        assert cursor.fetchone()[0] == ports_of_s0[1]


def test_reads_in_a_transaction_go_to_the_primary(proxy, ports_of_s0):
    with proxy.connect("shop", user="reader") as connection:
        connection.begin()
        assert port_of(connection) == ports_of_s0[0]
        connection.rollback()
        assert port_of(connection) == ports_of_s0[1]


def test_read_only_transactions_may_use_a_replica(proxy, ports_of_s0):
    with proxy.connect("shop", user="reader") as connection, connection.cursor() as cursor:
        cursor.execute("start transaction read only")
        assert port_of(connection) == ports_of_s0[1]
        assert port_of(connection) == ports_of_s0[1]
        cursor.execute("commit")


def test_trap_S7_autocommit_0_reads_go_to_the_primary(proxy, ports_of_s0):
    with proxy.connect("shop", user="reader", autocommit=False) as connection:
        assert port_of(connection) == ports_of_s0[0]
        connection.rollback()


def test_prepared_reads_go_to_the_replica(proxy, ports_of_s0):
    with proxy.raw("shop", "reader") as client:
        statement = client.prepare("select port from whoami join audit where id = ?")
        for _ in range(5):
            assert client.execute(statement, 1).rows[0][0] == ports_of_s0[1]


def test_prepared_statement_runs_on_primary_and_replica_in_turn(proxy, ports_of_s0):
    with proxy.raw("shop", "reader") as client:
        statement = client.prepare("select port from whoami join audit where id = ?")
        for _ in range(3):
            assert client.execute(statement, 1).rows[0][0] == ports_of_s0[1]
            client.query("begin")
            assert client.execute(statement, 1).rows[0][0] == ports_of_s0[0]
            client.query("commit")


@pytest.fixture
def frozen(mesh, healed):
    """The replica of s0 replicates, but half a minute late: for a while nothing but GTIDs tells that it is behind."""
    mesh.replica(0).set_delay(30)
    yield mesh.replica(0)
    mesh.replica(0).set_delay(0)


def test_session_reads_its_own_writes(proxy, frozen):
    """The replica is behind: each read after a write of the same session sees it all the same."""
    with proxy.connect("shop", user="app") as connection, connection.cursor() as cursor:
        for number in range(10):
            cursor.execute("update audit set what = %s where id = 1", (f"write {number}",))
            cursor.execute("select what from audit where id = 1")
            assert cursor.fetchone() == (f"write {number}",)
            time.sleep(0.05)


def test_session_reads_its_own_writes_of_a_transaction(proxy, frozen):
    with proxy.connect("shop", user="app", autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("update audit set what = 'by commit' where id = 1")
        connection.commit()
        cursor.execute("set autocommit = 1")
        cursor.execute("select what from audit where id = 1")
        assert cursor.fetchone() == ("by commit",)


def test_session_reads_its_own_writes_in_a_loop(proxy, mesh):
    """The replica follows as fast as it can; sometimes it has the write and sometimes not: never a stale read."""
    with proxy.connect("shop", user="app") as connection, connection.cursor() as cursor:
        for number in range(300):
            cursor.execute("update audit set what = %s where id = 1", (f"w{number}",))
            cursor.execute("select what from audit where id = 1")
            assert cursor.fetchone() == (f"w{number}",)


def test_session_goes_back_to_the_replica_when_it_has_the_write(proxy, ports_of_s0):
    with proxy.connect("shop", user="app") as connection, connection.cursor() as cursor:
        cursor.execute("update audit set what = 'soon there' where id = 1")
        wait_until(lambda: port_of(connection) == ports_of_s0[1], 10, "reads on the replica again")


def test_eventual_reads_may_be_stale(make_proxy, frozen, mesh):
    proxy = make_proxy(**{"health.max_lag": "5m"})
    proxy.settle()
    mesh.primary(0).sql("update shop.audit set what = 'fresh' where id = 1")
    with proxy.connect("shop", user="reader") as connection, connection.cursor() as cursor:
        cursor.execute("select what from audit where id = 1")
        assert cursor.fetchone()[0] != "fresh"


def test_gtid_wait_waits_on_the_replica(make_proxy, mesh, healed):
    proxy = make_proxy(**{"health.gtid_wait": "3s"})
    proxy.settle()
    with proxy.connect("shop", user="app") as connection, connection.cursor() as cursor:
        for number in range(50):
            cursor.execute("update audit set what = %s where id = 1", (f"g{number}",))
            cursor.execute("select what from audit where id = 1")
            assert cursor.fetchone() == (f"g{number}",)
        mesh.replica(0).set_delay(30)
        cursor.execute("update audit set what = 'not there' where id = 1")
        cursor.execute("select what from audit where id = 1")
        assert cursor.fetchone() == ("not there",)


def test_lagging_replica_gets_no_reads(make_proxy, mesh, healed, ports_of_s0):
    proxy = make_proxy(**{"health.max_lag": "1s", "health.interval": "100ms"})
    proxy.settle()
    with proxy.connect("shop", user="reader") as connection:
        wait_until(lambda: port_of(connection) == ports_of_s0[1], 10, "reads on the replica")
        mesh.replica(0).set_delay(60)

        def primary_answers():
            mesh.primary(0).sql("update shop.audit set at = now() where id = 1")
            return port_of(connection) == ports_of_s0[0]

        wait_until(primary_answers, 10, "reads to leave the lagging replica", pause=0.1)
        mesh.replica(0).set_delay(0)
        wait_until(lambda: port_of(connection) == ports_of_s0[1], 10, "reads to come back")


def test_stopped_replication_gets_no_reads(make_proxy, mesh, healed, ports_of_s0):
    proxy = make_proxy(**{"health.max_lag": "1s", "health.interval": "100ms"})
    proxy.settle()
    replica = mesh.replica(0)
    with proxy.connect("shop", user="reader") as connection:
        replica.sql(mesh.flavour.stop_replica)
        wait_until(
            lambda: port_of(connection) == ports_of_s0[0], 10, "reads to leave the replica that does not replicate"
        )
        replica.sql(mesh.flavour.start_replica)
        wait_until(lambda: port_of(connection) == ports_of_s0[1], 10, "reads to come back")


def with_instances(mesh, **by_number):
    """The shards of a configuration in which instance n of every shard has further settings."""
    import harness

    shards = harness.base_config(mesh)["shards"]
    for shard in shards:
        for number, instance in enumerate(shard["instances"]):
            instance.update(by_number.get(f"i{number}", {}))
    return shards


def test_weight_0_gets_reads_only_when_nothing_else_is_left(make_proxy, mesh, ports_of_s0):
    proxy = make_proxy(shards=with_instances(mesh, i1={"weight": 0}))
    proxy.settle()
    with proxy.connect("shop", user="reader") as connection:
        assert {port_of(connection) for _ in range(10)} == {ports_of_s0[0]}


def test_zone_of_the_proxy_comes_first(make_proxy, mesh, ports_of_s0):
    """The replica is in the proxy's zone, or it is in another: reads still prefer a replica to the primary or the zone;
    what must hold is that a replica of the own zone is taken."""
    proxy = make_proxy(zone="b")
    proxy.settle()
    with proxy.connect("shop", user="reader") as connection:
        assert {port_of(connection) for _ in range(10)} == {ports_of_s0[1]}


def test_weights_and_zones_of_several_replicas(ports, workdir, mesh):
    import harness

    with harness.clusters.Cluster(workdir / "three", harness.KIND, 1, 3, port=ports.servers + 200) as cluster:
        cluster.primary(0).sql(
            "create database shop",
            "create table shop.audit (id int primary key)",
            "create table shop.whoami (port int primary key)",
            "insert into shop.audit values (1)",
        )
        cluster.wait()
        for instance in cluster.instances:
            harness.mark(instance)
        config = harness.base_config(cluster, **{"health.interval": "100ms"})
        config["schemas"] = [{"name": "shop"}]
        config["zone"] = "z1"
        replicas = config["shards"][0]["instances"]
        for number, (zone, weight) in enumerate([("z1", 1), ("z1", 3), ("z1", 1), ("z2", 50)]):
            replicas[number].update(zone=zone, weight=weight)
        proxy = harness.Proxy(ports, workdir / "three-proxy", config)
        try:
            proxy.start().settle()
            seen = {}
            with proxy.connect("shop", user="reader") as connection:
                for _ in range(400):
                    port = port_of(connection)
                    seen[port - cluster.port] = seen.get(port - cluster.port, 0) + 1
                assert set(seen) == {1, 2}, f"only the replicas of the own zone: {seen}"
                assert 200 < seen[1] < 380, f"by weight 3:1 {seen}"
                cluster.replica(0, 1).kill()
                cluster.replica(0, 2).kill()
                wait_until(lambda: port_of(connection) - cluster.port == 3, 10, "the other zone to step in")
                cluster.replica(0, 3).kill()
                assert port_of(connection) == cluster.port
            proxy.finish()
        finally:
            proxy.kill()


def test_drained_instance_gets_no_new_work(proxy, mesh, ports_of_s0):
    name = f"127.0.0.1:{ports_of_s0[1]}"
    with proxy.connect("shop", user="reader") as connection:
        for verb in ("drain", "disable"):
            proxy.admin(f"{verb} instance '{name}'")
            try:
                wait_until(lambda: port_of(connection) == ports_of_s0[0], 5, "reads to leave")
                states = dict(proxy.admin("select name, state from mesh.instances"))
                assert states[name].upper() in ("DRAINING", "DISABLED")
            finally:
                proxy.admin(f"enable instance '{name}'")
            wait_until(lambda: port_of(connection) == ports_of_s0[1], 10, "reads to come back")


def test_trap_F1_dead_replica_costs_no_read(proxy, mesh, healed, ports_of_s0):
    """Reads go to the primary at once: no error, no second of waiting."""
    with proxy.connect("shop", user="reader") as connection:
        assert port_of(connection) == ports_of_s0[1]
        mesh.replica(0).kill()
        start = time.monotonic()
        for _ in range(20):
            assert port_of(connection) == ports_of_s0[0]
        assert time.monotonic() - start < 1.5
        mesh.replica(0).start()
        wait_until(lambda: port_of(connection) == ports_of_s0[1], 15, "reads on the replica that is back")


def test_global_tables_are_read_from_replicas(proxy, mesh):
    replicas = {r.port for r in mesh.replicas_all()}
    mesh.sql_all("replace into shop.countries values ('DE', 'Germany')")
    mesh.wait()
    with proxy.connect("shop", user="reader") as connection:
        seen = {port_of(connection, "whoami join countries") for _ in range(40)}
        assert seen <= replicas and len(seen) > 1  # spread, all on replicas


def test_writes_never_reach_a_replica(proxy, mesh):
    with proxy.connect("shop", user="reader") as connection, connection.cursor() as cursor:
        for number in range(20):
            cursor.execute("update audit set what = %s where id = 1", (f"n{number}",))
            cursor.execute("select what from audit where id = 1 for update")
            assert cursor.fetchone() == (f"n{number}",)


def test_errors_of_a_replica_pass(proxy):
    with proxy.connect("shop", user="reader") as connection, connection.cursor() as cursor, pytest.raises(
        pymysql.Error
    ) as error:
        cursor.execute("select nothing from audit")
    assert error.value.args[0] == 1054
