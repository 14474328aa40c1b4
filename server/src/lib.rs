//! The Axum session server as a library: run(listeners, config, shutdown).
