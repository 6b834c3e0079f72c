# The module's names are those of `builtins`.
