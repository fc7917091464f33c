"""servers: what is probed; FOLDER has a certificate, and gets a file `ready` when all of them listen

    servers.py FOLDER
"""
import itertools
import os
import socket
import ssl
import struct
import sys
import threading

FOLDER = sys.argv[1]
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
TLS.load_cert_chain(os.path.join(FOLDER, "certificate.pem"), os.path.join(FOLDER, "key.pem"))
kept = []
turn = itertools.count()


def asked(client):
    """All of what a client asks, which may come in parts; or the beginning of TLS."""
    question = b""
    while not question.endswith(b"\r\n\r\n") and not question.startswith(b"\x16"):
        part = client.recv(999)
        if not part:
            break
        question += part


def http(client):
    asked(client)
    client.send(b"HTTP/1.1 302 Found\r\nLocation: http://10.2.0.1/\r\nContent-Length: 2\r\n\r\nok")


def https(client):
    client = TLS.wrap_socket(client, server_side=True)
    asked(client)
    client.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nok")
    client.unwrap()


def reset(client):
    client.recv(9)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(client):
    kept.append(client)
    client.recv(999)
    threading.Event().wait()


def garbage(client):
    asked(client)
    client.send(b"garbage\r\n")


def closed(client):
    asked(client)


def name(query):
    """An answer to a question: what it says depends on the first label; nothing for `to`."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    question, kind = query[12:at + 5], query[at + 2]
    first, code, answer = labels[0] if labels else "", 0, b""
    if first == "to":
        return None
    if first == "sf":
        code = 2
    elif labels[-3:] == ["web", "b", "test"] or labels == ["x", "y", "z"] or (first == "fl" and next(turn) // 4 % 2):
        addresses = {1: socket.inet_aton("10.1.0.2"), 28: socket.inet_pton(socket.AF_INET6, "fd01::2")}
        if kind in addresses:
            answer = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 5, len(addresses[kind])) + addresses[kind]
    elif first not in ("nd", ""):
        code = 3
    return query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, 1 if answer else 0, 0, 0) + question + answer


def serve(server, talk):
    def one(client):
        try:
            talk(client)
            client.close()
        except OSError:
            pass
    while True:
        client, _ = server.accept()
        threading.Thread(target=one, args=(client,), daemon=True).start()


def datagrams(server, answer):
    while True:
        query, sender = server.recvfrom(999)
        try:
            said = answer(query)
        except IndexError:
            continue
        if said:
            server.sendto(said, sender)


def start(kind, run, port, talk):
    server = socket.socket(socket.AF_INET6, kind)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        server.listen(99)
    threading.Thread(target=run, args=(server, talk), daemon=True).start()


for port, talk in {8080: http, 8081: reset, 8082: silent, 8083: garbage, 8084: closed, 8443: https}.items():
    start(socket.SOCK_STREAM, serve, port, talk)
for port, talk in {53: name, 9000: lambda _: b"\0x", 9001: lambda _: None}.items():
    start(socket.SOCK_DGRAM, datagrams, port, talk)
open(os.path.join(FOLDER, "ready"), "w", encoding="utf-8").close()
threading.Event().wait()
