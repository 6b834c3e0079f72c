"""What monkey patching sends, before and after."""

from __future__ import annotations

from zope.interface import Attribute, Interface, implementer

# Spelled out instead of imported: typing costs more than all of this package.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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

# Interfaces name their module themselves: they are compared and hashed by it, so that
# it can not change when the module is published.
_PUBLIC_NAME = "gevent.events"


# -- patching: what all such events have ---------------------------------------------


class IGeventPatchEvent(Interface):
    """Something is patched."""

    __module__ = _PUBLIC_NAME

    source = Attribute("source", "Module or object that has the replacements.")
    target = Attribute("target", "Module or object that is patched.")


@implementer(IGeventPatchEvent)
class GeventPatchEvent:
    """Something is patched.

    Args:
        source: Module or object that has the replacements; None when it is all.
        target: Module or object that is patched; None when it is all.
    """

    def __init__(self, source: object, target: object) -> None:
        self.source = source
        self.target = target

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} source={self.source!r} "
            f"target={self.target!r} at {id(self):x}>"
        )


class IGeventWillPatchEvent(IGeventPatchEvent):
    """Something is about to be patched; DoNotPatch prevents it."""

    __module__ = _PUBLIC_NAME


class DoNotPatch(BaseException):
    """Raised by a subscriber to a will-patch event: leave this unpatched."""


@implementer(IGeventWillPatchEvent)
class GeventWillPatchEvent(GeventPatchEvent):
    """Something is about to be patched; :exc:`DoNotPatch` prevents it."""


class IGeventDidPatchEvent(IGeventPatchEvent):
    """Something has been patched."""

    __module__ = _PUBLIC_NAME


@implementer(IGeventDidPatchEvent)
class GeventDidPatchEvent(GeventPatchEvent):
    """Something has been patched."""


# -- patching one module -------------------------------------------------------------


class IGeventWillPatchModuleEvent(IGeventWillPatchEvent):
    """A module is about to be patched."""

    __module__ = _PUBLIC_NAME

    module_name = Attribute("module_name", "Name of the module.")
    target_item_names = Attribute(
        "target_item_names", "Names to be replaced; subscribers may edit the list."
    )


@implementer(IGeventWillPatchModuleEvent)
class GeventWillPatchModuleEvent(GeventWillPatchEvent):
    """A module is about to be patched; :exc:`DoNotPatch` leaves it alone.

    Args:
        module_name: Name of the module that is patched.
        source: Module that has the replacements.
        target: Module that is patched.
        items: Names to be replaced; subscribers may edit the list.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.will_patch_module"

    def __init__(
        self, module_name: str, source: object, target: object, items: list[str]
    ) -> None:
        super().__init__(source, target)
        self.module_name = module_name
        self.target_item_names = items


class IGeventDidPatchModuleEvent(IGeventDidPatchEvent):
    """A module has been patched."""

    __module__ = _PUBLIC_NAME

    module_name = Attribute("module_name", "Name of the module.")


@implementer(IGeventDidPatchModuleEvent)
class GeventDidPatchModuleEvent(GeventDidPatchEvent):
    """A module has been patched.

    Args:
        module_name: Name of the module that was patched.
        source: Module that has the replacements.
        target: Module that was patched.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.did_patch_module"

    def __init__(self, module_name: str, source: object, target: object) -> None:
        super().__init__(source, target)
        self.module_name = module_name


# -- patch_all -----------------------------------------------------------------------


class _PatchAllMixin(GeventPatchEvent):
    def __init__(
        self,
        patch_all_arguments: Mapping[str, object],
        patch_all_kwargs: Mapping[str, object],
    ) -> None:
        super().__init__(None, None)
        self._patch_all_arguments = dict(patch_all_arguments)
        self._patch_all_kwargs = dict(patch_all_kwargs)

    @property
    def patch_all_arguments(self) -> dict[str, object]:
        """Named arguments that ``patch_all`` acts on, as a new dictionary."""
        return self._patch_all_arguments.copy()

    @property
    def patch_all_kwargs(self) -> dict[str, object]:
        """Other keyword arguments given to ``patch_all``, as a new dictionary."""
        return self._patch_all_kwargs.copy()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._patch_all_arguments!r} at {id(self):x}>"


class IGeventWillPatchAllEvent(IGeventWillPatchEvent):
    """``patch_all`` is about to begin."""

    __module__ = _PUBLIC_NAME

    patch_all_arguments = Attribute(
        "patch_all_arguments", "Named arguments that patch_all acts on."
    )
    patch_all_kwargs = Attribute(
        "patch_all_kwargs", "Other keyword arguments given to patch_all."
    )

    def will_patch_module(module_name):  # type: ignore[no-untyped-def]
        """Return whether the module *module_name* is to be patched."""


@implementer(IGeventWillPatchAllEvent)
class GeventWillPatchAllEvent(_PatchAllMixin, GeventWillPatchEvent):
    """``patch_all`` is about to begin; :exc:`DoNotPatch` prevents all of it.

    Args:
        patch_all_arguments: Named arguments that ``patch_all`` acts on.
        patch_all_kwargs: Other keyword arguments given to it.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.will_patch_all"

    def will_patch_module(self, module_name: str) -> object:
        """Return the argument for *module_name*: true if that is to be patched.

        ``None`` when ``patch_all`` has no such argument.
        """
        return self._patch_all_arguments.get(module_name)


class IGeventDidPatchBuiltinModulesEvent(IGeventDidPatchEvent):
    """``patch_all`` has patched the standard library."""

    __module__ = _PUBLIC_NAME

    patch_all_arguments = Attribute(
        "patch_all_arguments", "Named arguments that patch_all acted on."
    )
    patch_all_kwargs = Attribute(
        "patch_all_kwargs", "Other keyword arguments given to patch_all."
    )


@implementer(IGeventDidPatchBuiltinModulesEvent)
class GeventDidPatchBuiltinModulesEvent(_PatchAllMixin, GeventDidPatchEvent):
    """``patch_all`` has patched the standard library; now patch what is not in it.

    Args:
        patch_all_arguments: Named arguments that ``patch_all`` acted on.
        patch_all_kwargs: Other keyword arguments given to it.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.did_patch_builtins"


class IGeventDidPatchAllEvent(IGeventDidPatchEvent):
    """``patch_all`` is done, and so are all subscribers to the event before."""

    __module__ = _PUBLIC_NAME


@implementer(IGeventDidPatchAllEvent)
class GeventDidPatchAllEvent(_PatchAllMixin, GeventDidPatchEvent):
    """``patch_all`` is done, and so are all subscribers to the event before.

    Args:
        patch_all_arguments: Named arguments that ``patch_all`` acted on.
        patch_all_kwargs: Other keyword arguments given to it.
    """

    #: Group of the entry points that are called.
    ENTRY_POINT_NAME = "gevent.plugins.monkey.did_patch_all"
