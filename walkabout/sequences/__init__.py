"""Sequences as this service runs them: as jobs with a journal and records, inside of requests, or dry."""
