"""Proofs in the document: Data Integrity 1.0 and its cryptosuites."""
