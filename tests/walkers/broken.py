"""A file that can't be imported: the others must not mind."""

import no_such_module  # noqa: F401
