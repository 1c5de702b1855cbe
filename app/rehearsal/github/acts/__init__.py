"""What can be done on the stand-in, by the API and by the pages alike: each act changes rows, records events, tells Apps."""
