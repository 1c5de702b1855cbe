"""Plain HTTP to what runs on this machine. What is asked there is the affair of others."""

import ssl


def no_certificates() -> ssl.SSLContext:
    """Return the `verify` of a client that speaks plain HTTP alone: it trusts no certificate.

    A client that is not told so reads the world's certificates first, 20 ms of a core each time.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
