from gevent.patch.attributes import is_anything_patched as is_anything_patched
from gevent.patch.attributes import patch_item as patch_item
from gevent.patch.attributes import remove_item as remove_item
from gevent.patch.attributes import saved as saved
from gevent.patch.monkey import *

class MonkeyPatchWarning(RuntimeWarning): ...
