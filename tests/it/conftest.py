"""Fixtures. Per test process (pytest -n 2 has two): one mesh of real servers, one standard proxy in front of it.

`proxy` is the standard proxy; `mesh` the servers behind it (a test that names `mesh` is about the mesh, and is skipped
in direct mode); `make_proxy(**changes)` starts further proxies with changed configuration for one test.
"""
import contextlib
import itertools
import os
import signal
import tempfile
import time
from pathlib import Path

import harness
import pymysql
import pytest
from harness import Direct, Ports, Proxy, base_config


def pytest_configure(config):
    for mark in (
        "slow: takes more than about five seconds",
        "load: drives load; what the thread sanitizer is run with",
        "drivers: needs programs beside Python (Node, Java, sysbench)",
        "mariadb: only for MariaDB as the instances",
        "mysql: only for MySQL as the instances",
        "mesh_only: means nothing against one plain server",
    ):
        config.addinivalue_line("markers", mark)
    signal.signal(signal.SIGTERM, interrupted)


def interrupted(*_):
    """SIGTERM ends a run as Ctrl-C does: through the fixtures' ends."""
    raise KeyboardInterrupt


def pytest_collection_modifyitems(items):
    for item in items:
        names = set(item.fixturenames)
        if harness.DIRECT and (names & {"mesh", "make_proxy"} or item.get_closest_marker("mesh_only")):
            item.add_marker(pytest.mark.skip(reason="about the mesh"))
        for kind in ("mariadb", "mysql"):
            if item.get_closest_marker(kind) and harness.KIND != kind:
                item.add_marker(pytest.mark.skip(reason=f"only {kind}"))


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.session.had_failure = True
    proxy = item.funcargs.get("proxy") if hasattr(item, "funcargs") else None
    if report.when == "call" and report.failed and isinstance(proxy, Proxy):
        report.sections.append(("the proxy's log (end)", proxy.log()[-2500:]))


@pytest.fixture(scope="session")
def is_mysql():
    return harness.KIND == "mysql"


@pytest.fixture(scope="session")
def ports():
    return Ports()


def sweep(parent):
    """Folders of runs that were killed: their data goes at once, their logs after a day."""
    for old in parent.glob("swit-*-*"):
        if Path(f"/proc/{old.name.split('-')[1]}").exists():
            continue
        for data in old.glob("*/i*/data"):
            harness.remove(data)
        with contextlib.suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > 86400:
                harness.remove(old)


@pytest.fixture(scope="session")
def workdir(request):
    """Short, because Unix sockets live in it. Its logs are kept when a test failed or SHARDWIRE_KEEP is set."""
    directory = Path(tempfile.mkdtemp(prefix=f"swit-{os.getpid()}-"))
    sweep(directory.parent)
    yield directory
    if getattr(request.session, "had_failure", False) or os.environ.get("SHARDWIRE_KEEP"):
        for data in directory.glob("*/i*/data"):
            harness.remove(data)
        print(f"\nlogs are in {directory}")
    else:
        harness.remove(directory)


@pytest.fixture(scope="session")
def servers(ports, workdir):
    """The real servers: the mesh, or one alone in direct mode."""
    shape = (1, 0) if harness.DIRECT else (harness.SHARDS, 1)
    with harness.clusters.Cluster(workdir / "mesh", harness.KIND, *shape, port=ports.servers) as cluster:
        for primary in cluster.primaries():
            harness.make_schemas(primary)
        cluster.wait()
        for instance in cluster.instances:
            harness.mark(instance)
        yield cluster


@pytest.fixture(scope="session")
def mesh(servers):
    return servers


class Standard:
    """Holds the standard proxy, so that one that died is replaced for the tests that follow."""

    def __init__(self, servers, ports, workdir):
        self.servers, self.ports, self.workdir, self.count, self.endpoint = servers, ports, workdir, 0, None

    def begin(self):
        self.count += 1
        self.endpoint = Proxy(self.ports, self.workdir / f"standard{self.count}", base_config(self.servers))
        self.endpoint.start().settle()


@pytest.fixture(scope="session")
def standard(servers, ports, workdir):
    holder = Standard(servers, ports, workdir)
    if harness.DIRECT:
        holder.endpoint = Direct(servers)
        yield holder
        return
    try:
        holder.begin()
        yield holder
    finally:
        with contextlib.ExitStack() as stack:
            if holder.endpoint:
                stack.callback(holder.endpoint.kill)
                holder.endpoint.finish()


