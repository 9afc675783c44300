"""The place of faculty."""

from django.urls import path

from registrar.teach import mail, views

app_name = "teach"
urlpatterns = [
    path("", views.CoursesView.as_view(), name="courses"),
    path("mail", mail.MailView.as_view(), name="mail"),
    path("<int:pk>/", views.CourseView.as_view(), name="course"),
    path("<int:pk>/propose", views.ProposeView.as_view(), name="propose"),
    path("<int:pk>/turn-down", views.TurnDownView.as_view(), name="turn-down"),
]
