"""DnsServer: answers questions for IPv4 addresses on 127.0.0.1:53, from a table; other names do not exist."""

import socket
import struct
import threading

TYPE_A = 1
NAME_ERROR = 3


class DnsServer:
    """Serves in a thread of its own until closed. `asked` has the names in the order of the questions."""

    def __init__(self, addresses):
        self._addresses = addresses
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        self.asked = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            question, client = self._socket.recvfrom(4096)
            if not question:
                return
            self._socket.sendto(self._answer(question), client)

    def _answer(self, message):
        labels, at = [], 12
        while message[at]:
            labels.append(message[at + 1:at + 1 + message[at]].decode())
            at += 1 + message[at]
        name = ".".join(labels).lower()
        kind, _ = struct.unpack_from("!HH", message, at + 1)
        self.asked.append(name)
        address = self._addresses.get(name)
        found = address is not None and kind == TYPE_A
        flags = 0x8580 | (NAME_ERROR if address is None else 0)
        answer = message[:2] + struct.pack("!HHHHH", flags, 1, int(found), 0, 0) + message[12:at + 5]
        if found:
            answer += struct.pack("!HHHIH", 0xC00C, TYPE_A, 1, 60, 4) + socket.inet_aton(address)
        return answer

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", 53))
        self._thread.join()
        self._socket.close()
