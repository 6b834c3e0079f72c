from gevent.events import ProgramStopping as ProgramStopping

__all__ = ("ProgramStopping",)
