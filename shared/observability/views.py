import structlog
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

log = structlog.get_logger(__name__)


def live(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """The process can do its work: its database answers. The broker and the cache are not asked:
    without them the service still serves."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        # The cause names hosts and users: it is for the log only.
        log.warning("database_unavailable", error=str(error)[:200])
        return JsonResponse({"status": "unavailable", "database": "unavailable"}, status=503)
    return JsonResponse({"status": "ok", "database": "ok"})
