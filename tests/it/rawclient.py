"""A small MySQL client that shows the wire: it sends any bytes, in any segments, and returns packets as they came.

Drivers hide what these tests are about (sequence ids, EOF packets, pipelining, broken packets), so this client does as
little as possible by itself: a login that can be taken apart, one call per command, and readers for text and binary
results. Nothing here knows about Shardwire.
"""
import hashlib
import socket
import ssl
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB = 1, 2, 4, 8
LOCAL_FILES, PROTOCOL_41, SSL, TRANSACTIONS = 0x80, 0x200, 0x800, 0x2000
SECURE, MULTI_STATEMENTS, MULTI_RESULTS, PS_MULTI_RESULTS = 0x8000, 1 << 16, 1 << 17, 1 << 18
PLUGIN_AUTH, CONNECT_ATTRS, AUTH_LENENC, SESSION_TRACK, DEPRECATE_EOF = 1 << 19, 1 << 20, 1 << 21, 1 << 23, 1 << 24
BASIC = LONG_PASSWORD | LONG_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE | MULTI_RESULTS | PS_MULTI_RESULTS | PLUGIN_AUTH

SERVER_MORE_RESULTS, SERVER_CURSOR_EXISTS, SERVER_LAST_ROW, SERVER_SESSION_CHANGED = 8, 0x40, 0x80, 0x4000
PS_OUT_PARAMS = 0x1000
IN_TRANS, AUTOCOMMIT, NO_BACKSLASH_ESCAPES = 1, 2, 0x200

(
    COM_SLEEP,
    COM_QUIT,
    COM_INIT_DB,
    COM_QUERY,
    COM_FIELD_LIST,
    COM_CREATE_DB,
    COM_DROP_DB,
    COM_REFRESH,
    COM_SHUTDOWN,
    COM_STATISTICS,
    COM_PROCESS_INFO,
    COM_CONNECT,
    COM_PROCESS_KILL,
    COM_DEBUG,
    COM_PING,
    COM_TIME,
    COM_DELAYED_INSERT,
    COM_CHANGE_USER,
    COM_BINLOG_DUMP,
    COM_TABLE_DUMP,
    COM_CONNECT_OUT,
    COM_REGISTER_SLAVE,
    COM_STMT_PREPARE,
    COM_STMT_EXECUTE,
    COM_STMT_SEND_LONG_DATA,
    COM_STMT_CLOSE,
    COM_STMT_RESET,
    COM_SET_OPTION,
    COM_STMT_FETCH,
    COM_DAEMON,
    COM_BINLOG_DUMP_GTID,
    COM_RESET_CONNECTION,
) = range(32)


class ServerError(Exception):
    """An ERR packet."""

    def __init__(self, packet):
        self.code = struct.unpack_from("<H", packet, 1)[0]
        rest = packet[3:]
        self.state = rest[1:6].decode() if rest[:1] == b"#" else ""
        self.text = (rest[6:] if self.state else rest).decode("utf-8", "replace")
        super().__init__(f"{self.code} ({self.state}) {self.text}")


class Closed(Exception):
    """The other side has closed the connection."""


class Ok:
    def __init__(self, packet):
        self.affected, at = lenenc(packet, 1)
        self.insert_id, at = lenenc(packet, at)
        self.status, self.warnings = struct.unpack_from("<HH", packet, at)
        self.rest = packet[at + 4 :]
        self.more = bool(self.status & SERVER_MORE_RESULTS)


class Column:
    def __init__(self, packet):
        at, texts = 0, []
        for _ in range(6):
            text, at = lenenc_bytes(packet, at)
            texts.append(text.decode("utf-8", "replace"))
        _, self.schema, self.table, self.org_table, self.name, self.org_name = texts
        self.charset, self.length, self.type, self.flags, self.decimals = struct.unpack_from("<HIBHB", packet, at + 1)


class Result:
    """A result set: columns, rows (as tuples of bytes or None; binary rows as Python values), the end's status."""

    def __init__(self):
        self.columns, self.rows, self.status, self.warnings, self.sequence = [], [], 0, 0, []
        self.out_parameters = False

    @property
    def more(self):
        """MySQL forgets the flag in the last EOF of OUT parameters: an OK always follows those."""
        return bool(self.status & SERVER_MORE_RESULTS) or self.out_parameters


def lenenc(data, at):
    first = data[at]
    if first < 0xFB:
        return first, at + 1
    size = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[at + 1 : at + 1 + size], "little"), at + 1 + size


def lenenc_bytes(data, at):
    size, at = lenenc(data, at)
    return bytes(data[at : at + size]), at + size


def put_lenenc(data):
    size = len(data)
    head = (
        bytes([size])
        if size < 0xFB
        else b"\xfc" + size.to_bytes(2, "little")
        if size < 1 << 16
        else b"\xfd" + size.to_bytes(3, "little")
        if size < 1 << 24
        else b"\xfe" + size.to_bytes(8, "little")
    )
    return head + data


