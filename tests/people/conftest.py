import pytest
from django.conf import LazySettings


@pytest.fixture(autouse=True)
def quick_passwords(settings: LazySettings) -> None:
    """Passwords and PINs are digested in no time: how well, Django answers for."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
