"""Quorate under redis-py: a parser and a packer for its connections.

A pool takes them as ``ConnectionPool(parser_class=QuorateParser, command_packer=QuoratePacker(), ...)``.
"""

from __future__ import annotations

import select
from typing import Any

from quorate.resp import NEED_MORE, Decoder, ProtocolError, Push, encode_command
from redis import exceptions
from redis._parsers.base import BaseParser, PushNotificationsParser
from redis.utils import SENTINEL

CLOSED = "Connection closed by server."


class QuoratePacker:
    """What redis-py calls to make the bytes of a command."""

    def pack(self, *args: Any) -> list[bytes]:
        # redis-py gives a name of two words as one argument.
        return [encode_command(*args[0].split(), *args[1:])]


class QuorateParser(BaseParser, PushNotificationsParser):
    """What redis-py calls to read replies."""

    def __init__(self, socket_read_size: int) -> None:
        self.socket_read_size = socket_read_size
        self.pubsub_push_handler_func = self.handle_pubsub_push_response
        self._sock: Any = None
        self._decoder: Decoder | None = None

    def handle_pubsub_push_response(self, response: Any) -> Any:
        return response

    def on_connect(self, connection: Any) -> None:
        self._sock = connection._sock
        self._timeout = connection.socket_timeout
        encoder = connection.encoder
        self._decoder = Decoder(
            encoding=encoder.encoding if encoder.decode_responses else None,
            errors=encoder.encoding_errors,
            reply_error=self.parse_error,
        )

    def on_disconnect(self) -> None:
        self._sock = None
        self._decoder = None

    def can_read(self, timeout: float = 0) -> bool:
        if self._decoder is None:
            raise exceptions.ConnectionError(CLOSED)
        return bool(self._decoder.buffered or select.select([self._sock], [], [], timeout)[0])

    def read_response(self, disable_decoding: bool = False, push_request: bool = False, timeout: Any = SENTINEL) -> Any:
        while True:
            response = self._next(not disable_decoding, timeout)
            if isinstance(response, exceptions.ConnectionError):
                raise response
            if not isinstance(response, Push):
                return response
            response = self.handle_push_response(response)
            if push_request:
                return response

    def _next(self, decode: bool, timeout: Any) -> Any:
        decoder, sock = self._decoder, self._sock
        if decoder is None:
            raise exceptions.ConnectionError(CLOSED)
        try:
            if timeout is not SENTINEL:
                sock.settimeout(timeout)
            while (response := decoder.poll(decode=decode)) is NEED_MORE:
                received = sock.recv_into(decoder.reserve(max(decoder.needed, self.socket_read_size)))
                if not received:
                    raise exceptions.ConnectionError(CLOSED)
                decoder.commit(received)
            return response
        except ProtocolError as error:
            raise exceptions.InvalidResponse(str(error)) from error
        except (TimeoutError, BlockingIOError) as error:
            raise exceptions.TimeoutError("Timeout reading from socket") from error
        except OSError as error:
            raise exceptions.ConnectionError(f"Error while reading from socket: {error}") from error
        finally:
            if timeout is not SENTINEL:
                sock.settimeout(self._timeout)
