"""`phaseline demo`: stand-ins, service, one issue and its way. A client of them, part of none."""
