"""What can be done on the stand-in, by the API and by the pages alike.

Each act changes rows, records events, tells Apps.
"""
