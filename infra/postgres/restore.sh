#!/bin/sh
# Bring the backup in folder $1 back into the empty database that PG* name, on a server that knows none of our roles.
# Then run `stackalpha migrate`: it gives the roles their passwords, and an older backup the newest schema.
set -eu

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file="$1/roles.sql"
pg_restore --exit-on-error --single-transaction --dbname="$PGDATABASE" "$1/database.dump"
