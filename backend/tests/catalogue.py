"""What a database says about itself, to compare one with another."""

import asyncpg

CATALOGUE = """
    SELECT 'policy ' || tablename || ' ' || policyname || ' ' || coalesce(qual, '') FROM pg_policies
    UNION ALL SELECT 'forced ' || relname FROM pg_class WHERE relforcerowsecurity
    UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'column ' || table_name || ' ' || column_name || ' ' || data_type
              FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'function ' || p.oid::regprocedure || ' ' || r.rolname || ' ' || coalesce(p.proacl::text, '')
              FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || tablename || ' ' || indexname FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname
              FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    ORDER BY 1
"""


async def catalogue(url: str) -> list[str]:
    """Columns, indexes, constraints, policies, triggers, and functions with their owner and rights."""
    connection = await asyncpg.connect(url)
    try:
        return [row[0] for row in await connection.fetch(CATALOGUE)]
    finally:
        await connection.close()
