"""FHIR's REST interface, over the functions of intake and search. https://hl7.org/fhir/R4/http.html"""
