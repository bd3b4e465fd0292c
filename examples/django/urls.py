from django.db import connection
from django.http import JsonResponse
from django.urls import path


def health(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1, current_user")
        one, user = cursor.fetchone()
    return JsonResponse({"select": one, "user": user})


urlpatterns = [path("healthz", health)]
