"""Correlation of records: features, scores, proposed and made links to master incidents."""
