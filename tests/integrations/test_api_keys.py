"""Keys for programs: shown once, checked by digest, limited by scopes."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from core.actors import SYSTEM
from core.problems import Conflict, Invalid
from integrations.models import ApiKey
from integrations.selectors import find_caller
from integrations.services import create_api_key, known_scopes, revoke_api_key

pytestmark = pytest.mark.django_db


def made(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue().rstrip("\n").splitlines()[-1]


def test_the_command_prints_the_key_alone_on_the_last_line_and_it_works() -> None:
    key = made("shop", "--scopes", "orders.view,orders.place")
    assert " " not in key
    found = find_caller(key)
    assert found is not None
    assert found.actor.label == "shop"
    assert found.scopes == {"orders.place", "orders.view"}


def test_only_a_digest_is_kept() -> None:
    key = made("shop", "--scopes", "orders.view")
    assert key not in str(list(ApiKey.objects.values()))


def test_all_gives_every_scope() -> None:
    found = find_caller(made("shop", "--scopes", "all"))
    assert found is not None
    assert found.scopes == set(known_scopes())


def test_an_unknown_scope_is_refused_by_name() -> None:
    with pytest.raises(CommandError, match=r"no such scope: orders\.steal"):
        made("shop", "--scopes", "orders.view,orders.steal")
    assert not ApiKey.objects.exists()


def test_no_scope_at_all_is_refused() -> None:
    with pytest.raises(Invalid, match="at least one"):
        create_api_key("shop", [" "], actor=SYSTEM)


def test_a_name_is_used_once() -> None:
    made("shop", "--scopes", "all")
    with pytest.raises(CommandError, match="already"):
        made("shop", "--scopes", "all")


def test_a_key_can_be_replaced_under_its_name() -> None:
    first = made("shop", "--scopes", "all")
    with pytest.raises(CommandError):
        made("shop", "--scopes", "nonsense", "--replace")
    assert find_caller(first) is not None
    second = made("shop", "--scopes", "all", "--replace")
    assert find_caller(first) is None
    assert find_caller(second) is not None


def test_a_revoked_key_is_unknown_at_once_and_its_name_is_free() -> None:
    key = create_api_key("shop", ["all"], actor=SYSTEM)
    revoke_api_key("shop", actor=SYSTEM)
    assert find_caller(key) is None
    assert create_api_key("shop", ["all"], actor=SYSTEM) != key


def test_two_keys_with_one_name_are_a_conflict() -> None:
    create_api_key("shop", ["all"], actor=SYSTEM)
    with pytest.raises(Conflict):
        create_api_key("shop", ["all"], actor=SYSTEM)
