"""The addresses of the API, below /api/sync/v1/."""

from django.urls import path, re_path, register_converter
from django.urls.converters import StringConverter

from syncconfig.api import base, files, jobs, oauth, running, views
from syncconfig.api.contract import views as contract


class RecordIdConverter:
    """A record id of Odoo: a whole number that a PostgreSQL integer holds."""

    regex = "[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        """The number; addresses with one that no record can have do not exist."""
        number = int(value)
        if not 0 < number < 2**31:
            raise ValueError
        return number

    def to_url(self, value: int) -> str:
        """The number in the address."""
        return str(value)


class ModelConverter(StringConverter):
    """The technical name of a model: anything else is no address of the API."""

    regex = r"[A-Za-z0-9_.-]{1,100}"


register_converter(RecordIdConverter, "record_id")
register_converter(ModelConverter, "model")

urlpatterns = [
    path("", views.IndexView.as_view()),
    path("oauth/token", oauth.TokenView.as_view()),
    path("jobs", jobs.JobsView.as_view()),
    path("jobs/<uuid:job_id>", jobs.JobView.as_view()),
    path("configs/<slug:code>/run", running.StartView.as_view()),
    path("runs/<record_id:run_id>", running.RunView.as_view()),
    path("openapi.json", contract.DocumentView.as_view(), name="api_openapi"),
    path("postman", contract.PostmanView.as_view()),
    path("docs", contract.docs, name="api_docs"),
    path("in/<slug:code>", views.IntakeView.as_view()),
    path("<model:model>", views.CollectionView.as_view()),
    path("<model:model>/batch", views.BatchView.as_view()),
    path("<model:model>/schema", contract.SchemaView.as_view()),
    path("<model:model>/search", views.SearchView.as_view()),
    path("<model:model>/<record_id:record_id>/<str:key>/content", files.FileView.as_view()),
    path("<model:model>/<record_id:record_id>", views.RecordView.as_view()),
    re_path(r"^.*$", base.api_not_found),
]
