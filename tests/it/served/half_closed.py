#!/usr/bin/env python3
"""A request over TLS by one who says that he sends nothing more, and still reads: the answer goes to the output.

`ADDRESS LOGIN`. TLS's own end goes out, and then TCP's; TCP's alone, which anybody on the way can make, is that of one who has gone.
"""
import socket, ssl, sys

address, login = sys.argv[1:]
host, port = address.rsplit(":", 1)
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
tcp = socket.create_connection((host, int(port)), timeout=30)
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = context.wrap_bio(incoming, outgoing, server_hostname="localhost")


def pump(step):
    """One step of TLS, with what has to go over the wire for it; none at the end."""
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            if outgoing.pending:
                tcp.sendall(outgoing.read())
            piece = tcp.recv(4096)
            if not piece:
                return b""
            incoming.write(piece)
        except ssl.SSLZeroReturnError:
            return b""


pump(tls.do_handshake)
body = b'{"action":"listjails"}'
head = f"PUT /sysadm/iocage HTTP/1.1\r\nHost: {address}\r\nAuthorization: {login}\r\nContent-Length: {len(body)}\r\n\r\n"
tls.write(head.encode() + body)
try:
    tls.unwrap()
except ssl.SSLWantReadError:
    pass
tcp.sendall(outgoing.read())
tcp.shutdown(socket.SHUT_WR)
while piece := pump(lambda: tls.read(4096)):
    sys.stdout.buffer.write(piece)
