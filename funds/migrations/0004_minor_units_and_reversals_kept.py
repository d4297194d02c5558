"""The database refuses amounts finer than the currency, a change of currency, and a reversal by the one who posted."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("funds", "0003_fill_minor_units")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="line",
            name="line_fits_account",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="entry",
            trigger=pgtrigger.compiler.Trigger(
                name="reversal_by_another",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."reverses_id" IS NOT NULL)',
                    func="\n            IF EXISTS (\n                SELECT 1 FROM funds_entry e WHERE e.id = NEW.reverses_id\n                    AND (e.fund_id <> NEW.fund_id OR NEW.actor_id IS NULL OR NEW.actor_id = e.actor_id)\n            ) THEN\n                RAISE EXCEPTION 'an entry is reversed by another person than its own' USING ERRCODE = 'check_violation',\n                    CONSTRAINT = 'reversal_by_another';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="7758b427c92650d584765a84913e4c7253b1a752",
                    operation="INSERT",
                    pgid="pgtrigger_reversal_by_another_6031d",
                    table="funds_entry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="fund",
            trigger=pgtrigger.compiler.Trigger(
                name="currency_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."currency" IS DISTINCT FROM (NEW."currency") OR OLD."minor_units" IS DISTINCT FROM (NEW."minor_units"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="20cea1a11bf985ee12750c9169a0d82e90dd2b5a",
                    operation="UPDATE",
                    pgid="pgtrigger_currency_stays_ed703",
                    table="funds_fund",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="line",
            trigger=pgtrigger.compiler.Trigger(
                name="line_fits_account",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE a funds_account%ROWTYPE; f uuid; decimals smallint;",
                    func="\n            SELECT * INTO a FROM funds_account WHERE id = NEW.account_id;\n            SELECT e.fund_id, p.minor_units INTO f, decimals\n                FROM funds_entry e JOIN funds_fund p ON p.id = e.fund_id WHERE e.id = NEW.entry_id;\n            IF a.fund_id IS DISTINCT FROM f\n                OR a.by_year IS DISTINCT FROM (NEW.fund_year_id IS NOT NULL)\n                OR a.by_subaccount IS DISTINCT FROM (NEW.subaccount_id IS NOT NULL)\n                OR EXISTS (SELECT 1 FROM funds_fundyear y WHERE y.id = NEW.fund_year_id AND y.fund_id <> f)\n                OR EXISTS (SELECT 1 FROM funds_subaccount s WHERE s.id = NEW.subaccount_id AND s.fund_id <> f)\n            THEN\n                RAISE EXCEPTION 'line does not fit account %', a.code USING ERRCODE = 'check_violation',\n                    CONSTRAINT = 'line_fits_account';\n            END IF;\n            IF NEW.amount <> round(NEW.amount, decimals) THEN\n                RAISE EXCEPTION 'line of % is finer than the currency', NEW.amount USING ERRCODE = 'check_violation',\n                    CONSTRAINT = 'line_in_minor_units';\n            END IF;\n            RETURN NEW;\n        ",
                    hash="26125801192dd220dd91f5afd90a9ed1249f3d32",
                    operation="INSERT",
                    pgid="pgtrigger_line_fits_account_bb983",
                    table="funds_line",
                    when="BEFORE",
                ),
            ),
        ),
    ]
