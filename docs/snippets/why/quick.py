"""Run measure.py once, with few repetitions, so that it stays right."""

import measure

measure.main("--quick")
