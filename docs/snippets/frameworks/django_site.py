"""A Django site in one file."""

import time

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__, SECRET_KEY="x")


def slow(request, number):
    """Wait, then answer."""
    time.sleep(0.05)
    return HttpResponse(f"{number}\n")


urlpatterns = [path("slow/<int:number>", slow)]
application = get_wsgi_application()
