"""The HTTP interface for people and other systems: one route table, wire structs, problems, OpenAPI."""
