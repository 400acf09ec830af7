"""The web server: waitress, made strict about what is a request, and patient only for so long."""
