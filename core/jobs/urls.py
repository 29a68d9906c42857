from django.urls import path

from core.jobs import views

urlpatterns = [
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/now/", views.now, name="jobs-now"),
    path("jobs/bulk/", views.bulk_new, name="bulk-new"),
    path("jobs/export/", views.export_new, name="export-new"),
    path("jobs/<uuid:job_id>/", views.job, name="job"),
    path("jobs/<uuid:job_id>/progress/", views.progress, name="job-progress"),
    path("jobs/<uuid:job_id>/start/", views.start, name="job-start"),
    path("jobs/<uuid:job_id>/stop/", views.stop, name="job-stop"),
    path("jobs/<uuid:job_id>/resume/", views.resume, name="job-resume"),
    path("jobs/<uuid:job_id>/again/", views.again, name="job-again"),
    path("jobs/<uuid:job_id>/file/", views.file, name="job-file"),
    path("jobs/<uuid:job_id>/result.csv", views.result, name="job-result"),
]
