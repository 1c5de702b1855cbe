"""Git as the stand-in uses it: bare repositories through plumbing commands, and `git http-backend` for clients."""
