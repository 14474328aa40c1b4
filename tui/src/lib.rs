//! The ratatui dashboard over any Registry.
