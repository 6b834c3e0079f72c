"""Who runs next: queue, timers, switching."""
