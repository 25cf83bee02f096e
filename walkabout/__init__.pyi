from msgspec import Meta

from walkabout.graph.objects import Edge, Node
from walkabout.walking.files import File
from walkabout.walking.request import Request
from walkabout.walking.walker import Walker, at

__all__ = ["Edge", "File", "Meta", "Node", "Request", "Walker", "at"]
