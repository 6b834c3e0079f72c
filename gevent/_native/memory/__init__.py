"""Memory of greenlets' stacks, and of bytes on their way."""
