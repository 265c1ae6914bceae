"""What is not for who asks."""

from __future__ import annotations

from app.errors.issue import DmiError


class NotAuthenticated(DmiError):
    """No access token came with the request, or one that is not accepted: `reason` says why, in English, in a word or
    two; it is "" where there was none."""

    code = "login"

    def __init__(self, reason: str = "") -> None:
        told, dit = (f"is not accepted: {reason}", "n’est pas accepté") if reason else ("is missing", "manque")
        super().__init__(
            f"The access token {told}. Send one of this server's issuer as Authorization: Bearer …; "
            "/.well-known/smart-configuration names the issuer.",
            f"Le jeton d’accès {dit}. Envoyez-en un de l’émetteur de ce serveur dans Authorization: Bearer … ; "
            "/.well-known/smart-configuration nomme l’émetteur.",
        )
        self.reason = reason


class Forbidden(DmiError):
    """The access token does not allow what is asked for."""

    code = "forbidden"


class ForeignOrigin(DmiError):
    """A page of another site had a browser ask."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "A page of another site may not ask this server. Have its origin listed in DMI_ORIGINS, or use the page of "
            "this server.",
            "Une page d’un autre site ne peut pas interroger ce serveur. Faites ajouter son origine à DMI_ORIGINS, ou "
            "utilisez la page de ce serveur.",
            rule="DMI_ORIGINS",
        )


class UntrustedDocument(DmiError):
    """A GraphQL document that is none of those that this server runs."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "This server runs published operations only, and this document is none. Name one by its documentId, "
            "or have the document added to graphql/operations (DMI_OPERATIONS).",
            "Ce serveur n’exécute que les opérations publiées, et ce document n’en est pas une. Nommez-en une par son "
            "documentId, ou faites ajouter le document à graphql/operations (DMI_OPERATIONS).",
            rule="DMI_OPERATIONS",
        )


class NotExplained(DmiError):
    """How a request was carried out is asked for by somebody to whom it is not told."""

    code = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "This server does not explain this request. Ask without `explain` in `extensions`, or have DMI_EXPLAIN set "
            "to on and, where the server asks for tokens, the scope dmi-graph/explain given.",
            "Ce serveur n’explique pas cette requête. Envoyez-la sans `explain` dans `extensions`, ou faites mettre "
            "DMI_EXPLAIN à on et, si le serveur exige un jeton, accorder le scope dmi-graph/explain.",
            rule="DMI_EXPLAIN",
        )


class IssuerUnavailable(DmiError):
    """The public keys of the issuer cannot be read now, so no token can be checked."""

    code = "transient"

    def __init__(self) -> None:
        super().__init__(
            "Access tokens cannot be checked now, because the keys of their issuer cannot be read. Repeat the request "
            "in a moment; if it stays, tell the operator.",
            "Les jetons d’accès ne peuvent pas être vérifiés pour l’instant, car les clés de leur émetteur sont "
            "illisibles. Répétez la requête dans un instant ; si cela persiste, prévenez l’exploitant.",
        )
