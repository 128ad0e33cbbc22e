"""What answers are made with: the services of lower rank, as one argument."""

from typing import NamedTuple

from core.chats.bounds import Bounds
from core.connections import Connections
from core.models import Models
from core.queries import Queries
from core.uploads import Uploads


class Parts(NamedTuple):
    """The services that whoever answers may ask, each over the same rights as every door."""

    connections: Connections
    queries: Queries
    models: Models
    uploads: Uploads
    bounds: Bounds = Bounds()
    """How much one answer of a model may take."""
