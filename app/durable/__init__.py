"""Segments, queues, lease and takeover. The only home of DBOS."""
