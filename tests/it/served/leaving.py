#!/usr/bin/env python3
"""Clients that leave while a request of theirs is worked on, over TLS: what crashed sysadm's servers.

`ADDRESS TOKEN COUNT`: so many that take their leave (a Close frame, TLS's own end, TCP's) and as many that do not (in the middle of
a frame, by a reset), over a WebSocket and over REST in turns. Written with nothing but `ssl`, so that it is known what goes over
the wire.
"""
import base64, json, os, socket, ssl, struct, sys

address, token, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
host, port = address.rsplit(":", 1)
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
LIST = {"action": "listjails"}


def frame(opcode, payload, whole=True):
    """A frame of a client, masked by zeros; one that is not whole promises more than it has."""
    told = len(payload) + (0 if whole else 100)
    length = bytes([0x80 | told]) if told < 126 else bytes([0x80 | 126]) + struct.pack(">H", told)
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


def text(name, args):
    namespace, name = name.split("/")
    return frame(1, json.dumps({"namespace": namespace, "name": name, "id": name, "args": args}).encode())


def connect():
    tcp = socket.create_connection((host, int(port)), timeout=30)
    return context.wrap_socket(tcp, server_hostname="localhost")


def until(stream, wanted):
    seen = b""
    while wanted not in seen:
        piece = stream.recv(4096)
        assert piece, f"it ended: {seen!r}"
        seen += piece


def websocket():
    stream = connect()
    key = base64.b64encode(os.urandom(16)).decode()
    stream.sendall(
        f"GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    until(stream, b"\r\n\r\n")
    stream.sendall(text("rpc/auth_token", {"token": token}))
    until(stream, b'"namespace":"rpc"')
    return stream


def rest():
    stream, body = connect(), json.dumps(LIST)
    head = f"PUT /sysadm/iocage HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    stream.sendall((head + body).encode())
    return stream


def end(stream):
    """TLS's end, of which the other's is not waited for, and TCP's."""
    stream.settimeout(0)
    try:
        stream.unwrap()
    except (ssl.SSLError, OSError):
        pass
    stream.close()


def reset(stream):
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stream.close()


for number in range(count):
    is_rest = number % 4 == 3
    polite = rest() if is_rest else websocket()
    if not is_rest:
        polite.sendall(text("sysadm/iocage", LIST))
        polite.sendall(frame(8, struct.pack(">H", 1000)))
    end(polite)
    rude = rest() if is_rest else websocket()
    if not is_rest:
        rude.sendall(text("sysadm/iocage", LIST))
        rude.sendall(frame(1, b'{"namespace":', whole=False))
    reset(rude)
print(f"{count} polite, {count} rude")
