"""Pytest plugin, loaded before Django's settings: the servers and secrets that the tests run on.

`DATABASE_URL` and `REDIS_URL` choose other servers. Each xdist worker has a Redis database of its own.
"""

import os

from launcher import environment

os.environ.update(environment.ensure("pytest", test=True))
os.environ.setdefault("OMS_SECRET_KEY", "only-for-tests-0123456789-abcdefghij-0123456789")
os.environ.setdefault("OMS_TEST_RUN", str(os.getpid()))

if worker := os.environ.get("PYTEST_XDIST_WORKER", ""):
    server = os.environ["REDIS_URL"].rpartition("/")[0]
    os.environ["REDIS_URL"] = f"{server}/{int(worker.removeprefix('gw')) % 15 + 1}"
