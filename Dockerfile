# One file for every container. All targets share the same layers and differ in what they start:
#   docker build --target gateway .      docker build --target predictor .      docker build --target platform .
# Nothing is compiled: Node runs the TypeScript as it is. It refuses to do so below node_modules, so the image keeps the
# repository's layout, in which the workspaces are links to their folders.

FROM node:24-bookworm-slim AS base
WORKDIR /app
ENV NODE_ENV=production

# Only what decides which packages are installed. A change of source leaves this stage's result, and so the next one, as it was.
FROM base AS manifests
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete && find . -type d -empty -delete

# Optional packages are PostgreSQL for a machine that has none: a container is given one by DATABASE_URL.
# Source maps, type declarations, manuals and tests of packages are never read at run time and are half of their size.
# Licences stay. ONNX Runtime brings its library for every system and processor; one of them is this one.
FROM base AS deps
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --no-audit --no-fund \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.tsbuildinfo' \) -delete \
  && find node_modules -type f \( -iname '*.md' -o -iname '*.markdown' \) ! -iname 'licen*' ! -iname 'notice*' ! -iname 'copying*' -delete \
  && find node_modules -maxdepth 3 -type d \( -name test -o -name tests -o -name docs -o -name example -o -name examples -o -name benchmarks \) -prune -exec rm -r {} + \
  && find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} +

FROM base AS runtime
LABEL org.opencontainers.image.title="ML Microservices Lab" \
  org.opencontainers.image.description="A machine-learning platform of microservices" \
  org.opencontainers.image.licenses="MIT"
# All files belong to root and the service runs as another user: it cannot change its own code.
COPY --from=deps /app ./
COPY deploy/health.mjs deploy/health.mjs
COPY contracts contracts
COPY packages packages
COPY services services
COPY apps/platform apps/platform
# Inside a container loopback reaches nobody. MLAB_ALLOW_UNPROTECTED is left to whoever runs it and knows who can reach it.
ENV MLAB_LISTEN=0.0.0.0 MLAB_HOME=/tmp/mlab
# The image's user `node`; a number, because Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "apps/platform/main.ts"]

FROM runtime AS predictor
EXPOSE 8001
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "deploy/health.mjs", "http://127.0.0.1:8001/ready"]
CMD ["--target=predictor"]

FROM runtime AS platform
EXPOSE 8000 8001 8014
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "deploy/health.mjs", "http://127.0.0.1:8000/ready", "http://127.0.0.1:8001/ready"]
CMD ["--target=all"]

FROM runtime AS gateway
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "deploy/health.mjs", "http://127.0.0.1:8000/ready"]
CMD ["--target=gateway"]
