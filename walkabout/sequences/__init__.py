"""Runs sequences in this service: as jobs with a journal and records, inside requests, or dry."""
