"""The App's key and webhook secret of a demo directory: made once, mode 0600, never shown."""

import secrets

from app.cli.demo.folder import Folder, put

KEY_BITS = 2048
SECRET_BYTES = 32


def ensure_secrets(folder: Folder) -> None:
    """Make the private key and the webhook secret unless they are there."""
    if not folder.private_key.exists():
        put(folder.private_key, _private_key())
    if not folder.webhook_secret.exists():
        put(folder.webhook_secret, secrets.token_hex(SECRET_BYTES).encode())


def _private_key() -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
