"""A Flask application; it knows nothing of gevent."""

import time

from flask import Flask

app = Flask(__name__)


@app.get("/slow/<int:number>")
def slow(number):
    """Wait, then answer."""
    time.sleep(0.05)
    return f"{number}\n"
