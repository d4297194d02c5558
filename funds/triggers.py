"""The ledger's laws as triggers: they hold for services, the admin, a shell and bare SQL alike."""

import pgtrigger


def line_fits_account() -> pgtrigger.Trigger:
    """A line names a fund year and a subaccount exactly where its account is carried by them, all of one fund, and its
    amount is no finer than the minor unit of the fund's currency."""
    return pgtrigger.Trigger(
        name="line_fits_account",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("a", "funds_account%ROWTYPE"), ("f", "uuid"), ("decimals", "smallint")],
        func="""
            SELECT * INTO a FROM funds_account WHERE id = NEW.account_id;
            SELECT e.fund_id, p.minor_units INTO f, decimals
                FROM funds_entry e JOIN funds_fund p ON p.id = e.fund_id WHERE e.id = NEW.entry_id;
            IF a.fund_id IS DISTINCT FROM f
                OR a.by_year IS DISTINCT FROM (NEW.fund_year_id IS NOT NULL)
                OR a.by_subaccount IS DISTINCT FROM (NEW.subaccount_id IS NOT NULL)
                OR EXISTS (SELECT 1 FROM funds_fundyear y WHERE y.id = NEW.fund_year_id AND y.fund_id <> f)
                OR EXISTS (SELECT 1 FROM funds_subaccount s WHERE s.id = NEW.subaccount_id AND s.fund_id <> f)
            THEN
                RAISE EXCEPTION 'line does not fit account %', a.code USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'line_fits_account';
            END IF;
            IF NEW.amount <> round(NEW.amount, decimals) THEN
                RAISE EXCEPTION 'line of % is finer than the currency', NEW.amount USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'line_in_minor_units';
            END IF;
            RETURN NEW;
        """,
    )


def keep_balance() -> pgtrigger.Trigger:
    """Add the line to its balance. The row's lock makes concurrent posts wait; its CHECK refuses to overdraw."""
    return pgtrigger.Trigger(
        name="keep_balance",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        declare=[("delta", "numeric")],
        func="""
            SELECT CASE WHEN a.side = NEW.side THEN NEW.amount ELSE -NEW.amount END INTO delta
                FROM funds_account a WHERE a.id = NEW.account_id;
            UPDATE funds_balance SET amount = amount + delta
                WHERE account_id = NEW.account_id AND fund_year_id IS NOT DISTINCT FROM NEW.fund_year_id
                    AND subaccount_id IS NOT DISTINCT FROM NEW.subaccount_id;
            IF NOT FOUND THEN
                -- First a zero row, then the change: a proposed row is checked even where it would only conflict.
                INSERT INTO funds_balance (account_id, fund_year_id, subaccount_id, amount)
                    VALUES (NEW.account_id, NEW.fund_year_id, NEW.subaccount_id, 0) ON CONFLICT DO NOTHING;
                UPDATE funds_balance SET amount = amount + delta
                    WHERE account_id = NEW.account_id AND fund_year_id IS NOT DISTINCT FROM NEW.fund_year_id
                        AND subaccount_id IS NOT DISTINCT FROM NEW.subaccount_id;
            END IF;
            RETURN NULL;
        """,
    )


def balance_only_by_lines() -> pgtrigger.Trigger:
    """A balance changes only inside the trigger on lines; by hand it can't be written, nor deleted."""
    return pgtrigger.Trigger(
        name="balance_only_by_lines",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF pg_trigger_depth() < 2 THEN
                RAISE EXCEPTION 'balances follow from lines' USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'balance_only_by_lines';
            END IF;
            RETURN NEW;
        """,
    )


def entry_balances() -> pgtrigger.Trigger:
    """At commit: debits equal credits in each book, and in each fund year of the authority book."""
    return pgtrigger.Trigger(
        name="entry_balances",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        timing=pgtrigger.Deferred,
        func="""
            IF EXISTS (
                SELECT 1 FROM funds_line l JOIN funds_account a ON a.id = l.account_id WHERE l.entry_id = NEW.entry_id
                GROUP BY a.book, CASE WHEN a.book = 'authority' THEN l.fund_year_id END
                HAVING sum(CASE WHEN l.side = 'D' THEN l.amount ELSE -l.amount END) <> 0
            ) THEN
                RAISE EXCEPTION 'entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'entry_balances';
            END IF;
            RETURN NULL;
        """,
    )


def entry_has_lines() -> pgtrigger.Trigger:
    """At commit: an entry has lines."""
    return pgtrigger.Trigger(
        name="entry_has_lines",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        timing=pgtrigger.Deferred,
        func="""
            IF NOT EXISTS (SELECT 1 FROM funds_line WHERE entry_id = NEW.id) THEN
                RAISE EXCEPTION 'entry % has no lines', NEW.id USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'entry_has_lines';
            END IF;
            RETURN NULL;
        """,
    )


def ceilings_sum_to_total() -> pgtrigger.Trigger:
    """At commit: the ceilings of a fund's years sum to the fund's total."""
    return pgtrigger.Trigger(
        name="ceilings_sum_to_total",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        timing=pgtrigger.Deferred,
        func="""
            IF EXISTS (
                SELECT 1 FROM funds_account a JOIN funds_fund f ON f.id = a.fund_id
                WHERE a.id = NEW.account_id AND a.code = 'A100'
                    AND f.total <> (SELECT sum(b.amount) FROM funds_balance b WHERE b.account_id = a.id)
            ) THEN
                RAISE EXCEPTION 'ceilings do not sum to the total of the fund' USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'ceilings_sum_to_total';
            END IF;
            RETURN NULL;
        """,
    )


def currency_stays() -> pgtrigger.Trigger:
    """A fund's currency and its decimals are fixed with the fund: amounts already posted are in them."""
    return pgtrigger.ReadOnly(name="currency_stays", fields=["currency", "minor_units"])


def reversal_by_another() -> pgtrigger.Trigger:
    """Law 4: an entry is reversed in its own fund, by a person, and not by the one who posted it."""
    return pgtrigger.Trigger(
        name="reversal_by_another",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__reverses__isnull=False),
        func="""
            IF EXISTS (
                SELECT 1 FROM funds_entry e WHERE e.id = NEW.reverses_id
                    AND (e.fund_id <> NEW.fund_id OR NEW.actor_id IS NULL OR NEW.actor_id = e.actor_id)
            ) THEN
                RAISE EXCEPTION 'an entry is reversed by another person than its own' USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'reversal_by_another';
            END IF;
            RETURN NEW;
        """,
    )
