"""dmi-graph: a GraphQL façade over a FHIR R4 document store, for the traceability of implantable medical devices."""

__version__ = "0.2.0"
