"""The laws of reviewing that a row alone can't show."""

import pgtrigger


def no_review_against_a_seal() -> pgtrigger.Trigger:
    """A person who is sealed off from a proposal, or on its team, is never given its review, nor goes on with one."""
    return pgtrigger.Trigger(
        name="no_review_against_a_seal",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="""
            IF NEW.status NOT IN ('recused', 'declined', 'withdrawn') AND (
                EXISTS (SELECT 1 FROM grants_proposalseal s WHERE s.proposal_id = NEW.proposal_id
                    AND s.user_id = NEW.reviewer_id AND s.lifted_at IS NULL)
                OR EXISTS (SELECT 1 FROM grants_proposalaccess a WHERE a.proposal_id = NEW.proposal_id
                    AND a.user_id = NEW.reviewer_id AND a.role IN ('pi', 'editor', 'reader'))
            ) THEN
                RAISE EXCEPTION 'a conflicted person cannot review' USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'no_review_against_a_seal';
            END IF;
            RETURN NEW;
        """,
    )


def score_in_range() -> pgtrigger.Trigger:
    """A score lies on its criterion's scale, and its criterion belongs to the review's rubric version."""
    return pgtrigger.Trigger(
        name="score_in_range",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="""
            IF NOT EXISTS (
                SELECT 1 FROM reviews_criterion c JOIN reviews_review r ON r.rubric_version_id = c.version_id
                WHERE c.id = NEW.criterion_id AND r.id = NEW.review_id
                    AND (NEW.value IS NULL OR NEW.value BETWEEN c.lowest AND c.highest)
            ) THEN
                RAISE EXCEPTION 'the score is not on the scale' USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'score_in_range';
            END IF;
            RETURN NEW;
        """,
    )


def frozen_rubric() -> pgtrigger.Trigger:
    """Criteria of a published rubric version don't change."""
    return pgtrigger.Trigger(
        name="frozen_rubric",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func="""
            IF EXISTS (SELECT 1 FROM reviews_rubricversion v WHERE v.published_at IS NOT NULL
                AND v.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.version_id ELSE NEW.version_id END
            ) THEN
                RAISE EXCEPTION 'a published rubric is frozen' USING ERRCODE = 'check_violation',
                    CONSTRAINT = 'frozen_rubric';
            END IF;
            RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        """,
    )
