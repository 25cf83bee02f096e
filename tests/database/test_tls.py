"""TLS to PostgreSQL and to Redis, with real servers and a certificate that signs for itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import WALKERS
from tests.support.certificate import key_and_certificate
from tests.support.house import House
from tests.support.postgres_server import OPTIONS, PostgresServer
from tests.support.redis_server import RedisServer
from walkabout.database.connections import Database, engine_of
from walkabout.database.errors import Unusable
from walkabout.events import Events
from walkabout.jobs.carrier import Carrier
from walkabout.jobs.specs import QueuedJob
from walkabout.settings import Settings

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The files of a key and of the certificate."""
    return key_and_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a certificate that signs for nobody here."""
    return key_and_certificate(tmp_path_factory.mktemp("stranger"))[1]


@pytest.fixture(scope="module")
def postgres(certificate: tuple[Path, Path]) -> Iterator[str]:
    """The URL of a server that takes TLS, and nothing else from the network."""
    key, cert = certificate
    server = PostgresServer(
        {**OPTIONS, "ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"},
        files={"server.key": key.read_bytes(), "server.crt": cert.read_bytes(), "pg_hba.conf": _ONLY_TLS},
    )
    yield server.url()
    server.stop()


_ONLY_TLS = b"hostssl all all 127.0.0.1/32 trust\nlocal all all trust\n"


@pytest.fixture(scope="module")
def redis_tls(certificate: tuple[Path, Path]) -> Iterator[RedisServer]:
    """A Redis that takes TLS on its port, and nothing else."""
    key, cert = certificate
    server = RedisServer(tls=(key, cert))
    yield server
    server.stop()


def asked(url: str) -> bool:
    """Whether the connection to a database is encrypted."""
    db = Database(engine_of(Settings(database_url=url)))
    try:
        db.migrate()
        return bool(db.value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
    finally:
        db.close()


def test_the_parameters_of_the_url_ask_for_tls(postgres: str, certificate: tuple[Path, Path]) -> None:
    assert asked(f"{postgres}?sslmode=require")
    assert asked(f"{postgres}?sslmode=verify-full&sslrootcert={certificate[1]}")
    by_name = postgres.replace("127.0.0.1", "localhost")
    assert asked(f"{by_name}?sslmode=verify-full&sslrootcert={certificate[1]}&hostaddr=127.0.0.1")


def test_a_server_that_is_not_who_it_should_be_is_refused(
    postgres: str, certificate: tuple[Path, Path], stranger: Path
) -> None:
    with pytest.raises(Unusable, match="certificate verify failed"):
        asked(f"{postgres}?sslmode=verify-full&sslrootcert={stranger}")
    elsewhere = postgres.replace("127.0.0.1", "db.example")
    with pytest.raises(Unusable, match=r"does not match host name \"db.example\""):
        asked(f"{elsewhere}?sslmode=verify-full&sslrootcert={certificate[1]}&hostaddr=127.0.0.1")
    with pytest.raises(Unusable, match="no encryption"):
        asked(f"{postgres}?sslmode=disable")


def test_a_server_without_tls_is_refused_where_it_is_required(url_without_tls: str) -> None:
    with pytest.raises(Unusable, match="server does not support SSL"):
        asked(f"{url_without_tls}?sslmode=require")


@pytest.fixture
def url_without_tls() -> Iterator[str]:
    server = PostgresServer()
    yield server.url()
    server.stop()


def test_a_whole_service_speaks_tls_to_both(
    postgres: str, redis_tls: RedisServer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    url = f"{postgres}?sslmode=verify-full&sslrootcert={certificate[1]}"
    house = House(
        tmp_path / "data", prepared=False, WORKERS="2", WALKERS_DIR=f"walkers:{WALKERS}", DATABASE_URL=url,
        REDIS_URL=redis_tls.url(),
    ).start()  # fmt: skip
    try:
        ana = house.client()
        tasks = [ana.start("count") for _ in range(20)]
        assert {ana.wait(task)["state"] for task in tasks} == {"SUCCESS"}
        assert [line for line in house.lines if "carrier.unavailable" in line] == []
        db = Database(engine_of(Settings(database_url=url)))
        # Those that listen, too.
        open_ones = db.rows(
            "SELECT ssl, count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
            " WHERE datname = current_database() GROUP BY ssl"
        )
        db.close()
        assert [encrypted for encrypted, _ in open_ones] == [True]
    finally:
        house.stop()


def test_a_redis_that_is_not_who_it_should_be_carries_nothing(redis_tls: RedisServer, stranger: Path) -> None:
    said: list[str] = []
    events = Events()
    events.listen(lambda name, fields: said.append(str(fields["error"])))
    carrier = Carrier(redis_tls.url(trusting=stranger), "test", events)
    assert not carrier.send([QueuedJob("uid", 1.0, 0)])
    assert "certificate verify failed" in said[0]
    carrier.close()
