"""Traces of use: what one request did, and who is told of it."""
