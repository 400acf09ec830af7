"""What business users configure, and what runs it: connections, configurations, clients, deliveries."""
