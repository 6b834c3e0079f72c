"""What a loop and a watcher are, the loops, and choosing one."""
