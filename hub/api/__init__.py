"""The frame of the REST API: envelope, errors, limits; it knows no model of the apps."""
