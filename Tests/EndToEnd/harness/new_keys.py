"""A client of TLS 1.3 that changes its keys (RFC 8446, section 4.6.3), which Python's ssl cannot."""

import ctypes
import ctypes.util
import socket

_MOST = 1 << 16


def _library():
    library = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
    for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new", "BIO_new", "BIO_s_mem"):
        getattr(library, name).restype = ctypes.c_void_p
    library.SSL_free.restype = library.SSL_CTX_free.restype = None
    return library


class NewKeysClient:
    """Its records are sent when `send` is called, all in one piece; the server's certificate is not looked at."""

    def __init__(self, port):
        self._ssl = library = _library()
        context = ctypes.c_void_p(library.SSL_CTX_new(ctypes.c_void_p(library.TLS_client_method())))
        self._session = ctypes.c_void_p(library.SSL_new(context))
        # The session holds it, and the two ends.
        library.SSL_CTX_free(context)
        self._in, self._out = (ctypes.c_void_p(library.BIO_new(ctypes.c_void_p(library.BIO_s_mem()))) for _ in range(2))
        library.SSL_set_bio(self._session, self._in, self._out)
        library.SSL_set_connect_state(self._session)
        self._socket = socket.create_connection(("127.0.0.1", port), 10)
        while library.SSL_do_handshake(self._session) != 1:
            self.send()
            assert self._receive(), "the handshake was broken off"
        self.send()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._ssl.SSL_free(self._session)

    def write(self, data):
        assert self._ssl.SSL_write(self._session, data, len(data)) == len(data)

    def change_keys(self, asks_for_the_same=False):
        assert self._ssl.SSL_key_update(self._session, int(asks_for_the_same)) == 1
        # The message goes with what is written next, or with a handshake of nothing.
        assert self._ssl.SSL_do_handshake(self._session) == 1

    def send(self):
        buffer = ctypes.create_string_buffer(_MOST)
        pieces = []
        while (count := self._ssl.BIO_read(self._out, buffer, _MOST)) > 0:
            pieces.append(buffer.raw[:count])
        self._socket.sendall(b"".join(pieces))

    def read(self):
        """What has come, or b"" at the end."""
        buffer = ctypes.create_string_buffer(_MOST)
        while (count := self._ssl.SSL_read(self._session, buffer, _MOST)) <= 0:
            if not self._receive():
                return b""
        return buffer.raw[:count]

    def _receive(self):
        piece = self._socket.recv(_MOST)
        self._ssl.BIO_write(self._in, piece, len(piece))
        return piece
