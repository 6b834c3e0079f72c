"""What deals with native threads, and what makes threads of greenlets."""
