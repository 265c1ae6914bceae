"""Subscriptions over web sockets, by the protocol graphql-transport-ws; the legacy one, `graphql-ws`, is not spoken.

`protocol` has the messages, `connection` what one client may do with them, `outbox` what waits for it. An `audience`
are subscribers who are told the same: each change is looked at, authorised, carried out and written once for all.
`audiences` has all of a process, `endpoint` lets clients in.
"""
