from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from oms import processes  # noqa: E402 - settings and applications are there only now

processes.web_starts()
