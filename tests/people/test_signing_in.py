"""Signing in: password, second factor, links by mail, and what a session is."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session as Kept
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from core.actors import SYSTEM
from core.models import OneTimeLink, SecondFactor, Session, TimelineEntry, TrustedBrowser
from core.people import links, persons, second_factor, sessions
from core.people.second_factor import hotp, secret_of, step_now
from core.problems import Conflict, Forbidden, NotFound
from notifications.models import Message
from notifications.services import _mail
from tests.factories.people import signed_in
from tests.people.making import PASSWORD, acting, fresh, person, signed_in_as

pytestmark = pytest.mark.django_db
BETTER = "another horse battery"


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()


def with_factor(somebody: Any) -> list[str]:
    """The person sets up a second factor; the recovery codes. The code of this moment is not used up by it."""
    factor = second_factor.propose(somebody)
    codes = second_factor.confirm(somebody, code_now(somebody), actor=acting(somebody))
    SecondFactor.objects.filter(pk=factor.pk).update(last_step=0)
    return codes


def code_now(somebody: Any) -> str:
    factor = SecondFactor.objects.get(user=somebody)
    return hotp(secret_of(factor), step_now())


def half_in(somebody: Any) -> Client:
    """A browser in which the password was right and the second factor is asked for."""
    client = Client()
    answer = client.post("/sign-in/", {"username": somebody.username, "password": PASSWORD, "next": "/account/"})
    assert answer["Location"] == "/sign-in/code/"
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


# The second factor


@pytest.mark.parametrize(
    ("at", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
     (2000000000, "69279037"), (20000000000, "65353130")],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(at: int, code: str) -> None:
    assert hotp(b"12345678901234567890", at // 30, digits=8) == code


def test_whoever_has_a_second_factor_is_asked_for_it_and_then_comes_in_where_they_were_going() -> None:
    anna = person("anna", "clerk")
    with_factor(anna)
    client = half_in(anna)
    assert not is_in(client)

    answer = client.post("/sign-in/code/", {"code": code_now(anna)})

    assert answer["Location"] == "/account/"
    assert is_in(client)


def test_a_code_is_taken_once() -> None:
    anna = person("anna", "clerk")
    with_factor(anna)
    code = code_now(anna)
    assert half_in(anna).post("/sign-in/code/", {"code": code}).status_code == 302

    other = half_in(anna)
    assert other.post("/sign-in/code/", {"code": code}).status_code == 422
    assert not is_in(other)


@pytest.mark.parametrize("late", [-1, 0, 1])
def test_a_code_of_the_step_before_or_after_is_taken(late: int) -> None:
    anna = person("anna")
    with_factor(anna)
    code = hotp(secret_of(SecondFactor.objects.get()), step_now() + late)
    second_factor.prove(anna, f"{code[:3]} {code[3:]}", actor=SYSTEM)


@pytest.mark.parametrize("typed", ["", "0", "abcdef", "１２３４５６", "\0", "9" * 400, "-1", "12345"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    anna = person("anna")
    with_factor(anna)
    assert half_in(anna).post("/sign-in/code/", {"code": typed}).status_code == 422


def test_a_recovery_code_is_taken_once_and_kept_only_as_a_digest() -> None:
    anna = person("anna", "clerk")
    codes = with_factor(anna)
    assert len(set(codes)) == 10
    assert not set(codes) & set(SecondFactor.objects.get().recovery)

    client = half_in(anna)
    assert client.post("/sign-in/code/", {"code": codes[3].upper()}).status_code == 302
    assert is_in(client)
    assert half_in(anna).post("/sign-in/code/", {"code": codes[3]}).status_code == 422
    assert len(SecondFactor.objects.get().recovery) == 9
    assert TimelineEntry.objects.get(action="person.recovery_code").data == {"left": 9}


def test_after_five_wrong_codes_even_the_right_one_has_to_wait() -> None:
    anna = person("anna")
    with_factor(anna)
    client = half_in(anna)
    answers = [client.post("/sign-in/code/", {"code": "000000"}).status_code for _ in range(5)]
    assert answers == [422, 422, 422, 422, 429]

    assert client.post("/sign-in/code/", {"code": code_now(anna)}).status_code == 429
    SecondFactor.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    assert client.post("/sign-in/code/", {"code": code_now(anna)}).status_code == 302


def test_the_password_alone_is_forgotten_after_ten_minutes() -> None:
    anna = person("anna")
    with_factor(anna)
    client = half_in(anna)
    session = client.session
    session["half_signed_in"] = session["half_signed_in"] | {"at": session["half_signed_in"]["at"] - 601}
    session.save()

    assert client.post("/sign-in/code/", {"code": code_now(anna)})["Location"] == "/sign-in/"
    assert not is_in(client)


def test_a_trusted_browser_is_not_asked_until_it_is_revoked() -> None:
    anna = person("anna", "clerk")
    with_factor(anna)
    client = half_in(anna)
    client.post("/sign-in/code/", {"code": code_now(anna), "remember": "on"})
    client.post("/sign-out/")

    def again() -> str:
        return client.post("/sign-in/", {"username": "anna", "password": PASSWORD})["Location"]

    assert again() == "/start/"
    client.post("/sign-out/")
    TrustedBrowser.objects.all().delete()
    assert again() == "/sign-in/code/"


def test_a_browser_that_one_person_trusts_is_not_trusted_by_another() -> None:
    anna, bert = person("anna"), person("bert")
    assert not second_factor.trusts(bert, second_factor.trust(anna, ""))
    assert not second_factor.trusts(anna, "forged")


def test_a_role_that_needs_it_leads_to_setting_it_up_before_anything_else() -> None:
    fiona = person("fiona", "finance")
    client = signed_in_as(fiona)
    assert client.get("/ledger/")["Location"] == "/account/second-factor/"

    page = client.get("/account/second-factor/")
    assert "<svg" in page.content.decode()
    answer = client.post("/account/second-factor/", {"code": code_now(fiona)})

    assert len(answer.context["codes"]) == 10
    assert client.get("/ledger/").status_code == 200


def test_the_duty_acts_on_the_next_request_of_who_is_signed_in(settings: LazySettings) -> None:
    anna = person("anna", "clerk")
    client = signed_in_as(anna)
    assert client.get("/orders/").status_code == 200
    from_now_on = settings.ROLES_AS_DELIVERED["finance"]
    settings.ROLES_AS_DELIVERED = settings.ROLES_AS_DELIVERED | {"clerk": from_now_on}

    assert client.get("/orders/")["Location"] == "/account/second-factor/"


def test_in_demo_mode_nobody_has_to_set_one_up(settings: LazySettings) -> None:
    settings.DEMO, settings.DEMO_PASSWORD = True, PASSWORD
    assert signed_in_as(person("fiona", "finance")).get("/ledger/").status_code == 200


def test_who_lost_the_phone_is_freed_by_who_manages_people_and_signed_out_everywhere() -> None:
    anna = person("anna", "clerk")
    client = signed_in_as(anna)
    with_factor(anna)
    boss = signed_in("admin")
    assert boss.post(f"/people/{anna.pk}/second-factor/").status_code == 302

    assert not SecondFactor.objects.exists()
    assert not is_in(client)


def test_nobody_else_takes_a_second_factor_away() -> None:
    anna, clerk = person("anna", "clerk"), person("clerk", "clerk")
    with_factor(anna)
    with pytest.raises(Forbidden):
        second_factor.take_away(anna, actor=acting(clerk))


# Throttling of passwords


def test_one_address_may_try_so_often_only_whoever_it_tries_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backoffice.people.sign_in.TRIES_PER_ADDRESS", 3)
    client = Client()
    answers = [client.post("/sign-in/", {"username": f"p{n}", "password": "x"}).status_code for n in range(4)]

    assert answers == [200, 200, 200, 429]


# Links by mail


def invited() -> Any:
    """Somebody new, with a letter on its way."""
    boss = signed_in("admin")
    sent = {"first_name": "Nora", "last_name": "New", "email": "nora@example.com", "username": "nora", "role": "store", "place": "everywhere"}  # fmt: skip
    assert boss.post("/people/invite/", sent).status_code == 302
    return OneTimeLink.objects.get().user


def path_of(link: OneTimeLink) -> str:
    return "/" + links.address_of(link.pk).split("/", 3)[3]


def test_an_invitation_leads_to_a_password_and_a_sign_in() -> None:
    nora = invited()
    link = OneTimeLink.objects.get()
    assert not nora.has_usable_password()

    answer = Client().post(path_of(link), {"password": BETTER, "again": BETTER})

    assert answer["Location"] == "/sign-in/?password"
    assert fresh(nora).check_password(BETTER)
    assert Client().get(path_of(link)).status_code == 404


def test_the_letter_carries_the_link_only_when_it_leaves() -> None:
    invited()
    letter, link = Message.objects.get(), OneTimeLink.objects.get()
    address = links.address_of(link.pk)
    assert address not in letter.text + letter.html
    assert links.MARK in letter.text

    mail = _mail(letter, None)  # type: ignore[arg-type]

    assert address in mail.body
    assert f'href="{address}"' in str(mail.alternatives[0][0])


def test_the_address_in_letters_is_that_of_the_page() -> None:
    person_ = person("anna")
    link = links.make_link(person_, OneTimeLink.Kind.RESET, actor=SYSTEM)
    assert Client().get(path_of(link)).status_code == 200


@pytest.mark.parametrize("spoil", ["used", "old", "closed", "newer"])
def test_a_link_that_was_used_is_too_old_or_replaced_opens_nothing(spoil: str) -> None:
    anna = person("anna")
    link = links.make_link(anna, OneTimeLink.Kind.RESET, actor=SYSTEM)
    if spoil == "used":
        OneTimeLink.objects.update(used_at=timezone.now())
    elif spoil == "old":
        OneTimeLink.objects.update(expires_at=timezone.now())
    elif spoil == "closed":
        persons.send_away(anna.pk, actor=SYSTEM)
    else:
        links.make_link(anna, OneTimeLink.Kind.RESET, actor=SYSTEM)

    assert Client().get(path_of(link)).status_code == 404
    assert Client().post(path_of(link), {"password": BETTER, "again": BETTER}).status_code == 404
    assert anna.check_password(PASSWORD)


@pytest.mark.parametrize("token", ["x", "\0", "a:b:c", "é" * 300, "01a2080d-b3e4-774c-8e7d-ecd2ef52acfa"])
def test_a_made_up_link_opens_nothing(token: str) -> None:
    with pytest.raises(NotFound):
        links.link_behind(token)


@pytest.mark.parametrize("weak", ["short", "password1234", "123456789012", "anna@example.com", "x" * 5])
def test_a_weak_password_is_refused_in_words_and_the_link_lives_on(weak: str) -> None:
    link = links.make_link(person("anna"), OneTimeLink.Kind.RESET, actor=SYSTEM)
    answer = Client().post(path_of(link), {"password": weak, "again": weak})

    assert answer.status_code == 422
    assert answer.context["form"].errors["password"]
    assert OneTimeLink.objects.get().used_at is None


def test_a_forgotten_password_is_answered_alike_whether_or_not_there_is_such_an_account() -> None:
    person("anna")
    answers = [
        Client().post("/sign-in/forgotten/", {"email": email}) for email in ("anna@example.com", "nobody@example.com")
    ]
    said = [a.content.decode().replace("anna@", "X@").replace("nobody@", "X@") for a in answers]

    assert [a.status_code for a in answers] == [200, 200]
    assert strip(said[0]) == strip(said[1])
    assert list(Message.objects.values_list("to", flat=True)) == ["anna@example.com"]


def strip(page: str) -> list[str]:
    """The page without what is other in every answer."""
    return [line for line in page.splitlines() if "csrf" not in line.lower()]


def test_another_password_ends_every_session() -> None:
    anna = person("anna", "clerk")
    client = signed_in_as(anna)
    link = links.make_link(anna, OneTimeLink.Kind.RESET, actor=SYSTEM)
    Client().post(path_of(link), {"password": BETTER, "again": BETTER})

    assert not is_in(client)
    assert not Session.objects.exists()


# Sessions


def test_a_session_gets_a_new_key_when_somebody_signs_in() -> None:
    anna, client = person("anna"), Client()
    client.get("/sign-in/")
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["session"] = str(session.session_key)
    client.post("/sign-in/", {"username": anna.username, "password": PASSWORD})

    assert client.session.session_key != session.session_key
    assert not Kept.objects.filter(session_key=session.session_key).exists()


def test_a_session_that_has_rested_too_long_ends_with_words_and_the_way_back() -> None:
    anna = person("anna", "clerk")
    client = signed_in_as(anna)
    session = client.session
    assert session["idle"] == 480 * 60
    session["seen"] -= 480 * 60 + 1
    session.save()

    assert client.get("/orders/?q=x")["Location"] == "/sign-in/?next=%2Forders%2F%3Fq%3Dx"
    assert "nothing happened for a while" in client.get("/sign-in/").content.decode()
    assert not Session.objects.exists()


def test_the_strictest_role_says_how_long_a_session_may_rest() -> None:
    both = person("both", "clerk")
    both.grants.create(role="finance")
    assert signed_in_as(both).session["idle"] == 120 * 60


def test_a_session_that_is_used_is_seen_to_the_minute() -> None:
    client = signed_in_as(person("anna", "clerk"))
    session = client.session
    session["seen"] -= 61
    session.save()
    before = Session.objects.get().seen_at

    client.get("/account/")

    assert Session.objects.get().seen_at > before
    assert client.session["seen"] > session["seen"]


def test_a_person_sees_their_sessions_and_ends_the_others() -> None:
    anna = person("anna", "clerk")
    here = signed_in_as(anna, **{"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    there = signed_in_as(anna, **{"User-Agent": "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1"})
    page = here.get("/account/").content.decode()
    assert "Firefox, Windows" in page
    assert "Safari, iPhone" in page

    here.post("/account/sessions/end/")

    assert is_in(here)
    assert not is_in(there)


def test_a_person_changes_the_password_stays_here_and_is_out_everywhere_else() -> None:
    anna = person("anna", "clerk")
    here, there = signed_in_as(anna), signed_in_as(anna)
    answer = here.post("/account/password/", {"old": PASSWORD, "password": BETTER, "again": BETTER})

    assert answer.status_code == 302
    assert is_in(here)
    assert not is_in(there)
    assert Session.objects.get().key == here.session.session_key


def test_nobody_ends_the_session_of_somebody_else() -> None:
    anna, clerk = person("anna", "clerk"), person("clerk", "clerk")
    signed_in_as(anna)
    theirs = Session.objects.get()
    signed_in_as(clerk).post(f"/account/sessions/{theirs.id}/end/")
    assert Session.objects.filter(pk=theirs.pk).exists()
    with pytest.raises(Forbidden):
        sessions.end(anna, theirs.id, actor=acting(clerk))


def test_a_closed_account_is_out_at_once_and_in_again_only_when_it_is_opened() -> None:
    anna = person("anna", "clerk")
    client, boss = signed_in_as(anna), signed_in("admin")

    boss.post(f"/people/{anna.pk}/close/")
    assert not is_in(client)
    assert client.post("/sign-in/", {"username": "anna", "password": PASSWORD}).status_code == 200

    boss.post(f"/people/{anna.pk}/open/")
    signed_in_as(fresh(anna))


def test_nobody_closes_their_own_account() -> None:
    boss = person("boss", "admin")
    person("second", "admin")
    with pytest.raises(Conflict, match="cannot close your own"):
        persons.send_away(boss.pk, actor=acting(boss))


# People


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("username", {"username": ""}),
        ("username", {"username": "two words"}),
        ("username", {"username": "anna"}),
        ("email", {"email": "nowhere"}),
        ("role", {"role": "king"}),
        ("place", {"place": "moon"}),
    ],
)
def test_an_invitation_that_cannot_be_is_told_by_its_field_and_makes_nobody(field: str, bad: dict[str, str]) -> None:
    person("anna")
    boss = signed_in("admin")
    sent = {"email": "n@example.com", "username": "nora", "role": "store", "place": "everywhere", "first_name": "Nora"}
    answer = boss.post("/people/invite/", sent | bad)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert 'value="Nora"' in answer.content.decode()
    assert not Message.objects.exists()


def test_another_mail_address_ends_the_links_to_the_old_one() -> None:
    anna = person("anna")
    link = links.make_link(anna, OneTimeLink.Kind.RESET, actor=SYSTEM)
    persons.change(anna.pk, persons.Details("anna", "new@example.com", "", ""), actor=SYSTEM)
    assert Client().get(path_of(link)).status_code == 404


def test_what_happened_to_a_person_is_told_on_their_page() -> None:
    nora = invited()
    page = signed_in("admin").get(f"/people/{nora.pk}/").content.decode()
    assert "gave the role Store, everywhere" in page
    assert "sent an invitation to nora@example.com" in page


def test_sessions_that_have_run_out_are_forgotten_and_the_others_go_on() -> None:
    somebody = person("nina", "clerk")
    gone, here = signed_in_as(somebody), signed_in_as(somebody)
    before = timezone.now() - timedelta(minutes=1)
    Kept.objects.filter(session_key=gone.session.session_key).update(expire_date=before)
    TrustedBrowser.objects.create(user=somebody, expires_at=before)
    TrustedBrowser.objects.create(user=somebody, expires_at=timezone.now() + timedelta(days=1))

    assert sessions.forget_ended() == 1

    assert [each.key for each in Session.objects.all()] == [here.session.session_key]
    assert TrustedBrowser.objects.count() == 1
    assert here.get("/orders/").status_code == 200


def test_a_role_that_lets_rest_shorter_acts_on_who_is_signed_in() -> None:
    somebody = person("nora", "clerk")
    client = signed_in_as(somebody)
    session = client.session
    session["seen"] -= 121 * 60
    session.save()
    somebody.grants.create(role="finance")
    assert client.get("/orders/")["Location"].startswith("/sign-in/")


def test_ones_own_password_cannot_be_guessed_at_an_open_screen() -> None:
    client = signed_in_as(person("olga", "clerk"))
    wanted = {"password": BETTER, "again": BETTER}
    for _ in range(persons.MOST_TRIES):
        assert "not your password now" in client.post("/account/password/", wanted | {"old": "x"}).content.decode()
    assert "Too many tries" in client.post("/account/password/", wanted | {"old": PASSWORD}).content.decode()


def test_who_owes_a_second_factor_reads_no_page_of_health_without(settings: LazySettings) -> None:
    settings.DEMO = False
    boss = get_user_model().objects.create_superuser("root", password=PASSWORD)
    client = signed_in_as(boss)
    assert client.get("/health/", headers={"accept": "text/html"})["Location"] == "/account/second-factor/"
    assert client.get("/health/").status_code == 200, "machines are told as ever"