@pytest.fixture
def proxy(standard):
    """The endpoint under test. It must outlive every test; a server that a test before this one lost is started again."""
    for instance in standard.servers.instances:
        if not instance.pid():
            instance.start()
    if not standard.endpoint.alive():
        standard.begin()
    endpoint = standard.endpoint
    yield endpoint
    if not endpoint.alive():
        pytest.fail(f"the proxy died (status {endpoint.process.returncode}):\n{endpoint.log()[-4000:]}")


@pytest.fixture
def make_proxy(mesh, ports, workdir, request):
    """make_proxy(**{"limits.max_connections": 5}) starts one more proxy, ended and checked after the test."""
    made = []

    def make(start=True, environment=None, **changes):
        proxy = Proxy(
            ports,
            workdir / f"{request.node.name[:40].replace('/', '_')}-{len(made)}",
            base_config(mesh, **changes),
            environment,
        )
        made.append(proxy)
        return proxy.start() if start else proxy

    yield make
    with contextlib.ExitStack() as stack:
        for proxy in made:
            stack.callback(proxy.kill)
        for proxy in made:
            proxy.finish()


@pytest.fixture
def healed(mesh, standard):
    """For tests that break servers: afterwards every one runs, replicates, and is seen up by the standard proxy."""
    yield
    for instance in mesh.instances:
        if not instance.pid():
            instance.start()
    for replica in mesh.replicas_all():
        if replica.replication().get("SQL_Delay"):
            replica.set_delay(0)
        replica.start_applier()
    mesh.wait()
    if standard.endpoint.alive():
        standard.endpoint.settle()


@pytest.fixture
def db(proxy):
    """A connection to `plain`, whose tables all live on one shard: what one MySQL can do, it can."""
    with contextlib.closing(proxy.connect("plain")) as connection:
        yield connection


@pytest.fixture
def sql(db):
    """sql("select 1") runs one statement on `db` and gives its rows."""

    def run(statement, *arguments):
        with db.cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return list(cursor.fetchall())

    return run


_numbers = itertools.count(1)


@pytest.fixture
def table(servers):
    """A table name that no other test uses; dropped on all shards afterwards."""
    name = f"t{next(_numbers)}"
    yield name
    for primary in servers.primaries():
        if primary.pid():
            with contextlib.suppress(pymysql.Error):  # a test that failed may still hold a lock on it
                primary.sql(
                    "set lock_wait_timeout=3", *(f"drop table if exists {s}.{name}" for s in ("plain", "auto", "shop"))
                )


@pytest.fixture
def raw(proxy):
    """raw(schema=…, capabilities=…) gives logged-in raw clients, closed afterwards."""
    with contextlib.ExitStack() as stack:

        def make(schema="plain", user="app", **more):
            return stack.enter_context(proxy.raw(schema, user, **more))

        yield make


@pytest.fixture(scope="module")
def shop(servers, standard):
    """The sample schema, filled through the endpoint: users 1 to 40, 3 orders each, 2 items an order."""
    for primary in servers.primaries():
        for name in ("users", "orders", "order_items", "countries", "audit", "audit2", "names"):
            primary.sql(f"truncate shop.{name}")
    with contextlib.closing(
        standard.endpoint.connect("shop", user="writer")
    ) as connection, connection.cursor() as cursor:
        for user in range(1, 41):
            cursor.execute(
                "insert into users (user_id, name, email, born, balance) values (%s, %s, %s, %s, %s)",
                (user, f"user{user}", f"u{user}@example.com", f"19{50 + user}-01-02", user * 10),
            )
            orders = ", ".join(f"({user * 10 + n}, {user}, {user}.{n}0, 'order {n}')" for n in range(3))
            cursor.execute(f"insert into orders (order_id, user_id, total, note) values {orders}")
            items = ", ".join(
                f"({item}, {user * 10 + n}, {user}, 'p{item}', {item})" for n in range(3) for item in (1, 2)
            )
            cursor.execute(f"insert into order_items (item_id, order_id, user_id, product, quantity) values {items}")
        cursor.execute("insert into countries values ('AT', 'Austria'), ('DE', 'Germany'), ('FR', 'France')")
        cursor.execute("insert into audit values (1, now(), 'start'), (2, now(), 'more')")
        cursor.execute("insert into audit2 values (1, 'x'), (2, 'y')")
    servers.wait()
    return servers
