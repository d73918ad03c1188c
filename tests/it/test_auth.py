"""Logging in: plugins, TLS, wrong passwords and schemas, switching users."""
import contextlib
import ssl

import harness
import pymysql
import pytest
import rawclient as wire
from harness import ADMIN, USERS


def refused(proxy, user, password, schema="plain", **more):
    with wire.RawClient(proxy.port) as client, pytest.raises(wire.ServerError) as error:
        client.login(user, password, schema, **more)
    return error.value


@pytest.mark.parametrize("plugin", ["mysql_native_password", "caching_sha2_password"])
def test_login_with_the_clients_plugin(proxy, plugin):
    """Whatever the client thinks first, the proxy takes it, or switches it, to something that works."""
    with wire.RawClient(proxy.port) as client:
        client.login("app", USERS["app"], "plain", plugin=plugin)
        assert client.query("select 1").rows == [(b"1",)]


def test_client_default_plugin_other_than_ours(proxy):
    with wire.RawClient(proxy.port) as client:
        client.login("app", USERS["app"], "plain", plugin="dialog", response=b"")
        assert any(step.startswith("switch:") for step in client.steps)
        assert client.query("select 1").rows == [(b"1",)]


def test_no_plugin_capability(proxy):
    """An old client that knows neither plugin names nor lenenc auth data."""
    with wire.RawClient(proxy.port) as client:
        if client.server_plugin != "mysql_native_password":
            pytest.skip("such a client cannot be asked for another plugin")
        client.login("app", USERS["app"], capabilities=wire.BASIC & ~wire.PLUGIN_AUTH)
        assert client.query("select 1").rows == [(b"1",)]


@pytest.mark.mesh_only
def test_full_authentication_over_tls(tls_proxy):
    with wire.RawClient(tls_proxy.port) as client:
        client.login("app", USERS["app"], "plain", tls=True, plugin="caching_sha2_password", response=b"")
        assert client.query("select 1").rows == [(b"1",)]


@pytest.mark.mesh_only
def test_full_authentication_by_rsa(proxy):
    """A client that asks for the public key of its own accord, as drivers do when they have no cached entry."""
    with wire.RawClient(proxy.port) as client:
        client.login("app", USERS["app"], "plain", plugin="caching_sha2_password", response=b"\x01" * 32)
        assert "full" not in client.steps or "rsa" in client.steps


def test_wrong_password_is_1045_with_mysqls_text(proxy):
    for user, password, using in (
        ("app", "wrong", "YES"),
        ("app", "", "NO"),
        ("nobody_known", "x", "YES"),
        ("", "", "NO"),
    ):
        error = refused(proxy, user, password)
        assert (error.code, error.state) == (1045, "28000")
        assert error.text.startswith(f"Access denied for user '{user}'@'")
        assert error.text.endswith(f"(using password: {using})") or proxy.direct and not password
        assert "127.0.0.1" in error.text or "localhost" in error.text


def test_wrong_password_with_sha2(proxy):
    assert refused(proxy, "app", "wrong", plugin="caching_sha2_password").code == 1045


@pytest.mark.mesh_only
def test_admin_accounts_do_not_open_the_data_port(proxy):
    assert refused(proxy, ADMIN, harness.ADMIN_PASSWORD).code == 1045


@pytest.mark.mesh_only
def test_backend_account_does_not_open_the_data_port(proxy):
    assert refused(proxy, harness.MESH_USER, harness.MESH_PASSWORD).code == 1045


def test_unknown_schema_is_1049(proxy):
    error = refused(proxy, "app", USERS["app"], "no_such_schema")
    assert (error.code, error.state, error.text) == (1049, "42000", "Unknown database 'no_such_schema'")


@pytest.mark.mesh_only
def test_schema_of_the_account_is_selected_when_none_is_named(proxy):
    with proxy.connect(None, user="app") as connection, connection.cursor() as cursor:
        cursor.execute("select database()")
        assert cursor.fetchone() == ("shop",)


def test_no_schema_selected(proxy):
    with proxy.connect(None, user="bare") as connection, connection.cursor() as cursor:
        cursor.execute("select database()")
        assert cursor.fetchone() == (None,)
        with pytest.raises(pymysql.Error) as error:
            cursor.execute("select * from countries")
        assert error.value.args[0] == 1046
        cursor.execute("select * from shop.countries")


def test_unix_socket(proxy):
    with pymysql.connect(unix_socket=proxy.socket, user="app", password=USERS["app"], database="plain") as connection:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
            assert cursor.fetchone() == (1,)


def test_connection_attributes_are_accepted(proxy):
    attributes = {"_client_name": "test", "program_name": "x" * 300, "_pid": "1"}
    with wire.RawClient(proxy.port) as client:
        client.login("app", USERS["app"], "plain", attributes=attributes)
        assert client.query("select 1").rows == [(b"1",)]


def test_greeting_of_a_mysql_server(proxy):
    with wire.RawClient(proxy.port) as client:
        wanted = wire.PROTOCOL_41 | wire.SECURE | wire.PLUGIN_AUTH | wire.MULTI_RESULTS | wire.MULTI_STATEMENTS
        wanted |= wire.DEPRECATE_EOF | wire.SESSION_TRACK | wire.CONNECT_ATTRS
        assert client.server_capabilities & wanted == wanted
        assert len(client.salt) == 20 and 0 not in client.salt and client.version[0].isdigit()


def test_change_user(proxy, raw):
    client = raw()
    client.query("set @a = 5, time_zone = '+03:00'")
    client.change_user("reader", USERS["reader"], "shop")
    assert client.query("select database(), @a, @@time_zone").rows == [(b"shop", None, b"SYSTEM")]
    if not proxy.direct:
        assert client.query("select current_user()").rows[0][0].startswith(b"reader@")


