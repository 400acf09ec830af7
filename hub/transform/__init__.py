"""From the shape of one system to the shape of another: mappings and value kinds."""
