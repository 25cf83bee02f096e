"""Where there can be no network of machines, the tests say why they are skipped."""

import os
import shutil

import pytest

from tests.machines.network import why_not


def test_without_root_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert why_not() == "a network of namespaces needs root"


def test_without_its_programs_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "ip" else f"/bin/{name}")
    assert why_not() == "a network of namespaces needs ip (iproute2, util-linux)"
