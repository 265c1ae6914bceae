"""Subscriptions: the changes of the store, told as they happen to those whom they concern.

`feed` reads them once for all subscribers of a process, `happening` is one of them with what it is found by,
`arguments` are what a subscriber may ask for, `fields` the root type `Subscription`. Who is told, and over what, is
`app.web.live`.
"""
