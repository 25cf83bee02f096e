"""A certificate for a TLS server on loopback that signs for itself."""

import subprocess
from pathlib import Path


def self_signed(folder: Path) -> tuple[Path, Path]:
    """Make one in a folder: the file with key and certificate for the server, and the certificate for those who trust it."""
    both, certificate = folder / "both.pem", folder / "cert.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run([*request, *names, "-keyout", both, "-out", certificate], check=True, capture_output=True)
    both.write_text(both.read_text() + certificate.read_text())
    return both, certificate
