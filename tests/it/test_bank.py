"""The bank: transfers across shards while the proxy is killed. No acknowledged transfer is lost, none is half done, and
what was in doubt ends without a human (traps T1, T2)."""
import contextlib
import random
import threading
import time

import pymysql
import pytest
from harness import wait_until

pytestmark = pytest.mark.mesh_only
ACCOUNTS = 40


class Clerk(threading.Thread):
    """Moves money between random accounts until told to stop, and keeps books of what was acknowledged."""

    def __init__(self, bank, number):
        super().__init__()
        self.bank, self.random = bank, random.Random(number)
        self.sent = [0] * ACCOUNTS
        self.doubt = 0

    def run(self):
        while not self.bank.closed:
            with contextlib.suppress(pymysql.Error, OSError):
                with self.bank.proxy.connect("shop", autocommit=True, connect_timeout=5, read_timeout=20) as connection:
                    while not self.bank.closed:
                        self.transfer(connection.cursor())
            time.sleep(0.05)

    def transfer(self, cursor):
        a, b = self.random.sample(range(ACCOUNTS), 2)
        cursor.execute("begin")
        cursor.execute("update users set balance = balance - 1 where user_id = %s", (900000 + a,))
        cursor.execute("update users set balance = balance + 1 where user_id = %s", (900000 + b,))
        self.doubt += 1
        cursor.execute("commit")
        self.doubt -= 1
        self.sent[a] -= 1
        self.sent[b] += 1


class Bank:
    def __init__(self, proxy):
        self.proxy, self.closed = proxy, False


def balances(mesh):
    found = {}
    for shard in range(4):
        for row in mesh.primary(shard).sql("select user_id, balance from shop.users where user_id >= 900000"):
            found[row[0] - 900000] = int(row[1])
    return [found.get(i) for i in range(ACCOUNTS)]


def in_doubt(mesh):
    return sum(len(mesh.primary(shard).sql("xa recover")) for shard in range(4))


@pytest.mark.slow
def test_trap_T2_bank_while_the_proxy_is_killed(make_proxy, mesh):
    proxy = make_proxy(**{"transactions": {"recover_interval": "1s", "recover_age": "2s"}})
    proxy.settle()
    with proxy.connect("shop", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("delete from users where user_id = 900000")
        for number in range(ACCOUNTS):
            cursor.execute("replace into users (user_id, name, balance) values (%s, 'account', 1000)", (900000 + number,))
    bank = Bank(proxy)
    clerks = [Clerk(bank, number) for number in range(4)]
    for clerk in clerks:
        clerk.start()
    for _ in range(3):
        time.sleep(1.5)  # not a wait: the load that the kill falls into
        proxy.kill()
        proxy.start()
    time.sleep(1.5)
    bank.closed = True
    for clerk in clerks:
        clerk.join()
    wait_until(lambda: in_doubt(mesh) == 0, 30, "nothing in doubt")
    now = balances(mesh)
    assert sum(now) == 1000 * ACCOUNTS
    acknowledged = [1000 + sum(clerk.sent[i] for clerk in clerks) for i in range(ACCOUNTS)]
    doubts = sum(clerk.doubt for clerk in clerks)
    assert sum(abs(a - b) for a, b in zip(now, acknowledged)) <= 2 * doubts, "an acknowledged transfer is missing"
    for shard in range(4):
        mesh.primary(shard).sql("delete from shop.users where user_id >= 900000")
