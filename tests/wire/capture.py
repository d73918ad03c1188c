#!/usr/bin/python3
"""Records what a real server answers, as the hex files of this folder.

    capture.py PREFIX SOCKET USER PASSWORD

It writes PREFIX_eof.hex and PREFIX_noeof.hex (without and with CLIENT_DEPRECATE_EOF) beside this file: cases with a
heading "case NAME", lines "key value", and the bytes of the answer, headers included, under "stream".

The server must let USER in with mysql_native_password, or with caching_sha2_password over the Unix socket. Nothing
outside the schema `wire_capture`, which is made and dropped, is touched.
"""
import hashlib
import os
import socket
import struct
import sys

QUERY, PREPARE, EXECUTE, FETCH, FIELD_LIST, STATISTICS, SET_OPTION, PING, INIT_DB, LONG_DATA, CLOSE = (
    3, 0x16, 0x17, 0x1c, 4, 9, 0x1b, 0x0e, 2, 0x18, 0x19)
CAPS = 0x0fff_f7ff & ~(0x0020 | 0x0008 | 0x0800 | 0x0010 | 0x1000_0000 | 0x0010_0000 | 0x0020_0000 | 0x0200_0000
                       | 0x0400_0000)
DEPRECATE_EOF, SESSION_TRACK, ATTRIBUTES = 0x0100_0000, 0x0080_0000, 0x0800_0000


def native(password, nonce):
    if not password:
        return b""
    h = hashlib.sha1(password).digest()
    m = hashlib.sha1(nonce + hashlib.sha1(h).digest()).digest()
    return bytes(a ^ b for a, b in zip(h, m))


def sha2(password, nonce):
    if not password:
        return b""
    h = hashlib.sha256(password).digest()
    m = hashlib.sha256(hashlib.sha256(h).digest() + nonce).digest()
    return bytes(a ^ b for a, b in zip(h, m))


class Connection:
    def __init__(self, path, user, password, caps):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)
        greeting = self.packet()[0]
        at = greeting.index(0, 1) + 1
        nonce = greeting[at + 4:at + 12]
        low, high = struct.unpack_from("<H", greeting, at + 13)[0], struct.unpack_from("<H", greeting, at + 18)[0]
        nonce += greeting[at + 31:at + 43]
        self.server_caps = low | high << 16
        self.caps = caps & self.server_caps | 1
        plugin = greeting[at + 44:].split(b"\0")[0]
        password = password.encode()
        reply = native(password, nonce) if plugin == b"mysql_native_password" else sha2(password, nonce)
        self.send(struct.pack("<IIB23x", self.caps, 1 << 24, 45) + user.encode() + b"\0" + bytes([len(reply)]) + reply
                  + plugin + b"\0", 1)
        while True:
            p, seq = self.packet()
            if p[0] == 0xfe:
                plugin, nonce = p[1:].split(b"\0", 1)
                reply = native if plugin == b"mysql_native_password" else sha2
                self.send(reply(password, nonce[:20]), seq + 1)
            elif p == b"\x01\x04":
                self.send(password + b"\0", seq + 1)
            elif p[0] == 0:
                return
            elif p[0] == 0xff:
                raise RuntimeError(p)

    def exactly(self, n):
        out = b""
        while len(out) < n:
            more = self.s.recv(n - len(out))
            if not more:
                raise EOFError
            out += more
        return out

    def packet(self):
        h = self.exactly(4)
        return self.exactly(h[0] | h[1] << 8 | h[2] << 16), h[3]

    def send(self, payload, seq=0):
        self.s.sendall(struct.pack("<I", len(payload))[:3] + bytes([seq]) + payload)

    def stream(self, payload, wait=0.3):
        """Sends a command; everything that comes until nothing has come for a while."""
        self.send(payload)
        out = b""
        self.s.settimeout(5)
        while True:
            try:
                more = self.s.recv(1 << 20)
            except socket.timeout:
                return out
            if not more:
                return out
            out += more
            self.s.settimeout(wait)

    def sql(self, text):
        text = text.encode()
        return self.stream(bytes([QUERY]) + (b"\x00\x01" if self.caps & ATTRIBUTES else b"") + text, 0.05)