@pytest.mark.mariadb
def test_change_user_with_sha2_named_by_the_client(proxy, raw):
    client = raw()
    client.change_user("reader", USERS["reader"], "shop", plugin="caching_sha2_password")
    assert client.query("select database()").rows == [(b"shop",)]


def test_change_user_with_a_wrong_password(raw):
    """Servers close the connection, or keep it as the user it was: never as the other."""
    client = raw()
    with pytest.raises(wire.ServerError) as error:
        client.change_user("reader", "wrong", "shop")
    assert error.value.code == 1045
    try:
        assert not client.query("select user()").rows[0][0].startswith(b"reader@")
    except (wire.Closed, OSError, wire.ServerError):
        pass


def test_reset_connection_forgets_the_session(raw):
    client = raw()
    client.query("set @a = 5")
    client.query("set session sql_mode = ''")
    client.query("begin")
    client.simple(wire.COM_RESET_CONNECTION)
    rows = client.query("select @a, @@sql_mode = @@global.sql_mode, database()").rows
    assert rows == [(None, b"1", b"plain")]
    assert not client.query("do 1").status & wire.IN_TRANS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    harness.clusters.make_certificates(folder)
    return folder


@pytest.fixture
def tls_proxy(make_proxy, certificates):
    return make_proxy(tls={"certificate": str(certificates / "server.pem"), "key": str(certificates / "server.key")})


def test_tls_login_and_a_query_of_100_kb(tls_proxy, certificates):
    """P8: bigger than a TLS record, so it comes in several."""
    with tls_proxy.connect(ssl={"ca": str(certificates / "ca.pem")}) as connection, connection.cursor() as cursor:
        text = "x" * 100000
        cursor.execute("select length(%s), %s", (text, text))
        assert cursor.fetchone() == (100000, text)
        cursor.execute("select 1 " + " union all select 1" * 5000)
        assert len(cursor.fetchall()) == 5001


def test_tls_resumes_and_repeats(tls_proxy):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for _ in range(20):
        with wire.RawClient(tls_proxy.port) as client:
            client.start_tls(wire.BASIC, context=context)
            client.login("app", USERS["app"], "plain", capabilities=wire.BASIC | wire.SSL)
            assert client.query("select 1").rows == [(b"1",)]


def test_tls_is_not_busy_when_idle(tls_proxy):
    clients = [tls_proxy.connect(ssl={"ca": None, "check_hostname": False}) for _ in range(5)]
    for client in clients:
        client.query("select 1")
    import time

    before = tls_proxy.cpu()
    time.sleep(1)
    assert tls_proxy.cpu() - before < 0.5
    for client in clients:
        client.close()


@pytest.mark.mesh_only
def test_tls_wanted_of_a_proxy_without(proxy):
    """Without a certificate TLS is not offered, and a client that asks for it all the same is turned away."""
    with wire.RawClient(proxy.port) as client:
        assert not client.server_capabilities & wire.SSL
        with pytest.raises((OSError, wire.Closed, wire.ServerError)):
            client.login("app", USERS["app"], tls=True)


def test_tls_required(make_proxy, certificates):
    proxy = make_proxy(
        tls={
            "mode": "required",
            "certificate": str(certificates / "server.pem"),
            "key": str(certificates / "server.key"),
        }
    )
    error = refused(proxy, "app", USERS["app"])
    assert error.code == 3159
    with proxy.connect(ssl={"ca": str(certificates / "ca.pem")}) as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


def test_client_certificate_is_demanded(make_proxy, certificates):
    files = {
        "certificate": str(certificates / "server.pem"),
        "key": str(certificates / "server.key"),
        "ca": str(certificates / "ca.pem"),
        "verify": "ca",
    }
    proxy = make_proxy(tls={"mode": "required", **files})
    with pytest.raises((pymysql.Error, OSError)):
        proxy.connect(ssl={"ca": files["ca"]}).query("select 1")
    with proxy.connect(
        ssl={"ca": files["ca"], "cert": str(certificates / "client.pem"), "key": str(certificates / "client.key")}
    ) as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


def test_garbage_instead_of_tls(tls_proxy):
    with wire.RawClient(tls_proxy.port) as client:
        client.send(b"\x00\x08\x00\x00" + bytes(28), 1)
        with contextlib.suppress(wire.Closed, wire.ServerError):
            client.send_bytes(b"GET / HTTP/1.0\r\n\r\n" * 10)
            client.packet()
    with tls_proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")


def test_tls_to_the_instances(ports, workdir, mesh):
    """backend.tls: the instances offer TLS, and the proxy takes it and checks their certificate."""
    with harness.clusters.Cluster(
        workdir / "tlsmesh", harness.KIND, 1, 0, port=ports.servers + 100, tls=True
    ) as cluster:
        cluster.primary(0).sql("create database plain")
        config = harness.base_config(cluster)
        config["backend"]["tls"] = {"mode": "required", "verify": "ca", "ca": str(cluster.base / "tls" / "ca.pem")}
        config["schemas"] = [{"name": "plain"}]
        config["users"] = [{"name": "app", "password": USERS["app"]}]
        proxy = harness.Proxy(ports, workdir / "tls-backend", config)
        with contextlib.ExitStack() as stack:
            stack.callback(proxy.kill)
            proxy.start()
            with proxy.connect() as connection, connection.cursor() as cursor:
                cursor.execute("show status like 'Ssl_cipher'")
                assert cursor.fetchone()[1] != ""
            proxy.finish()


def test_many_failed_logins_do_no_harm(proxy):
    for _ in range(100):
        refused(proxy, "app", "wrong")
    with proxy.connect() as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
