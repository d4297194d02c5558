"""Where the limits of sign-in are counted: in the database, for every process and host together."""

from django.db import migrations

CREATE = """
    CREATE UNLOGGED TABLE accounts_signinlimit (
        cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamp with time zone NOT NULL
    );
    CREATE INDEX accounts_signinlimit_expires ON accounts_signinlimit (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_profiles_and_tokens")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE accounts_signinlimit;")]
