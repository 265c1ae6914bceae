"""The transaction Bundle: all of its entries are stored, or none. https://hl7.org/fhir/R4/http.html#transaction"""
