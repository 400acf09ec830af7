# One image for web and workers; compose.yaml shows how they go together.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /hub
COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt
COPY manage.py ./
COPY hub hub
COPY apilog apilog
COPY syncconfig syncconfig
COPY webhooks webhooks
RUN python -m compileall -q . && useradd --create-home hub && install -d -m 700 -o hub /data
USER hub
ENV HUB_DATA_DIR=/data HUB_HOST=0.0.0.0 HUB_DEMO=0
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "hub"]
