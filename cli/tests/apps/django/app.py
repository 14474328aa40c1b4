"""Django's own admin: a hidden token with a cookie beside it, checks of Origin and Referer, sign-out by POST alone.

Makes its database in the directory that it is started in, with two operators, and prints its address.
"""

import django
import waitress
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import path

PASSWORDS = {"alice": "correct horse", "bob": "battery staple"}

settings.configure(
    SECRET_KEY="not a secret",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "django.sqlite"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    STATIC_URL="static/",
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()
urlpatterns = [path("admin/", admin.site.urls)]

call_command("migrate", verbosity=0)
from django.contrib.auth.hashers import PBKDF2PasswordHasher  # noqa: E402, nor are there settings
from django.contrib.auth.models import User  # noqa: E402, there is no model before the set-up

# A twentieth of its work: an audit signs in often, and the machine of a test is busy.
PBKDF2PasswordHasher.iterations //= 20

for name, password in PASSWORDS.items():
    User.objects.create_superuser(name, f"{name}@example.org", password)

server = waitress.create_server(get_wsgi_application(), host="127.0.0.1", port=0)
print(f"http://127.0.0.1:{server.effective_port}", flush=True)
server.run()
