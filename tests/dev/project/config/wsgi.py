"""Its web server's door."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
