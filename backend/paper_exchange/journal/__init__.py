"""What survives: an SQLite file with one writer; an answer is sent only once its record is committed."""
