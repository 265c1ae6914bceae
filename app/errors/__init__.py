"""Every error a user can meet, as data; text in English and French is part of the data.

DmiError
├── RequestError            the request cannot be understood
│   ├── MalformedJson
│   ├── TooLarge
│   ├── UnsupportedMedia
│   ├── NotAcceptable       an answer in a media type that this server does not write
│   ├── UnknownDocument     the identifier of a GraphQL document that is not published
│   ├── TooCostly
│   │   └── AnswerTooLarge
│   ├── InvalidSearch
│   └── InvalidCursor       what is no cursor of the feed of changes
├── NotAuthenticated        no access token, or one that is not accepted
├── ForeignOrigin           a page of another site asks
├── UntrustedDocument       a GraphQL document that is none of those that may be run
├── NotExplained            how a request was carried out is not for who asks
├── Forbidden               the access token does not allow it
├── InvalidResource         a resource breaks rules; carries every one of them
├── NotFound
├── MultipleMatches         an identifier that several resources have
├── VersionConflict
├── DuplicateKey            what only one resource may have, another one has
├── Gone                    a resource that was deleted
├── PreconditionFailed      a condition of the request is not met by one resource
├── KeyReused               an Idempotency-Key that came with another request before
├── OutOfTime               a request takes longer than it may
├── TooSlow                 a client takes longer to send a request than it may
├── TooManyRequests         a client has too many requests under way
│   └── TooMuchUnread       and does not read what it was answered
├── TooManySubscriptions    a web socket has as many subscriptions as it may
├── InProgress              the same is being done for another request
├── NoTransactions          the server of the store cannot keep several resources together
├── NoChanges               the server of the store does not tell of changes
├── CursorGone              the changes behind a cursor are no longer kept
├── UnfitStored             a stored value does not fit its FHIR type
├── StoreUnavailable        for now: the store does not answer
│   └── StoreFull           there is no room
├── IssuerUnavailable       for now: the keys by which tokens are checked cannot be read
├── StoreUnusable           at start: the store cannot be opened
└── SettingsError           at start: a setting is wrong

`code` is a FHIR issue type: https://hl7.org/fhir/R4/valueset-issue-type.html
"""

from app.errors.course import (
    InProgress,
    KeyReused,
    OutOfTime,
    TooManyRequests,
    TooManySubscriptions,
    TooMuchUnread,
    TooSlow,
)
from app.errors.issue import UNEXPECTED, DmiError, Issue, Severity, origin
from app.errors.permission import (
    Forbidden,
    ForeignOrigin,
    IssuerUnavailable,
    NotAuthenticated,
    NotExplained,
    UntrustedDocument,
)
from app.errors.request import (
    AnswerTooLarge,
    InvalidCursor,
    InvalidSearch,
    MalformedJson,
    NotAcceptable,
    RequestError,
    TooCostly,
    TooLarge,
    UnknownDocument,
    UnsupportedMedia,
)
from app.errors.resource import (
    DuplicateKey,
    Gone,
    InvalidResource,
    MultipleMatches,
    NotFound,
    PreconditionFailed,
    UnfitStored,
    VersionConflict,
)
from app.errors.start import SettingsError, StoreUnusable
from app.errors.store import CursorGone, NoChanges, NoTransactions, StoreFull, StoreUnavailable

__all__ = [
    "UNEXPECTED",
    "AnswerTooLarge",
    "CursorGone",
    "DmiError",
    "DuplicateKey",
    "Forbidden",
    "ForeignOrigin",
    "Gone",
    "InProgress",
    "InvalidCursor",
    "InvalidResource",
    "InvalidSearch",
    "Issue",
    "IssuerUnavailable",
    "KeyReused",
    "MalformedJson",
    "MultipleMatches",
    "NoChanges",
    "NoTransactions",
    "NotAcceptable",
    "NotAuthenticated",
    "NotExplained",
    "NotFound",
    "OutOfTime",
    "PreconditionFailed",
    "RequestError",
    "SettingsError",
    "Severity",
    "StoreFull",
    "StoreUnavailable",
    "StoreUnusable",
    "TooCostly",
    "TooLarge",
    "TooManyRequests",
    "TooManySubscriptions",
    "TooMuchUnread",
    "TooSlow",
    "UnfitStored",
    "UnknownDocument",
    "UnsupportedMedia",
    "UntrustedDocument",
    "VersionConflict",
    "origin",
]
