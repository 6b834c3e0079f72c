"""``python -m gevent``: look into a running process, or run a program."""

if __name__ == "__main__":
    from gevent.commands.main import main

    raise SystemExit(main())
