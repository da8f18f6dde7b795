"""The HTTP API of the gateway: routes, request and response bodies, OpenAPI description."""
