"""FHIR as GraphQL types: derived from the R4B metadata, every element of every served type."""
