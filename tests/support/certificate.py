"""A certificate for a TLS server on loopback that signs for itself."""

import subprocess
from pathlib import Path


def key_and_certificate(folder: Path) -> tuple[Path, Path]:
    """Make one in a folder: the files of its key and of the certificate."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*request, *names, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make one in a folder: the file with key and certificate for the server, and the certificate for those who trust it."""
    key, certificate = key_and_certificate(folder)
    both = folder / "both.pem"
    both.write_text(key.read_text() + certificate.read_text())
    return both, certificate
