"""Clients that run statements in threads while a test does something to the mesh, and note what happened to them."""
import threading
import time

import pymysql


class Workload:
    """`work(cursor, number)` is called again and again by each thread; it may check what it got by assert.

    An error of the server or a lost connection is noted with its time and the client connects again; a failed
    assert, or anything else, is a wrong answer: check() fails on those.
    """

    def __init__(self, connect, work, threads=4):
        self.connect, self.work = connect, work
        self.done, self.errors, self.wrong = 0, [], []
        self.stop_event, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(threads)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stop_event.set()
        for thread in self.threads:
            thread.join(60)
        if kind is None:
            self.check()

    def check(self):
        assert not self.wrong, self.wrong[:3]
        assert not any(t.is_alive() for t in self.threads), "a client hangs"
        strange = [e for e in self.errors if not (1000 <= e[1] < 2000 or e[1] >= 3000 or e[1] in (2003, 2006, 2013, 0))]
        assert not strange, strange[:3]

    def run(self, number):
        connection = None
        while not self.stop_event.is_set():
            try:
                connection = connection or self.connect()
                with connection.cursor() as cursor:
                    self.work(cursor, number)
                with self.lock:
                    self.done += 1
            except (pymysql.Error, OSError) as error:
                code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
                with self.lock:
                    self.errors.append((time.monotonic(), code, str(error)))
                connection = self.renew(connection, code)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                with self.lock:
                    self.wrong.append(repr(error))
                return
        if connection:
            connection.close()

    def renew(self, connection, code):
        """Server errors leave the connection as it is; lost ones are made anew."""
        time.sleep(0.02)
        if connection and connection.open and (1000 <= code < 2000 or code >= 3000) and code != 1053:
            try:
                connection.rollback()
                return connection
            except (pymysql.Error, OSError):
                pass
        if connection:
            try:
                connection.close()
            except (pymysql.Error, OSError):
                pass
        return None

    def progress(self, count=100, seconds=15):
        """Waits until `count` more statements have been answered."""
        goal, end = self.done + count, time.monotonic() + seconds
        while self.done < goal:
            assert time.monotonic() < end, f"{self.done} of {goal} done; last errors: {self.errors[-3:]}"
            assert not self.wrong, self.wrong[:3]
            time.sleep(0.02)

    def errors_since(self, moment):
        return [e for e in self.errors if e[0] > moment]