def frame(payload, sequence=0):
    """The payload as packets: longer ones are split at 16 MiB - 1."""
    out = []
    while True:
        part, payload = payload[:0xFFFFFF], payload[0xFFFFFF:]
        out.append(len(part).to_bytes(3, "little") + bytes([sequence & 255]) + part)
        sequence += 1
        if len(part) < 0xFFFFFF:
            return b"".join(out)


def scramble_native(password, salt):
    if not password:
        return b""
    one = hashlib.sha1(password.encode()).digest()
    two = hashlib.sha1(salt + hashlib.sha1(one).digest()).digest()
    return bytes(a ^ b for a, b in zip(one, two))


def scramble_sha2(password, salt):
    if not password:
        return b""
    one = hashlib.sha256(password.encode()).digest()
    two = hashlib.sha256(hashlib.sha256(one).digest() + salt).digest()
    return bytes(a ^ b for a, b in zip(one, two))


SCRAMBLES = {"mysql_native_password": scramble_native, "caching_sha2_password": scramble_sha2}


class RawClient:
    """Connects and reads the greeting; login() does the rest. Keyword `unix` names a socket instead of a port."""

    def __init__(self, port=0, host="127.0.0.1", unix=None, timeout=20, receive_buffer=None):
        self.socket = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(unix or (host, port))
        self.buffer, self.sequence, self.capabilities, self.steps = b"", 0, 0, []
        self.read_greeting()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def close(self):
        self.socket.close()

    # bytes and packets

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, payload, sequence=0):
        self.socket.sendall(frame(payload, sequence))

    def receive(self, count):
        parts, have = [self.buffer], len(self.buffer)
        while have < count:
            try:
                part = self.socket.recv(1 << 18)
            except (ConnectionResetError, BrokenPipeError):
                part = b""
            if not part:
                raise Closed()
            parts.append(part)
            have += len(part)
        data = b"".join(parts)
        self.buffer = data[count:]
        return data[:count]

    def packet(self):
        """The next payload, joined; its last sequence id is in self.sequence."""
        parts = []
        while True:
            head = self.receive(4)
            size, self.sequence = int.from_bytes(head[:3], "little"), head[3]
            parts.append(self.receive(size))
            if size < 0xFFFFFF:
                return b"".join(parts)

    def checked(self):
        packet = self.packet()
        if packet[:1] == b"\xff":
            raise ServerError(packet)
        return packet

    def at_end(self):
        """True if the other side closes (any packets before that are thrown away)."""
        try:
            while True:
                self.packet()
        except Closed:
            return True
        except socket.timeout:
            return False

    # login

    def read_greeting(self):
        packet = self.checked()
        end = packet.index(b"\0", 1)
        self.version = packet[1:end].decode()
        self.thread_id = struct.unpack_from("<I", packet, end + 1)[0]
        low, self.charset, self.status, high = struct.unpack_from("<HBHH", packet, end + 14)
        self.server_capabilities = low | high << 16
        self.salt = packet[end + 5 : end + 13] + packet[end + 32 : end + 44]
        self.server_plugin = packet[end + 45 :].split(b"\0")[0].decode()

    def login_packet(
        self,
        user,
        password,
        schema=None,
        plugin=None,
        capabilities=BASIC,
        charset=45,
        attributes=None,
        max_packet=1 << 30,
        response=None,
    ):
        plugin = plugin or self.server_plugin
        if response is None:
            response = SCRAMBLES[plugin](password, self.salt) if plugin in SCRAMBLES else b""
        capabilities |= CONNECT_WITH_DB if schema else 0
        capabilities |= CONNECT_ATTRS if attributes is not None else 0
        self.capabilities = capabilities
        data = struct.pack("<IIB23x", capabilities, max_packet, charset) + user.encode() + b"\0"
        data += bytes([len(response)]) + response
        data += schema.encode() + b"\0" if schema else b""
        data += plugin.encode() + b"\0" if capabilities & PLUGIN_AUTH else b""
        if attributes is not None:
            pairs = b"".join(put_lenenc(k.encode()) + put_lenenc(v.encode()) for k, v in attributes.items())
            data += put_lenenc(pairs)
        return data

    def start_tls(self, capabilities=BASIC, charset=45, context=None, server_name="localhost"):
        """Sends the TLS request and goes on encrypted; the login that follows has sequence id 2."""
        self.send(struct.pack("<IIB23x", capabilities | SSL, 1 << 30, charset), 1)
        if context is None:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, server_hostname=server_name)
        self.sequence = 1

    def login(self, user, password, schema=None, tls=False, **more):
        """Logs in, following auth switches; self.steps names what was asked on the way."""
        if tls:
            more["capabilities"] = more.get("capabilities", BASIC) | SSL
            self.start_tls(more["capabilities"])
        packet = self.login_packet(user, password, schema, **more)
        self.send(packet, self.sequence + 1)
        return self.finish_login(password, more.get("plugin") or self.server_plugin)

    def finish_login(self, password, plugin):
        while True:
            packet = self.checked()
            if packet[0] == 0:
                return Ok(packet)
            if packet[0] == 0xFE:
                end = packet.index(b"\0")
                plugin, self.salt = packet[1:end].decode(), packet[end + 1 :].rstrip(b"\0")
                self.steps.append("switch:" + plugin)
                if plugin == "sha256_password":  # MySQL asks unknown users for any plugin
                    self.send_full(password, b"\x01")
                else:
                    self.send(SCRAMBLES[plugin](password, self.salt), self.sequence + 1)
            elif packet == b"\x01\x03":
                self.steps.append("fast")
            elif packet == b"\x01\x04":
                self.steps.append("full")
                self.send_full(password)
            else:
                raise AssertionError(f"unexpected in login: {packet!r}")

    def send_full(self, password, ask=b"\x02"):
        """caching_sha2_password's full way: the password over TLS, or encrypted with the server's RSA key."""
        secret = password.encode() + b"\0"
        if isinstance(self.socket, ssl.SSLSocket) or self.socket.family == socket.AF_UNIX:
            self.send(secret, self.sequence + 1)
            return
        self.send(ask, self.sequence + 1)
        key = self.checked()
        self.steps.append("rsa")
        mixed = bytes(b ^ self.salt[i % len(self.salt)] for i, b in enumerate(secret))
        public = serialization.load_pem_public_key(key[1:])
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
        self.send(public.encrypt(mixed, oaep), self.sequence + 1)

    def change_user(self, user, password, schema="", plugin="mysql_native_password", charset=45):
        response = SCRAMBLES[plugin](password, self.salt[:20])
        data = user.encode() + b"\0" + bytes([len(response)]) + response + schema.encode() + b"\0"
        data += struct.pack("<H", charset) + plugin.encode() + b"\0"
        data += put_lenenc(b"") if self.capabilities & CONNECT_ATTRS else b""
        self.command(COM_CHANGE_USER, data)
        return self.finish_login(password, plugin)

    # commands

    def command(self, code, payload=b""):
        self.send(bytes([code]) + payload)

    def simple(self, code, payload=b""):
        """A command whose answer is one OK."""
        self.command(code, payload)
        return Ok(self.checked())

    def query(self, sql, code=COM_QUERY):
        """An Ok or a Result: the first of what the statement gives; read_result() reads further ones."""
        self.command(code, sql if isinstance(sql, bytes) else sql.encode())
        return self.read_result()

    def query_all(self, sql):
        results = [self.query(sql)]
        while results[-1].more:
            results.append(self.read_result())
        return results

    def is_eof(self, packet):
        return packet[0] == 0xFE and len(packet) < 9

    def is_end(self, packet):
        """Both forms: a row that begins with 0xfe is longer than any OK packet could be."""
        return packet[0] == 0xFE and len(packet) < (0xFFFFFF if self.capabilities & DEPRECATE_EOF else 9)

    def read_result(self, binary=False):
        packet = self.checked()
        if packet[0] == 0:
            return Ok(packet)
        result = Result()
        result.sequence.append(self.sequence)
        count, _ = lenenc(packet, 0)
        result.columns = [Column(self.noted(result)) for _ in range(count)]
        if not self.capabilities & DEPRECATE_EOF:
            eof = self.noted(result)
            assert self.is_eof(eof), eof
            result.status = struct.unpack_from("<H", eof, 3)[0]
            result.out_parameters = bool(result.status & PS_OUT_PARAMS)
            if binary and result.status & SERVER_CURSOR_EXISTS:
                return result
        self.read_rows(result, binary)
        return result

    def noted(self, result):
        packet = self.checked()
        result.sequence.append(self.sequence)
        return packet

    def read_rows(self, result, binary):
        while True:
            packet = self.noted(result)
            if self.is_end(packet):
                break
            result.rows.append(binary_row(packet, result.columns) if binary else text_row(packet, len(result.columns)))
        if self.capabilities & DEPRECATE_EOF:
            ok = Ok(packet)
            result.status, result.warnings = ok.status, ok.warnings
        else:
            result.warnings, result.status = struct.unpack_from("<HH", packet, 1)

    # prepared statements

    def prepare(self, sql):
        self.command(COM_STMT_PREPARE, sql if isinstance(sql, bytes) else sql.encode())
        return self.read_prepared()

    def read_prepared(self):
        packet = self.checked()
        statement = Statement(*struct.unpack_from("<xIHHxH", packet))
        for count, into in ((statement.params, statement.param_columns), (statement.columns, statement.result_columns)):
            into += [Column(self.checked()) for _ in range(count)]
            if count and not self.capabilities & DEPRECATE_EOF:
                assert self.is_eof(self.checked())
        return statement

    def execute(self, statement, *values, send_types=True, cursor=0):
        """Parameters: None, int, float, str, bytes; LONG_DATA for what was sent ahead."""
        self.command(COM_STMT_EXECUTE, execute_payload(statement.id, values, send_types, cursor))
        return self.read_result(binary=True)

    def fetch(self, statement, count, columns):
        self.command(COM_STMT_FETCH, struct.pack("<II", statement.id, count))
        result = Result()
        result.columns = columns
        self.read_rows(result, True)
        return result

    def long_data(self, statement, parameter, data):
        self.command(COM_STMT_SEND_LONG_DATA, struct.pack("<IH", statement.id, parameter) + data)

    def close_statement(self, statement):
        self.command(COM_STMT_CLOSE, struct.pack("<I", statement.id))

    def reset_statement(self, statement):
        return self.simple(COM_STMT_RESET, struct.pack("<I", statement.id))


