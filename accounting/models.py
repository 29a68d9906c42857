"""Accounts, their roles, currency rates and the journal. The database itself keeps the journal immutable and
balanced (migration 0002); nothing here can change a posted entry."""

from datetime import date
from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from accounting.roles import Happening, Role
from core.ids import new_id


class Account(models.Model):
    """An account of the company's chart of accounts."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("Asset")
        LIABILITY = "liability", _("Liability")
        EQUITY = "equity", _("Equity")
        REVENUE = "revenue", _("Revenue")
        EXPENSE = "expense", _("Expense")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)

    class Meta:
        ordering = ["code"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def is_debit_kind(self) -> bool:
        """Whether a rise of the account is a debit (assets and expenses)."""
        return self.kind in (self.Kind.ASSET, self.Kind.EXPENSE)


class ChartRole(models.Model):
    """Which account serves a role: the only link between the rules of posting and a company's chart."""

    role = models.CharField(_("role"), primary_key=True, max_length=40, choices=Role.choices)
    account = models.ForeignKey(Account, models.PROTECT, related_name="roles", verbose_name=_("account"))

    class Meta:
        ordering = ["role"]
        verbose_name = _("account role")
        verbose_name_plural = _("account roles")

    def __str__(self) -> str:
        return f"{self.role} → {self.account_id}"


class CurrencyRate(models.Model):
    """What one unit of a currency was worth in euros on a day. The latest rate up to a day is that day's rate."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    currency = models.CharField(_("currency"), max_length=3)
    day = models.DateField(_("day"))
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8)

    class Meta:
        ordering = ["currency", "-day"]
        verbose_name = _("currency rate")
        verbose_name_plural = _("currency rates")
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="currencyrate_once_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="currencyrate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}: {self.rate}"


class JournalEntry(models.Model):
    """One business event in the books. Written once with all its lines by `journal.post`, never changed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    date = models.DateField(_("date"), default=date.today)
    posted_at = models.DateTimeField(_("posted at"), db_default=Now())
    event = models.CharField(_("event"), max_length=40, choices=Happening.choices)
    source = models.UUIDField(_("source document"))
    label = models.TextField(_("label"), default="", blank=True)
    about = models.UUIDField(_("about"), null=True)
    posted_by = models.TextField(_("posted by"), default="", blank=True)

    class Meta:
        ordering = ["date", "id"]
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints = [
            # The source leads: its ids rise with time, so the index grows at one end.
            models.UniqueConstraint(fields=["source", "event"], name="journalentry_once_per_source_event"),
        ]
        indexes = [
            models.Index(fields=["date", "id"], name="journalentry_by_date"),
            models.Index(fields=["about"], name="journalentry_by_about", condition=Q(about__isnull=False)),
            # What is about an order is found by the order: only the labels of the rest are looked into.
            GinIndex(
                OpClass(Upper("label"), "gin_trgm_ops"), name="journalentry_by_label", condition=Q(about__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.event} {self.label}"


class JournalLine(models.Model):
    """A debit or a credit. `debit` and `credit` are euros; `amount` is the same, signed (debit positive), in the
    currency of the transaction; `quantity` is signed like it. `party` names the sub-ledger, as `order:WEB-1001`.

    The two references have no row-wise foreign key in the database: the statement's trigger checks them set by set,
    and without locks on the few account rows that every transaction shares.
    """

    pk = models.CompositePrimaryKey("entry_id", "position")
    entry = models.ForeignKey(
        JournalEntry, models.DO_NOTHING, related_name="lines", db_constraint=False, db_index=False
    )
    position = models.SmallIntegerField()
    account = models.ForeignKey(Account, models.DO_NOTHING, related_name="lines", db_constraint=False, db_index=False)
    role = models.CharField(_("role"), max_length=40, choices=Role.choices)
    party = models.TextField(_("party"), default="", blank=True)
    debit = models.DecimalField(_("debit"), max_digits=14, decimal_places=2, default=0)
    credit = models.DecimalField(_("credit"), max_digits=14, decimal_places=2, default=0)
    amount = models.DecimalField(_("amount"), max_digits=16, decimal_places=3)
    currency = models.CharField(_("currency"), max_length=3)
    quantity = models.IntegerField(_("quantity"), default=0)
    location_id = models.UUIDField(_("location"), null=True)

    class Meta:
        ordering = ["entry_id", "position"]
        verbose_name = _("journal line")
        verbose_name_plural = _("journal lines")
        constraints = [
            models.CheckConstraint(
                condition=Q(debit__gte=0, credit__gte=0) & (Q(debit=0) | Q(credit=0)), name="journalline_one_side"
            ),
            # A unit of a small currency may be worth less than half a cent; it is still recorded.
            models.CheckConstraint(
                condition=Q(debit__gt=0) | Q(credit__gt=0) | ~Q(amount=0) | ~Q(quantity=0),
                name="journalline_not_empty",
            ),
            models.CheckConstraint(
                condition=(Q(debit=0) | Q(amount__gte=0)) & (Q(credit=0) | Q(amount__lte=0)),
                name="journalline_signs_agree",
            ),
        ]
        indexes = [
            models.Index(fields=["party", "role"], name="journalline_by_party", condition=~Q(party="")),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.debit or -self.credit} {self.party}"

    @property
    def euros(self) -> Decimal:
        """Signed euros: debit positive."""
        return self.debit - self.credit
