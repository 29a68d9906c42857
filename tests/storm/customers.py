"""Customers at the API, one order at a time or a batch: they ask again with the same key until they are told."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from random import Random
from typing import Any

import httpx

from tests.storm.stories import Story, story

BATCH = 20
PAUSE = 0.1
"""Seconds before a customer who was not answered asks again."""

AGAIN = {"idempotency-in-flight", "busy", "rate-limited"}
"""Problems that say: not now."""


class Customers:
    """People who place orders until enough have been taken. What they were told is kept."""

    def __init__(
        self, url: str, headers: dict[str, str], *, wanted: int, seed: int, pace: float, prices: dict[str, Decimal]
    ) -> None:
        self.accepted: dict[str, str] = {}
        self.refused: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self._url, self._headers, self._wanted, self._seed, self._prices = url, headers, wanted, seed, prices
        self._pace = pace
        self._turn = threading.Lock()
        self._next = 0
        self._asked = 0
        self._gone_home = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, people: int) -> None:
        """Let some come in at once."""
        for number in range(people):
            thread = threading.Thread(target=self._shop, args=(number,), name=f"customer-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    @property
    def are_done(self) -> bool:
        """Whether all of them have what they wanted."""
        return not any(thread.is_alive() for thread in self._threads)

    def send_home(self) -> None:
        """Nobody asks any more."""
        self._gone_home.set()
        for thread in self._threads:
            thread.join(timeout=30)

    def _shop(self, number: int) -> None:
        chance = Random(f"{self._seed}-customer-{number}")
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=20) as shop:
            for stories in self._chunks(chance):
                if len(stories) == 1:
                    self._place(shop, stories[0])
                else:
                    self._place_batch(shop, stories)
                self._gone_home.wait(chance.uniform(0, 2 * self._pace))

    def _chunks(self, chance: Random) -> Iterator[list[Story]]:
        """One story or a batch, as long as orders are wanted."""
        while not self._gone_home.is_set():
            size = 1 if chance.random() < 0.7 else BATCH
            with self._turn:
                missing = self._wanted - len(self.accepted) - self._asked
                first, size = self._next, min(size, missing)
                self._next += max(0, size)
                self._asked += max(0, size)
            if size > 0:
                yield [story(self._seed, n, self._prices) for n in range(first, first + size)]
                with self._turn:
                    self._asked -= size
            elif len(self.accepted) >= self._wanted:
                return
            else:
                self._gone_home.wait(PAUSE)

    def _place(self, shop: httpx.Client, wanted: Story) -> None:
        while not self._gone_home.is_set():
            answer = self._ask(shop, "/api/v1/orders", wanted.body, {"Idempotency-Key": wanted.key})
            if answer and not self._is_put_off(answer.status_code, answer.json()):
                self._told(wanted, answer.status_code, answer.json())
                return
            self._gone_home.wait(PAUSE)

    def _place_batch(self, shop: httpx.Client, wanted: Sequence[Story]) -> None:
        left = list(wanted)
        while left and not self._gone_home.is_set():
            body = {"orders": [one.body | {"idempotency_key": one.key} for one in left]}
            answer = self._ask(shop, "/api/v1/orders/batch", body, {})
            if answer is None or answer.status_code != 207:
                self._gone_home.wait(PAUSE)
                continue
            results = list(zip(left, answer.json()["results"], strict=True))
            left = [one for one, said in results if self._is_put_off(said["status"], said.get("problem", {}))]
            for one, said in results:
                if one not in left:
                    self._told(one, said["status"], said.get("order") or said["problem"])

    def _ask(self, shop: httpx.Client, path: str, body: Any, headers: dict[str, str]) -> httpx.Response | None:
        """The answer, or None when there was none that says what happened."""
        try:
            answer = shop.post(path, json=body, headers=headers)
            return None if answer.status_code >= 500 else answer
        except httpx.TransportError:
            return None

    def _is_put_off(self, status: int, said: Any) -> bool:
        return status >= 500 or (status >= 400 and str(said.get("type", "")).rpartition("/")[2] in AGAIN)

    def _told(self, wanted: Story, status: int, said: Any) -> None:
        with self._turn:
            if status == 201:
                self.accepted[wanted.body["external_id"]] = said["number"]
            else:
                problem = str(said.get("type", "")).rpartition("/")[2]
                self.refused[problem] += 1
                if problem != "out-of-stock":
                    self.unexpected.append(f"{wanted.body['external_id']}: {said}")
