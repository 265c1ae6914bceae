"""Who asks: access tokens (JWT) of one issuer, checked by its public keys. https://www.rfc-editor.org/rfc/rfc9068"""
