"""Calls the tasks."""

from celery_tasks import add, failing, patched, retried, together

PATIENCE = 50

print(add.delay(2, 3).get(timeout=PATIENCE))
print("patched:", patched.delay().get(timeout=PATIENCE))
results = [together.delay() for _ in range(3)]
print("together:", [result.get(timeout=PATIENCE) for result in results])
print("retried:", retried.delay().get(timeout=PATIENCE))
try:
    failing.delay().get(timeout=PATIENCE)
except ValueError as error:
    print("failed:", error)
