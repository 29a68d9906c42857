# One image for web, worker and beat. The front end is built in a stage of its own, so that Node.js does not ship.
FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements.lock .
RUN pip install --quiet --no-deps --requirement requirements.lock

FROM base AS frontend
COPY . .
RUN python -m launcher.frontend

FROM base
RUN useradd --system --create-home --uid 10001 oms
COPY . .
COPY --from=frontend /app/static/build static/build
RUN OMS_SECRET_KEY=only-for-this-build-step DATABASE_URL=postgres://none/none REDIS_URL=redis://none/0 \
    python manage.py collectstatic --noinput --verbosity 0
USER oms
EXPOSE 8000
CMD ["gunicorn", "oms.wsgi", "--no-control-socket", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--max-requests", "10000", "--max-requests-jitter", "1000"]
