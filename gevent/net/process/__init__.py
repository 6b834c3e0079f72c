"""What child processes need: starting, talking, waiting, being forked."""
