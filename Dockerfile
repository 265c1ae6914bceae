# Three stages: the page (node), the wheel and its environment (uv), the image that runs (no compiler, no npm, no root).
FROM node:22.23.2-bookworm-slim AS page
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
COPY graphql/ ../graphql/
RUN npm run build -- --outDir /page --emptyOutDir

FROM python:3.12.13-slim-bookworm AS build
RUN pip install --no-cache-dir "uv==0.13.9"
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
ENV UV_PROJECT_ENVIRONMENT=/venv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
RUN uv sync --frozen --no-dev --no-install-project
COPY app/ app/
COPY graphql/ graphql/
COPY --from=page /page/ app/web/static/
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.12.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data dmi && mkdir /data && chown dmi /data
COPY --from=build /venv /venv
USER dmi
WORKDIR /data
ENV PATH=/venv/bin:$PATH DMI_HOST=0.0.0.0 DMI_PORT=8000 DMI_STORE= DMI_ALLOW_OPEN=0 DMI_WORKERS=auto
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['DMI_PORT'] + '/health', timeout=4)"]
CMD ["dmi-graph", "serve"]
