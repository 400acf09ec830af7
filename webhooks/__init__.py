"""What comes in and goes out as events: webhooks that callers register, and the demo receiver."""
