"""The laws of members and of the board that a row alone can't show."""

import pgtrigger

# Who proposed it can't adopt it alone: two people decided, and one who did not propose it was for it.
ADOPTED_BY_TWO = """
    IF NEW.status = 'adopted' AND (
        (SELECT count(*) FROM alliance_vote v WHERE v.resolution_id = NEW.id AND v.choice IN ('for', 'against')) < 2
        OR NOT EXISTS (SELECT 1 FROM alliance_vote v WHERE v.resolution_id = NEW.id AND v.choice = 'for'
            AND v.user_id IS DISTINCT FROM NEW.proposed_by_id)
    ) THEN
        RAISE EXCEPTION 'a resolution is adopted by two people' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'resolution_adopted_by_two';
    END IF;
    RETURN NEW;
"""

# What is voted on stays as it was put to the vote; what was decided stays decided.
FROZEN = """
    IF OLD.status IN ('adopted', 'rejected', 'withdrawn') AND NEW.status <> OLD.status THEN
        RAISE EXCEPTION 'a decided resolution stays' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'resolution_decided_stays';
    END IF;
    free := ARRAY['status', 'problem', 'decided_at', 'decided_by_id', 'entry_id', 'reason'];
    IF OLD.status <> 'draft' AND to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'what is voted on is frozen' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'resolution_frozen';
    END IF;
    RETURN NEW;
"""

# A vote is given while voting is open, by who sits in the seat, on a resolution of the seat's fund. A recusal stays.
VOTE_FITS = """
    SELECT * INTO r FROM alliance_resolution WHERE id = NEW.resolution_id;
    IF r.status <> 'voting' OR NOT EXISTS (
        SELECT 1 FROM alliance_boardseat s WHERE s.id = NEW.seat_id AND s.voting
            AND s.user_id = NEW.user_id AND s.fund_id = r.fund_id
    ) THEN
        RAISE EXCEPTION 'this vote cannot be given' USING ERRCODE = 'check_violation', CONSTRAINT = 'vote_fits';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF OLD.choice = 'recused' OR (NEW.resolution_id, NEW.user_id) IS DISTINCT FROM (OLD.resolution_id, OLD.user_id)
        THEN
            RAISE EXCEPTION 'this vote stays' USING ERRCODE = 'check_violation', CONSTRAINT = 'vote_stays';
        END IF;
    END IF;
    RETURN NEW;
"""

PLEDGE_FITS = """
    IF NOT EXISTS (
        SELECT 1 FROM funds_subaccount s JOIN funds_fundyear y ON y.fund_id = s.fund_id
        WHERE s.id = NEW.subaccount_id AND s.kind = 'pledge' AND y.id = NEW.fund_year_id
    ) THEN
        RAISE EXCEPTION 'the subaccount is of another fund' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'pledge_fits';
    END IF;
    RETURN NEW;
"""


def adopted_by_two() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="adopted_by_two",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=ADOPTED_BY_TWO,
    )


def resolution_frozen() -> list[pgtrigger.Trigger]:
    return [
        pgtrigger.Trigger(
            name="frozen",
            when=pgtrigger.Before,
            operation=pgtrigger.Update,
            declare=[("free", "text[]")],
            func=FROZEN,
        ),
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
    ]


def vote_fits() -> list[pgtrigger.Trigger]:
    return [
        pgtrigger.Trigger(
            name="vote_fits",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert | pgtrigger.Update,
            declare=[("r", "alliance_resolution%ROWTYPE")],
            func=VOTE_FITS,
        ),
        pgtrigger.Protect(name="no_delete", operation=pgtrigger.Delete),
    ]


def pledge_fits() -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="pledge_fits", when=pgtrigger.Before, operation=pgtrigger.Insert | pgtrigger.Update, func=PLEDGE_FITS
    )
