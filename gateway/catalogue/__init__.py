"""The catalogue: services, configuration items, their support groups, routing of new records."""
