"""A small house of its own: stand-ins that the service meets over sockets."""
