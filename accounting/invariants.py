"""What must always hold in the books, whatever was posted."""

from core.invariants import sql_invariant

_LINES = "SELECT count(*) FROM accounting_journalline"
_ENTRIES = "SELECT count(*) FROM accounting_journalentry"

sql_invariant(
    "accounting",
    "every entry balances",
    _ENTRIES,
    """
    SELECT format('entry %s is out of balance by %s', entry_id, sum(debit) - sum(credit))
    FROM accounting_journalline GROUP BY entry_id HAVING sum(debit) <> sum(credit)
    """,
)
sql_invariant(
    "accounting",
    "every entry balances in its own currency",
    _ENTRIES,
    """
    SELECT format('entry %s is out of balance by %s %s', entry_id, sum(amount), currency)
    FROM accounting_journalline GROUP BY entry_id, currency HAVING sum(amount) <> 0
    """,
)
sql_invariant(
    "accounting",
    "every entry has lines",
    _ENTRIES,
    """
    SELECT format('entry %s (%s) has no lines', e.id, e.event) FROM accounting_journalentry e
    WHERE NOT EXISTS (SELECT FROM accounting_journalline l WHERE l.entry_id = e.id)
    """,
)
sql_invariant(
    "accounting",
    "every line has its entry and its account",
    _LINES,
    """
    SELECT format('line %s of entry %s has no entry or no account', l.position, l.entry_id)
    FROM accounting_journalline l
    LEFT JOIN accounting_journalentry e ON e.id = l.entry_id
    LEFT JOIN accounting_account a ON a.id = l.account_id
    WHERE e.id IS NULL OR a.id IS NULL
    """,
)
sql_invariant(
    "accounting",
    "the trial balance sums to zero",
    "SELECT count(DISTINCT account_id) FROM accounting_journalline",
    """
    SELECT format('debits are %s and credits %s', sum(debit), sum(credit))
    FROM accounting_journalline HAVING sum(debit) <> sum(credit)
    """,
)
# A receivable below zero is money taken for goods that were not shipped: that is a deposit, and must be booked as one.
sql_invariant(
    "accounting",
    "no sub-ledger of an order stands on the wrong side",
    "SELECT count(DISTINCT party) FROM accounting_journalline WHERE party LIKE 'order:%'",
    """
    SELECT format('%s: %s stands at %s %s', party, role, sum(amount), currency)
    FROM accounting_journalline WHERE party LIKE 'order:%'
    GROUP BY party, role, currency
    HAVING (role = 'accounts_receivable' AND sum(amount) < 0)
        OR (role IN ('refund_payable', 'customer_deposits') AND sum(amount) > 0)
    """,
)
sql_invariant(
    "accounting",
    "a settled sub-ledger is zero in euros too",
    "SELECT count(DISTINCT party) FROM accounting_journalline WHERE party LIKE 'order:%'",
    """
    SELECT format('%s: %s is settled in %s but holds %s EUR', party, role, currency, sum(debit - credit))
    FROM accounting_journalline WHERE party LIKE 'order:%'
    GROUP BY party, role, currency HAVING sum(amount) = 0 AND sum(debit - credit) <> 0
    """,
)
sql_invariant(
    "accounting",
    "every role of the chart has an account",
    "SELECT count(*) FROM accounting_chartrole",
    """
    SELECT format('account %s of role %s is gone', r.account_id, r.role) FROM accounting_chartrole r
    LEFT JOIN accounting_account a ON a.id = r.account_id WHERE a.id IS NULL
    """,
)
