# One image for web, workers and beat. Packages and front end are made in stages of their own: the image has neither
# pip's caches nor Node.js, neither the tests' tools nor the embedded servers.
FROM python:3.11-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY pyproject.toml requirements.lock ./
# What the project needs to run, by pyproject.toml, in the versions of the lock.
RUN pip install --quiet --constraint requirements.lock .

FROM packages AS frontend
RUN pip install --quiet --constraint requirements.lock ".[embedded]"
COPY . .
RUN python -m launcher.frontend

FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/venv/bin:$PATH
RUN useradd --system --no-create-home --uid 10001 oms
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=frontend /app/static/build static/build
COPY --from=frontend /app/locale locale
RUN OMS_SECRET_KEY=only-for-this-build-step DATABASE_URL=postgres://none/none REDIS_URL=redis://none/0 \
    python manage.py collectstatic --noinput --verbosity 0
USER oms
EXPOSE 8000
# gunicorn.conf.py is read by itself. A worker that has served 10,000 requests makes room for a fresh one.
CMD ["gunicorn", "oms.wsgi", "--no-control-socket", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--max-requests", "10000", "--max-requests-jitter", "1000"]
