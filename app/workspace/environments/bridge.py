"""The inside half of the way out: a TCP port of the cage that leads to the proxy's socket.

Arguments: the socket, the port, the command to run then. A program of its own that imports nothing
of the service. It is no wall: the proxy outside decides.
"""

import os
import socket
import sys
import threading

_CHUNK = 1 << 16


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        target.close()


def _serve(listener: socket.socket, path: str) -> None:
    while True:
        client, _ = listener.accept()
        proxy = socket.socket(socket.AF_UNIX)
        try:
            proxy.connect(path)
        except OSError:
            client.close()
            continue
        for pair in ((client, proxy), (proxy, client)):
            threading.Thread(target=_pump, args=pair, daemon=True).start()


def main(path: str, port: str, command: list[str]) -> None:
    """Serve in a child process and become the command."""
    listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
    if os.fork() == 0:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        _serve(listener, path)
    listener.close()
    os.execvp(command[0], command)  # noqa: S606 - it is in the cage already.


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