def write(f, name, about, stream, **fields):
    f.write(f"\n# {about}\ncase {name}\n" + "".join(f"{k} {v}\n" for k, v in fields.items()) + "stream\n")
    text = stream.hex()
    f.write("".join("  " + text[i:i + 112] + "\n" for i in range(0, len(text), 112)))


VALUES = """
CREATE TABLE v (id INT PRIMARY KEY, t TINYINT, tu TINYINT UNSIGNED, s SMALLINT, su SMALLINT UNSIGNED, m MEDIUMINT,
 i INT, iu INT UNSIGNED, iz INT(7) ZEROFILL, b BIGINT, bu BIGINT UNSIGNED, f FLOAT, ff FLOAT(9,3), d DOUBLE, dd DOUBLE(20,4),
 n DECIMAL(30,10), y YEAR, da DATE, dt DATETIME, dt6 DATETIME(6), ts TIMESTAMP(3) NULL, ti TIME, ti6 TIME(6), c CHAR(5),
 vc VARCHAR(20), bi BIT(13), bin BINARY(4), vb VARBINARY(9), tx TEXT, bl BLOB, e ENUM('a','b'), se SET('x','y','z'), js JSON)
""".replace("\n", " ")
ROWS = [
    "1, -1, 255, -32768, 65535, -8388608, -2147483648, 4294967295, 42, -9223372036854775808, 18446744073709551615,"
    " 3.14159274, 12.5, 0.1, 1.5, -12345678901234567890.1234567890, 2024, '2024-02-29', '2024-02-29 13:14:15',"
    " '2024-02-29 13:14:15.000007', '2024-02-29 13:14:15.120', '-838:59:59', '12:00:00.5', 'abc', 'héllo', b'1010101010101',"
    " 'ab', 'x\\0y', 'text', 'bl\\'ob', 'b', 'x,z', '{\"k\": [1, 2]}'",
    "2" + ", NULL" * 32,
    "3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', NULL,"
    " '00:00:00', '00:00:00', '', '', 0, '', '', '', '', 'a', '', '0'",
] + [
    f"{i}, 1, 1, 1, 1, 1, 1, 1, 1234567, 1, 1, {f}, {ff}, {d}, {dd}, {n}, 1901, '9999-12-31', '1000-01-01 00:00:00',"
    " '9999-12-31 23:59:59.999999', '2001-01-01 00:00:00', '-00:00:01', '-00:00:00.000001', 'z', 'z', 1, 'z', 'z', 'z', 'z',"
    " 'a', 'y', 'null'"
    for i, f, ff, d, dd, n in [
        (4, "1e15", "-0.0006", "1e14", "-0.00005", "0.1"), (5, "1e-15", "999999.999", "1e15", "1e15", "-0.1"),
        (6, "16777216", "0.0005", "123456789012345680", "0.1", "1"), (7, "1e38", "1", "1e-14", "2", "-1"),
        (8, "1e-38", "1.0005", "1e-15", "3", "99999999999999999999"), (9, "0.333333333", "2", "1e-16", "1", "0"),
        (10, "100000", "2", "2.2250738585072014e-308", "1", "0"), (11, "1234567", "2", "1.7976931348623157e308", "1", "0"),
        (12, "-1.5e20", "2", "0.30000000000000004", "1", "0"), (13, "9.99999e9", "2", "5e-324", "1", "0"),
        (14, "0.00001", "2", "9007199254740993", "1", "0"), (15, "1.17549e-38", "2", "-123.456", "1", "0"),
        (16, "99999.95", "2", "1234567890.1234567", "1", "0")]
]


def execute(statement, flags=0, params=b""):
    return bytes([EXECUTE]) + struct.pack("<IBI", statement, flags, 1) + params


def prepare(c, text):
    answer = c.stream(bytes([PREPARE]) + text.encode(), 0.1)
    return struct.unpack_from("<I", answer, 5)[0], answer


def capture(folder, prefix, path, user, password):
    for label, off in (("eof", DEPRECATE_EOF), ("noeof", 0)):
        with open(os.path.join(folder, f"{prefix}_{label}.hex"), "w", encoding="ascii") as f:
            capture_cases(f, prefix, path, user, password, off)


