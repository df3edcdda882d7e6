# One image for web, worker and schedule; compose.yaml starts each with its own command.
FROM python:3.13-slim AS build
WORKDIR /app
RUN pip install --no-cache-dir uv
COPY requirements.txt ./
RUN uv venv /venv && uv pip sync --compile-bytecode --python /venv/bin/python --require-hashes requirements.txt
COPY package.json package-lock.json ./
RUN PATH=/venv/bin:$PATH npm ci --omit=dev --no-audit --no-fund --loglevel=error
COPY . .
RUN VAR_DIR=/tmp/var /venv/bin/python manage.py update_messages --compile

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 VAR_DIR=/data
RUN useradd --create-home --uid 1000 closeknit && mkdir /data && chown closeknit /data
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build --chown=closeknit /app /app
USER closeknit
VOLUME /data
EXPOSE 8000
CMD exec granian --interface wsgi --host 0.0.0.0 --port 8000 --workers ${WEB_WORKERS:-2} \
    --blocking-threads 4 --no-ws --log-level warning config.wsgi:application
