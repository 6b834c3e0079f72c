from gevent.events import DoNotPatch as DoNotPatch
from gevent.events import GeventDidPatchAllEvent as GeventDidPatchAllEvent
from gevent.events import (
    GeventDidPatchBuiltinModulesEvent as GeventDidPatchBuiltinModulesEvent,
)
from gevent.events import GeventDidPatchEvent as GeventDidPatchEvent
from gevent.events import GeventDidPatchModuleEvent as GeventDidPatchModuleEvent
from gevent.events import GeventPatchEvent as GeventPatchEvent
from gevent.events import GeventWillPatchAllEvent as GeventWillPatchAllEvent
from gevent.events import GeventWillPatchEvent as GeventWillPatchEvent
from gevent.events import GeventWillPatchModuleEvent as GeventWillPatchModuleEvent
from gevent.events import IGeventDidPatchAllEvent as IGeventDidPatchAllEvent
from gevent.events import (
    IGeventDidPatchBuiltinModulesEvent as IGeventDidPatchBuiltinModulesEvent,
)
from gevent.events import IGeventDidPatchEvent as IGeventDidPatchEvent
from gevent.events import IGeventDidPatchModuleEvent as IGeventDidPatchModuleEvent
from gevent.events import IGeventPatchEvent as IGeventPatchEvent
from gevent.events import IGeventWillPatchAllEvent as IGeventWillPatchAllEvent
from gevent.events import IGeventWillPatchEvent as IGeventWillPatchEvent
from gevent.events import IGeventWillPatchModuleEvent as IGeventWillPatchModuleEvent

__all__ = (
    "IGeventPatchEvent",
    "GeventPatchEvent",
    "IGeventWillPatchEvent",
    "DoNotPatch",
    "GeventWillPatchEvent",
    "IGeventDidPatchEvent",
    "GeventDidPatchEvent",
    "IGeventWillPatchModuleEvent",
    "GeventWillPatchModuleEvent",
    "IGeventDidPatchModuleEvent",
    "GeventDidPatchModuleEvent",
    "IGeventWillPatchAllEvent",
    "GeventWillPatchAllEvent",
    "IGeventDidPatchBuiltinModulesEvent",
    "GeventDidPatchBuiltinModulesEvent",
    "IGeventDidPatchAllEvent",
    "GeventDidPatchAllEvent",
)
