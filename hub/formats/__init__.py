"""How the admin writes times: to the second, and the same for everybody."""