def capture_cases(f, prefix, path, user, password, off):
    c = Connection(path, user, password, CAPS & ~off & ~ATTRIBUTES)
    d = 1 if c.caps & DEPRECATE_EOF else 0
    c.sql("DROP DATABASE IF EXISTS wire_capture")
    c.sql("CREATE DATABASE wire_capture CHARACTER SET utf8mb4")
    c.stream(bytes([INIT_DB]) + b"wire_capture", 0.05)
    c.sql("SET sql_mode=''")
    c.sql("SET time_zone='+00:00'")
    c.sql(VALUES)
    for row in ROWS:
        c.sql(f"INSERT INTO v VALUES ({row})")
    f.write(f"# Answers of {prefix}, made by capture.py\n")

    def case(what, about, command, stream, **fields):
        write(f, what, about, stream, command=command, deprecate_eof=d, **fields)

    text = c.sql("SELECT * FROM v ORDER BY id")
    statement, answer = prepare(c, "SELECT * FROM v ORDER BY id")
    case("prepare", "SELECT * FROM v", "PREPARE", answer, columns=33, params=0)
    binary = c.stream(execute(statement))
    case("text", "one table of every type, text", "QUERY", text, rows=16, results=1)
    case("binary", "the same, binary", "EXECUTE", binary, rows=16, results=1)
    case("cursor", "EXECUTE that opens a cursor", "EXECUTE", c.stream(execute(statement, 1)), rows=0, results=1)
    case("fetch", "five rows of the cursor", "FETCH", c.stream(bytes([FETCH]) + struct.pack("<II", statement, 5)), rows=5)
    case("fetch_last", "all its rows", "FETCH", c.stream(bytes([FETCH]) + struct.pack("<II", statement, 50)), rows=11)
    statement, answer = prepare(c, "INSERT INTO v (id, vc, n) VALUES (?, ?, ?)")
    case("prepare_insert", "three parameters, no columns", "PREPARE", answer, columns=0, params=3)
    case("insert", "EXECUTE without rows", "EXECUTE", c.stream(execute(
        statement, 0, b"\x04\x01\x08\x00\xfd\x00\x06\x00" + struct.pack("<q", 100) + b"\x03abc")), rows=0, results=1)
    case("insert_again", "the same key once more: error", "EXECUTE", c.stream(execute(
        statement, 0, b"\x04\x00" + struct.pack("<q", 100) + b"\x03abc")), rows=0, error=1062)
    statement, answer = prepare(c, "SELECT ? + 1, ?")
    case("prepare_both", "parameters and columns", "PREPARE", answer, columns=2, params=2)
    case("multi", "three results of one COM_QUERY", "QUERY", c.sql("SELECT 1; UPDATE v SET t = 2; SELECT 'a', NULL"),
         rows=1, results=3)
    case("multi_error", "the second of three fails", "QUERY", c.sql("SELECT 1; SELECT nothing; SELECT 2"), rows=1,
         results=1, error=1054)
    c.sql("CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2, 3; END")
    case("call", "CALL with two results", "QUERY", c.sql("CALL p()"), rows=1, results=3)
    statement, _ = prepare(c, "CALL p()")
    case("call_binary", "CALL with two results, binary", "EXECUTE", c.stream(execute(statement)), rows=1, results=3)
    case("empty", "no rows", "QUERY", c.sql("SELECT * FROM v WHERE id < 0"), rows=0, results=1)
    case("error", "syntax error", "QUERY", c.sql("SELEC"), rows=0, error=1064)
    case("fields", "COM_FIELD_LIST", "FIELD_LIST", c.stream(bytes([FIELD_LIST]) + b"v\0%"), rows=0)
    case("statistics", "COM_STATISTICS", "STATISTICS", c.stream(bytes([STATISTICS])), rows=0)
    case("set_option", "COM_SET_OPTION", "SIMPLE", c.stream(bytes([SET_OPTION]) + b"\0\0"), rows=0)
    case("ping", "COM_PING", "SIMPLE", c.stream(bytes([PING])), rows=0)
    c.sql("SET session_track_system_variables='autocommit,time_zone'")
    c.sql("SET session_track_schema=1")
    case("track", "USE with session tracking", "QUERY", c.sql("USE wire_capture"), rows=0, results=1)
    case("track_variables", "two variables, tracked", "QUERY", c.sql("SET time_zone='+01:00', autocommit=0"), rows=0,
         results=1)
    c.sql("SET autocommit=1")
    c.sql("DROP DATABASE wire_capture")


if __name__ == "__main__":
    capture(os.path.dirname(os.path.abspath(__file__)), *sys.argv[1:])
