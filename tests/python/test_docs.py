"""What the documentation shows is run, and nothing public is without a docstring."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import quorate
from quorate import cluster, raft, replication, resp, sentinel, sim
from quorate.sentinel import discovery

MODULES = [quorate, resp, cluster, sentinel, discovery, replication, raft, sim]
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
README = Path(__file__).resolve().parents[2] / "bindings-python" / "README.md"


def things() -> Iterator[tuple[str, Any]]:
    """Every public module, class, function, method and property, with its name."""
    for module in MODULES:
        yield module.__name__, module
        for name in module.__all__:
            thing = getattr(module, name)
            if not isinstance(thing, type) and not callable(thing):
                continue
            yield f"{module.__name__}.{name}", thing
            if isinstance(thing, type):
                for member, value in vars(thing).items():
                    value = getattr(value, "__func__", value)
                    described = callable(value) or isinstance(value, property) or inspect.isgetsetdescriptor(value)
                    if described and not member.startswith("_"):
                        yield f"{module.__name__}.{name}.{member}", value


THINGS = dict(things())


def test_the_list_is_long() -> None:
    assert {"quorate.resp.Decoder.poll", "quorate.resp.Decoder.needed", "quorate.cluster.key_slots"} <= set(THINGS)
    assert len(THINGS) > 100


@pytest.mark.parametrize("name", THINGS)
def test_docstring(name: str) -> None:
    doc = inspect.getdoc(THINGS[name])
    assert doc
    assert doc[0].isupper() or doc.startswith("`")
    assert doc.endswith(".") or ">>>" in doc


@pytest.mark.parametrize("name", THINGS)
def test_examples(name: str) -> None:
    thing = THINGS[name]
    if isinstance(thing, type | ModuleType) or callable(thing) or inspect.isgetsetdescriptor(thing):
        run(name, inspect.getdoc(thing) or "")


def test_readme() -> None:
    text = README.read_text("utf-8")
    assert text.count(">>>") > 5
    run("README", text)


def run(name: str, text: str) -> None:
    # A fence would be read as what the line above it prints.
    text = text.replace("```python\n", "\n").replace("```\n", "\n")
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    failures: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=OPTIONS).run(test, out=failures.append)
    assert not failures, "".join(failures)


def test_examples_are_found() -> None:
    with pytest.raises(AssertionError, match="Expected"):
        run("broken", ">>> 1 + 1\n3\n")
