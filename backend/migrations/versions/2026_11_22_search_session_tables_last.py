"""Let functions that run as the owner look for tables of a session last: a table named `users` that a role made for
its session would be read in the place of the real one, by `erase_account` too.

Revision ID: search_session_tables_last
Revises: drop_fills_watermark
"""

from alembic import op

revision = "search_session_tables_last"
down_revision = "drop_fills_watermark"
branch_labels = None
depends_on = None

SEARCH = """
DO $$
DECLARE function regprocedure;
BEGIN
    FOR function IN
        SELECT oid::regprocedure FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = {path}', function);
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(SEARCH.replace("{path}", "public, pg_temp"))


def downgrade() -> None:
    op.execute(SEARCH.replace("{path}", "public"))
