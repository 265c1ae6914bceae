"""Executes operations by plans: what graphql-core finds out for each field of each row is found out once.

`preparing` reads, checks and keeps documents. `planning` makes of an operation what is to be read of each object, with
what becomes of a value by its type (`completion`) and how a field gets it (`fields`); `generation` writes the part that
only reads as Python. `run` builds the answer level by level, `references` takes it from one level to the next, `places`
tells where in the answer an error is. `schema` has all that in the place of graphql-core's executor, which still runs
what a plan does not express, and with which plans are compared (tests/exactness).
"""
