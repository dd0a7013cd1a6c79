# conftest.py -- how long Hypothesis searches: pytest --hypothesis-profile=long for more.
# SPDX-License-Identifier: MIT
import pytest
from hypothesis import HealthCheck, settings

import raptors

patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}  # a busy machine is no failure
settings.register_profile("default", max_examples=100, **patient)
settings.register_profile("long", max_examples=5000, **patient)
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
