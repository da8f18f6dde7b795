"""Reading of untrusted input: request bodies, JSON, XML, and bounds of fields."""
