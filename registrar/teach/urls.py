"""The place of faculty."""

from django.urls import path

from registrar.teach import mail, marks, views

app_name = "teach"
urlpatterns = [
    path("", views.CoursesView.as_view(), name="courses"),
    path("mail", mail.MailView.as_view(), name="mail"),
    path("<int:pk>/", views.CourseView.as_view(), name="course"),
    path("<int:pk>/propose", views.ProposeView.as_view(), name="propose"),
    path("<int:pk>/turn-down", views.TurnDownView.as_view(), name="turn-down"),
    path("offerings/<int:pk>/marks", marks.MarksView.as_view(), name="marks"),
    path(
        "offerings/<int:pk>/marks/<int:learner>/<int:outcome>",
        marks.MarkView.as_view(),
        name="mark",
    ),
]
