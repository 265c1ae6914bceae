"""The GraphQL schema: FHIR types derived from the R4B models, and the fields on top of them."""
