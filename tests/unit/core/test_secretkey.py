"""The secret key: given, or kept in the data directory."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tracepass.core.secretkey import SecretKeyMissing, load_secret_key
from tracepass.settings import Settings

KEY = bytes(range(32))
TEXT = base64.b64encode(KEY).decode()


def settings(folder: Path, **more: str) -> Settings:
    return Settings.model_validate({"_env_file": None, "data_dir": folder, **more})


def test_a_key_that_is_set_is_taken(tmp_path: Path) -> None:
    assert load_secret_key(settings(tmp_path, secret_key=TEXT)) == KEY
    assert list(tmp_path.iterdir()) == []


def test_a_database_by_uri_without_a_key_refuses_to_start(tmp_path: Path) -> None:
    with pytest.raises(SecretKeyMissing, match="openssl rand -base64 32"):
        load_secret_key(settings(tmp_path, mongodb_uri="mongodb://x"))


def test_an_embedded_installation_makes_its_own_and_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "down"
    key = load_secret_key(settings(folder))
    assert len(key) == 32
    assert load_secret_key(settings(folder)) == key
    (file,) = folder.iterdir()
    assert file.name == "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_of_many_that_start_at_once_all_have_one_key(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _, where=folder: load_secret_key(settings(where)), range(8)))
        assert len(keys) == 1
        assert [file.name for file in folder.iterdir()] == ["secret.key"]


def test_what_a_start_that_was_killed_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".secret.key.1").write_text("half")
    assert len(load_secret_key(settings(tmp_path))) == 32


def test_a_broken_key_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("c2hvcnQ=")
    with pytest.raises(ValueError, match="must hold 32 bytes, it holds 5"):
        load_secret_key(settings(tmp_path))
