"""Tests of programs in virtual time: a clock, schedules and a network of their own."""
