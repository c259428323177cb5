"""What a WSGI server loads: `gunicorn wsgi:app`."""

from crmweb import create_app

app = create_app()
