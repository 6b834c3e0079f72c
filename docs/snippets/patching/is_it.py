"""Ask whether something is patched, and get at the original."""

import time

from gevent import monkey

monkey.patch_all(thread=False)

print("time:", monkey.is_module_patched("time"))
print("threading:", monkey.is_module_patched("threading"))
print("time.sleep:", monkey.is_object_patched("time", "sleep"))
original = monkey.get_original("time", "sleep")
print("another function:", original is not time.sleep)
