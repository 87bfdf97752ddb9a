#!/bin/sh
# One backup of the database that PG* name (as a superuser of it), in a folder of its own below BACKUP_DIR, of which the
# newest BACKUPS_KEPT stay. The key ring is left out on purpose: beside it, the stored exchange keys would lie open.
set -eu
umask 077

name="stackalpha-$(date -u +%Y%m%dT%H%M%SZ)"
unfinished="$BACKUP_DIR/.$name"
trap 'rm -rf "$unfinished"' EXIT
mkdir "$unfinished"

pg_dumpall --roles-only --no-role-passwords --file="$unfinished/every-role.sql"
grep -E '^(CREATE|ALTER) ROLE stackalpha_' "$unfinished/every-role.sql" >"$unfinished/roles.sql"
rm "$unfinished/every-role.sql"
pg_dump --format=custom --file="$unfinished/database.dump"
pg_restore --list "$unfinished/database.dump" >"$unfinished/contents.txt" # what cannot be read is no backup

mv "$unfinished" "$BACKUP_DIR/$name"
find "$BACKUP_DIR" -mindepth 1 -maxdepth 1 -type d -name 'stackalpha-*' | sort -r |
    tail -n "+$((${BACKUPS_KEPT:-14} + 1))" | while read -r old; do rm -rf "$old"; done
echo "$BACKUP_DIR/$name"
