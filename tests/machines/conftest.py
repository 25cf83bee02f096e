"""The cluster that the tests of this folder share, where there can be one."""

from collections.abc import Iterator

import pytest

from tests.machines.cluster import Cluster
from tests.machines.network import why_not


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two machines that serve, three that work, a database and a Redis."""
    if why := why_not():
        pytest.skip(why)
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.close()
