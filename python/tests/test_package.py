# test_package.py -- the package is whole: library, stubs, docstrings, python -m raptors.
# SPDX-License-Identifier: MIT
import ast
import inspect
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lists import CORE, FUNCTIONS, MAPS, rows

import raptors

PACKAGE = Path(raptors.__file__).parent
TEXTS = {row[0]: row[-1].strip('"') for kind in ("RP_MAP1", "RP_MAP2", "RP_FOLD", "RP_SPREAD") for row in rows(kind)}


def test_every_row_has_its_function():
    assert {*TEXTS, "scale"} <= set(raptors.__all__)


@pytest.mark.parametrize("name", [name for name in raptors.__all__ if name != "threads"])
def test_docstrings(name):
    function = getattr(raptors, name)
    assert inspect.signature(function) and function.__doc__
    assert function.__doc__.startswith(TEXTS.get(name, ""))


def test_stubs_name_everything_and_nothing_else():
    tree = ast.parse((PACKAGE / "__init__.pyi").read_text())
    named = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert set(named) == set(raptors.__all__)
    assert (PACKAGE / "py.typed").exists()
    for name in FUNCTIONS:
        arguments = [one.arg for one in (named[name].args.posonlyargs + named[name].args.args)]
        there = inspect.signature(getattr(raptors, name)).parameters.values()
        assert arguments == [one.name for one in there if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)] + (
            ["out"] if name in MAPS and "out" not in arguments else []
        )


def test_the_wheel_carries_the_library():
    (library,) = PACKAGE.glob("liblraptors.so*")
    maps = Path("/proc/self/maps").read_text()
    assert str(library) in maps
    assert len(set(re.findall(r"\S*liblraptors\S*", maps))) == 1


def test_version():
    text = (CORE / "raptors.h").read_text()
    numbers = [re.search(rf"VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR", "PATCH")]
    assert raptors.__version__ == ".".join(numbers)


def test_what_the_machine_has():
    result = subprocess.run([sys.executable, "-m", "raptors"], capture_output=True, text=True, timeout=600)
    assert result.returncode == 0 and not result.stderr
    assert f"in use: {raptors.backend()}" in result.stdout


def test_a_reader_that_has_seen_enough_is_no_error():
    process = subprocess.Popen([sys.executable, "-m", "raptors"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert not process.stderr.read() and process.wait(timeout=600) == -signal.SIGPIPE
    process.stderr.close()
