"""FHIR search: parameters, the values a resource is found by, and filters as values. Pure."""
