# The npm package in an image with Node: npm run build && npm pack, then
# docker build -f examples/docker/npm.Dockerfile -t dsta/api .

FROM node:24-slim AS packages
WORKDIR /app
COPY examples/docker/app/package.json examples/docker/app/package-lock.json ./
RUN npm ci --omit=dev
# From a registry dsta-run is a dependency like any other, and these two lines go.
COPY dsta-run-*.tgz ./
RUN npm install --no-save --omit=dev ./dsta-run-*.tgz

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY examples/docker/app/package.json examples/docker/app/server.js examples/docker/app/report.js examples/docker/secrets.map.yaml ./
USER 1000:1000
# With "--exec" before "--" the command itself is PID 1, and no launcher stays in memory.
ENTRYPOINT ["node_modules/.bin/dsta-run", "--"]
CMD ["node", "server.js"]
