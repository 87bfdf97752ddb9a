"""Administrators store the platform's own limits, by a function that asks who calls it.

Revision ID: let_administrators_tighten
Revises: let_scoped_changes_wait
"""

from alembic import op

revision = "let_administrators_tighten"
down_revision = "let_scoped_changes_wait"
branch_labels = None
depends_on = None

SIGNATURE = "set_platform_risk_limit(text, numeric)"
FUNCTION = """
CREATE FUNCTION set_platform_risk_limit(p_field text, p_value numeric) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM users WHERE id = app_current_user() AND role = 'admin') THEN
        RAISE EXCEPTION 'only an administrator sets a limit of the platform' USING ERRCODE = '42501';
    END IF;
    IF p_value IS NULL THEN
        DELETE FROM platform_risk_limits WHERE field = p_field;
    ELSE
        INSERT INTO platform_risk_limits (field, value) VALUES (p_field, p_value)
        ON CONFLICT (field) DO UPDATE SET value = EXCLUDED.value, updated_at = now();
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO stackalpha_api")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
