# HTTP by hand over a socket, for what no client library would send.
import socket

from kit.described import description

LIMIT_S = 30


class Wire:
    def __init__(self, server, tls=None):
        self.host = f"127.0.0.1:{server.port}"
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=LIMIT_S)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.rest = b""
        self.asked = []  # by request(), and not answered yet

    def send(self, data):
        """Everything, unless the server has hung up: then what it said is still to be read."""
        try:
            self.socket.sendall(data.encode() if isinstance(data, str) else data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def request(self, method, path, headers=(), body=b"", length=True):
        self.asked.append((method, path))
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *headers]
        if length and method != "GET":
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def more(self):
        try:
            chunk = self.socket.recv(65536)
        except ConnectionResetError:
            chunk = b""
        self.rest += chunk
        return bool(chunk)

    def answer(self):
        """The next answer: status, headers (lower case), body; None when the server closed without one."""
        while b"\r\n\r\n" not in self.rest:
            if not self.more():
                return None
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0))
        while len(self.rest) < length:
            if not self.more():
                break
        body, self.rest = self.rest[:length], self.rest[length:]
        status = int(lines[0].split(" ")[1])
        if self.asked and status != 100:  # RFC 9110 §15.2: the answer is yet to come
            kind = headers.get("content-type", "")
            description.check(*self.asked.pop(0), status, kind, lambda: body)
        return status, headers, body

    def closed(self):
        """True once the server has closed; waits for it. What it still says first is kept."""
        while True:
            try:
                if not self.more():
                    return True
            except TimeoutError:
                return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def exchange(server, method, path, headers=(), body=b"", length=True):
    with Wire(server) as wire:
        wire.request(method, path, headers, body, length)
        return wire.answer()
