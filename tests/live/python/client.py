"""The smallest client: a socket and a decoder."""

from __future__ import annotations

import socket
from typing import Any

from quorate.resp import NEED_MORE, Decoder, Push, encode_command, encode_pipeline


class Client:
    def __init__(self, port: int, protocol: int, **options: Any) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.decoder = Decoder(**options)
        self.pushes: list[Push] = []
        self.hello = self.call("HELLO", protocol)

    def call(self, *arguments: Any) -> Any:
        """Sends one command and waits for its reply."""
        self.socket.sendall(encode_command(*arguments))
        return self.reply()

    def pipeline(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Sends many commands at once and waits for their replies."""
        self.socket.sendall(encode_pipeline(commands))
        return [self.reply() for _ in commands]

    def reply(self) -> Any:
        """The next reply; pushes before it are put aside."""
        while True:
            message = self.message()
            if not isinstance(message, Push):
                return message
            self.pushes.append(message)

    def push(self) -> Push:
        """The next push."""
        if self.pushes:
            return self.pushes.pop(0)
        message = self.message()
        assert isinstance(message, Push)
        return message

    def message(self) -> Any:
        """The next reply or push."""
        while (message := self.decoder.poll()) is NEED_MORE:
            received = self.socket.recv_into(self.decoder.reserve(max(self.decoder.needed, 4096)))
            assert received, "the server closed the connection"
            self.decoder.commit(received)
        return message

    def close(self) -> None:
        self.socket.close()
