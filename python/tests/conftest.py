# conftest.py -- how long Hypothesis searches: pytest --hypothesis-profile=long for more.
# SPDX-License-Identifier: MIT
import pytest
from hypothesis import settings

import raptors

settings.register_profile("default", deadline=None, max_examples=100)
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def settings_unchanged():
    """No test leaves another backend, bound or pool behind."""
    backend, limit = raptors.backend(), raptors.pool()["limit"]
    yield
    raptors.set_backend(backend)
    raptors.set_threads(0)
    raptors.set_pool_limit(limit)


@pytest.fixture
def by_raptors():
    """Runs a function of raptors, and is sure that the library answered."""

    def run(name, *arguments, **keywords):
        result = getattr(raptors, name)(*arguments, **keywords)
        assert raptors.explain()["by"] == "raptors", f"{name} went to NumPy"
        return result

    return run
