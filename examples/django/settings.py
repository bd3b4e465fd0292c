from os import environ

# The defaults are in secrets.map.yaml, for all processes alike.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": environ["POSTGRES_HOST"],
        "PORT": environ["POSTGRES_PORT"],
        "USER": environ["POSTGRES_USER"],
        "PASSWORD": environ["POSTGRES_PASSWORD"],
        "NAME": environ["POSTGRES_DATABASE"],
    }
}

SECRET_KEY = environ["SECRET_KEY"]

REDIS_PASSWORD = environ.get("REDIS_PASSWORD", "")

ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "urls"
