"""What happens in which order, without knowing who asks and who records."""
