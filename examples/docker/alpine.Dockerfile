# The standalone executable on Alpine, or another image with musl: npm run build:standalone, then
# docker build -f examples/docker/alpine.Dockerfile -t dsta/api .          (--build-arg ARCH=arm64)

FROM alpine:3.22
# hadolint ignore=DL3018
RUN apk add --no-cache libstdc++
ARG ARCH=x64
COPY --chmod=755 dist/standalone/dsta-run-linux-${ARCH}-musl /usr/local/bin/dsta-run
WORKDIR /srv
COPY examples/docker/secrets.map.yaml ./
# A stand-in for your program.
COPY --from=busybox:1.37-musl /bin/busybox /usr/local/bin/busybox
COPY examples/docker/www ./www
USER 65532:65532
# With "--exec" before "--" the command itself is PID 1, and no launcher stays in memory.
ENTRYPOINT ["dsta-run", "--"]
CMD ["busybox", "httpd", "-f", "-p", "8080", "-h", "/srv/www"]
