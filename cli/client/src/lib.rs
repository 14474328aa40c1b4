//! Typed HTTP client, cookie jar, profiles; Registry over the admin API.
