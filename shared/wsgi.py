"""The WSGI application of every service. Its workers share the memory of all that is loaded before
they are forked, as long as nothing writes to it: so the views are loaded, too, and the garbage
collector leaves these objects alone."""

import gc
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)
gc.collect()
gc.freeze()
