from gevent.taskgroup import TaskGroup as TaskGroup

__all__ = ("TaskGroup",)