class Statement:
    def __init__(self, number, columns, params, warnings):
        self.id, self.columns, self.params, self.warnings = number, columns, params, warnings
        self.param_columns, self.result_columns = [], []


LONG_DATA = object()


def execute_payload(number, values, send_types=True, cursor=0):
    data = struct.pack("<IBI", number, cursor, 1)
    if not values:
        return data
    bits = bytearray((len(values) + 7) // 8)
    types, body = b"", b""
    for i, value in enumerate(values):
        if value is None:
            bits[i // 8] |= 1 << i % 8
            types += b"\x06\0"
        elif value is LONG_DATA:
            types += b"\xfb\0"
        elif isinstance(value, int):
            unsigned = value >= 1 << 63
            types += b"\x08\x80" if unsigned else b"\x08\0"
            body += struct.pack("<Q" if unsigned else "<q", value)
        elif isinstance(value, float):
            types += b"\x05\0"
            body += struct.pack("<d", value)
        else:
            types += b"\xfd\0" if isinstance(value, str) else b"\xfc\0"
            body += put_lenenc(value.encode() if isinstance(value, str) else value)
    return data + bytes(bits) + (b"\x01" + types if send_types else b"\0") + body


def text_row(packet, count):
    values, at = [], 0
    for _ in range(count):
        if packet[at] == 0xFB:
            values.append(None)
            at += 1
        else:
            value, at = lenenc_bytes(packet, at)
            values.append(value)
    assert at == len(packet), "bytes left over in a row"
    return tuple(values)


def binary_row(packet, columns):
    assert packet[0] == 0, packet[:1]
    nulls, at, values = packet[1 : 1 + (len(columns) + 9) // 8], 1 + (len(columns) + 9) // 8, []
    fixed = {1: "b", 2: "h", 3: "i", 4: "f", 5: "d", 8: "q", 9: "i", 13: "h"}
    for i, column in enumerate(columns):
        if nulls[(i + 2) // 8] >> (i + 2) % 8 & 1:
            values.append(None)
        elif column.type in fixed:
            code = fixed[column.type]
            code = code.upper() if column.flags & 32 and code not in "fd" else code
            values.append(struct.unpack_from("<" + code, packet, at)[0])
            at += struct.calcsize("<" + code)
        elif column.type in (7, 10, 12):
            size = packet[at]
            values.append(moment(packet[at + 1 : at + 1 + size], column.type))
            at += 1 + size
        elif column.type == 11:
            size = packet[at]
            values.append(duration(packet[at + 1 : at + 1 + size]))
            at += 1 + size
        else:
            value, at = lenenc_bytes(packet, at)
            values.append(value)
    assert at == len(packet), "bytes left over in a binary row"
    return tuple(values)


def moment(data, kind):
    year, month, day = struct.unpack_from("<HBB", data) if data else (0, 0, 0)
    hour, minute, second = data[4:7] if len(data) >= 7 else (0, 0, 0)
    micro = struct.unpack_from("<I", data, 7)[0] if len(data) == 11 else 0
    date = f"{year:04}-{month:02}-{day:02}"
    return date if kind == 10 else f"{date} {hour:02}:{minute:02}:{second:02}" + (f".{micro:06}" if micro else "")


def duration(data):
    if not data:
        return "00:00:00"
    negative, days, hour, minute, second = struct.unpack_from("<BIBBB", data)
    micro = struct.unpack_from("<I", data, 8)[0] if len(data) == 12 else 0
    return f"{'-' if negative else ''}{days * 24 + hour:02}:{minute:02}:{second:02}" + (f".{micro:06}" if micro else "")
