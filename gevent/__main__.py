"""``python -m gevent``: look into a running process."""

if __name__ == "__main__":
    from gevent.commands.main import main

    raise SystemExit(main())
