"""What file objects are made of."""
