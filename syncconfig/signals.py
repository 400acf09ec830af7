"""What the floors above may want to hear of."""

from django.dispatch import Signal

batch_completed = Signal()
"""A batch of the API was carried out: ``configuration_id`` of the In one, ``answer`` as the caller gets it, and
``company_id``, the Odoo company in which the caller works (None: the connection's own)."""

bounds_wanted = Signal()
"""What is sent is about to be made: ``configuration`` is the Out one. Who answers with syncconfig.bounds.Bounds bounds
it; all others answer None."""
