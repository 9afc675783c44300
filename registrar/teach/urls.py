"""The place of faculty."""

from django.urls import path

from registrar.teach import acts, asking, mail, marks, templates, views

app_name = "teach"
urlpatterns = [
    path("", views.CoursesView.as_view(), name="courses"),
    path("mail", mail.MailView.as_view(), name="mail"),
    path("templates", templates.ProposalsView.as_view(), name="templates"),
    path("<int:pk>/", views.CourseView.as_view(), name="course"),
    path("<int:pk>/propose", acts.ProposeView.as_view(), name="propose"),
    path("<int:pk>/turn-down", acts.TurnDownView.as_view(), name="turn-down"),
    path("<int:pk>/tags/<int:tag>", acts.TagView.as_view(), name="tag"),
    path("<int:pk>/confirm", acts.ConfirmView.as_view(), name="confirm"),
    path("<int:pk>/comment", acts.CommentView.as_view(), name="comment"),
    path("offerings/<int:pk>/ask", asking.AskView.as_view(), name="ask"),
    path("offerings/<int:pk>/marks", marks.MarksView.as_view(), name="marks"),
    path(
        "offerings/<int:pk>/marks/<int:learner>/<int:outcome>",
        marks.MarkView.as_view(),
        name="mark",
    ),
]
