"""What the database refuses of two-stage calls and internal competitions, as triggers: a shell can't do it either."""

import pgtrigger

_NO = "USING ERRCODE = 'check_violation'"

# A full proposal begins only on an expression of interest that is invited at that moment; the share lock makes taking the
# invitation back wait for it. Imported rows come from elsewhere, with whatever went before them.
_STAGE_LAW = f"""
    SELECT s.kind, c.shape INTO kind, shape
        FROM grants_stage s JOIN grants_call c ON c.id = s.call_id WHERE s.id = NEW.stage_id;
    IF kind = 'eoi' AND NEW.status IN
        ('eligible', 'under_review', 'recommended', 'not_recommended', 'awarded', 'reserve_list') THEN
        RAISE EXCEPTION 'an expression of interest is never %', NEW.status {_NO};
    END IF;
    IF kind = 'full' AND NEW.status = 'invited' THEN
        RAISE EXCEPTION 'a full proposal is never invited' {_NO};
    END IF;
    IF kind = 'full' AND shape = 'two_stage' AND NEW.follows_id IS NULL AND NEW.import_key IS NULL THEN
        RAISE EXCEPTION 'a full proposal of a two-stage call follows an expression of interest' {_NO};
    END IF;
    IF NEW.follows_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.follows_id IS DISTINCT FROM OLD.follows_id) THEN
        SELECT p.status, p.call_id, s.kind INTO first_status, first_call, first_kind
            FROM grants_proposal p JOIN grants_stage s ON s.id = p.stage_id
            WHERE p.id = NEW.follows_id FOR SHARE OF p;
        IF kind <> 'full' OR first_kind <> 'eoi' OR first_call <> NEW.call_id OR first_status <> 'invited' THEN
            RAISE EXCEPTION 'a proposal follows only an invited expression of interest of its call' {_NO};
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.status = 'invited' AND NEW.status <> 'invited'
        AND EXISTS (SELECT 1 FROM grants_proposal WHERE follows_id = NEW.id) THEN
        RAISE EXCEPTION 'a full proposal was begun on this invitation' {_NO};
    END IF;
    RETURN NEW;
"""  # noqa: S608  (names of ours only)


def stage_law() -> pgtrigger.Trigger:
    """Each state belongs to one kind of stage, and a full proposal of a two-stage call to one invitation."""
    return pgtrigger.Trigger(
        name="stage_law",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("status", "stage_id", "follows_id"),  # type: ignore[no-untyped-call]
        declare=[
            ("kind", "text"),
            ("shape", "text"),
            ("first_status", "text"),
            ("first_call", "uuid"),
            ("first_kind", "text"),
        ],
        func=_STAGE_LAW,
    )


def slot_law() -> pgtrigger.Trigger:
    """A picked entry's slot lies within the call's limit, read under a lock that lowering the limit waits for."""
    return pgtrigger.Trigger(
        name="slot_law",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("slot", "call_id"),  # type: ignore[no-untyped-call]
        declare=[("most", "integer")],
        func=f"""
            IF NEW.slot IS NOT NULL THEN
                SELECT internal_limit INTO most FROM grants_call WHERE id = NEW.call_id FOR SHARE;
                IF most IS NULL OR NEW.slot > most THEN
                    RAISE EXCEPTION 'slot % is beyond the % that the call takes', NEW.slot, most {_NO};
                END IF;
            END IF;
            RETURN NEW;
        """,  # noqa: S608
    )


def limit_law() -> pgtrigger.Trigger:
    """A call's limit is never lowered below what its universities have picked."""
    return pgtrigger.Trigger(
        name="limit_law",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("internal_limit"),  # type: ignore[no-untyped-call]
        func=f"""
            IF EXISTS (
                SELECT 1 FROM grants_internalentry
                WHERE call_id = NEW.id AND slot > COALESCE(NEW.internal_limit, 0)
            ) THEN
                RAISE EXCEPTION 'universities have picked more than % already', NEW.internal_limit {_NO};
            END IF;
            RETURN NEW;
        """,  # noqa: S608
    )
