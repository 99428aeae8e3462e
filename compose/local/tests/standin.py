"""Nine tiny services in a directory of their own, for tests of the launcher itself.

The servers, supervisord, gunicorn and the gateway are the real ones; only what a service says is
small: ready, and one slow answer that tells which process gave it.
"""

from pathlib import Path

from compose.local.layout import ROOT
from shared.services import SERVICES

SETTINGS = """\
import os
from urllib.parse import urlsplit
url = urlsplit(os.environ["SOUK_DATABASE_URL"])
SECRET_KEY = os.environ["SOUK_SECRET_KEY"]
ALLOWED_HOSTS = ["*"]
DATABASES = {{"default": {{
    "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
    "PASSWORD": url.password, "HOST": url.hostname, "PORT": url.port,
}}}}
INSTALLED_APPS = ["django.contrib.staticfiles", "{service}"]
ROOT_URLCONF = "{service}.urls"
STATIC_URL, STATIC_ROOT = "/static/", os.environ["SOUK_STATIC_ROOT"]
"""
URLS = """\
import os, time
from django.http import HttpResponse
from django.urls import path

def ready(request):
    return HttpResponse("ready")

def slow(request):
    time.sleep(0.2)
    return HttpResponse(str(os.getpid()), content_type="application/json")

urlpatterns = [path("{service}/health/ready", ready), path("{service}/api/v1/slow/", slow)]
"""
MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{service}.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
COMMANDS = {
    "run_worker": """\
        while True:
            pathlib.Path(os.environ["SOUK_WORKER_HEARTBEAT"]).touch()
            time.sleep(2)
""",
    "declare_queue": '        print("declared")\n',
    "seed_demo": '        print("seeded")\n',
    "spectacular": """\
        pathlib.Path(options["file"]).write_text('{"paths": {}}')
""",
}
COMMAND = """\
import os, pathlib, time
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("--clock", action="store_true")
        parser.add_argument("--file")
        parser.add_argument("--format")
        parser.add_argument("--validate", action="store_true")

    def handle(self, **options):
"""
HTTP = """\
import http.server, sys
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

port = int(given.get("--port") or given["--http-port"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


def build(root: Path) -> None:
    """Fills an empty directory so that it can be run like a checkout."""
    (root / "compose").mkdir()
    for name in (".venv", "compose/local", "gateway-nginx", "requirements.lock"):
        (root / name).symlink_to(ROOT / name)
    for service in SERVICES:
        _build_service(root / service)
    (root / "shared").symlink_to(ROOT / "shared")
    for package in ("compose", "compose/demo"):
        _write(root / package / "__init__.py", "")
    for helper in ("compose/demo/stripe", "compose/demo/mailbox"):
        _write(root / helper / "__init__.py", "")
        _write(root / helper / "__main__.py", HTTP)


def break_settings(root: Path, service: str) -> None:
    """The service can no longer be imported."""
    path = root / service / "settings.py"
    path.write_text(path.read_text() + "raise RuntimeError('broken on purpose')\n")


def mend_settings(root: Path, service: str) -> None:
    _write(root / service / "settings.py", SETTINGS.format(service=service))


def _build_service(folder: Path) -> None:
    service = folder.name
    mend_settings(folder.parent, service)
    _write(folder / "urls.py", URLS.format(service=service))
    _write(folder / "manage.py", MANAGE.format(service=service))
    _write(folder / "__init__.py", "")
    for name, body in COMMANDS.items():
        _write(folder / "management" / "commands" / f"{name}.py", COMMAND + body)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
