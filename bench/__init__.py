"""What the hub is measured by: `make bench`, or `python -m bench`."""
