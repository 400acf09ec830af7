"""What the floors above may want to hear of."""

from django.dispatch import Signal

batch_completed = Signal()
"""A batch of the API was carried out: ``configuration_id`` of the In one, ``answer`` as the caller gets it."""
