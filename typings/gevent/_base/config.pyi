from gevent._config import Config as Config
from gevent._config import ImportableSetting as ImportableSetting
from gevent._config import Setting as Setting
from gevent._config import config as config
from gevent._config import main as main
from gevent._config import validate_bool as validate_bool

__all__ = ("Config", "ImportableSetting", "Setting", "config", "main")
