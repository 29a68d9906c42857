"""`python -m oms.probe`: whether the web process of this container does its work; the exit code says it, for Docker."""

import http.client
import os
import sys

PORT = 8000


def ask(path: str = "/health/", port: int = PORT) -> int:
    """The status of an answer, asked as the proxy in front would ask."""
    host = os.environ.get("OMS_HOSTS", "localhost").partition(",")[0]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": "https"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(ask() != 200)
