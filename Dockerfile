# One image for web, worker, beat, migrations and the mail catcher; docker-compose.yml starts each by its command.
# Everything in it comes from the locks; nothing in it runs as root.

FROM node:22.20.0-bookworm-slim AS front
WORKDIR /srv/alliance
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11.14-slim-bookworm AS packages
COPY requirements.lock ./
RUN python -m venv /srv/venv \
 && /srv/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

FROM python:3.11.14-slim-bookworm
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ALLIANCE_VAR=/srv/alliance/var
WORKDIR /srv/alliance
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /srv/alliance --shell /usr/sbin/nologin alliance
COPY --from=packages /srv/venv /srv/venv
COPY --from=front /srv/alliance/node_modules ./node_modules
COPY . .
# The secret is for this step alone: without any, one would be made and stay in the image.
RUN SECRET_KEY=only-for-collecting python manage.py collectstatic --noinput --verbosity 0 \
 && mkdir -p var/files var/beat var/mail \
 && chown -R alliance:alliance var
# From here on a container that is given no settings refuses to start, instead of running embedded servers.
ENV ALLIANCE_ENV=production
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "60", "--graceful-timeout", "10", "--max-requests", "20000", "--no-control-socket"]
