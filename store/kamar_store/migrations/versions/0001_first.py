"""The whole registry: every table, and the search over the names of wilayah.

Until the first release this file follows ``kamar_store.tables`` by itself; then it is frozen.
"""

from __future__ import annotations

from alembic import op

from kamar_store.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQLITE = (
    "CREATE TABLE wilayah_word (word TEXT, path TEXT, letters INTEGER, PRIMARY KEY (word, path)) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE wilayah_vocabulary USING fts5 (word, tokenize='trigram')",
    "CREATE VIRTUAL TABLE wilayah_trigram USING fts5vocab ('wilayah_vocabulary', 'row')",
    "CREATE INDEX ix_node_postcode ON node (postcode) WHERE postcode <> ''",
)
POSTGRESQL = (
    'CREATE TABLE wilayah_word (word TEXT COLLATE "C", path TEXT COLLATE "C", letters INTEGER, '
    "PRIMARY KEY (word, path))",
    'CREATE TABLE wilayah_vocabulary (word TEXT COLLATE "C" PRIMARY KEY)',
    "CREATE INDEX ix_wilayah_vocabulary_trigram ON wilayah_vocabulary USING gin (word gin_trgm_ops)",
    "CREATE INDEX ix_node_postcode ON node (postcode) WHERE postcode <> ''",
)


def upgrade() -> None:
    """Create everything."""
    connection = op.get_bind()
    metadata.create_all(connection)
    for statement in POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    """Drop everything."""
    op.execute("DROP TABLE IF EXISTS wilayah_trigram")
    op.execute("DROP TABLE wilayah_vocabulary")
    op.execute("DROP TABLE wilayah_word")
    metadata.drop_all(op.get_bind())
