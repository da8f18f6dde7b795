"""The catalogue: services and their parts, who supports them, and where new records go by it."""
