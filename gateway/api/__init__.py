"""The HTTP interface: one route table, wire types, problems, OpenAPI."""
