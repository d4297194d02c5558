"""Database rules of bank accounts that a constraint on one state of a row can't say."""

import pgtrigger

FACTS_STAY = """
    IF (OLD.status, NEW.status) NOT IN
        (('entered', 'confirmed'), ('entered', 'rejected'), ('confirmed', 'replaced')) THEN
        RAISE EXCEPTION 'bank_account: % cannot become %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    free := CASE OLD.status
        WHEN 'entered' THEN ARRAY['status', 'confirmed_by_id', 'confirmed_at', 'usable_from']
        ELSE ARRAY['status'] END;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'bank_account: details are never edited, enter new ones' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def bank_account_facts_stay() -> list[pgtrigger.Trigger]:
    """Whoever confirms an account confirms what was entered: nothing of it changes, before or after; nothing is deleted."""
    return [
        pgtrigger.Trigger(
            name="facts_stay",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            declare=[("free", "text[]")],
            func=FACTS_STAY,
        ),
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
    ]
