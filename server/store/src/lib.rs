//! What keeps sessions: in memory and in SQLite.
