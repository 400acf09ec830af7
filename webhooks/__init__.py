"""What comes in and goes out as events: the receiver, and later subscriptions."""
