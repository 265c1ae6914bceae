"""Recall: which patients carry a lot, which lots a patient carries, what is still in stock, and how it all adds up."""
