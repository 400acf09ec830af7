"""What callers may rely on, made from the live configurations: field lists, OpenAPI, Postman."""
