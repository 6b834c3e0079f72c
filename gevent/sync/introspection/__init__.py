"""Looking at greenlets: trees, frames, what they hold."""
