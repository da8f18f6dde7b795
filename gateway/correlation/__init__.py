"""Correlation of incidents: text features, scores, proposed and made links to masters."""
