"""The types, as `mypy --strict` sees them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import typed

FOLDER = Path(__file__).parent


def mypy(name: str, *options: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *options, str(FOLDER / name)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=FOLDER, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_a_typed_program() -> None:
    status, output = mypy("typed.py")
    assert status == 0, output
    assert typed.main() == ["OK", "ERR", "push b'x'", "b'k'", "b'x'"]


def test_a_wrongly_typed_program() -> None:
    status, output = mypy("wrongly_typed.py")
    assert status == 1
    text = (FOLDER / "wrongly_typed.py").read_text()
    wrong = {number for number, line in enumerate(text.splitlines(), 1) if line and line[0] not in '"f'}
    found = {int(line.split(":")[1]) for line in output.splitlines() if ": error: " in line}
    assert found == wrong, output
