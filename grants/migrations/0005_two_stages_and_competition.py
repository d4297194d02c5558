import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("grants", "0004_form_of_each_proposal"),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name="call",
            trigger=pgtrigger.compiler.Trigger(
                name="limit_law",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF EXISTS (\n                SELECT 1 FROM grants_internalentry\n                WHERE call_id = NEW.id AND slot > COALESCE(NEW.internal_limit, 0)\n            ) THEN\n                RAISE EXCEPTION 'universities have picked more than % already', NEW.internal_limit USING ERRCODE = 'check_violation';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="e65a9051aa55060f081943b8342c5f28c21e3236",
                    operation='UPDATE OF "internal_limit"',
                    pgid="pgtrigger_limit_law_f5fd0",
                    table="grants_call",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="internalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="slot_law",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE most integer;",
                    func="\n            IF NEW.slot IS NOT NULL THEN\n                SELECT internal_limit INTO most FROM grants_call WHERE id = NEW.call_id FOR SHARE;\n                IF most IS NULL OR NEW.slot > most THEN\n                    RAISE EXCEPTION 'slot % is beyond the % that the call takes', NEW.slot, most USING ERRCODE = 'check_violation';\n                END IF;\n            END IF;\n            RETURN NEW;\n        ",
                    hash="47b087a5b3d4790d659885486f546eacb13d4280",
                    operation='INSERT OR UPDATE OF "slot", "call_id"',
                    pgid="pgtrigger_slot_law_141e0",
                    table="grants_internalentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="proposal",
            trigger=pgtrigger.compiler.Trigger(
                name="stage_law",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE kind text; shape text; first_status text; first_call uuid; first_kind text;",
                    func="\n    SELECT s.kind, c.shape INTO kind, shape\n        FROM grants_stage s JOIN grants_call c ON c.id = s.call_id WHERE s.id = NEW.stage_id;\n    IF kind = 'eoi' AND NEW.status IN\n        ('eligible', 'under_review', 'recommended', 'not_recommended', 'awarded', 'reserve_list') THEN\n        RAISE EXCEPTION 'an expression of interest is never %', NEW.status USING ERRCODE = 'check_violation';\n    END IF;\n    IF kind = 'full' AND NEW.status = 'invited' THEN\n        RAISE EXCEPTION 'a full proposal is never invited' USING ERRCODE = 'check_violation';\n    END IF;\n    IF kind = 'full' AND shape = 'two_stage' AND NEW.follows_id IS NULL AND NEW.import_key IS NULL THEN\n        RAISE EXCEPTION 'a full proposal of a two-stage call follows an expression of interest' USING ERRCODE = 'check_violation';\n    END IF;\n    IF NEW.follows_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.follows_id IS DISTINCT FROM OLD.follows_id) THEN\n        SELECT p.status, p.call_id, s.kind INTO first_status, first_call, first_kind\n            FROM grants_proposal p JOIN grants_stage s ON s.id = p.stage_id\n            WHERE p.id = NEW.follows_id FOR SHARE OF p;\n        IF kind <> 'full' OR first_kind <> 'eoi' OR first_call <> NEW.call_id OR first_status <> 'invited' THEN\n            RAISE EXCEPTION 'a proposal follows only an invited expression of interest of its call' USING ERRCODE = 'check_violation';\n        END IF;\n    END IF;\n    IF TG_OP = 'UPDATE' AND OLD.status = 'invited' AND NEW.status <> 'invited'\n        AND EXISTS (SELECT 1 FROM grants_proposal WHERE follows_id = NEW.id) THEN\n        RAISE EXCEPTION 'a full proposal was begun on this invitation' USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NEW;\n",
                    hash="44e6e1cd1ae3334866cd58c3b9a98624786aefea",
                    operation='INSERT OR UPDATE OF "status", "stage_id", "follows_id"',
                    pgid="pgtrigger_stage_law_df5ff",
                    table="grants_proposal",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="internalentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("decided_by", models.F("person")), _negated=True),
                name="internal_entry_not_decided_by_oneself",
            ),
        ),
    ]
